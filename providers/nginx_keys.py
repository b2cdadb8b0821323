"""nginx's cache keys: what a URL is kept under, and what all pages of a host are kept under.

A key is text that `proxy_cache_key` makes, such as $scheme$host$request_uri. Its file is named by the key's md5, and
`levels` takes the folders from the end of that name: 1:2 makes c/29/…29c.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

VARIABLES = ("scheme", "host", "http_host", "request_uri", "http_…")
_VARIABLE = re.compile(r"\$\{?([a-z_][a-z0-9_]*)\}?")
_SHARED = ("home", "usr", "var")  # folders of these are not a cache of its own


def unusable(folder: str, key: str) -> str:
    """Why files cannot be removed with these settings; empty if they can."""
    root, *parts = PurePosixPath(folder).parts or ("",)
    if root != "/" or ".." in parts or len(parts) < (3 if parts and parts[0] in _SHARED else 2):
        return f"`cache_dir` {folder[:80]} is not the whole path of a cache of its own."
    unknown = [name for name in _VARIABLE.findall(key) if name not in VARIABLES and not name.startswith("http_")]
    if unknown:
        return f"`key` holds ${unknown[0]}, which purgebot cannot fill in: write its value, or use $request_uri."
    return "" if "$request_uri" in key else "`key` must hold $request_uri."


def key_of(template: str, url: str, headers: Mapping[str, str]) -> str:
    """nginx's key of `url` for a visitor who sends `headers`."""
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    sent = {f"http_{name.lower().replace('-', '_')}": value for name, value in headers.items()}
    known = {"scheme": scheme, "host": host.rpartition(":")[0] if _has_port(host) else host, "http_host": host}
    values = {**sent, **known, "request_uri": f"{slash}{path}"}
    return _VARIABLE.sub(lambda found: values.get(found[1], ""), template)


def keys_below(template: str, hosts: Sequence[str], prefix: str = "/") -> str:
    """A regex of every key of these hosts under `prefix`, which ends at a path boundary."""
    host = f"(?:{'|'.join(re.escape(host) for host in hosts)})"
    rest = re.escape(prefix) + (".*" if prefix.endswith("/") else "(?:[/?].*)?")
    known = {"scheme": "https?", "host": host, "http_host": f"{host}(?::[0-9]+)?", "request_uri": rest}
    return _regex(template, known)


def _regex(template: str, known: Mapping[str, str]) -> str:
    parts, at = [], 0
    for found in _VARIABLE.finditer(template):
        parts += [re.escape(template[at : found.start()]), known.get(found[1], ".*?")]
        at = found.end()
    return "".join([*parts, re.escape(template[at:])])


def keys_match(template: str, key: str) -> bool:
    """Whether `key` may have been made by `template`."""
    known = {"scheme": "https?", "host": "[^/:]+", "http_host": "[^/]+", "request_uri": "/.*"}
    return re.fullmatch(_regex(template, known), key) is not None


def names_host(template: str) -> bool:
    """Whether keys say whose they are."""
    return not {"host", "http_host"}.isdisjoint(_VARIABLE.findall(template))


def place_of(key: str, levels: Sequence[int]) -> tuple[str, ...]:
    """Folders and name of the file that nginx keeps under `key`."""
    return placed(hashlib.md5(key.encode(), usedforsecurity=False).hexdigest(), levels)


def placed(name: str, levels: Sequence[int]) -> tuple[str, ...]:
    """Folders and name of the file called `name`."""
    folders, end = [], len(name)
    for level in levels:
        folders.append(name[end - level : end])
        end -= level
    return (*folders, name)


def _has_port(host: str) -> bool:
    return re.search(r":[0-9]+$", host) is not None
