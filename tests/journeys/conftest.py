"""One Chromium for a module, and a tab that it keeps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.real import BROWSER, find

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


class Tab:
    """A tab for many tests, since a new one costs twice what loading the page does. Between them it shows nothing."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._url = ""
        self._wrong: list[str] = []
        page.on("pageerror", lambda error: self._wrong.append(str(error)))
        page.on("request", lambda asked: self._wrong.append(asked.url) if not asked.url.startswith(self._url) else None)

    @contextmanager
    def at(self, url: str) -> Iterator[Page]:
        """The page of a playground. An error on it, or a request to anybody else, fails the test."""
        self._url = url
        self._page.goto(url)
        yield self._page
        self._page.mouse.move(-1, -1)
        self._page.evaluate("sessionStorage.clear()")
        wrong = list(self._wrong)
        self._page.goto("about:blank")
        self._wrong.clear()
        assert [] == wrong


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium. Its event loop must not outlive the module: tests that bring their own loop come after."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find(BROWSER), args=list(FLAGS))
        yield chromium
        chromium.close()
