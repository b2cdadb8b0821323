"""Jobs that begin at their time: when that has come, when it was missed, when somebody has one begin now."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.actor import Actor
from bot.domain.jobs.job import JobView, State
from bot.domain.jobs.thread_step import Event, Told
from bot.ledger.books import Books
from bot.services.voting.approvals import tell_outcome


def come_due(books: Books, job: JobView, now: float) -> JobView:
    """Its time has come: it begins now."""
    at = job.created if job.scheduled_for is None else job.scheduled_for
    books.messages.say(job.id, Told(Event.CAME_DUE, seconds=now - at), now)
    books.journal.add(now, "came_due", "purgebot", job.id, due=at, late_s=round(now - at, 3))
    return _begun(job, now)


def miss(books: Books, job: JobView, now: float) -> JobView:
    """Its time has passed without it: whoever asked is told, and a person has it begin, or nobody does."""
    at = job.created if job.scheduled_for is None else job.scheduled_for
    books.messages.say(job.id, Told(Event.MISSED, seconds=now - at), now)
    books.journal.add(now, "missed", "purgebot", job.id, due=at, late_s=round(now - at, 3))
    tell_outcome(books, job, now)
    return replace(job, missed=now, due_at=now)


def run_now(books: Books, job: JobView, actor: Actor, rule: str, now: float) -> JobView:
    """`actor` has it begin now; `rule` let them."""
    at = job.created if job.scheduled_for is None else job.scheduled_for
    books.messages.say(job.id, Told(Event.RAN_NOW, who=actor.id, seconds=at - now), now)
    books.journal.add(now, "ran_now", actor.id, job.id, rule=rule, due=at)
    sending = max(0.0, (job.eta or now) - job.begins)
    return replace(_begun(job, now), ran_early=now, eta=now + sending)


def _begun(job: JobView, now: float) -> JobView:
    return replace(job, state=State.QUEUED, due_at=now, missed=None, looked_before=False)
