"""Token buckets and the client API's window, kept on disk, as strict as documented."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playground.store import Store

TOLERANCE = 1e-6  # units; epoch seconds as floats are this coarse


@dataclass(frozen=True, slots=True)
class Bucket:
    """`size` units at once, `per_s` more each second."""

    size: float
    per_s: float


class Buckets:
    """The buckets of one account."""

    def __init__(self, store: Store, account: str, buckets: dict[str, Bucket], now: Callable[[], float]) -> None:
        self._store = store
        self._account = account
        self.buckets = buckets
        self._now = now
        store.execute(
            "create table if not exists buckets"
            " (account text, name text, tokens real, at real, primary key (account, name))"
        )

    def tokens(self, name: str) -> float:
        """Units left now."""
        bucket = self.buckets[name]
        rows = self._store.rows("select tokens, at from buckets where account = ? and name = ?", (self._account, name))
        if not rows:
            return bucket.size
        tokens, at = float(rows[0]["tokens"]), float(rows[0]["at"])
        return min(bucket.size, tokens + max(0.0, self._now() - at) * bucket.per_s)

    def take(self, name: str, units: float) -> float:
        """Take `units`; 0, or the seconds until there are enough and nothing was taken."""
        left = self.tokens(name)
        if left < units - TOLERANCE:
            return (units - left) / self.buckets[name].per_s
        self._store.execute(
            "insert or replace into buckets values (?, ?, ?, ?)",
            (self._account, name, max(0.0, left - units), self._now()),
        )
        return 0.0

    def shown(self) -> dict[str, object]:
        """Each bucket as people see it: what is left, of how much, and how fast it refills."""
        return {
            name: {"tokens": round(self.tokens(name), 2), "size": bucket.size, "per_s": bucket.per_s}
            for name, bucket in self.buckets.items()
        }

    def clear(self) -> None:
        """Full again."""
        self._store.execute("delete from buckets where account = ?", (self._account,))


class Window:
    """At most `most` calls in `per` seconds; over it, everything is refused for the next `per` seconds."""

    def __init__(self, store: Store, account: str, most: int, per: float, now: Callable[[], float]) -> None:
        self._store = store
        self._account = account
        self.most = most
        self.per = per
        self._now = now
        store.execute("create table if not exists window_calls (account text, at real)")
        store.execute("create table if not exists lock_outs (account text primary key, until real)")

    def left(self) -> int:
        """Calls left in the window that ends now."""
        sql = "select count(*) as n from window_calls where account = ? and at > ?"
        return max(0, self.most - int(self._store.rows(sql, (self._account, self._now() - self.per))[0]["n"]))

    def take(self) -> float:
        """Count a call; 0, or the seconds of the lock-out."""
        now = self._now()
        rows = self._store.rows("select until from lock_outs where account = ?", (self._account,))
        if rows and rows[0]["until"] > now:
            return float(rows[0]["until"]) - now
        if self.left() == 0:
            self._store.execute("insert or replace into lock_outs values (?, ?)", (self._account, now + self.per))
            return self.per
        self._store.execute("insert into window_calls values (?, ?)", (self._account, now))
        self._store.execute("delete from window_calls where account = ? and at <= ?", (self._account, now - self.per))
        return 0.0

    def clear(self) -> None:
        """Nothing was called."""
        self._store.execute("delete from window_calls where account = ?", (self._account,))
        self._store.execute("delete from lock_outs where account = ?", (self._account,))
