"""Forms and home tabs: what each person has open, at most three deep.

Sources, read 2026-11-23: https://docs.slack.dev/surfaces/modals, https://docs.slack.dev/reference/views/modal-views.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from sqlite3 import Row

from playground.people import APP, BOT, TEAM
from playground.store import Store

Doc = dict[str, object]
DEPTH = 3

SCHEMA = """CREATE TABLE IF NOT EXISTS slack_views (
    n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, user TEXT NOT NULL, kind TEXT NOT NULL,
    view TEXT NOT NULL, hash TEXT NOT NULL, errors TEXT NOT NULL, root TEXT NOT NULL, previous TEXT NOT NULL)"""
_TEXTS = ("callback_id", "private_metadata", "external_id")


@dataclass(frozen=True, slots=True)
class View:
    """One open view: what the app sent, and what Slack adds to it."""

    id: str
    user: str
    view: Mapping[str, object]
    hash: str
    root: str
    previous: str = ""
    errors: Mapping[str, object] = field(default_factory=dict)

    @property
    def blocks(self) -> list[Mapping[str, object]]:
        """Its blocks."""
        blocks = self.view.get("blocks")
        return [block for block in blocks if isinstance(block, Mapping)] if isinstance(blocks, list) else []

    def record(self, values: Mapping[str, object] | None = None) -> Doc:
        """As Slack shows it, with what was typed into it."""
        doc: Doc = {"id": self.id, "team_id": TEAM, "app_id": APP, "app_installed_team_id": TEAM, "bot_id": BOT}
        doc |= dict.fromkeys(_TEXTS, "") | {"title": None, "submit": None, "close": None}
        doc |= {"clear_on_close": False, "notify_on_close": False, **self.view}
        doc |= {"state": {"values": dict(values or {})}, "hash": self.hash}
        return doc | {"root_view_id": self.root, "previous_view_id": self.previous or None}

    def shown(self) -> Doc:
        """As the playground's own calls show it."""
        return self.record() | ({"errors": dict(self.errors)} if self.errors else {})


class Views:
    """Keeps them."""

    def __init__(self, store: Store, now: Callable[[], float]) -> None:
        self._store = store
        self._now = now
        store.execute(SCHEMA)

    def open(self, user: str, view: Mapping[str, object]) -> View:
        """A first form; what was open is closed."""
        self.clear(user)
        return self._add(user, view)

    def push(self, user: str, view: Mapping[str, object]) -> View | None:
        """One more on top; None when there are three."""
        stack = self.stack(user)
        if len(stack) >= DEPTH:
            return None
        return self._add(user, view, stack[-1]) if stack else self._add(user, view)

    def publish(self, user: str, view: Mapping[str, object]) -> View:
        """A person's home tab; it keeps its id, however often it is published."""
        old = self.home(user)
        return self.update(old, view) if old else self._add(user, view)

    def update(self, old: View, view: Mapping[str, object]) -> View:
        """Other content for an open view."""
        kept = replace(old, view=_named(view), hash=self._hash(), errors={})
        self._keep(kept)
        return kept

    def complain(self, view: View, errors: Mapping[str, object]) -> None:
        """Show what is wrong, block by block."""
        self._keep(replace(view, errors=errors))

    def close(self, view: View) -> None:
        """Take one from the stack."""
        self._store.execute("DELETE FROM slack_views WHERE id = ?", (view.id,))

    def clear(self, user: str) -> None:
        """Close every form of a person."""
        self._store.execute("DELETE FROM slack_views WHERE user = ? AND kind = 'modal'", (user,))

    def stack(self, user: str) -> list[View]:
        """A person's open forms, the lowest first."""
        return self._rows("user = ? AND kind = 'modal' ORDER BY n", user)

    def home(self, user: str) -> View | None:
        """A person's home tab."""
        return next(iter(self._rows("user = ? AND kind = 'home'", user)), None)

    def find(self, id: str) -> View | None:
        """The open view of that id."""
        return next(iter(self._rows("id = ?", id)), None)

    def named(self, external_id: str) -> View | None:
        """The open view of that external id."""
        return next(iter(self._rows("json_extract(view, '$.external_id') = ?", external_id)), None)

    def reset(self) -> None:
        """Nothing open."""
        self._store.execute("DELETE FROM slack_views")

    def _add(self, user: str, view: Mapping[str, object], below: View | None = None) -> View:
        id = f"V_{secrets.token_hex(6).upper()}"
        added = View(id, user, _named(view), self._hash(), below.root if below else id, below.id if below else "")
        self._store.execute(
            "INSERT INTO slack_views VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)",
            (id, user, view.get("type"), json.dumps(added.view), added.hash, "{}", added.root, added.previous),
        )
        return added

    def _keep(self, view: View) -> None:
        self._store.execute(
            "UPDATE slack_views SET view = ?, hash = ?, errors = ? WHERE id = ?",
            (json.dumps(view.view), view.hash, json.dumps(view.errors), view.id),
        )

    def _hash(self) -> str:
        return f"{int(self._now())}.{secrets.token_hex(4)}"

    def _rows(self, where: str, value: str) -> list[View]:
        return [_view(row) for row in self._store.rows(f"SELECT * FROM slack_views WHERE {where}", (value,))]


def _named(view: Mapping[str, object]) -> Doc:
    """With a block id on every block, as Slack gives where the app gave none."""
    blocks = view.get("blocks")
    named = (
        [{"block_id": f"v{index}", **block} for index, block in enumerate(blocks)] if isinstance(blocks, list) else []
    )
    return {**view, "blocks": named}


def _view(row: Row) -> View:
    return View(
        row["id"], row["user"], json.loads(row["view"]), row["hash"], row["root"], row["previous"],
        json.loads(row["errors"]),
    )  # fmt: skip
