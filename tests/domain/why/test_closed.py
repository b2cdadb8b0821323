"""Why a page still looks old, where the origin gives this machine nothing to compare with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.proof.look import ORIGIN
from bot.domain.why import Case, Certainty, Name, Spot, diagnose
from providers.contract import Cached
from tests.domain.why.why_cases import case, edge, glance, old, origin

SAYS = {"cache-control": "public, max-age=60"}


def refusing(status: int) -> Spot:
    return origin(glance(ORIGIN, "e", status=status))


def page(cached: Cached, age: int | None = None, name: str = "fra") -> Spot:
    return edge(name, glance(name, "page", cached, age, headers=SAYS))


SILENT = origin(glance(ORIGIN, problem="no answer within 8.5 s"))
LATE = glance(ORIGIN, problem="200, and no whole body within 8 s")
UNENDED = origin(replace(LATE, answer=replace(LATE.answer, status=200, late=True)), *SILENT.plain)
SHUT = [
    pytest.param(
        case(page(Cached.MISS), refusing(503)), "The origin answers 503 here, and fra had", id="503-and-fetched"
    ),
    pytest.param(case(page(Cached.UNCACHED), refusing(503)), "The origin answers 503 here", id="503-and-never-kept"),
    pytest.param(case(page(Cached.MISS), refusing(403)), "The origin answers 403 here", id="403-and-fetched"),
    pytest.param(case(page(Cached.UNCACHED), refusing(403)), "The origin answers 403 here", id="403-and-never-kept"),
    pytest.param(
        case(page(Cached.MISS), SILENT), "The origin does not answer here (no answer within 8.5 s)", id="silent"
    ),
    pytest.param(
        case(page(Cached.MISS), UNENDED),
        "The origin begins to answer here and does not end (200, and no whole body within 8 s)",
        id="begun",
    ),
    pytest.param(
        case(old(), page(Cached.EXPIRED, name="iad"), refusing(503)), "and iad had the page", id="an-old-copy-beside"
    ),
]


@pytest.mark.parametrize(("made", "words"), SHUT)
def test_an_origin_that_gives_an_edge_a_page_now_is_closed_to_us_and_not_failing(made: Case, words: str) -> None:
    told = diagnose(made).cause
    assert (Name.UNKNOWN, Certainty.LIKELY) == (told.name, told.certainty)
    assert words in told.what and "just now: it may let only the CDN in. Whether fra" in told.what
    assert told.cure is not None
    assert "Let this machine through to the origin, or name an address in `origin` that answers it." == told.cure.says
    assert "With an `origin` that answers this machine, every look tells fresh from old." == told.prevent


@pytest.mark.parametrize("spot", [SILENT, refusing(503), refusing(403)])
def test_a_copy_of_less_than_a_minute_may_be_one_of_an_origin_that_is_closed_to_us(spot: Spot) -> None:
    told = diagnose(case(page(Cached.HIT, 3), spot)).cause
    assert (Name.UNKNOWN, Certainty.POSSIBLE) == (told.name, told.certainty)
    assert (
        "had the page from further in less than a minute ago: it may let only the CDN in, or have stopped" in told.what
    )


FAILS = [
    pytest.param(page(Cached.HIT, 60), Certainty.LIKELY, id="a-copy-of-a-minute"),
    pytest.param(page(Cached.STALE, 20), Certainty.SEEN, id="a-young-copy-past-its-time"),
    pytest.param(page(Cached.UNKNOWN), Certainty.LIKELY, id="who-knows-since-when"),
]


@pytest.mark.parametrize(("spot", "certainty"), FAILS)
def test_without_a_page_of_just_now_the_origin_is_failing(spot: Spot, certainty: Certainty) -> None:
    told = diagnose(case(spot, refusing(503))).cause
    assert (Name.ORIGIN_FAILING, certainty) == (told.name, told.certainty)


def test_an_origin_that_begins_to_answer_is_not_told_as_silent() -> None:
    told = diagnose(case(page(Cached.HIT, 600), UNENDED)).cause
    assert Name.ORIGIN_FAILING is told.name
    assert told.what.startswith("The origin begins to answer and does not end (200, and no whole body within 8 s), so")


def test_a_redirect_that_is_never_kept_may_be_the_edges_own_and_tells_nothing_of_the_origin() -> None:
    moved = glance("fra", "", Cached.UNCACHED, status=302, headers={"location": "/login"})
    assert "may let only the CDN in" not in diagnose(case(edge("fra", moved), refusing(503))).cause.what


def test_of_several_places_that_keep_a_copy_all_get_no_newer_one() -> None:
    told = diagnose(case(old(), old("iad"), refusing(503))).cause
    assert "fra and iad serve the copy that is there, and get no newer one." in told.what


def error(name: str, cached: Cached, status: int = 503) -> Spot:
    return edge(name, glance(name, "e", cached, status=status))


BOTH = [
    pytest.param(
        case(error("fra", Cached.MISS), error("iad", Cached.MISS), refusing(503)),
        Certainty.SEEN,
        "The origin answers 503, and fra and iad answer 503: visitors get errors.",
        id="passed-on",
    ),
    pytest.param(
        case(error("fra", Cached.UNKNOWN, 502), error("iad", Cached.UNKNOWN, 504), refusing(503)),
        Certainty.SEEN,
        "The origin answers 503, and fra and iad answer 502 and 504: visitors get errors.",
        id="errors-of-their-own",
    ),
    pytest.param(
        case(error("fra", Cached.HIT), refusing(503)),
        Certainty.SEEN,
        "The origin answers 503, and fra answers 503 and keeps that for a while: visitors get errors.",
        id="kept",
    ),
    pytest.param(
        case(error("fra", Cached.UNKNOWN, 502), SILENT),
        Certainty.LIKELY,
        "The origin does not answer (no answer within 8.5 s), and fra answers 502: visitors get errors.",
        id="silent-here",
    ),
]


@pytest.mark.parametrize(("made", "certainty", "what"), BOTH)
def test_an_origin_that_fails_here_and_at_every_edge_is_failing(made: Case, certainty: Certainty, what: str) -> None:
    told = diagnose(made).cause
    assert (Name.ORIGIN_FAILING, certainty, what) == (told.name, told.certainty, told.what)
    assert told.cure is not None and "Mend the origin first: no purge helps before that." == told.cure.says


def test_an_error_at_the_edge_alone_is_no_failing_origin() -> None:
    assert Name.ORIGIN_FAILING is not diagnose(case(error("fra", Cached.MISS))).cause.name
    assert Name.ORIGIN_FAILING is not diagnose(case(error("fra", Cached.MISS), refusing(403))).cause.name
