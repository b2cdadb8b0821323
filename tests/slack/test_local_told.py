"""What was done at the machine while no bot ran is told in Slack once one does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.cli.client import Record
from bot.domain.policies.policy import BreakGlass
from bot.local import Followed, Machine
from bot.settings import Environment
from tests.slack.room import HOST, Room, room, small_print
from tests.slack.test_reloading import settings

pytestmark = pytest.mark.slow
NOWHERE = Followed(lambda line: None, lambda job: None)


def machine(opened: Room, tmp_path: Path, tell: tuple[str, ...] = ()) -> Machine:
    """The machine's owner, on the ledger of the room's bot; broken glass is told of in `tell`."""
    now = settings(opened, tmp_path)
    if tell:
        now = replace(now, policy=replace(now.policy, break_glass=BreakGlass(("U_LEA",), tell=tell)))
    database = f"sqlite:///{tmp_path / 'purgebot.db'}"
    return Machine(now, Environment(database=database, log_format="json"), "alice")


async def purged(opened: Room, tmp_path: Path, tell: tuple[str, ...] = ()) -> Record | None:
    """A page purged at the machine while the bot is down, and the bot up again."""
    await opened.close_bot()
    text = f'purge {HOST}/pricing --reason "Slack is down" --no-check'
    told = await machine(opened, tmp_path, tell).run(text, (), anyway=False, wait=True, seconds=20, followed=NOWHERE)
    await opened.open_bot()
    return told.job


async def test_the_sites_channel_sees_the_job(tmp_path: Path) -> None:
    async with room(tmp_path) as opened:
        job = await purged(opened, tmp_path)
        card = await opened.card("P-1")
        said = "\n".join([str(card["text"]), *small_print(card)])
    assert job is not None
    assert ("done", "local:alice") == (job["state"], job["requested_by"])
    assert "`alice` at the machine" in said


async def test_the_channels_of_broken_glass_hear_of_it_too(tmp_path: Path) -> None:
    async with room(tmp_path) as opened:
        await purged(opened, tmp_path, ("C_APPROVE",))
        card = await opened.card("P-1", "at the machine", channel="C_APPROVE")
    assert "🟡 `alice` at the machine asked for P-1, without votes" in str(card["text"])


async def test_a_hold_on_everything_is_announced(tmp_path: Path) -> None:
    async with room(tmp_path) as opened:
        await opened.close_bot()
        heard = await machine(opened, tmp_path).ask("hold all because the CDN is on fire")
        await opened.open_bot()
        card = await opened.card("the CDN is on fire")
    assert 200 == heard.status
    assert "`alice` at the machine" in "\n".join([str(card["text"]), *small_print(card)])


async def test_a_vote_is_no_deed_of_the_machine(tmp_path: Path) -> None:
    async with room(tmp_path) as opened:
        await opened.command("U_MIA", "prefix www.shop.test/a/")
        await opened.job(1, "waiting")
        await opened.close_bot()
        heard = await machine(opened, tmp_path).ask("approve P-1")
        await opened.open_bot()
        job = await opened.job(1)
    assert (403, "waiting") == (heard.status, job["state"])
