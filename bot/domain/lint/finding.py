"""What a rule finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad it is."""

    ERROR = "error"  # visitors will see something wrong, or somebody else's
    WARN = "warn"  # copies will be wrong, or purges will not do what they say, in some caches
    INFO = "info"  # wasteful, or without meaning

    @property
    def rank(self) -> int:
        """0 is the worst."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class Cure:
    """What the answer should say instead. `sets` are headers and their values, `drops` headers to leave out; `special`
    names a fix that is more than headers."""

    sets: tuple[tuple[str, str], ...] = ()
    drops: tuple[str, ...] = ()
    special: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What one condition saw: what that will cause, in whole sentences; the evidence, as in the headers; the cure.
    `in_front` says what the cure means for the cache in front, where it is the server that is mended."""

    causes: str
    seen: str
    cure: Cure
    severity: Severity | None = None  # another than the rule's
    in_front: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's finding at one URL, that answered with `status`, and `leads_to` what its Location says. `origin_says`
    are the origin's own headers where the edge says otherwise; `may_be_older` when the edge's may be those of a copy
    from before the origin said so. `is_for_edge_too` when the cure counts on how the cache in front is set."""

    rule: str  # "CC02"
    name: str  # "html-long"
    severity: Severity
    url: str
    place: str
    causes: str
    seen: str
    cure: Cure
    origin_says: str = ""
    is_origins: bool = False  # the origin was asked, and breaks it too
    may_be_older: bool = False
    status: int = 200
    leads_to: str = ""
    is_for_edge_too: bool = False

    @property
    def set_by_edge(self) -> bool:
        """Whether the cache in front says it and the server does not: the server cannot mend it."""
        return bool(self.origin_says)


@dataclass(frozen=True, slots=True)
class Note:
    """What else to know of how one URL was read: a sentence that goes on behind it, and the URL at its end, if any."""

    url: str
    what: str
    to: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """What HTTP itself has against an answer, beyond caching: one sentence."""

    url: str
    severity: Severity
    what: str
