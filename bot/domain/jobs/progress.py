"""How far a job is: one share for the card's bar and for the terminal's."""

from __future__ import annotations

from bot.domain.jobs.job import JobView, State

CALL_SECONDS = 0.002  # beside what pacing takes


def share_sent(job: JobView) -> float:
    """How much of the sending is behind us, 0 to 1, by the time that each layer was thought to take."""
    seconds = [layer.seconds + CALL_SECONDS * layer.calls for layer in job.layers]
    parts = [layer.sent / layer.calls if layer.calls else 0.0 for layer in job.layers]
    return sum(weight * part for weight, part in zip(seconds, parts, strict=True)) / max(sum(seconds), CALL_SECONDS)


def still_at_it(job: JobView) -> str:
    """The title of the provider that has taken all its calls and has not finished; "" where none is waited for."""
    if job.state is not State.CONFIRMING:
        return ""
    return next((layer.title for layer in job.layers if layer.pending), "")
