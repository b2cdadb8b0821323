"""How a wish becomes calls to Redis: UNLINK of keys, TAG of a set, SCAN for what is wider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from providers.contract import Call, Kind, UnsupportedWish
from providers.packing import pack
from providers.redis_keys import Piece, Template, below, like, set_of
from providers.redis_limits import MAX_BYTES


def by_key(template: Template, urls: Sequence[str], variants: Sequence[Mapping[str, str]], most: int) -> list[Call]:
    """The keys of `urls`, at most `most` URLs a call. Raises UnsupportedWish."""
    keys = {url: template.keys(url, variants) for url in urls}
    if not all(key.isprintable() for some in keys.values() for key in some):
        raise UnsupportedWish("A variant holds a letter that no key of Redis should.", "Mend `variants`.")
    packs = pack(urls, most, MAX_BYTES - 2_000, lambda url: sum(len(key.encode()) + 1 for key in keys[url]))
    bodies = ["\n".join(dict.fromkeys(key for url in some for key in keys[url])) for some in packs]
    return [_call(Kind.URL, "UNLINK", template.prefix, body, some) for some, body in zip(packs, bodies, strict=True)]


def by_tag(template: Template, tags: str, tag: str) -> Call:
    """The keys in the set of `tag`, which `tags` names. Raises UnsupportedWish."""
    return _call(Kind.TAG, "TAG", set_of(tags, tag), template.prefix, (tag,))


def by_scan(template: Template, kind: Kind, targets: tuple[str, ...], hosts: Sequence[str]) -> Call:
    """One target wider than a URL, or everything. Raises UnsupportedWish."""
    piece = _scanned(template, kind, "".join(targets), hosts)
    return _call(kind, "SCAN", piece.glob, piece.regex, targets)


def _scanned(template: Template, kind: Kind, target: str, hosts: Sequence[str]) -> Piece:
    """What a target wider than a URL finds. Raises UnsupportedWish."""
    host, slash, rest = target.partition("/")
    anywhere = Piece("/*", "/.*")
    match kind:
        case Kind.PREFIX:
            return template.matching((host,), below(slash + rest))
        case Kind.PATTERN:
            return template.matching((host,), like(slash + rest))
        case Kind.HOST if "host" not in template.slots:
            raise UnsupportedWish("The keys of this layer of Redis do not hold the host.", "Purge everything.")
        case Kind.HOST:
            return template.matching((host,), anywhere)
        case _ if "host" in template.slots and not hosts:
            raise UnsupportedWish("Everything means the site's hosts, and it has none.", "Name them under `hosts`.")
        case _:
            return template.matching(hosts or ("",), anywhere)


def _call(kind: Kind, method: str, path: str, body: str, targets: tuple[str, ...]) -> Call:
    return Call(kind, method, path, targets, (("calls", 1),), (), body)
