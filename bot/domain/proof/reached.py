"""Whether what a place serves after a purge shows that the purge has reached it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.domain.proof.circles import looped_anew, only_redirects
from bot.domain.proof.finding import Finding, Page, Verdict
from bot.domain.proof.look import ORIGIN, Look, compare
from providers.contract import Cached

TO_MAX = 200  # characters
LOOKED_BEFORE = 5.0  # seconds from the look before a purge to its call; within them nothing is thought to happen
_ROUNDED = 1  # second: Ages are whole, and two answers moments apart
STILL_THERE = (
    "is older than the purge by its Age, and is what the origin serves: the purge has not got there, or a cache"
    " further in that is no layer of this site adds to that Age"
)
FROM_FURTHER_IN = (
    "fetched it anew and got a copy that is older than the purge, and is what the origin serves: it came from a cache"
    " further in, which the purge did not get to or which is no layer of this site"
)


@dataclass(frozen=True, slots=True)
class Purged:
    """What was purged before the looks that are judged.

    `at` is when the last call was sent, in seconds since the epoch; None if nothing was. `covered` are the URLs that
    were surely purged, None for all. `was_old_at` are the places that were old at an earlier look after it.
    `left_alone` are the caches of the chain that were not asked, by name, `kept_by` those that keep other pages of what
    was to be purged, `proven` the looks that proved it earlier. Where the pages looked at stand for others
    (`stands_for_others`), a copy of what was there before the purge, or came by the look before it, is proof only if it
    is surely younger. `not_seen_new` are old answers of earlier looks after it, of data centres that were not seen with
    the new page since. `refetched_at` are the places that fetched the old page anew after it, at this look or at one
    before. Of each page `sent` says when its own call was, where that is known, and `began` when the first layer of the
    same run began: an outer cache that is filled from an inner one adds that one's Age to its own (RFC 9111, 4.2.3).
    `put_off` are the pages whose call was not taken at once.
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
    refetched_at: Collection[str] = ()
    sent: Mapping[str, float] = field(default_factory=dict)
    began: Mapping[str, float] = field(default_factory=dict)
    put_off: Collection[str] = ()

    def since(self, url: str) -> float | None:
        """When the first layer began to be purged of a page."""
        return self.began.get(url, self.sent.get(url, self.at))

    @property
    def is_hard(self) -> bool:
        """Whether copies were removed, and not only marked as stale."""
        return self.at is not None and not self.soft

    def seems_older(self, look: Look, page: Page) -> bool:
        """Whether a copy, of this cache or of one further in, says that it was there before the purge."""
        since = self.since(look.url) if self.is_hard else None
        return look.was_kept_on_the_way and _is_from_before(aged_here(look, page), since)

    def may_be_older(self, look: Look, page: Page) -> bool:
        """Whether it may have been: what was the same before, or came by our own look, shows by its age alone whether
        the purge reached it; and so does what was not looked at right before it, or was put off after that."""
        since = self.since(look.url)
        if not self.is_hard or since is None or not self.stands_for_others or not look.was_kept_on_the_way:
            return False
        was_known = not (page.stays(look) or page.was_missing(look.place) or look.url in self.put_off)
        if was_known and not self._was_long_after(look, page):
            return False
        return look.age is None or look.age + _ROUNDED > look.at - look.took - since

    def _was_long_after(self, look: Look, page: Page) -> bool:
        """Whether the page was purged long after the look before it: its copy may have been replaced in between."""
        sent = self.sent.get(look.url)
        return sent is not None and any(sent - was.at > LOOKED_BEFORE for was in page.was(look.place))


NOTHING_PURGED = Purged()


def landed(finding: Finding, page: Page, purged: Purged) -> Finding:
    """`finding`, which is fresh only if the copy is not one that the purge should have removed, and is more than a
    redirect that nothing has changed."""
    found, look = _landed(finding, page, purged), finding.look
    if look is None or not look.redirects or look.shows or not (found.uncached or found.verdict is Verdict.FRESH):
        return found
    if page.has_changed(look):
        return found
    return replace(found, verdict=Verdict.UNKNOWN, why=only_redirects(look, TO_MAX), can_change=False, aside=True)


def _landed(finding: Finding, page: Page, purged: Purged) -> Finding:
    look = finding.look
    if finding.verdict is Verdict.STALE and look is not None and look.url.startswith("https:"):
        why = looped_anew(look, purged.since(look.url))
        return replace(finding, verdict=Verdict.UNKNOWN, why=why, can_change=False, by_bytes=False) if why else finding
    if finding.uncached and not purged.is_hard and not purged.stands_for_others:
        return replace(finding, verdict=Verdict.FRESH, uncached=False)  # nothing was purged: it is what visitors get
    if finding.verdict is not Verdict.FRESH or look is None:
        return finding
    if purged.is_hard and look.cached is Cached.STALE:
        expired = f"an expired copy ({look.says or 'stale'})"
        why = f"{look.place} serves {expired} while it fetches, and it is what the origin serves"
        return replace(finding, verdict=Verdict.UNKNOWN, why=why, can_change=True)
    seems_older = purged.seems_older(look, page)
    if look.shows or not (seems_older or purged.may_be_older(look, page)):
        return finding
    if purged.left_alone:
        kept = "got it from a cache further in that kept a copy" if look.is_fetched else "kept its copy"
        why = f"{look.place} {kept}, which is what the origin serves: {not_asked(purged.left_alone)}"
        return replace(finding, verdict=Verdict.UNKNOWN, why=why, can_change=False)
    why = f"the copy at {look.place} {STILL_THERE}"
    if not seems_older:
        why = f"the copy at {look.place} is right, but may be from before the purge, so it proves nothing"
    elif look.is_fetched:
        why = f"{look.place} {FROM_FURTHER_IN}"
    elif page.was(look.place) and not any(compare(was, look).agrees for was in page.was(look.place)):
        why = f"the copy at {look.place} {_TOO_OLD}"
    return replace(finding, verdict=Verdict.UNKNOWN, why=why, can_change=True)


_TOO_OLD = (
    "is new and right, but says that it is older than the purge, so it proves nothing: either a cache further in, which"
    " is no layer of this site, adds to its Age, or another server gave it"
)


def not_asked(names: Sequence[str]) -> str:
    """Which caches of the chain a purge left out."""
    return f"{' and '.join(names)} {'was' if len(names) == 1 else 'were'} not asked"


def aged_here(look: Look, page: Page) -> Look:
    """`look` without the Age that the origin's own answers come with, where a cache stands before it: a copy of such an
    answer has had it from the start, and is never younger than it."""
    if look.age is None:
        return look
    of_origin = (origin.age or 0 for origin in page.now(ORIGIN) if not origin.problem)
    return replace(look, age=look.age - max((age for age in of_origin if age <= look.age + _ROUNDED), default=0))


def is_older(look: Look, purged_at: float | None) -> bool:
    """Whether a copy of this cache was there before the purge."""
    return look.is_copy and _is_from_before(look, purged_at)


def _is_from_before(look: Look, purged_at: float | None) -> bool:
    """By its Age, which is in whole seconds, cut off."""
    return purged_at is not None and look.age is not None and look.age > look.at - purged_at
