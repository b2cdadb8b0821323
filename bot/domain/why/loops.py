"""Redirects that lead to the very URL that was asked for: visitors go in a circle, until their browser gives up."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.why.case import Case
from bot.domain.why.cause import Cause, Certainty, Cure, Name
from bot.domain.why.spots import Glance, Spot, Tier, do, each, names_of
from bot.domain.why.times import fetched_now

_ONE_PLACE = (
    "Let one place alone redirect to https, and tell the origin which scheme visitors use (`X-Forwarded-Proto`)."
)
# https://developers.cloudflare.com/ssl/troubleshooting/too-many-redirects/ tells of the loop, and
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesOrigin.html of the policy
# (2026-11).
_OVER_TLS = (
    "the CDN ask the origin over https: at Cloudflare that is the SSL mode Full (strict), at CloudFront the origin"
    " protocol policy HTTPS only"
)


def looping(case: Case) -> Cause | None:
    """An edge or the origin redirects a URL to itself. A kept redirect where the origin has a page is told as that,
    unless the edge fetched it just now, so that the next one would be the same."""
    origin = case.origin if case.origin is not None and _leads_back(case.origin) else None
    back = [spot for spot in case.at(Tier.EDGE) if _leads_back(spot.last)]
    edges = [spot for spot in back if origin is not None or not _is_a_kept_one(case, spot)]
    if not edges and (origin is None or case.saw_old):
        return None
    return _loop(case, origin, edges)


def _leads_back(glance: Glance) -> bool:
    """Whether it leads to itself, and not by a firewall's challenge, which a browser may pass."""
    return glance.look.leads_back and glance.is_about_the_page


def _is_a_kept_one(case: Case, spot: Spot) -> bool:
    has_page = case.origin is not None and case.origin.is_about_the_page and not case.origin.look.redirects
    return has_page and spot.look.is_kept and not fetched_now(spot)


def _loop(case: Case, origin: Glance | None, edges: Sequence[Spot]) -> Cause:
    """A redirect to itself, at the origin too or at edges alone."""
    at = [*(["the origin"] if origin is not None else []), *([names_of(edges)] if edges else [])]
    status = (origin or edges[0].last).look.status
    answers = [*([origin] if origin is not None else []), *(spot.last for spot in edges)]
    sets_cookie = any(one.answer.says("set-cookie") for one in answers)
    cookie = ", unless the cookie that it sets ends that" if sets_cookie else ""
    return Cause(
        Name.REDIRECTED,
        Certainty.SEEN,
        f"This URL redirects to itself ({status}) at {' and at '.join(at)}: a loop, on which browsers give up{cookie}."
        + (_without_tls(edges) if _asks_for_tls(case) else ""),
        (*each(edges), *each(case.at(Tier.ORIGIN))),
        Cure("Check again", f"check {case.typed}", _to_mend(case, origin)),
        _ONE_PLACE,
    )


def _asks_for_tls(case: Case) -> bool:
    return any(glance.look.only_asks_for_tls for glance in case.origins)


def _without_tls(edges: Sequence[Spot]) -> str:
    take, ask = do(edges, "takes", "take"), do(edges, "asks", "ask")
    return (
        f" The origin, asked over http, sends everybody to https; {names_of(edges)} {take} https from visitors and, it"
        f" seems, {ask} the origin over http."
    )


def _to_mend(case: Case, origin: Glance | None) -> str:
    """The next step. With TLS at the edge alone, each of two places does as it should, and both together do not."""
    if _asks_for_tls(case):
        return f"Have {_OVER_TLS}. Or have the origin believe `X-Forwarded-Proto: https`. Then purge it."
    where = "at the origin" if origin is not None else "at the CDN"
    mostly = (
        f"Mend the redirect {where}, then purge it. Mostly it sends visitors to https or to another spelling, and"
        " something on the way takes that away again."
    )
    if origin is not None or not case.url.startswith("https:"):
        return mostly
    return f"{mostly} If the CDN asks over http, and the origin sends that to https, have {_OVER_TLS}."
