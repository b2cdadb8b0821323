"""What the queue shows to whom, and that an account takes no more than may be open for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.actor import Actor, Standing
from bot.domain.grammar.command import Command, Verb
from bot.domain.jobs.hold import ALL
from bot.domain.proof.verdict import Verdict
from bot.domain.site import Layer
from bot.domain.target import Target
from bot.services import deeds
from bot.services.deploying.deploys import Deployed, take
from bot.services.desk import Desk
from bot.services.held import holds
from bot.services.replies import Full, JobMade
from bot.services.requests.purges import Asking
from bot.services.running.queue import IN_LINE_SHOWN, MINE_SHOWN, AccountQueue, queue
from bot.services.setup import Current, Most
from providers.contract import Confirmation, Kind, Receipt
from tests.services.shop import LEA, MIA, SHOP, Shop, open_shop, url
from tests.services.test_deploys import CI, NEW, STAGING, V2, a_shop
from tests.slate import START

QUEUE = Command(Verb.QUEUE)
NEWS = replace(SHOP, name="news", hosts=("www.news.test",), layers=(Layer("shield"),))
OUTSIDER = Actor("token:news", Standing.TOKEN, sites=frozenset({"news"}))


def slow_shop(folder: Path, most: Most | None = None) -> Shop:
    shop = open_shop(folder)
    setup = replace(shop.core.setup, sites={"shop": SHOP, "news": NEWS}, most=most or Most())
    shop.core = replace(shop.core, current=Current(setup))
    shop.shield.slow_down(0.1)
    return shop


async def on_shield(shop: Shop, by: Actor, command: Command = QUEUE) -> AccountQueue:
    shown = await queue(shop.core, by, command)
    return next(account for account in shown.accounts if account.account == "shield")


async def test_it_tells_what_runs_what_waits_and_when(tmp_path: Path) -> None:
    shop = slow_shop(tmp_path)
    await shop.purge(MIA, *[url(f"/1/{n}") for n in range(4)], check=False)
    await shop.slate.advance(1)
    await shop.purge(LEA, url("/2"), check=False)
    await shop.purge(MIA, Target(Kind.PREFIX, "www.shop.test/a/", "shop"))
    shield = await on_shield(shop, MIA)
    await shop.ledger.close()
    [first], [second] = shield.running, shield.waiting
    assert ("P-1", 1, 3) == (first.name, first.gone, first.left)
    assert ("P-2", "shop", "U_LEA", 1) == (second.name, second.site, second.by, second.left)
    assert [10, 20] == [round((one.begins or 0) - START) // 10 * 10 for one in (second, first)]
    assert (1, 0, 0) == (shield.votes, shield.held, shield.scheduled)


async def test_a_call_in_flight_is_on_its_way_and_not_sent(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    seen: list[AccountQueue] = []

    async def look() -> None:
        seen.append(await on_shield(shop, MIA))

    shop.shield.before_answer = look
    await shop.purge(MIA, url("/a"), check=False)
    await shop.slate.advance(60)
    await shop.ledger.close()
    [waiter] = seen[0].running
    assert (0, 1, 0) == (waiter.gone, waiter.flying, waiter.left)


async def test_of_sites_that_are_not_ones_own_nothing_has_a_name(tmp_path: Path) -> None:
    shop = slow_shop(tmp_path)
    await shop.purge(MIA, *[url(f"/{n}") for n in range(5)], check=False)
    await shop.slate.advance(1)
    await shop.purge(LEA, url("/x"), check=False)
    shown = await queue(shop.core, OUTSIDER, QUEUE)
    await shop.ledger.close()
    [shield] = shown.accounts
    told = [(one.seen, one.site, one.by, one.gone) for one in (*shield.running, *shield.waiting)]
    assert ("shield", [(False, "", "", 0)] * 2) == (shield.account, told)


async def test_what_its_provider_wants_no_calls_of_says_until_when(tmp_path: Path) -> None:
    shop = slow_shop(tmp_path)
    await shop.ledger.write(lambda books: books.budgets.block("shield", ["calls"], START + 90, START))
    await shop.purge(MIA, url("/a"), check=False)
    shield = await on_shield(shop, MIA)
    await shop.ledger.close()
    assert (START + 90, START + 90) == (shield.silent_until, shield.waiting[0].begins)


async def test_what_is_held_is_counted(tmp_path: Path) -> None:
    shop = slow_shop(tmp_path)
    await shop.purge(MIA, url("/a"), check=False)
    hold = Command(Verb.HOLD, site="shop", reason="deploy")
    await holds.lay(shop.core, Asking(LEA, "hold"), hold)
    await shop.slate.advance(1)
    shield = await on_shield(shop, MIA)
    await shop.ledger.close()
    assert (1, (), ()) == (shield.held, shield.running, shield.waiting)


@pytest.mark.parametrize("held", [False, True], ids=["while the first runs", "while the first is held"])
async def test_what_follows_another_sites_job_is_not_in_line_and_each_job_counts_once(
    tmp_path: Path, held: bool
) -> None:
    shop = a_shop(tmp_path, SHOP, STAGING)
    shop.edges.serves = {**NEW, "stg": "v1"}
    if held:
        await holds.lay(shop.core, Asking(LEA, "hold"), Command(Verb.HOLD, everywhere=True, reason="freeze"))
    taken = await take(shop.core, CI, "k", V2)
    assert isinstance(taken, Deployed)
    shown = await queue(shop.core, LEA, QUEUE)
    await shop.slate.advance(0.2)
    later = await queue(shop.core, LEA, QUEUE)
    await shop.slate.advance(3)
    shop.edges.serves["stg"] = "v2"
    if held:
        await holds.release(shop.core, Asking(LEA, "release"), Command(Verb.RELEASE, everywhere=True))
    await shop.slate.advance(60)
    ended = await shop.job(taken.job.id)
    await shop.ledger.close()
    lines = {account.account: account for account in later.accounts}
    assert [1, 1] == [lines[name].following for name in ("shield", "cf")]
    assert taken.job.id not in {one.job for account in shown.accounts for one in (*account.waiting, *account.running)}
    assert (int(held), 0) == (lines["cf"].held, lines["shield"].held)
    assert shown.running | shown.waiting <= {taken.first[0].id}
    assert Verdict.FRESH is ended.verdict


async def test_a_job_in_several_lanes_counts_once(tmp_path: Path) -> None:
    shop = slow_shop(tmp_path)
    await shop.purge(MIA, *[url(f"/1/{n}") for n in range(4)], check=False)
    await shop.purge(LEA, url("/2"), check=False)
    shown = await queue(shop.core, MIA, QUEUE)
    await shop.slate.advance(1)
    later = await queue(shop.core, MIA, QUEUE)
    await shop.ledger.close()
    assert (0, 4) == (len(shown.running), sum(len(account.waiting) for account in shown.accounts))
    assert ([1, 2], [1], [2]) == (sorted(shown.waiting), sorted(later.running), sorted(later.waiting))


async def test_the_hold_is_named_with_what_waits_for_its_end(tmp_path: Path) -> None:
    shop = slow_shop(tmp_path)
    await shop.purge(MIA, url("/a"), check=False)
    await holds.lay(shop.core, Asking(LEA, "hold"), Command(Verb.HOLD, site="shop", reason="deploy"))
    await shop.slate.advance(1)
    for n in range(IN_LINE_SHOWN + 1):
        await Desk(shop.core).ask(Asking(MIA, f"queued {n}"), f"https://www.shop.test/{n} --queue")
    shown = await queue(shop.core, MIA, QUEUE)
    of_cf = await queue(shop.core, MIA, replace(QUEUE, only="cf"))
    of_news = await queue(shop.core, OUTSIDER, QUEUE)
    await shop.ledger.close()
    [held] = shown.held
    assert held.hold is not None
    assert ("shop", "U_LEA", "deploy", 1) == (held.hold.site, held.hold.by, held.hold.reason, held.jobs)
    assert ([1, 2, 3, 4, 5], 6) == ([one.id for one in held.first], held.requests)
    assert ([held], ()) == (of_cf.held, tuple(of_news.held))


async def test_a_hold_on_every_site_is_named_once(tmp_path: Path) -> None:
    shop = slow_shop(tmp_path)
    await holds.lay(shop.core, Asking(LEA, "hold"), Command(Verb.HOLD, everywhere=True, reason="freeze"))
    shown = await queue(shop.core, MIA, QUEUE)
    await shop.ledger.close()
    assert [(ALL, 0, 0)] == [(one.hold.site if one.hold else "", one.jobs, one.requests) for one in shown.held]


async def test_ones_own_jobs_come_by_pages_until_they_are_fully_sent(tmp_path: Path) -> None:
    shop = slow_shop(tmp_path)
    for n in range(MINE_SHOWN + 2):
        await shop.purge(MIA, url(f"/{n}"), check=False)
    await deeds.cancel(shop.core, MIA, 2)
    first = await queue(shop.core, MIA, QUEUE)
    second = await queue(shop.core, MIA, replace(QUEUE, page=2))
    beyond = await queue(shop.core, MIA, replace(QUEUE, page=9))
    others = await queue(shop.core, LEA, QUEUE)
    await shop.ledger.close()
    assert ([1, 3, 4, 5, 6, 7], 0) == ([job for job, _ in first.mine], first.begin)
    assert (MINE_SHOWN, MINE_SHOWN, ()) == (second.begin, beyond.begin, tuple(others.mine))


async def test_one_site_or_one_account_alone(tmp_path: Path) -> None:
    shop = slow_shop(tmp_path)
    of_news = await queue(shop.core, MIA, replace(QUEUE, site="news"))
    of_cf = await queue(shop.core, MIA, replace(QUEUE, only="cf"))
    await shop.ledger.close()
    assert (["shield"], ["cf"]) == ([x.account for x in of_news.accounts], [x.account for x in of_cf.accounts])


async def test_over_the_most_jobs_new_work_is_refused_with_when_there_is_room(tmp_path: Path) -> None:
    shop = slow_shop(tmp_path, Most(jobs=2))
    made = [await shop.ask(MIA, url(f"/{n}"), check=False) for n in range(3)]
    await shop.slate.advance(60)
    later = await shop.ask(MIA, url("/9"), check=False)
    await shop.ledger.close()
    full = made[2]
    assert [JobMade, JobMade, Full, JobMade] == [type(one) for one in (*made, later)]
    assert isinstance(full, Full)
    assert ("cf", START) == (full.account, full.since)  # whose turn comes after that of the shield
    assert full.what == "cf has 2 open jobs, and at most 2 may be open (`limits.jobs`)."
    assert full.seconds is not None
    assert 0 <= full.seconds < 15


async def test_over_the_most_targets_new_work_is_refused_and_never_what_stands_alone(tmp_path: Path) -> None:
    shop = slow_shop(tmp_path, Most(urls=3))
    alone = await shop.ask(MIA, *[url(f"/{n}") for n in range(5)], check=False)
    full = await shop.ask(MIA, url("/9"), check=False)
    await shop.ledger.close()
    assert (JobMade, Full) == (type(alone), type(full))
    assert getattr(full, "what", "") == (
        "cf has 5 targets in open jobs; with 1 more they would be over 3 (`limits.urls`)."
    )


async def test_of_several_accounts_that_are_full_the_one_is_told_that_has_room_last(tmp_path: Path) -> None:
    shop = slow_shop(tmp_path, Most(jobs=2))
    shop.cf.slow_down(0.02)
    await shop.purge(MIA, url("/first"), check=False)
    await shop.slate.advance(15)
    for n in range(3):
        full = await shop.ask(MIA, url(f"/{n}"), check=False)
    assert isinstance(full, Full)
    assert ("cf", ()) == (full.account, full.besides)
    await shop.slate.advance(25)  # by then the shield has room
    still = await shop.ask(MIA, url("/9"), check=False)
    assert isinstance(still, Full)
    await shop.slate.advance((still.seconds or 0) + 2)
    then = await shop.ask(MIA, url("/9"), check=False)
    await shop.ledger.close()
    assert ("cf", JobMade) == (still.account, type(then))


async def test_where_people_decide_nobody_knows_when_there_is_room(tmp_path: Path) -> None:
    shop = slow_shop(tmp_path, Most(jobs=1))
    await shop.ask(MIA, Target(Kind.PREFIX, "www.shop.test/a/", "shop"))
    full = await shop.ask(MIA, url("/9"))
    await shop.ledger.close()
    assert isinstance(full, Full)
    assert full.seconds is None


async def asked_when_full(
    folder: Path, how: Confirmation, receipt: Receipt, *progresses: Receipt, before: int = 0, after: float = 0.0
) -> Full:
    """What is said where one more is asked for `after` seconds beside one at a provider that finishes later, of which
    it is known from so many jobs `before` how long it takes."""
    shop = open_shop(folder)
    shop.core = replace(shop.core, current=Current(replace(shop.core.setup, most=Most(jobs=1))))
    shop.shield.can = replace(shop.shield.can, confirmation=how)
    for n in range(before + 1):
        shop.shield.script = [receipt]
        shop.shield.progresses = [*progresses]
        await shop.purge(MIA, url(f"/{n}"), check=False)
        await shop.slate.advance(after if n == before else 300)
    full = await shop.ask(MIA, url("/one-more"), check=False)
    await shop.ledger.close()
    assert isinstance(full, Full)
    return full


BUSY = Receipt("I-1", finished=False)


@pytest.mark.parametrize("after", [0.0, 2.0], ids=["before its call has gone", "while the provider is at it"])
async def test_how_long_a_provider_takes_to_finish_is_not_known_before_it_was_seen(
    tmp_path: Path, after: float
) -> None:
    full = await asked_when_full(tmp_path, Confirmation.POLLED, BUSY, BUSY, BUSY, after=after)
    assert (None, "Varnish", False) == (full.seconds, full.finishing, full.others)


@pytest.mark.parametrize("after", [0.0, 2.0], ids=["before its call has gone", "while the provider is at it"])
async def test_there_is_room_once_the_provider_has_finished_as_it_used_to(tmp_path: Path, after: float) -> None:
    full = await asked_when_full(tmp_path, Confirmation.POLLED, BUSY, BUSY, BUSY, before=2, after=after)
    assert full.seconds == pytest.approx(15 - after, abs=1)


async def test_beyond_what_a_provider_used_to_take_nothing_is_foretold(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.core = replace(shop.core, current=Current(replace(shop.core.setup, most=Most(jobs=1))))
    shop.shield.can = replace(shop.shield.can, confirmation=Confirmation.POLLED)
    await shop.purge(MIA, url("/quick"), check=False)
    await shop.slate.advance(300)
    shop.shield.script, shop.shield.progresses = [BUSY], [BUSY] * 9
    await shop.purge(MIA, url("/slow"), check=False)
    await shop.slate.advance(20)
    full = await shop.ask(MIA, url("/one-more"), check=False)
    await shop.ledger.close()
    assert isinstance(full, Full)
    assert (None, "Varnish") == (full.seconds, full.finishing)


async def test_a_provider_that_says_when_it_has_finished_is_believed(tmp_path: Path) -> None:
    full = await asked_when_full(tmp_path, Confirmation.ESTIMATE, Receipt("E-1", ready_in=40.0), after=2.0)
    assert full.seconds == pytest.approx(38, abs=1)


async def test_what_is_sent_and_not_finished_is_counted(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.shield.can = replace(shop.shield.can, confirmation=Confirmation.POLLED)
    shop.shield.script, shop.shield.progresses = [BUSY], [BUSY] * 9
    await shop.purge(MIA, url("/slow"), check=False)
    await shop.slate.advance(2)
    shield = await on_shield(shop, MIA)
    await shop.ledger.close()
    assert (1, (), ()) == (shield.finishing, shield.running, tuple(one for one in shield.waiting if one.left == 0))


async def test_a_job_on_a_held_site_has_no_time_from_its_first_moment_on(tmp_path: Path) -> None:
    shop = a_shop(tmp_path, SHOP, STAGING)
    await holds.lay(shop.core, Asking(LEA, "hold"), Command(Verb.HOLD, everywhere=True, reason="freeze"))
    taken = await take(shop.core, CI, "k", V2)
    shown = await queue(shop.core, LEA, QUEUE)
    await shop.ledger.close()
    assert isinstance(taken, Deployed)
    assert (set(), set()) == ({*shown.running}, {*shown.waiting})
    assert 1 == sum(held.jobs for held in shown.held)
