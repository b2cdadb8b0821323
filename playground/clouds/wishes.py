"""What may stand in the body of a purge, as Cloudflare's API description and documentation say it, and what it costs.

Read on 2026-11-23: https://developers.cloudflare.com/api/resources/cache/methods/purge and
https://developers.cloudflare.com/cache/how-to/purge-cache/. Codes that Cloudflare publishes nowhere are those that its
users have seen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from playground.devices import HEADER

ENTRIES_MAX = 100  # per call, for files as for tags, hosts and prefixes, on every plan but enterprise
TAG_MAX, SEPARATORS_MAX = 1024, 31
SELECTORS = {"files": "url", "tags": "tag", "hosts": "host", "prefixes": "prefix"}
# not documented: our wording, of every message here. That 1012 to 1014 and 1082 mean this, users have seen; 1094, the
# code of a body too long, and that a purge over its bucket is told 10429, are guesses.
TOO_LONG = (413, "Request entity too large")
ONE_OF = "Request must contain one of purge_everything, files, tags, hosts or prefixes"
_URL = re.compile(r"(https?)://([^/?#]+)([^#]*)", re.IGNORECASE)
_TAG = re.compile(r"[!-~]+")
_HOST = re.compile(r"[^/?#:@\s]+")


class Rejected(Exception):
    """An answer that is not a success: HTTP status, Cloudflare's code, and codes that it says further down."""

    def __init__(self, status: int, code: int, message: str, chain: Sequence[tuple[int, str]] = ()) -> None:
        super().__init__(message)
        error: dict[str, object] = {"code": code, "message": message}
        if chain:
            error["error_chain"] = [{"code": number, "message": text} for number, text in chain]
        self.status = status
        self.errors = [error]


@dataclass(frozen=True, slots=True)
class Asked:
    """One purge as validated: `values` of one kind, none for everything; `devices` are those whose copies of the URLs
    are meant, in their order, as far as CF-Device-Type says."""

    kind: str
    values: tuple[str, ...]
    devices: tuple[str, ...] = ()

    @property
    def cost(self) -> tuple[str, int]:
        """The bucket it is paid from, and the units."""
        return ("urls", len(self.values)) if self.kind == "url" else ("bulk", 1)


def read(content_type: str, body: bytes, hosts: frozenset[str]) -> Asked:
    """The purge that `body` asks for in the zone of `hosts`. Raises Rejected."""
    doc = _document(content_type, body)
    chosen = [name for name in SELECTORS if name in doc]
    for name in chosen:
        if not isinstance(doc[name], list) or not doc[name]:
            raise Rejected(400, 1014, f"{name} must be an array")
    if len(chosen) + ("purge_everything" in doc) != 1:
        raise Rejected(400, 1012, ONE_OF)
    if not chosen:
        if doc["purge_everything"] is not True:
            raise Rejected(400, 1013, "purge_everything must be true")
        return Asked("everything", ())
    entries = doc[chosen[0]]
    values = _values(chosen[0], entries, hosts)
    devices = tuple(map(_device, entries)) if chosen[0] == "files" and isinstance(entries, list) else ()
    return Asked(SELECTORS[chosen[0]], values, devices)


def _document(content_type: str, body: bytes) -> Mapping[str, object]:
    try:
        doc = json.loads(body)
    except ValueError:
        raise Rejected(400, 1012, ONE_OF) from None
    if not isinstance(doc, dict) or content_type.partition(";")[0].strip().lower() != "application/json":
        raise Rejected(400, 1012, ONE_OF)
    return doc


def _values(name: str, values: object, hosts: frozenset[str]) -> tuple[str, ...]:
    entries = values if isinstance(values, list) else []
    if len(entries) > ENTRIES_MAX:
        raise Rejected(400, 1094, f"You may only purge {ENTRIES_MAX} {name} at a time")
    if name == "files":
        if len({isinstance(entry, str) for entry in entries}) > 1:
            raise Rejected(400, 1012, "files must be all strings or all objects")
        return tuple(_file(entry, hosts) for entry in entries)
    return tuple(_READERS[name](_text(name, entry), hosts) for entry in entries)


def _text(name: str, entry: object) -> str:
    if not isinstance(entry, str) or not entry:
        raise Rejected(400, 1014, f"{name} must be an array of strings")
    return entry


def _file(entry: object, hosts: frozenset[str]) -> str:
    """Scheme and host in lower case, the rest byte for byte."""
    url = entry
    if isinstance(entry, dict):
        headers = entry.get("headers", {})
        if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
            raise Rejected(400, 1012, "headers of a file must be an object of strings")
        url = entry.get("url")
    found = _URL.fullmatch(url) if isinstance(url, str) else None
    if found is None:
        raise Rejected(400, 1012, "files must hold full URLs without a fragment, or objects with such a url")
    scheme, host, rest = found.groups()
    _in_zone(str(url), host, hosts)
    return f"{scheme.lower()}://{host.lower()}{rest if rest.startswith('/') else '/' + rest}"


def _device(entry: object) -> str:
    headers = entry.get("headers", {}) if isinstance(entry, dict) else {}
    return next((value for name, value in headers.items() if name.lower() == HEADER), "")


def _tag(tag: str, hosts: frozenset[str]) -> str:
    if len(tag) > TAG_MAX or not _TAG.fullmatch(tag) or "," in tag:
        raise Rejected(400, 1014, f"a tag is at most {TAG_MAX} printable ASCII characters, without blanks and commas")
    return tag


def _host(host: str, hosts: frozenset[str]) -> str:
    if not _HOST.fullmatch(host):
        raise Rejected(400, 1014, "hosts must hold host names only")
    _in_zone(host, host, hosts)
    return host.lower()


def _prefix(prefix: str, hosts: frozenset[str]) -> str:
    if "://" in prefix or "?" in prefix or "#" in prefix or prefix.count("/") > SEPARATORS_MAX:
        what = f"a prefix has no scheme, query or fragment, and at most {SEPARATORS_MAX} separators"
        raise Rejected(400, 1014, what)
    host, slash, path = prefix.partition("/")
    _in_zone(prefix, host, hosts)
    return host.lower() + slash + path


def _in_zone(what: str, host: str, hosts: frozenset[str]) -> None:
    if host.lower() not in hosts:
        raise Rejected(400, 1082, f"Unable to purge {what[:200]}: it is not in this zone")


_READERS: Mapping[str, Callable[[str, frozenset[str]], str]] = {"tags": _tag, "hosts": _host, "prefixes": _prefix}
