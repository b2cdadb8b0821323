"""Copies kept by one pretend cache, on disk before each answer, and the ways to be rid of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from playground.http import Reply
from playground.store import Store

LIVES = 3600.0  # seconds
REWRITTEN = " to "  # in a key: what follows is where a rule leads further in
_FORBIDS = re.compile(r"\b(no-store|private|no-cache)\b")
_SHARED, _MAX_AGE = re.compile(r"\bs-maxage=([0-9]{1,9})"), re.compile(r"\bmax-age=([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class Copy:
    """One stored answer. `url` is scheme, host, path and query, and after a blank what else is part of the key; `stale`
    once it has lived, or was softly purged, which `marked` says."""

    url: str
    reply: Reply
    at: float
    stale: bool
    marked: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A copy as people see it: its version, and since when (epoch seconds) it is here."""

    version: str
    since: float
    stale: bool


class Cache:
    """The copies of one place. Purges may be due later: they are stored and applied whenever the cache is asked."""

    def __init__(self, store: Store, place: str, now: Callable[[], float]) -> None:
        self._store = store
        self.place = place
        self._now = now
        self._purges = 0
        store.execute(
            "create table if not exists copies (place text, url text, status integer, headers text, body blob,"
            " tags text, at real, stale integer, primary key (place, url))"
        )
        store.execute(
            "create table if not exists pending (id integer primary key, place text, due real, kind text, value text,"
            " soft integer)"
        )

    def find(self, url: str) -> Copy | None:
        """The copy of `url`."""
        self._apply()
        rows = self._store.rows("select * from copies where place = ? and url = ?", (self.place, url))
        if not rows:
            return None
        row = rows[0]
        reply = Reply(row["status"], json.loads(row["headers"]), row["body"])
        marked = bool(row["stale"])
        return Copy(url, reply, row["at"], marked or row["at"] <= self._now() - lives(reply.headers), marked)

    def mark(self) -> int:
        """A number to remember before fetching: `keep` stores nothing that was asked for before a later purge."""
        self._apply()
        return self._purges

    def keep(self, url: str, reply: Reply, tags: Sequence[str], mark: int) -> None:
        """Store an answer that was asked for at `mark`."""
        if mark != self.mark():
            return
        self._store.execute(
            "insert or replace into copies values (?, ?, ?, ?, ?, ?, ?, 0)",
            (self.place, url, reply.status, json.dumps(dict(reply.headers)), reply.body, " ".join(tags), self._now()),
        )

    def backdate(self, url: str, seconds: float) -> None:
        """The copies of `url` are here for so much longer, whatever else is part of their keys."""
        sql = "update copies set at = at - ? where place = ? and (url = ? or substr(url, 1, ?) = ?)"
        self._store.execute(sql, (seconds, self.place, url, len(url) + 1, f"{url} "))

    def purge_at(self, due: float, kind: str, values: Sequence[str], soft: bool = False) -> None:
        """Have copies gone (or marked stale) at `due`, even if the process ends before."""
        self._store.execute(
            "insert into pending (place, due, kind, value, soft) values (?, ?, ?, ?, ?)",
            (self.place, due, kind, json.dumps(list(values)), int(soft)),
        )
        self._apply()

    def is_due(self, by: float) -> bool:
        """Whether a purge is on its way here that takes effect until `by` (seconds since the epoch)."""
        sql = "select 1 from pending where place = ? and due > ? and due <= ? limit 1"
        return bool(self._store.rows(sql, (self.place, self._now(), by)))

    def _apply(self) -> None:
        sql = "select * from pending where place = ? and due <= ? order by id"
        for row in self._store.rows(sql, (self.place, self._now())):
            self._purges += 1
            self._remove(self.reached(row["kind"], json.loads(row["value"])), soft=bool(row["soft"]))
            self._store.execute("delete from pending where id = ?", (row["id"],))

    def _remove(self, urls: Sequence[str], soft: bool = False) -> None:
        which = "where place = ? and url in (select value from json_each(?))"
        deed = "update copies set stale = 1" if soft else "delete from copies"
        self._store.execute(f"{deed} {which}", (self.place, json.dumps(list(urls))))

    def reached(self, kind: str, values: Sequence[str]) -> list[str]:
        """The URLs that a purge of `kind` is about: those named, or those of matching copies."""
        if kind == "url":
            return [*values, *self._rewritten(values)]
        rows = self._store.rows("select url, tags from copies where place = ? order by url", (self.place,))
        return [row["url"] for row in rows if any(matches(kind, v, row["url"], row["tags"].split()) for v in values)]

    def _rewritten(self, values: Sequence[str]) -> list[str]:
        """The copies of these URLs that a rule leads elsewhere: they are named as visitors ask for them."""
        sql = "select url from copies where place = ? and instr(url, ?) order by url"
        held = [row["url"] for row in self._store.rows(sql, (self.place, REWRITTEN))]
        return [url for url in held if url.partition(REWRITTEN)[0] in set(values)]

    def forget(self, matching: Callable[[str], bool]) -> list[str]:
        """Remove the copies whose URL matches, now; their URLs."""
        self._apply()
        self._purges += 1
        held = [row["url"] for row in self._store.rows("select url from copies where place = ?", (self.place,))]
        gone = [url for url in held if matching(url)]
        self._remove(gone)
        return gone

    def shown(self, host: str) -> dict[str, Shown]:
        """What it holds and has not lived its time, by path; other hosts than `host` have their name in front."""
        self._apply()
        sql = (
            "select url, headers, at, stale from copies where place = ? and at > ? and url not like '% %' order by url"
        )
        rows = self._store.rows(sql, (self.place, self._now() - LIVES))
        return {
            _name(row["url"], host): Shown(json.loads(row["headers"]).get("x-build", ""), row["at"], bool(row["stale"]))
            for row in rows
        }

    def clear(self) -> None:
        """Hold nothing."""
        self._purges += 1
        self._store.execute("delete from copies where place = ?", (self.place,))
        self._store.execute("delete from pending where place = ?", (self.place,))


def lives(headers: Mapping[str, str], *fields: str) -> float:
    """The seconds that a shared cache uses an answer, LIVES at most and where nothing is said: by the first of `fields`
    that is there, then by Cache-Control."""
    named = next((name for name in (*fields, "cache-control") if headers.get(name)), "")
    said = headers.get(named, "").lower()
    if _FORBIDS.search(said):
        return 0.0
    found = _SHARED.search(said) or _MAX_AGE.search(said)
    return min(float(found[1]), LIVES) if found else LIVES


def is_kept(reply: Reply) -> bool:
    """Whether a shared cache may keep a good answer at all."""
    return reply.status == 200 and not _FORBIDS.search(reply.headers.get("cache-control", "").lower())


def matches(kind: str, value: str, url: str, tags: Sequence[str]) -> bool:
    """Whether a purge of `kind` reaches the copy of `url`. Prefixes end at path boundaries, tags know no case."""
    host_and_path, _, rewritten = url.split("://", 1)[1].partition(REWRITTEN)
    rest = host_and_path.partition(" ")[0]
    rest = f"{rest.partition('/')[0]}{rewritten}" if rewritten else rest
    match kind:
        case "everything":
            return True
        case "host":
            return rest.split("/", 1)[0] == value
        case "tag":
            return value.lower() in tags
        case "prefix":
            path = rest.partition("?")[0]
            return path == value or path.startswith(value if value.endswith("/") else value + "/")
        case _:
            return False


def _name(url: str, host: str) -> str:
    place = url.split("://", 1)[1]
    return place.removeprefix(host) if place.startswith(host + "/") else place
