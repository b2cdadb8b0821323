"""The one interface to what is remembered.

A deed is a function over `Books`. It runs alone, inside one transaction, on the ledger's own thread; its answer comes
only after the commit. A deed that raises changes nothing. So what belongs together is written together, and services
hold no locks.

    job = await ledger.write(lambda books: books.jobs.create(...))
    open = await ledger.read(lambda books: books.jobs.running())
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from bot.ledger.books import Books

T = TypeVar("T")
Value = str | int | float | bytes | None
Row = Mapping[str, Value]


class LedgerDown(Exception):
    """The ledger could not store or read: disk full, database locked or damaged. Nothing was changed."""


class Transaction(Protocol):
    """What the SQL in `bot/ledger` needs of a database: named parameters (`:name`), rows as mappings."""

    def run(self, sql: str, **values: Value) -> int:
        """Execute; the number of rows changed."""
        ...

    def many(self, sql: str, rows: Sequence[Mapping[str, Value]]) -> None:
        """Execute once for each of `rows`."""
        ...

    def rows(self, sql: str, **values: Value) -> list[Row]:
        """Execute; all rows of the answer."""
        ...

    def insert(self, sql: str, **values: Value) -> int:
        """Execute an insert; the new row's integer key."""
        ...


class Ledger(Protocol):
    """Where deeds are done."""

    async def write(self, deed: Callable[[Books], T]) -> T:
        """Do `deed` in one transaction; answers after the commit. Raises LedgerDown, and whatever the deed raises."""
        ...

    async def read(self, question: Callable[[Books], T]) -> T:
        """Ask `question` of the last commit; it must not write. Raises LedgerDown."""
        ...

    async def close(self) -> None:
        """Finish what was begun and let go of the database."""
        ...
