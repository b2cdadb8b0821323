"""Who asks: a person as Slack knows them, or a token; and what may be known of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Standing(StrEnum):
    """What somebody is to the home workspace."""

    MEMBER = "member"  # a full member
    GUEST = "guest"  # restricted to some channels
    BOT = "bot"
    STRANGER = "stranger"  # of another workspace, in a shared channel
    GONE = "gone"  # deactivated
    TOKEN = "token"  # a machine with a bearer token
    LOCAL = "local"  # whoever may read the ledger's file, at the machine, while no bot runs
    SCHEDULE = "schedule"  # what the file has begin by itself
    UNREADABLE = "unreadable"  # Slack will not say; counts as no
    AWAY = "away"  # Slack does not answer; counts as no until it does


@dataclass(frozen=True, slots=True)
class Actor:
    """One asker. `id` is a Slack user id, "token:<name>", "schedule:<name>", or "local:<user>" of the machine that the
    bot is on. `sites` limits a machine; None means every site."""

    id: str
    standing: Standing
    team: str = ""
    sites: frozenset[str] | None = None
    may_command: bool = True
    is_sender: bool = False  # a machine that sends deploys and does nothing else; no full member to the policy
    is_named: bool = False  # by their own id, in the policy: a guest, bot or stranger may then do what it says

    @property
    def is_token(self) -> bool:
        """Whether a machine asks, or a person at its terminal: there are no buttons."""
        return self.standing in (Standing.TOKEN, Standing.SCHEDULE, Standing.LOCAL)

    @property
    def is_local(self) -> bool:
        """Whether it is the machine's owner."""
        return self.standing is Standing.LOCAL

    def may_see(self, site: str) -> bool:
        """Whether `site` exists for this actor."""
        return self.sites is None or site in self.sites


def is_machine(who: str) -> bool:
    """Whether the id `who` is no person's at Slack."""
    return who.startswith(("token:", "schedule:", "local:"))
