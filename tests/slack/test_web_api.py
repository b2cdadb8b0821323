"""How calls reach Slack's Web API."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from bot.slack.app import web_client
from bot.slack.web_api import SlackApi

OK = b'{"ok": true}'


@contextlib.asynccontextmanager
async def slack(seen: list[int], hangs_up: bool) -> AsyncIterator[SlackApi]:
    """A Slack that notes the requests of each connection, and may end one as soon as it is idle."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(0)
        with contextlib.suppress(asyncio.IncompleteReadError):
            while await reader.readuntil(b"\r\n\r\n"):
                seen[-1] += 1
                head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(OK)}\r\n\r\n"
                writer.write(head.encode() + OK)
                if hangs_up:
                    break
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    api = SlackApi(web_client("xoxb-fake", f"http://{host}:{port}/api/"))
    async with server:
        yield api
        await api.close()


async def test_calls_that_follow_each_other_share_a_connection() -> None:
    seen: list[int] = []
    async with slack(seen, hangs_up=False) as api:
        api.keep()
        told = [dict(await api.call("auth.test")) for _ in range(3)]
    assert ([{"ok": True}] * 3, [3]) == (told, seen)


async def test_a_connection_that_slack_ended_is_replaced() -> None:
    seen: list[int] = []
    async with slack(seen, hangs_up=True) as api:
        api.keep()
        told = [dict(await api.call("auth.test")) for _ in range(3)]
    assert ([{"ok": True}] * 3, [1, 1, 1]) == (told, seen)
