"""What a job does next: one pure decision for each run, and the decision to retry a call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.domain.jobs.job import Approval, JobView, LayerState, LayerView, State
from bot.domain.proof.reached import LOOKED_BEFORE

LOOK_AFTER = (0.0, 2.0, 10.0, 30.0, 120.0)  # seconds after the purge; until fresh or until nothing can change
LOOKS_AT_NOTHING = 2  # where nothing was purged and nothing is expected, waiting changes nothing
NO_END = 30 * 86400.0  # seconds; what waits for a person without end is only looked at again so often, and never ended
DECIDE_WITHIN = 86400.0  # seconds a job that missed its time waits for a person
REMIND_MIN = 240.0  # seconds; who is asked for less time than this is not reminded
LANE_PATIENCE = 30.0  # seconds; a lane wakes its job, this only finds a lost wake


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before `until`."""

    until: float


@dataclass(frozen=True, slots=True)
class Expire:
    """Nobody said yes in time."""


@dataclass(frozen=True, slots=True)
class Remind:
    """Half of the time is over: call those who were asked and have not voted, once."""


@dataclass(frozen=True, slots=True)
class JudgeAgain:
    """What kept it from being voted on may be over: ask the policy."""


@dataclass(frozen=True, slots=True)
class ComeDue:
    """Its time has come."""


@dataclass(frozen=True, slots=True)
class Miss:
    """Its time passed long ago and nobody was there to begin it: a person decides."""


@dataclass(frozen=True, slots=True)
class LookBefore:
    """See what edges and origin serve, before anything is purged."""


@dataclass(frozen=True, slots=True)
class NothingToSend:
    """No cache is to be asked for anything: what the edges serve is looked at."""


@dataclass(frozen=True, slots=True)
class BeginLayer:
    """Let the lane of layer `position` send its calls."""

    position: int


@dataclass(frozen=True, slots=True)
class FinishLayer:
    """Layer `position` has gone; `troubled` when some of its calls did not."""

    position: int
    troubled: bool


@dataclass(frozen=True, slots=True)
class AskPerson:
    """Layer `position` has a call whose outcome is unknown and whose repeat would not be safe by itself."""

    position: int


@dataclass(frozen=True, slots=True)
class Confirm:
    """Ask layer `position`'s provider how far it is."""

    position: int


@dataclass(frozen=True, slots=True)
class LookAfter:
    """Look at the edge, for the `round`th time (from 0)."""

    round: int


@dataclass(frozen=True, slots=True)
class Finish:
    """All layers are done and nothing is left to look at."""


Step = (
    Wait
    | Expire
    | Remind
    | JudgeAgain
    | ComeDue
    | Miss
    | LookBefore
    | NothingToSend
    | BeginLayer
    | FinishLayer
    | AskPerson
    | Confirm
    | LookAfter
    | Finish
)


def next_step(job: JobView, now: float) -> Step:
    """What `job` does at `now`; `now` in seconds since the epoch. Total for open jobs."""
    match job.state:
        case State.WAITING:
            return _waiting(job.approval, job.created, now) if job.approval else Expire()
        case State.SCHEDULED:
            return _scheduled(job, now)
        case State.QUEUED:
            return LookBefore() if job.check and not job.looked_before else _begin(job, now)
        case State.PURGING | State.CONFIRMING:
            return _purging(job, now)
        case State.CHECKING:
            return _checking(job, now)
        case _:
            return Wait(job.due_at if job.due_at and job.due_at > now else now + NO_END)


def _waiting(approval: Approval, created: float, now: float) -> Step:
    if now >= approval.expires:
        return Expire()
    if approval.barred:
        again = approval.expires if approval.look_at is None else min(approval.look_at, approval.expires)
        return JudgeAgain() if now >= again else Wait(again)
    asked = approval.asked or created
    half = asked + (approval.expires - asked) / 2
    if approval.reminded or approval.expires - asked < REMIND_MIN:
        return Wait(approval.expires)
    return Remind() if now >= half else Wait(half)


def _scheduled(job: JobView, now: float) -> Step:
    """Never before its time; long after it only if a person says so."""
    at = job.created if job.scheduled_for is None else job.scheduled_for
    if job.missed is not None:
        ends = job.missed + DECIDE_WITHIN
        return Expire() if now >= ends else Wait(ends)
    if now < at:
        return Wait(at)
    return ComeDue() if now - at <= job.late_max else Miss()


def _begin(job: JobView, now: float) -> Step:
    """The first layer that is not done: one that is retried may have done some."""
    if not job.layers:
        return NothingToSend()
    left = [position for position, layer in enumerate(job.layers) if layer.state is not LayerState.DONE]
    return _begin_layer(job, left[0], now) if left else Finish()


def _begin_layer(job: JobView, position: int, now: float) -> Step:
    """The outermost layer begins right after a look: what came to the edges since an earlier one would pass for what
    the purge brought there."""
    is_last, looked = position == len(job.layers) - 1, max((look.at for look in job.before), default=now)
    return LookBefore() if is_last and job.check and now - looked > LOOKED_BEFORE else BeginLayer(position)


def _purging(job: JobView, now: float) -> Step:
    for position, layer in enumerate(job.layers):
        if layer.state is LayerState.DONE:
            continue
        if layer.state is LayerState.WAITING:
            return _begin_layer(job, position, now)
        return _in_layer(position, layer, now)
    return Finish()


def _in_layer(position: int, layer: LayerView, now: float) -> Step:
    if layer.open:
        return Wait(now + LANE_PATIENCE)
    if layer.unknown:
        return AskPerson(position)
    if layer.pending:
        due = layer.ready_at or now
        return Confirm(position) if now >= due else Wait(due)
    return FinishLayer(position, troubled=layer.failed > 0)


def _checking(job: JobView, now: float) -> Step:
    looks = looks_of(job)
    if not job.check or job.round >= len(looks):
        return Finish()
    due = look_due(job, now)
    return LookAfter(job.round) if now >= due else Wait(due)


def look_due(job: JobView, now: float) -> float:
    """When the edge of `job`, which has looks left, is looked at next, in seconds since the epoch."""
    return (now if job.looks_begin is None else job.looks_begin) + looks_of(job)[job.round]


def looks_of(job: JobView) -> Sequence[float]:
    """When the edge is looked at until it is proven, in seconds after the purge, or since a new check."""
    waits = job.targets or (job.deploy is not None and job.deploy.expected)
    return LOOK_AFTER if waits else LOOK_AFTER[:LOOKS_AT_NOTHING]


def ready(job: JobView, now: float) -> JobView:
    """`job`, which nothing keeps from beginning but its time."""
    at = job.scheduled_for
    if at is not None and now < at and job.ran_early is None:
        return replace(job, state=State.SCHEDULED, due_at=at)
    return replace(job, state=State.QUEUED, due_at=now)


@dataclass(frozen=True, slots=True)
class SendAgain:
    """Send once more, not before `at`."""

    at: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """It will not go; `stops_layer` when the layer's other calls would meet the same."""

    stops_layer: bool


@dataclass(frozen=True, slots=True)
class OutcomeOpen:
    """A repeat would not be safe by itself: a person decides."""


TRIES_MAX = 3
BACKOFF_BASE = 1.0  # seconds
BACKOFF_MAX = 30.0
RETRY_AFTER_MIN, RETRY_AFTER_MAX = 1.0, 300.0  # seconds; what a provider asks is believed within these
THROTTLE_WAIT_MAX = 60.0  # seconds; where it asks for none, each wait is twice the one before, up to this
THROTTLED_SECONDS = 900.0  # waited in a row before a call is given up
THROTTLES_MIN = 10  # refusals that are borne however long each wait is


def retry_decision(
    error: str, tries: int, throttles: int, everything: bool, retry_after: float | None, fraction: float, now: float
) -> SendAgain | GiveUp | OutcomeOpen:
    """What follows an error of class `error` after `tries` attempts (this one included). Throttled ones are counted in
    `throttles` instead, this one included, and given up after about THROTTLED_SECONDS of waiting. `retry_after` is in
    seconds, None where the provider did not say; `fraction` in [0, 1) is the jitter; `now` in seconds since the epoch.
    """
    match error:
        case "Throttled" if _is_borne(throttles, retry_after):
            wait = throttle_wait(throttles, retry_after)
            jitter = wait / 4 if retry_after is None else min(1.0, wait / 10)
            return SendAgain(now + wait + fraction * jitter)
        case "OutcomeUnknown" if everything:
            return OutcomeOpen()
        case "OutcomeUnknown" if tries < 2:
            return SendAgain(now + fraction * BACKOFF_BASE)
        case "Unavailable" if tries < TRIES_MAX:
            return SendAgain(now + BACKOFF_BASE / 2 + fraction * min(BACKOFF_MAX, BACKOFF_BASE * 2**tries))
        case "Refused" | "Unexpected":
            return GiveUp(stops_layer=False)
        case _:
            return GiveUp(stops_layer=True)


def after_the_end(error: str) -> GiveUp | OutcomeOpen:
    """What follows an error of class `error` where the job has ended while the call was in flight: no repeat."""
    return OutcomeOpen() if error == "OutcomeUnknown" else GiveUp(stops_layer=False)


def throttle_wait(throttles: int, retry_after: float | None) -> float:
    """Seconds to wait after the `throttles`th refusal in a row (from 1): what was asked for, else 1, 2, 4, … 60."""
    if retry_after is not None:
        return min(max(retry_after, RETRY_AFTER_MIN), RETRY_AFTER_MAX)
    return min(BACKOFF_BASE * 2.0 ** (min(throttles, 10) - 1), THROTTLE_WAIT_MAX)


def _is_borne(throttles: int, retry_after: float | None) -> bool:
    """Whether the waits before this refusal, taken to have been of the same sort, are less than THROTTLED_SECONDS."""
    if retry_after is not None and throttles <= THROTTLES_MIN:
        return True
    return sum(throttle_wait(n, retry_after) for n in range(1, throttles)) < THROTTLED_SECONDS
