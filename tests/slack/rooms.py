"""Rooms in which several things go on at the same time, since each waits for Slack's pace most of the time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Generic, TypeVar

from tests.slack.room import Room

ROOMS = 5
T = TypeVar("T")


class Rooms(Generic[T]):
    """Rooms, and what goes on in them, by its name."""

    def __init__(self, rooms: Iterable[Room]) -> None:
        self._free: asyncio.Queue[Room] = asyncio.Queue()
        for one in rooms:
            self._free.put_nowait(one)
        self._begun: dict[str, asyncio.Task[T]] = {}

    def begin(self, name: str, deed: Callable[[Room], Awaitable[T]]) -> None:
        """Have it done as soon as a room is free."""
        self._begun[name] = asyncio.create_task(self._do(deed))

    async def came_of(self, name: str) -> T:
        """What came of it, once it is done; raises what it raised."""
        return await self._begun[name]

    async def _do(self, deed: Callable[[Room], Awaitable[T]]) -> T:
        free = await self._free.get()
        try:
            return await deed(free)
        finally:
            self._free.put_nowait(free)

    async def end(self) -> None:
        """Stop what nobody waits for."""
        for task in self._begun.values():
            task.cancel()
        await asyncio.gather(*self._begun.values(), return_exceptions=True)


@contextlib.asynccontextmanager
async def rooms(
    data: Path, opening: Callable[[Path], AbstractAsyncContextManager[Room]], many: int
) -> AsyncIterator[list[Room]]:
    """As many rooms as `many` deeds can use, open until the block ends."""
    async with contextlib.AsyncExitStack() as doors:
        yield [await doors.enter_async_context(opening(data / str(n))) for n in range(min(ROOMS, many))]
