"""How targets are put into calls: in their order, as many as fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence


def pack(targets: Iterable[str], most: int, room: int, size: Callable[[str], int]) -> list[tuple[str, ...]]:
    """Each target once, at most `most` and `room` bytes a pack. A target bigger than `room` gets a pack of its own."""
    packs: list[tuple[str, ...]] = []
    current: list[str] = []
    used = 0
    for target in dict.fromkeys(targets):
        bytes_ = size(target)
        if current and (len(current) >= most or used + bytes_ > room):
            packs.append(tuple(current))
            current, used = [], 0
        current.append(target)
        used += bytes_
    return [*packs, tuple(current)] if current else packs


def alike(urls: Iterable[str]) -> tuple[Sequence[str], Mapping[str, str]]:
    """URLs of which none differs from another in its scheme alone, and by URL the one of the other scheme that was left
    out beside it. All begin with http:// or https://."""
    each = dict.fromkeys(urls)
    if len({url[:5] for url in each}) < 2:
        return list(each), {}
    first: dict[str, str] = {}
    left_out: dict[str, str] = {}
    for url in each:
        same = first.setdefault(url.partition("://")[2], url)
        if same != url:
            left_out[same] = url
    return list(first.values()), left_out


def named(url: str, others: Mapping[str, str]) -> tuple[str, ...]:
    """All URLs of the call for `url`: itself, and the one that was left out beside it."""
    return (url, others[url]) if url in others else (url,)


def visible_ascii(text: str) -> bool:
    """Whether `text` may stand in a request target or header as it is: printable ASCII without blanks, not empty."""
    return bool(text) and text.isascii() and text.isprintable() and " " not in text
