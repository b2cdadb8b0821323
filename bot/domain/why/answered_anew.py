"""Errors and redirects that an edge did not keep from before: it fetched them just now, or since our last purge, and
the origin gives something else here. The same purge again would bring the same."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.why.case import Case, Ours
from bot.domain.why.cause import Cause, Certainty, Cure, Name
from bot.domain.why.remedy import or_wider, past
from bot.domain.why.spots import Glance, Spot, Tier, do, each, names_of, same
from bot.domain.why.times import changed_since, fetched_now, has_outlived, is_from_before, took

_ALIKE = (
    "Have the origin answer everybody alike: what it redirects or fails by (host, scheme, cookie, country) belongs into"
    " `Vary` or the cache key."
)


def came_since(case: Case, spot: Spot) -> bool:
    """Whether what `spot` gives came by our own look; or after the last purge of the page, while the origin had what it
    has now. An error that came then may have been one of the moment, which a purge takes."""
    last = case.last_purge
    if fetched_now(spot):
        return True
    if last is None or spot.look.status >= 400 or not took(case, last) or changed_since(case, last) is not False:
        return False
    return is_from_before(case, spot, last) is False


def answered_anew(case: Case, spots: Sequence[Spot], what: str, origin: Glance, gives: str) -> Cause:
    """`spots` fetched `what` ("a redirect (301 to /b)") where the origin `gives` something else."""
    inner = [spot for spot in case.at(Tier.INNER) if any(same(spot.last, one.last) for one in spots)]
    just_now = all(fetched_now(spot) for spot in spots)
    last = case.last_purge
    since = "just now" if just_now or last is None else f"after {last.job.name}"
    whose = f"{names_of(inner)} further in" if inner else "the origin, or a cache further in,"
    still = do(inner, "gives", "give") if inner else "still gives"
    return Cause(
        Name.CACHED_ERROR,
        Certainty.SEEN if inner or just_now else Certainty.LIKELY,
        f"{names_of(spots)} fetched {what} {since}, where the origin {gives} here: {whose} {still}"
        f" {do(spots, 'it', 'them')} that.{_loops(spots)}",
        (*each(spots), *each(inner), f"origin, asked from here: {origin.told}", *_purged(case, last)),
        _cure(case, spots, inner, last),
        _ALIKE,
    )


def _loops(spots: Sequence[Spot]) -> str:
    """What visitors get of a redirect to the very URL that they asked for, and where that mostly comes from."""
    if not all(spot.look.leads_back for spot in spots):
        return ""
    return (
        " It leads to this very URL, a loop on which browsers give up: mostly the CDN asks the origin over http, which"
        " sends that to https."
    )


def _purged(case: Case, last: Ours | None) -> Sequence[str]:
    purged = last.job.purged if last is not None else None
    return [] if last is None or purged is None else [f"{last.job.name} purged it {case.ago(purged)}"]


def _cure(case: Case, spots: Sequence[Spot], inner: Sequence[Spot], last: Ours | None) -> Cure:
    """What is further in is purged, where it can be; else somebody has to look there."""
    if last is not None and any(has_outlived(case, spot, last) for spot in inner):
        return past(case, last)
    if inner:
        return or_wider(case, "Purge from the inside out")
    it = do(spots, "it", "them")
    return Cure(
        "Check again",
        f"check {case.typed}",
        f"Look who gives {names_of(spots)} that: the origin to who asks as the CDN does (by its host and scheme, at its"
        f" address), or a cache further in that is no layer of {case.site.name}. A purge now would have {it} fetch the"
        " same again.",
    )
