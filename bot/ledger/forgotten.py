"""What is still known of jobs that were forgotten after their time: the journal's entries `pruned` name them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from bot.ledger.chain import Ranges
from bot.ledger.codec import maybe, number
from bot.ledger.ledger import Transaction


class Forgotten:
    """Jobs that were pruned."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def at(self, job: int) -> float | None:
        """When `job` was forgotten; None where it was not, or never was."""
        return next((at for at, jobs in self._prunings() if job in jobs), None)

    def site(self, job: int) -> str:
        """The site that `job` was for, "" where its entry `asked` has lost that."""
        rows = self._tx.rows(
            "select doc from journal where job = :job and event = 'asked' and doc is not null order by seq limit 1",
            job=job,
        )
        asked: Mapping[str, object] = json.loads(str(rows[0]["doc"])) if rows else {}
        return str(asked.get("site", ""))

    def newest(self) -> float | None:
        """When the newest of them was asked for; None where none was forgotten."""
        last = max((jobs.parts[-1][1] for _, jobs in self._prunings()), default=0)
        rows = self._tx.rows("select min(at) as at from journal where job = :job", job=last)
        return maybe(rows[0]["at"])

    def _prunings(self) -> Iterator[tuple[float, Ranges]]:
        rows = self._tx.rows(
            "select at, json_extract(doc, '$.jobs') as jobs from journal where event = 'pruned' and doc is not null"
            " and json_extract(doc, '$.jobs') != '' order by seq"
        )
        return ((number(row["at"]), Ranges.read(str(row["jobs"]))) for row in rows)
