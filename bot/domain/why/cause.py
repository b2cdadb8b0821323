"""What a diagnosis says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.grammar.speech import VERB_OF, Verb


class Name(StrEnum):
    """Every cause that can be found."""

    QUEUED = "still waiting here"
    UNFINISHED = "accepted, not finished"
    ORIGIN_FAILING = "the origin is failing"
    OTHER_CDN = "another CDN in front"
    OLD_ENDPOINT = "DNS leads elsewhere"
    BROKEN = "a broken copy"
    CACHED_ERROR = "a cached error or redirect"
    SOFT = "soft purge, as designed"
    VARIANT = "a variant was not covered"
    MIXED_UP = "visitors are mixed up"
    REFILLED = "refilled from an older layer"
    UNTAGGED = "the tag is not on the page"
    OTHER_PATHS = "the purge covered other paths"
    OTHER_URL = "another URL was purged"
    REDIRECTED = "it only redirects"
    QUERY = "the query string"
    OVERWRITTEN = "overwritten in place"
    OVERRIDDEN = "a layer overrides the lifetime"
    DISAGREE = "edges disagree"
    NOT_REACHED = "the purge did not reach the copy"
    NOT_PURGED = "no purge here"
    UNCACHED = "never cached"
    UNSTEADY = "the origin answers differently each time"
    ORIGIN_OLD = "the origin itself is old"
    BROWSERS = "only browsers hold it"
    NOTHING_OLD = "nothing old was found"
    NO_ANSWER = "no answer"
    UNKNOWN = "it cannot be told"


class Certainty(StrEnum):
    """How sure a cause is."""

    SEEN = "seen"
    LIKELY = "likely"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class Cure:
    """What to do now: a line of the grammar, without the command, and what the button says; or only words. `step` is
    the next step in a sentence, where the label alone does not say it."""

    label: str
    line: str = ""
    step: str = ""

    @property
    def typed(self) -> str:
        """The line with its verb, as a terminal and the API take it: `purge` where the grammar takes things alone."""
        has_verb = not self.line or self.line.split()[0] in VERB_OF
        return self.line if has_verb else f"{Verb.PURGE.value} {self.line}"

    @property
    def is_purge(self) -> bool:
        """Whether its line purges something."""
        return self.typed.startswith(f"{Verb.PURGE.value} ")

    @property
    def looks_again(self) -> bool:
        """Whether there is nothing to do but to look once more."""
        return not self.line or self.line.split()[0] in (Verb.CHECK.value, Verb.WHY.value)

    @property
    def says(self) -> str:
        """The next step, as a sentence."""
        return self.step or f"{self.label}."


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause. `what` is a sentence; `evidence` are lines that anyone can check again; `prevent` is one sentence;
    `asked_by` is who asked for the job that it is about, and nothing that was read elsewhere; `ended` is the purge that
    somebody ended before it was carried out, and who did; `at` are the places that belong to the name; `card` is
    where the card of the job stands that the next step shows; `repeat` is a
    shell line that shows the evidence again; `pageless` are the places that give no page, where it tells of
    that."""

    name: Name
    certainty: Certainty
    what: str
    evidence: tuple[str, ...] = ()
    cure: Cure | None = None
    prevent: str = ""
    asked_by: str = ""
    ended: tuple[str, str] = ("", "")  # "P-2 was denied", "U_SAM"
    card: str = ""
    at: str = ""
    repeat: str = ""
    pageless: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The name, with the places that belong to it."""
        return f"{self.name.value} at {self.at}" if self.at else self.name.value


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The cause that speaks first, what else was found, and the way from the browser to the origin, a line a hop;
    `unseen` is what is not known of other visitors, each to stand after "Not known: "."""

    cause: Cause
    also: tuple[Cause, ...] = ()
    way: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
