"""What people read of jobs against what the journal sealed of it, and the log's rows and index against the jobs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field

from bot.ledger.chain import Breach
from bot.ledger.codec import whole
from bot.ledger.history import INDEXED, TOKENIZER
from bot.ledger.ledger import LedgerDown
from bot.ledger.reading import Reading
from bot.ledger.record import EVERY_LINE, PARTS, THREAD, read_seal, sums

# By part, and whether what else is told of a job says it already.
_SAYS: Mapping[str, tuple[str, bool]] = {
    "job": ("its row in the table of jobs is not as it was when it ended.", True),
    "layers": ("what is told of its layers is not as it was when it ended.", True),
    "targets": ("its targets are not as they were when it ended.", False),
    "before": ("what was seen before the purge is not as it was written.", False),
    "after": ("what was seen after the purge is not as it was written.", False),
    THREAD: ("its thread is not as it was written.", False),
    "history": ("what the log and stats tell of it is not as it was written.", False),
    "votes": ("its votes are not as they were given.", True),
    "reviews": ("the reviews of its broken glass are not as they were written.", True),
    "warming": ("what was warmed after it is not as it was written.", False),
    "urgent": ("who had it go first is not as it was written.", False),
    "joined": ("who joined it is not as it was written.", False),
    "deploys": ("the deploy that it purged for is not as it was written.", False),
}
_ALIKE = {  # what the history holds of a job, and the job itself
    "site": ("site", "site"),
    "kind": ("kind", "kind"),
    "requester": ("by", "requested_by"),
    "time": ("created", "created"),
}
_UNLIKE = (
    f"select id, job, {', '.join(f'history.{x} is not jobs.{y} as {name}' for name, (x, y) in _ALIKE.items())}"
    " from jobs left join history on job = id where job is null"
    f" or {' or '.join(f'history.{x} is not jobs.{y}' for x, y in _ALIKE.values())} order by id"
)
_STRAY = (
    "select job from history where job not in (select id from jobs)"
    " and not exists (select 1 from journal where journal.job = history.job) order by job"
)
_SHADOWS = {"data": "?, ?", "idx": "?, ?, ?", "docsize": "?, ?", "config": "?, ?"}  # the index's tables, their columns
OTHER_TARGETS = "its targets are not those that were asked for."
FORGED = "it was not what was asked for when it ended: somebody had changed the ledger's file."
INDEX_WRONG = (
    "The search index does not hold the words of the history: the log finds what is not there, or misses what is."
)


@dataclass(slots=True)
class Seals:
    """What the journal sealed of one job, entry by entry."""

    whole: bool = False  # every part, when the job ended
    listed: str = ""  # its targets, as they were asked for
    ended: str = ""  # and as they were when it ended
    forged: bool = False  # what was sealed then was not what was asked for: somebody had changed it before
    hashes: dict[str, str] = field(default_factory=dict)
    threads: list[tuple[int, int, str]] = field(default_factory=list)

    def asked(self, doc: Mapping[str, object]) -> None:
        """The entry `asked`."""
        self.listed = str(doc.get("listed") or "")
        self.hashes |= {"targets": self.listed} if self.listed else {}

    def hear(self, doc: Mapping[str, object]) -> None:
        """The next entry `sealed`."""
        self.listed = self.listed or str(doc.get("listed") or "")
        hashes, lines, every = read_seal(doc)
        thread = hashes.pop(THREAD, "")
        if lines is not None:
            self.threads.append((*lines, thread))
        self.forged = self.forged or doc.get("forged") is True
        if every:
            targets = self.hashes.get("targets")  # which never change
            self.whole, self.ended = True, hashes.get("targets", "")
            self.hashes = {name: "" for name in PARTS if name != THREAD}
            hashes |= {"targets": targets} if targets is not None else {}
        self.hashes |= hashes


def unsealed(reading: Reading, job: int, seals: Seals, told: bool) -> Iterator[str]:
    """What of an ended `job` is not as it was sealed; `told` where something else is told of it already."""
    spans = [(*_lines(seals, n), seals.threads[n][2]) for n in range(len(seals.threads))]
    hashes = {**seals.hashes, **({THREAD: spans[0][2]} if spans else {})}
    found = sums(reading, job, tuple(hashes), *(spans[0][:2] if spans else ()))
    wrong = {name for name, hash in hashes.items() if found[name].hash != hash}
    if any(sums(reading, job, (THREAD,), first, last)[THREAD].hash != hash for first, last, hash in spans[1:]):
        wrong.add(THREAD)
    if "targets" in wrong and found["targets"].hash == seals.ended:
        wrong -= {"targets"}  # they were others before it ended
        yield OTHER_TARGETS
    yield from (says for name, (says, doubles) in _SAYS.items() if name in wrong and not (told and doubles))


def _lines(seals: Seals, n: int) -> tuple[int, int]:
    """Which lines an entry sealed: the first one all before, the last one all that follow, since there are none."""
    first, last, _ = seals.threads[n]
    ends = last == max(end for _, end, _ in seals.threads)
    return first if first > 1 else -EVERY_LINE, EVERY_LINE if ends else last


def history_breaches(reading: Reading) -> Iterator[Breach]:
    """Where the log's rows are not those of the jobs, and its index not that of its rows."""
    for row in reading.stream(_UNLIKE):
        job = whole(row["id"])
        if row["job"] is None:
            yield Breach(f"P-{job} is in the table of jobs, and the log does not tell of it.", 0, job)
        for name in _ALIKE if row["job"] is not None else ():
            if row[name]:
                yield Breach(f"P-{job}: its {name} in the log is not that of the job.", 0, job)
    for row in reading.stream(_STRAY):
        job = whole(row["job"])
        yield Breach(f"The log tells of P-{job}, which is not in the table of jobs.", 0, job)
    if not _is_indexed(reading):
        yield Breach(INDEX_WRONG)


def _is_indexed(reading: Reading) -> bool:
    """Whether the index holds exactly the words of the history; looked at in a copy, since SQLite writes for that.
    https://www.sqlite.org/fts5.html#the_integrity_check_command"""
    if not reading.rows("select 1 from sqlite_master where name = 'history_fts'"):
        return True  # the bot makes it when it starts
    columns = ", ".join(INDEXED)
    with closing(sqlite3.connect("", isolation_level=None)) as copy:  # on disk, where memory does not hold it
        copy.execute("begin")
        copy.execute(f"create table history (job integer primary key, {columns})")
        copy.execute(
            f"create virtual table history_fts using fts5({columns}, tokenize='{TOKENIZER}', content='history')"
        )
        copy.executemany(
            f"insert into history (job, {columns}) values (?, ?, ?)",
            map(tuple, reading.stream(f"select job, {columns} from history")),
        )
        try:
            for shadow, slots in _SHADOWS.items():
                rows = map(tuple, reading.stream(f"select * from history_fts_{shadow}"))
                copy.execute(f"delete from history_fts_{shadow}")
                copy.executemany(f"insert into history_fts_{shadow} values ({slots})", rows)
            copy.execute("insert into history_fts (history_fts, rank) values ('integrity-check', 1)")
        except (sqlite3.Error, LedgerDown):
            return False
    return True
