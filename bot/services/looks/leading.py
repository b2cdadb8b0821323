"""Asks where DNS leads the visitors of a site whose edges are configured, and whether that is looked at too."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from urllib.parse import urlsplit

from bot.domain.proof.leading import Led, led_by
from bot.domain.site import Site
from bot.services.setup import Core

HOSTS_MAX = 5  # that are asked about
WITHIN = 1.0  # seconds


async def led(core: Core, site: Site, urls: Sequence[str], within: float = WITHIN) -> Led:
    """Where the resolvers lead the hosts of `urls`, as far as they say within so many seconds. Nothing where no edge is
    configured: all is looked at through DNS then."""
    if not site.edges:
        return Led()
    hosts = list(dict.fromkeys(urlsplit(url).hostname or "" for url in urls))[:HOSTS_MAX]
    edges = {urlsplit(address).hostname or "" for address in site.edges.values()}
    try:
        async with asyncio.timeout(within):
            told = await asyncio.gather(*(core.names.ask(host) for host in hosts))
    except TimeoutError:
        return Led()
    return led_by(dict(zip(hosts, told, strict=True)), edges)
