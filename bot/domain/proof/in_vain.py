"""Old pages that no purge of the site's layers would make new, by the looks alone: a diagnosis tells more of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.domain.answers.marks import ALWAYS_MARKED, ANY_CDN, TITLES
from bot.domain.proof.circles import LEFT
from bot.domain.proof.look import ORIGIN, Look
from providers.contract import Cached

_FETCHED = (Cached.MISS, Cached.EXPIRED)
UNKEPT = "no cache of the site keeps it at the edge, and what the edge gets each time is old"


@dataclass(frozen=True, slots=True)
class Layers:
    """The caches of a site. `providers` are by name, outermost first; `places` are where its edges are looked at;
    `is_new_inside`: what the edge asks is new, or is the origin itself."""

    providers: Sequence[str]
    places: Collection[str]
    is_new_inside: bool


def in_vain(old: Sequence[Look], page: Sequence[Look], layers: Layers) -> str:
    """Why a purge of `layers` would leave the answers `old` as they are; "" where one may help. `page` are all answers
    of that page."""
    if not old or any(look.place not in layers.places for look in old):
        return ""
    if all(look.leads_back and look.url.startswith("https:") for look in old):
        return LEFT
    twice = [look for look in old if not look.variant] or old  # others are asked once
    is_unkept = layers.is_new_inside and all(_is_fetched_each_time(look) for look in twice)
    is_known = bool(layers.providers) and not ANY_CDN & {*layers.providers}
    behind = {who for look in page if look.place == ORIGIN for who in look.through}
    strangers = [_stranger(look, {*layers.providers}, behind, is_unkept) if is_known else "" for look in old]
    if all(strangers):
        return f"it came through {strangers[0]}, which is no layer of the site, so that nobody purges it here"
    if is_unkept:
        return UNKEPT
    expected = layers.providers[0] if is_known else ""
    if expected in ALWAYS_MARKED and all(expected not in look.through and look.status < 400 for look in old):
        return f"it has no mark of {TITLES[expected]}, so that something else, or another zone, serves it"
    return ""


def _is_fetched_each_time(look: Look) -> bool:
    """Whether the cache says that it keeps nothing of the page; or fetched it both times that it was asked."""
    if look.cached is Cached.UNCACHED:
        return True
    return look.cached in _FETCHED and look.cached_next in _FETCHED


def _stranger(look: Look, ours: Collection[str], behind: Collection[str], is_unkept: bool) -> str:
    """The CDN that an answer came through in place of those of the site, or beside them where these keep nothing."""
    if {*look.through} & {*ours} and not is_unkept:
        return ""
    foreign = (who for who in look.through if who not in ours and who not in behind)
    return next((TITLES.get(who, who) for who in foreign), "")
