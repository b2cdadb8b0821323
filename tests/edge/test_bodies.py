"""The body of an answer that is read whole, of keys and of Globalping: little is held, whatever it unpacks to."""

from __future__ import annotations

import gzip
import tracemalloc

import brotli
import httpx
import pytest
import zstandard

from bot.edge.bodies import whole_body
from bot.edge.mishaps import Unusable
from tests.bombs import CODINGS, bomb
from tests.edge.loopback import answer, serving

MOST = 1_000_000
HELD_MAX = 10_000_000  # bytes, whatever an answer unpacks to
UNPACKED = 200_000_000  # bytes


async def body_of(says: bytes) -> bytes:
    async with (
        serving(says) as server,
        httpx.AsyncClient(trust_env=False, verify=False) as client,
        client.stream("GET", server.url) as response,
    ):
        return await whole_body(response, MOST)


def packed(body: bytes, encoding: str) -> bytes:
    return answer(body, f"Content-Encoding: {encoding}")


READ = {
    "as it is": answer(b"{}"),
    "identity": packed(b"{}", "identity"),
    "gzip": packed(gzip.compress(b"{}"), "GZIP"),
    "br": packed(brotli.compress(b"{}"), "br"),
    "zstd": packed(zstandard.compress(b"{}"), "zstd"),
}


@pytest.mark.parametrize("says", READ.values(), ids=READ)
async def test_a_body_is_read_whole(says: bytes) -> None:
    assert b"{}" == await body_of(says)


UNUSABLE = {
    "too long": (answer(b" " * 1_000_001), "its answer is larger than 1 MB"),
    "two codings": (packed(gzip.compress(gzip.compress(b"{}")), "gzip, gzip"), "its answer is packed as 'gzip, gzip'"),
    "a coding that is not known": (packed(b"{}", "Vogon"), "its answer is packed as 'vogon'"),
    "not what it says": (packed(b"{}", "gzip"), "the body is not what its Content-Encoding says"),
    "half of it": (packed(gzip.compress(b"{}" * 99)[:-9], "gzip"), "its answer is cut off"),
}


@pytest.mark.parametrize(("says", "why"), UNUSABLE.values(), ids=UNUSABLE)
async def test_nothing_is_made_of_a_body(says: bytes, why: str) -> None:
    with pytest.raises(Unusable, match=f"^{why}$"):
        await body_of(says)


@pytest.mark.parametrize("coding", CODINGS)
async def test_of_a_bomb_no_more_is_held_than_may_be_read(coding: str) -> None:
    says = packed(bomb(coding, UNPACKED), coding)
    tracemalloc.start()
    try:
        with pytest.raises(Unusable, match=r"^its answer is larger than 1 MB$"):
            await body_of(says)
        held = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert held < HELD_MAX
