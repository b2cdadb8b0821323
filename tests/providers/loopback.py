"""A TCP server that does as told with each connection, and remembers what it was sent, byte for byte."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Deed = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass(slots=True)
class Loopback:
    """Where it listens, and the head of each request that came."""

    port: int = 0
    heads: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def targets(self) -> list[bytes]:
        """The request targets that came."""
        return [head.split(b" ")[1] for head in self.heads]

    def values(self, name: bytes) -> list[bytes]:
        """All values of a header, over all requests."""
        lines = (line.partition(b":") for head in self.heads for line in head.split(b"\r\n")[1:])
        return [value.strip() for key, _, value in lines if key.lower() == name]


@asynccontextmanager
async def loopback(deed: Deed) -> AsyncIterator[Loopback]:
    """A server that does `deed` after each request's head, then closes."""
    seen = Loopback()
    open_: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_.add(task)
        try:
            seen.heads.append(await reader.readuntil(b"\r\n\r\n"))
            await deed(writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            open_.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    seen.port = server.sockets[0].getsockname()[1]
    try:
        yield seen
    finally:
        server.close()
        for task in list(open_):
            task.cancel()
        await asyncio.gather(*open_, return_exceptions=True)


def answering(status: str, body: str = "", *headers: str) -> Deed:
    """Answer whole, then close."""

    async def deed(writer: asyncio.StreamWriter) -> None:
        length = f"Content-Length: {len(body.encode())}"
        writer.write("\r\n".join([f"HTTP/1.1 {status}", "Connection: close", length, *headers, "", body]).encode())

    return deed


def saying(raw: bytes) -> Deed:
    """Send these bytes, then close."""

    async def deed(writer: asyncio.StreamWriter) -> None:
        writer.write(raw)

    return deed


async def cutting(writer: asyncio.StreamWriter) -> None:
    """Cut the connection without a word."""
    writer.transport.abort()


async def never(writer: asyncio.StreamWriter) -> None:
    """Keep the connection and say nothing."""
    await asyncio.Event().wait()


async def forever(writer: asyncio.StreamWriter) -> None:
    """Answer with a body that does not end."""
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"8000\r\n" + b"x" * 0x8000 + b"\r\n")
        await writer.drain()
