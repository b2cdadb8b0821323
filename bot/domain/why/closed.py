"""An origin that answers the CDN and not this machine: it fails or refuses here, and edges get pages from it all the
same. Nothing is compared then, and nothing is wrong with the origin as far as anybody can tell."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.answers.guards import CHALLENGES, firewall_of, guard_before_origin
from bot.domain.why.case import Case
from bot.domain.why.cause import Cause, Certainty, Cure, Name
from bot.domain.why.guarded import PREVENT as LET_THROUGH
from bot.domain.why.guarded import did_at, guard_at, is_challenge, marked, whose_at, with_mark
from bot.domain.why.spots import Glance, Spot, Tier, do, each, names_of
from providers.contract import Cached

YOUNG = 60  # seconds; a copy that is younger left the origin just now
TO_LET_IN = "Let this machine through to the origin, or name an address in `origin` that answers it."
PREVENT = "With an `origin` that answers this machine, every look tells fresh from old."


def closed(case: Case) -> Cause | None:
    """The origin gives nothing to compare with here, and an edge has had a page from it just now."""
    silent = silent_to_us(case)
    fetched = [spot for spot in case.at(Tier.EDGE) if _was_given(spot.last)]
    young = [spot for spot in case.at(Tier.EDGE) if _is_young(spot.last)]
    if not silent or not (fetched or young):
        return None
    spots, since = (fetched, "just now") if fetched else (young, "less than a minute ago")
    edges = case.at(Tier.EDGE)
    or_stopped = "" if fetched else ", or have stopped answering since"
    return Cause(
        Name.UNKNOWN,
        Certainty.LIKELY if fetched else Certainty.POSSIBLE,
        f"The origin {failed(silent[-1], ' here')}, and {names_of(spots)} had the page from further in {since}: it"
        f" may let only the CDN in{or_stopped}. Whether {names_of(edges)} {do(edges, 'is', 'are')} old cannot be told"
        " without it.",
        (f"origin, asked from here: {marked(silent[-1])}", *each(edges)),
        Cure("Check again", f"check {case.typed}", TO_LET_IN),
        PREVENT,
    )


def guarded(case: Case) -> Cause | None:
    """A firewall before the origin gave this machine nothing to compare with, and no edge is known to get more."""
    origins, edges = [spot for spot in case.at(Tier.ORIGIN) if guard_at(spot) is not None], case.at(Tier.EDGE)
    if not origins or not edges or case.saw_old or any(map(had_from_it, edges)):
        return None
    seen, whose = is_challenge(origins), whose_at(origins)
    return Cause(
        Name.UNKNOWN,
        Certainty.SEEN if seen else Certainty.LIKELY,
        f"It cannot be told whether {names_of(edges)} {do(edges, 'is', 'are')} old: {whose} {did_at(origins)} at the"
        " origin, and gave no page to compare with.",
        (*each(origins, with_mark), *each(edges, with_mark)),
        Cure(
            "Check again",
            f"check {case.typed}",
            f"Let this machine through {whose} to the origin, or name an address in `origin` that answers it.",
        ),
        LET_THROUGH,
    )


def silent_to_us(case: Case) -> Sequence[Glance]:
    """The origin's answers to a plain visitor, where each is a failure or a refusal of the moment, the one that tells
    most of it last; else none."""
    glances = [glance for spot in case.spots if spot.tier is Tier.ORIGIN for glance in spot.plain]
    is_silent = not any(glance.is_about_the_page for glance in glances)
    return sorted(glances, key=lambda glance: glance.answer.late) if is_silent else ()


def failed(glance: Glance, where: str = "") -> str:
    """What an origin did that gave no page, and `where`: "answers 503 here"."""
    look = glance.look
    if look.guard:
        return f"gives no page{where} ({firewall_of(look.guard)} {CHALLENGES})"
    if look.broken:
        return f"gives a broken answer{where} ({look.broken}, and {look.problem})"
    if look.is_left_unread:
        return f"was {look.problem}"
    if look.is_given_up:
        return f"gives an answer{where} that was given up ({look.problem})"
    if glance.answer.late:
        return f"begins to answer{where} and does not end ({look.problem})"
    if (guard := guard_before_origin(glance.answer)) is not None:
        return f"answers {look.status}{where}{guard.beside}"
    return f"answers {look.status}{where}" if look.status else f"does not answer{where} ({look.problem})"


def had_from_it(spot: Spot) -> bool:
    """Whether an edge has had a page from the origin within the last minute."""
    return _was_given(spot.last) or _is_young(spot.last)


def _was_given(glance: Glance) -> bool:
    """Whether the edge asked further in for this answer, and got a page or a redirect; what never is kept may be a
    redirect of the edge's own."""
    look = glance.look
    if look.cached is Cached.UNCACHED:
        return glance.is_about_the_page and not look.redirects
    return glance.is_about_the_page and look.is_fetched


def _is_young(glance: Glance) -> bool:
    """Whether it is a copy that left the origin less than YOUNG ago, and not one past its time, which may be given
    since nothing newer comes."""
    look = glance.look
    is_copy = look.is_copy and look.cached is not Cached.STALE
    return glance.is_about_the_page and look.status < 400 and is_copy and look.age is not None and look.age < YOUNG
