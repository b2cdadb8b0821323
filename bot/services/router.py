"""What the engine's names mean, and the sweep that finds due work whose wake was lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import structlog

from bot.ledger.books import Books
from bot.services.jobs import Jobs
from bot.services.lanes import Lane
from bot.services.setup import SLACK, SWEEP, Core, delivery_name, job_name, lane_name

log = structlog.get_logger()
SWEEP_SECONDS = 2.0
FRESH_SECONDS = 1.0  # what fell due this recently has its own wake
PRUNE_AFTER = 7 * 86400.0  # seconds; idempotency keys are kept this long


class Router:
    """Runs a name: `job:P-12`, `lane:cf`, `delivery:<key>`, `slack`, `sweep`."""

    def __init__(
        self,
        core: Core,
        lanes: Mapping[str, Lane],
        receive: Callable[[str], Awaitable[None]],
        show: Callable[[], Awaitable[None]],
    ) -> None:
        self._core = core
        self._jobs = Jobs(core)
        self._lanes = lanes
        self._receive = receive
        self._show = show
        self.swept_at = 0.0

    async def run(self, name: str) -> None:
        """Do what `name` has due."""
        kind, _, rest = name.partition(":")
        match kind:
            case "job":
                await self._jobs.run(int(rest.removeprefix("P-")))
            case "lane":
                await self._lanes[rest].run()
            case "delivery":
                await self._receive(rest)
            case "slack":
                await self._show()
            case "sweep":
                await self._sweep()
            case _:
                log.error("unknown_name", name=name)

    async def _sweep(self) -> None:
        try:
            await self._wake_due(self._core.clock.now() - FRESH_SECONDS)
        finally:
            self._core.engine.wake(SWEEP, self._core.clock.now() + SWEEP_SECONDS)

    async def wake_all(self) -> None:
        """After a start: wake everything that waits, whenever it is due, and begin to sweep. Nobody is at a delivery
        that was begun, so each is due now."""
        now = self._core.clock.now()
        await self._core.ledger.write(lambda books: books.intake.all_due(now))
        await self._wake_due(float("inf"))
        self._core.engine.wake(SWEEP, self._core.clock.now() + SWEEP_SECONDS)

    async def _wake_due(self, until: float) -> None:
        now = self._core.clock.now()

        def question(books: Books) -> tuple[list[tuple[int, float]], list[tuple[str, float]], float | None, list[str]]:
            lanes = [account for account in self._lanes if books.batches.waiting_jobs(account)]
            return books.jobs.due(until), books.intake.due(until), books.messages.next_due(), lanes

        jobs, deliveries, message, lanes = await self._core.ledger.read(question)
        for number, at in jobs:
            self._core.engine.wake(job_name(number), at)
        for key, at in deliveries:
            self._core.engine.wake(delivery_name(key), at)
        for account in lanes:
            self._core.engine.wake(lane_name(account))
        if message is not None and message <= until:
            self._core.engine.wake(SLACK, message)
        self.swept_at = now

    async def prune(self) -> None:
        """Forget deliveries and drafts that ended long ago."""
        before = self._core.clock.now() - PRUNE_AFTER
        await self._core.ledger.write(lambda books: books.intake.prune(before))
