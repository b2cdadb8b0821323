"""The generic provider's limits as data, and what an account can do by its recipes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from providers.contract import Account, Capabilities, Complaint, Copies, Kind, Pace
from providers.http_calls import MAX_BYTES, Planner
from providers.pacing import paces_of

PACES = {"calls": Pace(50, 1, 50, "calls", source="ours: kind to a small cache", checked="2026-11-25")}


def can_of(account: Account, planners: Mapping[Kind, Planner], problems: Sequence[Complaint]) -> Capabilities:
    """What an account can do, by its recipes and its own pace."""
    return Capabilities(
        kinds=frozenset(planners),
        soft=frozenset(),
        per_call={kind: planner.per_call(kind) for kind, planner in planners.items()},
        max_bytes=MAX_BYTES,
        pace=paces_of(PACES, account.pace),
        of_hosts=frozenset(kind for kind in (Kind.EVERYTHING,) if kind in planners and planners[kind].recipe.by_host),
        instead={kind: _instead(kind, planners, problems) for kind in Kind},
        takes=Copies.NAMED,  # as Squid does, which keeps the other variants of what it purges
    )


def _instead(kind: Kind, recipes: Collection[Kind], problems: Sequence[Complaint]) -> str:
    """What to do where there is no recipe for `kind`."""
    for problem in problems:
        if problem.place[0] == "headers" or problem.place[:2] == ("purge", kind.value):
            return f"Its recipe cannot be used. {problem}"
    known = ", ".join(kind.value for kind in Kind if kind in recipes) or "nothing"
    advice = "Add one to `purge`." if kind is not Kind.PATH else "Name the whole URL."
    return f"It has recipes for: {known}. {advice}"
