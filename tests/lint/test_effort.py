"""What is taken apart costs as much as it is long, however it is made: eight times the input is at most twenty times
the work. What takes no time at all is not compared. The caps on what comes in are left aside here."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

import pytest

from bot.domain.answers.answer import Answer
from bot.domain.answers.headers import version_of
from bot.domain.answers.marks import marks_on
from bot.domain.answers.recognise import recognise
from bot.domain.lint.markup import references
from bot.domain.lint.rules import lint
from bot.domain.lint.served import Served
from bot.domain.lint.srcset import addresses
from bot.domain.site import Marker
from bot.domain.why.origins_cache import signs_of_a_copy
from tests.edge.looking import eyes
from tests.lint.pages import NOW, SITE

SHORT, TIMES, AT_MOST, NO_TIME = 1_000, 8, 20, 0.002  # characters; seconds of work
UNITS = [
    "a",
    " ",
    "a ",
    "a,",
    ",",
    ", ",
    " ,",
    ";",
    "; ",
    "a;",
    'a="',
    "=",
    "= ",
    ": ",
    "a=,",
    "(",
    '"',
    "\\",
    "\t",
    "-gzip",
]
UNITS += [
    "max-age=1,",
    "max-age ",
    "no-store;",
    "; hit",
    "/..",
    "1.1 varnish , ",
    "ApacheTrafficServer[",
    "://a@",
    "?a=",
]
FIELDS = [
    "cache-control",
    "cdn-cache-control",
    "vary",
    "etag",
    "set-cookie",
    "cache-status",
    "via",
    "content-type",
    "location",
]
PAGES = [
    "<",
    "<!--",
    "<!-- WP ",
    "<a ",
    "<a a='",
    "</",
    "&",
    "<img src=a>",
    "<meta name=",
    "<meta name=name=",
    "WP Rocket ",
]
INLINE = [
    "/*",
    'import "',
    "import ",
    'import "a";',
    "//\n",
    "\n",
    '@import "',
    '@import "a";',
    "@import url(",
    "{",
    "[",
]


def work(do: Callable[[], object]) -> float:
    """Seconds of this process's own work, the least of three times."""
    spent = []
    for _ in range(3):
        began = time.process_time()
        do()
        spent.append(time.process_time() - began)
    return min(spent)


def grows(do: Callable[[int], object]) -> float:
    """How many times the work is done for `TIMES` times the input."""
    gc.disable()
    try:
        short = work(lambda: do(SHORT))
        return work(lambda: do(SHORT * TIMES)) / max(short, NO_TIME)
    finally:
        gc.enable()


def answer(field: str, value: str) -> Answer:
    headers = (
        (("cache-control", "max-age=60"), (field, f"a{value}b")) if field != "cache-control" else ((field, value),)
    )
    return Answer(f"{SITE}/x.js", "fra", NOW, 301 if field == "location" else 200, headers, digest="d")


def read(one: Answer) -> None:
    served = Served(one, origins=(one,), others=(one,), tag_header="Cache-Tag")
    lint(served)
    eyes().looker.read(one)
    recognise([one])
    marks_on(one)
    signs_of_a_copy(one)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("unit", UNITS)
def test_a_header_costs_as_much_as_it_is_long(field: str, unit: str) -> None:
    assert AT_MOST > grows(lambda size: read(answer(field, unit * (size // len(unit)))))


def search(text: str) -> None:
    references(f"{SITE}/", text)
    signs_of_a_copy(Answer(f"{SITE}/", "fra", NOW, 200, (), text))
    version_of(Marker(meta="build"), {}, text)


@pytest.mark.parametrize("unit", PAGES)
def test_a_page_costs_as_much_as_it_is_long(unit: str) -> None:
    assert AT_MOST > grows(lambda size: search(unit * (4 * size // len(unit))))


@pytest.mark.parametrize("tag", ["style", "script type=module", "script type=importmap"])
@pytest.mark.parametrize("unit", INLINE)
def test_what_stands_in_a_page_costs_as_much_as_it_is_long(tag: str, unit: str) -> None:
    end = f"</{tag.split()[0]}>"
    assert AT_MOST > grows(lambda size: search(f"<{tag}>{unit * (4 * size // len(unit))}{end}"))


@pytest.mark.parametrize("unit", [", ", "a ", "a,", "a (", "(", ",a 1x"])
def test_a_srcset_costs_as_much_as_it_is_long(unit: str) -> None:
    assert AT_MOST > grows(lambda size: list(addresses(unit * (4 * size // len(unit)))))
