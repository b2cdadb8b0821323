"""The past: jobs searched, told whole, counted, and handed out page after page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from functools import partial

from bot.domain.actor import Actor
from bot.domain.grammar.period import begins
from bot.domain.grammar.saying import thing_line
from bot.domain.grammar.searching import search_line
from bot.domain.grammar.speech import Command, Search, Verb
from bot.domain.jobs.job import JobView
from bot.domain.jobs.timeline import Entry, Moment, timeline
from bot.domain.stats import count
from bot.export.sheet import FILE_MAX
from bot.ledger.books import Books
from bot.ledger.history import Sought
from bot.ledger.holds import CameToNothing
from bot.ledger.jobs import unpacked_targets
from bot.services.off_loop import aside
from bot.services.replies import Kept, LogShown, Refusal, StatsShown
from bot.services.setup import Core
from providers.contract import Kind

PAGE = 10  # jobs in a card
UNDONE_SHOWN = 5  # queued requests that came to nothing
MACHINE_PAGE = 50  # jobs in an answer to a machine
CHUNK = 100  # jobs read at once, so that others need not wait long
STATS_SINCE = "30d"
STATS_MAX = 50_000  # jobs that are counted, the newest


async def log(core: Core, actor: Actor, command: Command) -> LogShown | Refusal:
    """One page of the jobs that `command` looks for; a machine's is longer and holds each timeline."""
    search = command.search or Search()
    sought = await sought_by(core, actor, search)
    if isinstance(sought, Refusal):
        return sought
    size = MACHINE_PAGE if actor.is_token else PAGE
    begin = (search.page - 1) * size

    names = [site.name for site in core.setup.seen_by(actor)] if sought.sites is None else sought.sites
    tells_undone = not begin and not sought.words and not sought.kinds

    def question(books: Books) -> tuple[Sequence[Kept], bool, Sequence[CameToNothing], float | None]:
        found = books.history.find(sought, size + 1, begin)
        since = sought.since or 0.0
        undone = books.holds.came_to_nothing(names, sought.by, since, UNDONE_SHOWN) if tells_undone else ()
        more = len(found) > size
        gone = None if more else _forgotten(books, sought)
        return kept(books, found[:size], whole=actor.is_token), more, undone, gone

    jobs, more, undone, gone = await core.ledger.read(question)
    return LogShown(
        search, jobs, begin,
        newer=_page(search, search.page - 1) if search.page > 1 else "",
        older=_page(search, search.page + 1) if more else "",
        undone=undone,
        forgotten=gone,
    )  # fmt: skip


def _forgotten(books: Books, sought: Sought) -> float | None:
    """When the newest job was asked for that was forgotten after its time, where `sought` reaches so far back."""
    newest = books.forgotten.newest()
    return newest if newest is not None and newest >= (sought.since or 0.0) else None


def _page(search: Search, page: int) -> str:
    return search_line(Verb.LOG, replace(search, page=page))


async def chunks(core: Core, sought: Sought) -> AsyncIterator[Sequence[Kept]]:
    """All jobs that `sought` names, newest first, FILE_MAX at most, some at a time."""
    numbers = await core.ledger.read(lambda books: books.history.find(sought, FILE_MAX))
    for at in range(0, len(numbers), CHUNK):
        yield await core.ledger.read(partial(kept, numbers=numbers[at : at + CHUNK], whole=True))


def kept(books: Books, numbers: Sequence[int], whole: bool) -> list[Kept]:
    """These jobs as they are kept; with their timelines where `whole`."""
    found = [job for number in numbers if (job := books.jobs.find(number)) is not None]
    return [Kept(job, moments(books, job.id) if whole else ()) for job in found]


def moments(books: Books, job: int) -> tuple[Moment, ...]:
    """The whole timeline of a job."""
    entries = [(at, Entry(event, who, doc or {}, doc is None)) for at, event, who, doc in books.journal.entries(job)]
    return timeline(books.messages.steps(job), entries)


async def things(core: Core, job: JobView) -> tuple[str, ...]:
    """Everything that `job` was asked to purge, a line each; nothing where that is everything."""
    if job.kind is Kind.EVERYTHING:
        return ()
    packed = await core.ledger.read(lambda books: books.jobs.packed_targets(job.id))
    return await aside(job.targets, lambda: tuple(map(thing_line, unpacked_targets(packed))))


async def stats(core: Core, actor: Actor, command: Command) -> StatsShown | Refusal:
    """What the jobs that `command` names come to."""
    search = command.search or Search()
    search = search if search.since else replace(search, since=STATS_SINCE)
    sought = await sought_by(core, actor, search)
    if isinstance(sought, Refusal):
        return sought
    jobs, gone = await core.ledger.read(
        lambda books: (books.history.ended(sought, STATS_MAX), _forgotten(books, sought))
    )
    counted = await aside(len(jobs), lambda: count(jobs))
    names = {who: await core.directory.name(who) for who in list(counted.by)[:PAGE]}
    return StatsShown(search, counted, names, capped=len(jobs) == STATS_MAX, forgotten=gone)


async def sought_by(core: Core, actor: Actor, search: Search) -> Sought | Refusal:
    """`search` as `actor` may: only their sites; people by their ids."""
    seen = [site.name for site in core.setup.seen_by(actor)]
    sites = tuple(name for name in search.sites if name in seen) if search.sites else tuple(seen)
    sees_all = not search.sites and actor.sites is None and len(seen) == len(core.setup.sites)
    by = await _ids(core, actor, search.by)
    if isinstance(by, Refusal):
        return by
    since = begins(search.since, core.clock.now())
    return Sought(None if sees_all else sites, tuple(search.kinds), by, since, search.words)


async def _ids(core: Core, actor: Actor, by: str) -> tuple[str, ...] | Refusal:
    if by == "me":
        return (actor.id,)
    if not by.startswith("@"):
        return (by,) if by else ()
    found = tuple(await core.directory.named(by[1:]))
    if found:
        return found
    return Refusal(f"Nobody is known here as {by}.", "Type the name after @ as Slack shows it, without blanks.")
