"""Several sites in one world: which is shown, and what follows the choice."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.page.conftest import NARROW, WIDE, Open, Opened
from tests.page.playground import Fixture
from tests.page.test_reach import CONTRAST, SMALL

pytestmark = [pytest.mark.real("chromium"), pytest.mark.usefixtures("sites")]
PLACES = "[...document.querySelectorAll('#world [data-place]')].map(node => node.dataset.place)"
CITIES = ["fra", "iad", "sin"]


def chosen(page: Page) -> Locator:
    """The button of the site that is shown."""
    return page.locator("#sites [aria-checked=true]")


def test_each_site_is_named_with_its_provider_and_one_is_chosen(shown: Opened) -> None:
    expect(shown.page.get_by_role("radiogroup", name="Site to show").get_by_role("radio")).to_have_count(4)
    expect(shown.page.get_by_role("radio", name="shop · Cloudflare")).to_be_checked()
    expect(shown.page.get_by_role("radio", name="bank · Akamai")).not_to_be_checked()
    expect(shown.page.locator("[data-site=media]")).to_have_text("mediaFastly")


def test_one_site_needs_no_choice(open_page: Open, play: Fixture) -> None:
    play.world["sites"] = {"shop": play.shop}
    shown = open_page()
    expect(shown.page.locator("#world-host")).to_have_text("www.shop.test")
    expect(shown.page.locator("#sites")).not_to_be_visible()
    names = shown.page.locator("[data-channel] .name")
    expect(names).to_have_text(["purgebot", "shop", "approvals"])


def test_a_site_with_something_old_at_its_edges_is_marked_until_it_has_not(shown: Opened) -> None:
    blog = shown.page.locator("[data-site=blog]")
    expect(blog).to_have_text("blogoldCloudFront")
    expect(blog).to_have_accessible_name("blog · CloudFront, its edges hold something old")
    for held in shown.play.world["sites"]["blog"]["edges"].values():
        held.clear()
    expect(blog).to_have_text("blogCloudFront")
    expect(blog).to_have_accessible_name("blog · CloudFront")


BOXES = {
    "shop": ("", [*CITIES, "shield", "app", "origin"], ["Shield Varnish", "App Redis", "Origin the truth"]),
    "blog": ("?site=blog", [*CITIES, "origin"], ["Origin the truth"]),
    "media": ("?site=media", [*CITIES, "pop", "origin"], ["Shield POP Fastly", "Origin the truth"]),
    "an unknown one": (
        "?site=moon", [*CITIES, "shield", "app", "origin"], ["Shield Varnish", "App Redis", "Origin the truth"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("query", "places", "names"), BOXES.values(), ids=BOXES.keys())
def test_boxes_stand_as_a_visit_goes_through_them(
    open_page: Open, sites: Fixture, query: str, places: list[str], names: list[str]
) -> None:
    sites.messages["C_MEDIA"] = sites.messages["C_BLOG"]
    shown = open_page(query=query)
    expect(shown.page.locator("#world .wide h3")).to_have_text(names)
    assert places == shown.page.evaluate(PLACES)


def test_a_cache_that_the_page_does_not_know_is_drawn_all_the_same(open_page: Open, sites: Fixture) -> None:
    sites.world["sites"]["blog"]["inner"] = {"squid": {"/": "v2"}}
    shown = open_page(query="?site=blog")
    expect(shown.page.locator("[data-place=squid] h3")).to_have_text("squid")
    expect(shown.page.locator("[data-place=squid] [data-path='/']")).to_have_attribute("data-version", "v2")


def test_the_world_follows_the_chosen_site(shown: Opened) -> None:
    page = shown.page
    page.click("[data-site=blog]")
    expect(chosen(page)).to_have_attribute("data-site", "blog")
    expect(page.locator("#world-host")).to_have_text("www.blog.test")
    expect(page.locator("#edges")).to_have_attribute("aria-label", "Edges of CloudFront")
    expect(page.locator("[data-place=fra] [data-path='/pricing']")).to_have_attribute("data-state", "old")
    expect(page.locator("#live")).to_contain_text("blog · CloudFront: www.blog.test is shown.")
    page.click("[data-site=media]")
    expect(page.locator("[data-place=fra] [data-path='/pricing']")).to_have_attribute("data-state", "same")


def test_what_happened_at_one_site_is_not_told_at_another(shown: Opened) -> None:
    del shown.play.shop["edges"]["fra"]["/"]
    expect(shown.page.locator("[data-place=fra] .event")).to_have_text("purged: /")
    shown.page.click("[data-site=media]")
    expect(shown.page.locator("[data-place=fra] .event")).to_have_text("")
    assert 0 == shown.page.locator("#world [data-event]").count()


def test_a_purge_is_seen_in_an_inner_cache_too(shown: Opened) -> None:
    del shown.play.shop["inner"]["app"]["/pricing"]
    expect(shown.page.locator("[data-place=app] .event")).to_have_text("purged: /pricing")


BUDGETS = {
    "blog": (
        "?site=blog", ["CloudFront, paths", "CloudFront, paths with a *", "CloudFront, paths with a * in progress"],
    ),
    "an unknown bucket": ("?site=media", ["Fastly, URLs and tags", "Fastly, all calls", "Fastly, moons"]),
}  # fmt: skip


@pytest.mark.parametrize(("query", "labels"), BUDGETS.values(), ids=BUDGETS.keys())
def test_budgets_are_those_of_the_sites_accounts(
    open_page: Open, sites: Fixture, query: str, labels: list[str]
) -> None:
    sites.messages["C_MEDIA"] = sites.messages["C_BLOG"]
    sites.world["sites"]["media"]["budgets"]["fastly"]["moons"] = {"tokens": 1, "size": 1, "per_s": 1}
    shown = open_page(query=query)
    expect(shown.page.locator("#budgets .of")).to_have_text(labels)
    said = "An account without a bar takes purges as fast as they come."
    expect(shown.page.locator("#budgets-hint")).to_have_text(said)


def test_a_site_without_budgets_says_so(shown: Opened) -> None:
    shown.page.click("[data-site=bank]")
    said = "No account of this site has a budget: purges go as fast as they come."
    expect(shown.page.locator("#budgets-hint")).to_have_text(said)
    expect(shown.page.locator("#budgets li")).to_have_count(0)


VISITS = {
    "shop": ("Frankfurt answers / with v1, HIT, 12 s old. Old: the origin has v2.", "HIT v1 on /"),
    "blog": ("Frankfurt answers / with v1, Hit, 12 s old. Old: the origin has v2.", "Hit v1 on /"),
    "media": ("Frankfurt answers / with v1, HIT, 12 s old.", "HIT v1 on /"),
    "bank": ("Frankfurt answers / with v1, TCP_HIT, 12 s old.", "TCP_HIT v1 on /"),
}


@pytest.mark.parametrize(("site", "words", "event"), [(s, *row) for s, row in VISITS.items()], ids=VISITS.keys())
def test_a_visit_goes_to_the_chosen_site_and_is_told_in_its_providers_word(
    shown: Opened, site: str, words: str, event: str
) -> None:
    shown.page.click(f"[data-site={site}]")
    shown.page.click("[data-visit=fra]")
    expect(shown.page.locator("#visit-said")).to_have_text(words)
    expect(shown.page.locator("[data-place=fra] .event")).to_have_text(event)
    expect(shown.page.locator("[data-place=fra]")).to_have_attribute("data-event", "hit")
    assert shown.play.visits == [{"site": site, "edge": "fra", "path": "/"}]


def test_a_deploy_goes_to_the_chosen_site(shown: Opened) -> None:
    shown.play.answers["origin"] = (200, {"version": "v3"})
    shown.page.click("[data-site=bank]")
    shown.page.click("#deploy")
    expect(shown.page.locator("#visit-said")).to_contain_text("The origin has v3.")
    assert shown.play.posted("origin") == [{"site": "bank"}]


def test_every_channel_that_the_world_tells_of_is_listed(shown: Opened) -> None:
    names = shown.page.locator("[data-channel] .name")
    expect(names).to_have_text(["purgebot", "shop", "blog", "media", "bank", "approvals"])
    expect(shown.page.locator("[data-unread=C_BLOG]")).to_have_text("1")


def test_choosing_a_site_opens_its_channel(shown: Opened) -> None:
    page = shown.page
    page.click("[data-site=blog]")
    expect(page.locator("#channel-name")).to_have_text("# blog")
    expect(page.locator("#channel-topic")).to_have_text("Deploys and purges of www.blog.test")
    expect(page.locator("#messages")).to_contain_text("P-4 purged, still old at sin")
    expect(page.locator("[data-site=blog]")).to_be_focused()


def test_choosing_a_channel_shows_its_site(shown: Opened) -> None:
    shown.page.click("[data-channel=C_MEDIA]")
    expect(chosen(shown.page)).to_have_attribute("data-site", "media")
    expect(shown.page.locator("#world-host")).to_have_text("www.media.test")


def test_a_channel_of_no_site_leaves_the_site(shown: Opened) -> None:
    shown.page.click("[data-site=bank]")
    shown.page.click("[data-channel=C_APPROVE]")
    expect(shown.page.locator("#channel-name")).to_have_text("# approvals")
    expect(chosen(shown.page)).to_have_attribute("data-site", "bank")


def test_a_site_without_a_channel_is_shown_beside_the_open_one(open_page: Open, sites: Fixture) -> None:
    del sites.world["sites"]["media"]["channel"]
    shown = open_page()
    shown.page.click("[data-site=media]")
    expect(shown.page.locator("#world-host")).to_have_text("www.media.test")
    expect(shown.page.locator("#channel-name")).to_have_text("# shop")


def test_a_link_to_a_page_of_another_site_is_visited_there_and_leaves_the_chat(shown: Opened) -> None:
    shown.play.messages["C_SHOP"].append(
        {"ts": "1795625999.000000", "user": "U_LEA", "text": "<http://www.blog.test/pricing>", "ephemeral": False}
    )
    shown.page.locator("#messages a[href='http://www.blog.test/pricing']").click()
    expect(shown.page.locator("#visit-said")).to_contain_text("Frankfurt answers /pricing with v1, Hit")
    expect(chosen(shown.page)).to_have_attribute("data-site", "blog")
    expect(shown.page.locator("#channel-name")).to_have_text("# shop")
    assert shown.play.visits == [{"site": "blog", "edge": "fra", "path": "/pricing"}]


def test_the_address_chooses_a_site_and_its_channel(open_page: Open) -> None:
    shown = open_page(query="?site=blog")
    expect(chosen(shown.page)).to_have_attribute("data-site", "blog")
    expect(shown.page.locator("#channel-name")).to_have_text("# blog")


def test_a_reload_keeps_the_site_and_the_channel(shown: Opened) -> None:
    shown.page.click("[data-site=blog]")
    shown.page.click("[data-channel=C_APPROVE]")
    assert f"{shown.play.url}/?site=blog" == shown.page.url
    shown.page.reload()
    expect(chosen(shown.page)).to_have_attribute("data-site", "blog")
    expect(shown.page.locator("#channel-name")).to_have_text("# approvals")


def test_suggestions_name_the_site_of_the_channel(shown: Opened) -> None:
    lines = shown.page.locator("#suggestions [data-suggestion]")
    shown.page.click("[data-site=blog]")
    expect(lines).to_have_text([
        "/purge http://www.blog.test/pricing",
        "/purge plan http://www.blog.test/pricing",
        "/purge check http://www.blog.test/pricing",
        "/purge everything on blog because new prices",
        "/purge status P-4",
        "/purge show P-4",
    ])  # fmt: skip
    shown.page.click("[data-channel=C_SHOP]")
    expect(lines.first).to_have_text("/purge status P-2")


def test_a_line_is_sent_to_the_channel_of_the_chosen_site(shown: Opened) -> None:
    shown.page.click("[data-site=bank]")
    shown.page.locator("#suggestions [data-suggestion]").first.click()
    shown.page.press("#box", "Enter")
    sent = {"user": "U_MIA", "channel": "C_BANK", "text": "/purge http://www.bank.test/pricing"}
    assert shown.play.posted("command") == [sent]


def test_the_guide_says_that_it_is_about_shop_while_another_site_is_shown(shown: Opened) -> None:
    line = shown.page.locator(".next")
    expect(line).to_contain_text("5 of 5 P-2 waits: become Lea")
    shown.page.click("[data-site=bank]")
    expect(line).to_contain_text("5 of 5 About shop: P-2 waits: become Lea")


def test_old_copies_of_another_site_do_not_count_as_seen_by_the_guide(shown: Opened) -> None:
    shown.play.messages["C_SHOP"] = []
    expect(shown.page.locator("[data-step='2']")).to_have_attribute("data-state", "now")
    shown.page.click("[data-site=blog]")
    shown.page.click("[data-visit=fra]")
    expect(shown.page.locator("#visit-said")).to_contain_text("Old: the origin has v2.")
    expect(shown.page.locator("[data-step='2']")).to_have_attribute("data-state", "now")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_show_me_leads_back_to_shop(open_page: Open, sites: Fixture, size: tuple[int, int]) -> None:
    sites.messages["C_SHOP"] = []
    shown = open_page(size, query="?site=blog")
    shown.page.click("#show-me")
    expect(shown.page.locator("#world-host")).to_have_text("www.shop.test")
    expect(shown.page.locator("#channel-name")).to_have_text("# shop")
    expect(shown.page.locator("[data-visit=fra]")).to_be_focused()


KEYS = {
    "right": (["ArrowRight"], "blog"),
    "down": (["ArrowDown", "ArrowDown"], "media"),
    "left, round the end": (["ArrowLeft"], "bank"),
    "and back": (["ArrowRight", "ArrowUp"], "shop"),
}


@pytest.mark.parametrize(("keys", "site"), KEYS.values(), ids=KEYS.keys())
def test_arrows_choose_a_site(shown: Opened, keys: list[str], site: str) -> None:
    shown.page.locator("[data-site=shop]").focus()
    for key in keys:
        shown.page.keyboard.press(key)
    expect(chosen(shown.page)).to_have_attribute("data-site", site)
    expect(shown.page.locator(f"[data-site={site}]")).to_be_focused()


def test_tab_stops_once_at_the_row_of_sites(shown: Opened) -> None:
    shown.page.locator("[data-site=shop]").focus()
    shown.page.keyboard.press("Tab")
    expect(shown.page.locator("#path")).to_be_focused()


def test_on_a_phone_the_world_stays_in_front_when_a_site_is_chosen(open_page: Open) -> None:
    shown = open_page(NARROW)
    shown.page.click("#tab-world")
    shown.page.click("[data-site=bank]")
    expect(shown.page.locator("#deploy")).to_be_visible()
    shown.page.click("#tab-chat")
    expect(shown.page.locator("[data-channel=C_BANK]")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_the_sites_are_readable_and_fit(open_page: Open, size: tuple[int, int], scheme: str) -> None:
    shown = open_page(size, scheme, "?site=blog")
    if size == NARROW:
        shown.page.click("#tab-world")
        assert [] == shown.page.evaluate(SMALL)
    assert [] == shown.page.evaluate(CONTRAST)
    assert size[0] == shown.page.evaluate("document.documentElement.scrollWidth")
    assert 0 == shown.page.evaluate("(n => n.scrollWidth - n.clientWidth)(document.getElementById('world'))")


WORD = """async (headers) => {
  const { cacheWord, isHit } = await import("/page/flow.js");
  return [cacheWord(headers), isHit(cacheWord(headers))];
}"""
SAID = {
    "Cloudflare": ({"cf-cache-status": "EXPIRED", "x-cache": "HIT"}, ["EXPIRED", False]),
    "CloudFront": ({"x-cache": "RefreshHit from cloudfront"}, ["RefreshHit", False]),
    "Fastly with a shield": ({"x-cache": "HIT, MISS"}, ["MISS", False]),
    "Akamai": ({"x-cache": "TCP_MEM_HIT from a-sin.deploy.akamaitechnologies.com"}, ["TCP_MEM_HIT", True]),
    "nobody": ({}, ["", False]),
}


@pytest.mark.parametrize(("headers", "word"), SAID.values(), ids=SAID.keys())
def test_the_word_of_the_edge_is_read(modules: Page, headers: dict[str, str], word: list[object]) -> None:
    assert word == modules.evaluate(WORD, headers)
