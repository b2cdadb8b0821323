"""One step of a job: ask the pure rules what is due, do it, commit, wake again."""

from __future__ import annotations

from dataclasses import replace

import structlog

from bot.domain.jobs.job import CLOSED, JobView, LayerState, LayerView, State, Trouble
from bot.domain.jobs.steps import (
    AskPerson,
    BeginLayer,
    ComeDue,
    Confirm,
    Expire,
    Finish,
    FinishLayer,
    JudgeAgain,
    LookAfter,
    LookBefore,
    Miss,
    NothingToSend,
    Remind,
    Step,
    Wait,
    next_step,
)
from bot.domain.jobs.thread_step import Event, Told
from bot.domain.proof.verdict import Verdict
from bot.ledger.batch import Batch
from bot.ledger.books import Books
from bot.ledger.job_entries import Said
from bot.ledger.jobs import StaleJob
from bot.ledger.lots import LotSum
from bot.services.configured import no_longer_configured
from bot.services.deploying import following
from bot.services.deploying.notes import keep_note
from bot.services.held.holding import observes
from bot.services.looks import looking
from bot.services.running import endings, timed
from bot.services.running.damaged import set_aside
from bot.services.running.endings import Change
from bot.services.running.urgency import still_urgent, tell_passed
from bot.services.setup import SLACK, Core, job_name, lane_name, wake_next, warm_name
from bot.services.voting import approvals, clearance
from bot.services.voting.altered import held_to_journal
from bot.services.voting.forged import CHANGED, OTHER_CALLS, OTHER_TIME, OTHER_WORDS
from bot.services.voting.job_people import People, people_of
from providers.contract import Provider, Receipt
from providers.errors import OutcomeUnknown, PurgeError, Refused, Throttled, Unavailable

log = structlog.get_logger()
CRASHES_MAX = 3
_ENDS_SHORT = CLOSED - {State.DONE, State.PARTIAL}  # before all of it was done and seen
SLACK_AWAY = 5.0  # seconds between two tries to read who asked
MANY_CALLS = 20  # from here on a provider is asked first what is left of its budgets
CONFIRM_SECONDS = 2.0  # no further call is asked about after
CONFIRM_AGAIN = 5.0  # seconds until a provider that did not answer is asked again


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
        if job.damaged:
            await set_aside(self._core)
            return
        try:
            await self._step(job)
        except StaleJob:
            self._core.engine.wake(job_name(number))
        except Exception as exc:
            await self._raised(number, exc)
            raise

    async def _step(self, job: JobView) -> None:
        step = next_step(job, self._core.clock.now())
        if clearance.is_of_another_policy(self._core, job) and not isinstance(step, Expire):
            step = JudgeAgain()
        if await self._is_to_follow(job, step):
            await self._apply(job, following.follow)
            return
        match step:
            case Wait(until):
                await self._wait(job, until)
            case Expire():
                await self._apply(job, endings.expire)
            case Remind():
                await self._apply(job, approvals.remind)
            case JudgeAgain():
                await self._judge_again(job)
            case ComeDue():
                await self._come_due(job)
            case Miss():
                await self._apply(job, timed.miss)
            case LookBefore():
                await self._apply(job, await looking.look_before(self._core, job))
            case NothingToSend():
                await self._apply(job, endings.nothing_to_send)
            case BeginLayer(position):
                await self._ask_left(job.layers[position], job.site)
                await self._begin_layer(job, position)
            case FinishLayer(position, troubled):
                lot = await self._lot(job.id, position)
                await self._apply(
                    job, lambda books, job, now: endings.finish_layer(books, job, position, troubled, lot, now)
                )
            case AskPerson(position):
                await self._apply(job, lambda books, job, now: endings.ask_person(books, job, position, now))
            case Confirm(position):
                await self._confirm(job, position)
            case LookAfter(round):
                await self._apply(job, await looking.look_after(self._core, job, round))
            case Finish():
                await self._apply(job, endings.finish)

    async def _is_to_follow(self, job: JobView, step: Step) -> bool:
        """Whether the job before this one is to be looked at. What waits for votes does so until they are given, or
        that has ended: nobody is asked for what cannot run."""
        if not following.is_to_follow(job) or isinstance(step, Expire):
            return False
        if job.state is State.WAITING:
            return await self._core.ledger.read(lambda books: following.is_settled(books, job))
        return not isinstance(step, Wait)

    async def _come_due(self, job: JobView) -> None:
        """Its time has come; what is no longer as it was asked for does not begin, and is told. Where the bot only
        observes its time passes, so that it is late or missed by what was configured once the bot purges again."""
        if self._core.setup.observe:
            await self._apply(job, observes)
            return
        if why := await self._core.ledger.read(lambda books: self._not_due(books, job)):
            await self._park(job, why)
            return
        await self._apply(job, timed.come_due)

    def _not_due(self, books: Books, job: JobView) -> str:
        """Why a job may not begin though its time seems to have come; "" when it may."""
        is_early = books.said(job.id).is_early(self._core.clock.now())
        return OTHER_TIME if is_early else no_longer_configured(books, self._core, job)

    async def _park(self, job: JobView, why: str) -> None:
        await self._core.ledger.write(
            lambda books: endings.park(books, job, why, self._core.clock.now(), for_good=True)
        )
        wake_next(self._core, replace(job, state=State.FAILED))
        self._core.engine.wake(SLACK)

    async def _judge_again(self, job: JobView) -> None:
        """Ask the policy of a job that waits for votes, with people as they are now."""
        people = await people_of(self._core, job)
        if people is None:
            await self._wait(job, self._core.clock.now() + SLACK_AWAY)
            return
        await self._apply(job, lambda books, job, now: clearance.waits_on(books, self._core, job, people, now))

    async def _begin_layer(self, job: JobView, position: int) -> None:
        """Let the calls of a layer go. Whether a job may begin is looked at in the very write that begins it, so that
        no hold comes between; what may not is asked again, waits or has ended, and has been told so."""
        is_queued = job.state is State.QUEUED
        if is_queued and (why := await self._core.ledger.read(lambda books: self._not_as_asked(books, job))):
            await self._park(job, why)
            return
        if await self._is_other(job, position):
            await self._park(job, OTHER_CALLS)
            return
        if not is_queued:
            await self._apply(job, lambda books, job, now: self._begin(books, job, position, now))
            self._core.engine.wake(lane_name(job.layers[position].account))
            return
        people = await people_of(self._core, job)
        if people is None:
            await self._wait(job, self._core.clock.now() + SLACK_AWAY)
            return
        await self._apply(job, lambda books, job, now: self._cleared(books, job, position, people, now))
        self._core.engine.wake(lane_name(job.layers[position].account))

    async def _is_other(self, job: JobView, position: int) -> bool:
        """Whether the calls of a layer that is to begin are not those that were asked for, or not of its account."""
        asked = await self._core.ledger.read(lambda books: books.said(job.id).sums)
        if position not in asked:
            return False
        lot = await self._lot(job.id, position)
        return asked[position] != lot.calls or bool(lot.accounts - {job.layers[position].account})

    async def hold_to_asked(self) -> None:
        """After a start: what is under way goes on with the calls that were asked for, or not at all."""
        under_way = await self._core.ledger.read(lambda books: [*map(books.jobs.get, books.jobs.under_way())])
        for job in under_way:
            layers = [n for n, layer in enumerate(job.layers) if layer.state is LayerState.PURGING]
            for position in layers:
                if await self._is_other(job, position):
                    await self._park(job, OTHER_CALLS)
                    break

    def _not_as_asked(self, books: Books, job: JobView) -> str:
        """Why what was asked for, or agreed to, is not what would be sent; "" when it is. Whether there were votes is
        asked of the journal, too: the table is what somebody may have changed."""
        said = books.said(job.id)
        is_bound = job.approval is not None or job.scheduled_for is not None or bool(said.needed)
        if not said.sent and not self._is_as_asked(books, job, said, is_bound):
            return CHANGED
        if not said.sent and said.is_early(self._core.clock.now()):
            return OTHER_TIME
        if said.sent and books.unlike(job.id):
            return OTHER_WORDS
        return no_longer_configured(books, self._core, job)

    def _is_as_asked(self, books: Books, job: JobView, said: Said, is_bound: bool) -> bool:
        """Whether a job that has not begun is what was asked for, of whom it was, and after what had to be proven; its
        targets and calls are looked at only where it `is_bound` to votes or a time: all calls are, layer by layer."""
        same = books.is_as_asked(job.id) if is_bound else books.is_judged_as_asked(job.id)
        is_first_proven = not job.after_proven or books.was_proven(job.after)
        return same and _is_of(said, job) and is_first_proven

    def _cleared(self, books: Books, job: JobView, position: int, people: People, now: float) -> JobView:
        held_back = clearance.cleared(books, self._core, job, people, now)
        if held_back is not None:
            return held_back
        return self._begin(books, still_urgent(books, self._core, job, people, now), position, now)

    async def _wait(self, job: JobView, until: float) -> None:
        if job.due_at is None or job.due_at <= self._core.clock.now() or until < job.due_at:
            await self._core.ledger.write(lambda books: books.jobs.save(replace(job, due_at=until)))
        self._core.engine.wake(job_name(job.id), until)

    async def _apply(self, job: JobView, change: Change) -> None:
        """Commit `change` if the job is still as it was read, then come back at its due time."""

        def deed(books: Books) -> JobView:
            fresh = books.jobs.get(job.id)
            is_other = fresh.state is not job.state or fresh.looks_begin != job.looks_begin  # one of before a retry
            if fresh.version != job.version and is_other:
                raise StaleJob(job.name)
            now = self._core.clock.now()
            changed = change(books, fresh, now)
            changed = held_to_journal(books, changed) if changed.state in _ENDS_SHORT else changed
            changed = books.jobs.save(replace(changed, crashes=0))
            keep_note(books, self._core, changed, now)
            books.messages.changed(job.id, now)
            return changed

        changed = await self._core.ledger.write(deed)
        self._core.engine.wake(SLACK)
        if not changed.state.is_open:
            self._meter(changed)
        wake_next(self._core, changed)
        if changed.due_at is not None:
            self._core.engine.wake(job_name(job.id), changed.due_at)
        if changed.warming is not None and changed.warming.ended is None:
            self._core.engine.wake(warm_name(changed.warming.id))

    def _meter(self, job: JobView) -> None:
        outcome = job.verdict if job.state is State.DONE else job.state
        took = job.proven - job.begins if job.proven is not None else None
        seconds = took if job.verdict is Verdict.FRESH else None
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
            endings.park(books, job, f"purgebot could not go on with it ({type(error).__name__}).", now)
            keep_note(books, self._core, books.jobs.get(number), now)

        await self._core.ledger.write(deed)
        self._core.engine.wake(SLACK)

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
        if not any(other.started for other in job.layers):
            tell_passed(books, job, now)
        books.jobs.save_layer(job.id, position, replace(layer, state=LayerState.PURGING, started=now, trouble=None))
        n = books.batches.release(job.id, position)
        again = books.batches.again_after(job.id, position)
        books.messages.say(job.id, Told(Event.LAYER_BEGUN, layer=layer.title, n=n, seconds=again), now)
        return replace(job, state=State.PURGING, due_at=now + 30.0)

    async def _lot(self, job: int, position: int) -> LotSum:
        """The layer's calls for the journal. None of them changes any more, so they are read before, in slices."""
        lot = LotSum()
        while await self._core.ledger.read(lambda books: books.lots.grow(lot, job, position)):
            pass
        return lot

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


def _is_of(said: Said, job: JobView) -> bool:
    """Whether it is of whom the journal says that asked for it."""
    return said.asked is None or said.asked[0] == job.requested_by
