"""Times that come again, as cron(8) writes them: minute, hour, day of the month, month, day of the week. Pure.

An entry that names its minutes and its hours keeps to the wall clock: a time that the clocks leave out comes once,
right after the gap, and one that they show twice comes once, the first time. An entry whose minute or hour begins with
`*` follows real time, as in Debian's cron(8): what is left out does not come, what is shown twice comes twice.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import islice, takewhile

DAY = timedelta(days=1)
MINUTE = 60.0  # seconds
DAYS_AHEAD = 41 * 366  # a 29 February on a given day of the week comes again within 40 years
NICKNAMES = {
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
}  # fmt: skip
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_PART = re.compile(r"(?P<first>\*|[0-9a-z]+)(?:-(?P<last>[0-9a-z]+))?(?:/(?P<step>[0-9]{1,4}))?")


@dataclass(frozen=True, slots=True)
class _Field:
    """One of the five: what it is called, its lowest and highest number, and the names of its numbers."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of the week", 0, 7, _WEEKDAYS),  # 0 and 7 are Sunday
)


class BadCron(Exception):
    """An entry that cannot be read: what is wrong, and what to write instead."""

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(f"{what} {advice}")
        self.what = what
        self.advice = advice


@dataclass(frozen=True, slots=True)
class Cron:
    """One entry. Days of the week are 0 (Sunday) to 6; `text` is how it was written."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    both_days: bool  # day of the month and of the week must both fit, since one of them begins with `*`; else either
    on_the_wall: bool  # neither minute nor hour begins with `*`
    text: str

    def after(self, at: float, zone: tzinfo) -> float | None:
        """The first time after `at`, both in seconds since the epoch; None when none comes."""
        return next(self.times(at, zone), None)

    def times(self, after: float, zone: tzinfo) -> Iterator[float]:
        """Every time after `after`, in order, each once."""
        last, day = after, datetime.fromtimestamp(after, zone).date() - DAY
        for n in range(DAYS_AHEAD):
            today = day + n * DAY
            if not self._is_on(today):
                continue
            for at in self._of_day(today, zone):
                if at > last:
                    last = at
                    yield at

    def missed(self, after: float, until: float, zone: tzinfo, most: int) -> tuple[float, int] | None:
        """The last time after `after` and not after `until`, with how many there are, counted up to `most`; None
        where there is none."""
        found = [*islice(takewhile(lambda at: at <= until, self.times(after, zone)), most + 1)]
        if len(found) <= most:
            return (found[-1], len(found)) if found else None
        return self._latest(found[-1], until, zone), most

    def _latest(self, known: float, until: float, zone: tzinfo) -> float:
        """The last time not after `until`; `known` is one of them."""
        today = datetime.fromtimestamp(until, zone).date() + DAY
        while datetime.combine(today, time(), zone).timestamp() > known:
            past = [at for at in self._of_day(today, zone) if at <= until] if self._is_on(today) else []
            if past:
                return max(known, past[-1])
            today -= DAY
        return known

    def _is_on(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        fits = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return all(fits) if self.both_days else any(fits)

    def _of_day(self, day: date, zone: tzinfo) -> Sequence[float]:
        clocks = (time(hour, minute) for hour in sorted(self.hours) for minute in sorted(self.minutes))
        if self.on_the_wall:
            return sorted({instant(datetime.combine(day, clock), zone) for clock in clocks})
        return list(self._in_real_time(day, zone))

    def _in_real_time(self, day: date, zone: tzinfo) -> Iterator[float]:
        """Each minute that passes on `day` while the wall shows one of the entry's times."""
        at = instant(datetime.combine(day, time()), zone)
        end = instant(datetime.combine(day + DAY, time()), zone)
        while at < end:
            wall = datetime.fromtimestamp(at, zone)
            if wall.minute in self.minutes and wall.hour in self.hours and wall.date() == day:
                yield at
            at += MINUTE


def instant(wall: datetime, zone: tzinfo) -> float:
    """When the clocks of `zone` show `wall` (without a zone) for the first time, in seconds since the epoch; where they
    leave it out, when they jump over it."""
    late = wall.replace(tzinfo=zone, fold=0).timestamp()
    if _shown(late, zone) == wall:
        return late
    early = wall.replace(tzinfo=zone, fold=1).timestamp()  # with the offset of after the gap: it lies before it
    while late - early > 1:
        middle = (early + late) // 2
        early, late = (middle, late) if _shown(middle, zone) < wall else (early, middle)
    return late


def is_left_out(wall: datetime, zone: tzinfo) -> bool:
    """Whether the clocks of `zone` jump over `wall` (without a zone)."""
    return _shown(wall.replace(tzinfo=zone, fold=0).timestamp(), zone) != wall


def comes_twice(wall: datetime, zone: tzinfo) -> bool:
    """Whether the clocks of `zone` show `wall` (without a zone) twice."""
    first, second = (wall.replace(tzinfo=zone, fold=fold).timestamp() for fold in (0, 1))
    return second > first


def _shown(at: float, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(at, zone).replace(tzinfo=None, fold=0)


def read_cron(text: str) -> Cron:
    """The entry that `text` writes. Raises BadCron."""
    typed = " ".join(text.lower().split())
    if typed.startswith("@") and typed not in NICKNAMES:
        raise BadCron(f"{text!r} is no time that comes again.", f"Write five fields, or {', '.join(NICKNAMES)}.")
    fields = NICKNAMES.get(typed, typed).split(" ")
    if len(fields) != len(_FIELDS):
        what = f"{text!r} has {len(fields)} field{'s' * (len(fields) != 1)}, and an entry of cron has five."
        raise BadCron(what, 'Write minute, hour, day, month and day of the week, such as "0 3 * * 1-5".')
    minutes, hours, days, months, weekdays = (
        _numbers(typed, field) for typed, field in zip(fields, _FIELDS, strict=True)
    )
    free = [field.startswith("*") for field in fields]
    cron = Cron(
        minutes, hours, days, months, frozenset(day % 7 for day in weekdays), free[2] or free[4],
        not (free[0] or free[1]), text,
    )  # fmt: skip
    if cron.both_days and not any(min(days) <= calendar.monthrange(2024, month)[1] for month in months):
        raise BadCron(f"{text!r} never comes: no such month has a day {min(days)}.", "Name a day that there is.")
    return cron


def _numbers(typed: str, field: _Field) -> frozenset[int]:
    return frozenset(n for part in typed.split(",") for n in _range(part, field))


def _range(part: str, field: _Field) -> range:
    found = _PART.fullmatch(part)
    if found is None:
        raise _bad(part, field)
    first, last, step = found["first"], found["last"], found["step"]
    if first == "*" and last is None:
        return range(field.low, min(field.high, 6 if field.names is _WEEKDAYS else field.high) + 1, _step(step, field))
    if first == "*" or (step is not None and last is None):
        raise _bad(part, field)
    low = _number(first, field)
    high = low if last is None else _number(last, field)
    if high < low:
        raise BadCron(f"The {field.name} {part!r} ends before it begins.", "Write the lower one first, or a list.")
    return range(low, high + 1, _step(step, field))


def _step(typed: str | None, field: _Field) -> int:
    step = 1 if typed is None else int(typed)
    if step == 0:
        raise BadCron(f"The {field.name} has a step of 0.", "Write a step of 1 or more, such as */5.")
    return step


def _number(typed: str, field: _Field) -> int:
    if typed in field.names:
        return field.names.index(typed) + field.low
    if not typed.isdigit() or not field.low <= int(typed) <= field.high:
        raise _bad(typed, field)
    return int(typed)


def _bad(typed: str, field: _Field) -> BadCron:
    names = f", or {field.names[0]} to {field.names[-1]}" if field.names else ""
    advice = f"Write numbers from {field.low} to {field.high}{names}; lists (1,2), ranges (1-5), steps (*/2, 10-50/20)."
    return BadCron(f"{typed!r} is no {field.name}.", advice)
