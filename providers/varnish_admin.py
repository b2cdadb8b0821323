"""The management port of Varnish and Vinyl Cache (varnishd -T): one connection a call, bounded in time.

    they   107 59······\\n<32 letters>…\\n           a challenge; 200 where no secret is asked for
    we     auth <SHA-256 of challenge \\n secret challenge \\n>
    they   200 …                                    or 500 and the end
    we     ban obj.http.x-host ~ "…" && …
    they   200 0·······\\n\\n

A frame is three digits, a blank, a length of eight characters, a line end, the text, a line end (varnish-cli(7),
checked on 7.1.1, 2026-11-23). The secret is the whole file with the line end it has; secrets reach an adapter without
it, so both forms are tried. Nothing but a right secret lets a ban through, so trying twice purges nothing twice.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from providers.causes import reason
from providers.errors import BadCredentials, OutcomeUnknown, PurgeError, Unavailable, WrongAddress, cleaned

CALL_SECONDS = 8.0  # one call in all
CONNECT_SECONDS = 3.0
TEXT_MAX = 1 << 20  # bytes of one answer; cli_limit is 48 kB by default
FIELD = r"(\[[0-9A-Fa-f:.]+\]|[^\s:\[\]/@]+):[0-9]{1,5}"
OK, TRUNCATED, LOCKED = 200, 201, 107
_HEAD = re.compile(rb"([0-9]{3}) ([0-9]{1,8}) *\n")
_CHALLENGE = 32
SECRET = "Set `secret` to the file that varnishd's -S names: {file: /etc/varnish/secret}."
PORT = "Is `admin` what varnishd's -T says, such as 10.0.0.5:6082?"
LOOK = "If it stays, look at `varnishadm status` and varnishd's own log there."


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of the port."""

    status: int
    text: str

    @property
    def good(self) -> bool:
        """Whether it is a yes, cut short or not."""
        return self.status in (OK, TRUNCATED)


class AdminPort:
    """One Varnish's management port. `who` names it in errors."""

    def __init__(self, address: str, secret: str, seconds: float = CALL_SECONDS) -> None:
        self.who = f"The management port of Varnish at {address}"
        self._host, _, self._port = address.rpartition(":")
        self._keys = _keys(secret)
        self._seconds = seconds

    async def ask(self, *lines: str) -> list[Reply]:
        """The answers to these lines, over one connection, up to the first that is no yes. Raises PurgeError."""
        phase = _Phase()
        try:
            async with asyncio.timeout(self._seconds):
                return await self._talk(lines, phase)
        except TimeoutError as exc:
            raise self._late(phase) from exc
        except asyncio.IncompleteReadError as exc:
            raise self._cut(phase) from exc
        except _NoFrame as exc:
            raise self._foreign(phase, str(exc)) from exc
        except (OSError, ValueError, OverflowError) as exc:  # the latter: a name or port that cannot be one
            raise self._cut(phase) if phase.open else self._unreachable(_why(exc)) from exc

    async def _talk(self, lines: Sequence[str], phase: _Phase) -> list[Reply]:
        for key in self._keys or [b""]:
            link = await _dial(self._host.strip("[]"), int(self._port))
            phase.open = True
            try:
                if await self._enter(link, key):
                    phase.asked = True
                    return await _answers(link, lines)
            finally:
                link.close()
        raise BadCredentials(f"{self.who} does not accept this secret.", SECRET)

    async def _enter(self, link: _Link, key: bytes) -> bool:
        greeting = await link.read()
        if greeting.good:
            return True
        if greeting.status != LOCKED:
            raise _NoFrame(f"{greeting.status} {greeting.text}")
        if not self._keys:
            raise BadCredentials(f"{self.who} asks for a secret, and there is none.", SECRET)
        try:
            return (await link.ask(f"auth {proof(greeting.text[:_CHALLENGE], key)}")).status == OK
        except (asyncio.IncompleteReadError, ConnectionError):  # it may close without another word
            return False

    def _unreachable(self, why: str) -> PurgeError:
        advice = "Check that varnishd runs with -T on that address, the network in between, and `admin`."
        return Unavailable(f"{self.who} cannot be reached{why}.", advice)

    def _late(self, phase: _Phase) -> PurgeError:
        if phase.asked:
            return OutcomeUnknown(f"{self.who} did not answer within {self._seconds:g} s.", LOOK)
        if phase.open:
            return Unavailable(f"{self.who} did not greet within {self._seconds:g} s.", PORT)
        return self._unreachable(": no connection in time")

    def _cut(self, phase: _Phase) -> PurgeError:
        if phase.asked:
            return OutcomeUnknown(f"{self.who} broke off before its answer was whole.", LOOK)
        return Unavailable(f"{self.who} broke off before it greeted.", PORT)

    def _foreign(self, phase: _Phase, said: str) -> PurgeError:
        heard = f" What answers there said “{words}”." if (words := cleaned(said)) else ""
        if phase.asked:
            return OutcomeUnknown(f"{self.who} answered what is no answer of a management port.{heard}", LOOK)
        return WrongAddress(f"{self.who} does not speak as a management port does.{heard}", PORT)


def proof(challenge: str, key: bytes) -> str:
    """That we know the secret `key`, without saying it (varnish-cli(7))."""
    asked = challenge.encode("latin-1") + b"\n"
    return sha256(asked + key + asked).hexdigest()


def _keys(secret: str) -> list[bytes]:
    if not secret:
        return []
    key = secret.encode()
    return [key] if key.endswith(b"\n") else [key + b"\n", key]


class _NoFrame(Exception):
    """What came is no frame."""


@dataclass(slots=True)
class _Phase:
    """How far a call came: before `asked`, no command has left."""

    open: bool = False
    asked: bool = False


@dataclass(frozen=True, slots=True)
class _Link:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self, line: str) -> Reply:
        self.writer.write(line.encode("ascii") + b"\n")
        await self.writer.drain()
        return await self.read()

    async def read(self) -> Reply:
        head = await self.reader.readexactly(13)
        found = _HEAD.fullmatch(head)
        if found is None or int(found[2]) > TEXT_MAX:
            raise _NoFrame(head.decode("latin-1"))
        body = await self.reader.readexactly(int(found[2]) + 1)
        return Reply(int(found[1]), body[:-1].decode("latin-1"))

    def close(self) -> None:
        self.writer.transport.abort()


async def _dial(host: str, port: int) -> _Link:
    async with asyncio.timeout(CONNECT_SECONDS):
        return _Link(*await asyncio.open_connection(host, port))


async def _answers(link: _Link, lines: Sequence[str]) -> list[Reply]:
    replies: list[Reply] = []
    for line in lines:
        replies.append(await link.ask(line))
        if not replies[-1].good:
            break
    return replies


def _why(exc: Exception) -> str:
    return reason(exc) if isinstance(exc, OSError) else ": that is not a host and port"
