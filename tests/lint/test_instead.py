"""What came in a page's place, and what follows from it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.answers.answer import Answer
from bot.domain.lint.instead import beside_origin, came, leads_to
from tests.lint.pages import PAGE, SITE, answer

URL = f"{SITE}/"
GONE, THERE = answer("/", PAGE, status=404), replace(answer("/", PAGE), place="origin")
SILENT = Answer(URL, "sin", 0.0, problem="no answer within 8 s")


def test_an_error_that_a_cache_keeps_is_purged() -> None:
    (note,) = beside_origin(URL, [GONE], [THERE], is_kept=True)
    assert (
        "the origin answered 200, and fra 404, so the two were not compared. "
        "The page is there, and a cache keeps the error: a purge brings the page back."
    ) == note.what


REDIRECTS = [
    pytest.param(True, "The page is there, and a cache keeps the redirect: a purge brings the page back.", id="kept"),
    pytest.param(False, "The page is there: what stands before the origin redirects.", id="made"),
]


@pytest.mark.parametrize(("is_kept", "so"), REDIRECTS)
def test_a_redirect_where_the_origin_has_the_page_is_told(is_kept: bool, so: str) -> None:
    moved = answer("/", PAGE | {"location": "/maintenance"}, status=302)
    (note,) = beside_origin(URL, [moved], [THERE], is_kept=is_kept)
    assert f"the origin answered 200, and fra 302, so the two were not compared. {so}" == note.what


def test_an_origin_that_says_nothing_is_told() -> None:
    (note,) = beside_origin(URL, [GONE], [replace(SILENT, place="origin")], is_kept=True)
    assert "the origin was not read: no answer within 8 s" == note.what


GUARDED = {
    "a refusal": (403, "by which Imperva's firewall may have refused this machine"),
    "an error": (502, "and Imperva's firewall may have answered that itself"),
}


@pytest.mark.parametrize(("status", "whose"), GUARDED.values(), ids=GUARDED)
def test_a_firewall_before_the_origin_is_named_and_its_answer_is_not_the_origins(status: int, whose: str) -> None:
    refused = Answer(URL, "origin", 0.0, status, (("x-iinfo", "1-2-3"),))
    (note,) = beside_origin(URL, [Answer(URL, "fra", 0.0, 200)], [refused, refused], is_kept=True)
    assert f"the origin was not read: it answered {status}, {whose}" == note.what


def test_nothing_is_said_of_an_origin_that_answers_alike() -> None:
    assert [] == beside_origin(URL, [GONE, SILENT], [replace(GONE, place="origin")], is_kept=True)


CAME = {
    "nobody answers": ([SILENT, replace(SILENT, place="iad")], "no answer within 8 s"),
    "one has an error": ([GONE, SILENT], "fra answered 404: an error in its place; sin: no answer within 8 s"),
    "where DNS leads": (
        [replace(GONE, place="dns")],
        "the place where DNS leads answered 404: an error in its place",
    ),
    "eight have one": (
        [replace(GONE, place=f"e{n}") for n in range(8)],
        "e0, e1, e2, e3, e4, e5 and 2 more answered 404: an error in its place",
    ),
    "nothing changed": ([answer("/", PAGE, status=304)], "fra answered 304"),
}


@pytest.mark.parametrize(("answers", "expected"), CAME.values(), ids=CAME)
def test_what_came_is_told_by_place(answers: list[Answer], expected: str) -> None:
    assert expected == came(answers)


LEADS = {
    "a path": ("/new#top", f"{SITE}/new"),
    "a host": ("https://other.example", "https://other.example/"),
    "no web address": ("javascript:alert(1)", ""),
    "with credentials": ("https://user:secret@www.shop.test/", ""),
    "another port": (f"{SITE}:8080/", ""),
    "no port": (f"{SITE}:x/", ""),
    "nothing": ("", ""),
}


@pytest.mark.parametrize(("location", "expected"), LEADS.values(), ids=LEADS)
def test_where_a_redirect_leads(location: str, expected: str) -> None:
    assert expected == leads_to(answer("/old", PAGE | {"location": location}, status=301))


def test_a_page_leads_nowhere() -> None:
    assert "" == leads_to(answer("/", PAGE | {"location": "/new"}))
