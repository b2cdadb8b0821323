"""Whether what a place serves after a purge shows that the purge has reached it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from bot.domain.finding import Finding, Page, Verdict
from bot.domain.look import Likeness, Look, compare
from providers.contract import Cached

TO_MAX = 200  # characters
ALIKE = (Likeness.SAME, Likeness.SAME_VERSION, Likeness.BEGUN, Likeness.UNSAID)


@dataclass(frozen=True, slots=True)
class Purged:
    """What was purged before the looks that are judged.

    `at` is when the last layer began to be purged, in seconds since the epoch; None if nothing was. `covered` are the
    URLs that were surely purged, None for all. `was_old_at` are the places that were old at an earlier look after it.
    `left_alone` are the caches of the chain that were not asked, by name, `kept_by` those that keep other pages of what
    was to be purged, `proven` the looks that proved it earlier. Where the pages looked at stand for others
    (`stands_for_others`), a copy of what was there before the purge, or came by the look before it, is proof only if it
    is surely younger. `not_seen_new` are old answers of earlier looks after it, of data centres that were not seen with
    the new page since.
    """

    at: float | None = None
    soft: bool = False
    covered: Collection[str] | None = None
    left_alone: Sequence[str] = ()
    proven: Sequence[Look] = ()
    kept_by: Sequence[str] = ()
    stands_for_others: bool = False
    was_old_at: Collection[str] = ()
    not_seen_new: Sequence[Look] = ()

    @property
    def hard_at(self) -> float | None:
        """When copies were removed, and not only marked as stale."""
        return None if self.soft else self.at

    def is_surely_older(self, look: Look) -> bool:
        """Whether a kept copy was there before the purge."""
        return is_older(look, self.hard_at)

    def may_be_older(self, look: Look, page: Page) -> bool:
        """Whether it may have been: what was the same before, or came by our own look, says by its age alone whether
        the purge reached it."""
        if self.hard_at is None or not self.stands_for_others or not look.is_kept:
            return False
        is_known_from_before = page.stays(look) or page.was_missing(look.place)
        return is_known_from_before and (look.age is None or look.age + 1 > look.at - self.hard_at)


NOTHING_PURGED = Purged()


def landed(finding: Finding, page: Page, purged: Purged) -> Finding:
    """`finding`, which is fresh only if the copy is not one that the purge should have removed, and is more than a
    redirect that nothing has changed."""
    found, look = _landed(finding, page, purged), finding.look
    if look is None or not look.redirects or look.shows or not (found.uncached or found.verdict is Verdict.FRESH):
        return found
    if any(compare(was, look) not in ALIKE for was in page.was(look.place)):
        return found
    return replace(found, verdict=Verdict.UNKNOWN, why=_only_redirects(look), can_change=False, aside=True)


def _only_redirects(look: Look) -> str:
    to = f": {look.leads_to[:TO_MAX]}" if look.leads_to else ""
    return f"it only redirects ({look.status}), and the page that it leads to was not looked at{to}"


def _landed(finding: Finding, page: Page, purged: Purged) -> Finding:
    look = finding.look
    if finding.uncached and purged.hard_at is None and not purged.stands_for_others:
        return replace(finding, verdict=Verdict.FRESH, uncached=False)  # nothing was purged: it is what visitors get
    if finding.verdict is not Verdict.FRESH or look is None:
        return finding
    if purged.hard_at is not None and look.cached is Cached.STALE:
        expired = f"an expired copy ({look.says or 'stale'})"
        why = f"{look.place} serves {expired} while it fetches, and it is what the origin serves"
        return replace(finding, verdict=Verdict.UNKNOWN, why=why, can_change=True)
    is_older = purged.is_surely_older(look)
    if look.shows or not (is_older or purged.may_be_older(look, page)):
        return finding
    if purged.left_alone:
        why = f"{look.place} kept its copy, which is what the origin serves: {not_asked(purged.left_alone)}"
        return replace(finding, verdict=Verdict.UNKNOWN, why=why, can_change=False)
    why = f"the purge has not got to {look.place} yet: its copy is from before it, and is what the origin serves"
    if not is_older:
        why = f"the copy at {look.place} is right, but may be from before the purge, so it proves nothing"
    return replace(finding, verdict=Verdict.UNKNOWN, why=why, can_change=True)


def not_asked(names: Sequence[str]) -> str:
    """Which caches of the chain a purge left out."""
    return f"{' and '.join(names)} {'was' if len(names) == 1 else 'were'} not asked"


def is_older(look: Look, purged_at: float | None) -> bool:
    """Whether a kept copy was there before the purge. Ages are whole seconds, cut off."""
    return look.is_kept and purged_at is not None and look.age is not None and look.age > look.at - purged_at
