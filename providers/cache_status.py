"""Cache-Status (RFC 9211): what each cache on the way did, the one nearest to the visitor last.

A structured field (RFC 8941) that does not parse as a whole says nothing, and so does a member that contradicts itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from providers.contract import Cached, Sighting

HEADER = "cache-status"
SAYS_MAX = 40  # characters
FORWARDED = {
    "bypass": Cached.UNCACHED,
    "method": Cached.UNCACHED,
    "uri-miss": Cached.MISS,
    "vary-miss": Cached.MISS,
    "miss": Cached.MISS,
    "request": Cached.MISS,
    "partial": Cached.MISS,
    "stale": Cached.EXPIRED,
}  # RFC 9211, 2.2
_TEXT = r'"(?:[^"\\]|\\["\\])*"'
_TOKEN = r"[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*"  # as RFC 8941 has it
_VALUE = rf"(?:{_TEXT}|{_TOKEN}|-?[0-9]{{1,15}}(?:\.[0-9]{{1,3}})?|\?[01]|:[A-Za-z0-9+/=]*:)"
_PARAMETER = rf"; *([a-z*][a-z0-9_.*-]*)(?:=({_VALUE}))?"
_MEMBER = rf"(?:{_TEXT}|{_TOKEN})(?:{_PARAMETER.replace('(', '(?:').replace('(?:?:', '(?:')})*"
_LIST = re.compile(rf"{_MEMBER}(?:[ \t]*,[ \t]*{_MEMBER})*")
_PAIR = re.compile(_PARAMETER)
_NAME = re.compile(rf"{_TEXT}|{_TOKEN}")


def told(sighting: Sighting, headers: Mapping[str, str]) -> Sighting:
    """`sighting`, or what Cache-Status says where the provider's own header says nothing; names are lower-case."""
    if sighting.cached is not Cached.UNKNOWN or sighting.says:
        return sighting
    found = read(headers.get(HEADER, ""))
    return replace(sighting, cached=found.cached, says=found.says)


def read(value: str) -> Sighting:
    """What the cache nearest to the visitor says in this Cache-Status."""
    members = _members(value.strip(" "))
    if not members:
        return Sighting()
    name = _NAME.match(members[-1])
    parameters = members[-1][name.end() :] if name else ""
    said = {key: given or "?1" for key, given in _PAIR.findall(parameters)}
    return Sighting(_cached(said), parameters.removeprefix(";").strip()[:SAYS_MAX])


def _members(value: str) -> list[str]:
    """The list's members; none where it is not one."""
    if not _LIST.fullmatch(value):
        return []
    return [found[0] for found in re.finditer(_MEMBER, value)]


def _cached(said: Mapping[str, str]) -> Cached:
    hit, forwarded = said.get("hit", "?0"), said.get("fwd", "")
    if hit not in ("?0", "?1") or (hit == "?1" and forwarded):
        return Cached.UNKNOWN
    if hit == "?1":
        return Cached.STALE if said.get("ttl", "").startswith("-") else Cached.HIT
    if forwarded == "stale" and said.get("fwd-status") == "304":
        return Cached.REVALIDATED
    return FORWARDED.get(forwarded, Cached.UNKNOWN)
