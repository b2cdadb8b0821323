"""One WebSocket to Slack: frames come in, acks go out, until Slack wants it gone or it is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import aiohttp
import structlog

from bot.slack.frames import Envelope, Farewell, Hello, Reason, Strange, read

log = structlog.get_logger()
FINISH_SECONDS = 2.0  # for deliveries in hand, before a connection is closed
CLOSE_SECONDS = 0.7  # for Slack's own goodbye

# What to say to an envelope: a payload, perhaps an empty one; None leaves it without an ack.
Take = Callable[[Envelope], Awaitable[Mapping[str, object] | None]]
Socket = aiohttp.ClientWebSocketResponse


class Connection:
    """Reads as soon as it is made; `leave` ends it."""

    def __init__(self, socket: Socket, take: Take) -> None:
        self._socket = socket
        self._take = take
        self._greeted = asyncio.Event()
        self._over = asyncio.Event()
        self._reason = Reason.LOST
        self._in_hand: set[asyncio.Task[None]] = set()
        self._reader = asyncio.get_running_loop().create_task(self._read())

    async def greeted(self) -> None:
        """Return once Slack said hello or sent it off."""
        await self._greeted.wait()

    async def over(self) -> Reason:
        """Return once it should be replaced, and why. It goes on reading until it is left."""
        await self._over.wait()
        return self._reason

    @property
    def reason(self) -> Reason | None:
        """Why it is over; None while it is not."""
        return self._reason if self._over.is_set() else None

    async def leave(self) -> None:
        """Acknowledge what is in hand, then close: FINISH_SECONDS and CLOSE_SECONDS at most. What comes later is not
        acknowledged, so Slack knows that nobody has it."""
        if self._in_hand and not self._socket.closed:
            await asyncio.wait(self._in_hand, timeout=FINISH_SECONDS)
        await self._socket.close()
        for task in (*self._in_hand, self._reader):
            task.cancel()
        await asyncio.gather(*self._in_hand, self._reader, return_exceptions=True)

    async def _read(self) -> None:
        try:
            async for message in self._socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._heard(message.data)
                elif message.type is aiohttp.WSMsgType.BINARY:
                    log.warning("socket_frame_strange", why="not text")
        finally:
            self._end(Reason.LOST)

    def _heard(self, text: str) -> None:
        match read(text):
            case Hello():
                self._greeted.set()
            case Farewell(reason):
                log.info("socket_to_be_closed", reason=reason.value)
                self._end(reason)
            case Envelope() as envelope:
                self._begin(self._deliver(envelope))
            case Strange(why, id):
                log.warning("socket_frame_strange", why=why)
                if id:  # it would come again, as strange
                    self._begin(self._say(id, {}))

    def _end(self, reason: Reason) -> None:
        if not self._over.is_set():
            self._reason = reason
        self._over.set()
        self._greeted.set()

    def _begin(self, deed: Awaitable[None]) -> None:
        task = asyncio.ensure_future(deed)
        self._in_hand.add(task)
        task.add_done_callback(self._in_hand.discard)

    async def _deliver(self, envelope: Envelope) -> None:
        if envelope.attempt:
            log.info("delivery_came_again", kind=envelope.kind, attempt=envelope.attempt, reason=envelope.why_again)
        answer = await self._take(envelope)
        if answer is not None:
            await self._say(envelope.id, answer)

    async def _say(self, id: str, answer: Mapping[str, object]) -> None:
        """Acknowledge. Where the connection is gone Slack, or whoever asked, sends the same again: it has the same key
        in the ledger and changes nothing."""
        try:
            await self._socket.send_json({"envelope_id": id, **({"payload": dict(answer)} if answer else {})})
        except (aiohttp.ClientError, ConnectionError) as exc:
            log.warning("ack_lost", error=type(exc).__name__)
