"""A schedule of the configuration file: the same purge, again and again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

from bot.domain.actor import Actor, Standing
from bot.domain.cron import Cron

PUNCTUAL = 60.0  # seconds after its time in which an occurrence is not late


@dataclass(frozen=True, slots=True)
class Schedule:
    """One of them. `purge` is the line of a purge on `site`; a missed occurrence runs if `runs_late` and it is at most
    `within` seconds old, else it is told."""

    name: str
    cron: Cron
    zone: tzinfo
    zone_name: str
    site: str
    purge: str
    reason: str = ""
    runs_late: bool = False
    within: float = 7200.0

    @property
    def actor(self) -> Actor:
        """Who asks, as policy and record name it."""
        return Actor(f"schedule:{self.name}", Standing.SCHEDULE, "", frozenset({self.site}))

    @property
    def late_max(self) -> float:
        """How many seconds after its time an occurrence begins by itself."""
        return max(PUNCTUAL, self.within) if self.runs_late else PUNCTUAL

    @property
    def times(self) -> str:
        """What its row in the ledger is for: another text is another schedule."""
        return f"{self.cron.text} {self.zone_name}"
