"""From where a check is to look: each name is an edge of the site, or a region where the site is opted in."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import replace

from bot.domain.grammar.mending import misunderstood
from bot.domain.grammar.saying import line_of
from bot.domain.grammar.speech import Command, Confused, Misunderstood, Speaker, places_for
from bot.domain.shown import shown
from bot.domain.site import Site

_NEAR = 0.6


def places(asked: Command, site: Site, speaker: Speaker) -> tuple[str, ...]:
    """The names that `asked` looks from, each once, as they are configured. Raises Confused."""
    there = places_for(site, speaker.world)
    known = {name.lower(): name for name in reversed(there)} | {name: name for name in there}
    found: dict[str, None] = {}
    for name in asked.places:
        place = known.get(name) or known.get(name.lower())
        if place is None:
            raise Confused(_unknown(name, asked, site, there, speaker))
        found[place] = None
    return tuple(found)


def _unknown(name: str, asked: Command, site: Site, there: Sequence[str], speaker: Speaker) -> Misunderstood:
    on = replace(asked, site=site.name, bad=())
    if name.lower() in {region.lower() for region in speaker.world.regions} and site.name not in speaker.world.sites:
        problem = (
            f"{site.name} is not looked at from around the world: measurements are public, so a site must be opted in."
            f" Whoever configures purgebot writes `globalping: {{sites: [{site.name}]}}`."
        )
        kept = tuple(place for place in asked.places if place in site.edges)
        return misunderstood(speaker, problem, line_of(replace(on, places=kept), speaker))
    near = difflib.get_close_matches(name.lower(), there, 1, _NEAR)
    mended = tuple(near[0] if place == name else place for place in asked.places) if near else ()
    what = f"There is no place `{shown(name)}` to look at {site.name} from."
    problem = f"{what} There {_are(there)}." if there else f"{what} It has no `edges`: leave `from` out."
    return misunderstood(speaker, problem, line_of(replace(on, places=mended), speaker))


def _are(names: Sequence[str]) -> str:
    return f"{'is' if len(names) == 1 else 'are'} {', '.join(names)}"
