"""CDNs that are no layer of a site: whether purgebot could purge them, and how that is configured."""

from __future__ import annotations

from bot.domain.why.marks import TITLES

PROVIDERS = frozenset({"cloudflare", "cloudfront", "fastly", "akamai", "googlecdn", "bunny", "varnish"})  # of our own
# URLs by one JSON call under a key that does not change: https://www.npmjs.com/package/keycdn, 2026-11-26.
BY_RECIPE = frozenset({"keycdn"})
RECIPE = "An API that takes JSON"  # of docs/providers/http.md


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
