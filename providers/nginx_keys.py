"""nginx's cache keys: what a URL is kept under, and what all pages of a host are kept under.

A key is text that `proxy_cache_key` makes, such as $scheme$host$request_uri. Its file is named by the key's md5, and
`levels` takes the folders from the end of that name: 1:2 makes c/29/…29c.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from providers.contract import Complaint

VARIABLES = ("scheme", "host", "http_host", "request_uri")
LIKE = "Write what proxy_cache_key says, such as $scheme$host$request_uri."
_ANY = re.compile(r"\$(?:\{([^}]*)\}|([A-Za-z0-9_]*))")
_VARIABLE = re.compile(r"\$\{?([a-z_][a-z0-9_]*)\}?")
_SHARED = ("home", "usr", "var")  # folders of these are not a cache of its own


def complaints(settings: Mapping[str, str]) -> Sequence[Complaint]:
    """Why files cannot be removed with these settings."""
    return [
        *(_of_folder(settings["cache_dir"]) if "cache_dir" in settings else ()),
        *(_of_key(settings["key"]) if "key" in settings else ()),
    ]


def _of_folder(folder: str) -> Iterable[Complaint]:
    root, *parts = PurePosixPath(folder).parts or ("",)
    advice = "Write the path in proxy_cache_path, such as /var/cache/nginx/shop."
    if root != "/":
        yield Complaint(("cache_dir",), f"`{folder[:80]}` does not begin with a slash.", advice)
    elif ".." in parts or len(parts) < (3 if parts and parts[0] in _SHARED else 2):
        yield Complaint(("cache_dir",), f"`{folder[:80]}` is not a folder of a cache alone.", advice)


def _of_key(key: str) -> Iterable[Complaint]:
    names = [braced or bare for braced, bare in _ANY.findall(key)]
    unknown = [name for name in names if name not in VARIABLES and not re.fullmatch("http_[a-z0-9_]+", name)]
    if unknown:
        what = f"holds ${unknown[0][:40]}, which purgebot cannot fill in."
        yield Complaint(("key",), what, "Write its value, or use $request_uri.")
    elif "request_uri" not in names:
        yield Complaint(("key",), "holds no $request_uri, so it does not say which page it is of.", LIKE)


def unusable(folder: str, key: str) -> str:
    """Why files cannot be removed with these settings; empty if they can."""
    return next((str(one) for one in complaints({"cache_dir": folder, "key": key})), "")


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
