"""The embedded ledger: SQLite through sqlite-utils, one writer thread, committed in groups.

Up to 64 deeds share one BEGIN IMMEDIATE … COMMIT, each in a savepoint of its own, and are answered after the commit;
if the commit itself does not succeed, or the file cannot be used, every deed of the group hears it. A second thread
reads, so that a question never waits for a group.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

from bot.ledger.books import Books
from bot.ledger.ledger import LedgerDown
from bot.ledger.opening import SqliteTransaction, connect, lock, opened

T = TypeVar("T")
GROUP_MAX = 64


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
        self._lock = lock(path)
        self._closed = False
        self._writes: queue.SimpleQueue[_Deed | None] = queue.SimpleQueue()
        self._reads: queue.SimpleQueue[_Deed | None] = queue.SimpleQueue()
        ready: Future[None] = Future()
        self._writer = threading.Thread(target=self._write_forever, args=(ready,), name="ledger-writer", daemon=True)
        self._reader = threading.Thread(target=self._read_forever, name="ledger-reader", daemon=True)
        self._writer.start()
        try:
            ready.result()
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
        if self._closed:
            raise LedgerDown(f"The ledger {self._path.name} is closed. Nothing was changed.")
        answer: Future[object] = Future()
        to.put(_Deed(do, answer))
        try:
            return cast(T, await asyncio.wrap_future(answer))
        except sqlite3.Error as exc:
            raise LedgerDown(f"The ledger {self._path.name} could not be used: {exc}. Nothing was changed.") from exc

    async def close(self) -> None:
        """Finish what was begun and let go of the file. Once more does nothing."""
        if self._closed:
            return
        self._closed = True
        self._reads.put(None)
        await asyncio.to_thread(self._reader.join)
        self._writes.put(None)  # last, since only the writer may fold the write-ahead log into the file
        await asyncio.to_thread(self._writer.join)
        self._lock.close()

    def _write_forever(self, ready: Future[None]) -> None:
        try:
            database = opened(self._path)
        except BaseException as exc:
            ready.set_exception(exc)
            return
        ready.set_result(None)
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
        database = connect(self._path)
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
        books.record.settle()
    except Exception as exc:
        if _is_everybodys(exc):
            raise
        connection.execute("rollback to deed")
        connection.execute("release deed")
        return None, exc
    connection.execute("release deed")
    return value, None


def _is_everybodys(problem: Exception) -> bool:
    """Whether the ledger itself is in trouble (disk full, locked, not readable), so that the whole group hears it.
    SQLITE_ERROR is about one statement: it may have met a document in which no JSON stands. The last byte of a code is
    its sort (https://www.sqlite.org/rescode.html); what Python's module itself says of a value has no code."""
    if not isinstance(problem, sqlite3.OperationalError):
        return False
    code: int = getattr(problem, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & 0xFF != sqlite3.SQLITE_ERROR


def _answer(waiting: Future[object], value: object, problem: BaseException | None) -> None:
    if not waiting.set_running_or_notify_cancel():
        return
    if problem is not None:
        waiting.set_exception(problem)
        return
    waiting.set_result(value)
