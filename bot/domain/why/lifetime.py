"""Causes that lie in how long a layer keeps what: it says something else than the origin, or does something else."""

from __future__ import annotations

from bot.domain.caches import Cache, cache_of
from bot.domain.caching import Lifetime, lifetime_shared, targeted_field, titled
from bot.domain.look import span
from bot.domain.why.case import Case, Glance, Spot, do, names_of
from bot.domain.why.cause import Cause, Certainty, Cure, Name
from providers.contract import Cached

SLACK = 60  # seconds by which clocks and roundings may differ


def overridden(case: Case) -> Cause | None:
    """A layer keeps its copy longer than the origin's Cache-Control says."""
    origin = case.origin
    old = [spot for spot in case.old() if spot.look.is_kept]
    if origin is None or not old or not case.layers:
        return None
    cache = cache_of(case.layers[0].provider)
    meant = lifetime_shared(origin.answer.joined(), origin.look.at, status=origin.look.status)
    over = [spot for spot in old if _outlives(spot, meant)]
    field = targeted_field(origin.answer.joined(), cache)
    if field and over:
        return _targeted(case, over, origin, field, meant)
    if over:
        return _kept_longer(case, over, origin, meant, cache)
    return None


def _outlives(spot: Spot, meant: Lifetime) -> bool:
    look = spot.look
    if look.age is None or meant.seconds is None or look.cached is Cached.STALE:
        return False
    return look.age > meant.seconds + SLACK


def _targeted(case: Case, over: list[Spot], origin: Glance, field: str, meant: Lifetime) -> Cause:
    title = case.layers[0].title
    return Cause(
        Name.OVERRIDDEN,
        Certainty.SEEN,
        f"{title} goes by {titled(field)}, not by Cache-Control: it keeps this page longer than {meant.words} says.",
        (
            f"origin: {titled(field)}: {origin.answer.says(field)[:100]}",
            f"origin: Cache-Control: {origin.answer.says('cache-control')[:100] or 'none'}",
            *_ages(over),
        ),
        Cure("Purge it", case.url),
        f"Set the lifetime you want in {titled(field)}, or take it away.",
    )


def _kept_longer(case: Case, over: list[Spot], origin: Glance, meant: Lifetime, cache: Cache) -> Cause:
    title = case.layers[0].title
    edge = over[0].last.answer.says("cache-control")
    ours = origin.answer.says("cache-control")
    differs = f"edge: Cache-Control: {edge[:100]}" if edge and edge != ours else ""
    says = meant.words or "nothing"
    rule = f"a rule, a least lifetime or a default of {title}"
    return Cause(
        Name.OVERRIDDEN,
        Certainty.SEEN if meant.words else Certainty.LIKELY,
        f"{names_of(over)} {do(over, 'keeps its', 'keep their')} copy longer than the origin says ({says}): {rule}"
        " counts more.",
        tuple(line for line in (f"origin: Cache-Control: {ours[:100] or 'none'}", differs, *_ages(over)) if line),
        Cure("Purge it", case.url),
        f"Let {title} go by the origin's headers, or give it the lifetime that you mean.",
    )


def _ages(spots: list[Spot]) -> list[str]:
    return [f"{s.name}: {s.look.says}, {span(s.look.age or 0)} old" for s in spots]
