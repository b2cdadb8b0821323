"""Google Cloud CDN's limits as data."""

from __future__ import annotations

from providers.contract import Account, Capabilities, Confirmation, Copies, Kind, Pace
from providers.pacing import paces_of

DOCS = "https://cloud.google.com/cdn/docs/cache-invalidation-overview"
PACES = {
    "calls": Pace(500, 60, 500, "invalidations", window=True, source=DOCS, checked="2026-11-23"),
}
URLS_MAX = 100  # query strings of one path in one call; they cost nothing, since the path is sent
TAGS_MAX = 10  # Media CDN's number; Cloud CDN's reference names none
PER_CALL = {Kind.URL: URLS_MAX, Kind.PREFIX: 1, Kind.TAG: TAGS_MAX, Kind.HOST: 1, Kind.EVERYTHING: 1}
READY_SECONDS = 10.0  # "about 10 seconds", DOCS
MAX_BYTES = 100_000  # of a call; ours


def can_of(account: Account) -> Capabilities:
    """What an account can do, by its own pace and its own number of tags a call."""
    return Capabilities(
        kinds=frozenset(PER_CALL),
        soft=frozenset(),
        per_call=PER_CALL | {Kind.TAG: account.per_call.get(Kind.TAG, TAGS_MAX)},
        max_bytes=MAX_BYTES,
        pace=paces_of(PACES, account.pace),
        confirmation=Confirmation.POLLED,
        takes=Copies.UNTOLD,
    )
