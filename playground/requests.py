"""The request ledger: every request that an emulator received, for an independent checker. Credentials never."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence

from playground.store import Store

_TABLE = """create table if not exists received (
  n integer primary key autoincrement, at real not null, account text not null, method text not null,
  host text not null, path text not null, body text not null, status integer not null, fault text not null,
  purged text not null)"""


class Requests:
    """What came in, in order."""

    def __init__(self, store: Store, now: Callable[[], float] = time.time) -> None:
        self._store = store
        self._now = now
        store.execute(_TABLE)

    def record(
        self,
        account: str,
        method: str,
        path: str,
        body: str,
        status: int,
        fault: str = "",
        purged: Sequence[str] = (),
        host: str = "",
    ) -> int:
        """Append one request; its number, from 1. It is on disk when this returns.

        `status` is 0 where nothing was answered, `host` the Host header where one server has several."""
        self._store.execute(
            "insert into received (at, account, method, host, path, body, status, fault, purged)"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (self._now(), account, method, host, path, body, status, fault, json.dumps(list(purged))),
        )
        return int(self._store.rows("select max(n) as n from received")[0]["n"])

    def listed(self) -> list[dict[str, object]]:
        """Every request, oldest first, as `/_play/ledger` shows it."""
        return [
            {
                "n": row["n"],
                "at": row["at"],
                "account": row["account"],
                "method": row["method"],
                **({"host": row["host"]} if row["host"] else {}),
                "path": row["path"],
                "body": row["body"],
                "status": row["status"],
                **({"fault": row["fault"]} if row["fault"] else {}),
                "purged": json.loads(row["purged"]),
            }
            for row in self._store.rows("select * from received order by n")
        ]

    def clear(self) -> None:
        """Begin again at 1."""
        self._store.execute("delete from received")
        self._store.execute("delete from sqlite_sequence where name = 'received'")
