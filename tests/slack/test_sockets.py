"""Connections that Slack renews, cuts, forgets or refuses: how many stand, in which order, and what is waited for."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from structlog.testing import capture_logs

from bot.slack.connection import Take
from bot.slack.frames import Envelope
from bot.slack.sockets import Sockets
from tests.playground.slack_land import APP_TOKEN, Land, land
from tests.slate import CountingDice, SlateClock

pytestmark = pytest.mark.slow

Doc = Mapping[str, object]


class WaitedClock(SlateClock):
    """Time that goes by as it is waited for, and what was waited."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    async def sleep(self, seconds: float) -> None:
        if seconds:
            self.waits.append(seconds)
        await super().sleep(seconds)


async def echo(envelope: Envelope) -> Doc:
    return {"text": str(envelope.payload.get("text", ""))} if envelope.kind == "slash_commands" else {}


@dataclass(frozen=True, slots=True)
class Stand:
    """The pretend Slack, and a clock that only the waits move."""

    world: Land
    clock: WaitedClock
    sockets: Sockets

    @property
    def story(self) -> list[str]:
        return list(self.world.slack.sockets.story)

    async def befall(self, **call: object) -> None:
        await self.world.play("socket", **call)

    async def typed(self, text: str) -> Doc:
        return await self.world.play("command", user="U_MIA", channel="C_SHOP", text=f"/purge {text}")


@contextlib.asynccontextmanager
async def stand(data: Path, wanted: int, take: Take = echo, ping: float = 10.0) -> AsyncIterator[Stand]:
    """A bot's connections, all open."""
    clock = WaitedClock()
    async with land(data, clock.now) as world:
        sockets = Sockets(world.client(APP_TOKEN), take, clock, CountingDice(), wanted, ping)
        keeping = asyncio.create_task(sockets.keep())
        try:
            async with asyncio.timeout(20):
                await world.slack.sockets.standing(wanted)
                yield Stand(world, clock, sockets)
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            await sockets.close()


# One after another


async def test_a_warned_connection_is_left_when_its_successor_is_open(tmp_path: Path) -> None:
    async with stand(tmp_path, 1) as bot:
        await bot.befall(do="disconnect", reason="warning")
        await bot.world.slack.sockets.told("1 closed")
        answer = await bot.typed("a")
        assert ["1 open", "1 warning", "2 open", "1 closed"] == bot.story
        assert {"text": "a"} == answer["ack"]


ENDS: dict[str, Doc] = {
    "renewed": {"do": "disconnect", "reason": "refresh_requested"},
    "one too many, but the only one": {"do": "disconnect", "reason": "too_many_websockets"},
    "cut": {"do": "drop"},
    "silent": {"do": "mute"},
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
async def test_a_connection_that_ended_is_replaced(tmp_path: Path, end: Doc) -> None:
    async with stand(tmp_path, 1, ping=0.1) as bot:
        await bot.befall(**end)
        await bot.world.slack.sockets.told("2 open")
        assert [0.75] == bot.clock.waits


async def test_while_one_is_renewed_the_other_takes_what_comes(tmp_path: Path) -> None:
    async with stand(tmp_path, 2) as bot:
        await bot.befall(do="disconnect", reason="refresh_requested", which=0)
        answers = [await bot.typed(str(n)) for n in range(5)]
        await bot.world.slack.sockets.told("3 open")
        assert [{"text": str(n)} for n in range(5)] == [answer["ack"] for answer in answers]


async def test_ten_are_kept_though_slack_lets_few_be_opened_at_once(tmp_path: Path) -> None:
    async with stand(tmp_path, 10) as bot:
        bot.clock.waits.clear()
        await bot.befall(do="disconnect", reason="warning", which=4)
        await bot.world.slack.sockets.told("11 open")
        assert ["5 warning", "5 closed", "11 open"] == bot.story[-3:]
        assert [60.0] == bot.clock.waits


# What Slack does not want


async def test_one_too_many_is_given_up(tmp_path: Path) -> None:
    async with stand(tmp_path, 3) as bot:
        with capture_logs() as logs:
            await bot.befall(do="disconnect", reason="too_many_websockets", which=2)
            await bot.world.slack.sockets.standing(2)
            answer = await bot.typed("a")
        assert [2] == [line["kept"] for line in logs if line["event"] == "socket_too_many"]
        assert {"text": "a"} == answer["ack"]
        assert "4 open" not in bot.story


async def test_where_others_hold_all_ten_one_less_is_kept_and_the_warned_one_goes(tmp_path: Path) -> None:
    async with stand(tmp_path, 2) as bot, aiohttp.ClientSession() as session:
        others = []
        for _ in range(8):
            bot.clock.at += 60
            opened = await bot.world.client(APP_TOKEN).apps_connections_open(app_token=APP_TOKEN)
            others.append(await session.ws_connect(str(opened["url"])))
        bot.clock.at += 600
        with capture_logs() as logs:
            await bot.befall(do="disconnect", reason="warning", which=0)
            await bot.world.slack.sockets.standing(len(others) + 1)
        assert [1] == [line["kept"] for line in logs if line["event"] == "socket_too_many"]


async def test_socket_mode_switched_off_is_told_once_and_tried_slowly(tmp_path: Path) -> None:
    async with stand(tmp_path, 2) as bot:
        with capture_logs() as logs:
            await bot.befall(do="disconnect", reason="link_disabled")
            await bot.world.slack.sockets.told("3 open", "4 open")
        told = [line for line in logs if line["event"] == "socket_mode_is_off"]
        advice = "Turn Socket Mode on in the app's settings at Slack; purgebot then connects by itself."
        assert [{"event": "socket_mode_is_off", "advice": advice, "log_level": "error"}] == told
        assert [60.0, 60.0] == [wait for wait in bot.clock.waits if wait > 1]


TROUBLE = {
    "throttle": ([0.75, 3.0, 3.0, 3.0], ["ratelimited"] * 3),
    "error500": ([0.75, 0.75, 1.5, 3.0], ["internal_error"] * 3),
}


@pytest.mark.parametrize(("kind", "expected"), TROUBLE.items(), ids=TROUBLE)
async def test_attempts_are_spaced(tmp_path: Path, kind: str, expected: tuple[list[float], list[str]]) -> None:
    async with stand(tmp_path, 1) as bot:
        bot.world.faults.set("slack", kind, 3)
        with capture_logs() as logs:
            await bot.befall(do="drop")
            await bot.world.slack.sockets.told("2 open")
        errors = [str(line["error"]) for line in logs if line["event"] == "socket_not_connected"]
        assert expected == (bot.clock.waits, errors)


async def test_connections_that_die_young_come_ever_later(tmp_path: Path) -> None:
    async with stand(tmp_path, 1) as bot:
        for n in range(1, 5):
            await bot.world.slack.sockets.told(f"{n} open")
            await bot.befall(do="drop")
        await bot.world.slack.sockets.told("5 open")
        assert [0.75, 1.5, 3.0, 6.0] == bot.clock.waits


async def test_one_that_lived_is_replaced_at_once(tmp_path: Path) -> None:
    async with stand(tmp_path, 1) as bot:
        await bot.typed("a")
        bot.clock.at += 3600
        await bot.befall(do="drop")
        await bot.world.slack.sockets.told("2 open")
        assert [] == bot.clock.waits


# What is in hand, and what is none of Slack's


class Slow:
    """Takes what comes when it is let."""

    def __init__(self) -> None:
        self.began = asyncio.Event()
        self.may_end = asyncio.Event()

    async def __call__(self, envelope: Envelope) -> Doc:
        self.began.set()
        await self.may_end.wait()
        return {}


async def test_a_warned_connection_acknowledges_what_it_has_in_hand(tmp_path: Path) -> None:
    slow = Slow()
    async with stand(tmp_path, 1, slow) as bot:
        typed = asyncio.create_task(bot.typed("a"))
        await slow.began.wait()
        await bot.befall(do="disconnect", reason="warning")
        await bot.world.slack.sockets.told("2 open")
        before = bot.story
        slow.may_end.set()
        answer = await typed
        await bot.world.slack.sockets.told("1 closed")
        assert ({"status": 200, "ack": None}, "1 closed" in before) == (answer, False)


async def test_closing_acknowledges_what_is_in_hand(tmp_path: Path) -> None:
    slow = Slow()
    async with stand(tmp_path, 2, slow) as bot:
        typed = asyncio.create_task(bot.typed("a"))
        await slow.began.wait()
        closing = asyncio.create_task(bot.sockets.close())
        slow.may_end.set()
        await closing
        assert 200 == (await typed)["status"]


async def test_closing_waits_for_nobody_longer_than_it_may(tmp_path: Path) -> None:
    loop, slow = asyncio.get_running_loop(), Slow()
    async with stand(tmp_path, 2, slow) as bot:
        typed = asyncio.create_task(bot.typed("a"))
        await slow.began.wait()
        began = loop.time()
        await bot.sockets.close()
        assert 3.0 > loop.time() - began
        assert "dispatch_unreachable" == (await typed)["error"]


STRANGE = {
    "half a frame": ('{"type": "hel', "not JSON", []),
    "a list": ("[]", "not an object", []),
    "no id": ('{"type": "moon"}', "no envelope_id", []),
    "no payload": (
        '{"type": "moon", "envelope_id": "e1"}',
        "no payload",
        ["an answer has an envelope_id that was never sent: e1"],
    ),
}


@pytest.mark.parametrize(("text", "why", "acknowledged"), STRANGE.values(), ids=STRANGE)
async def test_a_strange_frame_is_told_and_survived(
    tmp_path: Path, text: str, why: str, acknowledged: list[str]
) -> None:
    async with stand(tmp_path, 1) as bot:
        with capture_logs() as logs:
            await bot.befall(do="say", text=text)
            answer = await bot.typed("a")
        assert [why] == [line["why"] for line in logs if line["event"] == "socket_frame_strange"]
        assert ({"text": "a"}, acknowledged) == (answer["ack"], list(bot.world.slack.sockets.notes))


async def test_a_lost_ack_is_told(tmp_path: Path) -> None:
    slow = Slow()
    async with stand(tmp_path, 1, slow) as bot:
        typed = asyncio.create_task(bot.typed("a"))
        await slow.began.wait()
        with capture_logs() as logs:
            await bot.befall(do="disconnect", reason="refresh_requested")
            slow.may_end.set()
            await bot.world.slack.sockets.told("2 open")
        assert "dispatch_unreachable" == (await typed)["error"]
        assert ["ClientConnectionResetError"] == [line["error"] for line in logs if line["event"] == "ack_lost"]
