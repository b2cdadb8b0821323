"""Faults to switch on: each does what it says to whoever calls, as often as it says, and is written down."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from playground.faults import KINDS
from playground.towns import TOWNS
from tests.playground.land import PURGE, SIGNED, Land, hung_up_on, land

pytestmark = pytest.mark.slow

Knock = Callable[[Land], Awaitable[httpx.Response]]


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Land]:
    async with land(tmp_path) as opened:
        yield opened


async def purge(shop: Land) -> httpx.Response:
    return await shop.api(PURGE, {"files": ["http://www.shop.test/"]})


async def knock(shop: Land) -> httpx.Response:
    return await shop.ask("PURGE", "shield", "/")


async def still_held(shop: Land, account: str) -> bool:
    seen = await shop.shop()
    return "/" in (seen["shield"] if account == "shield" else seen["edges"]["fra"])  # type: ignore[index, operator]


ACCOUNTS = [pytest.param("cf", purge, id="cf"), pytest.param("shield", knock, id="shield")]
ANSWERS = [
    pytest.param("cf", purge, "throttle", 429, '"code": 10429', {"retry-after": "3"}, id="cf-throttle"),
    pytest.param("cf", purge, "error500", 500, "Internal Server Error", {}, id="cf-error500"),
    pytest.param("cf", purge, "bad_token", 403, '"code": 9109', {}, id="cf-bad-token"),
    pytest.param("cf", purge, "forbidden", 403, '"code": 10000', {}, id="cf-forbidden"),
    pytest.param("cf", purge, "html", 200, "<html>", {"content-type": "text/html"}, id="cf-html"),
    pytest.param("shield", knock, "throttle", 429, "Too many purges", {"retry-after": "3"}, id="shield-throttle"),
    pytest.param("shield", knock, "error500", 500, "Internal Server Error", {}, id="shield-error500"),
    pytest.param("shield", knock, "bad_token", 403, "acl", {"x-purgebot": "refused"}, id="shield-bad-token"),
    pytest.param("shield", knock, "forbidden", 403, "acl", {"x-purgebot": "refused"}, id="shield-forbidden"),
    pytest.param("shield", knock, "html", 200, "<html>", {"content-type": "text/html"}, id="shield-html"),
]


@pytest.mark.parametrize(("account", "ask", "kind", "status", "body", "headers"), ANSWERS)
async def test_a_fault_that_answers_purges_nothing_and_ends(
    shop: Land, account: str, ask: Knock, kind: str, status: int, body: str, headers: dict[str, str]
) -> None:
    await shop.fault(account, kind, 1)
    response = await ask(shop)
    assert status == response.status_code
    assert body in response.text
    assert headers == {name: response.headers[name] for name in headers}
    assert "x-purgebot" in headers or "x-purgebot" not in response.headers
    assert await still_held(shop, account)
    row = (await shop.recorded(account))[-1]
    assert (kind, status, []) == (row["fault"], row["status"], row["purged"])
    assert 200 == (await ask(shop)).status_code
    assert not await still_held(shop, account)
    assert "fault" not in (await shop.recorded(account))[-1]


@pytest.mark.parametrize(("account", "ask"), ACCOUNTS)
@pytest.mark.parametrize("kind", ["reset", "down"])
async def test_a_cut_comes_before_any_effect(shop: Land, account: str, ask: Knock, kind: str) -> None:
    await shop.fault(account, kind, 1)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        await ask(shop)
    assert await still_held(shop, account)
    row = (await shop.recorded(account))[-1]
    assert (kind, 0, []) == (row["fault"], row["status"], row["purged"])
    assert 200 == (await ask(shop)).status_code


@pytest.mark.parametrize(("account", "ask"), ACCOUNTS)
async def test_down_until_ended_refuses_connections(shop: Land, account: str, ask: Knock) -> None:
    assert 200 == (await ask(shop)).status_code
    await shop.fault(account, "down")
    before = await shop.recorded(account)
    for _ in range(2):
        with pytest.raises(httpx.ConnectError):
            await ask(shop)
    assert before == await shop.recorded(account)
    await shop.fault(account, "down", 0)
    assert 200 == (await ask(shop)).status_code


async def test_down_under_the_playgrounds_port_is_a_cut(shop: Land) -> None:
    await shop.fault("cf", "down")
    for _ in range(2):
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            await shop.client.post(f"{shop.url}/cf/client/v4{PURGE}", headers=SIGNED)


@pytest.mark.parametrize(("account", "ask"), ACCOUNTS)
async def test_another_fault_takes_the_place_of_the_first(shop: Land, account: str, ask: Knock) -> None:
    await shop.fault(account, "down")
    await shop.fault(account, "error500")
    assert [500, 500, 500] == [(await ask(shop)).status_code for _ in range(3)]
    await shop.fault(account, "throttle", 0)
    assert 500 == (await ask(shop)).status_code
    await shop.fault(account, "error500", 0)
    assert 200 == (await ask(shop)).status_code


@pytest.mark.parametrize(("account", "ask"), ACCOUNTS)
async def test_a_fault_counts_down(shop: Land, account: str, ask: Knock) -> None:
    await shop.fault(account, "error500", 2)
    seen = []
    for _ in range(3):
        seen.append(((await shop.play("world")).json()["faults"], (await ask(shop)).status_code))
    shown = [[{"account": account, "kind": "error500", "times": times}] for times in (2, 1)]
    assert [(shown[0], 500), (shown[1], 500), ([], 200)] == seen


async def test_a_fault_of_one_account_leaves_the_other_alone(shop: Land) -> None:
    await shop.fault("cf", "error500")
    await shop.fault("shield", "throttle")
    assert (500, 429) == ((await purge(shop)).status_code, (await knock(shop)).status_code)
    assert ("HIT", "v1") == await shop.sees("fra", "/")
    assert ("HIT", "v1") == await shop.sees("shield", "/")


@pytest.mark.parametrize(("account", "place"), [("cf", "cf"), ("shield", "shield")])
async def test_an_answer_lost_after_the_effect(shop: Land, account: str, place: str) -> None:
    await shop.fault(account, "timeout_after_effect", 1)
    impatient = httpx.Timeout(0.2)
    shop.client.timeout = impatient
    with pytest.raises(httpx.ReadTimeout):
        await (purge(shop) if place == "cf" else knock(shop))
    assert not await still_held(shop, account)
    row = (await shop.recorded(account))[-1]
    assert ("timeout_after_effect", 200, ["http://www.shop.test/"]) == (row["fault"], row["status"], row["purged"])


async def test_a_fault_does_not_touch_visitors(shop: Land) -> None:
    for kind in ("throttle", "error500", "html", "reset"):
        await shop.fault("shield", kind)
        assert ("HIT", "v1") == await shop.sees("shield", "/")


async def test_slow_takes_three_seconds_longer(shop: Land) -> None:
    for account, ask in (("cf", purge), ("shield", knock)):
        await shop.fault(account, "slow", 1)
        shop.client.timeout = httpx.Timeout(0.2)
        with pytest.raises(httpx.ReadTimeout):
            await ask(shop)
        assert not await still_held(shop, account)


async def test_nonsense_on_the_wire_is_a_400_or_a_cut(shop: Land) -> None:
    for url in (shop.world.url_of("shield"), shop.world.url_of("origin"), shop.world.edge_urls["fra"]):
        assert (await hung_up_on(shop, url, b"\x00\xff nonsense\r\n\r\n"))[:12] in (b"HTTP/1.1 400", b"")


async def test_the_world_tells_which_faults_each_account_has(tmp_path: Path) -> None:
    async with land(tmp_path, towns=(*TOWNS.values(),)) as full:
        known = (await full.play("world")).json()["kinds"]
        assert {"app", "shield", "cf", "aws", "fastly", "akamai", "slack"} == known.keys()
        assert ["akamai"] == [account for account, kinds in known.items() if "clock" in kinds]
        told = [(account, kind) for account in known for kind in KINDS if await took(full, account, kind)]
        assert [(account, kind) for account, kinds in known.items() for kind in kinds] == told


async def took(shop: Land, account: str, kind: str) -> bool:
    return (await shop.play("fault", {"account": account, "kind": kind, "times": 0})).status_code == 200
