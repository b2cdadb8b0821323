"""Whether a purge that names something reaches a URL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import islice

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


Page = tuple[str, Collection[str]]  # its URL, and the tags that it carries

WORK_MAX = 2_000_000  # characters of pages that patterns are held against, each time anew
WORK_LEAST = 100  # characters that a page counts for at least


class Extent:
    """What many targets reach together: as `lies_under` says, without asking each pair but for patterns."""

    def __init__(self, targets: Iterable[Target]) -> None:
        self._values: dict[Kind, set[str]] = defaultdict(set)
        for target in targets:
            self._values[target.kind].add(target.value)
        self._prefixes = self._values[Kind.PREFIX]
        self._lengths = sorted({len(prefix) for prefix in self._prefixes})
        self._patterns = [*self._values[Kind.PATTERN]]

    def holds(self, url: str, tags: Collection[str]) -> bool:
        """Whether one of them reaches `url`, which carries `tags`."""
        host_and_path = url.split("://", 1)[-1]
        host, _, path = host_and_path.partition("/")
        return (
            bool(self._values[Kind.EVERYTHING])
            or url in self._values[Kind.URL]
            or f"/{path}" in self._values[Kind.PATH]
            or host in self._values[Kind.HOST]
            or not self._values[Kind.TAG].isdisjoint(tags)
            or any(self._has(host_and_path, length) for length in self._lengths)
            or any(fits(pattern, host_and_path) for pattern in self._patterns)
        )

    def first(self, pages: Iterable[Page], most: int) -> list[str]:
        """The first of `pages` that they reach, at most `most`. With many patterns only so many pages are looked at as
        take WORK_MAX."""
        return [*islice((url for url, tags in self._as_many_as_may_be(pages) if self.holds(url, tags)), most)]

    def _as_many_as_may_be(self, pages: Iterable[Page]) -> Iterator[Page]:
        work = 0
        for url, tags in pages:
            work += max(len(url), WORK_LEAST) * len(self._patterns)
            if work > WORK_MAX:
                return
            yield url, tags

    def _has(self, host_and_path: str, length: int) -> bool:
        prefix = host_and_path[:length]
        return prefix in self._prefixes and begins(host_and_path, prefix)


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
