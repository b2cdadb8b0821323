"""Short names of time zones, as people write them, and the places whose clocks bear them.

Source: the IANA time zone database, 2025b. Only the names that it knows itself are read as a zone; of the others, some
of which are several zones, its places are offered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_BERLIN, _NEW_YORK, _CHICAGO = ("Europe/Berlin",), ("America/New_York",), ("America/Chicago",)
_DENVER, _LOS_ANGELES, _SYDNEY = ("America/Denver",), ("America/Los_Angeles",), ("Australia/Sydney",)

PLACES_OF: Mapping[str, Sequence[str]] = {
    "CET": _BERLIN, "CEST": _BERLIN, "MEZ": _BERLIN, "MESZ": _BERLIN, "MET": _BERLIN,
    "WET": ("Europe/Lisbon",), "WEST": ("Europe/Lisbon",), "EET": ("Europe/Athens",), "EEST": ("Europe/Athens",),
    "BST": ("Europe/London",), "IST": ("Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"), "MSK": ("Europe/Moscow",),
    "EST": _NEW_YORK, "EDT": _NEW_YORK, "ET": _NEW_YORK, "CST": (*_CHICAGO, "Asia/Shanghai"), "CDT": _CHICAGO,
    "MST": _DENVER, "MDT": _DENVER, "PST": _LOS_ANGELES, "PDT": _LOS_ANGELES, "PT": _LOS_ANGELES,
    "AKST": ("America/Anchorage",), "AKDT": ("America/Anchorage",), "HST": ("Pacific/Honolulu",),
    "BRT": ("America/Sao_Paulo",), "SAST": ("Africa/Johannesburg",), "WAT": ("Africa/Lagos",),
    "GST": ("Asia/Dubai",), "PKT": ("Asia/Karachi",), "SGT": ("Asia/Singapore",), "HKT": ("Asia/Hong_Kong",),
    "JST": ("Asia/Tokyo",), "KST": ("Asia/Seoul",), "AWST": ("Australia/Perth",), "ACST": ("Australia/Adelaide",),
    "AEST": _SYDNEY, "AEDT": _SYDNEY, "NZST": ("Pacific/Auckland",), "NZDT": ("Pacific/Auckland",),
}  # fmt: skip


def is_short_name(word: str) -> bool:
    """Whether `word` is such a name, whatever its case."""
    return word.upper() in PLACES_OF


def places_of(word: str) -> Sequence[str]:
    """Places whose clocks bear that name; none where it is no such name."""
    return PLACES_OF.get(word.upper(), ())
