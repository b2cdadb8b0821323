"""What is foretold: by the lanes' own rule, and coarsely where there are very many calls."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import pytest

from bot.domain.jobs.call_time import CallTime
from bot.domain.jobs.forecast import Bucket, Budget, Foretold, Lane, Leg, Line, Window, foretell


def lane(budget: Budget) -> Lane:
    """An account whose calls take no time of their own."""
    return Lane({"calls": budget}, seconds=0.0)


def slow() -> Bucket:
    return Bucket(0.0, 0.0, every=5.0, burst=1.0)


def line(job: int, calls: int, urgent: bool = False, ready: float = 0.0, again: float = 0.0) -> Line:
    return Line(job, (Leg("cf", 0, calls, {"calls": 1.0}, again),), urgent, ready)


def told(*lines: Line, budget: Budget | None = None) -> dict[int, tuple[float, float]]:
    found = foretell(lines, {"cf": lane(budget or slow())}, 0.0)
    return {job: (round(one.begins, 2), round(one.ends, 2)) for (job, _), one in found.items()}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param([line(1, 3)], {1: (0, 10)}, id="one"),
        pytest.param([line(1, 2), line(2, 2)], {1: (0, 10), 2: (5, 15)}, id="two take turns"),
        pytest.param([line(1, 3), line(2, 1, ready=4)], {1: (0, 15), 2: (5, 5)}, id="a new one comes first"),
        pytest.param([line(1, 2), line(2, 2, urgent=True)], {1: (10, 15), 2: (0, 5)}, id="urgent goes first"),
        pytest.param(
            [line(1, 1), line(2, 20, urgent=True)],
            {1: (45, 45), 2: (0, 100)},
            id="but of ten calls one is for the rest",
        ),
        pytest.param([line(1, 1, again=2.0)], {1: (0, 2)}, id="a second pass"),
    ],
)
def test_the_rule_is_played_through(lines: list[Line], expected: dict[int, tuple[float, float]]) -> None:
    assert expected == told(*lines)


def test_nothing_goes_before_a_provider_wants_calls() -> None:
    assert {1: (30, 35)} == told(line(1, 2), budget=Bucket(0.0, 30.0, 5.0, 1.0))


def test_a_window_opens_when_what_was_spent_is_old_enough() -> None:
    window = Window(3.0, 60.0, 0.0, deque([(-50.0, 2.0)]), 2.0)
    assert {1: (0, 10)} == told(line(1, 3), budget=window)


def test_a_job_comes_to_its_next_cache_when_the_one_before_is_done() -> None:
    legs = (Leg("shield", 0, 2, {"calls": 1.0}), Leg("cf", 1, 1, {"calls": 1.0}))
    found = foretell([Line(1, legs)], {"shield": lane(slow()), "cf": lane(slow())}, 0.0)
    assert Foretold(0.0, 5.0) == found[1, 0]
    assert 5.0 < found[1, 1].begins < 5.5


def test_very_many_calls_are_foretold_nearly_as_well() -> None:
    lines = [line(1, 3000), line(2, 400), line(3, 1, ready=20.0), line(4, 900, urgent=True)]
    fine = foretell(lines, {"cf": lane(Bucket(0.0, 0.0, 0.2, 25.0))}, 0.0)
    coarse = foretell(lines, {"cf": lane(Bucket(0.0, 0.0, 0.2, 25.0))}, 0.0, exact=0)
    assert fine.keys() == coarse.keys()
    assert [] == [
        (key, fine[key], coarse[key])
        for key in fine
        if abs(fine[key].ends - coarse[key].ends) > max(5.0, 0.1 * fine[key].ends)
    ]


EVEN = {
    "a burst that lasts": (lambda: Bucket(0.0, 0.0, 0.002, 500.0, 200.0), 0.3, 400),
    "a burst that ends": (lambda: Bucket(0.0, 0.0, 0.002, 500.0, 200.0), 0.01, 3000),
    "slow calls and a wide budget": (lambda: Bucket(0.0, 0.0, 0.002, 500.0, 200.0), 0.6, 1500),
    "a call a second": (lambda: Bucket(0.0, 0.0, 1.0, 2.0, 0.8), 0.6, 50),
    "a window": (lambda: Window(20.0, 60.0, 0.0), 0.05, 90),
}  # what it may spend, the seconds of a call, and how many calls


@pytest.mark.parametrize(("budget", "seconds", "calls"), EVEN.values(), ids=EVEN)
@pytest.mark.parametrize("share", [0.02, 0.1, 0.5])
def test_in_an_even_world_what_is_foretold_stays_as_it_was_before_the_start(
    budget: Callable[[], Budget], seconds: float, calls: int, share: float
) -> None:
    before = foretell([line(1, calls)], {"cf": Lane({"calls": budget()}, seconds=seconds)}, 0.0)[1, 0].ends
    lane, gone = Lane({"calls": budget()}, seconds=seconds), round(calls * share)
    now = foretell([line(1, gone)], {"cf": lane}, 0.0)[1, 0].ends - seconds
    after = foretell([line(1, calls - gone)], {"cf": lane}, now)[1, 0].ends
    assert before == pytest.approx(after, rel=0.03)


def learned(*turns: list[float]) -> CallTime:
    known = CallTime()
    for took in turns:
        known = known.after(took)
    return known


@pytest.mark.parametrize(
    ("turns", "expected"),
    [
        pytest.param([], 0.1, id="nothing came back"),
        pytest.param([[0.6]], 0.6, id="the first one says all"),
        pytest.param([[0.6], []], 0.6, id="a turn without calls says nothing"),
        pytest.param([[0.3] * 32] * 5, 0.3, id="an even world"),
        pytest.param([[0.3] * 32] * 20 + [[1.3] * 32], 0.4, id="one turn that was held up counts once"),
        pytest.param([[0.6] * 32] * 20 + [[0.1] * 32], 0.55, id="so does one that was quick"),
        pytest.param([[0.6]] * 20 + [[0.1]] * 60, 0.1, id="another pace is learned"),
    ],
)
def test_how_long_a_call_takes_is_learned_turn_by_turn(turns: list[list[float]], expected: float) -> None:
    assert expected == pytest.approx(learned(*turns).seconds, rel=0.02)


def test_a_turn_that_was_held_up_moves_no_forecast_by_more_than_a_tenth_of_it() -> None:
    quiet = learned(*[[0.3] * 32] * 20)
    times = [
        foretell([line(1, 1500)], {"cf": Lane({}, seconds=known.seconds)}, 0.0)[1, 0].ends
        for known in (quiet, quiet.after([0.6] * 32))
    ]
    assert times[1] <= 1.11 * times[0]
