"""Asking probes around the world: what comes back, within which limits, and what is said where nothing does."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.domain.answers.answer import PLAIN, Asked
from bot.domain.proof.world import REGIONS, Measured, Region
from bot.edge import Globalping
from playground.globalping import TOKEN, Probe, Wish
from playground.globalping import Globalping as Emulator
from playground.http import Reply
from playground.pace import FAST
from playground.requests import Requests
from providers.contract import Health
from providers.contract import Probe as Found
from tests.edge.looking import HOSTS, NO_TLS, PUBLIC, Names
from tests.edge.loopback import answer, serving
from tests.playground.cloud_land import Ground, ground
from tests.slate import SlateClock

pytestmark = pytest.mark.slow

URL = "http://www.shop.test/pricing?page=2"
EU, US, OCEANIA = REGIONS["eu"], REGIONS["us"], REGIONS["oceania"]
EUROPE = ["Frankfurt, DE (AS16509)", "Amsterdam, NL (AS14061)", "Warsaw, PL (AS5617)"]
PAGE = b"<html>v1</html>"
CUT = b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"


class EventfulClock(SlateClock):
    """A clock on which something happens during the next sleep."""

    def __init__(self) -> None:
        super().__init__()
        self.then: list[Callable[[], None]] = []

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        if self.then:
            self.then.pop()()


@dataclass
class Abroad:
    """The emulator on a port, what its probes saw, and clients of ours to it."""

    url: str
    api: Emulator
    here: Ground
    clock: EventfulClock
    pages: dict[str, Reply]
    seen: list[tuple[str, Wish]]
    clients: list[Globalping] = field(default_factory=list)

    def client(self, token: str = "", reserve: int = 0, url: str = "", seconds: float = 5.0) -> Globalping:
        names = Names({host: [[PUBLIC]] for host in HOSTS})
        one = Globalping(
            url or self.url, lambda: HOSTS, self.clock, token=token, reserve=reserve, resolve=names.resolve, tls=NO_TLS,
            seconds=seconds,
        )  # fmt: skip
        self.clients.append(one)
        return one

    async def measure(self, *regions: Region, asked: Asked = PLAIN, again: str = "", token: str = "") -> Measured:
        return await self.client(token).measure(URL, regions, asked, again)

    def asked(self, method: str) -> list[Mapping[str, object]]:
        return [row for row in self.requests.listed() if row["method"] == method]

    @property
    def requests(self) -> Requests:
        return self.here.requests


@pytest.fixture
async def abroad(tmp_path: Path) -> AsyncIterator[Abroad]:
    pages = {"": Reply(200, {"etag": '"v1"', "x-build": "v1", "content-length": str(len(PAGE))}, PAGE)}
    seen: list[tuple[str, Wish]] = []

    async def see(probe: Probe, wish: Wish) -> Reply | None:
        seen.append((probe.city, wish))
        return pages.get(probe.city, pages.get(""))

    with ground(tmp_path) as here:
        api = Emulator(store=here.store, see=see, requests=here.requests, faults=here.faults, pace=FAST, now=here.clock)
        async with here.served(api) as (url, _):
            abroad = Abroad(url, api, here, EventfulClock(), pages, seen)
            yield abroad
            for client in abroad.clients:
                await client.close()


async def test_every_probe_has_an_answer_of_its_own(abroad: Abroad) -> None:
    got = await abroad.measure(EU, US)
    answers = [sight.answer for sight in got.sights]
    assert ("", [*EUROPE, "Ashburn, US (AS14618)", "Chicago, US (AS20473)", "Los Angeles, US (AS7018)"]) == (
        got.problem,
        [answer.place for answer in answers],
    )
    assert ["DE", "NL", "PL", "US", "US", "US"] == [sight.country for sight in got.sights]
    first = answers[0]
    assert (URL, 200, "v1", PAGE.decode()) == (first.url, first.status, first.says("x-build"), first.text)
    assert hashlib.sha256(PAGE).hexdigest() == first.digest


async def test_the_page_is_asked_for_as_a_plain_visitor_does(abroad: Abroad) -> None:
    await abroad.measure(EU, asked=(("CF-Device-Type", "mobile"),), token=TOKEN)
    city, wish = abroad.seen[0]
    assert ("Frankfurt", "www.shop.test", "/pricing?page=2", "GET", False) == (
        city, wish.host, wish.path, wish.method, wish.secure,
    )  # fmt: skip
    body = json.loads(str(abroad.asked("POST")[0]["body"]))
    assert {
        "type": "http",
        "target": "www.shop.test",
        "locations": [{"continent": "EU", "limit": 3}],
        "inProgressUpdates": False,
        "measurementOptions": {
            "protocol": "HTTP",
            "port": 80,
            "request": {
                "method": "GET",
                "host": "www.shop.test",
                "path": "/pricing",
                "query": "page=2",
                "headers": {"accept": "*/*", "accept-encoding": "gzip", "cf-device-type": "mobile"},
            },
        },
    } == body


async def test_it_reads_what_is_left_spends_once_and_asks_until_it_is_done(abroad: Abroad) -> None:
    got = await abroad.measure(EU)
    asked = [f"{row['method']} {row['path']} {row['status']}" for row in abroad.requests.listed()]
    assert [
        "GET /v1/limits 200",
        "POST /v1/measurements 202",
        f"GET /v1/measurements/{got.id} 200",
        f"GET /v1/measurements/{got.id} 200",
    ] == asked


async def test_the_very_same_probes_are_asked_again(abroad: Abroad) -> None:
    before = await abroad.measure(EU, OCEANIA)
    abroad.pages[""] = Reply(200, {"x-build": "v2"}, b"v2")
    after = await abroad.measure(EU, OCEANIA, again=before.id)
    assert [sight.answer.place for sight in before.sights] == [sight.answer.place for sight in after.sights]
    assert (["v1"] * 5, ["v2"] * 5) == (
        [sight.answer.says("x-build") for sight in before.sights],
        [sight.answer.says("x-build") for sight in after.sights],
    )


async def test_a_probe_that_went_away_is_told_so_and_keeps_its_place(abroad: Abroad) -> None:
    before = await abroad.measure(EU)
    abroad.api.away = frozenset({"Amsterdam"})
    after = await abroad.measure(EU, again=before.id)
    assert [(EUROPE[0], ""), (EUROPE[1], "this probe is away now"), (EUROPE[2], "")] == [
        (sight.answer.place, sight.answer.problem) for sight in after.sights
    ]


async def test_probes_of_a_measurement_that_is_forgotten_are_not_asked(abroad: Abroad) -> None:
    assert Measured(problem="the probes asked before are no longer known") == await abroad.measure(EU, again="a" * 16)


async def test_a_region_without_probes_is_told(abroad: Abroad) -> None:
    nowhere = Region((("continent", "AN"),))
    assert Measured(problem="it has no such probe now") == await abroad.measure(nowhere)


async def test_a_body_that_was_cut_has_no_digest(abroad: Abroad) -> None:
    abroad.pages["Frankfurt"] = Reply(200, {"x-build": "v1"}, b"a" * 10_001)
    abroad.pages["Amsterdam"] = Reply(200, {"x-build": "v1"}, b"a" * 10_000)
    got = [sight.answer for sight in (await abroad.measure(EU)).sights]
    assert ("", hashlib.sha256(b"a" * 10_000).hexdigest()) == (got[0].digest, got[1].digest)
    assert 10_000 == len(got[0].text)


async def test_bytes_that_are_no_text_have_no_digest(abroad: Abroad) -> None:
    abroad.pages[""] = Reply(200, {}, b"\x89PNG\xff")
    assert [""] * 3 == [sight.answer.digest for sight in (await abroad.measure(EU)).sights]


# Limits


async def test_a_reserve_is_left_to_others(abroad: Abroad) -> None:
    abroad.api.anonymous = 10
    client = abroad.client(reserve=5)
    first, second = await client.measure(URL, [EU]), await client.measure(URL, [EU])
    assert (3, "") == (len(first.sights), first.problem)
    assert Measured(
        problem="7 of 10 tests are left of this hour, of which 5 are kept for others, and this takes 3: again in 60 min"
    ) == Measured(problem=second.problem)
    assert 1 == len(abroad.asked("POST"))


async def test_many_at_once_do_not_spend_the_reserve(abroad: Abroad) -> None:
    abroad.api.anonymous = 11
    client = abroad.client(reserve=2)
    got = await asyncio.gather(*(client.measure(URL, [EU]) for _ in range(6)))
    assert [3, 3, 3, 0, 0, 0] == [len(one.sights) for one in got]


async def test_a_token_has_its_own_budget(abroad: Abroad) -> None:
    abroad.api.anonymous = 0
    assert (3, "") == (len((await abroad.measure(EU, token=TOKEN)).sights), "")
    assert "0 of 0 tests are left of this hour, and this takes 3: again in 1 s" == (await abroad.measure(EU)).problem


async def test_a_limit_that_is_used_up_is_not_asked_again(abroad: Abroad) -> None:
    abroad.here.faults.set("globalping", "throttle", None)
    client = abroad.client()
    first, second = await client.measure(URL, [EU]), await client.measure(URL, [EU])
    abroad.here.faults.set("globalping", "throttle", 0)
    abroad.clock.at += 4
    third = await client.measure(URL, [EU])
    assert ("its limit is used up: again in 3 s", "its limit is used up: again in 3 s", "") == (
        first.problem, second.problem, third.problem,
    )  # fmt: skip
    assert 2 == len([row for row in abroad.asked("GET") if row["path"] == "/v1/limits"])


# Faults

FAULTS = {
    "bad_token": 'it does not take the token ("Unauthorized.")',
    "forbidden": 'it does not take the token ("Access forbidden.")',
    "error500": "it answered 500",
    "html": "what answers there is not Globalping's API",
    "reset": "the answer was cut off, or is not HTTP",
    "timeout_after_effect": "no answer in time",
}


@pytest.mark.parametrize(("kind", "why"), FAULTS.items(), ids=FAULTS)
async def test_a_fault_is_told_and_raises_nothing(abroad: Abroad, kind: str, why: str) -> None:
    abroad.here.faults.set("globalping", kind, None)
    client = abroad.client(TOKEN, seconds=0.5)
    assert (Measured(problem=why), Health.BAD) == (await client.measure(URL, [EU]), (await client.probe()).health)


async def test_nobody_there_is_told(abroad: Abroad) -> None:
    assert Measured(problem="connection refused") == await abroad.client(url="http://127.0.0.1:1").measure(URL, [EU])


@pytest.mark.parametrize("kind", ["error500", "reset", "html"])
async def test_one_answer_that_is_lost_costs_no_measurement(abroad: Abroad, kind: str) -> None:
    abroad.clock.then.append(lambda: abroad.here.faults.set("globalping", kind, 1))
    client = abroad.client()
    assert (3, "") == (len((await client.measure(URL, [EU])).sights), "")


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        pytest.param(answer(b"{}"), "what answers there is not Globalping's API", id="other-json"),
        pytest.param(answer(b"[1"), "what answers there is not Globalping's API", id="no-json"),
        pytest.param(CUT, "the answer was cut off, or is not HTTP", id="cut"),
        pytest.param(answer(status="301 Moved"), "what answers there is not Globalping's API", id="redirect"),
    ],
)
async def test_whatever_else_answers_is_not_believed(abroad: Abroad, reply: bytes, why: str) -> None:
    async with serving(reply) as other:
        assert Measured(problem=why) == await abroad.client(url=other.url).measure(URL, [EU])


@pytest.mark.parametrize(
    ("url", "asked", "why"),
    [
        pytest.param("http://evil.test/", PLAIN, "probes look only at hosts of sites that are opted in", id="host"),
        pytest.param(
            URL, (("Cookie", "a=b"),), "the header Cookie may carry a secret, and measurements are public", id="cookie"
        ),
    ],
)
async def test_what_may_not_be_asked_leaves_nothing_behind(abroad: Abroad, url: str, asked: Asked, why: str) -> None:
    assert Measured(problem=why) == await abroad.client().measure(url, [EU], asked)
    assert [] == abroad.requests.listed()


async def test_what_is_late_is_told_as_late(abroad: Abroad) -> None:
    got = await abroad.client().measure(URL, [EU], within=0.2)
    assert ["no answer in time"] * 3 == [sight.answer.problem for sight in got.sights]


async def test_the_doctor_asks_no_probe(abroad: Abroad) -> None:
    found = await abroad.client(reserve=50).probe()
    low = await abroad.client(reserve=250).probe()
    assert Found(Health.GOOD, "250 of 250 tests are left of this hour, 50 of them kept for others.") == found
    assert (Health.DOUBTFUL, []) == (low.health, abroad.asked("POST"))


async def test_no_token_is_in_what_is_kept_of_a_request(abroad: Abroad) -> None:
    await abroad.measure(EU, token=TOKEN)
    assert TOKEN not in json.dumps(abroad.requests.listed())
