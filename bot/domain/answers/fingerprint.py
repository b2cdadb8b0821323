"""Whether a URL is named by its content: then a new version has a new name, and no copy of it is ever old.

Two patterns and a few folders, held against what webpack, Vite, Rollup, Rails, Angular, Parcel, Nuxt and Django write.
A name alone is a strong hint and no proof, and what is taken for one is purged on no deploy. So what reads like words
(`my-DataGrid.js`, `hero-IMG_1234.jpg`) is none, though one of seven hashes of eight letters and digits reads so too.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlsplit

MONTH = 30 * 86_400  # seconds: who lets browsers keep something so long means it to be named by its content
YEAR = 31_536_000

_TEXTS = {"js", "mjs", "cjs", "css", "map", "wasm", "json", "webmanifest", "txt", "pdf"}
_IMAGES = {"png", "jpg", "jpeg", "gif", "webp", "avif", "svg", "ico", "bmp"}
_FONTS_AND_FILMS = {"woff", "woff2", "ttf", "otf", "eot", "mp4", "webm", "ogg", "mp3", "m4a", "wav"}
STATIC = frozenset(_TEXTS | _IMAGES | _FONTS_AND_FILMS)
_EXTENSION = "|".join(sorted(STATIC))
_TAIL = rf"(?:[._-](?:min|chunk|bundle))?(?:\.(?:{_EXTENSION}))+$"
_HEX = re.compile(rf"(?:^|[._~-])(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{{8,64}}{_TAIL}")
_BASE64URL = re.compile(rf"[._~-](?P<hash>(?=[A-Za-z0-9_-]{{0,7}}[A-Z])[A-Za-z0-9_-]{{8}}){_TAIL}")
_WORD = "[a-z]?(?:[A-Z][a-z])*[A-Z]*[a-z]{2,}(?:[A-Z]+[a-z]{2,})*[A-Z]*|[A-Z]+"  # DataGrid, iPhone, MyWidget, JSON
_PART = f"(?:{_WORD}|[A-Za-z](?=[0-9]))?[0-9]*"
_WORDS = re.compile(f"{_PART}(?:[_-]+{_PART})*")  # JohnDoe2, IMG_1234, en-US-v2, A4-print
_CAPITALS = re.compile("[A-Z0-9_-]+")
_BASE32 = re.compile("[A-Z2-7]+")  # esbuild, and Angular with it
_BARE = re.compile(
    r"(?:^|(?P<before>[._~-]))(?P<hash>[0-9a-f]{8,64}|[A-Z2-7]{8})"
    r"(?P<tail>(?:[._-](?:min|chunk|bundle))?\.(?:[mc]?js|css)(?:\.map)?)$"
)
_LIKE = re.compile(rf"(?:^|(?P<before>[._~-]))(?P<hash>[0-9a-f]{{8,64}}|[A-Za-z0-9_-]{{8}}){_TAIL}")
_YEAR, _MONTH, _OF_MONTH = "(?:19|20)[0-9]{2}", "(?:0[1-9]|1[0-2])", "(?:0[1-9]|[12][0-9]|3[01])"
_DAY = re.compile(f"{_YEAR}{_MONTH}{_OF_MONTH}|{_OF_MONTH}{_MONTH}{_YEAR}|{_MONTH}{_OF_MONTH}{_YEAR}")
_FOLDERS = ("/_next/static/", "/_nuxt/", "/_astro/", "/_app/immutable/")
_VERSIONS = frozenset({"v", "ver", "version", "rev", "t", "ts", "build", "hash", "cb"})


def is_fingerprinted(url: str) -> bool:
    """Whether the path looks as if a build named it by its content. A path, a file as a manifest names it, or a URL."""
    path = url.partition("#")[0].partition("?")[0]  # urlsplit takes ten times as long, and lists have a million lines
    if is_static(path) and any(folder in f"/{path}" for folder in _FOLDERS):
        return True
    name = path.rpartition("/")[2]
    if _HEX.search(name) is not None:
        return True
    found = _BASE64URL.search(name)
    return found is not None and not _reads_like_words(found["hash"])


def hash_like(url: str) -> tuple[str, str] | None:
    """What stands where hashes do, `08421965` and `overview` too, and the sign before it; None where nothing does, or
    a day. A path or a URL."""
    found = _LIKE.search(_name(url))
    return None if found is None or _DAY.fullmatch(found["hash"]) else (found["before"] or "", found["hash"])


def is_no_word(url: str) -> bool:
    """Whether what stands where hashes do is none that people write, though no build may have: `index-k3xq9zva.js`."""
    found = hash_like(url)
    return found is not None and not _reads_like_words(found[1])


def may_be_fingerprinted(url: str) -> bool:
    """Whether the path ends as names do that a build makes, though it may read like words. A path or a URL."""
    return is_fingerprinted(url) or _BASE64URL.search(_name(url)) is not None


def _reads_like_words(text: str) -> bool:
    """Whether people may have written it: words, numbers, and capitals and digits that no build writes (FY2025Q4)."""
    by_hand = _CAPITALS.fullmatch(text) is not None and _BASE32.fullmatch(text) is None
    return by_hand or _WORDS.fullmatch(text) is not None


class Siblings:
    """Which of a build's files are named by their content. One of fifty hashes of eight digits has no letter
    (`main.08421965.js`), as a number has none, and one of four in capitals reads like a word (`chunk-QXTZKPAB.js`):
    these count where others of that build are scripts or styles called so, with a hash that shows, and where it is no
    day (`20261127`)."""

    def __init__(self, files: Iterable[str]) -> None:
        some = [*files]
        bare = any(not is_fingerprinted(file) and _BARE.search(_name(file)) for file in some)
        self._shapes = {_shape(file) for file in some if is_fingerprinted(file)} - {None} if bare else set()

    def is_fingerprinted(self, path: str) -> bool:
        """Whether the path looks as if the build named it by its content. A path or a URL."""
        return is_fingerprinted(path) or (bool(self._shapes) and self._is_like_others(path))

    def _is_like_others(self, path: str) -> bool:
        found = _BARE.search(_name(path))
        return found is not None and not _DAY.match(found["hash"]) and _shape(path) in self._shapes


def _shape(path: str) -> tuple[str, int, bool] | None:
    """How a script or style with a hash is called: what stands before that, its length, and whether in capitals."""
    found = _BARE.search(_name(path))
    return None if found is None else (found["before"] or "", len(found["hash"]), found["hash"].isupper())


def _name(path: str) -> str:
    return path.partition("#")[0].partition("?")[0].rpartition("/")[2]


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


def never_needed(urls: Iterable[str]) -> tuple[str, ...]:
    """What a plan says of purging files that are named by their content; nothing where there is none."""
    found = [url for url in urls if is_fingerprinted(url)]
    if not found:
        return ()
    if len(found) == 1:
        what = f"{named(found[0])} is named by its content, as far as its name tells"
        return (f"{what}: a new version has a new name, so it was never needed.",)
    what = f"{len(found):,} files like {named(found[0])} are named by their content, as far as their names tell"
    return (f"{what}: a new version has a new name, so it was never needed.",)
