"""The whole timeline of a job, from its thread and its journal: each moment once. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.domain.jobs.thread_step import Event, Told

SAME_SECONDS = 1.0  # entry and line of one moment are written together

# What the journal calls what the thread tells as well; the thread tells it better.
_TWINS: Mapping[str, frozenset[Event]] = {
    "decided": frozenset({Event.ALLOWED}),
    "vote": frozenset({Event.VOTED_YES, Event.VOTED_NO}),
    "layer": frozenset({Event.LAYER_DONE, Event.LAYER_STOPPED}),
    "proof": frozenset({Event.LOOKED}),
    "ended": frozenset({Event.ENDED}),
    "failed": frozenset({Event.ENDED}),
    "expired": frozenset({Event.EXPIRED}),
    "cancelled": frozenset({Event.CANCELLED}),
    "retried": frozenset({Event.RETRIED}),
    "resumed": frozenset({Event.RESUMED}),
    "restored": frozenset({Event.RESTORED}),
    "parked": frozenset({Event.PARKED}),
    "outcome_unknown": frozenset({Event.ASKED_PERSON}),
    "asked_again": frozenset({Event.ASKED_AGAIN, Event.BARRED, Event.UNCONFIGURED, Event.JUDGED_ANEW}),
    "came_due": frozenset({Event.CAME_DUE}),
    "missed": frozenset({Event.MISSED}),
    "ran_now": frozenset({Event.RAN_NOW}),
    "denied": frozenset({Event.REFUSED, Event.VOTED_NO}),
    "joined": frozenset({Event.JOINED}),
    "left": frozenset({Event.LEFT}),
    "calmed": frozenset({Event.CALMED}),
    "urgent": frozenset({Event.URGENT}),
    "held": frozenset({Event.HELD}),
    "glass_broken": frozenset({Event.GLASS_BROKEN}),
    "review_closed": frozenset({Event.REVIEWED}),
}
_UNTOLD = frozenset({"sealed"})  # what the journal writes for itself: nothing happened
_FIRST = {"asked": 0, "decided": 1, "approved": 3}
_EARLY = frozenset({Event.ALLOWED, Event.ASKED, Event.VOTED_YES, Event.VOTED_NO})  # what follows is from them


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the journal; of one that `is_pruned` the document has gone, so nothing it held is known."""

    event: str
    who: str
    doc: Mapping[str, object] = field(default_factory=dict)
    is_pruned: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """What happened at a time (seconds since the epoch): a step of the thread, or an entry of the journal."""

    at: float
    what: Told | Entry


def timeline(steps: Sequence[tuple[float, Told]], entries: Sequence[tuple[float, Entry]]) -> tuple[Moment, ...]:
    """Both together, oldest first, without entries that a step tells already."""
    only = [Moment(at, entry) for at, entry in entries if entry.event not in _UNTOLD and not _is_told(at, entry, steps)]
    return tuple(sorted([*only, *(Moment(at, told) for at, told in steps)], key=_order))


def _is_told(at: float, entry: Entry, steps: Sequence[tuple[float, Told]]) -> bool:
    twins = _TWINS.get(entry.event, frozenset())
    return any(told.event in twins and abs(at - then) < SAME_SECONDS for then, told in steps)


def _order(moment: Moment) -> tuple[float, int]:
    what = moment.what
    rank = _FIRST.get(what.event, 5) if isinstance(what, Entry) else 2 if what.event in _EARLY else 4
    return (moment.at, rank)
