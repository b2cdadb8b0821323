"""A redirect that names several places to go to at once."""

from __future__ import annotations

from bot.domain.why.case import Case
from bot.domain.why.cause import Cause, Certainty, Cure, Name
from bot.domain.why.spots import Glance, Spot, Tier, do, each, leading, names_of

_ONE = "Let one place alone redirect: a proxy that adds a `Location` leaves the one there that came with the answer."


def several_places(case: Case) -> Cause | None:
    """An answer with more than one `Location`: browsers follow none of them (Chromium says
    ERR_RESPONSE_HEADERS_MULTIPLE_LOCATION), so that none is worth asking about."""
    torn = [spot for spot in (*case.at(Tier.EDGE), *case.at(Tier.ORIGIN)) if _places(spot.last)]
    if not torn or case.saw_old:
        return None
    status, places = torn[0].look.status, [*map(leading, _places(torn[0].last))]
    who = _whose(torn)
    return Cause(
        Name.REDIRECTED,
        Certainty.SEEN,
        f"{who} {do(torn, 'redirects', 'redirect')} this URL ({status}) to several places at once:"
        f" {', '.join(places[:-1])} and {places[-1]}. Browsers give up on that.",
        (*each(case.at(Tier.EDGE)), *each(case.at(Tier.ORIGIN))),
        Cure("Check again", f"check {case.typed}", "Have whoever sends it name one place, then purge it."),
        _ONE,
    )


def _places(glance: Glance) -> tuple[str, ...]:
    """Where a redirect leads, if that is not one place alone."""
    found = tuple(dict.fromkeys(glance.answer.lines("location"))) if glance.location else ()
    return found if len(found) > 1 else ()


def _whose(spots: list[Spot]) -> str:
    told = names_of(spots)
    return f"The {told}" if told == "origin" else told.replace(" and origin", " and the origin")
