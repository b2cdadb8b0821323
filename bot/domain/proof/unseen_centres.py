"""Data centres that gave the old page after a purge, and were not seen with the new one since.

Behind one address there are many. What one of them kept is not gone because others answer: it counts until an answer
that names it is new. Where answers name none, a place is asked many times instead (`was_old_at`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.domain.durations import span
from bot.domain.proof.finding import Finding, Page, Verdict
from bot.domain.proof.look import ORIGIN, Look, compare, describe
from bot.domain.proof.reached import Purged

_Centre = tuple[str, str, str, str]  # URL, variant, place, and what the data centre calls itself


def not_seen_new(findings: Sequence[Finding], pages: Sequence[Page], purged: Purged) -> tuple[Look, ...]:
    """The last old answer of each data centre, of those at earlier looks and those of `findings`, where no answer of it
    is new that came later. One that is by now what the origin serves is not old any more."""
    if purged.at is None:
        return ()
    now = [f.look for f in findings if f.look and f.look.seen_at and f.verdict is Verdict.STALE]
    earlier = [look for look in purged.not_seen_new if not _is_origins(look, pages) and _counts(look, purged)]
    last = {_centre(look, look.seen_at): look for look in sorted((*earlier, *now), key=lambda look: look.at)}
    new = _seen_new(findings)
    return tuple(look for centre, look in last.items() if new.get(centre, look.at) <= look.at)


def not_met_again(page: Page, place: str) -> tuple[str, ...]:
    """The data centres that gave the old page of `place` before the purge, and answered at none of the looks after it:
    whether it got there, nobody saw."""
    origins = [origin for origin in page.now(ORIGIN) if not origin.problem]
    met = {name for look in page.now(place) if not look.problem for name in (look.seen_at, *look.also_at)}
    old = [look for look in page.was(place) if origins and all(compare(look, one).is_other for one in origins)]
    return tuple(dict.fromkeys(look.seen_at for look in old if look.seen_at and look.seen_at not in met))


def unseen(owing: Iterable[Look], purged: Purged, findings: Sequence[Finding]) -> list[Finding]:
    """What is said of those that were not old at this look, by `findings`: they are not known."""
    return [
        Finding(look.place, look.url, Verdict.UNKNOWN, _why(look, purged, findings), look, variant=look.variant)
        for look in owing
        if look in purged.not_seen_new
    ]


def _why(look: Look, purged: Purged, findings: Sequence[Finding]) -> str:
    after = f"{span(max(0.0, look.at - purged.at))} after the purge" if purged.at is not None else ""
    seen = describe(replace(look, variant=""), look.at)
    told = f"{look.place} at {look.seen_at} was still old {after} ({seen})"
    if any(_is_since(found.look, look) for found in findings if found.look is not None):
        return f"{told}, and whether what came from there since is new cannot be told"
    return f"{told}, and nothing new has come from there since"


def _is_since(now: Look, then: Look) -> bool:
    """Whether `now` is a later answer of the data centre that gave `then`, and another one."""
    is_there = then.seen_at in (now.seen_at, *now.also_at) and now.at > then.at and not now.problem
    is_same_page = (now.place, now.url, now.variant) == (then.place, then.url, then.variant)
    return is_same_page and is_there and not compare(now, then).agrees


def _seen_new(findings: Sequence[Finding]) -> dict[_Centre, float]:
    """When each data centre was last seen with the new page."""
    fresh = [f.look for f in findings if f.look and f.verdict is Verdict.FRESH]
    new: dict[_Centre, float] = {}
    for look in fresh:
        for name in filter(None, (look.seen_at, *look.also_at)):
            centre = _centre(look, name)
            new[centre] = max(look.at, new.get(centre, look.at))
    return new


def _centre(look: Look, name: str) -> _Centre:
    return look.url, look.variant, look.place, name


def _counts(look: Look, purged: Purged) -> bool:
    """Whether the purge surely reached its page, and it came after it."""
    return look.at >= (purged.at or 0.0) and (purged.covered is None or look.url in purged.covered)


def _is_origins(look: Look, pages: Sequence[Page]) -> bool:
    mine = (page for page in pages if (page.url, page.variant) == (look.url, look.variant))
    origins = [origin for page in mine for origin in page.now(ORIGIN) if not origin.problem]
    return any(compare(look, origin).is_same for origin in origins)
