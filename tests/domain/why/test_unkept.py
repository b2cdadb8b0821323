"""Why a page still looks old: what the layers never keep, and who else may have it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.proof.look import ORIGIN
from bot.domain.why import Case, Certainty, Glance, Name, Spot, diagnose
from providers.contract import Cached
from tests.domain.why.why_cases import CLOUDFLARE, NOW, RAY, URL, case, edge, glance, job, looked, origin, ours, shield

DYNAMIC = Cached.UNCACHED
SAME_THEN = replace(job(), looks=looked("new"))  # the origin was new already
CLOUDFRONT = {**RAY, "x-amz-cf-pop": "FRA50-C1", "via": "1.1 abc.cloudfront.net (CloudFront)"}
HIT = {**CLOUDFRONT, "x-cache": "Hit from cloudfront"}


def behind(content: str, headers: dict[str, str], age: int | None = None, inside: dict[str, str] | None = None) -> Case:
    """Never kept by Cloudflare, with another CDN's marks."""
    own = glance(ORIGIN, "new", headers=inside)
    return case(
        edge("fra", glance("fra", content, DYNAMIC, age, headers=headers)), origin(own, own), layers=[CLOUDFLARE]
    )


STRANGERS = [
    pytest.param(behind("old", HIT), "fra: x-cache: Hit from cloudfront, and Cloudflare says UNCACHED", id="its-word"),
    pytest.param(behind("old", CLOUDFRONT, 500), "fra: age: 500, and Cloudflare says UNCACHED", id="its-age"),
    pytest.param(
        behind("new", HIT, 500), "fra: x-cache: Hit from cloudfront, and Cloudflare says UNCACHED", id="new-still"
    ),
]


@pytest.mark.parametrize(("made", "line"), STRANGERS)
def test_a_copy_behind_what_is_never_kept_is_that_of_the_other_cdn(made: Case, line: str) -> None:
    told = diagnose(made)
    assert (Name.OTHER_CDN, Certainty.SEEN) == (told.cause.name, told.cause.certainty)
    assert told.cause.what.endswith("nobody purges it here, and it holds the copy that visitors get.")
    assert line in told.cause.evidence
    assert Name.UNCACHED not in [cause.name for cause in told.also]


PASSED = [
    pytest.param(behind("old", {**CLOUDFRONT, "x-cache": "Miss from cloudfront"}, 0), id="it-fetched-anew"),
    pytest.param(behind("old", HIT, inside={"x-cache": "HIT"}), id="the-origin-has-a-cache-of-its-own"),
    pytest.param(behind("old", {**RAY, "x-cache": "HIT"}), id="nobody-elses-mark"),
]


@pytest.mark.parametrize("made", PASSED)
def test_without_a_word_of_its_own_no_other_cdn_is_said_to_hold_it(made: Case) -> None:
    assert Name.UNCACHED is diagnose(made).cause.name


def test_what_is_not_the_origins_and_never_kept_comes_from_somebody_unknown() -> None:
    challenge = glance("fra", "wait", DYNAMIC, etag="", version="")
    told = diagnose(case(edge("fra", challenge))).cause
    assert (Name.UNCACHED, Certainty.LIKELY) == (told.name, told.certainty)
    assert "fra gives other bytes than the origin: something in between answers for it or rewrites it" in told.what
    assert "firewall" in told.what


@pytest.mark.parametrize("status", [302, 403, 503])
def test_a_refusal_is_not_what_the_origin_gives(status: int) -> None:
    refused = glance("fra", "wait", DYNAMIC, status=status, etag="", version="")
    told = diagnose(case(edge("fra", refused))).cause
    assert (Name.UNKNOWN, Certainty.POSSIBLE) == (told.name, told.certainty)


def anew(cached: Cached = Cached.MISS, name: str = "fra") -> Spot:
    return edge(name, glance(name, "old", cached, 50))


def test_what_is_fetched_anew_each_time_is_not_to_be_purged_at_the_edge() -> None:
    told = diagnose(case(anew(), anew(name="iad"), layers=[CLOUDFLARE])).cause
    assert (Name.UNCACHED, Certainty.LIKELY) == (told.name, told.certainty)
    assert (
        "fra and iad fetched the page anew each time, and what came from further in is not what the origin gives here:"
        " there is nothing to purge at these edges, and who gives the old page is not known." == told.what
    )
    line = '200 MISS, 50 s old, version "old"'
    assert f"fra and iad: {line}, then {line}" == told.evidence[0]
    assert told.cure is not None and f"check {URL}" == told.cure.line
    assert told.cure.says.endswith("shop names no cache further in, and a purge of the edge changes nothing here.")


def test_a_cache_further_in_that_is_new_is_not_who_gives_the_old_page() -> None:
    told = diagnose(case(anew(Cached.EXPIRED), shield("new"))).cause
    assert told.what.endswith("who gives the old page is not known. It does not come from Varnish, which is new.")
    assert told.cure is not None and f"check {URL}" == told.cure.line
    assert "shop names no cache further in but Varnish" in told.cure.says


def test_a_cache_further_in_that_nobody_could_ask_is_worth_a_purge() -> None:
    cure = diagnose(case(anew())).cause.cure
    assert cure is not None and ("Purge the caches further in", URL) == (cure.label, cure.line)


KEPT = [
    pytest.param(case(anew(), shield()), id="the-cache-further-in-holds-it"),
    pytest.param(case(anew(), edge("iad", glance("iad", "old", Cached.HIT, 9))), id="another-edge-keeps-it"),
    pytest.param(case(anew(Cached.REVALIDATED)), id="its-copy-was-confirmed"),
    pytest.param(case(anew(), purges=[ours(job())]), id="a-purge-had-emptied-it"),
]


@pytest.mark.parametrize("made", KEPT)
def test_where_something_keeps_it_a_purge_is_not_ruled_out(made: Case) -> None:
    assert Name.UNCACHED is not diagnose(made).cause.name


def unnamed(content: str) -> Glance:
    """An answer that is never kept, and names nothing of what it holds."""
    return glance("fra", content, DYNAMIC, etag="", version="")


BARE = origin(glance(ORIGIN, "new", etag="", version=""), glance(ORIGIN, "new", etag="", version=""))
FIREWALL = (
    "something in between answers for it or rewrites it, such as a firewall that asks visitors to wait, or a server"
    " that is not known here."
)


@pytest.mark.parametrize("turns", [("other", "new"), ("new", "other")])
def test_other_bytes_by_turns_are_told_whichever_comes_last(turns: tuple[str, str]) -> None:
    told = diagnose(case(edge("fra", *map(unnamed, turns)), BARE)).cause
    assert (Name.UNCACHED, Certainty.LIKELY) == (told.name, told.certainty)
    assert f"fra gives other bytes than the origin by turns: {FIREWALL}" in told.what
    assert "SHA-256 digest of ot…" in told.evidence[0]


PURGED = ours(replace(SAME_THEN, before=tuple(replace(unnamed("old").look, at=NOW - 303) for _ in range(2))))


def test_the_bytes_of_before_a_purge_are_told_as_those() -> None:
    told = diagnose(case(edge("fra", unnamed("old"), unnamed("old")), BARE, purges=[PURGED], layers=[CLOUDFLARE])).cause
    assert (Name.UNCACHED, Certainty.LIKELY) == (told.name, told.certainty)
    assert "fra gives the bytes of before P-1, which are not the origin's: a server or a cache further in is old" in (
        told.what
    )
    assert told.cure is not None and "mend what is old there" in told.cure.says


def test_the_bytes_of_before_a_purge_by_turns_with_the_new_ones_come_from_two_servers() -> None:
    found = case(edge("fra", unnamed("old"), unnamed("new")), BARE, purges=[PURGED], layers=[CLOUDFLARE])
    assert Name.DISAGREE is diagnose(found).cause.name


def test_other_bytes_than_before_a_purge_are_not_told_as_old() -> None:
    found = case(edge("fra", unnamed("wait"), unnamed("wait")), BARE, purges=[PURGED], layers=[CLOUDFLARE])
    assert FIREWALL in diagnose(found).cause.what
