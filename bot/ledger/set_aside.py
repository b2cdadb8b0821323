"""Jobs whose rows cannot be read: which they are, and what is written in their place so that nothing else stumbles."""

from __future__ import annotations

from bot.domain.jobs.job import JobView
from bot.ledger.batch import LEDGER, batch_of
from bot.ledger.batches import Batches
from bot.ledger.codec import whole
from bot.ledger.jobs import Jobs, columns
from bot.ledger.ledger import Row, Transaction

_OF_DOC = ("state", "verdict", "kind", "due", "doc")


class SetAside:
    """What is found at a start."""

    def __init__(self, tx: Transaction, jobs: Jobs, batches: Batches) -> None:
        self._tx = tx
        self._jobs = jobs
        self._batches = batches

    def damaged(self) -> list[JobView]:
        """Jobs that cannot be read, each as what stands in for it: open ones, and what holds no JSON at all."""
        rows = self._tx.rows(
            "select id from jobs where due_at is not null union select id from jobs where not json_valid(doc)"
            " union select job from layers where not json_valid(doc) order by 1"
        )
        found = [self._jobs.find(whole(row["id"])) for row in rows]
        return [job for job in found if job is not None and job.damaged]

    def put_right(self, job: JobView) -> None:
        """Write what stands in for a job in place of its row, its layers and its looks."""
        self._tx.run("delete from looks where job = :id", id=job.id)
        self._tx.run(
            "update jobs set state = :state, verdict = :verdict, kind = :kind, created = :created, due_at = :due,"
            " version = :version, doc = :doc where id = :id",
            id=job.id, created=job.created, version=job.version,
            **{name: value for name, value in columns(job).items() if name in _OF_DOC},
        )  # fmt: skip
        rows = self._tx.rows("select position from layers where job = :id order by position", id=job.id)
        for row, layer in zip(rows, job.layers, strict=True):
            self._jobs.save_layer(job.id, whole(row["position"]), layer)
            self._tx.run(
                "update layers set calls = :calls, sent = :sent, open = :open, pending = :pending, failed = :failed,"
                " unknown = :unknown, cancelled = :cancelled, ready_at = :ready"
                " where job = :id and position = :position",
                id=job.id, position=row["position"], calls=layer.calls, sent=layer.sent, open=layer.open,
                pending=layer.pending, failed=layer.failed, unknown=layer.unknown, cancelled=layer.cancelled,
                ready=layer.ready_at,
            )  # fmt: skip

    def lose(self, job: int) -> None:
        """Give up what comes back of the calls of `job` that are in flight: nobody knows what becomes of them."""
        for row in self._tx.rows(
            "select id, job, position from batches where job = :job and state = 'sending'", job=job
        ):
            self._lose(row)

    def lose_unreadable(self) -> None:
        """Give up the calls in flight that cannot be read: nobody can send one again or ask what became of it."""
        for row in self._tx.rows(f"select *, {LEDGER} from batches where state = 'sending'"):
            try:
                batch_of(row)
            except ValueError:
                self._lose(row)

    def _lose(self, row: Row) -> None:
        self._tx.run("update batches set state = 'unknown', ready_at = 0 where id = :id", id=row["id"])
        self._batches.recount(whole(row["job"]), whole(row["position"]))
