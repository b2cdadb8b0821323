"""The scenes in the drawer of faults: what there is, and what a click brings."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.page.conftest import Opened
from tests.page.playground import SCENES

pytestmark = pytest.mark.real("chromium")


def unfold(page: Page) -> None:
    """Open the drawer, and the scenes in it."""
    page.click("#faults-open")
    page.click("#scenes-open summary")


def test_each_scene_says_what_it_finds_and_what_to_type(shown: Opened) -> None:
    unfold(shown.page)
    items = shown.page.locator("#scenes li")
    expect(items).to_have_count(len(SCENES))
    expect(items.first).to_contain_text("The edge was purged before the shield")
    expect(items.first).to_contain_text("Finds: refilled from an older layer")
    expect(items.first.locator("code")).to_have_text("/purge why http://www.shop.test/race/1")
    expect(items.first.get_by_role("button", name="Set up: The edge was purged before the shield")).to_be_enabled()


def test_a_scene_that_is_set_puts_its_line_into_the_box(shown: Opened) -> None:
    line = "/purge why http://www.shop.test/race/2"
    shown.play.answers["scene"] = (200, {**SCENES[0], "line": line})
    unfold(shown.page)
    shown.page.click("[data-scene=race]")
    expect(shown.page.locator("#faults")).to_be_hidden()
    expect(shown.page.locator("#box")).to_have_value(line)
    expect(shown.page.locator("#live")).to_contain_text("The scene is set.")
    assert [{"name": "race"}] == shown.play.posted("scene")


def test_the_scene_s_own_page_stands_in_every_box_and_can_be_visited(shown: Opened) -> None:
    path, site = "/race/1?v=2", shown.play.shop
    site["scene"] = path
    site["origin"][path] = "v9"
    for held in (*site["edges"].values(), site["shield"]):
        held[path] = "v8"
    for place in ("fra", "shield"):
        expect(shown.page.locator(f"[data-place={place}] [data-path='{path}']")).to_contain_text("v8")
        expect(shown.page.locator(f"[data-place={place}] [data-path='{path}']")).to_have_attribute("data-state", "old")
    expect(shown.page.locator(f"[data-place=origin] [data-path='{path}']")).to_contain_text("v9")
    expect(shown.page.locator("#path")).to_have_value(path)
    del site["scene"]
    expect(shown.page.locator(f"[data-path='{path}']")).to_have_count(0)
    expect(shown.page.locator("#path option")).to_have_text(["/", "/pricing"])


def test_a_scene_that_cannot_be_set_says_why_and_can_be_tried_again(shown: Opened) -> None:
    shown.play.answers["scene"] = (400, {"error": "The bot did not come as far as race needs within 20 s."})
    unfold(shown.page)
    shown.page.click("[data-scene=race]")
    expect(shown.page.locator("#scenes-said")).to_have_text("The bot did not come as far as race needs within 20 s.")
    expect(shown.page.locator("[data-scene=race]")).to_be_enabled()


def test_the_scenes_are_folded_away_at_first(shown: Opened) -> None:
    shown.page.click("#faults-open")
    expect(shown.page.locator("#scenes")).to_be_hidden()
