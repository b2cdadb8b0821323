"""How long a call of an account is thought to take, learned from those that came back.

It is told to people in every forecast, so it must not jump: calls that come back in one turn share whatever held that
turn up, and so count as one of them, however many they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

UNKNOWN_SECONDS = 0.1  # until a call came back
NEWEST = 0.1  # the weight of the newest turn, once there were some


@dataclass(frozen=True, slots=True)
class CallTime:
    """Seconds from taking a call to recording it, of late, learned in so many turns."""

    seconds: float = UNKNOWN_SECONDS
    turns: int = 0

    def after(self, took: Sequence[float]) -> CallTime:
        """What is known once calls that took so many seconds came back in one turn."""
        if not took:
            return self
        weight = max(NEWEST, 1 / (self.turns + 1))
        mean = sum(took) / len(took)
        return CallTime(self.seconds + (mean - self.seconds) * weight, self.turns + 1)
