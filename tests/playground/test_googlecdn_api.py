"""The pretend Google Cloud CDN: whose signature, which paths, how much, when done; and the adapter speaking to it."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from playground.cache import Cache
from playground.clouds.googlecdn import BUDGETS, GoogleCdn
from playground.pace import FAST
from providers.contract import Account, Health, Kind, Purge, Receipt
from providers.errors import (
    BadCredentials,
    PurgeError,
    Refused,
    WrongAddress,
)
from providers.googlecdn import GoogleCdn as Adapter
from tests.playground.cloud_land import faults, ground
from tests.playground.slack_land import Clock
from tests.providers.manners import REFERENCE
from tests.providers.manners.googlecdn import CREDENTIALS, KEY

pytestmark = pytest.mark.slow

EMAIL = CREDENTIALS["client_email"]
WWW, IMG, OTHER = "www.shop.test", "img.shop.test", "www.other.test"
INVALIDATE = "/projects/shop-prod/global/urlMaps/shop-map/invalidateCache"
HELD = {  # address → its tags
    f"{WWW}/": ["home"],
    f"{WWW}/news": ["news"],
    f"{WWW}/news?page=2": [],
    f"{WWW}/news/1": ["news"],
    f"{WWW}/newsletter": [],
    f"{IMG}/news/1": ["news"],
    f"{OTHER}/": ["home"],
}
STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # small: every process that collects makes it
NOW = time.time()


def token(key: rsa.RSAPrivateKey = KEY, alg: str = "RS256", **claims: object) -> str:
    """A JWT by hand."""
    usual = {"iss": EMAIL, "sub": EMAIL, "aud": "https://compute.googleapis.com/", "iat": NOW, "exp": NOW + 3600}
    parts = [json.dumps(part).encode() for part in ({"alg": alg, "typ": "JWT"}, usual | claims)]
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    return (signed + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


@dataclass(frozen=True, slots=True)
class Shop:
    """The emulator on a port, its edges, its clock."""

    url: str
    cloud: GoogleCdn
    clock: Clock
    client: httpx.AsyncClient

    async def ask(self, body: object, path: str = INVALIDATE, bearer: str = "", method: str = "POST") -> httpx.Response:
        headers = {"authorization": bearer or f"Bearer {token()}"}
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.client.request(method, self.url + path, content=content, headers=headers)

    def held(self) -> set[str]:
        return {url.partition("://")[2] for city in ("fra", "iad") for url in _urls(self.cloud.edges[city])}

    def adapter(self, **credentials: str) -> Adapter:
        self.clock.at = max(self.clock.at, time.time())  # its signatures hold the real time
        secrets = {"credentials": json.dumps(CREDENTIALS | credentials)}
        return Adapter(Account("g", {"api_url": self.url, "project": "shop-prod"}, secrets))


def _urls(cache: Cache) -> Sequence[str]:
    cache.mark()
    return cache.reached("everything", [""])


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    with ground(tmp_path, NOW) as here:
        cloud = GoogleCdn(
            account="cf",
            project="shop-prod",
            url_map="shop-map",
            email=EMAIL,
            public_key=KEY.public_key(),
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
    ("body", "gone"),
    [
        pytest.param({"path": "/news", "host": WWW}, {f"{WWW}/news", f"{WWW}/news?page=2"}, id="whatever-the-query"),
        pytest.param({"path": "/news/*"}, {f"{WWW}/news/1", f"{IMG}/news/1"}, id="a-prefix-on-every-host"),
        pytest.param({"path": "/*", "host": IMG}, {f"{IMG}/news/1"}, id="a-host"),
        pytest.param({"path": "/*"}, set(HELD), id="everything"),
        pytest.param({"cacheTags": ["home", "no"]}, {f"{WWW}/", f"{OTHER}/"}, id="any-of-these-tags"),
        pytest.param(
            {"cacheTags": ["news"], "host": WWW, "path": "/news/*"}, {f"{WWW}/news/1"}, id="a-tag-and-host-and-path"
        ),
    ],
)
async def test_what_a_rule_is_about_is_gone_ten_seconds_later(
    shop: Shop, body: Mapping[str, object], gone: set[str]
) -> None:
    begun = (await shop.ask(body)).json()
    path = f"/projects/shop-prod/global/operations/{begun['name']}"
    before, pending = shop.held(), (await shop.ask(b"", path, method="GET")).json()["status"]
    shop.clock.at += 10
    done = (await shop.ask(b"", path, method="GET")).json()["status"]
    assert ("compute#operation", "PENDING", "PENDING", "DONE") == (begun["kind"], begun["status"], pending, done)
    assert (set(HELD), set(HELD) - gone) == (before, shop.held())


@pytest.mark.parametrize(
    "bearer",
    [
        pytest.param("nothing", id="no-token"),
        pytest.param(token(), id="no-scheme"),
        pytest.param(f"Bearer {token(STRANGER)}", id="another-key"),
        pytest.param(f"Bearer {token(alg='none')}", id="another-algorithm"),
        pytest.param(f"Bearer {token(iss='mallory@shop.test')}", id="another-issuer"),
        pytest.param(f"Bearer {token(sub='mallory@shop.test')}", id="another-subject"),
        pytest.param(f"Bearer {token(aud='https://oauth2.googleapis.com/token')}", id="another-audience"),
        pytest.param(f"Bearer {token(iat=NOW - 3700, exp=NOW - 100)}", id="expired"),
        pytest.param(f"Bearer {token(iat=NOW + 400)}", id="from-the-future"),
        pytest.param(f"Bearer {token(exp=NOW + 7200)}", id="too-long-a-life"),
        pytest.param(f"Bearer {token()[:-6]}AAAAAA", id="a-signature-of-something-else"),
    ],
)
async def test_a_stranger_invalidates_nothing(shop: Shop, bearer: str) -> None:
    response = await shop.ask({"path": "/*"}, bearer=bearer)
    assert (401, "authError") == (response.status_code, response.json()["error"]["errors"][0]["reason"])
    assert ({}, 500.0) == (shop.cloud.operations, shop.cloud.buckets.tokens("invalidations"))


@pytest.mark.parametrize(
    ("path", "body", "status", "reason"),
    [
        pytest.param(INVALIDATE, {"path": ""}, 400, "invalid", id="an-empty-path"),
        pytest.param(INVALIDATE, {"path": "*"}, 400, "invalid", id="a-star-alone"),
        pytest.param(INVALIDATE, {"path": "/a*"}, 400, "invalid", id="a-star-after-a-letter"),
        pytest.param(INVALIDATE, {"path": "/*/a"}, 400, "invalid", id="a-star-in-the-middle"),
        pytest.param(INVALIDATE, {"path": "/a?b"}, 400, "invalid", id="a-query"),
        pytest.param(INVALIDATE, {"path": "/a#b"}, 400, "invalid", id="a-fragment"),
        pytest.param(INVALIDATE, {"path": "/a", "host": "https://x"}, 400, "invalid", id="a-host-with-a-scheme"),
        pytest.param(INVALIDATE, {"cacheTags": []}, 400, "invalid", id="no-tags"),
        pytest.param(INVALIDATE, {"cacheTags": ["a"] * 11}, 400, "invalid", id="eleven-tags"),
        pytest.param(INVALIDATE, {}, 400, "invalid", id="nothing"),
        pytest.param(INVALIDATE, b"{", 400, "parseError", id="half-a-body"),
        pytest.param(f"{INVALIDATE}?requestId=1", {"path": "/*"}, 400, "invalid", id="a-request-id-that-is-none"),
        pytest.param(
            f"{INVALIDATE}?requestId=00000000-0000-0000-0000-000000000000", {"path": "/*"}, 400, "invalid", id="zero"
        ),
        pytest.param(INVALIDATE.replace("shop-map", "map"), {"path": "/*"}, 404, "notFound", id="another-map"),
        pytest.param(INVALIDATE.replace("shop-prod", "prod"), {"path": "/*"}, 403, "forbidden", id="another-project"),
    ],
)
async def test_what_is_refused_invalidates_nothing(
    shop: Shop, path: str, body: object, status: int, reason: str
) -> None:
    response = await shop.ask(body, path)
    assert (status, reason) == (response.status_code, response.json()["error"]["errors"][0]["reason"])
    assert ({}, 500.0) == (shop.cloud.operations, shop.cloud.buckets.tokens("invalidations"))


async def test_a_repeat_with_the_same_request_id_is_the_same_operation_and_costs_nothing(shop: Shop) -> None:
    path = f"{INVALIDATE}?requestId=11111111-2222-3333-4444-555555555555"
    first, second, other = [(await shop.ask({"path": "/*"}, at)).json()["name"] for at in (path, path, INVALIDATE)]
    assert (True, False) == (first == second, first == other)
    assert 498.0 == shop.cloud.buckets.tokens("invalidations")


async def test_the_501st_in_a_minute_is_too_many(shop: Shop) -> None:
    shop.cloud.buckets.take("invalidations", 499)
    last, over = await shop.ask({"path": "/a"}), await shop.ask({"path": "/a"})
    assert (200, 403) == (last.status_code, over.status_code)
    assert "rateLimitExceeded" == over.json()["error"]["errors"][0]["reason"]


# The adapter, unchanged


def wish(kind: Kind, *targets: str, url_map: str = "shop-map") -> Purge:
    return Purge(kind, targets, layer={"url_map": url_map}, hosts=(WWW, IMG))


async def purge(adapter: Adapter, asked: Purge) -> list[Receipt]:
    try:
        calls = adapter.plan(asked)
        return [await adapter.send(call, f"{REFERENCE}-{n}") for n, call in enumerate(calls)]
    finally:
        await adapter.close()


@pytest.mark.parametrize(
    ("kind", "targets", "gone"),
    [
        pytest.param(Kind.URL, [f"https://{WWW}/news?page=2"], {f"{WWW}/news", f"{WWW}/news?page=2"}, id="url"),
        pytest.param(
            Kind.PREFIX,
            [f"{WWW}/news"],
            {f"{WWW}/news", f"{WWW}/news?page=2", f"{WWW}/news/1"},
            id="prefix-at-a-path-boundary",
        ),
        pytest.param(Kind.PREFIX, [f"{WWW}/news/"], {f"{WWW}/news/1"}, id="prefix-of-a-folder"),
        pytest.param(Kind.PREFIX, [IMG], {f"{IMG}/news/1"}, id="prefix-without-a-path"),
        pytest.param(Kind.HOST, [IMG], {f"{IMG}/news/1"}, id="host"),
        pytest.param(Kind.TAG, ["home"], {f"{WWW}/", f"{OTHER}/"}, id="tag"),
        pytest.param(Kind.EVERYTHING, [], set(HELD) - {f"{OTHER}/"}, id="everything-of-the-site"),
    ],
)
async def test_what_the_adapter_wishes_is_gone_when_it_says_so(
    shop: Shop, kind: Kind, targets: Sequence[str], gone: set[str]
) -> None:
    receipts = await purge(shop.adapter(), wish(kind, *targets))
    adapter = shop.adapter()
    pending = [await adapter.progress(receipt) for receipt in receipts]
    shop.clock.at += 10
    done = [await adapter.progress(receipt) for receipt in receipts]
    await adapter.close()
    assert ([False], [False], [True]) == tuple(
        sorted({one.finished for one in some}) for some in (receipts, pending, done)
    )
    assert set(HELD) - gone == shop.held()


async def test_the_adapter_repeats_without_invalidating_twice(shop: Shop) -> None:
    adapter = shop.adapter()
    (call,) = adapter.plan(wish(Kind.HOST, IMG))
    first, second = await adapter.send(call, REFERENCE), await adapter.send(call, REFERENCE)
    other = await adapter.send(call, f"{REFERENCE}-b")
    await adapter.close()
    assert (True, False, 2) == (first.id == second.id, first.id == other.id, len(shop.cloud.operations))


@faults
async def test_a_fault_is_one_named_error_and_then_it_is_over(shop: Shop, fault: str, error: type[PurgeError]) -> None:
    shop.cloud.faults.set("cf", fault, 1)
    with pytest.raises(error):
        await purge(shop.adapter(), wish(Kind.HOST, IMG))
    await purge(shop.adapter(), wish(Kind.HOST, IMG))
    assert 1 == len(shop.cloud.operations)


async def test_the_adapter_names_who_must_act(shop: Shop) -> None:
    with pytest.raises(BadCredentials, match="does not take the service account's signature"):
        await purge(shop.adapter(client_email="someone@else.test"), wish(Kind.EVERYTHING))
    with pytest.raises(WrongAddress, match="knows no shop-prod/other-map"):
        await purge(shop.adapter(), wish(Kind.EVERYTHING, url_map="other-map"))
    with pytest.raises(Refused):
        await purge(shop.adapter(), wish(Kind.HOST, "WWW.shop.test"))
    shop.cloud.may_invalidate = False
    with pytest.raises(BadCredentials, match=r"compute\.urlMaps\.invalidateCache"):
        await purge(shop.adapter(), wish(Kind.EVERYTHING))
    assert {} == shop.cloud.operations


async def test_the_doctor_invalidates_nothing(shop: Shop) -> None:
    adapter = shop.adapter()
    good = await adapter.probe({"url_map": "shop-map"})
    other = await adapter.probe({"url_map": "other-map"})
    shop.cloud.may_invalidate = False
    forbidden = await adapter.probe({"url_map": "shop-map"})
    await adapter.close()
    assert (Health.GOOD, f"Google Cloud CDN takes invalidations of shop-map from {EMAIL}.") == (good.health, good.what)
    assert (Health.BAD, "Google Cloud CDN knows no shop-prod/other-map.") == (other.health, other.what)
    what = "Google Cloud CDN does not let the service account invalidate shop-prod/shop-map."
    assert (Health.BAD, what) == (forbidden.health, forbidden.what)
    assert ({}, set(HELD)) == (shop.cloud.operations, shop.held())
