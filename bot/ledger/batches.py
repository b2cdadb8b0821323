"""Batches: one call each, written before it is sent and after, so that a crash loses nothing and repeats little."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.domain.jobs.job import BatchState, Trouble
from bot.domain.jobs.steps import GiveUp, OutcomeOpen, SendAgain
from bot.domain.jobs.turns import Place, Turns
from bot.ledger.batch import LEDGER, Batch, Lot, Outcome, Room, batch_of
from bot.ledger.budgets import Budgets
from bot.ledger.codec import CALL, RECEIPT, TROUBLE, maybe, number, pack, unpack, whole
from bot.ledger.ledger import Row, Transaction
from bot.ledger.sums import call_hash
from providers.contract import Call, Kind, Pace, Receipt

IDS_MAX = 5  # provider ids and failing targets kept for the card


class Batches:
    """The calls of all jobs."""

    def __init__(self, tx: Transaction, budgets: Budgets) -> None:
        self._tx = tx
        self._budgets = budgets

    def release(self, job: int, position: int) -> int:
        """Let the lane send a layer's calls; how many there are."""
        n = self._move(job, position, ("held",), BatchState.QUEUED)
        self.recount(job, position)
        return n

    def again_after(self, job: int, position: int) -> float:
        """Seconds until the second pass of a layer's calls; 0 where there is none."""
        rows = self._tx.rows(
            "select max(json_extract(call, '$.again_after')) as seconds from batches"
            " where job = :job and position = :position",
            job=job, position=position,
        )  # fmt: skip
        return number(rows[0]["seconds"])

    def _move(self, job: int, position: int, old: Sequence[str], new: BatchState) -> int:
        states = ", ".join(f"'{state}'" for state in old)
        return self._tx.run(
            "update batches set state = :new, ready_at = 0"
            f" where job = :job and position = :position and state in ({states})",
            new=new, job=job, position=position,
        )  # fmt: skip

    def recount(self, job: int, position: int) -> None:
        """Count the calls of a layer anew."""
        rows = self._tx.rows(
            "select state, count(*) as n from batches where job = :job and position = :position group by state",
            job=job, position=position,
        )  # fmt: skip
        n = {str(row["state"]): whole(row["n"]) for row in rows}
        self._tx.run(
            "update layers set open = :open, sent = :sent, pending = :pending, failed = :failed, unknown = :unknown,"
            " cancelled = :cancelled where job = :job and position = :position",
            job=job, position=position, open=n.get("queued", 0) + n.get("sending", 0),
            sent=n.get("sent", 0) + n.get("confirmed", 0), pending=n.get("sent", 0), failed=n.get("failed", 0),
            unknown=n.get("unknown", 0), cancelled=n.get("cancelled", 0),
        )  # fmt: skip

    def waiting_jobs(self, account: str) -> list[Place]:
        """The layers with calls to send on `account`, by job."""
        rows = self._tx.rows(
            "select job, position, exists (select 1 from urgent where urgent.job = layers.job) as urgent from layers"
            " where account = :account and state = 'purging' and open > 0 order by job",
            account=account,
        )
        return [Place(whole(row["job"]), whole(row["position"]), bool(row["urgent"])) for row in rows]

    def take(
        self,
        account: str,
        owner: str,
        waiting: Sequence[Place],
        turns: Turns,
        paces: Mapping[str, Pace],
        room: Room,
        now: float,
    ) -> Lot:
        """Mark as many batches as there is `room` for as being sent, of the layers `waiting` whose `turns` it is, and
        within the budgets; where little is left of one, no more than keep it busy."""
        queues = {place: self._queue(place, room.most, now) for place in waiting}
        taken: list[Batch] = []
        while len(taken) < room.most and (able := [place for place, queue in queues.items() if queue]):
            place = turns.next(able)
            batch = batch_of(queues[place][0])
            if room.keeps_busy(self._budgets.brink(account, batch.call.cost, paces, now), len(taken)):
                return Lot(self._mark(taken, owner, now), None)
            free = self._budgets.take(account, batch.call.cost, paces, now)
            if free:
                return Lot(self._mark(taken, owner, now), free)
            taken.append(batch)
            turns.served(place)
            queues[place].pop(0)
        return Lot(self._mark(taken, owner, now), now if any(queues.values()) else self._next_ready(waiting))

    def _queue(self, place: Place, most: int, now: float) -> list[Row]:
        """What may be sent, longest waiting first: one more than can be taken, to see that more waits."""
        return self._tx.rows(
            f"select *, {LEDGER} from batches where job = :job and position = :position and state = 'queued'"
            " and ready_at <= :now order by ready_at, id limit :most",
            job=place.job, position=place.position, now=now, most=most + 1,
        )  # fmt: skip

    def _next_ready(self, waiting: Sequence[Place]) -> float | None:
        times = [
            maybe(row["ready_at"])
            for place in waiting
            for row in self._tx.rows(
                "select min(ready_at) as ready_at from batches"
                " where job = :job and position = :position and state = 'queued'",
                job=place.job, position=place.position,
            )
        ]  # fmt: skip
        return min((at for at in times if at is not None), default=None)

    def _mark(self, taken: Sequence[Batch], owner: str, now: float) -> tuple[Batch, ...]:
        self._tx.many(
            "update batches set state = 'sending', owner = :owner, tries = tries + 1, sent_at = :now where id = :id",
            [{"id": batch.id, "owner": owner, "now": now} for batch in taken],
        )
        return tuple(replace(batch, tries=batch.tries + 1, sent_at=now) for batch in taken)

    def record(self, outcome: Outcome, now: float) -> None:
        """Write what became of an attempt, and count it in its layer."""
        match outcome.next:
            case None if outcome.batch.comes_again:
                state, ready = BatchState.QUEUED, now + outcome.batch.call.again_after
            case None:
                state, ready = self._taken(outcome, now)
            case SendAgain(at):
                state, ready = BatchState.QUEUED, at
            case GiveUp():
                state, ready = BatchState.FAILED, 0.0
            case OutcomeOpen():
                state, ready = BatchState.UNKNOWN, 0.0
        self._tx.run(
            "update batches set state = :state, ready_at = :ready, changed = :now, receipt = :receipt,"
            " trouble = :trouble, tries = case when :again then 0 else tries - :free end, passes = passes + :again,"
            " throttles = throttles + :free where id = :id",
            id=outcome.batch.id, state=state, ready=ready, now=now, free=int(outcome.throttled),
            again=int(outcome.next is None and outcome.batch.comes_again),
            receipt=pack(RECEIPT, outcome.receipt) if outcome.receipt else None,
            trouble=pack(TROUBLE, outcome.trouble) if outcome.trouble else None,
        )  # fmt: skip
        retried = state is BatchState.QUEUED and outcome.next is not None
        self._count(outcome.batch, state, ready, retried, cancelled=self._stop_rest(outcome))

    def replace(self, batch: Batch, calls: Sequence[Call]) -> tuple[int, list[int]]:
        """Put other calls, to be sent now, in the place of one that was refused; the hash of that one, and of those."""
        took = call_hash(str(self._tx.rows("select call from batches where id = :id", id=batch.id)[0]["call"]))
        packed = [pack(CALL, call) for call in calls]
        self._tx.run("delete from batches where id = :id", id=batch.id)
        where = {"job": batch.job, "position": batch.position}
        self._tx.many(
            "insert into batches (job, position, account, state, kind, call)"
            " select :job, :position, account, 'queued', :kind, :call from layers"
            " where job = :job and position = :position",
            [{**where, "kind": call.kind, "call": text} for call, text in zip(calls, packed, strict=True)],
        )
        self._tx.run(
            "update layers set calls = calls + :more where job = :job and position = :position",
            more=len(calls) - 1, **where,
        )  # fmt: skip
        self.recount(batch.job, batch.position)
        return took, [call_hash(text) for text in packed]

    def _taken(self, outcome: Outcome, now: float) -> tuple[BatchState, float]:
        receipt = outcome.receipt or Receipt()
        later = not receipt.finished or receipt.ready_in > 0
        return (
            (BatchState.SENT, now + max(receipt.ready_in, 0.0 if receipt.finished else 5.0))
            if later
            else (
                BatchState.CONFIRMED,
                0.0,
            )
        )

    def _stop_rest(self, outcome: Outcome) -> int:
        if not (isinstance(outcome.next, GiveUp) and outcome.next.stops_layer):
            return 0
        return self._move(outcome.batch.job, outcome.batch.position, ("queued", "held"), BatchState.CANCELLED)

    def _count(self, batch: Batch, state: BatchState, ready: float, retried: bool, cancelled: int) -> None:
        self._tx.run(
            "update layers set open = open - :gone - :cancelled, sent = sent + :sent, pending = pending + :pending,"
            " failed = failed + :failed, unknown = unknown + :unknown, cancelled = cancelled + :cancelled,"
            " retries = retries + :again,"
            " ready_at = case when :pending then max(coalesce(ready_at, 0), :ready) else ready_at end"
            " where job = :job and position = :position",
            job=batch.job, position=batch.position, gone=int(state is not BatchState.QUEUED), cancelled=cancelled,
            sent=int(state in (BatchState.SENT, BatchState.CONFIRMED)), pending=int(state is BatchState.SENT),
            failed=int(state is BatchState.FAILED), unknown=int(state is BatchState.UNKNOWN),
            again=int(retried), ready=ready,
        )  # fmt: skip

    def is_settled(self, job: int, position: int) -> bool:
        """Whether no call of a layer is queued or in flight."""
        rows = self._tx.rows(
            "select open from layers where job = :job and position = :position", job=job, position=position
        )
        return not rows or whole(rows[0]["open"]) <= 0

    def first_taken(self, job: int, position: int) -> float | None:
        """When the first call of a layer that its provider took was sent, in seconds since the epoch."""
        return self._taken_at(job, position, "min")

    def last_taken(self, job: int, position: int) -> float | None:
        """When the last one was."""
        return self._taken_at(job, position, "max")

    def _taken_at(self, job: int, position: int, which: str) -> float | None:
        rows = self._tx.rows(
            f"select {which}(sent_at) as at from batches"
            " where job = :job and position = :position and state in ('sent', 'confirmed')",
            job=job, position=position,
        )  # fmt: skip
        return maybe(rows[0]["at"])

    def taken(self, job: int, position: int, most: int) -> list[tuple[Kind, tuple[str, ...], float, bool]]:
        """The calls of a layer that its provider took: what each names, when it was sent, and whether that was not its
        first attempt. None where there are more than `most`."""
        rows = self._tx.rows(
            "select call, sent_at, tries + throttles > 1 as again from batches"
            " where job = :job and position = :position and state in ('sent', 'confirmed') limit :most",
            job=job, position=position, most=most + 1,
        )  # fmt: skip
        calls = [(unpack(CALL, row["call"]), row) for row in rows if len(rows) <= most]
        return [(call.kind, call.targets, number(row["sent_at"]), bool(row["again"])) for call, row in calls]

    def cancel(self, job: int) -> int:
        """Take back every call of `job` that has not been sent; how many. What went once stays sent, also where a
        second pass was to follow."""
        n = 0
        self._tx.run(
            "update batches set state = 'confirmed' where job = :job and state = 'queued' and passes > 0", job=job
        )
        for row in self._tx.rows("select position from layers where job = :job", job=job):
            n += self._move(job, whole(row["position"]), ("held", "queued"), BatchState.CANCELLED)
            self.recount(job, whole(row["position"]))
        return n

    def revive(self, job: int, position: int) -> int:
        """Have a layer's calls that did not go sent once more; how many."""
        n = self._tx.run(
            "update batches set state = 'held', ready_at = 0, tries = 0, throttles = 0, trouble = null"
            " where job = :job and position = :position and state in ('failed', 'cancelled', 'unknown', 'queued')",
            job=job, position=position,
        )  # fmt: skip
        self.recount(job, position)
        return n

    def is_refused(self, job: int) -> bool:
        """Whether every call of `job` that did not go was refused for good, before its provider took it."""
        rows = self._tx.rows(
            "select count(*) as n, coalesce(sum(state = 'failed' and receipt is null"
            " and json_extract(trouble, '$.cls') = 'Refused'), 0) as refused from batches"
            " where job = :job and state in ('failed', 'cancelled', 'unknown', 'queued', 'sending')",
            job=job,
        )  # fmt: skip
        return 0 < whole(rows[0]["n"]) == whole(rows[0]["refused"])

    def orphans(self, owner: str) -> list[Batch]:
        """Batches that another process was sending when it ended."""
        rows = self._tx.rows(
            f"select *, {LEDGER} from batches where state = 'sending' and owner != :owner", owner=owner
        )
        return [batch_of(row) for row in rows]

    def pending(self, job: int, position: int, now: float) -> list[tuple[Batch, Receipt]]:
        """Calls taken whose provider finishes later, and who may be asked about them now."""
        rows = self._tx.rows(
            f"select *, {LEDGER} from batches where job = :job and position = :position and state = 'sent'"
            " and ready_at <= :now order by ready_at, id",
            job=job, position=position, now=now,
        )  # fmt: skip
        return [(batch_of(row), unpack(RECEIPT, row["receipt"])) for row in rows]

    def confirm(self, batch: Batch, receipt: Receipt, now: float, trouble: Trouble | None = None) -> None:
        """Write how far the provider is; with `trouble` it gave up."""
        state, ready = (BatchState.FAILED, 0.0) if trouble else self._taken(Outcome(batch, receipt), now)
        self._tx.run(
            "update batches set state = :state, ready_at = :ready, receipt = :receipt, changed = :now,"
            " trouble = :trouble where id = :id",
            id=batch.id, state=state, ready=ready, receipt=pack(RECEIPT, receipt), now=now,
            trouble=pack(TROUBLE, trouble) if trouble else None,
        )  # fmt: skip
        self.recount(batch.job, batch.position)
        self._tx.run(
            "update layers set ready_at = (select max(ready_at) from batches where job = :job and position = :position"
            " and state = 'sent') where job = :job and position = :position",
            job=batch.job, position=batch.position,
        )  # fmt: skip

    def not_purged(self, job: int, position: int) -> int:
        """How many targets the calls of a layer were for that were refused, and those not sent after that."""
        rows = self._tx.rows(
            "select count(distinct value) as n from batches, json_each(call, '$.targets')"
            " where job = :job and position = :position and state in ('failed', 'cancelled')",
            job=job, position=position,
        )  # fmt: skip
        return whole(rows[0]["n"])

    def told(self, job: int, position: int) -> tuple[tuple[str, ...], str, Trouble | None, tuple[str, ...]]:
        """For card and thread: provider ids, what the provider noted, the first trouble, and targets of calls that did
        not go."""
        ids = self._tx.rows(
            "select receipt from batches where job = :job and position = :position and receipt is not null"
            " order by id limit :most",
            job=job, position=position, most=IDS_MAX,
        )  # fmt: skip
        bad = self._tx.rows(
            "select trouble, call from batches where job = :job and position = :position"
            " and state in ('failed', 'unknown') and trouble is not null order by id limit :most",
            job=job, position=position, most=IDS_MAX,
        )  # fmt: skip
        receipts = [unpack(RECEIPT, row["receipt"]) for row in ids]
        names = tuple(dict.fromkeys(receipt.id for receipt in receipts if receipt.id))
        notes = " ".join(dict.fromkeys(receipt.note for receipt in receipts if receipt.note))
        failing = [target for row in bad for target in unpack(CALL, row["call"]).targets]
        return names, notes, unpack(TROUBLE, bad[0]["trouble"]) if bad else None, tuple(failing[:IDS_MAX])
