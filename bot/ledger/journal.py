"""The journal: append-only, each entry holding the hash of the one before, so that a change shows.

An entry's hash is the SHA-256 of its canonical JSON: an array [previous, seq, at, event, job, actor, hash of doc],
without blanks, `at` in microseconds. The document goes in by its own hash, so that pruning it keeps the chain whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from bot.ledger.codec import number, whole
from bot.ledger.ledger import Transaction

GENESIS = "0" * 64


class Journal:
    """What was asked, decided and done."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, at: float, event: str, actor: str, job: int | None = None, **doc: object) -> None:
        """Append one entry; `doc` holds what is worth knowing later, never a secret."""
        last = self._tx.rows("select seq, hash from journal order by seq desc limit 1")
        seq, previous = (whole(last[0]["seq"]) + 1, str(last[0]["hash"])) if last else (1, GENESIS)
        text = canonical(doc)
        self._tx.run(
            "insert into journal (seq, at, event, job, actor, doc, previous, hash)"
            " values (:seq, :at, :event, :job, :actor, :doc, :previous, :hash)",
            seq=seq, at=at, event=event, job=job, actor=actor, doc=text, previous=previous,
            hash=entry_hash(previous, seq, at, event, job, actor, text),
        )  # fmt: skip

    def first_broken(self) -> int | None:
        """The number of the first entry that does not follow from the one before; None when the chain is whole."""
        previous, expected = GENESIS, 1
        for row in self._tx.rows("select * from journal order by seq"):
            job = None if row["job"] is None else whole(row["job"])
            seq = whole(row["seq"])
            mine = entry_hash(
                previous, seq, number(row["at"]), str(row["event"]), job, str(row["actor"]), str(row["doc"])
            )
            if seq != expected or row["previous"] != previous or row["hash"] != mine:
                return expected
            previous, expected = mine, expected + 1
        return None

    def events(self, job: int) -> list[tuple[float, str, str, Mapping[str, object]]]:
        """Time, event, actor and document of each entry of `job`, oldest first."""
        rows = self._tx.rows("select * from journal where job = :job order by seq", job=job)
        return [(number(r["at"]), str(r["event"]), str(r["actor"]), json.loads(str(r["doc"]))) for r in rows]


def canonical(doc: Mapping[str, object]) -> str:
    """JSON with sorted keys and no blanks."""
    return json.dumps(doc, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def entry_hash(previous: str, seq: int, at: float, event: str, job: int | None, actor: str, doc: str) -> str:
    """The hash that the next entry will hold."""
    doc_hash = hashlib.sha256(doc.encode()).hexdigest()
    head = json.dumps([previous, seq, round(at * 1e6), event, job, actor, doc_hash], separators=(",", ":"))
    return hashlib.sha256(head.encode()).hexdigest()
