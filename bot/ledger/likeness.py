"""What a job's record says of who asked, for what, from where and when, against what the journal says of that.

It is held against that as long as it is open, when it is sealed, and ever after.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.jobs.job import CLOSED, State
from bot.domain.proof.verdict import Verdict
from bot.ledger.approval_audit import APPROVAL, COMPANY, company, its_time, when_asked
from bot.ledger.job_entries import PROVEN, Doc, Said
from bot.ledger.ledger import Row, Transaction, Value
from bot.ledger.record_audit import OTHER_TARGETS
from bot.ledger.seal import (
    JUDGED,
    SOUND,
    WRITTEN,
    is_judged,
    is_written,
    listed_of,
    read_judged,
    read_written,
)

OTHER_PLAN = "its targets or calls are not those that were asked for."
_HELD_BACK = frozenset({State.WAITING, State.EXPIRED, State.DENIED, State.CANCELLED, State.FAILED})
_ASKED = {"site": "site", "effect": "kind", "digest": "digest", "reason": "reason", "soft": "soft"}


def unlike(tx: Transaction, job: int, row: Row, said: Said) -> Iterator[str]:
    """What of `job`, whose `row` has COLUMNS, is not as the journal says; what an earlier version did not write, or
    a pruning took, is not looked at."""
    if said.asked is not None:
        yield from _asked(row, *said.asked)
        yield from _decided(row, said)
        yield from its_time(row, said)
        yield from _following(tx, row)
        yield from () if row["state"] in CLOSED else company(row, said)


def besides(tx: Transaction, job: int, row: Row, said: Said) -> Iterator[str]:
    """What else of `job` is not as the journal says, where nothing of that is told already: what an entry holds by a
    hash alone, and what is looked at less closely once a job has ended."""
    if said.written is None:
        return
    if not is_written(said.written, read_written(row["written"])):
        yield "what it says of who asked, for what, from where and when is not what was asked for."
    is_sealed = row["state"] in CLOSED and said.seals.whole  # then its targets are held to that seal
    if not is_sealed and said.seals.listed not in ("", listed_of(tx, job)):
        yield OTHER_TARGETS
    yield from when_asked(row, said)
    yield from company(row, said) if row["state"] in CLOSED else ()


def likeness_row(tx: Transaction, job: int) -> Row | None:
    """The row of `job` as `unlike` wants it; None where there is none."""
    rows = tx.rows(f"select {', '.join(COLUMNS)} from jobs where id = :job", job=job)
    return rows[0] if rows else None


def _following(tx: Transaction, row: Row) -> Iterator[str]:
    """Of what begins only once another job is proven, and is said to be free to."""
    first = row["after"]
    if row["after_proven"] and isinstance(first, int) and not tx.rows(PROVEN, job=first, fresh=Verdict.FRESH):
        yield f"it is free to begin since P-{first} is proven, and no entry says that that was."


def _asked(row: Row, actor: str, doc: Doc | None) -> Iterator[str]:
    if row["requested_by"] != actor or row["by_doc"] != actor:
        yield f"{actor} asked for it, and the table says {_other(row, actor)}."
    if doc is None:
        return
    for name, column in _ASKED.items():
        if name in doc and not _same(doc[name], row[column]):
            yield f"its {column} is not what was asked for."
    if not is_judged(doc.get("judged"), read_judged(row["judged"])):
        yield "what the policy judges of it, or what it goes by, is not what was asked for."
    if "digest" in doc and row["digest_doc"] != doc["digest"]:
        yield "its digest is not what was asked for."


def _other(row: Row, actor: str) -> str:
    return str(row["requested_by"] if row["requested_by"] != actor else row["by_doc"])


def _same(said: object, found: Value) -> bool:
    return bool(found) == said if isinstance(said, bool) else said == found


def _decided(row: Row, said: Said) -> Iterator[str]:
    doc = said.decided
    if doc is None:
        return
    if "rule" in doc and doc["rule"] != row["rule"]:
        yield f"the rule that decided it was {doc['rule']}, and the table says {row['rule']!s}."
    needed = doc.get("needed")
    if isinstance(needed, int) and needed > 0 and not said.approved and row["state"] not in _HELD_BACK:
        yield f"it is {row['state']!s} without the approval that it needed."
    if said.short:
        yield said.short


COLUMNS: Sequence[str] = (
    "id", "site", "state", "verdict", "kind", "requested_by", "digest", f"{JUDGED.format(SOUND)} as judged",
    f"{WRITTEN.format(SOUND)} as written",
    *(f"json_extract({SOUND}, '$.{key}') as {name}" for key, name in (
        ("requested_by", "by_doc"), ("digest", "digest_doc"), ("reason", "reason"), ("rule", "rule"), ("soft", "soft"),
        ("scheduled_for", "scheduled_for"), ("after", "after"), ("after_proven", "after_proven"),
        *APPROVAL,
    )),
    *COMPANY,
)  # fmt: skip
