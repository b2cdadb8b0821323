"""An https page whose visitors are sent to that very page, for ever: the edge takes https from them and, so it seems,
asks the origin over http, which sends everybody who asks so to https. Each of the two does as it should, and no purge
mends what both do together."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.why.case import Case
from bot.domain.why.cause import Cause, Certainty, Cure, Name
from bot.domain.why.spots import Glance, Spot, Tier, do, each, names_of

# https://developers.cloudflare.com/ssl/troubleshooting/too-many-redirects/ tells of the loop,
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesOrigin.html of the policy, and
# https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass of the address (2026-11).
OVER_TLS = (
    "the CDN ask the origin over https: at Cloudflare that is the SSL mode Full (strict), at CloudFront the origin"
    " protocol policy HTTPS only, in nginx `proxy_pass https://…`"
)
ONE_PLACE = (
    "Let one place alone redirect to https, and tell the origin which scheme visitors use (`X-Forwarded-Proto`)."
)


def kept_from_https(case: Case) -> Cause | None:
    """Edges that redirect an https page to itself: where the origin, asked over http, sends everybody to https; or
    where they keep that, and the origin gives a page to who asks over https."""
    edges = [spot for spot in case.at(Tier.EDGE) if leads_back(spot.last)]
    if not edges or not case.url.startswith("https:"):
        return None
    if any(glance.look.only_asks_for_tls for glance in case.origins):
        return _seen(case, edges)
    kept = [spot for spot in edges if is_kept_from_a_page(case, spot)]
    return _likely(case, kept) if kept else None


def leads_back(glance: Glance) -> bool:
    """Whether it leads to itself, and not by a firewall's challenge, which a browser may pass."""
    return glance.look.leads_back and glance.is_about_the_page


def is_kept_from_a_page(case: Case, spot: Spot) -> bool:
    """Whether a cache keeps a redirect of an https page to itself, where the origin gives the page."""
    if not case.url.startswith("https:") or not leads_back(spot.last) or not spot.look.is_kept or case.origin is None:
        return False
    return case.origin.is_about_the_page and case.origin.look.status < 300


def _seen(case: Case, edges: Sequence[Spot]) -> Cause:
    """The origin was asked over http here too, and did so."""
    take, ask = do(edges, "takes", "take"), do(edges, "asks", "ask")
    return Cause(
        Name.REDIRECTED,
        Certainty.SEEN,
        f"This URL redirects to itself ({edges[0].look.status}) at {names_of(edges)}: a loop, on which browsers give"
        f" up{but_for_a_cookie([spot.last for spot in edges])}. The origin, asked over http, sends everybody to https;"
        f" {names_of(edges)} {take} https from visitors and, it seems, {ask} the origin over http.",
        (*each(edges), *each(case.at(Tier.ORIGIN))),
        Cure(
            "Check again",
            f"check {case.typed}",
            f"Have {OVER_TLS}. Or have the origin believe `X-Forwarded-Proto: https`. Then purge it.",
        ),
        ONE_PLACE,
    )


def _likely(case: Case, kept: Sequence[Spot]) -> Cause:
    """The origin was asked over https here, and gives a page."""
    asks, keeps = do(kept, "asks", "ask"), do(kept, "keeps", "keep")
    return Cause(
        Name.REDIRECTED,
        Certainty.SEEN,
        f"{names_of(kept)} {keeps} a redirect ({kept[0].look.status}) where the origin, asked over https, gives a page."
        " It leads to this very URL, a loop on which browsers give"
        f" up{but_for_a_cookie([spot.last for spot in kept])}: most likely {names_of(kept)} {asks} the origin over"
        " http, which sends that to https.",
        (*each(kept), *each(case.at(Tier.ORIGIN)), *_purged(case)),
        Cure(
            "Check again",
            f"check {case.typed}",
            f"Have {OVER_TLS}. A purge before that brings the same redirect again; one after it takes what is kept.",
        ),
        ONE_PLACE,
    )


def but_for_a_cookie(answers: Sequence[Glance]) -> str:
    """What may end a loop that sets a cookie; "" of any other."""
    sets_cookie = any(one.answer.says("set-cookie") for one in answers)
    return ", unless the cookie that it sets ends that" if sets_cookie else ""


def _purged(case: Case) -> Sequence[str]:
    """The purge that changed nothing of it."""
    last = case.last_purge
    purged = last.job.purged if last is not None else None
    return [] if last is None or purged is None else [f"{last.job.name} purged it {case.ago(purged)}"]
