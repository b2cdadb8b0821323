"""What Google Cloud CDN says of a cached answer: in a header of one's own, else only by an Age."""

from __future__ import annotations

import re
from collections.abc import Mapping

from providers.contract import Cached, Sighting

CACHED = {
    "hit": Cached.HIT,
    "miss": Cached.MISS,
    "revalidated": Cached.REVALIDATED,
    "stale": Cached.STALE,
    "uncacheable": Cached.UNCACHED,
    "disabled": Cached.UNCACHED,
}  # https://cloud.google.com/load-balancing/docs/https/custom-headers, {cdn_cache_status}
_AGE = re.compile(r"[0-9]{1,9}")


def seen(headers: Mapping[str, str], status_header: str) -> Sighting:
    """The header of {cdn_cache_status} where one is configured, else an Age behind `Via: 1.1 google`."""
    if says := headers.get(status_header, "").strip() if status_header else "":
        return Sighting(CACHED.get(says.lower(), Cached.UNKNOWN), says[:40])
    age = headers.get("age", "").strip()
    if "google" in headers.get("via", "") and _AGE.fullmatch(age):
        return Sighting(Cached.HIT, f"Age {age}")
    return Sighting()
