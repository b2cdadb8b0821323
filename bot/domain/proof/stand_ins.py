"""A deploy's pages that prefixes were purged in place of: how many there are, and how many of them were looked at."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.jobs.job import JobView
from bot.domain.proof.look import ORIGIN


@dataclass(frozen=True, slots=True)
class StandIns:
    """So many pages under prefixes, and how many of them a verdict rests on."""

    seen: int = 0
    pages: int = 0

    @property
    def are_part(self) -> bool:
        """Whether the verdict rests on some of them, and not on all."""
        return self.seen < self.pages

    @property
    def told(self) -> str:
        """60 of 9,000 pages under prefixes; "" where all of them were looked at."""
        pages = f"{self.pages:,} page{'s' * (self.pages > 1)}"
        return f"{self.seen:,} of {pages} under prefixes" if self.are_part else ""


def stand_ins(job: JobView) -> StandIns:
    """Those of `job`, as the last look at it saw them."""
    if job.deploy is None:
        return StandIns()
    looked = {look.url for look in job.looks if look.place != ORIGIN and look.url in job.covered}
    return StandIns(len(looked.intersection(job.deploy.shown_by)), job.deploy.pages)
