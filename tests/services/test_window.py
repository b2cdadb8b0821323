"""One person's requests on a site within ten minutes count together: for sizes, for costs, and for what they empty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.actor import Actor
from bot.domain.jobs.job import State
from bot.domain.policies.policy import Approve, Conditions, Policy, Refuse, Rule, Run, Tightening
from bot.domain.site import Site
from bot.domain.target import Target
from bot.services import deeds
from bot.services.desk import Desk
from bot.services.replies import Done, JobMade, PlanShown, Refusal, Reply
from bot.services.requests.purges import Asking
from bot.services.voting import approvals
from providers.contract import Kind, Price
from tests.services.shop import EVERYTHING, LEA, MIA, SAM, SHOP, Shop, open_shop, url

TWO = replace(SHOP, hosts=("www.shop.test", "img.shop.test"))
WWW, IMG = (Target(Kind.HOST, host, "shop") for host in TWO.hosts)
OF_IMG = Target(Kind.PREFIX, "img.shop.test/", "shop")
GROUPS = {"approvers": ("U_LEA", "U_SAM", "U_KIM")}
URLS = Rule("urls", Conditions(kinds=frozenset({Kind.URL})), Approve(1, ("approvers",)))
FREE = Rule("free", Conditions(kinds=frozenset({Kind.URL})), Run())
HOSTS = Rule("hosts", Conditions(kinds=frozenset({Kind.HOST, Kind.PREFIX})), Run())
ALL = Rule("all", Conditions(kinds=frozenset({Kind.EVERYTHING})), Approve(2, ("approvers",)))
NOT_ALL = Rule("never", Conditions(kinds=frozenset({Kind.EVERYTHING})), Refuse())
CAP = Tightening("cap", Conditions(over_items=40), refuse=True)
DEAR = Tightening("dear", Conditions(over_usd=1.0), more=1)
PATHS = Rule("no-paths", Conditions(kinds=frozenset({Kind.PATH})), Refuse(), say="Name the URL.")
NO_PATHS = "Refused, nothing was purged (rule `no-paths`). Name the URL."
TWICE = "with the 25 of the last 10 minutes these are 50 targets, more than 40"


def shop_under(path: Path, *rules: Rule, tighten: Sequence[Tightening] = (), site: Site = TWO) -> Shop:
    """A shop of two hosts under these rules."""
    shop = open_shop(path)
    become(shop, Policy(rules, tuple(tighten), GROUPS, ("approvers",)), site)
    return shop


def become(shop: Shop, policy: Policy, site: Site = TWO) -> None:
    """From now on this policy counts."""
    shop.core.current.become(replace(shop.core.setup, policy=policy, sites={"shop": site}))


def urls(n: int, of: str) -> list[Target]:
    """So many pages."""
    return [url(f"/{of}/{k}") for k in range(n)]


async def agree(shop: Shop, number: int, *by: Actor) -> None:
    """These vote for job `number`."""
    for who in by:
        assert isinstance(await approvals.vote(shop.core, who, number, True), Done)


async def say(shop: Shop, text: str, who: Actor = MIA) -> Reply:
    """What is answered to a line."""
    return await Desk(shop.core).ask(Asking(who, shop.core.dice.token(), "slack", "C_SHOP"), text)


async def test_what_waits_for_votes_is_summed(tmp_path: Path) -> None:
    shop = shop_under(tmp_path, URLS, tighten=[CAP])
    await shop.purge(MIA, *urls(25, "a"))
    answer = await shop.ask(MIA, *urls(25, "b"))
    await shop.ledger.close()
    refused = f"Refused, nothing was purged (rule `cap`). W{TWICE[1:]}. The policy does not let this be purged on shop."
    assert Refusal(refused, "", by_rule=True) == answer


async def test_what_was_approved_is_summed(tmp_path: Path) -> None:
    shop = shop_under(tmp_path, URLS, tighten=[replace(CAP, refuse=False, more=1)])
    first = await shop.purge(MIA, *urls(25, "a"), check=False)
    await agree(shop, first.id, LEA)
    await shop.slate.advance(200)
    second = await shop.purge(MIA, *urls(25, "b"))
    await shop.ledger.close()
    assert second.approval is not None
    why = f"it purges 25 URLs, and rule `cap` asks for 1 approval more: {TWICE}"
    assert (2, why) == (second.approval.needed, second.approval.why)


@pytest.mark.parametrize("how", ["denied", "cancelled", "expired"])
async def test_what_came_to_nothing_does_not_count(tmp_path: Path, how: str) -> None:
    shop = shop_under(tmp_path, URLS, tighten=[CAP])
    first = await shop.purge(MIA, *urls(25, "a"))
    match how:
        case "denied":
            await approvals.vote(shop.core, LEA, first.id, False, reason="Not now.")
        case "cancelled":
            await deeds.cancel(shop.core, MIA, first.id)
        case _:
            become(shop, replace(shop.core.setup.policy, approve_within=60.0))
            await deeds.cancel(shop.core, MIA, first.id)
            await shop.purge(MIA, *urls(20, "c"))
            await shop.slate.advance(100)
    second = await shop.purge(MIA, *urls(25, "b"))
    await shop.ledger.close()
    assert State.WAITING is second.state


async def test_a_target_counts_once(tmp_path: Path) -> None:
    shop = shop_under(tmp_path, URLS, tighten=[CAP])
    await shop.purge(MIA, *urls(25, "a"))
    again = await shop.purge(MIA, *urls(25, "a"), url("/one/more"))
    more = await shop.purge(MIA, *urls(14, "b"), *urls(20, "a"))
    beyond = await shop.ask(MIA, url("/beyond"))
    await shop.ledger.close()
    assert [State.WAITING, State.WAITING] == [again.state, more.state]
    assert isinstance(beyond, Refusal)
    assert "With the 40 of the last 10 minutes these are 41 targets, more than 40." in beyond.what


async def test_others_and_what_is_older_do_not_count(tmp_path: Path) -> None:
    shop = shop_under(tmp_path, URLS, tighten=[CAP])
    await shop.purge(MIA, *urls(25, "a"))
    other = await shop.purge(LEA, *urls(25, "b"))
    shop.clock.at += 601
    late = await shop.purge(MIA, *urls(25, "c"))
    await shop.ledger.close()
    assert [State.WAITING, State.WAITING] == [other.state, late.state]


async def test_what_one_joined_counts(tmp_path: Path) -> None:
    shop = shop_under(tmp_path, URLS, tighten=[CAP])
    await shop.purge(LEA, *urls(25, "a"))
    await shop.ask(MIA, *urls(25, "a"))
    answer = await shop.ask(MIA, *urls(25, "b"))
    await shop.ledger.close()
    assert isinstance(answer, Refusal)


async def test_a_plan_shows_the_sum(tmp_path: Path) -> None:
    shop = shop_under(tmp_path, URLS, tighten=[replace(CAP, refuse=False, more=1)])
    await shop.purge(MIA, *urls(25, "a"))
    lines = " ".join(target.value for target in urls(25, "b"))
    answer = await say(shop, f"plan {lines}")
    await shop.ledger.close()
    assert isinstance(answer, PlanShown)
    assert TWICE in answer.decision.why


async def test_at_run_time_a_cap_that_came_meanwhile_counts_what_was_asked_before(tmp_path: Path) -> None:
    shop = shop_under(tmp_path, URLS)
    first = await shop.purge(MIA, *urls(25, "a"), check=False)
    second = await shop.purge(MIA, *urls(25, "b"))
    become(shop, replace(shop.core.setup.policy, tighten=(CAP,)))
    await agree(shop, first.id, LEA)
    await shop.slate.advance(100)
    now = [await shop.job(first.id), await shop.job(second.id)]
    await shop.ledger.close()
    assert [State.DONE, State.WAITING] == [job.state for job in now]
    assert now[1].approval is not None
    assert now[1].approval.barred.startswith(f"With{TWICE[4:]}")


@pytest.mark.parametrize("second", [pytest.param(IMG, id="host"), pytest.param(OF_IMG, id="all-below-it")])
async def test_everything_in_two_halves_is_everything(tmp_path: Path, second: Target) -> None:
    shop = shop_under(tmp_path, HOSTS, ALL)
    first = await shop.purge(MIA, WWW)
    shop.clock.at += 240
    half = await shop.purge(MIA, second)
    await shop.ledger.close()
    assert (State.QUEUED, State.WAITING) == (first.state, half.state)
    assert half.approval is not None
    why = "with P-1 of 4 minutes ago this is everything on shop (production)"
    assert (2, "all", why) == (half.approval.needed, half.approval.rule, half.approval.why)


async def test_everything_that_is_denied_is_denied_in_two_halves(tmp_path: Path) -> None:
    shop = shop_under(tmp_path, HOSTS, NOT_ALL)
    await shop.purge(MIA, WWW)
    answer = await shop.ask(MIA, IMG)
    await shop.ledger.close()
    why = "With P-1 of a moment ago this is everything on shop (production). The policy does not let this be purged on"
    assert Refusal(f"Refused, nothing was purged (rule `never`). {why} shop.", "", by_rule=True) == answer


async def test_the_second_half_asked_for_twice_stays_everything(tmp_path: Path) -> None:
    shop = shop_under(tmp_path, HOSTS, FREE, ALL)
    await shop.purge(MIA, WWW)
    await shop.purge(MIA, IMG)
    again = await shop.purge(MIA, IMG, url("/one/more"))
    await shop.ledger.close()
    assert again.approval is not None
    assert (2, "all") == (again.approval.needed, again.approval.rule)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param([WWW], [WWW], id="the-same-half"),
        pytest.param([WWW], [url("/a")], id="a-page"),
        pytest.param([Target(Kind.PREFIX, "www.shop.test/a/", "shop")], [IMG], id="a-part-of-a-half"),
    ],
)
async def test_what_leaves_something_is_not_everything(
    tmp_path: Path, first: list[Target], second: list[Target]
) -> None:
    shop = shop_under(tmp_path, HOSTS, FREE, NOT_ALL)
    await shop.purge(MIA, *first)
    await shop.slate.advance(100)
    answer = await shop.ask(MIA, *second)
    await shop.ledger.close()
    assert isinstance(answer, JobMade)


async def test_after_everything_a_half_is_a_half(tmp_path: Path) -> None:
    shop = shop_under(tmp_path, HOSTS, ALL)
    await shop.purge(MIA, EVERYTHING)
    half = await shop.purge(MIA, IMG)
    await shop.ledger.close()
    assert State.QUEUED is half.state


async def test_halves_of_different_caches_leave_something(tmp_path: Path) -> None:
    shop = shop_under(tmp_path, HOSTS, NOT_ALL)
    await say(shop, "host www.shop.test --only cf")
    answers = [await say(shop, f"host img.shop.test --only {layer}") for layer in ("shield", "cf")]
    jobs = await shop.ledger.read(lambda books: books.jobs.recent(["shop"]))
    await shop.ledger.close()
    assert 2 == len(jobs), answers
    assert isinstance(answers[1], Refusal)


async def test_what_is_begun_before_its_time_counts_what_was_asked_since(tmp_path: Path) -> None:
    shop = shop_under(tmp_path, HOSTS, NOT_ALL)
    await say(shop, "host www.shop.test in 3h")
    await say(shop, "host img.shop.test")
    answer = await deeds.run_now(shop.core, MIA, 1)
    await shop.ledger.close()
    assert isinstance(answer, Refusal)
    assert "With P-2 of a moment ago this is everything on shop (production)." in answer.what


async def test_a_half_that_was_agreed_to_as_everything_begins_though_the_other_was_cancelled(tmp_path: Path) -> None:
    shop = shop_under(tmp_path, replace(HOSTS, then=Approve(1, ("approvers",))), ALL)
    first = await shop.purge(MIA, WWW)
    second = await shop.purge(MIA, IMG, check=False)
    await deeds.cancel(shop.core, MIA, first.id)
    await agree(shop, second.id, LEA, SAM)
    await shop.slate.advance(100)
    ended = await shop.job(second.id)
    await shop.ledger.close()
    assert State.DONE is ended.state


async def test_costs_of_several_requests_are_summed_with_what_the_month_has_used(tmp_path: Path) -> None:
    shop = shop_under(tmp_path, FREE, tighten=[DEAR])
    shop.cf.cost_money(Price(0.005, free=1000))
    first = await shop.purge(MIA, *urls(450, "a"), check=False)
    await shop.slate.advance(100)
    second = await shop.purge(MIA, *urls(450, "b"))
    third = await shop.purge(MIA, *urls(450, "c"))
    fourth = await shop.purge(LEA, *urls(450, "d"))
    sent = (await shop.job(first.id)).state
    await shop.ledger.close()
    assert (State.DONE, State.QUEUED, State.WAITING) == (sent, second.state, third.state)
    assert third.approval is not None
    why = "with the requests of the last 10 minutes this costs about $1.75, more than $1.00"
    assert f"rule `dear` asks for 1 approval: {why}" == third.approval.why
    assert State.QUEUED is fourth.state


async def test_in_one_line_they_cost_as_much(tmp_path: Path) -> None:
    shop = shop_under(tmp_path, FREE, tighten=[DEAR])
    shop.cf.cost_money(Price(0.005, free=1000))
    job = await shop.purge(MIA, *urls(1350, "a"))
    await shop.ledger.close()
    assert job.approval is not None
    assert "rule `dear` asks for 1 approval for what costs more than $1.00" == job.approval.why


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("path /x on shop", NO_PATHS, id="a-path"),
        pytest.param("https://www.shop.test/x", "", id="a-url"),
        pytest.param("/x https://www.shop.test/y on shop", NO_PATHS, id="a-path-among-others"),
    ],
)
async def test_a_rule_on_paths_speaks(tmp_path: Path, text: str, expected: str) -> None:
    shop = shop_under(tmp_path, PATHS, FREE)
    answer = await say(shop, text)
    await shop.ledger.close()
    assert expected == (answer.what if isinstance(answer, Refusal) else "")


async def test_a_rule_on_urls_means_paths_too(tmp_path: Path) -> None:
    shop = shop_under(tmp_path, FREE)
    answer = await say(shop, "path /x on shop")
    await shop.ledger.close()
    assert isinstance(answer, JobMade)
