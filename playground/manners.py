"""How single pages are served that are not served plainly: by the origin, and by the edges in front of it.

Nothing here is an answer: each is a setting as a real server or CDN has it, and what follows from it is seen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from playground.store import Store


@dataclass(frozen=True, slots=True)
class Manner:
    """How one page is served. The origin's part first, then the edges'."""

    status: int = 200
    versions: tuple[str, ...] = ()  # given in turn, as by servers of which some are old
    says: Mapping[str, str] = field(default_factory=dict)  # header lines in place of the usual; "" takes one away
    script: str = ""  # at the end of the page
    has_phones: bool = False  # phones get a page of their own, by their User-Agent, and no header says so
    is_anew: bool = False  # made anew for each visitor, and named by nothing

    keeps: float = 0.0  # seconds that the edges keep it at least, whatever it says
    keeps_errors: bool = False  # errors too
    ignores_query: bool = False
    by_device: bool = False  # phones and tablets have copies of their own, by their User-Agent
    by_headers: tuple[str, ...] = ()  # what visitors send in these is part of the key, names in lower case
    rewrites_to: str = ""  # a rule leads to this path further in: purges of a prefix go by it, those of a URL do not
    other_zone: bool = False  # kept in a zone that is not the one that is purged
    two_nodes: bool = False  # two in each city that take turns, each with copies of its own; a URL's purge reaches one
    while_fetching: bool = False  # the old is served once more, while the new is fetched
    behind_another: bool = False  # another CDN's cache stands before the edges
    hangs_up: bool = False  # whoever asks the edges for it is cut off without an answer
    is_garbled: bool = False  # the edges say that it is packed, and it is not
    busy: bool = False  # the edges have no room for it, and answer 503 themselves


PLAIN = Manner()


class Manners:
    """The manners of pages, by host and path without query."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._turns: dict[tuple[str, str], int] = {}
        store.execute("create table if not exists manners (host text, path text, doc text, primary key (host, path))")

    def set(self, host: str, path: str, manner: Manner) -> None:
        """From now on the page is served so."""
        row = (host, path, json.dumps(asdict(manner)))
        self._store.execute("insert or replace into manners values (?, ?, ?)", row)

    def of(self, host: str, path: str) -> Manner:
        """How `path` (its query does not count) is served."""
        rows = self._store.rows("select doc from manners where host = ? and path = ?", (host, path.partition("?")[0]))
        if not rows:
            return PLAIN
        doc = json.loads(rows[0]["doc"])
        return Manner(**{**doc, **{name: tuple(doc[name]) for name in ("versions", "by_headers")}})

    def turn(self, host: str, path: str) -> int:
        """Whose turn it is among the servers behind the origin's name: 0, 1, 2, …"""
        turn = self._turns.get((host, path), -1) + 1
        self._turns[host, path] = turn
        return turn

    def clear(self) -> None:
        """Every page is served plainly."""
        self._store.execute("delete from manners")
        self._turns.clear()
