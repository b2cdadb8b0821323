"""Socket Mode with Bolt's own client, and with a bare one where the wire itself is the claim."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp

from tests.playground.slack_land import APP_TOKEN, Clock, Land, land

pytestmark = pytest.mark.slow

Doc = dict[str, object]


async def ticket(world: Land) -> str:
    return str((await world.client(APP_TOKEN).apps_connections_open(app_token=APP_TOKEN))["url"])


async def test_bolt_takes_commands_by_socket_and_its_ack_is_heard(tmp_path: Path) -> None:
    async with land(tmp_path, time.time) as world:
        app = AsyncApp(client=world.bot, process_before_response=True)

        @app.command("/purge")
        async def purge(ack: AsyncAck, command: Doc) -> None:
            await ack(f"read: {command['text']}")

        handler = AsyncSocketModeHandler(app, APP_TOKEN, web_client=world.bot)
        await handler.connect_async()  # type: ignore[no-untyped-call]
        answer = await world.play("command", user="U_MIA", channel="C_SHOP", text="/purge a")
        await handler.close_async()  # type: ignore[no-untyped-call]
        heard = [message["text"] for message in await world.messages(user="U_MIA")]
    assert ({"status": 200, "ack": {"text": "read: a"}}, ["read: a"]) == (answer, heard)


async def test_a_connection_starts_with_hello(tmp_path: Path) -> None:
    async with (
        land(tmp_path, Clock()) as world,
        aiohttp.ClientSession() as session,
        session.ws_connect(await ticket(world)) as socket,
    ):
        hello = await socket.receive_json()
    assert ("hello", 1, {"app_id": "A_PURGEBOT"}) == (
        hello["type"], hello["num_connections"], hello["connection_info"],
    )  # fmt: skip


async def test_a_ticket_opens_one_connection(tmp_path: Path) -> None:
    async with land(tmp_path, Clock()) as world, aiohttp.ClientSession() as session:
        url = await ticket(world)
        async with session.ws_connect(url):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await session.ws_connect(url)
    assert 403 == refused.value.status


async def test_the_eleventh_connection_is_one_too_many(tmp_path: Path) -> None:
    clock = Clock()
    async with land(tmp_path, clock) as world, aiohttp.ClientSession() as session:
        opened = []
        for _ in range(11):
            clock.at += 60
            opened.append(await session.ws_connect(await ticket(world)))
            first = await opened[-1].receive_json()
        frames = [first, (await opened[-1].receive()).type]
    assert [
        {"type": "disconnect", "reason": "too_many_websockets", "debug_info": {"host": "playground"}},
        aiohttp.WSMsgType.CLOSE,
    ] == frames  # fmt: skip


async def test_envelopes_go_to_the_connections_in_turn(tmp_path: Path) -> None:
    async with land(tmp_path, Clock()) as world, aiohttp.ClientSession() as session:
        sockets = [await session.ws_connect(await ticket(world)) for _ in range(2)]
        for socket in sockets:
            await socket.receive_json()
        texts: list[set[str]] = [set(), set()]
        async with asyncio.TaskGroup() as group:
            echoes = [group.create_task(echo(*pair)) for pair in zip(sockets, texts, strict=True)]
            for n in range(4):
                await world.play("command", user="U_MIA", channel="C_SHOP", text=f"/purge {n}")
            for task in echoes:
                task.cancel()
    assert [2, 2] == [len(heard) for heard in texts]


async def echo(socket: aiohttp.ClientWebSocketResponse, texts: set[str]) -> None:
    while True:
        envelope = await socket.receive_json()
        texts.add(envelope["payload"]["text"])
        await socket.send_json({"envelope_id": envelope["envelope_id"]})


async def test_what_is_not_acknowledged_times_out(tmp_path: Path) -> None:
    async with (
        land(tmp_path, Clock(), deadline=0.05) as world,
        aiohttp.ClientSession() as session,
        session.ws_connect(await ticket(world)) as socket,
    ):
        await socket.receive_json()
        answer = await world.play("command", user="U_MIA", channel="C_SHOP", text="/purge a")
    assert {"status": 0, "ack": None, "error": "operation_timeout"} == answer


async def test_an_event_comes_again_with_its_attempt(tmp_path: Path) -> None:
    async with (
        land(tmp_path, Clock(), deadline=0.05) as world,
        aiohttp.ClientSession() as session,
        session.ws_connect(await ticket(world)) as socket,
    ):
        await socket.receive_json()
        await world.play("mention", user="U_MIA", channel="C_SHOP", text="@purgebot help")
        first, second = await socket.receive_json(), await socket.receive_json()
        await socket.send_json({"envelope_id": second["envelope_id"]})
        await world.slack.settled()
    assert [(0, ""), (1, "timeout")] == [(one["retry_attempt"], one["retry_reason"]) for one in (first, second)]


async def test_a_warning_closes_nothing_and_a_refresh_does(tmp_path: Path) -> None:
    async with land(tmp_path, Clock()) as world, aiohttp.ClientSession() as session:
        socket = await session.ws_connect(await ticket(world))
        await socket.receive_json()
        await world.slack.sockets.disconnect("warning")
        await world.slack.sockets.disconnect("refresh_requested")
        frames = [(await socket.receive_json())["reason"], (await socket.receive_json())["reason"]]
        ended = (await socket.receive()).type
    assert (["warning", "refresh_requested"], aiohttp.WSMsgType.CLOSE) == (frames, ended)


async def test_bolt_comes_back_after_a_refresh(tmp_path: Path) -> None:
    async with land(tmp_path, time.time) as world:
        app = AsyncApp(client=world.bot, process_before_response=True)
        heard = asyncio.Event()

        @app.event("app_mention")
        async def mentioned(event: Doc) -> None:
            heard.set()

        handler = AsyncSocketModeHandler(app, APP_TOKEN, web_client=world.bot)
        await handler.connect_async()  # type: ignore[no-untyped-call]
        before = await world.slack.sockets.opened(1)
        await world.slack.sockets.disconnect("refresh_requested")
        await world.slack.sockets.opened(before + 1)
        await world.play("mention", user="U_MIA", channel="C_SHOP", text="@purgebot help")
        async with asyncio.timeout(5):
            await heard.wait()
        await handler.close_async()  # type: ignore[no-untyped-call]


async def test_the_port_is_remembered(tmp_path: Path) -> None:
    ports = []
    for _ in range(2):
        async with land(tmp_path, Clock()) as world:
            ports.append((await ticket(world)).partition("/link")[0])
    assert ports[0] == ports[1]
