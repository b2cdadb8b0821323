"""What Akamai's cache headers mean, of which an edge shows only those that its owner lets through."""

from __future__ import annotations

import re
from collections.abc import Mapping

from providers.contract import Cached, Sighting

STATUS_HEADER = "Akamai-Cache-Status"
SIGHTINGS = {
    "TCP_HIT": Cached.HIT,
    "TCP_MEM_HIT": Cached.HIT,
    "TCP_IMS_HIT": Cached.HIT,
    "TCP_NEGATIVE_HIT": Cached.HIT,
    "TCP_MISS": Cached.MISS,
    "TCP_REFRESH_HIT": Cached.REVALIDATED,
    "TCP_REFRESH_MISS": Cached.EXPIRED,
    "TCP_REFRESH_FAIL_HIT": Cached.STALE,
}  # https://techdocs.akamai.com/edge-diagnostics/docs/pragma-headers, 2026-11-23
STATUSES = {
    "hit": Cached.HIT,
    "miss": Cached.MISS,
    "refreshhit": Cached.REVALIDATED,
    "hitstale": Cached.STALE,
}  # https://techdocs.akamai.com/property-mgr/reference/ga-return-cache-status, 2026-11-23
_SEEN = re.compile(r"(TCP_[A-Z_]+)(?: from ([a-z0-9-]+))?")
_WORD = re.compile(r"([A-Za-z]+)(?: from child)?(?:,|$)")


def seen(headers: Mapping[str, str], status_header: str) -> Sighting:
    """X-Cache of debug headers, else `status_header`, which Return Cache Status sets; names are lower-case."""
    found = _SEEN.match(headers.get("x-cache", "").strip())
    uncached = headers.get("x-check-cacheable", "").strip().upper() == "NO"
    if found is not None:
        remote = _SEEN.match(headers.get("x-cache-remote", "").strip())
        cached = SIGHTINGS.get(found[1], Cached.UNKNOWN)
        says = f"{found[1]}, parent {remote[1]}" if remote else found[1]
        return Sighting(Cached.UNCACHED if uncached and cached is Cached.MISS else cached, says[:40], found[2] or "")
    says = headers.get(status_header, "").strip()
    if word := _WORD.match(says):
        return Sighting(STATUSES.get(word[1].lower(), Cached.UNKNOWN), says[:40])
    return Sighting(Cached.UNCACHED, "not cacheable") if uncached else Sighting()
