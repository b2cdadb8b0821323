"""Jobs, their layers, targets, votes and looks."""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from bot.domain.jobs.job import Approval, JobView, LayerState, LayerView, State, Vote
from bot.domain.proof.verdict import Look, Verdict
from bot.domain.target import Target
from bot.ledger import homes
from bot.ledger.codec import JOB, LAYER, LOOK, TARGETS, maybe, number, pack, unpack, whole
from bot.ledger.damaged import LAYERS, layer_of, stand_in
from bot.ledger.history import History
from bot.ledger.ledger import Row, Transaction, Value
from bot.ledger.packed import PackedLayer, PackedPlan
from bot.ledger.warmings import Warmings
from providers.contract import Kind

_TIMED = "case when json_valid(doc) then json_extract(doc, '$.scheduled_for') end > 0"  # as its index says
_PHASES = ("before", "after", "first")
_OPEN = "state not in ('done', 'partial', 'failed', 'cancelled', 'denied', 'expired')"


class Jobs:
    """What is known of jobs. Every change of a job adds one to its version."""

    def __init__(self, tx: Transaction, history: History, warmings: Warmings) -> None:
        self._tx = tx
        self._history = history
        self._warmings = warmings

    def create(self, job: JobView, plan: PackedPlan, key: str) -> JobView:
        """Write a new job with its layers and calls (held). `key` makes it once only: the same key, the same job."""
        known = self._tx.rows("select id from jobs where key = :key", key=key)
        if known:
            return self.get(whole(known[0]["id"]))
        bare = _bare(job)
        number = self._tx.insert(
            "insert into jobs"
            " (key, site, state, verdict, kind, requested_by, created, due_at, version, digest, doc) values ("
            ":key, :site, :state, :verdict, :kind, :by, :created, :due, 1, :digest, :doc)",
            **{**columns(bare), "by": job.requested_by, "created": job.created, "key": key},
        )
        self._tx.run("insert into targets (job, doc) values (:job, :doc)", job=number, doc=plan.targets)
        for position, layer in enumerate(plan.layers):
            self._create_layer(number, position, layer, plan.effect)
        homes.changed(self._tx)
        self._history.keep(number)
        return self.get(number)

    def _create_layer(self, job: int, position: int, plan: PackedLayer, effect: Kind) -> None:
        view = LayerView(
            account=plan.account, title=plan.title, state=LayerState.WAITING, calls=plan.calls, sent=0,
            seconds=plan.seconds, soft=plan.soft, note=plan.note, spends=plan.spends, cost=plan.cost,
        )  # fmt: skip
        self._tx.run(
            "insert into layers (job, position, account, state, doc, calls)"
            " values (:job, :position, :account, :state, :doc, :n)",
            job=job, position=position, account=plan.account, state=view.state, doc=_layer_doc(view), n=plan.calls,
        )  # fmt: skip
        for calls in plan.texts():
            self._tx.run(
                "insert into batches (job, position, account, state, kind, call)"
                " select :job, :position, :account, 'held', :kind, value from json_each(:calls) order by key",
                job=job, position=position, account=plan.account, kind=effect, calls=calls,
            )  # fmt: skip

    def made_under(self, key: str) -> JobView | None:
        """The job that the request under `key` made."""
        rows = self._tx.rows("select id from jobs where key = :key", key=key)
        return self.get(whole(rows[0]["id"])) if rows else None

    def ended_under(self, key: str) -> int:
        """How many jobs whose key begins with `key` have ended."""
        rows = self._tx.rows(
            f"select count(*) as n from jobs where substr(key, 1, :length) = :key and not ({_OPEN})",
            key=key, length=len(key),
        )  # fmt: skip
        return whole(rows[0]["n"])

    def get(self, number: int) -> JobView:
        """Job `number`, whole. Raises KeyError when there is none."""
        found = self.find(number)
        if found is None:
            raise KeyError(number)
        return found

    def find(self, number: int) -> JobView | None:
        """Job `number`, whole, or None."""
        rows = self._tx.rows("select * from jobs where id = :id", id=number)
        return self._whole(rows[0]) if rows else None

    def in_brief(self, numbers: Sequence[int]) -> list[JobView]:
        """Jobs as a first line tells them: looks, of which there may be hundreds, only while one is being checked."""
        found = [row for n in numbers for row in self._tx.rows("select * from jobs where id = :id", id=n)]
        return [self._whole(row, with_looks=row["state"] == State.CHECKING) for row in found]

    def _whole(self, row: Row, with_looks: bool = True) -> JobView:
        """The job of `row`; where it cannot be read, what stands in for it."""
        try:
            return self._read(row, with_looks)
        except ValueError:  # what pydantic, enums and numbers raise
            number = whole(row["id"])
            layers, packed = self._tx.rows(LAYERS, job=number), self.packed_targets(number)
            return replace(stand_in(row, layers, packed), url=self._link(number))

    def _read(self, row: Row, with_looks: bool) -> JobView:
        """Raises ValueError where `row`, or one that belongs to it, holds something else."""
        job = unpack(JOB, row["doc"])
        number = whole(row["id"])
        layers = self._tx.rows(LAYERS, job=number)
        looks = self._looks(number) if with_looks else dict.fromkeys(_PHASES, ())
        return replace(
            job,
            id=number,
            state=State(str(row["state"])),
            verdict=Verdict(str(row["verdict"])),
            version=whole(row["version"]),
            due_at=maybe(row["due_at"]),
            layers=tuple(layer_of(layer) for layer in layers),
            before=looks["before"],
            looks=looks["after"],
            first_looks=looks["first"],
            approval=self._with_votes(number, job.approval),
            url=self._link(number),
            warming=self._warmings.of_job(number) if job.warm else None,
            urgent_by=self._urgent_by(number),
            repeat=self.find(job.again_as) if job.again_as else None,
        )

    def _urgent_by(self, job: int) -> str:
        rows = self._tx.rows("select by from urgent where job = :job", job=job)
        return str(rows[0]["by"]) if rows else ""

    def _link(self, job: int) -> str:
        rows = self._tx.rows("select link from messages where job = :job and role = 'root'", job=job)
        return str(rows[0]["link"]) if rows else ""

    def _looks(self, job: int) -> Mapping[str, tuple[Look, ...]]:
        rows = self._tx.rows("select phase, doc from looks where job = :job order by url, place, n", job=job)
        phases: dict[str, list[Look]] = {phase: [] for phase in _PHASES}
        for row in rows:
            phases[str(row["phase"])].append(unpack(LOOK, row["doc"]))
        return {phase: tuple(looks) for phase, looks in phases.items()}

    def _with_votes(self, job: int, approval: Approval | None) -> Approval | None:
        if approval is None:
            return None
        rows = self._tx.rows(
            "select * from votes where job = :job and round = :round order by at", job=job, round=approval.round
        )
        votes = tuple(Vote(str(r["by"]), bool(r["yes"]), number(r["at"]), str(r["reason"])) for r in rows)
        return replace(approval, votes=votes)

    def save(self, job: JobView) -> JobView:
        """Write `job` if nobody changed it since it was read. Raises StaleJob."""
        changed = self._tx.run(
            "update jobs set state = :state, verdict = :verdict, due_at = :due, version = version + 1, doc = :doc"
            " where id = :id and version = :version",
            id=job.id, version=job.version,
            **{k: v for k, v in columns(job).items() if k in ("state", "verdict", "due", "doc")},
        )  # fmt: skip
        if changed != 1:
            raise StaleJob(job.name)
        homes.changed(self._tx)
        if not job.state.is_open:
            self._history.keep(job.id)
        return replace(job, version=job.version + 1)

    def key_of(self, number: int) -> str:
        """The idempotency key of the request that made the job."""
        rows = self._tx.rows("select key from jobs where id = :id", id=number)
        return str(rows[0]["key"]) if rows else ""

    def touch(self, number: int) -> None:
        """Count a change of the job's layers, so that its card is drawn anew."""
        self._tx.run("update jobs set version = version + 1 where id = :id", id=number)
        homes.changed(self._tx)

    def save_layer(self, job: int, position: int, layer: LayerView) -> None:
        """Write a layer's state and what is told of it; its counters belong to `batches`."""
        self._tx.run(
            "update layers set state = :state, doc = :doc where job = :job and position = :position",
            job=job, position=position, state=layer.state, doc=_layer_doc(layer),
        )  # fmt: skip

    def due(self, now: float) -> list[tuple[int, float]]:
        """Open jobs with their due times, up to `now`."""
        rows = self._tx.rows("select id, due_at from jobs where due_at <= :now and " + _OPEN, now=now)
        return [(whole(row["id"]), number(row["due_at"])) for row in rows]

    def to_judge(self, policy: str, now: float) -> None:
        """What waits for votes that another policy than the one of that version asked for is due."""
        self._tx.run(
            "update jobs set due_at = :now where state = 'waiting' and due_at > :now"
            " and coalesce(json_extract(doc, '$.approval.policy'), '') != :policy",
            policy=policy, now=now,
        )  # fmt: skip

    def waiting(self) -> list[int]:
        """What waits for votes or for its time, by number."""
        rows = self._tx.rows("select id from jobs where state in ('waiting', 'scheduled') order by id")
        return [whole(row["id"]) for row in rows]

    def kept_back(self) -> list[int]:
        """What waits while nobody's vote helps, until something of which nobody knows when, by number; not what the
        configuration keeps back."""
        rows = self._tx.rows(
            "select id from jobs where state = 'waiting' and coalesce(json_extract(doc, '$.approval.barred'), '') != ''"
            " and json_extract(doc, '$.approval.bar_ends') is null"
            " and not coalesce(json_extract(doc, '$.approval.bar_gone'), 0) order by id"
        )
        return [whole(row["id"]) for row in rows]

    def in_need_of(self, sites: Collection[str], accounts: Collection[str]) -> list[str]:
        """The names of open jobs on other sites than `sites`, or with a layer of another account than `accounts`."""
        rows = self._tx.rows(
            f"select id from jobs where {_OPEN} and (site not in (select value from json_each(:sites)) or exists"
            " (select 1 from layers where job = id and account not in (select value from json_each(:accounts))))"
            " order by id",
            sites=json.dumps([*sites]), accounts=json.dumps([*accounts]),
        )  # fmt: skip
        return [f"P-{whole(row['id'])}" for row in rows]

    def open(self, sites: Sequence[str], limit: int = 20) -> list[JobView]:
        """Open jobs of `sites`, newest first."""
        rows = self._tx.rows(f"select * from jobs where {_OPEN} order by id desc limit 200")
        return [self._whole(row) for row in rows if row["site"] in sites][:limit]

    def under_way(self) -> list[int]:
        """What may send or is about to, or begins later, by number."""
        states = "'queued', 'purging', 'confirming', 'scheduled'"
        rows = self._tx.rows(f"select id from jobs where state in ({states}) order by id")
        return [whole(row["id"]) for row in rows]

    def recent(self, sites: Sequence[str], limit: int = 10) -> list[JobView]:
        """The newest jobs of `sites`."""
        rows = self._tx.rows("select * from jobs order by id desc limit 200")
        return [self._whole(row) for row in rows if row["site"] in sites][:limit]

    def scheduled(self, sites: Sequence[str], limit: int) -> tuple[list[JobView], int]:
        """Jobs of `sites` that wait for their time, or for votes before it, the next first; and how many there are."""
        rows = self._tx.rows(
            f"select * from jobs where state in ('scheduled', 'waiting') and {_TIMED}"
            " order by json_extract(doc, '$.scheduled_for'), id"
        )
        found = [row for row in rows if row["site"] in sites]
        return [self._whole(row, with_looks=False) for row in found[:limit]], len(found)

    def alike(self, site: str, digest: str) -> JobView | None:
        """The first open job of exactly this plan."""
        rows = self._tx.rows(
            "select id from jobs where due_at is not null and digest = :digest and site = :site"
            f" and {_OPEN} order by id limit 1",
            site=site, digest=digest,
        )  # fmt: skip
        return self.get(whole(rows[0]["id"])) if rows else None

    def targets(self, number: int) -> tuple[Target, ...]:
        """What job `number` was asked to purge, resolved."""
        return unpacked_targets(self.packed_targets(number))

    def packed_targets(self, number: int) -> bytes:
        """The same, packed: a million are unpacked elsewhere."""
        rows = self._tx.rows("select doc from targets where job = :job", job=number)
        packed = rows[0]["doc"] if rows else None
        return packed if isinstance(packed, bytes) else b""

    def vote(self, number: int, vote: Vote, digest: str, round: int) -> bool:
        """Write a vote; False if this person has voted already in this round. A no takes the place of a yes."""
        changed = self._tx.run(
            "insert into votes (job, by, yes, at, reason, digest, round)"
            " values (:job, :by, :yes, :at, :reason, :digest, :round) on conflict (job, by, round) do update set"
            " yes = excluded.yes, at = excluded.at, reason = excluded.reason, digest = excluded.digest"
            " where votes.yes = 1 and excluded.yes = 0",
            job=number, by=vote.by, yes=int(vote.yes), at=vote.at, reason=vote.reason, digest=digest, round=round,
        )  # fmt: skip
        self._history.keep(number)
        return changed == 1

    def unvote(self, number: int, by: str, round: int) -> bool:
        """Take back what somebody said in this round, who may not vote on it any more; whether they had said it."""
        sql = "delete from votes where job = :job and by = :by and round = :round"
        return self._tx.run(sql, job=number, by=by, round=round) == 1

    def votes_for(self, number: int, digest: str, round: int) -> int:
        """How many people said yes to exactly this plan under these rules in this round."""
        sql = "select count(*) as n from votes where job = :job and digest = :digest and round = :round and yes = 1"
        return whole(self._tx.rows(sql, job=number, digest=digest, round=round)[0]["n"])

    def save_looks(self, number: int, phase: str, looks: Sequence[Look]) -> None:
        """Keep the newest looks of a phase, by place and URL; the origin is asked twice."""
        self._tx.run("delete from looks where job = :job and phase = :phase", job=number, phase=phase)
        self._tx.many(
            "insert into looks (job, phase, place, url, n, doc) values (:job, :phase, :place, :url, :n, :doc)",
            [
                {"job": number, "phase": phase, "place": x.place, "url": x.url, "n": n, "doc": pack(LOOK, x)}
                for n, x in enumerate(looks)
            ],
        )

    def keep_first_looks(self, number: int) -> None:
        """Keep the looks by which the job ended, before it is looked at again: the first of them only."""
        self._tx.run(
            "insert into looks (job, phase, place, url, n, doc)"
            " select job, 'first', place, url, n, doc from looks where job = :job and phase = 'after'"
            " and not exists (select 1 from looks where job = :job and phase = 'first')",
            job=number,
        )

    def forget_first_looks(self, number: int) -> None:
        """The job goes on, and ends anew: what an earlier end went by tells nothing of that."""
        self._tx.run("delete from looks where job = :job and phase = 'first'", job=number)


def unpacked_targets(packed: bytes) -> tuple[Target, ...]:
    """What the ledger keeps as a job's targets."""
    return TARGETS.validate_json(zlib.decompress(packed)) if packed else ()


class StaleJob(Exception):
    """Somebody else changed the job first; read it again."""


def _bare(job: JobView) -> JobView:
    """The job without what stands in tables of its own."""
    return replace(job, layers=(), looks=(), before=(), first_looks=(), warming=None, urgent_by="", repeat=None)


def columns(job: JobView) -> dict[str, Value]:
    """What stands of `job` in its row, but for its key, who asked and when."""
    bare = _bare(job)
    return {
        "site": job.site,
        "state": job.state,
        "verdict": job.verdict,
        "kind": job.kind,
        "due": job.due_at,
        "digest": job.digest,
        "doc": pack(JOB, bare),
    }


def _layer_doc(layer: LayerView) -> str:
    return pack(LAYER, layer)
