"""How a layer ends and how a job does: what is written then, and told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.domain.actor import is_machine
from bot.domain.jobs.job import JobView, LayerState, State
from bot.domain.jobs.steps import NO_END
from bot.domain.jobs.thread_step import Event, Told
from bot.domain.proof.doubts import Doubt
from bot.ledger.books import Books
from bot.ledger.lots import LotSum
from bot.ledger.messages import Role
from bot.services.voting import approvals
from bot.services.voting.altered import held_to_journal

Change = Callable[[Books, JobView, float], JobView]  # what is written of a job in one write


def tell_askers(books: Books, job: JobView, now: float) -> None:
    """Where several ask for a job that ends here, by joining it or by queued requests that became one plan, or somebody
    asked for it twice, have everybody who asks told how, by name. Whoever had it looked at once more sees for
    themselves."""
    if job.purged is not None and job.looks_begin != job.purged:
        return
    if job.also_by or books.queue.joiners(job.id) & {*job.askers}:
        tell_all(books, job, now)


def tell_all(books: Books, job: JobView, now: float) -> None:
    """Have everybody who asks for a job that ends here told how, by name; machines look for themselves."""
    if not all(map(is_machine, job.askers)):
        books.messages.call(job.id, Role.END, now)


def park(books: Books, job: JobView, what: str, now: float, for_good: bool = False) -> None:
    """End a job that would stop the others: nothing more of it is sent, nor by a retry where it is `for_good`."""
    books.batches.cancel(job.id)
    parked = held_to_journal(books, replace(job, why=what, for_good=for_good))
    books.jobs.save(replace(parked, state=State.FAILED, due_at=None, ended=now))
    books.messages.say(job.id, Told(Event.PARKED, text=what), now)
    books.messages.changed(job.id, now)
    (tell_all if for_good else tell_askers)(books, job, now)
    books.journal.add(now, "parked", "purgebot", job.id, why=what, sent=sum(layer.sent for layer in job.layers))


def finish_layer(books: Books, job: JobView, position: int, troubled: bool, lot: LotSum, now: float) -> JobView:
    """Write what became of a layer, and go on to the next, to the looks, or to the end."""
    layer = job.layers[position]
    ids, notes, trouble, failing = books.batches.told(job.id, position)
    state = LayerState.FAILED if troubled else LayerState.DONE
    left = books.batches.not_purged(job.id, position) if troubled else 0
    told = replace(layer, state=state, ended=now, ids=ids, trouble=trouble, failing=failing, not_purged=left)
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
    books.messages.say(job.id, Told(Event.LAYER_STOPPED, layer=layer.title, text=trouble.what if trouble else ""), now)
    if last and layer.sent:
        return _purged(job, now)
    return _stopped(books, job, position, now)


def _purged(job: JobView, now: float) -> JobView:
    return replace(job, state=State.CHECKING, purged=now, looked_from=now, round=0, due_at=now)


def nothing_to_send(books: Books, job: JobView, now: float) -> JobView:
    """What came out needs no purge: the edges are looked at all the same."""
    return _purged(job, now)


def expire(books: Books, job: JobView, now: float) -> JobView:
    """Nobody said yes in time, or no yes would have helped, or nobody had begin what missed its time."""
    books.batches.cancel(job.id)
    barred = job.approval.barred if job.approval else ""
    why = "it missed its time, and nobody had it begin" if job.missed is not None else barred
    books.messages.say(
        job.id, Told(Event.EXPIRED, n=job.agreed, text=why, flying=sum(layer.sent for layer in job.layers)), now
    )
    approvals.tell_outcome(books, job, now)
    books.journal.add(now, "expired", "purgebot", job.id)
    return replace(job, state=State.EXPIRED, due_at=None, ended=now)


def ask_person(books: Books, job: JobView, position: int, now: float) -> JobView:
    """It is not known whether a layer's calls went: a person decides."""
    layer = job.layers[position]
    _, _, trouble, failing = books.batches.told(job.id, position)
    books.jobs.save_layer(job.id, position, replace(layer, state=LayerState.UNKNOWN, trouble=trouble, failing=failing))
    books.messages.say(job.id, Told(Event.ASKED_PERSON, layer=layer.title), now)
    books.journal.add(now, "outcome_unknown", "purgebot", job.id, account=layer.account)
    return replace(job, state=State.NEEDS_DECISION, due_at=now + NO_END)


def _stopped(books: Books, job: JobView, position: int, now: float) -> JobView:
    """An inner layer stopped the rest, or nothing went."""
    for outer in range(position + 1, len(job.layers)):
        books.jobs.save_layer(job.id, outer, replace(job.layers[outer], state=LayerState.STOPPED))
    books.messages.say(job.id, Told(Event.ENDED, text=State.FAILED), now)
    tell_askers(books, job, now)
    books.journal.add(now, "failed", "purgebot", job.id, layer=job.layers[position].account)
    return replace(job, state=State.FAILED, due_at=None, ended=now)


def finish(books: Books, job: JobView, now: float) -> JobView:
    """Everything that could be done and seen is."""
    job = held_to_journal(books, job)
    troubled = any(layer.failed for layer in job.layers)
    state = State.PARTIAL if troubled else State.DONE
    purged = state if job.layers else "unpurged"
    came = Doubt.MOVED_ON if Doubt.MOVED_ON in job.doubts else job.verdict
    books.messages.say(job.id, Told(Event.ENDED, text=f"{purged} {came}"), now)
    tell_askers(books, job, now)
    books.journal.add(now, "ended", "purgebot", job.id, state=state, verdict=job.verdict)
    return replace(job, state=state, due_at=None, ended=now)
