"""Each account tried on each site that it is a layer of: credential, permission, address. Purges nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace

from bot.domain.site import Site
from providers.adapter import bad
from providers.contract import Probe, Provider
from providers.errors import PurgeError


async def probe_layers(
    providers: Mapping[str, Provider], sites: Iterable[Site], alone: bool = False
) -> list[tuple[str, Probe]]:
    """What was found, by `account on site`, in the order of the accounts; with `alone` those too that no site uses."""
    wanted: list[tuple[str, Provider, Mapping[str, str]]] = []
    named = list(sites)
    for name, provider in providers.items():
        layers = [(site.name, layer) for site in named for layer in site.layers if layer.account == name]
        wanted += [(f"{name} on {site}", provider, layer.settings) for site, layer in layers]
        wanted += [(name, provider, {})] if alone and not layers else []
    probes = await asyncio.gather(*(_probe(provider, layer) for _, provider, layer in wanted))
    return [(subject, probe) for (subject, _, _), probe in zip(wanted, probes, strict=True)]


async def _probe(provider: Provider, layer: Mapping[str, str]) -> Probe:
    try:
        return await provider.probe(layer)
    except PurgeError as exc:
        found = bad(exc)
        return replace(found, what=f"{found.what} {exc.quoted}".rstrip())
