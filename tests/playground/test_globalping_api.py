"""The pretend Globalping: what it takes and refuses, its limits, and probes that see the playground's edges."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx
import pytest

from playground.globalping import API_PATH, TOKEN
from tests.playground.land import Land, land

pytestmark = pytest.mark.slow

Doc = Mapping[str, object]
HTTP = {"protocol": "HTTP", "port": 80, "request": {"method": "GET", "path": "/pricing"}}
WISH = {"type": "http", "target": "www.shop.test", "measurementOptions": HTTP}
SIGNED = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Land]:
    async with land(tmp_path) as opened:
        yield opened


async def ask(world: Land, wish: object, headers: Mapping[str, str] | None = None) -> httpx.Response:
    url = f"{world.url}{API_PATH}/v1/measurements"
    return await world.client.post(url, json=wish, headers=dict(headers or {}))


async def tell(world: Land, id: str, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await world.client.get(f"{world.url}{API_PATH}/v1/measurements/{id}", headers=named)


async def finished(world: Land, **more: object) -> list[Doc]:
    id = (await ask(world, {**WISH, **more})).json()["id"]
    await tell(world, id)
    results: list[Doc] = (await tell(world, id)).json()["results"]
    return results


def status_of(item: Doc) -> object:
    result = item["result"]
    assert isinstance(result, dict)
    return result["status"]


def headers_of(result: object) -> Mapping[str, str]:
    assert isinstance(result, dict)
    found: Mapping[str, str] = result["headers"]
    return found


async def test_a_probe_sees_the_edge_that_is_nearest(world: Land) -> None:
    where = [{"city": "Frankfurt"}, {"country": "US"}, {"magic": "Tokyo+Japan"}]
    results = await finished(world, locations=[{**one, "limit": 1} for one in where])
    seen = [headers_of(item["result"])["cf-ray"].rpartition("-")[2] for item in results]
    assert ["FRA", "IAD", "SIN"] == seen
    assert ["v1"] * 3 == [headers_of(item["result"])["x-build"] for item in results]


async def test_a_measurement_is_in_progress_and_then_finished(world: Land) -> None:
    began = await ask(world, {**WISH, "limit": 2})
    id = began.json()["id"]
    first, second = await tell(world, id), await tell(world, id)
    same = await tell(world, id, if_none_match=second.headers["etag"])
    assert (202, {"id": id, "probesCount": 2}, f"/v1/measurements/{id}") == (
        began.status_code, began.json(), began.headers["location"],
    )  # fmt: skip
    assert ("in-progress", {"status": "in-progress", "rawOutput": ""}, "finished", 304) == (
        first.json()["status"], first.json()["results"][0]["result"], second.json()["status"], same.status_code,
    )  # fmt: skip


def options(**more: object) -> Doc:
    return {**WISH, "measurementOptions": {**HTTP, **more}}


INVALID = {
    "no type": ({"target": "www.shop.test"}, "type"),
    "no target": ({"type": "http"}, "target"),
    "a private target": ({**WISH, "target": "10.0.0.1"}, "target"),
    "no host": ({**WISH, "target": "localhost"}, "target"),
    "an unknown key": ({**WISH, "colour": "red"}, "colour"),
    "PURGE": (options(request={"method": "PURGE"}), "measurementOptions.request.method"),
    "a body": (options(request={"body": "x"}), "measurementOptions.request.body"),
    "a protocol": (options(protocol="FTP"), "measurementOptions.protocol"),
    "a port that is no number": (options(port="80"), "measurementOptions.port"),
    "a header that is no text": (options(request={"headers": {"a": 1}}), "measurementOptions.request.headers.a"),
    "a continent": ({**WISH, "locations": [{"continent": "Europe"}]}, "locations[0].continent"),
    "a country": ({**WISH, "locations": [{"country": "Germany"}]}, "locations[0].country"),
    "a location's key": ({**WISH, "locations": [{"town": "Bonn"}]}, "locations[0].town"),
    "a location of nothing": ({**WISH, "locations": [{"limit": 2}]}, "locations[0]"),
    "a location's limit": ({**WISH, "locations": [{"country": "DE", "limit": 201}]}, "locations[0].limit"),
    "two limits": ({**WISH, "limit": 2, "locations": [{"country": "DE", "limit": 1}]}, "limit"),
    "too many probes": ({**WISH, "limit": 51}, "limit"),
    "a list": ([], "value"),
}


@pytest.mark.parametrize(("wish", "place"), INVALID.values(), ids=INVALID)
async def test_what_is_wrong_is_refused_by_its_place(world: Land, wish: object, place: str) -> None:
    got = await ask(world, wish)
    error = got.json()["error"]
    assert (400, "validation_error") == (got.status_code, error["type"])
    assert place in error["params"]


async def test_where_no_probe_is_there_is_none(world: Land) -> None:
    got = await ask(world, {**WISH, "locations": [{"continent": "AN"}]})
    assert (422, "no_probes_found") == (got.status_code, got.json()["error"]["type"])


async def test_tests_are_counted_by_the_hour(world: Land) -> None:
    first = await ask(world, {**WISH, "limit": 50})
    used = int(first.headers["x-ratelimit-consumed"])
    world.world.globalping.anonymous = used + 1
    refused = await ask(world, {**WISH, "limit": 2})
    limits = (await world.client.get(f"{world.url}{API_PATH}/v1/limits")).json()
    signed = await ask(world, {**WISH, "limit": 2}, SIGNED)
    world.clock.at += 3601
    later = await ask(world, {**WISH, "limit": 2})
    assert (202, 429, 202, 202) == (first.status_code, refused.status_code, signed.status_code, later.status_code)
    assert (str(used + 1), "1", "3600", "2") == tuple(
        refused.headers[f"x-{name}"]
        for name in ("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "request-cost")
    )
    assert {"type": "ip", "limit": used + 1, "remaining": 1, "reset": 3600} == (
        limits["rateLimit"]["measurements"]["create"]
    )


async def test_a_measurement_is_not_asked_for_too_often(world: Land) -> None:
    id = (await ask(world, WISH)).json()["id"]
    assert [200] * 5 + [429] == [(await tell(world, id)).status_code for _ in range(6)]
    world.clock.at += 2
    assert 200 == (await tell(world, id)).status_code


async def test_an_unknown_token_is_refused(world: Land) -> None:
    assert 401 == (await ask(world, WISH, {"authorization": "Bearer x"})).status_code


async def test_probes_are_asked_again_in_their_order(world: Land) -> None:
    id = (await ask(world, {**WISH, "limit": 3})).json()["id"]
    world.world.globalping.away = frozenset({"Ashburn"})
    again = await finished(world, locations=id)
    assert ["finished", "offline", "finished"] == [status_of(item) for item in again]
    world.clock.at += 8 * 86_400
    assert 422 == (await ask(world, {**WISH, "locations": id})).status_code


async def test_it_survives_a_restart(tmp_path: Path) -> None:
    async with land(tmp_path) as first:
        id = (await ask(first, {**WISH, "limit": 2})).json()["id"]
    async with land(tmp_path, first.clock) as second:
        assert 200 == (await tell(second, id)).status_code
        limits = (await second.client.get(f"{second.url}{API_PATH}/v1/limits")).json()
    assert 248 == limits["rateLimit"]["measurements"]["create"]["remaining"]


async def test_what_is_no_site_and_what_is_encrypted_is_not_reached(world: Land) -> None:
    [item] = await finished(world, target="www.other.test")
    [secure] = await finished(world, measurementOptions={"request": {"method": "GET"}})
    assert ["failed", "failed"] == [status_of(one) for one in (item, secure)]


async def test_a_reset_forgets_measurements_and_limits(world: Land) -> None:
    id = (await ask(world, WISH)).json()["id"]
    await world.world.reset()
    limits = (await world.client.get(f"{world.url}{API_PATH}/v1/limits")).json()
    left = limits["rateLimit"]["measurements"]["create"]["remaining"]
    assert (404, 250) == ((await tell(world, id)).status_code, left)


async def test_probes_visits_are_in_the_ledger_as_any_visitors(world: Land) -> None:
    await finished(world, locations=[{"city": "Frankfurt"}])
    assert ["/pricing"] == [row["path"] for row in await world.recorded("edge:fra")]
    assert ["POST", "GET", "GET"] == [row["method"] for row in await world.recorded("globalping")]
