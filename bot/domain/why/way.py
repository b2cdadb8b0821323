"""Causes on the way to the edge: another CDN in front, DNS that leads elsewhere, an origin that fails."""

from __future__ import annotations

from bot.domain.look import span
from bot.domain.why.case import Case, Resolved, Tier, do, names_of
from bot.domain.why.cause import Cause, Certainty, Cure, Name
from bot.domain.why.marks import ALWAYS_MARKED, TITLES, cdn_of, cdns_on
from providers.contract import Cached

DOCTOR = Cure("Try the accounts", "doctor")


def origin_failing(case: Case) -> Cause | None:
    """The origin has no answer, and caches serve what they have."""
    inside = [spot for spot in case.spots if spot.tier is Tier.ORIGIN]
    looks = [glance.look for spot in inside for glance in spot.plain]
    broken = [look for look in looks if look.problem or look.status >= 500]
    kept = [s for s in case.at(Tier.EDGE) if s.look.status < 400 and _is_held(s.look.cached)]
    if not looks or len(broken) != len(looks) or not kept:
        return None
    stale = any(s.look.cached is Cached.STALE for s in kept)
    said = f"answers {broken[-1].status}" if broken[-1].status else f"does not answer: {broken[-1].problem}"
    ages = [f"{s.name}: {s.look.says}, {span(s.look.age or 0)} old" for s in kept]
    return Cause(
        Name.ORIGIN_FAILING,
        Certainty.SEEN if stale else Certainty.LIKELY,
        f"The origin {said}, so {names_of(kept)} {do(kept, 'serves', 'serve')} an old copy rather than nothing.",
        (f"origin: {said}", *ages),
        Cure("Check again", f"check {case.url}"),
        "Mend the origin first; a purge now would leave visitors with errors.",
    )


def _is_held(cached: Cached) -> bool:
    return cached in (Cached.HIT, Cached.STALE, Cached.UNKNOWN)


def other_cdn(case: Case) -> Cause | None:
    """An answer that passed a CDN which is no layer of the site, or that carries no mark of ours."""
    ours = {front.provider for front in case.layers}
    if not case.layers:
        return None
    for spot in case.at(Tier.EDGE):
        found = cdns_on(spot.last.answer)
        foreign = {who: line for who, line in found.items() if who not in ours}
        if foreign:
            return _foreign(case, spot.name, foreign, also_ours=bool(set(found) & ours))
        expected = case.layers[0].provider
        if expected in ALWAYS_MARKED and expected not in found:
            return _unmarked(case, spot.name, expected)
    return None


def _foreign(case: Case, place: str, foreign: dict[str, str], also_ours: bool) -> Cause:
    who, line = next(iter(foreign.items()))
    title = TITLES.get(who, who)
    where = "besides those of this site" if also_ours else f"instead of {case.layers[0].title}"
    return Cause(
        Name.OTHER_CDN,
        Certainty.SEEN,
        f"The answer at {place} passed {title}, {where}, and {title} is no layer of {case.site.name}: nobody purges it"
        " here.",
        (f"{place}: {line[:160]}",),
        Cure(f"Purge it at {title}"),
        f"Add {title} to the site's `layers`, or lead the name past it.",
    )


def _unmarked(case: Case, place: str, expected: str) -> Cause:
    title = TITLES.get(expected, expected)
    return Cause(
        Name.OTHER_CDN,
        Certainty.LIKELY,
        f"The answer at {place} carries no mark of {title}: this name is served by something else, or by another zone"
        " or account.",
        (f"{place}: no header that {title} sends with every answer",),
        DOCTOR,
        "Let every edge and host of the site lead to the account that is purged.",
    )


def old_endpoint(case: Case) -> Cause | None:
    """Resolvers that lead visitors to different ends, or to a CDN that is no layer."""
    told = [name for name in case.names if not name.problem]
    ours = {front.provider for front in case.layers}
    strange = [(name, cdn_of(end)) for name in told for end in name.chain[-1:] if cdn_of(end)]
    for name, who in strange:
        if who not in ours and case.layers:
            return _elsewhere(case, name, TITLES.get(who, who), told)
    ends = {name.chain[-1:] for name in told}
    if len(ends) > 1:
        longest = max(told, key=lambda name: name.ttl)
        return Cause(
            Name.OLD_ENDPOINT,
            Certainty.LIKELY,
            "Resolvers lead visitors to different ends: DNS was changed, and some still have the answer of before.",
            tuple(_line(name) for name in told),
            Cure("Check again", f"check {case.url}"),
            f"It heals by itself within {span(longest.ttl)}; lower the TTL a day before the next move.",
        )
    return None


def _elsewhere(case: Case, name: Resolved, title: str, told: list[Resolved]) -> Cause:
    ends = {one.chain[-1:] for one in told}
    some = "some visitors" if len(ends) > 1 else "visitors"
    return Cause(
        Name.OLD_ENDPOINT,
        Certainty.SEEN,
        f"DNS leads {some} to {title}, which is no layer of {case.site.name}: what they see is not purged here.",
        tuple(_line(one) for one in told),
        Cure(f"Purge it at {title} too"),
        f"Point the name at {case.layers[0].title}; resolvers keep the old answer up to {span(name.ttl)} more.",
    )


def _line(name: Resolved) -> str:
    way = " → ".join((*name.chain, ", ".join(name.addresses[:3])))
    return f"{name.resolver}: {way} (TTL {name.ttl} s)"
