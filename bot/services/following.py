"""A job that waits for another site's: it begins only once that is proven, and never where it was not."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.job import JobView, State
from bot.domain.told import Event, Told
from bot.domain.verdict import Verdict
from bot.ledger.books import Books
from bot.services.forged import NOT_FIRST

LOOK_AGAIN = 5.0  # seconds; the end of the first job wakes it, this only finds a lost wake


def is_to_follow(job: JobView) -> bool:
    """Whether `job` may not begin yet, as far as the job before it goes."""
    return bool(job.after) and not job.after_proven and job.state is State.QUEUED


def follow(books: Books, job: JobView, now: float) -> JobView:
    """`job`, free to begin, still waiting, or ended because the first was not proven."""
    first = books.jobs.find(job.after)
    if first is not None and first.state.is_open:
        return replace(job, due_at=now + LOOK_AGAIN)
    is_forged = first is not None and not books.is_judged_as_asked(first.id)
    if first is not None and first.state is State.DONE and first.verdict is Verdict.FRESH and not is_forged:
        books.messages.say(job.id, Told(Event.FIRST_PROVEN, text=first.name, layer=first.site), now)
        return replace(job, after_proven=True, due_at=now)
    so = NOT_FIRST if is_forged else _not_proven(first)
    why = f"P-{job.after}, which comes first{f' on {first.site}' if first else ''}, {so}"
    books.batches.cancel(job.id)
    books.messages.say(job.id, Told(Event.NOT_FIRST, text=why), now)
    books.journal.add(now, "cancelled", "purgebot", job.id, why=why)
    return replace(job, state=State.CANCELLED, due_at=None, ended=now, stop_reason="purgebot", why=why)


def _not_proven(first: JobView | None) -> str:
    if first is None:
        return "is not known any more"
    if first.state is not State.DONE:
        return f"ended as {first.state}"
    nothing = "" if first.targets else "had nothing to purge and "
    return f"{nothing}{'still serves the old' if first.verdict is Verdict.STALE else 'could not be proven'}"
