"""The embedded ledger: SQLite through sqlite-utils, one writer thread, committed in groups.

Up to 64 deeds share one BEGIN IMMEDIATE … COMMIT, each in a savepoint of its own, and are answered after the commit;
if the commit itself does not succeed, every deed of the group hears it. A second thread reads, so that a question
never waits for a group. A file lock refuses a second process: two would send the same calls.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

import sqlite_utils

from bot.ledger.books import Books
from bot.ledger.chain import sha256
from bot.ledger.history import INDEXED, TOKENIZER, History
from bot.ledger.ledger import LedgerDown, Row, Value
from bot.ledger.schema import CHANGES, GUARDS, JOURNAL_INDEXES, TABLES, VERSION

T = TypeVar("T")
GROUP_MAX = 64
BUSY_MS = 2000


class LedgerInUse(Exception):
    """Another process works on this ledger."""


class LedgerTooNew(Exception):
    """The ledger was written by a newer version."""


class SqliteTransaction:
    """Plain SQL on one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def run(self, sql: str, **values: Value) -> int:
        """Execute; the number of rows changed."""
        return self._connection.execute(sql, values).rowcount

    def many(self, sql: str, rows: Sequence[Mapping[str, Value]]) -> None:
        """Execute once for each of `rows`."""
        self._connection.executemany(sql, rows)

    def rows(self, sql: str, **values: Value) -> list[Row]:
        """Execute; all rows of the answer."""
        return [cast(Row, row) for row in self._connection.execute(sql, values).fetchall()]

    def insert(self, sql: str, **values: Value) -> int:
        """Execute an insert; the new row's integer key."""
        return int(self._connection.execute(sql, values).lastrowid or 0)


@dataclass(frozen=True, slots=True)
class _Deed:
    """A function to be done, and who waits for its answer."""

    do: Callable[[Books], object]
    answer: Future[object]


class SqliteLedger:
    """The ledger in one file. `failpoint` is called around each commit; a crash test kills the process there."""

    def __init__(self, path: Path, failpoint: Callable[[str], None] = lambda name: None) -> None:
        self._path = path
        self._failpoint = failpoint
        self._lock = _lock(path)
        self._writes: queue.SimpleQueue[_Deed | None] = queue.SimpleQueue()
        self._reads: queue.SimpleQueue[_Deed | None] = queue.SimpleQueue()
        opened: Future[None] = Future()
        self._writer = threading.Thread(target=self._write_forever, args=(opened,), name="ledger-writer", daemon=True)
        self._reader = threading.Thread(target=self._read_forever, name="ledger-reader", daemon=True)
        self._writer.start()
        try:
            opened.result()
        except sqlite3.Error as exc:
            self._lock.close()
            raise LedgerDown(f"The ledger {path} cannot be opened: {exc}.") from exc
        except BaseException:
            self._lock.close()
            raise
        self._reader.start()

    async def write(self, deed: Callable[[Books], T]) -> T:
        """Do `deed` in one transaction; answers after the commit. Raises LedgerDown, and whatever the deed raises."""
        return await self._ask(self._writes, deed)

    async def read(self, question: Callable[[Books], T]) -> T:
        """Ask `question` of the last commit; it must not write. Raises LedgerDown."""
        return await self._ask(self._reads, question)

    async def _ask(self, to: queue.SimpleQueue[_Deed | None], do: Callable[[Books], T]) -> T:
        answer: Future[object] = Future()
        to.put(_Deed(do, answer))
        try:
            return cast(T, await asyncio.wrap_future(answer))
        except sqlite3.Error as exc:
            raise LedgerDown(f"The ledger {self._path.name} could not be used: {exc}. Nothing was changed.") from exc

    async def close(self) -> None:
        """Finish what was begun and let go of the file."""
        self._reads.put(None)
        await asyncio.to_thread(self._reader.join)
        self._writes.put(None)  # last, since only the writer may fold the write-ahead log into the file
        await asyncio.to_thread(self._writer.join)
        self._lock.close()

    def _write_forever(self, opened: Future[None]) -> None:
        try:
            database = _open(self._path)
        except BaseException as exc:
            opened.set_exception(exc)
            return
        opened.set_result(None)
        books = Books(SqliteTransaction(database.conn))
        while (group := self._next_group()) is not None:
            self._do_group(database.conn, books, group)
        database.close()

    def _next_group(self) -> list[_Deed] | None:
        first = self._writes.get()
        if first is None:
            return None
        group = [first]
        while len(group) < GROUP_MAX:
            try:
                deed = self._writes.get_nowait()
            except queue.Empty:
                break
            if deed is None:
                self._writes.put(None)
                break
            group.append(deed)
        return group

    def _do_group(self, connection: sqlite3.Connection, books: Books, group: Sequence[_Deed]) -> None:
        answers: list[tuple[_Deed, object, BaseException | None]] = []
        try:
            connection.execute("begin immediate")
            for deed in group:
                answers.append((deed, *_do_one(connection, books, deed)))
            self._failpoint("before commit")
            connection.execute("commit")
            self._failpoint("after commit")
        except sqlite3.Error as exc:
            if connection.in_transaction:
                connection.execute("rollback")
            answers = [(deed, None, exc) for deed in group]
        for deed, value, problem in answers:
            _answer(deed.answer, value, problem)

    def _read_forever(self) -> None:
        database = _connect(self._path)
        database.conn.execute("pragma query_only = on")
        books = Books(SqliteTransaction(database.conn))
        while (deed := self._reads.get()) is not None:
            try:
                database.conn.execute("begin")
                value, problem = deed.do(books), None
            except Exception as exc:
                value, problem = None, exc
            finally:
                if database.conn.in_transaction:
                    database.conn.execute("rollback")
            _answer(deed.answer, value, problem)
        database.close()


def _do_one(connection: sqlite3.Connection, books: Books, deed: _Deed) -> tuple[object, BaseException | None]:
    connection.execute("savepoint deed")
    try:
        value = deed.do(books)
    except sqlite3.OperationalError:  # disk full, locked: the whole group hears it
        raise
    except Exception as exc:
        connection.execute("rollback to deed")
        connection.execute("release deed")
        return None, exc
    connection.execute("release deed")
    return value, None


def _answer(waiting: Future[object], value: object, problem: BaseException | None) -> None:
    if not waiting.set_running_or_notify_cancel():
        return
    if problem is not None:
        waiting.set_exception(problem)
        return
    waiting.set_result(value)


def _connect(path: Path) -> sqlite_utils.Database:
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_MS / 1000)
    connection.row_factory = sqlite3.Row
    connection.execute("pragma synchronous = full")
    return sqlite_utils.Database(connection)


def _open(path: Path) -> sqlite_utils.Database:
    """Open for writing: WAL, synchronous FULL (asserted, since a commit must survive power loss), tables in place."""
    database = _connect(path)
    mode = database.conn.execute("pragma journal_mode = wal").fetchone()[0]
    if mode != "wal" or database.conn.execute("pragma synchronous").fetchone()[0] != 2:
        raise LedgerDown(f"The ledger {path} cannot keep a write-ahead log here. Put it on a local disk.")
    database.conn.executescript(TABLES)
    database.table("meta").insert({"name": "version", "value": str(VERSION)}, pk="name", ignore=True)
    written_by = int(str(database.table("meta").get("version")["value"]))
    if written_by > VERSION:
        raise LedgerTooNew(
            f"The ledger {path} was written by a newer purgebot (version {written_by}, this one knows {VERSION})."
            " Install that version again, or restore the backup taken before the upgrade."
        )
    database.conn.create_function("sha256", 1, sha256, deterministic=True)
    for version in range(written_by, VERSION):
        database.conn.execute("begin immediate")
        for change in CHANGES[version]:
            database.conn.execute(change)
        database.conn.execute("update meta set value = ? where name = 'version'", (str(version + 1),))
        database.conn.execute("commit")
    _guard(database.conn)
    _index(database)
    return database


def _guard(connection: sqlite3.Connection) -> None:
    connection.execute("begin immediate")
    for sql in JOURNAL_INDEXES:
        connection.execute(sql)
    for name, sql in GUARDS.items():
        connection.execute(f"drop trigger if exists {name}")
        connection.execute(sql)
    connection.execute("commit")


def opened(path: Path) -> sqlite3.Connection:
    """A connection of its own to the ledger in `path`, brought up to date; whoever calls holds the lock."""
    return _open(path).conn


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """No purgebot works on the ledger in `path` meanwhile. Raises LedgerInUse and LedgerDown."""
    lock = _lock(path)
    try:
        yield
    finally:
        lock.close()


def _index(database: sqlite_utils.Database) -> None:
    """The search index, kept by triggers in the transaction of what it shows. Jobs from before it are added at once."""
    history = database.table("history")
    if history.detect_fts() is None:
        history.enable_fts(INDEXED, create_triggers=True, tokenize=TOKENIZER)
    database.conn.execute("begin immediate")
    History(SqliteTransaction(database.conn)).catch_up()
    database.conn.execute("commit")


def _lock(path: Path) -> _Lock:
    if not path.absolute().parent.is_dir():
        raise LedgerDown(f"There is no folder {path.parent} for the ledger.")
    return _Lock(path.with_name(path.name + ".lock"))


class _Lock:
    """An exclusive lock on a file beside the ledger; the kernel frees it when the process ends."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            os.close(self._file)
            raise LedgerInUse(
                f"Another purgebot works on this ledger ({path.name} is locked)."
                " Stop it first, or name another database."
            ) from exc

    def close(self) -> None:
        """Free the lock."""
        os.close(self._file)
