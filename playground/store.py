"""What the pretend world remembers: one SQLite file, so that a killed playground comes back as it was.

It must survive the end of the process, not of the machine, hence WAL with synchronous NORMAL.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path


class Store:
    """Plain SQL on the event loop's thread; every statement is committed before it returns."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = normal")

    def execute(self, sql: str, args: Sequence[object] = ()) -> int:
        """Run one statement; the number of rows it changed."""
        return self._connection.execute(sql, args).rowcount

    def rows(self, sql: str, args: Sequence[object] = ()) -> list[sqlite3.Row]:
        """All rows of the answer."""
        return self._connection.execute(sql, args).fetchall()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
