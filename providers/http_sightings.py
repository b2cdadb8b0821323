"""What caches without an adapter of their own say about an answer."""

from __future__ import annotations

import re
from collections.abc import Mapping

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
FORWARDED = {"bypass": Cached.UNCACHED, "method": Cached.UNCACHED, "stale": Cached.EXPIRED}  # RFC 9211, 2.2
VIA = {"H": Cached.HIT, "R": Cached.HIT, "M": Cached.MISS}  # Traffic Server 9.2: cHs, cRs (memory), cMs
_VIA = re.compile(r"ApacheTrafficServer[^\[]*\[[^\]]*?c([A-Z])s")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_PARAMETER = re.compile(r";\s*([a-z*][a-z0-9_.*-]*)(?:=([^;\s]*))?")


def sighting(headers: Mapping[str, str]) -> Sighting:
    """What `headers` say, the standard first; names are lower-case."""
    if standard := headers.get("cache-status", "").strip():
        return _standard(standard)
    for name in ("x-cache-status", "x-cache"):
        says = headers.get(name, "").strip()
        word = re.split(r"[\s,;]", says.upper())[0].removeprefix("TCP_")
        if word in WORDS:
            return Sighting(WORDS[word], says[:40])
    if found := _VIA.search(headers.get("via", "")):
        return Sighting(VIA.get(found[1], Cached.UNKNOWN), f"c{found[1]}s")
    return Sighting()


def _standard(value: str) -> Sighting:
    """Cache-Status (RFC 9211): its last member is the cache nearest to the visitor."""
    member = _QUOTED.sub("x", value).rpartition(",")[2].strip()
    said = {found[1]: found[2] or "" for found in _PARAMETER.finditer(member)}
    says = member.partition(";")[2].strip()[:40]
    if "hit" in said and said["hit"] != "?0":
        return Sighting(Cached.STALE if said.get("ttl", "").startswith("-") else Cached.HIT, says)
    if "fwd" not in said:
        return Sighting(Cached.UNKNOWN, says)
    if said["fwd"] == "stale" and said.get("fwd-status") == "304":
        return Sighting(Cached.REVALIDATED, says)
    return Sighting(FORWARDED.get(said["fwd"], Cached.MISS), says)
