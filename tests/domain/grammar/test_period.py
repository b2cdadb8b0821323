"""Spans of time, as typed."""

from __future__ import annotations

import pytest

from bot.domain.grammar.period import begins, told

NOW = 1_800_000_000.0  # 2027-01-15 08:00 UTC

SPANS = {
    "minutes": ("30m", NOW - 1800, "in the last 30 minutes"),
    "one hour": ("1h", NOW - 3600, "in the last hour"),
    "days": ("7d", NOW - 604_800, "in the last 7 days"),
    "in capitals": ("7D", NOW - 604_800, "in the last 7 days"),
    "weeks": ("2w", NOW - 1_209_600, "in the last 2 weeks"),
    "many days": ("4000d", NOW - 345_600_000, "in the last 4,000 days"),
    "a day": ("2026-11-01", 1_793_491_200.0, "since 2026-11-01"),
}


@pytest.mark.parametrize(("text", "begin", "words"), SPANS.values(), ids=SPANS)
def test_a_span_begins_and_is_told(text: str, begin: float, words: str) -> None:
    assert (begin, words) == (begins(text, NOW), told(text))


@pytest.mark.parametrize(
    "text", ["", "7", "d", "0d", "7y", "-7d", "7 d", "2026-02-30", "2026-1-1", "20261101", "2026-W01-1", "١d", "1e9d"]
)
def test_what_is_no_span_is_none(text: str) -> None:
    assert begins(text, NOW) is None
