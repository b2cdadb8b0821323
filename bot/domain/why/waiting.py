"""What has not been sent yet: our jobs that wait, and requests that are in line behind a hold."""

from __future__ import annotations

from bot.domain.durations import length, span
from bot.domain.jobs.hold import ALL, Hold
from bot.domain.jobs.job import JobView, LayerState, LayerView, State
from bot.domain.shown import in_part
from bot.domain.why.case import Case, InLine, Ours
from bot.domain.why.cause import Cause, Certainty, Cure, Name
from bot.domain.why.remedy import every_key, or_wider

_REASON_MAX = 160  # characters
PEOPLE = (State.WAITING, State.NEEDS_DECISION)


def queued(case: Case) -> Cause | None:
    """A purge of this page, which is old somewhere, that has not been sent whole; not one that was asked for before
    another that was carried out."""
    if not case.saw_old and not case.is_old_to_somebody:
        return None
    last = case.last_purge.job.purged if case.last_purge is not None else None
    ours = next((o for o in case.covering() if o.job.state.is_open and o.job.purged is None), None)
    if ours is not None and last is not None and last > ours.job.created:
        return None
    if ours is not None and ours.job.state is State.CONFIRMING:
        return None
    if ours is not None:
        return _job(case, ours)
    return _request(case, case.in_line[0]) if case.in_line else None


def _job(case: Case, ours: Ours) -> Cause:
    job = ours.job
    behind = [f"{one.name} · {one.named} · {case.ago(one.at)} · in line behind the hold" for one in case.in_line]
    also = f" {case.in_line[0].name} would purge it too: {_held(case.hold)}." if case.in_line else ""
    return Cause(
        Name.QUEUED,
        Certainty.SEEN,
        f"{job.name}, which would purge it, {_waits(job, case)}{also}",
        (f"{job.name} · {ours.named} · {case.ago(job.created)}", *behind[:2], *_hold_line(case, case.hold)),
        Cure(f"Show {job.name}", f"status {job.name}", _next(job, case)),
        _sooner(job, case),
        asked_by=job.requested_by,
    )


def _request(case: Case, first: InLine) -> Cause:
    return Cause(
        Name.QUEUED,
        Certainty.SEEN,
        f"{first.name}, which would purge it, waits: {_held(case.hold)}.",
        (f"{first.name} · {first.named} · {case.ago(first.at)}", *_hold_line(case, case.hold)),
        Cure(f"Show {first.name}", f"show {first.name}", f"{first.name} runs when the hold ends: an approver ends it."),
        "What must go out during a hold: an approver ends the hold, or says so to whoever set it.",
        asked_by=first.by,
    )


def _held(hold: Hold | None) -> str:
    if hold is None:
        return "the hold has just ended, and it runs next"
    return f"{'everything' if hold.site == ALL else hold.site} is on hold"


def _hold_line(case: Case, hold: Hold | None) -> tuple[str, ...]:
    return (
        (f"on hold since {span(max(0.0, case.now - hold.since))}: {in_part(hold.reason, _REASON_MAX)}",)
        if hold is not None
        else ()
    )


def _waits(job: JobView, case: Case) -> str:
    if job.state in PEOPLE:
        for_what = "for votes" if job.state is State.WAITING else "for a decision, since an answer was lost"
        begins = f", and then for its time: it begins {_time(job, case)}" if _is_ahead(job, case) else ""
        return f"waits {for_what}{begins}{f'; and {_held(case.hold)}' if case.hold is not None else ''}."
    if job.held is not None:
        return f"waits: {_held(job.held)}."
    if job.state is State.SCHEDULED and job.unknown:
        return "cannot begin, as purgebot is configured now."
    if job.state is State.SCHEDULED:
        if _is_ahead(job, case):
            return f"waits for its time: it begins {_time(job, case)}."
        return "has missed its time." if job.missed is not None else "waits for its time, which is now."
    waiting = _throttled(job, case.now)
    if waiting is not None:
        left = span(max(1.0, (waiting.waits_until or case.now) - case.now))
        return f"waits for {waiting.title}, which takes no more calls for {left}."
    layer = next((one for one in job.layers if one.state is LayerState.PURGING and one.sent < one.calls), None)
    if layer is None:
        return "has not begun." if job.state is State.QUEUED else "is still being sent."
    return f"is still being sent: {layer.sent} of {layer.calls} calls to {layer.title} are done."


def _is_ahead(job: JobView, case: Case) -> bool:
    return job.missed is None and job.scheduled_for is not None and job.begins > case.now


def _time(job: JobView, case: Case) -> str:
    """When it begins, from now and on the clocks that it was asked for by."""
    on_the_clock = f", {job.begins_told}" if job.begins_told else ""
    return f"in {length(job.begins - case.now)}{on_the_clock}"


def _throttled(job: JobView, now: float) -> LayerView | None:
    return next((layer for layer in job.layers if (layer.waits_until or 0) > now), None)


def _next(job: JobView, case: Case) -> str:
    """Who has to do what, so that it goes out."""
    if job.state is State.WAITING:
        return f"An approver answers {job.name}: its card says who is asked."
    if job.state is State.NEEDS_DECISION:
        return f"Somebody decides about {job.name}: its card asks."
    if job.held is not None:
        return f"{job.name} runs when the hold ends: an approver ends it."
    if job.state is State.SCHEDULED and job.unknown:
        return f"Its card says why. The page alone goes out by `{or_wider(case).typed}`."
    if job.state is State.SCHEDULED:
        now = f"`run {job.name}`, or *Run now* on its card, has all of it begin now"
        waits = f"Somebody decides about {job.name}" if job.missed is not None else f"{job.name} begins by itself then"
        return f"{waits}: {now}. The page alone goes out by `{or_wider(case).typed}`."
    return f"Wait: {job.name} goes on by itself."


def _sooner(job: JobView, case: Case) -> str:
    if job.state is State.WAITING:
        return "A narrower purge may need no votes: `plan …` says so beforehand."
    if job.state is State.NEEDS_DECISION:
        return "Watch the site's channel: a job that needs a decision says so there."
    if job.held is not None:
        return "What must go out during a hold: an approver ends the hold, or says so to whoever set it."
    if job.state is State.SCHEDULED:
        return "What is to be new at once is purged without a time; a time is for what changes then."
    if job.targets > 1 and (one := every_key(case)):
        return f"One {one} needs one call where a list of URLs needs many."
    if _throttled(job, case.now):
        return "`limits` shows how many calls are left, and what uses them up."
    return "Nothing is to be prevented: it is on its way, and its card says when it is proven."
