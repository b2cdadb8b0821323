"""The one line above: what to do next, and noticing by itself that it is done."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.page.conftest import NARROW, Open
from tests.page.playground import recorded

pytestmark = pytest.mark.real("chromium")


def fresh_start() -> Any:
    """The world at the start: v1 everywhere."""
    world = recorded("world")
    shop = world["sites"]["shop"]
    shop["origin"] = {"/": "v1", "/pricing": "v1"}
    shop["shield"] = {"/": "v1", "/pricing": "v1"}
    shop["edges"] = {city: {"/": "v1", "/pricing": "v1"} for city in ("fra", "iad", "sin")}
    return world


def job(name: str, first: str, ts: float) -> dict[str, object]:
    """The root message of a job."""
    return {"ts": f"{ts:.6f}", "user": "U_PURGEBOT", "text": f"{first}", "blocks": [], "ephemeral": False, "pings": []}


GUIDE = """async ([site, messages, seen, me]) => {
  const { guide } = await import("/page/guide.js");
  const { step, text, suggestions } = guide(site, messages, seen, me);
  return [step, text, suggestions[0]];
}"""
PURGING = [job("P-1", "🔵 P-1 purging · http://www.shop.test/pricing · 1 of 2 layers", 2.0)]
PROVEN = [job("P-1", "🟢 P-1 fresh at fra, iad, sin · http://www.shop.test/pricing", 2.0)]
STOPPED = [job("P-1", "🔴 P-1 stopped at Cloudflare · Cloudflare answered 500", 2.0)]
ASKED = [*PROVEN, job("P-2", "🟡 P-2 waits for 2 approvals (3 people asked) · everything on shop (production)", 3.0)]
DENIED = [*PROVEN, job("P-2", "⚫ P-2 denied by <@U_KIM>: not today · everything on shop (production)", 3.0)]
HELD = [*PROVEN, job("P-2", "🟡 P-2 waits, shop is held by <@U_SAM> · everything on shop (production)", 3.0)]
ALL_PROVEN = [*PROVEN, job("P-2", "🟢 P-2 fresh at fra, iad, sin · everything on shop (production)", 3.0)]
NOT_PROVEN = "P-1 is not proven. Its card says why, and what can be done."
ROWS = {
    "the start": (
        "v1", [], {}, "U_MIA", 0,
        "Deploy a new version. The origin will have it; the caches will not know.", "/purge help",
    ),
    "deployed": (
        "v2", [], {}, "U_MIA", 1,
        "The origin has v2, the edges do not. Visit /pricing through Frankfurt: the answer is the old copy.",
        "/purge plan http://www.shop.test/pricing",
    ),
    "the old copy was seen": (
        "v2", [], {"old": True}, "U_MIA", 2,
        "Purge that page: take the first line under the box and send it in #shop. /purge alone opens a form.",
        "/purge http://www.shop.test/pricing",
    ),
    "purging": (
        "v2", PURGING, {}, "U_MIA", 3, "P-1 goes from the origin outwards; then every edge is looked at.",
        "/purge status P-1",
    ),
    "stopped": ("v2", STOPPED, {}, "U_MIA", 3, NOT_PROVEN, "/purge http://www.shop.test/pricing"),
    "proven": (
        "v1", PROVEN, {}, "U_MIA", 4, "Proven: P-1. Now ask for everything: two others must agree.",
        "/purge everything on shop because new prices",
    ),
    "deployed again": (
        "v3", PROVEN, {"deployed": 9.0}, "U_MIA", 1,
        "The origin has v3, the edges do not. Visit /pricing through Frankfurt: the answer is the old copy.",
        "/purge plan http://www.shop.test/pricing",
    ),
    "deployed after a stop": (
        "v3", STOPPED, {"deployed": 9.0}, "U_MIA", 1,
        "The origin has v3, the edges do not. Visit /pricing through Frankfurt: the answer is the old copy.",
        "/purge plan http://www.shop.test/pricing",
    ),
    "everything asked": (
        "v1", ASKED, {}, "U_MIA", 4,
        "P-2 waits: become Lea in the menu with your name, and approve it in #approvals.", "/purge status P-2",
    ),
    "an approver's turn": (
        "v1", ASKED, {}, "U_SAM", 4, "You are Sam: open #approvals and approve P-2.", "/purge approve P-2",
    ),
    "everything agreed, and held": (
        "v1", HELD, {}, "U_MIA", 4,
        "P-2 is agreed, and shop is held by Sam: it begins on release. Become Sam in the menu with your name, and"
        " release it.",
        "/purge status P-2",
    ),
    "held, and an approver looks": (
        "v1", HELD, {}, "U_LEA", 4, "P-2 is agreed, and shop is held by Sam: it begins on release.",
        "/purge release shop",
    ),
    "everything denied": (
        "v1", DENIED, {}, "U_MIA", 4,
        "P-2 was denied: its card says by whom and why. Ask again, or for something narrower.",
        "/purge everything on shop because new prices",
    ),
    "all is proven": (
        "v1", ALL_PROVEN, {}, "U_MIA", 5,
        "Proven: P-2. That is all of it. Look back, hold the site, or purge with a fault on.",
        "/purge log",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("origin", "jobs", "seen", "me", "step", "text", "first"), ROWS.values(), ids=ROWS.keys())
def test_the_guide_says_what_to_do_next(
    modules: Page, origin: str, jobs: list[Any], seen: dict[str, object], me: str, step: int, text: str, first: str
) -> None:
    site = fresh_start()["sites"]["shop"]
    site["origin"] = dict.fromkeys(site["origin"], origin)
    messages = {"C_SHOP": jobs, "C_APPROVE": recorded("approvals")}
    all_seen = {"old": False, "deployed": 0, **seen}
    assert [step, text, first] == modules.evaluate(GUIDE, [site, messages, all_seen, me])


def test_after_the_first_vote_the_guide_leads_to_another_voter(modules: Page) -> None:
    site = fresh_start()["sites"]["shop"]
    request = deepcopy(recorded("approvals"))
    vote = "Votes: <@U_LEA> yes <!date^1795627666^{date_short_pretty} {time}|2026-11-25 17:27 UTC>"
    request[0]["blocks"][1]["elements"][0]["text"] += f"\n{vote}"
    messages = {"C_SHOP": ASKED, "C_APPROVE": request}
    [_, text, _] = modules.evaluate(GUIDE, [site, messages, {"old": False, "deployed": 0}, "U_LEA"])
    assert text == "Lea agreed. P-2 waits: become Sam in the menu with your name, and approve it in #approvals."


OFFERED = {
    "nothing is held": ([], "/purge hold shop for 10m because moving"),
    "shop is held": (["shop is held until today 04:00: migration"], "/purge release shop"),
    "shop was held": (
        ["shop is held until it is released: migration", "shop is released."],
        "/purge hold shop for 10m because moving",
    ),
}


@pytest.mark.parametrize(("told", "offered"), OFFERED.values(), ids=OFFERED.keys())
def test_once_all_is_proven_the_site_can_be_held_and_released(modules: Page, told: list[str], offered: str) -> None:
    site = fresh_start()["sites"]["shop"]
    notes = [job("", text, 4.0 + n) | {"ephemeral": True} for n, text in enumerate(told)]
    messages = {"C_SHOP": [*ALL_PROVEN, *notes], "C_APPROVE": []}
    lines = modules.evaluate(
        "async (args) => (await import('/page/guide.js')).guide(...args).suggestions",
        [site, messages, {"old": False, "deployed": 0}, "U_MIA"],
    )
    assert ["/purge log", "/purge stats", offered, "/purge http://www.shop.test/pricing"] == lines


def test_the_guide_notices_by_itself_that_a_step_is_done(open_page: Open) -> None:
    shown = open_page()
    shown.play.messages = {"C_SHOP": [], "C_APPROVE": []}
    shown.play.world = fresh_start()
    expect(shown.page.locator("[data-step='1']")).to_have_attribute("data-state", "now")
    shown.play.deploy("v2")
    expect(shown.page.locator("[data-step='1']")).to_have_attribute("data-state", "done")
    expect(shown.page.locator("[data-step='2']")).to_have_attribute("data-state", "now")
    shown.page.select_option("#path", "/pricing")
    shown.page.click("[data-visit=fra]")
    expect(shown.page.locator("[data-step='3']")).to_have_attribute("data-state", "now")
    expect(shown.page.locator("#suggestions [data-suggestion]").first).to_have_text(
        "/purge http://www.shop.test/pricing"
    )


def test_show_me_leads_to_what_is_next_on_a_narrow_screen(open_page: Open) -> None:
    shown = open_page(NARROW)
    shown.play.messages = {"C_SHOP": [], "C_APPROVE": []}
    shown.play.world = fresh_start()
    expect(shown.page.locator("#next")).to_contain_text("Deploy a new version.")
    shown.page.click("#show-me")
    expect(shown.page.locator("#deploy")).to_be_focused()
    expect(shown.page.locator("#tab-world")).to_have_attribute("aria-selected", "true")


def test_show_me_names_the_job_and_scrolls_to_its_card(open_page: Open) -> None:
    shown = open_page()
    waits = job("P-7", "🟡 P-7 waits for 1 approval · 31 URLs on shop", 2.0)
    plans = [job("", f"Plan {n} · nothing was sent", 3.0 + n) | {"ephemeral": True} for n in range(60)]
    shown.play.messages = {"C_SHOP": [waits, *plans], "C_APPROVE": []}
    card = shown.page.locator("#messages [data-ts='2.000000']")
    expect(shown.page.locator("#show-me")).to_have_text("Show P-7")
    expect(card).not_to_be_in_viewport()
    shown.page.click("#show-me")
    expect(card).to_be_focused()
    expect(card).to_be_in_viewport()


def test_an_approver_is_led_to_the_request_of_that_job(open_page: Open) -> None:
    shown = open_page()
    shown.play.messages = {"C_SHOP": ASKED, "C_APPROVE": [*recorded("approvals"), job("", "Another says hello.", 9e9)]}
    shown.page.select_option("#me", "U_SAM")
    expect(shown.page.locator("#show-me")).to_have_text("Show P-2")
    shown.page.click("#show-me")
    expect(shown.page.locator(f"#messages [data-ts='{recorded('approvals')[0]['ts']}']")).to_be_focused()
