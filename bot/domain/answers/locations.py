"""Where a redirect leads, as whoever sent it wrote it: perhaps no URL at all.

Read as browsers read it (https://url.spec.whatwg.org, 4.4), where urllib reads it otherwise:

    blanks and controls around it, tabs and newlines within    dropped
    \\                                                          a slash, up to the query
    //host, ///host, \\/host, http://host, https:host            another host
    http:path, from an http page                               a path
    %2e, .%2E and the like                                     as `.` and `..`: steps of a path
    a host beyond ASCII, or encoded                            in lower case and punycode
    a host or port that is none                                no URL: as it was written
"""

from __future__ import annotations

import hashlib
import re
import string
from ipaddress import IPv6Address
from urllib.parse import quote, unquote, urlsplit

import idna

_PORTS = {"http": 80, "https": 443}
_PORT_MAX, _HOST_MAX = 65_535, 253
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
_BLANKS = "".join(map(chr, range(33)))
_DROPPED = str.maketrans("", "", "\t\n\r")
_SLASH = re.compile(r"[/\\]")
_AUTHORITY = re.compile(r"[/\\]{2,}")  # however many there are, a host comes behind
_LITERAL = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::([0-9]*))?")
_NO_HOST = re.compile(r"[\x00-\x20\x7f\"#%/:<>?@\[\\\]^`{|}]")  # forbidden domain code points: the same, 3.1
_ENCODED = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset(string.ascii_letters + string.digits + "-._~")  # RFC 3986, 2.3
_AS_WRITTEN = "".join({*string.punctuation} - {*'"<>`'})
_IN_A_PATH, _IN_A_QUERY = ("".join({*_AS_WRITTEN} - {*less}) for less in ("{}^", "'"))
_MARK = 6  # hex digits: too few to find a value by


def led(url: str, location: str) -> str:
    """The URL to which `location` leads from `url`, as browsers ask for it: its host in lower case, without the port
    that is its scheme's own, letters beyond ASCII encoded. `location` itself where that is no URL."""
    text = unblanked(location)
    found = _SCHEME.match(text)
    try:
        if found and found[1].lower() not in _PORTS:
            return quote(text, safe=_AS_WRITTEN)
        return _joined(url, found[1].lower() if found else "", text[found.end() :] if found else text)
    except ValueError:  # of idna, ipaddress and unquote too
        return location


def unblanked(location: str) -> str:
    """`location` without what browsers drop before they read it."""
    return location.strip(_BLANKS).translate(_DROPPED)


def _joined(url: str, scheme: str, rest: str) -> str:
    """What stands behind a scheme, if there is one, from `url` on. Raises ValueError where it names no host."""
    base = urlsplit(url)
    rest, hash_sign, fragment = rest.partition("#")
    place, mark, query = rest.partition("?")
    if _AUTHORITY.match(place) or scheme not in ("", base.scheme):
        place = place.lstrip("/\\")
        end = found.start() if (found := _SLASH.search(place)) else len(place)
        at, path = place[:end], place[end:]
    else:
        at, path = base.netloc, _from(base.path, place)
        mark, query = (mark, query) if place or mark else ("?" if base.query else "", base.query)
    scheme = scheme or base.scheme
    whole = f"{scheme}://{_authority(at, scheme)}{quote(_stepped(path), safe=_IN_A_PATH)}"
    asked = f"{whole}{mark}{quote(query, safe=_IN_A_QUERY)}"
    return f"{asked}{hash_sign}{quote(fragment, safe=_AS_WRITTEN)}"


def _from(path: str, place: str) -> str:
    """The path to which `place` leads from another."""
    if not place or _SLASH.match(place):
        return place or path
    return f"{path.rpartition('/')[0]}/{place}"


def _stepped(path: str) -> str:
    """A path after its steps `.` and `..`, however they are written."""
    kept: list[str] = []
    parts = _SLASH.split(path)[1:] or [""]
    for n, part in enumerate(parts, start=1):
        step = part.lower().replace("%2e", ".")
        if step == "..":
            del kept[-1:]
        elif step != ".":
            kept.append(part)
            continue
        if n == len(parts):
            kept.append("")
    return f"/{'/'.join(kept)}"


def _authority(text: str, scheme: str) -> str:
    user, _, place = text.rpartition("@")
    if literal := _LITERAL.fullmatch(place):
        host, port = f"[{IPv6Address(literal[1]).compressed}]", literal[2] or ""
    else:
        name, _, port = place.partition(":")
        host = _host(name)
    if port and (not (port.isascii() and port.isdigit()) or int(port) > _PORT_MAX):
        raise ValueError(port)
    at = f":{int(port)}" if port and int(port) != _PORTS[scheme] else ""
    return f"{quote(user, safe=_AS_WRITTEN)}@{host}{at}" if user.strip(":") else f"{host}{at}"


def _host(name: str) -> str:
    host = unquote(name, errors="strict").lower()
    if not host.isascii():
        host = idna.encode(host[:_HOST_MAX], uts46=True).decode("ascii")
    if not host or len(host) > _HOST_MAX or _NO_HOST.search(host):
        raise ValueError(name)
    return host


def spelled(url: str) -> str:
    """`url` as it is spelled where it need not be encoded, so that equal ones are alike: RFC 3986, 6.2.2."""
    return _ENCODED.sub(_decoded, url)


def _decoded(found: re.Match[str]) -> str:
    letter = chr(int(found[1], 16))
    return letter if letter in _UNRESERVED else found[0].upper()


def mark_of(url: str) -> str:
    """A short mark of `url`, which tells it from others where secrets in it are not shown."""
    return hashlib.sha256(spelled(url).encode()).hexdigest()[:_MARK]


def host_of(url: str) -> str:
    """The host of `url`, in lower case; "" where there is none, or `url` is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
