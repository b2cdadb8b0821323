"""Whether what did not go of a job may be sent once more."""

from __future__ import annotations

from bot.domain.jobs.job import JobView, State


def can_be_retried(job: JobView) -> bool:
    """Whether sending it once more may help: not where all of it went, nor where every call that did not go was refused
    for what it asks, nor where it is not what was asked for."""
    if job.for_good or (job.state is State.CHECKING and not job.is_partial):
        return False
    troubles = [layer.trouble for layer in job.layers if layer.trouble is not None]
    return not troubles or any(trouble.cls != "Refused" for trouble in troubles)
