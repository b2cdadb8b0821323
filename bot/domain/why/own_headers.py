"""Edges that tell visitors apart by a header of their own, made of what those send, and ask the origin with it: what
such a visitor gets is not what the origin answers to the same request, and is old only where something shows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot.domain.answers.answer import Asked
from bot.domain.answers.caching import varied_by
from bot.domain.answers.devices import AGENT, AS_EDGES_NAME_PHONES
from bot.domain.proof.look import ORIGIN, Look, compare
from bot.domain.proof.modified import is_older
from bot.domain.proof.variants import ENCODING
from bot.domain.why.case import Case
from bot.domain.why.spots import Course, Spot, Tier, without_what_others_send
from bot.domain.why.times import at_edge, modified, stored, took


def to_probe(case: Case) -> tuple[Asked, ...]:
    """What the origin is asked too, as edges ask that tell devices apart, where a phone alone seems to get something
    old."""
    devices = (course.glances[0].answer.asked for spot in case.at(Tier.EDGE) for course in _old_alone(case, spot))
    if not any(asked[0][0] == AGENT for asked in devices):
        return ()
    known = {glance.answer.asked for spot in case.at(Tier.ORIGIN) for glance in spot.varied}
    return tuple(asked for asked in AS_EDGES_NAME_PHONES if asked not in known)


def doubted(case: Case) -> frozenset[tuple[str, str]]:
    """The places and variants that seem old by nothing but the origin's answer to the same request, which it gives to
    everybody."""
    found = ((spot, course) for spot in case.at(Tier.EDGE) for course in _old_alone(case, spot))
    return frozenset((spot.name, course.glances[-1].look.variant) for spot, course in found if _is_bare(case, course))


def old_to_others(case: Case) -> frozenset[str]:
    """The names of the requests beside a plain visitor's that get an old copy where plain visitors get the new page, as
    far as something shows that it is one."""
    sure = replace(case, doubted=doubted(case))
    courses = (course for spot in case.at(Tier.EDGE) for course in _old_alone(sure, spot))
    return frozenset(course.glances[-1].look.variant for course in courses)


def gives_all_the_same(case: Case, variant: str) -> bool:
    """Whether the origin answers such a request as a plain visitor's, and names no version that would tell an old one
    from another page."""
    origin, alike = case.origin, case.asked_alike(variant)
    if origin is None or not alike or origin.look.version:
        return False
    return all(one.is_usable and compare(one.look, origin.look).is_same for one in alike)


def _old_alone(case: Case, spot: Spot) -> Iterator[Course]:
    """What one place gave to others than plain visitors, who get the new page there, and is old."""
    plain, *others = case.courses_at(spot)
    if plain.were_old and not any(plain.were_old):
        yield from without_what_others_send([course for course in others if any(course.were_old)])


def _is_bare(case: Case, course: Course) -> bool:
    """Whether nothing names what is asked with as a part of the key, the origin does not tell such visitors apart, and
    nothing shows that the copy is from before."""
    last = course.glances[-1]
    name = last.answer.asked[0][0].lower()
    is_guessed = name != ENCODING.lower() and last.look.variant not in case.own_variants
    if not is_guessed or name in _named(case) or name in varied_by(last.answer.says("vary")):
        return False
    return gives_all_the_same(case, last.look.variant) and not is_known_old(case, last.look)


def _named(case: Case) -> set[str]:
    plain = (one for spot in (*case.at(Tier.EDGE), *case.at(Tier.ORIGIN)) for one in spot.plain if one.is_usable)
    return {field for one in plain for field in varied_by(one.answer.says("vary"))}


def is_known_old(case: Case, look: Look) -> bool:
    """Whether it is older than the last purge or the origin's page, by its Age or date, or what plain visitors or the
    origin were seen with before."""
    last, made = case.last_purge, stored(look)
    purged = at_edge(case, last) if last is not None and took(case, last) else None
    since = [when for when in (purged, modified(case)) if when is not None]
    if made is not None and any(made < when for when in since):
        return True
    return is_older(look, [origin.look for origin in case.origins]) or _was_seen(case, look)


def _was_seen(case: Case, look: Look) -> bool:
    seen = (one for ours in case.covering() for one in (*ours.job.before, *ours.job.looks) if one.url == case.url)
    others = (one for one in seen if not one.problem and (one.place == ORIGIN or not one.variant))
    return any(compare(one, look).is_same for one in others)
