"""Which hosts are one site: those that came through the same caches. A host of which nothing is proven is in none."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.beginning.answers import LeftOut
from bot.beginning.looking import Sight
from bot.domain.answers.recognise import Certainty, Found, is_cdn


@dataclass(frozen=True, slots=True)
class Groups:
    """The hosts of the site that was begun with, those of other sites, and those of none."""

    first: tuple[Sight, ...]
    others: tuple[tuple[Sight, ...], ...]
    left_out: tuple[LeftOut, ...]


def grouped(sights: Sequence[Sight], named: Collection[str]) -> Groups:
    """Each host once. `named` are the providers of the first one's site, which count where nothing was seen of it."""
    first, *others = sights
    together, apart, left_out = [first], dict[frozenset[str], list[Sight]](), []
    for sight in others:
        if _is_beside(sight, first, named):
            together.append(sight)
        elif why := unproven(sight):
            left_out.append(LeftOut(sight.host, why))
        else:
            apart.setdefault(_caches(sight), []).append(sight)
    return Groups(tuple(together), tuple(map(tuple, apart.values())), tuple(left_out))


def unproven(sight: Sight) -> str:
    """Why nothing is known of the caches in front of it; "" where something is."""
    if sight.problem:
        return f"it did not answer: {sight.problem}"
    if sight.turned_away:
        return f"it answered {sight.status}, as {sight.turned_away} does for a host that it does not know"
    return "" if sight.found else "it answered, and no cache is recognised there"


def _is_beside(sight: Sight, first: Sight, named: Collection[str]) -> bool:
    """Whether it belongs to the first one's site."""
    if sight.turned_away:
        return False
    if first.found:
        return _caches(sight) == _caches(first)
    return {one.provider for one in sight.found} <= set(named)


def _caches(sight: Sight) -> frozenset[str]:
    """What tells sites apart: every CDN, and what else is certain; `Age` alone comes and goes. Else all there is."""
    telling = {one.who for one in sight.found if _tells(one)}
    return frozenset(telling or {one.who for one in sight.found})


def _tells(one: Found) -> bool:
    return one.certainty is Certainty.CERTAIN or is_cdn(one.who)
