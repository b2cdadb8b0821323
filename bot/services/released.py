"""What waited in line for the end of a hold is judged person by person, and what passes becomes one plan.

a person's part    all that they queued of one softness, account and check, judged as if they asked for it now
denied             what the policy does not let that person have: they, the channel and the record are told
the rest           one plan, one job, which waits for the votes that it needs as a whole
what cannot be     one plan, since different people must agree to it or too few are left to vote, several: the
                   first asked for first
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import structlog

from bot.domain.actor import Actor, Standing
from bot.domain.command import Command
from bot.domain.hold_news import HoldNews, Turn
from bot.domain.job import Part
from bot.domain.joint import joined, together
from bot.domain.plan import Plan
from bot.domain.policy import Allow, Ask, Decision, Deny, Policy, Roster
from bot.domain.site import Site
from bot.domain.wording import listed
from bot.ledger.books import Books
from bot.ledger.holds import REFUSED_LATER, InLine, Lot, Over
from bot.ledger.packed import PackedPlan, packed
from bot.services.announcing import channels_of
from bot.services.aside import aside
from bot.services.clearance import asker
from bot.services.deciding import judged
from bot.services.making import create
from bot.services.purges import Asking, plan_for
from bot.services.queued import to_asker
from bot.services.replies import Refused, refused_by
from bot.services.roster import read_roster
from bot.services.setup import HOME, SLACK, Core, delivery_name, hold_name, job_name

log = structlog.get_logger()
AWAY_SECONDS = 5.0  # between two tries to read at Slack who asked
TOLD_MAX = 10  # lines of what came to nothing, in one message


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


@dataclass(frozen=True, slots=True)
class _No:
    """Why a request comes to nothing: for whoever asked, and for others."""

    what: str
    advice: str
    others: str
    rule: str = ""


async def run_queued(core: Core, site: str) -> None:
    """Make the requests in line for `site` jobs, unless it is held (again)."""
    for lot in await core.ledger.read(lambda books: _ripe(books, core, site)):
        await _run(core, lot)


def _ripe(books: Books, core: Core, site: str) -> list[Lot]:
    return [] if books.holds.on(site, core.clock.now()) else books.holds.lots(site)


async def _run(core: Core, lot: Lot) -> None:
    """One lot becomes one job, without what the policy does not let its askers have."""
    requests = await core.ledger.read(lambda books: books.holds.requests(lot))
    site = core.setup.sites.get(lot.site)
    if site is None:
        gone = f"{lot.site}, which it was for, is no longer configured."
        await _drop(core, lot.site, [(request, _No(gone, "", gone)) for request in requests])
        return
    people = dict.fromkeys((request.by, request.team) for request in requests)
    askers = await asyncio.gather(*(asker(core, who, team) for who, team in people))
    roster = await read_roster(core)
    if any(who.standing is Standing.AWAY for who in askers) or any(members.is_away for members in roster.values()):
        core.engine.wake(hold_name(lot.site), core.clock.now() + AWAY_SECONDS)
        return
    parts: list[_Of] = []
    denied: list[tuple[InLine, _No]] = []
    for who in {who.id: who for who in askers}.values():
        own = [request for request in requests if request.by == who.id]
        part, nos = await _part_of(core, lot, site, who, own, roster)
        parts += [part] if part else []
        denied += nos
    if denied:
        await _drop(core, lot.site, sorted(denied, key=lambda one: one[0].id))
    if parts:
        await _make(core, lot, site, parts, roster)


async def _part_of(
    core: Core, lot: Lot, site: Site, who: Actor, requests: Sequence[InLine], roster: Roster
) -> tuple[_Of | None, list[tuple[InLine, _No]]]:
    """What of `requests` their asker may have, the first asked for first, and why not the others."""
    wish = await _allowed(core, lot, site, who, requests, roster)
    if isinstance(wish, _Wish):
        return _Of(who, wish), []
    if len(requests) == 1:
        return None, [(requests[0], wish)]
    found: _Wish | None = None
    nos: list[tuple[InLine, _No]] = []
    for request in requests:
        before = found.requests if found else ()
        wish = await _allowed(core, lot, site, who, [*before, request], roster)
        if isinstance(wish, _Wish):
            found = wish
        else:
            nos.append((request, _beside(wish, before)))
    return (_Of(who, found) if found else None), nos


def _beside(no: _No, others: Sequence[InLine]) -> _No:
    """`no` to a request that was judged with others of the same person, which go on."""
    if not others:
        return no
    names = listed([f"Q-{one.id}" for one in others], "and")
    goes = "goes" if len(others) == 1 else "go"
    with_them = f"It was judged together with {names} of the same person, which {goes} on."
    return replace(no, what=f"{no.what} {with_them}", others=f"{no.others} {with_them}")


async def _allowed(
    core: Core, lot: Lot, site: Site, who: Actor, requests: Sequence[InLine], roster: Roster
) -> _Wish | _No:
    """`requests` as one, if the policy lets `who` have that now, at once or with votes."""
    wish = await _wish(core, lot, site, requests)
    if isinstance(wish, _No):
        return wish
    answer = await core.ledger.read(lambda books: judged(books, core, who, wish.plan, wish.command.reason, roster))
    return _no_of(answer, core.setup.policy) if isinstance(answer, Deny) else wish


async def _wish(core: Core, lot: Lot, site: Site, requests: Sequence[InLine]) -> _Wish | _No:
    things = sum(len(request.packed) for request in requests) // 10
    names = [f"Q-{request.id}" for request in requests]
    command = await aside(things, lambda: joined([request.command for request in requests], site, names))
    command = replace(command, soft=lot.soft)
    plan = await plan_for(core, command, site)
    if isinstance(plan, Refused):
        return _No(plan.what, plan.advice, f"{plan.what} {plan.advice}".strip())
    return _Wish(tuple(requests), command, plan)


def _no_of(denied: Deny, policy: Policy) -> _No:
    """The policy's no with the rule that says it."""
    names = {*(rule.name for rule in policy.rules), *(one.name for one in policy.tighten)}
    by_rule = denied.rule in names
    named = f" Rule `{denied.rule}` says so." if by_rule else ""
    refused = refused_by(denied)
    what = refused.what if denied.forbids else f"{refused.what}{named}"
    return _No(what, refused.advice, f"{denied.to_others}{named}", denied.rule)


async def _make(core: Core, lot: Lot, site: Site, parts: Sequence[_Of], roster: Roster) -> None:
    """One job of `parts`, or of the first of them where no one plan can be made of all; the others come after it."""
    group = await _group(core, lot, site, parts, roster)
    whole = await _whole(core, lot, site, group)
    if isinstance(whole, _No):
        await _drop(core, lot.site, [(request, whole) for part in group for request in part.wish.requests])
        return
    stored = await aside(len(whole.plan.targets) + whole.plan.calls, lambda: packed(whole.plan))
    made = await core.ledger.write(lambda books: _decide(books, core, lot, group, whole, stored, roster))
    if not made or len(group) < len(parts):
        core.engine.wake(hold_name(lot.site))
    if made:
        core.engine.wake(job_name(made))
        core.engine.wake(SLACK)


async def _whole(core: Core, lot: Lot, site: Site, parts: Sequence[_Of]) -> _Wish | _No:
    if len(parts) == 1:
        return parts[0].wish
    requests = sorted((request for part in parts for request in part.wish.requests), key=lambda one: one.id)
    return await _wish(core, lot, site, requests)


async def _group(core: Core, lot: Lot, site: Site, parts: Sequence[_Of], roster: Roster) -> list[_Of]:
    """All of `parts` if the policy lets them be one plan, else the first with those that can be one with it."""
    if await _may_be_one(core, lot, site, parts, roster):
        return list(parts)
    group = [parts[0]]
    for part in parts[1:]:
        if await _may_be_one(core, lot, site, [*group, part], roster):
            group.append(part)
    return group


async def _may_be_one(core: Core, lot: Lot, site: Site, parts: Sequence[_Of], roster: Roster) -> bool:
    if len(parts) == 1:
        return True
    whole = await _whole(core, lot, site, parts)
    if isinstance(whole, _No):
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
    books: Books, core: Core, lot: Lot, parts: Sequence[_Of], whole: _Wish, stored: PackedPlan, roster: Roster
) -> int:
    """The number of the job that takes the requests up; 0 when something has changed meanwhile."""
    waiting = {request.id for request in books.holds.requests(lot)}
    if books.holds.on(lot.site, core.clock.now()) or not waiting.issuperset(one.id for one in whole.requests):
        return 0
    decision = _judged(books, core, parts, whole, roster)
    if isinstance(decision, Deny):
        return 0
    return _taken_up(books, core, lot, parts, whole, stored, decision)


def _taken_up(
    books: Books, core: Core, lot: Lot, parts: Sequence[_Of], whole: _Wish, stored: PackedPlan, decision: Allow | Ask
) -> int:
    first, channel = whole.requests[0], core.setup.sites[lot.site].channel
    by_id = {part.who.id: part for part in parts}
    others = [who for who in by_id if who != first.by]
    asking = Asking(
        by_id[first.by].who, f"in line {first.id}", first.source, channel or first.channel,
        first.thread if first.channel == channel else "", also_by=tuple(others),
        parts={who: _part(part.wish) for who, part in by_id.items()} if others else {},
    )  # fmt: skip
    job = create(books, core, asking, whole.command, whole.plan, stored, decision).job
    books.holds.take(whole.requests, job.id)
    return job.id


def _part(wish: _Wish) -> Part:
    outline = wish.plan.outline(wish.command.reason)
    return Part(outline.spoken, outline.counts, outline.usd, outline.has_reason, outline.named)


async def _drop(core: Core, site: str, denied: Sequence[tuple[InLine, _No]]) -> None:
    """They come to nothing: whoever asked is told so in private, and the site's channel, the journal and `show` tell it
    to everybody."""
    now = core.clock.now()
    names = {by: await core.directory.name(by) for by in {request.by for request, _ in denied}}

    def deed(books: Books) -> list[str]:
        still = [(request, no) for request, no in denied if _waits(books, request)]
        for request, no in still:
            books.holds.drop([request], Over("policy", now, no.rule, no.others))
            books.journal.add(
                now, "queued_refused", "policy",
                request=f"Q-{request.id}", site=site, asked_by=request.by, rule=no.rule, why=no.others,
            )  # fmt: skip
        books.homes.changed()
        said = [_line(some, site, names[by], no) for by, no, some in _alike(still)]
        if said:
            _announce(books, core, site, said, f"refused Q-{still[0][0].id}", now)
        return [_tell(books, some, site, no, now) for _, no, some in _alike(still) if some[0].source == "slack"]

    for key in await core.ledger.write(deed):
        core.engine.wake(delivery_name(key))
    core.engine.wake(SLACK)
    core.engine.wake(HOME)
    log.warning("queued_refused", site=site, n=len(denied), what=denied[0][1].others)


def _waits(books: Books, request: InLine) -> bool:
    found = books.holds.find_in_line(request.id)
    return found is not None and found[1] is None


def _alike(denied: Sequence[tuple[InLine, _No]]) -> Iterable[tuple[str, _No, list[InLine]]]:
    """Requests of one person, asked in one place, that one no is for."""
    found: dict[tuple[str, str, _No], list[InLine]] = {}
    for request, no in denied:
        found.setdefault((request.by, request.channel, no), []).append(request)
    return [(by, no, some) for (by, _, no), some in found.items()]


def _named(requests: Sequence[InLine]) -> str:
    return listed([f"Q-{request.id}" for request in requests], "and")


def _line(requests: Sequence[InLine], site: str, name: str, no: _No) -> str:
    does = "does" if len(requests) == 1 else "do"
    return f"{_named(requests)} of @{name}, queued for {site}, {does} not run. {no.others}"


def _announce(books: Books, core: Core, site: str, said: Sequence[str], key: str, now: float) -> None:
    more = len(said) - TOLD_MAX
    shown = (*said[:TOLD_MAX], *([f"And {more} more of that kind."] if more > 0 else []))
    for channel in channels_of(core, site):
        books.notices.tell(key, channel, HoldNews(Turn.UNDONE, site, (), now, said=shown))


def _tell(books: Books, requests: Sequence[InLine], site: str, no: _No, now: float) -> str:
    """Tell whoever asked; the key of that."""
    key = f"{REFUSED_LATER} Q-{requests[0].id}"
    does = "does" if len(requests) == 1 else "do"
    what = f"{_named(requests)}, which you queued for {site}, {does} not run. {no.what}"
    books.intake.store(key, REFUSED_LATER, to_asker(requests[0], what, no.advice), now)
    return key
