"""An account's own limits in place of a provider's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from providers.contract import Pace


def paces_of(ours: Mapping[str, Pace], own: Mapping[str, Pace]) -> dict[str, Pace]:
    """Every bucket of `ours`, with the account's numbers where it names `urls:pro`, or `urls` for every tier. What
    sort of limit it is and what it counts stay the provider's."""
    return {bucket: _with(pace, own.get(bucket) or own.get(bucket.partition(":")[0])) for bucket, pace in ours.items()}


def _with(ours: Pace, own: Pace | None) -> Pace:
    if own is None:
        return ours
    return replace(ours, rate=own.rate, per=own.per, burst=own.burst, source="the account's own setting", checked="")
