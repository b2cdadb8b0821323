"""Everybody reaches everything: by keyboard, on a phone, in the dark, and nothing leaves the machine."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.page.conftest import NARROW, WIDE, Open, Opened
from tests.page.playground import recorded

pytestmark = pytest.mark.real("chromium")

CONTRAST = """() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b]
    .map((c) => c / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = channels(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const weak = [];
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const node = words.currentNode.parentElement;
    if (!words.currentNode.data.trim() || !node.checkVisibility() || node.closest("script, noscript")) continue;
    const [a, b] = [light(channels(getComputedStyle(node).color)), light(ground(node))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) weak.push(`${words.currentNode.data.trim().slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return weak;
}"""
SMALL = """() => [...document.querySelectorAll("button, select, input:not([type=radio]), textarea, .choice")]
  .filter((node) => node.checkVisibility() && node.getBoundingClientRect().height < 44)
  .map((node) => node.outerHTML.slice(0, 80))"""
FOCUSED = """() => {
  const node = document.activeElement;
  return node.id || node.dataset.channel || node.dataset.suggestion || node.dataset.visit || node.dataset.actionId
    || node.className || node.tagName;
}"""


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_has_contrast(open_page: Open, size: tuple[int, int], scheme: str) -> None:
    shown = open_page(size, scheme)
    assert [] == shown.page.evaluate(CONTRAST)
    if size == NARROW:
        shown.page.click("#tab-world")
        assert [] == shown.page.evaluate(CONTRAST)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_version_has_contrast(open_page: Open, scheme: str) -> None:
    shown = open_page(WIDE, scheme)
    shown.page.evaluate(
        """async () => {
        const { hue } = await import("/page/flow.js");
        const chip = document.querySelector("[data-place=origin] .chip");
        for (let n = 1; n <= 60; n++) {
          const copy = chip.cloneNode();
          copy.textContent = `v${n}`;
          copy.style.setProperty("--hue", hue(`v${n}`, n > 1));
          chip.parentElement.append(copy);
        }
        }"""
    )
    assert [] == shown.page.evaluate(CONTRAST)


@pytest.mark.parametrize("tab", ["chat", "world"])
def test_nothing_scrolls_sideways_on_a_phone(open_page: Open, tab: str) -> None:
    shown = open_page(NARROW)
    shown.page.click(f"#tab-{tab}")
    assert 390 == shown.page.evaluate("document.documentElement.scrollWidth")
    assert 0 == shown.page.evaluate(
        "[...document.querySelectorAll('#messages, #world')].filter(n => n.scrollWidth > n.clientWidth).length"
    )


def test_a_suggestion_is_read_whole_on_a_phone_and_the_next_one_s_edge_is_seen(open_page: Open) -> None:
    shown = open_page(NARROW)
    lines = shown.page.locator("#suggestions li")
    expect(lines.nth(1)).to_be_visible()
    ends = lines.evaluate_all(
        "nodes => nodes.map((node) => node.getBoundingClientRect()).map((at) => [at.left, at.right])"
    )
    assert (True, True) == (ends[0][1] <= 390, ends[1][0] < 390)
    assert "none" == shown.page.locator("#suggestions").evaluate("node => getComputedStyle(node).maskImage")


@pytest.mark.parametrize("tab", ["chat", "world"])
def test_everything_to_press_is_a_thumb_high_on_a_phone(open_page: Open, tab: str) -> None:
    shown = open_page(NARROW)
    shown.page.click(f"#tab-{tab}")
    assert [] == shown.page.evaluate(SMALL)


def test_a_thread_and_a_form_fit_a_phone(open_page: Open) -> None:
    shown = open_page(NARROW)
    shown.page.locator("[data-open-thread].replies").first.click()
    expect(shown.page.locator("#replies > li").first).to_be_attached()
    assert [] == shown.page.evaluate(SMALL)
    shown.page.click("#thread-close")
    shown.play.views = [recorded("form")]
    expect(shown.page.locator("#form")).to_be_visible()
    assert [] == shown.page.evaluate(SMALL)
    assert 390 == shown.page.evaluate("document.documentElement.scrollWidth")


def test_a_phone_shows_the_chat_first_and_the_world_behind_a_tab(open_page: Open) -> None:
    shown = open_page(NARROW)
    expect(shown.page.locator("#box")).to_be_visible()
    expect(shown.page.locator("#deploy")).not_to_be_visible()
    shown.page.locator("#tab-chat").focus()
    shown.page.keyboard.press("ArrowRight")
    expect(shown.page.locator("#tab-world")).to_be_focused()
    expect(shown.page.locator("#deploy")).to_be_visible()
    expect(shown.page.locator("#box")).not_to_be_visible()


def test_the_keyboard_goes_through_the_page_in_reading_order(shown: Opened) -> None:
    reached: list[str] = []
    while "deploy" not in reached and len(reached) < 80:
        shown.page.keyboard.press("Tab")
        reached.append(shown.page.evaluate(FOCUSED))
    wanted = ["skip", "show-me", "faults-open", "me", "C_SHOP", "C_APPROVE", "check_again", "box", "send", "path"]
    wanted += ["fra", "iad", "sin", "deploy"]
    assert wanted == [name for name in dict.fromkeys(reached) if name in wanted]


def test_focus_is_seen_wherever_the_keyboard_goes(shown: Opened) -> None:
    unseen = []
    for _ in range(30):
        shown.page.keyboard.press("Tab")
        is_seen = shown.page.evaluate(
            """() => { const n = document.activeElement, of = (one) => getComputedStyle(one);
            return of(n).outlineStyle !== "none" || of(n.closest(".composer") ?? n).boxShadow !== "none"; }"""
        )
        unseen += [] if is_seen else [shown.page.evaluate(FOCUSED)]
    assert unseen == []


def test_escape_closes_the_drawer_and_gives_focus_back(shown: Opened) -> None:
    shown.page.locator("#faults-open").focus()
    shown.page.keyboard.press("Enter")
    expect(shown.page.locator("#faults")).to_be_visible()
    shown.page.keyboard.press("Escape")
    expect(shown.page.locator("#faults")).not_to_be_visible()
    expect(shown.page.locator("#faults-open")).to_be_focused()


def test_focus_stays_on_a_button_while_its_message_changes(shown: Opened) -> None:
    ts = "1795625866.289080"
    shown.page.locator(f"[data-ts='{ts}'] [data-action-id=cancel]").focus()
    [card] = [one for one in shown.play.messages["C_SHOP"] if one["ts"] == ts]
    card["blocks"][0]["text"]["text"] = "🟡 P-2 waits for 1 approval"
    expect(shown.page.locator(f"[data-ts='{ts}']")).to_contain_text("waits for 1 approval")
    expect(shown.page.locator(f"[data-ts='{ts}'] [data-action-id=cancel]")).to_be_focused()


def test_nothing_moves_for_those_who_want_less_motion(shown: Opened) -> None:
    shown.play.deploy("v7")
    expect(shown.page.locator("[data-place=origin]")).to_have_attribute("data-event", "deployed")
    assert 0 == shown.page.evaluate("document.getAnimations().length")


def test_every_control_has_a_name(shown: Opened) -> None:
    shown.play.views = [recorded("form")]
    expect(shown.page.locator("#form")).to_be_visible()
    nameless = shown.page.evaluate(
        """() => [...document.querySelectorAll("button, select, input, textarea, [role=meter]")]
        .filter((n) => n.checkVisibility() && !n.ariaLabel && !n.labels?.length)
        .filter((n) => n.tagName !== "BUTTON" || !n.textContent.trim())
        .map((n) => n.outerHTML.slice(0, 80))"""
    )
    assert nameless == []


def test_the_page_asks_nobody_but_its_own_playground(shown: Opened) -> None:
    with shown.page.expect_response("**/_play/world"):
        pass
    shown.page.click("#faults-open")
    shown.page.keyboard.press("Escape")
    shown.page.click("[data-channel=C_APPROVE]")
    expect(shown.page.locator("#channel-name")).to_have_text("# approvals")
    assert shown.seen.hosts == {shown.play.url.removeprefix("http://")}


def test_a_reload_keeps_who_and_where(shown: Opened) -> None:
    shown.page.select_option("#me", "U_SAM")
    shown.page.click("[data-channel=C_APPROVE]")
    shown.page.reload()
    expect(shown.page.locator("#channel-name")).to_have_text("# approvals")
    expect(shown.page.locator("#me")).to_have_value("U_SAM")
