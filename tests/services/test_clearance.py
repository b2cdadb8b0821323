"""Between the last yes and the first call everything is looked at once more."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.actor import Actor, Standing
from bot.domain.jobs.job import JobView, State
from bot.domain.policies.hours import Days
from bot.domain.policies.policy import Conditions, Members, Policy, Rule, Run, Tightening
from bot.domain.proof.look import Look
from bot.domain.site import Site
from bot.domain.target import Target
from bot.ledger.audit import audit
from bot.ledger.books import Books
from bot.ledger.messages import Role
from bot.ledger.reading import reading
from bot.services import deeds
from bot.services.desk import Desk
from bot.services.replies import Done, Refusal
from bot.services.requests.purges import Asking
from bot.services.running.endings import park
from bot.services.voting import approvals
from bot.services.voting.forged import CHANGED
from bot.slack.cards.blocks import Card
from bot.slack.cards.private import done_card
from bot.slack.cards.request import request_card
from bot.slack.cards.root import root_card
from bot.slack.cards.thread import end_line, outcome_line
from providers.contract import Kind, Price
from providers.errors import BadCredentials
from tests.services.shop import KIM, LEA, MIA, SAM, SHOP, Everybody, ScriptedProvider, Shop, open_shop, url
from tests.settings.bench import loaded
from tests.slate import SlateClock

PREFIX = Target(Kind.PREFIX, "www.shop.test/news/", "shop")
FREEZE = "Sale freeze."


async def approved_while_down(tmp_path: Path, prices: Price | None = None) -> tuple[Shop, JobView]:
    """Mia asked for a prefix and Lea agreed; nothing has run since."""
    shop = open_shop(tmp_path)
    if prices is not None:
        shop.cf.cost_money(prices)
    job = await shop.purge(MIA, PREFIX)
    voted = await approvals.vote(shop.core, LEA, job.id, True)
    assert isinstance(voted, Done)
    return shop, voted.job


def under(shop: Shop, policy: Policy) -> None:
    """From now on another policy counts, as after a restart with another file."""
    object.__setattr__(shop.core.setup, "policy", policy)


def people(shop: Shop) -> Everybody:
    """Slack's people."""
    assert isinstance(shop.core.directory, Everybody)
    return shop.core.directory


async def test_an_approved_job_runs(tmp_path: Path) -> None:
    shop, job = await approved_while_down(tmp_path)
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.DONE, 1) == (ended.state, len(shop.cf.sent))


async def asked_again(shop: Shop, job: JobView) -> tuple[State, str, int]:
    """Where the job is after a while, why, and how many calls have gone."""
    await shop.slate.advance(60)
    now = await shop.job(job.id)
    await shop.ledger.close()
    return now.state, now.approval.returned if now.approval else "", len(shop.shield.sent) + len(shop.cf.sent)


async def test_an_old_yes_is_asked_for_again(tmp_path: Path) -> None:
    shop, job = await approved_while_down(tmp_path)
    shop.clock.at += 901
    assert (State.WAITING, "The last yes was more than 15 min ago.", 0) == await asked_again(shop, job)


async def test_a_yes_of_just_under_a_quarter_of_an_hour_counts(tmp_path: Path) -> None:
    shop, job = await approved_while_down(tmp_path)
    shop.clock.at += 899
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.DONE, 1) == (ended.state, len(shop.cf.sent))


async def test_a_job_that_ended_while_it_waited_is_retried_by_asking_again(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, PREFIX)
    await shop.ledger.write(lambda books: park(books, books.jobs.get(job.id), "purgebot could not go on.", 0.0))
    await deeds.retry(shop.core, MIA, job.id)
    assert (State.WAITING, "It ended before it was approved: 0 of 1 agreed.", 0) == await asked_again(shop, job)


async def failed_once(shop: Shop, *targets: Target) -> JobView:
    """A job whose first call Cloudflare refused; a retry would go through."""
    shop.cf.script = [BadCredentials("It takes no token.", "Give it another.")]
    job = await shop.purge(MIA, *targets, check=False)
    await approvals.vote(shop.core, LEA, job.id, True)
    await shop.slate.advance(60)
    return await shop.job(job.id)


async def retried(shop: Shop, job: JobView) -> tuple[State, str, int]:
    """Where a job stands a while after Mia had it go on, why, and how many calls Cloudflare has had."""
    done = await deeds.retry(shop.core, MIA, job.id)
    assert isinstance(done, Done)
    await shop.slate.advance(200)
    now = await shop.job(job.id)
    await shop.ledger.close()
    return now.state, now.approval.returned if now.approval else "", len(shop.cf.sent)


async def test_a_retry_keeps_the_approval_that_the_job_began_with(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await failed_once(shop, PREFIX)
    shop.clock.at += 23 * 3600
    assert (State.FAILED, (State.DONE, "", 2)) == (job.state, await retried(shop, job))
    assert 1 == len(shop.shield.sent)


async def test_a_retry_more_than_a_day_after_the_end_asks_again(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await failed_once(shop, PREFIX)
    shop.clock.at += 24 * 3600 + 1
    why = "It ended more than 24 h ago, and its votes carry a retry no longer than that."
    assert (State.WAITING, why, 1) == await retried(shop, job)


async def test_a_retry_asks_again_where_who_agreed_may_vote_no_longer(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await failed_once(shop, PREFIX)
    under(shop, replace(shop.core.setup.policy, groups={"approvers": ("U_SAM", "U_KIM")}))
    assert (State.WAITING, "<@U_LEA> may no longer vote on it.", 1) == await retried(shop, job)


async def test_a_retry_asks_again_where_more_must_agree_by_now(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await failed_once(shop, PREFIX)
    under(shop, replace(shop.core.setup.policy, tighten=(Tightening("night", Conditions(), more=1),)))
    state, why, sent = await retried(shop, job)
    assert (State.WAITING, 1) == (state, sent)
    assert why.startswith("The policy has changed: it needs 2 approvals now")


async def test_what_is_asked_for_again_after_a_retry_says_that_some_of_it_had_gone(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await failed_once(shop, PREFIX)
    shop.clock.at += 24 * 3600 + 1
    await deeds.retry(shop.core, MIA, job.id)
    await shop.slate.advance(60)
    await approvals.vote(shop.core, LEA, job.id, False, reason="not today")
    denied = await shop.job(job.id)
    await shop.ledger.close()
    assert State.DENIED is denied.state
    assert "Varnish was purged; Cloudflare was not purged" in told(root_card(denied, shop.clock.now()))
    assert "Nothing more was purged; its own card tells what had gone." in outcome_line(denied)


LAYER_GONE = "shop has no layer shield any more: its plan is not what was asked for. Ask for it anew."
HOST_GONE = "www.shop.test is no host of shop any more: its plan is not what was asked for. Ask for it anew."
OTHERS = ("img.shop.test",)


SITES = pytest.mark.parametrize(
    ("was", "is_now", "why"),
    [
        pytest.param(SHOP, replace(SHOP, layers=SHOP.layers[1:]), LAYER_GONE, id="a layer is gone"),
        pytest.param(SHOP, replace(SHOP, hosts=OTHERS), HOST_GONE, id="its host is gone"),
        pytest.param(replace(SHOP, hosts=SHOP.hosts + OTHERS), SHOP, "", id="another host is gone"),
        pytest.param(SHOP, replace(SHOP, hosts=SHOP.hosts + OTHERS), "", id="a host is new"),
    ],
)


@SITES
async def test_a_yes_to_what_the_configuration_knows_no_more_is_refused(
    tmp_path: Path, was: Site, is_now: Site, why: str
) -> None:
    shop = open_shop(tmp_path)
    with_site(shop, was)
    job = await shop.purge(MIA, PREFIX)
    with_site(shop, is_now)
    voted = await approvals.vote(shop.core, LEA, job.id, True)
    await shop.slate.advance(400)
    now, denied = await shop.job(job.id), await approvals.vote(shop.core, LEA, job.id, False, reason="its host is gone")
    await shop.ledger.close()
    if why:
        assert isinstance(voted, Refusal)
        assert (f"P-1 cannot run. {why}", State.WAITING) == (voted.what, now.state)
        assert isinstance(denied, Done)
    else:
        assert (State.DONE, True) == (now.state, bool(shop.shield.sent))


@SITES
async def test_what_the_configuration_knows_no_more_does_not_begin_whoever_agreed(
    tmp_path: Path, was: Site, is_now: Site, why: str
) -> None:
    shop = open_shop(tmp_path)
    with_site(shop, was)
    job = await shop.purge(MIA, PREFIX)
    await approvals.vote(shop.core, LEA, job.id, True)
    with_site(shop, is_now)
    await shop.slate.advance(400)
    ended = await shop.job(job.id)
    called = await shop.ledger.read(lambda books: books.messages.find(job.id, Role.END))
    await shop.ledger.close()
    assert (State.FAILED if why else State.DONE, not why) == (ended.state, bool(shop.shield.sent))
    assert (bool(why), bool(why)) == (called is not None, ended.for_good)
    if why:
        assert why == ended.why
        assert f"<@U_MIA> P-1 stopped: {why} Nothing was purged." == end_line(ended)
        assert "approved by <@U_LEA>, and nothing was purged" in told(
            request_card(ended, shop.clock.now(), "t", first=False)
        )


async def test_a_retry_of_what_the_configuration_knows_no_more_is_refused(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await failed_once(shop, PREFIX)
    with_site(shop, replace(SHOP, layers=SHOP.layers[1:]))
    again = await deeds.retry(shop.core, MIA, job.id)
    await shop.slate.advance(60)
    now = await shop.job(job.id)
    await shop.ledger.close()
    assert isinstance(again, Refusal)
    assert (f"P-1 cannot go on: {LAYER_GONE}", State.FAILED, 1) == (again.what, now.state, len(shop.cf.sent))


def with_site(shop: Shop, site: Site) -> None:
    """From now on the shop is configured so."""
    shop.core.current.become(replace(shop.core.setup, sites={"shop": site}))


def told(card: Card) -> str:
    """A card with all its words."""
    return json.dumps([card.text, card.blocks], ensure_ascii=False)


async def hold(shop: Shop) -> None:
    await Desk(shop.core).ask(Asking(LEA, "hold", "slack", "C_SHOP"), "hold shop because deploying 4.2")


async def test_a_retry_waits_for_the_end_of_a_hold(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await failed_once(shop, PREFIX)
    await hold(shop)
    again = await deeds.retry(shop.core, MIA, job.id)
    await shop.slate.advance(200)
    held, sent = await shop.job(job.id), len(shop.cf.sent)
    await Desk(shop.core).ask(Asking(LEA, "release", "slack", "C_SHOP"), "release shop")
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert isinstance(again, Done)
    assert "P-1 waits: the site is held." in told(done_card(again.job, again.what))
    assert (State.QUEUED, 1) == (held.state, sent)
    assert "Varnish was purged; Cloudflare was not purged" in told(root_card(held, shop.clock.now()))
    assert (State.DONE, 2) == (ended.state, len(shop.cf.sent))


async def test_a_retry_of_what_never_began_waits_for_the_end_of_a_hold(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, url("/a"))
    await shop.ledger.write(lambda books: park(books, books.jobs.get(job.id), "purgebot could not go on.", 0.0))
    await hold(shop)
    await deeds.retry(shop.core, MIA, job.id)
    await shop.slate.advance(200)
    held = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.QUEUED, []) == (held.state, shop.cf.sent)


FROZEN = (Tightening("freeze", Conditions(), refuse=True, say=FREEZE),)


async def test_a_retry_of_what_the_policy_denies_now_is_refused_and_can_be_retried_after_that(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await failed_once(shop, PREFIX)
    free = shop.core.setup.policy
    under(shop, replace(free, tighten=FROZEN))
    refused = await deeds.retry(shop.core, MIA, job.id)
    await shop.slate.advance(60)
    frozen, sent = await shop.job(job.id), len(shop.cf.sent)
    under(shop, free)
    again = await deeds.retry(shop.core, MIA, job.id)
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert isinstance(refused, Refusal)
    assert (FREEZE, True) == (refused.what, refused.by_rule)
    assert "Nothing more of P-1 is purged. It can be retried once that is over." == refused.advice
    assert (State.FAILED, 1) == (frozen.state, sent)
    assert isinstance(again, Done)
    assert (State.DONE, 2) == (ended.state, len(shop.cf.sent))
    with reading(tmp_path / "ledger.db") as ledger:
        assert () == audit(ledger).breaches


async def test_a_freeze_that_begins_right_after_a_retry_leaves_it_as_it_ended(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await failed_once(shop, PREFIX)
    await deeds.retry(shop.core, MIA, job.id)
    under(shop, replace(shop.core.setup.policy, tighten=FROZEN))
    await shop.slate.advance(60)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    shown = told(root_card(ended, shop.clock.now()))
    assert (State.FAILED, FREEZE, 1) == (ended.state, ended.why, len(shop.cf.sent))
    assert "Varnish was purged; Cloudflare was not purged" in shown
    assert "Retry" in shown


async def test_a_retry_of_what_now_needs_votes_asks_for_them(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await failed_once(shop, url("/a"))
    under(shop, replace(shop.core.setup.policy, tighten=(Tightening("night", Conditions(), more=1),)))
    await deeds.retry(shop.core, MIA, job.id)
    await shop.slate.advance(60)
    asked = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.WAITING, 1) == (asked.state, len(shop.cf.sent))


class Meanwhile(ScriptedProvider):
    """A provider that is slow to say what is left of its budgets."""

    befalls: Callable[[], Awaitable[object]] | None = None

    async def left(self, layer: Mapping[str, str]) -> tuple[tuple[str, float, float], ...]:
        if self.befalls is not None:
            await self.befalls()
        return ()


async def test_a_hold_that_is_laid_while_a_provider_is_asked_holds(tmp_path: Path) -> None:
    clock = SlateClock()
    shield = Meanwhile("shield", clock, per_call=1)
    shop = open_shop(tmp_path, clock, shield)
    asking = Asking(LEA, "hold", "slack", "C_SHOP")
    shield.befalls = lambda: Desk(shop.core).ask(asking, "hold shop because deploying 4.2")
    job = await shop.purge(MIA, *(url(f"/{n}") for n in range(25)), check=False)
    await shop.slate.advance(60)
    held = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.QUEUED, []) == (held.state, shield.sent)


async def test_who_is_no_approver_any_more_has_no_vote(tmp_path: Path) -> None:
    shop, job = await approved_while_down(tmp_path)
    fewer = replace(shop.core.setup.policy, groups={"approvers": ("U_SAM", "U_KIM")})
    under(shop, fewer)
    assert (State.WAITING, "<@U_LEA> may no longer vote on it.", 0) == await asked_again(shop, job)


@pytest.mark.parametrize("standing", [Standing.GONE, Standing.GUEST, Standing.UNREADABLE])
async def test_who_is_no_member_any_more_has_no_vote(tmp_path: Path, standing: Standing) -> None:
    shop, job = await approved_while_down(tmp_path)
    people(shop).people["U_LEA"] = replace(LEA, standing=standing)
    assert (State.WAITING, "<@U_LEA> may no longer vote on it.", 0) == await asked_again(shop, job)
    with reading(tmp_path / "ledger.db") as ledger:
        said = Books(ledger).said(job.id)
    assert ("U_LEA" in (said.of or ())) is (standing is Standing.UNREADABLE)


async def test_a_freeze_that_began_meanwhile_holds_it_back(tmp_path: Path) -> None:
    shop, job = await approved_while_down(tmp_path)
    now = shop.clock.now()
    freeze = Tightening("freeze", Conditions(during=Days(now - 1, now + 3600, "")), refuse=True, say=FREEZE)
    under(shop, replace(shop.core.setup.policy, tighten=(freeze,)))
    state, why, sent = await asked_again(shop, job)
    assert (State.WAITING, True, 0) == (state, why.startswith(FREEZE), sent)


async def test_when_a_freeze_ends_votes_are_asked_for_anew(tmp_path: Path) -> None:
    shop, job = await approved_while_down(tmp_path)
    now = shop.clock.now()
    freeze = Tightening("freeze", Conditions(during=Days(now - 1, now + 7200, "")), refuse=True, say=FREEZE)
    under(shop, replace(shop.core.setup.policy, tighten=(freeze,)))
    await shop.slate.advance(7190)
    frozen, none = await shop.job(job.id), await approvals.vote(shop.core, SAM, job.id, True)
    await shop.slate.advance(20)
    asked, some = await shop.job(job.id), await approvals.vote(shop.core, SAM, job.id, True)
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert frozen.approval is not None
    assert asked.approval is not None
    assert (State.WAITING, now + 7200) == (frozen.state, frozen.approval.bar_ends)
    assert (State.WAITING, "What kept it back is over; it was: “Sale freeze.”") == (
        asked.state,
        asked.approval.returned,
    )
    assert (Refusal, Done) == (type(none), type(some))
    assert (State.DONE, 1) == (ended.state, len(shop.cf.sent))


COSTLY = """\
accounts: {shield: {provider: varnish, url: "http://10.0.0.5:6081"}}
sites: {shop: {hosts: [www.shop.test], layers: [{account: shield}]}}
approvals: {channel: C_APPROVE}
policy:
  groups: {approvers: [U_LEA, U_SAM, U_KIM]}
  rules:
    - {name: wide, kind: prefix, then: {approve: 1, of: approvers}}
  tighten:
    - {name: costly, cost_usd_over: 20, then: {approve_more: 1}}
"""


@pytest.mark.parametrize(
    ("then", "state", "needed"),
    [
        pytest.param(19.9, State.DONE, 1, id="about the same"),
        pytest.param(25.0, State.WAITING, 2, id="a third more"),
    ],
)
async def test_what_becomes_dear_between_the_vote_and_the_run_is_asked_of_one_more(
    tmp_path: Path, then: float, state: State, needed: int
) -> None:
    shop = open_shop(tmp_path)
    under(shop, loaded(tmp_path, COSTLY).policy)
    shop.cf.cost_money(Price(19.0, 0, "paths"))
    job = await shop.purge(MIA, PREFIX)
    await approvals.vote(shop.core, LEA, job.id, True)
    shop.cf.cost_money(Price(then, 0, "paths"))
    await shop.slate.advance(200)
    now = await shop.job(job.id)
    await shop.ledger.close()
    assert now.approval is not None
    assert (state, needed) == (now.state, now.approval.needed)


async def test_a_policy_that_asks_for_more_meanwhile_asks_again(tmp_path: Path) -> None:
    shop, job = await approved_while_down(tmp_path)
    under(shop, replace(shop.core.setup.policy, tighten=(Tightening("night", Conditions(), more=1),)))
    since = "it purges a prefix, and rule `night` asks for 1 approval more"
    why = f"The policy has changed: it needs 2 approvals now, since {since}."
    assert (State.WAITING, why, 0) == await asked_again(shop, job)


async def test_a_policy_that_asks_for_nothing_any_more_lets_it_run(tmp_path: Path) -> None:
    shop, job = await approved_while_down(tmp_path)
    under(shop, Policy((Rule("all", Conditions(), Run()),)))
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.DONE, 1) == (ended.state, len(shop.cf.sent))


async def test_a_price_a_fifth_higher_is_shown_again(tmp_path: Path) -> None:
    shop, job = await approved_while_down(tmp_path, Price(1.0, 0, "paths"))
    shop.cf.cost_money(Price(1.3, 0, "paths"))
    assert (State.WAITING, "It costs about $1.30 now; $1.00 was shown.", 0) == await asked_again(shop, job)


async def test_the_card_has_the_price_of_now_and_the_one_before_as_long_as_it_waits(tmp_path: Path) -> None:
    shop, job = await approved_while_down(tmp_path, Price(2.0, 1, "paths"))
    shop.cf.cost_money(Price(2.0, 0, "paths"))
    await shop.slate.advance(60)
    asked = await shop.job(job.id)
    await approvals.vote(shop.core, SAM, job.id, True)
    shop.clock.at += 901
    await shop.slate.advance(5)
    again = await shop.job(job.id)
    freeze = Tightening("freeze", Conditions(), refuse=True, say=FREEZE)
    under(shop, replace(shop.core.setup.policy, tighten=(freeze,)))
    await approvals.vote(shop.core, LEA, job.id, True)
    await shop.slate.advance(60)
    kept_back = await shop.job(job.id)
    await shop.ledger.close()
    cost = "Cost: Cloudflare 1 path, about $2.00: 0 used this month, 0 are free · $0.00 was shown before"
    for waiting in (asked, again, kept_back):
        assert State.WAITING is waiting.state
        assert cost in told(request_card(waiting, shop.clock.now(), "t", first=False))
    assert again.approval is not None
    assert "The last yes was more than 15 min ago." == again.approval.returned
    assert kept_back.approval is not None
    assert FREEZE == kept_back.approval.barred


async def test_votes_of_the_first_round_do_not_count_in_the_second(tmp_path: Path) -> None:
    shop, job = await approved_while_down(tmp_path)
    shop.clock.at += 901
    await shop.slate.advance(5)
    returned = await shop.job(job.id)
    again = await approvals.vote(shop.core, LEA, job.id, True)
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert () == (returned.approval.votes if returned.approval else None)
    assert isinstance(again, Done)
    assert (State.DONE, 1) == (ended.state, len(shop.cf.sent))


async def test_a_small_purge_that_a_freeze_met_in_the_queue_is_refused_by_the_policy(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, url("/a"))
    under(shop, replace(shop.core.setup.policy, tighten=(Tightening("freeze", Conditions(), refuse=True, say=FREEZE),)))
    await shop.slate.advance(60)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.DENIED, f"policy: {FREEZE}", 0) == (ended.state, ended.stop_reason, len(shop.cf.sent))


async def test_while_slack_is_away_what_it_said_a_moment_ago_stands(tmp_path: Path) -> None:
    shop, job = await approved_while_down(tmp_path)
    for person in (MIA, LEA):
        people(shop).people[person.id] = replace(person, standing=Standing.AWAY)
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.DONE, 1) == (ended.state, len(shop.cf.sent))


async def test_a_job_older_than_that_waits_for_slack(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, url("/a"))
    people(shop).people["U_MIA"] = replace(MIA, standing=Standing.AWAY)
    shop.clock.at += 1000
    await shop.slate.advance(60)
    waiting = await shop.job(job.id)
    people(shop).people["U_MIA"] = MIA
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.QUEUED, State.DONE) == (waiting.state, ended.state)


async def test_a_vote_counts_only_for_members_of_the_user_group_now(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    policy = shop.core.setup.policy
    under(shop, replace(policy, groups={"approvers": ("S_SRE",)}))
    people(shop).groups["S_SRE"] = Members(frozenset({"U_LEA", "U_SAM"}))
    job = await shop.purge(MIA, PREFIX)
    people(shop).groups["S_SRE"] = Members(frozenset({"U_SAM"}))
    late = await approvals.vote(shop.core, LEA, job.id, True)
    kim = await approvals.vote(shop.core, KIM, job.id, True)
    sam = await approvals.vote(shop.core, SAM, job.id, True)
    await shop.ledger.close()
    no = Refusal(f"You are not an approver of {job.name}.", "The card names who is asked.", by_rule=True)
    assert [no, no] == [late, kim]
    assert isinstance(sam, Done)


async def test_a_group_that_slack_hides_lets_nobody_vote(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    under(shop, replace(shop.core.setup.policy, groups={"approvers": ("S_SRE",)}))
    people(shop).groups["S_SRE"] = Members(frozenset({"U_LEA"}))
    job = await shop.purge(MIA, PREFIX)
    people(shop).groups["S_SRE"] = Members(problem="Slack does not say who is in S_SRE now.")
    refused = await approvals.vote(shop.core, LEA, job.id, True)
    await shop.ledger.close()
    why = f"Nobody can tell whether you may vote on {job.name}. Slack does not say who is in S_SRE now."
    advice = "Whoever its card names was asked before that. Have the group put right at Slack, or in the policy."
    assert Refusal(why, advice, by_rule=True) == refused


@pytest.mark.parametrize(("round", "counts"), [(0, False), (1, True), (2, False), (None, True)])
async def test_a_vote_counts_for_the_round_whose_card_was_clicked(
    tmp_path: Path, round: int | None, counts: bool
) -> None:
    shop, job = await approved_while_down(tmp_path)
    shop.clock.at += 901
    await shop.slate.advance(5)
    answer = await approvals.vote(shop.core, SAM, job.id, True, round=round)
    await shop.ledger.close()
    stale = Refusal("P-1 is not what this card showed.", "Vote on the newest card.")
    assert (stale if not counts else "approved") == (answer.what if isinstance(answer, Done) else answer)


async def test_two_requests_at_once_are_summed_like_two_in_a_row(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    first = await shop.purge(MIA, *(url(f"/{n}") for n in range(20)))
    second = await shop.purge(MIA, *(url(f"/more/{n}") for n in range(11)))
    others = await shop.purge(SAM, *(url(f"/more/{n}") for n in range(11)))
    shop.clock.at += 601
    later = await shop.purge(MIA, *(url(f"/late/{n}") for n in range(11)))
    await shop.ledger.close()
    assert [State.QUEUED, State.WAITING, State.QUEUED, State.QUEUED] == [
        job.state for job in (first, second, others, later)
    ]
    assert second.approval is not None
    assert "with the 20 of the last 10 minutes these are 31 targets, more than 30" == second.approval.why


async def test_a_request_that_was_widened_in_the_file_is_not_sent(tmp_path: Path) -> None:
    shop, job = await approved_while_down(tmp_path)

    def widen(books: Books) -> None:
        books._tx.run("update batches set call = replace(call, '/news/', '/') where job = :job", job=job.id)

    await shop.ledger.write(widen)
    await shop.slate.advance(60)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.FAILED, CHANGED, 0) == (ended.state, ended.why, len(shop.shield.sent) + len(shop.cf.sent))


async def test_a_retry_at_the_machine_goes_on_though_slack_is_away(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await failed_once(shop, PREFIX)
    for person in (MIA, LEA):
        people(shop).people[person.id] = replace(person, standing=Standing.AWAY)
    shop.clock.at += 5000
    alice = Actor("local:alice", Standing.LOCAL)
    again = await deeds.retry(shop.core, alice, job.id)
    await shop.slate.advance(200)
    ended, events = await shop.job(job.id), await shop.ledger.read(lambda books: books.journal.events(job.id))
    await shop.ledger.close()
    assert isinstance(again, Done)
    assert (State.FAILED, State.DONE, "local") == (job.state, ended.state, ended.rule)
    assert [("retried", "local:alice")] == [(event, who) for _, event, who, _ in events if event == "retried"]
    with reading(tmp_path / "ledger.db") as ledger:
        assert () == audit(ledger).breaches


@pytest.mark.parametrize("who", [MIA, Actor("local:alice", Standing.LOCAL)], ids=["in Slack", "at the machine"])
async def test_the_journal_says_which_job_the_policy_lets_nobody_retry(tmp_path: Path, who: Actor) -> None:
    shop = open_shop(tmp_path)
    job = await failed_once(shop, PREFIX)
    under(shop, replace(shop.core.setup.policy, tighten=FROZEN))
    await deeds.retry(shop.core, who, job.id)
    sql = "select actor, doc from journal where event = 'denied'"
    [row] = await shop.ledger.read(lambda books: books._tx.rows(sql))
    await shop.ledger.close()
    expected = {"site": "shop", "kind": "prefix", "targets": 1, "rule": "freeze", "why": FREEZE, "retry": job.id}
    assert (who.id, expected) == (row["actor"], json.loads(str(row["doc"])))


@pytest.mark.parametrize("anyway", [False, True], ids=["plainly", "anyway"])
async def test_what_the_policy_denies_is_retried_at_the_machine_only_anyway(tmp_path: Path, anyway: bool) -> None:
    shop = open_shop(tmp_path)
    job = await failed_once(shop, PREFIX)
    under(shop, replace(shop.core.setup.policy, tighten=(Tightening("freeze", Conditions(), refuse=True, say=FREEZE),)))
    again = await deeds.retry(shop.core, Actor("local:alice", Standing.LOCAL), job.id, anyway)
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (isinstance(again, Done), State.DONE if anyway else State.FAILED) == (anyway, ended.state)
    assert ("local, anyway" if anyway else job.rule) == ended.rule


async def test_a_retry_ends_anew_and_forgets_what_an_earlier_end_went_by(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await failed_once(shop, PREFIX)
    earlier, later = (Look("origin", "https://www.shop.test/news/", at, 200, version=f"v{at:g}") for at in (1.0, 2.0))

    def looked_at_twice(books: Books) -> None:
        for look in (earlier, later):
            books.jobs.save_looks(job.id, "after", [look])
            books.jobs.keep_first_looks(job.id)

    await shop.ledger.write(looked_at_twice)
    before = await shop.job(job.id)
    await deeds.retry(shop.core, MIA, job.id)
    after = await shop.job(job.id)
    await shop.ledger.close()
    assert ((earlier,), (later,)) == (before.first_looks, before.looks)
    assert () == after.first_looks
