"""Reviews: each broken glass opens one, which reminds until somebody else closes it. They are also what rations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.ledger.codec import maybe, number, whole
from bot.ledger.history import History
from bot.ledger.ledger import Row, Transaction

DAY = 86400.0  # seconds; a calendar day in UTC


@dataclass(frozen=True, slots=True)
class Review:
    """One broken glass. Times are seconds since the epoch."""

    id: int
    job: int
    by: str
    at: float
    reason: str
    skipped: int  # votes that it did without
    needed: int
    remind: float  # seconds between two reminders
    due_at: float | None = None  # when the next reminder is due
    reminders: int = 0
    closed_by: str = ""
    closed_at: float | None = None
    note: str = ""

    @property
    def is_open(self) -> bool:
        """Whether somebody must still look at it."""
        return self.closed_at is None


class Reviews:
    """Every glass that was broken."""

    def __init__(self, tx: Transaction, history: History) -> None:
        self._tx = tx
        self._history = history

    def open(self, review: Review) -> Review:
        """Write a new one; its number is given here."""
        self._tx.run(
            "insert into reviews (job, by, at, reason, skipped, needed, remind, due_at)"
            " values (:job, :by, :at, :reason, :skipped, :needed, :remind, :due)",
            job=review.job, by=review.by, at=review.at, reason=review.reason, skipped=review.skipped,
            needed=review.needed, remind=review.remind, due=review.due_at,
        )  # fmt: skip
        self._history.keep(review.job)
        return self.of_job(review.job)[-1]

    def find(self, review: int) -> Review | None:
        """Review number `review`."""
        rows = self._tx.rows("select * from reviews where id = :id", id=review)
        return _review(rows[0]) if rows else None

    def of_message(self, of: str) -> Review:
        """The one that a message tells of, by what tells messages apart ("3 C0SEC", "3.1 C0SEC"). Raises KeyError."""
        found = self.find(int(of.partition(" ")[0].partition(".")[0]))
        if found is None:
            raise KeyError(of)
        return found

    def of_job(self, job: int) -> list[Review]:
        """Those of a job, oldest first."""
        return [_review(row) for row in self._tx.rows("select * from reviews where job = :job order by id", job=job)]

    def broken_on_day_of(self, by: str, now: float) -> int:
        """How many glasses `by` broke on the calendar day (UTC) of `now`."""
        begins = now // DAY * DAY
        rows = self._tx.rows(
            "select count(*) as n from reviews where by = :by and at >= :begins and at < :ends",
            by=by, begins=begins, ends=begins + DAY,
        )  # fmt: skip
        return whole(rows[0]["n"])

    def open_on(self, sites: Sequence[str]) -> list[int]:
        """The jobs of `sites` whose review is open, oldest first."""
        rows = self._tx.rows(
            "select distinct job, site from reviews join jobs on jobs.id = job where closed_at is null order by job"
        )
        return [whole(row["job"]) for row in rows if row["site"] in sites]

    def close(self, job: int, by: str, note: str, now: float) -> None:
        """Somebody has looked at all that is open of `job`."""
        self._tx.run(
            "update reviews set closed_by = :by, closed_at = :now, note = :note, due_at = null"
            " where job = :job and closed_at is null",
            job=job, by=by, note=note, now=now,
        )  # fmt: skip
        self._history.keep(job)

    def reminded(self, review: Review, due_at: float) -> None:
        """One more reminder went out; the next is due at `due_at`."""
        self._tx.run(
            "update reviews set reminders = reminders + 1, due_at = :due where id = :id", id=review.id, due=due_at
        )

    def due(self, until: float) -> list[tuple[int, float]]:
        """Reviews whose reminder is due by then."""
        rows = self._tx.rows("select id, due_at from reviews where due_at <= :until", until=until)
        return [(whole(row["id"]), number(row["due_at"])) for row in rows]


def _review(row: Row) -> Review:
    return Review(
        whole(row["id"]), whole(row["job"]), str(row["by"]), number(row["at"]), str(row["reason"]),
        whole(row["skipped"]), whole(row["needed"]), number(row["remind"]), maybe(row["due_at"]),
        whole(row["reminders"]), str(row["closed_by"]), maybe(row["closed_at"]), str(row["note"]),
    )  # fmt: skip
