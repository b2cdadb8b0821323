"""A firewall that answers in the page's place: it asks for a proof of being no robot, or refuses this machine."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.answers.guards import (
    CHALLENGES,
    MAY_BE_ITS_OWN,
    MAY_REFUSE,
    Guard,
    firewall_of,
    guard_before_origin,
    guard_on,
    refusal_on,
)
from bot.domain.proof.look import ORIGIN
from bot.domain.why.before import told_old
from bot.domain.why.case import Case
from bot.domain.why.cause import Cause, Certainty, Cure, Name
from bot.domain.why.spots import Glance, Spot, Tier, do, each, names_of

PREVENT = "Let this machine through every firewall: what stops purgebot stops every proof too. No purge changes that."


def guarded(case: Case) -> Cause | None:
    """An edge gave this machine no page, and a firewall's own mark stands on what it gave instead."""
    spots = [spot for spot in case.at(Tier.EDGE) if guard_at(spot) is not None]
    if not spots or case.saw_old:
        return None
    seen, whose = is_challenge(spots), whose_at(spots)
    was = told_old(case, spots)
    return Cause(
        Name.UNKNOWN,
        Certainty.SEEN if seen else Certainty.LIKELY,
        f"It cannot be told whether {names_of(spots)} {do(spots, 'is', 'are')} old: {whose}"
        f" {did_at(spots)} there, and gave no page.{f' {was}.' if was else ''}",
        (*each(spots, with_mark), *each(case.at(Tier.ORIGIN), with_mark)),
        Cure("Check again", f"check {case.typed}", f"Let this machine through {whose}, by its address."),
        PREVENT,
        pageless=tuple(spot.name for spot in spots),
    )


def with_mark(spot: Spot) -> str:
    """What it answered, and the header line of the firewall that answered in the page's place."""
    return spot.told if guard_at(spot) is None else marked(spot.last)


def marked(glance: Glance) -> str:
    """What came, and the header line of a firewall that it bears in the page's place."""
    guard = _guard(glance)
    return f"{glance.told} ({guard.line})" if guard is not None else glance.told


def refused(glance: Glance) -> str:
    """ "answered 403, by which Akamai's firewall may have refused this machine", of an answer that bears such a mark;
    "" of any other."""
    guard = refusal_on(glance.answer)
    if guard is None:
        return ""
    return f"answered {glance.look.status}{guard.beside}"


def challenged(glance: Glance) -> str:
    """ "no page: Cloudflare asks for a proof of being no robot"; "" where nobody does."""
    return f"no page: {glance.look.guard} {CHALLENGES}" if glance.look.guard else ""


def guard_at(spot: Spot) -> Guard | None:
    """Who answered a plain visitor in the page's place, where no answer was the page."""
    if any(glance.is_about_the_page for glance in spot.plain):
        return None
    return _guard(spot.last)


def _guard(glance: Glance) -> Guard | None:
    return guard_before_origin(glance.answer) if glance.look.place == ORIGIN else guard_on(glance.answer)


def is_challenge(spots: Sequence[Spot]) -> bool:
    """Whether each of them asks for a proof, and none merely refuses."""
    return all(guard is not None and guard.is_challenge for guard in map(guard_at, spots))


def did_at(spots: Sequence[Spot]) -> str:
    """What the firewalls did there: one that may have answered 502 itself, with its status."""
    if is_challenge(spots):
        return CHALLENGES
    guards = [guard for spot in spots if (guard := guard_at(spot)) is not None and not guard.is_challenge]
    statuses = dict.fromkeys(str(guard.status) for guard in guards)
    is_own = all(guard.did == MAY_BE_ITS_OWN for guard in guards)
    return MAY_BE_ITS_OWN.replace("that", " and ".join(statuses)) if is_own else MAY_REFUSE


def whose_at(spots: Sequence[Spot]) -> str:
    """The firewalls that answered there: "Cloudflare's firewall and AWS WAF"."""
    guards = [guard for spot in spots if (guard := guard_at(spot)) is not None]
    return " and ".join(dict.fromkeys(firewall_of(guard.title) for guard in guards))
