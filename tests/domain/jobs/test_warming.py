"""When a copy counts as warm, what is asked once and what twice, and when nothing more is asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.answers.answer import Answer
from bot.domain.jobs.warming import (
    Copy,
    Spot,
    Warming,
    Warmth,
    as_origin_has,
    first_says,
    is_down,
    is_too_much,
    not_compared,
    pause_after,
    second_says,
    slow_after,
    variants_to_warm,
)
from bot.domain.proof.look import Look
from providers.contract import Cached

A, B = "https://www.shop.test/a", "https://www.shop.test/b"
SPOT = Spot(A, "fra")
MOBILE = (("CF-Device-Type", "mobile"),)


def answer(cache_control: str = "", status: int = 200) -> Answer:
    headers = (("cache-control", cache_control),) if cache_control else ()
    return Answer(A, "fra", 0.0, status, headers)


def look(cached: Cached, says: str = "", status: int = 200, problem: str = "") -> Look:
    return Look("fra", A, 0.0, 0 if problem else status, cached=cached, says=says, problem=problem)


FIRST = {
    "a hit is enough": (answer(), look(Cached.HIT, "HIT"), Warmth.ALREADY, "HIT"),
    "a hit is believed though browsers are told otherwise": (
        answer("private, no-store"), look(Cached.HIT, "HIT"), Warmth.ALREADY, "HIT",
    ),
    "private": (answer("max-age=0, Private"), look(Cached.MISS), Warmth.FOR_ONE, "Cache-Control: private"),
    "private by name of a field": (answer('private="x"'), look(Cached.MISS), Warmth.FOR_ONE, "Cache-Control: private"),
    "never stored": (answer("no-store"), look(Cached.UNKNOWN), Warmth.FOR_ONE, "Cache-Control: no-store"),
    "the cache says that it keeps none": (answer(), look(Cached.UNCACHED, "DYNAMIC"), Warmth.NOT_KEPT, "DYNAMIC"),
    "not found": (answer(status=404), look(Cached.MISS, status=404), Warmth.NO_PAGE, "404"),
    "a hit of what is not found is no page": (answer(status=404), look(Cached.HIT, status=404), Warmth.NO_PAGE, "404"),
    "no answer": (answer(), look(Cached.UNKNOWN, problem="no answer in time"), Warmth.SILENT, "no answer in time"),
}  # fmt: skip


@pytest.mark.parametrize(("told", "seen", "warmth", "says"), FIRST.values(), ids=FIRST)
def test_the_first_answer_settles_it(told: Answer, seen: Look, warmth: Warmth, says: str) -> None:
    assert Copy(A, "fra", warmth, says) == first_says(SPOT, told, seen)


@pytest.mark.parametrize(
    "cached", [Cached.MISS, Cached.EXPIRED, Cached.REVALIDATED, Cached.STALE, Cached.UNKNOWN], ids=str
)
def test_a_second_answer_is_wanted(cached: Cached) -> None:
    assert first_says(SPOT, answer("public, max-age=60"), look(cached)) is None


def challenge(status: int) -> Answer:
    return Answer(A, "fra", 0.0, status, (("cf-mitigated", "challenge"),))


ASKS = "Cloudflare's firewall asks for a proof of being no robot"


@pytest.mark.parametrize("status", [200, 302, 403])
def test_a_challenge_is_no_page_and_names_the_firewall(status: int) -> None:
    expected = Copy(A, "fra", Warmth.NO_PAGE, f"{status}: {ASKS}")
    seen = look(Cached.UNKNOWN, status=status)
    assert expected == first_says(SPOT, challenge(status), seen) == second_says(SPOT, challenge(status), seen)


def test_a_refusal_names_the_firewall_whose_mark_it_bears() -> None:
    refused = Answer(A, "fra", 0.0, 403, (("x-iinfo", "1-2-3"),))
    told = first_says(SPOT, refused, look(Cached.UNKNOWN, status=403))
    assert told is not None and "403: Imperva's firewall may have refused this machine" == told.says


def test_a_warming_that_a_firewall_ends_says_so() -> None:
    assert f"fra answered 503: {ASKS}" == is_too_much([challenge(503)])


def test_an_origin_behind_a_challenge_is_not_down_and_proves_no_copy_old() -> None:
    asks = replace(look(Cached.UNKNOWN, status=503), guard="Cloudflare")
    assert "" == is_down(challenge(503))
    copy, page = Copy(A, "fra", Warmth.KEPT, "HIT"), replace(asks, status=200)
    assert copy == as_origin_has(copy, kept(), (replace(page, place="origin"),) * 2)


IMPERVA = (("x-iinfo", "1-2-3"),)


@pytest.mark.parametrize("status", [500, 502, 503])
def test_an_origin_behind_a_firewall_that_answers_with_an_error_may_answer_caches(status: int) -> None:
    assert "" == is_down(Answer(A, "origin", 0.0, status, IMPERVA))


@pytest.mark.parametrize("headers", [(), (("server", "nginx"),)])
def test_an_origin_that_fails_by_itself_is_down(headers: tuple[tuple[str, str], ...]) -> None:
    assert is_down(Answer(A, "origin", 0.0, 503, headers)).startswith("the origin answers 503, so nothing new")


def test_an_origin_that_cloudflare_cannot_reach_is_down() -> None:
    assert is_down(Answer(A, "origin", 0.0, 522, (("cf-ray", "8f2c-FRA"), ("server", "cloudflare"))))


UNCOMPARED = {
    "a challenge": (403, (("cf-mitigated", "challenge"),), ASKS),
    "a refusal": (403, IMPERVA, "it answers 403, by which Imperva's firewall may have refused this machine"),
    "an error": (502, IMPERVA, "it answers 502, and Imperva's firewall may have answered that itself"),
    "the origin's own": (403, (), ""),
    "the page": (200, IMPERVA, ""),
}


@pytest.mark.parametrize(("status", "headers", "why"), UNCOMPARED.values(), ids=UNCOMPARED)
def test_a_kept_copy_says_which_firewall_answered_in_the_origins_place(
    status: int, headers: tuple[tuple[str, str], ...], why: str
) -> None:
    copy = Copy(A, "fra", Warmth.KEPT, "HIT")
    assert replace(copy, why=why) == not_compared(copy, [Answer(A, "origin", 0.0, status, headers)])


SECOND = {
    "kept now": (look(Cached.HIT, "HIT"), Warmth.KEPT, "HIT"),
    "kept, and asked whether it changed": (look(Cached.REVALIDATED, "REVALIDATED"), Warmth.KEPT, "REVALIDATED"),
    "missed again": (look(Cached.MISS, "MISS"), Warmth.NOT_KEPT, "MISS"),
    "missed again, without a word of its own": (look(Cached.MISS), Warmth.NOT_KEPT, "MISS"),
    "a copy beyond its time": (look(Cached.STALE, "STALE"), Warmth.EXPIRED, "STALE"),
    "says nothing": (look(Cached.UNKNOWN), Warmth.UNSAID, ""),
    "no answer": (look(Cached.UNKNOWN, problem="connection refused"), Warmth.SILENT, "connection refused"),
    "gone in between": (look(Cached.MISS, status=503), Warmth.NO_PAGE, "503"),
}


@pytest.mark.parametrize(("seen", "warmth", "says"), SECOND.values(), ids=SECOND)
def test_the_second_answer_settles_the_rest(seen: Look, warmth: Warmth, says: str) -> None:
    assert Copy(A, "fra", warmth, says) == second_says(SPOT, answer(status=seen.status), seen)


def warming(urls: int = 2, places: int = 2, variants: int = 1) -> Warming:
    asked = ((), MOBILE)[:variants]
    return Warming("shop", "U_MIA", (A, B)[:urls], ("fra", "iad")[:places], 0.0, asked)


def test_a_place_is_warmed_whole_before_the_next() -> None:
    all_spots = warming(variants=2)
    expected = [Spot(u, p, v) for p in ("fra", "iad") for u in (A, B) for v in ((), MOBILE)]
    assert (expected, 16) == ([all_spots.spot(n) for n in range(all_spots.total)], all_spots.most)


def test_one_page_is_never_asked_for_at_two_places_at_once() -> None:
    assert (Spot(A, "fra"),) == warming(urls=1).next_spots()
    assert (Spot(A, "fra"), Spot(B, "fra")) == warming().next_spots()


def test_what_is_for_one_visitor_alone_at_one_place_is_asked_for_at_no_other() -> None:
    found = Copy(A, "fra", Warmth.FOR_ONE, "Cache-Control: private")
    known = Warming("shop", "U_MIA", (A,), ("fra", "iad"), 0.0, found=(found,))
    assert Copy(A, "iad", Warmth.FOR_ONE, "Cache-Control: private") == known.known(Spot(A, "iad"))
    assert known.known(Spot(A, "iad", MOBILE)) is None
    assert known.known(Spot(B, "iad")) is None


def test_variants_of_those_who_are_signed_in_are_left_alone() -> None:
    variants = [{"CF-Device-Type": "mobile"}, {"authorization": "x"}, {"Cookie": "a=b"}, {"CF-Device-Type": "mobile"}]
    assert (((), MOBILE), True) == variants_to_warm(variants)
    assert (((),), False) == variants_to_warm([])


@pytest.mark.parametrize(
    ("status", "expected"),
    [(200, ""), (404, ""), (429, "fra answered 429"), (500, "fra answered 500"), (503, "fra answered 503")],
)
def test_an_origin_in_trouble_ends_it(status: int, expected: str) -> None:
    assert expected == is_too_much([answer(), answer(status=status)])


def test_slow_answers_in_a_row_are_counted_and_copies_say_nothing_of_the_origin() -> None:
    miss, hit = look(Cached.MISS), look(Cached.HIT)
    assert [1, 2, 0, 1] == [
        slow_after(0, 3.0, miss), slow_after(1, 4.0, miss), slow_after(1, 0.1, miss), slow_after(1, 0.1, hit),
    ]  # fmt: skip


@pytest.mark.parametrize(("took", "pause"), [(0.0, 0.1), (0.4, 0.4), (5.0, 1.0)])
def test_the_slower_the_answers_the_longer_the_pauses(took: float, pause: float) -> None:
    assert pause == pause_after(took)


def kept(etag: str = '"b7"', digest: str = "new", packed: str = "") -> Look:
    return Look("fra", A, 10.0, 200, etag, digest=digest, packed=packed, cached=Cached.HIT, says="HIT")


def large(etag: str, length: int) -> Look:
    return replace(kept(etag, ""), begins=("a", "b"), size=3_000_000, length=length)


TORN = "fra serves other bytes than the origin under the same ETag"
BESIDE = {
    "the origin's": (kept(), kept(), Warmth.KEPT, ""),
    "old": (kept('"a1"', "old"), kept(), Warmth.OLD, ""),
    "in an encoding that is not known": (
        kept(digest="zzz", packed="foo"), kept(), Warmth.UNCLEAR,
        "fra answers in an encoding that cannot be read here (foo)",
    ),
    "other bytes under one ETag": (kept(digest="old"), kept(), Warmth.UNCLEAR, TORN),
    "of another length": (large('"b7"', 3), large('"b7"', 4), Warmth.UNCLEAR, TORN),
    "a part": (
        replace(kept(), status=206), kept(), Warmth.UNCLEAR,
        "fra answered with a part of the page (206), though all of it was asked for",
    ),
    "a redirect": (replace(kept(), status=301), replace(kept(), status=301), Warmth.KEPT, ""),
    "asked without TLS, which it wants": (
        replace(kept(), status=301, over="http", leads_to=A), kept(), Warmth.KEPT, "",
    ),
    "the origin cannot be asked": (kept(), replace(kept(), problem="connection refused"), Warmth.KEPT, ""),
    "the origin is in trouble": (kept(), replace(kept(), status=503), Warmth.KEPT, ""),
}  # fmt: skip


@pytest.mark.parametrize(("seen", "origin", "warmth", "why"), BESIDE.values(), ids=BESIDE)
def test_a_kept_copy_is_held_against_the_origin(seen: Look, origin: Look, warmth: Warmth, why: str) -> None:
    found = as_origin_has(Copy(A, "fra", Warmth.KEPT, "HIT"), seen, [replace(origin, place="origin")] * 2)
    assert Copy(A, "fra", warmth, "HIT", why=why) == found
