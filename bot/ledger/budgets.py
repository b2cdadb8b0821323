"""Budgets: a token bucket or a sliding window for each account and bucket, kept across restarts.

Buckets follow the generic cell rate algorithm: one stored number, the theoretical arrival time. A little is held back
(half a percent of the rate or of a window, and of the burst a call, or what 100 ms bring; where a burst is a single
unit, two and a half percent of the rate), since the provider counts when a call arrives, not when it leaves.

A provider that refuses all the same has less to give than it says, or somebody else spends it: for ten minutes the
bucket is taken to be a share of its size. So that few calls find that out, the last part of a burst is not sent all at
once: see `brink`.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from bot.domain.jobs.forecast import Bucket, Budget, Window
from bot.ledger.codec import number, whole
from bot.ledger.ledger import Transaction
from providers.contract import Pace, Price

HELD_BACK, HELD_BACK_BARE = 0.005, 0.025  # share of the rate; the second where no burst makes up for a late call
BRINK = 0.4  # of a burst; where no more is left, calls go out no faster than the bucket fills
LATE_SECONDS = 0.1  # by which a call may be late, so that the next one seems early; the first one has to connect
REFUSED_SHARE, SHARE_MIN, SHARE_SECONDS = 0.8, 0.4, 600.0  # what a refusal leaves of a bucket, and for how long
LOCKED_OUT_MAX = 600.0  # seconds; no answer of a provider blocks a bucket for longer


class Budgets:
    """What each account may still spend."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def take(self, account: str, cost: Sequence[tuple[str, int]], paces: Mapping[str, Pace], now: float) -> float:
        """Take all of `cost`, or nothing; 0 when taken, else when to try again (seconds since the epoch)."""
        paced = [(bucket, units, paces[bucket]) for bucket, units in cost if bucket in paces]
        free = max((self._free_at(account, bucket, units, pace, now) for bucket, units, pace in paced), default=now)
        if free > now:
            return free
        for bucket, units, pace in paced:
            self._spend(account, bucket, units, pace, now)
        return 0.0

    def brink(self, account: str, cost: Sequence[tuple[str, int]], paces: Mapping[str, Pace], now: float) -> float:
        """Calls of this cost a second that the buckets sustain of which little is left; infinite while there is enough.
        Whoever keeps no more in flight than that takes loses nothing, and where a bucket is smaller than it is said to
        be meets one refusal and not many at once."""
        return min(
            (self._sustained(account, bucket, units, paces[bucket], now) for bucket, units in cost if bucket in paces),
            default=math.inf,
        )

    def _sustained(self, account: str, bucket: str, units: int, pace: Pace, now: float) -> float:
        if pace.window or not units:
            return math.inf
        tat, _, share = self._state(account, bucket, now)
        every, _ = _gcra(pace, units, share)
        left = 1 - (tat - now) / (pace.burst * share * every)
        return 1 / (units * every) if left < BRINK else math.inf

    def _free_at(self, account: str, bucket: str, units: int, pace: Pace, now: float) -> float:
        tat, blocked, share = self._state(account, bucket, now)
        if blocked > now:
            return blocked
        if pace.window:
            return self._window_free_at(account, bucket, units, pace, now)
        every, tolerance = _gcra(pace, units, share)
        return max(tat, now) + units * every - tolerance

    def _window_free_at(self, account: str, bucket: str, units: int, pace: Pace, now: float) -> float:
        size, per = max(pace.rate, units), _window(pace)
        rows = self._tx.rows(
            "select at, units from spends where account = :account and bucket = :bucket and at > :since order by at",
            account=account, bucket=bucket, since=now - per,
        )  # fmt: skip
        over = sum(number(row["units"]) for row in rows) + units - size
        for row in rows:
            if over <= 0:
                break
            over -= number(row["units"])
            now = number(row["at"]) + per
        return now

    def _spend(self, account: str, bucket: str, units: int, pace: Pace, now: float) -> None:
        if pace.window:
            self._tx.run(
                "insert into spends (account, bucket, at, units) values (:account, :bucket, :at, :units)",
                account=account, bucket=bucket, at=now, units=units,
            )  # fmt: skip
            self._tx.run(
                "delete from spends where account = :account and bucket = :bucket and at <= :old",
                account=account, bucket=bucket, old=now - _window(pace),
            )  # fmt: skip
            return
        tat, _, share = self._state(account, bucket, now)
        every, _ = _gcra(pace, units, share)
        self._write(account, bucket, "tat", max(tat, now) + units * every)

    def _state(self, account: str, bucket: str, now: float) -> tuple[float, float, float]:
        """The theoretical arrival time, until when it is blocked, and the share of the bucket that counts."""
        rows = self._tx.rows(
            "select tat, blocked_until, share, share_until from budgets where account = :account and bucket = :bucket",
            account=account, bucket=bucket,
        )  # fmt: skip
        if not rows:
            return 0.0, 0.0, 1.0
        share = number(rows[0]["share"]) if number(rows[0]["share_until"]) > now else 1.0
        return number(rows[0]["tat"]), number(rows[0]["blocked_until"]), share

    def _write(self, account: str, bucket: str, column: str, value: float) -> None:
        self._tx.run(
            f"insert into budgets (account, bucket, {column}) values (:account, :bucket, :value)"
            f" on conflict (account, bucket) do update set {column} = excluded.{column}",
            account=account, bucket=bucket, value=value,
        )  # fmt: skip

    def tally(self, account: str, cost: Sequence[tuple[str, int]], prices: Mapping[str, Price], now: float) -> None:
        """Count what costs money, in its calendar month."""
        for bucket, units in cost:
            if bucket in prices:
                self._tx.run(
                    "insert into tally (account, bucket, month, units) values (:account, :bucket, :month, :units)"
                    " on conflict (account, bucket, month) do update set units = units + excluded.units",
                    account=account, bucket=bucket, month=_month(now), units=units,
                )  # fmt: skip

    def tallied(self, account: str, bucket: str, now: float) -> int:
        """Units counted in the calendar month of `now`."""
        rows = self._tx.rows(
            "select units from tally where account = :account and bucket = :bucket and month = :month",
            account=account, bucket=bucket, month=_month(now),
        )  # fmt: skip
        return whole(rows[0]["units"]) if rows else 0

    def heed(self, account: str, left: Sequence[tuple[str, float, float]], now: float) -> None:
        """Wait for the reset of each budget that the provider says is spent: bucket, units left, seconds."""
        for bucket, units, reset in left:
            if units < 1:
                self.block(account, [bucket], now + reset, now)

    def block(self, account: str, buckets: Sequence[str], until: float, now: float) -> None:
        """Send nothing from `buckets` before `until`: the provider asked for it."""
        until = min(until, now + LOCKED_OUT_MAX)
        for bucket in buckets:
            if until > self._state(account, bucket, now)[1]:
                self._write(account, bucket, "blocked_until", until)

    def refused(
        self, account: str, buckets: Sequence[str], paces: Mapping[str, Pace], sent: float, until: float, now: float
    ) -> None:
        """The provider had too much: send nothing before `until`, then from an empty bucket, and from a smaller one.
        A call `sent` before the bucket was last made smaller says nothing new of its size."""
        self.block(account, buckets, until, now)
        for bucket in buckets:
            pace = paces.get(bucket)
            if pace is None or pace.window:
                continue
            tat, _, share = self._state(account, bucket, now)
            if sent >= self._shrunk_at(account, bucket):
                share = max(SHARE_MIN, share * REFUSED_SHARE)
                for column, value in (("share", share), ("share_until", now + SHARE_SECONDS)):
                    self._write(account, bucket, column, value)
            _, tolerance = _gcra(pace, 1, share)
            self._write(account, bucket, "tat", max(tat, min(until, now + LOCKED_OUT_MAX) + tolerance))

    def _shrunk_at(self, account: str, bucket: str) -> float:
        rows = self._tx.rows(
            "select share_until from budgets where account = :account and bucket = :bucket",
            account=account, bucket=bucket,
        )  # fmt: skip
        return number(rows[0]["share_until"]) - SHARE_SECONDS if rows else 0.0

    def share(self, account: str, bucket: str, now: float) -> float:
        """How much of the bucket counts: less than 1 for a while after the provider refused."""
        return self._state(account, bucket, now)[2]

    def free_at(self, account: str, bucket: str, pace: Pace, now: float) -> float:
        """When one unit can be taken (seconds since the epoch); not later than `now` where it can at once."""
        return self._free_at(account, bucket, 1, pace, now)

    def silent_until(self, account: str) -> float:
        """Until when some bucket is blocked, since its provider wants no calls; 0 where none ever was."""
        rows = self._tx.rows(
            "select max(blocked_until) as until from budgets where account = :account", account=account
        )
        return number(rows[0]["until"])

    def foretold(self, account: str, paces: Mapping[str, Pace], now: float) -> dict[str, Budget]:
        """Every budget as it stands, to be played through ahead of the clock."""
        return {bucket: self._foretold(account, bucket, pace, now) for bucket, pace in paces.items()}

    def _foretold(self, account: str, bucket: str, pace: Pace, now: float) -> Budget:
        tat, blocked, share = self._state(account, bucket, now)
        if pace.window:
            rows = self._tx.rows(
                "select at, units from spends where account = :account and bucket = :bucket and at > :since"
                " order by at",
                account=account, bucket=bucket, since=now - _window(pace),
            )  # fmt: skip
            spent = deque((number(row["at"]), number(row["units"])) for row in rows)
            return Window(pace.rate, _window(pace), blocked, spent, sum(units for _, units in spent))
        every, tolerance = _gcra(pace, 1, share)
        return Bucket(tat, blocked, every, tolerance / every, BRINK * pace.burst * share)

    def tokens(self, account: str, bucket: str, pace: Pace, now: float) -> float:
        """Units that could be taken at once."""
        tat, blocked, share = self._state(account, bucket, now)
        if blocked > now:
            return 0.0
        if pace.window:
            rows = self._tx.rows(
                "select sum(units) as n from spends where account = :account and bucket = :bucket and at > :since",
                account=account, bucket=bucket, since=now - _window(pace),
            )  # fmt: skip
            return max(0.0, pace.rate - number(rows[0]["n"]))
        every, tolerance = _gcra(pace, 1, share)
        return min(pace.burst, max(0.0, (tolerance - max(0.0, tat - now)) / every))


def _month(now: float) -> str:
    """A bill's month, as providers count it: UTC."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m")


def _window(pace: Pace) -> float:
    """Seconds for which what was taken counts: somewhat longer than there, where it counts from its arrival on."""
    return pace.per * (1 + HELD_BACK)


def _gcra(pace: Pace, units: int, share: float) -> tuple[float, float]:
    """Seconds for one unit, and how many seconds the theoretical arrival time may run ahead."""
    every = pace.per / (pace.rate * share)
    spare = max(1.0, min(LATE_SECONDS / every, units))
    every /= 1 - (HELD_BACK if pace.burst * share >= 2 else HELD_BACK_BARE)
    return every, max(pace.burst * share - spare, units) * every
