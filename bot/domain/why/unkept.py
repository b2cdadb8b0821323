"""A page that no cache at the edge keeps: a purge of the edge changes nothing there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.domain.answers.caching import Basis, lifetime_shared
from bot.domain.proof.finding import OTHER_BYTES
from bot.domain.why.case import Case
from bot.domain.why.cause import Cause, Certainty, Cure, Name
from bot.domain.why.closed import silent_to_us
from bot.domain.why.last_look import is_young
from bot.domain.why.remedy import or_wider
from bot.domain.why.repeating import shown_again
from bot.domain.why.spots import Glance, Spot, Tier, do, each, in_encodings, names_of, same, with_bytes
from bot.domain.why.strangers import kept_by_a_stranger
from bot.domain.why.times import changed_since
from bot.domain.why.which import called, last_of
from providers.contract import Cached


def uncached(case: Case) -> Cause | None:
    """No cache at the edge keeps it: every visitor gets what is made, or kept, further in."""
    edges = case.at(Tier.EDGE)
    says = [spot for spot in edges if is_unkept(case, spot)]
    if not says or len(says) != len(edges) or case.torn() or silent_to_us(case):
        return None
    if any(kept_by_a_stranger(case, spot) for spot in says) or (is_young(case) and not case.old()):
        return None
    twice = says[0].look.cached is not Cached.UNCACHED
    word = " (fetched anew both times)" if twice else f" ({says[0].look.says})" if says[0].look.says else ""
    inner = case.old(Tier.INNER)
    if inner:
        return _kept_further_in(case, word, says, inner)
    if case.old():
        return _as_before(case, word) if case.is_by_bytes else _old_and_uncached(case, word, says)
    if any(case.finding_at(spot).why.startswith(f"{spot.name} ") or _odd(case, spot) for spot in says):
        return _from_another(case, word, [spot for spot in says if _odd(case, spot)])
    return Cause(
        Name.UNCACHED,
        Certainty.SEEN,
        f"The edge never keeps this page{word}: visitors get what the origin gives each of them.",
        (*each(says), *_because(says[0])),
        Cure("Check again", f"check {case.typed}", "Look at the origin, and at caches inside the application."),
        "A purge cannot change this page. If it is to be cached, its answer must say so: `public, s-maxage=…`.",
    )


def anew_each_time(case: Case) -> Cause | None:
    """An edge that keeps no copy, as it seems: it asked further in each time, and got the old page each time, though no
    purge had emptied it. Where a cache further in that was asked holds that very page, a purge takes it there."""
    last = case.last_purge
    old = [spot for spot in case.old() if spot.look.cached is not Cached.UNCACHED]
    if not old or (last is not None and changed_since(case, last) is not True):
        return None
    if not all(map(_asked_each_time, old)) or any(same(one.last, old[0].last) for one in case.old(Tier.INNER)):
        return None
    new = case.fresh(Tier.INNER)
    not_from = f" It does not come from {names_of(new)}, which {do(new, 'is', 'are')} new." if new else ""
    return Cause(
        Name.UNCACHED,
        Certainty.LIKELY,
        f"{names_of(old)} fetched the page anew each time, and what came from further in is not what the origin gives"
        f" here: there is nothing to purge at {do(old, 'this edge', 'these edges')}, and who gives"
        f" {called(case, last_of(old))} is not"
        f" known.{not_from}",
        (*each(old, _each_answer), *each(new), *each(case.at(Tier.ORIGIN))),
        _further_in(case),
        "Name every cache between edge and origin in the site's `layers`, so that a purge reaches it.",
    )


def _asked_each_time(spot: Spot) -> bool:
    usable = [glance.look.cached for glance in spot.plain if glance.is_usable]
    return len(usable) > 1 and all(cached in (Cached.MISS, Cached.EXPIRED) for cached in usable)


def _each_answer(spot: Spot) -> str:
    return ", then ".join(glance.told for glance in spot.plain if glance.is_usable)


def _odd(case: Case, spot: Spot) -> tuple[Glance, ...]:
    """The answers, to a plain visitor or to who takes another encoding, that hold other bytes than the origin's, where
    nothing says whether they are old."""
    answers = (one for one in (*spot.plain, *in_encodings(spot)) if one.is_usable)
    return tuple(glance for glance in answers if OTHER_BYTES in case.finding_at(spot, glance).why)


def _from_another(case: Case, word: str, other: Sequence[Spot]) -> Cause | None:
    """It is not what the origin gives, and nothing says whether it is old: not even who gave it is known. Nothing is
    said of refusals and redirects."""
    if not other:
        return None
    odd = [replace(spot, plain=_odd(case, spot)) for spot in other]
    by_turns = any(not {*spot.plain} <= {*_odd(case, spot)} for spot in other)
    return Cause(
        Name.UNCACHED,
        Certainty.LIKELY,
        f"The edge never keeps this page{word}, and {names_of(other)} {do(other, 'gives', 'give')} other bytes than the"
        f" origin{' by turns' if by_turns else ''}: something in between answers for it or rewrites it, such as a"
        " firewall that asks visitors to wait, or a server that is not known here.",
        (*each(odd, with_bytes), *each(case.at(Tier.ORIGIN), with_bytes), *_because(other[0])),
        Cure("Check again", f"check {case.typed}", "Read the page that the edge gives: its words say who made it."),
        "With a `marker`, every look tells the page from what stands in for it. Let this machine through firewalls.",
        repeat=shown_again(case, other, several=True) if by_turns else "",
    )


def is_unkept(case: Case, spot: Spot) -> bool:
    """Whether the edge says that it never keeps the page; or does not keep it, as the origin tells it to."""
    if spot.look.cached is Cached.UNCACHED:
        return True
    usable = [glance for glance in spot.plain if glance.is_usable]
    if len(usable) < 2 or any(glance.look.cached is not Cached.MISS for glance in usable) or case.origin is None:
        return False
    origin = case.origin
    return lifetime_shared(origin.answer.joined(), origin.look.at, status=origin.look.status).basis is Basis.FORBIDDEN


def _because(spot: Spot) -> list[str]:
    answer = spot.last.answer
    named = [f"{name}: {answer.says(name)[:100]}" for name in ("cache-control", "vary") if answer.says(name)]
    return [*named, *(["it sets a cookie"] if answer.says("set-cookie") else [])]


def _kept_further_in(case: Case, word: str, says: Sequence[Spot], inner: Sequence[Spot]) -> Cause:
    return Cause(
        Name.UNCACHED,
        Certainty.SEEN,
        f"The edge never keeps this page{word}; {names_of(inner)} further in {do(inner, 'does, and is', 'do, and are')}"
        " old.",
        each((*says, *inner)),
        or_wider(case, "Purge it", f"Purge every layer, {names_of(inner)} too: the edge alone changes nothing here."),
        "Purge every layer in one request, as a plain purge does: visitors get what the cache further in keeps.",
    )


def _old_and_uncached(case: Case, word: str, says: Sequence[Spot]) -> Cause:
    return Cause(
        Name.UNCACHED,
        Certainty.SEEN,
        f"The edge never keeps this page{word}, and what it gets from further in is not what the origin gives here.",
        (*each(says), *each(case.at(Tier.ORIGIN))),
        _further_in(case),
        "Name every cache between edge and origin in the site's `layers`, so that a purge reaches it.",
    )


def _as_before(case: Case, word: str) -> Cause:
    """What it gives is what it gave before our last purge, by its bytes alone, which something in between may make of
    the page each time."""
    old, last = case.old(), case.last_purge
    since = f" of before {last.job.name}" if last is not None else ""
    return Cause(
        Name.UNCACHED,
        Certainty.LIKELY,
        f"The edge never keeps this page{word}, and {names_of(old)} {do(old, 'gives', 'give')} the bytes{since}, which"
        " are not the origin's: a server or a cache further in is old, or something in between rewrites the page or"
        " answers for it, such as a firewall.",
        (*each(old, with_bytes), *each(case.at(Tier.ORIGIN), with_bytes), *_because(old[0])),
        _further_in(case),
        "With a `marker`, every look tells the page from what stands in for it. Name every cache between edge and"
        " origin in the site's `layers`.",
    )


def _further_in(case: Case) -> Cure:
    """A purge of the caches between, where the site has any; of the edge alone it changes nothing."""
    look, new = "Look which server the edge asks", [spot.name for spot in case.fresh(Tier.INNER)]
    if any(front.title not in new for front in case.layers[1:]):
        step = f"{look}, and purge the caches further in: the edge alone changes nothing here."
        return or_wider(case, "Purge the caches further in", step)
    named = f"no cache further in but {' and '.join(new)}" if new else "no cache further in"
    none = f"{case.site.name} names {named}, and a purge of the edge changes nothing here."
    return Cure("Check again", f"check {case.typed}", f"{look}, and mend what is old there: {none}")
