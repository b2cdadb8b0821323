"""How fast the pretend world is: slow enough to see a purge travel outwards, or at once for tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: the shield's and the API's answer, and when each city is empty after the API has answered."""

    shield: float
    api: float
    cities: Mapping[str, float] = field(default_factory=dict)
    later: dict[str, float] = field(default_factory=dict)  # what a city or an account needs beyond that, for a while


HUMAN = Pace(0.3, 0.6, {"fra": 0.3, "iad": 0.8, "sin": 1.5})
FAST = Pace(0.0, 0.0, {"fra": 0.0, "iad": 0.0, "sin": 0.0})


def pace_named(speed: str) -> Pace:
    """SPEED's meaning: `fast`, or anything else for a human pace. Each call gives one that nobody else has."""
    return replace(FAST if speed == "fast" else HUMAN, later={})
