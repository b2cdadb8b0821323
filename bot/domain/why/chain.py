"""The chain of places from answers that were made for something else, as those of a check."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bot.domain.answers.answer import PLAIN
from bot.domain.proof.look import ORIGIN
from bot.domain.why.spots import Glance, Spot, Tier


def chain_of(glances: Sequence[Glance], edges: Collection[str], inner: Collection[str]) -> tuple[Spot, ...]:
    """What the places in `edges`, the caches further in called `inner`, and the origin answered, from the visitor
    inwards; `glances` are in the order asked. A place without a plain visitor's answer is none."""
    named = [(Tier.EDGE, edges), (Tier.INNER, inner), (Tier.ORIGIN, [ORIGIN])]
    spots = [_spot(name, tier, glances) for tier, names in named for name in names]
    return tuple(spot for spot in spots if spot.plain)


def _spot(name: str, tier: Tier, glances: Sequence[Glance]) -> Spot:
    here = [one for one in glances if one.answer.place == name]
    plain = tuple(one for one in here if one.answer.asked == PLAIN)
    return Spot(name, tier, plain, tuple(one for one in here if one.answer.asked != PLAIN))
