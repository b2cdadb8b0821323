"""From looks at edge and origin to a verdict that never claims more than was seen."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.finding import Finding, Page, Verdict, find
from bot.domain.landing import Purged, is_older, landed, not_asked
from bot.domain.look import ORIGIN, Likeness, Look, compare, describe, in_short
from bot.domain.variants import others_may_differ, partly_asked
from providers.contract import Cached

__all__ = ["ORIGIN", "Judgement", "Look", "Verdict", "describe", "judge"]

NAMED_MAX = 3  # places and reasons that a sentence names
PLACE = "\0"  # stands for the places of one reason
PAGE_MAX = 80  # characters of a page's name in a sentence
NOTHING_KNOWN = "no page to look at is known"
NONE_COVERED = "nothing under it was known to look at: `check` one of its pages by URL"
REFILLED = "it was fetched again after the purge, so a cache further in may still hold the old"
FURTHER_IN = "the edge does not keep it, so a cache further in does"
MOVED_ON = "the origin has changed since this purge was proven: purge again for what is new"
SOFT = "after a soft purge a cache may serve the old once more while it fetches the new"
REWRITTEN = "told by its bytes alone: where the edge rewrites pages, give the site a `marker`"
KEPT_APART = (
    "a plain visitor gets the new one: that copy has a key of its own, it seems, which this purge did not reach"
)
ORIGIN_LACKS = "the origin itself does not show it yet: is the new version out there?"
ORIGIN_OLD = "if it still looks old, the origin itself may be old"

_Verdicts = Mapping[str, Verdict]  # by place


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict over all URLs and places, and what stands behind it in one line.

    A place is in `fresh_at` when nothing there is stale or unknown and a page is fresh, in `stale_at` when a page there
    is old. `already_same` names the places that served the origin's content before the purge. `worth_another`: another
    look could change the verdict.
    """

    verdict: Verdict
    why: str = ""
    fresh_at: tuple[str, ...] = ()
    stale_at: tuple[str, ...] = ()
    unknown_at: tuple[str, ...] = ()
    already_same: tuple[str, ...] = ()
    worth_another: bool = False


def judge(
    before: Sequence[Look],
    after: Sequence[Look],
    purged_at: float | None,
    soft: bool = False,
    covered: Collection[str] | None = None,
    left_alone: Sequence[str] = (),
    proven: Sequence[Look] = (),
    kept_by: Sequence[str] = (),
    stands_for_others: bool = False,
) -> Judgement:
    """The verdict on the looks `after`. `before` are those before the purge; `purged_at` is when its last layer began
    to be purged, in seconds since the epoch, None if nothing was purged. A look made before and not after counts as
    missing. After a hard purge a copy that is older than it proves nothing, even where it is what the origin serves:
    the purge has not reached it (https://developers.cloudflare.com/cache/concepts/cache-responses/, 2026-11-23).
    `covered` are the URLs that were surely purged, None for all: another page says nothing of the purge, and is told
    beside it where it is old. `left_alone` are the caches of the chain that were not asked, by name; `proven` the looks
    that proved the purge earlier, if it was proven. `kept_by` are the caches that keep other pages of what was to be
    purged, of which looks at these say nothing. Where these pages stand for others (`stands_for_others`), a copy of
    what was there before the purge, or came by the look before it, is proof only if it is surely younger."""
    looks = (*after, *before)
    places = tuple(dict.fromkeys(look.place for look in looks if look.place != ORIGIN))
    if not places:
        return Judgement(Verdict.UNCHECKED, NOTHING_KNOWN)
    all_pages = _pages(before, after)
    pages = [page for page in all_pages if covered is None or page.url in covered]
    beside = _beside([page for page in all_pages if page not in pages], places)
    if not pages:
        return Judgement(Verdict.UNKNOWN, " · ".join([NONE_COVERED, *beside]))
    since = None if soft else purged_at
    asked = [(page, place) for page in pages for place in places if page.was_asked(place)]
    purged = Purged(since, left_alone, stands_for_others)
    findings = [landed(found, page, purged) for page, place in asked for found in find(page, place)]
    at = {place: _at_place([f for f in findings if f.place == place]) for place in places}
    seen = _worst(at.values())
    verdict = Verdict.UNKNOWN if kept_by and seen is Verdict.FRESH else seen
    same = tuple(place for place in places if all(page.was_same(place) for page in pages if page.was_asked(place)))
    scene = _Scene(pages, at, same, purged_at, soft, tuple(left_alone), _moved_on(pages, proven))
    return Judgement(
        verdict=verdict,
        why=" · ".join([*_beyond(kept_by, seen, scene), *_why(seen, findings, scene), *beside]),
        fresh_at=tuple(place for place in places if at[place] is Verdict.FRESH),
        stale_at=tuple(place for place in places if at[place] is Verdict.STALE),
        unknown_at=tuple(place for place in places if at[place] is Verdict.UNKNOWN),
        already_same=same,
        worth_another=not scene.moved_on and any(f.can_change for f in findings if f.verdict is not Verdict.FRESH),
    )


def _beyond(kept_by: Sequence[str], seen: Verdict, scene: _Scene) -> list[str]:
    """Why fresh pages do not prove the others."""
    if not kept_by or seen is not Verdict.FRESH:
        return []
    n = scene.urls()
    looked = f"the {n} pages looked at are" if n > 1 else "the page looked at is"
    keep = "keeps" if len(kept_by) == 1 else "keep"
    return [f"{looked} fresh, and {' and '.join(kept_by)} {keep} others of it, from which they may come back old"]


def _beside(pages: Sequence[Page], places: Sequence[str]) -> list[str]:
    """What is old of pages that were looked at and not surely purged."""
    old: dict[str, list[str]] = {}
    for page in pages:
        found = [f for place in places if page.was_asked(place) for f in find(page, place)]
        stale = [f.place for f in found if f.verdict is Verdict.STALE]
        old[page.url] = list(dict.fromkeys([*old.get(page.url, ()), *stale]))
    return [
        f"{_named(url)}, which this does not surely cover, is old at {_listed(at)}" for url, at in old.items() if at
    ]


def _named(url: str) -> str:
    """A page within a sentence."""
    bare = url.split("://", 1)[-1]
    return bare if len(bare) <= PAGE_MAX else f"{bare[: PAGE_MAX - 1]}…"


def _moved_on(pages: Sequence[Page], proven: Sequence[Look]) -> bool:
    """Whether the origin has other content now than when the purge was proven."""
    then = {(look.url, look.variant): look for look in proven if look.place == ORIGIN and not look.problem}
    now = [look for page in pages for look in page.now(ORIGIN) if not look.problem]
    return any(
        compare(then[look.url, look.variant], look) is Likeness.OTHER
        for look in now
        if (look.url, look.variant) in then
    )


def _pages(before: Sequence[Look], after: Sequence[Look]) -> list[Page]:
    looks = (*after, *before)
    has_origin = any(look.place == ORIGIN for look in looks)
    keys = dict.fromkeys((look.url, look.variant) for look in looks)
    return [Page(url, _of(before, url, v), _of(after, url, v), has_origin, v) for url, v in keys]


def _of(looks: Sequence[Look], url: str, variant: str) -> tuple[Look, ...]:
    return tuple(look for look in looks if (look.url, look.variant) == (url, variant))


def _at_place(findings: Sequence[Finding]) -> Verdict:
    """What a place serves. The origin's content, never cached there, says nothing where another page does; nor does a
    redirect."""
    return _worst([f.verdict for f in findings if not (f.uncached or f.aside)] or [Verdict.UNKNOWN])


def _worst(verdicts: Iterable[Verdict]) -> Verdict:
    seen = set(verdicts)
    return next(verdict for verdict in (Verdict.STALE, Verdict.UNKNOWN, Verdict.FRESH) if verdict in seen)


@dataclass(frozen=True, slots=True)
class _Scene:
    """What a reason may be told with."""

    pages: Sequence[Page]
    at: _Verdicts
    same: tuple[str, ...]
    purged_at: float | None
    soft: bool
    left_alone: tuple[str, ...]
    moved_on: bool  # the origin, since the purge was proven

    def places(self, verdict: Verdict) -> list[str]:
        return [place for place, here in self.at.items() if here is verdict]

    def origin_lacks(self, look: Look) -> bool:
        """Whether the origin does not show either what `look` lacks."""
        here = (page for page in self.pages if (page.url, page.variant) == (look.url, look.variant))
        return any(origin.lacks for page in here for origin in page.now(ORIGIN))

    def origin_status(self, look: Look) -> str:
        """What the origin answers, where its status is another."""
        here = (page for page in self.pages if (page.url, page.variant) == (look.url, look.variant))
        status = next(
            (origin.status for page in here for origin in page.now(ORIGIN) if not origin.problem), look.status
        )
        return f"; the origin answers {status}" if status != look.status else ""

    def urls(self) -> int:
        return len({page.url for page in self.pages})

    def since_purge(self, look: Look) -> float | None:
        return None if self.purged_at is None else look.at - self.purged_at


def _why(verdict: Verdict, findings: Sequence[Finding], scene: _Scene) -> Sequence[str]:
    match verdict:
        case Verdict.STALE:
            return list(_why_stale([f for f in findings if f.verdict is Verdict.STALE], scene))
        case Verdict.UNKNOWN:
            fresh = scene.places(Verdict.FRESH)
            return [*_reasons(findings, scene), *([f"fresh at {', '.join(fresh)}"] if fresh else [])]
        case _:
            return [*_why_fresh(findings, scene), *_reasons(findings, scene), *_plainly(scene)]


def _why_fresh(findings: Sequence[Finding], scene: _Scene) -> Iterable[str]:
    same = [place for place in scene.same if scene.at[place] is Verdict.FRESH]
    empty = [
        place for place in scene.at if all(page.was_missing(place) for page in scene.pages if page.was_asked(place))
    ]
    if empty:
        yield f"not in the cache at {_listed(empty)} before the purge"
    if same:
        yield f"already the same at {_listed(same)} before the purge"
    told = {*same, *empty}
    if told == {*scene.at} and all(_unchanged(page, place) for page in scene.pages for place in told):
        yield ORIGIN_OLD
    survivors = [f.look for f in findings if f.look and f.place not in same and is_older(f.look, scene.purged_at)]
    if survivors:
        first = survivors[0]
        yield f"{first.place} kept its copy ({describe(first, first.at)}), which is what the origin serves"


def _plainly(scene: _Scene) -> list[str]:
    """Whose answers were seen, where they are not everybody's."""
    looks = [look for page in scene.pages for look in page.after]
    whose = (others_may_differ(looks), partly_asked(looks))
    over = list(dict.fromkeys(look.place for look in looks if look.over and look.place != ORIGIN))
    told = f"{_listed(over)} asked over http, as the address says: https visitors may get other copies" if over else ""
    return [line for line in (*whose, told) if line]


def _unchanged(page: Page, place: str) -> bool:
    return all(compare(was, now) is Likeness.SAME for was in page.was(place) for now in page.now(place))


def _why_stale(stale: Sequence[Finding], scene: _Scene) -> Iterable[str]:
    places = scene.places(Verdict.STALE)
    old = "old at" if scene.purged_at is None else "still old at"
    yield f"{old} {_listed([_old_at(place, stale, scene) for place in places])}"
    if scene.moved_on:
        yield MOVED_ON
        return
    if any(f.look and f.look.lacks and scene.origin_lacks(f.look) for f in stale):
        yield ORIGIN_LACKS
    elif all(f.variant and f.look and is_older(f.look, scene.purged_at) for f in stale) and not scene.left_alone:
        yield KEPT_APART
    elif hint := _hint([f.look for f in stale if f.look], scene):
        yield hint
    if all(f.by_bytes for f in stale):
        yield REWRITTEN
    if same := [place for place in places if place in scene.same]:
        yield (
            f"edge and origin were already the same before the purge at {_listed(same)}:"
            " the origin changed since, or part of it is still old"
        )


def _old_at(place: str, stale: Sequence[Finding], scene: _Scene) -> str:
    here = [f for f in stale if f.place == place]
    look = here[0].look
    told = f"{describe(look, look.at)}{scene.origin_status(look)}" if look else ""
    page = f"{_named(here[0].url)}: " if scene.urls() > 1 else ""
    return f"{place} ({page}{told}{_of_pages([f.url for f in here], scene, ', ')})"


def _hint(looks: Sequence[Look], scene: _Scene) -> str:
    """Why the old is still there, as far as the caches' own words say."""
    if scene.purged_at is None:
        return ""
    if scene.left_alone:
        return f"{not_asked(scene.left_alone)}, so may still hold the old"
    if any(_was_refilled(look, scene) for look in looks):
        return REFILLED
    if any(look.cached is Cached.UNCACHED for look in looks):
        return FURTHER_IN
    return SOFT if scene.soft else ""


def _was_refilled(look: Look, scene: _Scene) -> bool:
    since = scene.since_purge(look)
    if look.cached in (Cached.MISS, Cached.EXPIRED):
        return since is None or look.age is None or look.age <= since + 1  # older came from a cache that kept it
    return look.cached is Cached.HIT and since is not None and look.age is not None and 0 < look.age < since - 1


def _reasons(findings: Sequence[Finding], scene: _Scene) -> list[str]:
    """Why it is not known, each reason once, with how many pages it is about."""
    unknown = [f for f in findings if f.verdict is Verdict.UNKNOWN]
    plain = {(f.place, f.url, f.why) for f in unknown if not f.variant}
    alike: dict[str, list[Finding]] = {}
    for f in unknown:
        if not f.variant or (f.place, f.url, f.why) not in plain:
            asked = f" (asked with {in_short(f.variant)})" if f.variant else ""
            alike.setdefault(f"{f.why.replace(f.place, PLACE, 1)}{asked}", []).append(f)
    told = [
        f"{why.replace(PLACE, _listed(list(dict.fromkeys(f.place for f in about))))}"
        f"{_of_pages([f.url for f in about], scene, ' on ')}"
        for why, about in alike.items()
    ]
    more = len(told) - NAMED_MAX
    return [*told[:NAMED_MAX], f"and {more} more reasons"] if more > 1 else told


def _of_pages(urls: Sequence[str], scene: _Scene, before: str) -> str:
    n, total = len(set(urls)), scene.urls()
    return f"{before}{n} of {total} pages" if n < total else ""


def _listed(words: Sequence[str]) -> str:
    more = len(words) - NAMED_MAX
    return ", ".join([*words[:NAMED_MAX], f"{more} more"] if more > 1 else words)
