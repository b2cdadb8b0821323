"""The grammar of `/purge`: text to a Command, or to a Misunderstood that says what to type instead. Pure and total."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bot.domain.site import Site
from bot.domain.target import Target


class Verb(StrEnum):
    """What a command does."""

    PURGE = "purge"
    PLAN = "plan"  # what a purge would do
    CHECK = "check"  # edge against origin, now
    STATUS = "status"  # running jobs, or one
    SHOW = "show"  # one job in full
    CANCEL = "cancel"
    RETRY = "retry"
    APPROVE = "approve"
    DENY = "deny"
    SITES = "sites"
    WHOAMI = "whoami"
    HELP = "help"


@dataclass(frozen=True, slots=True)
class BadLine:
    """One target of a list that could not be read, with its 1-based number and the reason."""

    number: int
    text: str  # cut to 80 characters, no control characters
    problem: str


@dataclass(frozen=True, slots=True)
class Command:
    """One understood command."""

    verb: Verb
    targets: tuple[Target, ...] = ()
    site: str = ""  # named, or implied by targets, channel or being the only one; else ""
    soft: bool | None = None  # None: the site's own mode
    reason: str = ""
    only: str = ""  # one account
    check: bool = True
    confirm: str = ""  # the site's name after --confirm
    job: int = 0  # P-12 -> 12
    topic: str = ""  # of help
    read_as: str = ""  # "read as URL", where the kind was guessed
    notes: tuple[str, ...] = ()  # each repair, and what was dropped and why
    bad: tuple[BadLine, ...] = ()  # the good targets wait for one click
    wants_host_confirmed: bool = False  # a bare known host was guessed to mean the whole host


@dataclass(frozen=True, slots=True)
class Choice:
    """One reading to choose from: what a button says, and the line (without `/purge`) it stands for."""

    label: str  # at most 75 characters
    line: str


@dataclass(frozen=True, slots=True)
class Misunderstood:
    """What was not understood, why, and one line to copy."""

    problem: str
    suggestion: str = ""  # a line to copy, with the command's name
    choices: tuple[Choice, ...] = ()
    action: str = "pick"  # the buttons' action id: pick or fix


@dataclass(frozen=True, slots=True)
class Speaker:
    """What the parser knows of who speaks where: only what the caller may see."""

    sites: Sequence[Site]
    channel: str = ""
    accounts: frozenset[str] = field(default_factory=frozenset)
    command: str = "/purge"
