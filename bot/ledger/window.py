"""What one person asked for on a site within ten minutes, as the ledger has it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.policies.policy import RECENT_SECONDS
from bot.ledger.codec import number, whole
from bot.ledger.ledger import Transaction
from providers.contract import Kind

_BEGINS = "coalesce(json_extract(doc, '$.ran_early'), json_extract(doc, '$.scheduled_for'), created)"
_TIMED = "case when json_valid(doc) then json_extract(doc, '$.scheduled_for') end > 0"  # as its index says
_OF = (
    "(requested_by = :by or (instr(doc, :by) > 0 and exists"
    " (select 1 from json_each(doc, '$.also_by') where value = :by)))"
)
_COUNTS = (
    "(state not in ('denied', 'expired', 'cancelled')"
    " or exists (select 1 from layers where job = jobs.id and sent + unknown > 0))"
)


@dataclass(frozen=True, slots=True)
class SentLayer:
    """A layer of a job: what its calls take of each budget, and how many of them have gone."""

    account: str
    spends: Mapping[str, int]
    calls: int
    gone: int
    is_over: bool  # no more of them go

    def gone_units(self, bucket: str) -> int:
        """How much of the bucket what has gone took, as near as that is known."""
        return round(self.spends.get(bucket, 0) * self.gone / self.calls) if self.calls else 0

    def coming_units(self, bucket: str) -> int:
        """How much of it is still to go."""
        return 0 if self.is_over else self.spends.get(bucket, 0) - self.gone_units(bucket)


@dataclass(frozen=True, slots=True)
class Earlier:
    """One job of those minutes. `counts` are its targets by kind, as policy judges them."""

    id: int
    digest: str
    counts: Mapping[Kind, int]
    soft: bool
    created: float
    is_timed: bool
    layers: tuple[SentLayer, ...]

    @property
    def name(self) -> str:
        """The id people type."""
        return f"P-{self.id}"


@dataclass(frozen=True, slots=True)
class Beside:
    """Which job is judged, and so counts no more than those made after it do; but where it `is_moved` to another time,
    those do that had begun by then. With `withdrawn`, so does what has come to nothing meanwhile."""

    job: int = 0
    is_moved: bool = False
    withdrawn: bool = False


FOR_A_NEW_ONE = Beside()


class Window:
    """Jobs that count together."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def of(self, by: str, site: str, at: float, beside: Beside = FOR_A_NEW_ONE) -> list[Earlier]:
        """The jobs that `by` asked for on `site`, alone or with others, in the ten minutes before `at`, or has begin in
        those after it. Of what was denied, cancelled or expired only what was sent counts."""
        rows = self._tx.rows(
            "select id, digest, created, json_extract(doc, '$.counts') as counts, json_extract(doc, '$.soft') as soft,"
            f" {_BEGINS} != created as timed from jobs where id in (select id from jobs where site = :site and id >"
            " coalesce((select id from jobs where site = :site and created <= :since order by id desc limit 1), 0)"
            f" union select id from jobs where {_TIMED})"
            f" and site = :site and id != :itself and (id < :before or (:moved and {_BEGINS} <= :at))"
            f" and {_OF} and {_BEGINS} > :since and {_BEGINS} < :until and (:withdrawn or {_COUNTS}) order by id",
            by=by, site=site, since=at - RECENT_SECONDS, until=at + RECENT_SECONDS, at=at,
            itself=beside.job, before=beside.job or 2**62, moved=int(beside.is_moved), withdrawn=int(beside.withdrawn),
        )  # fmt: skip
        return [
            Earlier(
                whole(row["id"]), str(row["digest"]), _counts(row["counts"]), bool(row["soft"]),
                number(row["created"]), bool(row["timed"]), self._layers(whole(row["id"]), beside.withdrawn),
            )
            for row in rows
        ]  # fmt: skip

    def _layers(self, job: int, withdrawn: bool) -> tuple[SentLayer, ...]:
        rows = self._tx.rows(
            "select json_extract(doc, '$.spends') as spends, account, calls, sent + unknown as gone, cancelled"
            " from layers where job = :job order by position",
            job=job,
        )
        return tuple(
            SentLayer(
                str(row["account"]), json.loads(str(row["spends"] or "{}")), whole(row["calls"]), whole(row["gone"]),
                bool(row["cancelled"]) and not withdrawn,
            )
            for row in rows
        )  # fmt: skip


def _counts(text: object) -> dict[Kind, int]:
    return {Kind(kind): int(n) for kind, n in json.loads(str(text or "{}")).items()}
