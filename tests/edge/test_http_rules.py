"""What HTTP itself has against an answer, as httplint tells it."""

from __future__ import annotations

import pytest

from bot.edge.http_rules import HEADERS_MAX, Httplint
from tests.lint.pages import DATE, SITE, answer

GOOD = {"content-type": "text/html", "date": DATE, "etag": '"a"', "cache-control": "no-cache"}


async def told(headers: dict[str, str]) -> list[tuple[str, str]]:
    remarks = await Httplint().remarks(answer("/", GOOD | headers))
    return [(str(remark.severity), remark.what) for remark in remarks]


BROKEN = {
    "an Age that is none": ({"age": "old"}, [("warn", "The Age header's value should be an integer.")]),
    "an ETag without quotes": (
        {"etag": "abc"},
        [("info", "The ETag field value doesn't conform to its specified syntax.")],
    ),
    "a Last-Modified that is no date": (
        {"last-modified": "yesterday"},
        [("warn", "The Last-Modified header's value isn't a valid date.")],
    ),
    "a max-age that is no number": (
        {"cache-control": "max-age=ten"},
        [("warn", "The max-age cache directive's value is incorrect.")],
    ),
    "a name that is none": ({"bad name": "x"}, [("warn", '"bad name" is not a valid field name.')]),
}


@pytest.mark.parametrize(("headers", "expected"), BROKEN.values(), ids=BROKEN)
async def test_what_breaks_the_standard_is_told(headers: dict[str, str], expected: list[tuple[str, str]]) -> None:
    assert expected == await told(headers)


OURS = {
    "nothing wrong": {},
    "CC05": {"cache-control": "public, private"},
    "CC07": {"expires": "0"},
    "CC08": {"pragma": "no-cache"},
    "CC10": {"vary": "User-Agent"},
    "CC22": {"cdn-cache-control": "max-age=60 public"},
    "a letter beyond ASCII": {"x-name": "caf\xe9"},
}


@pytest.mark.parametrize("headers", [OURS[name] for name in OURS if name.startswith(("CC", "nothing"))], ids=str)
async def test_what_our_own_rules_tell_is_not_told_twice(headers: dict[str, str]) -> None:
    assert [] == await told(headers)


async def test_letters_beyond_ascii_are_doubted() -> None:
    expected = [("info", "The x-name field's value contains non-ASCII characters.")]
    assert expected == await told({"x-name": "caf\xe9"})


@pytest.mark.parametrize(("size", "remarks"), [(HEADERS_MAX - 99, 2), (HEADERS_MAX, 0)])
async def test_of_headers_that_take_too_long_nothing_is_asked(size: int, remarks: int) -> None:
    assert remarks == len(await told({"age": "old", "x-padding": "a" * size}))


async def test_a_remark_names_its_url() -> None:
    assert [f"{SITE}/"] == [one.url for one in await Httplint().remarks(answer("/", GOOD | {"age": "old"}))]
