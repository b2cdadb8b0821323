"""What is open and cannot run as purgebot is configured now: what waits says so, before its time has come."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.jobs.job import JobView, State
from bot.domain.jobs.thread_step import Event, Told
from bot.ledger.books import Books
from bot.services.configured import ANEW, no_longer_configured
from bot.services.setup import Core
from bot.services.voting.approvals import tell_outcome


def doubt_waiting(books: Books, core: Core, now: float) -> None:
    """Where the configuration of now knows a job no more, or again, what waits for votes is due to be judged anew, and
    what waits for its time says so, as those who asked for it are told."""
    for number in books.jobs.waiting():
        job = books.jobs.get(number)
        gone = no_longer_configured(books, core, job).removesuffix(f" {ANEW}")
        if job.state is State.SCHEDULED and gone != job.unknown:
            _doubt_scheduled(books, replace(job, unknown=gone), now)
        elif job.state is State.WAITING and job.approval is not None and bool(gone) != job.approval.bar_gone:
            books.jobs.save(replace(job, approval=replace(job.approval, policy=""), due_at=now))


def _doubt_scheduled(books: Books, job: JobView, now: float) -> None:
    books.jobs.save(job)
    if job.unknown:
        books.messages.say(job.id, Told(Event.UNCONFIGURED, text=job.unknown, n=1), now)
        tell_outcome(books, job, now)
    books.messages.changed(job.id, now)
