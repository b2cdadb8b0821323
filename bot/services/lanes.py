"""The rate-limit queue of one account: take tokens, send, record, decide on retry.

A run begins no call after RUN_SECONDS and each call is bounded by the provider, so a run ends. What it takes is
written before it is sent and after; the jobs take turns, one call each.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace

import structlog

from bot.domain.job import Trouble
from bot.domain.steps import SendAgain, retry_decision
from bot.domain.told import Event, Told
from bot.ledger.batches import Batch, Lot, Outcome
from bot.ledger.books import Books
from bot.services.halves import halves
from bot.services.jobs import CRASHES_MAX, park
from bot.services.setup import SLACK, Core, job_name, lane_name
from providers.contract import Provider
from providers.errors import PurgeError, Refused, Throttled

log = structlog.get_logger()
RUN_SECONDS = 2.0
PROGRESS_SECONDS = 1.0  # a call more on the card can wait this long; so many become one
CALLS_AT_ONCE = 8  # one client's CPU per call grows with its concurrency
RETRY_SHARE = 0.1  # of an account's calls in a minute
RETRIES_FREE = 5  # a minute, so that a quiet account may retry at all
WAIT_LONG = 30.0  # seconds; a wait that grows beyond is told once more
WAITS_OVER = 60.0  # seconds without a refusal after a wait; the next one begins anew


class Lane:
    """All calls of one account. `owner` names this process: calls another one left in flight are recognised by it."""

    def __init__(
        self, core: Core, account: str, provider: Provider, owner: str, failpoint: Callable[[str], None]
    ) -> None:
        self._core = core
        self._account = account
        self._provider = provider
        self._owner = owner
        self._failpoint = failpoint
        self._served: dict[int, int] = {}  # job → turn number, so that jobs alternate
        self._turns = 0
        self._calls: deque[float] = deque()
        self._retries: deque[float] = deque()
        self._waits: dict[tuple[int, int], tuple[float, float]] = {}  # job and layer → until when, the longest

    async def run(self) -> None:
        """Send what may be sent for RUN_SECONDS, then come back when there is more."""
        ends = self._core.clock.monotonic() + RUN_SECONDS
        flying: set[asyncio.Task[None]] = set()
        again: float | None = None
        try:
            while self._core.clock.monotonic() < ends:
                lot = await self._take(CALLS_AT_ONCE - len(flying))
                again = lot.again_at
                flying |= {asyncio.create_task(self._send(batch)) for batch in lot.batches}
                if not flying:
                    break
                if len(flying) >= CALLS_AT_ONCE or not lot.batches or (again or 0) > self._core.clock.now():
                    done, flying = await asyncio.wait(flying, return_when=asyncio.FIRST_COMPLETED)
                    _raise_first(done)
        finally:
            await _all_ended(flying)
        if again is None:
            again = (await self._take(0)).again_at
        if again is not None:
            self._core.engine.wake(lane_name(self._account), again)

    async def _take(self, most: int) -> Lot:
        now = self._core.clock.now()
        paces = self._provider.can.pace

        def take(books: Books) -> Lot:
            waiting = books.batches.waiting_jobs(self._account)
            turn = sorted(waiting, key=lambda pair: self._served.get(pair[0], -1))
            return books.batches.take(self._account, self._owner, turn, paces, most, now)

        lot = await self._core.ledger.write(take)
        for batch in lot.batches:
            self._turns += 1
            self._served[batch.job] = self._turns
            self._calls.append(now)
        return lot

    async def _send(self, batch: Batch) -> None:
        self._failpoint("before call")
        outcome, error = await self._attempt(batch)
        self._failpoint("after call")
        now = self._core.clock.now()
        settled = await self._core.ledger.write(lambda books: self._record(books, outcome, error, now))
        if settled:
            self._core.engine.wake(job_name(batch.job))
        self._core.engine.wake(SLACK, now if settled else now + PROGRESS_SECONDS)

    async def _attempt(self, batch: Batch) -> tuple[Outcome, PurgeError | None]:
        began = self._core.clock.monotonic()
        try:
            receipt = await self._provider.send(batch.call, batch.reference)
        except PurgeError as exc:
            self._meter(type(exc).__name__, began)
            return self._troubled(batch, exc), exc
        self._meter("ok", began)
        return Outcome(batch, receipt), None

    def _meter(self, result: str, began: float) -> None:
        self._core.meter.called(self._account, result, self._core.clock.monotonic() - began)

    def _troubled(self, batch: Batch, error: PurgeError) -> Outcome:
        cls = type(error).__name__
        throttled = isinstance(error, Throttled)
        wait = error.retry_after if isinstance(error, Throttled) else None
        now = self._core.clock.now()
        throttles = batch.throttles + int(throttled)
        fraction = self._core.dice.fraction()
        decision = retry_decision(cls, batch.tries, throttles, batch.everything, wait, fraction, now)
        if isinstance(decision, SendAgain) and not throttled:
            decision = SendAgain(max(decision.at, self._retry_free_at(now)))
            self._retries.append(now)
        if isinstance(decision, SendAgain):
            self._core.meter.retried(self._account)
        log.warning("call_not_taken", job=batch.job, account=self._account, cls=cls, tries=batch.tries, what=error.what)
        return Outcome(batch, None, Trouble(cls, error.what, error.advice, error.said), decision, throttled)

    def _split(self, books: Books, batch: Batch, error: Refused, now: float) -> bool:
        """Put the halves of a refused call in its place; whether there are any."""
        job = books.jobs.get(batch.job)
        calls = halves(self._core.setup, self._provider, self._account, job, batch.call)
        if not calls or not job.state.is_open:
            return False
        books.batches.replace(batch, calls)
        told = Told(Event.SENT_AGAIN, layer=self._provider.title, n=1, text=f"{error.what} In halves, to find which.")
        books.messages.say(batch.job, told, now)
        return True

    def _retry_free_at(self, now: float) -> float:
        """When the account may retry once more: at most RETRY_SHARE of its calls in a minute."""
        for times in (self._calls, self._retries):
            while times and times[0] <= now - 60:
                times.popleft()
        allowed = max(RETRIES_FREE, RETRY_SHARE * len(self._calls))
        return now if len(self._retries) < allowed else self._retries[0] + 60

    def _record(self, books: Books, outcome: Outcome, error: PurgeError | None, now: float) -> bool:
        """Write an outcome; whether nothing of its layer is left to send."""
        batch = outcome.batch
        if isinstance(error, Refused) and self._split(books, batch, error, now):
            return False
        books.batches.record(outcome, now)
        books.jobs.touch(batch.job)
        buckets = [bucket for bucket, _ in batch.call.cost]
        if isinstance(error, Throttled) and isinstance(outcome.next, SendAgain):
            books.budgets.refused(self._account, buckets, self._provider.can.pace, outcome.next.at, now)
            if self._is_worth_telling(batch, outcome.next.at - now, now):
                told = Told(Event.WAITING, layer=self._provider.title, seconds=round(outcome.next.at - now, 1))
                books.messages.say(batch.job, told, now)
        elif error is not None and isinstance(outcome.next, SendAgain):
            told = Told(Event.SENT_AGAIN, layer=self._provider.title, n=1, text=error.what)
            books.messages.say(batch.job, told, now)
        if outcome.receipt is not None:
            books.budgets.tally(self._account, batch.call.cost, self._provider.can.prices, now)
            books.budgets.heed(self._account, outcome.receipt.left, now)
        books.messages.changed(batch.job, now)
        return books.batches.is_settled(batch)

    def _is_worth_telling(self, batch: Batch, wait: float, now: float) -> bool:
        """Whether the layer's throttling begins with this wait of so many seconds, or grows long with it."""
        layer = (batch.job, batch.position)
        until, longest = self._waits.get(layer, (0.0, 0.0))
        begins = now > until + WAITS_OVER
        self._waits[layer] = (max(until, now + wait), wait if begins else max(longest, wait))
        return begins or longest <= WAIT_LONG < wait


async def _all_ended(flying: set[asyncio.Task[None]]) -> None:
    """Wait for calls in flight. Cancelled meanwhile, leave them to the next start, which finds them in the ledger."""
    if not flying:
        return
    try:
        done, _ = await asyncio.wait(flying)
    except asyncio.CancelledError:
        for task in flying:
            task.cancel()
        await asyncio.gather(*flying, return_exceptions=True)
        raise
    _raise_first(done)


def _raise_first(done: set[asyncio.Task[None]]) -> None:
    for task in done:
        task.result()


async def recover(core: Core, owner: str) -> int:
    """After a start: calls that another process left in flight are sent once more, *everything* asks; how many."""
    now = core.clock.now()

    def settle(books: Books) -> int:
        orphans = books.batches.orphans(owner)
        for batch in orphans:
            lost = "The process ended while this call was in flight."
            trouble = Trouble("OutcomeUnknown", lost, "It may have been done already.")
            decision = retry_decision("OutcomeUnknown", 1, 0, batch.everything, None, 0.0, now)
            books.batches.record(Outcome(batch, None, trouble, decision), now)
        for number in {batch.job for batch in orphans}:
            _resume(books, number, sum(batch.job == number for batch in orphans), now)
        return len(orphans)

    return await core.ledger.write(settle)


def _resume(books: Books, number: int, calls: int, now: float) -> None:
    """Go on with a job; one whose process ended three times without progress in between is parked."""
    job = books.jobs.get(number)
    sent = sum(layer.sent for layer in job.layers)
    crashes = 1 if sent > job.sent_at_crash else job.crashes + 1
    if job.state.is_open and crashes >= CRASHES_MAX:
        park(books, job, f"purgebot ended {crashes} times while it was being sent.", now)
        return
    books.jobs.save(replace(job, crashes=crashes, sent_at_crash=sent))
    books.messages.say(number, Told(Event.RESUMED, n=calls), now)
    books.messages.changed(number, now)
    books.journal.add(now, "resumed", "purgebot", number, calls=calls)
