"""What is shown of a job whose row cannot be read as one, as when somebody wrote JSON of another shape into the file:
what its columns and its targets tell, and nothing that is not known. It is never called proven."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import TypeVar

from bot.domain.jobs.job import DAMAGED, JobView, LayerState, LayerView, State
from bot.domain.proof.verdict import Verdict
from bot.domain.target import Target
from bot.ledger.codec import JOB, LAYER, LOOK, TARGETS, maybe, unpack, whole
from bot.ledger.ledger import Row, Transaction, Value
from providers.contract import Kind

LAYERS = (  # of a job, innermost first
    "select *, (select max(blocked_until) from budgets where budgets.account = layers.account) as waits_until"
    " from layers where job = :job order by position"
)
SAMPLE = 20  # targets
_PURGED = frozenset({State.DONE, State.PARTIAL})
Word = TypeVar("Word", bound=StrEnum)


def stand_in(row: Row, layers: Iterable[Row], packed: bytes) -> JobView:
    """The job of `row`, as far as it can be read; `packed` are its targets. One that is open is to be parked."""
    targets = _targets(packed)
    state = _one_of(State, row["state"], State.QUEUED)
    return JobView(
        id=whole(row["id"]),
        site=str(row["site"]),
        environment="",
        state=state,
        verdict=Verdict.UNKNOWN if state in _PURGED else Verdict.UNCHECKED,
        kind=_one_of(Kind, row["kind"], targets[0].kind if targets else Kind.URL),
        targets=max(1, len(targets)),
        sample=_sample(targets),
        soft=False,
        requested_by=str(row["requested_by"]),
        created=_seconds(row["created"]) or 0.0,
        layers=tuple(_layer(layer) for layer in layers),
        digest=str(row["digest"]),
        rule="",
        counts=Counter(target.kind for target in targets),
        why=DAMAGED,
        damaged=True,
        for_good=True,
        altered=True,
        due_at=_seconds(row["due_at"]),
        version=_number(row["version"]),
    )


def unreadable(tx: Transaction, job: int) -> Iterator[str]:
    """Whether `job` can be read, or could be before it was set aside, in words for the audit."""
    try:
        for row in tx.rows("select * from jobs where id = :job", job=job):
            State(str(row["state"])), Verdict(str(row["verdict"])), whole(row["version"]), maybe(row["due_at"])
            if unpack(JOB, row["doc"]).damaged:
                yield "its record could not be read and was set aside: what stands there is not what was asked for."
        for row in tx.rows(LAYERS, job=job):
            layer_of(row)
        for row in tx.rows("select doc from looks where job = :job", job=job):
            unpack(LOOK, row["doc"])
    except ValueError:
        yield "its record cannot be read."


def layer_of(row: Row) -> LayerView:
    """The layer of `row`. Raises ValueError where it cannot be read."""
    return replace(
        unpack(LAYER, row["doc"]),
        state=LayerState(str(row["state"])),
        calls=whole(row["calls"]),
        sent=whole(row["sent"]),
        open=whole(row["open"]),
        pending=whole(row["pending"]),
        failed=whole(row["failed"]),
        unknown=whole(row["unknown"]),
        cancelled=whole(row["cancelled"]),
        ready_at=maybe(row["ready_at"]),
        waits_until=maybe(row["waits_until"]) if row["state"] == LayerState.PURGING else None,
    )


def _layer(row: Row) -> LayerView:
    """The same, with what its columns tell where it cannot be read."""
    try:
        return layer_of(row)
    except ValueError:
        name, state = str(row["account"]), _one_of(LayerState, row["state"], LayerState.STOPPED)
        return LayerView(
            name, name, state, _number(row["calls"]), _number(row["sent"]), open=_number(row["open"]),
            pending=_number(row["pending"]), failed=_number(row["failed"]), unknown=_number(row["unknown"]),
            cancelled=_number(row["cancelled"]),
        )  # fmt: skip


def _targets(packed: bytes) -> Sequence[Target]:
    try:
        return TARGETS.validate_json(zlib.decompress(packed)) if packed else ()
    except (ValueError, zlib.error):
        return ()


def _sample(targets: Sequence[Target]) -> tuple[str, ...]:
    """The first of them; of several, those that are no URLs with their kind."""
    if len(targets) == 1:
        return (targets[0].value,)
    return tuple(x.value if x.kind is Kind.URL else f"{x.kind.value} {x.value}" for x in targets[:SAMPLE])


def _one_of(words: type[Word], value: Value, otherwise: Word) -> Word:
    return next((word for word in words if word == value), otherwise)


def _seconds(value: Value) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _number(value: Value) -> int:
    return value if isinstance(value, int) else 0
