"""Slack on a bad day: the purge runs on, one card is posted, and in the end it says what the ledger says."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from playground.people import Channel
from tests.slack.room import HOST, HOUSE, PRICING, Doc, Room, room, small_print

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
FRESH = f"🟢 P-1 fresh at fra, iad, sin · {PRICING}"


@pytest.fixture(scope="module")
def clearing() -> Callable[[Room], Awaitable[None]]:
    """A bot that has read who is who, so that its next request to Slack is the one a test asks for."""

    async def clear(shop: Room) -> None:
        await shop.clear()
        await knows_everybody(shop)

    return clear


async def knows_everybody(shop: Room) -> None:
    async def has_asked() -> bool:
        return bool(shop.asked_slack("users.list"))

    await shop.until(has_asked, "the bot reads who is who")
    await shop.command("U_MIA", "whoami")
    await shop.note("U_MIA", "You are")
    shop.requests.clear()


async def roots(shop: Room, channel: str = "C_SHOP") -> list[Doc]:
    """Every card of a job in a channel, by the metadata of its post."""
    return [message for message in await shop.messages(channel) if "metadata" in message]


ILL = [
    pytest.param("throttle", 1, id="throttled"),
    pytest.param("error500", 2, id="errors"),
    pytest.param("html", 2, id="pages-of-html"),
    pytest.param("reset", 2, id="cut-connections"),
    pytest.param("slow", 1, id="slow"),
    pytest.param("down", 6, id="away-for-a-while"),
    pytest.param("timeout_after_effect", 1, id="a-post-whose-answer-is-lost"),
]


@pytest.mark.parametrize(("kind", "times"), ILL)
async def test_slack_ill_neither_stops_a_purge_nor_doubles_its_card(shop: Room, kind: str, times: int) -> None:
    shop.faults.set("slack", kind, times)
    await shop.command("U_MIA", PRICING)
    done = await shop.job(1, "done")
    card = await shop.card("fresh")
    await shop.lines(card, "Ended")
    assert ("fresh", [[PRICING]]) == (done["verdict"], shop.purges())
    assert [FRESH] == [message["text"] for message in await roots(shop)]
    assert "/api/chat.postMessage" == next(row["path"] for row in shop.requests.listed() if row.get("fault") == kind)


async def test_what_slack_asks_to_wait_is_waited_whatever_changes_meanwhile(shop: Room) -> None:
    shop.faults.set("slack", "throttle", 1)
    await shop.command("U_MIA", PRICING)
    await shop.card("fresh")
    throttled, posted = [row["at"] for row in shop.asked_slack("chat.postMessage")][:2]
    assert isinstance(posted, float) and isinstance(throttled, float)
    assert 3 <= posted - throttled


async def test_a_lost_post_is_looked_for_in_the_channels_history(shop: Room) -> None:
    shop.faults.set("slack", "timeout_after_effect", 1)
    await shop.command("U_MIA", PRICING)
    await shop.card("fresh")
    posts = [row for row in shop.asked_slack("chat.postMessage") if "metadata" in str(row["body"])]
    assert 1 == len(posts)
    assert 1 <= len(shop.asked_slack("conversations.history"))


async def test_a_purge_ends_while_slack_is_away_and_its_card_comes_after(shop: Room) -> None:
    shop.faults.set("slack", "down", None)
    await shop.command("U_MIA", PRICING)
    await shop.job(1, "done")
    before = await roots(shop)
    shop.faults.set("slack", "down", 0)
    await shop.card("fresh")
    assert [] == before
    assert [FRESH] == [message["text"] for message in await roots(shop)]


async def test_a_card_that_somebody_deleted_is_posted_again(shop: Room) -> None:
    await shop.command("U_MIA", "prefix www.shop.test/news/")
    card = await shop.card("waits")
    await shop.bot.client.chat_delete(channel="C_SHOP", ts=str(card["ts"]))
    await shop.command("U_SAM", "deny P-1 not today", "C_APPROVE")
    again = await shop.card("denied")
    assert card["ts"] != again["ts"]
    assert 1 == len(await roots(shop))


async def test_thirty_jobs_at_once_stay_under_slacks_limits(shop: Room) -> None:
    channels = ("C_SHOP", "C_APPROVE")
    asked = (shop.command("U_MIA", f"{HOST}/p/{n}", channels[n % 2]) for n in range(30))
    taken = await asyncio.gather(*asked)

    async def all_ended() -> bool:
        ended = [m for channel in channels for m in await roots(shop, channel) if str(m["text"])[0] in "🟢⚪"]
        return len(ended) == 30

    await shop.until(all_ended, "thirty cards say how it ended", 60)
    assert {200} == {answer["status"] for answer in taken}
    assert [] == [row for row in shop.requests.listed() if row["status"] == 429]


async def test_after_a_restart_the_same_card_goes_on(shop: Room) -> None:
    shop.world.faults.set("cf", "slow", None)
    await shop.command("U_MIA", PRICING)
    begun = await shop.card("purging")
    await shop.in_flight(layer=1)
    await shop.restart()
    shop.world.faults.set("cf", "slow", 0)
    ended = await shop.card("fresh")
    thread = await shop.lines(ended, "Ended")
    assert begun["ts"] == ended["ts"]
    assert 1 == len(await roots(shop))
    assert "purgebot started again and goes on; 1 call had been in flight." in thread


async def test_an_approval_card_lives_through_a_restart(shop: Room) -> None:
    await shop.command("U_MIA", "prefix www.shop.test/news/")
    request = await shop.card("needs 1 approval", channel="C_APPROVE")
    await shop.restart()
    await shop.click("U_SAM", request, "approve", "C_APPROVE")
    decided = await shop.card("approved by", channel="C_APPROVE")
    await shop.job(1, "done")
    assert request["ts"] == decided["ts"]


async def test_where_the_bot_may_post_nowhere_the_asker_is_told(tmp_path: Path) -> None:
    channels = (Channel("C_SHOP", "shop", ("U_MIA",), is_private=True), *HOUSE.channels[1:])
    async with room(tmp_path, replace(HOUSE, channels=channels)) as shop:
        await shop.command("U_MIA", PRICING)
        note = await shop.note("U_MIA", "P-1")
        await shop.job(1, "done")
    assert "P-1 goes on, but purgebot may post neither here nor in the channel of shop." == note["text"]
    assert ["Invite it to one of them; `show P-1` tells how it stands."] == small_print(note)
