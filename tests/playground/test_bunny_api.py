"""The pretend Bunny: who may, what a URL names, how much of it; and the adapter, unchanged, speaking to it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from playground.clouds.bunny import BUDGETS, Bunny
from playground.pace import FAST
from providers.bunny import Bunny as Adapter
from providers.contract import Account, Health, Kind, Purge
from providers.errors import BadCredentials, PurgeError, Refused, WrongAddress
from tests.playground.cloud_land import faults, ground
from tests.playground.slack_land import Clock
from tests.providers.manners import REFERENCE

pytestmark = pytest.mark.slow

KEY = "11111111-2222-3333-4444-555555555555"
ZONE = 123456
WWW, IMG = "www.shop.test", "img.shop.test"
HELD = {  # address → its tags
    f"{WWW}/": ["home"],
    f"{WWW}/news": ["news"],
    f"{WWW}/news/": ["news"],
    f"{WWW}/news/1": ["news"],
    f"{WWW}/news/1?x=1": [],
    f"{WWW}/newsletter": [],
    f"{WWW}/a*b": [],
    f"{WWW}/axb": [],
    f"{WWW}/deep/a.css?v=2": [],
    f"{WWW}/caf%C3%A9?q=%2F+&r": [],
    f"{IMG}/logo": ["home"],
}


@dataclass(frozen=True, slots=True)
class Shop:
    """The emulator on a port, its edges, its clock."""

    url: str
    cloud: Bunny
    clock: Clock
    client: httpx.AsyncClient

    async def ask(self, path: str, method: str = "POST", body: str = "", **headers: str) -> httpx.Response:
        named = {"accesskey": KEY} | {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.request(method, self.url + path, content=body, headers=named)

    def held(self, city: str = "fra") -> set[str]:
        return {url.partition("://")[2] for url in self.cloud.edges[city].reached("everything", [""])}

    def adapter(self, key: str = KEY) -> Adapter:
        return Adapter(Account("b", {"api_url": self.url}, {"key": key}))


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    with ground(tmp_path) as here:
        cloud = Bunny(
            account="cf",
            key=KEY,
            zone=ZONE,
            hosts=frozenset({WWW, IMG}),
            edges=here.edges({f"https://{address}": tags for address, tags in HELD.items()}, ("fra", "iad")),
            buckets=here.buckets(BUDGETS),
            requests=here.requests,
            faults=here.faults,
            pace=FAST,
            now=here.clock,
        )
        async with here.served(cloud) as (url, client):
            yield Shop(url, cloud, here.clock, client)


@pytest.mark.parametrize(
    ("path", "body", "gone"),
    [
        pytest.param(f"/purge?url=https%3A%2F%2F{WWW}%2Fnews", "", {f"{WWW}/news"}, id="a-url"),
        pytest.param(
            f"/purge?url=https%3A%2F%2F{WWW}%2Fnews%2F",
            "",
            {f"{WWW}/news/", f"{WWW}/news/1", f"{WWW}/news/1?x=1"},
            id="a-last-slash-is-everything-below",
        ),
        pytest.param(
            f"/purge?url=https%3A%2F%2F{WWW}%2Fnews%2F&exactPath=true", "", {f"{WWW}/news/"}, id="unless-exact"
        ),
        pytest.param(f"/purge?url=https%3A%2F%2F{WWW}%2Fa*b", "", {f"{WWW}/a*b", f"{WWW}/axb"}, id="a-star"),
        pytest.param(f"/purge?url=http%3A%2F%2F{WWW}%2Faxb&async=true", "", {f"{WWW}/axb"}, id="whatever-the-scheme"),
        pytest.param(f"/pullzone/{ZONE}/purgeCache", "", set(HELD), id="the-pull-zone"),
        pytest.param(
            f"/pullzone/{ZONE}/purgeCache", '{"CacheTag": "home"}', {f"{WWW}/", f"{IMG}/logo"}, id="a-tag"
        ),
    ],
)  # fmt: skip
async def test_what_a_call_names_is_gone_everywhere_when_it_is_answered(
    shop: Shop, path: str, body: str, gone: set[str]
) -> None:
    response = await shop.ask(path, body=body, content_type="application/json")
    assert (204 if "pullzone" in path else 200, "") == (response.status_code, response.text)
    assert [set(HELD) - gone] * 2 == [shop.held("fra"), shop.held("iad")]


@pytest.mark.parametrize(
    ("path", "method", "body", "headers", "status"),
    [
        pytest.param("/purge?url=https://www.shop.test/a", "POST", "", {"accesskey": ""}, 401, id="no-key"),
        pytest.param("/purge?url=https://www.shop.test/a", "POST", "", {"accesskey": KEY + "0"}, 401, id="another-key"),
        pytest.param(f"/pullzone/{ZONE}1/purgeCache", "POST", "", {}, 404, id="another-pull-zone"),
        pytest.param(f"/pullzone/{ZONE}/purgeCache", "GET", "", {}, 404, id="a-get"),
        pytest.param("/purge?url=https://www.shop.test/a", "GET", "", {}, 405, id="a-get-of-purge"),
        pytest.param("/purge", "POST", "", {}, 400, id="no-url"),
        pytest.param("/purge?url=/a", "POST", "", {}, 400, id="a-path"),
        pytest.param("/purge?url=https://other.test/a", "POST", "", {}, 400, id="another-host"),
        pytest.param(f"/pullzone/{ZONE}/purgeCache", "POST", "{", {}, 400, id="half-a-body"),
        pytest.param(f"/pullzone/{ZONE}/purgeCache", "POST", '{"CacheTag":"a"}', {}, 415, id="no-content-type"),
        pytest.param(
            f"/pullzone/{ZONE}/purgeCache", "POST", '{"CacheTag":[1]}', {"content_type": "application/json"}, 400,
            id="a-tag-that-is-none",
        ),
    ],
)  # fmt: skip
async def test_what_is_refused_purges_nothing(
    shop: Shop, path: str, method: str, body: str, headers: Mapping[str, str], status: int
) -> None:
    response = await shop.ask(path, method, body, **headers)
    assert (status, set(HELD)) == (response.status_code, shop.held())
    assert isinstance(response.json()["Message"], str)


@pytest.mark.parametrize(
    ("path", "burst", "wait"),
    [
        pytest.param("/purge?url=https://www.shop.test/a", 120, 1, id="exact"),
        pytest.param("/purge?url=https://www.shop.test/a*", 20, 2, id="prefix"),
        pytest.param("/purge?url=https://www.shop.test/a/&exactPath=true", 20, 2, id="a-last-slash-is-a-prefix"),
        pytest.param(f"/pullzone/{ZONE}/purgeCache", 20, 2, id="the-pull-zone"),
    ],
)
async def test_a_bucket_that_is_empty_says_when_it_is_not(shop: Shop, path: str, burst: int, wait: int) -> None:
    taken = [(await shop.ask(path)).status_code for _ in range(burst)]
    refused = await shop.ask(path)
    shop.clock.at += wait
    again = await shop.ask(path)
    assert (429, str(wait)) == (refused.status_code, refused.headers["retry-after"])
    assert {200, 204} >= {*taken, again.status_code}


async def test_requests_are_written_down_with_what_they_purged_and_without_the_key(shop: Shop) -> None:
    await shop.ask(f"/pullzone/{ZONE}/purgeCache", body='{"CacheTag":"home"}', content_type="application/json")
    (row,) = shop.cloud.requests.listed()
    assert ("cf", "POST", 204, '{"CacheTag":"home"}') == (row["account"], row["method"], row["status"], row["body"])
    assert [f"https://{IMG}/logo", f"https://{WWW}/"] == sorted(row["purged"])  # type: ignore[call-overload]
    assert KEY not in json.dumps(row)


# The adapter, unchanged


def wish(kind: Kind, *targets: str, perma: str = "no") -> Purge:
    return Purge(kind, targets, layer={"pull_zone": str(ZONE), "perma_cache": perma}, hosts=(WWW, IMG))


async def purge(adapter: Adapter, asked: Purge) -> None:
    try:
        for call in adapter.plan(asked):
            await adapter.send(call, REFERENCE)
    finally:
        await adapter.close()


WISHES = [
    pytest.param(Kind.URL, [f"https://{WWW}/news/"], {f"{WWW}/news/"}, id="url-with-a-last-slash"),
    pytest.param(Kind.URL, [f"https://{WWW}/a*b"], {f"{WWW}/a*b"}, id="url-with-a-star"),
    pytest.param(
        Kind.URL,
        [f"https://{WWW}/caf%C3%A9?q=%2F+&r", f"https://{IMG}/logo"],
        {f"{WWW}/caf%C3%A9?q=%2F+&r", f"{IMG}/logo"},
        id="urls-byte-for-byte",
    ),
    pytest.param(
        Kind.PREFIX, [f"{WWW}/news/"], {f"{WWW}/news/", f"{WWW}/news/1", f"{WWW}/news/1?x=1"}, id="prefix-with-a-slash"
    ),
    pytest.param(
        Kind.PREFIX,
        [f"{WWW}/news"],
        {f"{WWW}/news", f"{WWW}/news/", f"{WWW}/news/1", f"{WWW}/news/1?x=1", f"{WWW}/newsletter"},
        id="prefix-without-a-slash-is-wider",
    ),
    pytest.param(Kind.PATTERN, [f"{WWW}/*.css*"], {f"{WWW}/deep/a.css?v=2"}, id="pattern"),
    pytest.param(Kind.HOST, [IMG], {f"{IMG}/logo"}, id="host"),
    pytest.param(Kind.TAG, ["home"], {f"{WWW}/", f"{IMG}/logo"}, id="tag"),
    pytest.param(Kind.EVERYTHING, [], set(HELD), id="everything"),
]


@pytest.mark.parametrize(("kind", "targets", "gone"), WISHES)
async def test_what_the_adapter_wishes_is_gone(shop: Shop, kind: Kind, targets: Sequence[str], gone: set[str]) -> None:
    await purge(shop.adapter(), wish(kind, *targets))
    assert set(HELD) - gone == shop.held()


async def test_the_adapter_counts_as_the_emulator_does(shop: Shop) -> None:
    adapter = shop.adapter()
    wishes = [wish(Kind.URL, f"https://{WWW}/a", f"https://{WWW}/a/"), wish(Kind.HOST, IMG), wish(Kind.TAG, "home")]
    calls = [call for asked in wishes for call in adapter.plan(asked)]
    for call in calls:
        before = {name: shop.cloud.buckets.tokens(name) for name in BUDGETS}
        await adapter.send(call, REFERENCE)
        spent = tuple((name, round(n - shop.cloud.buckets.tokens(name))) for name, n in before.items())
        assert call.cost == tuple(cost for cost in spent if cost[1])
    await adapter.close()


@faults
async def test_a_fault_is_one_named_error_and_then_it_is_over(shop: Shop, fault: str, error: type[PurgeError]) -> None:
    shop.cloud.faults.set("cf", fault, 1)
    with pytest.raises(error):
        await purge(shop.adapter(), wish(Kind.EVERYTHING))
    before = shop.held()
    await purge(shop.adapter(), wish(Kind.EVERYTHING))
    assert (set(HELD), set()) == (before, shop.held())


async def test_the_adapter_names_who_must_act(shop: Shop) -> None:
    with pytest.raises(BadCredentials):
        await purge(shop.adapter("wrong-key-wrong-key"), wish(Kind.EVERYTHING))
    with pytest.raises(Refused):
        await purge(shop.adapter(), wish(Kind.URL, "https://other.test/a"))
    with pytest.raises(WrongAddress):
        await purge(shop.adapter(), Purge(Kind.EVERYTHING, (), layer={"pull_zone": "77"}))
    assert set(HELD) == shop.held()


async def test_the_doctor_purges_nothing_and_spends_nothing(shop: Shop) -> None:
    adapter, stranger = shop.adapter(), shop.adapter("wrong-key-wrong-key")
    good, bad = await adapter.probe({"pull_zone": str(ZONE)}), await stranger.probe({"pull_zone": str(ZONE)})
    other = await adapter.probe({"pull_zone": "77"})
    await adapter.close()
    await stranger.close()
    assert (Health.GOOD, f"Bunny knows the key, and pull zone {ZONE} (shop).") == (good.health, good.what)
    assert (Health.BAD, "Bunny does not know the key.") == (bad.health, bad.what)
    assert (Health.BAD, "Bunny knows no pull zone 77 of this account.") == (other.health, other.what)
    assert (set(HELD), [120.0, 20.0]) == (shop.held(), [shop.cloud.buckets.tokens(name) for name in BUDGETS])
