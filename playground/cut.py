"""Cutting a connection: what a network does to a caller in the middle of a request, and no web framework offers.

Serve with `uvicorn.Config(app, http=CuttableProtocol)`; then any app below, at whatever mount, may `await cut(…)`.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import cast

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

_CUT = "playground.cut"


class CuttableProtocol(H11Protocol):
    """HTTP/1.1 whose requests know how to close their own connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Give every request of this connection its scissors."""
        self.app_state = {**self.app_state, _CUT: transport.close}
        # asyncio does it only for sockets made with IPPROTO_TCP; without it each answer waits 40 ms for an ACK.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().connection_made(transport)


async def cut(scope: Scope, receive: Receive, send: Send) -> None:
    """Close the connection of this request without an answer; under another server, in the middle of one."""
    scissors = cast("Callable[[], None] | None", scope.get("state", {}).get(_CUT))
    if scissors is None:
        await send({"type": "http.response.start", "status": 502, "headers": [(b"content-length", b"1")]})
        return
    scissors()
    await gone(receive)


async def gone(receive: Receive) -> None:
    """Return once the caller has hung up."""
    while (await receive())["type"] != "http.disconnect":
        pass
