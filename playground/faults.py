"""Faults to switch on: what an emulator does wrong next, and how often."""

from __future__ import annotations

from playground.store import Store

ACCOUNTS = ("app", "shield", "cf", "aws", "fastly", "akamai", "globalping", "slack")
KINDS = {
    "throttle": "answers 429 with Retry-After 3",
    "error500": "answers 500",
    "bad_token": "does not know the credential",
    "forbidden": "knows the credential, which may not do this",
    "timeout_after_effect": "does it and never answers",
    "reset": "cuts the connection before doing anything",
    "html": "answers 200 with a page of HTML",
    "slow": "takes three seconds longer",
    "down": "refuses the connection",
    "clock": "has a clock that is 60 seconds ahead of the caller's",
}
ONLY = {"clock": ("akamai",)}  # kinds that not every account has
CLOCK_SECONDS = 60
THROTTLE_SECONDS = 3
SLOW_SECONDS = 3.0

_TABLE = "create table if not exists faults (account text primary key, kind text not null, times integer)"


class UnknownFault(ValueError):
    """There is no such account or kind; the text says which there are."""


class Faults:
    """At most one fault for each account."""

    def __init__(self, store: Store) -> None:
        self._store = store
        store.execute(_TABLE)

    def set(self, account: str, kind: str, times: int | None) -> None:
        """Switch `kind` on for `times` requests, until ended for None, off for 0. Raises UnknownFault."""
        if account not in ACCOUNTS:
            raise UnknownFault(f"There is no account {account!r:.60}. There are {', '.join(ACCOUNTS)}.")
        if kind not in KINDS:
            raise UnknownFault(f"There is no fault {kind!r:.60}. There are {', '.join(KINDS)}.")
        if account not in ONLY.get(kind, ACCOUNTS):
            raise UnknownFault(f"{account} has no fault {kind}. {', '.join(ONLY[kind])} has.")
        if times is not None and times <= 0:
            self._store.execute("delete from faults where account = ? and kind = ?", (account, kind))
            return
        self._store.execute("insert or replace into faults values (?, ?, ?)", (account, kind, times))

    def take(self, account: str) -> str:
        """The fault for the next request of `account`, counted down; "" for none."""
        rows = self._store.rows("select kind, times from faults where account = ?", (account,))
        if not rows:
            return ""
        times = rows[0]["times"]
        if times is not None and times <= 1:
            self._store.execute("delete from faults where account = ?", (account,))
        elif times is not None:
            self._store.execute("update faults set times = times - 1 where account = ?", (account,))
        return str(rows[0]["kind"])

    def is_down(self, account: str) -> bool:
        """Whether `account` is down until that is ended."""
        sql = "select 1 from faults where account = ? and kind = 'down' and times is null"
        return bool(self._store.rows(sql, (account,)))

    def shown(self) -> list[dict[str, object]]:
        """What is switched on."""
        rows = self._store.rows("select * from faults order by account")
        return [{"account": row["account"], "kind": row["kind"], "times": row["times"]} for row in rows]

    def clear(self) -> None:
        """Switch everything off."""
        self._store.execute("delete from faults")
