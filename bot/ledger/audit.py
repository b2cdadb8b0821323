"""The audit: the chain from its first entry to its last, then every job's rows against what the journal said of it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from bot.domain.jobs.job import CLOSED
from bot.domain.shown import count
from bot.ledger.agreement import Agreement
from bot.ledger.chain import Breach, Head, Ranges, Walk, sha256
from bot.ledger.hold_audit import hold_breaches
from bot.ledger.job_entries import Said
from bot.ledger.ledger import LedgerDown, Row
from bot.ledger.likeness import COLUMNS
from bot.ledger.line_audit import line_breaches
from bot.ledger.reading import Reading
from bot.ledger.record import SEALED
from bot.ledger.record_audit import history_breaches
from bot.ledger.restored import Replaced, replaced_by
from bot.ledger.triggers import trigger_breaches

TOLD_MAX = 100  # breaches that are told; the others are counted
TELL_EVERY = 5_000  # entries between two words on how far it is


@dataclass(frozen=True, slots=True)
class Exported:
    """A head that was exported earlier, with marks: the hashes of some entries before it."""

    head: Head
    marks: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an audit found. `more` breaches are not named."""

    head: Head
    jobs: int
    breaches: tuple[Breach, ...] = ()
    more: int = 0
    older: int = 0  # ended jobs that nothing was sealed of, since an earlier version ended them
    replaced: Replaced | None = None  # instead of continuing the exported head

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.breaches


def audit(reading: Reading, exported: Exported | None = None, tell: Callable[[int], None] = lambda n: None) -> Verdict:
    """Look at all that `reading` holds, and whether its journal continues `exported`. `tell` hears how many entries
    were looked at, twice each."""
    auditor = _Auditor(reading, exported, tell)
    told: list[Breach] = []
    more = 0
    for breach in auditor.breaches():
        if len(told) < TOLD_MAX:
            told.append(breach)
        else:
            more += 1
    return Verdict(auditor.walk.head, auditor.jobs, tuple(told), more, auditor.older, auditor.replaced)


class _Auditor:
    def __init__(self, reading: Reading, exported: Exported | None, tell: Callable[[int], None]) -> None:
        self._reading = reading
        self._exported = exported
        self._tell = tell
        self._seen = 0
        self.jobs = 0
        self.older = 0
        self.replaced: Replaced | None = None
        marks = {**exported.marks, exported.head.count: exported.head.hash} if exported else {}
        self.walk = Walk(self._pruned("documents"), marks)

    def breaches(self) -> Iterator[Breach]:
        try:
            yield from self._file()
            yield from self._chain()
            yield from self._continues()
            yield from self._configuration()
            yield from self._jobs()
            yield from history_breaches(self._reading)
            yield from hold_breaches(self._reading)
            yield from line_breaches(self._reading)
            yield from trigger_breaches(self._reading)
        except LedgerDown as exc:
            yield Breach(str(exc))

    def _pruned(self, what: str) -> Ranges:
        rows = self._reading.stream(
            f"select json_extract(doc, '$.{what}') as ids from journal where event = 'pruned' and json_valid(doc)"
        )
        return Ranges.joined(part for row in rows for part in _ranges(str(row["ids"] or "")))

    def _file(self) -> Iterator[Breach]:
        """Whether the file is a database at all, page by page; https://www.sqlite.org/pragma.html#pragma_quick_check."""
        for row in self._reading.stream("pragma quick_check(1)"):
            if str(row["quick_check"]) != "ok":
                yield Breach(f"The file is damaged: {' '.join(str(row['quick_check']).split())}.")

    def _chain(self) -> Iterator[Breach]:
        for row in self._counted(self._reading.stream("select * from journal order by seq")):
            yield from self.walk.step(row)
        said = "select sum(json_extract(doc, '$.count')) as n from journal where event = 'pruned' and json_valid(doc)"
        said += " and json_extract(doc, '$.documents') is not null"
        told = next((int(row["n"] or 0) for row in self._reading.stream(said)), 0)
        if self.walk.pruned > told:
            yield Breach(f"{self.walk.pruned:,} documents are missing, and {told:,} were pruned.")

    def _counted(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            self._seen += 1
            if self._seen % TELL_EVERY == 0:
                self._tell(self._seen)
            yield row

    def _continues(self) -> Iterator[Breach]:
        if self._exported is None:
            return
        walk, n = self.walk, self._exported.head.count
        if walk.parted or walk.head.count < n:
            self.replaced = replaced_by(self._reading, self._exported.head, walk.parted)
        if self.replaced is not None:
            return
        entries = count(n, "entry", "entries")
        if walk.parted:
            first = walk.agreed + 1
            since = f"entry {first}" if first == walk.parted else f"one of the entries {first} to {walk.parted}"
            yield Breach(
                f"The journal does not continue the exported head of {entries}: it was written anew from {since}"
                f" on.{self._restored()}",
                first,
            )
        elif walk.head.count < n:
            yield Breach(
                f"The exported head has {entries}, and the journal ends with {walk.head.count}: its end was"
                f" removed.{self._restored()}",
                walk.head.count + 1,
            )

    def _restored(self) -> str:
        """A word on the restore that explains it, if one is journalled."""
        rows = list(self._reading.stream("select seq from journal where event = 'restored' and job is null"))
        return f" Entry {rows[-1]['seq']!s} says that a backup was restored." if rows else ""

    def _configuration(self) -> Iterator[Breach]:
        said = list(
            self._reading.stream(
                "select seq, json_extract(doc, '$.hash') as hash from journal where event = 'configuration'"
                " and json_valid(doc) order by seq desc limit 1"
            )
        )
        known = list(self._reading.stream("select value from meta where name = 'configuration'"))
        if said and (not known or sha256(str(known[0]["value"])) != said[0]["hash"]):
            seq = int(said[0]["seq"] or 0)
            yield Breach(f"The configuration kept beside the journal is not that of entry {seq}.", seq)

    def _jobs(self) -> Iterator[Breach]:
        agreement, gone = Agreement(self._reading), self._pruned("jobs")
        seals = self._reading.rows(f"select min(seq) as seq from journal where event = '{SEALED}'")
        first_seal = int(seals[0]["seq"] or 0)  # those that ended before were ended by an earlier version
        for job, row, entries in self._side_by_side():
            said = Said()
            for entry in entries:
                said.hear(entry)
            self.jobs += row is not None
            is_closed = row is not None and row["state"] in CLOSED
            self.older += is_closed and not said.seals.whole
            if is_closed and not said.is_sealed and 0 < first_seal < said.ended_in:
                yield Breach(
                    f"P-{job} has ended, and no entry seals its record: one was taken away.", said.ended_in, job
                )
            if row is not None or job not in gone:
                yield from agreement.breaches(job, row, said)

    def _side_by_side(self) -> Iterator[tuple[int, Row | None, Iterable[Row]]]:
        """Every job of the table and of the journal, by number, with its row and its entries."""
        entries = self._counted(
            self._reading.stream(
                "select seq, at, event, job, actor, doc from journal where job is not null order by job, seq"
            )
        )
        jobs = self._reading.stream(f"select {', '.join(COLUMNS)} from jobs order by id")
        row = next(jobs, None)
        for number, said in itertools.groupby(entries, lambda entry: int(entry["job"] or 0)):
            while row is not None and int(row["id"] or 0) < number:
                yield int(row["id"] or 0), row, ()
                row = next(jobs, None)
            mine = row is not None and row["id"] == number
            yield number, row if mine else None, said
            row = next(jobs, None) if mine else row
        while row is not None:
            yield int(row["id"] or 0), row, ()
            row = next(jobs, None)


def _ranges(text: str) -> tuple[tuple[int, int], ...]:
    try:
        return Ranges.read(text).parts
    except ValueError:
        return ()
