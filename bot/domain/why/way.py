"""Causes on the way to the edge: another CDN in front, DNS that leads elsewhere, an origin that fails."""

from __future__ import annotations

from bot.domain.answers.guards import guard_before_origin
from bot.domain.answers.marks import ALWAYS_MARKED, ANY_CDN, TITLES, cdn_of, cdns_on
from bot.domain.durations import span
from bot.domain.why.case import Case, Resolved
from bot.domain.why.cause import Cause, Certainty, Cure, Name
from bot.domain.why.closed import failed, had_from_it, silent_to_us
from bot.domain.why.repeating import led_again, shown_again
from bot.domain.why.spots import Glance, Spot, Tier, do, each, names_of
from bot.domain.why.strangers import by_hand, foreign_on, kept_by_a_stranger
from providers.contract import Cached

_MEND = "Mend the origin first"
_PREVENT = "Let health checks take failing servers out of the origin; `stale-if-error` spares visitors errors."
_WORDS_SHOWN, _WORD_MAX = 3, 80  # headers; characters of each
DOCTOR = Cure("Try the accounts", "doctor", "Look which account this name leads to, and try the accounts.")


def origin_failing(case: Case) -> Cause | None:
    """The origin has no answer, and caches serve what they have, or errors. An error through a firewall may be that
    one's own, for this machine alone, unless every edge gives one too."""
    silent = silent_to_us(case)
    broken = [glance for glance in silent if _is_broken(glance)]
    is_its_own = not any(guard_before_origin(glance.answer) for glance in broken)
    edges = case.at(Tier.EDGE)
    if not silent or len(broken) != len(silent) or any(map(had_from_it, edges)):
        return None
    kept = [spot for spot in edges if spot.look.status < 400 and _is_held(spot.look.cached)]
    if kept:
        return _kept_without_it(case, broken[-1], kept) if is_its_own else None
    failing = [spot for spot in edges if _is_broken(spot.last)]
    return _failing_too(case, broken[-1], failing) if failing and len(failing) == len(edges) else None


def _is_broken(glance: Glance) -> bool:
    """Whether nothing came, or an error that is no firewall's doing. What was given up came."""
    look = glance.look
    return not look.is_given_up and (bool(look.problem) or (look.status >= 500 and not look.guard))


def _kept_without_it(case: Case, broken: Glance, kept: list[Spot]) -> Cause:
    stale = [spot for spot in kept if spot.look.cached is Cached.STALE]
    said, named = failed(broken), stale or kept
    no_newer = f"the copy that is there, and {do(named, 'gets', 'get')} no newer one"
    what = "a copy past its time rather than an error" if stale else no_newer
    return Cause(
        Name.ORIGIN_FAILING,
        Certainty.SEEN if stale else Certainty.LIKELY,
        f"The origin {said}, so {names_of(named)} {do(named, 'serves', 'serve')} {what}.",
        (f"origin: {said}", *each(named)),
        Cure("Check again", f"check {case.typed}", f"{_MEND}: a purge now would leave visitors with errors."),
        _PREVENT,
    )


def _failing_too(case: Case, broken: Glance, failing: list[Spot]) -> Cause:
    """No edge has anything better. An origin that is silent here may be so to this machine alone."""
    answer = f"{do(failing, 'answers', 'answer')} {_statuses(failing)}"
    is_kept = all(spot.look.is_kept for spot in failing)
    keep = f" and {do(failing, 'keeps', 'keep')} that for a while" if is_kept else ""
    return Cause(
        Name.ORIGIN_FAILING,
        Certainty.SEEN if broken.look.status else Certainty.LIKELY,
        f"The origin {failed(broken)}, and {names_of(failing)} {answer}{keep}: visitors get errors.",
        (f"origin: {failed(broken)}", *each(failing)),
        Cure("Check again", f"check {case.typed}", f"{_MEND}: no purge helps before that."),
        _PREVENT,
    )


def _statuses(spots: list[Spot]) -> str:
    return " and ".join(str(status) for status in dict.fromkeys(spot.look.status for spot in spots))


def _is_held(cached: Cached) -> bool:
    return cached in (Cached.HIT, Cached.STALE, Cached.UNKNOWN)


def other_cdn(case: Case) -> Cause | None:
    """An answer that passed a CDN which is no layer of the site, or that carries no mark of ours; and is not fresh."""
    ours = {front.provider for front in case.layers}
    if not case.layers or ours & ANY_CDN:
        return None
    for spot in case.at(Tier.EDGE):
        if spot in case.fresh():
            continue
        found = cdns_on(spot.last.answer)
        foreign = foreign_on(case, spot)
        if foreign:
            return _foreign(case, _alike(case, next(iter(foreign))), foreign, also_ours=bool(set(found) & ours))
        expected = case.layers[0].provider
        if expected in ALWAYS_MARKED and _lacks(spot, expected):
            return _unmarked(case, expected)
    return None


def _alike(case: Case, who: str) -> list[Spot]:
    """The places whose answer, which is not fresh, came through that CDN."""
    old = [spot for spot in case.at(Tier.EDGE) if spot not in case.fresh()]
    return [spot for spot in old if who in cdns_on(spot.last.answer)]


def _foreign(case: Case, spots: list[Spot], foreign: dict[str, str], also_ours: bool) -> Cause:
    who = next(iter(foreign))
    title = TITLES.get(who, who)
    site = case.site.name
    kept = kept_by_a_stranger(case, spots[0]) if also_ours else ""
    holds = "it holds the copy that visitors get" if kept else "it may hold the old copy"
    what = (
        f"came through {title}, which stands beside the layers of {site}: nobody purges it here, and {holds}."
        if also_ours
        else f"came through {title} instead of {case.layers[0].title}: {title} is no layer of {site}, so nobody purges"
        " it here."
    )
    return Cause(
        Name.OTHER_CDN,
        Certainty.LIKELY if also_ours and not kept else Certainty.SEEN,
        f"The answer at {names_of(spots)} {what}",
        (
            *each(spots, lambda spot: cdns_on(spot.last.answer)[who][:160]),
            *([f"{spots[0].name}: {kept}, and {case.layers[0].title} {_says(spots[0])}"] if kept else []),
        ),
        Cure("Check again", f"check {case.typed}", by_hand(who, site)),
        f"Lead the name past {title}, or have it keep nothing of this site.",
        repeat=shown_again(case, spots),
    )


def _says(spot: Spot) -> str:
    return f"says {spot.look.says}" if spot.look.says else "keeps none"


def _unmarked(case: Case, expected: str) -> Cause:
    title = TITLES.get(expected, expected)
    spots = [spot for spot in case.at(Tier.EDGE) if spot not in case.fresh() and _lacks(spot, expected)]
    said = list(dict.fromkeys(word for spot in spots for word in _own_words(spot)))
    named = f" It says of itself: {'; '.join(said[:_WORDS_SHOWN])}." if said else ""
    return Cause(
        Name.OTHER_CDN,
        Certainty.LIKELY,
        f"The answer at {names_of(spots)} carries no mark of {title}: this name is served by something else, or by"
        f" another zone or account.{named}",
        each(spots, lambda spot: "; ".join([f"no header that {title} sends with every answer", *_own_words(spot)])),
        DOCTOR,
        "Let every edge and host of the site lead to the account that is purged.",
        repeat=shown_again(case, spots),
    )


def _lacks(spot: Spot, expected: str) -> bool:
    """Whether an answer, which is no error, came without any mark of a CDN that marks each."""
    return spot.look.status < 400 and expected not in cdns_on(spot.last.answer)


def _own_words(spot: Spot) -> list[str]:
    """By which headers whoever answered names itself."""
    answer = spot.last.answer
    return [f"{name}: {answer.says(name)[:_WORD_MAX]}" for name in ("via", "x-cache", "server") if answer.says(name)]


def old_endpoint(case: Case) -> Cause | None:
    """Resolvers that lead visitors to a CDN that is no layer, or some of them to another end."""
    told = [name for name in case.names if not name.problem]
    ours = {front.provider for front in case.layers}
    if not case.layers or ours & ANY_CDN:
        return None
    for name in told:
        who = _leads_to(name)
        if who and who not in ours:
            return _elsewhere(case, name, who, told)
    ends = {name.chain[-1:] for name in told}
    known = {_leads_to(name) for name in told}
    if len(ends) < 2 or known <= ours or _meet(told):  # one CDN has many names, by region
        return None
    longest = max(told, key=lambda name: name.ttl)
    return Cause(
        Name.OLD_ENDPOINT,
        Certainty.LIKELY,
        "Resolvers lead visitors to different ends: DNS was changed, and some still have the answer of before.",
        tuple(_line(name) for name in told),
        Cure(
            "Check again",
            f"check {case.typed}",
            f"Wait {span(longest.ttl)} at most: then every resolver has asked again.",
        ),
        "Lower the TTL a day before such a move.",
        repeat=led_again(case, told),
    )


def _meet(told: list[Resolved]) -> bool:
    """Whether every resolver leads to one and the same address, by whatever names."""
    return len({frozenset(name.addresses) for name in told}) == 1 and bool(told[0].addresses)


def _leads_to(name: Resolved) -> str:
    return cdn_of(name.chain[-1]) if name.chain else ""


def _elsewhere(case: Case, name: Resolved, who: str, told: list[Resolved]) -> Cause | None:
    """A CDN of nobody's by its name. Where another resolver leads to the very same address by a name of ours, the names
    alone say nothing of what visitors get."""
    title, others = TITLES.get(who, who), len({_leads_to(one) for one in told}) > 1
    if others and _meet(told):
        return None
    some, site = "some visitors" if others else "visitors", case.site.name
    return Cause(
        Name.OLD_ENDPOINT,
        Certainty.SEEN,
        f"DNS leads {some} to {title}, which is no layer of {site}: what is kept there is not purged here.",
        tuple(_line(one) for one in told),
        Cure("Check again", f"check {case.typed}", by_hand(who, site)),
        f"Point every answer at {case.layers[0].title}; the old one is kept for up to {span(name.ttl)} more."
        if others
        else f"Point the name at {case.layers[0].title}.",
        repeat=led_again(case, told),
    )


def _line(name: Resolved) -> str:
    way = " → ".join((*name.chain, ", ".join(name.addresses[:3])))
    return f"{name.resolver}: {way} (TTL {name.ttl} s)"
