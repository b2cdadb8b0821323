"""Why a page still looks old: an edge that gives the page to some and something that is no page to others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.answers.answer import PLAIN
from bot.domain.proof.look import ORIGIN
from bot.domain.proof.variants import CHROME, IDENTITY
from bot.domain.why import Case, Certainty, Glance, Name, diagnose
from bot.domain.why.torn import to_ask_again
from providers.contract import Cached
from tests.domain.why.why_cases import asked_as, case, edge, glance, new, origin

MISS = Cached.MISS
PAGE = glance("fra", "new", MISS)
WEAK = 'W/"b7"'
PAGE_THERE = glance(ORIGIN, "new")
ELSEWHERE = glance("fra", "", MISS, status=301, headers={"location": "/old"}, etag="", version="")
PART = glance("fra", "new", MISS, status=206, digest="", version="")


@pytest.mark.parametrize("turns", [(PAGE, ELSEWHERE), (ELSEWHERE, PAGE)])
def test_a_redirect_by_turns_is_told_with_the_page_beside_it(turns: tuple[Glance, ...]) -> None:
    told = diagnose(case(edge("fra", *turns), new("iad")))
    assert (Name.UNKNOWN, Certainty.SEEN) == (told.cause.name, told.cause.certainty)
    assert told.cause.what == (
        "fra gives the page as the origin has it to some, and something else to others: fra redirects (301),"
        " the origin does not. Several servers or copies seem to stand behind its address."
    )
    assert ", then ".join(one.told for one in turns) in told.cause.evidence[0]
    assert "for n in 1 2 3 4" in told.cause.repeat


def test_other_bytes_in_another_encoding_are_told_beside_the_page() -> None:
    plain, own = glance("fra", "new", etag="", version=""), glance(ORIGIN, "new", etag="", version="")
    identity = asked_as(glance("fra", "another", etag="", version=""), IDENTITY)
    inside = origin(own, own, variants=[asked_as(own, IDENTITY)])
    told = diagnose(case(edge("fra", plain, plain, variants=[identity]), inside)).cause
    assert (Name.UNKNOWN, Certainty.SEEN) == (told.name, told.certainty)
    assert "something else to others: fra serves other bytes than the origin" in told.what
    assert "(Accept-Encoding: identity)" in told.evidence[0]


@pytest.mark.parametrize("status", [302, 206])
def test_a_redirect_or_a_part_for_another_encoding_is_told(status: int) -> None:
    other = glance("fra", "", MISS, status=status, headers={"location": "/m"} if status == 302 else {}, asked=CHROME)
    inside = origin(PAGE_THERE, PAGE_THERE, variants=[asked_as(PAGE_THERE, CHROME)])
    told = diagnose(case(edge("fra", PAGE, PAGE, variants=[other]), inside)).cause
    assert (Name.UNKNOWN, Certainty.SEEN) == (told.name, told.certainty)
    assert "something else to others: fra " in told.what


def bound(status: int, times: int = 2, *names: str) -> Case:
    """Edges that give the page, and to who takes Chrome's encodings something else, so many times."""
    headers = {"location": "/m"} if status == 302 else {}
    spots = [
        edge(
            name,
            *[glance(name, "new", MISS)] * 2,
            variants=[glance(name, "", MISS, status=status, headers=headers, asked=CHROME)] * times,
        )
        for name in names or ("fra",)
    ]
    return case(*spots, origin(PAGE_THERE, PAGE_THERE, variants=[asked_as(PAGE_THERE, CHROME)]))


BOUND = {
    302: "redirects (302), the origin does not",
    206: "answered with a part of the page (206), though all of it was asked for",
}


@pytest.mark.parametrize(("status", "words"), BOUND.items())
def test_what_one_encoding_gets_each_time_is_put_down_to_the_encoding(status: int, words: str) -> None:
    cause = diagnose(bound(status, 2, "fra", "iad")).cause
    assert (Name.UNKNOWN, Certainty.SEEN) == (cause.name, cause.certainty)
    assert cause.what == (
        "fra and iad give a plain visitor the page as the origin has it each time, and something else each time to who"
        f" sends `Accept-Encoding: gzip, deflate, br, zstd`: each {words}. It goes by the encoding."
    )
    assert 'fra and iad: plain: 200 MISS, version "new"' == cause.evidence[0]
    assert cause.evidence[1].startswith(f"fra and iad: Accept-Encoding: gzip, deflate, br, zstd: {status} MISS")
    assert cause.evidence[1].endswith(", both times")
    assert "-H 'Accept-Encoding: gzip, deflate, br, zstd'" in cause.repeat


def test_an_encoding_that_got_something_else_once_is_asked_again() -> None:
    made = bound(206, 1)
    assert (CHROME, PLAIN, PLAIN) == to_ask_again(made, made.spots[0])
    assert "Several servers or copies seem to stand behind its address" in diagnose(made).cause.what


def test_an_encoding_that_got_both_is_told_by_turns() -> None:
    made = bound(206, 2)
    fra = replace(made.spots[0], varied=(*made.spots[0].varied, asked_as(PAGE, CHROME)))
    again = replace(made, spots=(fra, made.spots[1]))
    assert "Several servers or copies seem to stand behind its address" in diagnose(again).cause.what


def test_a_page_that_is_made_anew_each_time_comes_from_no_other_server() -> None:
    made = [glance("fra", f"x{n}", Cached.HIT, 3, etag=WEAK, version="") for n in range(2)]
    own = [glance(ORIGIN, f"o{n}", etag=WEAK, version="") for n in range(2)]
    encoded = [asked_as(glance("fra", "x3", Cached.HIT, 3, etag=WEAK, version=""), IDENTITY)]
    inside = origin(*own, variants=[asked_as(glance(ORIGIN, "o3", etag=WEAK, version=""), IDENTITY)])
    told = diagnose(case(edge("fra", *made, variants=encoded), inside)).cause
    assert "to others" not in told.what


def test_a_part_by_turns_is_told_so() -> None:
    assert "something else to others: fra answered with a part of the page (206)" in (
        diagnose(case(edge("fra", PART, PAGE))).cause.what
    )


@pytest.mark.parametrize(("age", "certainty"), [(0, Certainty.SEEN), (90, Certainty.LIKELY)])
def test_what_was_fetched_just_now_was_not_where_it_is_older_than_the_answer_before(
    age: int, certainty: Certainty
) -> None:
    told = diagnose(case(edge("fra", glance("fra", "old", Cached.HIT, 900), glance("fra", "new", MISS, age)))).cause
    assert (Name.DISAGREE, certainty) == (told.name, told.certainty)
    assert (age == 0) == told.what.endswith("Visitors there get the new one now.")


@pytest.mark.parametrize(
    "turns",
    [
        pytest.param((PAGE, PAGE), id="the page each time"),
        pytest.param((ELSEWHERE, ELSEWHERE), id="a redirect each time"),
        pytest.param((glance("fra", "", status=503), PAGE), id="a fault of the moment"),
        pytest.param((glance("fra", problem="connection refused"), PAGE), id="silence"),
    ],
)
def test_nothing_is_told_by_turns_of(turns: tuple[Glance, ...]) -> None:
    assert "to others" not in diagnose(case(edge("fra", *turns))).cause.what
