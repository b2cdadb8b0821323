"""Looks: at which URLs, from where, and what is seen."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence

from bot.domain.site import Site
from bot.domain.verdict import Look, Verdict, judge
from bot.services.ports import Looker
from bot.services.setup import Core
from providers.errors import PurgeError

ORIGIN = "origin"
DNS = "dns"
LOOKS_AT_ONCE = 16


def places_of(site: Site) -> dict[str, str]:
    """Where a site is looked at: its edges, or wherever DNS leads (an empty address)."""
    return dict(site.edges) if site.edges else {DNS: ""}


async def look_from_within(core: Core, site: Site, url: str, within: float) -> tuple[tuple[Look, ...], str]:
    """What each layer's provider itself sees at its places, `within` seconds, and why there is nothing where one was
    to be asked. Looks that say nothing beside the origin's are left to the caller."""
    looks: list[Look] = []
    problem = ""
    for layer in site.layers:
        provider = core.setup.providers[layer.account]
        try:
            async with asyncio.timeout(within):
                seen = await provider.everywhere(url)
        except PurgeError as exc:
            problem = f"{provider.title}'s own places could not be asked: {exc.what} {exc.cure}"
        except TimeoutError:
            problem = f"{provider.title}'s own places could not be asked: no answer within {within:g} s."
        else:
            looks += [core.looker.told(url, f"{provider.title} {found.place}", found) for found in seen]
    return tuple(looks), problem


def telling(looks: Sequence[Look], beside: Sequence[Look]) -> tuple[Look, ...]:
    """Those of `looks` that can be compared with the origin's among `beside`: fresh or stale, not unknown."""
    origins = [look for look in beside if look.place == ORIGIN]
    return tuple(look for look in looks if judge((), [look, *origins], None).verdict in (Verdict.FRESH, Verdict.STALE))


async def look_all(
    looker: Looker, site: Site, urls: Sequence[str], within: float, only: Collection[str] = ()
) -> tuple[Look, ...]:
    """Every URL at every place (of `only`, where it names some) and twice at the origin, `within` seconds; what takes
    longer is left out."""
    gate = asyncio.Semaphore(LOOKS_AT_ONCE)

    async def look(url: str, place: str, address: str) -> Look:
        async with gate:
            return await looker.look(url, place, address)

    spots = [(place, address) for place, address in places_of(site).items() if not only or place in only]
    if site.origin:
        spots += [(ORIGIN, site.origin), (ORIGIN, site.origin)]
    tasks = [asyncio.create_task(look(url, place, address)) for url in urls for place, address in spots]
    if not tasks:
        return ()
    done, late = await asyncio.wait(tasks, timeout=within)
    for task in late:
        task.cancel()
    return tuple(task.result() for task in tasks if task in done)
