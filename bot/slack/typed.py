"""What people typed as a reason, a note or a URL, as far as a reply may show it: no mark in it is one of ours."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.jobs.hold import Hold
from bot.domain.jobs.job import JobView
from bot.domain.jobs.thread_step import Event
from bot.domain.jobs.timeline import Entry, Moment
from bot.services.replies import (
    Checked,
    Done,
    Explained,
    HoldEnded,
    HoldLaid,
    JobMade,
    JobShown,
    JobsListed,
    LogShown,
    PlanShown,
    Queued,
    QueuedOver,
    QueuedShown,
    Reply,
    SiteHeld,
    SitesListed,
    Warmed,
)

_BY_PEOPLE = frozenset(
    {
        Event.VOTED_NO, Event.HELD, Event.HELD_AHEAD, Event.GLASS_BROKEN, Event.REVIEWED, Event.CANCELLED, Event.JOINED,
    }
)  # fmt: skip
_FIELDS = ("reason", "why", "note")  # of the journal's entries


def typed_in(reply: Reply) -> tuple[str, ...]:
    """Each of them once."""
    return tuple(dict.fromkeys(text for text in _typed(reply) if text))


def _typed(reply: Reply) -> Iterator[str]:
    match reply:
        case JobMade(job) | Done(job):
            yield from _of_job(job)
        case Checked(urls=urls, left_out=left_out):
            yield from (*urls, *left_out)
        case Explained(url=url):
            yield url
        case Warmed(warming):
            yield from warming.urls
        case PlanShown(plan):
            yield from (target.value for target in plan.targets)
        case JobShown(job, _, moments):
            yield from _of_job(job)
            yield from (text for moment in moments for text in _of_moment(moment))
        case JobsListed(jobs, holds):
            yield from (text for job in jobs for text in _of_job(job))
            yield from _of_holds(*holds)
        case LogShown(_, jobs, undone=undone):
            yield from (text for kept in jobs for text in _of_job(kept.job))
            yield from (text for one in undone for text in (one.request.reason, one.over.why))
        case HoldLaid(hold, other) | HoldEnded(hold, other):
            yield from _of_holds(hold, other)
        case SiteHeld(hold=hold) | Queued(hold):
            yield from _of_holds(hold)
        case QueuedShown(waits):
            yield waits.request.reason
            yield from _of_holds(waits.hold)
        case QueuedOver(request, job, _, over):
            yield request.reason
            yield over.why if over else ""
            yield from _of_job(job) if job else ()
        case SitesListed(holds=holds):
            yield from _of_holds(*holds)


def _of_job(job: JobView) -> Iterator[str]:
    yield from job.sample
    yield job.reason
    yield job.stop_reason.partition(": ")[2]
    yield from _of_holds(job.held, job.held_ahead)
    if job.approval is not None:
        yield job.approval.broken_because
        yield from (vote.reason for vote in job.approval.votes)


def _of_moment(moment: Moment) -> Iterator[str]:
    if isinstance(moment.what, Entry):
        yield from (str(moment.what.doc[name]) for name in _FIELDS if name in moment.what.doc)
    elif moment.what.event in _BY_PEOPLE:
        yield moment.what.text


def _of_holds(*holds: Hold | None) -> Iterator[str]:
    yield from (hold.reason for hold in holds if hold is not None)
