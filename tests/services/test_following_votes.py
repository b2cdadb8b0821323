"""Production that waits for votes behind a staging site: nobody is asked for what cannot run, and what was proven once
stays proven."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.jobs.job import JobView, State
from bot.domain.policies.policy import Approve, Conditions, Policy, Rule, Run
from bot.domain.proof.doubts import Doubt
from bot.domain.proof.verdict import Verdict
from bot.domain.site import Layer
from bot.ledger.messages import Role
from bot.services import deeds
from bot.services.deploying.deploys import Deployed, take
from bot.services.replies import Done, Refusal
from bot.services.voting.approvals import vote
from bot.slack.cards.request import request_card
from bot.slack.cards.root import root_card
from bot.slack.cards.thread import outcome_line, thread_line
from tests.services.shop import APPROVERS, LEA, SAM, SHOP, Shop
from tests.services.test_deploys import CI, STAGING, V2, a_shop
from tests.services.test_forged_calls import breaches, forged

VOTED = Policy(
    (
        Rule("staging", Conditions((CI.id,), sites=frozenset({"staging"})), Run()),
        Rule("shop", Conditions((CI.id,)), Approve(1, ("approvers",))),
    ),
    groups={"approvers": APPROVERS},
    approvers=("approvers",),
)
OLD = "P-1, which comes first on staging, still serves the old"
TOO_LATE = Refusal("P-2 no longer waits for votes: it is given up.", f"{OLD}.")


async def deployed(path: Path, staging: str = "v1") -> tuple[Shop, Deployed]:
    """A deploy whose production waits for a vote, and what the edge of staging serves."""
    shop = a_shop(path, SHOP, STAGING, policy=VOTED)
    shop.edges.serves |= {"origin": "v2", **dict.fromkeys(STAGING.edges, staging)}
    taken = await take(shop.core, CI, "k", replace(V2, actor="U_MIA"))
    assert isinstance(taken, Deployed)
    return shop, taken


async def both(shop: Shop, taken: Deployed) -> tuple[JobView, JobView]:
    return await shop.job(taken.first[0].id), await shop.job(taken.job.id)


async def test_production_that_waits_for_votes_is_given_up_as_soon_as_staging_is_not_proven(tmp_path: Path) -> None:
    shop, taken = await deployed(tmp_path)
    await shop.slate.advance(60)
    while_looked_at = await shop.job(taken.job.id)
    await shop.slate.advance(240)
    first, then = await both(shop, taken)
    late = await vote(shop.core, SAM, then.id, True)
    told = [thread_line(line) for _, line in await shop.ledger.read(lambda books: books.messages.steps(then.id))]
    await shop.ledger.close()
    assert (State.WAITING, Verdict.STALE) == (while_looked_at.state, first.verdict)
    assert (State.CANCELLED, OLD, TOO_LATE) == (then.state, then.why, late)
    assert f"• Given up: {OLD}. Nothing was purged here." in told
    assert ([], []) == (shop.shield.sent, breaches(shop))


async def test_its_cards_say_that_it_is_given_up_and_why(tmp_path: Path) -> None:
    shop, taken = await deployed(tmp_path)
    await shop.slate.advance(300)
    job = await shop.job(taken.job.id)
    await shop.ledger.close()
    request = request_card(job, shop.clock.now(), "token", first=False)
    root = root_card(job, shop.clock.now())
    assert "⚫ P-2 given up · 2 URLs on shop" == request.text
    assert [True, True] == [f"Nothing was purged. {OLD}" in json.dumps(card.blocks) for card in (request, root)]
    assert [False, True] == ["Approve" in json.dumps(request.blocks), "Purge anyway" in json.dumps(root.blocks)]


async def test_whoever_deployed_is_called(tmp_path: Path) -> None:
    shop, taken = await deployed(tmp_path)
    await shop.slate.advance(300)
    call = await shop.ledger.read(lambda books: books.messages.find(taken.job.id, Role.OUTCOME))
    line = outcome_line(await shop.job(taken.job.id))
    await shop.ledger.close()
    assert call is not None
    assert line.startswith("<@U_MIA> ⚫ shop v2 · P-2 given up · 2 URLs on shop")


@pytest.mark.parametrize("how", ["cancelled", "failed"])
async def test_a_vote_in_the_same_moment_hears_that_it_is_given_up(tmp_path: Path, how: str) -> None:
    shop, taken = await deployed(tmp_path)
    if how == "cancelled":
        await deeds.cancel(shop.core, LEA, taken.first[0].id)
    else:
        forged(shop, "update jobs set state = 'failed', due_at = null where id = 1")
    told = await vote(shop.core, SAM, taken.job.id, True)
    await shop.slate.advance(1)
    then = await shop.job(taken.job.id)
    no = await vote(shop.core, SAM, taken.job.id, False, reason="not today")
    await shop.ledger.close()
    why = f"P-1, which comes first on staging, ended as {how}."
    assert Refusal("P-2 no longer waits for votes: it is given up.", why) == told == no
    assert (State.CANCELLED, why) == (then.state, f"{then.why}.")


async def test_a_vote_before_staging_is_proven_counts(tmp_path: Path) -> None:
    shop, taken = await deployed(tmp_path)
    await shop.slate.advance(5)
    told = await vote(shop.core, SAM, taken.job.id, True)
    await shop.slate.advance(5)
    waits = await shop.job(taken.job.id)
    shop.edges.serves |= dict.fromkeys((*STAGING.edges, *SHOP.edges), "v2")
    await shop.slate.advance(300)
    first, then = await both(shop, taken)
    await shop.ledger.close()
    assert isinstance(told, Done)
    assert (State.QUEUED, Verdict.FRESH, State.DONE) == (waits.state, first.verdict, then.state)


async def test_what_was_proven_once_lets_what_waits_for_votes_begin_whatever_another_look_says(tmp_path: Path) -> None:
    shop, taken = await deployed(tmp_path, staging="v2")
    await shop.slate.advance(30)
    waits = await shop.job(taken.job.id)
    told = [thread_line(line) for _, line in await shop.ledger.read(lambda books: books.messages.steps(waits.id))]
    shop.edges.serves["origin"] = "v3"
    await deeds.check_again(shop.core, LEA, taken.first[0].id)
    await shop.slate.advance(300)
    first = await shop.job(taken.first[0].id)
    said = await vote(shop.core, SAM, taken.job.id, True)
    await shop.slate.advance(300)
    then = await shop.job(taken.job.id)
    await shop.ledger.close()
    assert (State.WAITING, True, (Doubt.MOVED_ON,)) == (waits.state, waits.after_proven, first.doubts)
    assert "• P-1, which comes first, is proven on staging: it goes on once it is approved." in told
    assert isinstance(said, Done)
    assert (State.DONE, []) == (then.state, breaches(shop))


async def test_what_was_proven_before_another_look_lets_the_next_site_begin(tmp_path: Path) -> None:
    shop, taken = await deployed(tmp_path, staging="v2")
    await shop.slate.advance(30)
    shop.edges.serves["origin"] = "v3"
    await deeds.check_again(shop.core, LEA, taken.first[0].id)
    await shop.slate.advance(300)
    forged(shop, "update jobs set doc = json_set(doc, '$.after_proven', json('false')) where id = 2")
    said = await vote(shop.core, SAM, taken.job.id, True)
    await shop.slate.advance(300)
    then = await shop.job(taken.job.id)
    await shop.ledger.close()
    assert isinstance(said, Done)
    assert State.DONE is then.state


async def test_what_was_proven_though_calls_did_not_go_is_not_followed(tmp_path: Path) -> None:
    shop = a_shop(tmp_path, SHOP, replace(STAGING, layers=(Layer("shield"), Layer("cf"))), policy=VOTED)
    shop.edges.serves |= {"origin": "v2", **dict.fromkeys(STAGING.edges, "v2")}
    shop.cf.bad = {"https://stage.shop.test/pricing"}
    taken = await take(shop.core, CI, "k", V2)
    assert isinstance(taken, Deployed)
    await shop.slate.advance(300)
    first, then = await both(shop, taken)
    await shop.ledger.close()
    assert (State.PARTIAL, Verdict.FRESH) == (first.state, first.verdict)
    assert (State.CANCELLED, "P-1, which comes first on staging, ended as partial") == (then.state, then.why)
