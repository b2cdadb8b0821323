"""Times that come again: what may be written, and when they come, across every sort of change of the clocks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.cron import BadCron, Cron, comes_twice, instant, is_left_out, read_cron

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kathmandu", "UTC")


def at(iso: str) -> float:
    """Seconds since the epoch of an ISO time, in UTC where it says no offset."""
    moment = datetime.fromisoformat(iso)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def coming(entry: str, zone: str, after: str, n: int) -> list[str]:
    """The next `n` times in UTC; `after` is on the wall of `zone`."""
    times = read_cron(entry).times(instant(datetime.fromisoformat(after), ZoneInfo(zone)), ZoneInfo(zone))
    return [f"{datetime.fromtimestamp(next(times), UTC):%d %H:%M}" for _ in range(n)]


BERLIN, NEW_YORK, LORD_HOWE, CAIRO = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"
CHANGES = [
    pytest.param("30 2 * * *", BERLIN, "2026-03-28 12:00", ["29 01:00", "30 00:30"], id="gap-once-right-after-it"),
    pytest.param("0,30 2 * * *", BERLIN, "2026-03-28 12:00", ["29 01:00", "30 00:00"], id="two-in-the-gap-are-one"),
    pytest.param("0 2,3 * * *", BERLIN, "2026-03-28 12:00", ["29 01:00", "30 00:00"], id="and-so-with-its-end"),
    pytest.param("30 2 * * *", BERLIN, "2026-10-24 12:00", ["25 00:30", "26 01:30"], id="fold-once-the-first-time"),
    pytest.param("*/30 2 * * *", BERLIN, "2026-03-28 12:00", ["30 00:00", "30 00:30"], id="any-minute-not-in-the-gap"),
    pytest.param(
        "*/30 2 * * *", BERLIN, "2026-10-24 12:00", ["25 00:00", "25 00:30", "25 01:00", "25 01:30"],
        id="any-minute-twice-in-the-fold",
    ),
    pytest.param("0 * * * *", BERLIN, "2026-10-25 01:30", ["25 00:00", "25 01:00", "25 02:00"], id="every-hour-fold"),
    pytest.param("0 * * * *", BERLIN, "2026-03-29 00:30", ["29 00:00", "29 01:00", "29 02:00"], id="every-hour-gap"),
    pytest.param("0 */2 * * *", BERLIN, "2026-03-29 00:30", ["29 02:00", "29 04:00"], id="every-second-hour-in-gap"),
    pytest.param("30 2 * * *", NEW_YORK, "2026-03-07 12:00", ["08 07:00", "09 06:30"], id="new-york-gap"),
    pytest.param("30 1 * * *", NEW_YORK, "2026-10-31 12:00", ["01 05:30", "02 06:30"], id="new-york-fold"),
    pytest.param("15 2 * * *", LORD_HOWE, "2026-10-03 12:00", ["03 15:30", "04 15:15"], id="half-an-hour-gap"),
    pytest.param("45 2 * * *", LORD_HOWE, "2026-10-03 12:00", ["03 15:45", "04 15:45"], id="beside-half-an-hour-gap"),
    pytest.param("45 1 * * *", LORD_HOWE, "2026-04-04 12:00", ["04 14:45", "05 15:15"], id="half-an-hour-fold"),
    pytest.param("0 * * * *", LORD_HOWE, "2026-04-05 00:10", ["04 14:00", "04 15:30"], id="an-hour-and-a-half"),
    pytest.param("30 0 * * *", CAIRO, "2026-04-23 12:00", ["23 22:00", "24 21:30"], id="gap-at-midnight"),
    pytest.param("*/30 0 * * 5", CAIRO, "2026-04-23 12:00", ["30 21:00", "30 21:30"], id="no-hour-zero-on-that-day"),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "zone", "after", "expected"), CHANGES)
def test_across_a_change_of_the_clocks(entry: str, zone: str, after: str, expected: list[str]) -> None:
    assert expected == coming(entry, zone, after, len(expected))


PLAIN = [
    pytest.param("0 3 * * 1-5", "2026-11-27 04:00", ["30 03:00", "01 03:00"], id="over-the-weekend"),
    pytest.param("0 3 * * mon-FRI", "2026-11-27 04:00", ["30 03:00"], id="names"),
    pytest.param("15,45 */12 * * *", "2026-11-27 04:00", ["27 12:15", "27 12:45", "28 00:15"], id="list-and-step"),
    pytest.param("0-30/15 8 * * *", "2026-11-27 04:00", ["27 08:00", "27 08:15", "27 08:30"], id="range-with-step"),
    pytest.param("0 0 13 * 5", "2026-11-01 00:00", ["06 00:00", "13 00:00", "20 00:00"], id="either-of-both-days"),
    pytest.param("0 0 */2 * fri", "2026-11-01 00:00", ["13 00:00", "27 00:00"], id="both-where-one-begins-with-a-star"),
    pytest.param("0 0 * * 7", "2026-11-26 00:00", ["29 00:00"], id="seven-is-sunday"),
    pytest.param("0 0 * * sun", "2026-11-26 00:00", ["29 00:00"], id="and-so-is-sun"),
    pytest.param("0 0 29 feb *", "2026-11-26 00:00", ["29 00:00"], id="a-leap-day"),
    pytest.param("@daily", "2026-11-26 00:00", ["27 00:00"], id="daily"),
    pytest.param("@hourly", "2026-11-26 00:00", ["26 01:00"], id="hourly"),
    pytest.param("@Weekly", "2026-11-26 00:00", ["29 00:00"], id="weekly"),
    pytest.param("@monthly", "2026-11-26 00:00", ["01 00:00"], id="monthly"),
    pytest.param("@yearly", "2026-11-26 00:00", ["01 00:00"], id="yearly"),
]


@pytest.mark.parametrize(("entry", "after", "expected"), PLAIN)
def test_when_an_entry_comes(entry: str, after: str, expected: list[str]) -> None:
    assert expected == coming(entry, "UTC", after, len(expected))


BAD = [
    pytest.param("0 3 * *", "'0 3 * *' has 4 fields, and an entry of cron has five.", id="four-fields"),
    pytest.param("0 0 3 * * *", "'0 0 3 * * *' has 6 fields, and an entry of cron has five.", id="seconds"),
    pytest.param("60 3 * * *", "'60' is no minute.", id="minute"),
    pytest.param("0 24 * * *", "'24' is no hour.", id="hour"),
    pytest.param("0 3 0 * *", "'0' is no day of the month.", id="day"),
    pytest.param("0 3 * foo *", "'foo' is no month.", id="month"),
    pytest.param("0 3 * * 8", "'8' is no day of the week.", id="weekday"),
    pytest.param("0 3 * * mon#1", "'mon#1' is no day of the week.", id="nth-weekday"),
    pytest.param("0 3 L * *", "'l' is no day of the month.", id="last-day"),
    pytest.param("5/10 3 * * *", "'5/10' is no minute.", id="step-of-one-number"),
    pytest.param("*/0 3 * * *", "The minute has a step of 0.", id="step-of-nothing"),
    pytest.param("0 5-3 * * *", "The hour '5-3' ends before it begins.", id="backwards"),
    pytest.param("0 3 30 2 *", "'0 3 30 2 *' never comes: no such month has a day 30.", id="never"),
    pytest.param("@reboot", "'@reboot' is no time that comes again.", id="reboot"),
    pytest.param("", "'' has 1 field, and an entry of cron has five.", id="nothing"),
]


@pytest.mark.parametrize(("entry", "expected"), BAD)
def test_what_is_wrong_is_told(entry: str, expected: str) -> None:
    with pytest.raises(BadCron) as raised:
        read_cron(entry)
    assert expected == raised.value.what


def test_what_to_write_is_told() -> None:
    with pytest.raises(BadCron) as raised:
        read_cron("0 3 * * funday")
    expected = "Write numbers from 0 to 7, or sun to sat; lists (1,2), ranges (1-5), steps (*/2, 10-50/20)."
    assert expected == raised.value.advice


def minutes_of_cron(entry: str, zone: ZoneInfo, after: float, until: float) -> list[float]:
    """What a cron daemon does that wakes each minute and never sleeps through one: an oracle for what follows."""
    cron, ran, found = read_cron(entry), set[datetime](), list[float]()
    _, _, day, month, weekday = entry.split()
    assert (day, month) == ("*", "*")
    minute = after // 60 * 60
    shown = datetime.fromtimestamp(minute - 60, zone).replace(tzinfo=None)
    for here in _steps(minute, until):
        wall = datetime.fromtimestamp(here, zone).replace(tzinfo=None, fold=0)
        passed = [wall]
        if cron.on_the_wall:  # minutes that the wall jumped over come now, minutes that it shows again do not
            jumped = int((wall - shown).total_seconds() // 60)
            passed = [wall - timedelta(minutes=n) for n in range(max(1, jumped))]
            passed = [one for one in passed if one not in ran]
            ran.update(passed)
        if here > after and any(_fits(cron, weekday, one) for one in passed):
            found.append(here)
        shown = wall
    return found


def _steps(minute: float, until: float) -> Iterator[float]:
    while minute <= until:
        yield minute
        minute += 60


def _fits(cron: Cron, weekday: str, wall: datetime) -> bool:
    on_day = weekday == "*" or wall.isoweekday() % 7 == int(weekday)
    return wall.minute in cron.minutes and wall.hour in cron.hours and on_day


minute_fields = st.sampled_from(["0", "30", "59", "0,15,45", "*/20", "5-10/5", "*"])
hour_fields = st.sampled_from(["0", "1", "2", "3", "1,2", "1-3", "*/3", "23", "*"])
changes = st.sampled_from(
    ["2026-03-28T09", "2026-10-24T10", "2026-03-08T00", "2026-10-31T20", "2026-10-03T03", "2026-04-04T03",
     "2026-04-23T09", "2026-10-29T09"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(minute_fields, hour_fields, st.sampled_from(["*", "0", "5"]), st.sampled_from(ZONES), changes)
def test_it_comes_as_for_a_cron_that_wakes_each_minute(
    minute: str, hour: str, weekday: str, zone: str, begin: str
) -> None:
    entry, since = f"{minute} {hour} * * {weekday}", at(f"{begin}:00:30")
    until = since + 36 * 3600
    times = read_cron(entry).times(since, ZoneInfo(zone))
    found = []
    while (one := next(times)) <= until:
        found.append(one)
    assert minutes_of_cron(entry, ZoneInfo(zone), since, until) == found


def test_the_last_of_many_missed_is_found_without_counting_all() -> None:
    since, until = at("2026-01-01T00:00"), at("2026-11-26T12:34:56")
    assert (at("2026-11-26T12:34"), 100) == read_cron("* * * * *").missed(since, until, UTC, 100)


def test_few_missed_are_counted() -> None:
    since, until = at("2026-11-23T12:00"), at("2026-11-26T12:34:56")
    assert (at("2026-11-26T03:00"), 3) == read_cron("0 3 * * *").missed(since, until, UTC, 100)


def test_nothing_missed_is_none() -> None:
    since, until = at("2026-11-26T03:00"), at("2026-11-26T12:34:56")
    assert None is read_cron("0 3 * * *").missed(since, until, UTC, 100)


def test_a_wall_time_is_known_to_be_left_out_or_to_come_twice() -> None:
    zone = ZoneInfo("Europe/Berlin")
    walls = [datetime(2026, 3, 29, 2, 30), datetime(2026, 10, 25, 2, 30), datetime(2026, 11, 26, 2, 30)]
    assert [True, False, False] == [is_left_out(wall, zone) for wall in walls]
    assert [False, True, False] == [comes_twice(wall, zone) for wall in walls]
