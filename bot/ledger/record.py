"""The record: all that `show`, `log` and `stats` tell of an ended job, summed up part by part for the journal.

Temporary triggers of the writer's own connection note what a deed touched of ended jobs; at its end one entry `sealed`
holds the parts' hashes, in the same transaction. A change by anybody else notes nothing, and so is found.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.jobs.job import CLOSED
from bot.ledger.codec import number, whole
from bot.ledger.journal import Journal
from bot.ledger.ledger import Transaction

SEALED = "sealed"  # the entry
THREAD = "thread"  # the part that only grows: each entry holds what came since the one before
ALL = "*"
EVERY_LINE = 2**62  # more than a thread has


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one table. Times are summed up as whole microseconds, documents as their text."""

    table: str
    texts: str = ""  # columns
    times: str = ""
    where: str = ""  # more that a row must fulfil, of a row called `{}`
    key: str = "job"  # the column that names the job

    @property
    def columns(self) -> Sequence[str]:
        """All that are summed up."""
        return (*self.texts.split(), *self.times.split())

    def line(self, row: str) -> str:
        """SQL for the text that is summed up of `row`."""
        times = (f"cast(round({row}.{name} * 1000000) as integer)" for name in self.times.split())
        return f"json_array({', '.join((*(f'{row}.{name}' for name in self.texts.split()), *times))})"

    def holds(self, row: str) -> str:
        """SQL for whether `row` belongs to it."""
        return self.where.format(row) or "1"


PARTS: Mapping[str, Part] = {
    "job": Part("jobs", "site state verdict kind requested_by digest doc", "created", key="id"),
    "layers": Part("layers", "position account state doc calls sent open pending failed unknown cancelled retries"),
    "targets": Part("targets"),
    "before": Part("looks", "place url n doc", where="{}.phase = 'before'"),
    "after": Part("looks", "place url n doc", where="{}.phase = 'after'"),
    THREAD: Part("lines", "n text", "at"),
    "history": Part("history", "site kind by also source outcome ran targets words facts", "created seconds waited"),
    "votes": Part("votes", "by yes reason digest round", "at"),
    "reviews": Part("reviews", "by reason skipped needed closed_by note", "at closed_at"),
    "warming": Part("warmings", "id site doc", "ended", where="{}.ended is not null"),
    "urgent": Part("urgent", "by", "at"),
    "joined": Part("joined", "key by reason", "at"),
    "deploys": Part("deploys", "site version sender", "at happened"),
}
_CLOSED = ", ".join(f"'{state}'" for state in sorted(CLOSED))
_TOUCH = "insert or ignore into touched (job, part, first, was) values"


@dataclass(frozen=True, slots=True)
class Sum:
    """One part of a job as it stands: its hash, "" where it has no rows, and the thread's last line."""

    hash: str = ""
    last: int = 0


def sums(tx: Transaction, job: int, parts: Iterable[str], first: int = 1, last: int = EVERY_LINE) -> dict[str, Sum]:
    """The hash of each of `parts` of `job`; of the thread the lines `first` to `last`."""
    names = tuple(parts)
    lines: dict[str, list[str]] = {name: [] for name in names}
    top = 0
    for row in tx.rows(_selects(names), job=job, first=first, last=last):
        lines[str(row["part"])].append(_text(row["line"]))
        top = max(top, whole(row["n"]))
    return {name: Sum(hash_of(lines[name]), top if name == THREAD else 0) for name in names}


def hash_of(lines: Iterable[str]) -> str:
    """SHA-256 over `lines` in order of their text, each with a line end; "" where there is none."""
    ordered = sorted(lines)
    return hashlib.sha256("".join(f"{line}\n" for line in ordered).encode()).hexdigest() if ordered else ""


def _text(line: object) -> str:
    return hashlib.sha256(line).hexdigest() if isinstance(line, bytes) else str(line)


@functools.lru_cache(maxsize=32)  # of the few sets of parts that entries name
def _selects(names: Sequence[str]) -> str:
    return " union all ".join(_select(name) for name in names)


def _select(name: str) -> str:
    part = PARTS[name]
    line = "t.doc" if name == "targets" else part.line("t")
    more = " and t.n between :first and :last" if name == THREAD else " and :first <= :last"
    n = "t.n" if name == THREAD else "0"
    return (
        f"select '{name}' as part, {line} as line, {n} as n from {part.table} as t"
        f" where t.{part.key} = :job and {part.holds('t')}{more}"
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """What the journal says was asked for, which outlives the entry's document: hashes over what is told of the job and
    over its targets; and whether the job is `forged`, since its record says something else."""

    written: Sequence[str] = ()
    listed: str = ""
    forged: bool = False

    @property
    def kept(self) -> dict[str, object]:
        """As the entry holds it."""
        told = {"written": [*self.written], "listed": self.listed, "forged": self.forged}
        return {name: value for name, value in told.items() if value}


class Record:
    """Seals what a deed has touched of ended jobs. For the writer alone."""

    def __init__(self, tx: Transaction, journal: Journal, asked: Callable[[int], Asked] = lambda job: Asked()) -> None:
        self._tx = tx
        self._journal = journal
        self._asked = asked

    def settle(self) -> None:
        """Journal the hashes of what was touched since the last time."""
        touched: dict[int, dict[str, tuple[int, object]]] = {}
        for row in self._tx.rows("select * from touched order by job, part"):
            touched.setdefault(whole(row["job"]), {})[str(row["part"])] = (whole(row["first"]), row["was"])
        if not touched:
            return
        self._tx.run("delete from touched")
        for job, parts in touched.items():
            if self._tx.rows(f"select 1 from jobs where id = :job and state in ({_CLOSED})", job=job):
                self._seal(job, parts)

    def _seal(self, job: int, touched: Mapping[str, tuple[int, object]]) -> None:
        everything = ALL in touched
        names = tuple(PARTS) if everything else self._unforged(job, touched)
        first = 1 if everything else touched.get(THREAD, (1, None))[0]
        if not names:
            return
        found = sums(self._tx, job, names, first)
        doc: dict[str, object] = {"parts": {n: s.hash for n, s in found.items() if s.hash or not everything}}
        if THREAD in found:
            doc["lines"] = [first, found[THREAD].last]
        if everything:
            doc |= {"all": True, **self._asked(job).kept}
        self._journal.add(self._now(job), SEALED, "purgebot", job, **doc)

    def _unforged(self, job: int, touched: Mapping[str, tuple[int, object]]) -> tuple[str, ...]:
        """Of the parts touched those that were, until then, as they were sealed: nothing forged is sealed anew."""
        known: dict[str, object] = {}
        for _, event, _, doc in self._journal.events(job):
            known |= dict(parts) if event == SEALED and isinstance(parts := doc.get("parts"), dict) else {}
        return tuple(
            name for name, (_, was) in touched.items()
            if was is None or name not in known or known[name] == hash_of([str(was)])
        )  # fmt: skip

    def _now(self, job: int) -> float:
        """The deed's time, as what it wrote tells it."""
        rows = self._tx.rows("select max(at) as at from lines where job = :job", job=job)
        return max(self._journal.head().at, number(rows[0]["at"]))


def watching() -> Iterator[str]:
    """SQL that makes the writer's connection note what is touched of ended jobs."""
    yield (
        "create temp table if not exists touched"
        " (job integer not null, part text not null, first integer not null, was text, primary key (job, part))"
    )
    closed = f"in ({_CLOSED})"
    ends = f"begin {_TOUCH} (new.id, '{ALL}', 1, null); end"
    yield f"create temp trigger ends_at_once after insert on main.jobs when new.state {closed} {ends}"
    yield (
        "create temp trigger ends after update of state on main.jobs"
        f" when new.state {closed} and old.state not {closed} {ends}"
    )
    for name, part in PARTS.items():
        for deed in ("insert", "update", "delete"):
            if name != "job" or deed == "update":
                yield _trigger(name, part, deed)


def _trigger(name: str, part: Part, deed: str) -> str:
    row = "old" if deed == "delete" else "new"
    columns = f" of {', '.join(part.columns or ('doc',))}" if deed == "update" else ""
    is_closed = f"(select state from jobs where id = {row}.{part.key}) in ({_CLOSED})"
    differs = f" and {part.line('new')} is not {part.line('old')}" if deed == "update" and part.columns else ""
    if name == "job":
        is_closed = f"old.state in ({_CLOSED})"
    first = "new.n" if name == THREAD and deed == "insert" else "1"
    was = part.line("old") if name in ("job", "history") and deed == "update" else "null"
    return (
        f"create temp trigger touches_{name}_{deed} after {deed}{columns} on main.{part.table}"
        f" when {part.holds(row)} and {is_closed}{differs}"
        f" begin {_TOUCH} ({row}.{part.key}, '{name}', {first}, {was}); end"
    )


def read_seal(doc: Mapping[str, object]) -> tuple[dict[str, str], tuple[int, int] | None, bool]:
    """Of a `sealed` entry: its hashes by part, which lines of the thread, and whether it holds every part."""
    parts, lines = doc.get("parts"), doc.get("lines")
    hashes = {str(n): str(h) for n, h in parts.items()} if isinstance(parts, dict) else {}
    match lines:
        case [int(first), int(last)]:
            return hashes, (first, last), doc.get("all") is True
        case _:
            return hashes, None, doc.get("all") is True
