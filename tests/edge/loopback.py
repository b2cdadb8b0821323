"""A real server on loopback that writes exactly the bytes it is told to, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

Speak = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Asked:
    """What came in: the heads of the requests as sent, and the names of TLS."""

    url: str = ""
    port: int = 0
    heads: list[bytes] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    connections: int = 0


@asynccontextmanager
async def serving(speak: Speak | bytes, tls: ssl.SSLContext | None = None) -> AsyncIterator[Asked]:
    """Answer every request with the same bytes, or let `speak` write them; then hang up."""
    asked = Asked()

    talks: set[asyncio.Task[object]] = set()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.heads.append(await reader.readuntil(b"\r\n\r\n"))
        if isinstance(speak, bytes):
            writer.write(speak)
        else:
            await speak(writer)
        await writer.drain()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.connections += 1
        if (talk := asyncio.current_task()) is not None:
            talks.add(talk)
        with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, asyncio.CancelledError):
            await converse(reader, writer)
        writer.close()
        with suppress(ConnectionError, ssl.SSLError):
            await writer.wait_closed()

    if tls is not None:
        tls.sni_callback = lambda _socket, name, _context: asked.names.append(name or "")
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    asked.port = server.sockets[0].getsockname()[1]
    asked.url = f"{'https' if tls else 'http'}://127.0.0.1:{asked.port}"
    async with server:
        yield asked
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


def answer(body: bytes = b"", *headers: str, status: str = "200 OK") -> bytes:
    """An HTTP answer with its length."""
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers)
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body
