"""The pretend Cloudflare: who may, what may be asked, how much of it, what is answered; as read on 2026-11-23."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from playground.clouds.buckets import Bucket
from playground.town import CITIES
from playground.towns.shop import API_PATH, ZONE
from tests.playground.land import PURGE, SIGNED, SOFT, Land, land
from tests.playground.slack_land import START, Clock

pytestmark = pytest.mark.slow

JSON = {"content-type": "application/json"}
EVERYTHING = {"purge_everything": True}
HOME = "http://www.shop.test/"


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Land]:
    async with land(tmp_path) as opened:
        yield opened


def codes(answer: Mapping[str, object]) -> list[int]:
    """The codes of an answer, those of the chain after them."""
    errors = answer["errors"]
    assert isinstance(errors, list)
    return [error["code"] for error in errors] + [
        chained["code"] for e in errors for chained in e.get("error_chain", [])
    ]


def files(n: int, first: int = 0) -> dict[str, list[str]]:
    return {"files": [f"{HOME}p/{number}" for number in range(first, first + n)]}


# Answers


@pytest.mark.parametrize("path", [PURGE, SOFT])
async def test_an_accepted_purge_is_answered_as_documented(shop: Land, path: str) -> None:
    response = await shop.api(path, EVERYTHING)
    assert {"success": True, "errors": [], "messages": [], "result": {"id": ZONE}} == response.json()
    assert '"default";r=1199;t=300' == response.headers["ratelimit"]
    assert '"default";q=1200;w=300' == response.headers["ratelimit-policy"]
    assert "retry-after" not in response.headers


async def test_a_good_token_is_told_so_with_a_code_on_success(shop: Land) -> None:
    answer = (await shop.client.get(f"{shop.world.url_of('cf')}{API_PATH}/user/tokens/verify", headers=SIGNED)).json()
    assert (True, [], "active") == (answer["success"], answer["errors"], answer["result"]["status"])
    assert 10000 == answer["messages"][0]["code"]


async def test_the_zone_says_its_plan(shop: Land) -> None:
    answer = (await shop.client.get(f"{shop.world.url_of('cf')}{API_PATH}/zones/{ZONE}", headers=SIGNED)).json()
    assert ("shop.test", "active", "pro") == (
        answer["result"]["name"],
        answer["result"]["status"],
        answer["result"]["plan"]["legacy_id"],
    )


async def test_the_api_is_under_the_playgrounds_port_too(shop: Land) -> None:
    url = f"{shop.url}/cf/client/v4{PURGE}"
    assert 200 == (await shop.client.post(url, content=json.dumps(EVERYTHING), headers=SIGNED)).status_code
    assert "MISS" == (await shop.sees("fra", "/"))[0]


# Who may

STRANGERS = [
    pytest.param({}, 400, [9106], id="nothing"),
    pytest.param({"x-auth-email": "a@shop.test"}, 400, [9107], id="an-email-without-a-key"),
    pytest.param({"x-auth-email": "a@shop.test", "x-auth-key": "k" * 37}, 400, [9103], id="a-global-key"),
    pytest.param({"authorization": "Bearer wrong-token-wrong-token"}, 403, [9109], id="another-token"),
    pytest.param({"authorization": SIGNED["authorization"][7:]}, 400, [6003, 6111], id="no-scheme"),
    pytest.param({"authorization": "Bearer"}, 400, [6003, 6111], id="an-empty-token"),
    pytest.param({"authorization": "Bearer two words here"}, 400, [6003, 6111], id="a-token-with-blanks"),
    pytest.param({"authorization": "bearer" + SIGNED["authorization"][6:]}, 403, [10000], id="a-small-b"),
    pytest.param({"authorization": SIGNED["authorization"] + "x"}, 403, [9109], id="one-letter-more"),
]


@pytest.mark.parametrize(("headers", "status", "expected"), STRANGERS)
async def test_a_stranger_purges_nothing(
    shop: Land, headers: Mapping[str, str], status: int, expected: list[int]
) -> None:
    response = await shop.api(PURGE, EVERYTHING, {**JSON, **headers})
    assert (status, expected, False) == (response.status_code, codes(response.json()), response.json()["success"])
    assert ("HIT", "v1") == await shop.sees("fra", "/")


async def test_no_credential_is_written_down(shop: Land) -> None:
    await shop.api(PURGE, EVERYTHING)
    assert SIGNED["authorization"][7:] not in (await shop.play("ledger")).text


# Where to

PATHS = [
    pytest.param("POST", f"/zones/{'0' * 32}/purge_cache", 403, [10000], id="another-zone"),
    pytest.param("POST", "/zones/shop.test/purge_cache", 400, [7003, 7000], id="the-name-of-a-zone"),
    pytest.param("POST", "/zones//purge_cache", 400, [7003, 7000], id="no-zone"),
    pytest.param("POST", f"/zones/{ZONE.upper()}/purge_cache", 400, [7003, 7000], id="a-zone-in-upper-case"),
    pytest.param("POST", f"/zones/{ZONE}/environments/none/purge_cache", 400, [7003, 7000], id="no-such-environment"),
    pytest.param("POST", f"/zones/{ZONE}/purge", 400, [7000], id="another-deed"),
    pytest.param("DELETE", f"/zones/{ZONE}/purge_cache", 400, [7000], id="another-method"),
    pytest.param("GET", f"/zones/{ZONE}/purge_cache", 400, [7000], id="a-get"),
    pytest.param("POST", "/user/tokens/verify", 400, [7000], id="a-post-to-verify"),
]


@pytest.mark.parametrize(("method", "path", "status", "expected"), PATHS)
async def test_a_wrong_address_purges_nothing(
    shop: Land, method: str, path: str, status: int, expected: list[int]
) -> None:
    url = shop.world.url_of("cf") + API_PATH + path
    response = await shop.client.request(method, url, content=json.dumps(EVERYTHING), headers=SIGNED)
    assert (status, expected) == (response.status_code, codes(response.json()))
    assert ("HIT", "v1") == await shop.sees("fra", "/")


# What may be asked

BODIES = [
    pytest.param(b"", 1012, id="no-body"),
    pytest.param(b"{", 1012, id="half-a-document"),
    pytest.param([], 1012, id="a-list"),
    pytest.param({}, 1012, id="nothing-to-purge"),
    pytest.param({"purge_all": True}, 1012, id="an-unknown-field"),
    pytest.param({"purge_everything": True, "files": [HOME]}, 1012, id="everything-and-something"),
    pytest.param({"tags": ["a"], "hosts": ["www.shop.test"]}, 1012, id="two-selectors"),
    pytest.param({"files": [HOME, {"url": HOME}]}, 1012, id="strings-beside-objects"),
    pytest.param({"files": [{"link": HOME}]}, 1012, id="an-object-without-a-url"),
    pytest.param({"files": [{"url": HOME, "headers": {"Origin": 1}}]}, 1012, id="a-header-that-is-a-number"),
    pytest.param({"files": ["www.shop.test/"]}, 1012, id="a-url-without-a-scheme"),
    pytest.param({"files": ["/pricing"]}, 1012, id="a-path-as-a-url"),
    pytest.param({"files": [HOME + "#top"]}, 1012, id="a-fragment"),
    pytest.param({"purge_everything": False}, 1013, id="everything-denied"),
    pytest.param({"purge_everything": "true"}, 1013, id="everything-in-words"),
    pytest.param({"purge_everything": 1}, 1013, id="everything-as-a-number"),
    pytest.param({"files": [HOME], "tags": []}, 1014, id="an-empty-sibling"),
    pytest.param({"files": [HOME], "hosts": None}, 1014, id="a-null-sibling"),
    pytest.param({"files": []}, 1014, id="no-files"),
    pytest.param({"files": HOME}, 1014, id="a-file-that-is-no-list"),
    pytest.param({"tags": ["a", 7]}, 1014, id="a-tag-that-is-a-number"),
    pytest.param({"tags": [""]}, 1014, id="an-empty-tag"),
    pytest.param({"tags": ["a b"]}, 1014, id="a-tag-with-a-blank"),
    pytest.param({"tags": ["a,b"]}, 1014, id="a-tag-with-a-comma"),
    pytest.param({"tags": ["é"]}, 1014, id="a-tag-beyond-ascii"),
    pytest.param({"tags": ["t" * 1025]}, 1014, id="a-tag-too-long"),
    pytest.param({"hosts": ["www.shop.test/a"]}, 1014, id="a-host-with-a-path"),
    pytest.param({"hosts": ["http://www.shop.test"]}, 1014, id="a-host-with-a-scheme"),
    pytest.param({"prefixes": ["http://www.shop.test/a"]}, 1014, id="a-prefix-with-a-scheme"),
    pytest.param({"prefixes": ["www.shop.test/a?b"]}, 1014, id="a-prefix-with-a-query"),
    pytest.param({"prefixes": ["www.shop.test/a#b"]}, 1014, id="a-prefix-with-a-fragment"),
    pytest.param({"prefixes": ["www.shop.test" + "/a" * 32]}, 1014, id="a-prefix-too-deep"),
    pytest.param({"files": ["http://blog.test/"]}, 1082, id="a-url-of-another-zone"),
    pytest.param({"files": [HOME, "http://www.shop.test.evil.test/"]}, 1082, id="one-of-another-zone"),
    pytest.param({"files": ["http://www.shop.test@evil.test/"]}, 1082, id="a-host-behind-an-at"),
    pytest.param({"hosts": ["blog.test"]}, 1082, id="a-host-of-another-zone"),
    pytest.param({"prefixes": ["blog.test/a"]}, 1082, id="a-prefix-of-another-zone"),
    pytest.param({"files": [f"{HOME}{n}" for n in range(101)]}, 1094, id="101-files"),
    pytest.param({"tags": [f"t{n}" for n in range(101)]}, 1094, id="101-tags"),
]


@pytest.mark.parametrize("path", [PURGE, SOFT])
@pytest.mark.parametrize(("body", "code"), BODIES)
async def test_a_body_that_is_not_right_purges_nothing_and_costs_no_budget(
    shop: Land, body: object, code: int, path: str
) -> None:
    response = await shop.api(path, body)
    assert (400, [code]) == (response.status_code, codes(response.json()))
    assert {"success": False, "messages": [], "result": None} == {
        name: value for name, value in response.json().items() if name != "errors"
    }
    assert ("HIT", "v1") == await shop.sees("fra", "/")
    budgets = (await shop.shop())["budgets"]["cf"]
    assert (60, 25, 1199) == tuple(budgets[name]["tokens"] for name in ("urls", "bulk", "api"))
    assert [] == (await shop.recorded("cf"))[-1]["purged"]


async def test_a_body_that_is_not_said_to_be_json_is_not_read(shop: Land) -> None:
    signed = {"authorization": SIGNED["authorization"]}
    assert [1012] == codes((await shop.api(PURGE, EVERYTHING, signed)).json())
    assert [1012] == codes((await shop.api(PURGE, EVERYTHING, {**signed, "content-type": "text/plain"})).json())
    said = {**signed, "content-type": "application/json; charset=utf-8"}
    assert 200 == (await shop.api(PURGE, EVERYTHING, said)).status_code


async def test_a_body_above_a_megabyte_is_not_read(shop: Land) -> None:
    assert 413 == (await shop.api(PURGE, b'{"purge_everything": true}' + b" " * 1024 * 1024)).status_code


FULL = [
    pytest.param({"tags": [f"t{n}" for n in range(100)]}, id="100-tags"),
    pytest.param({"tags": ["t" * 1024]}, id="a-tag-of-1024"),
    pytest.param({"prefixes": ["www.shop.test" + "/a" * 31]}, id="31-separators"),
    pytest.param({"files": [f"{HOME}{n}" for n in range(60)]}, id="as-many-files-as-the-bucket-holds"),
]


@pytest.mark.parametrize("body", FULL)
async def test_up_to_the_limit_is_accepted(shop: Land, body: object) -> None:
    assert 200 == (await shop.api(PURGE, body)).status_code


async def test_a_request_is_written_down_as_it_came(shop: Land) -> None:
    await shop.api(PURGE, {"files": [HOME + "a?b=1&a=%2f"]})
    assert [
        {
            "n": 1,
            "at": START,
            "account": "cf",
            "method": "POST",
            "path": f"/client/v4/zones/{ZONE}/purge_cache",
            "body": '{"files": ["http://www.shop.test/a?b=1&a=%2f"]}',
            "status": 200,
            "purged": ["http://www.shop.test/a?b=1&a=%2f"],
        }
    ] == await shop.recorded("cf")


# How much


async def test_urls_are_paid_one_by_one_and_come_back_at_30_a_second(shop: Land) -> None:
    assert [200, 200, 429] == [(await shop.api(PURGE, files(30))).status_code for _ in range(3)]
    shop.clock.at += 0.5
    assert [429, 200, 429] == [(await shop.api(PURGE, files(n))).status_code for n in (16, 15, 1)]
    shop.clock.at += 1000
    assert [200, 429] == [(await shop.api(PURGE, files(n))).status_code for n in (60, 1)]


BULK = [
    pytest.param({"tags": ["a", "b", "c"]}, id="tags"),
    pytest.param({"hosts": ["img.shop.test"]}, id="hosts"),
    pytest.param({"prefixes": ["www.shop.test/a"]}, id="prefixes"),
    pytest.param(EVERYTHING, id="everything"),
]


@pytest.mark.parametrize("body", BULK)
async def test_anything_but_urls_is_paid_by_the_call_from_a_bucket_of_25(shop: Land, body: object) -> None:
    assert [200] * 25 + [429] == [(await shop.api(PURGE, body)).status_code for _ in range(26)]
    assert 200 == (await shop.api(PURGE, files(60))).status_code
    shop.clock.at += 0.2
    assert [200, 429] == [(await shop.api(SOFT, body)).status_code for _ in range(2)]


async def test_a_429_says_when_and_purges_nothing(shop: Land) -> None:
    await shop.api(PURGE, files(60))
    response = await shop.api(PURGE, {"files": [f"{HOME}?{n}" for n in range(44)] + [HOME]})
    assert (429, "2", [10429]) == (response.status_code, response.headers["retry-after"], codes(response.json()))
    assert ("HIT", "v1") == await shop.sees("fra", "/")
    shop.clock.at += 2
    assert 200 == (await shop.api(PURGE, {"files": [HOME]})).status_code


async def test_over_the_calls_of_five_minutes_everything_is_refused_for_five_more(tmp_path: Path) -> None:
    async with land(tmp_path, api_calls=3) as shop:
        assert [200, 400, 200] == [(await shop.api(PURGE, body)).status_code for body in (EVERYTHING, {}, files(1))]
        shop.clock.at += 100
        response = await shop.api(PURGE, files(1))
        assert (429, "300", [971]) == (response.status_code, response.headers["retry-after"], codes(response.json()))
        shop.clock.at += 299
        verify = await shop.client.get(f"{shop.world.url_of('cf')}{API_PATH}/user/tokens/verify", headers=SIGNED)
        assert (429, "1") == (verify.status_code, verify.headers["retry-after"])
        shop.clock.at += 1
        assert 200 == (await shop.api(PURGE, files(1))).status_code


async def test_the_window_slides(tmp_path: Path) -> None:
    async with land(tmp_path, api_calls=2) as shop:
        for second in (0, 200, 300, 500, 600):
            shop.clock.at = START + second
            assert 200 == (await shop.api(PURGE, files(1))).status_code


async def test_budgets_survive_a_restart(tmp_path: Path) -> None:
    clock = Clock()
    async with land(tmp_path, clock, api_calls=4) as shop:
        assert [200, 200] == [(await shop.api(PURGE, files(30))).status_code for _ in range(2)]
    async with land(tmp_path, clock, api_calls=4) as shop:
        assert [429, 429, 429] == [(await shop.api(PURGE, files(1))).status_code for _ in range(3)]
        clock.at += 100
    async with land(tmp_path, clock, api_calls=4) as shop:
        assert 429 == (await shop.api(PURGE, files(1))).status_code


async def test_budgets_are_whatever_a_test_wants(tmp_path: Path) -> None:
    async with land(tmp_path, budgets={"urls": Bucket(5, 1), "bulk": Bucket(1, 0.1)}) as shop:
        assert [200, 429] == [(await shop.api(PURGE, files(n))).status_code for n in (5, 1)]
        assert [200, 429] == [(await shop.api(PURGE, EVERYTHING)).status_code for _ in range(2)]
        assert 0 == (await shop.shop())["budgets"]["cf"]["bulk"]["tokens"]


async def test_refills_are_seen(shop: Land) -> None:
    await shop.api(PURGE, files(45))
    seen = []
    for _ in range(3):
        seen.append((await shop.shop())["budgets"]["cf"]["urls"]["tokens"])
        shop.clock.at += 0.75
    assert [15, 37.5, 60] == seen


# Human pace: cities after 0.3, 0.8 and 1.5 s, counted from the API's answer 0.6 s after the call


async def held_at(shop: Land, seconds: float) -> list[str]:
    shop.clock.at = START + seconds
    edges = (await shop.shop())["edges"]
    return [city for city in CITIES if "/" in edges[city]]


async def test_a_purge_travels_outwards_city_by_city(tmp_path: Path) -> None:
    async with land(tmp_path, speed="human") as shop:
        assert 200 == (await shop.api(PURGE, {"files": [HOME]})).status_code
        seen = [await held_at(shop, seconds) for seconds in (0, 0.89, 0.91, 1.39, 1.41, 2.09, 2.11)]
    fra, iad, sin = (["fra", "iad", "sin"], ["iad", "sin"], ["sin"])
    assert [fra, fra, iad, iad, sin, sin, []] == seen


async def test_a_purge_that_was_accepted_lands_though_the_world_ended_meanwhile(tmp_path: Path) -> None:
    clock = Clock()
    async with land(tmp_path, clock, speed="human") as shop:
        await shop.api(PURGE, {"tags": ["all"]})
    async with land(tmp_path, clock, speed="human") as shop:
        assert ["fra", "iad", "sin"] == await held_at(shop, 0.5)
        assert ["sin"] == await held_at(shop, 1.5)
        clock.at = START + 3
        assert "MISS" == (await shop.sees("sin", "/"))[0]
        assert "HIT" == (await shop.sees("sin", "/"))[0]
