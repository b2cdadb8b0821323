"""The app's Home on the page: opened as in Slack, drawn by blocks, clicked with the question Slack asks first."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.page.conftest import NARROW, Open, Opened
from tests.page.playground import Fixture

pytestmark = pytest.mark.real("chromium")
Json = Any


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def button(action: str, label: str, value: str, **more: Json) -> Json:
    return {"type": "button", "action_id": action, "text": plain(label), "value": value, **more}


def line(text: str, **more: Json) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


SURE = {
    "title": plain("Approve P-2?"),
    "text": plain("It purges prefix www.shop.test/news/."),
    "confirm": plain("Approve"),
    "deny": plain("Back"),
}


def view(*blocks: Json, hash: str = "1.a") -> Json:
    return {"id": "V_HOME", "type": "home", "hash": hash, "blocks": list(blocks)}


WAITS = view(
    line("🟡 1 request waits for your vote"),
    {"type": "header", "text": plain("Waits for your vote")},
    line("🟡 *P-2* <@U_LEA> asks to purge prefix www.shop.test/news/"),
    {"type": "actions", "block_id": "P-2", "elements": [button("approve", "Approve", "token", confirm=SURE)]},
    {"type": "header", "text": plain("Recent")},
    line("🟢 P-1 fresh at fra", block_id="P-1", accessory=button("check_again", "Check again", "P-1")),
)


@pytest.fixture
def at_home(play: Fixture, open_page: Open) -> Opened:
    """The page, with the Home of Mia open."""
    play.homes["U_MIA"] = WAITS
    opened = open_page()
    opened.page.click("[data-home]")
    expect(opened.page.locator("#home-blocks")).to_contain_text("P-2")
    return opened


def test_opening_it_is_told_to_the_app_and_it_stands_where_the_channel_was(at_home: Opened) -> None:
    assert [{"user": "U_MIA"}] == at_home.play.posted("home")
    expect(at_home.page.locator("#channel")).to_be_hidden()
    expect(at_home.page.locator("#home h4")).to_have_text(["Waits for your vote", "Recent"])
    expect(at_home.page.locator("#home-blocks")).to_contain_text("P-2 @Lea asks to purge prefix www.shop.test/news/")
    assert "" == at_home.page.get_attribute("[data-home]", "aria-current")
    expect(at_home.page.locator("[data-channel][aria-current]")).to_have_count(0)


def test_a_channel_is_gone_back_to(at_home: Opened) -> None:
    at_home.page.click("[data-channel=C_APPROVE]")
    expect(at_home.page.locator("#home")).to_be_hidden()
    expect(at_home.page.locator("#channel")).to_be_visible()
    expect(at_home.page.locator("#channel-name")).to_have_text("# approvals")


def test_a_vote_is_asked_about_and_sent_with_the_view(at_home: Opened) -> None:
    at_home.page.click("#home [data-action-id=approve]")
    expect(at_home.page.locator("#confirm-title")).to_have_text("Approve P-2?")
    at_home.page.click("#confirm-yes")
    clicked = {"user": "U_MIA", "view_id": "V_HOME", "action_id": "approve", "block_id": "P-2", "value": "token"}
    assert [clicked] == at_home.play.posted("click")


def test_a_vote_taken_back_is_not_sent(at_home: Opened) -> None:
    at_home.page.click("#home [data-action-id=approve]")
    at_home.page.click("#confirm-no")
    at_home.page.click("#home [data-action-id=check_again]")
    clicked = {"user": "U_MIA", "view_id": "V_HOME", "action_id": "check_again", "block_id": "P-1", "value": "P-1"}
    assert [clicked] == at_home.play.posted("click")


def test_it_is_drawn_anew_said_aloud_and_keeps_the_focus(at_home: Opened) -> None:
    at_home.page.focus("#home [data-action-id=check_again]")
    recent = WAITS["blocks"][4:]
    at_home.play.homes["U_MIA"] = view(line("⚪ Nothing waits for you, and nothing runs."), *recent, hash="2.b")
    expect(at_home.page.locator("#home-blocks")).not_to_contain_text("P-2")
    expect(at_home.page.locator("#home [data-action-id=check_again]")).to_be_focused()
    expect(at_home.page.locator("#live")).to_contain_text("Home: ⚪ Nothing waits for you, and nothing runs.")


def test_another_person_has_another_home(at_home: Opened) -> None:
    at_home.play.homes["U_KIM"] = view(line("⚪ Nothing waits for you, and nothing runs."))
    at_home.page.select_option("#me", "U_KIM")
    expect(at_home.page.locator("#home-blocks")).to_have_text("⚪ Nothing waits for you, and nothing runs.")
    expect(at_home.page.locator("#home-whose")).to_have_text("as Kim sees it")
    assert [{"user": "U_MIA"}, {"user": "U_KIM"}] == at_home.play.posted("home", 2)


def test_what_is_not_drawn_yet_says_so(shown: Opened) -> None:
    shown.page.click("[data-home]")
    expect(shown.page.locator("#home-blocks")).to_have_text("purgebot is asked to draw this…")


def test_what_the_playground_refuses_is_said_under_it(at_home: Opened) -> None:
    at_home.play.answers["click"] = (400, {"error": "There is no view V_HOME."})
    at_home.page.click("#home [data-action-id=check_again]")
    expect(at_home.page.locator("#home-note")).to_have_text("There is no view V_HOME.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_sticks_out_and_a_thumb_hits_every_button(
    play: Fixture, open_page: Open, scheme: str
) -> None:
    play.homes["U_MIA"] = WAITS
    page = open_page(NARROW, scheme).page
    page.click("[data-home]")
    expect(page.locator("#home-blocks")).to_contain_text("P-2")
    sizes = [box for one in page.locator("#home button, [data-home]").all() if (box := one.bounding_box())]
    assert 3 == len(sizes)
    assert [] == [box for box in sizes if box["height"] < 44 or box["x"] + box["width"] > NARROW[0]]
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]
