"""A hold: while it lasts nothing begins on a site.

Holds of several people lie on one another: the latest is shown, and what lies under it still stands when it ends. So
nobody ends another's hold by laying one of their own on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

ALL = "*"  # the site of a hold on every site
OBSERVER = "purgebot"  # who keeps everything back where the bot only observes, which nobody can release
OVERRULED = "local, anyway"  # the rule of what was begun at the machine over a hold or a no
SHORTEST, LONGEST = 60.0, 90 * 86400.0  # seconds


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
