"""Socket Mode: tickets, hello, envelopes, acks and disconnects.

Source: https://docs.slack.dev/apis/events-api/using-socket-mode, read 2026-11-23. Slack's sockets live on a host of
their own; here they have a port of their own, remembered, and opened when the first app asks for one.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Mapping

from aiohttp import WSMsgType, web

from playground.people import APP
from playground.store import Store

CONNECTIONS = 10
TICKET_SECONDS = 30.0
PING_SECONDS = 30.0
CLOSE_SECONDS = 0.5  # an app that does not say goodbye in return is left
SCHEMA = "CREATE TABLE IF NOT EXISTS slack_ports (name TEXT PRIMARY KEY, port INTEGER NOT NULL)"

Doc = dict[str, object]


class Sockets:
    """Every open connection of the app. Each payload goes to one of them, in turn."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._tickets: set[str] = set()
        self._open: list[web.WebSocketResponse] = []
        self._acks: dict[str, asyncio.Future[Doc]] = {}
        self._turn = 0
        self._opened = 0
        self._news = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self._port = 0
        self._opening = asyncio.Lock()
        store.execute(SCHEMA)

    @property
    def count(self) -> int:
        """How many connections are open."""
        return len(self._open)

    async def opened(self, times: int) -> int:
        """Wait until `times` connections have been opened since the start; how many there were."""
        async with self._news:
            await self._news.wait_for(lambda: self._opened >= times)
        return self._opened

    async def ticket(self) -> str:
        """An address that opens one connection, once, within TICKET_SECONDS."""
        async with self._opening:
            await self._listen()
        ticket = secrets.token_hex(16)
        self._tickets.add(ticket)
        asyncio.get_running_loop().call_later(TICKET_SECONDS, self._tickets.discard, ticket)
        return f"ws://127.0.0.1:{self._port}/link/?ticket={ticket}&app_id={APP}"

    async def deliver(self, kind: str, payload: Mapping[str, object], retry: int, reason: str) -> Doc | None:
        """Send one envelope and wait for its ack; None where there is no connection. The caller has the patience."""
        socket = self._next()
        if socket is None:
            return None
        envelope = secrets.token_hex(16)
        doc: Doc = {"envelope_id": envelope, "type": kind, "payload": payload}
        doc |= {"accepts_response_payload": kind != "events_api"}
        doc |= {"retry_attempt": retry, "retry_reason": reason} if kind == "events_api" else {}
        self._acks[envelope] = asyncio.get_running_loop().create_future()
        try:
            await socket.send_json(doc)
            return await self._acks[envelope]
        finally:
            del self._acks[envelope]

    async def disconnect(self, reason: str) -> None:
        """Tell every connection to go: `warning` comes about 10 s ahead and closes nothing, the others close."""
        for socket in list(self._open):
            await _send_off(socket, reason)

    async def stop(self) -> None:
        """Close everything."""
        await asyncio.gather(*(socket.close() for socket in self._open))
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _listen(self) -> None:
        if self._runner is not None:
            return
        app = web.Application()
        app.router.add_get("/link/", self._link)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        self._port = await _bound(self._runner, self._remembered())
        self._store.execute("INSERT OR REPLACE INTO slack_ports VALUES ('socket', ?)", (self._port,))

    def _remembered(self) -> int:
        rows = self._store.rows("SELECT port FROM slack_ports WHERE name = 'socket'")
        return int(rows[0]["port"]) if rows else 0

    async def _link(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403, text="This ticket was used or is too old.")
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(heartbeat=PING_SECONDS, timeout=CLOSE_SECONDS)
        await socket.prepare(request)
        if self.count >= CONNECTIONS:
            await _send_off(socket, "too_many_websockets")
            return socket
        self._open.append(socket)
        try:
            await socket.send_json(_hello(self.count))
            await self._announce()
            await self._listen_to(socket)
        finally:
            self._open.remove(socket)
        return socket

    async def _announce(self) -> None:
        async with self._news:
            self._opened += 1
            self._news.notify_all()

    async def _listen_to(self, socket: web.WebSocketResponse) -> None:
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            ack = _read(message.data)
            waiting = self._acks.get(str(ack.get("envelope_id", "")))
            if waiting is not None and not waiting.done():
                waiting.set_result(ack)

    def _next(self) -> web.WebSocketResponse | None:
        alive = [socket for socket in self._open if not socket.closed]
        if not alive:
            return None
        self._turn += 1
        return alive[self._turn % len(alive)]


async def _bound(runner: web.AppRunner, port: int) -> int:
    """Listen on `port`, or on any free one where it is taken."""
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
    except OSError:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
    return int(runner.addresses[0][1])


async def _send_off(socket: web.WebSocketResponse, reason: str) -> None:
    await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "playground"}})
    if reason != "warning":
        await socket.close()


def _hello(count: int) -> Doc:
    return {
        "type": "hello", "num_connections": count, "connection_info": {"app_id": APP},
        "debug_info": {"host": "playground", "approximate_connection_time": 3600},
    }  # fmt: skip


def _read(text: str) -> Doc:
    try:
        doc = json.loads(text)
    except ValueError:
        return {}
    return doc if isinstance(doc, dict) else {}
