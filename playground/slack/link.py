"""One WebSocket to the bot, and every way in which it can end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from aiohttp import WSMsgType, web

CLOSE_SECONDS = 0.5  # an app that does not say goodbye in return is left
PING_SECONDS = 30.0

Doc = dict[str, object]


@dataclass(frozen=True, slots=True)
class Mishap:
    """What befalls a connection: `do` is "disconnect", "drop", "mute" or "say"; `which` counts open ones from 0."""

    do: str
    reason: str = ""
    text: str = ""
    which: int | None = None


class Link:
    """An open connection; `number` counts from 1 since the start."""

    def __init__(self, number: int, socket: web.WebSocketResponse, request: web.Request) -> None:
        self.number = number
        self._socket = socket
        self._request = request
        self._closing: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        """Whether a payload can be sent by it."""
        return not self._socket.closed

    async def heard(self) -> AsyncIterator[str]:
        """What the bot says, until it is over."""
        async for message in self._socket:
            if message.type is WSMsgType.TEXT:
                yield message.data

    async def send(self, doc: Doc) -> bool:
        """Say `doc`; False where it is over."""
        try:
            await self._socket.send_json(doc)
        except ConnectionError:
            return False
        return True

    async def befall(self, mishap: Mishap, warned_for: float) -> None:
        """Let `mishap` happen to it."""
        match mishap.do:
            case "disconnect":
                await self.send_off(mishap.reason, warned_for)
            case "drop":
                self._drop()
            case "mute":
                self._mute()
            case "say":
                await self._socket.send_str(mishap.text)

    async def send_off(self, reason: str, warned_for: float) -> None:
        """Tell it to go. After `warning` it is closed when `warned_for` seconds are over, else at once."""
        if not await self.send({"type": "disconnect", "reason": reason, "debug_info": {"host": "playground"}}):
            return
        if reason != "warning":
            await self.close()
        elif self._closing is None:
            self._closing = asyncio.get_running_loop().create_task(self._close_later(warned_for))

    async def _close_later(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self._socket.close()

    async def close(self) -> None:
        """Close it, and wait for the end of its closing."""
        if self._closing is not None:
            self._closing.cancel()
            await asyncio.gather(self._closing, return_exceptions=True)
        await self._socket.close()

    def _drop(self) -> None:
        """Cut it without a word."""
        if self._request.transport is not None:
            self._request.transport.abort()

    def _mute(self) -> None:
        """Leave it open and hear nothing more: a ping goes unanswered."""
        if isinstance(self._request.transport, asyncio.Transport):
            self._request.transport.pause_reading()
