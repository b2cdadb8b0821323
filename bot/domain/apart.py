"""Old copies of a page that a purge of its URL may leave, since they are kept for visitors who ask otherwise."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from bot.domain.answer import varied
from bot.domain.site import Site
from providers.contract import Copies

_ENCODING = "accept-encoding:"


def left_by_url(site: Site, takes: Collection[Copies], variants: Mapping[str, Sequence[str]]) -> Mapping[str, str]:
    """By URL the first of its old `variants` (names, as looks have them) that a purge of the URL may leave; no URL of
    which it takes all. `takes` says of each layer which copies it removes; what the site names goes everywhere."""
    named = {varied(tuple(variant.items())) for variant in site.variants}
    left = {url: [one for one in old if one not in named and _is_left(one, takes)] for url, old in variants.items()}
    return {url: some[0] for url, some in left.items() if some}


def _is_left(variant: str, takes: Collection[Copies]) -> bool:
    enough = {Copies.ALL, Copies.ENCODINGS} if variant.lower().startswith(_ENCODING) else {Copies.ALL}
    return bool(variant) and not enough.issuperset(takes)


def all_variants_of(url: str) -> str:
    """The prefix that takes a page in every variant, and what lies under it; "" of a front page, whose prefix is the
    whole host."""
    place = url.split("://", 1)[-1].partition("?")[0]
    return place if place.partition("/")[2] else ""
