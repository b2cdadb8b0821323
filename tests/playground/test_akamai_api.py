"""The pretend Akamai: who may, what may be asked, how much of it, what is answered; and the adapter speaking to it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from playground.clouds.akamai import BUDGETS, Akamai
from playground.clouds.akamai_gate import Arrived, Client, Denied, Gate
from playground.clouds.buckets import Bucket
from playground.pace import FAST, HUMAN
from providers.akamai import Akamai as Adapter
from providers.contract import Account, Health, Kind, Purge, Receipt
from providers.edgegrid import Credentials, EdgeGrid, fresh_nonce
from providers.errors import BadCredentials, PurgeError, Throttled
from tests.playground.cloud_land import faults, ground
from tests.playground.slack_land import START, Clock
from tests.providers.manners import REFERENCE

pytestmark = pytest.mark.slow

HOST = "akab-play.luna.akamaiapis.net"
OURS = Client("akab-client-play", "secret-of-the-playground=", "akab-access-play")
OFF = Client("akab-client-off", "secret-of-another=", "akab-access-off", active=False)
REPORTS = Client("akab-client-reports", "secret-of-reports=", "akab-access-reports", purging=False)
CPCODES = {111: frozenset({"www.shop.test"}), 222: frozenset({"img.shop.test"})}
HOME, NEWS, LOGO = "http://www.shop.test/", "http://www.shop.test/news?x=%2F", "http://img.shop.test/logo"
HELD = {HOME: ["all"], NEWS: ["all", "news"], LOGO: ["pics"]}
CITIES = ("fra", "iad", "sin")
PURGE = "/ccu/v3/delete/url/production"


@dataclass(frozen=True, slots=True)
class Land:
    """A served stand-in, its caches and its clock."""

    url: str
    clock: Clock
    akamai: Akamai
    client: httpx.AsyncClient

    async def ask(
        self,
        path: str,
        body: object = None,
        method: str = "POST",
        who: Client = OURS,
        late: float = 0.0,
        nonce: Callable[[], str] = fresh_nonce,
        content_type: str = "application/json",
    ) -> httpx.Response:
        """One signed request; bytes go out as they are."""
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        auth = EdgeGrid(credentials(who), lambda: datetime.fromtimestamp(self.clock.at - late, UTC), nonce)
        request = self.client.build_request(
            method, self.url, content=content, headers={"content-type": content_type} if content_type else {}
        )
        request.extensions["target"] = path.encode()
        return await self.client.send(request, auth=auth)

    def held(self, city: str = "fra") -> dict[str, bool]:
        """URL → whether it is stale, of each copy in a city."""
        copies = {url: self.akamai.edges[city].find(url) for url in HELD}
        return {url: copy.stale for url, copy in copies.items() if copy}

    def adapter(self, who: Client = OURS, settings: Mapping[str, str] | None = None, late: float = 0.0) -> Adapter:
        """The real one, on this clock."""
        own = credentials(who)
        edgerc = (
            f"[default]\nhost = {own.host}\nclient_token = {own.client_token}\n"
            f"client_secret = {own.client_secret}\naccess_token = {own.access_token}\n"
        )
        account = Account("ak", {"api_url": self.url, **(settings or {})}, {"edgerc": edgerc})
        return Adapter(account, clock=lambda: datetime.fromtimestamp(self.clock.at - late, UTC))


def credentials(who: Client) -> Credentials:
    return Credentials(HOST, who.client_token, who.client_secret, who.access_token)


@contextlib.asynccontextmanager
async def land(
    data: Path, human: bool = False, budgets: Mapping[str, Bucket] = BUDGETS, mount: str = ""
) -> AsyncIterator[Land]:
    """The stand-in on a free port, with three pages in each city; its faults are those of `cf`."""
    with ground(data) as here:
        akamai = Akamai(
            account="cf",
            gate=Gate((OURS, OFF, REPORTS), here.clock),
            cpcodes=CPCODES,
            edges=here.edges(HELD, CITIES),
            buckets=here.buckets(budgets),
            requests=here.requests,
            faults=here.faults,
            pace=HUMAN if human else FAST,
            now=here.clock,
        )
        app = Starlette(routes=[Mount(mount, akamai)]) if mount else akamai
        async with here.served(app) as (url, client):
            yield Land(url + mount, here.clock, akamai, client)


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Land]:
    async with land(tmp_path) as opened:
        yield opened


# Who may. The gate alone, against Akamai's own vectors

AT_2014 = datetime(2014, 3, 21, 19, 34, 21, tzinfo=UTC).timestamp()
THEIR_HOST = "akaa-baseurl-xxxxxxxxxxx-xxxxxxxxxxxxx.luna.akamaiapis.net"
THEIRS = Client("akab-client-token-xxx-xxxxxxxxxxxxxxxx", "x" * 43 + "=", "akab-access-token-xxx-xxxxxxxxxxxxxxxx")
UNSIGNED = (
    f"EG1-HMAC-SHA256 client_token={THEIRS.client_token};access_token={THEIRS.access_token};"
    "timestamp=20140321T19:34:21+0000;nonce=nonce-xx-xxxx-xxxx-xxxx-xxxxxxxxxxxx;"
)
VECTORS = [
    pytest.param("GET", "/", b"", "tL+y4hxyHxgWVD30X3pWnGKHcPzmrIF+LThiAOhMxYU=", id="1-get"),
    pytest.param(
        "GET", "/testapi/v1/t1?p1=1&p2=2", b"", "hKDH1UlnQySSHjvIcZpDMbQHihTQ0XyVAKZaApabdeA=", id="2-a-query"
    ),
    pytest.param("POST", "/testapi/v1/t3", b"data" * 8, "hXm4iCxtpN22m4cbZb4lVLW5rhX8Ca82vCFqXzSTPe4=", id="3-a-body"),
    pytest.param("POST", "/testapi/v1/t6", b"", "1gEDxeQGD5GovIkJJGcBaKnZ+VaPtrc4qBUHixjsPCQ=", id="5-an-empty-body"),
    pytest.param(
        "POST",
        "/ccu/v3/invalidate/url/production",
        b'{"objects":["https://www.example.com/a.css"]}',
        "6cU0HXmdsmZJvA+XBv3o183uqOLuxjzXwwDV81pkIUw=",
        id="8-a-purge",
    ),
    pytest.param(
        "POST", "/ccu/v3/rate-limit-status/url", b"", "tFlL7sZKR7lfQHOf37YaWF4Rxg8OQv9V8rMHU0MYvx4=", id="10-status"
    ),
]


@pytest.mark.parametrize(("method", "path", "body", "signature"), VECTORS)
def test_the_gate_lets_akamais_own_vectors_in(method: str, path: str, body: bytes, signature: str) -> None:
    arrived = Arrived(method, THEIR_HOST, path, f"{UNSIGNED}signature={signature}", body)
    assert THEIRS == Gate((THEIRS,), lambda: AT_2014).admit(arrived)


def test_the_gate_lets_no_other_body_in_under_that_signature() -> None:
    authorization = f"{UNSIGNED}signature=hXm4iCxtpN22m4cbZb4lVLW5rhX8Ca82vCFqXzSTPe4="
    with pytest.raises(Denied, match="The signature does not match"):
        Gate((THEIRS,), lambda: AT_2014).admit(
            Arrived("POST", THEIR_HOST, "/testapi/v1/t3", authorization, b"data" * 7)
        )


MATCH = "The signature does not match"
STRANGERS = [
    pytest.param({"late": 31.0}, 400, "Bad request", "Invalid timestamp", id="a-clock-behind"),
    pytest.param({"late": -31.0}, 400, "Bad request", "Invalid timestamp", id="a-clock-ahead"),
    pytest.param({"who": OFF}, 401, "Not authorized", "Inactive client token", id="an-inactive-token"),
    pytest.param(
        {"who": Client("akab-unknown", "s", "a")}, 401, "Not authorized", "Inactive client token", id="an-unknown-token"
    ),
    pytest.param(
        {"who": Client(OURS.client_token, "another", OURS.access_token)}, 401, "Not authorized", MATCH, id="a-secret"
    ),
    pytest.param(
        {"who": Client(OURS.client_token, OURS.client_secret, "another")}, 401, "Not authorized", MATCH, id="an-access"
    ),
]


@pytest.mark.parametrize(("how", "status", "title", "detail"), STRANGERS)
async def test_a_stranger_purges_nothing(
    shop: Land, how: Mapping[str, object], status: int, title: str, detail: str
) -> None:
    response = await shop.ask(PURGE, {"objects": [HOME]}, **how)  # type: ignore[arg-type]
    doc = response.json()
    assert (status, status, title, detail) == (response.status_code, doc["status"], doc["title"], doc["detail"])
    assert HELD.keys() == shop.held().keys()


async def test_a_clock_within_thirty_seconds_is_taken(shop: Land) -> None:
    asked = [await shop.ask(PURGE, {"objects": [HOME]}, late=late) for late in (30.0, -30.0)]
    assert [201, 201] == [response.status_code for response in asked]


async def test_without_a_signature_nothing_is_read(shop: Land) -> None:
    response = await shop.client.post(shop.url + PURGE, json={"objects": [HOME]})
    assert (400, "Invalid authorization header") == (response.status_code, response.json()["detail"])


async def test_a_request_sent_once_more_as_it_was_is_a_replay(shop: Land) -> None:
    asked = [await shop.ask(PURGE, {"objects": [HOME]}, nonce=lambda: "the-same") for _ in range(2)]
    assert [201, 401] == [response.status_code for response in asked]


# What may be asked

PATHS = [
    pytest.param("POST", "/ccu/v3/delete/url/development", 404, "Not Found", id="no-such-network"),
    pytest.param("POST", "/ccu/v3/delete/url/", 404, "Not Found", id="a-slash-without-a-network"),
    pytest.param("POST", "/ccu/v3/delete/prefix/production", 404, "Not Found", id="no-such-kind"),
    pytest.param("POST", "/ccu/v2/queues/default", 404, "Not Found", id="an-older-api"),
    pytest.param("GET", "/ccu/v3/purges/edcp-x", 404, "Not Found", id="no-job-to-ask-about"),
    pytest.param("PUT", PURGE, 405, "Method Not Allowed", id="another-method"),
]
INVALID = "invalid attribute value"
BODIES = [
    pytest.param("url", {"objects": {}}, 400, INVALID, "objects: expected []string, received object", id="a-map"),
    pytest.param("url", {"objects": HOME}, 400, INVALID, "objects: expected []string, received string", id="one-text"),
    pytest.param("url", {"objects": []}, 400, INVALID, "objects: expected []string, received array", id="none"),
    pytest.param("url", {}, 400, INVALID, "objects: expected []string, received null", id="nothing"),
    pytest.param("url", [HOME], 400, INVALID, "objects: expected []string, received null", id="a-list"),
    pytest.param(
        "url",
        {"objects": [HOME], "hostname": "www.shop.test"},
        400,
        INVALID,
        "objects: expected []string, received array",
        id="another-member",
    ),
    pytest.param("url", {"objects": [7]}, 400, INVALID, "objects: expected []string, received []int", id="a-number"),
    pytest.param(
        "cpcode",
        {"objects": ["111"]},
        400,
        INVALID,
        "objects: expected []int, received []string",
        id="a-cp-code-as-text",
    ),
    pytest.param(
        "cpcode",
        {"objects": [True]},
        400,
        INVALID,
        "objects: expected []int, received []boolean",
        id="a-cp-code-as-yes",
    ),
    pytest.param("tag", {"objects": [""]}, 400, INVALID, "objects: expected []string, received []string", id="no-tag"),
    pytest.param("url", b"{", 400, "invalid JSON", "", id="half-a-document"),
    pytest.param(
        "url",
        {"objects": [HOME, "http://www.shop.test/é"]},
        400,
        "bad URL",
        "http://www.shop.test/é holds 'é' at 21, which is not ASCII",
        id="beyond-ascii",
    ),
    pytest.param(
        "url",
        {"objects": ["http://www_shop/"]},
        400,
        "bad URL hostname",
        "Invalid or malformed hostname",
        id="a-hostname",
    ),
    pytest.param("url", {"objects": [HOME, "/news"]}, 403, "unauthorized arl", "/news", id="a-path"),
    pytest.param(
        "url", {"objects": [HOME, "http://evil.test/"]}, 403, "unauthorized arl", "http://evil.test/", id="another-host"
    ),
    pytest.param("cpcode", {"objects": [111, 9]}, 403, "unauthorized cpcode", "9", id="another-cp-code"),
]


@pytest.mark.parametrize(("method", "path", "status", "title"), PATHS)
async def test_a_wrong_address_purges_nothing(shop: Land, method: str, path: str, status: int, title: str) -> None:
    response = await shop.ask(path, {"objects": [HOME]}, method)
    assert (status, title) == (response.status_code, response.json()["title"])
    assert HELD.keys() == shop.held().keys()


@pytest.mark.parametrize(("kind", "body", "status", "title", "detail"), BODIES)
async def test_one_bad_object_purges_nothing_and_costs_nothing(
    shop: Land, kind: str, body: object, status: int, title: str, detail: str
) -> None:
    response = await shop.ask(f"/ccu/v3/delete/{kind}/production", body)
    doc = response.json()
    assert (status, status, title, detail) == (response.status_code, doc["httpStatus"], doc["title"], doc["detail"])
    assert "application/api-problem+json" == response.headers["content-type"]
    assert [bucket.size for bucket in BUDGETS.values()] == [shop.akamai.buckets.tokens(name) for name in BUDGETS]
    assert HELD.keys() == shop.held().keys()


def padded(n: int) -> bytes:
    body = json.dumps({"objects": [HOME]}).encode()
    return body + b" " * (n - len(body))


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        pytest.param(padded(50_000), "application/json", 201, id="50_000-bytes"),
        pytest.param(padded(50_001), "application/json", 413, id="50_001-bytes"),
        pytest.param(padded(140_000), "application/json", 413, id="more-than-is-hashed"),
        pytest.param(padded(100), "application/json; charset=utf-8", 201, id="json-with-a-charset"),
        pytest.param(padded(100), "text/plain", 415, id="another-type"),
        pytest.param(padded(100), "", 415, id="no-type"),
    ],
)
async def test_a_body_is_json_of_at_most_50_000_bytes(shop: Land, body: bytes, content_type: str, status: int) -> None:
    assert status == (await shop.ask(PURGE, body, content_type=content_type)).status_code


async def test_credentials_for_other_apis_purge_nothing(shop: Land) -> None:
    response = await shop.ask(PURGE, {"objects": [HOME]}, who=REPORTS)
    assert (400, "Invalid endpoint") == (response.status_code, response.json()["title"])


# What it does

DEEDS = [
    pytest.param("delete/url/production", [HOME], {NEWS: False, LOGO: False}, id="delete-a-url"),
    pytest.param("delete/url", [HOME], {NEWS: False, LOGO: False}, id="production-where-nothing-is-said"),
    pytest.param("delete/url/staging", [HOME], {HOME: False, NEWS: False, LOGO: False}, id="staging-is-elsewhere"),
    pytest.param(
        "delete/url/production", [NEWS.replace("http:", "https:")], {HOME: False, LOGO: False}, id="either-scheme"
    ),
    pytest.param(
        "delete/url/production", [HOME + "news"], {HOME: False, NEWS: False, LOGO: False}, id="with-another-query"
    ),
    pytest.param(
        "invalidate/url/production", [HOME, LOGO], {HOME: True, NEWS: False, LOGO: True}, id="invalidate-two-urls"
    ),
    pytest.param("delete/tag/production", ["news", "pics"], {HOME: False}, id="delete-tags"),
    pytest.param("invalidate/tag/production", ["all"], {HOME: True, NEWS: True, LOGO: False}, id="invalidate-a-tag"),
    pytest.param("delete/cpcode/production", [111], {LOGO: False}, id="delete-a-cp-code"),
    pytest.param("invalidate/cpcode/production", [222], {HOME: False, NEWS: False, LOGO: True}, id="invalidate-one"),
]


@pytest.mark.parametrize(("deed", "objects", "held"), DEEDS)
async def test_a_deed_is_done_in_each_city(
    shop: Land, deed: str, objects: Sequence[object], held: Mapping[str, bool]
) -> None:
    response = await shop.ask(f"/ccu/v3/{deed}", {"objects": objects})
    doc = response.json()
    assert (201, 201, "Request accepted", 5) == (
        response.status_code,
        doc["httpStatus"],
        doc["detail"],
        doc["estimatedSeconds"],
    )
    assert doc["purgeId"] == doc["supportId"]
    assert [held] * 3 == [shop.held(city) for city in CITIES]


async def test_a_purge_travels_outwards_city_by_city(tmp_path: Path) -> None:
    async with land(tmp_path, human=True) as shop:
        await shop.ask(PURGE, {"objects": [HOME]})
        seen = []
        for seconds in (0, 0.89, 0.91, 1.41, 2.11):
            shop.clock.at = START + seconds
            seen.append([city for city in CITIES if HOME in shop.held(city)])
    assert [["fra", "iad", "sin"], ["fra", "iad", "sin"], ["iad", "sin"], ["sin"], []] == seen


async def test_a_request_is_written_down_as_it_came_without_its_signature(shop: Land) -> None:
    await shop.ask(PURGE + "?accountSwitchKey=1-A:1-B", {"objects": [LOGO]})
    row = shop.akamai.requests.listed()[0]
    assert ("POST", f"{PURGE}?accountSwitchKey=1-A:1-B", 201) == (row["method"], row["path"], row["status"])
    assert [LOGO, LOGO.replace("http:", "https:")] == row["purged"]
    assert OURS.access_token not in json.dumps(row)


# How much

RATES = (
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-limit-per-second",
    "x-ratelimit-seconds-to-refresh-limit",
    "x-ratelimit-limit-objects",
    "x-ratelimit-remaining-objects",
    "x-ratelimit-limit-per-second-objects",
    "x-ratelimit-seconds-to-refresh-limit-objects",
)


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        pytest.param(
            PURGE, {"objects": [HOME, NEWS]}, "100 99 50.00 0.02 10000 9998 200.00 0.01", id="a-purge-is-counted"
        ),
        pytest.param(
            "/ccu/v3/delete/cpcode/production",
            {"objects": [111, 222]},
            "100 99 50.00 0.02 300 298 0.50 4.00",
            id="cp-codes",
        ),
        pytest.param(
            "/ccu/v3/delete/tag/production", {"objects": ["a"]}, "100 99 50.00 0.02 5000 4999 8.33 0.12", id="tags"
        ),
        pytest.param("/ccu/v3/rate-limit-status/url", None, "100 100 50.00 0.00 10000 10000 200.00 0.00", id="url"),
        pytest.param("/ccu/v3/rate-limit-status/cpcode", None, "100 100 50.00 0.00 300 300 0.50 0.00", id="cpcode"),
        pytest.param("/ccu/v3/rate-limit-status/tag", None, "100 100 50.00 0.00 5000 5000 8.33 0.00", id="tag"),
    ],
)
async def test_every_201_says_what_is_left(shop: Land, path: str, body: object, expected: str) -> None:
    response = await shop.ask(path, body)
    assert (201, expected) == (response.status_code, " ".join(response.headers[name] for name in RATES))


SMALL = {"requests": Bucket(3, 1), "urls": Bucket(5, 2), "cpcodes": Bucket(1, 0.1), "tags": Bucket(2, 0.5)}


@pytest.mark.parametrize(
    ("kind", "taken", "refused", "title", "numbers"),
    [
        pytest.param("url", 4, 2, "URL Rate Limit exceeded", (5, 2, 1), id="urls"),
        pytest.param("tag", 2, 1, "TAG Rate Limit exceeded", (2, 1, 0), id="tags"),
        pytest.param("cpcode", 1, 1, "CPCODE Rate Limit exceeded", (1, 1, 0), id="cp-codes"),
    ],
)
async def test_over_a_budget_nothing_is_purged_and_nothing_paid(
    tmp_path: Path, kind: str, taken: int, refused: int, title: str, numbers: tuple[int, int, int]
) -> None:
    def some(n: int) -> dict[str, list[object]]:
        one: dict[str, Callable[[int], object]] = {"url": lambda i: f"{HOME}{i}", "tag": str, "cpcode": lambda i: 222}
        return {"objects": [one[kind](i) for i in range(n)]}

    async with land(tmp_path, budgets=SMALL) as shop:
        path = f"/ccu/v3/delete/{kind}/production"
        assert 201 == (await shop.ask(path, some(taken))).status_code
        response = await shop.ask(path, some(refused))
        doc = response.json()
        told = tuple(doc[name] for name in ("rateLimit", "rateLimitCurrentRequestSize", "rateLimitRemaining"))
        assert (429, title, "", numbers) == (response.status_code, doc["title"], doc["detail"], told)
        assert "2" == response.headers["x-ratelimit-remaining"]
        shop.clock.at += 10
        assert 201 == (await shop.ask(path, some(refused))).status_code


async def test_calls_are_counted_first_and_come_back(tmp_path: Path) -> None:
    async with land(tmp_path, budgets=SMALL) as shop:
        statuses = [(await shop.ask(PURGE, {"objects": [HOME]})).status_code for _ in range(4)]
        response = await shop.ask(PURGE, {"objects": [HOME] * 9})
        assert ([201, 201, 201, 429], "Rate Limit exceeded") == (statuses, response.json()["title"])
        shop.clock.at += 1
        assert 201 == (await shop.ask(PURGE, {"objects": [HOME]})).status_code


# The adapter, unchanged, speaking to it

LAYER = {"cpcodes": "111, 222"}


async def purged(adapter: Adapter, kind: Kind, *targets: str, soft: bool = False, **layer: str) -> Receipt:
    call = adapter.plan(Purge(kind, targets, soft, LAYER | layer))[0]
    try:
        return await adapter.send(call, REFERENCE)
    finally:
        await adapter.close()


WISHES = [
    pytest.param(Kind.URL, [NEWS], False, {}, {HOME: False, LOGO: False}, ("urls", 9999.0), id="a-url"),
    pytest.param(
        Kind.URL, [NEWS], True, {}, {HOME: False, NEWS: True, LOGO: False}, ("urls", 9999.0), id="a-url-softly"
    ),
    pytest.param(Kind.TAG, ["all"], False, {}, {LOGO: False}, ("tags", 4999.0), id="a-tag"),
    pytest.param(Kind.EVERYTHING, [], False, {}, {}, ("cpcodes", 298.0), id="everything"),
    pytest.param(
        Kind.EVERYTHING,
        [],
        True,
        {"cpcodes": "111"},
        {HOME: True, NEWS: True, LOGO: False},
        ("cpcodes", 299.0),
        id="everything-of-one-cp-code-softly",
    ),
    pytest.param(
        Kind.URL, [HOME], False, {"network": "staging"}, dict.fromkeys(HELD, False), ("urls", 9999.0), id="staging"
    ),
]


@pytest.mark.parametrize(("kind", "targets", "soft", "layer", "held", "left"), WISHES)
async def test_what_the_adapter_wishes_is_done(
    shop: Land,
    kind: Kind,
    targets: Sequence[str],
    soft: bool,
    layer: Mapping[str, str],
    held: Mapping[str, bool],
    left: tuple[str, float],
) -> None:
    receipt = await purged(shop.adapter(), kind, *targets, soft=soft, **layer)
    assert (5.0, True) == (receipt.ready_in, receipt.id in receipt.note)
    assert [("requests", 99.0), left] == [one[:2] for one in receipt.left]
    assert held == shop.held()


async def test_the_adapter_sends_a_plan_of_many_calls(tmp_path: Path) -> None:
    async with land(tmp_path) as shop:
        adapter = shop.adapter()
        calls = adapter.plan(Purge(Kind.URL, tuple(f"{HOME}{i:04}" for i in range(3_000)), layer=LAYER))
        for call in calls:
            await adapter.send(call, REFERENCE)
        await adapter.close()
        assert (2, 7_000) == (len(calls), shop.akamai.buckets.tokens("urls"))


async def test_the_adapter_is_understood_through_a_mount_and_with_a_switch_key(tmp_path: Path) -> None:
    async with land(tmp_path, mount="/akamai") as shop:
        adapter = shop.adapter(settings={"account_switch_key": "1-5BYUG1:1-8BYUX"})
        assert 5.0 == (await purged(adapter, Kind.URL, HOME)).ready_in


NTP = "Set this machine's clock by NTP, then retry."
COPY = "Copy the section of `edgerc` again, whole: its host, tokens and secret belong together. "
DENIALS = [
    pytest.param({"late": 31.0}, HOME, BadCredentials, NTP, id="a-clock-behind"),
    pytest.param(
        {"who": Client(OURS.client_token, "another-secret", OURS.access_token)},
        HOME,
        BadCredentials,
        COPY + "A proxy on the way must pass Host, path and body on as they are.",
        id="another-secret",
    ),
    pytest.param(
        {"who": OFF},
        HOME,
        BadCredentials,
        "Activate the API client of `edgerc` in Akamai Control Center, or make new credentials.",
        id="an-inactive-token",
    ),
    pytest.param(
        {"who": REPORTS},
        HOME,
        BadCredentials,
        'Give the API client of `edgerc` the service "CCU APIs" with READ-WRITE, '
        "or set `section` to the one that has it.",
        id="not-for-purging",
    ),
    pytest.param(
        {},
        "http://evil.test/",
        BadCredentials,
        "Give the API client of `edgerc` purge rights on the CP code behind that URL, and check that Akamai serves the "
        "host.",
        id="a-host-of-others",
    ),
]


@pytest.mark.parametrize(("how", "url", "error", "advice"), DENIALS)
async def test_the_adapter_says_what_to_do_about_a_no(
    shop: Land, how: Mapping[str, object], url: str, error: type[PurgeError], advice: str
) -> None:
    with pytest.raises(PurgeError) as caught:
        await purged(shop.adapter(**how), Kind.URL, url)  # type: ignore[arg-type]
    assert (error, advice) == (type(caught.value), caught.value.advice)
    assert HELD.keys() == shop.held().keys()


async def test_the_adapter_waits_as_long_as_a_budget_needs(tmp_path: Path) -> None:
    async with land(tmp_path, budgets=BUDGETS | {"cpcodes": Bucket(2, 0.1)}) as shop:
        await purged(shop.adapter(), Kind.EVERYTHING)
        with pytest.raises(Throttled) as caught:
            await purged(shop.adapter(), Kind.EVERYTHING)
        assert ("Akamai asks for fewer CP codes.", 20.0) == (caught.value.what, caught.value.retry_after)
        shop.clock.at += 20
        assert 0.0 == (await purged(shop.adapter(), Kind.EVERYTHING)).left[1][1]


@faults
async def test_a_fault_is_met_once_and_purges_nothing(shop: Land, fault: str, error: type[PurgeError]) -> None:
    shop.akamai.faults.set("cf", fault, 1)
    with pytest.raises(error):
        await purged(shop.adapter(), Kind.URL, HOME)
    assert HELD.keys() == shop.held().keys()
    await purged(shop.adapter(), Kind.URL, HOME)
    assert [fault, ""] == [row.get("fault", "") for row in shop.akamai.requests.listed()]


FORBIDDEN = [
    pytest.param("url", [f"{HOME}a", HOME], ("unauthorized arl", f"{HOME}a"), id="the-first-url"),
    pytest.param("cpcode", [111], ("unauthorized cpcode", "111"), id="a-cp-code"),
    pytest.param("tag", ["news", "all"], ("unauthorized tag", "news"), id="the-first-tag"),
    pytest.param("url", [], ("unauthorized arl", ""), id="nothing-asked-for"),
]


@pytest.mark.parametrize(("kind", "objects", "told"), FORBIDDEN)
async def test_the_forbidden_fault_names_what_was_asked_for(
    shop: Land, kind: str, objects: list[object], told: tuple[str, str]
) -> None:
    shop.akamai.faults.set("cf", "forbidden", 1)
    response = await shop.ask(f"/ccu/v3/delete/{kind}/production", {"objects": objects})
    assert (403, told) == (response.status_code, (response.json()["title"], response.json()["detail"]))
    assert HELD.keys() == shop.held().keys()


async def test_the_doctor_finds_a_good_account_and_purges_nothing(shop: Land) -> None:
    adapter = shop.adapter()
    shop.clock.at = datetime.now(UTC).timestamp()  # the server's Date is the machine's
    probe = await adapter.probe(LAYER)
    await adapter.close()
    assert (Health.GOOD, "") == (probe.health, probe.advice)
    assert ["/ccu/v3/rate-limit-status/url"] == [row["path"] for row in shop.akamai.requests.listed()]
    assert HELD.keys() == shop.held().keys()


async def test_the_adapter_reads_all_four_budgets(shop: Land) -> None:
    adapter = shop.adapter()
    await adapter.send(adapter.plan(Purge(Kind.TAG, ("a", "b"), layer=LAYER))[0], REFERENCE)
    left = await adapter.left(LAYER)
    await adapter.close()
    found = {name: units for name, units, _ in left}
    assert {"requests": 99.0, "urls": 10_000.0, "tags": 4_998.0, "cpcodes": 300.0} == found
