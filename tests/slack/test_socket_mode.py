"""Socket Mode: the same talk without a public address, kept up over disconnects, and every payload acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.slack.room import PRICING, Doc, Room, room

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Room]:
    async with room(tmp_path_factory.mktemp("room"), by_socket=True) as opened:
        yield opened


async def test_a_command_a_button_and_a_form_come_by_socket(shop: Room) -> None:
    taken = await shop.command("U_LEA", "everything on shop")
    form = await shop.form("U_LEA")
    wrong = await shop.submit("U_LEA", form, site_name="blog", reason="INC-881")
    right = await shop.submit("U_LEA", form, site_name="shop", reason="INC-881")
    request = await shop.card("needs 2 approvals", channel="C_APPROVE")
    clicked = await shop.click("U_SAM", request, "deny", "C_APPROVE")
    decided = await shop.card("denied by <@U_SAM>", channel="C_APPROVE")
    assert 200 == taken["status"] == right["status"] == clicked["status"]
    assert {"site_name": "Type shop to confirm; nothing was purged."} == wrong["ack"]["errors"]  # type: ignore[index]
    assert request["ts"] == decided["ts"]


async def test_a_mention_comes_by_socket(shop: Room) -> None:
    taken = await shop.mention("U_MIA", "whoami")
    note = await shop.note("U_MIA", "You are")
    assert 200 == taken["status"]
    assert "a full member" in str(note["text"])


async def test_there_is_no_public_route_for_slack(shop: Room) -> None:
    response = await shop.http.post("/slack/events", content=b"{}")
    assert 404 == response.status_code


UNHEARD = [
    pytest.param("interactive", {"type": "shortcut", "callback_id": "x"}, id="a-shortcut"),
    pytest.param("interactive", {"type": "message_action", "callback_id": "x"}, id="a-message-shortcut"),
    pytest.param("interactive", {"type": "view_closed", "view": {"id": "V1", "callback_id": "x"}}, id="a-closed-form"),
    pytest.param("interactive", {"type": "block_suggestion", "action_id": "x"}, id="options"),
    pytest.param("interactive", {"type": "of_a_later_year"}, id="something-new"),
    pytest.param("events_api", {"type": "event_callback", "event": {"type": "reaction_added"}}, id="an-event"),
]


@pytest.mark.parametrize(("kind", "payload"), UNHEARD)
async def test_what_nobody_listens_to_is_acknowledged(shop: Room, kind: str, payload: Doc) -> None:
    whole = {**payload, "user": {"id": "U_MIA"}, "team": {"id": "T_SHOP"}}
    async with asyncio.timeout(5):
        ack = await shop.slack.sockets.deliver(kind, whole, 0, "")
    assert ["envelope_id"] == sorted(ack or {})


async def test_a_refreshed_connection_goes_on(shop: Room) -> None:
    before = await shop.slack.sockets.opened(1)
    await shop.slack.sockets.disconnect("refresh_requested")
    async with asyncio.timeout(20):
        await shop.slack.sockets.opened(before + 1)
    taken = await shop.command("U_MIA", PRICING)
    await shop.card("fresh")
    assert 200 == taken["status"]
