"""When calls will go, foretold: the lanes' own rule and the accounts' own budgets, played through ahead of the clock.

Every account sends one call after another, in the order of `turns`, each as soon as its budgets have room and no faster
than calls come back. A job asks its caches one after another, so it comes to an account when the one before is done.
What a provider takes to finish, what it will refuse, and who asks later are not known. Where there are many
calls a job takes several in a turn here, the more the longer nobody came, so that a million are foretold as quickly as
a thousand.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bot.domain.jobs.turns import Place, Turns

EXACT = 10_000  # calls in all that are foretold one by one
COARSER = 4  # beyond, turns of a job until it takes a call more in one
STEPS_MAX = 60_000  # turns; what is not foretold within them is not foretold
SURELY = 1.5  # times the calls that use up what comes, as `bot.ledger.batch` has it
SOON = 1e-6  # seconds that count as at once
HANDOVER = 0.1  # seconds from one cache's last call to the next one's first


@dataclass(slots=True)
class Bucket:
    """A token bucket, as `bot.ledger.budgets` keeps it: seconds since the epoch, and seconds."""

    arrival: float  # the theoretical one of the next unit
    blocked: float  # nothing before
    every: float  # seconds for a unit
    burst: float  # units
    calm: float = 0.0  # units; where no more is left, no more calls are in flight than it takes to use what comes

    def at_once(self, units: float, at: float, seconds: float) -> float:
        """How many calls of so many units and seconds may be in flight at `at`."""
        left = self.burst - max(0.0, self.arrival - max(at, self.blocked)) / self.every
        return max(1.0, SURELY * seconds / (units * self.every)) if left < self.calm else math.inf

    def free_at(self, units: float, at: float) -> float:
        """When the next call of so many units can go, from `at` on."""
        at = max(at, self.blocked)
        return max(at, max(self.arrival, at) + (units - max(self.burst, units)) * self.every)

    def take(self, n: int, units: float, at: float) -> float:
        """When the last of `n` calls of so many units can go, from `at` on."""
        at = max(at, self.blocked)
        self.arrival = max(self.arrival, at) + n * units * self.every
        return max(at, self.arrival - max(self.burst, units) * self.every)


@dataclass(slots=True)
class Window:
    """A sliding window: so many units in any so many seconds."""

    size: float
    per: float
    blocked: float
    spent: deque[tuple[float, float]] = field(default_factory=deque)  # when, and how many units
    used: float = 0.0

    def at_once(self, units: float, at: float, seconds: float) -> float:
        """How many calls may be in flight: as many as there are."""
        return math.inf

    def free_at(self, units: float, at: float) -> float:
        """When the next call of so many units can go, from `at` on."""
        at, over = max(at, self.blocked), self.used + units - self.size
        for gone, some in self.spent:
            if over <= 0:
                break
            at, over = max(at, gone + self.per), over - some
        return at

    def take(self, n: int, units: float, at: float) -> float:
        """When the last of `n` calls of so many units can go, from `at` on."""
        at = max(at, self.blocked)
        for _ in range(n):
            while self.spent and (self.spent[0][0] + self.per <= at or self.used + units > self.size):
                gone, some = self.spent.popleft()
                at = max(at, gone + self.per)
                self.used -= some
            self.spent.append((at, units))
            self.used += units
        return at


Budget = Bucket | Window


@dataclass(slots=True)
class Lane:
    """One account as it stands: its budgets, whose turn it is, and how long a call takes."""

    budgets: Mapping[str, Budget]
    turns: Turns = field(default_factory=Turns)
    seconds: float = 0.1
    at_once: int = 32


@dataclass(frozen=True, slots=True)
class Leg:
    """A layer of a job: calls to go, what one of them takes, and the wait until a second pass."""

    account: str
    position: int
    calls: int
    spends: Mapping[str, float] = field(default_factory=dict)
    again: float = 0.0


@dataclass(frozen=True, slots=True)
class Line:
    """A job with all that it has still to send, innermost layer first; it comes to the first at `ready`."""

    job: int
    legs: tuple[Leg, ...]
    urgent: bool = False
    ready: float = 0.0


@dataclass(frozen=True, slots=True)
class Foretold:
    """When the next call of a layer goes, and when its last one has been answered."""

    begins: float
    ends: float


@dataclass(slots=True)
class _Going:
    """A job at one of its layers."""

    line: Line
    at: int
    left: int
    ready: float
    begins: float | None = None

    @property
    def leg(self) -> Leg:
        return self.line.legs[self.at]

    @property
    def place(self) -> Place:
        return Place(self.line.job, self.leg.position, self.line.urgent)


def foretell(
    lines: Iterable[Line], lanes: Mapping[str, Lane], now: float, exact: int = EXACT
) -> dict[tuple[int, int], Foretold]:
    """What is to be expected of every layer, by job and position; what cannot be told is left out. The lanes' budgets
    and turns are used up by it."""
    lines = list(lines)
    calls = sum(leg.calls for line in lines for leg in line.legs)
    return _Course(lanes, now, 0 if calls <= exact else COARSER).run(lines)


class _Course:
    def __init__(self, lanes: Mapping[str, Lane], now: float, coarser: int) -> None:
        self._lanes = lanes
        self._now = now
        self._coarser = coarser
        self._lines = {account: _Waiting(lane.turns) for account, lane in lanes.items()}
        self._due: list[tuple[float, str]] = []
        self._due_at: dict[str, float] = {}  # by account
        self._free: dict[str, float] = {}  # when an account may send once more
        self._found: dict[tuple[int, int], Foretold] = {}

    def run(self, lines: Iterable[Line]) -> dict[tuple[int, int], Foretold]:
        """Play it through."""
        for line in lines:
            self._comes(line, 0, max(self._now, line.ready))
        steps = 0
        while self._due and steps < STEPS_MAX:
            at, account = heapq.heappop(self._due)
            if self._due_at.get(account) == at:
                steps += 1
                del self._due_at[account]
                self._turn(account, at)
        return self._found

    def _wake(self, account: str, at: float) -> None:
        at = max(at, self._free.get(account, at))
        if at < self._due_at.get(account, math.inf):
            self._due_at[account] = at
            heapq.heappush(self._due, (at, account))

    def _comes(self, line: Line, leg: int, at: float) -> None:
        while leg < len(line.legs) and (line.legs[leg].calls <= 0 or line.legs[leg].account not in self._lanes):
            leg += 1
        if leg == len(line.legs):
            return
        account = line.legs[leg].account
        self._lines[account].comes(_Going(line, leg, line.legs[leg].calls, at))
        self._wake(account, at)

    def _turn(self, account: str, at: float) -> None:
        """The next turn on an account, at `at` at the earliest."""
        lane, waiting = self._lanes[account], self._lines[account]
        one = waiting.next(at)
        if one is not None and (free := self._free_at(lane, one, at)) > at + SOON:
            waiting.back(one)  # whoever comes until then may be before them
            self._wake(account, free)
            return
        if one is not None:
            sent, self._free[account] = self._send(lane, one, self._calls(waiting, one), at)
            if one.left:
                waiting.back(one)
            else:
                self._ends(lane, one, sent)
        again = waiting.ready_at(at)
        if again is not None:
            self._wake(account, again)

    def _free_at(self, lane: Lane, one: _Going, at: float) -> float:
        """When their next call can go."""
        drawn = [(lane.budgets[x], units) for x, units in one.leg.spends.items() if units and x in lane.budgets]
        return max((budget.free_at(units, at) for budget, units in drawn), default=at)

    def _calls(self, waiting: _Waiting, one: _Going) -> int:
        """How many calls go in one turn."""
        if not self._coarser:
            return 1
        since = waiting.turns_since_one_came // (waiting.n + 1)
        return max(1, min(1 + since // self._coarser, waiting.fewest(one) // self._coarser))

    def _ends(self, lane: Lane, one: _Going, sent: float) -> None:
        ends = sent + lane.seconds + one.leg.again
        begins = sent if one.begins is None else one.begins
        self._found[one.line.job, one.leg.position] = Foretold(begins, ends)
        self._comes(one.line, one.at + 1, ends + HANDOVER)

    def _send(self, lane: Lane, one: _Going, n: int, at: float) -> tuple[float, float]:
        """Take `n` calls; when the last of them goes, and when another may."""
        drawn = [(lane.budgets[x], units) for x, units in one.leg.spends.items() if units and x in lane.budgets]
        at_once = min((budget.at_once(units, at, lane.seconds) for budget, units in drawn), default=math.inf)
        apart = lane.seconds / min(at_once, lane.at_once)
        sent = max([at + (n - 1) * apart, *(budget.take(n, units, at) for budget, units in drawn)])
        if one.begins is None:
            one.begins = sent
        one.left -= n
        lane.turns.served(one.place)
        return sent, sent + apart


class _Waiting:
    """Who has calls for one account: by when they come to it, and once they have come by whose turn it is."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._coming: list[tuple[float, int, int, _Going]] = []
        self._urgent: list[tuple[tuple[int, int, int], _Going]] = []
        self._rest: list[tuple[tuple[int, int, int], _Going]] = []
        self.turns_since_one_came = 0
        self._fewest = (0, 0)

    @property
    def n(self) -> int:
        """How many have come and have calls left."""
        return len(self._urgent) + len(self._rest)

    def comes(self, one: _Going) -> None:
        """Somebody more comes, at the time when they are ready."""
        heapq.heappush(self._coming, (one.ready, one.line.job, one.at, one))

    def back(self, one: _Going) -> None:
        """They have calls left."""
        heapq.heappush(self._urgent if one.line.urgent else self._rest, (self._turns.rank(one.place), one))

    def next(self, at: float) -> _Going | None:
        """Whose turn it is at `at`."""
        while self._coming and self._coming[0][0] <= at:
            self.back(heapq.heappop(self._coming)[3])
            self.turns_since_one_came, self._fewest = 0, (0, 0)  # from here on everybody takes one call a turn again
        if not self.n:
            return None
        self.turns_since_one_came += 1
        is_urgent = self._turns.is_for_urgent(bool(self._urgent), bool(self._rest))
        return heapq.heappop(self._urgent if is_urgent else self._rest)[1]

    def fewest(self, one: _Going) -> int:
        """The fewest calls that any of them has left, as it was within the last round."""
        until, fewest = self._fewest
        if self.turns_since_one_came < until:
            return min(fewest, one.left)
        fewest = min([one.left, *(other.left for _, other in (*self._urgent, *self._rest))])
        self._fewest = (self.turns_since_one_came + self.n + 1, fewest)
        return fewest

    def ready_at(self, at: float) -> float | None:
        """When there is somebody again; None where nobody comes."""
        return at if self.n else self._coming[0][0] if self._coming else None
