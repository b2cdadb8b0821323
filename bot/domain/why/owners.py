"""Where to look when a purge was taken and went by the copy: CDNs have consoles, with zones and accounts; a cache of
one's own has a configuration on its server."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.why.case import Case

_OWN: Mapping[str, str] = {  # by provider; what comes after "see whether "
    "nginx": "`key` in its account is its `proxy_cache_key`, and its `url` leads to the server of this name",
    "varnish": "its VCL hashes more than host and URL, and its `url` leads to the server of this name",
    "redis": "the application writes this page under the `keys` of its layer",
    "http": "its recipe in `purge` names this page, and reaches the cache that serves this name",
}


def to_look_at(case: Case) -> str:
    """What to see to at the outermost layer, after "look " or "see "."""
    title, own = (case.layers[0].title, _OWN.get(case.layers[0].provider, "")) if case.layers else ("the edge", "")
    if own:
        return f"see at {title} whether {own}"
    return f"look in {title}'s console whether the zone or account that is purged serves this name"


def is_own(case: Case) -> bool:
    """Whether the outermost layer is a cache of one's own, which knows no zones."""
    return bool(case.layers) and case.layers[0].provider in _OWN


def siblings(case: Case) -> str:
    """How the copies that vary are reached at a layer whose purge of a URL goes by some; "" where none does."""
    return next((front.siblings for front in case.layers if front.siblings), "")
