"""An answer that came with a body which is cut off, or not packed as it says: a broken copy, which a purge takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.answers.marks import hit_on
from bot.domain.why.case import Case
from bot.domain.why.cause import Cause, Certainty, Cure, Name
from bot.domain.why.remedy import or_wider
from bot.domain.why.spots import SENDS_MAX, Glance, Spot, Tier, do, each, names_of
from bot.domain.why.times import took

_PREVENT = (
    "Have caches keep no answer that was cut off: the origin names the length of what it sends, and whatever packs a"
    " page on the way names how."
)


def broken(case: Case) -> Cause | None:
    """An edge gives some visitors a status and a body that no browser can show whole, each time they ask."""
    spots = [spot for spot in case.spots if spot.tier is Tier.EDGE and _broken_at(spot) is not None]
    first = _broken_at(spots[0]) if spots else None
    if first is None:
        return None
    alike = [spot for spot in spots if _line(spot) == _line(spots[0])]
    origin = [spot for spot in case.spots if spot.tier is Tier.ORIGIN]
    is_origins = any(spot.last.answer.is_broken for spot in origin)
    to = f" to who sends `{first.look.variant[:SENDS_MAX]}`" if first.look.variant else ""
    gives = f"{names_of(alike)} {do(alike, 'answers', 'answer')} {_told(first)}{to}"
    too = " So does the origin." if is_origins else ""
    return Cause(
        Name.BROKEN,
        Certainty.SEEN,
        f"{gives}: visitors there get a broken page.{too}",
        (*each(spots, _line), *each(origin)),
        _at_the_origin(case) if is_origins else _purge(case),
        _PREVENT,
        pageless=tuple(spot.name for spot in spots if _broken_at(spot) is spot.plain[-1]),
    )


def _broken_at(spot: Spot) -> Glance | None:
    """The answer to a request of which each answer is broken: a plain visitor's first."""
    for glances in _by_request(spot):
        if all(one.answer.is_broken for one in glances):
            return glances[-1]
    return None


def _by_request(spot: Spot) -> Iterator[Sequence[Glance]]:
    yield spot.plain
    for asked in dict.fromkeys(one.answer.asked for one in spot.varied):
        yield [one for one in spot.varied if one.answer.asked == asked]


def _told(glance: Glance) -> str:
    """ "200, and the body ends after 3 of 10 bytes"."""
    return f"{glance.answer.status}, and {glance.answer.problem}"


def _line(spot: Spot) -> str:
    """What a place gave, and by which header it is a copy."""
    glance = _broken_at(spot)
    if glance is None:
        return spot.told
    asked = f"{glance.look.variant[:SENDS_MAX]}: " if glance.look.variant else ""
    kept = hit_on(glance.answer)
    return f"{asked}{_told(glance)}{f' ({kept})' if kept else ''}"


def _purge(case: Case) -> Cure:
    """A purge, which takes a broken copy; if it is made broken anew, no purge mends it."""
    again = "look at what the edge gets from further in: its Content-Length, and how it is packed"
    last = case.last_purge
    if last is None or not took(case, last):
        return or_wider(case, step=f"Purge it: that takes a copy which was stored broken. If it comes again, {again}.")
    purged = f"{last.job.name} purged it {case.ago(last.job.purged or case.now)}"
    step = f"{purged}: if it was broken then too, {again}. Once more helps only where it was stored broken since."
    return or_wider(case, "Purge it once more", step)


def _at_the_origin(case: Case) -> Cure:
    step = "Mend the origin first: a purge now would have the edges fetch the same broken page again."
    return Cure("Check again", f"check {case.typed}", step)
