"""Holds: laid, released, and let go when they end by themselves; what waited for that goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.domain.actor import Actor
from bot.domain.grammar.command import Command
from bot.domain.jobs.hold import ALL, Hold, gone, laid, lifted, standing
from bot.domain.jobs.hold_news import HoldNews, Turn
from bot.domain.jobs.thread_step import Event, Told
from bot.domain.policies.policy import Deny
from bot.domain.policies.rights import Deed, Subject, authorise
from bot.ledger.books import Books
from bot.services.held.announcing import announce_laid, announce_over
from bot.services.held.line_watch import set_strange_aside
from bot.services.held.released import run_queued
from bot.services.replies import HoldEnded, HoldLaid, Refusal, SiteHeld, Waits
from bot.services.requests.purges import Asking
from bot.services.setup import HOME, SLACK, Core, hold_name, job_name
from bot.services.voting.roster import approvers, read_roster

_OTHERS_END_IT = "That is held by somebody else; whoever holds it can end it, and so can an approver"
WAITING_MAX = 10  # requests in line that a list names


@dataclass(frozen=True, slots=True)
class _Change:
    """What became of a site's holds, and the jobs that waited for it."""

    before: Hold | None
    after: Hold | None
    jobs: tuple[int, ...] = ()


async def held(core: Core, site: str, at: float | None = None) -> Hold | None:
    """What holds `site` now; of that, what still will `at` a time to come."""
    now = core.clock.now() if at is None else at
    return await core.ledger.read(lambda books: books.holds.on(site, now))


def seen_holds(books: Books, actor: Actor, now: float) -> list[Hold]:
    """The holds that stand, of sites that exist for `actor`."""
    return [hold.alone for hold in books.holds.listed(now) if hold.site == ALL or actor.may_see(hold.site)]


def in_line(core: Core, books: Books, sites: Sequence[str], by: str = "") -> tuple[list[Waits], int]:
    """The first requests in line for `sites`, of `by` alone where that is given, each with what it waits for; and how
    many there are."""
    first, total = books.holds.waiting(sites, WAITING_MAX, by)
    now = core.clock.now()
    held = {site: books.holds.on(site, now) for site in {request.site for request in first}}
    return [Waits(request, hold.alone if (hold := held[request.site]) else None) for request in first], total


async def lay(core: Core, asking: Asking, command: Command) -> HoldLaid | Refusal:
    """Let nothing begin on a site, or on any, for some time or until it is released."""
    actor = asking.actor
    denied = await _denied(core, actor, command)
    if denied is not None:
        return Refusal(denied.why, denied.advice, by_rule=True)
    site = ALL if command.everywhere else command.site

    def deed(books: Books) -> tuple[HoldLaid, _Change]:
        now = core.clock.now()
        until = now + command.seconds if command.seconds else None
        before = _standing(books, core, site, now)
        hold = laid(Hold(site, actor.id, command.reason, now, until), before, now)
        change = _changed(books, site, before, hold, actor.id, now)
        books.journal.add(now, "hold", actor.id, site=site, reason=hold.reason, until=until)
        announce_laid(books, core, asking.key, hold, before)
        return HoldLaid(hold, before), change

    answer, change = await core.ledger.write(deed)
    _wake(core, site, change)
    return answer


async def _denied(core: Core, actor: Actor, command: Command) -> Deny | None:
    deed = Deed.HOLD_ALL if command.everywhere else Deed.HOLD
    return authorise(actor, deed, await _subject(core, command))


async def _subject(core: Core, command: Command) -> Subject:
    asked = approvers(core, await read_roster(core))
    return Subject(command.site, approvers=asked, nobody_asked=not core.setup.policy.asked)


async def release(core: Core, asking: Asking, command: Command) -> HoldEnded | Refusal:
    """End one hold: the asker's own, else the one on top, which is for approvers. The others still stand."""
    actor = asking.actor
    site = ALL if command.everywhere else command.site
    subject = await _subject(core, command)
    denied = authorise(actor, Deed.HOLD, subject)
    if denied is not None:
        return Refusal(denied.why, denied.advice, by_rule=True)
    not_others = authorise(actor, Deed.RELEASE, subject)

    def deed(books: Books) -> tuple[HoldEnded | Refusal, _Change]:
        now = core.clock.now()
        before = _standing(books, core, site, now)
        if before is None:
            return _not_held(books, core, actor, site, not_others is None, now), _Change(None, None)
        after = lifted(before, actor.id, now)
        if after == before and not_others is None:
            after = before.under
        if not_others and after == before:
            held_by = SiteHeld(not_others.why, not_others.advice, by_rule=True, hold=before.alone, site=command.site)
            return held_by, _Change(before, before)
        change = _changed(books, site, before, after, actor.id, now)
        (ended,) = gone(before, after)
        books.journal.add(now, "release", actor.id, site=site, held_by=ended.by, reason=ended.reason)
        lies = after or books.holds.on(command.site or ALL, now)
        still = lies.alone if lies else None
        announce_over(
            books, core, asking.key, HoldNews(Turn.RELEASED, site, (ended,), now, actor.id, still), change.jobs
        )
        requests, plans = _in_line(books, site, now)
        may_end = still is not None and (not_others is None or still.by == actor.id)
        return HoldEnded(ended, still, len(change.jobs), requests, plans, may_end), change

    answer, change = await core.ledger.write(deed)
    _wake(core, site, change)
    return answer


def _not_held(books: Books, core: Core, actor: Actor, site: str, may_all: bool, now: float) -> Refusal:
    """Nothing to release: the site is free, or held only with every other, which `actor` may end or somebody else."""
    hold = books.holds.on(site, now)
    command = core.setup.command
    if hold is not None:
        what = f"{site} is held only with every other site."
        may = may_all or hold.by == actor.id
        advice = f"To end that: {command} release all" if may else f"{_OTHERS_END_IT}: {command} release all"
        return SiteHeld(what, advice, hold=hold.alone, site=site)
    held_now = [one.site for one in books.holds.listed(now)]
    what = "No hold is on every site." if site == ALL else f"{site} is not held."
    return Refusal(what, f"Held now: {', '.join(held_now)}." if held_now else "Nothing is held.")


def _changed(books: Books, site: str, before: Hold | None, after: Hold | None, who: str, now: float) -> _Change:
    """Write what holds `site` from now on, and let its jobs see."""
    books.holds.keep(site, after)
    books.homes.changed()
    freed = []
    for number in books.holds.held_jobs(site):
        job = books.jobs.get(number)
        if job.held is None or job.held.observes:
            continue
        if books.holds.on(job.site, now) is None:
            books.messages.say(number, Told(Event.LET_GO, who=who), now)
            job = replace(job, held=None, held_ends=None, held_no="")
        books.jobs.save(replace(job, due_at=now))
        books.messages.changed(number, now)
        freed.append(number)
    return _Change(before, after, tuple(freed))


def _in_line(books: Books, site: str, now: float) -> tuple[int, int]:
    """How many requests in line for `site`, or for any, become plans now, and how many of those."""
    sites = books.holds.sites_in_line() if site == ALL else [site]
    sheaves = [sheaf for name in sites if books.holds.on(name, now) is None for sheaf in books.holds.sheaves(name)]
    return sum(books.holds.size(sheaf).requests for sheaf in sheaves), len(sheaves)


def _standing(books: Books, core: Core, site: str, now: float) -> Hold | None:
    """What of the holds on `site` stands at `now`. What has ended by its time is told, though nobody has settled it."""
    before = books.holds.find(site)
    after = standing(before, now)
    if before is not None and before.is_over(now):
        _ended(books, core, before, after, now, ())
    return after


def _ended(books: Books, core: Core, before: Hold, after: Hold | None, now: float, jobs: Sequence[int]) -> None:
    """The hold on top has ended by its time: it is told once."""
    still = after or books.holds.on(before.site, now)
    news = HoldNews(Turn.ENDED, before.site, (before.alone,), now, other=still.alone if still else None)
    announce_over(books, core, f"ended {before.site} {before.by} {before.since}", news, jobs)


def _wake(core: Core, site: str, change: _Change) -> None:
    for number in change.jobs:
        core.engine.wake(job_name(number))
    if change.after is not None and change.after.until is not None:
        core.engine.wake(hold_name(site), change.after.until)
    if change.before != change.after:
        core.engine.wake(SLACK)
        core.engine.wake(HOME)
        core.engine.wake(hold_name(site))


async def settle(core: Core, site: str) -> None:
    """Let go what has ended by itself, then run what waited for it."""

    def deed(books: Books) -> tuple[_Change, list[str]]:
        now = core.clock.now()
        before = books.holds.find(site)
        after = standing(before, now)
        if after == before:
            change = _Change(before, after)
        else:
            books.journal.add(now, "hold_ended", "purgebot", site=site, held_by=before.by if before else "")
            change = _changed(books, site, before, after, "", now)
            if before is not None and before.is_over(now):
                _ended(books, core, before, after, now, change.jobs)
        return change, books.holds.sites_in_line()

    change, waiting = await core.ledger.write(deed)
    for number in change.jobs:
        core.engine.wake(job_name(number))
    if change.before != change.after:
        core.engine.wake(SLACK)
        core.engine.wake(HOME)
    if change.after is not None:
        if change.after.until is not None:
            core.engine.wake(hold_name(site), change.after.until)
        return
    if site != ALL:
        await set_strange_aside(core, site)
        await run_queued(core, site)
        return
    for name in waiting:
        core.engine.wake(hold_name(name))
