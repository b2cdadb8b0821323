"""Whose answer is read next.

One thread reads all answers, and one asker's may be made to cost time. So they are read in slices of SLICE, few in each
round of the loop, and what each slice cost is counted for its asker:

    who has cost little lately    first: proofs before what people look at, and whoever has cost less before the other
    who has cost over ALLOWANCE   where nobody else waits, and with pauses between: most of the time at most is theirs,
                                  half while others look; the rest is for lanes, Slack and whatever else goes on
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf

from bot.domain.proof.asker import ASKER, Asker
from bot.ports import Clock

SLICE = 0.005  # seconds of computing, after which others have their turn
AT_ONCE = 4  # looks that go on in one round; one that has had what is free, or takes long at once, goes on alone
FREE = 0.004  # seconds of computing for each look: an ordinary page takes 1 ms
DEAR = 0.05  # seconds of computing, which no ordinary page takes
ALLOWANCE = 0.15  # seconds of computing beyond what is free
COUNTED_MAX = 2.0  # seconds of computing; more is not held against anybody
FORGIVEN = 0.1  # seconds of computing, in each second in which nothing is looked at for that asker
FORGIVEN_LOOKING = 0.02  # in each other second: ordinary pages go over what is free now and then
PAUSE, PAUSE_BESIDE = 0.25, 1  # times as long as the slice took: after one over the allowance, and while others look
BESIDE = 2.0  # seconds after their last look in which others are still taken to be looking: more may follow


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """Of a look that waits; `is_alone` if nobody else is to go on in the same round."""

    turn: asyncio.Event
    is_alone: bool


@dataclass(slots=True, eq=False)
class _Tab:
    """What the answers of one asker have cost lately, in seconds of computing, as it was `at`."""

    asker: Asker
    at: float
    cost: float = 0.0
    last: int = 0  # the number of its last turn
    looks: int = 0  # under way
    waiting: deque[_Place] = field(default_factory=deque)
    held: float = 0.0  # seconds in which at least one of them waited, but for those since
    held_since: float | None = None

    def wait(self, place: _Place, now: float) -> None:
        """A look waits from now on."""
        self.waiting.append(place)
        self.held_since = now if self.held_since is None else self.held_since

    def go(self, now: float, place: _Place | None = None) -> _Place:
        """The next one waits no more, or `place`."""
        place = place or self.waiting[0]
        self.waiting.remove(place)
        if not self.waiting:
            self.held, self.held_since = self.held_until(now), None
        return place

    def held_until(self, now: float) -> float:
        """Seconds in which at least one look waited."""
        return self.held + (0.0 if self.held_since is None else now - self.held_since)

    def begin(self, now: float) -> None:
        """A look begins."""
        self.add(0.0, now)
        self.looks += 1

    def end(self, now: float) -> None:
        """A look is over."""
        self.add(0.0, now)
        self.looks -= 1

    def add(self, cost: float, now: float) -> None:
        """So much more, and less what is forgiven by now."""
        self.cost, self.at = min(self.left(now) + cost, COUNTED_MAX), now

    def left(self, now: float) -> float:
        """What still counts."""
        return max(0.0, self.cost - (FORGIVEN_LOOKING if self.looks else FORGIVEN) * (now - self.at))

    def is_looking(self, now: float) -> bool:
        """Whether something is looked at for it, or was just now."""
        return bool(self.looks) or now - self.at < BESIDE

    @property
    def is_dear(self) -> bool:
        return self.cost > ALLOWANCE


class Turn:
    """The turns of one look, one after the other. One is worth SLICE of computing, however many reads that takes."""

    def __init__(self, turns: Turns, tab: _Tab, clock: Clock) -> None:
        self._turns = turns
        self._tab = tab
        self._clock = clock
        self._began: tuple[float, float] | None = None  # by the clock, and in seconds of computing
        self._left = 0.0  # of this turn
        self._free = FREE
        self._limit: asyncio.Timeout | None = None
        self._most = 0.0  # seconds that may go by in waiting
        self._waited = 0.0  # seconds, in all
        self.is_long = False
        self.is_waiting = False
        self.cost = 0.0  # seconds of computing, in all
        self.has_heard = False  # whether anything of the answer came

    async def begin(self) -> None:
        """Wait for the next one."""
        self.over()
        self.is_waiting = True
        with self._standing_still():
            await self._turns.wait(self._tab, is_alone=self.is_long or not self._free)
        self.is_waiting = False
        self._left = SLICE
        self._go_on()

    def stop_while_waiting(self, limit: asyncio.Timeout, most: float) -> None:
        """Have `limit`, which is the sender's, stand still while the look waits for its turns, up to `most` seconds."""
        self._limit, self._most = limit, most

    @contextmanager
    def _standing_still(self) -> Iterator[None]:
        limit, loop = self._limit, asyncio.get_running_loop()
        if limit is None:
            yield
            return
        came, ends = loop.time(), limit.when() or inf
        limit.reschedule(came + self._most - self._waited)
        yield
        waited = loop.time() - came
        self._waited += waited
        limit.reschedule(ends + waited)

    async def begin_long(self) -> None:
        """Wait for the next one, and from here on for one without others in the same round: it may take longer than a
        slice."""
        self.is_long = True
        await self.begin()

    async def heard(self) -> None:
        """Some of the answer came. The first waits for a turn, since many may come at once; more goes on in the next
        round in what is left of it."""
        if self.has_heard and self._left > 0 and not self.is_long:
            await _next_round()
            self._go_on()
            return
        self.has_heard = True
        await self.begin()

    async def pause(self) -> None:
        """Wait for the next one if this one has taken its time."""
        if self._began is not None and self._clock.worked() - self._began[1] >= self._left:
            await self.begin()

    def _go_on(self) -> None:
        self._began = self._clock.monotonic(), self._clock.worked()

    def over(self) -> None:
        """Whatever comes now is no work of this look's."""
        if self._began is None:
            return
        (began, worked), self._began = self._began, None
        took = self._clock.worked() - worked
        self._turns.charge(self._tab, self._clock.monotonic() - began, max(0.0, took - self._free))
        self._free, self._left, self.cost = max(0.0, self._free - took), self._left - took, self.cost + took


async def _next_round() -> None:
    """Let whatever else is ready have its turn."""
    loop = asyncio.get_running_loop()
    come = loop.create_future()
    loop.call_soon(_settle, come)
    await come


def _settle(come: asyncio.Future[None]) -> None:
    if not come.done():
        come.set_result(None)


class Turns:
    """Who waits, and what each asker's answers have cost."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tabs: dict[Asker, _Tab] = {}
        self._given = 0  # turns
        self._pauses_until = 0.0
        self._is_rung = False
        self._later: asyncio.TimerHandle | None = None

    @contextmanager
    def look(self) -> Iterator[Turn]:
        """The turns of a look for whoever asks here."""
        tab = self._tab(ASKER.get())
        tab.begin(self._clock.monotonic())
        turn = Turn(self, tab, self._clock)
        try:
            yield turn
        finally:
            turn.over()
            tab.end(self._clock.monotonic())

    def _tab(self, asker: Asker) -> _Tab:
        """That of `asker`; of others only those are kept that still count."""
        if asker not in self._tabs:
            now = self._clock.monotonic()
            self._tabs = {one: tab for one, tab in self._tabs.items() if tab.is_looking(now) or tab.left(now)}
            self._tabs[asker] = _Tab(asker, now)
        return self._tabs[asker]

    def held(self) -> float:
        """Seconds so far in which a look for whoever asks here waited for its turn."""
        tab = self._tabs.get(ASKER.get())
        return tab.held_until(self._clock.monotonic()) if tab else 0.0

    async def wait(self, tab: _Tab, *, is_alone: bool) -> None:
        """Wait for a turn."""
        place = _Place(asyncio.Event(), is_alone)
        tab.wait(place, self._clock.monotonic())
        self._ring()
        try:
            await place.turn.wait()
        finally:
            if not place.turn.is_set():
                tab.go(self._clock.monotonic(), place)

    def charge(self, tab: _Tab, seconds: float, cost: float) -> None:
        """A turn is over that took `seconds`, and cost as many of computing beyond what is free."""
        now = self._clock.monotonic()
        tab.add(cost, now)
        if tab.is_dear:
            beside = any(one is not tab and one.is_looking(now) and not one.is_dear for one in self._tabs.values())
            self._pauses_until = now + seconds * (PAUSE_BESIDE if beside else PAUSE)

    def _ring(self) -> None:
        """Look in the next round who goes on."""
        if not self._is_rung:
            self._is_rung = True
            asyncio.get_running_loop().call_soon(self._next)

    def _next(self) -> None:
        self._is_rung = False
        if self._later is not None:
            self._later.cancel()
            self._later = None
        for n in range(AT_ONCE):
            tab = self._first()
            if tab is None:
                return
            if n and (tab.is_dear or tab.waiting[0].is_alone):
                break
            pause = self._pauses_until - self._clock.monotonic()
            if tab.is_dear and pause > 0:
                self._later = asyncio.get_running_loop().call_later(pause, self._next)
                return
            self._given += 1
            tab.last = self._given
            place = tab.go(self._clock.monotonic())
            place.turn.set()
            if tab.is_dear or place.is_alone:
                break
        self._ring()

    def _first(self) -> _Tab | None:
        """Whose turn it is, if anybody waits."""
        waiting = (tab for tab in self._tabs.values() if tab.waiting)
        return min(waiting, key=lambda tab: (tab.is_dear, tab.asker.is_behind, tab.cost, tab.last), default=None)
