"""Requests that wait for the end of a hold: put in line, shown, and taken back."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.actor import Actor
from bot.domain.grammar.command import Command
from bot.domain.grammar.saying import thing_line
from bot.domain.jobs.plan import Plan
from bot.domain.policies.policy import Deny
from bot.domain.policies.rights import Deed, Subject, authorise
from bot.domain.site import Site
from bot.ledger.books import Books
from bot.ledger.dropped import AGAIN, NOT_KNOWN, to_asker
from bot.ledger.holds import BY_RESTORE, REFUSED_LATER, InLine, Over, Sheaf, Waiting, squeezed
from bot.services.off_loop import aside
from bot.services.replies import Queued, QueuedOver, QueuedShown, Refusal, TakenBack, Waits, refused_by
from bot.services.requests.deciding import journal_denied, judged
from bot.services.requests.making import widest_first
from bot.services.requests.planning import wants_soft
from bot.services.requests.purges import Asking, plan_for
from bot.services.setup import HOME, Core, delivery_name
from bot.services.voting.roster import approvers, read_roster
from providers.contract import Kind


async def put_in_line(core: Core, asking: Asking, command: Command, site: Site) -> Queued | Refusal | None:
    """Have `command` wait for the end of the hold; what the policy denies does not. None when nothing holds the site
    any more."""
    plan = await plan_for(core, command, site)
    if isinstance(plan, Refusal):
        return plan
    roster = await read_roster(core)
    doc = await aside(len(command.targets), lambda: squeezed(command))
    sheaf = Sheaf(site.name, wants_soft(command, site), command.only, command.check)
    actor = asking.actor
    request = InLine(0, site.name, actor.id, actor.team, asking.source, asking.channel, asking.thread, doc)
    told = _told(plan, command, actor.id)

    def deed(books: Books) -> Queued | Refusal | None:
        now = core.clock.now()
        hold = books.holds.on(site.name, now)
        if hold is None:
            return None
        decision = judged(books, core, actor, plan, command.reason, roster)
        if isinstance(decision, Deny):
            journal_denied(books, now, actor.id, plan, decision)
            return refused_by(decision)
        number = books.holds.number_of(asking.key)
        if not number:
            number = books.holds.add(asking.key, sheaf, request, replace(told, at=now))
            books.journal.add(
                now, "queued", actor.id, request=f"Q-{number}",
                site=site.name, kind=plan.kind, targets=len(plan.targets), reason=command.reason, source=asking.source,
                digest=books.lined.seal(number),
            )  # fmt: skip
            books.homes.changed()
        is_waiting = replace(told, id=number, at=now)
        return Queued(hold.alone, site.name, books.holds.size(sheaf), decision, is_waiting, len(command.targets))

    answer = await core.ledger.write(deed)
    core.engine.wake(HOME)
    return answer


def _told(plan: Plan, command: Command, by: str) -> Waiting:
    """What lists tell of it; its number and time come with the line."""
    urls = sum(target.kind is Kind.URL for target in plan.targets)
    first = next(widest_first(plan))
    name = first.value if first.kind is Kind.URL else f"{first.kind.value} {first.value}".strip()
    return Waiting(0, plan.site, by, 0.0, len(plan.targets), urls, name, command.reason)


async def show_queued(core: Core, actor: Actor, number: int) -> QueuedShown | QueuedOver | Refusal:
    """The request Q-`number` with everything that it names while it waits, else how it ended; for who sees its site."""

    def question(books: Books) -> tuple[InLine, Waits] | QueuedOver | Refusal:
        found = books.holds.find_in_line(number)
        if found is None or not actor.may_see(found[0].site):
            return _unknown(number)
        request, job = found
        told = books.holds.told(number)
        if told is None:
            return _unknown(number)
        if job is not None:
            return QueuedOver(told, books.jobs.find(job) if job else None, job, books.holds.over(number))
        hold = books.holds.on(request.site, core.clock.now())
        return request, Waits(told, hold.alone if hold else None)

    found = await core.ledger.read(question)
    if isinstance(found, Refusal | QueuedOver):
        return found
    request, waits = found
    lines = await aside(waits.request.targets, lambda: tuple(map(thing_line, request.command.targets)))
    return QueuedShown(waits, lines)


def _unknown(number: int) -> Refusal:
    return Refusal(f"There is no Q-{number}.", "`status`, without a number, lists what waits.")


async def take_back(core: Core, actor: Actor, number: int, reason: str) -> TakenBack | Refusal:
    """Have the request Q-`number` wait no more. Whoever asked for it hears it in private, if another does it."""
    asked, name = approvers(core, await read_roster(core)), await core.directory.name(actor.id)

    def deed(books: Books) -> tuple[TakenBack | Refusal, str]:
        found = books.holds.find_in_line(number)
        if found is None or not actor.may_see(found[0].site):
            return _unknown(number), ""
        request, job = found
        if job is not None:
            return _not_in_line(number, job, books.holds.over(number)), ""
        subject = Subject(request.site, approvers=asked, request=f"Q-{number}", requested_by=request.by)
        denied = authorise(actor, Deed.CANCEL, subject)
        if denied is not None:
            return Refusal(denied.why, denied.advice, by_rule=True), ""
        now = core.clock.now()
        books.holds.drop([request], Over(actor.id, now, why=reason))
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


def _not_in_line(number: int, job: int, over: Over | None) -> Refusal:
    if job:
        return Refusal(f"Q-{number} waits no more: it is in P-{job}.", f"`cancel P-{job}` stops all of that.")
    if over is not None and over.by == BY_RESTORE:
        what = f"Q-{number} waits no more: it was dropped when a backup was restored. {NOT_KNOWN}"
        return Refusal(what, AGAIN)
    return Refusal(f"Q-{number} waits no more: it was cancelled or refused.", f"`show Q-{number}` tells by whom.")


def _tell_asker(books: Books, request: InLine, by: Actor, name: str, reason: str, now: float) -> str:
    """The key of what is told to whoever asked for it; "" where they did it themselves, or are no person."""
    if by.id == request.by or request.source != "slack":
        return ""
    key = f"{REFUSED_LATER} Q-{request.id}"
    why = f": {reason}" if reason else "."
    what = f"Q-{request.id}, which you queued for {request.site}, was cancelled by @{name}{why}"
    books.intake.store(key, REFUSED_LATER, to_asker(request, what, "Nothing of it was purged."), now)
    return key
