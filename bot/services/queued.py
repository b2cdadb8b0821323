"""Requests that wait for the end of a hold: put in line, and made one plan when nothing holds their site any more."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

import structlog

from bot.domain.actor import Actor, Standing
from bot.domain.command import Command
from bot.domain.joint import joined, strictest
from bot.domain.plan import Plan
from bot.domain.policy import Deny, Roster
from bot.domain.rights import Deed, Subject, authorise
from bot.domain.saying import thing_line
from bot.domain.site import Site
from bot.ledger.books import Books
from bot.ledger.holds import REFUSED_LATER, InLine, Lot, Waiting, squeezed
from bot.ledger.packed import PackedPlan, packed
from bot.services.aside import aside
from bot.services.clearance import asker
from bot.services.deciding import journal_denied, judged
from bot.services.making import create, widest_first
from bot.services.purges import Asking, plan_for
from bot.services.replies import Queued, QueuedShown, Refused, TakenBack, Waits, refused_by
from bot.services.roster import approvers, read_roster
from bot.services.setup import HOME, SLACK, Core, delivery_name, hold_name, job_name
from providers.contract import Kind

log = structlog.get_logger()
AWAY_SECONDS = 5.0  # between two tries to read at Slack who asked


async def put_in_line(core: Core, asking: Asking, command: Command, site: Site) -> Queued | Refused | None:
    """Have `command` wait for the end of the hold; what the policy denies does not. None when nothing holds the site
    any more."""
    plan = await plan_for(core, command, site)
    if isinstance(plan, Refused):
        return plan
    roster = await read_roster(core)
    doc = await aside(len(command.targets), lambda: squeezed(command))
    lot = Lot(site.name, plan.soft, command.only, command.check)
    actor = asking.actor
    request = InLine(0, site.name, actor.id, actor.team, asking.source, asking.channel, asking.thread, doc)
    told = _told(plan, command, actor.id)

    def deed(books: Books) -> Queued | Refused | None:
        now = core.clock.now()
        hold = books.holds.on(site.name, now)
        if hold is None:
            return None
        decision = judged(books, core, actor, plan, command.reason, roster)
        if isinstance(decision, Deny):
            journal_denied(books, core, asking, plan, decision)
            return refused_by(decision)
        number = books.holds.number_of(asking.key)
        if not number:
            number = books.holds.add(asking.key, lot, request, replace(told, at=now))
            books.journal.add(
                now, "queued", actor.id, request=f"Q-{number}",
                site=site.name, kind=plan.kind, targets=len(plan.targets), reason=command.reason, source=asking.source,
                digest=books.lined.seal(number),
            )  # fmt: skip
            books.homes.changed()
        is_waiting = replace(told, id=number, at=now)
        return Queued(hold.alone, site.name, books.holds.size(lot), decision, is_waiting, len(command.targets))

    answer = await core.ledger.write(deed)
    core.engine.wake(HOME)
    return answer


def _told(plan: Plan, command: Command, by: str) -> Waiting:
    """What lists tell of it; its number and time come with the line."""
    urls = sum(target.kind is Kind.URL for target in plan.targets)
    first = next(widest_first(plan))
    name = first.value if first.kind is Kind.URL else f"{first.kind.value} {first.value}".strip()
    return Waiting(0, plan.site, by, 0.0, len(plan.targets), urls, name, command.reason)


async def show_queued(core: Core, actor: Actor, number: int) -> QueuedShown | Refused:
    """The request Q-`number` with everything that it names, for who sees its site."""

    def question(books: Books) -> tuple[InLine, Waits] | Refused:
        found = books.holds.find_in_line(number)
        if found is None or not actor.may_see(found[0].site):
            return _unknown(number)
        request, job = found
        told = books.holds.told(number)
        if job is not None or told is None:
            return _not_in_line(number, job or 0)
        hold = books.holds.on(request.site, core.clock.now())
        return request, Waits(told, hold.alone if hold else None)

    found = await core.ledger.read(question)
    if isinstance(found, Refused):
        return found
    request, waits = found
    lines = await aside(waits.request.targets, lambda: tuple(map(thing_line, request.command.targets)))
    return QueuedShown(waits, lines)


def _unknown(number: int) -> Refused:
    return Refused(f"There is no Q-{number}.", "`status`, without a number, lists what waits.")


async def take_back(core: Core, actor: Actor, number: int, reason: str) -> TakenBack | Refused:
    """Have the request Q-`number` wait no more. Whoever asked for it hears it in private, if another does it."""
    asked, name = approvers(core, await read_roster(core)), await core.directory.name(actor.id)

    def deed(books: Books) -> tuple[TakenBack | Refused, str]:
        found = books.holds.find_in_line(number)
        if found is None or not actor.may_see(found[0].site):
            return _unknown(number), ""
        request, job = found
        if job is not None:
            return _not_in_line(number, job), ""
        subject = Subject(request.site, approvers=asked, request=f"Q-{number}", requested_by=request.by)
        denied = authorise(actor, Deed.CANCEL, subject)
        if denied is not None:
            return Refused(denied.why, denied.advice, by_rule=True), ""
        now = core.clock.now()
        books.holds.take([request], 0)
        books.journal.add(
            now, "taken_back", actor.id, request=f"Q-{number}", site=request.site, asked_by=request.by, reason=reason
        )
        books.homes.changed()
        return TakenBack(f"Q-{number}", request.site), _tell_asker(books, request, actor, name, reason, now)

    answer, told = await core.ledger.write(deed)
    if told:
        core.engine.wake(delivery_name(told))
    core.engine.wake(HOME)
    return answer


def _not_in_line(number: int, job: int) -> Refused:
    if job:
        return Refused(f"Q-{number} waits no more: it is in P-{job}.", f"`cancel P-{job}` stops all of that.")
    return Refused(f"Q-{number} waits no more: it was cancelled or refused.")


def _tell_asker(books: Books, request: InLine, by: Actor, name: str, reason: str, now: float) -> str:
    """The key of what is told to whoever asked for it; "" where they did it themselves, or are no person."""
    if by.id == request.by or request.source != "slack":
        return ""
    key = f"{REFUSED_LATER} Q-{request.id}"
    why = f": {reason}" if reason else "."
    what = f"Q-{request.id}, which you queued for {request.site}, was cancelled by @{name}{why}"
    books.intake.store(key, REFUSED_LATER, _to_asker(request, what, "Nothing of it was purged."), now)
    return key


def _to_asker(request: InLine, what: str, advice: str) -> Mapping[str, str]:
    where = {"user": request.by, "team": request.team, "channel": request.channel, "thread": request.thread}
    return {**where, "what": what, "advice": advice}


async def run_queued(core: Core, site: str) -> None:
    """Make the requests in line for `site` jobs, unless it is held (again)."""
    for lot in await core.ledger.read(lambda books: _ripe(books, core, site)):
        await _run(core, lot)


def _ripe(books: Books, core: Core, site: str) -> list[Lot]:
    return [] if books.holds.on(site, core.clock.now()) else books.holds.lots(site)


async def _run(core: Core, lot: Lot) -> None:
    """One lot becomes one job, asked for approval or refused as the policy says of all of it."""
    requests = await core.ledger.read(lambda books: books.holds.requests(lot))
    site = core.setup.sites.get(lot.site)
    if site is None:
        await _refuse(core, requests, Refused(f"{lot.site}, which it was for, is no longer configured."))
        return
    things = sum(len(request.packed) for request in requests) // 10
    command = await aside(things, lambda: joined([request.command for request in requests], site))
    command = replace(command, soft=lot.soft)
    plan = await plan_for(core, command, site)
    if isinstance(plan, Refused):
        await _refuse(core, requests, plan)
        return
    people = dict.fromkeys((request.by, request.team) for request in requests)
    askers = await asyncio.gather(*(asker(core, who, team) for who, team in people))
    roster = await read_roster(core)
    if any(who.standing is Standing.AWAY for who in askers) or any(members.is_away for members in roster.values()):
        core.engine.wake(hold_name(lot.site), core.clock.now() + AWAY_SECONDS)
        return
    stored = await aside(len(plan.targets) + plan.calls, lambda: packed(plan))
    made = await core.ledger.write(
        lambda books: _decide(books, core, lot, requests, askers, command, plan, stored, roster)
    )
    if isinstance(made, Refused):
        await _refuse(core, requests, made)
    elif not made:
        core.engine.wake(hold_name(lot.site))
    else:
        core.engine.wake(job_name(made))
        core.engine.wake(SLACK)


def _decide(
    books: Books, core: Core, lot: Lot, requests: Sequence[InLine], askers: Sequence[Actor], command: Command,
    plan: Plan, stored: PackedPlan, roster: Roster,
) -> int | Refused:  # fmt: skip
    """The number of the job that takes the requests up; 0 when the line has changed meanwhile."""
    if books.holds.on(lot.site, core.clock.now()) or books.holds.requests(lot) != list(requests):
        return 0
    first = requests[0]
    asking = Asking(
        askers[0], f"in line {first.id}", first.source, core.setup.sites[lot.site].channel or first.channel,
        first.thread if first.channel == core.setup.sites[lot.site].channel else "",
        also_by=tuple(dict.fromkeys(who.id for who in askers if who.id != askers[0].id)),
        queued=tuple(request.id for request in requests),
    )  # fmt: skip
    answers = [judged(books, core, who, plan, command.reason, roster) for who in askers]
    decision = strictest(answers, {who.id for who in askers})
    if isinstance(decision, Deny):
        journal_denied(books, core, asking, plan, decision)
        return refused_by(decision)
    job = create(books, core, asking, command, plan, stored, decision).job
    books.holds.take(requests, job.id)
    return job.id


async def _refuse(core: Core, requests: Sequence[InLine], refused: Refused) -> None:
    """They come to nothing, and whoever asked is told so in private."""
    now = core.clock.now()

    def deed(books: Books) -> list[str]:
        books.holds.take(requests, 0)
        people = {(request.by, request.channel): request for request in requests if request.source == "slack"}
        keys = []
        for request in people.values():
            keys.append(f"{REFUSED_LATER} {request.id}")
            what = f"What you queued for {request.site} does not run. {refused.what}"
            books.intake.store(keys[-1], REFUSED_LATER, _to_asker(request, what, refused.advice), now)
        return keys

    for key in await core.ledger.write(deed):
        core.engine.wake(delivery_name(key))
    log.warning("queued_refused", site=requests[0].site, n=len(requests), what=refused.what)
