"""What a purge met at a place that gave the new page before it and an old one after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from bot.domain.proof.look import Look, compare
from bot.domain.proof.reached import is_older


def new_then_old(
    same: Sequence[str],
    before: Sequence[Look],
    stale: Sequence[Look],
    purged_at: Callable[[str], float | None],
    listed: Callable[[Sequence[str]], str],
) -> Iterator[str]:
    """Of the places in `same`, where edge and origin agreed in the looks `before` and a look in `stale` was old after
    the purge of its page (`purged_at`, seconds since the epoch): an old copy that was there before it, beside another
    one that was seen, shows that several stand behind that address. Else the origin may have changed since."""
    torn = [
        place for place in same if all(_is_another(look, before, purged_at) for look in stale if look.place == place)
    ]
    if torn:
        yield (
            f"several nodes or copies stand behind {listed(torn)}: the one that was seen before the purge was new"
            " already, and the purge did not reach the old one"
        )
    if moved := [place for place in same if place not in torn]:
        yield (
            f"edge and origin were already the same before the purge at {listed(moved)}:"
            " the origin changed since, or part of it is still old"
        )


def _is_another(look: Look, before: Sequence[Look], purged_at: Callable[[str], float | None]) -> bool:
    """Whether it is a copy from before the purge, and not the one that was seen then."""
    asked = (look.place, look.url, look.variant)
    was = [one for one in before if (one.place, one.url, one.variant) == asked and not one.problem]
    return is_older(look, purged_at(look.url)) and all(compare(one, look).is_other for one in was)
