"""The page in a real Chromium on the real playground: what a person does in the first minutes, seen and clicked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Tab
from tests.journeys.world import Playground

pytestmark = [pytest.mark.slow, pytest.mark.real("chromium")]
CITIES = ("fra", "iad", "sin")


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    playground = Playground(tmp_path_factory.mktemp("page")).start()
    yield playground
    assert 0 == playground.stop()


@pytest.fixture(scope="module")
def kept(browser: Browser) -> Iterator[tuple[Page, Tab]]:
    page = browser.new_page()
    yield page, Tab(page)
    page.close()


@pytest.fixture(params=[1280, 390], ids=["wide", "phone"])
def page(started: Playground, kept: tuple[Page, Tab], request: pytest.FixtureRequest) -> Iterator[Page]:
    started.post("/_play/reset")
    page, tab = kept
    page.set_viewport_size({"width": request.param, "height": 844})
    with tab.at(started.url):
        expect(page.locator("#box")).to_be_visible()
        yield page


def see(page: Page, tab: str) -> None:
    """Turn to the chat or the world where only one of them fits."""
    button = page.locator(f"#tab-{tab}")
    if button.is_visible():
        button.click()


def say(page: Page, text: str) -> None:
    see(page, "chat")
    page.locator("#box").fill(text)
    page.locator("#send").click()


def held(page: Page, place: str, path: str, version: str) -> None:
    box = page.locator(f'[data-place="{place}"] [data-path="{path}"]')
    expect(box).to_have_attribute("data-version", version, timeout=20_000)


def become(page: Page, user: str) -> None:
    see(page, "chat")
    page.locator("#me").select_option(user)


def test_deploy_stale_purge_fresh(page: Page) -> None:
    see(page, "world")
    page.locator("#deploy").click()
    held(page, "origin", "/pricing", "v2")
    for city in CITIES:
        held(page, city, "/pricing", "v1")
    say(page, "/purge http://www.shop.test/pricing")
    card = page.locator("#messages li", has_text="P-1 fresh")
    expect(card).to_be_visible(timeout=20_000)
    expect(card).to_contain_text("fra, iad, sin")
    see(page, "world")
    for city in CITIES:
        held(page, city, "/pricing", "v2")
        held(page, city, "/", "v1")


def test_everything_is_asked_by_one_and_agreed_by_two(page: Page) -> None:
    become(page, "U_LEA")
    say(page, "/purge everything on shop because leak")
    form = page.locator("dialog#form")
    expect(form).to_be_visible(timeout=10_000)
    form.locator("[data-input=site_name] input").fill("blog")
    page.locator("#form-send").click()
    expect(form).to_contain_text("Type shop to confirm")
    form.locator("[data-input=site_name] input").fill("shop")
    page.locator("#form-send").click()
    expect(form).to_be_hidden()
    for user in ("U_SAM", "U_KIM"):
        become(page, user)
        page.locator("[data-channel=C_APPROVE]").first.click()
        request = page.locator("#messages li", has_text="everything on shop").last
        request.locator("[data-action-id=approve]").click(timeout=15_000)
        page.locator("#confirm-yes").click()
        if user == "U_SAM":
            expect(request).to_contain_text("1 approval", timeout=15_000)
    expect(page.locator("#messages li", has_text="approved by").last).to_be_visible(timeout=20_000)
    page.locator("[data-channel=C_SHOP]").first.click()
    expect(page.locator("#messages li", has_text="P-1 fresh")).to_be_visible(timeout=20_000)


def test_nothing_is_wider_than_the_window_and_everything_has_a_name(page: Page) -> None:
    too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    nameless = page.evaluate(
        "[...document.querySelectorAll('button, input, select, textarea')].filter(e => e.offsetParent && "
        "!(e.textContent.trim() || e.ariaLabel || e.labels?.length || e.getAttribute('aria-labelledby'))).length"
    )
    assert (0, 0) == (too_wide, nameless)


def test_no_channel_is_cut(page: Page) -> None:
    cut = page.evaluate(
        "[...document.querySelectorAll('[data-channel]')].filter(e => e.scrollWidth > e.clientWidth || "
        "e.getBoundingClientRect().right > e.closest('.side').getBoundingClientRect().right).map(e => e.textContent)"
    )
    assert [] == cut


def test_every_account_of_the_world_has_a_switch_for_each_of_its_faults(page: Page, started: Playground) -> None:
    page.locator("#faults-open").click()
    expect(page.locator("#faults-accounts fieldset").first).to_be_visible()
    kinds = started.http.get("/_play/world").json()["kinds"]
    switches = {
        account: page.locator(f"[data-account={account}] [data-fault]").evaluate_all("all => all.map(e => e.value)")
        for account in kinds
    }
    assert [] == [(account, kind) for account, told in kinds.items() for kind in told if account != "slack"
                  and kind not in switches[account]]  # fmt: skip
    assert switches["slack"]


def test_the_keyboard_reaches_the_box_and_sends(page: Page) -> None:
    page.locator("#box").focus()
    page.keyboard.type("/purge help")
    page.keyboard.press("Enter")
    expect(page.locator("#messages li", has_text="Only visible to you").last).to_be_visible(timeout=10_000)


def test_marks_in_what_is_typed_stay_text(page: Page) -> None:
    say(page, "/purge <img src=x onerror=alert(1)> <!channel>")
    expect(page.locator("#messages li").last).to_be_visible(timeout=10_000)
    assert 0 == page.locator("#messages img").count()


def screenshot(started: Playground, browser: Browser, to: Path) -> None:
    """The picture in the README: a page just proven fresh."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, device_scale_factor=1)
    opened = context.new_page()
    opened.goto(started.url)
    opened.locator("#deploy").click()
    held(opened, "origin", "/pricing", "v2")
    say(opened, "/purge http://www.shop.test/pricing")
    expect(opened.locator("#messages li", has_text="P-1 fresh")).to_be_visible(timeout=20_000)
    opened.screenshot(path=to)
    context.close()


def test_the_picture_in_the_readme_can_be_taken(started: Playground, browser: Browser, tmp_path: Path) -> None:
    started.post("/_play/reset")
    screenshot(started, browser, tmp_path / "playground.png")
    assert (tmp_path / "playground.png").stat().st_size > 20_000
