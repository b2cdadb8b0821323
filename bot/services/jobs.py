"""One step of a job: ask the pure rules what is due, do it, commit, wake again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import structlog

from bot.domain.job import JobView, LayerState, LayerView, State, Trouble
from bot.domain.steps import (
    FOREVER,
    LOOK_AFTER,
    AskPerson,
    BeginLayer,
    Confirm,
    Expire,
    Finish,
    FinishLayer,
    LookAfter,
    LookBefore,
    Remind,
    Wait,
    next_step,
)
from bot.domain.told import Event, Told
from bot.domain.verdict import Judgement, Look, Verdict, describe, judge
from bot.ledger.batches import Batch
from bot.ledger.books import Books
from bot.ledger.jobs import StaleJob
from bot.ledger.lots import LotSum
from bot.services import approvals, clearance
from bot.services.checks import look_all
from bot.services.clearance import People
from bot.services.setup import SLACK, Core, job_name, lane_name
from bot.services.witnesses import covered
from providers.contract import Kind, Provider, Receipt
from providers.errors import OutcomeUnknown, PurgeError, Refused, Throttled, Unavailable

log = structlog.get_logger()
BEFORE_SECONDS = 2.0  # the look before holds a purge at most this long
AFTER_SECONDS = 8.5
CRASHES_MAX = 3
CHANGED = (
    "its targets or calls are not those that people agreed to: somebody changed the ledger's file."
    " Nothing was sent. Run `purgebot log verify`, and ask for it anew."
)
SLACK_AWAY = 5.0  # seconds between two tries to read who asked
MANY_CALLS = 20  # from here on a provider is asked first what is left of its budgets
CONFIRM_SECONDS = 2.0  # no further call is asked about after
CONFIRM_AGAIN = 5.0  # seconds until a provider that did not answer is asked again

Change = Callable[[Books, JobView, float], JobView]


class Jobs:
    """Runs jobs, a step at a time."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def run(self, number: int) -> None:
        """Do what job `number` has due, and come back when the next step is."""
        job = await self._core.ledger.read(lambda books: books.jobs.find(number))
        if job is None:
            log.error("job_missing", job=number)
            return
        if not job.state.is_open:
            return
        try:
            await self._step(job)
        except StaleJob:
            self._core.engine.wake(job_name(number))
        except Exception as exc:
            await self._raised(number, exc)
            raise

    async def _step(self, job: JobView) -> None:
        match next_step(job, self._core.clock.now()):
            case Wait(until):
                await self._wait(job, until)
            case Expire():
                await self._apply(job, _expire)
            case Remind():
                await self._apply(job, approvals.remind)
            case LookBefore():
                await self._look_before(job)
            case BeginLayer(position):
                await self._ask_left(job.layers[position], job.site)
                await self._begin_layer(job, position)
            case FinishLayer(position, troubled):
                lot = await self._lot(job.id, position)
                await self._apply(
                    job, lambda books, job, now: self._finish_layer(books, job, position, troubled, lot, now)
                )
            case AskPerson(position):
                await self._apply(job, lambda books, job, now: _ask_person(books, job, position, now))
            case Confirm(position):
                await self._confirm(job, position)
            case LookAfter(round):
                await self._look_after(job, round)
            case Finish():
                await self._apply(job, _finish)

    async def _begin_layer(self, job: JobView, position: int) -> None:
        """Let the calls of a layer go. Whether a job may begin is looked at in the very write that begins it, so that
        no hold comes between; what may not is asked again, waits or has ended, and has been told so."""
        if job.state is not State.QUEUED:
            await self._apply(job, lambda books, job, now: self._begin(books, job, position, now))
            self._core.engine.wake(lane_name(job.layers[position].account))
            return
        agreed = job.approval is not None and not any(layer.started for layer in job.layers)
        if agreed and not await self._core.ledger.read(lambda books: books.is_as_asked(job.id)):
            await self._core.ledger.write(lambda books: park(books, job, CHANGED, self._core.clock.now()))
            self._core.engine.wake(SLACK)
            return
        people = await clearance.people_of(self._core, job)
        if people is None:
            await self._wait(job, self._core.clock.now() + SLACK_AWAY)
            return
        await self._apply(job, lambda books, job, now: self._cleared(books, job, position, people, now))
        self._core.engine.wake(lane_name(job.layers[position].account))

    def _cleared(self, books: Books, job: JobView, position: int, people: People, now: float) -> JobView:
        held_back = clearance.cleared(books, self._core, job, people, now)
        return self._begin(books, job, position, now) if held_back is None else held_back

    async def _wait(self, job: JobView, until: float) -> None:
        if job.due_at is None or job.due_at <= self._core.clock.now() or until < job.due_at:
            await self._core.ledger.write(lambda books: books.jobs.save(replace(job, due_at=until)))
        self._core.engine.wake(job_name(job.id), until)

    async def _apply(self, job: JobView, change: Change) -> None:
        """Commit `change` if the job is still as it was read, then come back at its due time."""

        def deed(books: Books) -> JobView:
            fresh = books.jobs.get(job.id)
            if fresh.version != job.version and fresh.state is not job.state:
                raise StaleJob(job.name)
            now = self._core.clock.now()
            changed = books.jobs.save(replace(change(books, fresh, now), crashes=0))
            books.messages.changed(job.id, now)
            return changed

        changed = await self._core.ledger.write(deed)
        self._core.engine.wake(SLACK)
        if not changed.state.is_open:
            self._meter(changed)
        if changed.due_at is not None:
            self._core.engine.wake(job_name(job.id), changed.due_at)

    def _meter(self, job: JobView) -> None:
        outcome = job.verdict if job.state is State.DONE else job.state
        seconds = job.proven - job.created if job.proven is not None else None
        self._core.meter.ended(job.site, job.kind, job.source, outcome, seconds)

    async def _raised(self, number: int, error: Exception) -> None:
        """A run raised: come back with a growing delay; after three in a row the job is parked and says so."""

        def deed(books: Books) -> None:
            job = books.jobs.get(number)
            now = self._core.clock.now()
            crashes = job.crashes + 1
            if crashes < CRASHES_MAX:
                books.jobs.save(replace(job, crashes=crashes, due_at=now + 2.0**crashes))
                return
            park(books, job, f"purgebot could not go on with it ({type(error).__name__}).", now)

        await self._core.ledger.write(deed)
        self._core.engine.wake(SLACK)

    async def _look_before(self, job: JobView) -> None:
        looks = await self._looks(job, BEFORE_SECONDS)

        def change(books: Books, job: JobView, now: float) -> JobView:
            books.jobs.save_looks(job.id, "before", looks)
            if looks:
                books.messages.say(job.id, Told(Event.LOOKED_BEFORE, text=_seen(job, looks, now)), now)
            return replace(job, looked_before=True, due_at=now)

        await self._apply(job, change)

    async def _looks(self, job: JobView, within: float) -> tuple[Look, ...]:
        site = self._core.setup.sites.get(job.site)
        return await look_all(self._core.looker, site, job.look_urls, within) if site else ()

    async def _ask_left(self, layer: LayerView, site: str) -> None:
        """Before many calls: what the provider says is left, where it can be asked. A budget spent elsewhere counts."""
        if layer.calls < MANY_CALLS:
            return
        provider = self._core.setup.providers[layer.account]
        found = self._core.setup.sites.get(site)
        settings = next((x.settings for x in found.layers if x.account == layer.account), {}) if found else {}
        try:
            left = await provider.left(settings)
        except PurgeError as exc:
            log.warning("budget_unknown", account=layer.account, what=exc.what)
            return
        now = self._core.clock.now()
        await self._core.ledger.write(lambda books: books.budgets.heed(layer.account, left, now))

    def _begin(self, books: Books, job: JobView, position: int, now: float) -> JobView:
        layer = job.layers[position]
        books.jobs.save_layer(job.id, position, replace(layer, state=LayerState.PURGING, started=now, trouble=None))
        n = books.batches.release(job.id, position)
        again = books.batches.again_after(job.id, position)
        books.messages.say(job.id, Told(Event.LAYER_BEGUN, layer=layer.title, n=n, seconds=again), now)
        return replace(job, state=State.PURGING, due_at=now + 30.0)

    async def _lot(self, job: int, position: int) -> LotSum:
        """The layer's calls for the journal. None of them changes any more, so they are read before, in slices."""
        lot = LotSum()
        while lot.add(await self._core.ledger.read(lambda books: books.lots.slice(job, position, lot.after))):
            pass
        return lot

    def _finish_layer(
        self, books: Books, job: JobView, position: int, troubled: bool, lot: LotSum, now: float
    ) -> JobView:
        layer = job.layers[position]
        ids, notes, trouble, failing = books.batches.told(job.id, position)
        state = LayerState.FAILED if troubled else LayerState.DONE
        told = replace(layer, state=state, ended=now, ids=ids, trouble=trouble, failing=failing)
        books.jobs.save_layer(job.id, position, told)
        books.journal.add(
            now, "layer", "purgebot", job.id,
            position=position, account=layer.account, state=state, calls=layer.calls, sent=layer.sent,
            failed=layer.failed, rows=lot.hash, ids=list(lot.ids), more_ids=lot.more_ids,
        )  # fmt: skip
        last = position == len(job.layers) - 1
        if not troubled:
            seconds = now - (layer.started or now)
            done = Told(Event.LAYER_DONE, layer=layer.title, n=layer.sent, seconds=seconds, ids=ids, text=notes)
            books.messages.say(job.id, done, now)
            return _purged(job, now) if last else replace(job, state=State.PURGING, due_at=now)
        books.messages.say(
            job.id, Told(Event.LAYER_STOPPED, layer=layer.title, text=trouble.what if trouble else ""), now
        )
        if last and layer.sent:
            return _purged(job, now)
        return _stopped(books, job, position, now)

    async def _confirm(self, job: JobView, position: int) -> None:
        """Ask how far the provider is with each call that is due, for CONFIRM_SECONDS; the rest comes right after."""
        core = self._core
        ends = core.clock.monotonic() + CONFIRM_SECONDS
        provider = core.setup.providers[job.layers[position].account]
        now = core.clock.now()
        for batch, receipt in await core.ledger.read(lambda books: books.batches.pending(job.id, position, now)):
            if core.clock.monotonic() > ends:
                break
            await self._ask_progress(provider, batch, receipt)
        await self._apply(job, lambda books, job, now: replace(job, state=State.CONFIRMING, due_at=now))

    async def _ask_progress(self, provider: Provider, batch: Batch, receipt: Receipt) -> None:
        told, trouble = None, None
        try:
            answer = receipt if receipt.finished else await provider.progress(receipt)
        except (Throttled, Unavailable, OutcomeUnknown) as exc:
            log.warning("progress_unknown", job=batch.job, account=provider.name, what=exc.what)
            answer = replace(receipt, ready_in=CONFIRM_AGAIN)
        except Refused as exc:
            answer, trouble = receipt, Trouble(type(exc).__name__, exc.what, exc.advice, exc.said)
        except PurgeError as exc:
            told = Told(Event.UNWATCHED, layer=provider.title, text=f"{exc.what} {exc.advice}")
            answer = replace(receipt, finished=True)
        settled = replace(answer, ready_in=0.0) if answer.finished else answer
        now = self._core.clock.now()

        def deed(books: Books) -> None:
            books.batches.confirm(batch, settled, now, trouble)
            if told is not None:
                books.messages.say(batch.job, told, now)

        await self._core.ledger.write(deed)

    async def _look_after(self, job: JobView, round: int) -> None:
        looks = await self._looks(job, AFTER_SECONDS)
        pages = await self._core.ledger.read(lambda books: covered(books, job, (*job.before, *looks)))
        began = job.layers[-1].started if job.layers else None
        soft = any(layer.soft for layer in job.layers)
        proven = job.looks if job.proven is not None else ()
        judgement = judge(job.before, looks, began or job.purged, soft, pages, job.left_alone, proven)

        def change(books: Books, job: JobView, now: float) -> JobView:
            return self._judged(books, replace(job, round=round + 1, covered=pages), looks, judgement, now)

        await self._apply(job, change)

    def _judged(self, books: Books, job: JobView, looks: tuple[Look, ...], judgement: Judgement, now: float) -> JobView:
        books.jobs.save_looks(job.id, "after", looks)
        for look in looks:
            books.known.remember(job.site, look.url, look.tags, now)
        text = judgement.why or f"fresh at {', '.join(judgement.fresh_at)}"
        books.messages.say(job.id, Told(Event.LOOKED, n=job.round, text=text), now)
        again = judgement.worth_another and job.edge_asked and job.round < len(LOOK_AFTER)
        seen = replace(
            job,
            why=judgement.why,
            verdict=judgement.verdict,
            fresh_at=judgement.fresh_at,
            stale_at=judgement.stale_at,
            due_at=now,
        )
        if again:
            return replace(seen, due_at=(job.purged or now) + LOOK_AFTER[job.round])
        proven = now if judgement.verdict is Verdict.FRESH else None
        books.journal.add(
            now, "proof", "purgebot", job.id,
            verdict=judgement.verdict, fresh=list(judgement.fresh_at), stale=list(judgement.stale_at), looks=len(looks),
        )  # fmt: skip
        return _finish(books, replace(seen, proven=proven), now)


def park(books: Books, job: JobView, what: str, now: float) -> None:
    """End a job that would stop the others: nothing more of it is sent."""
    books.batches.cancel(job.id)
    books.jobs.save(replace(job, state=State.FAILED, due_at=None, why=what, ended=now))
    books.messages.say(job.id, Told(Event.PARKED, text=what), now)
    books.messages.changed(job.id, now)
    books.journal.add(now, "parked", "purgebot", job.id, why=what)


def _seen(job: JobView, looks: tuple[Look, ...], now: float) -> str:
    """What the first page looked at was at each place, named where the job itself does not name it."""
    first = looks[0].url
    page = "" if job.kind is Kind.URL and job.targets == 1 else f"{first} at "
    return page + " · ".join(dict.fromkeys(f"{x.place}: {describe(x, now)}" for x in looks if x.url == first))


def _purged(job: JobView, now: float) -> JobView:
    return replace(job, state=State.CHECKING, purged=now, round=0, due_at=now)


def _expire(books: Books, job: JobView, now: float) -> JobView:
    books.batches.cancel(job.id)
    books.messages.say(job.id, Told(Event.EXPIRED), now)
    approvals.tell_outcome(books, job, now)
    books.journal.add(now, "expired", "purgebot", job.id)
    return replace(job, state=State.EXPIRED, due_at=None, ended=now)


def _ask_person(books: Books, job: JobView, position: int, now: float) -> JobView:
    layer = job.layers[position]
    _, _, trouble, failing = books.batches.told(job.id, position)
    books.jobs.save_layer(job.id, position, replace(layer, state=LayerState.UNKNOWN, trouble=trouble, failing=failing))
    books.messages.say(job.id, Told(Event.ASKED_PERSON, layer=layer.title), now)
    books.journal.add(now, "outcome_unknown", "purgebot", job.id, account=layer.account)
    return replace(job, state=State.NEEDS_DECISION, due_at=now + FOREVER)


def _stopped(books: Books, job: JobView, position: int, now: float) -> JobView:
    """An inner layer stopped the rest, or nothing went."""
    for outer in range(position + 1, len(job.layers)):
        books.jobs.save_layer(job.id, outer, replace(job.layers[outer], state=LayerState.STOPPED))
    books.messages.say(job.id, Told(Event.ENDED, text=State.FAILED), now)
    books.journal.add(now, "failed", "purgebot", job.id, layer=job.layers[position].account)
    return replace(job, state=State.FAILED, due_at=None, ended=now)


def _finish(books: Books, job: JobView, now: float) -> JobView:
    troubled = any(layer.failed for layer in job.layers)
    state = State.PARTIAL if troubled else State.DONE
    books.messages.say(job.id, Told(Event.ENDED, text=f"{state} {job.verdict}"), now)
    books.journal.add(now, "ended", "purgebot", job.id, state=state, verdict=job.verdict)
    return replace(job, state=state, due_at=None, ended=now)
