"""One answer as it was seen, and what two answers say about each other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.masking import masked
from providers.contract import Cached

ORIGIN = "origin"  # the place of a look at the origin
GONE = (404, 410)
SHOWN_MAX = 40  # characters of a version or ETag

_BROWSER = re.compile(r"Mozilla/5\.0 \((\w+)[^)]*\).*")
_COMPRESSED = ("--gzip", "-gzip", ";gzip", "-br", ";br", "-zstd", ";zstd", "-df")  # what servers add to an ETag
_UNITS = ((172_800, 86_400, "d"), (7_200, 3_600, "h"), (120, 60, "min"), (0, 1, "s"))  # from, size, name; in seconds


@dataclass(frozen=True, slots=True)
class Look:
    """One answer to one request, as seen at one place.

    `place` is the configured edge's name, "dns" for wherever DNS led, "origin", or where a probe stands. `at` is in
    seconds since the epoch. `digest` is the SHA-256 of the decoded body, empty if it was not read whole; `begins` the
    hashes of its beginnings and `size` its bytes as far as read, also where it was not; 0 if that is not known. `age`
    is in seconds; None if the answer did not say. `problem` is set when there was no usable answer.
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
    odd_age: str = ""  # what its max-age says where that is no number, so that browsers ask each time
    begins: tuple[str, ...] = ()
    size: int = 0
    broken: int = 0  # the status of an answer whose body is broken, which `problem` tells
    answers: int = 1  # given one after the other and alike, that it stands for

    @property
    def redirects(self) -> bool:
        """Whether it sends its reader to another URL."""
        return 300 <= self.status < 400

    @property
    def only_asks_for_tls(self) -> bool:
        """Whether an https page, asked for without TLS, was answered with the way to itself."""
        return bool(self.over) and self.redirects and self.leads_to == masked(self.url)

    @property
    def is_kept(self) -> bool:
        """Whether the cache says that it gave a copy of its own without asking further in."""
        return self.cached in (Cached.HIT, Cached.STALE)


class Likeness(StrEnum):
    """What two answers have in common."""

    SAME = "same"  # byte for byte, or by an ETag where a body was not read whole
    SAME_VERSION = "same version"  # by name alone: the site's own marker says so, the bytes differ
    OTHER = "other"  # status, validator or marker differ
    OTHER_BYTES = "other bytes"  # only the bodies differ, as they also do where an edge rewrites pages
    TORN = "torn"  # one ETag over two bodies: one of them lies, or an edge rewrites pages
    UNSAID = "unsaid"  # there is nothing to compare


def compare(one: Look, other: Look) -> Likeness:
    """Whether two answers hold the same content. Another status is other content, and of a page that is gone nothing
    else counts. Equal bodies decide; then whatever differs, as bodies that are not read whole do where their
    beginnings differ; then whatever agrees, of which an ETag counts for less than the bodies that it stands over."""
    if one.status != other.status:
        return Likeness.OTHER  # also 404 and 410: search engines, and caches, treat them differently
    if one.status in GONE:
        return Likeness.SAME
    bodies = _bodies(one, other)
    tags = _agree(bare_etag(one.etag), bare_etag(other.etag))
    versions = _agree(one.version, other.version)
    match bodies, tags, versions:
        case True, _, _:
            return Likeness.SAME
        case (_, False, _) | (_, _, False):
            return Likeness.OTHER
        case None, True, _:
            return Likeness.SAME
        case _, _, True:
            return Likeness.SAME_VERSION
        case False, True, _:
            return Likeness.TORN
        case False, _, _:
            return Likeness.OTHER_BYTES
        case _:
            return Likeness.UNSAID


def seems_same(one: Look, other: Look) -> bool:
    """Whether two bodies are the same as far as they were read, each whole or each in part."""
    if one.digest or other.digest:
        return one.digest == other.digest
    return bool(one.begins and other.begins) and _bodies(one, other) is not False


def _bodies(one: Look, other: Look) -> bool | None:
    """Whether two bodies are the same; None where they were not both read whole, and no difference was met."""
    if one.digest and other.digest:
        return one.digest == other.digest
    if any(mine != its for mine, its in zip(one.begins, other.begins, strict=False)):
        return False
    ends_early = (one.digest and 0 < one.size < other.size) or (other.digest and 0 < other.size < one.size)
    return False if ends_early else None


def _agree(one: str, other: str) -> bool | None:
    return one == other if one and other else None


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
        words.append(str(look.status))
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


def span(seconds: float) -> str:
    """A length of time in one unit, never longer than it is: 79 s, 5 min, 5 h, 3 d."""
    size, name = next((size, name) for least, size, name in _UNITS if seconds >= least or not least)
    return f"{int(seconds // size)} {name}"
