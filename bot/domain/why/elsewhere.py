"""Places that only the provider can ask: what they hold is told, and where one is old nothing is called right."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from bot.domain.durations import span
from bot.domain.proof.finding import Verdict
from bot.domain.proof.folding import listed, placeless, said_of
from bot.domain.proof.look import describe
from bot.domain.why.case import Case
from bot.domain.why.cause import Cause, Certainty, Cure, Name
from bot.domain.why.remedy import or_wider, past
from bot.domain.why.spots import Spot, Tier, alike_told, do, each, names_of
from bot.domain.why.times import as_read, changed_since, took

_SETTLING = 120.0  # seconds in which places of one CDN may still differ after a purge
_BY_BYTES = "only the bytes differ, which an edge that rewrites pages changes too"


def named(spots: Sequence[Spot]) -> str:
    """A few of them by name: a provider has a hundred."""
    return listed([spot.name for spot in spots])


def old_elsewhere(case: Case) -> Cause | None:
    """The edges that were asked here are right, and a place that the provider asked for us is old."""
    old, fresh = case.old_elsewhere, case.fresh()
    if not old or not fresh or case.saw_old:
        return None
    last = case.last_purge
    is_since = last is not None and took(case, last) and changed_since(case, last) is not True
    by_bytes = all(case.finding_at(spot).by_bytes for spot in old)
    return Cause(
        Name.DISAGREE,
        Certainty.LIKELY if by_bytes else as_read(case, Certainty.SEEN),
        f"Places disagree{_since(case) if is_since else _unpurged(case)}: old at {named(old)}, fresh at"
        f" {names_of(fresh)}.",
        (*(f"{named(alike)}: {told}" for alike, told in _told(old)), *each(fresh), *([_BY_BYTES] if by_bytes else [])),
        _cure(case) if is_since else or_wider(case),
        "What one machine reaches is one place: a `check` of one URL asks all places of the provider.",
        repeat=f"purgebot check {shlex.quote(case.url)}",
    )


def _told(spots: Sequence[Spot]) -> list[tuple[list[Spot], str]]:
    return alike_told((spot, spot.told) for spot in spots)


def _since(case: Case) -> str:
    last = case.last_purge
    if last is None:
        return ""
    return f" {span(max(0.0, case.now - (last.job.purged or case.now)))} after {last.job.name}"


def _unpurged(case: Case) -> str:
    return f", and nothing here has purged the page since it changed{case.reading.within}"


def _cure(case: Case) -> Cure:
    """Wait while a purge may still be on its way; then what reaches further."""
    last = case.last_purge
    if last is None or case.now - (last.job.purged or case.now) < _SETTLING:
        return Cure(
            "Check again", f"check {case.typed}", "A purge may still be on its way: check again in two minutes."
        )
    return past(case, last)


def lines(case: Case) -> Iterator[str]:
    """What is not known of them, to stand after "Not known: "."""
    whys: dict[str, list[Spot]] = {}
    for spot in case.elsewhere:
        found = case.finding_at(spot)
        if found.verdict is Verdict.UNKNOWN:
            whys.setdefault(placeless(found), []).append(spot)
    for why, spots in whys.items():
        since = said_of([spot.name for spot in spots], why, _they)
        yield f"whether {named(spots)} {do(spots, 'is', 'are')} old, since {since}"
    if case.elsewhere_unasked:
        yield f"what other places hold: {case.elsewhere_unasked}"


def _they(places: Sequence[str]) -> str:
    return "it" if len(places) == 1 else "they"


def fresh_elsewhere(case: Case) -> Iterator[str]:
    """That the others are right, as evidence."""
    spots = [spot for spot in case.elsewhere if case.verdict_at(spot) is Verdict.FRESH]
    if spots:
        yield f"{named(spots)}: the same as the origin, as the provider tells"


def way(case: Case) -> Iterator[str]:
    """A hop for those that are alike: the old ones, those of which nothing is known, and the others; without those at
    which an edge answered the same."""
    others = [spot for spot in case.elsewhere if not _is_an_edges(case, spot)]
    for verdict, word in ((Verdict.STALE, "old"), (Verdict.UNKNOWN, "not known"), (Verdict.FRESH, "fresh")):
        if spots := [spot for spot in others if case.verdict_at(spot) is verdict]:
            yield f"{named(spots)}: {describe(spots[0].look, case.now)} · {word}"


def _is_an_edges(case: Case, spot: Spot) -> bool:
    """Whether an edge was answered at this very place, with the same outcome."""
    pop, verdict = spot.name.rpartition(" ")[2], case.verdict_at(spot)
    return any(edge.look.seen_at == pop and case.verdict_at(edge) is verdict for edge in case.at(Tier.EDGE))
