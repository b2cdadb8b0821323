"""Hours of the week through midnight and through daylight-saving changes, and days of the calendar."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.policies.hours import Days, Shift, Span, Week

BERLIN = ZoneInfo("Europe/Berlin")
WORKDAYS = frozenset(range(5))
OFFICE = Week((Shift(WORKDAYS, time(8), time(19)),), BERLIN, "Mon-Fri 08:00-19:00 Europe/Berlin")
NIGHTS = Week((Shift(frozenset({4}), time(22), time(6)),), BERLIN, "Fri 22:00-06:00 Europe/Berlin")
TWO = Week((Shift(frozenset({5}), time(2), time(3)),), BERLIN, "Sat 02:00-03:00")
SUNDAYS = Week((Shift(frozenset({6}), time(2, 30), time(3, 30)),), BERLIN, "Sun 02:30-03:30 Europe/Berlin")
SALE = Days(1_000.0, 2_000.0, "the sale")


def at(text: str, fold: int = 0) -> float:
    """Seconds since the epoch of a wall clock in Berlin."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold).timestamp()


COVERED = [
    pytest.param(OFFICE, at("2026-11-26T08:00"), True, id="begins-at-its-hour"),
    pytest.param(OFFICE, at("2026-11-26T07:59:59"), False, id="not-a-second-earlier"),
    pytest.param(OFFICE, at("2026-11-26T18:59:59"), True, id="to-the-last-second"),
    pytest.param(OFFICE, at("2026-11-26T19:00"), False, id="ends-at-its-hour"),
    pytest.param(OFFICE, at("2026-11-28T12:00"), False, id="not-on-saturday"),
    pytest.param(OFFICE, at("2026-07-01T08:30"), True, id="by-the-wall-in-summer"),
    pytest.param(OFFICE, 1_782_883_800.0 - 3600, False, id="half-past-five-utc-in-summer-is-half-past-seven"),
    pytest.param(NIGHTS, at("2026-11-27T22:00"), True, id="a-night-begins"),
    pytest.param(NIGHTS, at("2026-11-28T05:59"), True, id="a-night-goes-on-the-next-day"),
    pytest.param(NIGHTS, at("2026-11-28T06:00"), False, id="a-night-ends"),
    pytest.param(NIGHTS, at("2026-11-27T05:00"), False, id="the-night-before-is-another"),
    pytest.param(NIGHTS, at("2026-11-28T22:00"), False, id="only-the-night-of-its-day"),
    pytest.param(SUNDAYS, at("2026-03-29T03:15"), True, id="the-hour-left-out-ends-late"),
    pytest.param(SUNDAYS, at("2026-10-25T02:45"), True, id="the-hour-that-comes-twice-once"),
    pytest.param(SUNDAYS, at("2026-10-25T02:45", fold=1), True, id="the-hour-that-comes-twice-twice"),
    pytest.param(SUNDAYS, at("2026-10-25T02:15", fold=1), False, id="between-the-two"),
    pytest.param(SALE, 1_000.0, True, id="days-begin"),
    pytest.param(SALE, 2_000.0, False, id="days-end"),
]


@pytest.mark.parametrize(("span", "now", "expected"), COVERED)
def test_what_a_span_covers(span: Span, now: float, expected: bool) -> None:
    assert expected is span.covers(now)


CHANGES = [
    pytest.param(OFFICE, at("2026-11-26T12:00"), at("2026-11-26T19:00"), id="today"),
    pytest.param(OFFICE, at("2026-11-27T19:00"), at("2026-11-30T08:00"), id="over-the-weekend"),
    pytest.param(OFFICE, at("2026-10-24T12:00"), at("2026-10-26T08:00"), id="over-the-change-of-clocks"),
    pytest.param(NIGHTS, at("2026-11-28T01:00"), at("2026-11-28T06:00"), id="in-the-night"),
    pytest.param(SALE, 0.0, 1_000.0, id="before-the-days"),
    pytest.param(SALE, 1_500.0, 2_000.0, id="in-the-days"),
    pytest.param(SALE, 2_500.0, None, id="after-the-days"),
]


@pytest.mark.parametrize(("span", "now", "expected"), CHANGES)
def test_when_a_span_changes(span: Span, now: float, expected: float | None) -> None:
    assert expected == span.changes_after(now)


@given(st.sampled_from([OFFICE, NIGHTS, TWO, SUNDAYS]), st.floats(1.77e9, 1.82e9))
def test_between_now_and_the_next_change_nothing_changes(span: Span, now: float) -> None:
    ends = span.changes_after(now)
    assert ends is not None
    moments = [now + (ends - now) * n / 50 for n in range(50)]
    assert {span.covers(now)} == {span.covers(moment) for moment in moments}
    assert span.covers(ends) is not span.covers(now)
