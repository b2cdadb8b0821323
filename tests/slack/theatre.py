"""The table of conversations, and rooms in which several of them go on at the same time, since each waits for Slack's
pace most of the time. `script.py` says how they are written.

`CONVERSATIONS=write pytest tests/slack/test_conversations.py` puts what is really seen into the files, for whoever
changed a sentence on purpose: read the difference before it is committed.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

from tests.slack.acts import workspace
from tests.slack.room import Room, room
from tests.slack.rooms import Rooms, rooms
from tests.slack.script import Conversation, Step, read, rewrite
from tests.slack.stage import Stage

FOLDER = Path(__file__).parent / "conversations"
TABLE = [conversation for path in sorted(FOLDER.glob("*.txt")) for conversation in read(path)]
WRITE = os.environ.get("CONVERSATIONS") == "write"


class Theatre(Rooms[list[Step]]):
    """Rooms, and the conversations that are played in them."""

    async def seen(self, conversation: Conversation) -> tuple[Conversation, Conversation]:
        """The conversation as it is written and as it really went."""
        went = replace(conversation, steps=tuple(await self.came_of(conversation.title)))
        if WRITE:
            rewrite(FOLDER / conversation.file, [went])
            return went, went
        return conversation, went


@contextlib.asynccontextmanager
async def playing(data: Path, tests: Iterable[str], by_socket: bool) -> AsyncIterator[Theatre]:
    """Rooms behind one of Slack's doors, with every conversation under way that one of `tests` names."""
    names = list(tests)
    wanted = [one for one in TABLE if any(f"[{one.title}]" in name for name in names)]
    async with rooms(data, lambda folder: room(folder, workspace(), by_socket), len(wanted)) as opened:
        theatre = Theatre(opened)
        for conversation in wanted:
            theatre.begin(conversation.title, partial(_played, conversation))
        try:
            yield theatre
        finally:
            await theatre.end()


async def _played(conversation: Conversation, where: Room) -> list[Step]:
    return await Stage(where).play(conversation)
