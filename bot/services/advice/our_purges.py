"""Which of our own jobs have to do with a page: read back, newest first, as far as they can matter."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from bot.domain.proof.finding import Verdict
from bot.domain.why import Case, Glance, InLine, Ours, Reach, Reading, Spot, Tier
from bot.domain.why.reaching import Found, reach_of
from bot.domain.why.times import modified, stored
from bot.ledger.asked_targets import WHOLE_MAX, AskedFor, telling
from bot.ledger.books import Books
from bot.ledger.jobs import unpacked_targets
from bot.services.off_loop import aside
from bot.services.setup import Core

WITHIN = 1.5  # seconds for reading
FAR = 30 * 86400.0  # seconds back at most
SLICE = 50  # jobs that are read at once
KEPT = 20  # jobs of each reach, the newest, that are read whole
IN_LINE_MAX, IN_LINE_TARGETS = 200, 2_000  # requests behind a hold that are read, and targets of one


@dataclass(slots=True)
class _Walk:
    """A walk back through the jobs of a site. `need` is how far back all has to be read (seconds since the epoch; None
    for as far as there is anything)."""

    need: float | None
    far: float
    until: float  # by the loop's clock
    read: int = 0
    is_covered: bool = False
    is_cut: bool = False
    found: dict[int, Found] = field(default_factory=dict)

    def is_over(self, job: AskedFor, now: float) -> bool:
        """Whether nothing from `job` on can matter, or a cap ends the walk there."""
        if self.need is not None and job.created < self.need and self.is_covered:
            return True
        if job.created >= self.far and now < self.until:
            return False
        self.is_cut = self.need is None or job.created >= self.need or self.need < self.far
        return True

    def add(self, job: AskedFor, found: Found | None) -> None:
        """Note what `job` has to do with the page."""
        self.read += 1
        counts = Counter(one.reach for one in self.found.values())
        if found is None or counts[found.reach] >= KEPT:
            return
        self.found[job.job] = found
        self.is_covered = self.is_covered or (found.reach is Reach.COVERED and job.purged is not None)


async def our_purges(core: Core, case: Case, within: float = WITHIN) -> tuple[tuple[Ours, ...], Reading]:
    """The site's jobs that have to do with the page, newest first, and how far back they were read: until a purge that
    covers the page and is older than its copies; at most FAR seconds back, and `within` seconds."""
    site, url = case.site.name, case.url
    walk = _Walk(needed(case), case.now - FAR, asyncio.get_running_loop().time() + within)
    tags = {*await core.ledger.read(lambda books: books.known.tags_of(site, url)), *_labels(case.spots)}
    before: int | None = 2**62
    while before is not None:
        before = await _slice(core, case, walk, tags, before)

    def whole(books: Books) -> tuple[Ours, ...]:
        jobs = [(books.jobs.find(number), found) for number, found in walk.found.items()]
        return tuple(Ours(job, found.reach, found.named, found.by) for job, found in jobs if job is not None)

    return await core.ledger.read(whole), Reading(walk.read, walk.is_cut)


async def _slice(core: Core, case: Case, walk: _Walk, tags: Collection[str], before: int) -> int | None:
    """Read some jobs; the number of the last, or None where the walk is over."""
    jobs = await core.ledger.read(lambda books: books.asked.before(case.site.name, before, SLICE))
    for job in jobs:
        if walk.is_over(job, asyncio.get_running_loop().time()):
            return None
        walk.add(job, await _reach(core, job, case.url, tags))
    return jobs[-1].job if len(jobs) == SLICE else None


async def _reach(core: Core, job: AskedFor, url: str, tags: Collection[str]) -> Found | None:
    if job.many <= WHOLE_MAX:
        return await aside(job.many, lambda: reach_of(url, unpacked_targets(job.packed), tags))
    packed = await core.ledger.read(lambda books: books.jobs.packed_targets(job.job))
    return await aside(job.many, lambda: reach_of(url, telling(packed, url), tags))


def needed(case: Case) -> float | None:
    """Since when a purge can have to do with what is old: since the origin changed, else since the oldest copy was
    made; now where nothing is old; None where nothing tells."""
    caches = (*case.at(Tier.EDGE), *case.at(Tier.INNER))
    old = [one.look for spot in caches for one in _glances(spot) if case.verdict_at(spot, one) is Verdict.STALE]
    if not old:
        return case.now
    changed = modified(case)
    made = [when for look in old if (when := stored(look)) is not None]
    return changed if changed is not None else min(made) if len(made) == len(old) else None


def _glances(spot: Spot) -> Sequence[Glance]:
    return [glance for glance in (*spot.plain, *spot.varied) if glance.is_usable]


def _labels(spots: Sequence[Spot]) -> Sequence[str]:
    return [tag for spot in spots for glance in spot.plain for tag in glance.look.tags]


def in_line(books: Books, site: str, url: str) -> tuple[InLine, ...]:
    """The requests behind a hold of `site` that would purge `url`, the first first."""
    waiting, _ = books.holds.waiting([site], IN_LINE_MAX)
    found = []
    for told in waiting:
        request = books.holds.find_in_line(told.id) if told.targets <= IN_LINE_TARGETS else None
        reach = reach_of(url, request[0].command.targets, ()) if request is not None and request[1] is None else None
        if reach is not None and reach.reach is Reach.COVERED:
            found.append(InLine(told.name, reach.named, told.by, told.at))
    return tuple(found)
