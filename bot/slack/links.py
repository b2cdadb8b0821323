"""What a Slack message links to, and the lists that are attached to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

LINKS_MAX = 1_000
LINK_MAX = 2_000  # characters
_MARK = re.compile(r"<(https?://[^|<>\s]+)(?:\|[^<>]*)?>")
_BARE = re.compile(r"https?://[^\s<>|\"`]+")
_TEXTS = ("text", "pretext", "title", "value", "fallback")
_URLS = ("url", "title_link", "from_url", "original_url")
_INSIDE = ("blocks", "elements", "attachments", "fields", "text", "accessory", "element")


def links_in(message: Mapping[str, object]) -> list[str]:
    """Every http link of a message once, in order: of a label's link the URL, and never the label."""
    found = dict.fromkeys(link for link in _links(message) if len(link) <= LINK_MAX)
    return list(found)[:LINKS_MAX]


def _links(part: Mapping[str, object]) -> Iterator[str]:
    is_link = part.get("type") == "link"
    for name in _URLS:
        url = part.get(name)
        if isinstance(url, str) and url.lower().startswith(("http://", "https://")):
            yield url
    if not is_link:
        for name in _TEXTS:
            text = part.get(name)
            if isinstance(text, str):
                yield from _links_of(text, is_plain=part.get("type") in ("plain_text", "text"))
    for name in _INSIDE:
        yield from _deeper(part.get(name))


def _deeper(inside: object) -> Iterator[str]:
    if isinstance(inside, Mapping):
        yield from _links(inside)
    if isinstance(inside, list):
        for part in inside:
            yield from _deeper(part)


def _links_of(text: str, is_plain: bool) -> Iterator[str]:
    if is_plain:
        yield from map(_trimmed, _BARE.findall(text))
        return
    yield from (_decoded(url) for url in _MARK.findall(text))
    yield from (_decoded(_trimmed(url)) for url in _BARE.findall(re.sub(r"<[^<>]*>", " ", text)))


def _trimmed(url: str) -> str:
    """Without what a sentence puts behind a URL."""
    bare = url.rstrip(".,;:!?'")
    return bare if "(" in bare else bare.rstrip(").,;:!?'")


def _decoded(url: str) -> str:
    return url.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def files_of(message: Mapping[str, object]) -> list[Mapping[str, object]]:
    """The files that are attached to a message."""
    files = message.get("files")
    return [file for file in files if isinstance(file, Mapping)] if isinstance(files, Sequence) else []
