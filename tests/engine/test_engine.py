"""One contract, asked of every engine: at or after, never twice at once, the earliest wins, one more run."""

from __future__ import annotations

import asyncio
import time

from bot.engine.embedded import EmbeddedEngine
from bot.system import SystemClock
from tests.slate import Slate, SlateClock


class Record:
    """Runs, when they began, and how many were under way at once."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.starts: list[tuple[str, float]] = []
        self.at_once: dict[str, int] = {}
        self.most = 0
        self._seconds = seconds
        self.ran = asyncio.Condition()

    async def run(self, name: str) -> None:
        self.starts.append((name, time.time()))
        self.at_once[name] = self.at_once.get(name, 0) + 1
        self.most = max(self.most, self.at_once[name])
        await asyncio.sleep(self._seconds)
        self.at_once[name] -= 1
        async with self.ran:
            self.ran.notify_all()

    async def count(self, n: int) -> int:
        async with asyncio.timeout(5), self.ran:
            await self.ran.wait_for(lambda: len(self.starts) >= n and not any(self.at_once.values()))
        return len(self.starts)


async def embedded(record: Record) -> EmbeddedEngine:
    engine = EmbeddedEngine(record.run, SystemClock())
    engine.start()
    return engine


async def test_it_runs_at_or_after_never_before() -> None:
    record = Record()
    engine = await embedded(record)
    at = {f"n{n}": time.time() + n / 200 for n in range(40)}
    for name, when in at.items():
        engine.wake(name, when)
    await record.count(40)
    await engine.stop(1)
    assert [] == [name for name, began in record.starts if began < at[name] - 0.001]


async def test_wakes_of_a_waiting_name_coalesce_to_the_earliest() -> None:
    record = Record()
    engine = await embedded(record)
    start = time.time()
    engine.wake("x", start + 60)
    engine.wake("x", start + 0.05)
    for n in range(20):
        engine.wake("x", start + 30 + n)
    await record.count(1)
    await engine.stop(1)
    assert 1 == len(record.starts)
    assert record.starts[0][1] < start + 5


async def test_wakes_before_the_start_coalesce_to_the_earliest() -> None:
    record = Record()
    engine = EmbeddedEngine(record.run, SystemClock())
    start = time.time()
    for later in (90.0, 0.05, 30.0):
        engine.wake("x", start + later)
    engine.start()
    await record.count(1)
    await engine.stop(1)
    assert ["x"] == [name for name, _ in record.starts]
    assert record.starts[0][1] < start + 5


async def test_a_wake_during_a_run_gives_one_more_run_and_never_two_at_once() -> None:
    record = Record(0.05)
    engine = await embedded(record)
    engine.wake("x")
    async with asyncio.timeout(5):
        while not record.starts:
            await asyncio.sleep(0.001)
    for _ in range(10):
        engine.wake("x")
    await record.count(2)
    await engine.stop(1)
    assert (2, 1) == (len(record.starts), record.most)


async def test_a_run_that_wakes_itself_as_its_last_act_runs_again() -> None:
    ran: list[float] = []
    done = asyncio.Event()

    async def run(name: str) -> None:
        ran.append(time.time())
        if len(ran) < 5:
            engine.wake(name)
        else:
            done.set()

    engine = EmbeddedEngine(run, SystemClock())
    engine.start()
    engine.wake("x")
    async with asyncio.timeout(5):
        await done.wait()
    await engine.stop(1)
    assert 5 == len(ran)


async def test_a_run_that_raises_stops_nobody_else() -> None:
    record = Record()

    async def run(name: str) -> None:
        if name == "bad":
            raise RuntimeError("bad")
        await record.run(name)

    engine = EmbeddedEngine(run, SystemClock())
    engine.start()
    engine.wake("bad")
    engine.wake("good")
    await record.count(1)
    await engine.stop(1)
    assert ["good"] == [name for name, _ in record.starts]


async def test_a_stop_lets_a_run_end_and_rings_no_more() -> None:
    record = Record(0.1)
    engine = await embedded(record)
    engine.wake("x")
    async with asyncio.timeout(5):
        while not record.starts:
            await asyncio.sleep(0.001)
    await engine.stop(5)
    engine.wake("y")
    assert (["x"], {"x": 0}) == ([name for name, _ in record.starts], record.at_once)


async def test_the_slate_keeps_the_same_promises() -> None:
    clock = SlateClock()
    slate = Slate(clock)
    starts: list[tuple[str, float]] = []

    async def run(name: str) -> None:
        starts.append((name, clock.now()))
        if name == "again" and len(starts) < 4:
            slate.wake("again", clock.now() + 5)

    slate.run = run
    begin = clock.now()
    slate.wake("late", begin + 60)
    slate.wake("late", begin + 7)
    slate.wake("late", begin + 90)
    slate.wake("again")
    await slate.advance(20)
    assert [("again", begin), ("again", begin + 5), ("late", begin + 7), ("again", begin + 10)] == starts
