"""The pretend CloudFront: who may, what may be asked, how much of it, when it is done; and the adapter against it."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html import escape
from pathlib import Path

import httpx
import pytest

from playground.cache import Cache
from playground.clouds.aws import Caller
from playground.clouds.buckets import Bucket
from playground.clouds.cloudfront import ACTIONS, BUDGETS, CloudFront, Distribution
from playground.clouds.invalidations import XMLNS, Invalidations, is_reached
from playground.pace import FAST, HUMAN, Pace
from playground.requests import Requests
from providers import cloudfront as adapter
from providers.contract import Account, Health, Kind, Purge, Receipt
from providers.errors import BadCredentials, PurgeError
from providers.sigv4 import Keys, SigV4
from tests.playground.cloud_land import faults, ground
from tests.playground.slack_land import START, Clock

pytestmark = pytest.mark.slow

KEY, SECRET = "AKIDPLAYGROUND", "playground-cloudfront-secret"
ONE, UNTAGGED, TENANT = "E1SHOP", "E2BLOG", "dt_shop"
PLACE = f"/2020-05-31/distribution/{ONE}"
AT_TENANT = f"/2020-05-31/distribution-tenant/{TENANT}"
HELD = ["/", "/news", "/news/a", "/news/a?x=1", "/newsroom", "/News/a", "/a.css"]
HOST, OTHER = "www.shop.test", "img.shop.test"
KEPT = [*(f"http://{HOST}{path}" for path in HELD), f"http://{OTHER}/news/a", "http://blog.test/news/a"]
DISTRIBUTIONS = (
    Distribution(ONE, "d1.cloudfront.net", frozenset({HOST, OTHER}), "Cache-Tag", {TENANT: frozenset({OTHER})}),
    Distribution(UNTAGGED, "d2.cloudfront.net", frozenset({"blog.test"})),
)


@dataclass
class Land:
    """A served CloudFront, its clock, and its caches."""

    url: str
    clock: Clock
    cloud: CloudFront
    caches: Mapping[str, Cache]
    requests: Requests
    client: httpx.AsyncClient
    secret: str = SECRET
    key: str = KEY
    region: str = "us-east-1"
    service: str = "cloudfront"
    skew: float = 0.0

    async def ask(self, method: str, path: str, body: str = "", **headers: str) -> httpx.Response:
        """A signed request."""
        at = datetime.fromtimestamp(self.clock.at + self.skew, UTC)
        auth = SigV4(self.region, self.service, lambda: at)
        auth.keys = Keys(self.key, self.secret)
        return await self.client.request(method, self.url + path, content=body or None, headers=headers, auth=auth)

    async def create(self, *entries: str, reference: str = "", place: str = PLACE) -> httpx.Response:
        """An invalidation of these entries."""
        reference = reference or f"r-{len(self.requests.listed())}"
        return await self.ask("POST", f"{place}/invalidation", batch(*entries, reference=reference))

    def held(self, city: str = "fra") -> set[str]:
        """What a city still holds, as the URLs without scheme."""
        return {
            url.partition("://")[2] for url in self.caches[city].reached("everything", ("*",)) if self._is(city, url)
        }

    def _is(self, city: str, url: str) -> bool:
        return self.caches[city].find(url) is not None

    def provider(self, **settings: str) -> adapter.CloudFront:
        """The real adapter, pointed here."""
        account = Account(
            "aws", {"access_key_id": KEY, "api_url": self.url, **settings}, {"secret_access_key": self.secret}
        )
        return adapter.CloudFront(account, None, lambda: datetime.fromtimestamp(self.clock.at, UTC))


@asynccontextmanager
async def land(
    data: Path,
    pace: Pace = FAST,
    budgets: Mapping[str, Bucket] | None = None,
    callers: Mapping[str, Caller] | None = None,
) -> AsyncIterator[Land]:
    with ground(data) as here:
        caches = here.edges(
            {url: ["news", "all"] if "/news" in url else ["all"] for url in KEPT}, ("fra", "iad", "sin")
        )
        cloud = CloudFront(
            account="cf",
            callers=callers or {KEY: Caller(SECRET, actions=ACTIONS)},
            distributions=DISTRIBUTIONS,
            edges=caches,
            buckets=here.buckets(budgets or BUDGETS),
            invalidations=Invalidations(here.store, here.clock),
            requests=here.requests,
            faults=here.faults,
            pace=pace,
            now=here.clock,
        )
        async with here.served(cloud) as (url, client):
            yield Land(url, here.clock, cloud, caches, here.requests, client)


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Land]:
    async with land(tmp_path) as opened:
        yield opened


def batch(*entries: str, reference: str = "r-1", quantity: int | None = None) -> str:
    paths = "".join(f"<Path>{escape(entry)}</Path>" for entry in entries)
    n = len(entries) if quantity is None else quantity
    list_ = f"<Paths><Quantity>{n}</Quantity><Items>{paths}</Items></Paths>"
    named = f"<CallerReference>{reference}</CallerReference>"
    return f'<InvalidationBatch xmlns="{XMLNS}">{list_}{named}</InvalidationBatch>'


def said(response: httpx.Response, name: str) -> str:
    found = re.search(f"<{name}>(.*?)</{name}>", response.text)
    return found[1] if found else ""


def gone(shop: Land, city: str = "fra") -> set[str]:
    return {url.partition("://")[2] for url in KEPT} - shop.held(city)


# Answers


async def test_an_invalidation_is_answered_as_documented(shop: Land) -> None:
    response = await shop.create("/news", "/a&b", reference="job-81")
    id_ = said(response, "Id")
    assert (201, "InProgress", "2") == (response.status_code, said(response, "Status"), said(response, "Quantity"))
    assert f"https://cloudfront.amazonaws.com{PLACE}/invalidation/{id_}" == response.headers["location"]
    assert f'<Invalidation xmlns="{XMLNS}">' in response.text
    assert "<Path>/a&amp;b</Path></Items></Paths><CallerReference>job-81</CallerReference>" in response.text
    assert ("2027-01-15T08:00:00Z", True) == (said(response, "CreateTime"), bool(re.fullmatch("I[0-9A-F]{13}", id_)))


async def test_an_invalidation_is_in_progress_and_then_completed(shop: Land) -> None:
    id_ = said(await shop.create("/news"), "Id")
    seen = []
    for second in (0, 19.9, 20):
        shop.clock.at = START + second
        response = await shop.ask("GET", f"{PLACE}/invalidation/{id_}")
        seen.append((response.status_code, said(response, "Status")))
    assert [(200, "InProgress"), (200, "InProgress"), (200, "Completed")] == seen


async def test_a_distribution_shows_its_tags_and_what_is_in_progress(shop: Land) -> None:
    await shop.create("/news")
    response = await shop.ask("GET", PLACE)
    assert (200, "1", "Cache-Tag") == (
        response.status_code, said(response, "InProgressInvalidationBatches"), said(response, "HeaderName")
    )  # fmt: skip


async def test_the_same_reference_again_is_the_same_invalidation_and_free(shop: Land) -> None:
    first = await shop.create("/news", reference="r-1")
    again = await shop.create("/news", reference="r-1")
    assert (201, said(first, "Id"), 1) == (again.status_code, said(again, "Id"), shop.cloud.invalidations.paid())


async def test_the_same_reference_for_other_paths_is_refused(shop: Land) -> None:
    await shop.create("/news", reference="r-1")
    other = await shop.create("/a.css", reference="r-1")
    assert (400, "InvalidArgument") == (other.status_code, said(other, "Code"))
    assert "caller reference that was used for a previous invalidation batch" in said(other, "Message")
    assert {f"{HOST}/news"} == gone(shop)


async def test_a_reference_counts_for_one_place_only(shop: Land) -> None:
    await shop.create("/news", reference="r-1")
    assert 201 == (await shop.create("/a.css", reference="r-1", place=AT_TENANT)).status_code


# Who may

STRANGERS = [
    pytest.param({"secret": "another"}, 403, "SignatureDoesNotMatch", id="another-secret"),
    pytest.param({"key": "AKIDNOBODY"}, 403, "InvalidClientTokenId", id="an-unknown-key"),
    pytest.param({"region": "eu-central-1"}, 403, "SignatureDoesNotMatch", id="another-region"),
    pytest.param({"service": "s3"}, 403, "SignatureDoesNotMatch", id="another-service"),
    pytest.param({"skew": 301.0}, 403, "RequestExpired", id="a-clock-that-is-ahead"),
    pytest.param({"skew": -301.0}, 403, "RequestExpired", id="a-clock-that-is-behind"),
]


@pytest.mark.parametrize(("change", "status", "code"), STRANGERS)
async def test_a_stranger_purges_nothing(shop: Land, change: Mapping[str, object], status: int, code: str) -> None:
    response = await replace(shop, **change).create("/*")  # type: ignore[arg-type]
    assert (status, code, set()) == (response.status_code, said(response, "Code"), gone(shop))


@pytest.mark.parametrize("skew", [-300.0, 300.0])
async def test_a_clock_may_be_five_minutes_off(shop: Land, skew: float) -> None:
    assert 201 == (await replace(shop, skew=skew).create("/news")).status_code


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        pytest.param({}, 403, "MissingAuthenticationToken", id="nothing"),
        pytest.param({"authorization": "Bearer abc"}, 400, "IncompleteSignature", id="another-scheme"),
    ],
)
async def test_a_request_without_a_signature(shop: Land, given: Mapping[str, str], status: int, code: str) -> None:
    response = await shop.client.post(f"{shop.url}{PLACE}/invalidation", content=batch("/*"), headers=dict(given))
    assert (status, code) == (response.status_code, said(response, "Code"))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        pytest.param("POST", f"{PLACE}/invalidation", batch("/*", reference="r-2"), id="another-body"),
        pytest.param("POST", f"{AT_TENANT}/invalidation", batch("/*"), id="another-path"),
        pytest.param("PUT", f"{PLACE}/invalidation", batch("/*"), id="another-method"),
        pytest.param("POST", f"{PLACE}/invalidation?a=b", batch("/*"), id="another-query"),
    ],
)
async def test_a_signature_holds_for_what_was_signed_only(shop: Land, method: str, path: str, body: str) -> None:
    auth = SigV4("us-east-1", "cloudfront", lambda: datetime.fromtimestamp(shop.clock.at, UTC))
    auth.keys = Keys(KEY, SECRET)
    signed = next(auth.auth_flow(httpx.Request("POST", f"{shop.url}{PLACE}/invalidation", content=batch("/*"))))
    kept = {name: signed.headers[name] for name in ("authorization", "x-amz-date", "host")}
    response = await shop.client.request(method, shop.url + path, content=body, headers=kept)
    assert (403, "SignatureDoesNotMatch", set()) == (response.status_code, said(response, "Code"), gone(shop))


async def test_a_header_of_amazon_must_be_signed(shop: Land) -> None:
    auth = SigV4("us-east-1", "cloudfront", lambda: datetime.fromtimestamp(shop.clock.at, UTC))
    auth.keys = Keys(KEY, SECRET)
    signed = next(auth.auth_flow(httpx.Request("GET", shop.url + PLACE)))
    kept = {name: signed.headers[name] for name in ("authorization", "x-amz-date", "host")}
    response = await shop.client.get(shop.url + PLACE, headers={**kept, "x-amz-meta-x": "1"})
    assert "x-amz-meta-x must be a signed header." == said(response, "Message")


@pytest.mark.parametrize(
    ("action", "method", "path"),
    [
        ("CreateInvalidation", "POST", f"{PLACE}/invalidation"),
        ("GetInvalidation", "GET", f"{PLACE}/invalidation/I1"),
        ("GetDistribution", "GET", PLACE),
        ("CreateInvalidationForDistributionTenant", "POST", f"{AT_TENANT}/invalidation"),
        ("GetInvalidationForDistributionTenant", "GET", f"{AT_TENANT}/invalidation/I1"),
        ("GetDistributionTenant", "GET", AT_TENANT),
    ],
)
async def test_each_action_is_a_permission_of_its_own(tmp_path: Path, action: str, method: str, path: str) -> None:
    async with land(tmp_path, callers={KEY: Caller(SECRET, actions=ACTIONS - {action})}) as shop:
        response = await shop.ask(method, path, batch("/*") if method == "POST" else "")
        assert (403, "AccessDenied", set()) == (response.status_code, said(response, "Code"), gone(shop))
        assert f"is not authorized to perform: cloudfront:{action} on resource: arn:aws:" in said(response, "Message")


async def test_no_credential_is_written_down(shop: Land) -> None:
    await shop.create("/news")
    assert SECRET not in repr(shop.requests.listed())


# What may be asked


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        pytest.param("GET", "/2020-05-31/distribution/E9", 404, "NoSuchDistribution", id="an-unknown-distribution"),
        pytest.param(
            "POST", "/2020-05-31/distribution-tenant/dt_9/invalidation", 404, "EntityNotFound", id="an-unknown-tenant"
        ),
        pytest.param("GET", f"{PLACE}/invalidation/I9", 404, "NoSuchInvalidation", id="an-unknown-invalidation"),
        pytest.param("DELETE", f"{PLACE}/invalidation/I9", 405, "MethodNotAllowed", id="nothing-can-be-taken-back"),
        pytest.param("GET", "/2019-03-26/distribution/E1", 404, "NoSuchResource", id="another-version"),
    ],
)
async def test_places_that_are_not_there(shop: Land, method: str, path: str, status: int, code: str) -> None:
    response = await shop.ask(method, path, batch("/*") if method == "POST" else "")
    assert (status, code) == (response.status_code, said(response, "Code"))


BODIES = [
    pytest.param("", 400, "MissingBody", id="no-body"),
    pytest.param("{}", 400, "MalformedXML", id="json"),
    pytest.param(batch("/a").replace(XMLNS, "http://elsewhere.test/"), 400, "MalformedXML", id="another-namespace"),
    pytest.param(batch("/a", reference=""), 400, "MalformedXML", id="no-reference"),
    pytest.param("<!DOCTYPE a>" + batch("/a"), 400, "MalformedXML", id="a-declaration"),
    pytest.param(batch("/a", quantity=2), 400, "InconsistentQuantities", id="too-few"),
    pytest.param(batch("/a", "/b", quantity=1), 400, "InconsistentQuantities", id="too-many"),
    pytest.param(batch(), 400, "InvalidArgument", id="none"),
    pytest.param(batch("a"), 400, "InvalidArgument", id="no-slash"),
    pytest.param(batch("/news", "a"), 400, "InvalidArgument", id="one-bad-path-among-good-ones"),
    pytest.param(batch("/a /b"), 400, "InvalidArgument", id="two-paths-in-one"),
    pytest.param(batch("/ä"), 400, "InvalidArgument", id="beyond-ascii"),
    pytest.param(batch("/~me"), 400, "InvalidArgument", id="a-tilde"),
    pytest.param(batch("/" + "x" * 4000), 400, "InvalidArgument", id="a-path-too-long"),
    pytest.param(batch("#"), 400, "InvalidArgument", id="an-empty-tag"),
    pytest.param(batch("#a,b"), 400, "InvalidArgument", id="a-tag-with-a-comma"),
    pytest.param(batch("#" + "x" * 257), 400, "InvalidArgument", id="a-tag-too-long"),
    pytest.param(batch(*(f"/{n}" for n in range(3001))), 413, "BatchTooLarge", id="3001-paths"),
]


@pytest.mark.parametrize(("body", "status", "code"), BODIES)
async def test_a_body_that_is_not_right_purges_nothing_and_costs_nothing(
    shop: Land, body: str, status: int, code: str
) -> None:
    response = await shop.ask("POST", f"{PLACE}/invalidation", body)
    assert (status, code, set()) == (response.status_code, said(response, "Code"), gone(shop))
    assert (0, 150) == (shop.cloud.invalidations.paid(), shop.cloud.buckets.tokens("paths"))


@pytest.mark.parametrize("entry", ["/" + "x" * 3999, "#" + "x" * 256, "/*/a*b", "/a?b=1&c=<2>"])
async def test_up_to_the_limit_is_accepted(shop: Land, entry: str) -> None:
    assert 201 == (await shop.create(entry)).status_code


REACHES = [
    pytest.param(PLACE, ["/news"], {f"{HOST}/news"}, id="a-path"),
    pytest.param(PLACE, ["/news/a"], {f"{HOST}/news/a", f"{OTHER}/news/a"}, id="a-path-of-every-host"),
    pytest.param(PLACE, ["/news/a?x=1"], {f"{HOST}/news/a?x=1"}, id="a-path-with-its-query"),
    pytest.param(
        PLACE, ["/news/*"], {f"{HOST}/news/a", f"{HOST}/news/a?x=1", f"{OTHER}/news/a"}, id="below-but-not-itself"
    ),
    pytest.param(
        PLACE, ["/news*"],
        {f"{HOST}/news", f"{HOST}/news/a", f"{HOST}/news/a?x=1", f"{HOST}/newsroom", f"{OTHER}/news/a"},
        id="whatever-begins-so",
    ),
    pytest.param(PLACE, ["/*.css"], set(), id="a-star-elsewhere-is-a-letter"),
    pytest.param(PLACE, ["/NEWS"], set(), id="case-counts"),
    pytest.param(PLACE, ["/*"], {*(f"{HOST}{path}" for path in HELD), f"{OTHER}/news/a"}, id="all-of-a-distribution"),
    pytest.param(AT_TENANT, ["/*"], {f"{OTHER}/news/a"}, id="all-of-a-tenant"),
    pytest.param(
        PLACE, ["#NEWS", "/a.css"],
        {*(f"{HOST}/{page}" for page in ("news", "news/a", "news/a?x=1", "newsroom", "a.css")), f"{OTHER}/news/a"},
        id="a-tag-in-any-case-and-a-path",
    ),
    pytest.param(f"/2020-05-31/distribution/{UNTAGGED}", ["#news"], set(), id="a-tag-where-none-are-read"),
    pytest.param(f"/2020-05-31/distribution/{UNTAGGED}", ["/*"], {"blog.test/news/a"}, id="another-distribution"),
]  # fmt: skip


@pytest.mark.parametrize(("place", "entries", "expected"), REACHES)
async def test_what_an_entry_is_about_is_gone_and_nothing_else(
    shop: Land, place: str, entries: list[str], expected: set[str]
) -> None:
    assert 201 == (await shop.create(*entries, place=place)).status_code
    assert [expected] * 3 == [gone(shop, city) for city in ("fra", "iad", "sin")]


def test_a_star_reaches_nothing_more_too() -> None:
    assert [True, True, False] == [is_reached("/a*", path) for path in ("/a", "/ab", "/b")]


# How much


async def test_paths_come_back_at_150_a_second(shop: Land) -> None:
    async def created(n: int) -> str:
        response = await shop.create(*(f"/{i}" for i in range(n)))
        return said(response, "Code") or str(response.status_code)

    assert ["201", "201", "Throttling"] == [await created(n) for n in (100, 50, 1)]
    shop.clock.at += 0.5
    assert ["Throttling", "201", "Throttling"] == [await created(n) for n in (76, 75, 1)]


async def test_one_wildcard_a_second(shop: Land) -> None:
    seen = []
    for second in (0, 0.5, 1, 2):
        shop.clock.at = START + second
        seen.append((await shop.create("/news/*", "/a.css")).status_code)
    assert [201, 400, 201, 201] == seen


async def test_two_wildcards_in_one_call_are_too_many(shop: Land) -> None:
    response = await shop.create("/a*", "/b*")
    assert (400, "Throttling", "Rate exceeded") == (
        response.status_code, said(response, "Code"), said(response, "Message")
    )  # fmt: skip
    assert "retry-after" not in response.headers


async def test_fifteen_wildcards_may_be_in_progress(tmp_path: Path) -> None:
    async with land(tmp_path, budgets={"paths": Bucket(150, 150), "wildcards": Bucket(100, 1)}) as shop:
        assert [201] * 15 == [(await shop.create("/x*")).status_code for _ in range(15)]
        response = await shop.create("/x*")
        assert (400, "TooManyInvalidationsInProgress") == (response.status_code, said(response, "Code"))
        assert said(response, "Message").endswith("the maximum number of in-progress wildcard invalidations.")
        assert 201 == (await shop.create("/x")).status_code
        shop.clock.at += 20
        assert 201 == (await shop.create("/x*")).status_code


async def test_three_thousand_paths_may_be_in_progress(tmp_path: Path) -> None:
    async with land(tmp_path, budgets={"paths": Bucket(9000, 1), "wildcards": Bucket(1, 1)}) as shop:
        assert 201 == (await shop.create(*(f"/{n}" for n in range(3000)))).status_code
        response = await shop.create("/x")
        assert (400, "TooManyInvalidationsInProgress") == (response.status_code, said(response, "Code"))
        assert 201 == (await shop.create("/x", place=f"/2020-05-31/distribution/{UNTAGGED}")).status_code


async def test_paths_and_tags_are_counted_for_the_bill_of_each_month(tmp_path: Path) -> None:
    async with land(tmp_path, budgets={"paths": Bucket(9000, 1), "wildcards": Bucket(1, 1)}) as shop:
        await shop.create(*(f"/{n}" for n in range(999)), "#a", "/b/*")
        assert 1001 == shop.cloud.invalidations.paid()
        shop.clock.at += 31 * 24 * 3600
        assert 0 == shop.cloud.invalidations.paid()


async def test_a_purge_travels_outwards_city_by_city(tmp_path: Path) -> None:
    async with land(tmp_path, pace=HUMAN) as shop:
        await shop.create("/news")
        seen = []
        for second in (0.8, 1.0, 1.5, 2.2):
            shop.clock.at = START + second
            seen.append([city for city in ("fra", "iad", "sin") if gone(shop, city)])
    assert [[], ["fra"], ["fra", "iad"], ["fra", "iad", "sin"]] == seen


# The adapter against it


async def purged(shop: Land, kind: Kind, *targets: str, **layer: str) -> list[Receipt]:
    provider = shop.provider()
    wish = Purge(kind, targets, False, {"distribution": ONE, **layer}, (HOST,))
    try:
        return [await provider.send(call, f"j-{n}") for n, call in enumerate(provider.plan(wish))]
    finally:
        await provider.close()


@pytest.mark.parametrize(
    ("kind", "target", "expected"),
    [
        pytest.param(Kind.URL, f"http://{HOST}/news/a?x=1", {f"{HOST}/news/a?x=1"}, id="url"),
        pytest.param(
            Kind.PREFIX, f"{HOST}/news",
            {f"{HOST}/news", f"{HOST}/news/a", f"{HOST}/news/a?x=1", f"{OTHER}/news/a"}, id="prefix",
        ),
        pytest.param(Kind.PATTERN, f"{HOST}/a*", {f"{HOST}/a.css"}, id="pattern"),
        pytest.param(
            Kind.TAG, "news",
            {f"{HOST}/news", f"{HOST}/news/a", f"{HOST}/news/a?x=1", f"{HOST}/newsroom", f"{OTHER}/news/a"}, id="tag",
        ),
    ],
)  # fmt: skip
async def test_the_adapter_purges(shop: Land, kind: Kind, target: str, expected: set[str]) -> None:
    receipts = await purged(shop, kind, target)
    assert ([False], expected) == ([receipt.finished for receipt in receipts], gone(shop))


async def test_the_adapter_empties_a_distribution_or_a_tenant(shop: Land) -> None:
    await purged(shop, Kind.EVERYTHING, tenant=TENANT)
    assert {f"{OTHER}/news/a"} == gone(shop)
    shop.clock.at += 1
    await purged(shop, Kind.EVERYTHING)
    assert {"blog.test/news/a"} == shop.held()


async def test_the_adapter_purges_tags_of_a_tenant(shop: Land) -> None:
    await purged(shop, Kind.TAG, "all", tenant=TENANT)
    assert {f"{OTHER}/news/a"} == gone(shop)


async def test_the_adapter_repeats_for_free_and_watches_until_it_is_done(shop: Land) -> None:
    provider = shop.provider()
    call = provider.plan(Purge(Kind.URL, (f"http://{HOST}/news",), layer={"distribution": ONE}))[0]
    first, again = [await provider.send(call, "j-1") for _ in range(2)]
    waits = [first.ready_in]
    while not first.finished:
        shop.clock.at += first.ready_in
        first = await provider.progress(first)
        waits.append(first.ready_in)
    await provider.close()
    assert (again.id, 1, [5.0, 10.0, 20.0, 0.0]) == (first.id, shop.cloud.invalidations.paid(), waits)


async def test_the_adapter_keeps_a_signature_valid_in_real_time(tmp_path: Path) -> None:
    async with land(tmp_path) as shop:
        shop.clock.at = time.time()
        provider = adapter.CloudFront(
            Account("aws", {"access_key_id": KEY, "api_url": shop.url}, {"secret_access_key": SECRET})
        )
        probe = await provider.probe({"distribution": ONE})
        await provider.close()
    expected = (
        f"CloudFront takes purges of distribution {ONE} from these credentials: {OTHER}, {HOST}, d1.cloudfront.net; "
        "its tags come from Cache-Tag."
    )
    assert (Health.GOOD, expected) == (probe.health, probe.what)


@pytest.mark.parametrize(
    ("layer", "missing", "health"),
    [
        pytest.param({"distribution": ONE}, "", Health.GOOD, id="good"),
        pytest.param({"distribution": ONE, "tenant": TENANT}, "", Health.GOOD, id="tenant"),
        pytest.param({"distribution": UNTAGGED, "tenant": TENANT}, "", Health.BAD, id="tenant-of-another"),
        pytest.param({"distribution": "E9"}, "", Health.BAD, id="unknown"),
        pytest.param({"distribution": ONE}, "CreateInvalidation", Health.BAD, id="may-not-purge"),
        pytest.param({"distribution": ONE}, "GetInvalidation", Health.DOUBTFUL, id="may-not-watch"),
        pytest.param({"distribution": ONE}, "GetDistribution", Health.DOUBTFUL, id="may-not-look"),
    ],
)
async def test_the_doctor_purges_and_pays_nothing(
    tmp_path: Path, layer: Mapping[str, str], missing: str, health: Health
) -> None:
    async with land(tmp_path, callers={KEY: Caller(SECRET, actions=ACTIONS - {missing})}) as shop:
        provider = shop.provider()
        found = await provider.probe(layer)
        await provider.close()
        assert (health, set(), 0) == (found.health, gone(shop), shop.cloud.invalidations.paid())


@faults
async def test_the_adapter_names_what_goes_wrong(shop: Land, fault: str, error: type[PurgeError]) -> None:
    shop.cloud.faults.set("cf", fault, 1)
    with pytest.raises(PurgeError) as caught:
        await purged(shop, Kind.URL, f"http://{HOST}/news")
    assert (error, set()) == (type(caught.value), gone(shop))
    assert 1 == len(await purged(shop, Kind.URL, f"http://{HOST}/news"))


async def test_the_adapter_says_which_secret_is_wrong(shop: Land) -> None:
    shop.secret = "another"
    with pytest.raises(BadCredentials, match="AWS computes another signature than purgebot"):
        await purged(shop, Kind.URL, f"http://{HOST}/news")


async def test_the_adapter_says_that_the_clock_is_wrong(shop: Land) -> None:
    provider = shop.provider()
    late = adapter.CloudFront(
        Account("aws", {"access_key_id": KEY, "api_url": shop.url}, {"secret_access_key": SECRET}),
        None,
        lambda: datetime.fromtimestamp(START - 600, UTC),
    )
    with pytest.raises(BadCredentials, match="The time in the signature is not AWS' time"):
        await late.send(provider.plan(Purge(Kind.EVERYTHING, (), layer={"distribution": ONE}))[0], "j-1")
    await late.close()
    await provider.close()


async def test_an_address_with_a_path_is_signed_as_it_is_sent(shop: Land) -> None:
    provider = shop.provider(api_url=f"{shop.url}/elsewhere/")
    with pytest.raises(PurgeError) as caught:
        await provider.send(provider.plan(Purge(Kind.EVERYTHING, (), layer={"distribution": ONE}))[0], "j-1")
    await provider.close()
    assert "The specified resource does not exist. (NoSuchResource)" == caught.value.said
