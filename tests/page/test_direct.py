"""A person's own conversation with the bot, the files in it, and the menu that says who one is."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.page.conftest import NARROW, Open, Opened
from tests.page.playground import Fixture

pytestmark = pytest.mark.real("chromium")
Json = Any
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def said(ts: float, text: str, user: str = "U_PURGEBOT", **more: Json) -> Json:
    return {"ts": f"{ts:.6f}", "user": user, "text": text, "blocks": [], "ephemeral": False, "pings": [], **more}


CHART = "<http://bot.test:8080/slack/api/file/F_1|purges.png> Purges · in the last 30 days"
TABLE = "<http://bot.test:8080/slack/api/file/F_2|jobs.csv> 2 jobs · on shop"


@pytest.fixture
def told(play: Fixture, open_page: Open) -> Opened:
    """The page of Mia, to whom the bot sent a chart and a table."""
    play.messages["D_MIA"] = [said(3.0, CHART), said(4.0, TABLE)]
    opened = open_page()
    opened.page.route("**/slack/api/file/*", lambda route: route.fulfill(body=DOT, content_type="image/png"))
    opened.page.click("[data-channel=D_MIA]")
    expect(opened.page.locator("#messages [data-file]")).to_have_count(2)
    return opened


def test_a_picture_is_shown_and_opens_on_this_origin(told: Opened) -> None:
    file = told.page.locator("[data-file='purges.png']")
    expect(file).to_contain_text("Purges · in the last 30 days")
    expect(file).to_have_attribute("href", "/slack/api/file/F_1")
    expect(file.get_by_role("img", name="Purges · in the last 30 days")).to_have_js_property("naturalWidth", 1)


def test_what_a_picture_shows_is_said_in_words_too(play: Fixture, told: Opened) -> None:
    play.messages["D_MIA"].append(said(5.0, f"{CHART}\nALT: Purges: fresh 3. By Mia &lt;b&gt; &amp;lt; 3."))
    words = "Purges: fresh 3. By Mia <b> &lt; 3."
    file = told.page.locator("[data-file='purges.png']").last
    expect(file.locator("[data-alt]")).to_have_text(f"ALT {words}")
    expect(file.get_by_role("img", name=words)).to_have_js_property("naturalWidth", 1)


def test_a_table_is_named_and_opens(told: Opened) -> None:
    file = told.page.locator("[data-file='jobs.csv']")
    expect(file).to_contain_text("2 jobs · on shop")
    expect(file).to_have_attribute("href", "/slack/api/file/F_2")
    expect(file.locator("img")).to_have_count(0)


def test_the_conversation_says_whose_it_is_and_what_to_ask_there(told: Opened) -> None:
    expect(told.page.locator("#channel-name")).to_have_text("purgebot")
    expect(told.page.locator("#channel-topic")).to_have_text(
        "Only the two of you: files that you asked for, and what the bot tells you alone"
    )
    expect(told.page.locator("#suggestions li")).to_have_text(
        ["/purge log", "/purge stats", "/purge sites", "/purge help"]
    )


def test_what_is_typed_there_is_sent_from_there(told: Opened) -> None:
    told.page.fill("#box", "/purge log")
    told.page.click("#send")
    expect(told.page.locator("#box")).to_have_value("")
    assert told.play.posted("command") == [{"user": "U_MIA", "channel": "D_MIA", "text": "/purge log"}]


def test_whoever_one_becomes_has_a_conversation_of_their_own(told: Opened) -> None:
    told.page.select_option("#me", "U_LEA")
    expect(told.page.locator("[data-channel=D_MIA]")).to_have_count(0)
    expect(told.page.locator("[data-channel=D_LEA]")).to_have_attribute("aria-current", "")
    expect(told.page.locator("#quiet")).to_be_visible()
    expect(told.page.locator("#messages > li")).to_have_count(0)


def test_a_file_that_came_is_counted_and_said(shown: Opened) -> None:
    shown.play.messages["D_MIA"] = [said(9e9, TABLE)]
    expect(shown.page.get_by_role("button", name="purgebot, 1 unread")).to_be_visible()


def test_the_conversation_is_kept_over_a_reload(told: Opened) -> None:
    told.page.reload()
    expect(told.page.locator("#channel-name")).to_have_text("purgebot")


LINKS = {
    "elsewhere": "<http://e.test/file/F_1|purges.png> x",
    "not alone in its line": "See <http://bot.test/slack/api/file/F_1|purges.png> x",
    "another path": "<http://bot.test/slack/api/file/F_1/../../../v1|a.png>",
}


@pytest.mark.parametrize("text", LINKS.values(), ids=LINKS.keys())
def test_only_what_slack_keeps_is_a_file(modules: Page, text: str) -> None:
    found = modules.evaluate("async (text) => (await import('/page/files.js')).sharedIn(text)", text)
    assert {"rest": text, "files": []} == found


def test_what_is_said_beside_a_file_stays(modules: Page) -> None:
    found = modules.evaluate("async (text) => (await import('/page/files.js')).sharedIn(text)", f"Two jobs:\n{TABLE}")
    file = {"path": "/slack/api/file/F_2", "name": "jobs.csv", "title": "2 jobs · on shop", "alt": ""}
    assert {"rest": "Two jobs:", "files": [file]} == found


WHO = ["Mia, editor", "Lea, SRE, approver", "Sam, SRE, approver", "Kim, SRE, approver", "Guest, may do nothing"]


@pytest.mark.parametrize("size", [(1280, 800), NARROW], ids=["wide", "narrow"])
def test_the_menu_tells_each_person_s_role_and_colour(open_page: Open, size: tuple[int, int]) -> None:
    shown = open_page(size)
    options = shown.page.locator("#me option")
    expect(options).to_have_text(WHO)
    shown.page.click("#me")
    expect(options.last).to_be_visible()
    colours = options.evaluate_all("all => all.map((one) => getComputedStyle(one, '::before').backgroundColor)")
    assert 5 == len(set(colours))
    options.nth(2).click()
    expect(shown.page.locator("#me")).to_have_value("U_SAM")
    expect(shown.page.locator("#me-avatar")).to_have_css("background-color", colours[2])


def test_who_home_and_conversation_share_a_line_on_a_phone_and_all_channels_the_next(
    sites: Fixture, open_page: Open
) -> None:
    shown = open_page(NARROW)
    expect(shown.page.locator("[data-channel]")).to_have_count(6)
    tops = shown.page.locator("#me, .channel").evaluate_all("all => all.map((one) => one.getBoundingClientRect().top)")
    assert [3, 5] == [sum(abs(top - row) < 8 for top in tops) for row in (tops[0], tops[-1])]
