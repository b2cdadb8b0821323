"""What is old because it may be: a copy lives, and nothing here purged it since the page changed."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.durations import span
from bot.domain.why.case import Case
from bot.domain.why.cause import Cause, Certainty, Name
from bot.domain.why.lifetime import overridden
from bot.domain.why.not_carried_out import sent_nothing
from bot.domain.why.remedy import or_wider
from bot.domain.why.spots import Spot, Tier, do, each, names_of, same
from bot.domain.why.times import as_read, changed_since, fetched_now, left_since
from bot.domain.why.which import by_status, called, last_of
from providers.contract import Cached


def not_purged(case: Case) -> Cause | None:
    """A copy is old because it may be: it lives, and no purge of ours covered it since the page changed. What a place
    fetched because we looked is no copy of before."""
    old = [spot for spot in case.old() if spot.look.cached is not Cached.UNCACHED]
    if not old:
        return None
    fetched = [spot for spot in old if fetched_now(spot)]
    last = case.last_purge
    proof = left_since(case, last) if last is not None else ()
    inner = [spot for spot in case.old(Tier.INNER) if spot.look.is_kept and _gave(spot, fetched)]
    shown = [spot for spot in case.old(Tier.INNER) if spot in inner or spot in proof]
    holding = [spot for spot in old if spot not in fetched] or inner
    return Cause(
        Name.NOT_PURGED,
        as_read(case, _left(case, holding)),
        f"{_held(case, holding, fetched)}.{_last(case)}{_looked(case, holding, fetched, inner)}",
        each((*old, *shown, *_filled(case), *case.at(Tier.ORIGIN)), _told),
        or_wider(case),
        "Let the deploy purge what it changed.",
    )


def _told(spot: Spot) -> str:
    """What a place answered; of one that our look filled, that it had nothing first."""
    first = spot.plain[0].look
    return f"first {first.says or first.cached.value}, then {spot.told}" if fetched_now(spot) else spot.told


def _gave(inner: Spot, fetched: Sequence[Spot]) -> bool:
    return any(same(inner.last, spot.last) for spot in fetched)


def _filled(case: Case) -> list[Spot]:
    """The places that fetched the new page because we looked."""
    return [spot for spot in case.fresh() if fetched_now(spot)]


def _held(case: Case, holding: Sequence[Spot], fetched: Sequence[Spot]) -> str:
    covered = f"no purge here has covered it{' since' if case.last_purge is not None else ''}{case.reading.within}"
    if not holding:
        return (
            f"{names_of(fetched)} fetched the page for this look, and what came from further in is not what the origin"
            f" gives here; {covered}"
        )
    look = holding[0].look
    age = f", {span(look.age)} old" if look.age is not None else ""
    keep = f"{names_of(holding)} {do(holding, 'keeps', 'keep')}"
    if (apart := by_status(case, last_of(holding))) and case.origin is not None:
        return f"{keep} a copy ({apart}{age}) where the origin answers {case.origin.look.status}, and {covered}"
    return f"{keep} a copy from before the change{age}, and {covered}"


def _last(case: Case) -> str:
    last = case.last_purge
    if last is None:
        return ""
    if proof := left_since(case, last):
        return (
            f" The last one, {last.job.name}, was before the change: {names_of(proof)} fetched the old page after it,"
            " when the origin still gave that."
        )
    if changed_since(case, last):
        return f" The last one, {last.job.name}, was before the change."
    return f" The page may have changed after {last.job.name}, the last one."


def _looked(case: Case, holding: Sequence[Spot], fetched: Sequence[Spot], inner: Sequence[Spot]) -> str:
    """What our own looking filled, which says nothing of what visitors were given."""
    old = called(case, last_of(fetched), "the old one" if inner else "an old one")
    got = f" {old} from {names_of(inner) if inner else 'further in'}"
    told = [(fetched, got)] if holding and fetched else []
    if new := _filled(case):
        told.append((new, " the new one"))
    return "".join(
        f" {names_of(spots)} had no copy to give: this look made {do(spots, 'it', 'them')} fetch{what}."
        for spots, what in told
    )


def _left(case: Case, holding: Sequence[Spot]) -> Certainty:
    """Seen where a cache keeps its copy as long as it was told, and no purge of ours could have to do with it."""
    if not holding:
        return Certainty.POSSIBLE
    is_kept = holding[0].look.is_kept
    last = case.last_purge
    if last is not None:
        return Certainty.SEEN if is_kept and changed_since(case, last) else Certainty.POSSIBLE
    went = [ours for ours in case.purges if not sent_nothing(ours)]
    return Certainty.SEEN if is_kept and overridden(case) is None and not went else Certainty.LIKELY
