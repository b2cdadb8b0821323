"""Purges of the page that came to nothing: denied, cancelled or expired before they were carried out."""

from __future__ import annotations

from bot.domain.jobs.job import JobView, State
from bot.domain.policies.wording import expired
from bot.domain.shown import in_part
from bot.domain.why.case import Case, Ours

TOLD_FOR = 86_400.0  # seconds
_STATES = (State.DENIED, State.CANCELLED, State.EXPIRED)
_REASON_MAX = 160  # characters


def newest(case: Case) -> Ours | None:
    """The newest purge of the page, where that came to nothing within a day."""
    ours = next(iter(case.covering()), None)
    if ours is None or ours.job.state not in _STATES or case.now - _ended(ours.job) > TOLD_FOR:
        return None
    return ours


def told(case: Case, ours: Ours) -> str:
    """What became of it, when and why, and whether some of it went; who ended it is told elsewhere."""
    job = ours.job
    how = f"{job.state.value} {case.ago(_ended(job))}{f': {why}' if (why := _why(job)) else ''}"
    went = "some of it was sent before that" if job.has_begun else "nothing of it was sent"
    return f"{job.name} · {ours.named} · {how} · {went}"


def ended_by(job: JobView) -> str:
    """Who denied or cancelled it; "" for nobody."""
    return "" if job.state is State.EXPIRED else job.stop_reason.partition(": ")[0]


def sent_nothing(ours: Ours) -> bool:
    """Whether it came to nothing before anything was sent, so that no copy can have to do with it."""
    return ours.job.state in _STATES and not ours.job.has_begun


def _ended(job: JobView) -> float:
    return job.ended if job.ended is not None else job.created


def _why(job: JobView) -> str:
    if job.state is not State.EXPIRED:
        return in_part(job.stop_reason.partition(": ")[2] or job.why, _REASON_MAX)
    approval = job.approval
    if job.missed is not None:
        return "it missed its time and nobody had it begin"
    if approval is not None and (approval.bar_gone or approval.barred):
        return in_part(approval.barred, _REASON_MAX) or "it could not run as purgebot is configured"
    return expired(job.agreed)
