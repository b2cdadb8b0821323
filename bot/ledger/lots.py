"""Lots: the calls of one layer, summed up so that the journal can say what became of each of them."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.ledger.codec import whole
from bot.ledger.ledger import Row, Transaction
from bot.ledger.sums import added, call_hash

IDS_MAX = 20  # provider ids that an entry names; the others are counted
SLICE = 2_000  # rows read at once, so that nobody waits long
_ROWS = (
    "select id, position, account, json_extract(iif(json_valid(receipt), receipt, '{}'), '$.id') as ref,"
    " json_array(id, state, kind, call, tries, throttles, passes, receipt, trouble) as line, call from batches where"
)
_FIRST = f"{_ROWS} job = :job and position = :position order by id limit :most"
_NEXT = (  # by number: an index would find all of the layer each time, and sort it
    f"{_ROWS} id > :after and id <= :until and +job = :job and +position = :position order by id"
)
_OF_JOB = f"{_ROWS} job = :job order by position, id limit :most"


@dataclass(slots=True)
class LotSum:
    """Grows with each slice of a layer's rows."""

    after: int = 0  # the last row that was looked at
    last: int = 0  # the last there is
    ids: dict[str, None] = field(default_factory=dict)  # what the provider called the calls, in order
    more_ids: int = 0
    calls: int = 0  # their sum, as it was asked for
    accounts: set[str] = field(default_factory=set)  # that they go through
    _hash: hashlib._Hash = field(default_factory=hashlib.sha256, repr=False)

    def add(self, rows: Sequence[Row]) -> None:
        """The next rows, in order."""
        for row in rows:
            self._hash.update(f"{row['line']!s}\n".encode())
            self._name(str(row["ref"] or ""))
            self.accounts.add(str(row["account"]))
        self.calls = added(self.calls, (call_hash(str(row["call"])) for row in rows))

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

    def grow(self, lot: LotSum, job: int, position: int) -> bool:
        """Add the next slice of a layer's rows to `lot`; whether there may be more."""
        if lot.after:
            until = min(lot.last, lot.after + SLICE)
            lot.add(self._tx.rows(_NEXT, job=job, position=position, after=lot.after, until=until))
            lot.after = until
        else:
            rows = self._tx.rows(_FIRST, job=job, position=position, most=SLICE)
            lot.add(rows)
            lot.after = lot.last = whole(rows[-1]["id"]) if rows else 0
            lot.last = self._last(job, position) if len(rows) == SLICE else lot.last
        return lot.after < lot.last

    def _last(self, job: int, position: int) -> int:
        sql = "select max(id) as id from batches where job = :job and position = :position"
        return whole(self._tx.rows(sql, job=job, position=position)[0]["id"])

    def sum(self, job: int, position: int) -> LotSum:
        """All of a layer's rows."""
        found = LotSum()
        while self.grow(found, job, position):
            pass
        return found

    def sums(self, job: int, positions: Iterable[int]) -> Mapping[int, LotSum]:
        """All rows of those layers of `job`."""
        rows = self._tx.rows(_OF_JOB, job=job, most=SLICE)
        if len(rows) == SLICE:
            return {position: self.sum(job, position) for position in positions}
        found = {position: LotSum() for position in positions}
        for position, mine in itertools.groupby(rows, lambda row: row["position"]):
            if isinstance(position, int) and position in found:
                found[position].add(tuple(mine))
        return found
