"""Socket Mode with Bolt's own client, and with a bare one where the wire itself is the claim."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp

from playground.slack.socket import Sockets
from playground.store import Store
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


# What can befall a connection


@contextlib.asynccontextmanager
async def connected(world: Land, count: int) -> AsyncIterator[list[aiohttp.ClientWebSocketResponse]]:
    """So many bare connections, each past its hello."""
    async with aiohttp.ClientSession() as session:
        sockets = [await session.ws_connect(await ticket(world)) for _ in range(count)]
        for socket in sockets:
            await socket.receive_json()
        yield sockets


async def test_a_ticket_is_good_for_half_a_minute(tmp_path: Path) -> None:
    clock = Clock()
    async with land(tmp_path, clock) as world, aiohttp.ClientSession() as session:
        url = await ticket(world)
        clock.at += 30
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(url)
    assert 403 == refused.value.status


async def test_a_warned_connection_is_closed_after_its_time(tmp_path: Path) -> None:
    store = Store(tmp_path / "world.db")
    sockets = Sockets(store, Clock(), warned_for=0.0)
    async with aiohttp.ClientSession() as session, session.ws_connect(await sockets.ticket()) as socket:
        await socket.receive_json()
        await sockets.disconnect("warning")
        reason, ended = (await socket.receive_json())["reason"], (await socket.receive()).type
        await sockets.told("1 closed")
    await sockets.stop()
    store.close()
    assert ("warning", aiohttp.WSMsgType.CLOSE) == (reason, ended)
    assert ["1 open", "1 warning", "1 closed"] == list(sockets.story)


@pytest.mark.parametrize("reason", ["refresh_requested", "link_disabled", "too_many_websockets"])
async def test_one_connection_is_sent_off_and_the_others_stay(tmp_path: Path, reason: str) -> None:
    async with land(tmp_path, Clock()) as world, connected(world, 2) as sockets:
        told = await world.play("socket", do="disconnect", reason=reason, which=0)
        frame, ended = await sockets[0].receive_json(), (await sockets[0].receive()).type
        left = await world.slack.sockets.standing(1)
    assert {"type": "disconnect", "reason": reason, "debug_info": {"host": "playground"}} == frame
    assert (aiohttp.WSMsgType.CLOSE, [2], []) == (ended, left, told["notes"])


async def test_a_connection_is_cut_without_a_word(tmp_path: Path) -> None:
    async with land(tmp_path, Clock()) as world, connected(world, 2) as sockets:
        await world.play("socket", do="drop", which=1)
        ended = (await sockets[1].receive()).type
        left = await world.slack.sockets.standing(1)
    assert (aiohttp.WSMsgType.CLOSED, [1]) == (ended, left)


async def test_a_mute_connection_answers_no_ping(tmp_path: Path) -> None:
    async with land(tmp_path, Clock()) as world, aiohttp.ClientSession() as session:
        socket = await session.ws_connect(await ticket(world), heartbeat=0.05)
        await socket.receive_json()
        await world.play("socket", do="mute")
        ended = (await socket.receive()).type
    assert aiohttp.WSMsgType.ERROR == ended


async def test_anything_can_be_said_to_a_connection(tmp_path: Path) -> None:
    async with land(tmp_path, Clock()) as world, connected(world, 1) as sockets:
        await world.play("socket", do="say", text="{half")
        assert "{half" == (await sockets[0].receive()).data


@pytest.mark.parametrize(("open", "carried"), [(2, [1, 1]), (1, [2])], ids=["by-two", "by-the-only-one"])
async def test_a_payload_comes_twice(tmp_path: Path, open: int, carried: list[int]) -> None:
    async with land(tmp_path, Clock()) as world, connected(world, open) as sockets:
        texts: list[list[str]] = [[] for _ in sockets]
        async with asyncio.TaskGroup() as group:
            echoes = [group.create_task(count(*pair)) for pair in zip(sockets, texts, strict=True)]
            await world.play("socket", do="twice", times=1)
            first = await world.play("command", user="U_MIA", channel="C_SHOP", text="/purge a")
            twice = [len(heard) for heard in texts]
            await world.play("command", user="U_MIA", channel="C_SHOP", text="/purge b")
            for task in echoes:
                task.cancel()
    assert ({"status": 200, "ack": None}, carried) == (first, twice)
    assert sum(carried) + 1 == sum(len(heard) for heard in texts)


async def count(socket: aiohttp.ClientWebSocketResponse, texts: list[str]) -> None:
    while True:
        envelope = await socket.receive_json()
        texts.append(envelope["payload"]["text"])
        await socket.send_json({"envelope_id": envelope["envelope_id"]})


@pytest.mark.parametrize("at", ["sent", "acked"])
async def test_what_a_cut_connection_carried_comes_again_by_another(tmp_path: Path, at: str) -> None:
    async with land(tmp_path, Clock()) as world, connected(world, 2) as sockets:
        await world.play("socket", do="drop", at=at)
        said = asyncio.create_task(world.play("mention", user="U_MIA", channel="C_SHOP", text="@purgebot help"))
        first = await sockets[1].receive_json()
        await sockets[1].send_json({"envelope_id": first["envelope_id"]})
        again = await sockets[0].receive_json()
        await sockets[0].send_json({"envelope_id": again["envelope_id"]})
        await said
        await world.slack.settled()
    assert first["payload"] == again["payload"]
    assert [(0, ""), (1, "error")] == [(one["retry_attempt"], one["retry_reason"]) for one in (first, again)]


async def test_what_was_not_acknowledged_in_time_comes_again_by_another(tmp_path: Path) -> None:
    async with land(tmp_path, Clock(), deadline=0.05) as world, connected(world, 3) as sockets:
        await world.play("mention", user="U_MIA", channel="C_SHOP", text="@purgebot help")
        await world.slack.settled()
        carried = [await heard_by(socket) for socket in sockets]
    assert 4 == sum(len(numbers) for numbers in carried)
    assert not any(after - before == 1 for numbers in carried for before, after in itertools.pairwise(numbers))


async def heard_by(socket: aiohttp.ClientWebSocketResponse) -> list[int]:
    """Which attempts came by a connection that nobody has read from."""
    attempts: list[int] = []
    with contextlib.suppress(TimeoutError):
        while True:
            attempts.append((await socket.receive_json(timeout=0.05))["retry_attempt"])
    return attempts


ACKS: list[object] = [
    pytest.param('{"envelope_id": "none"}', "an answer has an envelope_id that was never sent: none", id="unknown"),
    pytest.param("[1]", "an answer is no JSON object", id="a-list"),
    pytest.param("moon", "an answer is no JSON object", id="not-json"),
    pytest.param(
        '{"envelope_id": "ID", "payload": "x"}',
        "slash_commands: an answer has a payload that is no object",
        id="a-payload-that-is-text",
    ),
]


@pytest.mark.parametrize(("answer", "noted"), ACKS)
async def test_what_acknowledges_nothing_is_noted(tmp_path: Path, answer: str, noted: str) -> None:
    async with land(tmp_path, Clock(), deadline=0.05) as world, connected(world, 1) as sockets:
        said = asyncio.create_task(world.play("command", user="U_MIA", channel="C_SHOP", text="/purge a"))
        envelope = await sockets[0].receive_json()
        await sockets[0].send_str(answer.replace("ID", envelope["envelope_id"]))
        outcome = await said
        shown = (await world.people.get("/_play/socket")).json()
    assert ("operation_timeout", [noted]) == (outcome["error"], shown["notes"])


async def test_an_ack_too_many_and_one_in_the_wrong_shape_are_noted(tmp_path: Path) -> None:
    async with land(tmp_path, Clock()) as world, connected(world, 2) as sockets:
        said = asyncio.create_task(world.play("mention", user="U_MIA", channel="C_SHOP", text="@purgebot help"))
        id = (await sockets[1].receive_json())["envelope_id"]
        await sockets[0].send_json({"envelope_id": id, "payload": {"text": "a"}, "moon": 1})
        outcome = await said
        await sockets[1].send_json({"envelope_id": id})
        await sockets[1].close()
        await world.slack.sockets.standing(1)
    assert {"status": 200, "ack": None} == {name: outcome[name] for name in ("status", "ack")}
    assert [
        "events_api: an answer came by another connection than its envelope",
        "events_api: an answer has moon",
        "events_api: an answer has a payload, which an event takes none of",
        "events_api: an envelope was answered again",
    ] == list(world.slack.sockets.notes)


WRONG: list[object] = [
    pytest.param({"do": "drop", "which": 3}, "There is no connection 3. Let the bot open one first.", id="no-such"),
    pytest.param({"do": "explode"}, "/_play/socket cannot read do: Input should be", id="an-unknown-deed"),
    pytest.param({}, "/_play/socket cannot read do: Field required. Send do", id="nothing"),
]


@pytest.mark.parametrize(("body", "told"), WRONG)
async def test_a_wrong_call_is_told_what_to_send(tmp_path: Path, body: Doc, told: str) -> None:
    async with land(tmp_path, Clock()) as world:
        answer = await world.people.post("/_play/socket", json=body)
    assert (400, told) == (answer.status_code, answer.json()["error"][: len(told)])
