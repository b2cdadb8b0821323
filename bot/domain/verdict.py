"""From looks at edge and origin to a verdict that never claims more than was seen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from providers.contract import Cached


class Verdict(StrEnum):
    """What the edge serves now, as far as anybody could see."""

    FRESH = "fresh"  # every place looked at serves what the origin serves
    STALE = "stale"  # some place still serves the old content
    UNKNOWN = "unknown"  # it cannot be proven from here, and `why` says why
    UNCHECKED = "unchecked"  # nobody looked


@dataclass(frozen=True, slots=True)
class Look:
    """One answer to one request, as seen at one place.

    `place` is the configured edge's name, "dns" for wherever DNS led, or "origin". `at` is in seconds since the
    epoch. `digest` is the SHA-256 of the decoded body. `age` is in seconds; None if the answer did not say.
    `problem` is set when there was no usable answer.
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
