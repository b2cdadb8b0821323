"""What a job's state means to a pipeline: the exit codes as promised."""

from __future__ import annotations

from collections.abc import Mapping

OK, FAILED, USAGE, STALE, PERSON, STOPPED, UNPROVEN, LATE = range(8)

IN_LINE, TAKEN_UP = "in_line", "taken_up"  # of a queued request: it waits for the end of a hold, a job does it

MEANINGS = {
    OK: "done, and fresh at the edge or not looked at, or scheduled; for a warming: all of it is warm",
    FAILED: "failed or partly purged, or no bot answers; for a lint: something as bad as --fail-on;"
    " for a warming: some of it is not warm",
    USAGE: "wrong usage or configuration",
    STALE: "purged, but the edge still serves the old content; for a check: the edge is old",
    PERSON: "waits for approval, for a person to decide, or in line for the end of a hold",
    STOPPED: "refused by the policy, denied, expired or cancelled",
    UNPROVEN: "purged, proof not possible; for a check, lint or why: it cannot be told",
    LATE: "--timeout is over, and the job goes on; for a warming: it goes on",
}

_BY_STATE = {
    "failed": FAILED,
    "partial": FAILED,
    "waiting": PERSON,
    "needs_decision": PERSON,
    "denied": STOPPED,
    "expired": STOPPED,
    "cancelled": STOPPED,
}
_NO_CAUSE = ("no answer", "it cannot be told")
_BY_VERDICT = {"fresh": OK, "unchecked": OK, "stale": STALE, "unknown": UNPROVEN}


def exit_code(job: Mapping[str, object]) -> int:
    """The exit code for a job's record that has settled; LATE for one still under way."""
    state = str(job.get("state"))
    if state == "scheduled":
        return OK
    if state == "done":
        return _BY_VERDICT.get(str(job.get("verdict")), UNPROVEN)
    return _BY_STATE.get(state, LATE)


def exit_of_answer(status: int, state: str = "", verdict: str = "") -> int:
    """The exit code for an answer to a command, by its HTTP status, the state of the job that was asked for, and the
    verdict of a check."""
    if status >= 400:
        return STOPPED if status == 403 else FAILED if status >= 500 else USAGE
    if state in ("waiting", "needs_decision", IN_LINE):
        return PERSON
    return _BY_VERDICT.get(verdict, OK)


def exit_of_queued(state: str) -> int:
    """The exit code for a queued request that was waited for and that no job took up: LATE while it waits."""
    return LATE if state == IN_LINE else STOPPED


def exit_of_lint(record: Mapping[str, object], fail_on: str) -> int:
    """The exit code for a lint's record: FAILED where something is as bad as `fail_on` ("" for never) or worse,
    UNPROVEN where a page could not be read."""
    worst, ranks = str(record.get("worst")), ("error", "warn", "info")
    if fail_on in ranks and worst in ranks[: ranks.index(fail_on) + 1]:
        return FAILED
    return UNPROVEN if record.get("score") is None or _missed(record) else OK


def _missed(record: Mapping[str, object]) -> bool:
    """Whether one of the pages is among what could not be read."""
    pages, unread = record.get("pages"), record.get("unread")
    if not isinstance(pages, list) or not isinstance(unread, list):
        return False
    return any(isinstance(one, Mapping) and one.get("url") in pages for one in unread)


def exit_of_warming(record: Mapping[str, object]) -> int:
    """The exit code for a warming's record: FAILED where something could not be warmed or it was stopped, LATE while it
    goes on."""
    warm = record.get("warm")
    return LATE if warm is None else OK if warm is True else FAILED


def exit_of_why(cause: Mapping[str, object]) -> int:
    """The exit code for a diagnosis: OK where a cause is named, UNPROVEN where there is none to name."""
    return UNPROVEN if cause.get("cause") in _NO_CAUSE else OK


def is_settled(job: Mapping[str, object], through_approval: bool) -> bool:
    """Whether there is nothing to wait for; an approval is waited for only by `wait`."""
    state = str(job.get("state"))
    if state in ("waiting", "scheduled"):
        return not through_approval
    return state in ("done", "needs_decision") or state in _BY_STATE
