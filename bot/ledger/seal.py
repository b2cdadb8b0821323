"""What was asked for, as one hash: a job's targets and calls, as they were written when somebody asked.

The entry `asked` holds it, so that nobody agrees to one thing and sets off another by a change of the file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence

from bot.domain.jobs.job import JobView
from bot.ledger.chain import canonical
from bot.ledger.codec import whole
from bot.ledger.ledger import Transaction

AT_ONCE = 5_000  # calls
# Of a job's document: what the policy judges of it, when it is asked for and at its first call; and what else it goes
# by and never changes: whether, where and at which pages its proof looks, what it follows, how late it may begin.
SOUND = "iif(json_valid(doc), doc, '{}')"
_LATE = "cast(round(json_extract({0}, '$.late_max') * 1000) as integer)"


def _fields(names: str) -> str:
    return ", ".join(f"json_extract({{0}}, '$.{name}')" for name in names.split())


# Hashed as one, so nothing is added here: what a later version adds stands behind, as `check` does.
_GOES_BY = _fields("site hosts edges look_urls left_alone partly edge_asked after warm deploy.version deploy.expected")
JUDGED = (
    f"json_array({_fields('kind environment soft counts parts')}, json_array({_GOES_BY}, {_LATE}), {_fields('check')})"
)
# What else is told of it and never changes: who asked, for what, from where and when.
_TOLD = (
    "source team channel sample targets notes read_as zone begins_told schedule"
    " deploy.sender deploy.actor deploy.link deploy.was deploy.rollback deploy.told deploy.notes"
    " deploy.quiet deploy.again"
)
_TIMES = ("created", "json_extract({0}, '$.created')")  # when it is to begin stands in the entry itself
_OUT = ", ".join(f"(select {name} from deploys where job = jobs.id)" for name in ("site", "version", "sender"))
# As JUDGED: what a later version adds is a hash of its own, behind this one.
_PATHS = ", ".join(f"'$.{name}'" for name in _TOLD.split())
WRITTEN = (
    f"json_array(json_extract({{0}}, {_PATHS}),"
    f" json_array({', '.join(f'cast(round({time} * 1000) as integer)' for time in _TIMES)}), {_OUT})"
)


def sealed(targets: bytes, calls: Iterable[str]) -> str:
    """SHA-256 over the packed targets and every call's JSON, commas between them."""
    digest = hashlib.sha256(targets)
    for n, call in enumerate(calls):
        digest.update(b"," * (n > 0) + call.encode())
    return digest.hexdigest()


def judged_of(tx: Transaction, job: int) -> object:
    """What the policy judges of a job, as the table holds it and the entry `asked` has it; None where there is none."""
    rows = tx.rows(f"select {JUDGED.format(SOUND)} as judged from jobs where id = :job", job=job)
    return read_judged(rows[0]["judged"]) if rows else None


def read_judged(text: object) -> object:
    """What JUDGED writes, with truth as JSON has it: SQLite has only numbers."""
    kind, environment, soft, counts, parts, goes_by, check = json.loads(str(text))
    goes = hashlib.sha256(canonical(goes_by).encode()).hexdigest()
    return [kind, environment, bool(soft), counts, parts or {}, goes, bool(check)]


def is_judged(asked: object, now: object) -> bool:
    """Whether a job is judged, and goes, by what its entry `asked` has; earlier versions wrote the first of it. What
    was not to be looked at may be looked at all the same."""
    if not isinstance(asked, list) or not isinstance(now, list):
        return asked is None
    same = now[: len(asked)]
    return asked == same or (asked[6:] == [False] and asked[:6] == same[:6])


def written_of(tx: Transaction, job: int) -> list[str]:
    """What else is told of a job and never changes, as the entry `asked` has it: a hash, and behind it what later
    versions add."""
    rows = tx.rows(f"select {WRITTEN.format(SOUND)} as written from jobs where id = :job", job=job)
    return read_written(rows[0]["written"]) if rows else []


def read_written(text: object) -> list[str]:
    """The hash over what WRITTEN writes."""
    return [hashlib.sha256(str(text).encode()).hexdigest()]


def is_written(asked: object, now: Sequence[str]) -> bool:
    """Whether what is told of a job is what its entry `asked` has; earlier versions wrote less, or nothing."""
    return not isinstance(asked, list) or asked == [*now[: len(asked)]]


def listed(targets: bytes) -> str:
    """The hash over the packed targets, as the part `targets` of an ended job is sealed."""
    return hashlib.sha256(f"{hashlib.sha256(targets).hexdigest()}\n".encode()).hexdigest()


def listed_of(tx: Transaction, job: int) -> str:
    """The same of a job's targets as the table holds them; "" where it holds none."""
    rows = tx.rows("select doc from targets where job = :job", job=job)
    return listed(rows[0]["doc"]) if rows and isinstance(rows[0]["doc"], bytes) else ""


def layered(job: JobView) -> list[object]:
    """The layers of `job` that has not begun, as the entry `asked` holds them: what they cost is judged too."""
    return [[layer.account, layer.calls, dict(sorted(layer.spends.items()))] for layer in job.layers]


def is_layered(tx: Transaction, job: int, asked: Mapping[str, object]) -> bool:
    """Whether the tables hold the layers of `asked`, and each call is its own layer's; of what has begun nothing is
    said, since that changes its layers."""
    if "layers" not in asked:
        return True
    rows = tx.rows(
        f"select account, calls, iif(json_type({SOUND}, '$.spends') = 'object', json_extract(doc, '$.spends'), '{{}}')"
        f" as spends, json_extract({SOUND}, '$.started') as started from layers where job = :job order by position",
        job=job,
    )
    if any(row["started"] is not None for row in rows):
        return True
    if asked["layers"] != [[row["account"], row["calls"], json.loads(str(row["spends"] or "{}"))] for row in rows]:
        return False
    strays = tx.rows(
        "select 1 from batches left join layers on layers.job = batches.job and layers.position = batches.position"
        " where batches.job = :job and batches.account is not layers.account limit 1",
        job=job,
    )
    return not strays


def seal_of(tx: Transaction, job: int) -> str:
    """The hash over what the tables hold of `job` now."""
    rows = tx.rows("select doc from targets where job = :job", job=job)
    packed = rows[0]["doc"] if rows else b""
    return sealed(packed if isinstance(packed, bytes) else b"", _calls(tx, job))


def _calls(tx: Transaction, job: int) -> Iterable[str]:
    last = 0
    while True:
        rows = tx.rows(
            "select id, call from batches where job = :job and id > :last order by id limit :most",
            job=job, last=last, most=AT_ONCE,
        )  # fmt: skip
        if not rows:
            return
        yield from (str(row["call"]) for row in rows)
        last = whole(rows[-1]["id"])
