"""Old copies that a place keeps for visitors who ask otherwise, while it gives a plain visitor the new page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.answers.answer import Asked
from bot.domain.answers.caching import varied_by
from bot.domain.why.case import Case
from bot.domain.why.cause import Certainty
from bot.domain.why.last_look import was_old_to_all
from bot.domain.why.spots import Course, Glance, Spot, Tier, without_what_others_send
from bot.domain.why.times import at_edge, changed_since, is_from_before, stored, took
from providers.contract import Cached


@dataclass(frozen=True, slots=True)
class Kept:
    """A place that is new to a plain visitor and old to another, and how sure it is that a key makes the difference."""

    spot: Spot
    plain: Course
    other: Course
    certainty: Certainty
    by_bytes: bool = False  # old by its bytes alone

    @property
    def asked(self) -> Asked:
        """What the other visitor sends."""
        return self.other.glances[0].answer.asked

    @property
    def seen_so(self) -> Spot:
        """The place as that visitor sees it."""
        return Spot(self.spot.name, self.spot.tier, self.other.glances)


def old_variants(case: Case, spot: Spot) -> Iterator[Kept]:
    """What `spot` keeps so: every plain answer is new, and another request for the same URL gets the old one each
    time."""
    plain, *others = case.courses_at(spot)
    if not plain.were_old or any(plain.were_old):
        return
    old = [other for other in others if other.were_old and all(other.were_old)]
    for other in without_what_others_send(old):
        by_bytes = all(case.finding_at(spot, glance).by_bytes for glance in other.glances)
        how_sure = _how_sure(case, other, by_bytes)
        if how_sure is not Certainty.POSSIBLE or not was_old_to_all(case, spot.name):
            yield Kept(spot, plain, other, how_sure, by_bytes)


def _how_sure(case: Case, other: Course, by_bytes: bool) -> Certainty:
    """Seen where it was old again when asked once more, not by its bytes alone, and something names the header as a
    part of the key."""
    if len(other.glances) < 2:
        return Certainty.POSSIBLE
    return Certainty.SEEN if is_key(case, other.glances[-1]) and not by_bytes else Certainty.LIKELY


def is_key(case: Case, glance: Glance) -> bool:
    """Whether something names the header that was sent as a part of the key: the answer's `Vary`, or the site."""
    name = glance.answer.asked[0][0]
    return is_named(case, name) or name.lower() in varied_by(glance.answer.says("vary"))


def is_named(case: Case, name: str) -> bool:
    """Whether the site's `variants` name that header."""
    names = {name.lower(), in_variants(case, name)[0].lower()}
    return any(names & {header.lower() for header in one} for one in case.site.variants)


def in_variants(case: Case, name: str) -> tuple[str, str]:
    """How the site's `variants` name it, with a value: Cloudflare tells devices apart by a header of its own, see
    https://developers.cloudflare.com/cache/how-to/purge-cache/purge-cache-key/ (2026-11)."""
    is_cloudflare = bool(case.layers) and case.layers[0].provider == "cloudflare"
    return ("CF-Device-Type", "mobile") if is_cloudflare and name.lower() == "user-agent" else (name, "…")


def is_of_before(case: Case, kept: Kept) -> bool:
    """Whether the last purge may have gone by that copy, or there was none: not where it came after it, while the
    origin was new."""
    last, spot = case.last_purge, kept.seen_so
    if last is None or not took(case, last) or spot.look.cached is Cached.UNCACHED:
        return True
    if changed_since(case, last) is not False or is_from_before(case, spot, last) is not False:
        return True
    made, purged = stored(spot.look), at_edge(case, last)
    return made is None or purged is None or made < purged


def filled_again(case: Case) -> list[Kept]:
    """The copies that a place fetched again after the last purge, and that are old."""
    found = [one for spot in case.at(Tier.EDGE) for one in old_variants(case, spot)]
    return [one for one in found if not is_of_before(case, one)]
