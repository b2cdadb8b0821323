"""Whose call goes next on one account. Lanes send in this order, and `forecast` foretells times by it.

turns     the jobs alternate, one call each: next is whoever was served longest ago, a new job before all others
urgent    what goes first takes turns among itself, before the rest
share     but of ten calls in a row one is for the rest, so that nothing waits for ever
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

EVERY = 10  # calls of which one is for what is not urgent


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A layer of a job, with calls to send."""

    job: int
    position: int
    urgent: bool = False


class Turns:
    """Who was served when, and how often in a row what is urgent."""

    def __init__(self) -> None:
        self._served: dict[int, int] = {}  # job → the number of its last turn
        self._turns = 0
        self._in_a_row = 0

    def next(self, waiting: Sequence[Place]) -> Place:
        """Whose turn it is; somebody must wait."""
        urgent = [place for place in waiting if place.urgent]
        rest = [place for place in waiting if not place.urgent]
        return min(urgent if self.is_for_urgent(bool(urgent), bool(rest)) else rest, key=self.rank)

    def is_for_urgent(self, urgent: bool, rest: bool) -> bool:
        """Whether the next turn is for what is urgent, where some of that waits, and some of the rest."""
        return urgent and not (rest and self._in_a_row >= EVERY - 1)

    def rank(self, place: Place) -> tuple[int, int, int]:
        """Among the urgent, and among the rest, the lowest is next. It changes only by a turn."""
        return self._served.get(place.job, -1), place.job, place.position

    def served(self, place: Place) -> None:
        """That it had its turn."""
        self._turns += 1
        self._served[place.job] = self._turns
        self._in_a_row = self._in_a_row + 1 if place.urgent else 0

    def copy(self, waiting: Iterable[Place]) -> Turns:
        """The same, as far as those who wait are concerned."""
        same = Turns()
        jobs = {place.job for place in waiting}
        same._served = {job: turn for job, turn in self._served.items() if job in jobs}
        same._turns, same._in_a_row = self._turns, self._in_a_row
        return same
