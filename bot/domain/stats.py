"""What the past says of purging: who, what kind, from where, how quickly proven, and what keeps being purged. Pure."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

HOT_MAX = 5  # things that are named
HOT_SHARE = 0.2  # from which something is worth advice
HOT_LEAST = 5  # purges; of fewer nothing is said
DAYS_MAX = 60  # told day by day; a longer time by weeks
_NOT_KNOWN = ("open", "restored")  # how much of these goes, or went
P95_LEAST = 20  # measured; of fewer the 95th percentile is only the slowest
SIBLINGS_LEAST = 3  # different pages below a folder before they are told as one


@dataclass(frozen=True, slots=True)
class Ended:
    """One job as it is counted. `outcome` is its verdict where it is done, "open" or its state where it is not."""

    kind: str
    by: tuple[str, ...]  # everybody who asked for some of it
    source: str
    outcome: str
    ran: bool  # its first call was begun
    created: float  # seconds since the epoch
    seconds: float | None  # from request to proof; None without one
    waited: float  # of them, until the last person let it go on: a vote, the end of a hold, a retry
    targets: tuple[str, ...]  # the first ones, as kept with the job
    broken: bool = False  # it ran without its votes, since somebody broke the glass
    gone: bool = True  # some cache may hold less than before it: a call of it was taken, or nobody knows


@dataclass(frozen=True, slots=True)
class Hot:
    """What keeps being purged: in how many of all jobs, as a share too."""

    what: str  # "/news/*", "tag news", "everything"
    n: int
    share: float


@dataclass(frozen=True, slots=True)
class Times:
    """How long something took, in seconds: half of the `n` measured within `p50`, 95 % within `p95`."""

    n: int = 0
    p50: float | None = None
    p95: float | None = None  # None of fewer than P95_LEAST


@dataclass(frozen=True, slots=True)
class Stats:
    """The sums over some jobs; most first. Only what ran, and purged something or still may, is a purge."""

    total: int  # purges
    by: Mapping[str, int] = field(default_factory=dict)  # each who asked, so that a joined one counts for several
    kinds: Mapping[str, int] = field(default_factory=dict)
    sources: Mapping[str, int] = field(default_factory=dict)
    outcomes: Mapping[str, int] = field(default_factory=dict)
    not_run: Mapping[str, int] = field(default_factory=dict)  # requests that never were a purge, by what became of them
    in_vain: Mapping[str, int] = field(default_factory=dict)  # that ran and purged nothing, by what became of them
    proof: Times = Times()  # from request to proof
    broken: int = 0  # those that ran without their votes
    waited: int = 0  # of those proven, the ones that waited for people
    alone: Times = Times()  # to proof from when people had let it go on
    hot: tuple[Hot, ...] = ()
    spans: tuple[tuple[str, Mapping[str, int]], ...] = ()  # outcomes by the day or week that begins so, oldest first
    weekly: bool = False

    @property
    def hottest(self) -> Hot | None:
        """The one thing that advice is about, if it is much of all."""
        first = next(iter(self.hot), None)
        return first if first and self.total >= HOT_LEAST and first.share >= HOT_SHARE else None


def count(asked: Sequence[Ended]) -> Stats:
    """The sums over the jobs `asked` for."""
    jobs = [job for job in asked if job.ran and _may_have_purged(job)]
    proven = [(job.seconds, job.waited) for job in jobs if job.seconds is not None]
    times = [job.created for job in jobs]
    weekly = bool(times) and max(times) - min(times) > DAYS_MAX * 86_400
    return Stats(
        total=len(jobs),
        by=_most(who for job in jobs for who in job.by),
        kinds=_most(job.kind for job in jobs),
        sources=_most(job.source for job in jobs),
        outcomes=_most(job.outcome for job in jobs),
        not_run=_most(job.outcome for job in asked if not job.ran),
        in_vain=_most(job.outcome for job in asked if job.ran and not _may_have_purged(job)),
        proof=times_of([seconds for seconds, _ in proven]),
        broken=sum(job.broken for job in jobs),
        waited=sum(1 for _, waited in proven if waited > 0),
        alone=times_of([max(0.0, seconds - waited) for seconds, waited in proven]),
        hot=hot([_things(job) for job in jobs]),
        spans=tuple(_spans(jobs, weekly)),
        weekly=weekly,
    )


def _may_have_purged(job: Ended) -> bool:
    """Whether it is a purge: under way, or not known to have left every cache as it was."""
    return job.gone or job.outcome in _NOT_KNOWN


def times_of(seconds: Iterable[float]) -> Times:
    """The percentiles of `seconds`, as far as they are enough to tell them."""
    ordered = sorted(seconds)
    p95 = percentile(ordered, 0.95) if len(ordered) >= P95_LEAST else None
    return Times(len(ordered), percentile(ordered, 0.5), p95)


def _spans(jobs: Sequence[Ended], weekly: bool) -> Iterator[tuple[str, Mapping[str, int]]]:
    """Every day or week from the first to the last, empty ones too."""
    counted: dict[int, Counter[str]] = {}
    for job in jobs:
        counted.setdefault(_span(job.created, weekly), Counter())[job.outcome] += 1
    step = 7 if weekly else 1
    for day in range(min(counted), max(counted) + 1, step) if counted else ():
        yield date.fromordinal(day).isoformat(), counted.get(day, Counter())


def _span(at: float, weekly: bool) -> int:
    day = datetime.fromtimestamp(at, UTC).date()
    return day.toordinal() - (day.weekday() if weekly else 0)


def _things(job: Ended) -> tuple[str, ...]:
    """What a job purged, each with its kind where it is no URL; of a single target the kind is not kept with it."""
    if job.kind == "everything":
        return ("everything",)
    if len(job.targets) == 1 and job.kind not in ("url", "path"):
        return (f"{job.kind} {job.targets[0]}",)
    return job.targets


def percentile(ordered: Sequence[float], share: float) -> float | None:
    """The least of `ordered` that at least `share` of them do not exceed (nearest rank); None of nothing."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


def _most(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items(), key=lambda pair: (-pair[1], pair[0])))


def hot(jobs: Sequence[Sequence[str]]) -> tuple[Hot, ...]:
    """What most of `jobs` purge, each given by its targets. Many pages of one folder are told as that folder."""
    folders = _folders(jobs)
    counted = Counter(name for targets in jobs for name in {_named(target, folders) for target in targets})
    most = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))[:HOT_MAX]
    return tuple(Hot(name, n, n / len(jobs)) for name, n in most if n > 1)


def _folders(jobs: Sequence[Sequence[str]]) -> frozenset[str]:
    """Folders below which several different pages were purged, and no single page makes most of it."""
    pages: dict[str, Counter[str]] = {}
    for targets in jobs:
        for path in {_path(target) for target in targets} - {""}:
            if (folder := _folder(path)) != "/":
                pages.setdefault(folder, Counter())[path] += 1
    return frozenset(
        folder
        for folder, below in pages.items()
        if len(below) >= SIBLINGS_LEAST and 2 * max(below.values()) <= below.total()
    )


def _named(target: str, folders: frozenset[str]) -> str:
    path = _path(target)
    if not path:
        return target
    folder = _folder(path)
    return f"{folder}*" if folder in folders else path


def _path(target: str) -> str:
    """The path of a URL or of a spoken path, without its query; "" for tags, hosts and the like."""
    if found := _URL.match(target):
        return found[1].partition("?")[0] or "/"
    bare = target.removeprefix("path ")
    return bare.partition("?")[0] if bare.startswith("/") else ""


def _folder(path: str) -> str:
    return path[: path.rstrip("/").rfind("/") + 1]


_URL = re.compile(r"https?://[^/?#]*([^#]*)", re.IGNORECASE)
