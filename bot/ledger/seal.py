"""What was asked for, as one hash: a job's targets and calls, as they were written when somebody asked.

The entry `asked` holds it, so that nobody agrees to one thing and sets off another by a change of the file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from bot.ledger.codec import whole
from bot.ledger.ledger import Transaction

AT_ONCE = 5_000  # calls


def sealed(targets: bytes, calls: Iterable[str]) -> str:
    """SHA-256 over the packed targets and every call's JSON, commas between them."""
    digest = hashlib.sha256(targets)
    for n, call in enumerate(calls):
        digest.update(b"," * (n > 0) + call.encode())
    return digest.hexdigest()


def seal_of(tx: Transaction, job: int) -> str:
    """The hash over what the tables hold of `job` now."""
    rows = tx.rows("select doc from targets where job = :job", job=job)
    packed = rows[0]["doc"] if rows else b""
    return sealed(packed if isinstance(packed, bytes) else b"", _calls(tx, job))


def _calls(tx: Transaction, job: int) -> Iterable[str]:
    last = 0
    while True:
        rows = tx.rows(
            "select id, call from batches where job = :job and id > :last order by id limit :most",
            job=job, last=last, most=AT_ONCE,
        )  # fmt: skip
        if not rows:
            return
        yield from (str(row["call"]) for row in rows)
        last = whole(rows[-1]["id"])
