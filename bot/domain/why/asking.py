"""What a diagnosis asks beyond a plain visitor's request, and what stays unknown since it was not asked or answered."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from bot.domain.answers.answer import Answer, Asked
from bot.domain.answers.caching import titled, varied_by
from bot.domain.answers.devices import as_device
from bot.domain.masking import masked
from bot.domain.proof.finding import Verdict
from bot.domain.proof.look import in_short
from bot.domain.proof.other_pages import ALIKE_TO_ALL, OF_ANOTHER
from bot.domain.proof.variants import AS_A_PHONE, ENCODING, to_diagnose
from bot.domain.site import Site
from bot.domain.why import elsewhere, unmet
from bot.domain.why.case import BY_OWN_HEADER, Case
from bot.domain.why.guarded import challenged, refused
from bot.domain.why.now_and_then import stopped
from bot.domain.why.spots import LOCATION_MAX, SENDS_MAX, Glance, Spot, Tier, names_of

FIELDS_SHOWN, FIELD_MAX = 4, 40
ALIKE_MAX = 7  # requests more at one place
_AGENT = "user-agent"
_SAMPLES = {  # one value of these stands for no others
    _AGENT: "what other devices get than a plain visitor and an iPhone, since it says `Vary: User-Agent`",
    "accept-language": "what visitors of other languages than `de` get, since it says `Vary: Accept-Language`",
    "origin": "what pages of other sites get that load it, since it says `Vary: Origin`",
}


def to_ask(site: Site, answer: Answer) -> tuple[Asked, ...]:
    """The requests beside a plain visitor's that got `answer`: those of `to_diagnose`, and a phone's, which caches may
    keep apart by themselves; not where one of them is some device's already."""
    others = to_diagnose(site, answer)
    return others if any(map(_is_of_a_device, others)) else (*others, AS_A_PHONE)


def _is_of_a_device(asked: Asked) -> bool:
    """Whether it asks as some device does: by its own User-Agent, or by a CDN's header, with which one is sent."""
    return any(name.lower() == _AGENT for name, _ in as_device(asked))


def left_out(spots: Sequence[Spot]) -> Mapping[str, tuple[Asked, ...]]:
    """What some edge or the origin was asked beyond a plain visitor's request and another was not, by the place's name;
    at most ALIKE_MAX each."""
    there = [spot for spot in spots if spot.tier is not Tier.INNER and spot.varied]
    every = dict.fromkeys(one.answer.asked for spot in there for one in spot.varied)
    found = {spot.name: [one for one in every if one not in _asked_at(spot)][:ALIKE_MAX] for spot in there}
    return {name: tuple(asked) for name, asked in found.items() if asked}


def _asked_at(spot: Spot) -> set[Asked]:
    return {one.answer.asked for one in spot.varied}


def unseen(case: Case, told: Collection[str] = ()) -> tuple[str, ...]:
    """What is not known, to stand after "Not known: ": an edge gave no page, or not each time, a request of other
    visitors got no answer that can be compared, or was never made. Nothing where no edge answered, nor of a place of
    which it is `told` that it gave no page."""
    if not case.at(Tier.EDGE):
        return ()
    others = _untold(case) if case.is_fresh else ()
    first = (*unmet.lines(case, told), *stopped(case), *elsewhere.lines(case))
    return (*first, *others, *_unasked(case), *_without_tls(case), *_sampled(case))


def _without_tls(case: Case) -> Iterator[str]:
    """Whose copies nobody saw, where an edge's address says http."""
    if over := [spot for spot in case.at(Tier.EDGE) if any(one.look.over for one in spot.plain)]:
        their = "its address says" if len(over) == 1 else "their addresses say"
        yield f"what https visitors get at {names_of(over)}, since that is asked over http, as {their}"


def is_in_doubt(case: Case) -> bool:
    """Whether an old copy may be there that nobody saw: at an edge that gave no page, or not each time, behind a
    request without an answer, or a field of Vary that nobody was asked with."""
    return bool([*unmet.unmet(case), *stopped(case), *_untold(case), *_unasked(case)])


def _field(asked: Asked) -> str:
    return asked[0][0].lower() if asked else ""


def _asked(case: Case) -> set[str]:
    return {_field(one.answer.asked) for spot in case.at(Tier.EDGE) for one in spot.varied}


def _configured(case: Case) -> set[str]:
    return {name.lower() for variant in case.site.variants for name in variant}


def _named(case: Case) -> list[str]:
    """The fields that an edge's or the origin's plain answers name in Vary; of encodings all are asked."""
    plain = (one for spot in (*case.at(Tier.EDGE), *case.at(Tier.ORIGIN)) for one in spot.plain if one.is_usable)
    return sorted({field for one in plain for field in varied_by(one.answer.says("vary"))} - {ENCODING.lower()})


def _untold(case: Case) -> list[str]:
    """The visitors whose answers say nothing, where a plain one's does; a phone is one that should be asked."""
    whys: dict[tuple[str, str], list[Spot]] = {}
    silent = unmet.unmet(case)
    for spot in case.at(Tier.EDGE):
        for told in _silent(case, spot) if spot not in silent else ():
            whys.setdefault(told, []).append(spot)
    found = [f"what {who} get, since {names_of(spots)} {why}" for (who, why), spots in whys.items()]
    is_asked = any(_is_of_a_device(one.answer.asked) for spot in case.at(Tier.EDGE) for one in spot.varied)
    return found if is_asked else [*found, "what phones get, since nobody was asked as one"]


def _silent(case: Case, spot: Spot) -> Iterator[tuple[str, str]]:
    """Who was asked for at one place in vain, and what came instead."""
    answers: dict[Asked, list[Glance]] = {}
    for glance in spot.varied:
        answers.setdefault(glance.answer.asked, []).append(glance)
    for asked, glances in answers.items():
        if not any(_tells(case, spot, one) or _is_packed_alone(one) for one in glances):
            yield _who(asked, glances[-1]), _instead(case, spot, glances[-1])


def _tells(case: Case, spot: Spot, glance: Glance) -> bool:
    if not glance.is_usable or (glance.location and not spot.last.location):
        return False
    found = case.finding_at(spot, glance)
    return found.uncached or found.verdict in (Verdict.FRESH, Verdict.STALE)


def _is_packed_alone(glance: Glance) -> bool:
    """Whether an answer came to a request in another encoding, which may be too large to compare."""
    return _field(glance.answer.asked) == ENCODING.lower() and glance.is_usable


def _who(asked: Asked, glance: Glance) -> str:
    return "phones" if asked == AS_A_PHONE else f"visitors with `{in_short(glance.look.variant)[:SENDS_MAX]}`"


def _instead(case: Case, spot: Spot, glance: Glance) -> str:
    """What the place did; where it answered well, it is the origin's answer that cannot be compared."""
    look = glance.look
    if look.is_left_unread:
        return f"was {look.problem}, when it was asked so"
    if not glance.is_usable:
        kind = "a broken answer" if look.broken else "one that was given up" if look.is_given_up else "no answer"
        return f"gave such a request {kind} ({look.problem})"
    if look.guard:
        return f"gave such a request {challenged(glance)}"
    if told := refused(glance):
        return told.replace("answered", "answered such a request with", 1)
    if glance.location:
        to = masked(glance.location)[:LOCATION_MAX]
        return f"answered such a request with {look.status}, to {to}, which was not looked at"
    if look.status != spot.look.status:
        return f"answered such a request with {look.status}"
    why = case.finding_at(spot, glance).why
    if why.endswith(ALIKE_TO_ALL):
        return "gave such a request the page of plain visitors, and the origin gives another"
    if OF_ANOTHER in why:
        header = why.partition(OF_ANOTHER)[2]
        return f"gave such a request the page that the origin gives to `{header}`: name that in the site's `variants`"
    if why.endswith(BY_OWN_HEADER):
        return (
            "gave such a request another page than the origin does: an old one under a key of its own, or one that the"
            " edge asks the origin for with a header of its own, which cannot be seen"
        )
    return "answered such a request with what cannot be compared with the origin"


def _unasked(case: Case) -> Iterator[str]:
    """The fields of Vary that nobody was asked with."""
    never = [field for field in _named(case) if field not in _asked(case) | _configured(case)]
    if "*" in never:
        yield "what other requests get, since it says `Vary: *`, and few were made"
    fields = [titled(field[:FIELD_MAX].replace("`", "")) for field in never if field != "*"]
    if fields:
        shown = ", ".join(fields[:FIELDS_SHOWN]) + (", …" if len(fields) > FIELDS_SHOWN else "")
        sent = " or ".join(fields[:2])
        yield f"what visitors get who send another {sent}, since it says `Vary: {shown}`, and nobody was asked so"


def _sampled(case: Case) -> Sequence[str]:
    """The fields of Vary of which one value was asked, by a guess; what the site names in `variants` is no guess."""
    guessed = _asked(case) - _configured(case)
    return [_SAMPLES[field] for field in _named(case) if field in guessed and field in _SAMPLES]
