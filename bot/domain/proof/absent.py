"""Pages that are not there, at the edge as at the origin: such are fresh, and often an address that was mistyped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.proof.look import GONE, ORIGIN, Look


def absent(looks: Sequence[Look], before: Sequence[Look] = ()) -> Mapping[str, int]:
    """The URLs where origin and every place that answered say that there is no page, each with that status; not those
    of which a look `before` shows that there was one."""
    was_there = {look.url for look in before if not look.problem and look.status < 400}
    by_url: dict[str, list[Look]] = {}
    for look in looks:
        if not look.problem and look.url not in was_there:
            by_url.setdefault(look.url, []).append(look)
    return {url: seen[0].status for url, seen in by_url.items() if _is_absent(seen)}


def _is_absent(seen: Sequence[Look]) -> bool:
    statuses = {look.status for look in seen}
    both = {look.place == ORIGIN for look in seen} == {True, False}
    return both and len(statuses) == 1 and statuses <= {*GONE}
