"""Redirects that lead to the very URL that was asked for: visitors go in a circle, until their browser gives up."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.why.case import Case
from bot.domain.why.cause import Cause, Certainty, Cure, Name
from bot.domain.why.kept_from_https import ONE_PLACE, OVER_TLS, but_for_a_cookie, leads_back
from bot.domain.why.spots import Glance, Spot, Tier, do, each, names_of
from bot.domain.why.times import fetched_now


def looping(case: Case) -> Cause | None:
    """An edge or the origin redirects a URL to itself. A kept redirect where the origin has a page is told as that,
    unless the edge fetched it just now, so that the next one would be the same."""
    origin = case.origin if case.origin is not None and leads_back(case.origin) else None
    back = [spot for spot in case.at(Tier.EDGE) if leads_back(spot.last)]
    edges = [spot for spot in back if origin is not None or not _is_a_kept_one(case, spot)]
    if not edges and origin is None:
        return None
    return _loop(case, origin, edges)


def _is_a_kept_one(case: Case, spot: Spot) -> bool:
    has_page = case.origin is not None and case.origin.is_about_the_page and not case.origin.look.redirects
    return has_page and spot.look.is_kept and not fetched_now(spot)


def _loop(case: Case, origin: Glance | None, edges: Sequence[Spot]) -> Cause:
    """A redirect to itself, at the origin too or at edges alone."""
    at = [*(["the origin"] if origin is not None else []), *([names_of(edges)] if edges else [])]
    status = (origin or edges[0].last).look.status
    answers = [*([origin] if origin is not None else []), *(spot.last for spot in edges)]
    return Cause(
        Name.REDIRECTED,
        Certainty.SEEN,
        f"This URL redirects to itself ({status}) at {' and at '.join(at)}: a loop, on which browsers give"
        f" up{but_for_a_cookie(answers)}.{_still_a_page(case, edges)}",
        (*each([*edges, *_pages(case, edges)]), *each(case.at(Tier.ORIGIN))),
        Cure("Check again", f"check {case.typed}", _to_mend(case, origin)),
        ONE_PLACE,
    )


def _pages(case: Case, edges: Sequence[Spot]) -> list[Spot]:
    """The edges that still have a page."""
    return [spot for spot in case.at(Tier.EDGE) if spot not in edges and spot.look.is_kept and spot.look.status < 300]


def _still_a_page(case: Case, edges: Sequence[Spot]) -> str:
    pages = _pages(case, edges)
    still = f"{names_of(pages)} still {do(pages, 'keeps', 'keep')} a page, which visitors there get"
    return f" {still}: a purge now would leave them with that loop." if pages else ""


def _to_mend(case: Case, origin: Glance | None) -> str:
    """The next step."""
    where = "at the origin" if origin is not None else "at the CDN"
    mostly = (
        f"Mend the redirect {where}, then purge it. Mostly it sends visitors to https or to another spelling, and"
        " something on the way takes that away again."
    )
    if origin is not None or not case.url.startswith("https:"):
        return mostly
    return f"{mostly} If the CDN asks over http, and the origin sends that to https, have {OVER_TLS}."
