"""What is counted of the past: exact numbers, and the one thing worth advice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.domain.stats import P95_LEAST, Ended, Hot, Stats, Times, count, hot, percentile, times_of

T = 1_800_000_000.0  # 2027-01-15 08:00 UTC, a Friday
DAY = 86_400.0
PAGE = Ended("url", ("U_MIA",), "slack", "fresh", True, T, 3.0, 0.0, ("https://www.shop.test/pricing",))

PERCENTILES = {
    "nothing": ([], 0.5, None),
    "one": ([7.0], 0.95, 7.0),
    "the middle of two": ([1.0, 2.0], 0.5, 1.0),
    "the middle of three": ([1.0, 2.0, 3.0], 0.5, 2.0),
    "19 of 20": ([float(n) for n in range(1, 21)], 0.95, 19.0),
    "96 of 101": ([float(n) for n in range(1, 102)], 0.95, 96.0),
    "all": ([1.0, 2.0, 3.0], 1.0, 3.0),
}


@pytest.mark.parametrize(("ordered", "share", "expected"), PERCENTILES.values(), ids=PERCENTILES)
def test_a_percentile_is_one_of_the_numbers(ordered: list[float], share: float, expected: float | None) -> None:
    assert expected == percentile(ordered, share)


def test_sums_are_exact_and_most_comes_first() -> None:
    jobs = [
        *[replace(PAGE, seconds=float(n)) for n in range(1, 19)],
        replace(PAGE, by=("token:ci",), source="api", outcome="stale", seconds=None),
        replace(PAGE, kind="everything", by=("U_LEA",), outcome="failed", seconds=None, created=T - DAY),
    ]
    assert count(jobs) == Stats(
        total=20,
        by={"U_MIA": 18, "U_LEA": 1, "token:ci": 1},
        kinds={"url": 19, "everything": 1},
        sources={"slack": 19, "api": 1},
        outcomes={"fresh": 18, "failed": 1, "stale": 1},
        proof=Times(18, 9.0, None),
        alone=Times(18, 9.0, None),
        hot=(Hot("/pricing", 19, 0.95),),
        spans=(("2027-01-14", {"failed": 1}), ("2027-01-15", {"fresh": 18, "stale": 1})),
    )


def test_only_what_ran_is_a_purge() -> None:
    states = ("denied", "cancelled", "expired", "open", "denied")
    emptied = replace(PAGE, kind="everything", by=("U_LEA",), ran=False, seconds=None)
    never = [replace(emptied, outcome=state) for state in states]
    cut = replace(PAGE, outcome="cancelled", seconds=None)
    counted = count([*never, PAGE, cut])
    assert {"denied": 2, "cancelled": 1, "expired": 1, "open": 1} == counted.not_run
    assert replace(count([PAGE, cut]), not_run=counted.not_run) == counted


def test_of_requests_that_never_ran_nothing_is_a_purge() -> None:
    assert Stats(total=0, not_run={"denied": 1}) == count([replace(PAGE, outcome="denied", ran=False, seconds=None)])


def test_what_ran_and_purged_nothing_is_no_purge() -> None:
    nothing = replace(PAGE, kind="everything", by=("U_LEA",), outcome="failed", seconds=None, gone=False)
    counted = count([PAGE, nothing, replace(nothing, outcome="cancelled"), nothing])
    assert replace(count([PAGE]), in_vain={"failed": 2, "cancelled": 1}) == counted


@pytest.mark.parametrize("outcome", ["open", "restored"])
def test_what_may_have_purged_something_is_a_purge(outcome: str) -> None:
    counted = count([replace(PAGE, outcome=outcome, seconds=None, gone=False)])
    assert (1, {outcome: 1}, {}) == (counted.total, counted.outcomes, counted.in_vain)


def test_everybody_who_asked_for_some_of_it_is_counted() -> None:
    counted = count([replace(PAGE, by=("U_MIA", "U_SAM")), PAGE])
    assert (2, {"U_MIA": 2, "U_SAM": 1}) == (counted.total, counted.by)


def test_waiting_for_people_is_told_apart() -> None:
    jobs = [replace(PAGE, seconds=3600.0, waited=3598.0), replace(PAGE, seconds=4.0), replace(PAGE, seconds=None)]
    counted = count(jobs)
    assert (Times(2, 4.0), 1, Times(2, 2.0)) == (counted.proof, counted.waited, counted.alone)


MEASURED = {
    "nothing": (0, Times()),
    "one": (1, Times(1, 1.0)),
    "one too few for a 95th percentile": (P95_LEAST - 1, Times(19, 10.0)),
    "just enough": (P95_LEAST, Times(20, 10.0, 19.0)),
}


@pytest.mark.parametrize(("n", "expected"), MEASURED.values(), ids=MEASURED)
def test_a_95th_percentile_wants_enough(n: int, expected: Times) -> None:
    assert expected == times_of(float(one) for one in range(n, 0, -1))


def test_of_nothing_everything_is_empty() -> None:
    assert Stats(total=0) == count([])


def test_a_long_time_is_told_by_weeks() -> None:
    counted = count([PAGE, replace(PAGE, created=T - 61 * DAY)])
    weeks = [begin for begin, _ in counted.spans]
    assert (True, "2026-11-09", "2027-01-11", 10) == (counted.weekly, weeks[0], weeks[-1], len(weeks))


def test_a_day_without_purges_is_told_too() -> None:
    counted = count([PAGE, replace(PAGE, created=T - 2 * DAY)])
    assert (("2027-01-13", {"fresh": 1}), ("2027-01-14", {}), ("2027-01-15", {"fresh": 1})) == counted.spans


def news(n: int) -> str:
    return f"https://www.shop.test/news/article-{n}?from=mail"


HOT: dict[str, tuple[Sequence[Sequence[str]], list[tuple[str, int]]]] = {
    "nothing": ([], []),
    "each once": ([["/a"], ["/b"]], []),
    "the same page on two hosts": ([["https://a.test/x"], ["https://b.test/x?y=1"]], [("/x", 2)]),
    "pages of one folder": ([[news(1)], [news(2)], [news(3)]], [("/news/*", 3)]),
    "many pages at once count once": ([[news(n) for n in range(20)], [news(1)]], [("/news/*", 2)]),
    "one page that makes most of its folder": (
        [[news(1)], [news(1)], [news(1)], [news(2)], [news(3)]],
        [("/news/article-1", 3)],
    ),
    "pages of the root are no folder": ([["/a"], ["/b"], ["/c"], ["/c"]], [("/c", 2)]),
    "tags": ([["tag news", "tag menu"], ["tag news"]], [("tag news", 2)]),
    "spoken paths are pages": ([["path /pricing"], ["https://www.shop.test/pricing"]], [("/pricing", 2)]),
    "the five first by number, then name": (
        [[name] for name in "fedcba" for _ in range(2)] + [["/z"]] * 3,
        [("/z", 3), ("a", 2), ("b", 2), ("c", 2), ("d", 2)],
    ),
}


@pytest.mark.parametrize(("jobs", "expected"), HOT.values(), ids=HOT)
def test_what_keeps_being_purged(jobs: Sequence[Sequence[str]], expected: list[tuple[str, int]]) -> None:
    assert expected == [(one.what, one.n) for one in hot(jobs)]


KINDS = {
    "everything": (replace(PAGE, kind="everything", targets=("",)), "everything"),
    "a tag": (replace(PAGE, kind="tag", targets=("news",)), "tag news"),
    "a prefix": (replace(PAGE, kind="prefix", targets=("www.shop.test/news/",)), "prefix www.shop.test/news/"),
    "a path": (replace(PAGE, kind="path", targets=("/pricing",)), "/pricing"),
}


@pytest.mark.parametrize(("job", "what"), KINDS.values(), ids=KINDS)
def test_a_single_target_is_told_with_its_kind(job: Ended, what: str) -> None:
    assert (Hot(what, 2, 1.0),) == count([job, job]).hot


ADVISED = {
    "much of enough": ([PAGE] * 5, "/pricing"),
    "of too few": ([PAGE] * 4, None),
    "too little of it": ([PAGE, PAGE, *(replace(PAGE, targets=(f"/{n}",)) for n in range(10))], None),
}


@pytest.mark.parametrize(("jobs", "what"), ADVISED.values(), ids=ADVISED)
def test_advice_is_about_much(jobs: Sequence[Ended], what: str | None) -> None:
    hottest = count(jobs).hottest
    assert what == (hottest.what if hottest else None)
