"""Why a page still looks old, where an edge fetched an error or a redirect since the purge, and kept none of before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.proof.look import ORIGIN
from bot.domain.why import Case, Certainty, Glance, Name, Spot, Tier, diagnose
from providers.contract import Cached
from tests.domain.why.why_cases import URL, case, edge, glance, job, looked, origin, ours

HIT, MISS = Cached.HIT, Cached.MISS
SAME_THEN = ours(replace(job(), looks=looked("new")))  # the origin was new already, 300 s ago
OTHER_THEN = ours(replace(job(), looks=looked("before")))


def led(place: str, to: str, cached: Cached = Cached.UNKNOWN, age: int | None = None, status: int = 301) -> Glance:
    return glance(
        place, "m", cached, age, status=status, headers={"location": to}, etag="", version="", digest="d", text=""
    )


def fetched(to: str = "/b") -> Spot:
    """An edge that had none, and keeps what our first look made it fetch."""
    return edge("fra", led("fra", to, MISS, 0), led("fra", to, HIT, 1))


LOOK = (
    "Look who gives fra that: the origin to who asks as the CDN does (by its host and scheme, at its address), or a"
    " cache further in that is no layer of shop. A purge now would have it fetch the same again."
)


def test_a_redirect_that_was_fetched_just_now_is_not_kept_from_before() -> None:
    told = diagnose(case(fetched(), purges=[SAME_THEN])).cause
    assert (Name.CACHED_ERROR, Certainty.SEEN) == (told.name, told.certainty)
    assert (
        "fra fetched a redirect (301 to /b) just now, where the origin gives a page here: the origin, or a cache"
        " further in, still gives it that."
    ) == told.what
    assert (f"check {URL}", LOOK) == ((told.cure.line, told.cure.says) if told.cure else None)
    assert "P-1 purged it 5 min ago" == told.evidence[-1]
    assert told.prevent.startswith("Have the origin answer everybody alike")


def test_one_that_is_younger_than_the_purge_came_after_it() -> None:
    told = diagnose(case(edge("fra", led("fra", "/b", HIT, 100)), purges=[SAME_THEN])).cause
    assert (Name.CACHED_ERROR, Certainty.LIKELY) == (told.name, told.certainty)
    assert told.what.startswith("fra fetched a redirect (301 to /b) after P-1, where the origin gives a page here:")
    assert told.cure is not None and LOOK == told.cure.says


def test_where_the_origin_redirects_elsewhere_a_fetched_redirect_is_told_too() -> None:
    told = diagnose(case(edge("fra", led("fra", "/b", MISS)), origin(led(ORIGIN, "/c")), purges=[SAME_THEN])).cause
    assert (
        "fra fetched a redirect (301 to /b) just now, where the origin redirects to /c (301) here: the origin, or a"
        " cache further in, still gives it that."
    ) == told.what


def test_a_cache_further_in_that_has_it_too_is_purged_from_the_inside_out() -> None:
    inner = Spot("Varnish", Tier.INNER, (led("Varnish", "/b", HIT, 9),) * 2)
    told = diagnose(case(fetched(), inner)).cause
    assert told.what.endswith("here: Varnish further in gives it that.")
    assert told.cure is not None and ("Purge from the inside out", URL) == (told.cure.label, told.cure.line)


KEPT = {
    "older than the purge": case(edge("fra", led("fra", "/b", HIT, 900)), purges=[SAME_THEN]),
    "the origin has changed since": case(edge("fra", led("fra", "/b", HIT, 100)), purges=[OTHER_THEN]),
    "no purge": case(edge("fra", led("fra", "/b", HIT, 100))),
    "an error that came after it": case(edge("fra", glance("fra", "e", HIT, 9, status=404)), purges=[SAME_THEN]),
}


@pytest.mark.parametrize("made", KEPT.values(), ids=KEPT)
def test_what_may_be_from_before_is_kept_and_purged(made: Case) -> None:
    told = diagnose(made).cause
    assert Name.CACHED_ERROR is told.name and told.what.startswith("fra keeps ")


STATUSES = {
    "the same place": ("/b", "fra keeps a redirect (301 to /b) where the origin redirects there with 302."),
    "another": ("/c", "fra keeps a redirect (301 to /b) where the origin redirects to /c (302)."),
}


@pytest.mark.parametrize(("to", "expected"), STATUSES.values(), ids=STATUSES)
def test_a_redirect_of_another_status_says_both(to: str, expected: str) -> None:
    made = case(edge("fra", led("fra", "/b", HIT, 60)), origin(led(ORIGIN, to, status=302)))
    assert expected == diagnose(made).cause.what


def test_a_redirect_to_the_very_url_is_told_as_a_loop() -> None:
    told = diagnose(case(edge("fra", led("fra", URL, HIT, 100)), purges=[SAME_THEN])).cause
    assert "It leads to this very URL, a loop on which browsers give up" in told.what


def test_two_that_read_alike_differ_in_what_is_not_shown() -> None:
    edges, truth = (
        edge("fra", led("fra", "/new?token=s3cr3t-one", MISS)),
        origin(led(ORIGIN, "/new?token=s3cr3t-two")),
    )
    told = diagnose(case(edges, truth, purges=[SAME_THEN])).cause
    assert "redirects to /new?token=••• (301), and the two differ in what is not shown here" in told.what
    assert "s3cr3t" not in str(told)
