"""Whether a purge that names something reaches a URL."""

from __future__ import annotations

from collections.abc import Collection

from bot.domain.target import Target, begins
from providers.contract import Kind


def lies_under(target: Target, url: str, tags: Collection[str]) -> bool:
    """Whether `url`, which carries `tags`, is what `target` names or lies under it."""
    host_and_path = url.split("://", 1)[-1]
    match target.kind:
        case Kind.EVERYTHING:
            return True
        case Kind.URL:
            return target.value == url
        case Kind.PATH:
            return target.value == f"/{host_and_path.partition('/')[2]}"
        case Kind.HOST:
            return host_and_path.split("/", 1)[0] == target.value
        case Kind.PREFIX:
            return begins(host_and_path, target.value)
        case Kind.TAG:
            return target.value in tags
        case Kind.PATTERN:
            return fits(target.value, host_and_path)


def fits(pattern: str, text: str) -> bool:
    """Whether `text` is what `pattern` names, in which each star stands for anything. No regex, which would try every
    way to share a text among the stars: each part is looked for once, from where the one before it ends."""
    head, *rest = pattern.split("*")
    if not rest:
        return pattern == text
    *middle, tail = rest
    at, end = len(head), len(text) - len(tail)
    if at > end or not (text.startswith(head) and text.endswith(tail)):
        return False
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True
