"""What the engine's names mean, and the sweep that finds due work whose wake was lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import structlog

from bot.domain.proof.asker import Asker, asked_by
from bot.ledger.books import Books
from bot.services import schedules
from bot.services.desk import Desk
from bot.services.held.glass import remind
from bot.services.held.holding import mind_the_mode
from bot.services.held.holds import settle
from bot.services.running.jobs import Jobs
from bot.services.running.lanes import Lane
from bot.services.setup import (
    HOME,
    SLACK,
    SWEEP,
    Core,
    delivery_name,
    hold_name,
    job_name,
    lane_name,
    review_name,
    schedule_name,
    warm_name,
)
from bot.services.unconfigured import doubt_waiting
from bot.services.warmup.fetching import go_on

log = structlog.get_logger()
SWEEP_SECONDS = 2.0
FRESH_SECONDS = 1.0  # what fell due this recently has its own wake


class Router:
    """Runs a name: `job:P-12`, `lane:cf`, `delivery:<key>`, `hold:shop`, `review:3`, `warm:5`, `schedule:nightly`,
    `slack`, `home`, `undone` or `sweep`."""

    def __init__(
        self,
        core: Core,
        lanes: Mapping[str, Lane],
        receive: Callable[[str], Awaitable[None]],
        show: Callable[[], Awaitable[None]],
        draw_homes: Callable[[], Awaitable[None]],
        look_for_undone: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._core = core
        self._jobs = Jobs(core)
        self._desk = Desk(core)
        self._lanes = lanes
        self._receive = receive
        self._show = show
        self._draw_homes = draw_homes
        self._look_for_undone = look_for_undone
        self.swept_at = 0.0

    async def run(self, name: str) -> None:
        """Do what `name` has due."""
        kind, _, rest = name.partition(":")
        with asked_by(Asker(name, is_behind=kind != "job")):
            await self._run(name, kind, rest)

    async def _run(self, name: str, kind: str, rest: str) -> None:
        match kind:
            case "job":
                await self._jobs.run(int(rest.removeprefix("P-")))
            case "lane":
                await self._lanes[rest].run()
            case "delivery":
                await self._receive(rest)
            case "hold":
                await settle(self._core, rest)
            case "review":
                await remind(self._core, int(rest))
            case "warm":
                await go_on(self._core, int(rest))
            case "schedule":
                await schedules.ring(self._core, self._desk, rest)
            case "slack":
                self._core.engine.wake(HOME)
                await self._show()
            case "home":
                await self._draw_homes()
            case "undone" if self._look_for_undone is not None:
                await self._look_for_undone()
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
        that was begun, so each is due now; and rights and sites may have changed, which every Home shows, and with them
        whose votes a job waits for."""
        await self._jobs.hold_to_asked()
        now = self._core.clock.now()

        def deed(books: Books) -> None:
            books.intake.all_due(now)
            books.homes.changed()
            books.jobs.to_judge(self._core.setup.policy.version, now)
            doubt_waiting(books, self._core, now)

        await self._core.ledger.write(deed)
        await schedules.adopt(self._core)
        await self._mind_the_mode()
        await self._wake_due(float("inf"))
        self._core.engine.wake(SWEEP, self._core.clock.now() + SWEEP_SECONDS)

    async def take_up(self, lanes: Mapping[str, Lane]) -> None:
        """After a change of what is configured: serve these lanes, and wake what is due now."""
        self._lanes = lanes
        await schedules.adopt(self._core)
        await self._mind_the_mode()
        await self._wake_due(self._core.clock.now())

    async def _mind_the_mode(self) -> None:
        now, observe = self._core.clock.now(), self._core.setup.observe
        for number in await self._core.ledger.write(lambda books: mind_the_mode(books, observe, now)):
            self._core.engine.wake(job_name(number))
        self._core.engine.wake(SLACK)

    async def _wake_due(self, until: float) -> None:
        now = self._core.clock.now()

        def question(books: Books) -> tuple[list[tuple[str, float]], list[str]]:
            named = [
                *((job_name(number), at) for number, at in books.jobs.due(until)),
                *((delivery_name(key), at) for key, at in books.intake.due(until)),
                *((hold_name(site), at) for site, at in books.holds.due(until)),
                *((review_name(review), at) for review, at in books.reviews.due(until)),
                *((warm_name(warming), at) for warming, at in books.warmings.due(until)),
                *((schedule_name(schedule), at) for schedule, at in books.schedules.due(until)),
            ]
            told = [at for at in (books.messages.next_due(), books.notices.next_due()) if at is not None]
            shown = {SLACK: min(told, default=None), HOME: books.homes.next_due()}
            named += [(name, at) for name, at in shown.items() if at is not None and at <= until]
            return named, [account for account in self._lanes if books.batches.waiting_jobs(account)]

        named, lanes = await self._core.ledger.read(question)
        for name, at in named:
            self._core.engine.wake(name, at)
        for account in lanes:
            self._core.engine.wake(lane_name(account))
        self.swept_at = now
