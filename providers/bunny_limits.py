"""Bunny's limits as data."""

from __future__ import annotations

from providers.contract import Account, Capabilities, Copies, Kind, Pace
from providers.pacing import paces_of

LIMITS = "https://docs.bunny.net/docs/cdn-api-purge-rate-limits"
CHECKED = "2026-11-23"
PACES = {
    "exact": Pace(5, 1, 120, "URLs", source=LIMITS, checked=CHECKED),
    "prefix": Pace(0.5, 1, 20, "calls", source=LIMITS, checked=CHECKED),
}
EXACT, WIDE = (("exact", 1),), (("prefix", 1),)  # what a call costs
PER_CALL = dict.fromkeys((Kind.URL, Kind.PREFIX, Kind.PATTERN, Kind.HOST, Kind.TAG, Kind.EVERYTHING), 1)
MAX_BYTES = 30_000  # of a call; ours, Bunny names none
TAG_MAX = 1024  # bytes of a CDN-Tag header, https://docs.bunny.net/cdn/purge-cache, 2026-11-23


def can_of(account: Account) -> Capabilities:
    """What an account can do, by its own pace."""
    pace = paces_of(PACES, account.pace)
    return Capabilities(frozenset(PER_CALL), frozenset(), PER_CALL, MAX_BYTES, pace, takes=Copies.UNTOLD)
