"""What waited in line for the end of a hold is judged person by person, and what passes becomes one plan.

a person's part    all that they queued of one softness, account and check, judged as if they asked for it now
denied             what the policy does not let that person have: they, the channel and the record are told
the rest           one plan, one job, which waits for the votes that it needs as a whole
what cannot be     one plan, since different people must agree to it or too few are left to vote, several: the
                   first asked for first
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.domain.actor import Actor, Standing
from bot.domain.grammar.command import Command
from bot.domain.jobs.job import Part
from bot.domain.jobs.plan import Plan
from bot.domain.policies.joint import joined, together
from bot.domain.policies.policy import Allow, Ask, Decision, Deny, Roster
from bot.domain.policies.wording import listed
from bot.domain.site import Site
from bot.ledger.books import Books
from bot.ledger.holds import InLine, Sheaf
from bot.ledger.packed import PackedPlan, packed
from bot.services.held.dropped import No, drop, no_of
from bot.services.off_loop import aside
from bot.services.replies import Refusal
from bot.services.requests.deciding import judged
from bot.services.requests.making import create
from bot.services.requests.purges import Asking, plan_for
from bot.services.setup import SLACK, Core, hold_name, job_name
from bot.services.voting.job_people import asker
from bot.services.voting.roster import read_roster

AWAY_SECONDS = 5.0  # between two tries to read at Slack who asked


@dataclass(frozen=True, slots=True)
class _Wish:
    """Some of the requests as one command, and the plan of it."""

    requests: tuple[InLine, ...]
    command: Command
    plan: Plan


@dataclass(frozen=True, slots=True)
class _Of:
    """What one person queued, as far as they may have it."""

    who: Actor
    wish: _Wish


async def run_queued(core: Core, site: str) -> None:
    """Make the requests in line for `site` jobs, unless it is held (again)."""
    for sheaf in await core.ledger.read(lambda books: _ripe(books, core, site)):
        await _run(core, sheaf)


def _ripe(books: Books, core: Core, site: str) -> list[Sheaf]:
    return [] if books.holds.on(site, core.clock.now()) else books.holds.sheaves(site)


async def _run(core: Core, sheaf: Sheaf) -> None:
    """One sheaf becomes one job, without what the policy does not let its askers have."""
    requests = await core.ledger.read(lambda books: books.holds.requests(sheaf))
    site = core.setup.sites.get(sheaf.site)
    if site is None:
        gone = f"{sheaf.site}, which it was for, is no longer configured."
        await drop(core, sheaf.site, [(request, No(gone, "", gone)) for request in requests])
        return
    people = dict.fromkeys((request.by, request.team) for request in requests)
    askers = await asyncio.gather(*(asker(core, who, team) for who, team in people))
    roster = await read_roster(core)
    if any(who.standing is Standing.AWAY for who in askers) or any(members.is_away for members in roster.values()):
        core.engine.wake(hold_name(sheaf.site), core.clock.now() + AWAY_SECONDS)
        return
    parts: list[_Of] = []
    denied: list[tuple[InLine, No]] = []
    for who in {who.id: who for who in askers}.values():
        own = [request for request in requests if request.by == who.id]
        part, nos = await _part_of(core, sheaf, site, who, own, roster)
        parts += [part] if part else []
        denied += nos
    if denied:
        await drop(core, sheaf.site, sorted(denied, key=lambda one: one[0].id))
    if parts:
        await _make(core, sheaf, site, parts, roster)


async def _part_of(
    core: Core, sheaf: Sheaf, site: Site, who: Actor, requests: Sequence[InLine], roster: Roster
) -> tuple[_Of | None, list[tuple[InLine, No]]]:
    """What of `requests` their asker may have, the first asked for first, and why not the others."""
    wish = await _allowed(core, sheaf, site, who, requests, roster)
    if isinstance(wish, _Wish):
        return _Of(who, wish), []
    if len(requests) == 1:
        return None, [(requests[0], wish)]
    found: _Wish | None = None
    nos: list[tuple[InLine, No]] = []
    for request in requests:
        before = found.requests if found else ()
        wish = await _allowed(core, sheaf, site, who, [*before, request], roster)
        if isinstance(wish, _Wish):
            found = wish
        else:
            nos.append((request, _beside(wish, before)))
    return (_Of(who, found) if found else None), nos


def _beside(no: No, others: Sequence[InLine]) -> No:
    """`no` to a request that was judged with others of the same person, which go on."""
    if not others:
        return no
    names = listed([f"Q-{one.id}" for one in others], "and")
    goes = "goes" if len(others) == 1 else "go"
    with_them = f"It was judged together with {names} of the same person, which {goes} on."
    return replace(no, what=f"{no.what} {with_them}", others=f"{no.others} {with_them}")


async def _allowed(
    core: Core, sheaf: Sheaf, site: Site, who: Actor, requests: Sequence[InLine], roster: Roster
) -> _Wish | No:
    """`requests` as one, if the policy lets `who` have that now, at once or with votes."""
    wish = await _wish(core, sheaf, site, requests)
    if isinstance(wish, No):
        return wish
    answer = await core.ledger.read(lambda books: judged(books, core, who, wish.plan, wish.command.reason, roster))
    return no_of(answer, core.setup.policy) if isinstance(answer, Deny) else wish


async def _wish(core: Core, sheaf: Sheaf, site: Site, requests: Sequence[InLine]) -> _Wish | No:
    things = sum(len(request.packed) for request in requests) // 10
    names = [f"Q-{request.id}" for request in requests]
    command = await aside(things, lambda: joined([request.command for request in requests], site, names))
    command = replace(command, soft=sheaf.soft)
    plan = await plan_for(core, command, site)
    if isinstance(plan, Refusal):
        return No(plan.what, plan.advice, f"{plan.what} {plan.advice}".strip())
    return _Wish(tuple(requests), command, plan)


async def _make(core: Core, sheaf: Sheaf, site: Site, parts: Sequence[_Of], roster: Roster) -> None:
    """One job of `parts`, or of the first of them where no one plan can be made of all; the others come after it."""
    group = await _group(core, sheaf, site, parts, roster)
    whole = await _whole(core, sheaf, site, group)
    if isinstance(whole, No):
        await drop(core, sheaf.site, [(request, whole) for part in group for request in part.wish.requests])
        return
    stored = await aside(len(whole.plan.targets) + whole.plan.calls, lambda: packed(whole.plan))
    made = await core.ledger.write(lambda books: _decide(books, core, sheaf, group, whole, stored, roster))
    if not made or len(group) < len(parts):
        core.engine.wake(hold_name(sheaf.site))
    if made:
        core.engine.wake(job_name(made))
        core.engine.wake(SLACK)


async def _whole(core: Core, sheaf: Sheaf, site: Site, parts: Sequence[_Of]) -> _Wish | No:
    if len(parts) == 1:
        return parts[0].wish
    requests = sorted((request for part in parts for request in part.wish.requests), key=lambda one: one.id)
    return await _wish(core, sheaf, site, requests)


async def _group(core: Core, sheaf: Sheaf, site: Site, parts: Sequence[_Of], roster: Roster) -> list[_Of]:
    """All of `parts` if the policy lets them be one plan, else the first with those that can be one with it."""
    if await _may_be_one(core, sheaf, site, parts, roster):
        return list(parts)
    group = [parts[0]]
    for part in parts[1:]:
        if await _may_be_one(core, sheaf, site, [*group, part], roster):
            group.append(part)
    return group


async def _may_be_one(core: Core, sheaf: Sheaf, site: Site, parts: Sequence[_Of], roster: Roster) -> bool:
    if len(parts) == 1:
        return True
    whole = await _whole(core, sheaf, site, parts)
    if isinstance(whole, No):
        return False
    decision = await core.ledger.read(lambda books: _judged(books, core, parts, whole, roster))
    return not isinstance(decision, Deny)


def _judged(books: Books, core: Core, parts: Sequence[_Of], whole: _Wish, roster: Roster) -> Decision:
    """The policy's answer to all of it: each one's part as theirs, and the whole as those ask for it who may."""

    def answer(part: _Of, wish: _Wish) -> Decision:
        return judged(books, core, part.who, wish.plan, wish.command.reason, roster)

    own, of_all = [answer(part, part.wish) for part in parts], [answer(part, whole) for part in parts]
    return together(own, of_all, {part.who.id for part in parts})


def _decide(
    books: Books, core: Core, sheaf: Sheaf, parts: Sequence[_Of], whole: _Wish, stored: PackedPlan, roster: Roster
) -> int:
    """The number of the job that takes the requests up; 0 when something has changed meanwhile."""
    waiting = {request.id for request in books.holds.requests(sheaf)}
    if books.holds.on(sheaf.site, core.clock.now()) or not waiting.issuperset(one.id for one in whole.requests):
        return 0
    decision = _judged(books, core, parts, whole, roster)
    if isinstance(decision, Deny):
        return 0
    return _taken_up(books, core, sheaf, parts, whole, stored, decision)


def _taken_up(
    books: Books,
    core: Core,
    sheaf: Sheaf,
    parts: Sequence[_Of],
    whole: _Wish,
    stored: PackedPlan,
    decision: Allow | Ask,
) -> int:
    first, channel = whole.requests[0], core.setup.sites[sheaf.site].channel
    by_id = {part.who.id: part for part in parts}
    others = [who for who in by_id if who != first.by]
    asking = Asking(
        by_id[first.by].who, f"in line {first.id}", first.source, channel or first.channel,
        first.thread if first.channel == channel else "", also_by=tuple(others),
        queued=tuple(request.id for request in whole.requests),
        parts={who: _part(part.wish) for who, part in by_id.items()} if others else {},
    )  # fmt: skip
    job = create(books, core, asking, whole.command, whole.plan, stored, decision).job
    books.holds.take(whole.requests, job.id)
    return job.id


def _part(wish: _Wish) -> Part:
    outline = wish.plan.outline(wish.command.reason)
    return Part(outline.spoken, outline.counts, outline.usd, outline.has_reason, outline.named, outline.soft)
