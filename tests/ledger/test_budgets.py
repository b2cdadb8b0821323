"""Budgets keep a provider's limits to the letter, across restarts, and waste next to nothing."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path

import pytest

from bot.ledger.batch import Room
from bot.ledger.books import Books
from bot.ledger.sqlite import SqliteLedger
from providers.contract import Pace

NOW = 1_800_000_000.0
URLS = Pace(30, 1.0, 60)
WINDOW = Pace(1200, 300.0, 1200, window=True)


def breaches(times: list[float], units: int, pace: Pace) -> int:
    """How many calls a strict bucket (or sliding window) of the documented size would have refused."""
    refused, tokens, last = 0, pace.burst, times[0]
    for n, at in enumerate(times):
        if pace.window:
            refused += sum(units for t in times[: n + 1] if t > at - pace.per) > pace.rate
            continue
        tokens = min(pace.burst, tokens + (at - last) * pace.rate / pace.per)
        last = at
        if tokens < units - 1e-9:
            refused += 1
        else:
            tokens -= units
    return refused


def take(books: Books, pace: Pace, units: int, at: float) -> float:
    return books.budgets.take("cf", [("x", units)], {"x": pace}, at)


def refuse(books: Books, pace: Pace, sent: float, at: float) -> None:
    books.budgets.refused("cf", ["x"], {"x": pace}, sent, at + 1.0, at)


async def spend(ledger: SqliteLedger, pace: Pace, units: int, calls: int, at: float) -> list[float]:
    times = []
    for _ in range(calls):
        while free := await ledger.write(partial(take, pace=pace, units=units, at=at)):
            at = free
        times.append(at)
    return times


@pytest.mark.parametrize(
    ("pace", "units", "calls", "ideal"),
    [
        pytest.param(URLS, 30, 30, (900 - 60) / 30, id="900-urls-in-calls-of-30"),
        pytest.param(Pace(5, 1.0, 25), 1, 100, (100 - 25) / 5, id="100-bulk-calls"),
        pytest.param(Pace(5, 60.0, 25), 1, 60, (60 - 25) * 12.0, id="free-tier"),
        pytest.param(WINDOW, 1, 1500, 300.0, id="sliding-window"),
    ],
)
async def test_a_budget_is_kept_and_nearly_all_used(
    tmp_path: Path, pace: Pace, units: int, calls: int, ideal: float
) -> None:
    ledger = SqliteLedger(tmp_path / "l.db")
    times = await spend(ledger, pace, units, calls, NOW)
    await ledger.close()
    assert 0 == breaches(times, units, pace)
    assert times[-1] - NOW <= ideal * 1.03 + 2.5 * pace.per / pace.rate


async def test_a_restart_gives_no_second_burst(tmp_path: Path) -> None:
    ledger = SqliteLedger(tmp_path / "l.db")
    before = await spend(ledger, URLS, 30, 2, NOW)
    await ledger.close()
    ledger = SqliteLedger(tmp_path / "l.db")
    after = await spend(ledger, URLS, 30, 2, before[-1])
    await ledger.close()
    assert 0 == breaches(before + after, 30, URLS)


async def test_all_of_a_cost_is_taken_or_nothing(tmp_path: Path) -> None:
    ledger = SqliteLedger(tmp_path / "l.db")
    paces = {"a": Pace(1, 1.0, 10), "b": Pace(1, 1.0, 2)}
    cost = [("a", 1), ("b", 1)]
    taken = [await ledger.write(lambda b: b.budgets.take("cf", cost, paces, NOW)) for _ in range(3)]
    left = await ledger.read(lambda b: b.budgets.tokens("cf", "a", paces["a"], NOW))
    await ledger.close()
    assert 0.0 == taken[0]
    assert all(at > NOW for at in taken[1:])
    assert 8.0 == pytest.approx(left)


async def test_a_block_is_obeyed_and_bounded(tmp_path: Path) -> None:
    ledger = SqliteLedger(tmp_path / "l.db")
    await ledger.write(lambda b: b.budgets.block("cf", ["x"], NOW + 3, NOW))
    short = await ledger.write(lambda b: b.budgets.take("cf", [("x", 1)], {"x": URLS}, NOW))
    await ledger.write(lambda b: b.budgets.block("cf", ["x"], NOW + 1e9, NOW))
    long = await ledger.write(lambda b: b.budgets.take("cf", [("x", 1)], {"x": URLS}, NOW))
    await ledger.close()
    assert (NOW + 3, NOW + 600) == (short, long)


async def test_a_provider_that_has_less_than_it_says_refuses_a_few_times_and_is_then_believed(tmp_path: Path) -> None:
    ledger, said, truly = SqliteLedger(tmp_path / "l.db"), Pace(5, 1.0, 25), Pace(4, 1.0, 20)
    at, tokens, last, taken, refused = NOW, truly.burst, NOW, 0, 0
    while taken < 1000:
        if free := await ledger.write(partial(take, pace=said, units=1, at=at)):
            at = free
            continue
        tokens, last = min(truly.burst, tokens + (at - last) * truly.rate), at
        if tokens >= 1 - 1e-9:
            tokens, taken = tokens - 1, taken + 1
            continue
        refused += 1
        await ledger.write(partial(refuse, pace=said, sent=at, at=at))
    await ledger.close()
    assert 1 <= refused <= 3


async def test_after_ten_minutes_without_a_refusal_the_whole_bucket_counts_again(tmp_path: Path) -> None:
    def share(books: Books, at: float) -> float:
        return books.budgets.share("cf", "x", at)

    ledger = SqliteLedger(tmp_path / "l.db")
    for n in range(9):
        await ledger.write(partial(refuse, pace=URLS, sent=NOW + n, at=NOW + n))
    shares = [await ledger.read(partial(share, at=at)) for at in (NOW + 9, NOW + 600, NOW + 608)]
    emptied = await ledger.read(lambda b: b.budgets.tokens("cf", "x", URLS, NOW + 9.01))
    full = await ledger.read(lambda b: b.budgets.tokens("cf", "x", URLS, NOW + 608))
    await ledger.close()
    assert [0.4, 0.4, 1.0] == shares
    assert (True, True) == (emptied < 1, full > 58)


async def test_calls_in_flight_when_the_first_was_refused_make_a_bucket_no_smaller(tmp_path: Path) -> None:
    ledger = SqliteLedger(tmp_path / "l.db")
    for late in (0.03, 0.031, 0.05):
        await ledger.write(partial(refuse, pace=URLS, sent=NOW, at=NOW + late))
    share = await ledger.read(lambda b: b.budgets.share("cf", "x", NOW + 1))
    await ledger.close()
    assert 0.8 == share


BRINKS = {
    "a full bucket": (0, math.inf),
    "more than two fifths left": (35, math.inf),
    "less than two fifths left": (37, 29.85),
    "spent": (59, 29.85),
}


@pytest.mark.parametrize(("spent", "expected"), BRINKS.values(), ids=BRINKS)
async def test_near_its_end_a_bucket_says_how_many_calls_it_sustains(
    tmp_path: Path, spent: int, expected: float
) -> None:
    ledger = SqliteLedger(tmp_path / "l.db")
    if spent:
        await ledger.write(lambda b: b.budgets.take("cf", [("x", spent)], {"x": URLS}, NOW))
    brink = await ledger.read(lambda b: b.budgets.brink("cf", [("x", 1), ("free", 1)], {"x": URLS}, NOW))
    await ledger.close()
    assert expected == pytest.approx(brink)


ROOMS = {
    "plenty": (Room(32, 31, 9.0), math.inf, 0, False),
    "one call at a time, and none flies": (Room(32, 0, 0.03), 5.0, 0, False),
    "one call at a time, and one flies": (Room(32, 1, 0.03), 5.0, 0, True),
    "one call at a time, and one is taken": (Room(32, 0, 0.03), 5.0, 1, True),
    "not surely as many as slow calls need": (Room(32, 7, 1.0), 5.0, 0, False),
    "surely as many as slow calls need": (Room(32, 7, 1.0), 5.0, 1, True),
}


@pytest.mark.parametrize(("room", "rate", "taken", "expected"), ROOMS.values(), ids=ROOMS)
def test_no_more_calls_fly_than_keep_a_bucket_busy(room: Room, rate: float, taken: int, expected: bool) -> None:
    assert expected is room.keeps_busy(rate, taken)


async def test_a_burst_without_reserve_goes_out_a_little_slower(tmp_path: Path) -> None:
    ledger, one = SqliteLedger(tmp_path / "l.db"), Pace(1, 1.0, 1)
    await ledger.write(lambda b: b.budgets.take("aws", [("w", 1)], {"w": one}, NOW))
    free = await ledger.write(lambda b: b.budgets.take("aws", [("w", 1)], {"w": one}, NOW))
    await ledger.close()
    assert 0.02 < free - NOW - 1 < 0.03
