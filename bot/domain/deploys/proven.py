"""What is known of a deploy that somebody sent: who it is from, or why that is not proven."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Verified:
    """A delivery whose sender is proven. `sent_at` is in seconds since the epoch; None where nothing signed says it."""

    sender: str
    sites: frozenset[str]
    key: str  # the same one again is the same deploy: it gets the same answer, and with another body none
    kind: Literal["standard", "github", "oidc"]
    sent_at: float | None = None
    proof: str = ""  # counts once: under another key it is a replay, since the key is not part of what was signed

    @property
    def once(self) -> bool:
        """Whether the proof must be remembered beside the key."""
        return bool(self.proof)


@dataclass(frozen=True, slots=True)
class Unproven:
    """Nobody knows who sent it. `why` is for the log alone: the outside hears one text for all reasons."""

    why: str


@dataclass(frozen=True, slots=True)
class GithubDeploy:
    """A deploy that GitHub tells of. `at`, in seconds since the epoch, is when it ended."""

    site: str
    version: str
    actor: str  # a login, or ""
    link: str  # an https URL, or ""
    at: float


@dataclass(frozen=True, slots=True)
class Ignored:
    """An event that is no deploy of the sender's."""

    why: str
