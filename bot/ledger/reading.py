"""A ledger opened for reading alone, beside a running bot or without one: it takes no lock and changes nothing."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import cast
from urllib.parse import quote

from bot.ledger.ledger import LedgerDown, Row, Value
from bot.ledger.opening import SqliteTransaction
from bot.ledger.schema import VERSION


class NotALedger(Exception):
    """The file cannot be read as a ledger of this version; the text says why and what to do."""


class Reading(SqliteTransaction):
    """One state of the ledger, however long the reading takes."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self.connection = connection

    def rows(self, sql: str, **values: Value) -> list[Row]:
        """Execute; all rows of the answer. Raises LedgerDown where the file is damaged."""
        try:
            return cast(list[Row], self.connection.execute(sql, values).fetchall())
        except sqlite3.Error as exc:
            raise _damaged(exc) from exc

    def stream(self, sql: str, **values: Value) -> Iterator[Row]:
        """Execute; the rows one by one. Raises LedgerDown where the file is damaged."""
        try:
            for row in self.connection.execute(sql, values):
                yield cast(Row, row)
        except sqlite3.Error as exc:
            raise _damaged(exc) from exc


def _damaged(problem: sqlite3.Error) -> LedgerDown:
    return LedgerDown(f"The ledger cannot be read to its end: {problem}.")


@contextlib.contextmanager
def reading(path: Path, version: int | None = VERSION) -> Iterator[Reading]:
    """The ledger in `path` as it is now; one of another `version` is refused, unless None. Raises NotALedger."""
    connection, found = _connect(path)
    try:
        _refuse_other(path, found, version)
        yield Reading(connection)
    finally:
        connection.close()


def _connect(path: Path) -> tuple[sqlite3.Connection, int]:
    """A connection that has begun to read, and the ledger's version. Where nothing may be written beside the file, as
    SQLite would for its log, it is read as one that nobody writes to: nobody does while it has no log."""
    if not path.is_file():
        raise NotALedger(f"There is no ledger {path}. Name it in PURGEBOT_DATABASE, as sqlite:/// and its path.")
    try:
        return _begin(path, "mode=ro")
    except sqlite3.Error as exc:
        if isinstance(exc, sqlite3.OperationalError) and not path.with_name(f"{path.name}-wal").exists():
            with contextlib.suppress(sqlite3.Error):
                return _begin(path, "mode=ro&immutable=1")
        raise NotALedger(f"{path} cannot be read as a ledger: {exc}. Name a file that purgebot wrote.") from exc


def _begin(path: Path, how: str) -> tuple[sqlite3.Connection, int]:
    connection = sqlite3.connect(f"file:{quote(str(path.absolute()))}?{how}", uri=True, isolation_level=None)
    connection.row_factory = sqlite3.Row
    try:
        connection.execute("pragma query_only = on")
        connection.execute("begin")
        rows = connection.execute("select value from meta where name = 'version'").fetchall()
    except BaseException:
        connection.close()
        raise
    return connection, int(rows[0][0]) if rows and str(rows[0][0]).isdigit() else 0


def _refuse_other(path: Path, found: int, version: int | None) -> None:
    if version is not None and found > version:
        raise NotALedger(
            f"{path} was written by a newer purgebot (version {found}, this one knows {version}). Use that one."
        )
    if version is not None and found < version:
        raise NotALedger(
            f"{path} is a ledger of version {found}, and this purgebot reads version {version}."
            " Start the bot once, which brings it up to date."
        )
