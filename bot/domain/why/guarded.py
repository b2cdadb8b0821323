"""A firewall that answers in the page's place: it asks for a proof of being no robot, or refuses this machine."""

from __future__ import annotations

from bot.domain.answers.marks import Guard, challenge_on, refusal_on
from bot.domain.why.case import Case
from bot.domain.why.cause import Cause, Certainty, Cure, Name
from bot.domain.why.spots import Spot, Tier, do, each, names_of

PREVENT = "Let this machine through every firewall: what stops purgebot stops every proof too. No purge changes that."


def guarded(case: Case) -> Cause | None:
    """An edge gave this machine no page, and a firewall's own mark stands on what it gave instead."""
    found = {spot.name: (spot, guard) for spot in case.at(Tier.EDGE) if (guard := _guard(spot)) is not None}
    if not found or case.saw_old:
        return None
    spots, guards = [spot for spot, _ in found.values()], {name: guard for name, (_, guard) in found.items()}
    is_challenge = all(challenge_on(spot.last.answer) is not None for spot in spots)
    whose = " and ".join(dict.fromkeys(_whose(guard.title) for guard in guards.values()))
    did = "asks for a proof of being no robot there" if is_challenge else "may have refused this machine there"
    return Cause(
        Name.UNKNOWN,
        Certainty.SEEN if is_challenge else Certainty.LIKELY,
        f"It cannot be told whether {names_of(spots)} {do(spots, 'is', 'are')} old: {whose} {did}, and gave no page.",
        (*each(spots, lambda spot: f"{spot.told} ({guards[spot.name].line})"), *each(case.at(Tier.ORIGIN))),
        Cure("Check again", f"check {case.typed}", f"Let this machine through {whose}, by its address."),
        PREVENT,
    )


def _guard(spot: Spot) -> Guard | None:
    """Who answered a plain visitor in the page's place, where no answer was the page."""
    if any(glance.is_about_the_page for glance in spot.plain):
        return None
    return challenge_on(spot.last.answer) or refusal_on(spot.last.answer)


def _whose(title: str) -> str:
    return title if "firewall" in title or "WAF" in title else f"{title}'s firewall"
