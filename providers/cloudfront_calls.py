"""How a wish becomes invalidations: which paths and tags stand in each, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence

from providers.cloudfront_paths import batch, is_wildcard, packed
from providers.cloudfront_places import XML, path_to, place_of
from providers.contract import Call, Capabilities, Kind, Purge


def calls_of(purge: Purge, can: Capabilities) -> Sequence[Call]:
    """The fewest calls; targets of one path are one entry. Raises UnsupportedWish."""
    kind, path = purge.kind, path_to(place_of(purge.layer))
    if kind is Kind.EVERYTHING:
        return [_call(kind, path, (), ("/*",))]
    return [_call(kind, path, targets, entries) for targets, entries in packed(purge, can)]


def _call(kind: Kind, path: str, targets: tuple[str, ...], entries: tuple[str, ...]) -> Call:
    paths, wildcards = len(entries), sum(is_wildcard(entry) for entry in entries)
    cost = [("paths", paths), ("running_paths", paths), ("paid", paths)]
    if wildcards:
        cost += [("wildcards", wildcards), ("running_wildcards", wildcards)]
    return Call(kind, "POST", path, targets, tuple(cost), XML, batch(entries))
