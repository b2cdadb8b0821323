"""One Chromium for a module, one context and one playground for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.page.playground import Fixture, recorded, running
from tests.real import find

QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
)
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


Open = Callable[..., Opened]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium. Its event loop must not outlive the module: tests that bring their own loop come after."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find("chromium"), args=QUIET.split())
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


@pytest.fixture
def open_page(browser: Browser, play: Fixture) -> Iterator[Open]:
    """Opens the page at a size; every error of a page fails its test."""
    opened: list[Opened] = []

    def open_page(size: tuple[int, int] = WIDE, scheme: str = "light", query: str = "") -> Opened:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if scheme == "dark" else "light",
            locale="en-GB",
            timezone_id="Europe/Berlin",
            reduced_motion="reduce",
        )
        page, seen = context.new_page(), Seen()
        page.set_default_timeout(10_000)
        page.on("request", lambda request: seen.hosts.add(request.url.split("/")[2]))
        page.on("pageerror", lambda error: seen.problems.append(str(error)))
        page.on("console", lambda said: seen.problems.append(said.text) if "Content Security" in said.text else None)
        page.goto(f"{play.url}/{query}")
        page.locator("#messages [data-ts]").first.wait_for(state="attached")
        opened.append(Opened(page, play, seen))
        return opened[-1]

    yield open_page
    for one in opened:
        one.page.context.close()
        assert one.seen.problems == []


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
