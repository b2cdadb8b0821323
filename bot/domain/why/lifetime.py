"""Causes that lie in how long a layer keeps what: it says something else than the origin, or does something else."""

from __future__ import annotations

from bot.domain.answers.caches import Cache, cache_of
from bot.domain.answers.caching import Lifetime, lifetime_shared, policy_of, stays_beyond, targeted_field, titled
from bot.domain.durations import span
from bot.domain.why.case import Case
from bot.domain.why.cause import Cause, Certainty, Name
from bot.domain.why.remedy import or_wider
from bot.domain.why.spots import Glance, Spot, do, each, names_of
from bot.domain.why.times import modified
from providers.contract import Cached

SLACK = 60  # seconds by which clocks and roundings may differ


def overridden(case: Case) -> Cause | None:
    """A layer keeps its copy longer than the origin says."""
    origin = case.origin
    if origin is None or not case.layers:
        return None
    cache = cache_of(case.layers[0].provider)
    meant = _meant(origin)
    over = [spot for spot in case.old() if spot.look.cached is Cached.HIT and _outlives(case, spot, meant)]
    if not over:
        return None
    field = targeted_field(origin.answer.joined(), cache)
    if field and not any(_outlives(case, spot, _meant(origin, cache)) for spot in over):
        return _targeted(case, over, origin, field, meant)
    return _kept_longer(case, over, origin, meant)


def _meant(origin: Glance, cache: Cache | None = None) -> Lifetime:
    headers, at, status = origin.answer.joined(), origin.look.at, origin.look.status
    if cache is None:
        return lifetime_shared(headers, at, status=status)
    return lifetime_shared(headers, at, cache, status)


def _outlives(case: Case, spot: Spot, meant: Lifetime) -> bool:
    lived = _lived(case, spot)
    if lived is None or meant.seconds is None or case.origin is None:
        return False
    return lived > meant.seconds + stays_beyond(case.origin.answer.joined()) + SLACK


def _lived(case: Case, spot: Spot) -> float | None:
    """The seconds that a copy is old at least: its Age; else since the origin has had something else."""
    if spot.look.age is not None:
        return float(spot.look.age)
    changed = modified(case)
    return None if changed is None else spot.look.at - changed


def _targeted(case: Case, over: list[Spot], origin: Glance, field: str, meant: Lifetime) -> Cause:
    title = case.layers[0].title
    return Cause(
        Name.OVERRIDDEN,
        Certainty.SEEN,
        f"{title} goes by {titled(field)}, not by Cache-Control: it keeps this page longer than {meant.words} says.",
        (
            f"origin: {titled(field)}: {origin.answer.says(field)[:100]}",
            f"origin: Cache-Control: {origin.answer.says('cache-control')[:100] or 'none'}",
            *_ages(case, over),
        ),
        or_wider(case),
        f"Set the lifetime you want in {titled(field)}, or take it away.",
    )


def _kept_longer(case: Case, over: list[Spot], origin: Glance, meant: Lifetime) -> Cause:
    title = case.layers[0].title
    edge, ours = (glance.answer.says("cache-control") for glance in (over[0].last, origin))
    silent = policy_of(origin.answer.joined()).says_nothing
    than = (
        "than a cache would by itself, since the origin says nothing"
        if silent
        else f"than the origin says ({meant.words})"
    )
    return Cause(
        Name.OVERRIDDEN,
        Certainty.SEEN if _is_plain(over[0], edge == ours and not silent) else Certainty.LIKELY,
        f"{names_of(over)} {do(over, 'keeps its copy', 'keep their copies')} longer {than}: a rule, a minimum lifetime"
        f" or a default of {title} counts more.",
        (
            *([f"{over[0].name}: Cache-Control: {edge[:100]}"] if edge and edge != ours else []),
            f"origin: Cache-Control: {ours[:100] or 'none'}",
            *_ages(case, over),
        ),
        or_wider(case),
        f"Let {title} go by the origin's headers, or give it the lifetime that you mean.",
    )


def _is_plain(spot: Spot, says_the_same: bool) -> bool:
    """Whether the copy came with the origin's words of today, and tells its own age."""
    return says_the_same and spot.look.age is not None


def _ages(case: Case, spots: list[Spot]) -> tuple[str, ...]:
    return each(spots, lambda spot: _age(case, spot))


def _age(case: Case, spot: Spot) -> str:
    says = spot.look.says or spot.look.cached.value
    if spot.look.age is not None:
        return f"{says}, {span(spot.look.age)} old"
    return f"{says}, from before the origin changed {span(_lived(case, spot) or 0)} ago"
