"""The shop with its application: a chain of four, in which only a purge from the inside outwards shows the new page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import permutations
from pathlib import Path

import pytest

from playground.app import KEYS, TAGS
from playground.town import CITIES
from playground.towns.shop import HOSTS, ZONE
from providers.contract import Account, Kind, Purge
from providers.errors import Unavailable
from providers.redis import Redis
from tests.playground.land import PURGE, Land, land
from tests.playground.slack_land import START
from tests.providers.manners import REFERENCE

pytestmark = pytest.mark.slow

HELD = {"/": "v1", "/pricing": "v1"}


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Land]:
    async with land(tmp_path, app=True) as opened:
        yield opened


async def purge_at(shop: Land, layer: str, path: str) -> None:
    """Rid one layer of one page."""
    match layer:
        case "app":
            await told(shop, Purge(Kind.URL, (f"http://{HOSTS[0]}{path}",), layer={"keys": KEYS}, hosts=HOSTS))
        case "shield":
            assert 200 == (await shop.ask("PURGE", "shield", path)).status_code
        case _:
            assert 200 == (await shop.api(PURGE, {"files": [f"http://{HOSTS[0]}{path}"]})).status_code


async def told(shop: Land, wish: Purge) -> None:
    """Have the app's Redis purged by the adapter, with the address that the bot is given."""
    secrets = {"url": shop.world.environ["SHOP_REDIS_URL"]}
    adapter = Redis(Account("app", {"tags": TAGS}, secrets))
    for call in adapter.plan(wish):
        assert (await adapter.send(call, REFERENCE)).finished
    await adapter.close()


async def pages_asked(shop: Land) -> list[str]:
    return [str(row["path"]) for row in await shop.recorded("app") if row["method"] in ("GET", "HEAD", "POST")]


async def test_a_fresh_world_holds_two_pages_everywhere_the_app_included(shop: Land) -> None:
    seen = await shop.shop()
    assert (HELD, {"app": HELD, "shield": HELD}, HELD, dict.fromkeys(CITIES, HELD)) == (
        seen["origin"], seen["inner"], seen["shield"], seen["edges"],
    )  # fmt: skip
    assert [] == (await shop.play("ledger")).json()


async def test_the_bot_is_told_three_layers_the_innermost_first_and_no_password(shop: Land) -> None:
    config = shop.world.config()
    layers = config.partition("    layers:\n")[2].partition("    edges:\n")[0]
    assert [
        '- {account: app, keys: "page:{host}{path}"}',
        "- {account: shield}",
        f"- {{account: cf, zone: {ZONE}, tier: pro}}",
    ] == [line.strip() for line in layers.splitlines()]
    assert '  app: {provider: redis, url: {env: SHOP_REDIS_URL}, tags: "tag:{tag}"}\n' in config
    assert ["app", "shield", "cf"] == (await shop.play("world")).json()["accounts"]
    assert shop.world.environ["SHOP_REDIS_URL"] not in config


async def test_without_its_app_the_shop_has_two_layers(tmp_path: Path) -> None:
    async with land(tmp_path) as shop:
        assert ["shield", "cf"] == (await shop.play("world")).json()["accounts"]
        assert "SHOP_REDIS_URL" not in shop.world.environ
        assert {"shield": HELD} == (await shop.shop())["inner"]


async def test_a_deploy_is_seen_at_the_origin_and_nowhere_else(shop: Land) -> None:
    await shop.play("origin", {})
    assert "v2" == (await shop.get("origin", "/pricing")).headers["x-build"]
    seen = await shop.shop()
    assert ({"/": "v2", "/pricing": "v2"}, {"app": HELD, "shield": HELD}) == (seen["origin"], seen["inner"])


ORDERS = [
    pytest.param(order, "v2" if order == ("app", "shield", "cf") else "v1", id="-".join(order))
    for order in permutations(("app", "shield", "cf"))
]


@pytest.mark.parametrize(("order", "served"), ORDERS)
async def test_only_from_the_inside_outwards_is_the_new_page_served(
    shop: Land, order: tuple[str, ...], served: str
) -> None:
    """Between two purges visitors come, one of them through a city that has no copy and asks the shield."""
    await shop.play("origin", {})
    for layer in order:
        await purge_at(shop, layer, "/pricing")
        await shop.get("shield", "/pricing")
        await shop.get("fra", "/pricing")
    assert ("HIT", served) == await shop.sees("fra", "/pricing")
    assert ("HIT", "v1") == await shop.sees("fra", "/")


async def test_a_layer_left_out_refills_those_outside_it_with_the_old(shop: Land) -> None:
    await shop.play("origin", {})
    await purge_at(shop, "shield", "/pricing")
    await purge_at(shop, "cf", "/pricing")
    assert ("MISS", "v1") == await shop.sees("fra", "/pricing")


async def test_the_shield_asks_the_app_and_the_app_asks_for_content_once(shop: Land) -> None:
    for _ in range(2):
        await shop.get("fra", "/new?b=1&a=%2f")
        await purge_at(shop, "shield", "/new?b=1&a=%2f")
        await purge_at(shop, "cf", "/new?b=1&a=%2f")
    assert ["/new?b=1&a=%2f"] * 2 == await pages_asked(shop)
    assert ["/new?b=1&a=%2f"] == [row["path"] for row in await shop.recorded("origin")]


async def test_hosts_have_pages_of_their_own(shop: Land) -> None:
    await shop.get("fra", "/pricing", host=HOSTS[1])
    await told(shop, Purge(Kind.HOST, (HOSTS[1],), layer={"keys": KEYS}, hosts=HOSTS))
    assert HELD == (await shop.shop())["inner"]["app"]


async def test_a_tag_reaches_the_pages_that_bear_it(shop: Land) -> None:
    await told(shop, Purge(Kind.TAG, ("pricing",), layer={"keys": KEYS}, hosts=HOSTS))
    assert {"/": "v1"} == (await shop.shop())["inner"]["app"]
    await told(shop, Purge(Kind.TAG, ("all",), layer={"keys": KEYS}, hosts=HOSTS))
    assert {} == (await shop.shop())["inner"]["app"]


async def test_pages_of_the_app_live_an_hour(shop: Land) -> None:
    await shop.play("origin", {})
    shop.clock.at = START + 3600
    assert {} == (await shop.shop())["inner"]["app"]
    assert ("EXPIRED", "v2") == await shop.sees("fra", "/")


async def test_a_redis_that_is_down_refuses_purges_and_no_visitors(shop: Land) -> None:
    await shop.fault("app", "down")
    with pytest.raises(Unavailable, match="cannot be reached"):
        await purge_at(shop, "app", "/")
    assert 200 == (await shop.get("fra", "/never-seen")).status_code
    await shop.fault("app", "down", 0)
    await purge_at(shop, "app", "/")
    assert "/" not in (await shop.shop())["inner"]["app"]


async def test_a_reset_fills_the_app_anew_with_its_tags(shop: Land) -> None:
    await shop.play("origin", {})
    await told(shop, Purge(Kind.EVERYTHING, (), layer={"keys": KEYS}, hosts=HOSTS))
    await shop.get("fra", "/new")
    await shop.world.reset()
    assert HELD == (await shop.shop())["inner"]["app"]
    await told(shop, Purge(Kind.TAG, ("all",), layer={"keys": KEYS}, hosts=HOSTS))
    assert {} == (await shop.shop())["inner"]["app"]


async def test_a_world_comes_back_with_its_app(tmp_path: Path) -> None:
    seen = []
    for _ in range(2):
        async with land(tmp_path, app=True) as shop:
            await shop.get("fra", "/only-here")
            seen.append((shop.world.environ["SHOP_REDIS_URL"], (await shop.shop())["inner"]))
    assert seen[0] == seen[1]


async def test_only_reading_is_allowed(shop: Land) -> None:
    response = await shop.client.post(shop.world.url_of("pages"), headers={"host": HOSTS[0]})
    assert (405, "GET, HEAD") == (response.status_code, response.headers["allow"])
