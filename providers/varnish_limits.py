"""Varnish's limits as data, and what an account can do by its settings."""

from __future__ import annotations

from providers.contract import Account, Capabilities, Copies, Kind, Pace
from providers.pacing import paces_of
from providers.varnish_bans import TAGS_A_BAN

MAX_BYTES = 16_384  # of target, headers and body; http_req_size is 32,768 by default
TAGS_A_CALL = 200  # ours: xkey takes any number that fits a line
PACES = {
    "calls": Pace(500, 1, 500, "calls", source="ours: Varnish has no limit, this is kind to a small one"),
}
NO_DOOR = "xkey is asked through a door of its VCL: set `url` beside `admin`."
BANS = frozenset({Kind.PREFIX, Kind.PATTERN, Kind.HOST, Kind.EVERYTHING})


def can_of(account: Account) -> Capabilities:
    """What an account can do, by its doors, its tags and its own pace."""
    settings = account.settings
    url = settings.get("api_url") or settings.get("url", "")
    by = settings.get("tags", "")
    tags = frozenset({Kind.TAG} if by == "header" or (by and url) else ())
    urls = frozenset({Kind.URL} if url and settings.get("soft") == "yes" else ())
    most = account.per_call.get(Kind.TAG, TAGS_A_CALL)
    return Capabilities(
        kinds=BANS | tags | {Kind.URL},
        soft=urls | (tags if by == "xkey" else frozenset()),
        per_call={
            **dict.fromkeys(BANS, 1),
            Kind.URL: 2,  # http and https of one URL are one object
            **dict.fromkeys(tags, min(most, TAGS_A_CALL if by == "xkey" else TAGS_A_BAN)),
        },
        max_bytes=MAX_BYTES,
        pace=paces_of(PACES, account.pace),
        of_hosts=frozenset({Kind.EVERYTHING, *(tags if by == "header" else ())}),
        instead={Kind.TAG: NO_DOOR} if by == "xkey" else {},
        takes=Copies.ALL,
    )
