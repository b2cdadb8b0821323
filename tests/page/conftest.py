"""One Chromium and one tab for a module, one playground for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.page.playground import Fixture, recorded, running
from tests.real import BROWSER, find

QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
)
BLANK = "about:blank"
WIDE, NARROW = (1280, 800), (390, 844)


@dataclass
class Seen:
    """What a page did that nobody looked at."""

    hosts: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)


@dataclass
class Opened:
    """A page, its playground, and what it did."""

    page: Page
    play: Fixture
    seen: Seen


@dataclass(frozen=True)
class Tab:
    """A tab that shows nothing between tests."""

    page: Page
    seen: Seen


Open = Callable[..., Opened]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium. Its event loop must not outlive the module: tests that bring their own loop come after."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(BROWSER), args=QUIET.split())
        yield browser
        browser.close()


@pytest.fixture
def play() -> Iterator[Fixture]:
    """A playground that answers as recorded."""
    with running() as fixture:
        yield fixture


@pytest.fixture
def sites(play: Fixture) -> Fixture:
    """The playground with four sites, the blog old, and one job told in its channel."""
    play.world = recorded("sites")
    play.messages["C_BLOG"] = recorded("blog")
    return play


@pytest.fixture(scope="module")
def kept(browser: Browser) -> Iterator[Tab]:
    """One tab for a module: a new one costs twice what loading the page does."""
    page, seen = browser.new_page(locale="en-GB", timezone_id="Europe/Berlin", reduced_motion="reduce"), Seen()
    page.set_default_timeout(10_000)
    page.on("request", lambda request: seen.hosts.add(request.url.split("/")[2]))
    page.on("pageerror", lambda error: seen.problems.append(str(error)))
    page.on("console", lambda said: seen.problems.append(said.text) if "Content Security" in said.text else None)
    yield Tab(page, seen)
    page.context.close()


@pytest.fixture
def open_page(kept: Tab, play: Fixture) -> Iterator[Open]:
    """Opens the page at a size; every error of a page fails its test. The tab is left as if it were new."""
    page, seen = kept.page, kept.seen

    def open_page(size: tuple[int, int] = WIDE, scheme: str = "light", query: str = "") -> Opened:
        assert page.url == BLANK, "A test opens the page once."
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.goto(f"{play.url}/{query}")
        page.locator("#messages [data-ts]").first.wait_for(state="attached")
        return Opened(page, play, seen)

    yield open_page
    problems = list(seen.problems)
    if page.url != BLANK:
        page.unroute_all()
        page.mouse.move(-1, -1)
        page.evaluate("sessionStorage.clear()")
        page.goto(BLANK)
    seen.hosts.clear()
    seen.problems.clear()
    assert problems == []


@pytest.fixture(scope="module")
def modules(browser: Browser) -> Iterator[Page]:
    """A page to ask the page's own modules what they make of a value."""
    with running() as fixture:
        page = browser.new_page(locale="en-GB", timezone_id="Europe/Berlin")
        page.goto(fixture.url)
        yield page
        page.close()


@pytest.fixture
def shown(open_page: Open) -> Opened:
    """The page on a desk."""
    return open_page()
