"""The pretend world as a visitor, a deploy and a purge meet it, over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from playground.town import CITIES
from tests.playground.land import PURGE, SOFT, Land, land
from tests.playground.slack_land import START, Clock

pytestmark = pytest.mark.slow

IMG = "img.shop.test"


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Land]:
    async with land(tmp_path) as opened:
        yield opened


# What is there at the start


async def test_a_fresh_world_holds_two_pages_everywhere(shop: Land) -> None:
    held = {"/": "v1", "/pricing": "v1"}
    seen = await shop.shop()
    assert (held, held, dict.fromkeys(CITIES, held)) == (seen["origin"], seen["shield"], seen["edges"])


async def test_the_world_is_shown_as_promised(shop: Land) -> None:
    seen = (await shop.play("world")).json()
    assert {"url": shop.url, "token": "play"} == seen["api"]
    assert ["shield", "cf"] == seen["accounts"]
    assert "http://www.shop.test/" == seen["sites"]["shop"]["url"]
    assert "cloudflare" == seen["sites"]["shop"]["provider"]
    budgets = {
        "urls": {"tokens": 60.0, "size": 60, "per_s": 30},
        "bulk": {"tokens": 25.0, "size": 25, "per_s": 5},
        "api": {"tokens": 1200, "size": 1200, "per_s": 4},
    }
    assert {"cf": budgets} == seen["sites"]["shop"]["budgets"]


async def test_the_ledger_begins_empty(shop: Land) -> None:
    assert [] == (await shop.play("ledger")).json()


# The origin


async def test_the_origin_says_its_version_in_every_way(shop: Land) -> None:
    response = await shop.get("origin", "/pricing")
    assert '<meta name="version" content="v1">' in response.text
    named = ("etag", "x-build", "cache-control", "cache-tag", "last-modified")
    assert {
        "etag": '"v1"',
        "x-build": "v1",
        "cache-control": "public, max-age=60, s-maxage=3600",
        "cache-tag": "all,pricing",
        "last-modified": "Fri, 15 Jan 2027 08:00:00 GMT",
    } == {name: response.headers[name] for name in named}


async def test_what_has_not_changed_is_304(shop: Land) -> None:
    assert 304 == (await shop.get("origin", "/", if_none_match='"v1"')).status_code
    assert 200 == (await shop.get("origin", "/", if_none_match='"v0"')).status_code


async def test_a_path_in_the_page_is_escaped(shop: Land) -> None:
    assert "<script>" not in (await shop.get("origin", "/<script>")).text


DEPLOYS = [
    pytest.param([{"site": "shop"}], "v2", "v2", id="the-next-version-everywhere"),
    pytest.param([{}], "v2", "v2", id="the-only-site-unsaid"),
    pytest.param([{}, {}], "v3", "v3", id="twice"),
    pytest.param([{"path": "/pricing"}], "v1", "v2", id="one-path"),
    pytest.param([{"version": "4.2.0"}], "4.2.0", "4.2.0", id="a-version-by-name"),
    pytest.param([{"version": "4.2.0"}, {}], "v2", "v2", id="a-number-that-was-used-is-not-used-again"),
    pytest.param([{"version": "v9"}, {"version": "v3"}, {}], "v10", "v10", id="above-the-highest-given"),
    pytest.param([{"path": "/pricing"}, {}], "v3", "v3", id="everywhere-overtakes-a-path"),
    pytest.param([{"path": "/pricing", "version": "x"}], "v1", "x", id="one-path-by-name"),
]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/app-1.js", ("text/javascript", "// This is version v1.\n")),
        ("/a/b.CSS?v=1", ("text/css", "/* This is version v1. */\n")),
        ("/app.3f2a91c0.js", ("text/javascript", "// This is version v1.\n")),
    ],
)
async def test_a_script_or_style_is_served_as_one(shop: Land, path: str, expected: tuple[str, str]) -> None:
    answer = await shop.get("origin", path)
    assert expected == (answer.headers["content-type"], answer.text)


@pytest.mark.parametrize(("deploys", "home", "pricing"), DEPLOYS)
async def test_a_deploy_changes_the_origin(
    shop: Land, deploys: list[Mapping[str, str]], home: str, pricing: str
) -> None:
    answers = [(await shop.play("origin", body)).json()["version"] for body in deploys]
    seen = [(await shop.get("origin", path)).headers["x-build"] for path in ("/", "/pricing?page=2")]
    assert [home, pricing] == seen
    assert answers[-1] in seen
    assert {"/": home, "/pricing": pricing} == (await shop.shop())["origin"]


async def test_a_query_shows_the_version_of_its_path(shop: Land) -> None:
    await shop.get("fra", "/pricing?page=2")
    await shop.play("origin", {"path": "/pricing"})
    assert {"/": "v1", "/pricing": "v2", "/pricing?page=2": "v2"} == (await shop.shop())["origin"]


# Stale, then purged, then fresh


async def test_a_deploy_makes_the_edges_stale(shop: Land) -> None:
    await shop.play("origin", {})
    for city in CITIES:
        assert ("HIT", "v1") == await shop.sees(city, "/pricing")


KINDS = [
    pytest.param(
        {"files": ["http://www.shop.test/news/a"]},
        {"/news/a"},
        ["http://www.shop.test/news/a"],
        id="url",
    ),
    pytest.param(
        {"files": [{"url": "http://WWW.shop.test/news/a", "headers": {"CF-Device-Type": "mobile"}}]},
        {"/news/a"},
        ["http://www.shop.test/news/a"],
        id="url-as-an-object",
    ),
    pytest.param({"tags": ["NEWS"]}, {"/news", "/news/a", "/news/a?x=1", "img/news"}, None, id="tag-in-another-case"),
    pytest.param({"tags": ["all"]}, {"/", "/news", "/news/a", "/news/a?x=1", "/newsroom", "img/news"}, None, id="tag"),
    pytest.param(
        {"prefixes": ["www.shop.test/news"]}, {"/news", "/news/a", "/news/a?x=1"}, None, id="prefix-ends-at-a-boundary"
    ),
    pytest.param({"prefixes": ["www.shop.test/news/"]}, {"/news/a", "/news/a?x=1"}, None, id="prefix-with-a-slash"),
    pytest.param(
        {"prefixes": ["www.shop.test"]},
        {"/", "/news", "/news/a", "/news/a?x=1", "/newsroom"},
        None,
        id="prefix-of-a-whole-host",
    ),
    pytest.param({"hosts": ["img.shop.test"]}, {"img/news"}, None, id="host"),
    pytest.param(
        {"purge_everything": True},
        {"/", "/news", "/news/a", "/news/a?x=1", "/newsroom", "img/news"},
        None,
        id="everything",
    ),
]
HELD = ["/", "/news", "/news/a", "/news/a?x=1", "/newsroom", "img/news"]


def placed(name: str) -> tuple[str, str]:
    """A row's short name as path and host."""
    return (name.removeprefix("img"), IMG) if name.startswith("img") else (name, "www.shop.test")


def whole(name: str) -> str:
    path, host = placed(name)
    return f"http://{host}{path}"


@pytest.mark.parametrize(("body", "gone", "purged"), KINDS)
async def test_a_purge_empties_every_edge_of_just_that(
    shop: Land, body: object, gone: set[str], purged: list[str] | None
) -> None:
    for city in CITIES:
        for name in HELD:
            await shop.get(city, *placed(name))
    answer = (await shop.api(PURGE, body)).json()
    assert (True, []) == (answer["success"], answer["errors"])
    for city in CITIES:
        assert gone == {name for name in HELD if (await shop.sees(city, *placed(name)))[0] == "MISS"}
    listed = (await shop.recorded("cf"))[-1]["purged"]
    assert isinstance(listed, list)
    if purged is None:
        assert {whole(name) for name in gone} <= set(listed)
    else:
        assert purged == listed


async def test_a_file_of_another_scheme_is_another_copy(shop: Land) -> None:
    await shop.api(PURGE, {"files": ["https://www.shop.test/"]})
    assert ("HIT", "v1") == await shop.sees("fra", "/")


async def test_an_edge_purged_before_the_shield_takes_the_old_page_back(shop: Land) -> None:
    await shop.play("origin", {})
    await shop.api(PURGE, {"files": ["http://www.shop.test/"]})
    assert ("MISS", "v1") == await shop.sees("fra", "/")
    assert ("HIT", "v1") == await shop.sees("fra", "/")


async def test_purged_outwards_the_new_page_is_served_and_kept(shop: Land) -> None:
    await shop.play("origin", {})
    assert 200 == (await shop.ask("PURGE", "shield", "/")).status_code
    await shop.api(PURGE, {"files": ["http://www.shop.test/"]})
    assert [("MISS", "v2"), ("HIT", "v2")] == [await shop.sees("sin", "/"), await shop.sees("sin", "/")]
    edges = (await shop.shop())["edges"]
    assert {"fra": "v0", "iad": "v0", "sin": "v2"} == {city: held.get("/", "v0") for city, held in edges.items()}


async def test_purging_what_is_not_held_is_a_success(shop: Land) -> None:
    assert 200 == (await shop.api(PURGE, {"files": ["http://www.shop.test/never"]})).status_code


# Softly


async def test_a_soft_purge_of_an_unchanged_page_revalidates_it(shop: Land) -> None:
    await shop.api(SOFT, {"tags": ["pricing"]})
    assert {"/": "v1", "/pricing": "v1"} == (await shop.shop())["edges"]["fra"]
    assert [("REVALIDATED", "v1"), ("HIT", "v1")] == [await shop.sees("fra", "/pricing") for _ in range(2)]


async def test_a_soft_purge_of_a_changed_page_fetches_it(shop: Land) -> None:
    await shop.play("origin", {})
    await shop.ask("PURGE", "shield", "/pricing")
    await shop.api(SOFT, {"files": ["http://www.shop.test/pricing"]})
    assert [("EXPIRED", "v2"), ("HIT", "v2")] == [await shop.sees("fra", "/pricing") for _ in range(2)]


async def test_a_stale_copy_is_better_than_none(shop: Land) -> None:
    await shop.api(SOFT, {"purge_everything": True})
    await shop.fault("shield", "down")
    assert ("STALE", "v1") == await shop.sees("fra", "/")
    assert 503 == (await shop.get("fra", "/never")).status_code
    await shop.fault("shield", "down", 0)
    assert ("REVALIDATED", "v1") == await shop.sees("fra", "/")


# Time


async def test_ages_count_seconds(shop: Land) -> None:
    shop.clock.at = START + 61.9
    assert "61" == (await shop.get("fra", "/")).headers["age"]
    assert "61" == (await shop.get("shield", "/")).headers["age"]
    assert "age" not in (await shop.get("fra", "/new")).headers


async def test_copies_live_an_hour(shop: Land) -> None:
    shop.clock.at = START + 3599
    assert ("HIT", "v1") == await shop.sees("fra", "/")
    await shop.play("origin", {})
    shop.clock.at = START + 3600
    seen = await shop.shop()
    assert ({}, {"fra": {}, "iad": {}, "sin": {}}) == (seen["shield"], seen["edges"])
    assert [("EXPIRED", "v2"), ("HIT", "v2")] == [await shop.sees("fra", "/") for _ in range(2)]


# What an edge says


async def test_an_edge_speaks_as_cloudflare_does(shop: Land) -> None:
    response = await shop.get("sin", "/")
    assert "cloudflare" == response.headers["server"]
    assert response.headers["cf-ray"].endswith("-SIN")
    assert [] == [name for name in ("cache-tag", "x-cache", "x-varnish", "x-purgebot") if name in response.headers]


async def test_a_foreign_host_is_not_served(shop: Land) -> None:
    response = await shop.get("fra", "/", host="evil.test")
    assert 409 == response.status_code
    assert "cf-cache-status" not in response.headers


async def test_a_port_in_the_host_changes_nothing(shop: Land) -> None:
    assert ("HIT", "v1") == await shop.sees("fra", "/", host="WWW.shop.test:80")


@pytest.mark.parametrize("place", [*CITIES, "shield", "origin"])
async def test_only_reading_is_allowed(shop: Land, place: str) -> None:
    assert 405 == (await shop.ask("DELETE", place, "/")).status_code


@pytest.mark.parametrize("place", [*CITIES, "shield", "origin"])
async def test_head_has_the_headers_and_no_body(shop: Land, place: str) -> None:
    whole, head = await shop.get(place, "/"), await shop.ask("HEAD", place, "/")
    assert (b"", whole.headers["etag"]) == (head.content, head.headers["etag"])
    assert whole.headers["content-length"] == head.headers["content-length"]


BYTES = [
    pytest.param("/a?b=1&a=2", id="the-order-of-a-query"),
    pytest.param("/a?a=2&a=1", id="repeated-arguments"),
    pytest.param("/a%2Fb", id="an-encoded-slash"),
    pytest.param("/a%2fb", id="the-same-in-lower-case"),
    pytest.param("//a//b/", id="double-slashes"),
    pytest.param("/a/../b/./c", id="dots"),
    pytest.param("/A", id="upper-case"),
    pytest.param("/a?", id="an-empty-query"),
    pytest.param("/caf%C3%A9?q=%20+", id="percent-encoding"),
]


@pytest.mark.parametrize("path", BYTES)
async def test_bytes_of_path_and_query_reach_the_origin_and_the_purge(shop: Land, path: str) -> None:
    await shop.get("fra", path)
    assert [path] == [row["path"] for row in await shop.recorded("origin")]
    held = (await shop.shop())["edges"]
    assert path in held["fra"]
    await shop.api(PURGE, {"files": [f"http://www.shop.test{path}"]})
    assert "MISS" == (await shop.sees("fra", path))[0]


# Visits


async def test_a_visit_is_a_real_request_through_one_edge(shop: Land) -> None:
    first, second = [(await shop.play("visit", site="shop", edge="iad", path="/new?x=1")).json() for _ in range(2)]
    assert (200, "v1", "MISS") == (first["status"], first["version"], first["headers"]["cf-cache-status"])
    assert "HIT" == second["headers"]["cf-cache-status"]
    assert ["/new?x=1", "/new?x=1"] == [row["path"] for row in await shop.recorded("edge:iad")]


async def test_another_host_is_shown_with_its_name(shop: Land) -> None:
    await shop.get("fra", "/logo", host=IMG)
    seen = await shop.shop()
    assert "v1" == seen["edges"]["fra"]["img.shop.test/logo"]
    assert "v1" == seen["origin"]["img.shop.test/logo"]


REFUSED = [
    pytest.param("visit?edge=lon&path=/", None, "edge=fra or iad or sin", id="an-edge-that-is-none"),
    pytest.param("visit?edge=fra&path=pricing", None, "a path such as /pricing", id="a-path-without-a-slash"),
    pytest.param("visit?edge=fra&path=/a b", None, "a path such as", id="a-blank-in-a-path"),
    pytest.param("visit?edge=fra&path=/é", None, "a path such as", id="a-letter-that-is-not-encoded"),
    pytest.param("visit?edge=fra&path=/&site=blog", None, "site=shop", id="another-site-visited"),
    pytest.param("origin", b"{", "not a JSON object", id="half-a-document"),
    pytest.param("origin", b"[]", "not a JSON object", id="a-list"),
    pytest.param("origin", {"site": "blog"}, '{"site": "shop"}', id="another-site-deployed"),
    pytest.param("origin", {"path": "pricing"}, "begins with /", id="a-deploy-of-half-a-path"),
    pytest.param("origin", {"path": "/a?x=1"}, "has no query", id="a-deploy-of-a-query"),
    pytest.param("origin", {"path": 7}, "begins with /", id="a-deploy-of-a-number"),
    pytest.param("origin", {"version": "a\r\nx: y"}, "40 letters", id="a-version-with-a-line-break"),
    pytest.param("origin", {"version": 5}, '"version": "v9"', id="a-version-that-is-a-number"),
    pytest.param("fault", {"account": "elsewhere", "kind": "reset"}, "shield, cf, aws", id="an-account-that-is-none"),
    pytest.param("fault", {"account": "cf", "kind": "rain"}, "throttle, error500", id="a-fault-that-is-none"),
    pytest.param("fault", {"account": "cf"}, "throttle, error500", id="no-kind"),
    pytest.param("fault", {"account": "cf", "kind": "html", "times": "2"}, "whole number", id="times-in-words"),
    pytest.param("fault", {"account": "cf", "kind": "html", "times": -1}, "whole number", id="times-below-nothing"),
    pytest.param("fault", {"account": "cf", "kind": "html", "times": True}, "whole number", id="times-as-a-truth"),
]


@pytest.mark.parametrize(("call", "body", "says"), REFUSED)
async def test_what_cannot_be_done_says_what_to_send(shop: Land, call: str, body: object, says: str) -> None:
    before = (await shop.play("world")).json()
    response = await shop.play(call, body)
    assert 400 == response.status_code
    assert says in response.json()["error"]
    assert before == (await shop.play("world")).json()


# Reset, and coming back


async def test_a_reset_is_the_world_as_at_the_start(shop: Land) -> None:
    before = (await shop.play("world")).json()
    await shop.play("origin", {})
    await shop.get("fra", "/new")
    await shop.api(PURGE, {"files": [f"http://www.shop.test/{n}" for n in range(30)]})
    await shop.fault("shield", "down")
    await shop.fault("cf", "throttle", 5)
    await shop.world.reset()
    assert before == (await shop.play("world")).json()
    assert [] == (await shop.play("ledger")).json()
    assert "v2" == (await shop.play("origin", {})).json()["version"]


async def test_a_reset_forgets_what_was_still_to_be_purged(tmp_path: Path) -> None:
    async with land(tmp_path, speed="human") as shop:
        await shop.api(PURGE, {"purge_everything": True})
        await shop.world.reset()
        shop.clock.at = START + 10
        assert ("HIT", "v1") == await shop.sees("sin", "/")


async def test_a_world_comes_back_as_it_was_on_the_same_ports(tmp_path: Path) -> None:
    clock = Clock()
    async with land(tmp_path, clock) as first:
        await first.play("origin", {"path": "/pricing"})
        await first.get("iad", "/only-here")
        await first.api(PURGE, {"files": ["http://www.shop.test/"]})
        await first.fault("slack", "slow", 2)
        config, seen = first.world.config(), (await first.play("world")).json()
        ledger = (await first.play("ledger")).json()
    async with land(tmp_path, clock) as second:
        again = (await second.play("world")).json()
        assert config == second.world.config()
        assert (seen["sites"], seen["faults"]) == (again["sites"], again["faults"])
        assert ledger == (await second.play("ledger")).json()


async def test_a_port_that_was_taken_meanwhile_is_replaced_and_remembered(tmp_path: Path) -> None:
    async with land(tmp_path / "one") as first:
        taken = first.world.edge_urls["fra"]
        first.world.store.execute("pragma wal_checkpoint(truncate)")
        (tmp_path / "two").mkdir()
        (tmp_path / "two" / "world.db").write_bytes((tmp_path / "one" / "world.db").read_bytes())
        async with land(tmp_path / "two") as second:
            elsewhere = second.world.edge_urls["fra"]
            assert taken != elsewhere
            assert ("HIT", "v1") == await second.sees("fra", "/")
    async with land(tmp_path / "two") as third:
        assert elsewhere == third.world.edge_urls["fra"]


async def test_what_was_down_is_down_after_a_restart(tmp_path: Path) -> None:
    async with land(tmp_path) as first:
        await first.fault("shield", "down")
    async with land(tmp_path) as second:
        assert 503 == (await second.get("fra", "/never")).status_code
        await second.fault("shield", "down", 0)
        assert 200 == (await second.get("fra", "/never")).status_code


async def test_a_start_cut_short_is_finished_by_the_next(tmp_path: Path) -> None:
    async with land(tmp_path) as first:
        first.world.store.execute("delete from filled")
        first.world.towns["shop"].edges["iad"].cache.clear()
    async with land(tmp_path) as second:
        assert {"/": "v1", "/pricing": "v1"} == (await second.shop())["edges"]["iad"]
