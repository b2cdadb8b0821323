"""The journal: append-only, each entry holding the hash of the one before, so that a change shows."""

from __future__ import annotations

import json
from collections.abc import Mapping

from bot.ledger.chain import Head, canonical, entry_hash, sha256
from bot.ledger.codec import number, whole
from bot.ledger.ledger import LedgerDown, Transaction

NOT_TAKEN = (
    "The journal took no entry: something in the ledger's file keeps it from that. Nothing was changed."
    " Run `purgebot log verify`, and start the bot again."
)


class Journal:
    """What was asked, decided and done."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, at: float, event: str, actor: str, job: int | None = None, **doc: object) -> None:
        """Append one entry; `doc` holds what is worth knowing later, never a secret."""
        last = self.head()
        text = canonical(doc)
        doc_hash = sha256(text)
        taken = self._tx.run(
            "insert into journal (seq, at, event, job, actor, doc, doc_hash, previous, hash)"
            " values (:seq, :at, :event, :job, :actor, :doc, :doc_hash, :previous, :hash)",
            seq=last.count + 1, at=at, event=event, job=job, actor=actor, doc=text, doc_hash=doc_hash,
            previous=last.hash, hash=entry_hash(last.hash, last.count + 1, at, event, job, actor, doc_hash),
        )  # fmt: skip
        if taken != 1:  # what is not written down is not done
            raise LedgerDown(NOT_TAKEN)

    def head(self) -> Head:
        """Where the journal stands."""
        rows = self._tx.rows("select seq, hash, at from journal order by seq desc limit 1")
        return Head(whole(rows[0]["seq"]), str(rows[0]["hash"]), number(rows[0]["at"])) if rows else Head()

    def events(self, job: int) -> list[tuple[float, str, str, Mapping[str, object]]]:
        """Time, event, actor and document of each entry of `job`, oldest first; a pruned document is empty."""
        return [(at, event, actor, doc or {}) for at, event, actor, doc in self.entries(job)]

    def entries(self, job: int) -> list[tuple[float, str, str, Mapping[str, object] | None]]:
        """As `events`, and a pruned document is None."""
        rows = self._tx.rows("select * from journal where job = :job order by seq", job=job)
        return [(number(r["at"]), str(r["event"]), str(r["actor"]), _read(r["doc"])) for r in rows]


def _read(text: object) -> Mapping[str, object] | None:
    found: Mapping[str, object] | None = json.loads(str(text)) if text is not None else None
    return found
