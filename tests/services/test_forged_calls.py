"""Nothing is sent but the calls that were asked for, whenever somebody changes the ledger's file, and verify says so
ever after."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.domain.jobs.job import JobView, State
from bot.domain.target import Target
from bot.ledger.audit import audit
from bot.ledger.reading import reading
from bot.services import deeds
from bot.services.replies import Done, Refusal
from bot.services.voting import approvals
from bot.services.voting.forged import OTHER_CALLS, OTHER_RECORD
from providers.contract import Kind
from providers.errors import BadCredentials
from tests.services.shop import KIM, LEA, MIA, Shop, open_shop, url

PREFIX = Target(Kind.PREFIX, "www.shop.test/news/", "shop")
OTHER = """json_set(call, '$.targets', json('["all"]'))"""
FORGED = f"update batches set call = {OTHER} where position = {{}}"
ANOTHER = (
    "insert into batches (job, position, account, state, kind, call)"
    f" select job, position, account, 'held', kind, {OTHER} from batches where position = {{}} limit 1"
)
OTHERWISE = "P-1: its targets or calls are not those that were asked for."
ELSEWHERE = "P-1: the calls of layer {} are not those that were asked for."


def forged(shop: Shop, statement: str) -> None:
    with closing(sqlite3.connect(shop.path / "ledger.db")) as connection, connection:
        assert connection.execute(statement).rowcount > 0, statement


def breaches(shop: Shop) -> list[str]:
    with reading(shop.path / "ledger.db") as ledger:
        return [breach.what for breach in audit(ledger).breaches]


async def stopped(shop: Shop) -> JobView:
    """A prefix that Lea agreed to, purged in Varnish, and not taken by Cloudflare."""
    shop.cf.script = [BadCredentials("It takes no token.", "Give it another.")]
    job = await shop.purge(MIA, PREFIX, check=False)
    await approvals.vote(shop.core, LEA, job.id, True)
    await shop.slate.advance(60)
    return await shop.job(job.id)


@pytest.mark.parametrize("statement", [FORGED, ANOTHER], ids=["changed", "one-more"])
async def test_a_retry_sends_no_call_that_was_not_asked_for(tmp_path: Path, statement: str) -> None:
    shop = open_shop(tmp_path)
    job = await stopped(shop)
    forged(shop, statement.format(1))
    again = await deeds.retry(shop.core, MIA, job.id)
    await shop.slate.advance(60)
    ended, sent = await shop.job(job.id), [targets for _, targets in shop.cf.sent]
    once_more = await deeds.retry(shop.core, MIA, job.id)
    await shop.ledger.close()
    assert isinstance(again, Done)
    assert (State.FAILED, OTHER_CALLS, True) == (ended.state, ended.why, ended.for_good)
    assert [(PREFIX.value,)] == sent
    assert isinstance(once_more, Refusal)
    assert once_more.what == f"P-1 cannot go on: {OTHER_CALLS}"
    assert ELSEWHERE.format("cf") in breaches(shop)


async def test_what_was_not_voted_on_is_held_to_its_request_too(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, url("/a"), check=False)
    forged(shop, FORGED.format(0))
    await shop.slate.advance(60)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.FAILED, OTHER_CALLS, 0) == (ended.state, ended.why, len(shop.shield.sent))
    assert [OTHERWISE] == breaches(shop)


async def test_a_later_layer_is_held_to_its_request_before_it_begins(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, url("/a"), check=False)

    async def befalls() -> None:
        forged(shop, FORGED.format(1))

    shop.shield.before_answer = befalls
    await shop.slate.advance(60)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (1, 0) == (len(shop.shield.sent), len(shop.cf.sent))
    assert (State.FAILED, OTHER_CALLS) == (ended.state, ended.why)
    assert ELSEWHERE.format("cf") in breaches(shop)


async def test_after_a_start_what_is_under_way_goes_on_with_the_calls_that_were_asked_for(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.shield.slow_down(0.05)
    job = await shop.purge(MIA, *(url(f"/{n}") for n in range(9)), check=False)
    await shop.slate.advance(1)
    under_way = await shop.job(job.id)
    await shop.ledger.close()
    forged(shop, FORGED.format(0) + " and state = 'queued'")
    shop = open_shop(tmp_path, clock=shop.clock)
    await shop.router.wake_all()
    await shop.slate.advance(600)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.PURGING, State.FAILED, OTHER_CALLS) == (under_way.state, ended.state, ended.why)
    assert [] == shop.shield.sent
    assert [OTHERWISE] == breaches(shop)


async def test_what_is_under_way_at_a_start_goes_on(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.shield.slow_down(0.05)
    job = await shop.purge(MIA, *(url(f"/{n}") for n in range(9)), check=False)
    await shop.slate.advance(1)
    await shop.ledger.close()
    shop = open_shop(tmp_path, clock=shop.clock)
    await shop.router.wake_all()
    await shop.slate.advance(600)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert State.DONE is ended.state
    assert [] == breaches(shop)


async def test_calls_that_went_in_halves_are_those_that_were_asked_for(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.cf.bad = {url("/2").value}
    job = await shop.purge(MIA, *(url(f"/{n}") for n in range(4)), check=False)
    await shop.slate.advance(60)
    ended, whole = await shop.job(job.id), breaches(shop)
    shop.cf.bad = set()
    await deeds.retry(shop.core, MIA, job.id)
    await shop.slate.advance(60)
    await shop.ledger.close()
    assert (State.PARTIAL, 3) == (ended.state, ended.layers[1].calls)
    assert [] == whole
    forged(shop, FORGED.format(1) + " and id = (select max(id) from batches)")
    assert ["P-1: the calls of layer cf, or their receipts, are not as they were when it ended."] == breaches(shop)


RECORDS = {
    "looks": "update jobs set doc = json_set(doc, '$.check', json('true'))",
    "requester": "update jobs set requested_by = 'U_KIM', doc = json_set(doc, '$.requested_by', 'U_KIM')",
    "targets": "update targets set doc = x'00'",
    "votes": "delete from votes",
    "layers": "update layers set doc = json_set(doc, '$.failed', 0)",
}
WRONG = {
    "looks": "P-1: its row in the table of jobs is not as it was when it ended.",
    "requester": "P-1: U_MIA asked for it, and the table says U_KIM.",
    "targets": "P-1: its targets are not as they were when it ended.",
    "votes": "P-1: the vote of U_LEA is not as it was given.",
    "layers": "P-1: what is told of its layers is not as it was when it ended.",
}


@pytest.mark.parametrize("what", RECORDS)
async def test_a_retry_does_not_go_on_by_a_record_that_was_changed(tmp_path: Path, what: str) -> None:
    shop = open_shop(tmp_path)
    job = await stopped(shop)
    sent = len(shop.cf.sent)
    forged(shop, RECORDS[what])
    again = await deeds.retry(shop.core, KIM if what == "requester" else MIA, job.id)
    await shop.slate.advance(60)
    await shop.ledger.close()
    assert isinstance(again, Refusal)
    assert (f"P-1 cannot go on: {OTHER_RECORD}", sent) == (again.what, len(shop.cf.sent))
    assert WRONG[what] in breaches(shop)


async def test_a_retry_of_what_was_retried_before_goes_on(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await stopped(shop)
    for script in ([BadCredentials("It takes no token.", "Give it another.")], []):
        shop.cf.script = [*script]
        assert isinstance(await deeds.retry(shop.core, MIA, job.id), Done)
        await shop.slate.advance(60)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.DONE, []) == (ended.state, breaches(shop))


@pytest.mark.parametrize(
    "statement",
    [
        "update looks set doc = json_set(doc, '$.version', 'v9') where phase = 'before'",
        "update history set words = 'innocuous'",
        "update jobs set doc = json_set(doc, '$.source', 'api')",
    ],
    ids=["what was seen before", "what the log finds", "its row"],
)
async def test_another_look_seals_nothing_anew_that_was_changed(tmp_path: Path, statement: str) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, url("/a"))
    await shop.slate.advance(200)
    forged(shop, statement)
    before = breaches(shop)
    again = await deeds.check_again(shop.core, MIA, job.id)
    await shop.slate.advance(200)
    await shop.ledger.close()
    assert isinstance(again, Refusal)
    assert f"P-1 cannot be checked: {OTHER_RECORD}" == again.what
    assert before and before == breaches(shop)
