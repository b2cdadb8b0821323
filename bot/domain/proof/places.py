"""Places by the names that people know, each with the data centre that its answers name: one that is called iad may be
answered at FRA, and two that are answered at one data centre are one place."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.domain.proof.look import Look

CENTRES_SHOWN, PLACES_SHOWN = 3, 3


def named(places: Sequence[str], looks: Sequence[Look]) -> tuple[str, ...]:
    """`places` in words, those that one data centre answered in one: "sin", "iad at FRA", "fra and iad at FRA (one data
    centre)". Of a place that none of `looks` is at, the name alone."""
    at = {place: centres_of(place, looks) for place in places}
    alike: dict[str, list[str]] = {}
    for place in places:
        alike.setdefault(at[place][0] if len(at[place]) == 1 and not _is_own(place) else place, []).append(place)
    return tuple(_told(some, at[some[0]]) for some in alike.values())


def named_one(place: str, looks: Sequence[Look]) -> str:
    """One place: "iad at FRA"."""
    return _told([place], centres_of(place, looks))


def centres_of(place: str, looks: Sequence[Look]) -> tuple[str, ...]:
    """The data centres that the answers of `place` name, in their order."""
    here = (look for look in looks if look.place == place and not look.problem)
    found = (centre for look in here for centre in (look.seen_at, *look.also_at))
    return tuple(dict.fromkeys(centre.upper() for centre in found if centre))


def _is_own(place: str) -> bool:
    """Whether it is one of a provider's own, "Fastly FRA", which is a data centre by its name."""
    return " " in place


def _told(places: Sequence[str], centres: Sequence[str]) -> str:
    if len(places) == 1:
        elsewhere = centres if any(not _is_called(places[0], centre) for centre in centres) else ()
        return f"{places[0]} at {_and(elsewhere, CENTRES_SHOWN)}" if elsewhere else places[0]
    return f"{_and(places, PLACES_SHOWN)} at {centres[0]} (one data centre)"


def _is_called(place: str, centre: str) -> bool:
    """Whether a data centre bears the place's name, perhaps with a number or a mark before it: FRA, FRA56-P1, A-FRA."""
    name = place.rpartition(" ")[2]
    return re.fullmatch(rf"(?:\w+-)?{re.escape(name)}(?:\d[\w-]*)?", centre, re.IGNORECASE) is not None


def _and(words: Sequence[str], most: int) -> str:
    more = len(words) - most
    shown = [*words[:most], f"{more} more"] if more > 1 else list(words)
    return " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))
