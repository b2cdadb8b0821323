"""A job that may begin but for a hold."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.hold import Hold
from bot.domain.job import JobView
from bot.domain.told import Event, Told
from bot.ledger.books import Books


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
