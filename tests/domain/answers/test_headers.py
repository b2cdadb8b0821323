"""What is read from an answer's headers, and what is not believed."""

from __future__ import annotations

import pytest

from bot.domain.answers.headers import age_of, browsers_may_keep, fit, version_of
from bot.domain.site import Marker

NOW = 1_800_000_000.0  # Fri, 15 Jan 2027 08:00:00 GMT
DATE = "Fri, 15 Jan 2027 08:00:00 GMT"
SOON = "Fri, 15 Jan 2027 08:05:00 GMT"
PAST = "Fri, 15 Jan 2027 07:00:00 GMT"

AGES = {
    "said": ("18000", 18_000),
    "zero": ("0", 0),
    "with blanks": (" 7 ", 7),
    "negative": ("-1", None),
    "signed": ("+1", None),
    "absurd": ("9999999999", 1 << 31),
    "long beyond reason": ("1" * 400, 1 << 31),
    "not a number": ("old", None),
    "a fraction": ("1.5", None),
    "said twice": ("5, 7", 7),
    "said twice, the old one first": ("5000, 0", 5000),
    "said twice, once beyond reason": ("99999999999, 3", 1 << 31),
    "said twice, once as no number": ("5000.5, 0", None),
    "said more often than anybody reads": (", ".join(["1"] * 10), None),
    "digits of another script": ("５", None),
    "empty": ("", None),
}


@pytest.mark.parametrize(("value", "expected"), AGES.values(), ids=AGES)
def test_an_age_is_a_whole_number_or_none(value: str, expected: int | None) -> None:
    assert expected == age_of({"age": value})


def test_an_age_that_is_not_said_is_none() -> None:
    assert age_of({}) is None


KEPT = {
    "max-age": ({"cache-control": "public, max-age=300"}, 300),
    "quoted": ({"cache-control": 'max-age="300"'}, 300),
    "in capitals": ({"cache-control": "Public, Max-Age=300"}, 300),
    "s-maxage is not for browsers": ({"cache-control": "s-maxage=300"}, None),
    "both": ({"cache-control": "s-maxage=900, max-age=60"}, 60),
    "the longer of two": ({"cache-control": "max-age=60, max-age=300"}, 300),
    "no-store": ({"cache-control": "no-store, max-age=300"}, 0),
    "no-cache": ({"cache-control": "no-cache"}, 0),
    "no-cache for one header only": ({"cache-control": 'no-cache="set-cookie", max-age=300'}, 300),
    "inside a quoted word": ({"cache-control": 'private="max-age=9", max-age=300'}, 300),
    "unreadable": ({"cache-control": "max-age=soon"}, 0),
    "negative": ({"cache-control": "max-age=-1"}, 0),
    "for ever": ({"cache-control": "max-age=9999999999"}, 2**31),
    "a year in milliseconds": ({"cache-control": "max-age=31536000000"}, 2**31),
    "digits of another script": ({"cache-control": "max-age=５"}, 0),
    "max-age beats Expires": ({"cache-control": "max-age=60", "expires": SOON, "date": DATE}, 60),
    "Expires": ({"expires": SOON, "date": DATE}, 300),
    "Expires without Date": ({"expires": SOON}, 300),
    "Expires in the past": ({"expires": PAST, "date": DATE}, 0),
    "Expires that is no date": ({"expires": "0", "date": DATE}, 0),
    "Expires of the year 99999": ({"expires": "Fri, 15 Jan 99999 08:00:00 GMT", "date": DATE}, 0),
    "nothing": ({}, None),
}


@pytest.mark.parametrize(("headers", "expected"), KEPT.values(), ids=KEPT)
def test_what_browsers_may_keep(headers: dict[str, str], expected: int | None) -> None:
    assert expected == browsers_may_keep(headers, NOW)


PAGE = '<html><head><META content="b7" name="Build"><meta name=author content=Mia></head><!-- build 4.2.0 -->'
VERSIONS = {
    "a header": (Marker(header="X-Build"), "h1"),
    "a header that is not there": (Marker(header="X-Other"), ""),
    "a meta tag": (Marker(meta="build"), "b7"),
    "a meta tag without quotes": (Marker(meta="author"), "Mia"),
    "a meta tag that is not there": (Marker(meta="version"), ""),
    "a pattern's group": (Marker(pattern=r"build ([\d.]+)"), "4.2.0"),
    "a pattern without groups": (Marker(pattern=r"build [\d.]+"), "build 4.2.0"),
    "a group that took no part": (Marker(pattern=r"(nothing)?build"), ""),
    "a pattern that does not match": (Marker(pattern="nothing"), ""),
    "no marker": (None, ""),
}


@pytest.mark.parametrize(("marker", "expected"), VERSIONS.values(), ids=VERSIONS)
def test_a_version_is_read_where_the_site_says_it(marker: Marker | None, expected: str) -> None:
    assert expected == version_of(marker, {"x-build": "h1"}, PAGE)


def test_a_long_text_is_cut_and_stays_itself() -> None:
    one, other = fit("x" * 60 + "1", 40), fit("x" * 60 + "2", 40)
    assert (40, 40, False) == (len(one), len(other), one == other)


def test_a_text_with_controls_is_shown_without_and_stays_itself() -> None:
    told = fit("b7\x1b[31m\u202e", 40)
    assert (True, False) == (told.isprintable(), told == fit("b7[31m", 40))


def test_a_page_of_open_tags_holds_no_version() -> None:
    page = "<meta " * 40_000 + "<meta name=" * 20_000
    assert "" == version_of(Marker(meta="build"), {}, page)
