"""What nginx says of an answer, where `add_header X-Cache-Status $upstream_cache_status` lets it."""

from __future__ import annotations

from collections.abc import Mapping

from providers.contract import Cached, Sighting

SIGHTINGS = {
    "HIT": Cached.HIT,
    "MISS": Cached.MISS,
    "EXPIRED": Cached.EXPIRED,
    "REVALIDATED": Cached.REVALIDATED,
    "STALE": Cached.STALE,
    "UPDATING": Cached.STALE,
    "BYPASS": Cached.UNCACHED,
}  # https://nginx.org/en/docs/http/ngx_http_upstream_module.html#var_upstream_cache_status, 2026-11-23


def sighting(headers: Mapping[str, str]) -> Sighting:
    """X-Cache-Status, else X-Cache; names are lower-case. nginx replays the Age that it stored (1.22.1, as run)."""
    says = headers.get("x-cache-status", "").strip() or headers.get("x-cache", "").strip()
    return Sighting(SIGHTINGS.get(says.upper(), Cached.UNKNOWN), says[:40], own_age=False)
