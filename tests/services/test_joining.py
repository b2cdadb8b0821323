"""Two who ask for the same: the second joins the first, unless that would be weaker for one of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.actor import Actor, Standing
from bot.domain.grammar.command import Command, Verb
from bot.domain.jobs.job import State
from bot.domain.policies.policy import Approve, Conditions, Policy, Rule, Run
from bot.domain.target import Target
from bot.ledger.audit import audit
from bot.ledger.messages import Role
from bot.ledger.reading import reading
from bot.services import deeds
from bot.services.replies import Done, JobMade, Joined, Refusal
from bot.services.requests.deciding import submit
from bot.services.requests.purges import Asking
from bot.services.setup import Setup
from bot.services.voting import approvals
from providers.contract import Kind
from tests.services.shop import GUEST, KIM, LEA, MIA, SAM, SHOP, ScriptedProvider, Shop, open_shop, url
from tests.slate import SlateClock

PAGE = Command(Verb.PURGE, (url("/a"),), "shop")
WIDE = Command(Verb.PURGE, (Target(Kind.PREFIX, "www.shop.test/a/", "shop"),), "shop")


async def ask(shop: Shop, by: Actor, command: Command, key: str = "") -> JobMade | Joined:
    asking = Asking(by, key or shop.core.dice.token(), "slack", "C_SHOP")
    made = await submit(shop.core, asking, command, SHOP)
    assert isinstance(made, JobMade | Joined), made
    return made


async def test_the_second_joins_the_first_and_nothing_is_sent_twice(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    first = await ask(shop, MIA, PAGE)
    second = await ask(shop, LEA, replace(PAGE, reason="the price"), "once")
    again = await ask(shop, LEA, PAGE, "once")
    await shop.slate.advance(600)
    job = await shop.job(first.job.id)
    events, sent = await shop.events(job.id), len(shop.cf.sent)
    called = await shop.ledger.read(lambda books: books.messages.find(job.id, Role.END))
    await shop.ledger.close()
    assert isinstance(second, Joined)
    assert (first.job.id, True) == (second.job.id, second.new)
    assert Joined(again.job, new=False) == again
    assert (State.DONE, ("U_MIA", "U_LEA"), 1) == (job.state, job.askers, sent)
    assert 1 == events.count("joined")
    assert called is not None
    with reading(tmp_path / "ledger.db") as ledger:
        assert () == audit(ledger).breaches


async def test_who_asks_twice_is_told_so(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    await ask(shop, MIA, PAGE)
    second = await ask(shop, MIA, PAGE)
    await shop.ledger.close()
    assert isinstance(second, Joined)
    assert (True, ("U_MIA",)) == (second.by_self, second.job.askers)


@pytest.mark.parametrize(
    ("first", "second", "joins"),
    [
        pytest.param(PAGE, replace(PAGE, check=False), True, id="no proof is wanted, and there is one"),
        pytest.param(replace(PAGE, check=False), PAGE, False, id="a proof is wanted, and there is none"),
        pytest.param(replace(PAGE, warm=True), PAGE, True, id="it is warmed beside"),
        pytest.param(PAGE, replace(PAGE, warm=True), False, id="warming is wanted, and there is none"),
        pytest.param(PAGE, replace(PAGE, only="cf"), False, id="one layer alone"),
        pytest.param(PAGE, replace(PAGE, soft=True), False, id="soft and hard"),
        pytest.param(PAGE, replace(PAGE, soft=True, only="cf"), False, id="soft and hard, at one layer"),
        pytest.param(
            replace(PAGE, only="shield"), replace(PAGE, soft=True, only="shield"), True, id="soft where all is hard"
        ),
        pytest.param(PAGE, replace(PAGE, targets=(url("/b"),)), False, id="another page"),
        pytest.param(PAGE, replace(PAGE, reason="x"), True, id="with a reason of one's own"),
        pytest.param(WIDE, WIDE, True, id="what waits for votes"),
    ],
)
async def test_it_joins_only_what_does_all_of_it(first: Command, second: Command, joins: bool, tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.cf.mark_as_stale()
    await ask(shop, MIA, first)
    made = await ask(shop, LEA, second)
    await shop.ledger.close()
    assert joins is isinstance(made, Joined)


async def test_what_has_begun_is_done_once_more(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.shield.slow_down(0.01)
    first = await ask(shop, MIA, replace(PAGE, targets=(url("/a"), url("/b"), url("/c"))))
    await shop.slate.advance(1)
    second = await ask(shop, LEA, replace(PAGE, targets=(url("/a"), url("/b"), url("/c"))))
    await shop.ledger.close()
    assert isinstance(second, JobMade)
    assert first.job.id != second.job.id


async def test_who_may_run_it_at_once_does_not_wait_for_anothers_votes(tmp_path: Path) -> None:
    clock = SlateClock()
    shield, cf = ScriptedProvider("shield", clock), ScriptedProvider("cf", clock)
    policy = Policy(
        (Rule("lea", Conditions(who=("U_LEA",)), Run()), Rule("rest", Conditions(), Approve(1, ("approvers",)))),
        groups={"approvers": ("U_SAM", "U_KIM")}, approvers=("approvers",),
    )  # fmt: skip
    shop = open_shop(tmp_path, clock, shield, cf, setup=Setup({"shop": SHOP}, {"shield": shield, "cf": cf}, policy))
    asked = await ask(shop, MIA, PAGE)
    free = await ask(shop, LEA, PAGE)
    back = await ask(shop, SAM, PAGE)
    await shop.ledger.close()
    assert (State.WAITING, JobMade, State.QUEUED) == (asked.job.state, type(free), free.job.state)
    assert (Joined, asked.job.id) == (type(back), back.job.id)


async def test_the_yes_of_who_joins_is_taken_back(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    everything = Command(Verb.PURGE, (Target(Kind.EVERYTHING, "", "shop"),), "shop", reason="new design")
    first = await ask(shop, MIA, everything)
    await approvals.vote(shop.core, SAM, first.job.id, True)
    made = await ask(shop, SAM, everything)
    job = await shop.job(first.job.id)
    refused = await approvals.vote(shop.core, SAM, job.id, True)
    steps = await shop.ledger.read(lambda books: books.messages.steps(job.id))
    await approvals.vote(shop.core, LEA, job.id, True)
    half = await shop.job(job.id)
    await approvals.vote(shop.core, KIM, job.id, True)
    whole = await shop.job(job.id)
    await shop.ledger.close()
    assert isinstance(made, Joined)
    assert job.approval is not None
    assert ((), ("U_LEA", "U_KIM")) == (job.approval.votes, job.approval.of)
    assert "You asked for P-1, so somebody else must decide." == getattr(refused, "what", "")
    assert [1] == [told.n for _, told in steps if told.event == "joined"]
    assert (State.WAITING, State.QUEUED) == (half.state, whole.state)
    with reading(tmp_path / "ledger.db") as ledger:
        assert () == audit(ledger).breaches


async def test_nobody_joins_where_too_few_would_be_left_to_agree(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    everything = Command(Verb.PURGE, (Target(Kind.EVERYTHING, "", "shop"),), "shop", reason="new design")
    first = await ask(shop, LEA, everything)
    made = await ask(shop, SAM, everything)
    await shop.ledger.close()
    assert (JobMade, True) == (type(made), made.job.id != first.job.id)


async def end_called(shop: Shop, number: int) -> bool:
    """Whether everybody who asks is told how it ended."""
    return await shop.ledger.read(lambda books: books.messages.find(number, Role.END)) is not None


async def test_what_was_agreed_to_for_two_is_not_asked_for_anew(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    first = await ask(shop, MIA, WIDE)
    await ask(shop, LEA, WIDE)
    await approvals.vote(shop.core, SAM, first.job.id, True)
    await shop.slate.advance(600)
    job = await shop.job(first.job.id)
    await shop.ledger.close()
    assert (State.DONE, "") == (job.state, job.approval.returned if job.approval else None)


@pytest.mark.parametrize("by_button", [True, False], ids=["by the button", "by typing cancel"])
async def test_who_joined_can_leave_and_it_goes_on_for_the_others(by_button: bool, tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    first = await ask(shop, MIA, WIDE)
    await ask(shop, LEA, WIDE, "joining")
    number = first.job.id
    left = await (deeds.leave(shop.core, LEA, number) if by_button else deeds.cancel(shop.core, LEA, number, "no need"))
    again = await submit(shop.core, Asking(LEA, "joining", "slack", "C_SHOP"), WIDE, SHOP)
    await approvals.vote(shop.core, SAM, number, True)
    await shop.slate.advance(600)
    job, called = await shop.job(number), await end_called(shop, number)
    events = await shop.events(number)
    await shop.ledger.close()
    assert isinstance(left, Done)
    assert ("left", ("U_MIA",)) == (left.what, left.job.askers)
    assert (State.DONE, ("U_MIA",), 1, False) == (job.state, job.askers, events.count("left"), called)
    assert again == Refusal("This request was in P-1, which you have left.", "Ask for it anew.")
    with reading(tmp_path / "ledger.db") as ledger:
        assert () == audit(ledger).breaches


async def test_who_left_has_no_vote_and_can_join_once_more(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    first = await ask(shop, MIA, WIDE)
    await ask(shop, LEA, WIDE)
    await deeds.leave(shop.core, LEA, first.job.id)
    vote = await approvals.vote(shop.core, LEA, first.job.id, True)
    back = await ask(shop, LEA, WIDE)
    job = await shop.job(first.job.id)
    await shop.ledger.close()
    assert "You asked for P-1, so somebody else must decide." == getattr(vote, "what", "")
    assert (Joined, ("U_MIA", "U_LEA"), ()) == (type(back), job.askers, job.left_by)


async def test_an_approver_who_left_can_stop_it_by_a_second_cancel_and_never_by_the_button(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    first = await ask(shop, MIA, WIDE)
    await ask(shop, LEA, WIDE)
    await deeds.leave(shop.core, LEA, first.job.id)
    twice = await deeds.leave(shop.core, LEA, first.job.id)
    still = await shop.job(first.job.id)
    stopped = await deeds.cancel(shop.core, LEA, first.job.id)
    await shop.ledger.close()
    assert twice == Refusal("No request of yours is in P-1.", "`cancel P-1` stops it, where you may.")
    assert (State.WAITING, "cancelled") == (still.state, getattr(stopped, "what", ""))


async def test_nobody_leaves_what_they_did_not_join(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    first = await ask(shop, MIA, WIDE)
    left = [await deeds.leave(shop.core, who, first.job.id) for who in (MIA, GUEST)]
    job = await shop.job(first.job.id)
    await shop.ledger.close()
    assert ["No request of yours is in P-1.", "Guests may not do this."] == [getattr(one, "what", "") for one in left]
    assert State.WAITING == job.state


async def test_a_token_that_joined_leaves_by_cancelling(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    first = await ask(shop, MIA, PAGE)
    ci = Actor("token:ci", Standing.TOKEN, sites=frozenset({"shop"}))
    await ask(shop, ci, PAGE)
    left = await deeds.cancel(shop.core, ci, first.job.id)
    twice = await deeds.cancel(shop.core, ci, first.job.id)
    await shop.ledger.close()
    assert "left" == getattr(left, "what", "")
    assert "P-1 was not asked for by this token." == getattr(twice, "what", "")


async def test_the_first_askers_cancel_stops_it_for_all_and_they_are_told(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    first = await ask(shop, MIA, WIDE)
    await ask(shop, LEA, WIDE)
    await deeds.cancel(shop.core, MIA, first.job.id)
    job, called = await shop.job(first.job.id), await end_called(shop, first.job.id)
    await shop.ledger.close()
    assert (State.CANCELLED, ("U_MIA", "U_LEA"), True) == (job.state, job.askers, called)


async def test_who_leaves_takes_their_urgency_along(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    first = await ask(shop, MIA, WIDE)
    await ask(shop, LEA, replace(WIDE, urgent=True))
    before = await shop.job(first.job.id)
    await deeds.leave(shop.core, LEA, first.job.id)
    after = await shop.job(first.job.id)
    await shop.ledger.close()
    assert ("U_LEA", "") == (before.urgent_by, after.urgent_by)
