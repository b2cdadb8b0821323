"""What stands in an invalidation: a host with a path, where a star stands only at the end, after a slash; or tags."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from providers.contract import Capabilities, Kind, Purge, UnsupportedWish
from providers.googlecdn_limits import URLS_MAX
from providers.packing import pack

Targets = tuple[str, ...]


def bodies(purge: Purge, can: Capabilities) -> list[tuple[Targets, str]]:
    """The body of each call with the targets that it covers. Raises UnsupportedWish."""
    match purge.kind:
        case Kind.URL:
            return _by_path(purge.targets)
        case Kind.PREFIX:
            return [entry for prefix in purge.targets for entry in _below(prefix)]
        case Kind.HOST:
            return [((host,), _path(host, "/*")) for host in purge.targets]
        case Kind.TAG:
            packs = pack(purge.targets, can.per_call[Kind.TAG], can.max_bytes // 2, lambda tag: len(tag) + 3)
            return [(some, _json({"cacheTags": some})) for some in packs]
        case _:
            return [((), _path(host, "/*")) for host in purge.hosts] or [((), _json({"path": "/*"}))]


def _by_path(urls: Sequence[str]) -> list[tuple[Targets, str]]:
    """URLs of one host and path are one call: Google matches paths only."""
    same: dict[tuple[str, str], list[str]] = {}
    for url in urls:
        parts = urlsplit(url)
        same.setdefault((parts.netloc, _literal(parts.path)), []).append(url)
    return [
        (some, _path(host, path))
        for (host, path), group in same.items()
        for some in pack(group, URLS_MAX, len(group), lambda url: 1)
    ]


def _literal(path: str) -> str:
    """A path; the folder where a star stands in it, which Google would read or refuse."""
    head, star, _ = path.partition("*")
    return f"{head[: head.rfind('/') + 1]}*" if star else path


def _below(prefix: str) -> list[tuple[Targets, str]]:
    """`host/news` is /news/* and /news: two calls, of which the first names the target."""
    host, slash, rest = prefix.partition("/")
    if "?" in rest or "#" in rest or "*" in rest:
        what = f"`{prefix[:80]}` is not a prefix for Google Cloud CDN."
        raise UnsupportedWish(what, "Name host and path, without ?, # and *.")
    path = slash + rest
    wide = path if path.endswith("/") else f"{path}/"
    itself = [((), _path(host, path))] if path and path != wide else []
    return [((prefix,), _path(host, f"{wide}*")), *itself]


def _path(host: str, path: str) -> str:
    return _json({"host": host, "path": path})


def _json(body: Mapping[str, str | Targets]) -> str:
    return json.dumps(body, separators=(",", ":"))
