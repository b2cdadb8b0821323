"""A real Squid through the generic provider: what is purged is fresh, and its neighbours are still there."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from providers import PROVIDERS
from providers.contract import Account, Cached, Health, Kind, Provider, Purge, Receipt
from providers.errors import BadCredentials
from tests.providers.manners import REFERENCE
from tests.real import Origin, running_origin, running_squid, visit

pytestmark = pytest.mark.real("squid")

WWW, IMG = "www.shop.test", "img.shop.test"
# The recipe of docs/providers/http.md.
RECIPES = {
    "url": {"method": "PURGE", "path": "http://{host}{path}", "status": ["200", "404"]}
}  # as docs/providers/http.md
PROBE = {"method": "PURGE", "path": "/purgebot-looks-for-the-door", "status": ["404"]}
Page = tuple[str, str]


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    with running_origin() as running:
        yield running


@pytest.fixture(scope="module")
def port(origin: Origin) -> Iterator[int]:
    with running_squid(origin) as running:
        yield running


@asynccontextmanager
async def squid(port: int) -> AsyncIterator[Provider]:
    settings = {"url": f"http://127.0.0.1:{port}", "purge": json.dumps(RECIPES), "probe": json.dumps(PROBE)}
    provider = PROVIDERS["http"].build(Account("squid", settings), None)
    try:
        yield provider
    finally:
        await provider.close()


async def purge(port: int, *urls: str) -> list[Receipt]:
    async with squid(port) as provider:
        return [await provider.send(call, REFERENCE) for call in provider.plan(Purge(Kind.URL, urls))]


def served(port: int, host: str, target: str, encoding: str = "identity") -> str:
    seen = visit(port, host, target, headers={"Accept-Encoding": encoding})
    return f"{seen.headers['x-cache']} {seen.body}"


@pytest.mark.parametrize(
    ("urls", "gone", "kept"),
    [
        pytest.param([f"https://{WWW}/a"], [(WWW, "/a")], [(WWW, "/a?b=1"), (WWW, "/A"), (IMG, "/a")], id="url"),
        pytest.param(
            [f"http://{WWW}/p?b=2&a=1&b=2"],
            [(WWW, "/p?b=2&a=1&b=2")],
            [(WWW, "/p?a=1&b=2&b=2"), (WWW, "/p")],
            id="url-with-its-query-in-order",
        ),
        pytest.param(
            [f"http://{WWW}/caf%C3%A9/%2Fx//../y"],
            [(WWW, "/caf%C3%A9/%2Fx//../y")],
            [(WWW, "/caf%C3%A9/%2Fx/y"), (WWW, "/y")],
            id="url-with-its-bytes-as-they-are",
        ),
        pytest.param(
            [f"http://{WWW}/both", f"https://{WWW}/both", f"https://{IMG}/one"],
            [(WWW, "/both"), (IMG, "/one")],
            [(IMG, "/both"), (WWW, "/one")],
            id="urls-of-two-schemes-and-hosts",
        ),
    ],
)
async def test_what_is_purged_is_fresh_and_its_neighbours_are_still_cached(
    origin: Origin, port: int, urls: list[str], gone: list[Page], kept: list[Page]
) -> None:
    old, new = f"old of {urls}", f"new of {urls}"
    origin.version = old
    first = [served(port, *page) for page in gone + kept]
    origin.version = new
    stale = [served(port, *page) for page in gone + kept]

    await purge(port, *urls)

    assert [f"MISS from squid.test {old}"] * len(gone + kept) == first
    assert [f"HIT from squid.test {old}"] * len(gone + kept) == stale
    assert [f"MISS from squid.test {new}"] * len(gone) == [served(port, *page) for page in gone]
    assert [f"HIT from squid.test {old}"] * len(kept) == [served(port, *page) for page in kept]


async def test_squid_keeps_the_vary_siblings_of_what_is_purged_as_the_page_warns(origin: Origin, port: int) -> None:
    origin.version = "v1"
    first = [served(port, WWW, "/vary", encoding) for encoding in ("gzip", "br")]
    origin.version = "v2"
    await purge(port, f"https://{WWW}/vary")
    then = [served(port, WWW, "/vary", encoding) for encoding in ("gzip", "br")]
    assert ["MISS from squid.test v1"] * 2 == first
    assert ["MISS from squid.test v2", "HIT from squid.test v1"] == then


async def test_the_receipt_says_whether_something_was_cached(port: int) -> None:
    served(port, WWW, "/cached")
    notes = [receipt.note for receipt in await purge(port, f"https://{WWW}/cached", f"https://{WWW}/never")]
    assert ["200 OK", "404 Not Found"] == notes


async def test_its_headers_are_read(port: int) -> None:
    seen = [visit(port, WWW, "/sighted").headers for _ in range(2)]
    async with squid(port) as provider:
        assert [Cached.MISS, Cached.HIT] == [provider.sighting(headers).cached for headers in seen]


async def test_the_doctor_is_let_in(port: int) -> None:
    async with squid(port) as provider:
        probe = await provider.probe({})
    assert (Health.GOOD, f"The HTTP cache at 127.0.0.1:{port} answered its probe with 404.") == (
        probe.health,
        probe.what,
    )


async def test_who_is_not_in_the_acl_is_refused(origin: Origin) -> None:
    with running_squid(origin, allowed="192.0.2.1") as port:
        with pytest.raises(BadCredentials, match=r"takes no purges from us: it answered 403"):
            await purge(port, f"https://{WWW}/a")
        async with squid(port) as provider:
            assert Health.BAD == (await provider.probe({})).health
