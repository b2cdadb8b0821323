"""Redis' limits as data, and what an account can do by its settings."""

from __future__ import annotations

from providers.contract import Account, Capabilities, Confirmation, Copies, Kind, Pace
from providers.pacing import paces_of

BATCH = 500  # URLs in one call
ROUNDS = 500  # commands and their removals in one call
SECONDS = 5.0  # of one call in all
MAX_BYTES = 100_000  # of a call; ours
PACES = {"calls": Pace(50, 1, 50, "calls", source="ours: Redis has no limit, this is kind to those who share it")}
WIDE = frozenset({Kind.PREFIX, Kind.PATTERN, Kind.HOST, Kind.EVERYTHING})


def can_of(account: Account) -> Capabilities:
    """What an account can do, by its tags and its own pace."""
    kinds = frozenset({Kind.URL, *WIDE, *([Kind.TAG] if account.settings.get("tags", "") else [])})
    return Capabilities(
        kinds=kinds,
        soft=frozenset(),
        per_call={**dict.fromkeys(kinds, 1), Kind.URL: account.per_call.get(Kind.URL, BATCH)},
        max_bytes=MAX_BYTES,
        pace=paces_of(PACES, account.pace),
        confirmation=Confirmation.POLLED,
        instead={Kind.TAG: "Set `tags` on the account, or name URLs, a prefix, or everything."},
        takes=Copies.NAMED,  # the keys that it makes of a URL, and no others
    )
