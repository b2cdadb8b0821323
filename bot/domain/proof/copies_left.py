"""Old copies of a page that a purge of its URL may leave, since they are kept for visitors who ask otherwise."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from bot.domain.answers.answer import varied
from bot.domain.site import Site
from providers.contract import Copies

_ENCODING = "accept-encoding:"


def left_by_url(site: Site, takes: Collection[Copies], variants: Mapping[str, Sequence[str]]) -> Mapping[str, str]:
    """By URL the first of its old `variants` (names, as looks have them) that a purge of the URL may leave; no URL of
    which it takes all. `takes` says of each layer which copies it removes."""
    named = {varied(tuple(variant.items())) for variant in site.variants}
    left = {url: [one for one in old if one and not _goes(one, one in named, takes)] for url, old in variants.items()}
    return {url: some[0] for url, some in left.items() if some}


def _goes(variant: str, is_named: bool, takes: Collection[Copies]) -> bool:
    is_encoding = variant.lower().startswith(_ENCODING)
    return all(reaches(one, is_named, is_encoding) for one in takes)


def reaches(takes: Copies, is_named: bool, is_encoding: bool) -> bool:
    """Whether a purge by URL removes the copy of a visitor who asks otherwise, at a layer that `takes` so much: a
    variant that the site names, or an encoding."""
    return (
        takes is Copies.ALL
        or (is_encoding and takes in (Copies.ENCODINGS, Copies.UNTOLD))
        or (is_named and takes in (Copies.ENCODINGS, Copies.NAMED))
    )


def all_variants_of(url: str) -> str:
    """The prefix that takes a page in every variant, and what lies under it; "" of a front page, whose prefix is the
    whole host."""
    place = url.split("://", 1)[-1].partition("?")[0]
    return place if place.partition("/")[2] else ""
