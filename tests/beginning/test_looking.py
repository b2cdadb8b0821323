"""The look before there is a configuration: redirects are told, and no mark is asked for twice."""

from __future__ import annotations

import pytest

from bot.beginning.looking import look_at
from bot.system import SystemClock
from tests.edge.loopback import answer, serving

HOST = "www.shop.test"


async def told(body: bytes) -> tuple[list[str], int]:
    """What is told of an edge that always answers so, and how often it was asked."""
    async with serving(body) as asked:
        sight = await look_at(HOST, SystemClock(), asked.url)
        return sight.told.splitlines(), asked.connections


SAID = {
    "a redirect is told, not followed": (
        answer(b"", "Location: https://shop.test/welcome", "CF-Ray: 8f3a5c2d1b0e4f67-FRA", status="301 Moved"),
        [
            f"{HOST} answers 301 by http and sends visitors to https://shop.test/welcome, which was not followed.",
            "  Cloudflare, certain: cf-ray: 8f3a5c2d1b0e4f67-FRA",
        ],
        1,
    ),
    "nothing recognised is said plainly": (
        answer(b"hello", "Server: nginx"),
        [
            f"{HOST} answers 200 by http.",
            "No cache is recognised: no header and no name there is one that a known cache leaves.",
        ],
        2,
    ),
    "what is not certain is asked once more": (
        answer(b"hello", "X-Cache: HIT"),
        [f"{HOST} answers 200 by http.", "  another HTTP cache, likely: x-cache: HIT"],
        2,
    ),
    "a cache that does not know the host proves nothing": (
        answer(b"", "CF-Ray: 8f3a5c2d1b0e4f67-FRA", "Server: cloudflare", status="409 Conflict"),
        [
            f"{HOST} answers 409 by http.",
            "  So Cloudflare answers for a host that it does not know. That proves nothing.",
        ],
        1,
    ),
    "an error is an answer": (
        answer(b"", "X-Varnish: 12", status="503 No backend"),
        [f"{HOST} answers 503 by http.", "  Varnish, certain: x-varnish: 12"],
        1,
    ),
}


@pytest.mark.parametrize(("body", "lines", "n"), SAID.values(), ids=SAID)
async def test_what_was_seen_is_told(body: bytes, lines: list[str], n: int) -> None:
    assert (lines, n) == await told(body)


async def test_the_second_look_asks_akamai_to_tell() -> None:
    async with serving(answer(b"hello")) as asked:
        await look_at(HOST, SystemClock(), asked.url)
    pragma = [b"akamai-x-cache-on" in head.lower() for head in asked.heads]
    assert [False, True] == pragma
    assert [True, True] == [b"host: www.shop.test" in head.lower() for head in asked.heads]
