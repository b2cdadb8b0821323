"""The connection of one look. It is read in small pieces, and few looks go on in each round of the loop, so that
answers of ten thousand crumbs hold nobody up, however many they are; one that comes in crumbs alone is given up."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable, Iterable

import httpcore
import httpx

from bot.domain.proof.behind import BEHIND_PROOFS
from bot.edge.heads import Heads
from bot.edge.mishaps import Crumbs

OF_PROOFS = 8  # looks that go on in one round
READ = 8 * 1024  # bytes at once: as chunks of one byte about 35 ms of work
_Options = Iterable[tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]]


class Turns:
    """Whoever waits here goes on in the order in which they came: in each round of the loop one of what people look at,
    and OF_PROOFS beside it, so that no proof waits for what somebody's pages cost."""

    def __init__(self) -> None:
        self._proofs: deque[asyncio.Event] = deque()
        self._others: deque[asyncio.Event] = deque()
        self._goes_on = False

    async def wait(self) -> None:
        """Wait for one's turn."""
        turn = asyncio.Event()
        (self._others if BEHIND_PROOFS.get() else self._proofs).append(turn)
        if not self._goes_on:
            self._goes_on = True
            asyncio.get_running_loop().call_soon(self._next)
        await turn.wait()

    def _next(self) -> None:
        for _ in range(min(OF_PROOFS, len(self._proofs))):
            self._proofs.popleft().set()
        if self._others:
            self._others.popleft().set()
        self._goes_on = bool(self._proofs or self._others)
        if self._goes_on:
            asyncio.get_running_loop().call_soon(self._next)


class Direct(httpx.AsyncHTTPTransport):
    """One connection, without proxies. What comes over it may raise Unusable too."""

    def __init__(self, tls: ssl.SSLContext, turns: Turns) -> None:
        super().__init__(verify=tls, trust_env=False)
        self._dialling = _Dialling(turns)
        self._pool = httpcore.AsyncConnectionPool(ssl_context=tls, max_connections=1, network_backend=self._dialling)

    @property
    def has_heard(self) -> bool:
        """Whether anything of an answer came."""
        return self._dialling.has_heard


class _Dialling(httpcore.AnyIOBackend):
    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self.has_heard = False

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - as httpcore has it
        local_address: str | None = None,
        socket_options: _Options | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """The connection, counted."""
        return Line(
            await super().connect_tcp(host, port, timeout, local_address, socket_options), self._turns, self._hear
        )

    def _hear(self) -> None:
        self.has_heard = True


def _nobody() -> None:
    """Nobody is told."""


class Line(httpcore.AsyncNetworkStream):
    """A connection whose answer is counted as it arrives; whenever some of it does, `hear` is told."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, turns: Turns, hear: Callable[[], None] = _nobody) -> None:
        self._stream = stream
        self._turns = turns
        self._hear = hear
        self._heads = Heads()
        self._crumbs = Crumbs()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - as httpcore has it
        """What is there, at most READ bytes of it. Raises Unusable."""
        data = await self._stream.read(min(max_bytes, READ), timeout)
        await self._turns.wait()
        self._heads.take(data)
        self._crumbs.take(len(data))
        if data:
            self._hear()
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - as httpcore has it
        """Send `buffer`."""
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
        return Line(await self._stream.start_tls(ssl_context, server_hostname, timeout), self._turns, self._hear)

    def get_extra_info(self, info: str) -> object:
        """What else is known of it."""
        return self._stream.get_extra_info(info)
