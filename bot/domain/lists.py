"""Many things at once: what is said twice or lies under something wider is dropped and counted."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from bot.domain.target import Target, fixed_part, host_of, kinds_of
from providers.contract import Kind

LONGER = (
    "A longer list goes into a file, one thing a line: a .txt or .csv in Slack's form,"
    " `purgebot purge --file urls.txt` in a terminal, or as `targets` to POST /v1/commands."
)
WIDE = frozenset({Kind.EVERYTHING, Kind.HOST, Kind.PREFIX})  # what can cover something else


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the garbage collector, which walks a list anew each time it has grown by a quarter and takes as long as
    reading it. Nothing that is read here holds a cycle."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class Coverage:
    """What the wide targets of one request of one site cover: the same answers as `covers`, without asking each pair.

    Prefixes are found by cutting a path at its boundaries, so a list of 100,000 lines stays linear; and only where one
    could end, since a path may be nothing but boundaries.
    """

    def __init__(self, targets: Iterable[Target]) -> None:
        self._everything = False
        self._hosts: set[str] = set()
        self._prefixes: set[str] = set()
        for target in targets:
            self._everything |= target.kind is Kind.EVERYTHING
            if target.kind is Kind.HOST:
                self._hosts.add(target.value)
            if target.kind is Kind.PREFIX:
                self._prefixes.add(target.value)
        self._lengths = {len(prefix) for prefix in self._prefixes}

    def covered(self, target: Target) -> bool:
        """Whether another target of the request purges `target` as well."""
        if not (self._everything or self._hosts or self._prefixes) or target.kind is Kind.EVERYTHING:
            return False
        if self._everything:
            return True
        host = host_of(target)
        if target.kind is not Kind.HOST and host in self._hosts:
            return True
        return bool(self._prefixes) and self._has(target, host, fixed_part(target))

    def _has(self, target: Target, host: str, rest: str) -> bool:
        own = target.value if target.kind is Kind.PREFIX else ""
        return any(
            place in self._prefixes and place != own
            for end in boundaries(rest)
            if end in self._lengths or len(host) + end in self._lengths
            for place in {rest[:end], host + rest[:end]}
        )


def boundaries(rest: str) -> Iterator[int]:
    """Where every prefix ends that `rest` lies under, itself first: `/a/b?c` → 6, 4, 3, 2, 1."""
    if not rest:
        return
    yield len(rest)
    end = len(rest.partition("?")[0])
    if end != len(rest):
        yield end
    path, whole = rest[:end], end
    while (slash := path.rfind("/", 0, end)) >= 0:
        if slash + 1 < whole:
            yield slash + 1
        if slash:
            yield slash
        end = slash


def without_covered(targets: Sequence[Target]) -> tuple[tuple[Target, ...], int]:
    """The targets that no other one covers, and how many were dropped."""
    if kinds_of(targets).isdisjoint(WIDE):
        return tuple(targets), 0
    coverage = Coverage(targets)
    kept = tuple(target for target in targets if not coverage.covered(target))
    return kept, len(targets) - len(kept)


def widest(targets: Iterable[Target]) -> str:
    """What covers the others, in words: the one wide target by name, or their sorts."""
    wide = [t for t in targets if t.kind in WIDE]
    if len(wide) == 1:
        return f"{wide[0].kind.value} {wide[0].value}".strip()
    return "a wider one in the same request"
