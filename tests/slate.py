"""The engine of tests: a heap and a clock that only moves when told. Days pass in milliseconds."""

from __future__ import annotations

import heapq
from collections.abc import Awaitable, Callable, Mapping
from math import inf
from types import MappingProxyType

NOTHING: Mapping[str, float] = MappingProxyType({})
START = 1_800_000_000.0


class SlateClock:
    """Time that a test moves."""

    def __init__(self, at: float = START) -> None:
        self.at = at

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at

    def worked(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds


class WorkClock(SlateClock):
    """Work that a test has done, beside the time that it moves."""

    done = 0.0

    def worked(self) -> float:
        return self.done

    def work(self, seconds: float) -> None:
        """Compute for `seconds`."""
        self.done += seconds
        self.at += seconds


class CountingDice:
    """Randomness that repeats: fractions are always the same, tokens count up."""

    def __init__(self, fraction: float = 0.5) -> None:
        self._fraction = fraction
        self._n = 0

    def fraction(self) -> float:
        return self._fraction

    def token(self) -> str:
        self._n += 1
        return f"token-{self._n}"


class Slate:
    """Rings names in order of time, one at a time."""

    def __init__(self, clock: SlateClock) -> None:
        self._clock = clock
        self._heap: list[tuple[float, int, str]] = []
        self._at: dict[str, float] = {}
        self._rung: dict[str, float] = {}
        self._n = 0
        self.run: Callable[[str], Awaitable[None]] = self._nobody

    async def _nobody(self, name: str) -> None:
        raise AssertionError(f"nobody runs {name}")

    def wake(self, name: str, at: float = 0.0) -> None:
        at = max(at, self._clock.now())
        if self._at.get(name, float("inf")) <= at:
            return
        self._at[name] = at
        self._n += 1
        heapq.heappush(self._heap, (at, self._n, name))

    def forget(self, name: str) -> None:
        """Ring `name` only when it is woken again: a sweep every two seconds makes days long."""
        self._at.pop(name, None)

    async def advance(self, seconds: float, rarely: Mapping[str, float] = NOTHING) -> None:
        """Ring everything that falls due within `seconds`, then stand at their end. A name in `rarely` rings at most
        once in so many seconds."""
        end = self._clock.at + seconds
        while self._heap and self._heap[0][0] <= end:
            at, _, name = heapq.heappop(self._heap)
            if self._at.get(name) != at:
                continue
            del self._at[name]
            if (later := self._rung.get(name, -inf) + rarely.get(name, 0.0)) > at:
                self.wake(name, later)
                continue
            self._rung[name] = at
            self._clock.at = max(self._clock.at, at)
            await self.run(name)
        self._clock.at = max(self._clock.at, end)
