"""Lists of a hundred thousand lines: most are plain URLs and are read on a short way, which must lead to the same."""

from __future__ import annotations

import gc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.grammar.command import Command, Speaker, parse
from bot.domain.grammar.reading import plain_urls
from bot.domain.lists import uncollected
from bot.domain.target import URL_MAX, Target, resolve
from tests.domain.people import IN_NEWS, LEA, MIA, SHOP, path, url
from tests.effort import examples

A = "https://www.shop.test/a"
HEADS = ("https://www.shop.test", "http://www.shop.test", "https://img.shop.test", "https://www.news.test")
ODD_HEADS = ("", "https://else.test", "HTTPS://www.shop.test", "https://WWW.shop.test", "www.shop.test", "url https:/",
             "https://u@www.shop.test", "https://www.shop.test.", "https://www.shop.test:443")  # fmt: skip
TAILS = st.text(st.sampled_from("abAZ09/._-~%?&=+,;:@()[]{}!*'\"|<>`^$#\\ é\t\u200b"), max_size=20)
PLAIN_TAILS = st.text(st.sampled_from("abAZ09/._-~%?&=+"), max_size=8).map(lambda rest: f"{rest}0")
LINES = st.one_of(
    st.builds("{}/{}".format, st.sampled_from(HEADS), PLAIN_TAILS),
    st.builds("{}/{}".format, st.sampled_from(HEADS), TAILS),
    st.builds("{}/{}".format, st.sampled_from(ODD_HEADS), TAILS),
)
TEXTS = ("purge", "url", "plan soft", "check", "prefix", "path on shop", "tag", "status", "help", f"purge {A}", "")


@settings(max_examples=examples(300), deadline=None)
@given(
    text=st.sampled_from(TEXTS),
    speaker=st.sampled_from([MIA, LEA, IN_NEWS]),
    lines=st.lists(LINES, min_size=1, max_size=8),
)
def test_the_short_way_of_a_plain_url_leads_where_the_long_one_does(
    text: str, speaker: Speaker, lines: list[str]
) -> None:
    plain = plain_urls(speaker.sites)
    the_long_way = [f" {line}" if plain(line) else line for line in lines]
    assert parse(text, speaker, the_long_way) == parse(text, speaker, lines)


PLAIN = {
    "a URL": (A, True),
    "the front page": ("https://www.shop.test/", True),
    "with a query": ("https://img.shop.test/a?b=1&c=%20", True),
    "a scheme that the site has not": ("http://www.shop.test/a", False),
    "nothing behind the host": ("https://www.shop.test", False),
    "another's host": ("https://else.test/a", False),
    "a fragment": (f"{A}#b", False),
    "a star": (f"{A}/*", False),
    "a full stop behind": (f"{A}.", False),
    "a port": ("https://www.shop.test:443/a", False),
    "a blank before": (f" {A}", False),
    "a letter beyond ASCII": (f"{A}/é", False),
    "a line end": (f"{A}\n", False),
    "a dot for a folder, before a query": ("https://www.shop.test/.?0", False),
    "two dots for a folder": (f"{A}/../b", False),
    "as long as can be": (A.ljust(URL_MAX, "a"), True),
    "too long": (A.ljust(URL_MAX + 1, "a"), False),
}


@pytest.mark.parametrize(("line", "expected"), PLAIN.values(), ids=PLAIN)
def test_a_line_is_plain_if_nothing_of_it_needs_repair(line: str, expected: bool) -> None:
    assert (Target(url(A).kind, line, "shop") if expected else None) == plain_urls(MIA.sites)(line)


def test_repeats_are_dropped_in_their_order_and_counted() -> None:
    lines = [A, "https://www.shop.test/b", A, "/c", f" {A}"]
    understood = parse("purge", MIA, lines)
    expected = (url(A), url("https://www.shop.test/b"), path("/c"))
    assert isinstance(understood, Command)
    assert (expected, ("Dropped 2 duplicates.",)) == (understood.targets, understood.notes)


def test_urls_that_are_named_twice_are_purged_once() -> None:
    assert (url(A), url(f"{A}b")) == resolve([url(A), url(f"{A}b"), url(A)], SHOP)


@pytest.mark.parametrize("collecting", [True, False])
def test_the_garbage_collector_is_as_it_was_after_a_list(collecting: bool) -> None:
    before = gc.isenabled()
    (gc.enable if collecting else gc.disable)()
    try:
        with uncollected():
            assert not gc.isenabled()
        assert collecting == gc.isenabled()
    finally:
        (gc.enable if before else gc.disable)()
