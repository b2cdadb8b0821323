"""How a wish becomes calls to Cloudflare: where each goes, what stands in it, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from providers.adapter import JSON
from providers.calls import Calls
from providers.cloudflare_bodies import EVERYTHING, body, entries_of, packed
from providers.cloudflare_limits import TIERS
from providers.contract import Call, Capabilities, Kind, Purge


def calls_of(purge: Purge, can: Capabilities) -> Sequence[Call]:
    """The fewest calls; all variants of a URL go in one. Raises UnsupportedWish."""
    kind, tier = purge.kind, purge.layer.get("tier", TIERS[0])
    path = f"{place_of(purge.layer)}/{'invalidate_cache' if purge.soft else 'purge_cache'}"
    if kind is Kind.EVERYTHING:
        return [_call(kind, path, tier, (), EVERYTHING)]
    packs, each = packed(purge, can), entries_of(purge)

    def make(n: int) -> Call:
        return _call(kind, path, tier, packs[n], body(purge, packs[n]), each)

    return Calls(len(packs), make, dict(_cost(kind, tier, sum(map(len, packs)) * each, len(packs))))


def place_of(layer: Mapping[str, str]) -> str:
    """The zone, or the one environment of it that is named: at zone level everything means every environment."""
    environment = layer.get("environment", "")
    return f"/zones/{layer['zone']}{f'/environments/{environment}' if environment else ''}"


def _call(kind: Kind, path: str, tier: str, targets: tuple[str, ...], body: str, each: int = 1) -> Call:
    return Call(kind, "POST", path, targets, _cost(kind, tier, len(targets) * each, 1), JSON, body)


def _cost(kind: Kind, tier: str, urls: int, calls: int) -> tuple[tuple[str, int], ...]:
    return (f"urls:{tier}", urls) if kind is Kind.URL else (f"bulk:{tier}", calls), ("api", calls)
