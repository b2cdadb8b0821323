"""A bot that only observes sends nothing, whatever was asked for, agreed to or begun while it purged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.grammar.command import Command, Verb
from bot.domain.jobs.job import JobView, State
from bot.domain.policies.policy import BreakGlass
from bot.services import deeds
from bot.services.held.holding import OBSERVING
from bot.services.replies import JobMade, Refusal
from bot.services.running.queue import queue
from bot.services.setup import Current
from bot.services.voting import approvals
from bot.slack.cards.outcome import outcome
from bot.slack.cards.thread import outcome_line
from providers.contract import Receipt
from providers.errors import BadCredentials
from tests.services.shop import LEA, MIA, SAM, Shop, open_shop, url
from tests.services.test_desk import say


async def become(shop: Shop, *, observing: bool) -> None:
    """As the configuration's reload has it."""
    setup = replace(shop.core.setup, observe=observing)
    await shop.ledger.write(lambda books: shop.core.current.become(setup))
    await shop.router.take_up(shop.router._lanes)


async def asked(shop: Shop, text: str) -> JobView:
    made = await say(shop, MIA, text)
    assert isinstance(made, JobMade)
    return made.job


def calls(shop: Shop) -> int:
    """How many went out so far, to all accounts."""
    return len(shop.shield.sent) + len(shop.cf.sent)


async def test_what_was_scheduled_does_not_begin_until_the_bot_purges_again(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await asked(shop, "https://www.shop.test/a in 10m")
    await become(shop, observing=True)
    await shop.slate.advance(1000)
    kept, sent = await shop.job(job.id), calls(shop)
    await become(shop, observing=False)
    await shop.slate.advance(400)
    done = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.SCHEDULED, OBSERVING, 0) == (kept.state, kept.held.reason if kept.held else "", sent)
    assert (State.DONE, 2) == (done.state, calls(shop))


@pytest.mark.parametrize(
    ("minutes", "state", "sent"), [(12, State.DONE, 2), (40, State.SCHEDULED, 0)], ids=["late", "missed"]
)
async def test_a_time_that_passed_meanwhile_is_late_or_missed(
    tmp_path: Path, minutes: int, state: State, sent: int
) -> None:
    shop = open_shop(tmp_path)
    job = await asked(shop, "https://www.shop.test/a in 10m")
    await become(shop, observing=True)
    await shop.slate.advance(minutes * 60)
    kept = await shop.job(job.id)
    await become(shop, observing=False)
    await shop.slate.advance(400)
    then = await shop.job(job.id)
    await shop.ledger.close()
    assert "waits, this purgebot only observes" in outcome(kept, shop.clock.now())
    assert (state, sent, state is State.SCHEDULED) == (then.state, calls(shop), then.missed is not None)


async def test_votes_let_nothing_go(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await asked(shop, "everything on shop --confirm shop because x")
    await become(shop, observing=True)
    for who in (LEA, SAM):
        await approvals.vote(shop.core, who, job.id, True)
    await shop.slate.advance(600)
    kept = await shop.job(job.id)
    told = await shop.events(job.id)
    await shop.ledger.close()
    assert (State.QUEUED, 0, 1) == (kept.state, calls(shop), told.count("held"))
    assert "it waits, since this purgebot only observes." in outcome_line(kept)


async def test_no_glass_is_broken_for_nothing(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    glass = BreakGlass(("U_LEA",), reason_min=5)
    policy = replace(shop.core.setup.policy, break_glass=glass)
    shop.core.current.become(replace(shop.core.setup, policy=policy))
    job = await asked(shop, "everything on shop --confirm shop because x")
    await become(shop, observing=True)
    answer = await say(shop, LEA, f"break-glass {job.name} because the prices are wrong")
    await shop.ledger.close()
    assert isinstance(answer, Refusal)
    assert "This purgebot only observes (`mode: observe`)." == answer.what


async def test_a_purge_under_way_stops_between_two_calls_and_goes_on_later(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.shield.slow_down(0.5)
    job = await asked(shop, " ".join(f"https://www.shop.test/{n}" for n in range(10)))
    await shop.slate.advance(6)
    await become(shop, observing=True)
    begun = calls(shop)
    await shop.slate.advance(120)
    still, stands = calls(shop), await shop.job(job.id)
    await become(shop, observing=False)
    await shop.slate.advance(400)
    done = await shop.job(job.id)
    await shop.ledger.close()
    assert 0 < begun == still < 11
    assert (State.PURGING, True) == (stands.state, stands.held is not None and stands.held.observes)
    assert f"🟡 {job.name} stands still, this purgebot only observes" in outcome(stands, shop.clock.now())
    assert (State.DONE, 11, None) == (done.state, calls(shop), done.held)


async def test_what_a_provider_is_still_at_says_that_the_rest_stands_still(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.shield.script = [Receipt("r-1", finished=False)]
    shop.shield.progresses = [Receipt("r-1", finished=False, ready_in=5.0)] * 4
    job = await asked(shop, "https://www.shop.test/a")
    await shop.slate.advance(7)
    confirming = await shop.job(job.id)
    await become(shop, observing=True)
    await shop.slate.advance(120)
    stands, begun = await shop.job(job.id), calls(shop)
    await become(shop, observing=False)
    await shop.slate.advance(400)
    done = await shop.job(job.id)
    await shop.ledger.close()
    assert State.CONFIRMING is confirming.state
    assert f"🟡 {job.name} stands still, this purgebot only observes" in outcome(stands, shop.clock.now())
    assert (1, State.DONE, None) == (begun, done.state, done.held)


async def test_the_release_of_a_hold_lets_nothing_go_that_only_observing_keeps(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await asked(shop, "https://www.shop.test/a in 10m")
    await become(shop, observing=True)
    await shop.slate.advance(700)
    await say(shop, LEA, "hold all because of an incident")
    await say(shop, LEA, "release all")
    await shop.slate.advance(60)
    told, kept = await shop.events(job.id), await shop.job(job.id)
    await shop.ledger.close()
    assert (0, 0) == (told.count("let_go"), calls(shop))
    assert kept.held is None or kept.held.observes


@pytest.mark.parametrize("restarted", [False, True], ids=["after a reload", "after a restart"])
async def test_a_retry_sends_nothing(tmp_path: Path, restarted: bool) -> None:
    shop = open_shop(tmp_path)
    shop.cf.script = [BadCredentials("It takes no token.", "Give it another.")]
    job = await asked(shop, "https://www.shop.test/a")
    await shop.slate.advance(60)
    await become(shop, observing=True)
    before = calls(shop)
    shop = await shop.crash() if restarted else shop
    await deeds.retry(shop.core, MIA, job.id)
    await shop.slate.advance(600)
    kept = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.QUEUED, before) == (kept.state, calls(shop))


async def test_the_queue_foretells_nothing_of_what_stands_still_and_blames_no_hold(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.shield.slow_down(0.1)
    await shop.purge(MIA, *[url(f"/{n}") for n in range(4)], check=False)
    await shop.slate.advance(1)
    await asked(shop, "https://www.shop.test/a in 10m")
    await become(shop, observing=True)
    soon = await queue(shop.core, MIA, Command(Verb.QUEUE))
    await shop.slate.advance(900)
    late = await queue(shop.core, MIA, Command(Verb.QUEUE))
    await become(shop, observing=False)
    live = await queue(shop.core, MIA, Command(Verb.QUEUE))
    await shop.ledger.close()
    told = [(one.still, one.held, one.scheduled, len(one.waiting) + len(one.running)) for one in soon.accounts]
    assert [(1, 0, 1, 0)] * 2 == told
    assert [(2, 0, 0, 0)] * 2 == [(one.still, one.held, one.scheduled, len(one.waiting)) for one in late.accounts]
    assert (True, False, [0, 0]) == (late.observing, live.observing, [one.still for one in live.accounts])


async def test_what_has_gone_when_the_bot_begins_to_observe_comes_back_without_a_time_for_the_rest(
    tmp_path: Path,
) -> None:
    shop = open_shop(tmp_path)
    seen = []

    async def look() -> None:
        core = replace(shop.core, current=Current(replace(shop.core.setup, observe=True)))
        seen.append((await queue(core, MIA, Command(Verb.QUEUE))).accounts)

    shop.shield.before_answer = look
    await shop.purge(MIA, url("/a"), check=False)
    await shop.slate.advance(60)
    await shop.ledger.close()
    shield, cf = seen[0]
    assert ([1], None, 0) == ([one.flying for one in shield.running], shield.running[0].ends, shield.still)
    assert ((), 1) == (cf.waiting, cf.still)
