"""Cloudflare's limits as data. They belong to the account and the zone's plan, so a bucket's id holds the tier."""

from __future__ import annotations

from providers.contract import Account, Capabilities, Kind, Pace
from providers.pacing import max_bytes_of, paces_of, per_call_of

LIMITS = "https://developers.cloudflare.com/cache/how-to/purge-cache/"
API_LIMITS = "https://developers.cloudflare.com/fundamentals/api/reference/limits/"
CHECKED = "2026-11-23"
TIERS = ("free", "pro", "business", "enterprise")
URLS_PER_SECOND = {"free": 800, "pro": 1500, "business": 1500, "enterprise": 3000}
BULK = {"free": (5, 60, 25), "pro": (5, 1, 25), "business": (10, 1, 50), "enterprise": (50, 1, 500)}  # rate, per, burst
# 30 URLs keep both limits that Cloudflare's pages name, 30 and 100, and cost nothing: URLs are counted one by one.
PER_CALL = {Kind.URL: 30, Kind.TAG: 100, Kind.HOST: 100, Kind.PREFIX: 100, Kind.EVERYTHING: 1}
MOST = {**PER_CALL, Kind.URL: 500}  # by LIMITS; 500 URLs on Enterprise, 100 on other plans
MAX_BYTES = 100_000  # of a call; ours, Cloudflare names none
FRAME = 200  # bytes of a call around its entries: path, headers and brackets
TAG_MAX = 1024  # characters
SEPARATORS_MAX = 31  # slashes in a prefix


def _paces() -> dict[str, Pace]:
    paces = {"api": Pace(1200, 300, 1200, "calls", window=True, source=API_LIMITS, checked=CHECKED)}
    for tier in TIERS:
        urls, (rate, per, burst) = URLS_PER_SECOND[tier], BULK[tier]
        paces[f"urls:{tier}"] = Pace(urls, 1, urls, "URLs", source=LIMITS, checked=CHECKED)
        paces[f"bulk:{tier}"] = Pace(rate, per, burst, "calls", source=LIMITS, checked=CHECKED)
    return paces


PACES = _paces()


def can_of(account: Account) -> Capabilities:
    """What an account can do, by its own limits."""
    return Capabilities(
        kinds=frozenset(PER_CALL),
        soft=frozenset(PER_CALL),
        per_call=per_call_of(PER_CALL, account),
        max_bytes=max_bytes_of(MAX_BYTES, account),
        pace=paces_of(PACES, account.pace),
    )
