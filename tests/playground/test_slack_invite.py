"""Joining a channel as Slack tells it: whose, where, by whom; and only what the bot may hear."""

from __future__ import annotations

from pathlib import Path

import pytest

from playground.people import BOT_USER
from tests.playground.slack_land import Clock, answering, land
from tests.playground.test_slack_home import Doc, part, recording

EVENT = ("type", "user", "channel", "channel_type", "team", "inviter")


async def test_an_invitation_of_the_bot_is_its_own_event(tmp_path: Path) -> None:
    seen: list[Doc] = []
    async with land(tmp_path, Clock(), answering(recording(seen))) as world:
        told = await world.play("invite", user="U_MIA", channel="C_SHOP")
    [payload] = seen
    expected = ["member_joined_channel", BOT_USER, "C_SHOP", "C", "T_SHOP", "U_MIA"]
    assert expected == [part(payload, "event", name) for name in EVENT]
    assert (BOT_USER, True) == tuple(part(payload, "authorizations", 0, name) for name in ("user_id", "is_bot"))
    assert (200, payload["event_id"]) == (told["status"], told["event_id"])


async def test_who_joins_by_themselves_has_no_inviter(tmp_path: Path) -> None:
    seen: list[Doc] = []
    async with land(tmp_path, Clock(), answering(recording(seen))) as world:
        await world.play("invite", user="U_LEA", who="U_LEA", channel="C_SHOP")
    assert ["U_LEA", None] == [part(seen[0], "event", name) for name in ("user", "inviter")]


async def test_a_bot_without_the_scope_hears_nothing(tmp_path: Path) -> None:
    seen: list[Doc] = []
    async with land(tmp_path, Clock(), answering(recording(seen)), scopes=("chat:write",)) as world:
        told = await world.play("invite", user="U_MIA", channel="C_SHOP")
    assert ({"sent": False}, []) == (told, seen)


@pytest.mark.parametrize("who", ["U_NOBODY", ""])
async def test_nobody_cannot_join(tmp_path: Path, who: str) -> None:
    async with land(tmp_path, Clock(), answering(recording([]))) as world:
        told = await world.play("invite", user="U_MIA", who=who, channel="C_SHOP")
    assert {"error": f"There is nobody {who or '(none)'} here. Send somebody's id as who."} == told
