"""Socket Mode: the same talk without a public address, over connections that come and go, and nothing done twice."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from bot.slack.frames import Envelope
from bot.slack.listeners import NOT_STORED
from tests.slack.room import PRICING, Doc, Room, buttons, elements, labels, room, said

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
OVER = "This choice is over: it was used, or ten minutes have passed."


class Disk:
    """A disk that is full while it is told to be."""

    def __init__(self) -> None:
        self.is_full = False

    def __call__(self, name: str) -> None:
        if self.is_full and name == "before commit":
            raise sqlite3.OperationalError("database or disk is full")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def disk() -> Disk:
    return Disk()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, disk: Disk) -> AsyncIterator[Room]:
    async with room(tmp_path_factory.mktemp("room"), by_socket=True, failpoint=disk) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def shop(house: Room, disk: Disk) -> AsyncIterator[Room]:
    await house.clear()
    await house.slack.sockets.standing(2)
    yield house
    disk.is_full = False
    assert [] == list(house.slack.sockets.notes)


# The same talk


async def a_command(shop: Room) -> None:
    taken = await shop.command("U_MIA", PRICING)
    card = await shop.card("fresh")
    assert {"status": 200, "ack": None} == taken
    assert f"🟢 P-1 fresh at fra, iad, sin · {PRICING}" == card["text"]


async def a_mention(shop: Room) -> None:
    taken = await shop.mention("U_MIA", "whoami")
    note = await shop.note("U_MIA", "You are")
    assert 200 == taken["status"]
    assert "a full member" in str(note["text"])


async def a_vote(shop: Room) -> None:
    await shop.command("U_MIA", "prefix www.shop.test/news/ because the menu moved")
    request = await shop.card("needs 1 approval", channel="C_APPROVE")
    clicked = await shop.click("U_SAM", request, "approve", "C_APPROVE")
    decided = await shop.card("approved by <@U_SAM>", channel="C_APPROVE")
    assert (200, request["ts"]) == (clicked["status"], decided["ts"])


async def a_form_with_errors(shop: Room) -> None:
    await shop.command("U_LEA", "everything on shop")
    form = await shop.form("U_LEA")
    wrong = await shop.submit("U_LEA", form, site_name="blog", reason="INC-881")
    assert {"site_name": "Type shop to confirm; nothing was purged."} == wrong["ack"]["errors"]  # type: ignore[index]
    assert [] == await shop.jobs()


async def a_form(shop: Room) -> None:
    await shop.command("U_LEA", "everything on shop")
    form = await shop.form("U_LEA")
    right = await shop.submit("U_LEA", form, site_name="shop", reason="INC-881")
    request = await shop.card("needs 2 approvals", channel="C_APPROVE")
    assert {"status": 200, "ack": None} == right
    assert "INC-881" in said(request)


async def a_late_click(shop: Room) -> None:
    await shop.command("U_MIA", "prcing")
    note = await shop.note("U_MIA", "prcing")
    value = str(elements(note)[labels(note).index("Prefix prcing")]["value"])
    await shop.click("U_MIA", note, "pick", value=value)
    await shop.card("P-1")
    clicked = await shop.click("U_MIA", note, "pick", value=value)
    late = await shop.note("U_MIA", "choice")
    assert (200, OVER) == (clicked["status"], late["text"])
    assert 1 == len(await shop.jobs())


async def a_button_that_is_gone(shop: Room) -> None:
    await shop.command("U_MIA", PRICING)
    card = await shop.card("fresh")
    clicked = await shop.click("U_MIA", card, "of_an_older_bot", value="P-1")
    note = await shop.note("U_MIA", "means nothing")
    assert (200, "This button means nothing any more.") == (clicked["status"], note["text"])


async def two_at_once(shop: Room) -> None:
    taken = await asyncio.gather(shop.command("U_MIA", PRICING), shop.command("U_LEA", f"{PRICING}?b"))
    await shop.job(1, "done")
    await shop.job(2, "done")
    assert [200, 200] == [answer["status"] for answer in taken]
    assert 2 == len(await shop.jobs())


async def a_line_in_a_thread(shop: Room) -> None:
    before = await shop.mention("U_LEA", "help")
    await shop.mention("U_MIA", f"<{PRICING}|the pricing page>", thread=str(before["ts"]))
    thread = await shop.lines({"ts": before["ts"]}, "fresh", "Ended")
    assert f"🟢 P-1 fresh at fra, iad, sin · {PRICING}" in thread.split("\n")


async def a_choice(shop: Room) -> None:
    await shop.command("U_MIA", f"{PRICING} --hrad")
    note = await shop.note("U_MIA", "hrad")
    await shop.click("U_MIA", note, "fix")
    await shop.card("P-1 fresh")
    assert ["fix"] == buttons(note)
    assert [] == await shop.notes("U_MIA")


TALKS = [
    a_command, a_mention, a_vote, a_form_with_errors, a_form, a_late_click, a_button_that_is_gone, two_at_once,
    a_line_in_a_thread, a_choice,
]  # fmt: skip


@pytest.mark.parametrize("talk", TALKS, ids=lambda talk: talk.__name__)
async def test_it_is_talked_by_socket(shop: Room, talk: Callable[[Room], Awaitable[None]]) -> None:
    await talk(shop)


@pytest.mark.parametrize("talk", [a_command, a_mention, a_vote, a_line_in_a_thread, a_choice])
async def test_it_is_talked_while_everything_comes_twice(shop: Room, talk: Callable[[Room], Awaitable[None]]) -> None:
    await shop.play("socket", do="twice", times=100)
    await talk(shop)


async def test_there_is_no_public_route_for_slack(shop: Room) -> None:
    response = await shop.http.post("/slack/events", content=b"{}")
    assert 404 == response.status_code


# What is for nobody


UNHEARD = [
    pytest.param("interactive", {"type": "shortcut", "callback_id": "x"}, id="a-shortcut"),
    pytest.param("interactive", {"type": "message_action", "callback_id": "x"}, id="a-message-shortcut"),
    pytest.param("interactive", {"type": "view_closed", "view": {"id": "V1", "callback_id": "x"}}, id="a-closed-form"),
    pytest.param("interactive", {"type": "block_suggestion", "action_id": "x"}, id="options"),
    pytest.param("interactive", {"type": "of_a_later_year"}, id="something-new"),
    pytest.param("events_api", {"type": "event_callback", "event": {"type": "reaction_added"}}, id="an-event"),
    pytest.param("events_api", {"type": "app_rate_limited", "minute_rate_limited": 1}, id="not-an-event"),
    pytest.param("of_a_later_year", {"moon": 1}, id="an-envelope-of-a-later-year"),
]


@pytest.mark.parametrize(("kind", "payload"), UNHEARD)
async def test_what_nobody_listens_to_is_acknowledged(shop: Room, kind: str, payload: Doc) -> None:
    whole = {**payload, "user": {"id": "U_MIA"}, "team": {"id": "T_SHOP"}}
    async with asyncio.timeout(5):
        ack = await shop.slack.sockets.deliver(kind, whole, 0, "")
    assert ["envelope_id"] == sorted(ack or {})


UNREADABLE = [
    pytest.param({"team": 5}, id="a-team-that-is-a-number"),
    pytest.param({"type": "view_submission", "view": 7}, id="a-view-that-is-a-number"),
    pytest.param({"type": "block_actions", "actions": []}, id="a-click-on-nothing"),
    pytest.param({"authorizations": [5]}, id="authorizations-that-are-none"),
]


@pytest.mark.parametrize("payload", UNREADABLE)
async def test_what_cannot_be_read_is_told_and_not_acknowledged(shop: Room, payload: dict[str, object]) -> None:
    assert shop.bot.slack is not None
    with capture_logs() as logs:
        answer = await shop.bot.slack.take(Envelope("e1", "interactive", payload))
    assert (None, ["payload_unreadable"]) == (answer, [line["event"] for line in logs])


# Connections that come and go


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "too_many_websockets", "link_disabled"])
async def test_nothing_is_lost_while_one_of_two_connections_is_sent_off(shop: Room, reason: str) -> None:
    await shop.play("socket", do="disconnect", reason=reason, which=0)
    taken = [await shop.command("U_MIA", f"{PRICING}?{n}") for n in range(3)]
    await shop.job(3, "done")
    assert [200, 200, 200] == [answer["status"] for answer in taken]
    assert 3 == len(await shop.jobs())


async def test_a_mention_whose_connection_is_cut_comes_again_and_is_done_once(shop: Room) -> None:
    await shop.play("socket", do="drop", at="acked")
    said = await shop.mention("U_MIA", PRICING)
    await shop.slack.settled()
    await shop.card("P-1 fresh")
    assert "dispatch_unreachable" == said["error"]
    assert (1, [[PRICING]]) == (len(await shop.jobs()), shop.purges())


async def test_a_form_that_comes_twice_is_one_job(shop: Room) -> None:
    await shop.command("U_LEA", "everything on shop")
    form = await shop.form("U_LEA")
    await shop.play("socket", do="twice")
    await shop.submit("U_LEA", form, site_name="shop", reason="INC-881")
    await shop.card("needs 2 approvals", channel="C_APPROVE")
    assert 1 == len(await shop.jobs())


async def test_the_end_of_the_bot_closes_every_connection_soon(shop: Room) -> None:
    loop = asyncio.get_running_loop()
    taken = await shop.command("U_MIA", PRICING)
    began = loop.time()
    await shop.close_bot()
    took = loop.time() - began
    await shop.slack.sockets.standing(0)
    await shop.open_bot()
    await shop.slack.sockets.standing(2)
    await shop.card("P-1 fresh")
    assert (200, True) == (taken["status"], took < 3.0)


# A ledger that stores nothing


async def test_a_command_that_cannot_be_stored_is_refused_in_words(shop: Room, disk: Disk) -> None:
    disk.is_full = True
    taken = await shop.command("U_MIA", PRICING)
    note = await shop.note("U_MIA", "could not store")
    assert (200, NOT_STORED) == (taken["status"], note["text"])


async def test_a_mention_that_cannot_be_stored_is_not_acknowledged_and_comes_again(shop: Room, disk: Disk) -> None:
    disk.is_full = True
    said = await shop.mention("U_MIA", PRICING)
    disk.is_full = False
    await shop.card("P-1 fresh")
    await shop.slack.settled()
    assert "operation_timeout" == said["error"]
    assert 1 == len(await shop.jobs())
