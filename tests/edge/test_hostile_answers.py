"""Answers that are small enough for every cap, and made to cost time: they are given up, and nobody waits for them."""

from __future__ import annotations

import asyncio
import gzip
import re

import httpcore
import pytest
import zstandard

from bot.domain.answers.excess import Excess
from bot.domain.proof.verdict import judge
from bot.edge.line import CHEAP, READ, READ_MAX, Line
from bot.edge.mishaps import FIELD_MAX
from bot.edge.turns import Turns
from providers.heads import INTERIM_MAX, LINES_MAX, PIECE_MIN, PIECES_MAX, Heads, TooMuch
from tests.edge.looking import HOST, eyes
from tests.edge.loopback import Speak, answer, serving
from tests.slate import SlateClock, WorkClock

URL = f"http://{HOST}/pricing"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
NO_OTHER = "it sends more than 16 interim answers (1xx) before any other"
MANY = "its headers have more than 256 lines"
LARGE = "its headers are larger than 64 kB"
SPLINTERED = "the body is packed in more parts than anybody needs"
TRICKLE = "its answer only trickles in, in more than 8,000 small pieces"


OF = {
    NO_OTHER: Excess.INTERIM, MANY: Excess.LINES, LARGE: Excess.HEADERS, SPLINTERED: Excess.PARTS,
    TRICKLE: Excess.PIECES, "its CDN-Cache-Control is larger than 4 kB": Excess.HEADERS,
    "its X-CDN-Cache-Control is larger than 4 kB": Excess.HEADERS, "its Vary is larger than 4 kB": Excess.HEADERS,
}  # fmt: skip


def endless(head: bytes, unit: bytes) -> Speak:
    async def speak(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(unit)
            await writer.drain()

    return speak


def chunk(size: int) -> bytes:
    return b"%x\r\n%s\r\n" % (size, b"a" * size)


HOSTILE: dict[str, tuple[Speak | bytes, str]] = {
    "headers by the thousand": (answer(b"page", *["X: a"] * 9000), MANY),
    "a header more than is taken": (answer(b"page", *["X: a"] * LINES_MAX), MANY),
    "headers without end": (endless(b"HTTP/1.1 200 OK\r\n", b"X: a\r\n" * 99), MANY),
    "hints by the thousand": (HINTS * 999 + answer(b"page"), NO_OTHER),
    "hints without end": (endless(b"", HINTS * 99), NO_OTHER),
    "large hints": (
        HINTS.replace(b"css", b"x" * 9000) * 9 + answer(b"page"), LARGE,
    ),
    "blanks in a field for CDNs": (
        answer(b"page", f"CDN-Cache-Control: a{' ' * 20_000}b"), "its CDN-Cache-Control is larger than 4 kB",
    ),
    "a field for CDNs by any name": (
        answer(b"page", f"X-CDN-Cache-Control: a{' ' * 20_000}b"), "its X-CDN-Cache-Control is larger than 4 kB",
    ),
    "a field in many lines": (answer(b"page", *[f"Vary: {'a,' * 99}"] * 99), "its Vary is larger than 4 kB"),
    "chunks of a byte, without end": (endless(CHUNKED, chunk(1) * 999), TRICKLE),
    "small chunks without end": (endless(CHUNKED, chunk(PIECE_MIN - 1) * 99), TRICKLE),
    "gzip members that hold nothing": (
        answer(gzip.compress(b"") * 90_000, "Content-Encoding: gzip"), SPLINTERED,
    ),
    "zstd frames that hold nothing": (
        answer(zstandard.compress(b"") * 90_000, "Content-Encoding: zstd"), SPLINTERED,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("speak", "expected"), HOSTILE.values(), ids=HOSTILE)
async def test_it_is_given_up_with_a_plain_sentence(speak: Speak | bytes, expected: str) -> None:
    async with serving(speak) as server:
        look = await eyes().look(URL, "fra", server.url)
    assert (expected, 0, "") == (look.problem, look.status, look.digest)
    assert (OF[expected], 0) == (look.given_up, look.broken)


HONEST = {
    "as many headers as are taken": answer(b"page", *["X: a"] * (LINES_MAX - 1)),
    "a long field that no rule takes apart": answer(b"page", f"Content-Security-Policy: {'a ' * FIELD_MAX}"),
    "a page of many lines": answer(b"\n" * 3 * LINES_MAX + b"HTTP/1.1 103 \r\n\r\n" * 3 * INTERIM_MAX),
    "hints": HINTS * INTERIM_MAX + answer(b"page"),
    "small chunks": CHUNKED + chunk(1) * (PIECES_MAX - 9) + b"0\r\n\r\n",
    "many chunks": CHUNKED + chunk(PIECE_MIN + 9) * (PIECES_MAX + 9) + b"0\r\n\r\n",
}


@pytest.mark.parametrize("speak", HONEST.values(), ids=HONEST)
async def test_what_is_only_unusual_is_read(speak: bytes) -> None:
    async with serving(speak) as server:
        look = await eyes().look(URL, "fra", server.url)
    assert ("", 200) == (look.problem, look.status)


async def test_of_what_only_trickles_in_nothing_more_is_claimed() -> None:
    async with serving(endless(CHUNKED, chunk(1) * 999)) as server:
        came = await eyes().looker.fetch(URL, "fra", server.url)
    assert (0, False, False, "") == (came.status, came.is_broken, came.late, came.digest)


class Ready(httpcore.AsyncNetworkStream):
    """A connection on which something is always there."""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return b"HTTP/1.1 200 OK\r\n\r\n".ljust(max_bytes, b"x")


@pytest.mark.parametrize(
    ("cost", "expected"),
    [(CHEAP / 2, [READ, 2 * READ, 4 * READ, READ_MAX, READ_MAX]), (CHEAP, [READ] * 5)],
    ids=["larger ones of what is cheap", "dear"],
)
async def test_a_connection_is_read_in_small_pieces_and_others_have_their_turn_after_each(
    cost: float, expected: list[int]
) -> None:
    turns: list[int] = []
    sizes: list[int] = []
    clock = WorkClock()

    async def other() -> None:
        while True:
            turns.append(len(turns))
            await asyncio.sleep(0)

    waiting = asyncio.create_task(other())
    with Turns(clock).look() as turn:
        line = Line(Ready(), turn)
        for _ in expected:
            sizes.append(len(await line.read(READ_MAX)))
            clock.work(cost)
    waiting.cancel()
    assert (expected, True) == (sizes, len(turns) >= 5)


class Dripping(httpcore.AsyncNetworkStream):
    """A connection that gives one byte at a time."""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return b"x"


async def test_a_connection_of_single_bytes_is_given_up() -> None:
    with Turns(SlateClock()).look() as turn:
        line = Line(Dripping(), turn)
        for _ in range(PIECES_MAX):
            await line.read(READ)
        with pytest.raises(TooMuch, match=TRICKLE):
            await line.read(READ)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1 << 20])
@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_heads_are_counted_however_they_arrive(size: int, end: bytes) -> None:
    sent, heads = HINTS.replace(b"\r\n", end) * (INTERIM_MAX + 1), Heads()
    for i in range(0, len(sent) - len(end), size):
        heads.take(sent[i : min(i + size, len(sent) - len(end))])
    with pytest.raises(TooMuch, match=re.escape(NO_OTHER)):
        heads.take(end)


BEGUN = {
    "headers that never end": (b"HTTP/1.1 200 OK\r\nServer: slow\r\n", "no end of its headers within 0.3 s"),
    "a body that never ends": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npag",
        "200, and no whole body within 0.3 s",
    ),
}


@pytest.mark.parametrize(("said", "expected"), BEGUN.values(), ids=BEGUN)
async def test_what_begins_and_does_not_end_is_told_as_that(said: bytes, expected: str) -> None:
    async def speak(writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await asyncio.Event().wait()

    async with serving(speak) as server:
        look = await eyes(seconds=0.3).look(URL, "fra", server.url)
        judged = judge((), [look])
    assert (expected, Excess.TIME) == (look.problem, look.given_up)
    assert f"fra began to answer and did not end: {expected}" == judged.why


async def test_whoever_sends_what_is_given_up_is_named() -> None:
    long = answer(b"page", "Server: nginx", "Via: 1.1 squid", "Set-Cookie: a=b", f"Vary: {'a,' * FIELD_MAX}")
    async with serving(long) as server:
        came = await eyes().looker.fetch(URL, "fra", server.url)
        why = judge((), [eyes().looker.read(came)]).why
    assert (("server", "nginx"), ("via", "1.1 squid")) == came.headers
    assert "fra gave an answer that was given up: its Vary is larger than 4 kB" == why
