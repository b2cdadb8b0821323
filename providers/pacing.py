"""An account's own limits in place of a provider's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from providers.contract import Account, Kind, Pace


def paces_of(ours: Mapping[str, Pace], own: Mapping[str, Pace]) -> dict[str, Pace]:
    """Every bucket of `ours`, with the account's numbers where it names `urls:pro`, or `urls` for every tier. What
    sort of limit it is and what it counts stay the provider's."""
    return {bucket: _with(pace, own.get(bucket) or own.get(bucket.partition(":")[0])) for bucket, pace in ours.items()}


def _with(ours: Pace, own: Pace | None) -> Pace:
    if own is None:
        return ours
    return replace(ours, rate=own.rate, per=own.per, burst=own.burst, source="the account's own setting", checked="")


def per_call_of(ours: Mapping[Kind, int], account: Account) -> dict[Kind, int]:
    """Targets of one call, with the account's numbers for the kinds of `ours`."""
    return {kind: account.per_call.get(kind, n) for kind, n in ours.items()}


def max_bytes_of(ours: int, account: Account) -> int:
    """Bytes of one call, by the account's `max_bytes` where it is a number from 1,000 on."""
    own = account.settings.get("max_bytes", "")
    return int(own) if re.fullmatch(r"[1-9][0-9]{3,8}", own) else ours
