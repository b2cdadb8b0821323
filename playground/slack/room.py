"""Every message of the pretend workspace, on disk before anybody hears of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from sqlite3 import Row

from playground.people import APP, BOT, BOT_USER, TEAM
from playground.slack.blocks import elements_of
from playground.slack.mrkdwn import pings
from playground.store import Store

Doc = dict[str, object]

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS slack_messages (
        channel TEXT NOT NULL, ts TEXT NOT NULL, thread_ts TEXT NOT NULL, user TEXT NOT NULL, only_for TEXT NOT NULL,
        text TEXT NOT NULL, blocks TEXT NOT NULL, metadata TEXT NOT NULL, pings TEXT NOT NULL, edited TEXT NOT NULL,
        notes TEXT NOT NULL, gone INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (channel, ts))""",
    """CREATE TABLE IF NOT EXISTS slack_elements (
        n INTEGER PRIMARY KEY, channel TEXT NOT NULL, ts TEXT NOT NULL, block_id TEXT NOT NULL,
        action_id TEXT NOT NULL, element TEXT NOT NULL, UNIQUE (channel, ts, block_id, action_id))""",
    "CREATE TABLE IF NOT EXISTS slack_clock (id INTEGER PRIMARY KEY CHECK (id = 1), micros INTEGER NOT NULL)",
)
TABLES = ("slack_messages", "slack_elements")


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `only_for` is the person who alone sees it, "" when the channel does; `pings` is everybody it has
    ever named; `notes` is what Slack would not refuse but advises against."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: Sequence[object] = ()
    thread_ts: str = ""
    only_for: str = ""
    metadata: Mapping[str, object] | None = None
    pings: tuple[str, ...] = ()
    edited: str = ""
    notes: tuple[str, ...] = ()
    is_gone: bool = False

    @property
    def is_apps(self) -> bool:
        """Whether the bot wrote it."""
        return self.user == BOT_USER

    def shown(self) -> Doc:
        """As the playground's own calls show it."""
        doc: Doc = {"ts": self.ts, "user": self.user, "text": self.text, "blocks": list(self.blocks)}
        doc |= {"ephemeral": bool(self.only_for), "pings": list(self.pings)}
        doc |= {"thread_ts": self.thread_ts} if self.thread_ts else {}
        doc |= {"metadata": dict(self.metadata)} if self.metadata else {}
        doc |= {"edited": True} if self.edited else {}
        return doc | ({"notes": list(self.notes)} if self.notes else {})

    def record(self, with_metadata: bool = False) -> Doc:
        """As Slack's methods and payloads show it."""
        doc: Doc = {"type": "message", "user": self.user, "text": self.text, "ts": self.ts, "team": TEAM}
        doc |= {"bot_id": BOT, "app_id": APP} if self.is_apps else {}
        doc |= {"blocks": list(self.blocks)} if self.blocks else {}
        doc |= {"thread_ts": self.thread_ts} if self.thread_ts else {}
        doc |= {"edited": {"user": self.user, "ts": self.edited}} if self.edited else {}
        return doc | ({"metadata": dict(self.metadata)} if with_metadata and self.metadata else {})


class Room:
    """Keeps messages, and every button that was ever on one: a late click still sends what it saw."""

    def __init__(self, store: Store, now: Callable[[], float]) -> None:
        self._store = store
        self._now = now
        for statement in SCHEMA:
            store.execute(statement)

    def next_ts(self) -> str:
        """A time stamp that no message has had, later than all of them."""
        rows = self._store.rows("SELECT micros FROM slack_clock")
        micros = max(int(self._now() * 1_000_000), int(rows[0]["micros"]) + 1 if rows else 0)
        self._store.execute("INSERT OR REPLACE INTO slack_clock VALUES (1, ?)", (micros,))
        return f"{micros // 1_000_000}.{micros % 1_000_000:06d}"

    def post(self, message: Message) -> Message:
        """Keep a new message; its `ts` is given here."""
        kept = replace(message, ts=self.next_ts(), pings=tuple(pings(message.text, list(message.blocks))))
        kept = replace(kept, blocks=_named(kept.blocks, kept.ts))
        self._keep(kept)
        return kept

    def update(self, old: Message, text: str, blocks: Sequence[object], edited: bool) -> Message:
        """Replace what a message says. A block id that comes back is noted: it should be new on each update."""
        named = list(dict.fromkeys([*old.pings, *pings(text, list(blocks))]))
        same = sorted({*_block_ids(old.blocks)} & {*_block_ids(blocks)})
        notes = tuple(f"block_id `{name}` was used before in this message" for name in same)
        ts = self.next_ts()
        kept = replace(
            old, text=text, blocks=_named(blocks, ts), pings=tuple(named), edited=ts if edited else old.edited,
            notes=tuple(dict.fromkeys([*old.notes, *notes])),
        )  # fmt: skip
        self._keep(kept)
        return kept

    def describe(self, old: Message, metadata: Mapping[str, object]) -> Message:
        """Replace a message's metadata only."""
        kept = replace(old, metadata=metadata)
        self._keep(kept)
        return kept

    def delete(self, message: Message) -> None:
        """Nobody sees it any more."""
        self._keep(replace(message, is_gone=True))

    def find(self, channel: str, ts: str, gone: bool = False) -> Message | None:
        """The message at `ts`; a deleted one only if `gone`."""
        rows = self._store.rows("SELECT * FROM slack_messages WHERE channel = ? AND ts = ?", (channel, ts))
        message = _message(rows[0]) if rows else None
        return message if message and (gone or not message.is_gone) else None

    def seen(self, channel: str, thread_ts: str = "", user: str = "") -> list[Message]:
        """What the channel sees and what `user` alone sees, oldest first; one thread with its root where named."""
        sql = "SELECT * FROM slack_messages WHERE channel = ? AND gone = 0 AND only_for IN ('', ?)"
        args: tuple[object, ...] = (channel, user)
        if thread_ts:
            sql, args = f"{sql} AND (thread_ts = ? OR ts = ?)", (*args, thread_ts, thread_ts)
        return [_message(row) for row in self._store.rows(f"{sql} ORDER BY ts", args)]

    def element(self, message: Message, action_id: str, block_id: str, value: str) -> tuple[str, Doc] | None:
        """A button and its block's id, as last seen in this message, though it may be gone by now."""
        rows = self._store.rows(
            "SELECT * FROM slack_elements WHERE channel = ? AND ts = ? AND action_id = ? ORDER BY n DESC",
            (message.channel, message.ts, action_id),
        )
        known = [(str(row["block_id"]), _doc(row["element"])) for row in rows]
        known = [pair for pair in known if not block_id or pair[0] == block_id]
        exact = [pair for pair in known if value and pair[1].get("value") == value]
        return next(iter(exact or known), None)

    def reset(self) -> None:
        """No message left; time stamps go on."""
        for table in TABLES:
            self._store.execute(f"DELETE FROM {table}")

    def _keep(self, message: Message) -> None:
        self._store.execute(
            "INSERT OR REPLACE INTO slack_messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                message.channel, message.ts, message.thread_ts, message.user, message.only_for, message.text,
                json.dumps(list(message.blocks)), json.dumps(dict(message.metadata or {})), json.dumps(message.pings),
                message.edited, json.dumps(message.notes), int(message.is_gone),
            ),
        )  # fmt: skip
        for block in message.blocks:
            if isinstance(block, Mapping):
                self._keep_elements(message, block)

    def _keep_elements(self, message: Message, block: Mapping[str, object]) -> None:
        for element in elements_of(block):
            self._store.execute(
                "INSERT OR REPLACE INTO slack_elements VALUES (NULL, ?, ?, ?, ?, ?)",
                (
                    message.channel,
                    message.ts,
                    _text(block, "block_id"),
                    _text(element, "action_id"),
                    json.dumps(element),
                ),
            )


def _named(blocks: Sequence[object], ts: str) -> list[object]:
    """Blocks and their elements all with ids, as Slack gives them where the app gave none."""
    named: list[object] = []
    for index, block in enumerate(blocks):
        if not isinstance(block, Mapping):
            continue
        doc = {"block_id": f"b{ts.replace('.', '')[-9:]}{index}", **block}
        named.append(doc)
    return named


def _block_ids(blocks: Sequence[object]) -> list[str]:
    return [str(block["block_id"]) for block in blocks if isinstance(block, Mapping) and block.get("block_id")]


def _message(row: Row) -> Message:
    return Message(
        row["channel"], row["ts"], row["user"], row["text"], _read(row["blocks"]), row["thread_ts"],
        row["only_for"], _doc(row["metadata"]) or None, tuple(json.loads(row["pings"])), row["edited"],
        tuple(json.loads(row["notes"])), bool(row["gone"]),
    )  # fmt: skip


@lru_cache(1024)
def _read(text: str) -> tuple[object, ...]:
    """A channel is read again and again, and little in it is new; what is read is never changed."""
    return tuple(json.loads(text))


def _doc(text: str) -> Doc:
    doc = json.loads(text)
    return doc if isinstance(doc, dict) else {}


def _text(doc: Mapping[str, object], name: str) -> str:
    value = doc.get(name)
    return value if isinstance(value, str) else ""
