"""A job whose row cannot be read keeps neither the bot from starting nor others from going on, and is told as that."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import structlog.testing

from bot.domain.jobs.job import DAMAGED, JobView, State
from bot.domain.proof.verdict import Verdict
from bot.domain.target import Target
from bot.export.record import job_record
from bot.services import deeds
from bot.services.replies import Refusal
from bot.slack.cards.root import root_card
from providers.contract import Kind
from tests.services.shop import LEA, MIA, Shop, open_shop, url
from tests.services.test_forged_calls import breaches, forged
from tests.services.test_schedules import made

WAITS = Target(Kind.PREFIX, "www.shop.test/news/", "shop")
UNREADABLE = "P-1: its record cannot be read."
SET_ASIDE = "P-1: its record could not be read and was set aside: what stands there is not what was asked for."


def of_doc(change: str) -> str:
    return f"update jobs set doc = {change} where id = 1"


DAMAGE = {
    "no JSON": of_doc("'{'"),
    "nothing": of_doc("''"),
    "bytes": of_doc("x'00ff'"),
    "a list": of_doc("'[1, 2]'"),
    "an empty object": of_doc("'{}'"),
    "a number": of_doc("'7'"),
    "a key missing": of_doc("json_remove(doc, '$.site')"),
    "a word for a number": of_doc("json_set(doc, '$.crashes', 'many')"),
    "an object for a word": of_doc("json_set(doc, '$.reason', json('{}'))"),
    "a word for a list": of_doc("json_set(doc, '$.also_by', 'U_ENZO')"),
    "a state that there is not": "update jobs set state = 'paused' where id = 1",
    "a verdict that there is not": "update jobs set verdict = 'good' where id = 1",
    "a word for a time": "update jobs set due_at = 'soon' where id = 1",
    "a word for a version": "update jobs set version = 'two' where id = 1",
    "a layer that is no JSON": "update layers set doc = '{' where job = 1 and position = 0",
    "a layer of another shape": "update layers set doc = '{\"account\": 7}' where job = 1 and position = 1",
    "a layer's budgets": "update layers set doc = json_set(doc, '$.spends', 'x') where job = 1 and position = 0",
    "a layer's state that there is not": "update layers set state = 'open' where job = 1 and position = 0",
    "a layer's count": "update layers set calls = 'few' where job = 1 and position = 0",
    "a look of another shape": (
        "insert into looks (job, phase, place, url, n, doc) values (1, 'before', 'fra', 'https://a.test/', 1, '[]')"
    ),
}


async def with_another(path: Path, statement: str) -> tuple[Shop, JobView]:
    """A job that waits for votes and one behind it; the bot ends, `statement` is executed, and a bot starts."""
    shop = open_shop(path)
    await shop.ask(MIA, WAITS, reason="news")
    other = await shop.purge(MIA, url("/b"), check=False)
    forged(shop, statement)
    assert UNREADABLE == breaches(shop)[0]  # the one that the doctor names
    with structlog.testing.capture_logs() as logs:
        again = await shop.crash()
    assert ["P-1"] == [str(log["job"]) for log in logs if log["event"] == "job_damaged"]
    return again, other


@pytest.mark.parametrize("statement", DAMAGE.values(), ids=DAMAGE)
async def test_it_is_parked_at_the_start_and_all_others_go_on(tmp_path: Path, statement: str) -> None:
    shop, other = await with_another(tmp_path, statement)
    await shop.slate.advance(60)
    damaged, ended = await shop.job(1), await shop.job(other.id)
    queue = await shop.ledger.read(lambda books: books.queue.open_jobs())
    recent = await shop.ledger.read(lambda books: books.jobs.recent(["shop"]))
    again = await shop.crash()
    still = await again.job(1)
    await again.ledger.close()
    assert (State.DONE, [], [2, 1]) == (ended.state, queue, [job.id for job in recent])
    assert (State.FAILED, DAMAGED, Verdict.UNCHECKED) == (damaged.state, damaged.why, damaged.verdict)
    assert [("https://www.shop.test/b",)] == [targets for _, targets in again.cf.sent]
    assert SET_ASIDE in breaches(again)
    assert (damaged.state, damaged.why) == (still.state, still.why)


@pytest.mark.parametrize("doc", ["{", "[]", '{"site": "shop"}'])
async def test_one_that_somebody_wrote_by_hand_is_parked_too(tmp_path: Path, doc: str) -> None:
    shop = open_shop(tmp_path)
    await shop.purge(MIA, url("/b"), check=False)
    forged(
        shop,
        "insert into jobs (id, key, site, state, verdict, kind, requested_by, created, due_at, version, digest, doc)"
        f" values (7, 'k', 'shop', 'queued', 'unchecked', 'url', 'U_ENZO', 1.0, 1.0, 1, 'd', '{doc}')",
    )
    again = await shop.crash()
    await again.slate.advance(60)
    ended, parked = await again.job(1), await again.job(7)
    await again.ledger.close()
    assert (State.DONE, State.FAILED, DAMAGED) == (ended.state, parked.state, parked.why)


async def test_it_is_shown_as_far_as_it_can_be_read(tmp_path: Path) -> None:
    shop, _ = await with_another(tmp_path, DAMAGE["an empty object"])
    damaged = await shop.job(1)
    events = await shop.events(1)
    await shop.ledger.close()
    card = root_card(damaged, shop.clock.now())
    why = DAMAGED.partition(".")[0]
    assert f"🔴 P-1 stopped · {why} · prefix www.shop.test/news/" == card.text
    assert DAMAGED in json.dumps(card.blocks)
    record = job_record(damaged)
    assert ("shop", "U_MIA", "prefix", 1, True) == tuple(
        record[name] for name in ("site", "requested_by", "kind", "targets", "altered")
    )
    assert events[-1] == "parked"


async def test_it_cannot_be_sent_or_looked_at_again(tmp_path: Path) -> None:
    shop, _ = await with_another(tmp_path, DAMAGE["no JSON"])
    retried = await deeds.retry(shop.core, LEA, 1)
    cancelled = await deeds.cancel(shop.core, MIA, 1)
    await shop.ledger.close()
    assert isinstance(retried, Refusal) and isinstance(cancelled, Refusal)


async def test_a_call_of_it_that_was_in_flight_is_not_sent_again(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, url("/a"), check=False)
    await shop.slate.advance(60)
    forged(shop, "update batches set state = 'sending', owner = 'first' where job = 1 and position = 0")
    forged(shop, "update jobs set state = 'purging', due_at = 1.0, doc = '{' where id = 1")
    again = await shop.crash()
    await again.slate.advance(60)
    parked = await again.job(job.id)
    await again.ledger.close()
    assert (State.FAILED, 1, 1) == (parked.state, parked.layers[0].unknown, len(again.shield.sent))


@pytest.mark.parametrize("call", ["[]", "{", '{"kind": "all"}'])
async def test_a_call_in_flight_that_cannot_be_read_is_not_known_and_all_others_go_on(
    tmp_path: Path, call: str
) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, url("/a"), check=False)
    await shop.slate.advance(60)
    forged(shop, f"update batches set state = 'sending', owner = 'first', call = '{call}' where position = 0")
    forged(shop, "update layers set state = 'purging', open = 1, sent = 0 where position = 0")
    forged(shop, "update jobs set state = 'purging', due_at = 1.0")
    again = await shop.crash()
    other = await again.purge(LEA, url("/b"), check=False)
    await again.slate.advance(60)
    lost, ended = await again.job(job.id), await again.job(other.id)
    await again.ledger.close()
    assert (State.FAILED, 1, State.DONE) == (lost.state, lost.layers[0].unknown, ended.state)
    assert [("https://www.shop.test/a",), ("https://www.shop.test/b",)] == [to for _, to in again.shield.sent]


async def test_one_that_is_damaged_while_the_bot_runs_is_parked_when_it_is_due(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await made(shop, "in 10m https://www.shop.test/pricing")
    forged(shop, of_doc("json_set(doc, '$.targets', 'all of it')"))
    await shop.slate.advance(3600)
    parked = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.FAILED, DAMAGED, []) == (parked.state, parked.why, shop.shield.sent)


@pytest.mark.parametrize("doc", ["'{'", "'[]'", "json_set(doc, '$.looks', 7)"], ids=["no JSON", "a list", "a number"])
async def test_one_that_has_ended_is_never_called_proven(tmp_path: Path, doc: str) -> None:
    shop = open_shop(tmp_path)
    shop.edges.serves |= {"fra": "v2", "iad": "v2"}
    job = await shop.purge(MIA, url("/a"))
    await shop.slate.advance(200)
    assert Verdict.FRESH is (await shop.job(job.id)).verdict
    forged(shop, of_doc(doc))
    again = await shop.crash()
    shown = await again.job(job.id)
    other = await again.purge(LEA, url("/a"))
    await again.slate.advance(200)
    why = await again.ledger.read(lambda books: books.asked.before("shop", 9, 50))
    going = await again.ledger.read(lambda books: books.retention.jobs_ended(again.clock.now() + 1))
    ended = await again.job(other.id)
    await again.ledger.close()
    assert (State.DONE, Verdict.UNKNOWN, DAMAGED, True) == (shown.state, shown.verdict, shown.why, shown.altered)
    assert root_card(shown, again.clock.now()).text.startswith("⚪ P-1 purged, cannot be proven from here")
    assert "fresh" not in json.dumps(root_card(shown, again.clock.now()).blocks)
    assert (Verdict.FRESH, [2, 1], (1, 2)) == (ended.verdict, [one.job for one in why], going)
    assert {UNREADABLE, SET_ASIDE} & {*breaches(again)}
