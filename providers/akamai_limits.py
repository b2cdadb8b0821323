"""Akamai's limits as data. They belong to the account and are shared by all its API clients."""

from __future__ import annotations

from providers.contract import Account, Capabilities, Confirmation, Copies, Kind, Pace
from providers.pacing import max_bytes_of, paces_of, per_call_of

LIMITS = "https://techdocs.akamai.com/purge-cache/reference/rate-limiting"
CHECKED = "2026-11-23"
MAX_BYTES = 50_000  # of a body (https://techdocs.akamai.com/purge-cache/reference/413); kept here with its frame
FRAME = 80  # bytes of a call around its entries: path, header and `{"objects":[]}`
TAG_MAX = 128  # characters; a longer one is taken and purges nothing
PACES = {
    "requests": Pace(50, 1, 100, "calls", source=LIMITS, checked=CHECKED),
    "urls": Pace(200, 1, 10_000, "URLs", source=LIMITS, checked=CHECKED),
    "cpcodes": Pace(30, 60, 300, "CP codes", source=LIMITS, checked=CHECKED),
    "tags": Pace(500, 60, 5_000, "tags", source=LIMITS, checked=CHECKED),
}
BUCKETS = {Kind.URL: "urls", Kind.EVERYTHING: "cpcodes", Kind.TAG: "tags"}
PER_CALL = {
    kind: int(PACES[bucket].burst) for kind, bucket in BUCKETS.items()
}  # no call may cost more than is ever there


def can_of(account: Account) -> Capabilities:
    """What an account can do, by its own limits. A call may hold no more than its bucket ever does."""
    pace = paces_of(PACES, account.pace)
    per_call = per_call_of(PER_CALL, account)
    return Capabilities(
        kinds=frozenset(PER_CALL),
        soft=frozenset(PER_CALL),
        per_call={kind: max(1, min(n, int(pace[BUCKETS[kind]].burst))) for kind, n in per_call.items()},
        max_bytes=max_bytes_of(MAX_BYTES, account),
        pace=pace,
        confirmation=Confirmation.ESTIMATE,
        takes=Copies.UNTOLD,
    )
