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
    `example` names the site or account, as ("sites", "shop"), of which the file still has the example's value;
    `account` the one that has no secret, so that it cannot purge."""

    what: str
    way: Way
    line: str
    where: str = ""
    channel: str = ""
    example: tuple[str, str] = ("", "")
    account: str = ""
