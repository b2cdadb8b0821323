"""Calls made when they are looked at cannot be told from a list of them."""

from __future__ import annotations

import pytest

from providers.calls import Calls, joined, summed
from providers.contract import Call, Kind


def call(n: int, again_after: float = 0.0) -> Call:
    return Call(
        Kind.URL, "PURGE", f"/{n}", (f"https://w.test/{n}",), (("calls", 1), ("urls", n)), again_after=again_after
    )


LISTS = {
    "nothing": [],
    "one part": [[call(0), call(1)]],
    "several parts, one of them empty": [[call(0)], [], [call(1), call(2)], [call(3)]],
}


@pytest.mark.parametrize("parts", LISTS.values(), ids=LISTS)
def test_joined_calls_come_in_their_order_from_either_end(parts: list[list[Call]]) -> None:
    expected = [call for part in parts for call in part]
    found = joined([summed(part) for part in parts])
    assert (expected, expected[::-1], len(expected)) == (list(found), list(reversed(found)), len(found))
    assert expected == [found[n] for n in range(-len(expected), 0)]
    assert expected[1:3] == found[1:3]


def test_there_is_no_call_behind_the_last() -> None:
    with pytest.raises(IndexError):
        joined([summed([call(0)]), summed([call(1)])])[2]


def test_sums_count_second_passes_and_keep_the_longest_wait() -> None:
    found = joined([summed([call(2)]), summed([call(3, again_after=2.0), call(1, again_after=30.0)])])
    assert ({"calls": 5, "urls": 10}, 30.0) == (found.spent, found.again_after)


def test_calls_are_made_only_when_looked_at() -> None:
    made: list[int] = []

    def make(n: int) -> Call:
        made.append(n)
        return call(n)

    calls = joined([Calls(1_000_000, make, {"calls": 1_000_000}), summed([call(7)])])
    assert (1_000_001, 1_000_001) == (len(calls), summed(calls).spent["calls"])
    assert [] == made
    assert call(999_999) == calls[999_999]
    assert [999_999] == made


@pytest.mark.parametrize(
    ("other", "expected"),
    [([call(0), call(1)], True), ([call(0)], False), ([call(0), call(2)], False), (7, False)],
    ids=["the same calls", "fewer", "another", "no calls at all"],
)
def test_calls_equal_a_list_of_the_same(other: object, expected: bool) -> None:
    assert expected == (Calls(2, call, {}) == other)
