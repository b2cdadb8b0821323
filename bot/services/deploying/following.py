"""A job that waits for another site's: it begins only once that is proven, and never where it was not."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.jobs.job import JobView, State
from bot.domain.jobs.thread_step import Event, Told
from bot.domain.proof.verdict import Verdict
from bot.ledger.books import Books
from bot.services.voting.forged import NOT_FIRST

LOOK_AGAIN = 5.0  # seconds; the end of the first job wakes it, this only finds a lost wake
_PURGED = frozenset({State.DONE, State.CHECKING})  # and looked at once more


def is_to_follow(job: JobView) -> bool:
    """Whether `job` may not begin yet, as far as the job before it goes."""
    return bool(job.after) and not job.after_proven and job.state in (State.QUEUED, State.WAITING)


def is_settled(books: Books, job: JobView) -> bool:
    """Whether it is known if `job`, which waits for votes, can follow: its votes are asked for in vain, or it need not
    wait for the job before it any more."""
    return _is_free(books, job) or bool(given_up_for(books, job))


def follow(books: Books, job: JobView, now: float) -> JobView:
    """`job`, free to begin, still waiting, or ended because the first was not proven."""
    if _is_free(books, job):
        first, waits = books.jobs.get(job.after), job.state is State.WAITING
        books.messages.say(job.id, Told(Event.FIRST_PROVEN, text=first.name, layer=first.site, n=int(waits)), now)
        return replace(job, after_proven=True, due_at=now)
    why = given_up_for(books, job)
    if not why:
        return replace(job, due_at=now + LOOK_AGAIN)
    books.batches.cancel(job.id)
    books.messages.say(job.id, Told(Event.NOT_FIRST, text=why), now)
    books.journal.add(now, "cancelled", "purgebot", job.id, why=why)
    return replace(job, state=State.CANCELLED, due_at=None, ended=now, stop_reason="purgebot", why=why)


def given_up_for(books: Books, job: JobView) -> str:
    """Why `job`, which is to follow another, never begins; "" where it still may, or follows none."""
    if not is_to_follow(job) or _is_free(books, job):
        return ""
    first = books.jobs.find(job.after)
    if first is not None and first.state.is_open:
        return ""
    so = NOT_FIRST if first is not None and not books.is_judged_as_asked(first.id) else _not_proven(first)
    return f"P-{job.after}, which comes first{f' on {first.site}' if first else ''}, {so}"


def _is_free(books: Books, job: JobView) -> bool:
    """Whether the first job is what was asked for, and is proven, or was: another look changes nothing of that."""
    first = books.jobs.find(job.after)
    if first is None or first.is_partial or first.state not in _PURGED or not books.is_judged_as_asked(first.id):
        return False
    is_fresh = first.state is State.DONE and first.verdict is Verdict.FRESH
    return is_fresh or books.has_ended_proven(first.id)


def _not_proven(first: JobView | None) -> str:
    if first is None:
        return "is not known any more"
    if first.state is not State.DONE:
        return f"ended as {first.state}"
    nothing = "" if first.targets else "had nothing to purge and "
    return f"{nothing}{'still serves the old' if first.verdict is Verdict.STALE else 'could not be proven'}"
