"""What a plan leaves in the ledger is what it held, whatever its calls say and however many they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.jobs.job import JobView, State
from bot.domain.jobs.plan import LayerPlan, Plan
from bot.domain.proof.verdict import Verdict
from bot.domain.target import Target
from bot.ledger.books import Books
from bot.ledger.codec import CALL, unpack
from bot.ledger.packed import packed
from bot.ledger.seal import seal_of
from bot.ledger.sqlite import SqliteLedger
from providers.contract import Call, Kind

ODD = Call(
    Kind.URL, "POST", '/é"\\x\u2028\x01', ("a\tb", "😀"), (("calls", 1),), (("H", "é"),), '{"a":[1,2.5],"b":"\\n"}', 2.5
)
PLAIN = Call(Kind.URL, "PURGE", "/a", ("https://w.test/a",), (("calls", 1),))
CALLS = {
    "none": (),
    "one": (PLAIN,),
    "letters that JSON escapes": (ODD,),
    "more than go in a slice": tuple(Call(Kind.URL, "PURGE", f"/{n}", (), ()) for n in range(2_001)),
}


def job() -> JobView:
    return JobView(
        id=0, site="shop", environment="production", state=State.QUEUED, verdict=Verdict.UNCHECKED, kind=Kind.URL,
        targets=1, sample=(), soft=False, requested_by="U_MIA", created=0.0, layers=(), digest="d", rule="r",
        due_at=0.0,
    )  # fmt: skip


def stored(books: Books, number: int) -> list[Call]:
    rows = books.jobs._tx.rows("select call from batches where job = :job order by id", job=number)
    return [unpack(CALL, row["call"]) for row in rows]


@pytest.mark.parametrize("n", [0, 1, 1_000, 2_001])
async def test_a_job_keeps_the_targets_of_its_plan_in_their_order(tmp_path: Path, n: int) -> None:
    targets = tuple(Target(Kind.TAG, f'é"{number}', "shop") for number in range(n))
    plan = packed(Plan("shop", "production", Kind.TAG, Kind.TAG, targets, False, ()))
    ledger = SqliteLedger(tmp_path / "ledger.db")
    made = await ledger.write(lambda books: books.jobs.create(job(), plan, "key"))
    kept = await ledger.read(lambda books: books.jobs.targets(made.id))
    await ledger.close()
    assert targets == kept


@pytest.mark.parametrize("calls", CALLS.values(), ids=CALLS)
async def test_a_job_keeps_the_calls_of_its_plan_in_their_order(tmp_path: Path, calls: tuple[Call, ...]) -> None:
    targets = (Target(Kind.URL, "https://w.test/a", "shop"), Target(Kind.TAG, "é", "shop"))
    layers = (LayerPlan("cf", "Cloudflare", calls, note="by URLs"), LayerPlan("door", "Varnish", (PLAIN,)))
    plan = packed(Plan("shop", "production", Kind.URL, Kind.URL, targets, False, layers))
    ledger = SqliteLedger(tmp_path / "ledger.db")
    made = await ledger.write(lambda books: books.jobs.create(job(), plan, "key"))
    kept = await ledger.read(lambda books: (stored(books, made.id), books.jobs.targets(made.id)))
    await ledger.close()
    assert ([*calls, PLAIN], targets) == kept
    assert [("cf", "Cloudflare", len(calls), "by URLs"), ("door", "Varnish", 1, "")] == [
        (layer.account, layer.title, layer.calls, layer.note) for layer in made.layers
    ]


@pytest.mark.parametrize("calls", [*CALLS.values(), (ODD, PLAIN, ODD)], ids=[*CALLS, "several"])
async def test_the_seal_of_a_plan_is_that_of_the_rows_it_becomes(tmp_path: Path, calls: tuple[Call, ...]) -> None:
    layers = (LayerPlan("shield", "Varnish", calls), LayerPlan("cf", "Cloudflare", calls))
    plan = packed(Plan("shop", "production", Kind.URL, Kind.URL, (Target(Kind.URL, "é", "shop"),), False, layers))
    ledger = SqliteLedger(tmp_path / "ledger.db")
    made = await ledger.write(lambda books: books.jobs.create(job(), plan, "k"))
    found = await ledger.read(lambda books: seal_of(books._tx, made.id))
    await ledger.close()
    assert plan.seal == found
