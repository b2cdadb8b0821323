"""Retention: ended jobs and the journal's documents go after their time. The journal says what went; its chain stays.

A `pruned` entry names jobs, or the entries whose documents went, as ranges, with their number and a hash over them, so
that what was pruned is told from what somebody took away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from bot.domain.job import CLOSED
from bot.ledger.chain import NEVER_PRUNED, Ranges, canonical
from bot.ledger.codec import whole
from bot.ledger.journal import Journal
from bot.ledger.ledger import Row, Transaction
from bot.ledger.lots import Lots

JOBS_AT_ONCE = 100
CALLS_AT_ONCE = 5_000  # rows that go in one transaction, unless one job has more
DOCUMENTS_AT_ONCE = 5_000
OF_JOB = (
    "layers", "batches", "votes", "looks", "lines", "messages", "reviews", "targets", "history", "warmings", "deploys",
    "urgent", "joined",
)  # fmt: skip
_CLOSED = ", ".join(f"'{state}'" for state in sorted(CLOSED))
_NEVER_PRUNED = ", ".join(f"'{event}'" for event in NEVER_PRUNED)  # as SQL has it


class Retention:
    """What may go."""

    def __init__(self, tx: Transaction, journal: Journal, lots: Lots) -> None:
        self._tx = tx
        self._journal = journal
        self._lots = lots

    def jobs_ended(self, before: float) -> tuple[int, ...]:
        """Some jobs that ended before `before`, oldest first: as many as are to go at once."""
        rows = self._tx.rows(
            "select id, (select coalesce(sum(calls), 0) from layers where job = jobs.id) as calls from jobs"
            f" where state in ({_CLOSED}) and created < :before"
            " and not exists (select 1 from reviews where job = jobs.id and closed_at is null)"
            " and coalesce(json_extract(doc, '$.ended'), created) < :before order by id limit :most",
            before=before, most=JOBS_AT_ONCE,
        )  # fmt: skip
        some: list[int] = []
        calls = 0
        for row in rows:
            calls += whole(row["calls"])
            if some and calls > CALLS_AT_ONCE:
                break
            some.append(whole(row["id"]))
        return tuple(some)

    def forget_jobs(self, jobs: Sequence[int], now: float) -> int:
        """Remove those of `jobs` that have ended, with all that belongs to them; how many."""
        hashed, gone = hashlib.sha256(), []
        for job in jobs:
            rows = self._tx.rows(f"select * from jobs where id = :job and state in ({_CLOSED})", job=job)
            if not rows:
                continue
            hashed.update(f"{canonical(self._line(rows[0]))}\n".encode())
            for table in OF_JOB:
                self._tx.run(f"delete from {table} where job = :job", job=job)
            self._tx.run("delete from jobs where id = :job", job=job)
            gone.append(job)
        if gone:
            ids = str(Ranges.of(gone))
            self._journal.add(now, "pruned", "purgebot", jobs=ids, count=len(gone), hash=hashed.hexdigest())
        return len(gone)

    def _line(self, row: Row) -> list[object]:
        job = whole(row["id"])
        layers = self._tx.rows("select position from layers where job = :job order by position", job=job)
        lots = [self._lots.sum(job, whole(layer["position"])).hash for layer in layers]
        return [job, row["site"], row["state"], row["verdict"], row["kind"], row["requested_by"], row["digest"], lots]

    def documents_before(self, before: float) -> tuple[int, int] | None:
        """The first and last of the entries before `before` whose documents are to go at once."""
        last = self._journal.head().count
        pruned = self._documents()
        first = pruned.parts[0][1] + 1 if pruned.parts and pruned.parts[0][0] == 1 else 1
        end = min(last, first + DOCUMENTS_AT_ONCE - 1)
        young = self._tx.rows(
            "select seq from journal where seq between :first and :end and at >= :before order by seq limit 1",
            first=first, end=end, before=before,
        )  # fmt: skip
        end = whole(young[0]["seq"]) - 1 if young else end
        return (first, end) if first <= end else None

    def _documents(self) -> Ranges:
        rows = self._tx.rows(
            "select json_extract(doc, '$.documents') as ids from journal where event = 'pruned' and doc is not null"
        )
        return Ranges.joined(part for row in rows for part in Ranges.read(str(row["ids"] or "")).parts)

    def forget_documents(self, first: int, last: int, now: float) -> int:
        """Remove the documents of entries `first` to `last`, but those that are needed to judge others; how many."""
        request = "iif(json_valid(doc), json_extract(doc, '$.request'), '')"
        waits = f"{request} in (select 'Q-' || id from in_line where job is null)"
        where = (
            f"seq between :first and :last and doc is not null and event not in ({_NEVER_PRUNED})"
            f" and not (event = 'queued' and {waits})"
        )
        hashed = hashlib.sha256()
        for row in self._tx.rows(f"select doc_hash from journal where {where} order by seq", first=first, last=last):
            hashed.update(f"{row['doc_hash']!s}\n".encode())
        gone = self._tx.run(f"update journal set doc = null where {where}", first=first, last=last)
        ids = str(Ranges(((first, last),)))
        self._journal.add(now, "pruned", "purgebot", documents=ids, count=gone, hash=hashed.hexdigest())
        return gone
