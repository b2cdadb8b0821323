"""The way from a visitor to the origin, a line a hop, as it was seen."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.masking import masked
from bot.domain.proof.finding import Verdict
from bot.domain.proof.look import describe, in_short
from bot.domain.why import elsewhere
from bot.domain.why.case import Case
from bot.domain.why.spots import SENDS_MAX, Spot, Tier, alike_told, in_the_middle
from bot.domain.why.which import by_status

POPS_SHOWN = 6
NOT_ASKED = "it cannot be asked from here"
_OF = {Verdict.FRESH: "fresh", Verdict.STALE: "old", Verdict.UNKNOWN: "not known", Verdict.UNCHECKED: "not known"}
_UNCACHED = "the origin's, never kept"


def hops_of(case: Case) -> tuple[str, ...]:
    """The hops from the visitor to the origin, as they were seen; edges that are alike in one line."""
    dns = [f"DNS ({one.resolver}): {' → '.join(one.chain) or 'no alias'}" for one in case.names if not one.problem]
    edges = [spot for spot in case.spots if spot.tier is Tier.EDGE]
    inside = [spot for spot in case.spots if spot.tier is not Tier.EDGE]
    outer = [f"{', '.join(spot.name for spot in alike)}: {told}" for alike, told in alike_told(_hops(edges, case))]
    inner = {spot.name: told for spot, told in _hops(inside, case)}
    inner |= {front.title: NOT_ASKED for front in case.unasked}
    inwards = dict.fromkeys([*(front.title for front in case.layers[1:]), *inner])
    return (*dns, *outer, *elsewhere.way(case), *(f"{name}: {inner[name]}" for name in inwards))


def _hops(spots: Sequence[Spot], case: Case) -> list[tuple[Spot, str]]:
    return [(spot, _hop(spot, case)) for spot in spots]


def _hop(spot: Spot, case: Case) -> str:
    if not spot.last.is_usable:
        return f"{spot.look.broken}, {spot.look.problem}" if spot.look.broken else spot.look.problem
    told = describe(spot.look, case.now) + _content(spot)
    if spot.tier is Tier.ORIGIN:
        return told + _by_turns(spot)
    return f"{told} · {_judged(spot, case)}{_under_another_name(spot, case)}{_answered_at(spot)}"


def _by_turns(spot: Spot) -> str:
    """What else it answered a plain visitor, where it named its content otherwise each time."""
    named = dict.fromkeys(glance.content for glance in spot.plain if glance.is_about_the_page and glance.content)
    others = [content for content in named if content != spot.last.content]
    return f", by turns with {' and '.join(others)}" if others else ""


def _answered_at(spot: Spot) -> str:
    """Every data centre that its answers name, but for one alone that is called as the place is: FRA56-P1 at fra."""
    named = dict.fromkeys(one.look.seen_at for one in (*spot.plain, *spot.varied) if one.look.seen_at)
    if len(named) <= 1 and all(one.lower().startswith(spot.name.lower()) for one in named):
        return ""
    more = len(named) - POPS_SHOWN
    return f" · answered at {', '.join([*named][:POPS_SHOWN])}{f' and {more} more' if more > 0 else ''}"


def _content(spot: Spot) -> str:
    """Where a redirect leads, or the bytes, where `describe` names nothing."""
    look, last = spot.look, spot.last
    is_named = bool(look.version or look.etag) and not last.location
    if is_named or not last.content:
        return ""
    return f", to {in_the_middle(masked(last.location))}" if last.location else f", {last.content}"


def _judged(spot: Spot, case: Case) -> str:
    """Fresh or old, and to whom, where not everybody gets the same."""
    plain, *others = case.courses_at(spot)
    found = case.finding_at(spot)
    word = _UNCACHED if found.uncached else _OF[found.verdict]
    if plain.is_mixed:
        given = zip(plain.glances, plain.were_old, strict=True)
        apart = by_status(case, [glance for glance, was_old in given if was_old])
        return f"{apart or 'old'} at first, now {word}" if plain.has_turned else f"{apart or 'old'} and new by turns"
    old = next((other for other in others if any(other.were_old)), None)
    if old is None or not (found.uncached or found.verdict is Verdict.FRESH):
        return word
    kept = [glance for glance, is_old in zip(old.glances, old.were_old, strict=True) if is_old]
    which = "other bytes" if all(case.finding_at(spot, glance).by_bytes for glance in kept) else "old"
    return f"{word} to a plain visitor, {which} to {in_short(kept[0].look.variant)[:SENDS_MAX]}"


def _under_another_name(spot: Spot, case: Case) -> str:
    """Said where a place names another version than the origin, and has its very bytes."""
    origin = case.origin
    if origin is None or case.verdict_at(spot) is not Verdict.FRESH or spot.look.version == origin.look.version:
        return ""
    is_same = bool(spot.look.digest) and spot.look.digest == origin.look.digest
    return ", the origin's bytes under another version" if is_same else ""
