"""The world as the page shows it, the guide above it, and the faults beside it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.page.conftest import Opened

pytestmark = pytest.mark.real("chromium")


def copy_at(shown: Opened, place: str, path: str) -> Locator:
    """What a box holds of one page."""
    return shown.page.locator(f"[data-place={place}] [data-path='{path}']")


def test_each_box_shows_what_it_holds_and_what_is_old(shown: Opened) -> None:
    expect(copy_at(shown, "origin", "/")).to_have_attribute("data-version", "v2")
    expect(copy_at(shown, "fra", "/")).to_contain_text("v1")
    expect(copy_at(shown, "fra", "/")).to_contain_text("old · kept")
    expect(copy_at(shown, "sin", "/pricing")).to_have_attribute("data-state", "same")
    expect(copy_at(shown, "shield", "/")).to_have_text("/emptynext visit fetches it")


def test_the_same_version_has_the_same_colour_everywhere(shown: Opened) -> None:
    colour = "node => getComputedStyle(node.querySelector('.chip')).backgroundColor"
    [old, fresh, origin] = [
        copy_at(shown, *where).evaluate(colour) for where in (("fra", "/"), ("iad", "/pricing"), ("origin", "/"))
    ]
    assert fresh == origin
    assert old != origin


def test_the_truth_is_calm_and_what_is_old_is_warm(modules: Page) -> None:
    hues = """async () => {
        const { hue } = await import("/page/flow.js");
        return ["v1", "v2", "v3", "v4", "main"].map((name) => [hue(name, false), hue(name, true)]);
    }"""
    found = modules.evaluate(hues)
    assert [186] * 5 == [calm for calm, _ in found]
    assert [] == [warm for _, warm in found if not 0 <= warm <= 60]
    assert 4 == len({warm for _, warm in found[:4]})


def test_ages_count_up_by_themselves(shown: Opened) -> None:
    note = copy_at(shown, "fra", "/pricing").locator(".note")
    first = note.inner_text()
    expect(note).not_to_have_text(first)
    assert first.startswith("kept ")


def test_a_visit_goes_through_that_city_and_is_told(shown: Opened) -> None:
    shown.page.select_option("#path", "/")
    shown.page.click("[data-visit=sin]")
    words = "Singapore answers / with v1, HIT, 12 s old. Old: the origin has v2."
    expect(shown.page.locator("#visit-said")).to_have_text(words)
    expect(shown.page.locator("#live")).to_contain_text(words)
    expect(shown.page.locator("[data-place=sin] .event")).to_have_text("HIT v1 on /")
    assert shown.play.visits == [{"site": "shop", "edge": "sin", "path": "/"}]


def test_a_link_of_the_pretend_site_is_visited_in_the_pretend_world(shown: Opened) -> None:
    shown.page.locator("#messages a[href='http://www.shop.test/pricing']").first.click()
    expect(shown.page.locator("#visit-said")).to_contain_text("Frankfurt answers /pricing with v2")
    assert shown.play.visits == [{"site": "shop", "edge": "fra", "path": "/pricing"}]


def test_deploying_asks_the_origin_for_a_new_version(shown: Opened) -> None:
    shown.play.answers["origin"] = (200, {"version": "v3"})
    shown.page.click("#deploy")
    expect(shown.page.locator("#visit-said")).to_contain_text("The origin has v3.")
    assert shown.play.posted("origin") == [{"site": "shop"}]


def test_a_purge_is_seen_where_a_copy_leaves_and_comes_back(shown: Opened) -> None:
    del shown.play.shop["edges"]["fra"]["/"]
    expect(copy_at(shown, "fra", "/")).to_have_attribute("data-state", "empty")
    expect(shown.page.locator("[data-place=fra]")).to_have_attribute("data-event", "purged")
    expect(shown.page.locator("[data-place=fra] .event")).to_have_text("purged: /")
    shown.play.shop["edges"]["fra"]["/"] = "v2"
    shown.play.shop["since"]["fra"]["/"] = shown.play.world["now"]
    expect(shown.page.locator("[data-place=fra] .event")).to_have_text("MISS, now v2")
    expect(copy_at(shown, "fra", "/")).to_have_attribute("data-state", "same")


def test_a_soft_purge_is_seen_and_the_copy_says_that_it_will_ask(shown: Opened) -> None:
    shown.play.shop["soft"] = {"fra": ["/"]}
    expect(shown.page.locator("[data-place=fra] .event")).to_have_text("softly purged: /")
    expect(copy_at(shown, "fra", "/").locator(".note")).to_have_text("old · asks next time")


def test_a_purge_between_two_looks_is_not_missed(shown: Opened) -> None:
    shown.play.shop["edges"]["iad"]["/"] = "v2"
    shown.play.shop["since"]["iad"]["/"] = shown.play.world["now"]
    expect(shown.page.locator("[data-place=iad] .event")).to_have_text("purged, then a MISS: v2")


WAITS = """async ([name, bucket, elapsed]) =>
  (await import("/page/flow.js")).budgetNow(name, bucket, elapsed).words"""
BUDGETS = {
    "full": ("urls", 60.0, 60, 30, 0, "60 of 60 · refills 30 a second"),
    "refilling": ("urls", 45.0, 60, 30, 0, "45 of 60 · full in 0.5 s"),
    "not enough for a call of 30": ("urls", 0.0, 60, 30, 0, "0 of 60 · next call of 30 in 1.0 s"),
    "time brings it back": ("urls", 0.0, 60, 30, 1.5, "45 of 60 · full in 0.5 s"),
    "empty": ("bulk", 0.3, 25, 0.5, 0, "0 of 25 · next call in 1.4 s"),
    "never over its size": ("bulk", 24.0, 25, 5, 60, "25 of 25 · refills 5 a second"),
    "thousands": ("api", 1200.0, 1200, 4.0, 0, "1,200 of 1,200 · refills 4 a second"),
    "by the minute": ("cpcodes", 300.0, 300, 0.5, 0, "300 of 300 · refills 30 a minute"),
    "by the hour": ("api", 10.0, 10, 10 / 3600, 0, "10 of 10 · refills 10 an hour"),
    "a long wait": ("api", 0.0, 10, 10 / 3600, 0, "0 of 10 · next call in 6 min"),
    "given back, not refilled": ("running_wildcards", 3.0, 15, 0, 60, "3 of 15"),
    "all in use": ("running_wildcards", 0.0, 15, 0, 60, "0 of 15 · next call once another is done"),
}


@pytest.mark.parametrize(("name", "tokens", "size", "per_s", "elapsed", "words"), BUDGETS.values(), ids=BUDGETS.keys())
def test_a_budget_says_what_is_left_and_when_there_is_more(
    modules: Page, name: str, tokens: float, size: int, per_s: float, elapsed: float, words: str
) -> None:
    bucket = {"tokens": tokens, "size": size, "per_s": per_s}
    assert words == modules.evaluate(WAITS, [name, bucket, elapsed])


def test_a_drained_budget_is_marked_until_it_has_a_call_again(shown: Opened) -> None:
    shown.play.shop["budgets"]["cf"]["bulk"] = {"tokens": 0.0, "size": 25, "per_s": 0.01}
    row = shown.page.locator("[data-account=cf][data-bucket=bulk]")
    expect(row.locator(".left")).to_contain_text("0 of 25 · next call in")
    expect(row).to_have_attribute("data-empty", "")
    expect(row.locator("[role=meter]")).to_have_attribute("aria-valuenow", "0")


def test_a_fault_is_switched_on_for_as_long_as_chosen(shown: Opened) -> None:
    page = shown.page
    page.click("#faults-open")
    page.select_option("[data-how-long=cf]", "3")
    page.check("[data-account=cf] [data-fault=throttle]")
    page.select_option("[data-how-long=slack]", "")
    page.check("[data-account=slack] [data-fault=down]")
    expect(page.locator("#live")).to_contain_text("Slack: Down is on.")
    sent = [{"account": "cf", "kind": "throttle", "times": 3}, {"account": "slack", "kind": "down"}]
    assert shown.play.posted("fault", times=2) == sent


def test_a_fault_that_is_on_is_said_and_can_be_ended(shown: Opened) -> None:
    page = shown.page
    shown.play.world["faults"] = [{"account": "shield", "kind": "error500", "times": None}]
    expect(page.locator("#faults-open")).to_have_text("Faults: Varnish error500")
    page.click("#faults-open")
    expect(page.locator("[data-account=shield] [data-fault=error500]")).to_be_checked()
    page.check("[data-account=shield] [data-fault=none]")
    expect(page.locator("#live")).to_contain_text("Varnish: no fault.")
    assert shown.play.posted("fault") == [{"account": "shield", "kind": "error500", "times": 0}]


def test_resetting_empties_the_page_too(shown: Opened) -> None:
    page = shown.page
    page.click("#faults-open")
    shown.play.messages = {"C_SHOP": [], "C_APPROVE": []}
    page.click("#reset")
    expect(page.locator("#faults")).not_to_be_visible()
    expect(page.locator("#quiet")).to_be_visible()
    assert shown.play.posted("reset") == [{}]


def test_silence_is_said_in_words_and_so_is_its_end(shown: Opened) -> None:
    shown.play.is_down = True
    expect(shown.page.locator("#away")).to_contain_text("The playground does not answer.")
    shown.play.is_down = False
    expect(shown.page.locator("#away")).not_to_be_visible(timeout=10_000)
