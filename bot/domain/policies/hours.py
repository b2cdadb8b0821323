"""Spans of time that rules speak of: days of the calendar, and hours of the week in a time zone.

Hours are those on the wall, so a daylight-saving change moves them with the clocks: an hour that comes twice counts
twice, one that is left out never comes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

DAY = timedelta(days=1)
DAYS_AHEAD = 9  # a week, and a day on each side
QUARTER = 900.0  # seconds


@dataclass(frozen=True, slots=True)
class Days:
    """From `begins` until before `ends`, in seconds since the epoch; `text` is how it was written."""

    begins: float
    ends: float
    text: str

    def covers(self, now: float) -> bool:
        """Whether `now` (seconds since the epoch) lies in it."""
        return self.begins <= now < self.ends

    def changes_after(self, now: float) -> float | None:
        """When `covers` next changes, in seconds since the epoch; None when it does not any more."""
        return next((at for at in (self.begins, self.ends) if at > now), None)


@dataclass(frozen=True, slots=True)
class Shift:
    """Hours of one sort of day: `days` are 0 (Monday) to 6. It ends on the next day where `ends` is not after
    `begins`."""

    days: frozenset[int]
    begins: time
    ends: time


@dataclass(frozen=True, slots=True)
class Week:
    """Hours of the week in `zone`; `text` is how they were written."""

    shifts: tuple[Shift, ...]
    zone: tzinfo
    text: str

    def covers(self, now: float) -> bool:
        """Whether the wall clock at `now` (seconds since the epoch) is within a shift."""
        wall = datetime.fromtimestamp(now, self.zone)
        return any(_on(shift, wall) for shift in self.shifts)

    def changes_after(self, now: float) -> float | None:
        """When `covers` next changes, in seconds since the epoch; None when it never does."""
        here = self.covers(now)
        return next((at for at in sorted(self._moments(now)) if at > now and self.covers(at) is not here), None)

    def _moments(self, now: float) -> Iterator[float]:
        """Every moment of the days around `now` at which a shift may begin or end."""
        today = datetime.fromtimestamp(now, self.zone).date()
        clocks = {
            at.replace(fold=fold) for shift in self.shifts for at in (shift.begins, shift.ends) for fold in (0, 1)
        }
        for day in (today + n * DAY for n in range(-1, DAYS_AHEAD)):
            yield from (datetime.combine(day, at, self.zone).timestamp() for at in clocks)
            midnight, next_one = (datetime.combine(d, time(), self.zone) for d in (day, day + DAY))
            if midnight.utcoffset() != next_one.utcoffset():  # the clocks change, at a quarter of an hour
                yield from (midnight.timestamp() + n * QUARTER for n in range(26 * 4))


Span = Days | Week


def _on(shift: Shift, wall: datetime) -> bool:
    clock = wall.time()
    if shift.begins < shift.ends:
        return wall.weekday() in shift.days and shift.begins <= clock < shift.ends
    began_today = wall.weekday() in shift.days and clock >= shift.begins
    return began_today or ((wall - DAY).weekday() in shift.days and clock < shift.ends)
