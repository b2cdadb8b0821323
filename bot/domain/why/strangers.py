"""CDNs that are no layer of a site: whether purgebot could purge them, and how that is configured."""

from __future__ import annotations

from bot.domain.answers.marks import TITLES, cdns_on, hit_on
from bot.domain.why.case import Case
from bot.domain.why.spots import Spot
from providers.contract import Cached

PROVIDERS = frozenset({"cloudflare", "cloudfront", "fastly", "akamai", "googlecdn", "bunny", "varnish"})  # of our own
# URLs by one JSON call under a key that does not change: https://www.npmjs.com/package/keycdn, 2026-11-26.
BY_RECIPE = frozenset({"keycdn"})
RECIPE = "An API that takes JSON"  # of docs/providers/http.md


def foreign_on(case: Case, spot: Spot) -> dict[str, str]:
    """The CDNs that the answer of `spot` came through which are no layers of the site, and do not stand before the
    origin that is asked here either; each with the header line that shows it."""
    ours = {front.provider for front in case.layers}
    behind = cdns_on(case.origin.answer) if case.origin is not None else {}
    return {who: line for who, line in cdns_on(spot.last.answer).items() if who not in ours and who not in behind}


def kept_by_a_stranger(case: Case, spot: Spot) -> str:
    """The line that tells the answer to be a copy, where the layers say that they keep none and a CDN that is no layer
    has left its mark; "" where there is no such line, or the origin's own answer has one: then the cache may be its."""
    if spot.look.cached is not Cached.UNCACHED or not foreign_on(case, spot):
        return ""
    inside = hit_on(case.origin.answer) if case.origin is not None else ""
    return "" if inside else hit_on(spot.last.answer)


def by_hand(who: str, site: str) -> str:
    """The next step at a CDN that nobody purges here: how to have purgebot do it, or that it cannot."""
    title = TITLES.get(who, who)
    if who in PROVIDERS:
        return f"Purge it at {title}; purgebot can, once {site}'s `layers` name an account with `provider: {who}`."
    if who in BY_RECIPE:
        return (
            f"Purge it at {title}; purgebot can, by an account with `provider: http` and the recipe “{RECIPE}” in"
            f" {site}'s `layers`."
        )
    return f"Purge it in the console of {title}: purgebot cannot."
