"""Copies kept by one pretend cache, on disk before each answer, and the ways to be rid of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from playground.http import Reply
from playground.store import Store

LIVES = 3600.0  # seconds


@dataclass(frozen=True, slots=True)
class Copy:
    """One stored answer. `url` is scheme, host, path and query."""

    url: str
    reply: Reply
    at: float
    stale: bool


class Cache:
    """The copies of one place. Purges may be due later: they are stored and applied whenever the cache is asked."""

    def __init__(self, store: Store, place: str, now: Callable[[], float]) -> None:
        self._store = store
        self.place = place
        self._now = now
        store.execute(
            "create table if not exists copies (place text, url text, status integer, headers text, body blob,"
            " tags text, at real, stale integer, primary key (place, url))"
        )
        store.execute(
            "create table if not exists pending (id integer primary key, place text, due real, kind text, value text,"
            " soft integer)"
        )

    def find(self, url: str) -> Copy | None:
        """The copy of `url`, unless it has lived its time."""
        self._apply()
        rows = self._store.rows("select * from copies where place = ? and url = ?", (self.place, url))
        if not rows or rows[0]["at"] <= self._now() - LIVES:
            return None
        row = rows[0]
        reply = Reply(row["status"], json.loads(row["headers"]), row["body"])
        return Copy(url, reply, row["at"], bool(row["stale"]))

    def keep(self, url: str, reply: Reply, tags: Sequence[str]) -> None:
        """Store an answer."""
        self._store.execute(
            "insert or replace into copies values (?, ?, ?, ?, ?, ?, ?, 0)",
            (self.place, url, reply.status, json.dumps(dict(reply.headers)), reply.body, " ".join(tags), self._now()),
        )

    def purge_at(self, due: float, kind: str, values: Sequence[str], soft: bool = False) -> None:
        """Have copies gone (or marked stale) at `due`, even if the process ends before."""
        for value in values:
            self._store.execute(
                "insert into pending (place, due, kind, value, soft) values (?, ?, ?, ?, ?)",
                (self.place, due, kind, value, int(soft)),
            )
        self._apply()

    def _apply(self) -> None:
        now = self._now()
        due = self._store.rows("select * from pending where place = ? and due <= ? order by id", (self.place, now))
        for row in due:
            for url in list(self._matching(row["kind"], row["value"])):
                if row["soft"]:
                    self._store.execute("update copies set stale = 1 where place = ? and url = ?", (self.place, url))
                else:
                    self._store.execute("delete from copies where place = ? and url = ?", (self.place, url))
            self._store.execute("delete from pending where id = ?", (row["id"],))

    def _matching(self, kind: str, value: str) -> Iterator[str]:
        if kind == "url":
            yield value
            return
        for row in self._store.rows("select url, tags from copies where place = ?", (self.place,)):
            if matches(kind, value, row["url"], row["tags"].split()):
                yield row["url"]

    def forget(self, matching: Callable[[str], bool]) -> list[str]:
        """Remove the copies whose URL matches, now; their URLs."""
        self._apply()
        gone = [row["url"] for row in self._store.rows("select url from copies where place = ?", (self.place,))]
        gone = [url for url in gone if matching(url)]
        for url in gone:
            self._store.execute("delete from copies where place = ? and url = ?", (self.place, url))
        return gone

    def shown(self, host: str) -> dict[str, str]:
        """What it holds now, path → version; other hosts than `host` with their name in front."""
        self._apply()
        rows = self._store.rows(
            "select url, headers from copies where place = ? and at > ? order by url", (self.place, self._now() - LIVES)
        )
        return {_name(row["url"], host): json.loads(row["headers"]).get("x-build", "") for row in rows}

    def ages(self, host: str) -> dict[str, float]:
        """Since when it holds what it holds, path → seconds since the epoch."""
        self._apply()
        rows = self._store.rows("select url, at from copies where place = ?", (self.place,))
        return {_name(row["url"], host): float(row["at"]) for row in rows}

    def clear(self) -> None:
        """Hold nothing."""
        self._store.execute("delete from copies where place = ?", (self.place,))
        self._store.execute("delete from pending where place = ?", (self.place,))


def matches(kind: str, value: str, url: str, tags: Sequence[str]) -> bool:
    """Whether a purge of `kind` reaches the copy of `url`. Prefixes end at path boundaries, tags know no case."""
    rest = url.split("://", 1)[1]
    match kind:
        case "everything":
            return True
        case "host":
            return rest.split("/", 1)[0] == value
        case "tag":
            return value.lower() in tags
        case "prefix":
            path = rest.partition("?")[0]
            return path == value.rstrip("/") or path.startswith(value.rstrip("/") + "/")
        case _:
            return False


def _name(url: str, host: str) -> str:
    place = url.split("://", 1)[1]
    return place.removeprefix(host) if place.startswith(host + "/") else place
