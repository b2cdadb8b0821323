"""The connection of one look. It is read in pieces, small ones where they are dear, and after each the look waits for
its turn; one that comes in crumbs alone is given up."""

from __future__ import annotations

import ssl
from collections.abc import Iterable

import httpcore
import httpx

from bot.edge.turns import Turn
from providers.heads import Crumbs, Heads

READ = 8 * 1024  # bytes at once, to begin with: as chunks of one byte about 35 ms of work
READ_MAX = 64 * 1024  # of what has proven cheap: each read is a lot of work by itself
CHEAP = 0.001  # seconds of computing for all of a read
_Options = Iterable[tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]]


class Direct(httpx.AsyncHTTPTransport):
    """One connection, without proxies. What comes over it may raise TooMuch too."""

    def __init__(self, tls: ssl.SSLContext, turn: Turn) -> None:
        super().__init__(verify=tls, trust_env=False)
        dialling = _Dialling(turn)
        self._pool = httpcore.AsyncConnectionPool(ssl_context=tls, max_connections=1, network_backend=dialling)


class _Dialling(httpcore.AnyIOBackend):
    def __init__(self, turn: Turn) -> None:
        self._turn = turn

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - as httpcore has it
        local_address: str | None = None,
        socket_options: _Options | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """The connection, counted."""
        self._turn.over()
        return Line(await super().connect_tcp(host, port, timeout, local_address, socket_options), self._turn)


class Line(httpcore.AsyncNetworkStream):
    """A connection whose answer is counted as it arrives."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, turn: Turn) -> None:
        self._stream = stream
        self._turn = turn
        self._heads = Heads()
        self._crumbs = Crumbs()
        self._most = 0
        self._before = 0.0  # seconds of computing, before what was read last

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - as httpcore has it
        """What is there, twice as much at most as the last time where that was cheap. Raises TooMuch."""
        self._turn.over()
        was_cheap = self._turn.cost - self._before < CHEAP
        self._most = max(READ, min(2 * self._most, READ_MAX)) if was_cheap else READ
        self._before = self._turn.cost
        data = await self._stream.read(min(max_bytes, self._most), timeout)
        if data:
            await self._turn.heard()
        self._heads.take(data)
        self._crumbs.take(len(data))
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - as httpcore has it
        """Send `buffer`."""
        self._turn.over()
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """Hang up."""
        self._turn.over()
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - as httpcore has it
    ) -> httpcore.AsyncNetworkStream:
        """The same connection, encrypted."""
        return Line(await self._stream.start_tls(ssl_context, server_hostname, timeout), self._turn)

    def get_extra_info(self, info: str) -> object:
        """What else is known of it."""
        return self._stream.get_extra_info(info)
