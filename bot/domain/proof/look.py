"""One answer as it was seen, and what two answers say about each other."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.answers.excess import Excess
from bot.domain.answers.guards import CHALLENGES
from bot.domain.answers.locations import led, mark_of, spelled, unblanked
from bot.domain.durations import span
from bot.domain.masking import MASK, masked
from providers.contract import Cached

ORIGIN = "origin"  # the place of a look at the origin
GONE = (404, 410)
SENDS_ON = frozenset({301, 302, 303, 307, 308})  # with a Location: RFC 9110, 15.4
TRANSFORMED = 203  # the page, changed by a proxy on the way: RFC 9110, 15.3.4
AGES_APART = 2.0  # seconds between the moments that two whole Ages of one copy tell, at most
SHOWN_MAX = 40  # characters of a version or ETag

_BROWSER = re.compile(r"Mozilla/5\.0 \((\w+)[^)]*\).*")
_COMPRESSED = ("--gzip", "-gzip", ";gzip", "-br", ";br", "-zstd", ";zstd", "-df")  # what servers add to an ETag
_NO_BYTES = hashlib.sha256().hexdigest()


@dataclass(frozen=True, slots=True)
class Look:
    """One answer to one request, as seen at one place.

    `place` is the configured edge's name, "dns" for wherever DNS led, "origin", or where a probe stands. `at` is in
    seconds since the epoch, when all of it was there, and `took` the seconds since it was asked for. `digest` is the
    SHA-256 of the decoded body, empty if it was not read whole; `begins` the hashes of its beginnings, `opening` that
    of a short one, and `size` its bytes as far as read, also where it was not; 0 if that is not known. Where it was
    not, `length` is its bytes as Content-Length says; 0 where that does not, or counts packed ones. `packed` names
    codings that are not known here: then digest, beginnings and size are those of the body as sent. `age` is in
    seconds; None if the answer did not say. `problem` is set when there was no usable answer; `doubt` where there was
    one that tells nothing of what it holds. `md5` is the unpacked body's, known of the origin and of a provider's own
    places; there of a packed one with its coding before it, "gzip 9f86…".
    """

    place: str
    url: str
    at: float
    status: int = 0
    etag: str = ""
    last_modified: str = ""
    age: int | None = None
    digest: str = ""
    version: str = ""
    cached: Cached = Cached.UNKNOWN
    says: str = ""  # the cache's own word
    max_age: int | None = None  # what browsers may keep, seconds
    problem: str = ""
    tags: tuple[str, ...] = ()  # what the answer is labelled with, where the site says so
    variant: str = ""  # what was asked beyond a plain visitor's request: "CF-Device-Type: mobile"
    seen_at: str = ""  # the data centre that the answer names
    country: str = ""  # of the probe that looked (ISO 3166); "" where purgebot itself or a provider did
    varies: str = ""  # the answer's Vary, lower case
    shows: str = ""  # what a deploy said that the page must show, and it does: "x-build: 4.2.0"
    lacks: str = ""  # the same where it does not
    leads_to: str = ""  # where a redirect leads, as it says
    over: str = ""  # "http" where an https page was asked for without TLS, as the place's address says
    max_age_said: str = ""  # by which words, as they were sent: "max-age=600", "Expires"
    odd_age: str = ""  # what its max-age says where that is no number, so that browsers ask each time
    begins: tuple[str, ...] = ()
    size: int = 0
    broken: int = 0  # the status of an answer whose body is broken, which `problem` tells
    answers: int = 1  # given one after the other and alike, that it stands for
    length: int = 0
    packed: str = ""
    content_type: str = ""  # media type and charset, as `type_of` writes them
    also_at: tuple[str, ...] = ()  # further data centres that those answers name
    guard: str = ""  # the firewall that asks there for a proof of being no robot, in place of the page
    leads_mark: str = ""  # tells two `leads_to` apart of which a part is masked
    failures: tuple[str, ...] = ()  # what its place answered between them that was no page: "502", whose challenge
    through: tuple[str, ...] = ()  # the CDNs that left their marks on it, as `marks` names them
    cached_next: Cached = Cached.UNKNOWN  # what the cache said of the last of its `answers`
    given_up: Excess | None = None  # what there was too much of in an answer that came, which `problem` tells
    took: float = 0.0
    opening: str = ""
    md5: str = ""
    doubt: str = ""

    @property
    def redirects(self) -> bool:
        """Whether it sends its reader to another URL."""
        return 300 <= self.status < 400

    @property
    def keeps_told(self) -> str:
        """By which words browsers may keep it: "max-age=600"."""
        return self.max_age_said or f"max-age={self.max_age}"

    @property
    def is_given_up(self) -> bool:
        """Whether an answer came, and was not read to its end, since there was too much of it."""
        return self.given_up not in (None, Excess.TIME)

    @property
    def is_left_unread(self) -> bool:
        """Whether nothing is known of it, since this machine was busy with others."""
        return self.given_up is Excess.OTHERS

    @property
    def only_asks_for_tls(self) -> bool:
        """Whether an https page, asked for without TLS, was answered with the way to itself."""
        if not self.over or not self.redirects or not unblanked(self.leads_to).lower().startswith("https:"):
            return False
        return self.leads_to == masked(self.url) or self._leads_here

    @property
    def leads_back(self) -> bool:
        """Whether it sends its reader to the very URL that was asked for; not where that may be the way to https for
        who asked without TLS."""
        if not (self.redirects and self.leads_to) or self.over:
            return False
        return self._leads_here

    @property
    def _leads_here(self) -> bool:
        """Whether it leads to the URL that was asked for, however that is spelled."""
        here, there = led(self.url, self.url), led(self.url, self.leads_to)
        return self.leads_mark == mark_of(here) or _bare(spelled(there)) == _bare(spelled(here))

    @property
    def leads_nowhere(self) -> bool:
        """Whether it is a redirect by its status, and does not say where to."""
        return self.status in SENDS_ON and not self.leads_to

    @property
    def place_named(self) -> str:
        """Its place, and the data centre where that has another name: "fra at MAD"."""
        is_other = self.seen_at and self.seen_at.lower() != self.place.lower()
        return f"{self.place} at {self.seen_at}" if is_other else self.place

    @property
    def is_kept(self) -> bool:
        """Whether the cache says that it gave a copy of its own without asking further in."""
        return self.cached in (Cached.HIT, Cached.STALE)

    @property
    def is_copy(self) -> bool:
        """Whether it is one by the cache's own word, or by its Age where the cache says nothing."""
        return self.is_kept or (self.cached is Cached.UNKNOWN and bool(self.age))

    @property
    def is_fetched(self) -> bool:
        """Whether the cache says that it asked further in for this answer."""
        return self.cached in (Cached.MISS, Cached.EXPIRED, Cached.REVALIDATED)

    @property
    def was_kept_on_the_way(self) -> bool:
        """Whether it is a copy of this cache, or by its Age of one further in that this one fetched it from."""
        return self.is_copy or (self.is_fetched and bool(self.age))


class Likeness(StrEnum):
    """What two answers have in common."""

    SAME = "same"  # byte for byte; or by an ETag, where no body was read, or that and the length promise the rest
    SAME_VERSION = "same version"  # by name alone: the site's own marker says so, the bytes differ
    OTHER = "other"  # status, validator or marker differ
    OTHER_BYTES = "other bytes"  # only the bodies differ, as they also do where an edge rewrites pages
    TORN = "torn"  # one ETag over two bodies: one of them lies, or an edge rewrites pages
    BEGUN = "begun"  # the beginnings and the names agree, and nothing promises that what follows does
    UNREAD = "unread"  # a body is packed in a way that is not known here
    UNSAID = "unsaid"  # there is nothing to compare

    @property
    def is_same(self) -> bool:
        """Whether both are known to hold the same content."""
        return self in (Likeness.SAME, Likeness.SAME_VERSION)

    @property
    def is_other(self) -> bool:
        """Whether they hold another content, and not under one name."""
        return self in (Likeness.OTHER, Likeness.OTHER_BYTES)

    @property
    def agrees(self) -> bool:
        """Whether nothing speaks against their being the same: no difference, and no body that could not be read."""
        return self in (Likeness.SAME, Likeness.SAME_VERSION, Likeness.BEGUN, Likeness.UNSAID)


def compare(one: Look, other: Look) -> Likeness:
    """Whether two answers hold the same content. Another status is other content; of a page that is gone nothing else
    counts, nor of a redirect beside where it leads. Equal bodies decide; then whatever differs, as bodies that are not
    read whole do where their beginnings or lengths differ; then whatever agrees, of which an ETag counts for less than
    the bodies that it stands over."""
    if _status(one) != _status(other):
        return Likeness.OTHER  # also 404 and 410: search engines, and caches, treat them differently
    if one.status in GONE:
        return Likeness.SAME
    if (leads := _lead_alike(one, other)) is not None:
        return Likeness.SAME if leads else Likeness.OTHER
    bodies = _bodies(one, other)
    tags = _agree(bare_etag(one.etag), bare_etag(other.etag)) if one.packed == other.packed else None
    versions = _agree(one.version, other.version)
    match bodies, tags, versions:
        case True, _, _:
            return Likeness.SAME
        case None, False, None | True if is_begun(one, other) and _agree_on(_length(one), _length(other)):
            return Likeness.BEGUN  # several servers give one file ETags of their own
        case (_, False, _) | (_, _, False):
            return Likeness.OTHER
        case _, _, True if one.packed or other.packed:
            return Likeness.SAME_VERSION
        case _ if one.packed or other.packed:
            return Likeness.UNREAD
        case None, True, _ if not is_begun(one, other) or _is_promised(one, other):
            return Likeness.SAME
        case _, _, True:
            return Likeness.SAME_VERSION
        case None, True, _:
            return Likeness.BEGUN
        case False, True, _:
            return Likeness.TORN
        case False, _, _:
            return Likeness.OTHER_BYTES
        case _:
            return Likeness.UNSAID


def is_one_copy(one: Look, other: Look) -> bool:
    """Whether both answers are one and the same copy: kept, of one content, and made in one moment by their Age."""
    if not (one.is_kept and other.is_kept) or one.age is None or other.age is None:
        return False
    apart = abs((one.at - one.age) - (other.at - other.age))
    return apart <= AGES_APART and compare(one, other).is_same


def seems_same(one: Look, other: Look) -> bool:
    """Whether two bodies are the same as far as they were read, each whole or each in part."""
    if one.digest or other.digest:
        return one.digest == other.digest
    return bool(one.begins and other.begins) and _bodies(one, other) is not False


def is_begun(one: Look, other: Look) -> bool:
    """Whether two bodies were compared by their beginnings alone."""
    return bool(one.begins and other.begins) and not (one.digest and other.digest)


def hashed_alike(one: Look, other: Look) -> bool | None:
    """Whether two bodies are the same by their MD5; None where that is not known of both, or one may be that of a body
    as packed, and they differ; and of redirects, whose body is not what counts."""
    if not (one.md5 and other.md5) or one.redirects or other.redirects:
        return None
    (coding, mine), (other_coding, its) = (look.md5.rpartition(" ")[::2] for look in (one, other))
    return mine == its if coding == other_coding or mine == its else None


def _lead_alike(one: Look, other: Look) -> bool | None:
    """Whether two redirects lead to one URL; None of anything else, and where one does not say where, or hides it. Of
    what was asked for without TLS, http or https tells nothing."""
    leads = [spelled(led(look.url, look.leads_to)) for look in (one, other) if look.redirects and look.leads_to]
    if len(leads) < 2:
        return None
    if one.over or other.over:
        leads = [lead.partition("://")[2] or lead for lead in leads]
    if leads[0] != leads[1] or MASK not in one.leads_to:
        return leads[0] == leads[1]
    marks = (one.leads_mark, other.leads_mark)
    return marks[0] == marks[1] if all(marks) else None


def _bare(url: str) -> str:
    """`url` without its fragment, which nobody sends."""
    return url.partition("#")[0]


def _status(look: Look) -> int:
    return 200 if look.status == TRANSFORMED else look.status


def _bodies(one: Look, other: Look) -> bool | None:
    """Whether two bodies are the same; None where they were not both read whole, and no difference was met, or are
    packed in two ways of which one is not known."""
    if one.packed != other.packed:
        return None
    if one.digest and other.digest:
        return one.digest == other.digest
    if (alike := hashed_alike(one, other)) is not None:
        return alike
    if any(mine != its for mine, its in zip(one.begins, other.begins, strict=False)):
        return False
    if one.opening and other.opening and one.opening != other.opening:
        return False
    mine, its = _length(one), _length(other)
    is_short = (one.digest and mine is not None and mine < other.size) or (
        other.digest and its is not None and its < one.size
    )
    return False if is_short or _agree_on(mine, its) is False else None


def _length(look: Look) -> int | None:
    """The bytes of a whole body, read or not; None if that is not known."""
    if look.digest:
        return look.size if look.size or look.digest == _NO_BYTES else None
    return look.length or None


def _is_promised(one: Look, other: Look) -> bool:
    """Whether a strong ETag, which is one only for the same bytes (RFC 9110, 8.8.1), and the length promise the rest of
    two bodies with one beginning. A weak one allows others."""
    is_strong = not any(look.etag.strip().startswith("W/") for look in (one, other))
    return is_strong and _agree_on(_length(one), _length(other)) is True


def _agree_on(one: int | None, other: int | None) -> bool | None:
    return None if one is None or other is None else one == other


def _agree(one: str, other: str) -> bool | None:
    return one == other if one and other else None


def kept_longest(looks: Iterable[Look]) -> Look | None:
    """The one that browsers may keep longest; None where none says."""
    said = (look for look in looks if look.max_age is not None)
    return max(said, key=lambda look: look.max_age or 0, default=None)


def bare_etag(etag: str) -> str:
    """An ETag without its quotes, its weak mark and the suffix that compressing servers add."""
    bare = etag.strip().removeprefix("W/").strip('"')
    for suffix in _COMPRESSED:
        if bare.endswith(suffix):
            return bare.removesuffix(suffix)
    return bare


def in_short(variant: str) -> str:
    """A variant's name for where there is little room: of a browser's User-Agent the device."""
    return _BROWSER.sub(r"\1", variant)


def describe(look: Look, now: float) -> str:
    """One look in a few words, "HIT, 5 h old, version "a1"", with the copy as old as it is at `now` (seconds since the
    epoch; `look.at` for how old it was when seen)."""
    asked = f"asked with {in_short(look.variant)}" if look.variant else ""
    if look.problem:
        return f"{look.problem}, {asked}" if asked else look.problem
    words = [look.says or ("" if look.cached is Cached.UNKNOWN else look.cached.upper())]
    if look.status != 200:
        words.append(f"{look.status} to itself" if look.leads_back else str(look.status))
    if look.guard:
        words.append(f"{look.guard} {CHALLENGES}")
    if look.age is not None and (look.age or look.is_kept):
        words.append(f"{span(look.age + max(0.0, now - look.at))} old")
    if look.version:
        words.append(f'version "{look.version[:SHOWN_MAX]}"')
    elif bare := bare_etag(look.etag):
        words.append(f'ETag "{bare[:SHOWN_MAX]}"')
    if look.lacks:
        words.append(f"without {look.lacks}")
    told = ", ".join(word for word in words if word) or "answered"
    return f"{told}, {asked}" if asked else told
