"""Words for what is shown back."""

from __future__ import annotations

import pytest

from bot.domain.shown import count


@pytest.mark.parametrize(
    ("n", "expected"),
    [(0, "0 open jobs"), (1, "1 open job"), (2, "2 open jobs"), (1000, "1,000 open jobs")],
    ids=["none", "one", "two", "thousand"],
)
def test_one_is_one_and_others_are_many(n: int, expected: str) -> None:
    assert expected == count(n, "open job")


def test_an_irregular_plural_is_named() -> None:
    assert ("1 entry", "2 entries") == (count(1, "entry", "entries"), count(2, "entry", "entries"))
