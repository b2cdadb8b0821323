"""A hold: while it lasts nothing begins on a site.

Holds of several people lie on one another: the latest is shown, and what lies under it still stands when it ends. So
nobody ends another's hold by laying one of their own on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

ALL = "*"  # the site of a hold on every site
OBSERVER = "purgebot"  # who keeps everything back where the bot only observes, which nobody can release
OVERRULED = "local, anyway"  # the rule of what was begun at the machine over a hold or a no
SHORTEST, LONGEST = 60.0, 90 * 86400.0  # seconds
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604_800.0}
_WORDS = {
    "an": 1, "a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12,
}  # fmt: skip
_UNIT = "s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?|h(?:(?:ou)?rs?)?|d(?:ays?)?|w(?:eeks?)?"
_SPAN = re.compile(rf"(?P<n>[0-9]{{1,9}}|{'|'.join(_WORDS)})[ -]?(?P<unit>{_UNIT})", re.IGNORECASE)
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

    @property
    def observes(self) -> bool:
        """Whether it is none that people laid: the bot only observes."""
        return self.by == OBSERVER

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


def gone(before: Hold | None, after: Hold | None) -> tuple[Hold, ...]:
    """The holds of one pile that are not in the other any more, each alone, the one on top first."""
    left = [one.alone for one in _pile(after)]
    return tuple(one.alone for one in _pile(before) if one.alone not in left)


def end_of(*piles: Hold | None) -> float | None:
    """When the last hold of these piles ends by itself; None where one of them waits for its release."""
    last = 0.0
    for hold in (one for pile in piles for one in _pile(pile)):
        if hold.until is None:
            return None
        last = max(last, hold.until)
    return last or None


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


def seconds_in(text: str) -> float | None:
    """How many seconds `30m`, `2 hours` or `two days` are, which may be more or fewer than a hold lasts; None where it
    is no such time."""
    found = _SPAN.fullmatch(text)
    if found is None:
        return None
    n = _WORDS.get(found["n"].lower())
    return float(found["n"] if n is None else n) * _UNITS[found["unit"][0].lower()]


def is_count(text: str) -> bool:
    """Whether `text` is a number alone, written in digits or as a word: a unit may follow."""
    return text.lower() in _WORDS or (text.isascii() and text.isdigit())


def span(seconds: float) -> str:
    """`seconds` as one types them: 30m, 2h, 2d."""
    unit = next(unit for unit in ("d", "h", "m", "s") if seconds % _UNITS[unit] == 0)
    return f"{seconds / _UNITS[unit]:.0f}{unit}"


def span_at_end(reason: str) -> tuple[str, str] | None:
    """A reason that ends in `for 2h` or `for two hours`, cut there: whether that is how long or why cannot be told."""
    found = _ENDS_IN_SPAN.fullmatch(reason)
    return (found[1], found[2]) if found else None
