"""The pretend Fastly by itself, as read on 2026-11-23, and the adapter at it, in front of caches that race."""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from playground.clouds.buckets import Bucket
from playground.clouds.fastly import Fastly as Api
from playground.clouds.fastly import Hours, Token
from playground.clouds.fastly_pop import Pop
from playground.http import Reply, Target
from playground.pace import Pace
from providers.contract import Account, Cached, Call, Health, Kind, Purge
from providers.errors import BadCredentials, PurgeError, Refused, Throttled, WrongAddress
from providers.fastly import Fastly
from tests.playground.cloud_land import faults, ground
from tests.playground.slack_land import START, Clock
from tests.providers.manners import REFERENCE

pytestmark = pytest.mark.slow

SERVICE, OLD = "SU1Z0isxPaozGVKXdv0eY5", "7i6HN3TK9wS159v2gPAZ8A"
TOKENS = {
    "all-of-it": Token(frozenset({"global"})),
    "just-right": Token(frozenset({"purge_select", "purge_all", "global:read"})),
    "select-only": Token(frozenset({"purge_select"})),
    "reads-only": Token(frozenset({"global:read"})),
    "elsewhere": Token(frozenset({"global"}), (OLD,)),
}
HOST = "www.shop.test"
PAGES = {"/": "all home", "/a?b=1": "all a/b Home", "/c": "all c"}
CITIES = ("fra", "iad")
RACE = 1.0  # seconds
NO_SERVICE = {"msg": "Record not found", "details": "Cannot find service"}
DENIED = {"msg": "You are not authorized to perform this action"}


@dataclass(slots=True)
class Shop:
    """A pretend Fastly with its POPs, an origin that has one version of everything, and a clock."""

    api: Api
    clock: Clock
    pops: Mapping[str, Pop]
    url: str
    client: httpx.AsyncClient
    versions: list[str] = field(default_factory=lambda: ["v1"])

    async def ask(
        self, method: str, path: str, token: str = "just-right", body: bytes = b"", **headers: str
    ) -> httpx.Response:
        """Any request; the bytes of `path` go out as they are."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        signed = named | ({"fastly-key": token} if token else {})
        request = self.client.build_request(method, self.url, headers=signed, content=body or None)
        request.extensions["target"] = path.encode()
        return await self.client.send(request)

    async def origin(self, target: Target) -> Reply:
        """What the site itself answers."""
        return Reply(200, {"surrogate-key": PAGES.get(target.path, "")}, self.versions[-1].encode())

    async def sees(self, city: str, path: str) -> str:
        """The version that a visitor is served."""
        return (await self.pops[city].page(Target("GET", HOST, path))).body.decode()

    def held(self, city: str = "fra", stale: bool = False) -> set[str]:
        """What the cache in one city holds, fresh or stale."""
        return {path for path, shown in self.pops[city].cache.shown(HOST).items() if shown.stale == stale}


@contextlib.asynccontextmanager
async def shop_of(
    data: Path, is_shielded: bool = False, calls: int = 1000, purges: int = 100_000
) -> AsyncIterator[Shop]:
    with ground(data) as here:
        caches = here.edges({}, (*CITIES, "shield"))
        api = Api(
            account="cf",
            tokens=TOKENS,
            service=SERVICE,
            hosts=frozenset({HOST}),
            edges={city: caches[city] for city in CITIES},
            purges=here.buckets({"purges": Bucket(purges, purges / 3600)}),
            calls=Hours(here.store, "fastly", calls, here.clock),
            checks=Hours(here.store, "checks", 2, here.clock),
            requests=here.requests,
            faults=here.faults,
            pace=Pace(0.0, 0.0),
            now=here.clock,
            shield=caches["shield"] if is_shielded else None,
            race=RACE,
            others=frozenset({OLD}),
        )
        async with here.served(api) as (url, client):
            shop = Shop(api, here.clock, {}, url, client)
            inner = Pop("AMS", caches["shield"], shop.origin, here.clock).page if is_shielded else shop.origin
            shop.pops = {city: Pop(city.upper(), caches[city], inner, here.clock) for city in CITIES}
            api.pages = {city: pop.page for city, pop in shop.pops.items()}
            for path in PAGES:
                for city in CITIES:
                    await shop.sees(city, path)
            yield shop


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with shop_of(tmp_path) as opened:
        yield opened


@pytest.fixture
async def shielded(tmp_path: Path) -> AsyncIterator[Shop]:
    async with shop_of(tmp_path, is_shielded=True) as opened:
        yield opened


# Answers

URL, BATCH, ALL = f"/purge/{HOST}/a?b=1", f"/service/{SERVICE}/purge", f"/service/{SERVICE}/purge_all"


async def test_a_url_is_answered_with_its_purge_id(shop: Shop) -> None:
    response = await shop.ask("POST", URL)
    assert (200, {"status": "ok", "id": f"4151-{int(START)}-11035"}) == (response.status_code, response.json())
    assert "fastly-ratelimit-remaining" not in response.headers


async def test_keys_are_answered_with_an_id_each_and_no_content_type(shop: Shop) -> None:
    response = await shop.ask("POST", BATCH, surrogate_key="home c")
    assert {"home": f"4151-{int(START)}-11035", "c": f"4151-{int(START)}-11036"} == response.json()
    assert ("2", None) == (response.headers["fastly-surrogate-key-count"], response.headers.get("content-type"))
    assert "fastly-ratelimit-remaining" not in response.headers


async def test_everything_is_answered_without_an_id_and_with_what_is_left_of_the_hour(shop: Shop) -> None:
    response = await shop.ask("POST", ALL)
    assert (200, {"status": "ok"}) == (response.status_code, response.json())
    assert ("999", str((int(START) // 3600 + 1) * 3600)) == (
        response.headers["fastly-ratelimit-remaining"],
        response.headers["fastly-ratelimit-reset"],
    )


# What is purged


@pytest.mark.parametrize(
    ("path", "headers", "body", "gone"),
    [
        pytest.param(URL, {}, b"", {"/a?b=1"}, id="a-url"),
        pytest.param(f"/purge/{HOST}/a", {}, b"", set(), id="a-url-without-its-query"),
        pytest.param(f"/purge/{HOST}/never", {}, b"", set(), id="a-url-that-was-never-cached"),
        pytest.param(BATCH, {"surrogate_key": "home a/b"}, b"", {"/", "/a?b=1"}, id="keys"),
        pytest.param(BATCH, {}, b'{"surrogate_keys": ["c"]}', {"/c"}, id="keys-in-a-body"),
        pytest.param(BATCH, {"surrogate_key": "HOME never"}, b"", set(), id="keys-that-no-object-has"),
        pytest.param(f"{BATCH}/home", {}, b"", {"/"}, id="a-key-on-the-path"),
        pytest.param(f"{BATCH}/a/b", {}, b"", set(), id="a-key-with-a-slash-on-the-path"),
        pytest.param(f"{BATCH}/a%2Fb", {}, b"", set(), id="a-key-with-an-escaped-slash"),
        pytest.param(f"/service/{OLD}/purge", {"surrogate_key": "all"}, b"", set(), id="an-old-service"),
        pytest.param(BATCH, {"surrogate_key": "all", "fastly_purge_environment": "staging"}, b"", set(), id="staging"),
        pytest.param(ALL, {}, b"", set(PAGES), id="everything"),
        pytest.param(ALL, {"fastly_soft_purge": "1"}, b"", set(PAGES), id="everything-is-always-hard"),
    ],
)
async def test_a_purge_empties_every_edge_of_what_it_names(
    shop: Shop, path: str, headers: Mapping[str, str], body: bytes, gone: set[str]
) -> None:
    response = await shop.ask("POST", path, "just-right", body, **headers)
    assert (200, [set(PAGES) - gone] * 2) == (response.status_code, [shop.held(city) for city in CITIES])


@pytest.mark.parametrize("value", ["1", "0"])
async def test_the_soft_header_makes_a_purge_soft_whatever_it_says(shop: Shop, value: str) -> None:
    await shop.ask("POST", URL, fastly_soft_purge=value)
    assert ({"/a?b=1"}, {"/", "/c"}) == (shop.held(stale=True), shop.held())


async def test_a_stale_copy_is_served_as_a_hit_once_more(shop: Shop) -> None:
    shop.versions.append("v2")
    await shop.ask("POST", URL, fastly_soft_purge="1")
    pages = [await shop.pops["fra"].page(Target("GET", HOST, "/a?b=1")) for _ in range(2)]
    assert [("HIT", b"v1"), ("HIT", b"v2")] == [(page.headers["x-cache"], page.body) for page in pages]


# What is refused

MALFORMED = {"msg": "Malformed purge request"}
TOO_MANY = {"status": "fail", "reason": "Batch surrogate key request only supports up to 256 surrogate keys"}


@pytest.mark.parametrize(
    ("path", "token", "headers", "status", "said"),
    [
        pytest.param("/purge/www.shop.test%2Fa%2F", "just-right", {}, 400, MALFORMED, id="escaped-slashes"),
        pytest.param(f"/purge/https://{HOST}/a", "just-right", {}, 404, NO_SERVICE, id="a-scheme"),
        pytest.param("/purge/other.test/a", "just-right", {}, 404, NO_SERVICE, id="another-host"),
        pytest.param("/service/nobodys/purge_all", "just-right", {}, 404, NO_SERVICE, id="no-such-service"),
        pytest.param(
            BATCH, "just-right", {"surrogate_key": " ".join(map(str, range(257)))}, 400, TOO_MANY, id="257-keys"
        ),
        pytest.param(BATCH, "just-right", {"surrogate_key": "x" * 1025}, 400, MALFORMED, id="a-key-over-a-kilobyte"),
        pytest.param(BATCH, "just-right", {}, 400, MALFORMED, id="no-key"),
        pytest.param(
            f"/purge/{HOST}/{'x' * 8192}", "just-right", {}, 414, {"msg": "URI Too Long"}, id="a-url-too-long"
        ),
        pytest.param(ALL, "select-only", {}, 403, DENIED, id="everything-without-its-scope"),
        pytest.param(URL, "reads-only", {}, 403, DENIED, id="a-url-without-its-scope"),
        pytest.param(BATCH, "elsewhere", {"surrogate_key": "c"}, 403, DENIED, id="a-token-of-another-service"),
        pytest.param(
            URL, "", {}, 401, {"msg": "Provided credentials are missing or invalid"}, id="no-token"
        ),
        pytest.param(
            URL, "wrong", {}, 401, {"msg": "Provided credentials are missing or invalid"}, id="a-wrong-token"
        ),
    ],
)  # fmt: skip
async def test_what_cannot_be_done_is_refused_and_empties_nothing(
    shop: Shop, path: str, token: str, headers: Mapping[str, str], status: int, said: Mapping[str, str]
) -> None:
    response = await shop.ask("POST", path, token, b"", **headers)
    assert (status, said, set(PAGES)) == (response.status_code, response.json(), shop.held())


async def test_a_purge_by_another_method_is_refused(shop: Shop) -> None:
    assert (405, set(PAGES)) == ((await shop.ask("PURGE", ALL)).status_code, shop.held())


async def test_the_hour_of_the_clock_has_its_calls_and_the_next_has_them_again(tmp_path: Path) -> None:
    async with shop_of(tmp_path, calls=2) as shop:
        seen = [(await shop.ask("POST", ALL)) for _ in range(3)]
        shop.clock.at = float(seen[2].headers["fastly-ratelimit-reset"])
        seen.append(await shop.ask("POST", ALL))
    assert [200, 200, 429, 200] == [response.status_code for response in seen]
    assert ["1", "0", "0", "1"] == [response.headers["fastly-ratelimit-remaining"] for response in seen]


async def test_each_key_of_a_batch_counts(tmp_path: Path) -> None:
    async with shop_of(tmp_path, purges=3) as shop:
        seen = [(await shop.ask("POST", BATCH, surrogate_key=keys)).status_code for keys in ("a b", "c d", "c")]
    assert [200, 429, 200] == seen


# The adapter, unchanged, at this API


def adapter(shop: Shop, token: str = "just-right") -> Fastly:
    return Fastly(Account("cdn", {"api_url": shop.url}, {"token": token}))


def wish(kind: Kind, *targets: str, soft: bool = False, **layer: str) -> Purge:
    return Purge(kind, targets, soft, {"service": SERVICE, **layer}, (HOST,))


async def sent(shop: Shop, asked: Purge, token: str = "just-right") -> Sequence[Call]:
    provider = adapter(shop, token)
    try:
        calls = provider.plan(asked)
        for call in calls:
            await provider.send(call, REFERENCE)
        return calls
    finally:
        await provider.close()


@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize(
    ("kind", "targets", "gone"),
    [
        pytest.param(Kind.URL, [f"https://{HOST}/a?b=1", f"http://{HOST}/a?b=1"], {"/a?b=1"}, id="a-url"),
        pytest.param(Kind.TAG, ["a/b", "c"], {"/a?b=1", "/c"}, id="tags-with-a-slash"),
    ],
)
async def test_what_the_adapter_wishes_is_gone(
    shop: Shop, kind: Kind, targets: Sequence[str], gone: set[str], soft: bool
) -> None:
    await sent(shop, wish(kind, *targets, soft=soft))
    assert (set(PAGES) - gone, gone if soft else set()) == (shop.held(), shop.held(stale=True))


async def test_the_adapter_empties_everything_and_reads_what_is_left(shop: Shop) -> None:
    provider = adapter(shop)
    receipt = await provider.send(provider.plan(wish(Kind.EVERYTHING))[0], REFERENCE)
    await provider.close()
    assert (set(), "api", 999.0) == (shop.held(), *receipt.left[0][:2])


async def test_300_tags_go_in_two_calls(shop: Shop) -> None:
    await sent(shop, wish(Kind.TAG, *(f"t{number}" for number in range(299)), "c"))
    assert [200, 200] == [row["status"] for row in shop.api.requests.listed()]
    assert {"/", "/a?b=1"} == shop.held()


PASSES = [
    pytest.param(Kind.URL, [f"https://{HOST}/a?b=1"], 2.0, id="a-url"),
    pytest.param(Kind.TAG, ["a/b"], 2.0, id="a-tag"),
    pytest.param(Kind.EVERYTHING, [], 30.0, id="everything"),
]


@pytest.mark.parametrize(("kind", "targets", "after"), PASSES)
async def test_behind_a_shield_one_pass_leaves_an_edge_old_and_the_planned_second_mends_it(
    shielded: Shop, kind: Kind, targets: Sequence[str], after: float
) -> None:
    shielded.versions.append("v2")
    asked = wish(kind, *targets, shielded="yes")
    seen = []
    [call] = await sent(shielded, asked)
    seen.append(await shielded.sees("fra", "/a?b=1"))  # refilled from the shield, which is not yet purged
    shielded.clock.at += after
    seen.append(await shielded.sees("fra", "/a?b=1"))
    await sent(shielded, asked)
    seen.append(await shielded.sees("fra", "/a?b=1"))
    assert (after, ["v1", "v1", "v2"]) == (call.again_after, seen)


async def test_a_second_pass_before_the_shield_is_purged_mends_nothing(shielded: Shop) -> None:
    shielded.versions.append("v2")
    for _ in range(2):
        await sent(shielded, wish(Kind.URL, f"https://{HOST}/c"))
        await shielded.sees("fra", "/c")
    shielded.clock.at += RACE
    assert "v1" == await shielded.sees("fra", "/c")


@pytest.mark.parametrize(("kind", "targets", "after"), PASSES)
async def test_without_a_shield_one_pass_does(shop: Shop, kind: Kind, targets: Sequence[str], after: float) -> None:
    shop.versions.append("v2")
    [call] = await sent(shop, wish(kind, *targets))
    assert (0.0, "v2") == (call.again_after, await shop.sees("fra", "/a?b=1"))


@pytest.mark.parametrize(
    ("kind", "target", "token", "expected"),
    [
        pytest.param(Kind.EVERYTHING, "", "select-only", BadCredentials, id="without-the-scope"),
        pytest.param(Kind.URL, f"https://{HOST}/", "wrong", BadCredentials, id="a-wrong-token"),
        pytest.param(Kind.URL, "https://other.test/", "just-right", WrongAddress, id="another-host"),
        pytest.param(Kind.URL, "https://www.shop.test%2Fa/", "just-right", Refused, id="an-escaped-slash"),
    ],
)
async def test_a_no_is_named_by_who_must_act(
    shop: Shop, kind: Kind, target: str, token: str, expected: type[PurgeError]
) -> None:
    with pytest.raises(PurgeError) as caught:
        await sent(shop, wish(kind, *([target] if target else [])), token)
    assert (expected, set(PAGES)) == (type(caught.value), shop.held())


async def test_over_the_hour_the_adapter_waits_for_the_next(tmp_path: Path) -> None:
    async with shop_of(tmp_path, calls=0) as shop:
        shop.clock.at = time.time()  # the answer's own Date is real
        with pytest.raises(Throttled) as caught:
            await sent(shop, wish(Kind.EVERYTHING))
    assert 3600 - shop.clock.at % 3600 == pytest.approx(caught.value.retry_after, abs=5)


@faults
async def test_a_fault_is_met_once(shop: Shop, fault: str, error: type[PurgeError]) -> None:
    shop.api.faults.set("cf", fault, 1)
    with pytest.raises(error):
        await sent(shop, wish(Kind.URL, f"https://{HOST}/c"))
    before = shop.held()
    await sent(shop, wish(Kind.URL, f"https://{HOST}/c"))
    assert (set(PAGES), {"/", "/a?b=1"}) == (before, shop.held())


@pytest.mark.parametrize(
    ("token", "layer", "expected"),
    [
        pytest.param("just-right", {"service": SERVICE, "shielded": "yes"}, Health.GOOD, id="just-right"),
        pytest.param("just-right", {"service": SERVICE}, Health.DOUBTFUL, id="a-shield-that-is-not-said"),
        pytest.param("all-of-it", {"service": SERVICE, "shielded": "yes"}, Health.DOUBTFUL, id="a-global-token"),
        pytest.param("select-only", {"service": SERVICE, "shielded": "yes"}, Health.DOUBTFUL, id="not-everything"),
        pytest.param("reads-only", {"service": SERVICE}, Health.BAD, id="may-not-purge"),
        pytest.param("elsewhere", {"service": SERVICE}, Health.BAD, id="another-service"),
        pytest.param("just-right", {"service": "nobodysnobodys"}, Health.BAD, id="no-such-service"),
        pytest.param("wrong", {"service": SERVICE}, Health.BAD, id="a-wrong-token"),
        pytest.param("just-right", {}, Health.GOOD, id="no-site"),
    ],
)
async def test_the_doctor_finds_what_is_wrong_and_purges_nothing(
    shielded: Shop, token: str, layer: Mapping[str, str], expected: Health
) -> None:
    provider = adapter(shielded, token)
    probe = await provider.probe(layer)
    await provider.close()
    assert (expected, set(PAGES)) == (probe.health, shielded.held())


async def test_every_pop_tells_what_it_holds(shop: Shop) -> None:
    shop.versions.append("v2")
    shop.pops["iad"].cache.clear()
    provider = adapter(shop)
    found = await provider.edge_check(f"https://{HOST}/c")
    await provider.close()
    old, new = (hashlib.md5(version).hexdigest() for version in (b"v1", b"v2"))
    assert [("FRA", "HIT", old), ("IAD", "MISS", new)] == [(pop, head["x-cache"], hash_) for pop, head, hash_ in found]


async def test_over_its_own_limit_edge_check_asks_to_wait(shop: Shop) -> None:
    provider = adapter(shop)
    for _ in range(2):
        await provider.edge_check(f"https://{HOST}/c")
    with pytest.raises(Throttled):
        await provider.edge_check(f"https://{HOST}/c")
    await provider.close()


async def test_the_adapter_reads_the_edge_and_not_the_shield(shielded: Shop) -> None:
    shielded.pops["fra"].cache.clear()
    provider = adapter(shielded)
    pages = [await shielded.pops["fra"].page(Target("GET", HOST, "/c")) for _ in range(2)]
    await provider.close()
    sightings = [provider.sighting(page.headers) for page in pages]
    assert [("HIT, MISS", Cached.MISS, "FRA"), ("HIT, HIT", Cached.HIT, "FRA")] == [
        (seen.says, seen.cached, seen.place) for seen in sightings
    ]
