"""What waits in line for the end of a hold, against the entries `queued`: a hash over each request as it was put there.

What nobody asked for, or not so, is found before it is made a job, and by the audit.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from bot.ledger.chain import Breach, Ranges, canonical, sha256
from bot.ledger.codec import whole
from bot.ledger.ledger import Row, Transaction

_NAMES = (
    "id", "key", "site", "soft", "only_account", "checks", "by", "team", "source", "channel", "thread", "targets",
    "urls", "at", "doc", "first", "reason",
)  # fmt: skip
_ENDS = ("taken_back", "queued_refused", "not_taken", "restored")  # of a request that no job took up
_TOLD = (
    "select in_line.id, in_line.key, site, soft, only_account, checks, by, team, source, channel, thread, targets,"
    " urls, cast(round(in_line.at * 1000000) as integer) as at, hex(doc) as doc, first, reason"
    " from in_line left join in_line_told on in_line_told.id = in_line.id where"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """What the journal says of one request."""

    seq: int
    by: str
    digest: str  # "" where an earlier version put it in line


@dataclass(frozen=True, slots=True)
class Strange:
    """A request in line that is not as it was queued; `by` is who did, "" for nobody."""

    id: int
    by: str


class Lined:
    """Requests in line by what the journal says of them."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def seal(self, number: int) -> str:
        """The hash over the request of that number, as it stands in line."""
        rows = self._tx.rows(f"{_TOLD} in_line.id = :id", id=number)
        return _seal(rows[0]) if rows else ""

    def strange(self, site: str = "") -> list[Strange]:
        """What waits for `site`, or for any, and is not as it was queued."""
        rows = self._tx.rows(f"{_TOLD} job is null and (site = :site or :site = '')", site=site)
        said = self.entries() if rows else {}
        return [
            Strange(whole(row["id"]), entry.by if entry else "")
            for row in rows
            if not _is_so(row, entry := said.get(f"Q-{row['id']!s}"))
        ]

    def drop(self, number: int) -> None:
        """Nothing is made of the request of that number."""
        self._tx.run("update in_line set job = 0, doc = null where id = :id", id=number)

    def entries(self) -> Mapping[str, Entry]:
        """What the journal says was queued, by the name of the request."""
        rows = self._tx.rows("select seq, actor, doc from journal where event = 'queued' and doc is not null")
        found: dict[str, Entry] = {}
        for row in rows:
            doc = json.loads(str(row["doc"]))
            found[str(doc.get("request"))] = Entry(whole(row["seq"]), str(row["actor"]), str(doc.get("digest", "")))
        return found


def _is_so(row: Row, entry: Entry | None) -> bool:
    if entry is None:
        return False
    return entry.digest == _seal(row) if entry.digest else entry.by == row["by"]


def _seal(row: Row) -> str:
    return sha256(canonical([row[name] for name in _NAMES]))


def line_breaches(tx: Transaction) -> Iterator[Breach]:
    """What waits in line and was not queued so, and jobs that were made of what nobody queued."""
    lined = Lined(tx)
    said = lined.entries()
    for one in lined.strange():
        if one.by:
            yield Breach(f"Q-{one.id}: what waits in line is not what was queued.", said[f"Q-{one.id}"].seq)
        else:
            yield Breach(f"Q-{one.id} waits in line, and no entry says that anybody queued it.")
    yield from _lost(tx, said)
    pruned = tx.rows("select 1 from journal where event = 'queued' and doc is null limit 1")
    sql = (
        "select seq, job, actor, doc from journal where event = 'asked' and doc is not null and json_valid(doc)"
        " and json_extract(doc, '$.queued') is not null"
    )
    for row in tx.rows(sql):
        doc = json.loads(str(row["doc"]))
        people = {str(row["actor"]), *doc.get("also", [])}
        for name in doc["queued"]:
            if what := _of_job(name, said.get(name), people, bool(pruned)):
                yield Breach(f"P-{row['job']!s}: {what}", whole(row["seq"]), whole(row["job"]))


def _lost(tx: Transaction, said: Mapping[str, Entry]) -> Iterator[Breach]:
    """What was queued, waits no more, and has no entry that says what became of it. Where documents were pruned since
    that could say so, nothing is known."""
    waiting = {f"Q-{row['id']!s}" for row in tx.rows("select id from in_line where job is null")}
    left = {name: entry for name, entry in said.items() if name not in waiting}
    if not left:
        return
    ended = _ended(tx)
    events = ", ".join(f"'{event}'" for event in (*_ENDS, "asked"))
    rows = tx.rows(f"select max(seq) as seq from journal where event in ({events}) and doc is null")
    pruned = whole(rows[0]["seq"])
    for name, entry in left.items():
        if name not in ended and entry.seq > pruned:
            yield Breach(f"{name} waits no more, and no entry says what became of it.", entry.seq)


def _ended(tx: Transaction) -> set[str]:
    """The requests of which an entry says what became of them."""
    events = ", ".join(f"'{event}'" for event in _ENDS)
    one, some = (f"coalesce(json_extract(doc, '$.{name}'), '')" for name in ("request", "queued"))
    rows = tx.rows(
        f"select {one} as one, {some} as some from journal where event in ({events}, 'asked') and json_valid(doc)"
    )
    return {name for row in rows for name in (str(row["one"]), *_listed(str(row["some"])))}


def _listed(queued: str) -> Iterator[str]:
    """The names in a list, as `asked` has it, or in ranges, as `restored` does."""
    try:
        if queued.startswith("["):
            yield from map(str, json.loads(queued))
        else:
            yield from (f"Q-{n}" for first, last in Ranges.read(queued).parts for n in range(first, last + 1))
    except ValueError:
        return


def _of_job(name: str, entry: Entry | None, people: Collection[str], is_pruned: bool) -> str:
    if entry is None:
        return "" if is_pruned else f"it was made of {name}, and no entry says that anybody queued that."
    return "" if entry.by in people else f"it was made of {name}, and {entry.by}, who queued that, did not ask for it."
