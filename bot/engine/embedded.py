"""The engine of one process: names in APScheduler's memory; the ledger refills it at the start and by the sweep.

APScheduler's defaults would drop a wake during a run, postpone an earlier wake, and forget one that is late; a dict of
running names and the comparison of times are the cures.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.ports import Clock

log = structlog.get_logger()
RUN_MAX = 30.0  # seconds; a run is one bounded step
LONG_MAX = 120.0  # for a delivery, which may bring a long list to a busy machine, and for probes around the world
LONG = ("delivery:", "warm:")
CANCEL_SECONDS = 0.2  # a cancelled run has to end in


class EmbeddedEngine:
    """Rings names in this process's loop. `run` must be safe to call again for a name at any time."""

    def __init__(self, run: Callable[[str], Awaitable[None]], clock: Clock) -> None:
        self._run = run
        self._clock = clock
        self._again: dict[str, float | None] = {}  # running names; a time when one more run was asked for
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"max_instances": 2, "misfire_grace_time": None, "coalesce": True}
        )

    def start(self) -> None:
        """Begin to ring."""
        self._scheduler.start()

    def wake(self, name: str, at: float = 0.0) -> None:
        """Have `name` run at or after `at` (seconds since the epoch; 0 means now)."""
        if self._stopping:
            return
        at = max(at, self._clock.now())
        if name in self._again:
            waiting = self._again[name]
            self._again[name] = at if waiting is None else min(waiting, at)
            return
        job = self._scheduler.get_job(name)
        if job is not None:
            if job.trigger.run_date.timestamp() <= at:
                return
            job.remove()  # before the start a second of the same name would stand beside it
        when = datetime.fromtimestamp(at, UTC)
        self._scheduler.add_job(self._ring, "date", [name], run_date=when, id=name)

    async def _ring(self, name: str) -> None:
        if name in self._again:
            self.wake(name)
            return
        self._again[name] = None
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
        try:
            async with asyncio.timeout(LONG_MAX if name.startswith(LONG) else RUN_MAX):
                await self._run(name)
        except asyncio.CancelledError:
            if not self._stopping:
                raise
            log.warning("run_cut_off", name=name)
        except Exception as exc:
            log.error("run_raised", name=name, error=repr(exc), exc_info=exc)
        finally:
            if task is not None:
                self._tasks.discard(task)
            again = self._again.pop(name)
            if again is not None:
                self.wake(name, again)

    async def stop(self, patience: float) -> None:
        """Ring no more; wait up to `patience` seconds for runs under way, then cancel them: twice, since a run that is
        cancelled once may wait for what it has in flight."""
        self._stopping = True
        if not self._scheduler.running:
            return
        self._scheduler.pause()
        await self._ended(patience)
        for _ in range(2):
            for task in self._tasks:
                task.cancel()
            await self._ended(CANCEL_SECONDS)
        self._scheduler.shutdown(wait=False)

    async def _ended(self, patience: float) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=patience)
