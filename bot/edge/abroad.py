"""What may be asked of probes around the world, and how. It is public, and they run on other people's machines: so only
hosts of sites that are opted in, only public ones, no secrets, and no URL that a probe would change on its way."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import parse_qsl

import httpx

from bot.domain.answers.answer import Asked
from bot.domain.grammar.words import Notes, shown
from bot.domain.masking import secret_in
from bot.domain.proof.world import Region
from bot.domain.reach import denied
from bot.domain.target import Address, Unreadable, read_address
from bot.edge.looker import Resolve

NOT_OURS = "probes look only at hosts of sites that are opted in"
CHANGED = "a probe would ask for another URL than this one, since it rewrites {}"
RESOLVE_SECONDS = 2.0
# What the URL Standard rewrites, as the probe does: https://url.spec.whatwg.org/#percent-encoded-bytes, 2026-11-26
_PATH_REWRITTEN = frozenset('"<>^`{}\\')
_QUERY_REWRITTEN = frozenset("\"'<>")

_PORTS = {"http": 80, "https": 443}
_NUMBERS = frozenset({"asn"})  # filters that are no text

Location = dict[str, str | int | list[str]]


class Unaskable(Exception):
    """Probes are not asked; the text says why, without a secret."""


def address_of(url: str, hosts: frozenset[str]) -> Address:
    """The URL taken apart, if probes may be asked for it. Raises Unaskable."""
    try:
        asked = read_address(url, Notes())
    except Unreadable as exc:
        raise Unaskable(NOT_OURS) from exc
    if not asked.scheme or asked.host not in hosts:
        raise Unaskable(NOT_OURS)
    path, mark, query = (asked.rest or "/").partition("?")
    if rewritten := _rewritten(path, mark, query):
        raise Unaskable(CHANGED.format(rewritten))
    if name := secret_in(name for name, _ in parse_qsl(query, keep_blank_values=True)):
        raise Unaskable(f"the argument `{shown(name, 40)}` looks like a secret, and measurements are public")
    return asked


def _rewritten(path: str, mark: str, query: str) -> str:
    """What a probe would rewrite of path and query; "" where it sends them as they are."""
    segments = [segment.lower().replace("%2e", ".") for segment in path.split("/")]
    if "." in segments or ".." in segments:
        return "`.` and `..`"
    strange = [c for c in path if c in _PATH_REWRITTEN or not "!" <= c <= "~"]
    strange += [c for c in query if c in _QUERY_REWRITTEN or not "!" <= c <= "~"]
    if strange:
        return f"`{shown(strange[0])}`" if strange[0] != "`" else "a backtick"
    if mark and not query:
        return "an empty query"
    return "`??`" if query.startswith("?") else ""


def plain(asked: Asked) -> None:
    """Nothing, if these headers may be seen by anybody. Raises Unaskable."""
    if name := secret_in(name for name, _ in asked):
        raise Unaskable(f"the header {shown(name, 40)} may carry a secret, and measurements are public")


async def public(host: str, resolve: Resolve) -> None:
    """Nothing, if `host` is not known to be private. A name that DNS does not know here may be known elsewhere. Raises
    Unaskable."""
    for address in await _addresses(host.strip("[]"), resolve):
        if why := denied(address):
            raise Unaskable(f"{shown(host)} is not public: {shown(address)} is {why}")


async def _addresses(host: str, resolve: Resolve) -> Sequence[str]:
    with suppress(ValueError):
        return [str(ip_address(host))]
    try:
        async with asyncio.timeout(RESOLVE_SECONDS):
            return await resolve(host)
    except (OSError, TimeoutError):
        return []


def wish(address: Address, asked: Asked, where: str | list[Location]) -> Mapping[str, object]:
    """The request: what a plain visitor sends, and what is asked beyond that; `where` may be an earlier measurement,
    whose probes are asked again."""
    path, _, query = (address.rest or "/").partition("?")
    headers = httpx.Headers({"Accept": "*/*", "Accept-Encoding": "gzip"})
    headers.update(asked)
    host = address.host.strip("[]")
    return {
        "type": "http",
        "target": host,
        "locations": where,
        "inProgressUpdates": False,
        "measurementOptions": {
            "protocol": address.scheme.upper(),
            "port": _PORTS[address.scheme],
            "request": {"method": "GET", "host": host, "path": path, "query": query, "headers": dict(headers)},
        },
    }


def locations(regions: Sequence[Region]) -> list[Location]:
    """Where probes are asked for."""
    return [_location(region) for region in regions]


def _location(region: Region) -> Location:
    found: Location = {
        name: int(value) if name in _NUMBERS else value for name, value in region.wants if name != "tags"
    }
    tags = [value for name, value in region.wants if name == "tags"]
    return {**found, **({"tags": tags} if tags else {}), "limit": region.limit}
