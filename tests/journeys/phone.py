"""The playground's page on a phone: what a thumb and a keyboard can do there, and what is read."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

SIZE = (390, 844)
SOON = 20_000  # milliseconds; a purge with its proof takes less
_TIME = re.compile(r"(?:today|tomorrow) \d\d:\d\d")
_UNFIT = """() => [
  ...[document.documentElement, ...document.querySelectorAll("main *, dialog[open], dialog[open] *")]
    .filter((node) => node.checkVisibility() && !node.matches(".sr, .suggestions, .suggestions *"))
    .filter((node) => node.scrollWidth > node.clientWidth && getComputedStyle(node).overflowX !== "visible"
      || node.getBoundingClientRect().right > innerWidth)
    .map((node) => `too wide: ${node.outerHTML.slice(0, 80)}`),
  ...[...document.querySelectorAll("button, select, input:not([type=radio]), textarea, .choice")]
    .filter((node) => node.checkVisibility() && node.getBoundingClientRect().height < 44)
    .map((node) => `too low: ${node.outerHTML.slice(0, 80)}`),
]"""
_IS_SEEN = """() => {
  const node = document.activeElement, of = (one) => getComputedStyle(one);
  const isDrawn = of(node).outlineStyle !== "none" || of(node.closest(".composer") ?? node).boxShadow !== "none";
  return node === document.body || isDrawn;
}"""


class Phone:
    """One person at a time, in one place at a time."""

    def __init__(self, page: Page) -> None:
        self.page = page

    # By touch

    def become(self, user: str) -> None:
        """Choose who one is."""
        self.page.locator("#me").select_option(user)
        expect(self.page.locator("#me-avatar")).to_have_attribute("data-avatar", user)

    def go(self, channel: str) -> None:
        """Open a channel."""
        button = self.page.locator(f"[data-channel={channel}]")
        button.tap()
        expect(button).to_have_attribute("aria-current", "")

    def say(self, line: str) -> None:
        """Type a line and send it."""
        self.page.locator("#box").fill(line)
        self.page.locator("#send").tap()
        expect(self.page.locator("#box")).to_have_value("", timeout=SOON)

    def press(self, action: str, within: Locator, sure: bool = False) -> None:
        """A button of the bot, and the question that comes first where it is asked."""
        within.locator(f"[data-action-id={action}]").tap(timeout=SOON)
        if sure:
            self.page.locator("#confirm-yes").tap()

    def ask_for_everything(self, reason: str) -> None:
        """The command, and the site's name in the form that it opens."""
        self.say(f"/purge everything on shop because {reason}")
        expect(self.form).to_be_visible(timeout=SOON)
        self.form.locator("[data-input=site_name] input").fill("shop")
        self.page.locator("#form-send").tap()
        expect(self.form).to_be_hidden(timeout=SOON)

    # By keyboard

    def reach(self, selector: str, most: int = 80) -> None:
        """Press Tab until the focus is there; it is seen at every stop."""
        for _ in range(most):
            assert self.page.evaluate(_IS_SEEN), self.page.evaluate("document.activeElement.outerHTML")
            if self.page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{most} times Tab do not reach {selector}")

    def use(self, selector: str) -> None:
        """Reach a button and press it."""
        self.reach(selector)
        self.page.keyboard.press("Enter")

    def choose_me(self, user: str) -> None:
        """Reach the menu, and walk to a person in it."""
        self.reach("#me")
        self.page.keyboard.press("Space")
        self.page.keyboard.press("Home")
        while user != self.page.evaluate("document.activeElement.value"):
            self.page.keyboard.press("ArrowDown")
        self.page.keyboard.press("Enter")
        expect(self.page.locator("#me-avatar")).to_have_attribute("data-avatar", user)

    # What is read

    @property
    def form(self) -> Locator:
        """The open form."""
        return self.page.locator("dialog#form")

    def card(self, words: str) -> Locator:
        """The last message with these words, once it is there."""
        found = self.page.locator("#messages > li", has_text=words).last
        expect(found).to_be_visible(timeout=SOON)
        return found

    def note(self, words: str) -> Locator:
        """The last message that only this person sees, with these words."""
        found = self.page.locator("#messages > li.private", has_text=words).last
        expect(found).to_be_visible(timeout=SOON)
        return found

    def read(self, card: Locator) -> list[str]:
        """What a card says, a line each, times as TIME."""
        said = [line for text in card.locator(".b-text").all_inner_texts() for line in text.splitlines() if line]
        return [_TIME.sub("TIME", line) for line in said]

    def unfit(self) -> list[str]:
        """What is wider than the screen, and what is lower than a thumb."""
        found: list[str] = self.page.evaluate(_UNFIT)
        return found
