"""How often each method may be called: buckets that survive a restart, as Slack's would.

Source: https://docs.slack.dev/apis/web-api/rate-limits and the tier table of slackapi/java-slack-sdk, read 2026-11-23.
Slack counts per method and workspace and tolerates short bursts: a bucket holds one minute's number, but for the
lowest tier, where one call a minute would not let an app come back after a restart.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from playground.store import Store

SCHEMA = "CREATE TABLE IF NOT EXISTS slack_buckets (name TEXT PRIMARY KEY, tokens REAL NOT NULL, at REAL NOT NULL)"


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` calls at once, refilled at `per_second`; counted per channel where Slack does."""

    burst: int
    per_second: float
    by_channel: bool = False


TIER_1 = Rate(5, 1 / 60)
TIER_2 = Rate(20, 20 / 60)
TIER_3 = Rate(50, 50 / 60)
TIER_4 = Rate(100, 100 / 60)
POSTING = Rate(4, 1.0, by_channel=True)
SPECIAL = Rate(300, 300 / 60)  # "special", no number published: hundreds a minute

RATES: dict[str, Rate] = {
    "apps.connections.open": TIER_1,
    "usergroups.list": TIER_2,
    "usergroups.users.list": TIER_2,
    "users.list": TIER_2,
    "chat.delete": TIER_3,
    "chat.update": TIER_3,
    "bots.info": TIER_3,
    "conversations.history": TIER_3,
    "conversations.info": TIER_3,
    "conversations.open": TIER_3,
    "conversations.replies": TIER_3,
    "files.delete": TIER_3,
    "reactions.add": TIER_3,
    "chat.postEphemeral": TIER_4,
    "conversations.members": TIER_4,
    "files.completeUploadExternal": TIER_4,
    "files.getUploadURLExternal": TIER_4,
    "files.info": TIER_4,
    "users.info": TIER_4,
    "views.open": TIER_4,
    "views.publish": TIER_4,
    "views.push": TIER_4,
    "views.update": TIER_4,
    "chat.postMessage": POSTING,
    "api.test": SPECIAL,
    "auth.test": SPECIAL,
    "chat.getPermalink": SPECIAL,
}


class Limits:
    """Grants calls."""

    def __init__(self, store: Store, now: Callable[[], float]) -> None:
        self._store = store
        self._now = now
        store.execute(SCHEMA)

    def take(self, method: str, channel: str = "") -> int:
        """Take one call of `method`; 0 when granted, else after how many whole seconds there is one."""
        rate = RATES[method]
        name = f"{method} {channel}" if rate.by_channel else method
        tokens, now = self._tokens(name, rate), self._now()
        if tokens < 1:
            return max(1, math.ceil((1 - tokens) / rate.per_second))
        self._store.execute("INSERT OR REPLACE INTO slack_buckets VALUES (?, ?, ?)", (name, tokens - 1, now))
        return 0

    def _tokens(self, name: str, rate: Rate) -> float:
        rows = self._store.rows("SELECT tokens, at FROM slack_buckets WHERE name = ?", (name,))
        if not rows:
            return float(rate.burst)
        since = max(0.0, self._now() - float(rows[0]["at"]))
        return min(float(rate.burst), float(rows[0]["tokens"]) + since * rate.per_second)

    def reset(self) -> None:
        """All buckets full."""
        self._store.execute("DELETE FROM slack_buckets")
