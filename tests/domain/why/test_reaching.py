"""What a purge has to do with a URL: it holds it, or misses it in a way that people do not expect."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.target import Target
from bot.domain.why import Reach
from bot.domain.why.reaching import differences, reach_of
from providers.contract import Kind
from tests.effort import examples

URL = "https://www.shop.test/news/a"


def target(kind: Kind, value: str = "") -> Target:
    return Target(kind, value, "shop")


HOLDS = [
    pytest.param(URL, target(Kind.URL, URL), URL, id="the-url"),
    pytest.param(URL, target(Kind.PATH, "/news/a"), "path /news/a", id="the-path"),
    pytest.param(URL, target(Kind.PREFIX, "www.shop.test/news"), "prefix www.shop.test/news", id="a-prefix"),
    pytest.param(
        f"{URL}?x=1", target(Kind.PREFIX, "www.shop.test/news/a"), "prefix www.shop.test/news/a", id="a-query"
    ),
    pytest.param(URL, target(Kind.PATTERN, "www.shop.test/*/a"), "pattern www.shop.test/*/a", id="a-pattern"),
    pytest.param(URL, target(Kind.HOST, "www.shop.test"), "host www.shop.test", id="the-host"),
    pytest.param(URL, target(Kind.TAG, "news"), "tag news", id="a-tag-that-it-carries"),
    pytest.param(URL, target(Kind.EVERYTHING), "everything", id="everything"),
]


@pytest.mark.parametrize(("url", "purged", "named"), HOLDS)
def test_a_purge_that_holds_the_page(url: str, purged: Target, named: str) -> None:
    found = reach_of(url, [target(Kind.TAG, "other"), purged], ["news"])
    assert found is not None
    assert (Reach.COVERED, named, ()) == (found.reach, found.named, found.by)


NEAR = [
    pytest.param(Kind.URL, f"{URL}/", Reach.OTHER_FORM, ("a slash at the end",), id="a-slash"),
    pytest.param(Kind.URL, "https://www.shop.test/News/a", Reach.OTHER_FORM, ("upper and lower case",), id="case"),
    pytest.param(Kind.URL, "http://www.shop.test/news/a", Reach.OTHER_FORM, ("its scheme",), id="scheme"),
    pytest.param(Kind.URL, "https://shop.test/news/a", Reach.OTHER_FORM, ("its host",), id="without-www"),
    pytest.param(Kind.URL, "https://www.shop.test/news/%61", Reach.OTHER_FORM, ("how its path is written",), id="hex"),
    pytest.param(Kind.URL, f"{URL}/index.html", Reach.OTHER_FORM, ("how its path is written",), id="index"),
    pytest.param(Kind.URL, f"{URL}?x=1", Reach.OTHER_FORM, ("its query string",), id="query"),
    pytest.param(
        Kind.PREFIX, "www.shop.test/news/a/", Reach.BESIDE, ("it ends with a slash: /news/a/ does not hold /news/a",),
        id="a-prefix-with-a-slash",
    ),
    pytest.param(
        Kind.PREFIX, "www.shop.test/ne", Reach.BESIDE,
        ("a prefix ends with a part of the path: /ne holds /ne/…, and not /news/a",), id="half-a-part",
    ),
    pytest.param(
        Kind.PREFIX, "www.shop.test/News/", Reach.BESIDE,
        ("it is written /News/, and the page /news/a: caches tell upper from lower case",), id="a-prefix-by-case",
    ),
    pytest.param(
        Kind.PREFIX, "img.shop.test/news/", Reach.BESIDE, ("it names img.shop.test, and the page is on www.shop.test",),
        id="another-host",
    ),
    pytest.param(
        Kind.PATTERN, "www.shop.test/news/*.html", Reach.BESIDE,
        ("/news/a does not fit the whole of www.shop.test/news/*.html",), id="a-pattern-by-its-end",
    ),
    pytest.param(Kind.TAG, "sale", Reach.UNTAGGED, (), id="a-tag"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "value", "reach", "by"), NEAR)
def test_a_purge_that_misses_the_page(kind: Kind, value: str, reach: Reach, by: tuple[str, ...]) -> None:
    found = reach_of(URL, [target(kind, value)], ["news"])
    assert found is not None
    assert (reach, by) == (found.reach, found.by)


NOTHING = [
    pytest.param(target(Kind.URL, "https://www.shop.test/news/b"), id="another-page"),
    pytest.param(target(Kind.PREFIX, "www.shop.test/pricing"), id="another-prefix"),
    pytest.param(target(Kind.PREFIX, "www.shop.test/news/a/b/"), id="further-down"),
    pytest.param(target(Kind.HOST, "img.shop.test"), id="another-host"),
]


@pytest.mark.parametrize("other", NOTHING)
def test_a_purge_that_has_nothing_to_do_with_it(other: Target) -> None:
    assert reach_of(URL, [other], ["news"]) is None


def test_a_slash_at_the_end_of_a_prefix_was_not_meant_for_a_longer_word() -> None:
    assert reach_of("https://www.shop.test/newsletter", [target(Kind.PREFIX, "www.shop.test/news/")], []) is None


def test_what_holds_the_page_counts_more_than_what_misses_it() -> None:
    found = reach_of(URL, [target(Kind.URL, f"{URL}/"), target(Kind.HOST, "www.shop.test")], [])
    assert found is not None and Reach.COVERED is found.reach


ORDERED = [
    pytest.param("?a=1&b=2", "?b=2&a=1", ("the order of its query",), id="order"),
    pytest.param("?a=1&b=2", "?b=2&a=3", ("its query string",), id="value"),
    pytest.param("?a=1", "", ("its query string",), id="none"),
    pytest.param("?a=1", "/?a=1", ("a slash at the end",), id="a-slash-before-the-query"),
    pytest.param("?a=1", "/", ("a slash at the end", "its query string"), id="both"),
    pytest.param("", "", (), id="the-same"),
]


@pytest.mark.parametrize(("one", "other", "how"), ORDERED)
def test_by_what_two_urls_of_one_page_differ(one: str, other: str, how: tuple[str, ...]) -> None:
    assert how == differences(f"{URL}{one}", f"{URL}{other}")


urls = st.text("abAB/%61?&=.:*@[]", max_size=24).map(lambda rest: f"https://www.shop.test/{rest}")
targets = st.builds(target, st.sampled_from(list(Kind)), st.text("abAB/%61?&=.*", max_size=24) | urls)


@settings(max_examples=examples(300), deadline=None)
@given(urls, st.lists(targets, max_size=3))
def test_whatever_is_named_something_is_said_of_it(url: str, named: list[Target]) -> None:
    found = reach_of(url, named, ["a"])
    assert found is None or found.reach in Reach
