"""The ledger's file: opened for writing, brought up to date, its triggers and search index in place; and its lock.

A file lock refuses a second process: two would send the same calls.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

from bot.ledger.chain import sha256
from bot.ledger.history import INDEXED, TOKENIZER, History
from bot.ledger.journal import Journal
from bot.ledger.lean import Database
from bot.ledger.ledger import LedgerDown, Row, Value
from bot.ledger.record import Record, watching
from bot.ledger.schema import CHANGES, GUARDS, JOURNAL_INDEXES, TABLES, VERSION
from bot.ledger.triggers import OF_INDEX, REMOVED, remove_strange, wrong_of_index

BUSY_MS = 2000
OWNER_ALONE = 0o600


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


def connect(path: Path) -> Database:
    """A connection that loses no commit with the power."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_MS / 1000)
    connection.row_factory = sqlite3.Row
    connection.execute("pragma synchronous = full")
    return Database(connection)


def opened(path: Path) -> Database:
    """Open for writing: WAL, synchronous FULL (asserted, since a commit must survive power loss), tables in place.
    Whoever calls holds the lock. Raises LedgerDown and LedgerTooNew."""
    with contextlib.suppress(OSError):  # what is wrong is told by the connection
        path.touch(OWNER_ALONE)  # only what is new gets these rights; its write-ahead log takes them over
    database = connect(path)
    mode = database.conn.execute("pragma journal_mode = wal").fetchone()[0]
    if mode != "wal" or database.conn.execute("pragma synchronous").fetchone()[0] != 2:
        raise LedgerDown(f"The ledger {path} cannot keep a write-ahead log here. Put it on a local disk.")
    database.conn.executescript(f"begin immediate; {TABLES} commit;")  # at once: each commit waits for the disk
    database.table("meta").insert({"name": "version", "value": str(VERSION)}, pk="name", ignore=True)
    written_by = int(str(database.table("meta").get("version")["value"]))
    if written_by > VERSION:
        raise LedgerTooNew(
            f"The ledger {path} was written by a newer purgebot (version {written_by}, this one knows {VERSION})."
            " Install that version again, or restore the backup taken before the upgrade."
        )
    removed = remove_strange(SqliteTransaction(database.conn))  # first, since they act on what follows
    database.conn.create_function("sha256", 1, sha256, deterministic=True)
    for version in range(written_by, VERSION):
        database.conn.execute("begin immediate")
        for change in CHANGES[version]:
            database.conn.execute(change)
        database.conn.execute("update meta set value = ? where name = 'version'", (str(version + 1),))
        database.conn.execute("commit")
    _guard(database.conn)
    for sql in watching():
        database.conn.execute(sql)
    _index(database, removed)
    return database


def _guard(connection: sqlite3.Connection) -> None:
    connection.execute("begin immediate")
    for sql in JOURNAL_INDEXES:
        connection.execute(sql)
    for name, sql in GUARDS.items():
        connection.execute(f"drop trigger if exists {name}")
        connection.execute(sql)
    connection.execute("commit")


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """No purgebot works on the ledger in `path` meanwhile. Raises LedgerInUse and LedgerDown."""
    held = lock(path)
    try:
        yield
    finally:
        held.close()


def _index(database: Database, removed: Mapping[str, str]) -> None:
    """The search index, kept by triggers in the transaction of what it shows. Jobs from before it are added at once.
    The journal says which triggers were `removed`."""
    history = database.table("history")
    if wrong_of_index(SqliteTransaction(database.conn)):
        for name in OF_INDEX:
            database.conn.execute(f"drop trigger if exists {name}")
        database.conn.execute("drop table if exists history_fts")
    if history.detect_fts() is None:
        history.enable_fts(INDEXED, create_triggers=True, tokenize=TOKENIZER)
    database.conn.execute("begin immediate")
    tx = SqliteTransaction(database.conn)
    History(tx).catch_up()
    journal = Journal(tx)
    Record(tx, journal).settle()
    if removed:
        journal.add(journal.head().at, REMOVED, "purgebot", triggers=dict(removed))
    database.conn.execute("commit")


def lock(path: Path) -> Lock:
    """The lock of the ledger in `path`. Raises LedgerInUse and LedgerDown."""
    if not path.absolute().parent.is_dir():
        raise LedgerDown(f"There is no folder {path.parent} for the ledger.")
    return Lock(path.with_name(path.name + ".lock"))


class Lock:
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
