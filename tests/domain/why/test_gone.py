"""Why a page still looks old that is not there, or is an answer without a page."""

from __future__ import annotations

import pytest

from bot.domain.proof.look import ORIGIN
from bot.domain.why import Certainty, Name, Spot, diagnose
from providers.contract import Cached
from tests.domain.why.why_cases import case, edge, glance, origin


def answering(status: int, name: str = "fra", cached: Cached = Cached.HIT) -> Spot:
    return edge(name, glance(name, "e", cached, 50, status=status, version="", etag=""))


def of_origin(status: int) -> Spot:
    return origin(glance(ORIGIN, "e", status=status, version="", etag=""))


@pytest.mark.parametrize("status", [404, 410])
def test_a_page_that_is_not_there_at_both_ends_is_told_as_that(status: int) -> None:
    told = diagnose(case(answering(status), answering(status, "iad"), of_origin(status))).cause
    assert (Name.NOTHING_OLD, Certainty.SEEN) == (told.name, told.certainty)
    serves = "fra and iad serve what the origin serves, to a plain visitor"
    assert f"{serves}: the page is not there ({status}), at the edge as at the origin." == told.what
    assert told.cure is not None
    assert (
        "If it should be there, see whether its URL is written right, and look whether the deploy has reached the"
        " origin." == told.cure.says
    )


def test_another_error_at_both_ends_is_told_as_that() -> None:
    told = diagnose(case(answering(451), of_origin(451))).cause
    assert told.what.endswith("to a plain visitor: an error (451), at the edge as at the origin.")


def test_a_304_that_is_not_kept_is_no_redirect() -> None:
    told = diagnose(case(answering(304, cached=Cached.UNKNOWN))).cause
    assert (Name.UNKNOWN, "It cannot be told whether fra is old: fra answered 304, which holds no page.") == (
        told.name,
        told.what,
    )
    assert told.cure is not None and "Look why it answers so, then check again." == told.cure.says
