"""What one person asked for on a site within ten minutes: whatever is judged is judged with it.

Otherwise a purge in two halves would need what neither half needs. What was denied, withdrawn, cancelled before it was
sent, or expired is not in it; distinct targets count once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from providers.contract import Kind

_NAMED_MAX = 3


@dataclass(frozen=True, slots=True)
class Before:
    """A request of those minutes, by name. `seconds` ago it was asked for; None where it begins at another time."""

    name: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Recent:
    """The sum of them, beside what is judged. `usd` is what judged and earlier requests cost together, less what the
    judged one costs alone. With `emptying`, and not without what is judged, nothing of the site stays."""

    counts: Mapping[Kind, int] = field(default_factory=dict)
    usd: float = 0.0
    emptying: tuple[Before, ...] = ()
    is_soft: bool = True  # whether all of `emptying` mark copies as stale

    @property
    def items(self) -> int:
        """All their targets."""
        return sum(self.counts.values())


NOTHING_RECENT = Recent()


def together(emptying: tuple[Before, ...], site: str, environment: str) -> str:
    """Why a request is judged as everything: with P-12 of 4 minutes ago this is everything on shop (production)."""
    names = [_named(one) for one in emptying[:_NAMED_MAX]]
    more = len(emptying) - len(names)
    names += [f"{more} more"] if more else []
    listed = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
    return f"with {listed} this is everything on {site} ({environment})"


def _named(one: Before) -> str:
    if one.seconds is None:
        return one.name
    minutes = round(one.seconds / 60)
    ago = "a moment ago" if minutes < 1 else f"{minutes} minute{'s' if minutes > 1 else ''} ago"
    return f"{one.name} of {ago}"
