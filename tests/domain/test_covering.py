"""Whether a purge that names something reaches a URL: a pattern's stars stand for anything, whoever wrote them."""

from __future__ import annotations

import fnmatch
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.covering import Extent, fits, lies_under
from bot.domain.target import Target
from providers.contract import Kind

ROWS = {
    "no star": ("www.shop.test/a", "www.shop.test/a", True),
    "no star and more": ("www.shop.test/a", "www.shop.test/ab", False),
    "an end": ("www.shop.test/*.css", "www.shop.test/a/b.css", True),
    "another end": ("www.shop.test/*.css", "www.shop.test/a.css?v=1", False),
    "a star for nothing": ("www.shop.test/*a", "www.shop.test/a", True),
    "too short for both ends": ("www.shop.test/ab*ba", "www.shop.test/aba", False),
    "a middle that the ends need": ("www.shop.test/a*b*b", "www.shop.test/ab", False),
    "middles in another order": ("www.shop.test/*a*b*", "www.shop.test/ba", False),
    "an end that comes twice": ("www.shop.test/*.css", "www.shop.test/a.css.css", True),
    "signs of a regex": ("www.shop.test/[a]*.(b)", "www.shop.test/[a]/x.(b)", True),
    "a dot is a dot": ("www.shop.test/*.css", "www.shop.test/acss", False),
}


@pytest.mark.parametrize(("pattern", "page", "expected"), ROWS.values(), ids=ROWS)
def test_a_pattern_names_a_page(pattern: str, page: str, expected: bool) -> None:
    assert expected == lies_under(Target(Kind.PATTERN, pattern, "shop"), f"https://{page}", [])


@given(st.text("ab*", max_size=8), st.text("ab", max_size=8))
def test_stars_stand_for_what_they_do_in_a_shell(pattern: str, text: str) -> None:
    assert fnmatch.fnmatchcase(text, pattern) == fits(pattern, text)


def test_a_long_address_and_many_stars_come_to_an_end() -> None:
    """Tried in every way, this would take longer than anybody lives."""
    pattern = Target(Kind.PATTERN, f"www.shop.test/{'*a' * 2_000}*b", "shop")
    assert not lies_under(pattern, f"https://www.shop.test/{'a' * 8_000}", [])


KINDS = [
    st.sampled_from(["www.shop.test", "img.shop.test"]).map(lambda host: Target(Kind.HOST, host, "shop")),
    st.text("ab/?", max_size=4).map(lambda rest: Target(Kind.PREFIX, f"www.shop.test/{rest}", "shop")),
    st.text("ab/*", max_size=4).map(lambda rest: Target(Kind.PATTERN, f"www.shop.test/{rest}*", "shop")),
    st.text("ab/?", max_size=4).map(lambda rest: Target(Kind.URL, f"https://www.shop.test/{rest}", "shop")),
    st.text("ab/?", max_size=4).map(lambda rest: Target(Kind.PATH, f"/{rest}", "shop")),
    st.sampled_from("xy").map(lambda tag: Target(Kind.TAG, tag, "shop")),
    st.just(Target(Kind.EVERYTHING, "", "shop")),
]
PAGES = st.tuples(st.text("ab/?", max_size=6).map("https://www.shop.test/{}".format), st.sets(st.sampled_from("xyz")))


@given(st.lists(st.one_of(*KINDS), max_size=4), PAGES)
def test_many_reach_together_what_one_of_them_reaches(targets: list[Target], page: tuple[str, set[str]]) -> None:
    assert any(lies_under(target, *page) for target in targets) == Extent(targets).holds(*page)


def test_the_first_pages_that_are_reached() -> None:
    pages = [(f"https://www.shop.test/{n}", ()) for n in (1, 2, 12, 3, 13)]
    extent = Extent([Target(Kind.PATTERN, "www.shop.test/1*", "shop")])
    assert ["https://www.shop.test/1", "https://www.shop.test/12"] == extent.first(pages, 2)


def test_no_list_of_patterns_is_held_against_every_page() -> None:
    """Of thousands of patterns only the first pages are asked for: the work has an end."""
    extent = Extent(Target(Kind.PATTERN, f"www.shop.test/{n}*x", "shop") for n in range(10_000))
    pages = ((f"https://www.shop.test/{n}", ()) for n in count())
    assert [] == extent.first(pages, 1)
