"""A hold: while it lasts nothing begins on a site.

Holds of several people lie on one another: the latest is shown, and what lies under it still stands when it ends. So
nobody ends another's hold by laying one of their own on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

ALL = "*"  # the site of a hold on every site
LONGEST = 90 * 86400.0  # seconds
_UNITS = {"m": 60.0, "h": 3600.0, "d": 86400.0}
_SPAN = re.compile(r"([1-9][0-9]{0,5})(m|h|d)", re.IGNORECASE)
_ENDS_IN_SPAN = re.compile(rf"(.*\S)\s+for\s+({_SPAN.pattern})", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold. Times are seconds since the epoch; without `until` it lasts until it is released."""

    site: str
    by: str
    reason: str
    since: float
    until: float | None = None
    under: Hold | None = None  # somebody else's, which it was laid on

    def is_over(self, now: float) -> bool:
        """Whether this one has ended by itself."""
        return self.until is not None and self.until <= now

    @property
    def alone(self) -> Hold:
        """It, without what lies under it."""
        return replace(self, under=None)


def standing(hold: Hold | None, now: float) -> Hold | None:
    """What of a pile still stands at `now`."""
    return _piled([one for one in _pile(hold) if not one.is_over(now)])


def laid(hold: Hold, on: Hold | None, now: float) -> Hold:
    """`hold` laid on a pile, where it takes the place of an earlier one of the same person."""
    return replace(hold, under=lifted(on, hold.by, now))


def lifted(hold: Hold | None, by: str, now: float) -> Hold | None:
    """The pile without what has ended and what `by` laid on it."""
    return _piled([one for one in _pile(standing(hold, now)) if one.by != by])


def _pile(hold: Hold | None) -> Iterator[Hold]:
    while hold is not None:
        yield hold
        hold = hold.under


def _piled(holds: list[Hold]) -> Hold | None:
    pile: Hold | None = None
    for hold in reversed(holds):
        pile = replace(hold, under=pile)
    return pile


def seconds_in(text: str) -> float:
    """How many seconds `30m`, `2h` or `2d` are; 0 where it is no such time, or a longer one than a hold may last."""
    found = _SPAN.fullmatch(text)
    seconds = float(found[1]) * _UNITS[found[2].lower()] if found else 0.0
    return seconds if seconds <= LONGEST else 0.0


def span(seconds: float) -> str:
    """`seconds` as one types them: 30m, 2h, 2d."""
    unit = next(unit for unit in ("d", "h", "m") if seconds % _UNITS[unit] == 0)
    return f"{seconds / _UNITS[unit]:.0f}{unit}"


def span_at_end(reason: str) -> tuple[str, str] | None:
    """A reason that ends in `for 2h`, cut there: whether that is how long or why cannot be told."""
    found = _ENDS_IN_SPAN.fullmatch(reason)
    return (found[1], found[2]) if found else None
