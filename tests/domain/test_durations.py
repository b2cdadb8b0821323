"""Lengths of time, as they are typed and as they are told."""

from __future__ import annotations

import pytest

from bot.domain.durations import as_typed, duration, length, seconds_in, span
from bot.domain.jobs.hold import LONGEST


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [
        pytest.param("30m", 1800.0, id="minutes"),
        pytest.param("2H", 7200.0, id="hours"),
        pytest.param("90d", LONGEST, id="the longest"),
        pytest.param("2 hours", 7200.0, id="in two words"),
        pytest.param("two Hours", 7200.0, id="a number as a word"),
        pytest.param("an hour", 3600.0, id="one as people say it"),
        pytest.param("90min", 5400.0, id="a shorter word"),
        pytest.param("1 week", 604_800.0, id="weeks"),
        pytest.param("30s", 30.0, id="shorter than the shortest"),
        pytest.param("91d", LONGEST + 86400.0, id="longer than the longest"),
        pytest.param("1.5h", None, id="a fraction"),
        pytest.param("2h30m", None, id="two units"),
        pytest.param("2 months", None, id="another unit"),
        pytest.param("٢h", None, id="digits of another script"),
    ],
)
def test_times_are_a_number_and_a_unit(typed: str, seconds: float | None) -> None:
    assert seconds_in(typed) == seconds


@pytest.mark.parametrize("typed", ["45m", "2h", "36h", "2d", "45s"])
def test_a_time_is_written_as_it_is_read(typed: str) -> None:
    assert typed == as_typed(seconds_in(typed) or 0.0)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 s"),
        (119.9, "119 s"),
        (120, "2 min"),
        (7199, "119 min"),
        (7200, "2 h"),
        (172_799, "47 h"),
        (259_200, "3 d"),
        (31_536_000, "365 d"),
        (63_244_799, "731 d"),
        (63_244_800, "2 years"),
        (2**31, "68 years"),
    ],
)
def test_a_length_of_time_in_one_unit(seconds: float, expected: str) -> None:
    assert expected == span(seconds)


LENGTHS = [
    (0.2, "0 s"),
    (10.0, "10 s"),
    (90.0, "1 min 30 s"),
    (599.6, "10 min"),
    (5400.0, "1 h 30 min"),
    (424_800.0, "4 d 22 h"),
]


@pytest.mark.parametrize(("seconds", "expected"), LENGTHS, ids=[told for _, told in LENGTHS])
def test_lengths_are_told_in_two_units(seconds: float, expected: str) -> None:
    assert expected == length(seconds)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.04, "under 0.1 s"),
        (3.14, "3.1 s"),
        (5.0, "5 s"),
        (9.95, "10 s"),
        (119.4, "119 s"),
        (120, "2 min"),
        (7199, "120 min"),
        (7200, "2 h"),
        (172_800, "2 d"),
        (2**31, "68 years"),
    ],
)
def test_what_something_took_is_rounded(seconds: float, expected: str) -> None:
    assert expected == duration(seconds)
