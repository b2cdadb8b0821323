"""What a job's state means to a pipeline: the exit codes as promised.

0 done, and fresh or unchecked   4 needs a person
1 failed or partial              5 denied, expired or cancelled
2 wrong usage or configuration   6 purged, proof not possible
3 purged, still old at the edge  7 time-out of `wait`
"""

from __future__ import annotations

from collections.abc import Mapping

OK, FAILED, USAGE, STALE, PERSON, STOPPED, UNPROVEN, LATE = range(8)

_BY_STATE = {
    "failed": FAILED,
    "partial": FAILED,
    "waiting": PERSON,
    "needs_decision": PERSON,
    "denied": STOPPED,
    "expired": STOPPED,
    "cancelled": STOPPED,
}
_BY_VERDICT = {"fresh": OK, "unchecked": OK, "stale": STALE, "unknown": UNPROVEN}


def exit_code(job: Mapping[str, object]) -> int:
    """The exit code for a job's record that has settled; LATE for one still under way."""
    state = str(job.get("state"))
    if state == "done":
        return _BY_VERDICT.get(str(job.get("verdict")), UNPROVEN)
    return _BY_STATE.get(state, LATE)


def exit_of_answer(status: int, state: str = "", verdict: str = "") -> int:
    """The exit code for an answer to a command, by its HTTP status, the state of the job that was asked for, and the
    verdict of a check."""
    if status >= 400:
        return STOPPED if status == 403 else FAILED if status >= 500 else USAGE
    if state in ("waiting", "needs_decision"):
        return PERSON
    return _BY_VERDICT.get(verdict, OK)


def is_settled(job: Mapping[str, object], through_approval: bool) -> bool:
    """Whether there is nothing to wait for; an approval is waited for only by `wait`."""
    state = str(job.get("state"))
    if state == "waiting":
        return not through_approval
    return state in ("done", "needs_decision") or state in _BY_STATE
