"""Looks: at which URLs, from where, and what is seen."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.domain.site import Site
from bot.domain.verdict import Look
from bot.services.ports import Looker

ORIGIN = "origin"
DNS = "dns"
LOOKS_AT_ONCE = 16


def places_of(site: Site) -> dict[str, str]:
    """Where a site is looked at: its edges, or wherever DNS leads (an empty address)."""
    return dict(site.edges) if site.edges else {DNS: ""}


async def look_all(looker: Looker, site: Site, urls: Sequence[str], within: float) -> tuple[Look, ...]:
    """Every URL at every place and twice at the origin, `within` seconds; what takes longer is left out."""
    gate = asyncio.Semaphore(LOOKS_AT_ONCE)

    async def look(url: str, place: str, address: str) -> Look:
        async with gate:
            return await looker.look(url, place, address)

    spots = list(places_of(site).items())
    if site.origin:
        spots += [(ORIGIN, site.origin), (ORIGIN, site.origin)]
    tasks = [asyncio.create_task(look(url, place, address)) for url in urls for place, address in spots]
    if not tasks:
        return ()
    done, late = await asyncio.wait(tasks, timeout=within)
    for task in late:
        task.cancel()
    return tuple(task.result() for task in tasks if task in done)
