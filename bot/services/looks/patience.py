"""How long looks may take together."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Coroutine
from typing import TypeVar

from bot.domain.answers.excess import BUSY, Excess
from bot.ports import Looker

T = TypeVar("T")
IN_TIME = "no answer in time"


class Patience:
    """`within` seconds, and up to `more` in which this machine was behind with reading what came for whoever asks here:
    that is nobody's fault out there."""

    def __init__(self, looker: Looker, within: float, more: float = 0.0) -> None:
        self._looker = looker
        self._more = more
        self._within = within
        self._until = _now() + within
        self._held_before = looker.held()

    def at_least(self, seconds: float) -> None:
        """So many from now on."""
        self._until = max(self._until, _now() + seconds)

    @property
    def is_busy(self) -> bool:
        """Whether most of the time went by in this machine's own work."""
        return self._held > self._within / 2

    @property
    def _held(self) -> float:
        return max(0.0, self._looker.held() - self._held_before)

    async def wait(self, tasks: Collection[asyncio.Task[T]], early: float = 0.0) -> bool:
        """Return once all are done, or so many seconds before it is over; whether they are done."""
        late = {task for task in tasks if not task.done()}
        while late and (left := self._until + min(self._held, self._more) - early - _now()) > 0:
            _, late = await asyncio.wait(late, timeout=left)
        return not late

    async def of(self, one: Coroutine[object, object, T]) -> T | None:
        """What `one` brings, if it does in time."""
        task = asyncio.create_task(one)
        try:
            return task.result() if await self.wait([task]) else None
        finally:
            task.cancel()

    def blame(self, late: str = IN_TIME) -> tuple[str, Excess | None]:
        """How what did not come in time is told: as `late`, or as what says nothing of its place."""
        return (BUSY, Excess.OTHERS) if self.is_busy else (late, None)


def _now() -> float:
    return asyncio.get_running_loop().time()
