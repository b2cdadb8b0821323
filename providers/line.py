"""The connection of one call to a provider, whose answers are counted as they arrive: what grows without end is given
up before anybody has taken it apart."""

from __future__ import annotations

import ssl
from collections.abc import Iterable

import httpcore
import httpx

from providers.heads import Crumbs, Heads

READ = 16 * 1024  # bytes at once, so that chunks of one byte hold nobody up for long
_Options = Iterable[tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]]


class Bounded(httpx.AsyncHTTPTransport):
    """One connection that stays open for `idle` seconds between two calls, without proxies. What comes over it may
    raise TooMuch too."""

    def __init__(self, tls: ssl.SSLContext, idle: float) -> None:
        super().__init__(verify=tls, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls, max_connections=1, keepalive_expiry=idle, network_backend=_Dialling()
        )


class _Dialling(httpcore.AnyIOBackend):
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - as httpcore has it
        local_address: str | None = None,
        socket_options: _Options | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """The connection, counted."""
        return Line(await super().connect_tcp(host, port, timeout, local_address, socket_options))


class Line(httpcore.AsyncNetworkStream):
    """A connection each of whose answers is counted."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._heads, self._crumbs = Heads(), Crumbs()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - as httpcore has it
        """What is there, at most READ bytes of it. Raises TooMuch."""
        data = await self._stream.read(min(max_bytes, READ), timeout)
        self._heads.take(data)
        self._crumbs.take(len(data))
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - as httpcore has it
        """Send `buffer`; what is read after it is another answer."""
        self._heads, self._crumbs = Heads(), Crumbs()
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """Hang up."""
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - as httpcore has it
    ) -> httpcore.AsyncNetworkStream:
        """The same connection, encrypted."""
        return Line(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> object:
        """What else is known of it."""
        return self._stream.get_extra_info(info)
