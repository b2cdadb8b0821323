"""An approval by two people on a phone: asked, refused, agreed, denied and held, by touch and by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.conftest import Tab
from tests.journeys.phone import SIZE, SOON, Phone
from tests.journeys.world import Playground

pytestmark = [pytest.mark.slow, pytest.mark.real("chromium")]
WAITS, REQUEST = "P-1 waits for 2 approvals", "P-1 needs"


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    playground = Playground(tmp_path_factory.mktemp("phone")).start()
    yield playground
    assert 0 == playground.stop()


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Iterator[Tab]:
    """A phone in Berlin."""
    page = browser.new_page(
        viewport={"width": SIZE[0], "height": SIZE[1]}, has_touch=True, locale="en-GB", timezone_id="Europe/Berlin"
    )
    yield Tab(page)
    page.close()


@pytest.fixture
def phone(started: Playground, tab: Tab) -> Iterator[Phone]:
    """The phone, in a world as at the start."""
    started.post("/_play/reset")
    with tab.at(started.url) as page:
        expect(page.locator("[data-channel=C_BANK]")).to_be_visible()
        yield Phone(page)


def test_the_form_is_filled_by_touch_and_says_what_is_wrong(phone: Phone) -> None:
    phone.say("/purge everything on shop because leak")
    expect(phone.form).to_be_visible(timeout=SOON)
    assert [] == phone.unfit()
    field = phone.form.locator("[data-input=site_name] input")
    expect(field).to_be_focused()
    field.fill("blog")
    phone.page.locator("#form-send").tap()
    expect(phone.form.locator("[data-input=site_name] .wrong")).to_have_text(
        "Type shop to confirm; nothing was purged."
    )
    expect(field).to_be_focused()
    assert [] == phone.unfit()


def test_nothing_alone_opens_the_form_of_every_field(phone: Phone) -> None:
    phone.say("/purge")
    expect(phone.form).to_be_visible(timeout=SOON)
    names = phone.form.locator("[data-input]").evaluate_all("all => all.map((one) => one.dataset.input)")
    assert ["things", "file", "kind", "site", "mode", "reason"] == names
    assert [] == phone.unfit()
    phone.form.locator("[data-input=things] textarea").fill("http://www.shop.test/pricing")
    phone.page.locator("#form-send").tap()
    phone.card("P-1 fresh at fra, iad, sin")


def test_the_request_is_read_whole_on_a_phone(phone: Phone) -> None:
    phone.ask_for_everything("leak")
    phone.go("C_APPROVE")
    said = phone.read(phone.card(REQUEST))
    assert [
        "🟡 P-1 needs 2 approvals · @Mia asks to purge everything on shop (production)",
        "What: everything in all 3 layers of shop, production: www.shop.test, img.shop.test"
        " (Redis, Varnish and Cloudflare)",
        "Why: leak",
        "How much: 3 calls, sent at once",
        "Origin: traffic unknown, treated as high: expect a burst of requests until the caches are filled again.",
        "Narrower: one host, such as host www.shop.test, or what lies below a path, such as prefix www.shop.test/news/",
        "Rule everything: it empties all of shop (production)",
        "Asked: 3 people of approvers: @Lea, @Sam and @Kim · 30 min, until TIME",
        "The card of P-1",
    ] == said
    assert [] == phone.unfit()


def test_two_agree_and_it_is_purged_and_proven(phone: Phone) -> None:
    phone.ask_for_everything("leak")
    phone.become("U_LEA")
    phone.go("C_APPROVE")
    request = phone.card(REQUEST)
    phone.press("approve", request)
    expect(phone.page.locator("#confirm-title")).to_have_text("Approve P-1?")
    expect(phone.page.locator("#confirm-text")).to_have_text(
        "Once enough people agree it purges everything on shop (production), hosts www.shop.test, img.shop.test."
    )
    assert [] == phone.unfit()
    phone.page.locator("#confirm-yes").tap()
    expect(request).to_contain_text("Votes: @Lea yes", timeout=SOON)
    phone.become("U_SAM")
    phone.press("approve", phone.card("P-1 needs 1 approval"), sure=True)
    phone.card("P-1 approved by @Lea and @Sam")
    assert [] == phone.unfit()
    phone.become("U_MIA")
    phone.go("C_SHOP")
    card = phone.card("P-1 fresh at fra, iad, sin")
    assert "🟢 P-1 fresh at fra, iad, sin · everything on shop (production)" == phone.read(card)[0]
    card.locator("[data-open-thread]").tap()
    told = phone.page.locator("#replies")
    expect(told).to_contain_text("@Mia P-1 was approved by @Lea and @Sam")
    for layer in ("Redis", "Varnish", "Cloudflare"):
        expect(told).to_contain_text(f"✓ {layer}: done in")
    assert [] == phone.unfit()


def test_who_asked_and_who_is_no_member_cannot_approve(phone: Phone) -> None:
    phone.ask_for_everything("leak")
    phone.go("C_APPROVE")
    phone.press("approve", phone.card(REQUEST), sure=True)
    phone.note("You asked for P-1, so somebody else must decide.")
    phone.become("U_GUEST")
    phone.press("approve", phone.card(REQUEST), sure=True)
    phone.note("Guests may not do this.")
    expect(phone.card(REQUEST)).to_contain_text("needs 2 approvals")
    assert [] == phone.unfit()


def test_whoever_denies_says_why_and_both_cards_tell(phone: Phone) -> None:
    phone.ask_for_everything("leak")
    phone.become("U_KIM")
    phone.go("C_APPROVE")
    phone.press("deny", phone.card(REQUEST))
    expect(phone.form).to_be_visible(timeout=SOON)
    assert [] == phone.unfit()
    phone.page.locator("#form-send").tap()
    expect(phone.form.locator("[data-input=reason] .wrong")).not_to_be_empty(timeout=SOON)
    phone.form.locator("[data-input=reason] textarea").fill("The sale begins at noon")
    phone.page.locator("#form-send").tap()
    denied = "⚫ P-1 denied by @Kim: The sale begins at noon · everything on shop (production)"
    assert denied == phone.read(phone.card("P-1 denied"))[0]
    expect(phone.card("P-1 denied").locator("button[data-action-id]")).to_have_count(0)
    phone.become("U_MIA")
    phone.go("C_SHOP")
    assert denied == phone.read(phone.card("P-1 denied"))[0]
    assert [] == phone.unfit()


def test_lea_votes_from_home(phone: Phone) -> None:
    phone.ask_for_everything("leak")
    phone.become("U_LEA")
    phone.page.locator("[data-home]").tap()
    home = phone.page.locator("#home-blocks")
    expect(home).to_contain_text("1 request waits for your vote", timeout=SOON)
    assert [] == phone.unfit()
    phone.press("approve", home, sure=True)
    expect(home.locator("[data-action-id=approve]")).to_have_count(0, timeout=SOON)
    assert [] == phone.unfit()
    phone.go("C_APPROVE")
    expect(phone.card("P-1 needs 1 approval")).to_contain_text("Votes: @Lea yes")


def test_what_sam_holds_shows_on_the_card_of_mia_until_it_is_released(phone: Phone) -> None:
    phone.ask_for_everything("leak")
    phone.become("U_SAM")
    phone.say("/purge hold shop for 2h because the database moves")
    phone.note("shop is held until")
    phone.go("C_APPROVE")
    phone.press("approve", phone.card(REQUEST), sure=True)
    phone.become("U_LEA")
    phone.press("approve", phone.card("P-1 needs 1 approval"), sure=True)
    phone.become("U_MIA")
    phone.go("C_SHOP")
    said = phone.read(phone.card("P-1 waits, shop is held by @Sam"))
    assert [
        "Held since TIME: the database moves",
        "Votes count until TIME; asked anew after that. The hold ends TIME.",
    ] == said[1:3]
    assert [] == phone.unfit()
    phone.say("/purge http://www.shop.test/pricing")
    phone.note("Nothing was purged. Add --queue to have it run on release.")
    phone.become("U_SAM")
    phone.say("/purge release shop")
    phone.card("P-1 fresh at fra, iad, sin")


def test_the_keyboard_alone_asks_and_agrees(phone: Phone) -> None:
    keys = phone.page.keyboard
    phone.reach("#box")
    keys.type("/purge everything on shop because leak")
    keys.press("Enter")
    expect(phone.form.locator("[data-input=site_name] input")).to_be_focused(timeout=SOON)
    keys.type("shop")
    phone.use("#form-send")
    expect(phone.form).to_be_hidden(timeout=SOON)
    for user, more in (("U_LEA", "P-1 needs 1 approval"), ("U_SAM", "P-1 approved by @Lea and @Sam")):
        phone.choose_me(user)
        phone.use("[data-channel=C_APPROVE]")
        phone.card(REQUEST)
        phone.use("#messages [data-action-id=approve]")
        phone.use("#confirm-yes")
        phone.card(more)
    phone.use("[data-channel=C_SHOP]")
    phone.card("P-1 fresh at fra, iad, sin")


def test_the_chart_of_stats_is_seen_by_whoever_asked_for_it(phone: Phone) -> None:
    phone.say("/purge http://www.shop.test/pricing")
    phone.card("P-1 fresh at fra, iad, sin")
    phone.say("/purge stats")
    phone.go("D_MIA")
    chart = phone.page.locator("[data-file='purges.png'] img")
    expect(chart).to_be_visible(timeout=SOON)
    expect(chart).not_to_have_js_property("naturalWidth", 0, timeout=SOON)
    assert [] == phone.unfit()
    phone.become("U_LEA")
    expect(phone.page.locator("[data-file]")).to_have_count(0)
