"""Which site a request is for, and what longer lists add to it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.grammar.command import BadLine, Command, Misunderstood, Speaker, parse
from tests.domain.people import (
    IN_NEWS,
    LEA,
    MIA,
    NO_SITE,
    NOBODY,
    WHAT,
    A,
    B,
    everything,
    heard,
    mended,
    path,
    prefix,
    purge,
    tag,
    url,
)

AT_SITES = {
    "a host's site decides": (LEA, "https://www.shop.test/a", purge(A, guess="URL")),
    "a host's site decides against the channel": (IN_NEWS, "https://www.shop.test/a", purge(A, guess="URL")),
    "a host's site decides for a path": (LEA, "www.shop.test/a /b", purge(A, path("/b"), guess="URL, path")),
    "every scheme of the site": (
        LEA,
        "www.news.test/a",
        purge(url("https://www.news.test/a", "news"), url("http://www.news.test/a", "news"), guess="URL"),
    ),
    "the channel's site": (IN_NEWS, "/a", purge(path("/a", "news"), guess="path")),
    "the named site": (IN_NEWS, "/a on shop", purge(path("/a"), guess="path")),
    "everything in the channel": (IN_NEWS, "everything", purge(everything("news"))),
    "a path and no site": (
        LEA,
        "/a",
        heard("Which site is `/a` for?", "/purge /a on shop", ("On shop", "/a on shop"), ("On news", "/a on news")),
    ),
    "a tag and no site": (
        LEA,
        "tag x soft",
        heard(
            "Which site is `x` for?",
            "/purge tag x on shop soft",
            ("On shop", "tag x on shop soft"),
            ("On news", "tag x on news soft"),
        ),
    ),
    "everything and no site": (
        LEA,
        "everything",
        heard(
            "Which site is `everything` for?",
            "/purge everything on shop",
            ("On shop", "everything on shop"),
            ("On news", "everything on news"),
        ),
    ),
    "two sites": (
        LEA,
        "https://www.shop.test/a http://www.news.test/a https://www.shop.test/b",
        heard(
            "One request is for one site, and these belong to 2: shop (2), news (1).",
            "/purge https://www.shop.test/a https://www.shop.test/b",
            ("On shop", "https://www.shop.test/a https://www.shop.test/b"),
            ("On news", "http://www.news.test/a"),
        ),
    ),
    "two bare hosts keep their question": (
        LEA,
        "www.shop.test www.news.test foo.bar",
        heard(
            "One request is for one site, and these belong to 2: shop (1), news (1). 1 more could not be read.",
            "/purge www.shop.test",
            ("On shop", "www.shop.test"),
            ("On news", "www.news.test"),
        ),
    ),
    "everything and a host of another site": (
        IN_NEWS,
        "everything on news https://www.shop.test/a",
        heard(
            "`www.shop.test` belongs to shop, not to news.",
            "/purge https://www.shop.test/a",
            ("On shop", "https://www.shop.test/a"),
            ("On news", "everything on news"),
        ),
    ),
    "a host of another site": (
        LEA,
        "https://www.shop.test/a on news",
        heard(
            "`www.shop.test` belongs to shop, not to news.",
            "/purge https://www.shop.test/a",
            ("On shop", "https://www.shop.test/a"),
        ),
    ),
    "no site at all": (
        NOBODY,
        "https://www.shop.test/",
        heard(f"I cannot read `https://www.shop.test/`. {NO_SITE}", "/purge help"),
    ),
    "no site for a path": (NOBODY, "/a", heard(NO_SITE, "/purge help")),
    "no site for nothing": (NOBODY, "", heard(NO_SITE, "/purge help")),
    "no site for a star": (NOBODY, "*", heard(f"`*` alone does not mean everything. {NO_SITE}", "/purge help")),
    "another command": (
        Speaker(MIA.sites, "", MIA.accounts, "/flush"),
        "",
        heard(WHAT, "/flush plan https://www.shop.test/"),
    ),
}


@pytest.mark.parametrize(("speaker", "typed", "expected"), AT_SITES.values(), ids=AT_SITES)
def test_every_request_is_for_one_site(speaker: Speaker, typed: str, expected: Command | Misunderstood) -> None:
    assert expected == parse(typed, speaker)


LINES = {
    "one a line": ("", ["/a", "", "  https://www.shop.test/b  "], purge(path("/a"), B, guess="path, URL")),
    "under the kind spoken": ("tag", ["a", "soft", "everything"], purge(tag("a"), tag("soft"), tag("everything"))),
    "under their own kind": ("", ["prefix /n/", "tag x"], purge(prefix("/n/"), tag("x"))),
    "bytes of a file are its own": (
        "",
        ["https://www.shop.test/a.", "/b)"],
        purge(url("https://www.shop.test/a."), path("/b)"), guess="URL, path"),
    ),
    "a list with commas": ("", ["/a,", '"/b",'], purge(path("/a"), path("/b"), guess="path")),
    "beside what was typed": (
        "/a soft",
        ["/b", "/a"],
        purge(path("/a"), path("/b"), guess="path", soft=True, notes=("Dropped 1 duplicate.",)),
    ),
    "numbered as in the file": (
        "",
        ["/a", "", "foo"],
        purge(path("/a"), guess="path", bad=(BadLine(3, "foo", "I cannot tell what `foo` is."),)),
    ),
    "never an option, never everything": (
        "",
        ["/a", "--hard", "everything", "soft"],
        purge(
            path("/a"),
            guess="path",
            bad=(
                BadLine(2, "--hard", "I cannot tell what `--hard` is."),
                BadLine(3, "everything", "I cannot tell what `everything` is."),
                BadLine(4, "soft", "I cannot tell what `soft` is."),
            ),
        ),
    ),
    "an open quote": (
        "",
        ["/a", '"/b'],
        purge(path("/a"), guess="path", bad=(BadLine(2, '"/b', "The quote that opens it never closes."),)),
    ),
}


@pytest.mark.parametrize(("typed", "more", "expected"), LINES.values(), ids=LINES)
def test_further_lines_are_targets(typed: str, more: list[str], expected: Command) -> None:
    assert expected == parse(typed, MIA, more)


def test_further_lines_go_only_with_what_takes_targets() -> None:
    assert parse("sites", MIA, ["/a"]) == mended("sites stands alone.", "sites")


def test_repairs_of_one_sort_are_told_once_with_their_number() -> None:
    command = parse("/a#x /b#y /c#z", MIA)
    told = "Dropped the fragment of `/a#x`, which never reaches a cache. (and 2 more like it)"
    assert command == purge(path("/a"), path("/b"), path("/c"), guess="path", notes=(told,))


def test_where_no_form_asks_the_line_to_copy_for_everything_is_confirmed() -> None:
    shell = replace(LEA, command="purgebot")
    asked = parse("everything because leak", shell)
    assert isinstance(asked, Misunderstood)
    first = parse(asked.suggestion.removeprefix("purgebot "), shell)
    assert isinstance(first, Command), asked.suggestion
    assert ("shop", "shop", "leak") == (first.site, first.confirm, first.reason)
