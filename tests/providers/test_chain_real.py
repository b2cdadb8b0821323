"""Two real caches, one before the other: only from the inside outwards is what visitors see the new page.

Visitors meet Varnish, Varnish asks nginx, nginx asks the origin; between the two purges there is always a visitor.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from providers import PROVIDERS
from providers.contract import Account, Cached, Kind, Provider, Purge
from tests.providers.manners import REFERENCE
from tests.real import Origin, Visit, running_nginx, running_origin, running_varnish, visit

pytestmark = [pytest.mark.real("varnish"), pytest.mark.real("libnginx-mod-http-cache-purge")]

DOCS = Path(__file__).parents[2] / "docs/providers"
HTTP, DOOR = (DOCS / "nginx/purgebot-http.conf").read_text(), (DOCS / "nginx/purgebot-door.conf").read_text()
WWW, OTHER = "www.shop.test", "www.other.test"
HOSTS = (WWW,)
PAGE, NEIGHBOUR = "/news/a?b=1&a=%2f", "/newsroom"


@dataclass(frozen=True, slots=True)
class Chain:
    """The ports of both caches, and how each is purged."""

    origin: Origin
    outer: int
    inner: int
    accounts: Mapping[str, Account]

    def seen(self, path: str, host: str = WWW) -> str:
        """What a visitor is served."""
        return visit(self.outer, host, path).body

    async def purge(self, layer: str, wish: Purge) -> None:
        """Rid one layer of what is wished."""
        async with self.provider(layer) as provider:
            for call in provider.plan(wish):
                await provider.send(call, REFERENCE)

    @asynccontextmanager
    async def provider(self, layer: str) -> AsyncIterator[Provider]:
        """The adapter of one layer."""
        provider = PROVIDERS[layer].build(self.accounts[layer], None)
        try:
            yield provider
        finally:
            await provider.close()


def at(port: int) -> str:
    return f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module", params=["door", "files"])
def chain(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """nginx purged through its door, or by its files."""
    with running_origin() as origin, running_nginx(origin, http=HTTP, server=DOOR) as (inner, folder):
        backend = f'backend default {{ .host = "127.0.0.1"; .port = "{inner}"; }}'
        vcl = f'vcl 4.1;\ninclude "{DOCS / "varnish/purgebot.vcl"}";\n{backend}\n'
        with running_varnish(tmp_path_factory.mktemp("outer"), vcl) as outer:
            settings = {"url": at(inner)} if request.param == "door" else {"cache_dir": str(folder)}
            accounts = {"nginx": Account("inner", settings), "varnish": Account("outer", {"url": at(outer)})}
            yield Chain(origin, outer, inner, accounts)


def deployed(chain: Chain, name: str) -> tuple[str, str]:
    """Both caches hold the old page, and the origin has the new one: their versions."""
    old, new = f"old {name}", f"new {name}"
    chain.origin.version = old
    for port in (chain.inner, chain.outer):
        for host in (WWW, OTHER):
            for path in (PAGE, NEIGHBOUR):
                visit(port, host, path)
    chain.origin.version = new
    return old, new


async def emptied(chain: Chain) -> None:
    """Both caches hold nothing of these pages."""
    for layer in ("nginx", "varnish"):
        urls = tuple(f"http://{host}{path}" for host in (WWW, OTHER) for path in (PAGE, NEIGHBOUR))
        await chain.purge(layer, Purge(Kind.URL, urls, hosts=(WWW, OTHER)))


URL = Purge(Kind.URL, (f"http://{WWW}{PAGE}",), hosts=HOSTS)


async def test_the_inner_first_is_fresh(chain: Chain) -> None:
    await emptied(chain)
    old, new = deployed(chain, "inner-first")
    assert old == chain.seen(PAGE)

    await chain.purge("nginx", URL)
    between = chain.seen(PAGE)
    await chain.purge("varnish", URL)

    assert (old, new, new) == (between, chain.seen(PAGE), chain.seen(PAGE))
    assert [old, old] == [chain.seen(NEIGHBOUR), chain.seen(PAGE, OTHER)]


async def test_the_outer_first_is_refilled_with_the_old_and_stays_stale(chain: Chain) -> None:
    await emptied(chain)
    old, _ = deployed(chain, "outer-first")

    await chain.purge("varnish", URL)
    between = visit(chain.outer, WWW, PAGE)
    await chain.purge("nginx", URL)
    after = visit(chain.outer, WWW, PAGE)

    assert (old, old) == (between.body, after.body)
    assert [Cached.MISS, Cached.HIT] == [await sighted(chain, between), await sighted(chain, after)]


async def test_the_outer_alone_is_refilled_with_the_old(chain: Chain) -> None:
    await emptied(chain)
    old, _ = deployed(chain, "outer-alone")
    await chain.purge("varnish", URL)
    assert old == chain.seen(PAGE)


async def test_an_order_that_was_wrong_is_mended_by_the_right_one(chain: Chain) -> None:
    await emptied(chain)
    old, new = deployed(chain, "mended")
    for layer in ("varnish", "nginx"):
        await chain.purge(layer, URL)
        assert old == chain.seen(PAGE)
    for layer in ("nginx", "varnish"):
        await chain.purge(layer, URL)
    assert new == chain.seen(PAGE)


async def sighted(chain: Chain, seen: Visit) -> Cached:
    async with chain.provider("varnish") as provider:
        return provider.sighting(seen.headers).cached


WIDE = [
    pytest.param(Purge(Kind.PREFIX, (f"{WWW}/news",), hosts=HOSTS), True, id="prefix"),
    pytest.param(Purge(Kind.HOST, (WWW,), hosts=HOSTS), False, id="host"),
    pytest.param(Purge(Kind.EVERYTHING, (), hosts=HOSTS), False, id="everything"),
]


@pytest.mark.parametrize("chain", ["files"], indirect=True)
@pytest.mark.parametrize(("wish", "keeps_neighbour"), WIDE)
async def test_wider_wishes_from_the_inside_outwards_are_fresh(
    chain: Chain, wish: Purge, keeps_neighbour: bool
) -> None:
    await emptied(chain)
    old, new = deployed(chain, f"wide {wish.kind}")
    for layer in ("nginx", "varnish"):
        await chain.purge(layer, wish)
    assert [new, old if keeps_neighbour else new] == [chain.seen(PAGE), chain.seen(NEIGHBOUR)]
    assert old == chain.seen(PAGE, OTHER)
