"""What Slack hands out with a payload and takes back: trigger ids (3 s, once) and response URLs (30 minutes, 5 times).

Sources, read 2026-11-23: https://docs.slack.dev/interactivity/handling-user-interaction,
https://docs.slack.dev/reference/methods/views.open.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from playground.store import Store

TRIGGER_SECONDS = 3.0
RESPONSE_SECONDS, RESPONSE_USES = 30 * 60.0, 5

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS slack_triggers (
        id TEXT PRIMARY KEY, user TEXT NOT NULL, view TEXT NOT NULL, at REAL NOT NULL, used INTEGER NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS slack_responses (
        token TEXT PRIMARY KEY, channel TEXT NOT NULL, user TEXT NOT NULL, source_ts TEXT NOT NULL,
        at REAL NOT NULL, uses INTEGER NOT NULL)""",
)
TABLES = ("slack_triggers", "slack_responses")


@dataclass(frozen=True, slots=True)
class Trigger:
    """Who did something, and in which view, if in one."""

    user: str
    view: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where a response URL answers: to a person in a channel, about the message that was clicked, if one was."""

    channel: str
    user: str
    source_ts: str


class Tickets:
    """Hands out and takes back. What is refused comes back as Slack's own word for it."""

    def __init__(self, store: Store, now: Callable[[], float]) -> None:
        self._store = store
        self._now = now
        for statement in SCHEMA:
            store.execute(statement)

    def trigger(self, user: str, view: str = "") -> str:
        """A new trigger id for what `user` just did."""
        now = self._now()
        id = f"{int(now * 1000)}.{secrets.randbelow(10**10)}.{secrets.token_hex(16)}"
        self._store.execute("INSERT INTO slack_triggers VALUES (?, ?, ?, ?, 0)", (id, user, view, now))
        return id

    def pull(self, id: str) -> Trigger | str:
        """Exchange a trigger id."""
        rows = self._store.rows("SELECT * FROM slack_triggers WHERE id = ?", (id,))
        if not rows:
            return "invalid_trigger_id"
        if rows[0]["used"]:
            return "exchanged_trigger_id"
        if self._now() - float(rows[0]["at"]) > TRIGGER_SECONDS:
            return "expired_trigger_id"
        self._store.execute("UPDATE slack_triggers SET used = 1 WHERE id = ?", (id,))
        return Trigger(rows[0]["user"], rows[0]["view"])

    def response(self, channel: str, user: str, source_ts: str = "") -> str:
        """The token of a new response URL."""
        token = secrets.token_hex(24)
        self._store.execute(
            "INSERT INTO slack_responses VALUES (?, ?, ?, ?, ?, 0)", (token, channel, user, source_ts, self._now())
        )
        return token

    def respond(self, token: str) -> Source | str:
        """Use a response URL once more."""
        rows = self._store.rows("SELECT * FROM slack_responses WHERE token = ?", (token,))
        if not rows or self._now() - float(rows[0]["at"]) > RESPONSE_SECONDS:
            return "expired_url"
        if int(rows[0]["uses"]) >= RESPONSE_USES:
            return "used_url"
        self._store.execute("UPDATE slack_responses SET uses = uses + 1 WHERE token = ?", (token,))
        return Source(rows[0]["channel"], rows[0]["user"], rows[0]["source_ts"])

    def reset(self) -> None:
        """What was handed out is worth nothing."""
        for table in TABLES:
            self._store.execute(f"DELETE FROM {table}")
