"""A place that gives the page to a plain visitor, and to who takes another encoding something that is no page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.answers.answer import Asked
from bot.domain.proof.finding import OTHER_BYTES, PART, Verdict
from bot.domain.why.case import Case
from bot.domain.why.cause import Cause, Certainty, Cure, Name
from bot.domain.why.repeating import shown_again
from bot.domain.why.spots import SENDS_MAX, Glance, Spot, Tier, do, each, in_encodings, names_of

TIMES = 2  # answers alike, from which on it is no chance
_TIMES = {2: "both times", 3: "all three times"}
_LOOK = "Look what answers by `Accept-Encoding` there: a rule, or one of several servers."
Odd = Mapping[Asked, Sequence[Glance]]  # what came instead of the page, by what was asked


def by_encoding(case: Case) -> Cause | None:
    """An encoding gets something else each time, and a plain visitor the page each time: no chance of several servers,
    but a rule or a copy of that encoding."""
    found = {spot.name: (spot, odd) for spot in case.at(Tier.EDGE) if (odd := odd_encodings(case, spot))}
    settled = {name: one for name, one in found.items() if all(len(answers) >= TIMES for answers in one[1].values())}
    if not settled or len(settled) != len(found):
        return None
    spots, alike = [spot for spot, _ in settled.values()], {name: odd for name, (_, odd) in settled.items()}
    asked = next(iter(alike[spots[0].name]))
    who = dict.fromkeys(one.look.variant[:SENDS_MAX] for odd in alike.values() for one, *_ in odd.values())
    whys = dict.fromkeys(_why(case, spot, answers[-1]) for spot in spots for answers in alike[spot.name].values())
    return Cause(
        Name.UNKNOWN,
        Certainty.SEEN,
        f"{names_of(spots)} {do(spots, 'gives', 'give')} a plain visitor the page as the origin has it each time, and"
        f" something else each time to who sends {' or '.join(f'`{one}`' for one in who)}: {do(spots, 'it', 'each')}"
        f" {'; '.join(whys)}. It goes by the encoding.",
        (
            *each(spots, lambda spot: f"plain: {spot.told}"),
            *(line for n in range(len(alike[spots[0].name])) for line in _others(spots, alike, n)),
            *each(case.at(Tier.ORIGIN)),
        ),
        Cure(
            "Check again", f"check {case.typed}", "Look what answers by `Accept-Encoding` there: a rule, or a server."
        ),
        "An encoding is how a page is packed, and never another page: have each place pack the same one.",
        repeat=shown_again(case, spots, asked),
    )


def _why(case: Case, spot: Spot, glance: Glance) -> str:
    """What it did, without its name."""
    return case.finding_at(spot, glance).why.removeprefix(f"{spot.name} ")


def _others(spots: Sequence[Spot], alike: Mapping[str, Odd], n: int) -> tuple[str, ...]:
    """A line for the `n`th encoding at each place, those that are alike in one."""
    have = [spot for spot in spots if len(alike[spot.name]) > n]
    return each(have, lambda spot: _told([*alike[spot.name].values()][n]))


def _told(answers: Sequence[Glance]) -> str:
    last, times = answers[-1], len(answers)
    return f"{last.look.variant[:SENDS_MAX]}: {last.told}, {_TIMES.get(times, f'all {times} times')}"


def odd_encodings(case: Case, spot: Spot) -> Odd:
    """The encodings to which `spot` gives something else than the page each time, where a plain visitor gets the page
    each time; none where one of them got both."""
    plain = [one for one in spot.plain if one.is_about_the_page]
    if not plain or any(case.verdict_at(spot, one) is not Verdict.FRESH for one in plain):
        return {}
    answers: dict[Asked, list[Glance]] = {}
    for one in in_encodings(spot):
        if one.is_about_the_page:
            answers.setdefault(one.answer.asked, []).append(one)
    odd = {asked: [one for one in each_one if is_odd(case, spot, one)] for asked, each_one in answers.items()}
    if any(found and len(found) != len(answers[asked]) for asked, found in odd.items()):
        return {}
    return {asked: found for asked, found in odd.items() if found}


def is_odd(case: Case, spot: Spot, glance: Glance) -> bool:
    """Whether who takes another encoding got a redirect, a part or other bytes, which are nothing old as far as anybody
    can tell; those tell nothing of an origin that makes each answer anew, since it was asked so only once."""
    found = case.finding_at(spot, glance)
    if found.verdict is not Verdict.UNKNOWN or not found.why.startswith(f"{spot.name} "):
        return False
    is_other = OTHER_BYTES in found.why and not case.is_made_anew
    return glance.look.redirects or glance.look.status == PART or is_other
