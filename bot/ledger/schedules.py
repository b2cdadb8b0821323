"""The file's schedules: up to when each has been seen to, and when it comes next."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from bot.ledger.codec import maybe, number
from bot.ledger.ledger import Row, Transaction


@dataclass(frozen=True, slots=True)
class Seen:
    """Where a schedule stands: every time up to `seen` has been seen to. `times` are its times as text."""

    name: str
    times: str
    seen: float
    due_at: float | None


class Schedules:
    """What comes again."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def find(self, name: str) -> Seen | None:
        """Where the schedule `name` stands."""
        rows = self._tx.rows("select * from schedules where name = :name", name=name)
        return _seen(rows[0]) if rows else None

    def save(self, seen: Seen) -> None:
        """Write where a schedule stands."""
        self._tx.run(
            "insert into schedules (name, times, seen, due_at) values (:name, :times, :seen, :due)"
            " on conflict (name) do update set times = excluded.times, seen = excluded.seen, due_at = excluded.due_at",
            name=seen.name, times=seen.times, seen=seen.seen, due=seen.due_at,
        )  # fmt: skip

    def keep_only(self, names: Collection[str]) -> None:
        """Forget every other schedule."""
        for row in self._tx.rows("select name from schedules"):
            if row["name"] not in names:
                self._tx.run("delete from schedules where name = :name", name=str(row["name"]))

    def due(self, until: float) -> list[tuple[str, float]]:
        """Schedules that come by then, with their times."""
        rows = self._tx.rows("select name, due_at from schedules where due_at <= :until", until=until)
        return [(str(row["name"]), number(row["due_at"])) for row in rows]


def _seen(row: Row) -> Seen:
    return Seen(str(row["name"]), str(row["times"]), number(row["seen"]), maybe(row["due_at"]))
