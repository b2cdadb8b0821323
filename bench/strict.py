"""A provider that counts for itself: what each request costs is read off the wire, against limits said here once more.

Nothing of providers/*_limits.py is used, so that a bucket which an adapter misses, or counts too low, shows as a 429.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import httpx

LATENCY = 0.03  # seconds to an answer


@dataclass(frozen=True, slots=True)
class Limit:
    """`rate` units every `per` seconds and `burst` at once; a window holds at most `rate` in any `per` seconds."""

    rate: float
    per: float
    burst: float = 0.0
    window: bool = False

    def smaller(self, share: float) -> Limit:
        """The same, cut down."""
        return Limit(self.rate * share, self.per, self.burst * share, self.window)


@dataclass(frozen=True, slots=True)
class Bill:
    """What one request purges, and its units of each limit; a request that only asks has none."""

    targets: tuple[str, ...] = ()
    units: Mapping[str, int] = field(default_factory=dict)


class Bucket:
    """One limit as time goes by."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._tokens, self._at = limit.burst, 0.0
        self._spent: deque[tuple[float, int]] = deque()

    def free_at(self, units: int, now: float) -> float:
        """When `units` can be had, not before `now`."""
        return self._in_window(units, now) if self._limit.window else self._in_bucket(units, now)

    def _in_bucket(self, units: int, now: float) -> float:
        missing = units - self._filled(now)
        return now + max(0.0, missing) * self._limit.per / self._limit.rate

    def _in_window(self, units: int, now: float) -> float:
        while self._spent and self._spent[0][0] <= now - self._limit.per:
            self._spent.popleft()
        over = sum(n for _, n in self._spent) + units - self._limit.rate
        for at, n in self._spent:
            if over <= 0:
                break
            over -= n
            now = at + self._limit.per
        return now

    def _filled(self, now: float) -> float:
        more = max(0.0, now - self._at) * self._limit.rate / self._limit.per
        return min(self._limit.burst, self._tokens + more)

    def take(self, units: int, now: float) -> None:
        """Take what `free_at` said is there."""
        if self._limit.window:
            self._spent.append((now, units))
        else:
            self._tokens, self._at = self._filled(now) - units, now


def ideal(bills: Sequence[Bill], limits: Mapping[str, Limit]) -> float:
    """Seconds until the last of these requests can begin, with nothing lost between them."""
    buckets = {name: Bucket(limit) for name, limit in limits.items()}
    now = 0.0
    for bill in bills:
        while (free := max(buckets[name].free_at(n, now) for name, n in bill.units.items())) > now + 1e-9:
            now = free
        for name, n in bill.units.items():
            buckets[name].take(n, now)
    return now


@dataclass
class Strict:
    """The provider's end of one account."""

    limits: Mapping[str, Limit]
    read: Callable[[httpx.Request], Bill]
    yes: Callable[[httpx.Request], httpx.Response]
    no: Callable[[float], httpx.Response]  # by the seconds to wait
    bills: list[Bill] = field(default_factory=list)
    purged: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    last: float = 0.0  # when the last request was taken (time.monotonic)

    def __post_init__(self) -> None:
        self._buckets = {name: Bucket(limit) for name, limit in self.limits.items()}

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        """One request: counted as it arrives, answered a little later."""
        now = time.monotonic()
        bill = self.read(request)
        wait = max([self._buckets[name].free_at(n, now) - now for name, n in bill.units.items()], default=0.0)
        if wait <= 1e-6 and bill.units:
            self._count(bill, now)
        await asyncio.sleep(LATENCY)
        if wait <= 1e-6:
            return self.yes(request)
        self.refused += 1
        return self.no(wait)

    def _count(self, bill: Bill, now: float) -> None:
        for name, n in bill.units.items():
            self._buckets[name].take(n, now)
        self.bills.append(bill)
        self.purged.update(bill.targets)
        self.last = now
