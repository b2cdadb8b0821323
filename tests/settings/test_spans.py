"""Hours, days and lengths of time as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from bot.domain.policies.hours import Days, Shift, Week
from bot.settings import spans
from bot.settings.complaints import Complaints
from bot.settings.reader import Document

BERLIN = ZoneInfo("Europe/Berlin")
LIKE = "Write it like Mon-Fri 08:00-19:00 Europe/Berlin."
WORKDAYS = frozenset(range(5))


def desk() -> Complaints:
    return Complaints(Document("f", {}))


def told(complaints: Complaints) -> list[str]:
    return [f"{one.what} {one.advice}" for one in complaints.sorted()]


HOURS = {
    "workdays": ("Mon-Fri 08:00-19:00 Europe/Berlin", [(WORKDAYS, 8, 19)]),
    "and Saturdays": ("Mon-Fri 08:00-19:00, Sat 10:00-14:00 Europe/Berlin", [(WORKDAYS, 8, 19), ({5}, 10, 14)]),
    "no blank behind the comma": (
        "Mon-Fri 8:00-19:00,Sat 10:00-14:00 Europe/Berlin",
        [(WORKDAYS, 8, 19), ({5}, 10, 14)],
    ),
    "some days": ("Mon,Wed 08:00-19:00 Europe/Berlin", [({0, 2}, 8, 19)]),
    "days and ranges": ("Mon-Tue,Thu-Fri 08:00-19:00 Europe/Berlin", [({0, 1, 3, 4}, 8, 19)]),
    "over the week's end": ("Fri-Mon 08:00-19:00 Europe/Berlin", [({4, 5, 6, 0}, 8, 19)]),
    "overnight": ("Mon-Fri 22:00-06:00 Europe/Berlin", [(WORKDAYS, 22, 6)]),
    "every day": ("22:00-06:00 Europe/Berlin", [(range(7), 22, 6)]),
    "whole days": ("Sat-Sun 00:00-24:00 Europe/Berlin", [({5, 6}, 0, 0)]),
    "until midnight": ("Sat 18:00-24:00 Europe/Berlin", [({5}, 18, 0)]),
    "small letters": ("mon-fri 08:00-19:00 Europe/Berlin", [(WORKDAYS, 8, 19)]),
    "a long dash": ("Mon–Fri 08:00–19:00 Europe/Berlin", [(WORKDAYS, 8, 19)]),
}  # fmt: skip


@pytest.mark.parametrize(("typed", "shifts"), HOURS.values(), ids=HOURS)
def test_hours_are_read(typed: str, shifts: list[tuple[set[int], int, int]]) -> None:
    expected = tuple(Shift(frozenset(days), time(begins), time(ends)) for days, begins, ends in shifts)
    assert Week(expected, BERLIN, typed) == spans.week(desk(), (), typed, None)


def test_hours_without_a_zone_are_of_the_configured_one() -> None:
    shifts = (Shift(frozenset({5}), time(8), time(9)),)
    assert Week(shifts, BERLIN, "Sat 08:00-09:00") == spans.week(desk(), (), "Sat 08:00-09:00", BERLIN)


NO_HOURS = {
    "no zone": (
        "Mon-Fri 08:00-19:00",
        "`Mon-Fri 08:00-19:00` names no time zone. End it with one, such as Europe/Berlin, or set policy.timezone.",
    ),
    "one word": (
        "always", "`always` names no time zone. End it with one, such as Europe/Berlin, or set policy.timezone.",
    ),
    "unknown zone": (
        "Mon 08:00-19:00 Europe/Berln", "there is no time zone `Europe/Berln`. Did you mean `Europe/Berlin`?",
    ),
    "zone in small letters": (
        "Mon 08:00-19:00 europe/berlin", "there is no time zone `europe/berlin`. Did you mean `Europe/Berlin`?",
    ),
    "a zone like no other": (
        "Mon 08:00-19:00 Xyzzy", "there is no time zone `Xyzzy`. Write one like Europe/Berlin or UTC.",
    ),
    "no hours": ("Sat-Sun UTC", "`Sat-Sun` has no hours. Write Sat-Sun 00:00-24:00 for whole days."),
    "a part without hours": (
        "Sat, Mon-Fri 19:00-08:00 UTC", "`Sat` has no hours. Write Sat 00:00-24:00 for whole days.",
    ),
    "a part without days": (
        "Mon-Fri 08:00-12:00, 13:00-17:00 UTC",
        "`13:00-17:00` names no days. Write the days too, such as Mon-Fri 13:00-17:00.",
    ),
    "unknown weekday": ("Mon-Fry 08:00-19:00 UTC", "there is no weekday `Fry`. Did you mean `Fri`?"),
    "a whole weekday": ("Monday 08:00-19:00 UTC", "there is no weekday `Monday`. Did you mean `Mon`?"),
    "another tongue": ("Mi 08:00-19:00 UTC", "there is no weekday `Mi`. Write Mon, Tue, Wed, Thu, Fri, Sat or Sun."),
    "hours alone": ("Mon 8-19 UTC", "`8-19` are no hours. Write 08:00-19:00."),
    "no such hour": ("Mon 08:00-25:00 UTC", "`08:00-25:00` are no hours of a day. Write them from 00:00 to 24:00."),
    "no time": ("Mon 08:00-08:00 UTC", "`08:00-08:00` ends where it begins. Write 00:00-24:00 for the whole day."),
    "blanks": ("Mon - Fri 08:00-19:00 UTC", f"`Mon - Fri 08:00-19:00` are no days and hours. {LIKE}"),
}  # fmt: skip


@pytest.mark.parametrize(("typed", "expected"), NO_HOURS.values(), ids=NO_HOURS)
def test_wrong_hours_are_told(typed: str, expected: str) -> None:
    complaints = desk()
    assert (None, [expected]) == (spans.week(complaints, (), typed, None), told(complaints))


def at(year: int, month: int, day: int, hour: int = 0, zone: ZoneInfo = BERLIN) -> float:
    return datetime(year, month, day, hour, tzinfo=zone).timestamp()


DAYS = {
    "both days": (["2026-11-26", "2026-11-30"], at(2026, 11, 26), at(2026, 12, 1)),
    "one day": (["2026-11-26", "2026-11-26"], at(2026, 11, 26), at(2026, 11, 27)),
    "the day the clocks change": (["2026-10-25", "2026-10-25"], at(2026, 10, 25), at(2026, 10, 26)),
    "moments": (["2026-11-26T08:00", "2026-11-26 20:00"], at(2026, 11, 26, 8), at(2026, 11, 26, 20)),
    "an offset": (
        ["2026-11-26T08:00Z", "2026-11-26T20:00+02:00"],
        datetime(2026, 11, 26, 8, tzinfo=UTC).timestamp(), datetime(2026, 11, 26, 18, tzinfo=UTC).timestamp(),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("typed", "begins", "ends"), DAYS.values(), ids=DAYS)
def test_days_are_read(typed: list[str], begins: float, ends: float) -> None:
    assert Days(begins, ends, " to ".join(typed)) == spans.days(desk(), (), typed, BERLIN)


DAY = "Write it like 2026-11-26 or 2026-11-26T08:00."
NO_DAYS = {
    "a moment and a day": (
        ["2026-11-26T08:00", "2026-11-26"],
        "names a day and a moment, `2026-11-26T08:00` and `2026-11-26`."
        " Write two days, such as [2026-11-26, 2026-11-30], or give both their hours, as in 2026-11-26T08:00.",
    ),
    "one": (
        ["2026-11-26"],
        "must name two days or moments, not 1."
        " Write the first and the last, such as [2026-11-26, 2026-11-30]; both days are included.",
    ),
    "backwards": (
        ["2026-11-30", "2026-11-26"], "ends at `2026-11-26`, before it begins. Write the first moment first.",
    ),
    "no time between": (
        ["2026-11-30T08:00", "2026-11-30T08:00"],
        "ends at `2026-11-30T08:00`, where it begins. Write a later end.",
    ),
    "no such day": (["2026-02-30", "2026-03-01"], f"`2026-02-30` is no day or moment. {DAY}"),
    "another way round": (["26.11.2026", "2026-11-30"], f"`26.11.2026` is no day or moment. {DAY}"),
    "the last day there is": (["2026-11-26", "9999-12-31"], f"`9999-12-31` is no day or moment. {DAY}"),
}  # fmt: skip


@pytest.mark.parametrize(("typed", "expected"), NO_DAYS.values(), ids=NO_DAYS)
def test_wrong_days_are_told(typed: list[str], expected: str) -> None:
    complaints = desk()
    assert (None, [expected]) == (spans.days(complaints, (), typed, BERLIN), told(complaints))


LENGTHS = {"90s": 90.0, "30m": 1800.0, "2h": 7200.0, "1d": 86400.0}


@pytest.mark.parametrize(("typed", "seconds"), LENGTHS.items())
def test_lengths_are_read_in_seconds(typed: str, seconds: float) -> None:
    assert seconds == spans.duration(desk(), (), typed)


@pytest.mark.parametrize("typed", ["30", "-5m", "1.5h", "half an hour", "30 m", "1h30m", ""])
def test_what_is_no_length_is_told(typed: str) -> None:
    complaints = desk()
    spans.duration(complaints, (), typed)
    assert [f"`{typed}` is no length of time. Write it like 90s, 30m or 2h."] == told(complaints)
