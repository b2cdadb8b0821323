"""What a pipeline reads from the end of `purge` and `wait`."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.jobs.job import State
from bot.domain.proof.verdict import Verdict
from bot.domain.why import Name
from bot.exits import MEANINGS, exit_code, exit_of_lint, exit_of_warming, exit_of_why, is_settled

BY_VERDICT = {Verdict.FRESH: 0, Verdict.UNCHECKED: 0, Verdict.STALE: 3, Verdict.UNKNOWN: 6}
BY_STATE = {
    State.PARTIAL: 1,
    State.FAILED: 1,
    State.WAITING: 4,
    State.NEEDS_DECISION: 4,
    State.DENIED: 5,
    State.EXPIRED: 5,
    State.CANCELLED: 5,
    State.SCHEDULED: 0,
    State.QUEUED: 7,
    State.PURGING: 7,
    State.CONFIRMING: 7,
    State.CHECKING: 7,
}
ENDS = {
    State.DONE,
    State.PARTIAL,
    State.FAILED,
    State.DENIED,
    State.EXPIRED,
    State.CANCELLED,
    State.NEEDS_DECISION,
}


@pytest.mark.parametrize(("verdict", "code"), BY_VERDICT.items(), ids=str)
def test_a_done_job_ends_by_its_verdict(verdict: Verdict, code: int) -> None:
    assert exit_code({"state": "done", "verdict": str(verdict)}) == code


@pytest.mark.parametrize(("state", "code"), BY_STATE.items(), ids=str)
@pytest.mark.parametrize("verdict", Verdict)
def test_any_other_job_ends_by_its_state(state: State, code: int, verdict: Verdict) -> None:
    assert exit_code({"state": str(state), "verdict": str(verdict)}) == code


def test_every_state_has_an_exit_code() -> None:
    assert {State.DONE, *BY_STATE} == set(State)


@pytest.mark.parametrize("state", State)
def test_wait_goes_on_through_an_approval(state: State) -> None:
    assert is_settled({"state": str(state)}, through_approval=True) == (state in ENDS)


@pytest.mark.parametrize("state", State)
def test_purge_stops_at_an_approval(state: State) -> None:
    stops = ENDS | {State.WAITING, State.SCHEDULED}
    assert is_settled({"state": str(state)}, through_approval=False) == (state in stops)


def test_a_done_job_of_a_verdict_never_heard_of_is_not_called_fresh() -> None:
    assert exit_code({"state": "done", "verdict": "sparkling"}) == 6


def test_the_terminal_s_page_lists_every_code() -> None:
    page = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ") and line[2].isdigit()]
    assert [f"| {code} | {meaning} |" for code, meaning in MEANINGS.items()] == rows


LINTS = {
    "nothing asked": ("error", 50, "", 0),
    "as bad": ("error", 50, "error", 1),
    "worse": ("error", 50, "info", 1),
    "not so bad": ("warn", 50, "error", 0),
    "a note counts where it is asked for": ("info", 97, "info", 1),
    "nothing found": (None, 100, "info", 0),
    "nothing read": (None, None, "error", 6),
    "an error page that is kept": ("warn", None, "warn", 1),
}


@pytest.mark.parametrize(("worst", "score", "fail_on", "code"), LINTS.values(), ids=LINTS)
def test_a_lint_ends_by_what_was_asked_for(worst: str | None, score: int | None, fail_on: str, code: int) -> None:
    assert code == exit_of_lint({"worst": worst, "score": score}, fail_on)


@pytest.mark.parametrize(("unread", "code"), [("/b", 6), ("/app.js", 0)], ids=["a page", "a file of a page"])
def test_a_lint_that_misses_a_page_cannot_tell(unread: str, code: int) -> None:
    record = {"worst": None, "score": 100, "pages": ["/a", "/b"], "unread": [{"url": unread, "why": "no answer"}]}
    assert code == exit_of_lint(record, "error")


@pytest.mark.parametrize(("warm", "code"), [(True, 0), (False, 1), (None, 7)], ids=["all", "not all", "goes on"])
def test_a_warming_ends_by_what_is_warm(warm: bool | None, code: int) -> None:
    assert code == exit_of_warming({"warming": "W-3", "warm": warm})


def test_a_diagnosis_that_names_no_cause_ends_as_not_to_be_told() -> None:
    codes = {name: exit_of_why({"cause": str(name)}) for name in Name}
    assert {Name.NO_ANSWER, Name.UNKNOWN} == {name for name, code in codes.items() if code == 6}
    assert {0, 6} == set(codes.values())
