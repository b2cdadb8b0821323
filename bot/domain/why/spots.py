"""The places of the chain, what each answered, and how that is told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from bot.domain.answers.answer import Answer
from bot.domain.durations import span
from bot.domain.masking import masked
from bot.domain.proof.finding import REFUSING
from bot.domain.proof.look import SHOWN_MAX, Look, bare_etag, compare
from bot.domain.proof.variants import ENCODING
from providers.contract import Cached

NEAR = 10  # seconds
NEAR_ENOUGH = 2  # seconds that a copy may be older than the answer before it, since an Age is whole
_SECONDS = re.compile(r"\b(\d+)(?= s old)")
SENDS_MAX = 48  # characters of a variant that a sentence shows
DIGEST_MAX, LOCATION_MAX = 12, 120  # characters shown
WHOLE_MAX, BEGIN_SHOWN, END_SHOWN = 80, 48, 28  # characters of a URL in a sentence


class Tier(StrEnum):
    """How far in something answers."""

    EDGE = "edge"
    INNER = "inner"  # a cache between edge and origin, asked by its own address
    ORIGIN = "origin"


@dataclass(frozen=True, slots=True)
class Glance:
    """One answer, and what it says as a look."""

    answer: Answer
    look: Look

    @property
    def is_usable(self) -> bool:
        """Whether there was an answer."""
        return not self.look.problem

    @property
    def is_about_the_page(self) -> bool:
        """Whether it tells something of the page: an answer, and no fault, refusal or challenge of the moment."""
        return self.is_usable and not self.look.guard and (self.look.status not in REFUSING or self.look.is_kept)

    @property
    def location(self) -> str:
        """Where a redirect leads, as it says; "" of anything else."""
        return self.answer.location if 300 <= self.look.status < 400 else ""

    @property
    def content(self) -> str:
        """What tells its content from another: where it leads, the version, the ETag, else its bytes; "" where nothing
        does."""
        look = self.look
        if self.location:
            return f"to {leading(self.location)}"
        if look.version:
            return f'version "{look.version[:SHOWN_MAX]}"'
        if bare := bare_etag(look.etag):
            return f'ETag "{bare[:SHOWN_MAX]}"'
        return f"SHA-256 {look.digest[:DIGEST_MAX]}…" if look.digest and look.status < 400 else ""

    @property
    def told(self) -> str:
        """The answer in a few words: "200 HIT, 5 h old, version "b7""."""
        look = self.look
        says = look.says or ("" if look.cached is Cached.UNKNOWN else look.cached.value)
        age = f", {span(look.age)} old" if look.age is not None else ""
        content = f", {self.content}" if self.content else ""
        if look.broken:
            return f"{look.broken}, and {look.problem}"
        return look.problem or f"{look.status} {says}".rstrip() + age + content


@dataclass(frozen=True, slots=True)
class Hop:
    """A URL of the site that a redirect leads to, and what an edge answers a visitor who follows."""

    url: str
    glance: Glance


@dataclass(frozen=True, slots=True)
class Spot:
    """One place of the chain: what it answered to a plain visitor, in the order asked (at least once), and to other
    requests for the same URL (another encoding, a configured variant)."""

    name: str
    tier: Tier
    plain: tuple[Glance, ...]
    varied: tuple[Glance, ...] = ()

    @property
    def last(self) -> Glance:
        """The last plain answer that tells of the page; else the last one that can be used; else the last one that at
        least began; else the last one."""
        about = [glance for glance in self.plain if glance.is_about_the_page]
        usable = [glance for glance in self.plain if glance.is_usable]
        begun = [glance for glance in self.plain if glance.answer.late]
        return (about or usable or begun or self.plain)[-1]

    @property
    def look(self) -> Look:
        """What `last` says."""
        return self.last.look

    @property
    def told(self) -> str:
        """`last` in a few words."""
        return self.last.told


@dataclass(frozen=True, slots=True)
class Course:
    """What a place gave to one and the same request, in the order asked, as far as it is known to be old or new."""

    glances: tuple[Glance, ...]
    were_old: tuple[bool, ...]

    @property
    def is_mixed(self) -> bool:
        """Whether it gave both."""
        return len(set(self.were_old)) > 1

    @property
    def has_turned(self) -> bool:
        """Whether it gave the old one first, and the new one ever since."""
        return self.is_mixed and not any(old and not before for before, old in pairwise(self.were_old))

    @property
    def turned(self) -> tuple[Glance, Glance]:
        """Of one that has turned: the last old answer and the first new one."""
        first_new = self.were_old.index(False)
        return self.glances[first_new - 1], self.glances[first_new]

    @property
    def says_how(self) -> bool:
        """Whether a cache's own word tells why it turned: its copy was past its time, or it fetched anew; and not from
        a cache further in that had the new one before."""
        if not self.has_turned:
            return False
        old, new = self.turned
        since = new.look.at - old.look.at + NEAR_ENOUGH
        return old.look.cached is Cached.STALE or (new.look.is_fetched and (new.look.age or 0) <= since)


def leading(location: str) -> str:
    """Where a redirect leads, as it may be shown."""
    shown = masked(location)
    return shown if len(shown) <= LOCATION_MAX else f"{shown[: LOCATION_MAX - 1]}…"


def in_the_middle(url: str) -> str:
    """A long URL without its middle, since two of them mostly differ at their ends."""
    return url if len(url) <= WHOLE_MAX else f"{url[:BEGIN_SHOWN]}…{url[-END_SHOWN:]}"


def in_encodings(spot: Spot) -> tuple[Glance, ...]:
    """Its answers to requests that differ from a plain visitor's in their encoding alone."""
    return tuple(one for one in spot.varied if one.answer.asked and one.answer.asked[0][0] == ENCODING)


def without_what_others_send(courses: Sequence[Course]) -> list[Course]:
    """The courses of which no other sends a part alone: what an encoding gets is not put down to the phone that asks in
    that encoding too."""
    sends = [{*course.glances[0].answer.asked} for course in courses]
    return [course for course, sent in zip(courses, sends, strict=True) if not any(one < sent for one in sends)]


def with_bytes(spot: Spot) -> str:
    """What it answered, and which bytes, or how many, where the words do not say."""
    if spot.look.length and not spot.look.digest:
        return f"{spot.told}, {spot.look.length:,} bytes"
    digest = f"SHA-256 {spot.look.digest[:DIGEST_MAX]}…"
    return spot.told if digest in spot.told or not spot.look.digest else f"{spot.told}, {digest}"


def same(one: Glance, other: Glance) -> bool:
    """Whether two answers hold the same content."""
    return compare(one.look, other.look).is_same


def do(spots: Sequence[Spot], one: str, several: str) -> str:
    """The verb that goes with so many places."""
    return one if len(spots) == 1 else several


def each(spots: Iterable[Spot], told: Callable[[Spot], str] = lambda spot: spot.told) -> tuple[str, ...]:
    """A line for each place, those that are alike in one."""
    return tuple(f"{names_of(alike)}: {line}" for alike, line in alike_told((spot, told(spot)) for spot in spots))


def alike_told(lines: Iterable[tuple[Spot, str]]) -> list[tuple[list[Spot], str]]:
    """Places with one line for those that are told alike. Ages that are NEAR seconds apart are alike, since no two
    places are asked at once: the least of them is told."""
    found: list[tuple[list[Spot], str]] = []
    for spot, line in lines:
        for n, (alike, other) in enumerate(found):
            if _is_near(line, other):
                found[n] = ([*alike, spot], min(line, other, key=_seconds))
                break
        else:
            found.append(([spot], line))
    return found


def _is_near(one: str, other: str) -> bool:
    if _SECONDS.sub("", one) != _SECONDS.sub("", other):
        return False
    return all(abs(a - b) <= NEAR for a, b in zip(_seconds(one), _seconds(other), strict=True))


def _seconds(line: str) -> list[int]:
    return [int(found) for found in _SECONDS.findall(line)]


def names_of(spots: Sequence[Spot]) -> str:
    """Places in a sentence."""
    return in_words([spot.name for spot in spots])


def in_words(names: Sequence[str]) -> str:
    """The names of places in a sentence."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else "nowhere"
