"""Whether a URL is named by its content: then a new version has a new name, and no copy of it is ever old.

Two patterns and a few folders, held against what webpack, Vite, Rollup, Rails, Angular, Parcel, Nuxt and Django write.
A name alone is a strong hint and no proof: `my-DataGrid.js` looks like one. `is_certain` wants a second sign.
"""

from __future__ import annotations

import posixpath
import re
from urllib.parse import parse_qsl, urlsplit

from bot.domain.caching import Headers, policy_of

MONTH = 30 * 86_400  # seconds: who lets browsers keep something so long means it to be named by its content
YEAR = 31_536_000

_TEXTS = {"js", "mjs", "cjs", "css", "map", "wasm", "json", "webmanifest", "txt", "pdf"}
_IMAGES = {"png", "jpg", "jpeg", "gif", "webp", "avif", "svg", "ico", "bmp"}
_FONTS_AND_FILMS = {"woff", "woff2", "ttf", "otf", "eot", "mp4", "webm", "ogg", "mp3", "m4a", "wav"}
STATIC = frozenset(_TEXTS | _IMAGES | _FONTS_AND_FILMS)
_EXTENSION = "|".join(sorted(STATIC))
_TAIL = rf"(?:[._-](?:min|chunk|bundle))?(?:\.(?:{_EXTENSION}))+$"
_HEX = re.compile(rf"(?:^|[._~-])(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{{8,64}}{_TAIL}")
_BASE64URL = re.compile(
    r"[._~-](?=[A-Za-z0-9_-]{0,7}[A-Z])(?:(?=[A-Za-z0-9_-]{0,7}[0-9_-])|(?=[A-Za-z0-9_-]{1,7}[A-Z]))"
    rf"[A-Za-z0-9_-]{{8}}{_TAIL}"
)
_FOLDERS = ("/_next/static/", "/_nuxt/", "/_astro/", "/_app/immutable/")
_VERSIONS = frozenset({"v", "ver", "version", "rev", "t", "ts", "build", "hash", "cb"})


def is_fingerprinted(url: str) -> bool:
    """Whether the path looks as if a build named it by its content. A path or a URL."""
    path = urlsplit(url).path
    if any(folder in path for folder in _FOLDERS) and is_static(path):
        return True
    name = named(path)
    return _HEX.search(name) is not None or _BASE64URL.search(name) is not None


def is_certain(url: str, headers: Headers) -> bool:
    """Whether the answer says by its own lifetime what its name says: kept a month or more, or never to be asked for
    again."""
    if not is_fingerprinted(url):
        return False
    said = policy_of(headers).control
    return said.has("immutable") or (said.seconds("max-age") or 0) >= MONTH


def is_static(url: str) -> bool:
    """Whether the path ends like a file that pages are made of: script, style, image, font, film."""
    return posixpath.splitext(named(url))[1].lower().removeprefix(".") in STATIC


def version_in_query(url: str) -> str:
    """The argument that stands in for a version, as in `app.css?v=3`; "" where there is none."""
    pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    return next((f"{name}={value}" for name, value in pairs if name.lower() in _VERSIONS), "")


def named(url: str) -> str:
    """The file's own name."""
    return posixpath.basename(urlsplit(url).path)
