"""How long an audit of a long journal takes, and how much memory; and what one more entry costs.

    python -m bench.verify               1,000,000 entries: pages that were purged in two layers and proven
    python -m bench.verify 100000        another number
    python -m bench.verify child FILE    one audit of a ledger

Aim: 60 s for a million. The audit runs in a process of its own.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
import zlib
from contextlib import closing
from pathlib import Path

from bench.machine import describe
from bot.domain.jobs.job import JobView, LayerState, State
from bot.domain.jobs.thread_step import Event, Told
from bot.domain.proof.verdict import Look, Verdict
from bot.domain.target import Target
from bot.ledger.audit import audit
from bot.ledger.books import Books
from bot.ledger.codec import JOB, LOOK, TARGETS, TOLD, pack
from bot.ledger.opening import SqliteTransaction, opened
from bot.ledger.reading import reading
from bot.ledger.seal import listed, sealed
from bot.ledger.sums import written
from providers.contract import Kind

ENTRIES, EACH = 1_000_000, 7  # entries of one job
NOW = 1_800_000_000.0
PAGE = "https://www.shop.test/catalog/product.html"
JOB_DONE = JobView(
    id=0, site="shop", environment="production", state=State.DONE, verdict=Verdict.FRESH, kind=Kind.URL, targets=1,
    sample=(PAGE,), soft=False, requested_by="U_MIA", created=NOW, layers=(), digest="d" * 64, rule="small",
    reason="new prices", ended=NOW + 9,
)  # fmt: skip
CALL = json.dumps({"kind": "url", "method": "POST", "path": "/purge", "targets": [PAGE]})


TARGETS_DONE = zlib.compress(TARGETS.dump_json((Target(Kind.URL, PAGE),)))
SEAL = sealed(TARGETS_DONE, [CALL, CALL])
LINE = pack(TOLD, Told(Event.ALLOWED, text="small"))
LOOK_DOC = pack(LOOK, Look("fra", PAGE, NOW, 200, etag='"v2"', digest="f" * 64, version="v2"))


def build(path: Path, entries: int) -> float:
    """A ledger with that many entries; microseconds for each entry added."""
    adding = 0.0
    with closing(opened(path).conn) as connection:
        connection.execute("pragma synchronous = off")
        tx = SqliteTransaction(connection)
        books = Books(tx)
        connection.execute("begin")
        for number in range(1, entries // EACH + 1):
            add_job(tx, number)
            began = time.perf_counter()
            add_entries(books, number)
            books.record.settle()
            adding += time.perf_counter() - began
        connection.execute("commit")
    return adding / entries * 1e6


def add_job(tx: SqliteTransaction, number: int) -> None:
    """The rows of one job that is done."""
    tx.run(
        "insert into jobs (id, key, site, state, verdict, kind, requested_by, created, due_at, version, digest, doc)"
        " values (:id, :id, 'shop', 'done', 'fresh', 'url', 'U_MIA', :now, null, 9, :digest, :doc)",
        id=number, now=NOW, digest=JOB_DONE.digest, doc=pack(JOB, JOB_DONE),
    )  # fmt: skip
    tx.run("insert into targets (job, doc) values (:job, :doc)", job=number, doc=TARGETS_DONE)
    tx.run("insert into lines (job, n, text, at) values (:job, 1, :text, :now)", job=number, text=LINE, now=NOW)
    for place in ("fra", "iad", "origin"):
        tx.run(
            "insert into looks (job, phase, place, url, n, doc) values (:job, 'after', :place, :url, 0, :doc)",
            job=number, place=place, url=PAGE, doc=LOOK_DOC,
        )  # fmt: skip
    for position, account in enumerate(("shield", "cf")):
        tx.run(
            "insert into layers (job, position, account, state, doc, calls, sent)"
            " values (:job, :position, :account, :state, '{}', 1, 1)",
            job=number, position=position, account=account, state=LayerState.DONE,
        )  # fmt: skip
        tx.run(
            "insert into batches (job, position, account, state, kind, call, tries, receipt)"
            " values (:job, :position, :account, 'confirmed', 'url', :call, 1, :receipt)",
            job=number, position=position, account=account, call=CALL,
            receipt=json.dumps({"id": f"{account}-{number}"}),
        )  # fmt: skip


def add_entries(books: Books, number: int) -> None:
    """What the journal says of it."""
    add, job = books.journal.add, JOB_DONE
    sums = [written(books.lots.sum(number, position).calls) for position in (0, 1)]
    add(
        NOW, "asked", "U_MIA", number,
        site="shop", kind="url", effect="url", targets=1, calls=2, soft=False, digest=job.digest, reason=job.reason,
        source=job.source, team=job.team, seal=SEAL, judged=books.judged(number), layers=[],
        written=books.written(number), listed=listed(TARGETS_DONE), sums=sums,
    )  # fmt: skip
    add(NOW, "decided", "policy", number, rule=job.rule, needed=0, of=[])
    for position, account in enumerate(("shield", "cf")):
        lot = books.lots.sum(number, position)
        add(
            NOW, "layer", "purgebot", number,
            position=position, account=account, state="done", rows=lot.hash, ids=list(lot.ids), more_ids=0,
        )  # fmt: skip
    add(NOW + 9, "proof", "purgebot", number, verdict="fresh", fresh=["fra", "iad"], stale=[], looks=4)
    books.history.keep(number)
    add(NOW + 9, "ended", "purgebot", number, state="done", verdict="fresh")


def child(path: Path) -> dict[str, float]:
    """One audit."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    began, worked = time.perf_counter(), time.process_time()
    with reading(path) as ledger:
        verdict = audit(ledger)
    if not verdict.is_whole:
        raise SystemExit(f"not whole: {verdict.breaches[0].what}")
    return {
        "seconds": time.perf_counter() - began, "cpu": time.process_time() - worked, "entries": verdict.head.count,
        "jobs": verdict.jobs, "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "start_mb": before,
    }  # fmt: skip


def main(words: list[str]) -> None:
    """Print what was seen."""
    if words[:1] == ["child"]:
        print(json.dumps(child(Path(words[1]))))
        return
    entries = int(words[0]) if words else ENTRIES
    print(describe())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        each = build(path, entries)
        told = subprocess.run(
            [sys.executable, "-m", "bench.verify", "child", str(path)], check=True, capture_output=True, text=True
        )
        found = json.loads(told.stdout)
        size = path.stat().st_size / 1e6
    print(f"{found['entries']:,} entries, {found['jobs']:,} jobs, {size:.0f} MB: an entry takes {each:.0f} µs to add")
    print(
        f"audit {found['seconds']:.1f} s, cpu {found['cpu']:.1f} s, {found['mb']:.0f} MB ({found['start_mb']:.0f} MB)"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
