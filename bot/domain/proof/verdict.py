"""From looks at edge and origin to a verdict that never claims more than was seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.domain.proof.doubts import Doubt
from bot.domain.proof.finding import Finding, Page, Verdict, find
from bot.domain.proof.look import ORIGIN, Likeness, Look, compare, describe
from bot.domain.proof.reached import NOTHING_PURGED, Purged, landed
from bot.domain.proof.reasons import Scene, beside, beyond, doubts, why
from bot.domain.proof.unseen_centres import not_seen_new, unseen

__all__ = ["ORIGIN", "Judgement", "Look", "Verdict", "describe", "judge"]

NOTHING_KNOWN = "no page to look at is known"
NONE_COVERED = "nothing under it was known to look at: `check` one of its pages by URL"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict over all URLs and places, and what stands behind it in one line.

    A place is in `fresh_at` when nothing there is stale or unknown and a page is fresh, in `stale_at` when a page there
    is old. `already_same` names the places that served the origin's content before the purge. `worth_another`: another
    look could change the verdict. `not_seen_new` are old answers of data centres that were not seen new since.
    `moved_on`: the origin has changed since the purge was proven, so that what is old now says nothing of that.
    `doubts` are what of `why` others go by.
    """

    verdict: Verdict
    why: str = ""
    fresh_at: tuple[str, ...] = ()
    stale_at: tuple[str, ...] = ()
    unknown_at: tuple[str, ...] = ()
    already_same: tuple[str, ...] = ()
    worth_another: bool = False
    not_seen_new: tuple[Look, ...] = ()
    moved_on: bool = False
    doubts: tuple[Doubt, ...] = ()


def judge(before: Sequence[Look], after: Sequence[Look], purged: Purged = NOTHING_PURGED) -> Judgement:
    """The verdict on the looks `after`. `before` are those before the purge; a look made before and not after counts as
    missing. After a hard purge a copy that is older than it proves nothing, even where it is what the origin serves:
    the purge has not reached it (https://developers.cloudflare.com/cache/concepts/cache-responses/, 2026-11-23).
    A page that was not surely purged says nothing of the purge, and is told beside it where it is old."""
    looks = (*after, *before)
    places = tuple(dict.fromkeys(look.place for look in looks if look.place != ORIGIN))
    if not places:
        return Judgement(Verdict.UNCHECKED, NOTHING_KNOWN)
    all_pages = _pages(before, after)
    pages = [page for page in all_pages if purged.covered is None or page.url in purged.covered]
    others = beside([page for page in all_pages if page not in pages], places)
    if not pages:
        return Judgement(Verdict.UNKNOWN, " · ".join([NONE_COVERED, *others]), doubts=(Doubt.NONE_COVERED,))
    asked = [(page, place) for page in pages for place in places if page.was_asked(place)]
    findings = [landed(found, page, purged) for page, place in asked for found in find(page, place)]
    owing = [look for look in not_seen_new(findings, pages, purged) if look.place in places]
    findings += unseen(owing, purged, findings)
    at = {place: _at_place([f for f in findings if f.place == place]) for place in places}
    seen = _worst(at.values())
    verdict = Verdict.UNKNOWN if purged.kept_by and seen is Verdict.FRESH else seen
    same = tuple(place for place in places if all(page.was_same(place) for page in pages if page.was_asked(place)))
    scene = Scene(pages, at, same, purged, _moved_on(pages, purged.proven))
    return Judgement(
        verdict=verdict,
        why=" · ".join([*beyond(purged.kept_by, seen, scene), *why(seen, findings, scene), *others]),
        fresh_at=tuple(place for place in places if at[place] is Verdict.FRESH),
        stale_at=tuple(place for place in places if at[place] is Verdict.STALE),
        unknown_at=tuple(place for place in places if at[place] is Verdict.UNKNOWN),
        already_same=same,
        worth_another=not scene.moved_on and any(f.can_change for f in findings if f.verdict is not Verdict.FRESH),
        not_seen_new=tuple(owing),
        moved_on=scene.moved_on,
        doubts=doubts(seen, findings, scene),
    )


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
    probes = {look.place for look in looks if look.country}
    asked = {(look.url, look.place) for look in looks if look.country}
    unasked = {url: frozenset(place for place in probes if (url, place) not in asked) for url, _ in keys}
    plain = {url: tuple(look for look in _of(after, url, "") if look.place == ORIGIN) for url, _ in keys}
    return [
        Page(url, _of(before, url, v), _of(after, url, v), has_origin, v, unasked[url], plain[url] if v else ())
        for url, v in keys
    ]


def _of(looks: Sequence[Look], url: str, variant: str) -> tuple[Look, ...]:
    return tuple(look for look in looks if (look.url, look.variant) == (url, variant))


def _at_place(findings: Sequence[Finding]) -> Verdict:
    """What a place serves. The origin's content, never cached there, says nothing where another page does; nor does a
    redirect."""
    return _worst([f.verdict for f in findings if not (f.uncached or f.aside)] or [Verdict.UNKNOWN])


def _worst(verdicts: Iterable[Verdict]) -> Verdict:
    seen = set(verdicts)
    return next(verdict for verdict in (Verdict.STALE, Verdict.UNKNOWN, Verdict.FRESH) if verdict in seen)
