"""The pretend shield: its doors as those of docs/providers/varnish/purgebot.vcl, and the adapter knocking at them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import httpx
import pytest

from playground.towns.shop import HOSTS
from providers.contract import Account, Cached, Health, Kind, Purge
from providers.varnish import Varnish
from tests.playground.land import Land, land
from tests.providers.manners import REFERENCE

pytestmark = pytest.mark.slow

HELD = ["/news", "/news/a", "/news/a?x=1", "/newsroom", "/a.css"]


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Land]:
    async with land(tmp_path) as opened:
        for path in HELD:
            await opened.get("shield", path)
        await opened.get("shield", "/logo", host="img.shop.test")
        yield opened


async def held(shop: Land) -> set[str]:
    return set((await shop.shop())["shield"])


async def test_a_page_is_a_miss_then_a_hit(shop: Land) -> None:
    first, second = await shop.get("shield", "/new"), await shop.get("shield", "/new")
    assert ("MISS", 1) == (first.headers["x-cache"], len(first.headers["x-varnish"].split()))
    assert ("HIT", 2) == (second.headers["x-cache"], len(second.headers["x-varnish"].split()))
    assert ["/new"] == [row["path"] for row in await shop.recorded("origin") if row["path"] == "/new"]


TAG = {"x_ban_host": ".", "x_ban_tag_header": "Cache-Tag"}
DOORS = [
    pytest.param("PURGE", "/news/a", {}, (200, "purged"), {"/news/a"}, id="a-url-without-its-queries"),
    pytest.param("PURGE", "/never", {}, (200, "purged"), set(), id="a-url-that-is-not-there"),
    pytest.param("PURGEBOT", "/", {}, (200, "ready 1"), set(), id="are-the-doors-there"),
    pytest.param(
        "BAN",
        "/",
        {"x_ban_host": "^www", "x_ban_url": "^/news/"},
        (200, "banned"),
        {"/news/a", "/news/a?x=1"},
        id="a-ban",
    ),
    pytest.param(
        "BAN", "/", {"x_ban_host": "^img", "x_ban_url": "."}, (200, "banned"), {"img.shop.test/logo"}, id="another-host"
    ),
    pytest.param("BAN", "/", {"x_ban_url": "^/"}, (400, "refused"), set(), id="a-ban-without-a-host"),
    pytest.param("BAN", "/", {"x_ban_host": "^www"}, (400, "refused"), set(), id="a-ban-without-a-url"),
    pytest.param("BAN", "/", {"x_ban_host": ".", "x_ban_url": "^/a("}, (400, "refused"), set(), id="a-bad-regex"),
    pytest.param("BAN", "/", {"x_ban_host": ".", "x_ban_url": "a b"}, (400, "refused"), set(), id="a-blank"),
    pytest.param("BAN", "/", {"x_ban_host": ".", "x_ban_url": 'a"'}, (400, "refused"), set(), id="a-quote"),
    pytest.param(
        "BAN",
        "/",
        TAG | {"x_ban_tag": "news"},
        (200, "banned"),
        {"/news", "/newsroom", "/news/a", "/news/a?x=1"},
        id="a-tag",
    ),
    pytest.param("BAN", "/", TAG | {"x_ban_tag": "promo"}, (200, "banned"), set(), id="a-tag-of-nothing"),
    pytest.param("BAN", "/", TAG, (400, "refused"), set(), id="a-ban-without-its-tag"),
    pytest.param(
        "BAN", "/", {"x_ban_host": ".", "x_ban_tag": "news"}, (400, "refused"), set(), id="a-tag-without-its-header"
    ),
    pytest.param("BAN", "/", TAG | {"x_ban_tag": "a b"}, (400, "refused"), set(), id="a-blank-in-a-tag"),
    pytest.param("PURGE", "/news", {"x_purgebot_soft": "1"}, (200, "softened"), set(), id="softly"),
    pytest.param("PURGE", "/purgebot-tags", {"xkey_purge": "news"}, (501, "refused"), set(), id="xkey"),
    pytest.param("PURGE", "/news", {"x_forwarded_for": "192.0.2.1"}, (403, "refused"), set(), id="through-a-proxy"),
    pytest.param("POST", "/news", {}, (405, ""), set(), id="no-door"),
]


@pytest.mark.parametrize(("method", "path", "headers", "said", "gone"), DOORS)
async def test_the_doors(
    shop: Land, method: str, path: str, headers: Mapping[str, str], said: tuple[int, str], gone: set[str]
) -> None:
    before = await held(shop)
    response = await shop.ask(method, "shield", path, **headers)
    assert said == (response.status_code, response.headers.get("x-purgebot", ""))
    assert before - gone == await held(shop)


async def test_a_purge_with_another_host_purges_that_host(shop: Land) -> None:
    before = await held(shop)
    await shop.ask("PURGE", "shield", "/logo", host="img.shop.test")
    await shop.ask("PURGE", "shield", "/news", host="other.test")
    assert before - {"img.shop.test/logo"} == await held(shop)


async def test_doors_are_written_down_with_what_they_purged(shop: Land) -> None:
    await shop.ask("PURGE", "shield", "/a?b=1&a=%2f")
    await shop.ask("BAN", "shield", "/", x_ban_host="^www", x_ban_url="^/news/")
    purge, ban = [row for row in await shop.recorded("shield") if row["method"] != "GET"]
    assert ("/a?b=1&a=%2f", "www.shop.test") == (purge["path"], purge["host"])
    assert ["http://www.shop.test/a?b=1&a=%2f"] == purge["purged"]
    assert "x-ban-host: ^www x-ban-url: ^/news/" == ban["body"]
    assert {"http://www.shop.test/news/a", "http://www.shop.test/news/a?x=1"} == set(ban["purged"])  # type: ignore[call-overload]


async def test_only_the_first_purge_after_a_quiet_second_takes_its_time(tmp_path: Path) -> None:
    async with land(tmp_path, speed="human") as shop:
        shop.client.timeout = httpx.Timeout(0.2)
        for _ in range(2):
            with pytest.raises(httpx.ReadTimeout):
                await shop.ask("PURGE", "shield", "/")
            assert [200, 200] == [(await shop.ask("PURGE", "shield", path)).status_code for path in ("/a", "/b")]
            shop.clock.at += 1.1


# The adapter, unchanged, at these doors

WISHES = [
    pytest.param(Kind.URL, ["http://www.shop.test/news/a?x=1"], {"/news/a?x=1"}, id="url"),
    pytest.param(Kind.PREFIX, ["www.shop.test/news"], {"/news", "/news/a", "/news/a?x=1"}, id="prefix"),
    pytest.param(Kind.PATTERN, ["www.shop.test/*.css"], {"/a.css"}, id="pattern"),
    pytest.param(Kind.HOST, ["img.shop.test"], {"img.shop.test/logo"}, id="host"),
    pytest.param(Kind.TAG, ["news", "promo"], {"/news", "/news/a", "/news/a?x=1"}, id="tag"),
    pytest.param(Kind.EVERYTHING, [], {"/", "/pricing", *HELD, "img.shop.test/logo"}, id="everything"),
]


@pytest.mark.parametrize(("kind", "targets", "gone"), WISHES)
async def test_what_the_adapter_wishes_is_gone(shop: Land, kind: Kind, targets: Sequence[str], gone: set[str]) -> None:
    before = await held(shop)
    adapter = Varnish(Account("shield", {"url": shop.world.url_of("shield"), "tags": "header"}))
    for call in adapter.plan(Purge(kind, tuple(targets), hosts=HOSTS)):
        await adapter.send(call, REFERENCE)
    await adapter.close()
    assert before - gone == await held(shop)


async def test_the_adapter_finds_the_doors_open_and_reads_the_shields_headers(shop: Land) -> None:
    adapter = Varnish(Account("shield", {"url": shop.world.url_of("shield"), "tags": "header"}))
    assert Health.GOOD == (await adapter.probe({})).health
    seen = [adapter.sighting((await shop.get("shield", "/brand-new")).headers).cached for _ in range(2)]
    await adapter.close()
    assert [Cached.MISS, Cached.HIT] == seen
