"""Every site of the playground, from a deploy to the proof, through the calls that are promised and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.world import Json, Playground

pytestmark = pytest.mark.slow

CITIES = ("fra", "iad", "sin")
PURGES = {"UNLINK", "PURGE", "BAN", "POST"}  # how a purge is asked for, whatever the provider


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    playground = Playground(tmp_path_factory.mktemp("world")).start()
    yield playground
    assert 0 == playground.stop()


@pytest.fixture
def play(started: Playground) -> Playground:
    started.post("/_play/reset")
    return started


def url(site: str) -> str:
    return f"http://www.{site}.test/pricing"


def visited(play: Playground, site: str, path: str) -> list[object]:
    """The version that each city serves."""
    return [play.get("/_play/visit", site=site, edge=city, path=path)["version"] for city in CITIES]


def caches(play: Playground, site: str) -> dict[str, dict[str, str]]:
    """What each cache of a site holds, by place."""
    shown = play.get("/_play/world")["sites"][site]  # type: ignore[index]
    return {**shown["inner"], **shown["edges"]}


def sent(play: Playground, *accounts: str) -> list[tuple[object, object]]:
    """Account and answer of each purge that the emulators were asked for."""
    ledger: list[Json] = play.http.get("/_play/ledger").json()
    rows = [row for row in ledger if row["account"] in accounts and row["method"] in PURGES]
    return [(row["account"], row["status"]) for row in rows]


def thread(play: Playground, card: Json, words: str) -> str:
    """All that is told below a card, once it holds `words`."""

    def told() -> str:
        text = "\n".join(str(message["text"]) for message in play.messages("C_SHOP", thread=str(card["ts"])))
        return text if words in text else ""

    return play.until(told, f"a thread with {words}")


def named(card: Json) -> str:
    """The job that a card tells of."""
    return next(word for word in str(card["text"]).split() if word.startswith("P-"))


SITES = [
    pytest.param("shop", ["app", "shield", "cf"], [200, 200, 200], {"app", "shield", *CITIES}, id="shop"),
    pytest.param("blog", ["aws"], [201], {*CITIES}, id="blog"),
    pytest.param("media", ["fastly", "fastly"], [200, 200], {"pop", *CITIES}, id="media"),
    pytest.param("bank", ["akamai"], [201], {*CITIES}, id="bank"),
]


@pytest.mark.parametrize(("site", "accounts", "statuses", "places"), SITES)
def test_a_stale_page_is_purged_in_order_and_proven_and_its_neighbour_is_untouched(
    play: Playground, site: str, accounts: list[str], statuses: list[int], places: set[str]
) -> None:
    play.post("/_play/origin", site=site)
    assert ["v1"] * 3 == visited(play, site, "/pricing")

    play.command("U_MIA", f"/purge {url(site)}")
    card = play.wait_card("fresh", url(site))

    record = play.job(named(card))
    assert ("done", "fresh") == (record["state"], record["verdict"])
    assert list(zip(accounts, statuses, strict=True)) == sent(play, "app", "shield", "cf", "aws", "fastly", "akamai")
    assert ["v2"] * 3 == visited(play, site, "/pricing")
    held = caches(play, site)
    assert {place: {"/": "v1", "/pricing": "v2"} for place in places} == held


def test_fastlys_race_is_survived_by_a_second_pass_and_told(play: Playground) -> None:
    play.post("/_play/origin", site="media")
    play.command("U_MIA", f"/purge {url('media')}")
    card = play.wait_card("fresh", url("media"))
    told = thread(play, card, "Ended")
    assert "Fastly: sending 1 call, and once more 2 s later, since its caches refill one another." in told
    assert ["v2"] * 3 == visited(play, "media", "/pricing")
    held = [cache.get("/pricing") for cache in caches(play, "media").values()]
    assert {"v2"} == {*held} - {None}  # the second pass may have emptied one after the last look through it


def test_a_throttled_cloudfront_is_waited_for_and_the_job_completes(play: Playground) -> None:
    play.post("/_play/origin", site="blog")
    play.post("/_play/fault", account="aws", kind="throttle", times=1)
    play.command("U_MIA", f"/purge {url('blog')}")
    card = play.wait_card("fresh", url("blog"))
    thread(play, card, "CloudFront takes no more calls for now")
    assert [("aws", 400), ("aws", 201)] == sent(play, "aws")
    assert ["v2"] * 3 == visited(play, "blog", "/pricing")
    assert [] == play.get("/_play/world")["faults"]


def test_a_redis_that_refuses_stops_the_shop_before_anything_outside_it(play: Playground) -> None:
    play.post("/_play/origin", site="shop")
    play.post("/_play/fault", account="app", kind="forbidden")
    play.command("U_MIA", f"/purge {url('shop')}")
    card = play.wait_card("stopped at Redis")
    assert "ACL SETUSER" in str(card["blocks"])
    assert [("app", 403)] == sent(play, "app", "shield", "cf")
    play.post("/_play/fault", account="app", kind="forbidden", times=0)
    play.click("U_MIA", card, "retry", "C_SHOP")
    play.wait_card("fresh", url("shop"))
    assert [("app", 403), ("app", 200), ("shield", 200), ("cf", 200)] == sent(play, "app", "shield", "cf")


def test_each_site_is_purged_alone(play: Playground) -> None:
    before = {site: caches(play, site) for site in ("shop", "media", "bank")}
    play.post("/_play/origin", site="blog")
    play.command("U_MIA", f"/purge {url('blog')}")
    play.wait_card("fresh", url("blog"))
    assert before == {site: caches(play, site) for site in before}


def test_a_killed_playground_comes_back_with_every_cache_of_the_shop(tmp_path: Path) -> None:
    play = Playground(tmp_path / "world").start()
    play.post("/_play/origin", site="shop")
    before = caches(play, "shop")
    play.kill()
    play.start()
    assert before == caches(play, "shop")
    play.command("U_MIA", f"/purge {url('shop')}")
    play.wait_card("fresh", url("shop"))
    assert 0 == play.stop()


def test_a_clock_that_is_off_is_recognised_at_akamai_and_retry_works_once_it_is_set(play: Playground) -> None:
    play.post("/_play/origin", site="bank")
    play.post("/_play/fault", account="akamai", kind="clock")
    play.command("U_MIA", f"/purge {url('bank')}")
    red = play.wait_card("🔴", "clock")
    said = f"{red['text']} {red['blocks']}"
    play.post("/_play/fault", account="akamai", kind="clock", times=0)
    play.click("U_MIA", red, "retry", "C_SHOP")
    green = play.wait_card("🟢", "fresh at fra, iad, sin")
    found = re.search(r"this machine's clock is (\d+) s behind Akamai's", said)  # a Date header has whole seconds
    assert found is not None
    assert (True, True, red["ts"]) == (59 <= int(found[1]) <= 61, "by NTP, then retry" in said, green["ts"])
