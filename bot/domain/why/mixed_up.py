"""A cache that gives plain visitors another visitor's page: it keeps one copy for both, and the origin has two."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.proof.look import in_short
from bot.domain.proof.other_pages import MIXED_UP
from bot.domain.why.case import Case
from bot.domain.why.cause import Cause, Certainty, Name
from bot.domain.why.remedy import or_wider
from bot.domain.why.repeating import shown_again
from bot.domain.why.spots import SENDS_MAX, Spot, Tier, do, each, names_of
from bot.domain.why.times import at_edge, stored, took


def mixed_up(case: Case) -> Cause | None:
    """Who asks plainly gets what the origin gives to another request: nothing of that need be old."""
    found = {spot.name: (spot, who) for spot in case.at(Tier.EDGE) if (who := _whose(case, spot))}
    if not found:
        return None
    _, who = next(iter(found.values()))
    spots = [spot for spot, other in found.values() if other == who]
    header = who.partition(":")[0]
    wrong = f"Have the cache's key hold {header}, or the origin say `Vary: {header}`"
    return Cause(
        Name.MIXED_UP,
        Certainty.SEEN,
        f"{names_of(spots)} {do(spots, 'gives', 'give')} plain visitors the page that the origin gives to"
        f" `{who[:SENDS_MAX]}`: one copy is kept for both, and whoever comes first decides what all get."
        f"{'' if _came_since(case, spots) else _OR_OLD}",
        (
            *each(spots, lambda spot: f"plain: {spot.told}"),
            *each(case.at(Tier.ORIGIN), lambda spot: f"plain: {spot.told}"),
            *each(case.at(Tier.ORIGIN), lambda spot: f"{who}: {_answered(spot, who)}"),
        ),
        or_wider(case, "Purge it", f"{wrong}, then purge the page: a purge alone lets the next visitor decide again."),
        "Whatever the origin tells visitors apart by belongs into the key of every cache before it.",
        repeat=shown_again(case, spots),
    )


_OR_OLD = " Or it is a copy from when the origin gave both the same."


def _whose(case: Case, spot: Spot) -> str:
    """Which request gets that page at the origin, in short; "" where it is a plain visitor's, or nobody's."""
    return case.finding_at(spot).why.partition(MIXED_UP)[2]


def _answered(spot: Spot, who: str) -> str:
    return next(one.told for one in spot.varied if in_short(one.look.variant) == who)


def _came_since(case: Case, spots: Sequence[Spot]) -> bool:
    """Whether each copy came after the last purge, and so from what the origin gives now."""
    last = case.last_purge
    purged = at_edge(case, last) if last is not None and took(case, last) else None
    made = [stored(spot.look) for spot in spots]
    return purged is not None and all(when is not None and when >= purged for when in made)
