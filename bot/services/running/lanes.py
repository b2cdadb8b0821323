"""The rate-limit queue of one account: take tokens, send, record, decide on retry.

A run begins no call after RUN_SECONDS and each call is bounded by the provider, so a run ends. It goes in turns: one
write records the calls that came back and takes the next ones, so each is written before it is sent and after. Between
two turns calls have a beat to come back, so that many share a write. Whose call is next: see `bot.domain.jobs.turns`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

import structlog

from bot.domain.jobs.job import Trouble
from bot.domain.jobs.steps import SendAgain, retry_decision
from bot.domain.jobs.thread_step import Event, Told
from bot.domain.jobs.turns import Turns
from bot.ledger.batch import Batch, Lot, Outcome, Room
from bot.ledger.books import Books
from bot.ledger.ledger import LedgerDown
from bot.ledger.sums import written
from bot.services.running.damaged import set_aside
from bot.services.running.endings import park
from bot.services.running.halves import halves
from bot.services.running.jobs import CRASHES_MAX
from bot.services.setup import CALLS_AT_ONCE, SLACK, Core, job_name, lane_name
from providers.contract import Provider
from providers.errors import MAYBE_DONE, PurgeError, Refused, Throttled, Unexpected

log = structlog.get_logger()
RUN_SECONDS = 2.0
PROGRESS_SECONDS = 1.0  # a call more on the card can wait this long; so many become one
BEAT_SECONDS = 0.01
LOOK_SECONDS = 0.1  # with slow calls in flight, the calls of a new job go out within this
RETRY_SHARE = 0.1  # of an account's calls in a minute
RETRIES_FREE = 5  # a minute, so that a quiet account may retry at all
WAIT_LONG = 30.0  # seconds; a wait that grows beyond is told once more
WAITS_OVER = 60.0  # seconds without a refusal after a wait; the next one begins anew
_BROKE_OFF = "purgebot broke off a call to {}, because of a mistake in its own code."
_REPORT = "Report it with what the log says of adapter_broke_off."

Landed = tuple[Outcome, PurgeError | None]  # what became of a call, and the error behind it


class Lane:
    """All calls of one account. `owner` names this process: calls another one left in flight are recognised by it."""

    def __init__(
        self, core: Core, account: str, provider: Provider, owner: str, failpoint: Callable[[str], None]
    ) -> None:
        self._core = core
        self._account = account
        self._first = provider
        self._owner = owner
        self._failpoint = failpoint
        self._now = core.lanes.of(account)
        self._calls: deque[float] = deque()
        self._retries: deque[float] = deque()
        self._landed: list[Landed] = []  # came back and not recorded yet
        self._waits: dict[tuple[int, int], tuple[float, float]] = {}  # job and layer → until when, the longest

    @property
    def _provider(self) -> Provider:
        """The account's adapter as it is configured now; of an account that is not any more, the one of before."""
        return self._core.setup.providers.get(self._account, self._first)

    async def run(self) -> None:
        """Send what may be sent for RUN_SECONDS, then come back when there is more."""
        ends = self._core.clock.monotonic() + RUN_SECONDS
        flying: set[asyncio.Task[None]] = set()
        try:
            while True:
                may_send = self._core.clock.monotonic() < ends and not self._core.setup.observe
                room = CALLS_AT_ONCE - len(flying) if may_send else 0
                lot = await self._turn(Room(room, len(flying), self._now.call.seconds))
                flying |= {asyncio.create_task(self._send(batch)) for batch in lot.batches}
                if not flying:
                    break
                more = room > len(lot.batches)
                flying = await _landing(flying, self._look_in(lot.again_at) if more else None)
        except BaseException:
            await self._cut_short(flying)
            raise
        if lot.again_at is not None and not self._core.setup.observe:
            self._core.engine.wake(lane_name(self._account), lot.again_at)

    def _look_in(self, again: float | None) -> float:
        """Seconds until there may be more to send, though no call has come back."""
        return LOOK_SECONDS if again is None else max(0.0, min(LOOK_SECONDS, again - self._core.clock.now()))

    async def _cut_short(self, flying: set[asyncio.Task[None]]) -> None:
        """Wait for calls in flight. Cut short once more, leave them to the next start, which finds them in the ledger;
        what came back is recorded."""
        try:
            if flying:
                await asyncio.wait(flying)
        except asyncio.CancelledError:
            for task in flying:
                task.cancel()
            raise
        finally:
            await asyncio.gather(*flying, return_exceptions=True)
            if self._landed:
                await self._turn(Room(0))

    async def _turn(self, room: Room) -> Lot:
        """One write: record what came back, and take the calls that there is room for."""
        now = self._core.clock.now()
        landed, self._landed = self._landed, []
        self._now.call = self._now.call.after([now - outcome.batch.sent_at for outcome, _ in landed])

        def deed(books: Books) -> tuple[set[int], Lot, Turns]:
            return self._record_all(books, landed, now), *self._take(books, room, now)

        try:
            settled, lot, self._now.turns = await self._core.ledger.write(deed)
        except LedgerDown:
            self._landed = landed + self._landed  # the next run writes them
            raise
        self._calls.extend(now for _ in lot.batches)
        for job in settled:
            self._core.engine.wake(job_name(job))
        if landed:
            self._core.engine.wake(SLACK, now if settled else now + PROGRESS_SECONDS)
        return lot

    def _take(self, books: Books, room: Room, now: float) -> tuple[Lot, Turns]:
        waiting = books.batches.waiting_jobs(self._account)
        turns = self._now.turns.copy(waiting)
        lot = books.batches.take(self._account, self._owner, waiting, turns, self._provider.can.pace, room, now)
        return lot, turns

    async def _send(self, batch: Batch) -> None:
        self._failpoint("before call")
        landed = await self._attempt(batch)
        self._failpoint("after call")
        self._landed.append(landed)

    async def _attempt(self, batch: Batch) -> Landed:
        began = self._core.clock.monotonic()
        try:
            receipt = await self._provider.send(batch.call, batch.reference)
        except PurgeError as exc:
            self._meter(type(exc).__name__, began)
            return self._troubled(batch, exc), exc
        except Exception as exc:  # a bug of an adapter or a library must end its call, or the job would wait for ever
            log.error("adapter_broke_off", job=batch.job, account=self._account, error=type(exc).__name__, exc_info=exc)
            self._meter(Unexpected.__name__, began)
            odd = Unexpected(_BROKE_OFF.format(self._provider.title), f"{MAYBE_DONE} {_REPORT}")
            return self._troubled(batch, odd), odd
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
        took, gave = books.batches.replace(batch, calls)
        books.journal.add(
            now, "halved", "purgebot", batch.job,
            position=batch.position, took=written(took), gave=[*map(written, gave)],
        )  # fmt: skip
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

    def _record_all(self, books: Books, landed: Sequence[Landed], now: float) -> set[int]:
        """Write outcomes; the jobs of whose layers nothing is left to send."""
        for outcome, error in landed:
            self._record(books, outcome, error, now)
        batches = [outcome.batch for outcome, _ in landed]
        for job in {batch.job for batch in batches}:
            books.jobs.touch(job)
            books.messages.changed(job, now)
        layers = {(batch.job, batch.position) for batch in batches}
        return {job for job, position in layers if books.batches.is_settled(job, position)}

    def _record(self, books: Books, outcome: Outcome, error: PurgeError | None, now: float) -> None:
        batch = outcome.batch
        if isinstance(error, Refused) and self._split(books, batch, error, now):
            return
        wanted = outcome.next
        if outcome.goes_again and not books.jobs.get(batch.job).state.is_open:
            outcome = outcome.as_the_last
        books.batches.record(outcome, now)
        buckets = [bucket for bucket, _ in batch.call.cost]
        if isinstance(error, Throttled) and isinstance(wanted, SendAgain):
            paces, sent = self._provider.can.pace, batch.sent_at
            books.budgets.refused(self._account, buckets, paces, sent, wanted.at, now)
            if outcome.next is wanted and self._is_worth_telling(batch, wanted.at - now, now):
                told = Told(Event.WAITING, layer=self._provider.title, seconds=round(wanted.at - now, 1))
                books.messages.say(batch.job, told, now)
        elif error is not None and isinstance(outcome.next, SendAgain):
            told = Told(Event.SENT_AGAIN, layer=self._provider.title, n=1, text=error.what)
            books.messages.say(batch.job, told, now)
        if outcome.receipt is not None:
            books.budgets.tally(self._account, batch.call.cost, self._provider.can.prices, now)
            books.budgets.heed(self._account, outcome.receipt.left, now)

    def _is_worth_telling(self, batch: Batch, wait: float, now: float) -> bool:
        """Whether the layer's throttling begins with this wait of so many seconds, or grows long with it."""
        layer = (batch.job, batch.position)
        until, longest = self._waits.get(layer, (0.0, 0.0))
        begins = now > until + WAITS_OVER
        self._waits[layer] = (max(until, now + wait), wait if begins else max(longest, wait))
        return begins or longest <= WAIT_LONG < wait


async def _landing(flying: set[asyncio.Task[None]], seconds: float | None) -> set[asyncio.Task[None]]:
    """Wait for a beat, then until one has come back, at most `seconds`; what is still in flight."""
    done, flying = await asyncio.wait(flying, timeout=BEAT_SECONDS)
    if not done:
        done, flying = await asyncio.wait(flying, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    _raise_first(done)
    return flying


def _raise_first(done: set[asyncio.Task[None]]) -> None:
    for task in done:
        task.result()


async def recover(core: Core, owner: str) -> int:
    """After a start: calls that another process left in flight are sent once more, *everything* asks; how many. First
    of all what cannot be read is parked."""
    await set_aside(core)
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
