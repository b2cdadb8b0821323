"""What is still to be done, on the Home of who may do it; word for word."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from playground.people import BOT_USER
from tests.slack.room import HOUSE, Room, room
from tests.slack.test_home_dialogues import open_home, spelled

pytestmark = pytest.mark.slow

TITLE = "# What is still to be done"
UNINVITED = replace(
    HOUSE,
    channels=tuple(
        replace(one, members=tuple(who for who in one.members if who != BOT_USER)) if one.id == "C_APPROVE" else one
        for one in HOUSE.channels
    ),
)
LEFT_OPEN = """
mode: observe
sites: {shop: {channel: C_SECRET}}
accounts: {cf: {token: {env: NOT_SET}}}
approvals: {approvers: [U_LEA, U_SAM, U_GUEST]}
"""


BEGUN = """
sites: {shop: {origin: ""}}
policy: {rules: [{name: wide, then: {approve: 1, of: S0GONE}}]}
"""


async def undone(shop: Room, user: str, *words: str) -> list[str]:
    """The lines of that section on `user`'s Home, once it holds all `words`."""
    lines = spelled(await open_home(shop, user, *words)).split("\n")
    return lines[lines.index(TITLE) + 1 :] if TITLE in lines else []


async def test_each_has_the_line_that_mends_it_and_goes_when_it_is_mended(tmp_path: Path) -> None:
    async with room(tmp_path, UNINVITED, extra=LEFT_OPEN) as shop:
        assert [
            "The bot does not see C_SECRET (sites.shop.channel): it is private, or there is no such channel.",
            "Type `/invite @purgebot` there, or mend the id.",
            "The bot is not in the channel of approvals.channel.",
            "Type `/invite @purgebot` in <#C_APPROVE>.",
            "U_GUEST is named as an approver and is no full member here, so that vote never counts.",
            "Write `approvers: [U…]` under approvals, with the id of a full member.",
            "Account cf cannot purge: the variable NOT_SET is not set, which holds its token.",
            "Set `NOT_SET=…` where the bot runs.",
            "Nothing is purged yet. When the plans look right, let the bot purge.",
            "Write `mode: live` and start it without --observe.",
            "   This bot only observes: it plans and looks, and purges nothing.",
            "   Begin with: `/purge plan https://…`",
        ] == await undone(shop, "U_MIA", TITLE)
        await shop.restart(extra="mode: live")
        await shop.until(lambda: _is_gone(shop, "NOT_SET"), "the Home without what was mended")
        assert [
            "The bot is not in the channel of approvals.channel.",
            "Type `/invite @purgebot` in <#C_APPROVE>.",
            "   Begin with: `/purge plan https://…`",
        ] == await undone(shop, "U_MIA", TITLE)


async def test_home_and_the_doctor_tell_the_same_list(tmp_path: Path) -> None:
    async with room(tmp_path, UNINVITED, extra=BEGUN) as shop:
        home = "\n".join(await undone(shop, "U_MIA", TITLE, "S0GONE"))
        await shop.command("U_MIA", "doctor")
        doctor = spelled(await shop.note("U_MIA", "to mend"))
        told = [
            ("The bot is not in the channel of approvals.channel.", "Type `/invite @purgebot` in <#C_APPROVE>."),
            (
                "Slack knows no user-group S0GONE.",
                "Write the id of a group that can be read in place of S0GONE, or people's own ids.",
            ),
            (
                "needs 1 of S0GONE, and nobody can vote while it cannot be told who that is.",
                "Write people, or a user-group that can be read, as the rule's `of`.",
            ),
            (
                "shop has no origin, so a check has nothing to compare the edge with.",
                'Add `origin: "https://…"` under sites.shop.',
            ),
        ]
        lacking = [line for pair in told for line in pair if line not in home or line not in doctor]
        assert [] == lacking, (home, doctor)


async def test_a_whole_bot_has_no_such_section_and_a_guest_never_sees_it(tmp_path: Path) -> None:
    async with room(tmp_path) as shop:
        assert [] == await undone(shop, "U_LEA", "Your sites")
        await shop.restart(extra="mode: observe")
        assert [] == await undone(shop, "U_GUEST", "You cannot")


async def test_the_doctor_looks_again(tmp_path: Path) -> None:
    async with room(tmp_path, UNINVITED) as shop:
        assert ["The bot is not in the channel of approvals.channel."] == (await undone(shop, "U_LEA", TITLE))[:1]
        asked = len(shop.asked_slack("auth.test"))
        await shop.command("U_LEA", "doctor")
        await shop.until(lambda: _asked_again(shop, asked), "auth.test once more")


async def _is_gone(shop: Room, word: str) -> bool:
    """Whether Mia's Home no longer holds `word`."""
    view = (await shop.http.get("/_play/views", params={"user": "U_MIA"})).json()["home"]
    return word not in spelled(view)


async def _asked_again(shop: Room, before: int) -> bool:
    return len(shop.asked_slack("auth.test")) > before
