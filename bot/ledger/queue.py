"""The queue: what is open for each account, what goes first, and which requests joined a job that waited."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median

from bot.domain.jobs.hold import OBSERVER
from bot.domain.jobs.job import LayerState, State
from bot.ledger import homes
from bot.ledger.codec import maybe, number, whole
from bot.ledger.ledger import Row, Transaction

LAST_LAYERS, LOOKED_BACK = 20, 1_000  # layers of an account, among so many jobs
_ENDED = "('done', 'failed', 'stopped')"  # layers for which nothing is open


@dataclass(frozen=True, slots=True)
class OpenLayer:
    """A layer of an open job, with what it has still to send; `flying` of that is on its way."""

    account: str
    position: int
    state: LayerState
    calls: int
    gone: int  # sent, refused for good, lost or taken back
    open: int
    flying: int = 0
    ready_at: float | None = None
    again: float = 0.0  # seconds until a second pass of every call
    started: float | None = None
    pending: int = 0  # taken, and the provider finishes later
    spends: Mapping[str, int] = field(default_factory=dict)  # of all its calls

    @property
    def left(self) -> int:
        """Calls that still have to go."""
        if self.state is LayerState.WAITING:
            return max(0, self.calls - self.gone)
        return max(0, self.open - self.flying) if self.state is LayerState.PURGING else 0

    @property
    def is_finishing(self) -> bool:
        """Whether all of it is sent, and only its provider is still at it."""
        return self.state is LayerState.PURGING and self.pending > 0 and not self.left and not self.flying

    @property
    def has_begun(self) -> bool:
        """Whether a call of it has gone."""
        return self.state is LayerState.PURGING and self.gone + self.flying > 0


@dataclass(frozen=True, slots=True)
class OpenJob:
    """A job that has not ended, as far as the queue is concerned."""

    id: int
    site: str
    state: State
    by: str
    created: float
    targets: int
    layers: tuple[OpenLayer, ...]
    urgent_by: str = ""
    is_held: bool = False
    observed: bool = False  # kept back by nobody's hold: the bot only observes
    looks: bool = False  # before its first call it looks at the edge
    follows: bool = False  # another site's job comes first, and is not proven yet
    rule: str = ""  # of the policy, by which it was let in
    parts_of: frozenset[str] = frozenset()  # who asked for parts of it, where several did

    @property
    def name(self) -> str:
        """The id people type."""
        return f"P-{self.id}"

    @property
    def runs(self) -> bool:
        """Whether nothing but other calls keeps it."""
        under_way = self.state in (State.QUEUED, State.PURGING, State.CONFIRMING)
        return under_way and not self.is_held and not self.follows

    def layer_on(self, account: str) -> OpenLayer | None:
        """Its layer on `account`, while there is something to do."""
        return next((x for x in self.layers if x.account == account and x.left + x.flying > 0), None)


@dataclass(frozen=True, slots=True)
class Load:
    """What is open for one account: jobs, their targets, and when the last of them was asked for."""

    jobs: int
    targets: int
    newest: float


class Queue:
    """What is open."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def open_jobs(self) -> list[OpenJob]:
        """Every job that has not ended, oldest first."""
        rows = self._tx.rows(
            "select id, site, state, requested_by, created, json_extract(doc, '$.targets') as targets,"
            " (select group_concat(key, char(10)) from json_each(doc, '$.parts')) as parts,"
            " coalesce(json_extract(doc, '$.rule'), '') as rule,"
            " json_extract(doc, '$.held') is not null as held, json_extract(doc, '$.held.by') as held_by,"
            " coalesce((select by from urgent where job = id), '') as urgent_by,"
            " json_extract(doc, '$.check') and not json_extract(doc, '$.looked_before') as looks,"
            " state = 'queued' and coalesce(json_extract(doc, '$.after'), 0) != 0"
            " and not coalesce(json_extract(doc, '$.after_proven'), 0) as follows"
            " from jobs where due_at is not null order by id"
        )
        flying = self._flying()
        return [self._job(row, flying) for row in rows]

    def _flying(self) -> dict[tuple[int, int], int]:
        rows = self._tx.rows(
            "select job, position, count(*) as n from batches where state = 'sending' group by job, position"
        )
        return {(whole(row["job"]), whole(row["position"])): whole(row["n"]) for row in rows}

    def _job(self, row: Row, flying: Mapping[tuple[int, int], int]) -> OpenJob:
        job = whole(row["id"])
        layers = self._tx.rows(
            "select *, json_extract(doc, '$.spends') as spends, json_extract(doc, '$.started') as started,"
            " (select json_extract(call, '$.again_after') from batches"
            "  where batches.job = layers.job and batches.position = layers.position limit 1) as again"
            " from layers where job = :job order by position",
            job=job,
        )
        return OpenJob(
            job, str(row["site"]), State(str(row["state"])), str(row["requested_by"]), number(row["created"]),
            whole(row["targets"]), tuple(_layer(x, flying) for x in layers), str(row["urgent_by"]), bool(row["held"]),
            row["held_by"] == OBSERVER, bool(row["looks"]), bool(row["follows"]), str(row["rule"]),
            frozenset(str(row["parts"] or "").split("\n")) - {""},
        )  # fmt: skip

    def load(self, account: str) -> Load:
        """What is open for `account`."""
        rows = self._tx.rows(
            "select count(*) as n, coalesce(sum(json_extract(doc, '$.targets')), 0) as targets,"
            " coalesce(max(created), 0) as newest from jobs where due_at is not null and exists"
            f" (select 1 from layers where job = jobs.id and account = :account and state not in {_ENDED})",
            account=account,
        )
        return Load(whole(rows[0]["n"]), whole(rows[0]["targets"]), number(rows[0]["newest"]))

    def usual_seconds(self, account: str) -> float | None:
        """What a layer of `account` took from its begin until its provider had finished, as the middle one of the last
        LAST_LAYERS that are kept; None where there is none."""
        rows = self._tx.rows(
            "select json_extract(doc, '$.ended') - json_extract(doc, '$.started') as seconds from layers"
            " where account = :account and state = 'done' and sent > 0 and job > (select max(id) from jobs) - :back"
            " order by job desc limit :most",
            account=account, back=LOOKED_BACK, most=LAST_LAYERS,
        )  # fmt: skip
        seconds = [number(row["seconds"]) for row in rows if row["seconds"] is not None]
        return median(seconds) if seconds else None

    def hurry(self, job: int, by: str, now: float) -> None:
        """Have `job` go before all that is not urgent."""
        self._tx.run("insert or ignore into urgent (job, by, at) values (:job, :by, :now)", job=job, by=by, now=now)
        homes.changed(self._tx)

    def calm(self, job: int) -> None:
        """Have `job` wait its turn like all others."""
        self._tx.run("delete from urgent where job = :job", job=job)
        homes.changed(self._tx)

    def hurried(self, by: str, since: float) -> int:
        """How many jobs `by` has had go first since then."""
        rows = self._tx.rows("select count(*) as n from urgent where by = :by and at > :since", by=by, since=since)
        return whole(rows[0]["n"])

    def waiting_alike(self, site: str, digest: str) -> list[int]:
        """The jobs of exactly this plan of which no call has gone, oldest first."""
        rows = self._tx.rows(
            "select id from jobs where due_at is not null and digest = :digest and site = :site"
            " and state in ('waiting', 'queued') and not exists"
            " (select 1 from layers where job = jobs.id and state != 'waiting')"
            " and not exists (select 1 from batches where job = jobs.id and (tries > 0 or state != 'held'))"
            " order by id",
            site=site, digest=digest,
        )  # fmt: skip
        return [whole(row["id"]) for row in rows]

    def join(self, key: str, job: int, by: str, now: float, reason: str) -> None:
        """The request under `key` asks for what `job` does."""
        self._tx.run(
            "insert into joined (key, job, by, at, reason) values (:key, :job, :by, :at, :reason)",
            key=key, job=job, by=by, at=now, reason=reason,
        )  # fmt: skip

    def joiners(self, job: int) -> frozenset[str]:
        """Whose requests joined `job`, also of those who left it since."""
        rows = self._tx.rows("select distinct by from joined where job = :job", job=job)
        return frozenset(str(row["by"]) for row in rows)

    def joined(self, key: str) -> int | None:
        """The job that the request under `key` joined."""
        rows = self._tx.rows("select job from joined where key = :key", key=key)
        return whole(rows[0]["job"]) if rows else None


def _layer(row: Row, flying: Mapping[tuple[int, int], int]) -> OpenLayer:
    position = whole(row["position"])
    gone = sum(whole(row[name]) for name in ("sent", "failed", "unknown", "cancelled"))
    spends = json.loads(str(row["spends"] or "{}"))
    return OpenLayer(
        str(row["account"]), position, LayerState(str(row["state"])), whole(row["calls"]), gone, whole(row["open"]),
        flying.get((whole(row["job"]), position), 0), maybe(row["ready_at"]), number(row["again"]),
        maybe(row["started"]), whole(row["pending"]), {str(name): int(n) for name, n in spends.items()},
    )  # fmt: skip
