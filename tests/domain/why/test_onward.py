"""Why nobody gets to a page: redirects that lead round in a circle, or on and on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.proof.look import ORIGIN
from bot.domain.why import Case, Certainty, Glance, Name, diagnose
from bot.domain.why.cause import Cause
from bot.domain.why.onward import HOPS_MAX, followed, next_url
from bot.domain.why.spots import Hop
from providers.contract import Cached
from tests.domain.why.why_cases import URL, case, edge, glance, old, origin

A, B, C = URL, "https://www.shop.test/b", "https://www.shop.test/c"
ADDRESS = "https://10.0.0.2"


def sent(place: str, to: str, url: str = URL, cached: Cached = Cached.UNKNOWN) -> Glance:
    """A redirect, or a page where it leads nowhere."""
    if not to:
        return glance(place, "end", url=url)
    return glance(place, "", cached, status=301, headers={"location": to}, etag="", version="", digest="", url=url)


def led(*ways: tuple[str, str], url: str = URL) -> Case:
    """A case in which each URL leads to the next one, at the edge and at the origin."""
    (first, to), *more = ways
    truth = sent(ORIGIN, to, first)
    made = case(edge("fra", sent("fra", to, first)), origin(truth, truth), url=url)
    return replace(made, onward=tuple(Hop(there, sent("fra", goes, there)) for there, goes in more))


def told(*ways: tuple[str, str]) -> Cause:
    return diagnose(led(*ways)).cause


def chain(n: int) -> list[tuple[str, str]]:
    return [(f"{URL}{'/x' * i}", f"{URL}{'/x' * (i + 1)}") for i in range(n)]


CIRCLES = {
    "two": (
        [(A, B), (B, A)],
        f"to {B}, and that one back to the one that was asked for: a loop, on which browsers give up.",
    ),
    "three": (
        [(A, B), (B, C), (C, "/pricing")],
        f"to {B}, that one to {C}, and that one back to the one that was asked for: a loop, on which browsers give up.",
    ),
    "behind the first": (
        [(A, B), (B, C), (C, B)],
        f"to {B}, that one to {C}, and that one back to {B}: a loop, on which browsers give up.",
    ),
    "the last to itself": ([(A, B), (B, "/b#top")], f"to {B}, and that one to itself: a loop, on which browsers give"),
    "an empty query": ([(A, f"{A}?"), (f"{A}?", A)], f"to {A}?, and that one back to the one that was asked for: a"),
}


@pytest.mark.parametrize(("ways", "says"), CIRCLES.values(), ids=CIRCLES)
def test_redirects_that_lead_back_are_a_loop(ways: list[tuple[str, str]], says: str) -> None:
    cause = told(*ways)
    assert (Name.REDIRECTED, Certainty.SEEN) == (cause.name, cause.certainty)
    assert cause.what.startswith(f"This URL redirects (301) {says}")
    assert cause.cure is not None
    assert (f"check {URL}", True) == (cause.cure.line, cause.cure.says.startswith("Mend one of these redirects"))


def test_each_step_of_a_loop_is_shown() -> None:
    assert (f"fra: 301, to {B}", f"fra, {B}: 301, to {A}", f"origin: 301, to {B}") == told((A, B), (B, A)).evidence


def test_redirects_without_an_end_are_told() -> None:
    cause = told(*chain(HOPS_MAX + 1))
    assert (
        f"This URL redirects (301) on and on: 6 redirects one after the other lead to no page, the last one to"
        f" {URL}/x/x/x/x/x/x. Browsers give up on that after about 20."
    ) == cause.what


def test_a_chain_that_ends_leads_to_its_end() -> None:
    cause = told((A, B), (B, C), (C, ""))
    assert cause.what == f"This URL only redirects (301) to {B}, and holds no page itself."
    assert cause.cure is not None
    assert (f"why {C}", "Ask about the page that visitors end at: it was asked for once, and not compared.") == (
        cause.cure.line,
        cause.cure.says,
    )


HTTP = f"http{URL.removeprefix('https')}"


def test_from_https_to_http_is_a_loop_where_http_leads_back() -> None:
    cause = told((A, HTTP))
    assert (
        "This URL redirects (301) to itself over http. Where http visitors are sent to https, as is usual, that is a"
        " loop, on which browsers give up."
    ) == cause.what
    assert cause.cure is not None
    assert f"why {HTTP}" == cause.cure.line


def test_an_origin_that_sends_http_visitors_back_makes_that_loop_sure() -> None:
    (spot, truth) = led((A, HTTP)).spots
    asks = replace(truth.last, look=replace(truth.last.look, leads_to=A, over="http"))
    cause = diagnose(case(spot, origin(asks, asks))).cause
    assert "to itself over http. The origin sends http visitors back to https: a loop, on which" in cause.what


def test_from_http_to_https_and_back_is_a_loop() -> None:
    cause = diagnose(led((HTTP, A), (A, HTTP), url=HTTP)).cause
    assert f"This URL redirects (301) to {A}, and that one back to the one that was asked for: a loop" in cause.what


def test_an_old_copy_that_redirects_is_not_followed() -> None:
    made = case(edge("fra", sent("fra", B, cached=Cached.HIT)))
    assert followed(made) is None
    assert Name.CACHED_ERROR is diagnose(made).cause.name


def test_a_page_is_not_followed() -> None:
    assert followed(case(old())) is None


NEXT = {
    "another": (B, ADDRESS, B),
    "relative": ("/b?x=1#top", ADDRESS, f"{B}?x=1"),
    "elsewhere": ("https://evil.test/b", ADDRESS, ""),
    "with a password": ("https://me:secret@www.shop.test/b", ADDRESS, ""),
    "over http, where only https is taken": (HTTP, ADDRESS, ""),
    "over http, where DNS leads": (HTTP, "", HTTP),
    "itself": (A, ADDRESS, ""),
}


@pytest.mark.parametrize(("to", "address", "expected"), NEXT.values(), ids=NEXT)
def test_what_is_asked_for_next(to: str, address: str, expected: str) -> None:
    made = led((A, to))
    assert expected == next_url(made, made.spots[0].last, address)


def test_no_more_than_a_few_are_asked_for() -> None:
    made = led(*chain(HOPS_MAX + 1))
    assert "" == next_url(made, made.onward[-1].glance, ADDRESS)


def test_a_long_url_is_shown_whole_only_where_it_is_to_be_copied() -> None:
    there = f"https://www.shop.test/{'a' * 120}/end"
    cause = told((A, there))
    assert f"to https://www.shop.test/{'a' * 26}…{'a' * 24}/end, and holds no page itself." in cause.what
    assert there not in f"{cause.what} {cause.evidence} {diagnose(led((A, there))).way}"
    assert cause.cure is not None
    assert f"why {there}" == cause.cure.line
