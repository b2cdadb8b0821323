"""RESP, Redis' protocol, versions 2 and 3, and a server that speaks it on a port of its own.

https://redis.io/docs/latest/develop/reference/protocol-spec/, 2026-11-25. Strict: only arrays of bulk strings come in,
as every client library sends them, and no inline commands.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Union, cast

from playground.faults import SLOW_SECONDS
from playground.http import HOLD_SECONDS, STOP_SECONDS, listen_again, remembered_port
from playground.store import Store

WORDS_MAX, WORD_MAX = 2**31 - 1, 512 * 1024 * 1024
STRANGER_WORDS_MAX, STRANGER_WORD_MAX = 10, 16384  # before AUTH
LINE_MAX = 64 * 1024

Value = Union[str, bytes, int, None, "Text", Sequence["Value"], Mapping[str, "Value"]]


@dataclass(frozen=True, slots=True)
class Text:
    """A text for people, such as INFO's."""

    text: str


class Refused(Exception):
    """An error as it goes on the wire: a word in capitals, and what is wrong."""


class Malformed(Exception):
    """What came is no RESP; the connection ends after this error."""


@dataclass(slots=True)
class Session:
    """What one connection has agreed on."""

    number: int
    is_known: bool = False
    version: int = 2


@dataclass(frozen=True, slots=True)
class Told:
    """An answer as bytes, and the fault that it is given with."""

    reply: bytes
    fault: str = ""


class Answering(Protocol):
    """What stands behind the port."""

    def answer(self, session: Session, words: Sequence[bytes]) -> Told:
        """Do one command."""
        ...


def encoded(value: Value, version: int) -> bytes:
    """`value` on the wire: str is a simple string, bytes a bulk string."""
    match value:
        case None:
            return b"_\r\n" if version == 3 else b"$-1\r\n"
        case int():
            return b":%d\r\n" % value
        case str():
            return f"+{value}\r\n".encode()
        case bytes():
            return b"$%d\r\n%b\r\n" % (len(value), value)
        case Text(text):
            raw = text.encode()
            return b"=%d\r\ntxt:%b\r\n" % (len(raw) + 4, raw) if version == 3 else encoded(raw, version)
        case Mapping():
            pairs = b"".join(encoded(name.encode(), version) + encoded(one, version) for name, one in value.items())
            return (b"%%%d\r\n" % len(value) if version == 3 else b"*%d\r\n" % (2 * len(value))) + pairs
        case _:
            return b"*%d\r\n" % len(value) + b"".join(encoded(one, version) for one in value)


def error(text: str) -> bytes:
    """An error on the wire."""
    return f"-{text}\r\n".encode("latin-1", "replace")


async def read_command(reader: asyncio.StreamReader, session: Session) -> list[bytes]:
    """The next command's words; none at the end. Raises Malformed."""
    words: list[bytes] = []
    while not words:  # an array of nothing is no command
        line = await _line(reader)
        if line is None:
            return []
        if not line.startswith(b"*"):
            raise Malformed("ERR Protocol error: expected '*', this Redis takes no inline commands")
        count = _number(line[1:], WORDS_MAX, "invalid multibulk length")
        if count > STRANGER_WORDS_MAX and not session.is_known:
            raise Malformed("ERR Protocol error: unauthenticated multibulk length")
        for _ in range(count):
            words.append(await _word(reader, session))
    return words


async def _word(reader: asyncio.StreamReader, session: Session) -> bytes:
    line = await _line(reader)
    if line is None:
        raise asyncio.IncompleteReadError(b"", None)
    if not line.startswith(b"$"):
        got = line[:1].decode("latin-1")
        raise Malformed(f"ERR Protocol error: expected '$', got '{got}'")
    length = _number(line[1:], WORD_MAX, "invalid bulk length", least=0)
    if length > STRANGER_WORD_MAX and not session.is_known:
        raise Malformed("ERR Protocol error: unauthenticated bulk length")
    return (await reader.readexactly(length + 2))[:-2]


async def _line(reader: asyncio.StreamReader) -> bytes | None:
    try:
        return (await reader.readuntil(b"\r\n"))[:-2]
    except asyncio.IncompleteReadError:
        return None
    except asyncio.LimitOverrunError as exc:
        raise Malformed("ERR Protocol error: too big mbulk count string") from exc


def _number(text: bytes, most: int, wrong: str, least: int = -1) -> int:
    try:
        number = int(text)
    except ValueError:
        number = most + 1
    if not least <= number <= most:
        raise Malformed(f"ERR Protocol error: {wrong}")
    return number


class RespServer:
    """One Redis on a loopback port of its own, the same after a restart where it is still free."""

    def __init__(self, store: Store, name: str, redis: Answering) -> None:
        self._store = store
        self._name = name
        self._redis = redis
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._numbers = 0

    @property
    def url(self) -> str:
        """Where it is, without a password."""
        return f"redis://127.0.0.1:{remembered_port(self._store, self._name)}"

    async def start(self) -> None:
        """Listen; nothing where it listens already."""
        if self._server is None:
            listener = listen_again(self._store, self._name)
            self._server = await asyncio.start_server(self._connected, sock=listener, limit=LINE_MAX)

    async def stop(self) -> None:
        """Listen no more, and cut what is open."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        for talk, writer in self._open.items():
            writer.transport.abort()
            talk.cancel()
        if self._open:
            await asyncio.wait(self._open, timeout=STOP_SECONDS)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # asyncio does it only for sockets made with IPPROTO_TCP; without it each answer waits 40 ms for an ACK.
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        talk = cast("asyncio.Task[None]", asyncio.current_task())
        self._open[talk] = writer
        self._numbers += 1
        try:
            # A talk that is cancelled ends as if it were over, or asyncio complains of it.
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._talk(reader, writer, Session(self._numbers))
        finally:
            del self._open[talk]
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, session: Session) -> None:
        try:
            while words := await read_command(reader, session):
                told = self._redis.answer(session, words)
                if not await self._tell(told, reader, writer):
                    return
        except Malformed as exc:
            writer.write(error(str(exc)))
            await writer.drain()

    async def _tell(self, told: Told, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer as the fault wants it; whether the conversation goes on."""
        match told.fault:
            case "reset" | "down":
                return False
            case "timeout_after_effect":
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(HOLD_SECONDS):
                        await reader.read()
                return False
            case "slow":
                await asyncio.sleep(SLOW_SECONDS)
        writer.write(told.reply)
        await writer.drain()
        return told.fault not in ("throttle", "html")
