"""The pictures in docs are of the playground as it is: taken in a real Chromium; DOCS=write takes them anew. Each
carries the words that were read in its chat, and these are compared: pixels differ with every second that passes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.docs.generated import DOCS, WRITE
from tests.docs.transcript import same
from tests.journeys.conftest import FLAGS
from tests.journeys.world import Playground
from tests.real import BROWSER, find

pytestmark = [pytest.mark.slow, pytest.mark.real("chromium")]
WIDE, PHONE = (1280, 800), (390, 844)
SOON = 20_000  # milliseconds
WORDS = "purgebot"  # the picture's own field that holds what is read on it
READ = 'document.querySelector("#channel-name").innerText + "\\n" + document.querySelector("#messages").innerText'
_CLOCK = re.compile(r"\b\d\d:\d\d(?::\d\d)?(?: [AP]M)?\b")
_BESIDE = re.compile(
    r"\d+ repl(?:y|ies)|Reply in thread|Purge the links in this message|."
)  # a moment later, or hovering


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium. Its event loop must not outlive the module: tests that bring their own loop come after."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find(BROWSER), args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    playground = Playground(tmp_path_factory.mktemp("pictures")).start()
    yield playground
    assert 0 == playground.stop()


def turn(page: Page, tab: str) -> None:
    """To the chat or the world, where only one of them fits."""
    button = page.locator(f"#tab-{tab}")
    if button.is_visible():
        button.click()


def say(page: Page, text: str) -> None:
    turn(page, "chat")
    page.locator("#box").fill(text)
    page.locator("#send").click()


def card(page: Page, words: str) -> None:
    expect(page.locator("#messages li", has_text=words).last).to_be_visible(timeout=SOON)


def proven(page: Page) -> None:
    """A page just proven fresh."""
    turn(page, "world")
    page.locator("#deploy").click()
    expect(page.locator('[data-place="origin"] [data-path="/pricing"]')).to_have_attribute("data-version", "v2")
    say(page, "/purge http://www.shop.test/pricing")
    card(page, "P-1 fresh")
    card(page, "1 reply")


def asked(page: Page) -> None:
    """A request for votes, as an approver sees it."""
    say(page, "/purge /news/* on shop because redesign")
    card(page, "P-1 waits for 1 approval")
    page.locator("#me").select_option("U_LEA")
    page.locator("[data-channel=C_APPROVE]").first.click()
    card(page, "P-1 needs 1 approval")
    expect(page.locator("#messages [data-action-id=approve]").last).to_be_visible()


def explained(page: Page) -> None:
    """Why a page is old, after a deploy that nobody purged."""
    page.locator("#deploy").click()
    expect(page.locator('[data-place="origin"] [data-path="/pricing"]')).to_have_attribute("data-version", "v2")
    say(page, "/purge why http://www.shop.test/pricing")
    card(page, "How sure")


PICTURES = {
    "playground.png": (WIDE, proven),
    "pictures/phone.png": (PHONE, proven),
    "pictures/approval.png": (WIDE, asked),
    "pictures/why.png": (WIDE, explained),
}


def read_on(page: Page) -> str:
    """The words of the chat, without what differs from run to run."""
    lines = (line.strip() for line in same(_CLOCK.sub("<clock>", str(page.evaluate(READ)))).splitlines())
    return "\n".join(line for line in lines if line and not _BESIDE.fullmatch(line))


def kept(name: str) -> tuple[tuple[int, int], str]:
    """The size of a picture that is there, and the words that it carries."""
    with Image.open(DOCS / name) as image:
        return image.size, str(image.info.get(WORDS, ""))


def keep(seen: Path, name: str, words: str) -> None:
    field = PngImagePlugin.PngInfo()
    field.add_itxt(WORDS, words)
    with Image.open(seen) as image:
        image.convert("RGB").save(DOCS / name, pnginfo=field, optimize=True)


@pytest.mark.parametrize(("name", "size", "act"), [(name, *one) for name, one in PICTURES.items()], ids=PICTURES)
def test_a_picture_shows_what_is_seen_now(
    name: str, size: tuple[int, int], act: Callable[[Page], None], started: Playground, browser: Browser, tmp_path: Path
) -> None:
    started.post("/_play/reset")
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, device_scale_factor=1)
    page = context.new_page()
    page.goto(started.url)
    act(page)
    page.mouse.move(0, 0)
    words = read_on(page)
    if WRITE and (not (DOCS / name).exists() or kept(name) != (size, words)):  # else only seconds differ
        page.screenshot(path=tmp_path / "seen.png", animations="disabled")
        keep(tmp_path / "seen.png", name, words)
    context.close()
    assert (size, words) == kept(name), "stale: DOCS=write python -m pytest tests/docs/test_pictures.py"
