"""Nothing begins before the time that was asked for, whenever somebody changes the ledger's file; verify says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.jobs.job import State
from bot.services.voting.forged import OTHER_TIME
from tests.services.shop import LEA, open_shop
from tests.services.test_forged_calls import breaches, forged
from tests.services.test_schedules import HOUR, PRICING, made, say
from tests.slate import START

EARLIER = f"json_set(doc, '$.scheduled_for', {START + HOUR})"
FORGED = {
    "another time": f"update jobs set doc = {EARLIER}, due_at = {START + HOUR}",
    "no time": f"update jobs set doc = json_remove(doc, '$.scheduled_for'), due_at = {START + HOUR}",
    "as if it had come due": f"update jobs set state = 'queued', due_at = {START + HOUR}",
}
MOVED = "P-1: when it begins is not as it was asked."
EARLY = "P-1: it goes on before its time, and no entry says that it has come."


@pytest.mark.parametrize("statement", FORGED.values(), ids=FORGED)
async def test_what_was_moved_to_an_earlier_time_does_not_begin(tmp_path: Path, statement: str) -> None:
    shop = open_shop(tmp_path)
    job = await made(shop, f"in 3h {PRICING}")
    forged(shop, statement)
    found = breaches(shop)
    await shop.router.wake_all()
    await shop.slate.advance(2 * HOUR)
    ended, sent = await shop.job(job.id), [*shop.shield.sent, *shop.cf.sent]
    await shop.ledger.close()
    assert (State.FAILED, OTHER_TIME, True, []) == (ended.state, ended.why, ended.for_good, sent)
    assert [EARLY if "queued" in statement else MOVED] == found


async def test_what_was_moved_to_a_later_time_is_told_ever_after(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await made(shop, f"in 10m {PRICING}")
    forged(shop, f"update jobs set doc = {EARLIER}, due_at = {START + HOUR}")
    waiting = breaches(shop)
    await shop.router.wake_all()
    await shop.slate.advance(2 * HOUR)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.DONE, [MOVED]) == (ended.state, waiting)
    assert ["P-1: it began by another time than the one that was asked for."] == breaches(shop)


async def test_what_somebody_has_begin_before_its_time_is_as_it_was_asked(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await made(shop, f"in 3h {PRICING}")
    await say(shop, f"run P-{job.id}")
    await shop.slate.advance(HOUR)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.DONE, []) == (ended.state, breaches(shop))


async def test_a_clock_that_is_set_back_once_its_time_has_come_parks_nothing(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await made(shop, f"in 10m {PRICING}")
    await shop.slate.advance(595)
    await say(shop, "hold shop because deploying", LEA)
    await shop.slate.advance(30)
    held = await shop.job(job.id)
    shop.clock.at -= 300
    await say(shop, "release shop", LEA)
    await shop.slate.advance(900)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.QUEUED, State.DONE, []) == (held.state, ended.state, breaches(shop))
