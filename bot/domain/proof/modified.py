"""Last-Modified of two answers, where only their bytes differ: which of them is the older."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.domain.answers.caching import moment
from bot.domain.proof.look import Likeness, Look, compare

NOW = 5.0  # seconds: a Last-Modified that is as young as the answer is its making, and tells nothing
_YEAR_9999 = 253_370_764_800.0  # seconds since the epoch


def is_older(look: Look, origins: Sequence[Look]) -> bool:
    """Whether `look` says that it was changed before each of `origins` was."""
    mine, its = _moment(look), [_changed(origin) for origin in origins]
    return mine is not None and bool(its) and all(one is not None and mine < one for one in its)


def is_newer(look: Look, origins: Sequence[Look]) -> bool:
    """Whether `look` says that it was changed after each of `origins` was."""
    mine, its = _moment(look), [_moment(origin) for origin in origins]
    return mine is not None and bool(its) and all(one is not None and mine > one for one in its)


def told_older(look: Look, origins: Sequence[Look]) -> str:
    """Both times, where `look` is older by nothing but that and its bytes; else ""."""
    is_told = is_older(look, origins) and compare(look, origins[0]) is Likeness.OTHER_BYTES
    return beside(look, origins[0]) if is_told else ""


def told_at_once(look: Look, origins: Sequence[Look]) -> str:
    """When both say that they were changed, where that is at one and the same time, and not just now; else ""."""
    mine, its = _moment(look), {_changed(origin) for origin in origins}
    if mine is None or its != {mine}:
        return ""
    return f"Last-Modified {datetime.fromtimestamp(mine, UTC).strftime('%d %b %Y %H:%M').removeprefix('0')}"


def _changed(origin: Look) -> float | None:
    found = _moment(origin)
    return None if found is None or found > origin.at - NOW else found


def _moment(look: Look) -> float | None:
    found = moment(look.last_modified)
    return found if found is not None and 0 <= found < _YEAR_9999 else None


def beside(look: Look, origin: Look) -> str:
    """ "Last-Modified 24 Nov 10:00, the origin's 25 Nov 10:00", as exactly as it takes to tell them apart; "" where one
    of them says nothing."""
    moments = (_moment(look), _moment(origin))
    mine, its = (datetime.fromtimestamp(one, UTC) if one is not None else None for one in moments)
    if mine is None or its is None:
        return ""
    ways = ("%d %b %H:%M", "%d %b %H:%M:%S") if mine.year == its.year else ("%d %b %Y %H:%M",)
    way = next((way for way in ways if mine.strftime(way) != its.strftime(way)), ways[-1])
    told, its_told = (when.strftime(way).removeprefix("0") for when in (mine, its))
    return f"Last-Modified {told}, the origin's {its_told}"
