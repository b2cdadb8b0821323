"""Warming: what is new is fetched through the edges, so that visitors need not wait for it. Each copy is asked for
once, and once more where the first answer does not say that it is kept; the second one shows whether it is now. What is
kept is held against the origin: a copy that is old is told as old.

    HIT ─ kept already      says it keeps none, is for one visitor alone, is no page, no answer ─ not asked for again
    else ─ asked once more ─ HIT: kept now      another word: not kept      no word: it is not known
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.domain.answers.answer import Answer, Asked, varied
from bot.domain.answers.guards import guard_before_origin, guard_on
from bot.domain.proof.finding import REFUSING, Page, Verdict, find
from bot.domain.proof.look import Look
from providers.contract import Cached

PAGES_MAX = 100
REQUESTS_MAX = 2_000  # of one warming
AT_ONCE = 2  # requests
PAUSE_MIN, PAUSE_MAX = 0.1, 1.0  # seconds after an answer; in between as long as the answer took
SLOW_SECONDS = 3.0  # an answer that takes as long
SLOW_IN_A_ROW = 2  # of such answers end a warming
FOR_ONE = ("private", "no-store")  # Cache-Control of an answer for one visitor alone, or for nobody to keep
_SIGNED_IN = frozenset({"authorization", "cookie"})  # what only somebody known sends
_WELL = range(200, 400)  # statuses of a page, or of the way to one
_BUSY = 429


class Warmth(StrEnum):
    """What became of one copy."""

    ALREADY = "already"  # the first answer came from the cache
    KEPT = "kept"  # the second one did
    OLD = "old"  # it is kept, and is not what the origin serves
    UNCLEAR = "unclear"  # it is kept, and cannot be told from what the origin serves
    EXPIRED = "expired"  # a copy beyond its time is given out, and no new one was fetched
    NOT_KEPT = "not_kept"  # the cache says that it keeps none, or the second answer did not come from it either
    UNSAID = "unsaid"  # it answered twice, and does not say where from
    FOR_ONE = "for_one"  # the answer is for one visitor alone
    NO_PAGE = "no_page"  # another status
    SILENT = "silent"  # no answer


KEPT = (Warmth.ALREADY, Warmth.KEPT)


@dataclass(frozen=True, slots=True)
class Spot:
    """One copy that is to be kept: of a page, at a place, for those who ask so."""

    url: str
    place: str
    asked: Asked = ()


@dataclass(frozen=True, slots=True)
class Copy:
    """What became of one spot. `says` is the cache's own word, a status or a problem; `seen_at` the data centre that
    the answer names."""

    url: str
    place: str
    warmth: Warmth
    says: str = ""
    seen_at: str = ""
    variant: str = ""
    country: str = ""  # of the probe that asked (ISO 3166); "" where purgebot itself did
    over: str = ""  # "http" where an https page was fetched without TLS, as the place's address says
    why: str = ""  # of an unclear one; of a kept one, what the origin gave that it was not compared with


@dataclass(frozen=True, slots=True)
class Warming:
    """One warming: what is fetched where, and how far it is. Times are seconds since the epoch.

    Places come one after the other, so that a cache between them and the origin is filled by the first. `found` holds
    what became of the first spots, in their order.
    """

    site: str
    by: str
    urls: tuple[str, ...]
    places: tuple[str, ...]
    created: float
    variants: tuple[Asked, ...] = ((),)  # a plain visitor's first
    id: int = 0
    job: int = 0  # whose proof it follows; 0 where it was asked for by itself
    left_out: int = 0  # pages beyond PAGES_MAX
    signed_in: bool = False  # the site has variants for those who are signed in, which are left alone
    found: tuple[Copy, ...] = ()
    requests: int = 0  # sent so far, those to the origin aside
    to_origin: int = 0  # sent there, to know whether what is kept is the new
    slow: int = 0  # slow answers in a row
    regions: tuple[str, ...] = ()  # whose probes fetch the pages too, after the places
    measured: int = 0  # pages that they have fetched
    around: tuple[Copy, ...] = ()  # what became of those
    varies: tuple[str, ...] = ()  # what the answers' Vary names, in lower case
    public: tuple[str, ...] = ()  # the ids by which whoever has them can read what probes saw
    unmeasured: str = ""  # why probes fetch no more
    stopped: str = ""  # why it ended early
    stopped_by: str = ""  # who ended it, if somebody did
    ended: float | None = None
    due_at: float | None = None
    version: int = 0
    team: str = ""
    source: str = ""
    channel: str = ""
    thread: str = ""
    tell: bool = False  # whoever asked was told that it goes on, and hears how it ended

    @property
    def name(self) -> str:
        """The id people type."""
        return f"W-{self.id}"

    @property
    def total(self) -> int:
        """How many copies there are to be."""
        return len(self.urls) * len(self.places) * len(self.variants)

    @property
    def most(self) -> int:
        """The most requests that it takes."""
        return 2 * self.total

    def spot(self, n: int) -> Spot:
        """Spot number `n`, from 0."""
        place, rest = divmod(n, len(self.urls) * len(self.variants))
        url, variant = divmod(rest, len(self.variants))
        return Spot(self.urls[url], self.places[place], self.variants[variant])

    @property
    def left_to_vary(self) -> tuple[str, ...]:
        """What the answers vary by that no variant asked: who sends it otherwise may find nothing warm."""
        asked = {name.lower() for variant in self.variants for name, _ in variant}
        return tuple(name for name in self.varies if name not in asked)

    def next_spots(self) -> tuple[Spot, ...]:
        """What is fetched now, at most AT_ONCE; never one page at two places, since the first may say all."""
        first = len(self.found)
        some: list[Spot] = []
        for n in range(first, min(first + AT_ONCE, self.total)):
            spot = self.spot(n)
            if any((spot.url, spot.asked) == (other.url, other.asked) for other in some):
                break
            some.append(spot)
        return tuple(some)

    def known(self, spot: Spot) -> Copy | None:
        """What a spot comes to without being asked for: what is for one visitor alone at one place is so at all."""
        same = (copy for copy in self.found if copy.warmth is Warmth.FOR_ONE and copy.url == spot.url)
        found = next((copy for copy in same if copy.variant == varied(spot.asked)), None)
        return Copy(spot.url, spot.place, Warmth.FOR_ONE, found.says, "", found.variant) if found else None


def variants_to_warm(variants: Iterable[Mapping[str, str]]) -> tuple[tuple[Asked, ...], bool]:
    """What visitors ask, a plain one first, and whether there are variants for those who are signed in, which are
    never warmed."""
    asked = [tuple(sorted(variant.items())) for variant in variants if variant]
    open_to_all = [one for one in asked if not any(name.lower() in _SIGNED_IN for name, _ in one)]
    return tuple(dict.fromkeys(((), *open_to_all))), len(open_to_all) < len(asked)


def first_says(spot: Spot, answer: Answer, look: Look) -> Copy | None:
    """What the first answer settles; None where a second one is wanted."""
    if (gone := _unwell(spot, answer, look)) is not None:
        return gone
    if look.cached is Cached.HIT:
        return _copy(spot, look, Warmth.ALREADY, look.says)
    if private := _for_one(answer):
        return _copy(spot, look, Warmth.FOR_ONE, private)
    if look.cached is Cached.UNCACHED:
        return _copy(spot, look, Warmth.NOT_KEPT, look.says or look.cached.upper())
    return None


def second_says(spot: Spot, answer: Answer, look: Look) -> Copy:
    """What the second answer settles."""
    if (gone := _unwell(spot, answer, look)) is not None:
        return gone
    if look.cached is Cached.UNKNOWN:
        return _copy(spot, look, Warmth.UNSAID, look.says)
    if look.cached is Cached.STALE:
        return _copy(spot, look, Warmth.EXPIRED, look.says or look.cached.upper())
    kept = look.cached in (Cached.HIT, Cached.REVALIDATED)
    return _copy(spot, look, Warmth.KEPT if kept else Warmth.NOT_KEPT, look.says or look.cached.upper())


def as_origin_has(copy: Copy, look: Look, origins: Sequence[Look]) -> Copy:
    """A kept copy beside what the origin serves now for the same request, asked twice: what is old is not warm, and
    where the two cannot be compared nobody can say. An origin that cannot be asked from here may well answer caches."""
    found = find(Page(copy.url, (), (look, *origins), has_origin=True), look.place)[0]
    if found.verdict is Verdict.STALE:
        return replace(copy, warmth=Warmth.OLD)
    is_known = look.redirects or found.verdict is Verdict.FRESH
    if is_known or not all(_tells(origin) for origin in origins):
        return copy
    return replace(copy, warmth=Warmth.UNCLEAR, why=found.why)


def _tells(origin: Look) -> bool:
    is_page = not origin.problem and not origin.guard and origin.status not in REFUSING
    return is_page and not origin.only_asks_for_tls


def not_compared(copy: Copy, origins: Sequence[Answer]) -> Copy:
    """A kept copy that was not held against the origin, since a firewall answered in its place, and which one."""
    guard = next(filter(None, map(guard_before_origin, origins)), None)
    if guard is None or copy.warmth not in KEPT:
        return copy
    told = guard.told if guard.is_challenge else f"it answers {guard.status}{guard.beside}"
    return replace(copy, why=told)


def is_down(origin: Answer) -> str:
    """Why nothing can be warmed while the origin answers so; "" where it may be. One that cannot be asked from here, or
    before which a firewall answers, may well answer the caches."""
    if origin.status < 500 or guard_before_origin(origin) is not None:
        return ""
    return f"the origin answers {origin.status}, so nothing new can be fetched; caches give out what they have"


def _unwell(spot: Spot, answer: Answer, look: Look) -> Copy | None:
    if look.problem:
        return _copy(spot, look, Warmth.SILENT, look.problem)
    if (told := _stopped_by(answer)) or look.status not in _WELL:
        return _copy(spot, look, Warmth.NO_PAGE, f"{look.status}{told}")
    return None


def _stopped_by(answer: Answer) -> str:
    """ ": Cloudflare's firewall asks for a proof of being no robot"; "" where no firewall's mark stands on it."""
    guard = guard_on(answer)
    return f": {guard.told}" if guard is not None else ""


def _for_one(answer: Answer) -> str:
    """The header that says that an answer is not for everybody; "" where none does."""
    said = [part.strip().partition("=")[0].lower() for part in answer.says("cache-control").split(",")]
    return next((f"Cache-Control: {word}" for word in FOR_ONE if word in said), "")


def _copy(spot: Spot, look: Look, warmth: Warmth, says: str) -> Copy:
    return Copy(spot.url, spot.place, warmth, says, look.seen_at, varied(spot.asked), over=look.over)


def is_too_much(answers: Sequence[Answer]) -> str:
    """Why nothing more is fetched after these answers; "" where it goes on."""
    for answer in answers:
        if answer.status >= 500 or answer.status == _BUSY:
            return f"{answer.place} answered {answer.status}{_stopped_by(answer)}"
    return ""


def slow_after(slow: int, seconds: float, look: Look) -> int:
    """Slow answers in a row after one that took `seconds`; what comes from a cache says nothing of the origin."""
    if look.cached is Cached.HIT:
        return slow
    return slow + 1 if seconds >= SLOW_SECONDS else 0


def pause_after(seconds: float) -> float:
    """Seconds to wait after an answer that took `seconds`: the slower the origin, the fewer requests."""
    return min(PAUSE_MAX, max(PAUSE_MIN, seconds))
