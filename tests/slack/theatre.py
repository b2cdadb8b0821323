"""The table of conversations, and rooms in which several of them go on at the same time, since each waits for Slack's
pace most of the time. `script.py` says how they are written.

`CONVERSATIONS=write pytest tests/slack/test_conversations.py` puts what is really seen into the files, for whoever
changed a sentence on purpose: read the difference before it is committed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from pathlib import Path

from tests.slack.acts import workspace
from tests.slack.room import Room, room
from tests.slack.script import Conversation, Step, read, rewrite
from tests.slack.stage import Stage

FOLDER = Path(__file__).parent / "conversations"
TABLE = [conversation for path in sorted(FOLDER.glob("*.txt")) for conversation in read(path)]
ROOMS = 5
WRITE = os.environ.get("CONVERSATIONS") == "write"


class Theatre:
    """Rooms, and who plays in them."""

    def __init__(self, rooms: Iterable[Room]) -> None:
        self._free: asyncio.Queue[Room] = asyncio.Queue()
        for one in rooms:
            self._free.put_nowait(one)
        self._plays: dict[str, asyncio.Task[list[Step]]] = {}

    def begin(self, conversation: Conversation) -> None:
        """Have it played as soon as a room is free."""
        self._plays[conversation.title] = asyncio.create_task(self._play(conversation))

    async def seen(self, conversation: Conversation) -> tuple[Conversation, Conversation]:
        """The conversation as it is written and as it really went."""
        went = replace(conversation, steps=tuple(await self._plays[conversation.title]))
        if WRITE:
            rewrite(FOLDER / conversation.file, [went])
            return went, went
        return conversation, went

    async def _play(self, conversation: Conversation) -> list[Step]:
        free = await self._free.get()
        try:
            return await Stage(free).play(conversation)
        finally:
            self._free.put_nowait(free)

    async def end(self) -> None:
        """Stop what nobody waits for."""
        for play in self._plays.values():
            play.cancel()
        await asyncio.gather(*self._plays.values(), return_exceptions=True)


@contextlib.asynccontextmanager
async def playing(data: Path, tests: Iterable[str], by_socket: bool) -> AsyncIterator[Theatre]:
    """Rooms behind one of Slack's doors, with every conversation under way that one of `tests` names."""
    names = list(tests)
    wanted = [one for one in TABLE if any(f"[{one.title}]" in name for name in names)]
    async with contextlib.AsyncExitStack() as doors:
        folders = [data / str(n) for n in range(min(ROOMS, len(wanted)))]
        rooms = [await doors.enter_async_context(room(folder, workspace(), by_socket)) for folder in folders]
        theatre = Theatre(rooms)
        for conversation in wanted:
            theatre.begin(conversation)
        try:
            yield theatre
        finally:
            await theatre.end()
