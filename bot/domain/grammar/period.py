"""Spans of time as people type them: 30m, 12h, 7d, 2w, or the day they begin with, in UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

_UNITS = {"m": (60.0, "minute"), "h": (3600.0, "hour"), "d": (86_400.0, "day"), "w": (604_800.0, "week")}
_AGO = re.compile(r"([1-9][0-9]{0,4})([mhdw])")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
EXAMPLES = "such as 12h, 7d or 2026-11-01"


def begins(text: str, now: float) -> float | None:
    """When the span `text` that ends `now` begins, in seconds since the epoch; None if it is no span."""
    if found := _AGO.fullmatch(text.lower()):
        return now - int(found[1]) * _UNITS[found[2]][0]
    day = _day(text)
    return None if day is None else datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def is_period(text: str) -> bool:
    """Whether `text` is a span."""
    return begins(text, 0.0) is not None


def told(text: str) -> str:
    """A span in words: in the last 7 days, since 2026-11-01."""
    found = _AGO.fullmatch(text.lower())
    if found is None:
        return f"since {text}"
    n, unit = int(found[1]), _UNITS[found[2]][1]
    return f"in the last {unit}" if n == 1 else f"in the last {n:,} {unit}s"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None
