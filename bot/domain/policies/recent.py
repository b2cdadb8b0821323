"""What one person asked for on a site within ten minutes: whatever is judged is judged with it.

Otherwise a purge in two halves would need what neither half needs. What was denied, withdrawn, cancelled before it was
sent, or expired is not in it; distinct targets count once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from providers.contract import Kind


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
