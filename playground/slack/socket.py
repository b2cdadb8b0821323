"""Socket Mode: tickets, hello, envelopes, acks and disconnects.

Source: https://docs.slack.dev/apis/events-api/using-socket-mode, read 2026-11-23. Slack's sockets live on a host of
their own; here they have a port of their own, remembered, and opened when the first app asks for one. Slack does not
say what becomes of a payload whose connection ends before its ack: here nobody has it, and an event comes again.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Callable, Mapping

from aiohttp import web

from playground.people import APP
from playground.slack.envelopes import KEPT, Envelopes
from playground.slack.link import CLOSE_SECONDS, PING_SECONDS, Doc, Link, Mishap
from playground.store import Store

CONNECTIONS = 10
TICKET_SECONDS = 30.0
WARNED_SECONDS = 10.0  # between `warning` and the end of a connection
SCHEMA = "CREATE TABLE IF NOT EXISTS slack_ports (name TEXT PRIMARY KEY, port INTEGER NOT NULL)"


class NoSuchLink(Exception):
    """A connection that is not there, and which are."""


class Sockets:
    """Every open connection of the app. Each payload goes to one of them, in turn."""

    def __init__(self, store: Store, now: Callable[[], float], warned_for: float = WARNED_SECONDS) -> None:
        self._store = store
        self._now = now
        self._warned_for = warned_for
        self._tickets: dict[str, float] = {}
        self._open: list[Link] = []
        self._envelopes = Envelopes()
        self._carriers: dict[str, Link] = {}
        self._to_come: list[tuple[str, Mishap]] = []
        self._twice = 0
        self._turn = 0
        self._opened = 0
        self.story: deque[str] = deque(maxlen=KEPT)
        self._news = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self._port = 0
        self._opening = asyncio.Lock()
        store.execute(SCHEMA)

    @property
    def count(self) -> int:
        """How many connections are open."""
        return len(self._open)

    @property
    def numbers(self) -> list[int]:
        """The open connections, oldest first, each by its number since the start."""
        return [link.number for link in self._open]

    @property
    def notes(self) -> deque[str]:
        """What was wrong with the bot's acks."""
        return self._envelopes.notes

    async def opened(self, times: int) -> int:
        """Wait until `times` connections have been opened since the start; how many there were."""
        await self._until(lambda: self._opened >= times)
        return self._opened

    async def standing(self, count: int) -> list[int]:
        """Wait until exactly `count` connections are open; their numbers."""
        await self._until(lambda: self.count == count)
        return self.numbers

    async def told(self, *story: str) -> None:
        """Wait until `story` happened: "1 open", "1 warning", "1 closed", …"""
        await self._until(lambda: set(story) <= set(self.story))

    async def ticket(self) -> str:
        """An address that opens one connection, once, within TICKET_SECONDS."""
        async with self._opening:
            await self._listen()
        ticket = secrets.token_hex(16)
        self._tickets[ticket] = self._now() + TICKET_SECONDS
        return f"ws://127.0.0.1:{self._port}/link/?ticket={ticket}&app_id={APP}"

    async def deliver(self, kind: str, payload: Mapping[str, object], retry: int, reason: str) -> Doc | None:
        """Send one envelope and wait for its ack; None where there is no connection, or it ended. The caller has the
        patience. What comes again goes by another connection where there is one."""
        event = str(payload.get("event_id", ""))
        links = self._chosen(event, retry)
        acks = await asyncio.gather(*(self._send(link, kind, payload, retry, reason) for link in links))
        ack = next((ack for ack in acks if ack is not None), None)
        if ack is not None:
            self._carriers.pop(event, None)
        return ack

    def reset(self) -> None:
        """Nothing is to befall a connection, and nothing is noted."""
        self._to_come.clear()
        self._twice = 0
        self.notes.clear()

    def twice(self, times: int) -> None:
        """Send the next `times` payloads to two connections at once, or twice by the only one."""
        self._twice = times

    async def befall(self, mishap: Mishap, at: str = "now", times: int = 1) -> None:
        """Let it happen: now; to a connection that has just been "sent" a payload; or when an ack comes, unheard
        ("acked"), each `times` times. Raises NoSuchLink."""
        links = self._meant(mishap)
        if at != "now":
            self._to_come += [(at, mishap)] * times
            return
        for link in links:
            await self._strike(link, mishap)

    async def disconnect(self, reason: str) -> None:
        """Tell every connection to go: `warning` closes it after WARNED_SECONDS, the others close it now."""
        await self.befall(Mishap("disconnect", reason))

    async def stop(self) -> None:
        """Close everything."""
        await asyncio.gather(*(link.close() for link in self._open))
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _until(self, happened: Callable[[], bool]) -> None:
        async with self._news:
            await self._news.wait_for(happened)

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
        if self._tickets.pop(request.query.get("ticket", ""), 0.0) <= self._now():
            return web.Response(status=403, text="This ticket was used or is too old.")
        socket = web.WebSocketResponse(heartbeat=PING_SECONDS, timeout=CLOSE_SECONDS)
        await socket.prepare(request)
        link = Link(self._opened + 1, socket, request)
        if self.count >= CONNECTIONS:
            await link.send_off("too_many_websockets", self._warned_for)
            return socket
        self._open.append(link)
        self._opened += 1
        try:
            await link.send(_hello(self.count))
            await self._tell(link, "open")
            async for text in link.heard():
                await self._heard(text, link)
        finally:
            self._open.remove(link)
            self._envelopes.lost(link)
            await self._tell(link, "closed")
        return socket

    async def _tell(self, link: Link, what: str) -> None:
        async with self._news:
            self.story.append(f"{link.number} {what}")
            self._news.notify_all()

    async def _heard(self, text: str, link: Link) -> None:
        found = self._envelopes.read(text, link)
        if found is None:
            return
        sent, ack = found
        if not await self._happens("acked", link):
            sent.ack.set_result(ack)

    async def _send(self, link: Link, kind: str, payload: Mapping[str, object], retry: int, reason: str) -> Doc | None:
        sent = self._envelopes.send(kind, link)
        if not await link.send(sent.frame(payload, retry, reason)):
            return None
        await self._happens("sent", link)
        return await sent.ack

    async def _happens(self, at: str, link: Link) -> bool:
        """Whether something was to befall `link` at this moment; then it has."""
        which = self._open.index(link) if link in self._open else -1
        for moment, mishap in self._to_come:
            if moment == at and mishap.which in (None, which):
                self._to_come.remove((moment, mishap))
                await self._strike(link, mishap)
                return True
        return False

    async def _strike(self, link: Link, mishap: Mishap) -> None:
        await self._tell(link, mishap.reason or mishap.do)
        await link.befall(mishap, self._warned_for)

    def _meant(self, mishap: Mishap) -> list[Link]:
        if mishap.which is None:
            return list(self._open)
        if mishap.which >= self.count:
            known = f"Send which from 0 to {self.count - 1}." if self._open else "Let the bot open one first."
            raise NoSuchLink(f"There is no connection {mishap.which}. {known}")
        return [self._open[mishap.which]]

    def _chosen(self, event: str, retry: int) -> list[Link]:
        carrier = self._carriers.pop(event, None)
        alive = [link for link in self._open if link.is_open]
        others = [link for link in alive if link is not carrier] if retry else alive
        chosen = self._next(others or alive) if alive else []
        if event and chosen:
            self._carriers[event] = chosen[0]
        return chosen

    def _next(self, links: list[Link]) -> list[Link]:
        self._turn += 1
        first, second = (links[(self._turn + n) % len(links)] for n in range(2))
        if not self._twice:
            return [first]
        self._twice -= 1
        return [first, second]


async def _bound(runner: web.AppRunner, port: int) -> int:
    """Listen on `port`, or on any free one where it is taken."""
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
    except OSError:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
    return int(runner.addresses[0][1])


def _hello(count: int) -> Doc:
    return {
        "type": "hello", "num_connections": count, "connection_info": {"app_id": APP},
        "debug_info": {"host": "playground", "approximate_connection_time": 3600},
    }  # fmt: skip
