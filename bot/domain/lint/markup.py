"""What a page asks a browser to fetch, read from its HTML with suspicion; and the service worker that it registers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from html.parser import HTMLParser
from itertools import islice
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from bot.domain.lint.inline import import_map, of_module, of_style
from bot.domain.lint.srcset import addresses

LINKS_MAX = 1000  # of one page
URL_MAX = 2000  # characters of an address in it; what is longer is none, and its base neither
_LINKED = frozenset({"stylesheet", "preload", "modulepreload", "icon", "apple-touch-icon", "manifest"})
_WORKER = re.compile(r"""serviceWorker\s*\.\s*register\(\s*["'`]([^"'`\s]{1,500})["'`]""")


@dataclass(frozen=True, slots=True)
class Reference:
    """One URL that a page names, without its fragment. `is_worker` when it is registered as a service worker."""

    url: str
    is_worker: bool = False


def references(page: str, text: str, charset: str = "utf-8") -> tuple[Reference, ...]:
    """Every script, style, image, font, film and service worker that the page at `page` names, also in styles, modules
    and import maps that stand in it, each once and in order; at most a thousand. `charset` is what the page came in
    (Python's name): addresses have their queries in it, whatever else of them is beyond ASCII is UTF-8."""
    reader = _Reader()
    reader.feed(text)
    base = _joined(page, reader.base) or page
    found: dict[str, Reference] = {}
    for link in [*dict.fromkeys(filter(None, reader.links))][:LINKS_MAX]:
        _add(found, base, _in_query(link, charset), is_worker=False)
    for match in islice(_WORKER.finditer(text), LINKS_MAX):
        _add(found, page, match[1], is_worker=True)
    return tuple(found.values())


def _add(found: dict[str, Reference], base: str, link: str, is_worker: bool) -> None:
    whole = _joined(base, link)
    if whole and (whole not in found or is_worker):
        found[whole] = Reference(whole, is_worker)


def _joined(base: str, link: str) -> str:
    """Where `link` leads from `base`, without fragment; "" for what is no web address."""
    link = link.strip()
    if not link or len(link) > URL_MAX:
        return ""
    try:
        parts = urlsplit(urljoin(base, link))
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    return urlunsplit(parts._replace(path=parts.path or "/", fragment=""))


def _in_query(link: str, charset: str) -> str:
    """`link` with what its query holds beyond ASCII in the page's encoding, and as a reference where that lacks it
    (https://url.spec.whatwg.org, 1.3 and 4.4); of UTF-16 pages in UTF-8."""
    before, mark, query = link.partition("#")[0].partition("?")
    if query.isascii() or charset.startswith("utf"):
        return link
    return before + mark + "".join(map(partial(_in_charset, charset), query))


def _in_charset(charset: str, sign: str) -> str:
    if sign.isascii():
        return sign
    try:
        return quote(sign.encode(charset))
    except UnicodeEncodeError:
        return quote(f"&#{ord(sign)};")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.base = ""
        self._names: dict[str, str] = {}  # of import maps
        self._inside = ""  # what stands in the page itself: "style", "module" or "importmap"
        self._pieces: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the addresses of one tag."""
        given = {name: value for name, value in attrs if value}
        if tag == "base" and not self.base:
            self.base = given.get("href", "")
        self.links += _links(tag, given)
        self._inside = _inline(tag, given)
        self._pieces = []

    def handle_data(self, data: str) -> None:
        """Keep what may ask for more."""
        if self._inside:
            self._pieces.append(data)

    def handle_endtag(self, tag: str) -> None:
        """Take the addresses of what stood in the page."""
        text, inside = "".join(self._pieces), self._inside
        self._inside, self._pieces = "", []
        match inside:
            case "style":
                self.links += of_style(text)
            case "module":
                self.links += of_module(text, self._names)
            case "importmap":
                pairs = [*import_map(text)]
                self._names |= dict(pairs)
                self.links += [address for _, address in pairs if not address.endswith("/")]


def _inline(tag: str, given: Mapping[str, str]) -> str:
    kind = given.get("type", "").strip().lower()
    if tag == "script" and not given.get("src"):
        return kind if kind in ("module", "importmap") else ""
    return tag if tag == "style" and kind in ("", "text/css") else ""


def _links(tag: str, given: Mapping[str, str]) -> Iterator[str]:
    match tag:
        case "link" if _LINKED & set(given.get("rel", "").lower().split()):
            yield given.get("href", "")
            yield from addresses(given.get("imagesrcset", ""))
        case "input" if given.get("type", "").strip().lower() == "image":
            yield given.get("src", "")
        case "image" | "feimage" | "use":
            in_svg = given.get("href", "") or given.get("xlink:href", "")
            yield "" if in_svg.startswith("#") else in_svg
        case "script" | "img" | "source" | "video" | "audio" | "embed" | "track":
            yield given.get("src", "")
            yield given.get("poster", "")
            yield from addresses(given.get("srcset", ""))
