"""What one place serves of one URL, judged against the origin by content.

What a cache says of itself (HIT, MISS, Age) explains a finding, and never makes one fresh:

    no answer, refused, origin silent or unsteady    unknown, and why
    the origin's content, cached here                fresh
    the origin's content, never cached here          unknown: a purge changes nothing here
    other content by status, validator or version    stale
    a part of the page, and nobody asked for one     unknown: somebody on the way is at fault
    packed in a way that is not known                unknown, but for the origin's bytes packed the same way
    other bytes and an older Last-Modified           stale
    other bytes and the same Last-Modified           unknown: an edge that rewrites pages leaves such
    other bytes through a firewall                   unknown: it may have answered in the page's place
    other content and a newer Last-Modified          unknown: the origin may have gone back, or be behind
    another ETag and the same Last-Modified          stale if kept, or if it was there before; else unknown
    other bytes, and nothing else to go by           stale if kept, or if they are those of before; else unknown
    what the origin gives to another request         unknown, though otherwise stale: the other page, and not old

Where a deploy said what the page must show, that comes first: a page without it is stale, whatever the origin serves,
and one with it is fresh where nothing else could be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.domain.answers.guards import FRONTS, UNREACHED, firewall_of
from bot.domain.answers.marks import FIREWALLS, TITLES
from bot.domain.proof.circles import looped, origin_looped
from bot.domain.proof.look import ORIGIN, Likeness, Look, bare_etag, compare, seems_same
from bot.domain.proof.modified import beside, is_newer, is_older, told_at_once
from bot.domain.proof.other_pages import in_place
from bot.domain.proof.unreadable import gave_no_page, silence, unread, unread_of
from providers.contract import Cached

REFUSING = frozenset({401, 403, 407, 429, *range(500, 600)})  # about the asker or a fault, not about the page
PART = 206
AHEAD = "changed after the origin's"
REWRITTEN = "changed when the origin's was"
OTHER_BYTES = "other bytes than the origin"
NEITHER_OLDER = "nothing shows which is older"
UNCOMPARED = "and whether to the same place cannot be told"
UNSTEADY = "the origin answers differently each time"
_STEADY = frozenset({Likeness.SAME, Likeness.BEGUN, Likeness.UNREAD, Likeness.UNSAID})
_UNNAMED = (None, Likeness.OTHER_BYTES, Likeness.BEGUN, Likeness.UNREAD, Likeness.UNSAID)
_BEFORE_ORIGINS = frozenset({*FIREWALLS, *FRONTS})
_MIB = 1024 * 1024


class Verdict(StrEnum):
    """What the edge serves now, as far as anybody could see."""

    FRESH = "fresh"  # every place looked at serves what the origin serves
    STALE = "stale"  # some place still serves the old content
    UNKNOWN = "unknown"  # it cannot be proven from here, and `why` says why
    UNCHECKED = "unchecked"  # nobody looked


@dataclass(frozen=True, slots=True)
class Finding:
    """What one place serves of one URL. A stale finding is explained by its look, an unknown one by `why`."""

    place: str
    url: str
    verdict: Verdict
    why: str = ""
    look: Look | None = None
    can_change: bool = True  # another look may see something else
    uncached: bool = False  # the origin's content, and never cached here
    aside: bool = False  # a redirect as it was and is at the origin: it says nothing where another page does
    by_bytes: bool = False  # stale by its bytes alone
    variant: str = ""  # what was asked beyond a plain visitor's request


@dataclass(frozen=True, slots=True)
class Page:
    """The looks at one URL by one variant of a request, which are compared with each other only. `has_origin`: there
    is an origin to compare with."""

    url: str
    before: tuple[Look, ...]
    after: tuple[Look, ...]
    has_origin: bool
    variant: str = ""
    unasked: frozenset[str] = frozenset()  # probes around the world that look at other pages
    others: tuple[Look, ...] = ()  # what the origin answers to other requests for the URL

    def was(self, place: str) -> tuple[Look, ...]:
        """The answers of `place` before the purge."""
        return tuple(look for look in self.before if look.place == place and not look.problem)

    def now(self, place: str) -> tuple[Look, ...]:
        """The looks at `place` after the purge."""
        return tuple(look for look in self.after if look.place == place)

    def was_asked(self, place: str) -> bool:
        """Whether a look at `place` was to be made: a variant is not asked everywhere, nor each page by each probe."""
        return place not in self.unasked and (not self.variant or bool(self.now(place)))

    def was_same(self, place: str) -> bool:
        """Whether `place` served the origin's content before the purge, and had not fetched it for that look."""
        was, origin = self.was(place), self.was(ORIGIN)
        if not was or not origin or self.was_missing(place):
            return False
        return all(compare(one, other) is Likeness.SAME for one in was for other in origin)

    def was_missing(self, place: str) -> bool:
        """Whether `place` held no copy before the purge and fetched one for the look."""
        was = self.was(place)
        return bool(was) and all(look.cached is Cached.MISS for look in was)

    def has_changed(self, look: Look) -> bool:
        """Whether `look` shows other content than its place served before the purge."""
        return not all(compare(was, look).agrees for was in self.was(look.place))

    def stays(self, look: Look) -> bool:
        """Whether `look` shows the very bytes that its place served before the purge, as far as they were read."""
        return any(was.status == look.status and seems_same(was, look) for was in self.was(look.place))


def find(page: Page, place: str) -> list[Finding]:
    """A finding for each look at `page` after the purge at `place`, and one if there was none."""
    late = Finding(place, page.url, Verdict.UNKNOWN, f"{place} did not answer in time")
    found = [_find(page, look) for look in page.now(place)] or [late]
    return [replace(finding, variant=page.variant) for finding in found]


def is_failure(look: Look) -> bool:
    """Whether it tells nothing of the page: no answer, a firewall's challenge, or a fault or refusal of the moment,
    which no cache keeps."""
    return bool(look.problem or look.guard) or (look.status in REFUSING and not look.is_kept)


def _find(page: Page, look: Look) -> Finding:
    if look.problem:
        return _unknown(look, f"{look.place} {silence(look)}")
    if look.guard:
        return _unknown(look, f"{look.place} {gave_no_page(look)}")
    if is_failure(look):
        return _unknown(look, f"{look.place} answered {look.status}")
    if _is_part(look):
        return _unknown(look, f"{look.place} answered {_A_PART}")
    if look.doubt:
        return _unknown(look, f"{look.place} {look.doubt}")
    if look.lacks:
        return Finding(look.place, look.url, Verdict.STALE, look=look)
    if look.shows and not page.has_origin:
        return Finding(look.place, look.url, Verdict.FRESH, look=look)
    origins = [origin for origin in page.now(ORIGIN) if not origin.problem]
    if trouble := looped(look, next(iter(origins), None)):
        return _unknown(look, trouble, can_change=False)
    if trouble := origin_looped(look, origins[0] if origins else None):
        return _unknown(look, trouble, can_change=False)
    if trouble := _trouble_of_origin(page, origins):
        return _unknown(look, trouble, can_change=page.has_origin)
    if trouble := _without_tls(look, origins[0]):
        return _unknown(look, trouble, can_change=False)
    if look.redirects and not origins[0].redirects and not look.is_kept:
        return _unknown(look, f"{look.place} redirects ({look.status}), the origin does not")
    likeness = _likeness(look, origins)
    if look.cached is Cached.UNCACHED and not (likeness and likeness.is_other):
        return _uncached(look, likeness)
    was_read = bool(look.digest or look.begins)
    found = _compared(page, look, origins, likeness, was_read and not any(seems_same(look, one) for one in origins))
    other = in_place(look, page.others) if found.verdict is Verdict.STALE else None
    if other is None:
        return found
    if other.is_new:
        return Finding(look.place, look.url, Verdict.FRESH, look=look)
    return _unknown(look, other.why, can_change=not look.variant)


_A_PART = f"with a part of the page ({PART}), though all of it was asked for"


def _is_part(look: Look) -> bool:
    """Whether it holds a part of the page for whoever asked for all of it: a fault of somebody on the way."""
    return look.status == PART and not look.variant.lower().startswith("range:")


def _unknown(look: Look, why: str, can_change: bool = True) -> Finding:
    return Finding(look.place, look.url, Verdict.UNKNOWN, why, look, can_change)


def _trouble_of_origin(page: Page, origins: Sequence[Look]) -> str:
    if not page.has_origin:
        return "no origin is configured to compare with"
    if not origins:
        silent = next(iter(page.now(ORIGIN)), None)
        return f"the origin {silence(silent)}" if silent else "the origin did not answer in time"
    if guarded := next((origin for origin in origins if origin.guard), None):
        return f"the origin {gave_no_page(guarded)}"
    refusing = next((origin.status for origin in origins if origin.status in REFUSING), 0)
    if not refusing and any(_is_part(origin) for origin in origins):
        return f"the origin answered {_A_PART}"
    return f"the origin answered {refusing}{_through_a_firewall(origins)}" if refusing else ""


def _through_a_firewall(origins: Sequence[Look]) -> str:
    """Whose answer that may be, by the mark of a firewall which marks all its answers."""
    refused = [origin for origin in origins if origin.status in REFUSING and origin.status not in UNREACHED]
    names = [name for origin in refused for name in origin.through if name in _BEFORE_ORIGINS]
    title = TITLES[names[0]] if names else ""
    return f", and {firewall_of(title)} may have done so in its place" if title else ""


def _without_tls(look: Look, origin: Look) -> str:
    """Why nothing is known where a place that is asked without TLS answers with the way to https alone."""
    told = "is asked over http, as its address in the configuration says, and only answers with a redirect to https"
    if origin.only_asks_for_tls and not look.only_asks_for_tls:
        return f"the origin {told}"
    return f"{look.place} {told}" if look.only_asks_for_tls else ""


def _likeness(look: Look, origins: Sequence[Look]) -> Likeness | None:
    """How `look` compares with an origin that was asked twice; None if that answers differently each time. Where the
    origin's bytes do not hold still, the name that it gives them counts."""
    first, *others = origins
    if all(compare(first, other) in _STEADY for other in others):
        return compare(look, unread_of(origins) or first)
    named = {(origin.status, _name(origin, first)) for origin in origins}
    name = _name(look, first)
    if len(named) > 1 or not name or not _name(first, first):
        return None
    return Likeness.SAME_VERSION if (look.status, name) in named else Likeness.OTHER


def _name(look: Look, like: Look) -> str:
    """What an answer calls its content, in the way `like` does: by the site's marker, else by a weak ETag. A strong one
    promises the same bytes, and is not to be believed over others."""
    if like.version:
        return look.version
    return bare_etag(look.etag) if like.etag.startswith("W/") else ""


def _uncached(look: Look, likeness: Likeness | None) -> Finding:
    why = f"the page is never cached ({look.says})" if look.says else "the page is never cached"
    same = likeness is not None and likeness.is_same
    return Finding(look.place, look.url, Verdict.UNKNOWN, why, look, can_change=False, uncached=same)


def _compared(
    page: Page, look: Look, origins: Sequence[Look], likeness: Likeness | None, not_origins_bytes: bool
) -> Finding:
    place, url = look.place, look.url
    survived = page.stays(look) and not_origins_bytes
    if look.shows and not survived and likeness in _UNNAMED:
        return Finding(place, url, Verdict.FRESH, look=look)
    match likeness:
        case Likeness.OTHER if _is_ahead(look, origins):
            return _unknown(look, f"{place} serves other content than the origin, {AHEAD} ({beside(look, origins[0])})")
        case Likeness.OTHER if not (survived or look.is_copy) and (told := _at_once_by_tag(look, origins)):
            return _unknown(look, f"{place} serves other content than the origin, under another ETag and {told}")
        case Likeness.OTHER:
            return Finding(place, url, Verdict.STALE, look=look)
        case Likeness.OTHER_BYTES if is_newer(look, origins):
            return _unknown(look, f"{place} serves {OTHER_BYTES}, {AHEAD} ({beside(look, origins[0])})")
        case Likeness.OTHER_BYTES if told := told_at_once(look, origins):
            why = f"{place} serves {OTHER_BYTES}, {REWRITTEN} ({told}), as an edge does that rewrites pages"
            return _unknown(look, f"{why}: only a `marker` could tell")
        case Likeness.OTHER_BYTES if is_older(look, origins):
            return Finding(place, url, Verdict.STALE, look=look)
        case Likeness.OTHER_BYTES if told := _firewall(origins[0]):
            why = f"{place} serves {OTHER_BYTES}, whose answer came through {told}: only a `marker` could tell"
            return _unknown(look, why)
        case Likeness.OTHER_BYTES if told := _firewall(look):
            return _unknown(look, f"{place} serves {OTHER_BYTES}, through {told}: only a `marker` could tell")
        case Likeness.OTHER_BYTES if survived or (look.is_kept and not page.was(place)):
            return Finding(place, url, Verdict.STALE, look=look, by_bytes=True)
        case None if survived and look.is_kept and not _firewall(look):
            return Finding(place, url, Verdict.STALE, look=look, by_bytes=True)
        case Likeness.SAME_VERSION if survived:
            return _unknown(look, f"{place} serves the bytes of before the purge under the origin's version")
        case Likeness.SAME | Likeness.SAME_VERSION:
            return Finding(place, url, Verdict.FRESH, look=look)
        case Likeness.OTHER_BYTES if look.redirects:
            return _unknown(look, f"{place} redirects ({look.status}) as the origin does, {UNCOMPARED}")
        case Likeness.OTHER_BYTES:
            return _unknown(look, f"{place} serves {OTHER_BYTES}, and only a `marker` could tell why")
        case Likeness.TORN:
            return _unknown(look, f"{place} serves {OTHER_BYTES} under the same ETag")
        case Likeness.UNREAD:
            return _unknown(look, unread(look, unread_of(origins) or origins[0]))
        case Likeness.BEGUN if bare_etag(look.etag) != bare_etag(origins[0].etag):
            first = f"the first {min(look.size, origins[0].size) // _MIB} MiB"
            return _unknown(look, f"{place} begins as the origin does ({first}), as long and under another ETag")
        case Likeness.BEGUN:
            first = f"the first {min(look.size, origins[0].size) // _MIB} MiB"
            why = f"{place} begins as the origin does ({first}), and no length with a strong ETag speaks for the rest"
            return _unknown(look, why)
        case Likeness.UNSAID:
            return _unknown(look, "the answers hold nothing to compare: no ETag, no version, no whole body")
        case None:
            return _unknown(look, UNSTEADY, can_change=False)


def _firewall(look: Look) -> str:
    """Whose mark an answer bears that may be a page of that firewall's own; it stands on every answer of those."""
    title = next((TITLES[name] for name in look.through if name in FIREWALLS), "")
    return f"{title}, which may have sent a page of its own" if title else ""


def _at_once_by_tag(look: Look, origins: Sequence[Look]) -> str:
    """Why nothing shows which of two is older that differ in their ETags alone, the stronger validator, and were
    changed within one second (RFC 9110, 8.8.2); "" where something may."""
    told = told_at_once(look, origins)
    return f"{REWRITTEN} ({told}): {NEITHER_OLDER}" if told and _is_by_tag(look, origins[0]) else ""


def _is_by_tag(look: Look, one: Look) -> bool:
    """Whether it is another page by its ETag alone."""
    is_by_tag = (look.status, look.version) == (one.status, one.version) and not look.redirects
    return is_by_tag and bare_etag(look.etag) != bare_etag(one.etag)


def _is_ahead(look: Look, origins: Sequence[Look]) -> bool:
    """Whether it is another page by its ETag alone, and a newer one by its date."""
    return _is_by_tag(look, origins[0]) and is_newer(look, origins)
