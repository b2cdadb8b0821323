"""A job that may begin but for a hold, or since this bot only observes."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.jobs.hold import ALL, OBSERVER, Hold
from bot.domain.jobs.job import JobView, LayerState, State
from bot.domain.jobs.thread_step import Event, Told
from bot.ledger.books import Books

OBSERVING = "it only observes for now (`mode: observe`); this goes on once the mode is `live`"
LIVE_AGAIN = 900.0  # seconds; the end of observing wakes what it kept, this only finds a lost wake


def observes(books: Books, job: JobView, now: float) -> JobView:
    """`job`, which nothing keeps from going on but that this bot purges nothing at all."""
    already = job.held if job.held is not None and job.held.observes else None
    held = hold_back(books, job, already or Hold(ALL, OBSERVER, OBSERVING, now), now)
    return replace(held, held_ends=None, held_no="", due_at=now + LIVE_AGAIN)


def mind_the_mode(books: Books, observe: bool, now: float) -> list[int]:
    """After a start or a change of what is configured: say of what is under way that it stands still, and let go what
    stood still, by number."""
    freed = []
    for number in books.jobs.under_way():
        job = books.jobs.get(number)
        if observe and job.held is None and _is_still_to_send(job):
            kept = hold_back(books, job, Hold(ALL, OBSERVER, OBSERVING, now), now)
            books.jobs.save(replace(kept, looked_before=job.looked_before))
            books.messages.changed(number, now)
        elif not observe and job.held is not None and job.held.observes:
            books.messages.say(number, Told(Event.LET_GO, who=OBSERVER), now)
            books.jobs.save(replace(job, held=None, held_ends=None, held_no="", due_at=now))
            books.messages.changed(number, now)
            freed.append(number)
    return freed


def _is_still_to_send(job: JobView) -> bool:
    """Whether a job that has begun has calls left to send."""
    if job.state is State.CONFIRMING:
        return any(layer.state is LayerState.WAITING for layer in job.layers)
    return job.state is State.PURGING


def hold_back(books: Books, job: JobView, hold: Hold, now: float) -> JobView:
    """`job`, kept from beginning by `hold`, which is told once; what is seen before a purge is looked at anew then."""
    if job.held != hold:
        books.messages.say(job.id, Told(Event.HELD, who=hold.by, seconds=hold.until or 0.0, text=hold.reason), now)
        books.journal.add(now, "held", "purgebot", job.id, by=hold.by, why=hold.reason)
    return replace(job, held=hold, held_ends=books.holds.ends(job.site, now), looked_before=False)


def tell_ahead(books: Books, job: JobView, now: float) -> None:
    """Say in the thread of `job`, which begins later, who holds its site while it is made."""
    hold = job.held_ahead
    if hold is not None:
        lasts = hold.until is None or hold.until > job.begins
        told = Told(Event.HELD_AHEAD, who=hold.by, n=int(lasts), seconds=hold.until or 0.0, text=hold.reason)
        books.messages.say(job.id, told, now)
