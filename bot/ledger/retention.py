"""Retention: ended jobs and the journal's documents go after their time. The journal says what went; its chain stays.

A `pruned` entry names jobs, or the entries whose documents went, as ranges, with their number and a hash over them, so
that what was pruned is told from what somebody took away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from bot.domain.jobs.job import CLOSED
from bot.ledger.chain import NEVER_PRUNED, Ranges, canonical
from bot.ledger.codec import whole
from bot.ledger.hold_audit import standing_entries
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
        last, first = self._journal.head().count, self._looked_at() + 1
        end = min(last, first + DOCUMENTS_AT_ONCE - 1)
        young = self._tx.rows(
            "select seq from journal where seq between :first and :end and at >= :before order by seq limit 1",
            first=first, end=end, before=before,
        )  # fmt: skip
        end = whole(young[0]["seq"]) - 1 if young else end
        return (first, end) if first <= end else None

    def forget_documents(self, first: int, last: int, now: float) -> int:
        """Remove the documents of entries `first` to `last`, but those that are needed to judge others, and those of
        what is open still, which go after its end; how many."""
        spared = self._needed(f"seq between {first:d} and {last:d}")
        gone = Ranges.of(n for n in range(first, last + 1) if n not in spared)
        told: dict[str, object] = {"upto": last}
        return self._forget(gone, now, told | ({"spared": str(Ranges.of(spared))} if spared else {}))

    def forget_spared(self, now: float) -> int:
        """Remove the documents that were spared, where what they are of is not open any more; how many."""
        rows = self._tx.rows(
            "select json_extract(doc, '$.spared') as ids from journal where event = 'pruned' and doc is not null"
        )
        spared = Ranges.joined(part for row in rows for part in Ranges.read(str(row["ids"] or "")).parts)
        left = {n for part in spared.parts for n in self._with_documents(f"seq between {part[0]:d} and {part[1]:d}")}
        free = left - {n for part in spared.parts for n in self._needed(f"seq between {part[0]:d} and {part[1]:d}")}
        return self._forget(Ranges.of(free), now, {}) if free else 0

    def _looked_at(self) -> int:
        """The last entry that a pruning came to; earlier versions took all documents up to it."""
        rows = self._tx.rows(
            "select json_extract(doc, '$.documents') as ids, json_extract(doc, '$.upto') as upto from journal"
            " where event = 'pruned' and doc is not null"
        )
        before = Ranges.joined(part for row in rows for part in Ranges.read(str(row["ids"] or "")).parts)
        first = before.parts[0][1] if before.parts and before.parts[0][0] == 1 else 0
        return max([first, *(whole(row["upto"]) for row in rows)])

    def _with_documents(self, where: str) -> list[int]:
        """The entries that have a document which may go in time."""
        rows = self._tx.rows(
            f"select seq from journal where {where} and doc is not null and event not in ({_NEVER_PRUNED})"
        )
        return [whole(row["seq"]) for row in rows]

    def _needed(self, where: str) -> set[int]:
        """Those of an open job, of a request that waits for a release, or of a hold that stands."""
        request = "iif(json_valid(doc), json_extract(doc, '$.request'), '')"
        is_open = f"(select id from jobs where state not in ({_CLOSED}))"
        waits = f"{request} in (select 'Q-' || id from in_line where job is null or job in {is_open})"
        holds = ", ".join(map(str, standing_entries(self._tx))) or "0"
        return {
            *self._with_documents(
                f"{where} and (job in {is_open} or (event = 'queued' and {waits}) or seq in ({holds}))"
            )
        }

    def _forget(self, entries: Ranges, now: float, told: Mapping[str, object]) -> int:
        hashed, gone = hashlib.sha256(), 0
        for first, last in entries.parts:
            where = f"seq between :first and :last and doc is not null and event not in ({_NEVER_PRUNED})"
            for row in self._tx.rows(
                f"select doc_hash from journal where {where} order by seq", first=first, last=last
            ):
                hashed.update(f"{row['doc_hash']!s}\n".encode())
            gone += self._tx.run(f"update journal set doc = null where {where}", first=first, last=last)
        doc = {"documents": str(entries), "count": gone, "hash": hashed.hexdigest(), **told}
        self._journal.add(now, "pruned", "purgebot", None, **doc)
        return gone
