"""What is still to be done, known without asking anybody: the configuration's part from the start, Slack's part as it
was last told. Looked for at the start, every hour, and when somebody calls the doctor."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.domain.undone import Undone
from bot.services.setup import HOME, UNDONE, Core

EVERY_SECONDS = 3600.0
SOON_SECONDS = 60.0  # while Slack does not say

Look = Callable[[], Awaitable[tuple[Undone, ...] | None]]  # None: it could not be told


async def nothing_to_look_for() -> tuple[Undone, ...]:
    """Without Slack nothing is missing there."""
    return ()


class UndoneWatch:
    """Looks again, and has every Home drawn anew where something has changed."""

    def __init__(self, core: Core, look: Look) -> None:
        self._core = core
        self._look = look

    async def run(self) -> None:
        """Look once, and come back for the next time."""
        found = await self._look()
        if found is not None and self._core.undone.tell(found):
            await self._core.ledger.write(lambda books: books.homes.changed())
            self._core.engine.wake(HOME)
        after = SOON_SECONDS if found is None else EVERY_SECONDS
        self._core.engine.wake(UNDONE, self._core.clock.now() + after)
