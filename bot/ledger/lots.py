"""Lots: the calls of one layer, summed up so that the journal can say what became of each of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from bot.ledger.codec import whole
from bot.ledger.ledger import Row, Transaction
from bot.ledger.sums import added, call_hash

IDS_MAX = 20  # provider ids that an entry names; the others are counted
SLICE = 2_000  # rows read at once, so that nobody waits long
_ROWS = (
    "select id, json_extract(iif(json_valid(receipt), receipt, '{}'), '$.id') as ref,"
    " json_array(id, state, kind, call, tries, throttles, passes, receipt, trouble) as line"
    ", call from batches where job = :job and position = :position and id > :after order by id limit :most"
)


@dataclass(slots=True)
class LotSum:
    """Grows with each slice of a layer's rows."""

    after: int = 0  # the last row so far
    ids: dict[str, None] = field(default_factory=dict)  # what the provider called the calls, in order
    more_ids: int = 0
    calls: int = 0  # their sum, as it was asked for
    _hash: hashlib._Hash = field(default_factory=hashlib.sha256, repr=False)

    def add(self, rows: list[Row]) -> bool:
        """The next rows, in order; whether there may be more."""
        for row in rows:
            self._hash.update(f"{row['line']!s}\n".encode())
            self._name(str(row["ref"] or ""))
        self.calls = added(self.calls, (call_hash(str(row["call"])) for row in rows))
        self.after = whole(rows[-1]["id"]) if rows else self.after
        return len(rows) == SLICE

    def _name(self, ref: str) -> None:
        if not ref or ref in self.ids:
            return
        if len(self.ids) < IDS_MAX:
            self.ids[ref] = None
        else:
            self.more_ids += 1

    @property
    def hash(self) -> str:
        """SHA-256 over the rows."""
        return self._hash.hexdigest()


class Lots:
    """The rows of layers, in slices."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def slice(self, job: int, position: int, after: int) -> list[Row]:
        """The layer's rows behind row `after`, at most SLICE."""
        return self._tx.rows(_ROWS, job=job, position=position, after=after, most=SLICE)

    def sum(self, job: int, position: int) -> LotSum:
        """All of a layer's rows. Takes about a second for a million."""
        found = LotSum()
        while found.add(self.slice(job, position, found.after)):
            pass
        return found
