"""A place that disagrees with itself: one and the same request got the old page and the new one."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.answers.answer import PLAIN, Asked
from bot.domain.proof.finding import Verdict
from bot.domain.proof.folding import folded
from bot.domain.why.by_encoding import is_odd, odd_encodings
from bot.domain.why.case import Case
from bot.domain.why.cause import Cause, Certainty, Cure, Name
from bot.domain.why.ours import SETTLING, healed_softly
from bot.domain.why.remedy import or_wider, past
from bot.domain.why.repeating import shown_again
from bot.domain.why.spots import (
    SENDS_MAX,
    Course,
    Glance,
    Spot,
    Tier,
    do,
    each,
    in_encodings,
    in_words,
    names_of,
    without_what_others_send,
)
from bot.domain.why.times import at_edge, changed_since, stored, took, was_there_before
from bot.domain.why.which import by_status, called
from providers.contract import Cached

_PREVENT = (
    "Name each node by an address of its own in the site's `edges`, so that each is looked at; one that stays old after"
    " a purge does not hear of purges."
)
_NEW = {False: "the new one", True: "what the origin gives"}  # whether statuses tell them apart


def torn(case: Case) -> Cause | None:
    """Some of the visitors at one place get the old page, though all of them ask alike."""
    found = [(spot, course) for spot in _apart_from_soft(case) if (course := _mixed(case, spot)) is not None]
    both = [one for one in found if not one[1].has_turned]
    if both:
        return _both(case, both, Certainty.SEEN)
    turned = [one for one in found if one[1].says_how]
    if turned:
        return _turned(case, turned)
    return _both(case, found, Certainty.LIKELY) if found else None


def partly_other(case: Case) -> Cause | None:
    """Some of the visitors at one place get the page as the origin has it, and others something else that is nothing
    old as far as anybody can tell: a redirect of nobody's, a part."""
    found = {spot.name: (spot, answers) for spot in case.at(Tier.EDGE) if (answers := _other_by_turns(case, spot))}
    if not found:
        return None
    spots = [spot for spot, _ in found.values()]
    whys = folded([case.finding_at(spot, one) for spot, answers in found.values() for one in answers], in_words)
    where = do(spots, "its address", "each address")
    return Cause(
        Name.UNKNOWN,
        Certainty.SEEN,
        f"{names_of(spots)} {do(spots, 'gives', 'give')} the page as the origin has it to some, and something else to"
        f" others: {'; '.join(whys)}. Several servers or copies seem to stand behind {where}.",
        (
            *each(spots, lambda spot: ", then ".join(map(_told, _alike_asked(spot)))),
            *each(case.at(Tier.ORIGIN)),
        ),
        Cure("Check again", f"check {case.typed}", "Look which of the servers behind that address answers otherwise."),
        _PREVENT,
        repeat=shown_again(case, spots, several=True),
    )


def _other_by_turns(case: Case, spot: Spot) -> list[Glance]:
    """The answers that tell nothing of the page, and are not the origin's, beside new ones and no old one."""
    found = [(one, case.finding_at(spot, one)) for one in _alike_asked(spot)]
    if {finding.verdict for _, finding in found} != {Verdict.FRESH, Verdict.UNKNOWN}:
        return []
    odd = [one for one, finding in found if finding.why.startswith(f"{spot.name} ")]
    return [one for one in odd if not one.look.variant or is_odd(case, spot, one)]


def _alike_asked(spot: Spot) -> list[Glance]:
    """What it answered to a plain visitor and in other encodings, as far as it is about the page."""
    return [one for one in (*spot.plain, *in_encodings(spot)) if one.is_about_the_page]


def _told(glance: Glance) -> str:
    return f"{glance.told} ({glance.look.variant})" if glance.look.variant else glance.told


def to_ask_again(case: Case, spot: Spot) -> tuple[Asked, ...]:
    """The requests to repeat at a place that gave the old page, or what is no page, to some and the new one to others,
    in that order: first what got the old one alone, then a plain visitor's. Nothing where all got the same, and nobody
    else where a plain visitor's answers say it all."""
    plain, *others = case.courses_at(spot)
    if plain.is_mixed and not plain.has_turned:
        return PLAIN, PLAIN
    mixed = [course for course in (plain, *others) if course.is_mixed]
    alone = [course for course in others if any(course.were_old) and plain.were_old and not all(plain.were_old)]
    others = without_what_others_send([course for course in (*mixed, *alone) if course is not plain])
    asked = dict.fromkeys(course.glances[0].answer.asked for course in others)
    odd = () if mixed or alone else odd_encodings(case, spot)
    return (*asked, *odd, PLAIN, PLAIN) if mixed or alone or odd else ()


def _apart_from_soft(case: Case) -> list[Spot]:
    healed = healed_softly(case)
    return [spot for spot in case.torn() if spot not in healed]


def _mixed(case: Case, spot: Spot) -> Course | None:
    """The request that got both: of several the one that shows it best."""
    mixed = [course for course in case.courses_at(spot) if course.is_mixed]
    return next((course for course in mixed if not course.has_turned), next(iter(mixed), None))


def _both(case: Case, found: Sequence[tuple[Spot, Course]], certainty: Certainty) -> Cause:
    spots, (spot, course) = [spot for spot, _ in found], found[0]
    courses = {spot.name: course for spot, course in found}
    young, where = _is_young(case), do(spots, "its address", "each address")
    is_settled = certainty is Certainty.SEEN or was_there_before(course)
    apart = by_status(case, _old(course))
    old = called(case, _old(course))
    return Cause(
        Name.DISAGREE,
        certainty,
        f"{names_of(spots)} {do(spots, 'gives', 'give')} {old} and {_NEW[bool(apart)]}"
        f"{_to(course) or ' to the same request'}: several nodes or copies stand behind {where}, and some of the"
        f" visitors there get {old if apart else 'the old one'}."
        + ("" if is_settled else " Or it turned new while it was asked.")
        + _went_by(case, course)
        + (" It may still be on its way." if young else ""),
        (
            *each(spots, lambda one: _in_turn(courses[one.name], apart)),
            *_kinds(spot, course, apart),
            *each(case.at(Tier.ORIGIN), lambda one: _asked_so(one, course)),
        ),
        Cure("Check again", f"check {case.typed}") if young else _settled(case),
        _PREVENT,
        at=", ".join(one.name for one in spots),
        repeat=shown_again(case, spots, course.glances[0].answer.asked, several=True),
    )


def _went_by(case: Case, course: Course) -> str:
    """Which purge of ours emptied the one and not the other, as their copies tell by their Age."""
    last = case.last_purge
    if last is None or not took(case, last) or changed_since(case, last) is True:
        return ""
    old, new = (stored(course.glances[course.were_old.index(kind)].look) for kind in (True, False))
    purged = at_edge(case, last)
    if old is None or purged is None or old >= purged:
        return ""
    title = case.layers[0].title if case.layers else "The edge"
    since = f" {title} took {last.job.name} {case.ago(last.job.purged or case.now)}"
    emptied = ": it emptied the copy that is new now, and" if new is not None and new >= purged else ", and it"
    return f"{since}{emptied} did not reach the one that is older than that."


def _asked_so(origin: Spot, course: Course) -> str:
    """What the origin gave to the same request."""
    variant = course.glances[0].look.variant
    return next((one.told for one in origin.varied if variant and one.look.variant == variant), origin.told)


def _settled(case: Case) -> Cure:
    """What empties every node: not the purge again that one of them did not hear."""
    last = case.last_purge
    is_since = last is not None and took(case, last) and changed_since(case, last) is not True
    return past(case, last) if last is not None and is_since else or_wider(case)


def _is_young(case: Case) -> bool:
    last = case.last_purge
    return last is not None and case.now - (last.job.purged or case.now) < SETTLING


def _to(course: Course) -> str:
    variant = course.glances[0].look.variant
    return f" to the same request (`{variant[:SENDS_MAX]}`)" if variant else ""


def _old(course: Course) -> list[Glance]:
    return [glance for glance, was_old in zip(course.glances, course.were_old, strict=True) if was_old]


def _in_turn(course: Course, apart: str) -> str:
    """Which came when, by their statuses where these tell them `apart`."""
    words = ["old" if was_old else "new" for was_old in course.were_old]
    if apart:
        words = [str(glance.look.status) for glance in course.glances]
    return f"{len(words)} answers: {', '.join(words)}"


def _kinds(spot: Spot, course: Course, apart: str) -> tuple[str, str]:
    """One answer of each kind."""
    old, new = (course.glances[course.were_old.index(kind)] for kind in (True, False))
    if apart:
        return f"{spot.name}: {old.told}", f"{spot.name}: {new.told}"
    return f"{spot.name}, old: {old.told}", f"{spot.name}, new: {new.told}"


def _turned(case: Case, found: Sequence[tuple[Spot, Course]]) -> Cause:
    """It gave the old page first and the new one since, and a cache's own word says how that came."""
    spots, course = [spot for spot, _ in found], found[0][1]
    old, _ = course.turned
    stale = old.look.cached is Cached.STALE
    new = _NEW[bool(by_status(case, _old(course)))]
    how = (
        f"past its time ({old.look.says or 'stale'}), while {do(spots, 'it fetched', 'they fetched')} {new}"
        if stale
        else f"and then fetched {new}: the copy ran out, or was purged, while it was asked"
    )
    courses = {spot.name: course for spot, course in found}
    return Cause(
        Name.DISAGREE,
        Certainty.SEEN,
        f"{names_of(spots)} gave {called(case, _old(course))}{_to(course)}{' once more,' if stale else ' first,'}"
        f" {how}."
        f" Visitors there get {new} now.",
        (*each(spots, lambda spot: _then(*courses[spot.name].turned)), *each(case.at(Tier.ORIGIN))),
        Cure("Check again", f"check {case.typed}"),
        "`stale-while-revalidate` allows that: have the deploy purge what it changed, where nobody may see the old one."
        if stale
        else "Let the deploy purge what it changed, and wait for the proof before telling people.",
        at=", ".join(spot.name for spot in spots),
    )


def _then(old: Glance, new: Glance) -> str:
    return f"first {old.told}, then {new.told}"
