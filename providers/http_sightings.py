"""What caches without an adapter of their own say about an answer."""

from __future__ import annotations

import re
from collections.abc import Mapping

from providers.cache_status import read
from providers.contract import Cached, Sighting

WORDS = {
    "HIT": Cached.HIT,
    "MISS": Cached.MISS,
    "EXPIRED": Cached.EXPIRED,
    "REVALIDATED": Cached.REVALIDATED,
    "REFRESH_HIT": Cached.REVALIDATED,
    "STALE": Cached.STALE,
    "UPDATING": Cached.STALE,
    "PASS": Cached.UNCACHED,
    "BYPASS": Cached.UNCACHED,
}
VIA = {"H": Cached.HIT, "R": Cached.HIT, "M": Cached.MISS}  # Traffic Server 9.2: cHs, cRs (memory), cMs
_VIA = re.compile(r"ApacheTrafficServer[^\[]*\[[^\]]*?c([A-Z])s")


def sighting(headers: Mapping[str, str]) -> Sighting:
    """What `headers` say, the standard first; names are lower-case."""
    if standard := headers.get("cache-status", "").strip():
        return read(standard)
    for name in ("x-cache-status", "x-cache"):
        says = headers.get(name, "").strip()
        word = re.split(r"[\s,;]", says.upper())[0].removeprefix("TCP_")
        if word in WORDS:
            return Sighting(WORDS[word], says[:40])
    if found := _VIA.search(headers.get("via", "")):
        return Sighting(VIA.get(found[1], Cached.UNKNOWN), f"c{found[1]}s")
    return Sighting()
