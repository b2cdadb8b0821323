"""A cheaper form of the same wish, where a provider asks money for each path. Offered, never taken by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from bot.domain.command import Command
from bot.domain.plan import Plan
from bot.domain.site import Site
from bot.domain.target import Target
from bot.services.planning import make_plan
from providers.calls import summed
from providers.contract import Kind, Provider, UnsupportedWish

FEWEST = 10  # URLs; for less it is not worth a thought


def cheaper(plan: Plan, command: Command, site: Site, providers: Mapping[str, Provider], known: Sequence[str]) -> str:
    """What one prefix in place of many URLs would save, and how many other pages of those `known` it reaches."""
    priced = [layer for layer in plan.layers if layer.cost]
    shared = _shared_folder([target.value for target in plan.targets if target.kind is Kind.URL])
    if not priced or not shared or any(target.kind is not Kind.URL for target in plan.targets):
        return ""
    wider = replace(command, targets=(Target(Kind.PREFIX, shared, site.name),))
    try:
        other = make_plan(wider, site, providers, {})
    except UnsupportedWish:
        return ""
    named = {target.value for target in plan.targets}
    others = sum(1 for url in known if url not in named and url.partition("://")[2].startswith(shared))
    for layer in priced:
        fewer = _units(other, layer.account, providers)
        if layer.cost and 0 < fewer < layer.cost.units:
            units = f"{fewer:,} {layer.cost.unit if fewer > 1 else layer.cost.unit.removesuffix('s')}"
            pages = f"{others:,} other {'pages' if others != 1 else 'page'} seen there"
            return f"Cheaper: `prefix {shared}` is {units} instead of {layer.cost.units:,}, and reaches {pages} too."
    return ""


def _shared_folder(urls: Sequence[str]) -> str:
    """Host and path of the deepest folder that holds all of many URLs; "" where there is none but the whole host."""
    if len(urls) < FEWEST:
        return ""
    parts = [urlsplit(url) for url in urls]
    if len({part.netloc for part in parts}) > 1:
        return ""
    first, last = min(part.path for part in parts), max(part.path for part in parts)
    same = next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    folder = first[: first.rfind("/", 0, same) + 1]
    return f"{parts[0].netloc}{folder}" if len(folder) > 1 else ""


def _units(plan: Plan, account: str, providers: Mapping[str, Provider]) -> int:
    prices = providers[account].can.prices
    spent = [summed(layer.calls).spent for layer in plan.layers if layer.account == account]
    return sum(units for one in spent for bucket, units in one.items() if bucket in prices)
