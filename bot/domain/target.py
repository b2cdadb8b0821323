"""Typed text to targets. The only URL parser in the house.

A URL goes on the wire as it was typed: only the host is rewritten (lower case, punycode, no trailing dot), the fragment
is dropped, and characters beyond ASCII become UTF-8 percent-encoding, since a request target is ASCII (RFC 9112, 3.2).
What a browser would read differently from us (backslash, user name, odd port) is refused.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter
from urllib.parse import quote

import idna

from bot.domain.shown import Notes, shown
from bot.domain.site import Site
from providers.contract import Kind

URL_MAX = 8_000  # bytes of one URL
HOST_MAX = 255  # characters
CREDENTIALS = "What stands before an @ is a user name or password. Write the URL without it."

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*)://")
_END_OF_AUTHORITY = re.compile(r"[/?#]")
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.\-]*[a-z0-9_])?")
_DOTS = re.compile(r"/(?:\.|%2e){1,2}(?=/|$)", re.IGNORECASE)  # https://url.spec.whatwg.org, 4.4; RFC 3986, 5.2.4
_STARS_ONLY = re.compile(r"[/*]*")
_PORT = {"http": "80", "https": "443"}


@dataclass(frozen=True, slots=True)
class Target:
    """One thing to purge.

    `value` by kind: URL the absolute URL, host lower-cased, path and query byte for byte · PATH `/a?b=1` · PREFIX
    `host/path`, or `/path` while no host is chosen · TAG the tag · HOST the host · PATTERN `host/pa*th`, or `/pa*th` ·
    EVERYTHING empty. `site` is the site it belongs to, empty while unknown.
    """

    kind: Kind
    value: str
    site: str = ""

    def __hash__(self) -> int:
        return hash(self.value)  # a list is hashed over and over, and an enum's hash is slow


class Unreadable(ValueError):
    """A thing that cannot be a target; its text says why and what to do, `instead` is what may have been meant."""

    def __init__(self, problem: str, instead: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.instead = instead


@dataclass(frozen=True, slots=True)
class Address:
    """A URL taken apart. `scheme` is empty if none was typed, `rest` (path and query) if nothing followed the host."""

    scheme: str
    host: str
    rest: str


def read_address(typed: str, notes: Notes) -> Address:
    """Take apart `scheme://host/rest` or `host/rest`. Raises Unreadable."""
    if "\\" in typed:
        raise Unreadable("A backslash has no place in a URL. Use slashes.")
    found = _SCHEME.match(typed)
    scheme = found.group(1).lower() if found else ""
    authority, tail = _cut(typed[found.end() :] if found else typed)
    if "@" in authority:
        host_and_port = authority.rpartition("@")[2]
        raise Unreadable(CREDENTIALS, f"{found.group() if found else ''}{host_and_port}{tail}")
    if scheme not in ("", *_PORT):
        raise Unreadable(f"Only http and https URLs can be purged, not {shown(scheme, 20)}.")
    host = read_host(_without_port(authority, scheme, tail, notes), notes)
    return Address(scheme, host, read_rest(tail, notes) if tail else "")


def _cut(text: str) -> tuple[str, str]:
    end = _END_OF_AUTHORITY.search(text)
    return (text[: end.start()], text[end.start() :]) if end else (text, "")


def _without_port(authority: str, scheme: str, tail: str, notes: Notes) -> str:
    host, colon, port = authority.rpartition(":")
    if not colon or authority.endswith("]"):
        return authority
    if scheme and port in ("", _PORT[scheme]):
        notes.add("Dropped the default port of {}.", authority)
        return host
    if not (port.isascii() and port.isdigit()):
        raise Unreadable("Between the colon and the first slash belongs a port, which is a number.")
    allowed = f"only {_PORT[scheme]} goes with {scheme}" if scheme else "write http:// or https:// instead"
    raise Unreadable(f"Visitors use no port {shown(port, 20)}: {allowed}.", f"{scheme or 'https'}://{host}{tail}")


def read_host(typed: str, notes: Notes) -> str:
    """A host name in lower case and ASCII, without its trailing dot. Raises Unreadable."""
    host = typed.lower().removesuffix(".")
    if not host.isascii():
        host = _punycode(host)
        notes.add(f"Read {{}} as {host}.", typed)
    if len(host) > HOST_MAX or not (_HOST.fullmatch(host) or _is_literal(host)):
        raise Unreadable(f"`{shown(typed, 60)}` is not a host name.")
    return host


def _is_literal(host: str) -> bool:
    return re.fullmatch(r"\[[0-9a-f:.]+\]", host) is not None


def _punycode(host: str) -> str:
    try:
        if len(host) <= HOST_MAX:
            return idna.encode(host, uts46=True).decode("ascii").removesuffix(".")
    except UnicodeError:  # idna.IDNAError is one
        pass
    raise Unreadable(f"`{shown(host, 60)}` is not a host name.")


def read_rest(typed: str, notes: Notes) -> str:
    """Path and query as they go on the wire; an empty path becomes `/`. Raises Unreadable."""
    rest, hash_sign, _ = typed.partition("#")
    if hash_sign:
        notes.add("Dropped the fragment of {}, which never reaches a cache.", typed)
    if "\\" in rest:
        raise Unreadable("A backslash has no place in a path. Use slashes.")
    if not rest.startswith("/"):
        rest = f"/{rest}"
    if not rest.isascii():
        notes.add("Percent-encoded the letters beyond ASCII in {}.", rest)
        rest = quote(rest, safe=string.punctuation)
    if _DOTS.search(rest.partition("?")[0]):
        notes.add("Browsers take the `.` and `..` out of {} before they ask; here it goes out as it is written.", rest)
    if len(rest) > URL_MAX:
        raise Unreadable(f"It is longer than {URL_MAX:,} bytes.")
    return rest


def host_of(target: Target) -> str:
    """The host that `target` names; empty if it names none."""
    match target.kind:
        case Kind.URL:
            return _cut(target.value.partition("://")[2])[0]
        case Kind.HOST:
            return target.value
        case Kind.PREFIX | Kind.PATTERN:
            return target.value.partition("/")[0]
        case _:
            return ""


def rest_of(target: Target) -> str:
    """Path and query that `target` names, beginning with a slash; empty if it names none."""
    match target.kind:
        case Kind.URL:
            return _cut(target.value.partition("://")[2])[1]
        case Kind.PATH:
            return target.value
        case Kind.PREFIX | Kind.PATTERN:
            return target.value[len(host_of(target)) :]
        case _:
            return ""


def url_of(target: Target, site: Site) -> str:
    """One URL where `target` can be looked at: itself, or the first page of what it names on `site`."""
    match target.kind:
        case Kind.URL:
            return target.value
        case Kind.PATH | Kind.HOST | Kind.PREFIX:
            return f"{site.schemes[0]}://{host_of(target) or site.hosts[0]}{rest_of(target) or '/'}"
        case _:
            return site.root_url()


def kinds_of(targets: Iterable[Target]) -> set[Kind]:
    """Which kinds are among `targets`."""
    return {kind for kind, _ in groupby(targets, attrgetter("kind"))}


def resolve(targets: Sequence[Target], site: Site) -> tuple[Target, ...]:
    """What the layers of `site` are asked for: paths as URLs, and every prefix and pattern with its host; each once."""
    if kinds_of(targets) == {Kind.URL} and all(target.site for target in targets):
        return tuple({target.value: target for target in targets}.values())
    return tuple(dict.fromkeys(one for target in targets for one in _resolved(target, site)))


def _resolved(target: Target, site: Site) -> Iterable[Target]:
    match target.kind:
        case Kind.PATH:
            urls = (f"{scheme}://{host}{target.value}" for host in site.hosts for scheme in site.schemes)
            return [Target(Kind.URL, url, site.name) for url in urls]
        case Kind.PREFIX | Kind.PATTERN if target.value.startswith("/"):
            return [Target(target.kind, host + target.value, site.name) for host in site.hosts]
        case _:
            return [target if target.site else replace(target, site=site.name)]


def covers(wide: Target, narrow: Target) -> bool:
    """Whether purging `wide` purges all of `narrow` as well. Prefixes end at path boundaries."""
    if wide.site and narrow.site and wide.site != narrow.site:
        return False
    match wide.kind:
        case Kind.EVERYTHING:
            return True
        case Kind.HOST:
            return host_of(narrow) == wide.value
        case Kind.PREFIX if host_of(wide) in ("", host_of(narrow)):
            return begins(fixed_part(narrow), rest_of(wide))
        case _:
            return wide == narrow


def fixed_part(target: Target) -> str:
    """How path and query of all that `target` names begin: a pattern's up to the boundary before its first star."""
    rest = rest_of(target)
    if target.kind is not Kind.PATTERN:
        return rest
    head = rest.partition("*")[0]
    return head if "?" in head else head[: head.rfind("/") + 1]


def begins(rest: str, prefix: str) -> bool:
    """Whether `rest` lies under `prefix`: equal, or going on at a path boundary."""
    if not rest.startswith(prefix):
        return False
    return prefix.endswith("/") or rest[len(prefix) : len(prefix) + 1] in ("", "/", "?")


def empties(targets: Sequence[Target], site: Site) -> bool:
    """Whether purging these resolved targets in effect empties the site."""
    kinds = kinds_of(targets)
    if Kind.EVERYTHING in kinds or kinds <= {Kind.URL}:
        return Kind.EVERYTHING in kinds
    return bool(site.hosts) and emptied_hosts(targets).issuperset(site.hosts)


def emptied_hosts(targets: Iterable[Target]) -> set[str]:
    """The hosts of which these resolved targets leave nothing."""
    return {host_of(target) for target in targets if target.kind is not Kind.URL and is_whole_host(target)}


def is_whole_host(target: Target) -> bool:
    """Whether it leaves nothing of its host."""
    match target.kind:
        case Kind.HOST:
            return True
        case Kind.PREFIX:
            return rest_of(target) in ("", "/")
        case Kind.PATTERN:
            return _STARS_ONLY.fullmatch(rest_of(target)) is not None
        case _:
            return False
