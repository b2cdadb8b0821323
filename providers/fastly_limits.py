"""Fastly's limits as data. Keys and URLs are counted for a customer, all other writing calls for a user."""

from __future__ import annotations

from providers.contract import Account, Capabilities, Copies, Kind, Pace
from providers.pacing import paces_of

API_LIMITS = "https://docs.fastly.com/products/network-services-resource-limits"
REPORTED = "as others report it; Fastly's own pages name none"
CHECKED = "2026-11-23"
TAGS_MAX = 256  # in one call: https://github.com/fastly/fastly-py/blob/main/docs/PurgeApi.md, 2026-11-23
TAG_MAX = 1024  # bytes: https://www.fastly.com/documentation/reference/vcl/constraints-and-limitations/, 2026-11-23
TARGET_MAX = 8192  # bytes of a request target, else 414: API_LIMITS, 2026-11-23
TAGS_ROOM = 8192  # bytes of tags and blanks in one header; ours, Fastly's own is 69 KB for all headers
MAX_BYTES = 8500  # of a call: its target, or its tags, with the names of its headers
PER_CALL = {Kind.URL: 2, Kind.TAG: TAGS_MAX, Kind.EVERYTHING: 1}  # http and https of one URL are one object
SECOND_PASS = 2.0  # seconds after URLs and tags, before the edges of a shielded service are purged again
SECOND_PASS_EVERYTHING = 30.0  # https://github.com/pypi/warehouse/pull/12771, 2026-11-23

PACES = {
    # Reported by others: https://apis.io/rate-limits/fastly/fastly-rate-limits/.
    # Whether a batch counts as one or as its tags is not published, so each tag counts.
    "purges": Pace(100_000, 3600, 100_000, "URLs and tags", source=REPORTED, checked=CHECKED),
    "api": Pace(1000, 3600, 1000, "calls", window=True, source=API_LIMITS, checked=CHECKED),
}

ALL_OF_THEM = "Name the URLs, a tag that the origin gives all of them, or everything."
INSTEAD = {
    Kind.PREFIX: ALL_OF_THEM,
    Kind.PATTERN: ALL_OF_THEM,
    Kind.HOST: "Have the origin tag each page with its host and purge that tag, or name URLs or everything.",
}


def can_of(account: Account) -> Capabilities:
    """What an account can do, by its own pace and its own number of tags a call."""
    tags = min(TAGS_MAX, account.per_call.get(Kind.TAG, TAGS_MAX))
    return Capabilities(
        kinds=frozenset(PER_CALL),
        soft=frozenset({Kind.URL, Kind.TAG}),
        per_call={**PER_CALL, Kind.TAG: tags},
        max_bytes=MAX_BYTES,
        pace=paces_of(PACES, account.pace),
        instead=INSTEAD,
        takes=Copies.UNTOLD,
        looks=True,
    )
