"""What a job does next, and when a call is sent again: pure decisions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.jobs.job import Approval, JobView, LayerState, LayerView, State
from bot.domain.jobs.steps import (
    LOOK_AFTER,
    NO_END,
    AskPerson,
    BeginLayer,
    Confirm,
    Expire,
    Finish,
    FinishLayer,
    GiveUp,
    LookAfter,
    LookBefore,
    OutcomeOpen,
    Remind,
    SendAgain,
    Step,
    Wait,
    next_step,
    retry_decision,
)
from bot.domain.proof.verdict import Verdict
from providers.contract import Kind

NOW = 1_800_000_000.0


def layer(state: LayerState = LayerState.WAITING, **counts: int) -> LayerView:
    return replace(LayerView("cf", "Cloudflare", state, 3, 0), **counts)  # type: ignore[arg-type]


def job(state: State, *layers: LayerView, **more: object) -> JobView:
    bare = JobView(
        1, "shop", "production", state, Verdict.UNCHECKED, Kind.URL, 1, (), False, "U_MIA", NOW, layers, "d", "small"
    )
    return replace(bare, **more)  # type: ignore[arg-type]


DONE = layer(LayerState.DONE)
BUSY = LayerState.PURGING
ASKED = Approval(1, ("U_LEA",), NOW + 60, "wide", "why")
LONG = Approval(1, ("U_LEA",), NOW + 1800, "wide", "why", asked=NOW)

STEPS = [
    pytest.param(job(State.WAITING, layer(), approval=ASKED), Wait(NOW + 60), id="waits-for-votes"),
    pytest.param(
        job(State.WAITING, layer(), approval=replace(ASKED, expires=NOW)), Expire(), id="expires-on-the-second"
    ),
    pytest.param(job(State.WAITING, layer(), approval=LONG), Wait(NOW + 900), id="wakes-at-half-time"),
    pytest.param(
        job(State.WAITING, layer(), approval=replace(LONG, asked=NOW - 900, expires=NOW + 900)),
        Remind(),
        id="reminds-at-half-time",
    ),
    pytest.param(
        job(State.WAITING, layer(), approval=replace(LONG, asked=NOW - 900, expires=NOW + 900, reminded=True)),
        Wait(NOW + 900),
        id="reminds-once",
    ),
    pytest.param(
        job(State.WAITING, layer(), approval=replace(LONG, asked=NOW - 120, expires=NOW + 119)),
        Wait(NOW + 119),
        id="reminds-nobody-of-a-short-wait",
    ),
    pytest.param(
        job(State.WAITING, layer(), approval=replace(LONG, asked=0.0)),
        Wait(NOW + 900),
        id="an-older-ledgers-job",
    ),
    pytest.param(job(State.QUEUED, layer()), LookBefore(), id="looks-first"),
    pytest.param(job(State.QUEUED, layer(), check=False), BeginLayer(0), id="looks-not-when-told-not-to"),
    pytest.param(job(State.QUEUED, layer(), looked_before=True), BeginLayer(0), id="begins-after-the-look"),
    pytest.param(job(State.PURGING, DONE, layer()), BeginLayer(1), id="next-layer"),
    pytest.param(job(State.PURGING, layer(BUSY, open=1), layer()), Wait(NOW + 30), id="calls-under-way"),
    pytest.param(job(State.PURGING, layer(BUSY, failed=1), layer()), FinishLayer(0, True), id="inner-layer-in-trouble"),
    pytest.param(job(State.PURGING, layer(BUSY), layer()), FinishLayer(0, False), id="layer-gone"),
    pytest.param(job(State.PURGING, layer(BUSY, unknown=1)), AskPerson(0), id="outcome-unknown"),
    pytest.param(job(State.PURGING, layer(BUSY, pending=1)), Confirm(0), id="provider-still-at-it"),
    pytest.param(
        job(State.CONFIRMING, replace(layer(BUSY, pending=1), ready_at=NOW + 5)),
        Wait(NOW + 5),
        id="not-asked-too-early",
    ),
    pytest.param(job(State.PURGING, DONE, DONE), Finish(), id="nothing-left"),
    pytest.param(job(State.CHECKING, DONE, purged=NOW), LookAfter(0), id="first-look-at-once"),
    pytest.param(job(State.CHECKING, DONE, purged=NOW, round=1), Wait(NOW + 2), id="second-look-after-two-seconds"),
    pytest.param(job(State.CHECKING, DONE, purged=NOW, round=len(LOOK_AFTER)), Finish(), id="five-looks-are-enough"),
    pytest.param(
        job(State.CHECKING, DONE, purged=NOW - 86400, looked_from=NOW - 1, round=1),
        Wait(NOW + 1),
        id="looks-of-a-new-check-begin-anew",
    ),
    pytest.param(job(State.CHECKING, DONE, purged=NOW, check=False), Finish(), id="unchecked"),
    pytest.param(job(State.NEEDS_DECISION, DONE, due_at=NOW + 9), Wait(NOW + 9), id="a-person-decides"),
    pytest.param(job(State.NEEDS_DECISION, DONE, due_at=NOW), Wait(NOW + NO_END), id="nothing-but-a-person-decides"),
]


@pytest.mark.parametrize(("subject", "expected"), STEPS)
def test_the_next_step(subject: JobView, expected: Step) -> None:
    assert expected == next_step(subject, NOW)


RETRIES = [
    pytest.param("Unavailable", 1, 0, False, None, SendAgain(NOW + 1.5), id="first-time-unavailable"),
    pytest.param("Unavailable", 3, 0, False, None, GiveUp(True), id="third-time-unavailable"),
    pytest.param("OutcomeUnknown", 1, 0, False, None, SendAgain(NOW + 0.5), id="outcome-unknown-once-more"),
    pytest.param("OutcomeUnknown", 2, 0, False, None, GiveUp(True), id="outcome-unknown-twice"),
    pytest.param("OutcomeUnknown", 1, 0, True, None, OutcomeOpen(), id="everything-is-never-repeated-by-itself"),
    pytest.param("Throttled", 1, 1, False, 3.0, SendAgain(NOW + 3.15), id="throttled-waits-what-was-asked"),
    pytest.param("Throttled", 1, 1, False, 1e9, SendAgain(NOW + 300.5), id="throttled-within-sane-bounds"),
    pytest.param("Throttled", 1, 1, False, 0.0, SendAgain(NOW + 1.05), id="throttled-not-at-once"),
    pytest.param("Throttled", 1, 300, False, 3.0, SendAgain(NOW + 3.15), id="throttled-for-just-under-15-minutes"),
    pytest.param("Throttled", 1, 301, False, 3.0, GiveUp(True), id="throttled-for-15-minutes"),
    pytest.param("Throttled", 1, 10, False, 300.0, SendAgain(NOW + 300.5), id="throttled-ten-times-however-long"),
    pytest.param("Throttled", 1, 11, False, 300.0, GiveUp(True), id="throttled-eleven-times-for-long"),
    pytest.param("Throttled", 1, 1, False, None, SendAgain(NOW + 1.125), id="throttled-without-a-word-one-second"),
    pytest.param("Throttled", 1, 4, False, None, SendAgain(NOW + 9), id="throttled-without-a-word-twice-as-long"),
    pytest.param("Throttled", 1, 7, False, None, SendAgain(NOW + 67.5), id="throttled-without-a-word-a-minute"),
    pytest.param("Throttled", 1, 20, False, None, SendAgain(NOW + 67.5), id="throttled-without-a-word-14-minutes"),
    pytest.param("Throttled", 1, 21, False, None, GiveUp(True), id="throttled-without-a-word-for-15-minutes"),
    pytest.param("Refused", 1, 0, False, None, GiveUp(False), id="refused-leaves-the-others"),
    pytest.param("Unexpected", 1, 0, False, None, GiveUp(False), id="unexpected-leaves-the-others"),
    pytest.param("BadCredentials", 1, 0, False, None, GiveUp(True), id="bad-credentials-stop-the-layer"),
    pytest.param("WrongAddress", 1, 0, False, None, GiveUp(True), id="wrong-address-stops-the-layer"),
]


@pytest.mark.parametrize(("error", "tries", "throttles", "everything", "wait", "expected"), RETRIES)
def test_retry(
    error: str,
    tries: int,
    throttles: int,
    everything: bool,
    wait: float | None,
    expected: SendAgain | GiveUp | OutcomeOpen,
) -> None:
    decision = retry_decision(error, tries, throttles, everything, wait, 0.5, NOW)
    assert _rounded(expected) == _rounded(decision)


def _rounded(decision: SendAgain | GiveUp | OutcomeOpen) -> SendAgain | GiveUp | OutcomeOpen:
    return SendAgain(round(decision.at, 2)) if isinstance(decision, SendAgain) else decision


@given(
    error=st.sampled_from(["Throttled", "Unavailable", "OutcomeUnknown", "Refused", "Unexpected", "New"]),
    tries=st.integers(1, 20),
    throttles=st.integers(0, 1000),
    wait=st.none() | st.floats(-1e9, 1e9),
    fraction=st.floats(0, 0.999),
)
def test_everything_with_an_unknown_outcome_is_never_sent_again(
    error: str, tries: int, throttles: int, wait: float | None, fraction: float
) -> None:
    decision = retry_decision("OutcomeUnknown", tries, throttles, True, wait, fraction, NOW)
    other = retry_decision(error, tries, throttles, False, wait, fraction, NOW)
    assert OutcomeOpen() == decision
    assert not isinstance(other, SendAgain) or NOW <= other.at <= NOW + 302


@pytest.mark.parametrize("asked", [None, 1.0, 25.0, 60.0], ids=["no-word", "a-second", "25-seconds", "a-minute"])
def test_throttling_is_borne_for_about_fifteen_minutes(asked: float | None) -> None:
    waited, throttles = 0.0, 1
    while isinstance(decision := retry_decision("Throttled", 1, throttles, False, asked, 0.0, NOW), SendAgain):
        waited, throttles = waited + decision.at - NOW, throttles + 1
    assert 900 <= round(waited) < 960
