"""Another policy after a restart, or other people at Slack, between a vote and its run: the vote stands, or the card
says why not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.actor import Actor, Standing
from bot.domain.jobs.job import JobView, State
from bot.domain.policies.policy import Approve, Conditions, Members, Policy, Run, Tightening
from bot.ledger.messages import Role
from bot.services.desk import Desk
from bot.services.replies import Done, FormWanted, Queued, Refusal, Reply
from bot.services.requests.purges import Asking
from bot.services.voting import approvals
from bot.slack.cards.request import request_card
from tests.services.shop import EVERYTHING, KIM, LEA, MIA, SAM, Everybody, Shop
from tests.services.test_calendar import POLICY, PREFIX, WIDE, approved, later, say, shop_at, under
from tests.slate import START

CHANGED = "The policy has changed: it needs 1 approval now, since it purges a prefix."
MORE = "The policy has changed: it needs 2 approvals now, since it purges a prefix."
LOST = "<@U_SAM> may no longer vote on it."
FROZEN = Tightening("freeze", Conditions(), refuse=True, say="Sale freeze.")
STRICTER = replace(POLICY, rules=(replace(WIDE, then=Approve(2, ("approvers",))),))
FEWER = replace(POLICY, groups={"approvers": ("U_LEA", "U_KIM")})
RENAMED = replace(
    POLICY, rules=(replace(WIDE, then=Approve(1, ("ops",))),), groups={"ops": ("U_LEA",)}, approvers=("ops",)
)
POLICIES = [
    pytest.param(POLICY, State.DONE, "", 2, id="the same"),
    pytest.param(STRICTER, State.WAITING, MORE, 0, id="stricter"),
    pytest.param(replace(POLICY, rules=(replace(WIDE, then=Run()),)), State.DONE, "", 2, id="looser"),
    pytest.param(replace(POLICY, rules=(replace(WIDE, name="broad"),)), State.WAITING, CHANGED, 0, id="a rule renamed"),
    pytest.param(FEWER, State.WAITING, LOST, 0, id="an approver removed"),
    pytest.param(replace(POLICY, groups={"approvers": ("S_SRE",)}), State.DONE, "", 2, id="a user-group instead"),
    pytest.param(replace(POLICY, groups={"approvers": ("S_OPS",)}), State.WAITING, LOST, 0, id="another group"),
    pytest.param(replace(POLICY, tighten=(FROZEN,)), State.WAITING, "Sale freeze.", 0, id="frozen"),
    pytest.param(RENAMED, State.WAITING, LOST, 0, id="a group renamed"),
]  # fmt: skip


def people(shop: Shop) -> Everybody:
    """Slack's people."""
    assert isinstance(shop.core.directory, Everybody)
    return shop.core.directory


async def ask(shop: Shop, who: Actor, text: str) -> Reply:
    """What `who` hears."""
    return await Desk(shop.core).ask(Asking(who, shop.core.dice.token(), "slack", "C_SHOP"), text)


@pytest.mark.parametrize(("policy", "state", "why", "sent"), POLICIES)
async def test_after_a_restart_under_another_policy_the_vote_stands_or_the_card_says_why_not(
    tmp_path: Path, policy: Policy, state: State, why: str, sent: int
) -> None:
    shop = await shop_at(tmp_path, START)
    job = await approved(shop)
    people(shop).groups |= {"S_SRE": Members(frozenset({"U_SAM"})), "S_OPS": Members(frozenset({"U_KIM"}))}
    shop = await under(shop, policy)
    ended = await later(shop, job)
    assert (state, why, sent) == ended


@pytest.mark.parametrize(
    ("policy", "state", "why", "sent"), [one for one in POLICIES if one.values[1] is State.WAITING]
)
async def test_the_card_of_what_is_asked_again_says_why(
    tmp_path: Path, policy: Policy, state: State, why: str, sent: int
) -> None:
    shop = await shop_at(tmp_path, START)
    job = await approved(shop)
    people(shop).groups |= {"S_OPS": Members(frozenset({"U_KIM"}))}
    shop = await under(shop, policy)
    await shop.slate.advance(60)
    asked = await shop.job(job.id)
    await shop.ledger.close()
    assert why in str(request_card(asked, shop.clock.now(), "token", True).blocks)


async def called(shop: Shop, job: JobView) -> set[Role]:
    """Who is called in the threads of the job: those who are asked once more, those who asked."""
    due = await shop.ledger.read(lambda books: books.messages.due(float("inf")))
    return {message.role for message in due if message.job == job.id and message.role.is_call}


async def test_a_requester_who_was_deactivated_has_it_wait_with_the_reason_and_no_vote_counts(tmp_path: Path) -> None:
    shop = await shop_at(tmp_path, START)
    job = await approved(shop)
    people(shop).people["U_MIA"] = replace(MIA, standing=Standing.GONE)
    await shop.slate.advance(60)
    again = await approvals.vote(shop.core, LEA, job.id, True)
    ended = await later(shop, job, 60.0)
    gone = "Whoever asked for it may do so no more: this account is deactivated. Somebody else can ask for it anew."
    advice = "Those who are asked are called as soon as it does. A no counts now too, and ends it."
    assert Refusal(f"No yes on P-1 helps for now. {gone}", advice, by_rule=True) == again
    assert (State.WAITING, gone, 0) == ended


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        pytest.param(replace(POLICY, tighten=(FROZEN,)), {Role.OUTCOME}, id="frozen, so no yes would help"),
        pytest.param(STRICTER, {Role.OUTCOME, Role.AGAIN}, id="stricter, so more must agree"),
    ],
)
async def test_only_those_whose_vote_can_help_are_called(tmp_path: Path, policy: Policy, expected: set[Role]) -> None:
    shop = await shop_at(tmp_path, START)
    job = await approved(shop)
    shop = await under(shop, policy)
    await shop.slate.advance(60)
    who = await called(shop, job)
    await shop.ledger.close()
    assert expected == who


async def test_a_freeze_that_is_lifted_by_a_restart_has_it_asked_anew(tmp_path: Path) -> None:
    shop = await shop_at(tmp_path, START)
    job = await approved(shop)
    shop = await under(shop, replace(POLICY, tighten=(FROZEN,)))
    await shop.slate.advance(60)
    shop = await under(shop, POLICY)
    await shop.slate.advance(60)
    asked = await shop.job(job.id)
    assert isinstance(await approvals.vote(shop.core, SAM, job.id, True), Done)
    ended = await later(shop, job)
    assert asked.approval is not None
    assert ("What kept it back is over; it was: “Sale freeze.”", "") == (asked.approval.returned, asked.approval.barred)
    assert (State.DONE, 2) == (ended[0], ended[2])


async def test_what_is_never_let_through_in_time_expires_with_the_reason(tmp_path: Path) -> None:
    shop = await shop_at(tmp_path, START)
    job = await approved(shop)
    shop = await under(shop, replace(POLICY, tighten=(FROZEN,)))
    ended = await later(shop, job, 1900.0)
    assert (State.EXPIRED, "Sale freeze.", 0) == ended


async def test_a_job_that_waits_is_asked_anew_of_a_group_that_was_renamed(tmp_path: Path) -> None:
    shop = await shop_at(tmp_path, START, STRICTER)
    job = await shop.purge(MIA, PREFIX, check=False)
    await approvals.vote(shop.core, SAM, job.id, True)
    await shop.slate.advance(5)
    shop = await under(shop, RENAMED)
    await shop.slate.advance(5)
    asked, who = await shop.job(job.id), await called(shop, job)
    assert isinstance(await approvals.vote(shop.core, LEA, job.id, True), Done)
    ended = await later(shop, job)
    assert asked.approval is not None
    assert (CHANGED, ("U_LEA",), (), 1) == (
        asked.approval.returned, asked.approval.of, asked.approval.votes, len(asked.approval.earlier),
    )  # fmt: skip
    assert {Role.AGAIN} == who
    assert (State.DONE, 2) == (ended[0], ended[2])


async def test_a_job_that_waits_runs_where_the_policy_asks_for_nothing_any_more(tmp_path: Path) -> None:
    shop = await shop_at(tmp_path, START)
    job = await shop.purge(MIA, PREFIX, check=False)
    shop = await under(shop, replace(POLICY, rules=(replace(WIDE, then=Run()),)))
    assert (State.DONE, "", 2) == await later(shop, job)


async def test_a_policy_that_asks_the_same_leaves_the_votes_as_they_are(tmp_path: Path) -> None:
    shop = await shop_at(tmp_path, START, STRICTER)
    job = await shop.purge(MIA, PREFIX, check=False)
    await approvals.vote(shop.core, SAM, job.id, True)
    shop = await under(shop, replace(STRICTER, groups={"approvers": ("U_SAM", "U_KIM")}))
    await shop.slate.advance(5)
    same = await shop.job(job.id)
    await shop.ledger.close()
    assert same.approval is not None
    assert (0, 1, ("U_SAM", "U_KIM")) == (same.approval.round, len(same.approval.votes), same.approval.of)


async def test_votes_of_two_rounds_do_not_add_up_over_a_restart(tmp_path: Path) -> None:
    shop = await shop_at(tmp_path, START)
    job = await shop.purge(MIA, EVERYTHING, reason="x", check=False)
    for who in (SAM, LEA):
        await approvals.vote(shop.core, who, job.id, True)
    shop = await under(shop, replace(POLICY, groups={"approvers": ("U_SAM", "U_KIM")}))
    await shop.slate.advance(5)
    await approvals.vote(shop.core, SAM, job.id, True)
    await shop.slate.advance(60)
    half, sent = await shop.job(job.id), len(shop.cf.sent)
    await approvals.vote(shop.core, KIM, job.id, True)
    ended = await later(shop, job)
    assert (State.WAITING, 0) == (half.state, sent)
    assert (State.DONE, 2) == (ended[0], ended[2])


async def test_what_waited_in_a_form_is_judged_by_the_policy_of_the_click(tmp_path: Path) -> None:
    shop = await shop_at(tmp_path, START)
    line = "everything on shop because x"
    form = await ask(shop, MIA, line)
    assert isinstance(form, FormWanted)
    shop = await under(shop, replace(POLICY, tighten=(FROZEN,)))
    sent = await Desk(shop.core).do(Asking(MIA, f"draft {form.draft}", "slack", "C_SHOP"), form.command, sure=True)
    await shop.ledger.close()
    assert isinstance(sent, Refusal)
    assert "Refused, nothing was purged (rule `freeze`). Sale freeze." == sent.what


async def test_who_may_vote_is_read_in_the_policy_of_the_click(tmp_path: Path) -> None:
    shop = await shop_at(tmp_path, START)
    job = await shop.purge(MIA, PREFIX)
    shop = await under(shop, FEWER)
    removed = await approvals.vote(shop.core, SAM, job.id, True)
    still = await approvals.vote(shop.core, LEA, job.id, True)
    await shop.ledger.close()
    assert Refusal("You are not an approver of P-1.", "The card names who is asked.", by_rule=True) == removed
    assert isinstance(still, Done)


async def test_a_vote_for_a_group_that_the_policy_names_no_more_says_so(tmp_path: Path) -> None:
    shop = await shop_at(tmp_path, START)
    job = await shop.purge(MIA, PREFIX)
    shop = await under(shop, RENAMED)
    refused = await approvals.vote(shop.core, LEA, job.id, True)
    await shop.ledger.close()
    why = "Nobody can tell whether you may vote on P-1. The policy has no group approvers any more."
    advice = "Whoever its card names was asked before that. Have the group put right at Slack, or in the policy."
    assert Refusal(why, advice, by_rule=True) == refused


async def test_what_waited_for_a_release_is_judged_by_the_policy_of_the_release(tmp_path: Path) -> None:
    shop = await shop_at(tmp_path, START, replace(POLICY, rules=(replace(WIDE, then=Run()),)))
    await say(shop, "hold shop because deploying")
    queued = await ask(shop, MIA, "prefix /news/ --queue")
    shop = await under(shop, POLICY)
    await say(shop, "release shop")
    await shop.slate.advance(60)
    job = await shop.job(1)
    await shop.ledger.close()
    assert isinstance(queued, Queued)
    assert (State.WAITING, []) == (job.state, shop.cf.sent)
