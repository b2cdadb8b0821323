"""What a channel is told that is of no job: a hold was laid, was released, or has ended by its time; a schedule or a
queued request came to nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.jobs.hold import Hold


class Turn(StrEnum):
    """What became of a hold."""

    LAID = "laid"
    RELEASED = "released"  # by a person or a token
    ENDED = "ended"  # by its time
    UNDONE = "undone"  # no hold: a schedule of the file, or what was queued, came to nothing, as `said` tells


@dataclass(frozen=True, slots=True)
class HoldNews:
    """One turn of the holds on `site`, as one channel is told it. `holds` are those that were laid or are over, each
    alone."""

    turn: Turn
    site: str
    holds: tuple[Hold, ...]
    at: float  # seconds since the epoch
    by: str = ""  # who released
    other: Hold | None = None  # what it was laid on or takes the place of; when it is over, what still holds the site
    jobs: int = 0  # that waited for it and go on
    requests: int = 0  # in line that become plans now
    targets: int = 0  # of those, as they came
    urls: int = 0  # how many of them are URLs
    plans: int = 0
    said: tuple[str, ...] = ()  # in full, a line each
    calls: bool = False  # whoever held is mentioned; elsewhere, and whoever did it themselves, by name
