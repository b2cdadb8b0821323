"""What cures: the narrowest purge that every layer of the site can carry out, and never one that was tried and went by
the copy."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.domain.grammar.saying import safe_word
from bot.domain.proof.copies_left import reaches
from bot.domain.why.case import Case, Ours
from bot.domain.why.cause import Cure
from bot.domain.why.owners import is_own, siblings, to_look_at
from bot.domain.why.times import changed_since, took
from providers.contract import Kind

_WORD = re.compile(r"[a-z0-9]{2,}")
_PLAIN_TAG = re.compile(r"[\w.:/-]{1,80}")
_WIDTH = (Kind.URL, Kind.PATH, Kind.TAG, Kind.PATTERN, Kind.PREFIX, Kind.HOST, Kind.EVERYTHING)  # the narrowest first
_BY_PLACE = frozenset({Kind.PREFIX, Kind.PATTERN})


def knows(case: Case, kind: Kind) -> bool:
    """Whether every layer of the site purges by `kind`."""
    return all(kind in front.kinds for front in case.layers)


def or_wider(case: Case, label: str = "Purge it", step: str = "") -> Cure:
    """The page, or the narrowest that holds it where some layer purges no URLs; `label` is the button's."""
    if knows(case, Kind.URL):
        return Cure(label, case.typed, step)
    return wider(case) or _by_hand(case)


def wider(case: Case, than: Kind = Kind.URL) -> Cure | None:
    """The narrowest purge beyond `than` that takes every copy of the page, whatever else their keys hold; None where
    the layers know none."""
    found = (cure for kind, cure in _wider_ones(case) if knows(case, kind) and _width(kind) > _width(than))
    return next(found, None)


def _wider_ones(case: Case) -> Iterator[tuple[Kind, Cure]]:
    place = case.url.split("://", 1)[-1].partition("?")[0]
    host, _, path = place.partition("/")
    if path and "*" not in path:
        yield Kind.PREFIX, Cure("Purge every variant, by prefix", f"prefix {safe_word(place)}")
    if tag := _own_tag(case, path.lower()):
        yield Kind.TAG, Cure(f"Purge every variant, by the tag {tag}"[:60], f"tag {safe_word(tag)}")
    yield Kind.HOST, Cure("Purge the host, which takes every variant of the page", f"host {host}")


def _own_tag(case: Case, path: str) -> str:
    """A tag of the page that shares a word with its path: one that is on everything is no narrow purge."""
    tags = case.origin.look.tags if case.origin is not None else ()
    words = {*_WORD.findall(path)}
    return next((tag for tag in tags if _PLAIN_TAG.fullmatch(tag) and words & {*_WORD.findall(tag.lower())}), "")


def _width(kind: Kind) -> int:
    return _WIDTH.index(kind)


def _by_hand(case: Case) -> Cure:
    """Nothing narrower than everything is known to all layers, and that must be typed."""
    step = f"Only everything can be purged at every layer: type `everything on {case.site.name} because …`."
    return Cure("Check again", f"check {case.typed}", step)


def past(case: Case, last: Ours, is_variant: bool = False) -> Cure:
    """After a purge that was taken and went by the copy: what reaches further, since the same again would go by it
    too. Of a variant the page itself was reached, so that no other zone is in doubt."""
    tried = _tried(case, last)
    if last.job.kind in _BY_PLACE and Kind.URL not in tried and knows(case, Kind.URL) and not is_variant:
        step = f"Purge the page by its URL: {last.job.name} named a {last.job.kind.value}, which goes by a copy where a"
        return Cure("Purge the page by its URL", case.typed, f"{step} rule of the CDN rewrites the URL.")
    other = "cache" if is_own(case) else "zone"
    doubt = "" if is_variant else f"; where that changes nothing either, look whether another {other} serves this name"
    if cure := wider(case, max(tried, key=_width)):
        step = f"{cure.label}: {last.job.name} went by that copy, and the same again would{doubt}."
        return Cure(cure.label, cure.line, step)
    if is_variant and (told := siblings(case)):
        return Cure("Check again", f"check {case.typed}", f"The same purge again would go by that copy too: {told}.")
    return _nothing_wider(case, last, doubt)


def _tried(case: Case, last: Ours) -> set[Kind]:
    """The kinds of purges that took the page, of which none was enough, since the origin has what it has now."""
    some = (ours for ours in case.covering() if ours.job.purged is not None and took(case, ours))
    return {last.job.kind, *(ours.job.kind for ours in some if changed_since(case, ours) is not True)}


def _nothing_wider(case: Case, last: Ours, doubt: str) -> Cure:
    site = case.site.name
    again = "The same purge again would go by that copy too"
    if Kind.EVERYTHING in _tried(case, last) or not knows(case, Kind.EVERYTHING):
        step = f"{again}: {to_look_at(case)}."
        return Cure("Try the accounts", "doctor", step)
    tag = "a tag that the page carries, or " if knows(case, Kind.TAG) else ""
    return Cure("Check again", f"check {case.typed}", f"{again}: purge {tag}everything on {site}{doubt}.")


def with_variants(case: Case, is_configured: bool, is_encoding: bool) -> Cure:
    """For a variant that nobody has purged yet: the URL, where that takes this variant at every layer; else wider."""
    label = "Purge it with its variants"
    if takes_variants(case, is_configured, is_encoding):
        return or_wider(case, label)
    if cure := wider(case):
        return cure
    return or_wider(case, label, "Purge it, then ask again: not every cache takes all variants with a URL.")


def takes_variants(case: Case, is_configured: bool = True, is_encoding: bool = False) -> bool:
    """Whether a URL's purge takes its variants at every layer, or those that the site names, or its encodings."""
    return all(reaches(front.takes, is_configured, is_encoding) for front in case.layers)


def every_key(case: Case) -> str:
    """ "tag or prefix": what every layer knows that reaches each key of a page; "" where there is none."""
    return " or ".join(kind.value for kind in (Kind.TAG, Kind.PREFIX) if knows(case, kind))
