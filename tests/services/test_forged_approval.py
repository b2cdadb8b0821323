"""No job runs without its votes since somebody changed the file: the journal says what was asked for and given."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.domain.grammar.command import Command, Verb
from bot.domain.jobs.job import JobView, State
from bot.domain.proof.doubts import Doubt
from bot.domain.proof.verdict import Verdict
from bot.ledger.audit import audit
from bot.ledger.reading import reading
from bot.services import deeds
from bot.services.deploying.deploys import Deployed, take
from bot.services.held import holds
from bot.services.replies import Refusal
from bot.services.requests.purges import Asking
from bot.services.running.keeping import forget
from bot.services.voting import approvals
from bot.services.voting.forged import CHANGED
from bot.slack.cards.root import root_card
from tests.services.shop import EVERYTHING, LEA, MIA, SAM, SHOP, Shop, open_shop, url
from tests.services.test_deploys import CI, STAGING, V2, a_shop
from tests.services.test_forged_calls import breaches
from tests.services.test_holds import say

TOO_FEW = (
    "Its votes are too few: {} of 2, by what the journal says of them. Somebody changed the ledger's file: run"
    " `purgebot log verify`."
)
NEEDED = "update jobs set doc = json_set(doc, '$.approval.needed', 1) where id = 1"
VOTE = "insert into votes select job, 'U_KIM', yes, at, reason, digest, round from votes where \"by\" = 'U_LEA'"
LET_GO = (
    "update jobs set state = 'queued', due_at = 1,"
    " doc = json_set(doc, '$.approval.needed', {}, '$.approval.approved', created, '$.approval.broken_by', '{}')"
)


def forged(shop: Shop, *statements: str) -> None:
    with closing(sqlite3.connect(shop.path / "ledger.db")) as connection, connection:
        for statement in statements:
            assert connection.execute(statement).rowcount == 1, statement


async def after(shop: Shop, job: JobView) -> tuple[State, str, int, int]:
    """Where the job is after a while, why, how many votes it waits for, and how many calls have gone."""
    await shop.slate.advance(200)
    now = await shop.job(job.id)
    await shop.ledger.close()
    approval = now.approval
    assert approval is not None
    return now.state, approval.returned, approval.needed, len(shop.shield.sent) + len(shop.cf.sent)


async def test_a_job_that_was_made_to_need_fewer_votes_is_asked_again(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, EVERYTHING, reason="leak")
    forged(shop, NEEDED)
    await approvals.vote(shop.core, LEA, job.id, True)
    assert (State.WAITING, TOO_FEW.format(1), 2, 0) == await after(shop, job)


async def test_verify_tells_of_a_job_that_was_let_go_with_too_few_votes(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, EVERYTHING, reason="leak")
    forged(shop, NEEDED)
    await approvals.vote(shop.core, LEA, job.id, True)
    await shop.ledger.close()
    with reading(tmp_path / "ledger.db") as ledger:
        told = [breach.what for breach in audit(ledger).breaches]
    assert ["P-1: it was let go with 1 of the 2 votes that were asked for."] == told


JUDGED = "'$.approval.policy', 'another', '$.counts', json('{\"url\": 1}')"
LESS = f"update jobs set kind = 'url', due_at = 1, doc = json_set(doc, '$.kind', 'url', {JUDGED}) where id = 1"


async def test_a_job_that_was_made_to_look_smaller_than_it_is_does_not_run(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, EVERYTHING, reason="leak")
    forged(shop, LESS)
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.FAILED, CHANGED, 0) == (ended.state, ended.why, len(shop.shield.sent) + len(shop.cf.sent))


@pytest.mark.parametrize(
    ("statements", "agreed"),
    [
        pytest.param((VOTE, LET_GO.format(2, "")), 1, id="a-vote-put-in"),
        pytest.param((LET_GO.format(1, ""),), 1, id="let-go-with-one"),
        pytest.param((LET_GO.format(0, "U_SAM"),), 1, id="a-glass-that-nobody-broke"),
    ],
)
async def test_votes_and_glasses_that_no_entry_tells_of_do_not_count(
    tmp_path: Path, statements: tuple[str, ...], agreed: int
) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, EVERYTHING, reason="leak")
    await approvals.vote(shop.core, LEA, job.id, True)
    forged(shop, *statements)
    assert (State.WAITING, TOO_FEW.format(agreed), 2, 0) == await after(shop, job)


async def test_a_job_whose_approval_was_taken_out_does_not_run_as_a_smaller_one(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, EVERYTHING, reason="leak")
    smaller = "doc = json_set(doc, '$.kind', 'url', '$.approval', null, '$.counts', json('{\"url\": 1}'))"
    forged(shop, f"update jobs set kind = 'url', state = 'queued', due_at = 1, {smaller} where id = 1")
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.FAILED, CHANGED, 0) == (ended.state, ended.why, len(shop.shield.sent) + len(shop.cf.sent))


async def test_a_layer_that_is_said_to_have_begun_lets_nothing_go(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, EVERYTHING, reason="leak")
    begun = "update layers set doc = json_set(doc, '$.started', 9e9) where job = 1 and position = 0"
    forged(shop, NEEDED, begun)
    await approvals.vote(shop.core, LEA, job.id, True)
    await shop.slate.advance(200)
    kept = await shop.job(job.id)
    await shop.ledger.close()
    assert kept.state is not State.DONE
    assert 0 == len(shop.shield.sent) + len(shop.cf.sent)


async def test_what_was_parked_since_it_was_changed_stays_told(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, EVERYTHING, reason="leak")
    call = "update batches set call = replace(call, '/purge', '/other') where job = 1 and position = 0"
    forged(shop, call)
    for who in (LEA, SAM):
        await approvals.vote(shop.core, who, job.id, True)
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    with reading(tmp_path / "ledger.db") as ledger:
        told = [breach.what for breach in audit(ledger).breaches]
    assert (State.FAILED, CHANGED) == (ended.state, ended.why)
    assert ["P-1: its targets or calls are not those that were asked for."] == told


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("update batches set call = replace(call, '/purge', '/other') where position = 0", id="a-call"),
        pytest.param(LESS, id="what-the-policy-judges"),
    ],
)
async def test_a_retry_sends_nothing_of_what_was_parked_since_it_was_changed(tmp_path: Path, statement: str) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, EVERYTHING, reason="leak")
    for who in (LEA, SAM):
        await approvals.vote(shop.core, who, job.id, True)
    forged(shop, statement)
    await shop.slate.advance(200)
    parked = await shop.job(job.id)
    again = await deeds.retry(shop.core, MIA, job.id)
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert isinstance(again, Refusal)
    assert again.what == f"P-1 cannot go on: {CHANGED}"
    assert (State.FAILED, CHANGED) == (parked.state, parked.why)
    assert (State.FAILED, CHANGED, 0) == (ended.state, ended.why, len(shop.shield.sent) + len(shop.cf.sent))
    shown = json.dumps(root_card(ended, shop.clock.now()).blocks)
    assert ("Ask again" in shown, "Retry" in shown) == (True, False)


async def test_two_votes_of_two_let_it_run(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, EVERYTHING, reason="leak")
    await approvals.vote(shop.core, LEA, job.id, True)
    await approvals.vote(shop.core, SAM, job.id, True)
    state, returned, needed, calls = await after(shop, job)
    assert (State.DONE, "", 2, True) == (state, returned, needed, calls > 0)
    with reading(tmp_path / "ledger.db") as ledger:
        assert () == audit(ledger).breaches


GOES_BY = {
    "whether it is looked at": "'$.check', json('false')",
    "which pages": "'$.look_urls', json('[\"https://www.shop.test/else\"]')",
    "which places": "'$.edges', json('[\"fra\"]')",
    "what is warmed": "'$.warm', json('true')",
    "how late": "'$.late_max', 9e9",
}


@pytest.mark.parametrize("change", GOES_BY.values(), ids=GOES_BY)
async def test_a_job_goes_by_what_was_asked_for_alone(tmp_path: Path, change: str) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, EVERYTHING, reason="leak")
    forged(shop, f"update jobs set doc = json_set(doc, {change}) where id = 1")
    found = breaches(shop)
    await approvals.vote(shop.core, LEA, job.id, True)
    await approvals.vote(shop.core, SAM, job.id, True)
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert ["P-1: what the policy judges of it, or what it goes by, is not what was asked for."] == found
    assert (State.FAILED, CHANGED, 0) == (ended.state, ended.why, len(shop.shield.sent) + len(shop.cf.sent))
    assert found[0] in breaches(shop)


async def test_what_goes_on_unchecked_since_somebody_changed_that_is_told_ever_after(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, url("/a"))
    await shop.slate.advance(1)
    forged(shop, "update jobs set doc = json_set(doc, '$.check', json('false')) where id = 1")
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.DONE, False) == (ended.state, ended.check)
    assert "P-1: what the policy judges of it, or what it goes by, is not what was asked for." in breaches(shop)


async def test_what_is_looked_at_though_it_was_not_to_be_is_as_it_was_asked(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, url("/a"), check=False)
    await shop.slate.advance(200)
    await deeds.check_again(shop.core, MIA, job.id)
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (True, []) == (ended.check, breaches(shop))


async def test_a_job_is_of_whom_the_journal_says_that_asked_for_it(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, url("/a"))
    forged(shop, "update jobs set requested_by = 'U_SAM', doc = json_set(doc, '$.requested_by', 'U_SAM') where id = 1")
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.FAILED, CHANGED, 0) == (ended.state, ended.why, len(shop.shield.sent) + len(shop.cf.sent))


@pytest.mark.parametrize("change", ["'$.approval.run_within', 9e9", "'$.approval.approved', 9e9"])
async def test_an_old_yes_stays_old(tmp_path: Path, change: str) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, EVERYTHING, reason="leak")
    await say(shop, LEA, "hold shop because deploying")
    await approvals.vote(shop.core, LEA, job.id, True)
    await approvals.vote(shop.core, SAM, job.id, True)
    await shop.slate.advance(3600)
    forged(shop, f"update jobs set doc = json_set(doc, {change}) where id = 1")
    await say(shop, LEA, "release shop")
    state, why, needed, sent = await after(shop, job)
    assert (State.WAITING, 2, 0) == (state, needed, sent)
    assert "more than 15 min ago" in why


async def test_an_old_yes_is_called_one_whatever_is_left_of_its_microsecond(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.clock.at = 1_795_000_000 + 2**-22  # seconds; less than the journal counts votes by
    job = await shop.purge(MIA, EVERYTHING, reason="leak")
    await say(shop, LEA, "hold shop because deploying")
    for who in (LEA, SAM):
        await approvals.vote(shop.core, who, job.id, True)
    await shop.slate.advance(3600)
    await say(shop, LEA, "release shop")
    state, why, needed, sent = await after(shop, job)
    assert (State.WAITING, "The last yes was more than 15 min ago.", 2, 0) == (state, why, needed, sent)


@pytest.mark.parametrize(
    "change", ["'$.after_proven', json('true')", "'$.after', 0", "'$.deploy.expected', json('[]')"]
)
async def test_what_follows_another_site_does_not_begin_since_somebody_said_that_it_is_proven(
    tmp_path: Path, change: str
) -> None:
    shop = a_shop(tmp_path, SHOP, STAGING)
    shop.edges.serves |= dict.fromkeys(STAGING.edges, "v1")
    await holds.lay(shop.core, Asking(LEA, "hold"), Command(Verb.HOLD, site="staging", reason="freeze"))
    taken = await take(shop.core, CI, "k", V2)
    assert isinstance(taken, Deployed)
    later = next(job.id for job in await shop.ledger.read(lambda books: books.jobs.recent(["shop"])))
    forged(shop, f"update jobs set doc = json_set(doc, {change}), due_at = 1 where id = {later}")
    await shop.router.wake_all()
    await shop.slate.advance(60)
    job = await shop.job(later)
    await shop.ledger.close()
    begun = [layer for layer in job.layers if layer.started is not None]
    assert ([], True) == (begun, job.why == CHANGED or job.state is State.QUEUED)


async def two_sites(path: Path) -> tuple[Shop, int]:
    """A deploy of the shop whose staging is proven, and the shop is held; and the number of the shop's job."""
    shop = a_shop(path, SHOP, STAGING)
    shop.edges.serves |= dict.fromkeys(STAGING.edges, "v2")
    shop.edges.serves["origin"] = "v2"
    await holds.lay(shop.core, Asking(LEA, "hold"), Command(Verb.HOLD, site="shop", reason="freeze"))
    taken = await take(shop.core, CI, "k", V2)
    assert isinstance(taken, Deployed)
    await shop.slate.advance(300)
    return shop, next(job.id for job in await shop.ledger.read(lambda books: books.jobs.recent(["shop"])))


async def released(shop: Shop, number: int) -> JobView:
    await say(shop, LEA, "release shop")
    await shop.slate.advance(300)
    return await shop.job(number)


async def test_what_was_proven_once_lets_the_next_site_begin_whatever_another_look_says(tmp_path: Path) -> None:
    shop, later = await two_sites(tmp_path)
    waits = await shop.job(later)
    shop.edges.serves["origin"] = "v3"
    await deeds.check_again(shop.core, LEA, waits.after)
    await shop.slate.advance(300)
    first, second = await shop.job(waits.after), await released(shop, later)
    await shop.ledger.close()
    assert (True, (Doubt.MOVED_ON,)) == (waits.after_proven, first.doubts)
    assert (State.DONE, []) == (second.state, breaches(shop))


async def test_what_follows_begins_though_the_proof_of_the_first_was_pruned(tmp_path: Path) -> None:
    shop, later = await two_sites(tmp_path)
    shop.clock.at += 7200
    await forget(shop.core, None, 3600.0)
    second = await released(shop, later)
    await shop.ledger.close()
    assert (State.DONE, []) == (second.state, breaches(shop))


async def test_a_proof_of_what_was_not_asked_for_lets_nothing_follow(tmp_path: Path) -> None:
    shop = a_shop(tmp_path, SHOP, STAGING)
    shop.edges.serves |= dict.fromkeys(STAGING.edges, "v1")
    taken = await take(shop.core, CI, "k", V2)
    assert isinstance(taken, Deployed)
    later = next(job for job in await shop.ledger.read(lambda books: books.jobs.recent(["shop"])))
    await shop.slate.advance(8)
    forged(shop, f"update jobs set doc = json_set(doc, '$.deploy.version', 'x') where id = {later.after}")
    shop.edges.serves |= dict.fromkeys((*STAGING.edges, "origin"), "v2")
    await shop.slate.advance(600)
    first, second = await shop.job(later.after), await shop.job(later.id)
    await shop.ledger.close()
    assert (Verdict.UNKNOWN, State.CANCELLED) == (first.verdict, second.state)
    assert "is not what was asked for" in second.why


async def test_verify_tells_of_what_is_free_to_begin_since_nothing_was_proven(tmp_path: Path) -> None:
    shop = a_shop(tmp_path, SHOP, STAGING)
    await holds.lay(shop.core, Asking(LEA, "hold"), Command(Verb.HOLD, everywhere=True, reason="freeze"))
    await take(shop.core, CI, "k", V2)
    await shop.ledger.close()
    forged(shop, "update jobs set doc = json_set(doc, '$.after_proven', json('true')) where id = 2")
    assert ["P-2: it is free to begin since P-1 is proven, and no entry says that that was."] == breaches(shop)
