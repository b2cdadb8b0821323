"""Backup while the bot runs, and restore while none does."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from bot.domain.jobs.job import RESTORED, JobView, LayerState, State
from bot.domain.jobs.thread_step import Event, Told
from bot.ledger.audit import Verdict, audit
from bot.ledger.books import Books
from bot.ledger.chain import Head, Ranges
from bot.ledger.codec import whole
from bot.ledger.dropped import drop_restored
from bot.ledger.ledger import LedgerDown
from bot.ledger.opening import SqliteTransaction, locked, opened
from bot.ledger.reading import NotALedger, reading
from bot.ledger.restored import hashes_after
from bot.ledger.schema import VERSION

_BEGUN = frozenset({LayerState.WAITING, LayerState.PURGING, LayerState.UNKNOWN})


class CannotCopy(Exception):
    """A backup or restore was not made; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did."""

    head: Head  # after it
    kept: Path | None  # where the file that was there is now
    parked: tuple[int, ...]  # jobs that were open in the backup
    requests: int  # that had come in and were not yet done
    lost: tuple[int, ...] | None  # jobs that the backup does not hold; None where the old file could not be read
    lost_entries: int


@dataclass(frozen=True, slots=True)
class _Was:
    """The file that a restore replaces."""

    head: Head
    jobs: tuple[int, ...]
    next_ids: tuple[tuple[str, int], ...]  # by table
    first: int = 1  # of the entries after the backup, and the beginnings of their hashes
    hashes: str = ""


def backup(source: Path, target: Path) -> Verdict:
    """Copy the ledger `source`, whoever writes to it meanwhile, into the new file `target`, and audit the copy. Raises
    CannotCopy and NotALedger."""
    with _told(source), reading(source) as ledger, _new_file(target):
        with closing(sqlite3.connect(target, isolation_level=None)) as copy:
            ledger.connection.backup(copy)
            copy.execute("pragma journal_mode = delete")  # one file, which needs none beside it
        _sync(target)
        with reading(target) as copied:
            return audit(copied)


def restore(source: Path, target: Path, now: float, stamp: str) -> Restored:
    """Put the backup `source` in the place of the ledger `target`, which is kept beside it under a name with `stamp`.
    No bot may run on it. Jobs that are open in the backup are ended, since what was sent after it is not known. Raises
    LedgerInUse, CannotCopy and NotALedger."""
    if not source.is_file():
        raise CannotCopy(
            f"There is no backup {source}. Nothing was changed. Name the file that `purgebot backup` wrote."
        )
    if target.exists() and source.samefile(target):
        raise CannotCopy(f"{source} is the ledger itself, not a backup of it. Nothing was changed. Name a backup.")
    with locked(target):
        fresh = target.with_name(f"{target.name}.restoring-{stamp}")
        with _new_file(fresh):
            with _told(source):
                _copy_checked(source, fresh)
            was = _was(target, _head_of(fresh)) if target.exists() else _Was(Head(), (), ())
            done = _settle(fresh, was, now)
            kept = _set_aside(target, stamp) if target.exists() else None
            fresh.rename(target)
            _sync(target.parent)
    return replace(done, kept=kept)


@contextlib.contextmanager
def _told(source: Path) -> Iterator[None]:
    """What SQLite says of a damaged file, in words. Raises CannotCopy."""
    try:
        yield
    except sqlite3.DatabaseError as exc:
        raise CannotCopy(f"{source} is damaged: {exc}. Nothing was changed. Restore another backup.") from exc


def _copy_checked(source: Path, fresh: Path) -> None:
    with reading(source, None) as ledger, closing(sqlite3.connect(fresh, isolation_level=None)) as copy:
        ledger.connection.backup(copy)
        version = copy.execute("select value from meta where name = 'version'").fetchone()[0]
    if int(version) > VERSION:
        raise NotALedger(
            f"{source} was written by a newer purgebot (version {version}, this one knows {VERSION}). Use that one."
        )
    opened(fresh).conn.close()  # which brings an older one up to date
    with reading(fresh) as copied:
        verdict = audit(copied)
    if not verdict.is_whole:
        raise CannotCopy(
            f"{source} is not whole: {verdict.breaches[0].what} Nothing was changed. Restore another backup."
        )


def _head_of(path: Path) -> Head:
    with reading(path) as ledger:
        return Books(ledger).journal.head()


def _was(target: Path, kept: Head) -> _Was | None:
    """The file that is replaced; `kept` is where the backup's journal ends."""
    try:
        with reading(target, None) as ledger:
            jobs = tuple(whole(row["id"]) for row in ledger.stream("select id from jobs order by id"))
            ids = ledger.rows("select name, seq from sqlite_sequence where name in ('jobs', 'batches')")
            next_ids = tuple((str(r["name"]), whole(r["seq"])) for r in ids)
            return _Was(Books(ledger).journal.head(), jobs, next_ids, *hashes_after(ledger, kept.count))
    except (LedgerDown, NotALedger):
        return None


def _settle(fresh: Path, was: _Was | None, now: float) -> Restored:
    """End what was open, so that nothing is sent twice, and say so in the journal."""
    with closing(opened(fresh).conn) as connection:
        connection.execute("begin immediate")
        tx = SqliteTransaction(connection)
        books = Books(tx)
        before = books.journal.head()
        held = tuple(whole(row["id"]) for row in tx.rows("select id from jobs order by id"))
        lost = tuple(sorted(set(was.jobs) - set(held))) if was else None
        ends = "update deliveries set done_at = :now, due_at = null, mark = '' where done_at is null"
        requests = tx.run(ends, now=now)
        tx.run("update notices set due_at = null")  # it may have been posted since
        queued = drop_restored(books.holds, books.intake, now)
        _renumber(tx, was)
        for number, _ in books.warmings.due(float("inf")):
            if (warming := books.warmings.find(number)) is not None:
                books.warmings.save(replace(warming, due_at=None, ended=now, stopped="restored from a backup"))
        parked = tuple(job for job in held if _park(tx, books, books.jobs.get(job), now))
        books.record.settle()
        old = was.head if was else Head()
        lost_entries = max(0, old.count - before.count)
        books.journal.add(
            now, "restored", "purgebot",
            backup={"count": before.count, "hash": before.hash},
            replaced={
                "count": old.count, "hash": old.hash,
                **({"first": was.first, "hashes": was.hashes} if was and was.hashes else {}),
            },
            lost=None if lost is None else len(lost), lost_entries=None if was is None else lost_entries,
            parked=len(parked), requests=requests + len(queued), queued=str(Ranges.of(queued)),
        )  # fmt: skip
        connection.execute("commit")
        connection.execute("pragma journal_mode = delete")
        head = books.journal.head()
    return Restored(head, None, parked, requests + len(queued), lost, lost_entries)


def _renumber(tx: SqliteTransaction, was: _Was | None) -> None:
    """No number of a lost job is given again, and no reference that a provider has seen."""
    for table, last in was.next_ids if was else ():
        tx.run("update sqlite_sequence set seq = max(seq, :last) where name = :table", last=last, table=table)
        tx.run(
            "insert into sqlite_sequence (name, seq) select :table, :last"
            " where not exists (select 1 from sqlite_sequence where name = :table)",
            last=last, table=table,
        )  # fmt: skip
    tx.run("update meta set value = lower(hex(randomblob(8))) where name = 'ledger'")


def _park(tx: SqliteTransaction, books: Books, job: JobView, now: float) -> bool:
    """End `job` if it is open; one that only looks at the edge goes on."""
    if not job.state.is_open or job.state is State.CHECKING:
        return False
    tx.run("update batches set state = 'unknown' where job = :job and state = 'sending'", job=job.id)
    books.batches.cancel(job.id)
    for position, layer in enumerate(books.jobs.get(job.id).layers):
        if layer.state in _BEGUN:
            books.jobs.save_layer(job.id, position, replace(layer, state=LayerState.STOPPED))
    books.jobs.save(
        replace(job, state=State.CANCELLED, due_at=None, ended=now, why=RESTORED, stop_reason="the restore of a backup")
    )
    books.messages.say(job.id, Told(Event.RESTORED, text=job.state), now)
    books.messages.changed(job.id, now)
    books.journal.add(now, "restored", "purgebot", job.id, state=State.CANCELLED, was=job.state, why=RESTORED)
    return True


def _set_aside(target: Path, stamp: str) -> Path:
    """The old file under another name, with what its log still held."""
    kept = target.with_name(f"{target.name}.before-restore-{stamp}")
    if kept.exists():
        raise CannotCopy(f"{kept} exists already. Move it away, then restore again.")
    with contextlib.suppress(sqlite3.Error), closing(sqlite3.connect(target, isolation_level=None)) as old:
        old.execute("pragma wal_checkpoint(truncate)")
    target.rename(kept)
    for end in ("-wal", "-shm"):
        beside = target.with_name(target.name + end)
        if beside.exists():
            beside.rename(kept.with_name(kept.name + end))
    return kept


@contextlib.contextmanager
def _new_file(path: Path) -> Iterator[None]:
    """An empty file at `path`, readable by its owner alone; it goes again unless all went well."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError as exc:
        raise CannotCopy(f"{path} exists already, and nothing is overwritten. Name another file.") from exc
    except OSError as exc:
        raise CannotCopy(f"{path} cannot be written ({exc.strerror}). Name a file in a folder that can.") from exc
    try:
        yield
    except BaseException:
        for end in ("", "-wal", "-shm", "-journal"):
            path.with_name(path.name + end).unlink(missing_ok=True)
        raise


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
