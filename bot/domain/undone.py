"""What is still to be done before the bot is of full use: a sentence, and the line that mends it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Way(StrEnum):
    """What to do with the line."""

    ADD = "Add"  # to the configuration, then start the bot again
    SET = "Set"  # in the environment, then start the bot again
    WRITE = "Write"  # a file, or in place of what stands there
    TYPE = "Type"  # in Slack
    GRANT = "Grant"  # on the Slack app's page


@dataclass(frozen=True, slots=True)
class Undone:
    """`what` is missing, as plain text; `line` mends it, `where` says where to put it; `channel` is an id instead.
    Without a `line`, `where` says in words what to do. `example` names the site or account, as ("sites", "shop"), of
    which the file still has the example's value; `account` the one that has no secret, so that it cannot purge; `site`
    the one that it is about, "" for all; `voters` the user-group or rule that can give no votes, as "rule wide".
    `is_spare`: all works without it, as far as it is wanted."""

    what: str
    way: Way
    line: str
    where: str = ""
    channel: str = ""
    example: tuple[str, str] = ("", "")
    account: str = ""
    site: str = ""
    voters: str = ""
    is_spare: bool = False
