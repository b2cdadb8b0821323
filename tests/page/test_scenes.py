"""The scenes in the drawer of faults: what there is, and what a click brings."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.page.conftest import Opened
from tests.page.playground import SCENES, Fixture

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


LINE = "/purge why http://www.shop.test/race/1"
STAGE = {
    "title": "The edge was purged before the shield",
    "line": LINE,
    "unseen": "Its box shows one of them.",
    "at": 5.0,
}
SCENE = """async ([site, messages, me]) => {
  const { sceneGuide } = await import("/page/stage.js");
  const { step, text, target, suggestions, job, card } = sceneGuide(site, messages, me);
  return [step, text, target, suggestions[0], job, card];
}"""


def told(ts: float, text: str, *lines: str, ephemeral: bool = False) -> dict[str, object]:
    """A message of the bot's."""
    blocks = [{"type": "context", "elements": [{"type": "mrkdwn", "text": line}]} for line in lines]
    return {"ts": f"{ts:.6f}", "user": "U_PURGEBOT", "text": text, "blocks": blocks, "ephemeral": ephemeral}


OF_SCENE = told(6.0, "⚪ P-1 purged, not checked · http://www.shop.test/race/1", "asked by token `play` · read as URL")
ANSWER = told(7.0, "🧊 refilled from an older layer", "How sure: seen.", ephemeral=True)
BEFORE = told(4.0, "🟢 P-9 fresh at fra, iad, sin · http://www.shop.test/pricing", "asked by <@U_MIA>")
MENDED = {
    "running": ("🔵 P-2 purging · http://www.shop.test/race/1", 3, "P-2 goes from the origin outwards;", "card"),
    "waiting": (
        "🟡 P-2 waits for 1 approval (3 people asked) · prefix www.shop.test/race", 3,
        "P-2 waits: become Lea in the menu with your name,", "me",
    ),
    "proven": (
        "🟢 P-2 fresh at fra, iad, sin · http://www.shop.test/race/1", 4, "Proven: P-2. Set another scene,", "faults",
    ),
    "old": ("🟠 P-2 purged, still old at sin · http://www.shop.test/race/1", 3, "P-2 is not proven.", "card"),
}  # fmt: skip


def on_stage(play: Fixture) -> dict[str, object]:
    """The shop with a scene on it."""
    return {**play.shop, "channel": "C_SHOP", "scene": "/race/1", "stage": STAGE}


def test_after_a_scene_the_guide_asks_why_and_claims_nothing_that_the_scene_did(modules: Page, play: Fixture) -> None:
    step, text, target, line, job, _ = modules.evaluate(
        SCENE, [on_stage(play), {"C_SHOP": [BEFORE, OF_SCENE]}, "U_MIA"]
    )
    said = "Scene “The edge was purged before the shield”: send the line in the box. It finds the cause."
    assert [1, said, "box", LINE, ""] == [step, text, target, line, job]


def test_once_the_cause_is_told_the_guide_leads_to_it(modules: Page, play: Fixture) -> None:
    messages = {"C_SHOP": [BEFORE, OF_SCENE, ANSWER]}
    step, text, target, _, _, card = modules.evaluate(SCENE, [on_stage(play), messages, "U_MIA"])
    assert [2, "card", ANSWER["ts"]] == [step, target, card]
    assert text.startswith("The answer names one cause")


@pytest.mark.parametrize(("first", "step", "text", "target"), MENDED.values(), ids=MENDED)
def test_what_was_asked_for_after_a_scene_is_followed(
    modules: Page, play: Fixture, first: str, step: int, text: str, target: str
) -> None:
    messages = {"C_SHOP": [OF_SCENE, ANSWER, told(8.0, first, "asked by <@U_MIA>")], "C_APPROVE": []}
    found = modules.evaluate(SCENE, [on_stage(play), messages, "U_MIA"])
    assert [step, True, target] == [found[0], found[1].startswith(text), found[2]]


def test_the_page_tells_of_the_scene_and_of_what_its_boxes_do_not_show(shown: Opened) -> None:
    page, shop = shown.page, shown.play.shop
    expect(page.locator("#scene")).to_be_hidden()
    shop["scene"], shop["stage"] = "/race/1", {**STAGE, "at": shown.play.world["now"]}
    shop["channel"] = "C_SHOP"
    expect(page.locator("#scene")).to_have_text(
        "Scene: The edge was purged before the shield. Its box shows one of them."
    )
    expect(page.locator("#steps li")).to_have_text(["Set the scene", "Ask why", "Take the next step", "See the proof"])
    expect(page.locator("#steps [data-state=now]")).to_have_text("Ask why")
    expect(page.locator("[data-suggestion]").first).to_have_text(LINE)
    del shop["scene"], shop["stage"]
    expect(page.locator("#scene")).to_be_hidden()
    expect(page.locator("#steps li").first).to_have_text("Deploy")


def test_a_copy_that_names_no_version_is_kept_and_not_empty(shown: Opened) -> None:
    shown.play.shop["edges"]["fra"]["/pricing"] = ""
    row = shown.page.locator("[data-place=fra] [data-path='/pricing']")
    expect(row).to_have_attribute("data-state", "unnamed")
    expect(row).to_contain_text("kept")
    expect(row).to_contain_text("names no version")


def test_a_scene_that_cannot_be_set_says_why_and_can_be_tried_again(shown: Opened) -> None:
    shown.play.answers["scene"] = (400, {"error": "The bot did not come as far as race needs within 20 s."})
    unfold(shown.page)
    shown.page.click("[data-scene=race]")
    expect(shown.page.locator("#scenes-said")).to_have_text("The bot did not come as far as race needs within 20 s.")
    expect(shown.page.locator("[data-scene=race]")).to_be_enabled()


def test_the_scenes_are_folded_away_at_first(shown: Opened) -> None:
    shown.page.click("#faults-open")
    expect(shown.page.locator("#scenes")).to_be_hidden()
