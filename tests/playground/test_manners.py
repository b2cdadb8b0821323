"""Pages that are not served plainly: what the origin, the edges and the resolvers then do, over real HTTP and UDP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from bot.domain.why import Resolved
from bot.edge.names import Resolvers
from playground.manners import Manner
from playground.names import RESOLVERS
from tests.edge.looking import eyes
from tests.playground.land import HOST, PURGE, Land, land

pytestmark = pytest.mark.slow
PAGE = "/page"
PHONE = "Mozilla/5.0 (iPhone) Mobile"
TABLET = "Mozilla/5.0 (iPad) Mobile"


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Land]:
    async with land(tmp_path) as opened:
        yield opened


def serve(shop: Land, manner: Manner) -> None:
    """The page is served so."""
    shop.world.manners.set(HOST, PAGE, manner)


async def seen(shop: Land, path: str = PAGE, **headers: str) -> tuple[str, str]:
    """What a visitor in Frankfurt gets: the cache's word and the version."""
    answer = await shop.get("fra", path, **headers)
    return answer.headers.get("cf-cache-status", ""), answer.headers.get("x-build", "")


async def purge(shop: Land, body: object) -> None:
    """Purge the shield whole, and the edges as `body` says."""
    shop.world.towns["shop"].inner["shield"].clear()
    assert 200 == (await shop.api(PURGE, body)).status_code


# The origin


async def test_servers_that_differ_take_turns(shop: Land) -> None:
    serve(shop, Manner(versions=("v1", "v2")))
    assert ["v1", "v2", "v1"] == [(await shop.get("origin", PAGE)).headers["x-build"] for _ in range(3)]


async def test_header_lines_are_replaced_and_taken_away(shop: Land) -> None:
    serve(shop, Manner(says={"cache-control": "no-store", "etag": ""}))
    answer = await shop.get("origin", PAGE)
    assert ("no-store", None) == (answer.headers["cache-control"], answer.headers.get("etag"))


async def test_a_page_that_is_made_anew_is_alike_in_nothing(shop: Land) -> None:
    serve(shop, Manner(is_anew=True))
    one, other = [await shop.get("origin", PAGE) for _ in range(2)]
    assert one.text != other.text
    assert not {"etag", "x-build", "last-modified"} & set(one.headers)


async def test_an_origin_that_fails_answers_its_status(shop: Land) -> None:
    serve(shop, Manner(status=503))
    assert (503, "") == ((answer := await shop.get("origin", PAGE)).status_code, answer.text)


# Lifetimes


async def test_a_copy_lives_as_long_as_it_says(shop: Land) -> None:
    serve(shop, Manner(says={"cache-control": "public, max-age=60"}))
    assert ("MISS", "v1") == await seen(shop)
    shop.clock.at += 59
    assert ("HIT", "v1") == await seen(shop)
    shop.world.towns["shop"].origin.deploy(PAGE)
    shop.clock.at += 2
    assert ("EXPIRED", "v2") == await seen(shop)


async def test_an_edge_with_a_minimum_keeps_it_longer(shop: Land) -> None:
    serve(shop, Manner(says={"cache-control": "public, max-age=60"}, keeps=600))
    await seen(shop)
    shop.clock.at += 599
    assert ("HIT", "v1") == await seen(shop)


async def test_a_header_for_cdns_counts_at_the_edge_alone(shop: Land) -> None:
    serve(shop, Manner(says={"cache-control": "max-age=60", "cdn-cache-control": "max-age=600"}))
    await seen(shop)
    shop.clock.at += 300
    assert ("HIT", "v1") == await seen(shop)
    assert "MISS" == (await shop.get("shield", PAGE)).headers["x-cache"]


@pytest.mark.parametrize("said", ["private", "no-store", "max-age=60, no-cache"])
async def test_what_is_not_to_be_kept_is_kept_nowhere(shop: Land, said: str) -> None:
    serve(shop, Manner(says={"cache-control": said}))
    assert [("DYNAMIC", "v1")] * 2 == [await seen(shop) for _ in range(2)]
    assert "MISS" == (await shop.get("shield", PAGE)).headers["x-cache"]


async def test_a_page_that_is_served_while_it_is_fetched_is_old_once(shop: Land) -> None:
    serve(shop, Manner(says={"cache-control": "max-age=60"}, while_fetching=True))
    await seen(shop)
    shop.world.towns["shop"].origin.deploy(PAGE)
    shop.clock.at += 61
    assert [("UPDATING", "v1"), ("HIT", "v2")] == [await seen(shop), await seen(shop)]


# Edges that give nothing


async def test_an_edge_that_hangs_up_says_nothing_and_the_origin_answers(shop: Land) -> None:
    serve(shop, Manner(hangs_up=True))
    with pytest.raises(httpx.RemoteProtocolError):
        await shop.get("fra", PAGE)
    told = await shop.play("visit", edge="fra", path=PAGE)
    assert "fra hung up without an answer. Another path, or a reset, ends that." == told.json()["error"]
    assert (200, 200) == ((await shop.get("origin", PAGE)).status_code, (await shop.get("fra", "/other")).status_code)


async def test_a_busy_edge_answers_for_itself_whatever_it_holds(shop: Land) -> None:
    await seen(shop)
    serve(shop, Manner(busy=True))
    answer = await shop.get("fra", PAGE)
    assert (503, "60", None) == (answer.status_code, answer.headers["retry-after"], answer.headers.get("age"))
    assert ("", "") == await seen(shop)


# Keys


async def test_an_edge_that_ignores_the_query_has_one_copy(shop: Land) -> None:
    serve(shop, Manner(ignores_query=True))
    assert ["MISS", "HIT"] == [(await seen(shop, f"{PAGE}?v={n}"))[0] for n in range(2)]


async def test_a_page_for_phones_is_kept_for_all_where_no_key_knows_of_them(shop: Land) -> None:
    serve(shop, Manner(has_phones=True))
    alone, phones = (await shop.get("origin", PAGE)).headers["x-build"], (await seen(shop, user_agent=PHONE))
    assert (f"{alone}-phone", ("HIT", f"{alone}-phone")) == (phones[1], await seen(shop))


async def test_phones_have_a_copy_that_a_purge_of_the_url_goes_by(shop: Land) -> None:
    serve(shop, Manner(by_device=True))
    assert ["MISS", "MISS"] == [(await seen(shop))[0], (await seen(shop, user_agent=PHONE))[0]]
    await purge(shop, {"files": [f"http://{HOST}{PAGE}"]})
    assert ["MISS", "HIT"] == [(await seen(shop))[0], (await seen(shop, user_agent=PHONE))[0]]


async def test_a_purge_by_prefix_reaches_phones_as_well(shop: Land) -> None:
    serve(shop, Manner(by_device=True))
    await seen(shop, user_agent=PHONE)
    await purge(shop, {"prefixes": [f"{HOST}{PAGE}"]})
    assert "MISS" == (await seen(shop, user_agent=PHONE))[0]


async def test_a_device_is_what_the_user_agent_says_whatever_a_visitor_claims(shop: Land) -> None:
    serve(shop, Manner(by_device=True))
    await seen(shop, user_agent=PHONE)
    assert ["HIT", "MISS", "HIT", "MISS"] == [
        (await seen(shop, user_agent=PHONE, cf_device_type="desktop"))[0],
        (await seen(shop, cf_device_type="mobile"))[0],
        (await seen(shop))[0],
        (await seen(shop, user_agent=TABLET))[0],
    ]


async def test_a_header_of_the_device_is_the_edges_own(shop: Land) -> None:
    serve(shop, Manner(by_headers=("cf-device-type",)))
    assert ["MISS", "HIT", "MISS"] == [
        (await seen(shop))[0],
        (await seen(shop, cf_device_type="mobile"))[0],
        (await seen(shop, user_agent=PHONE))[0],
    ]


async def test_a_purge_that_names_the_device_takes_its_copy_alone(shop: Land) -> None:
    serve(shop, Manner(by_device=True))
    agents = [{}, {"user_agent": PHONE}, {"user_agent": TABLET}]
    assert ["MISS", "MISS", "MISS"] == [(await seen(shop, **agent))[0] for agent in agents]
    await purge(shop, {"files": [{"url": f"http://{HOST}{PAGE}", "headers": {"CF-Device-Type": "mobile"}}]})
    assert ["HIT", "MISS", "HIT"] == [(await seen(shop, **agent))[0] for agent in agents]


async def test_who_asks_for_the_copy_of_a_device_gets_that_and_sees_whether_it_is_old(shop: Land) -> None:
    serve(shop, Manner(by_device=True))
    before = [(await seen(shop, user_agent=PHONE))[1], (await seen(shop))[1]]
    shop.world.towns["shop"].origin.deploy(PAGE)
    await purge(shop, {"files": [f"http://{HOST}{PAGE}"]})
    looks = [
        await eyes().look(f"http://{HOST}{PAGE}", "fra", shop.world.url_of("fra"), asked)
        for asked in ((("CF-Device-Type", "mobile"),), (("CF-Device-Type", "desktop"),))
    ]
    assert (f'"{before[0]}"', True) == (looks[0].etag, looks[0].etag != looks[1].etag)


async def test_what_visitors_send_in_a_header_may_be_part_of_the_key(shop: Land) -> None:
    serve(shop, Manner(by_headers=("x-device",)))
    assert ["MISS", "MISS", "MISS"] == [
        (await seen(shop))[0],
        (await seen(shop, x_device="smart tv"))[0],
        (await seen(shop, x_device="watch"))[0],
    ]
    await purge(shop, {"files": [f"http://{HOST}{PAGE}"]})
    assert ["MISS", "HIT"] == [(await seen(shop))[0], (await seen(shop, x_device="smart tv"))[0]]
    await purge(shop, {"prefixes": [f"{HOST}{PAGE}"]})
    assert ["MISS", "MISS"] == [(await seen(shop))[0], (await seen(shop, x_device="smart tv"))[0]]


async def test_a_rewritten_url_is_purged_as_visitors_ask_for_it_and_by_prefix_as_it_is_rewritten(shop: Land) -> None:
    serve(shop, Manner(rewrites_to=f"/app{PAGE}"))
    asked = [(await seen(shop))[0]]
    for body in (
        {"prefixes": [f"{HOST}{PAGE}"]},
        {"files": [f"http://{HOST}{PAGE}"]},
        {"prefixes": [f"{HOST}/app"]},
    ):
        await purge(shop, body)
        asked.append((await seen(shop))[0])
    assert ["MISS", "HIT", "MISS", "MISS"] == asked


async def test_no_purge_of_this_zone_reaches_another_zone(shop: Land) -> None:
    serve(shop, Manner(other_zone=True))
    first = await seen(shop)
    shop.world.towns["shop"].origin.deploy(PAGE)
    await purge(shop, {"purge_everything": True})
    assert [("MISS", first[1]), ("HIT", first[1])] == [first, await seen(shop)]


async def test_two_nodes_take_turns_and_a_purge_of_the_url_reaches_one(shop: Land) -> None:
    serve(shop, Manner(two_nodes=True))
    assert ["MISS", "MISS", "HIT", "HIT"] == [(await seen(shop))[0] for _ in range(4)]
    await purge(shop, {"files": [f"http://{HOST}{PAGE}"]})
    assert ["MISS", "HIT"] == [(await seen(shop))[0] for _ in range(2)]


async def test_a_copy_for_phones_is_not_shown_beside_the_page(shop: Land) -> None:
    serve(shop, Manner(by_device=True))
    await seen(shop, user_agent=PHONE)
    assert PAGE not in (await shop.shop())["edges"]["fra"]


# What stands before and behind


async def test_an_error_that_is_kept_outlives_its_cause_for_three_minutes(shop: Land) -> None:
    serve(shop, Manner(status=404, keeps_errors=True))
    await shop.get("fra", PAGE)
    serve(shop, Manner(keeps_errors=True))
    shop.clock.at += 179
    assert 404 == (await shop.get("fra", PAGE)).status_code
    shop.clock.at += 2
    assert 200 == (await shop.get("fra", PAGE)).status_code


async def test_another_cdn_in_front_keeps_what_was_purged_behind_it(shop: Land) -> None:
    serve(shop, Manner(behind_another=True))
    await shop.get("fra", PAGE)
    shop.world.towns["shop"].origin.deploy(PAGE)
    await purge(shop, {"files": [f"http://{HOST}{PAGE}"]})
    answer = await shop.get("fra", PAGE)
    assert ("v1", "Imperva", "7-1-2 HIT") == tuple(answer.headers[name] for name in ("x-build", "x-cdn", "x-iinfo"))


async def test_a_reset_makes_every_page_plain(shop: Land) -> None:
    serve(shop, Manner(status=503))
    shop.world.names.lead("resolver-2", HOST, ["x.kxcdn.com"], 60)
    shop.world.pace.later["sin"] = 90.0
    await shop.world.reset()
    assert Manner() == shop.world.manners.of(HOST, PAGE)
    assert {} == shop.world.pace.later
    assert 1 == len({found.chain for found in await resolved(shop)})


# Names


async def resolved(shop: Land, host: str = HOST) -> tuple[Resolved, ...]:
    places = [shop.world.url_of(name) for name in RESOLVERS]
    return await Resolvers(places, lambda: frozenset({host})).ask(host)


async def test_both_resolvers_lead_to_the_sites_provider(shop: Land) -> None:
    leads = (("www.shop.test.cdn.cloudflare.net",), ("127.0.0.1",), 300)
    assert [leads, leads] == [(one.chain, one.addresses, one.ttl) for one in await resolved(shop)]


async def test_one_of_them_may_be_behind(shop: Land) -> None:
    shop.world.names.lead("resolver-2", HOST, ["shop.kxcdn.com"], 1500)
    assert ["www.shop.test.cdn.cloudflare.net", "shop.kxcdn.com"] == [one.chain[-1] for one in await resolved(shop)]


async def test_a_host_of_nobody_is_not_there(shop: Land) -> None:
    assert {"there is no www.other.test"} == {one.problem for one in await resolved(shop, "www.other.test")}


async def test_the_bot_is_told_of_both(shop: Land) -> None:
    places = ", ".join(f'"{shop.world.url_of(name)}"' for name in RESOLVERS)
    assert f"resolvers: [{places}]" in shop.world.config()


# Scenes


async def test_the_scenes_of_sites_that_are_open_are_told(shop: Land) -> None:
    told = (await shop.play("scenes")).json()["scenes"]
    assert {"shop"} == {scene["site"] for scene in told}
    assert {
        "name": "nobody",
        "title": "A deploy without a purge",
        "sees": "no purge here",
        "site": "shop",
        "channel": "C_SHOP",
        "line": "/purge why http://www.shop.test/nobody/1",
    } in told


async def test_each_run_of_a_scene_has_a_page_of_its_own(shop: Land) -> None:
    lines = [(await shop.play("scene", {"name": "nobody"})).json()["line"] for _ in range(2)]
    assert [f"/purge why http://www.shop.test/nobody/{n}" for n in (1, 2)] == lines
    held = await shop.shop()
    assert "/nobody/2" in held["edges"]["fra"] and "/nobody/1" not in held["edges"]["fra"]
    assert held["origin"]["/nobody/2"] != held["edges"]["fra"]["/nobody/2"]


async def test_a_site_tells_of_its_scene_until_a_reset(shop: Land) -> None:
    line = (await shop.play("scene", {"name": "ignored"})).json()["line"]
    told = await shop.shop()
    await shop.world.reset()
    after = await shop.shop()
    assert ("/ignored/1", "v2") == (told["scene"], told["edges"]["fra"]["/ignored/1"])  # as these edges keep it
    assert {
        "title": "The query is no part of the key",
        "line": line,
        "unseen": "The page stands here without its query.",
        "at": shop.clock(),
    } == told["stage"]
    assert "scene" not in after and "stage" not in after


async def test_a_scene_that_is_none_is_told(shop: Land) -> None:
    answer = await shop.play("scene", {"name": "x"})
    assert 400 == answer.status_code
    assert answer.json()["error"].startswith("There is no such scene. There are origin-old, servers, race, ")
