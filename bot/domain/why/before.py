"""What the edges and the origin served just before the last purge of the page, as its own looks saw it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.domain.proof.finding import Page, Verdict, find
from bot.domain.proof.look import ORIGIN, Look, compare
from bot.domain.proof.other_pages import in_place
from bot.domain.why.case import Case
from bot.domain.why.spots import Spot, names_of


def seen_before(case: Case) -> list[Look]:
    """What a plain visitor got at the edges."""
    last = case.last_purge
    before = last.job.before if last is not None else ()
    mine = [look for look in before if look.place != ORIGIN and look.url == case.url]
    return [look for look in mine if not (look.problem or look.variant)]


def origin_before(case: Case) -> Look | None:
    """What the origin served then; what it serves now, where nobody looked."""
    last = case.last_purge
    before = last.job.before if last is not None else ()
    then = (look for look in before if look.place == ORIGIN and look.url == case.url and not look.problem)
    return next(then, case.origin.look if case.origin is not None else None)


def old_before(case: Case) -> list[Look]:
    """Those answers of edges that were old by what the origin served then: no error, challenge or the like."""
    then = origin_before(case)
    return [look for look in seen_before(case) if then is not None and _is_old(look, then)]


def _is_old(look: Look, origin: Look) -> bool:
    (found,) = find(Page(look.url, (), (look, replace(origin, place=ORIGIN)), has_origin=True), look.place)
    return found.verdict is Verdict.STALE


def old_to_others_before(case: Case) -> list[Look]:
    """What visitors who ask otherwise got before the last purge, where that was something else than the origin had for
    them when it was proven."""
    last = case.last_purge
    if last is None:
        return []
    looks = [look for look in (*last.job.looks, *last.job.before) if look.place == ORIGIN and not look.problem]
    then = {look.variant: look for look in reversed(looks) if look.url == case.url}
    mine = [look for look in last.job.before if look.place != ORIGIN and look.url == case.url and not look.problem]
    return [look for look in mine if look.variant in then and _was_old(look, then[look.variant], looks)]


def _was_old(look: Look, origin: Look, looks: Sequence[Look]) -> bool:
    return bool(look.variant) and compare(look, origin).is_other and in_place(look, looks) is None


def were_old(case: Case, spots: Sequence[Spot]) -> list[Spot]:
    """Those of `spots` that were old then, and that no look of the purge saw new after it."""
    last = case.last_purge
    old = {look.place for look in old_before(case)}
    return [spot for spot in spots if spot.name in old and last is not None and spot.name not in last.job.fresh_at]


def told_old(case: Case, spots: Sequence[Spot]) -> str:
    """ "fra was old before P-75", of those of `spots` that were; "" where none was."""
    old, last = were_old(case, spots), case.last_purge
    if not old or last is None:
        return ""
    return f"{names_of(old)} {'was' if len(old) == 1 else 'were'} old before {last.job.name}"
