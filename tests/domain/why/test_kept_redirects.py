"""Why a page still looks old: a redirect or an error that an edge keeps, after purges of ours."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.jobs.job import JobView
from bot.domain.proof.look import ORIGIN
from bot.domain.why import Certainty, Glance, Name, Spot, diagnose
from bot.domain.why.cause import Cause
from providers.contract import Cached
from tests.domain.why.why_cases import CLOUDFLARE, case, edge, glance, job, layer, origin, ours

HIT = Cached.HIT
ALONE = [CLOUDFLARE]


def sent(place: str, to: str, cached: Cached = Cached.UNKNOWN, age: int | None = None) -> Glance:
    """A redirect."""
    return glance(place, "", cached, age, status=301, headers={"location": to}, etag="", version="", digest="")


def purged(at: float) -> JobView:
    """A job that purged the one layer, and whose looks saw the origin lead to where it leads now."""
    made = replace(job(at), layers=(layer(CLOUDFLARE, at),))
    return replace(made, looks=(sent(ORIGIN, "/new").look,))


def told(*spots: Spot, purges: tuple[JobView, ...] = ()) -> Cause:
    """What is said where the origin leads to /new."""
    there = case(*spots, origin(sent(ORIGIN, "/new")), purges=[ours(one) for one in purges], layers=ALONE)
    return diagnose(there).cause


@pytest.mark.parametrize("age", [None, 900])
def test_a_purge_that_went_by_a_kept_redirect_is_named_and_never_offered_again(age: int | None) -> None:
    cause = told(edge("fra", sent("fra", "/old", HIT, age)), purges=(purged(300),))
    copy = "fra gives it all the same" if age is None else "that copy is from before"
    assert (Name.CACHED_ERROR, Certainty.SEEN) == (cause.name, cause.certainty)
    assert f"Cloudflare took P-1 5 min ago, and {copy}" == cause.evidence[-1]
    assert cause.cure is not None
    assert "prefix www.shop.test/pricing" == cause.cure.line
    assert "P-1 went by that copy, and the same again would" in cause.cure.says


def test_nothing_is_said_of_a_purge_since_which_the_origin_has_changed() -> None:
    before = replace(purged(300), looks=(sent(ORIGIN, "/older").look,))
    cause = told(edge("fra", sent("fra", "/old", HIT)), purges=(before,))
    assert cause.cure is not None
    assert ("https://www.shop.test/pricing", ("fra: 301 HIT, to /old", "origin: 301, to /new")) == (
        cause.cure.line,
        cause.evidence,
    )


def test_nothing_is_said_of_a_purge_that_the_copy_came_after() -> None:
    cause = told(edge("fra", glance("fra", "gone", HIT, 100, status=404)), purges=(purged(300),))
    assert "P-1" not in " ".join(cause.evidence)


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        pytest.param("/new?token=OLD", "/new?token=NEW", "/new?token=•••", id="a secret"),
        pytest.param("//bob@www.shop.test/", "//eve@www.shop.test/", "//•••@www.shop.test/", id="a name"),
        pytest.param(f"/{'a' * 150}b", f"/{'a' * 150}c", f"/{'a' * 118}…", id="what is cut"),
    ],
)
def test_redirects_that_read_alike_are_said_to_differ_in_what_is_not_shown(old: str, new: str, shown: str) -> None:
    cause = diagnose(case(edge("fra", sent("fra", old, HIT, 60)), origin(sent(ORIGIN, new)))).cause
    assert cause.what.startswith(f"fra keeps a redirect to {shown}")
    assert cause.what.endswith(", which differ in what is not shown here.")


def torn(place: str, *to: str) -> Glance:
    """A redirect with several lines of `Location`."""
    made = sent(place, to[0])
    headers = (*(one for one in made.answer.headers if one[0] != "location"), *(("location", one) for one in to))
    return Glance(replace(made.answer, headers=headers), replace(made.look, leads_to=", ".join(dict.fromkeys(to))))


def test_a_redirect_to_several_places_at_once_offers_none_of_them() -> None:
    cause = diagnose(case(edge("fra", torn("fra", "/new", "/old")), origin(torn(ORIGIN, "/new", "/old")))).cause
    assert (Name.REDIRECTED, Certainty.SEEN) == (cause.name, cause.certainty)
    assert (
        "fra and the origin redirect this URL (301) to several places at once: /new and /old. Browsers give up on that."
    ) == cause.what
    assert cause.cure is not None
    assert "check https://www.shop.test/pricing" == cause.cure.line


def test_one_place_that_is_named_twice_is_one() -> None:
    cause = diagnose(case(edge("fra", torn("fra", "/new", "/new")), origin(torn(ORIGIN, "/new")))).cause
    assert cause.what.startswith("This URL only redirects (301) to https://www.shop.test/new, ")


ASKED = {
    "http://www.shop.test/new": "why https://www.shop.test/new",
    "http://www.shop.test/pricing": "why http://www.shop.test/pricing",
}


@pytest.mark.parametrize(("to", "line"), ASKED.items())
def test_the_page_that_a_redirect_leads_to_is_asked_about_as_the_site_is_served(to: str, line: str) -> None:
    cause = diagnose(case(edge("fra", sent("fra", to)), origin(sent(ORIGIN, to)))).cause
    assert cause.cure is not None
    assert line == cause.cure.line
