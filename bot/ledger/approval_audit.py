"""What a job that waits for votes waits for, against what the journal says was asked for."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence

from bot.domain.jobs.job import CLOSED, State
from bot.domain.policies.wording import approvals
from bot.ledger.job_entries import NEAR, Said
from bot.ledger.ledger import Row

_BEFORE = frozenset({*CLOSED, State.WAITING, State.SCHEDULED})
# Of the job's document: the key, and the name that its value has in the row.
APPROVAL: Sequence[tuple[str, str]] = (
    ("approval.needed", "needed"), ("approval.of", "asked_of"), ("approval.expires", "expires"),
    ("approval.barred", "barred"), ("approval.round", "round"), ("approval.rule", "asked_rule"),
    ("approval.approved", "approved"), ("approval.broken_by", "broken_by"), ("also_by", "also_by"),
)  # fmt: skip

# Of other tables, as JSON: by whom a job was joined, and who had it go first.
COMPANY: Sequence[str] = tuple(
    f"(select json_group_array(by) from {table} where job = jobs.id) as {name}"
    for table, name in (("joined", "joined_by"), ("urgent", "hurried_by"))
)


def awaited(row: Row, said: Said) -> Iterator[str]:
    """What of a waiting job's approval is not as it was asked for. What an earlier version did not write down, or a
    pruning took, is not looked at."""
    if row["state"] != State.WAITING or said.needed is None:
        return
    if row["needed"] != said.needed:
        yield f"it needs {approvals(said.needed)}, and the table says {row['needed']!s}."
    if said.of is not None and _people(row["asked_of"]) != said.of:
        yield "whose votes it waits for is not as it was asked."
    if said.expires is not None and not _is_near(row["expires"], said.expires):
        yield "until when it waits for votes is not as it was asked."
    if said.barred is not None and (row["barred"] or "") != said.barred:
        yield "whether a vote on it helps for now is not as the policy said."
    if said.round is not None and row["round"] != said.round:
        yield "which votes count for it is not as it was asked."
    rule = (said.decided or {}).get("rule", row["asked_rule"])
    if row["asked_rule"] != rule:
        yield f"the rule that asks for votes is {rule}, and the table says {row['asked_rule']!s}."
    if row["approved"] is not None or row["broken_by"]:
        yield "it waits for votes, and stands as if they had been given."


def its_time(row: Row, said: Said) -> Iterator[str]:
    """When a job begins, or began, that was to wait for its time."""
    if said.due is None:
        return
    if said.began_at is not None and not _is_near(said.began_at, said.due):
        yield "it began by another time than the one that was asked for."
    elif row["state"] not in _BEFORE and said.began_at is None and said.is_early(said.at):
        yield "it goes on before its time, and no entry says that it has come."
    elif row["state"] not in CLOSED and not _is_near(row["scheduled_for"], said.due):
        yield "when it begins is not as it was asked."


def when_asked(row: Row, said: Said) -> Iterator[str]:
    """When a job is, or was, to begin, where the journal has that still."""
    if said.also is not None and not _is_same_time(row["scheduled_for"], said.due):
        yield "when it was to begin is not as it was asked."


def company(row: Row, said: Said) -> Iterator[str]:
    """Who asks for it besides, who joined it, and who had it go first; `row` has COMPANY."""
    if Counter(said.joined) != Counter(_names(row["joined_by"])):
        yield "who joined it is not what the journal says."
    if said.also is not None and _people(row["also_by"] or "[]") != said.also:
        yield "who asks for it besides is not what the journal says."
    if [said.urgent] * bool(said.urgent) != _names(row["hurried_by"]):
        yield "who had it go first is not what the journal says."


def _names(text: object) -> list[str]:
    return [] if text == "[]" else [str(name) for name in json.loads(str(text))]


def _people(text: object) -> frozenset[str]:
    try:
        found = json.loads(str(text))
    except ValueError:
        return frozenset()
    return frozenset(map(str, found)) if isinstance(found, list) else frozenset()


def _is_same_time(found: object, said: float | None) -> bool:
    return found is None if said is None else _is_near(found, said)


def _is_near(found: object, said: float) -> bool:
    return isinstance(found, int | float) and abs(found - said) < NEAR
