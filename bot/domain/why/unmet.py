"""Edges that give no page now: nobody saw what they keep, and that is told beside what is known of the others."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from bot.domain.why.before import told_old
from bot.domain.why.case import Case
from bot.domain.why.guarded import refused
from bot.domain.why.spots import Spot, Tier, do, names_of


def unmet(case: Case) -> tuple[Spot, ...]:
    """The edges of which no plain answer tells anything of the page."""
    edges = (spot for spot in case.spots if spot.tier is Tier.EDGE)
    return tuple(spot for spot in edges if not any(glance.is_about_the_page for glance in spot.plain))


def lines(case: Case, told: Collection[str] = ()) -> Iterator[str]:
    """What is not known of them and why, to stand after "Not known: "; nothing of the places that were `told`."""
    whys: dict[str, list[Spot]] = {}
    for spot in unmet(case):
        if spot.name not in told:
            whys.setdefault(_why(case, spot), []).append(spot)
    for why, spots in whys.items():
        was = told_old(case, spots)
        yield f"what {names_of(spots)} {do(spots, 'serves', 'serve')}, since {do(spots, 'it', 'they')} {why}" + (
            f"; {was}" if was else ""
        )


def _why(case: Case, spot: Spot) -> str:
    return refused(spot.last) or case.finding_at(spot).why.removeprefix(f"{spot.name} ")
