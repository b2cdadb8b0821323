"""Words for what is shown back."""

from __future__ import annotations

import pytest

from bot.domain.shown import count, in_part


@pytest.mark.parametrize(
    ("n", "expected"),
    [(0, "0 open jobs"), (1, "1 open job"), (2, "2 open jobs"), (1000, "1,000 open jobs")],
    ids=["none", "one", "two", "thousand"],
)
def test_one_is_one_and_others_are_many(n: int, expected: str) -> None:
    assert expected == count(n, "open job")


def test_an_irregular_plural_is_named() -> None:
    assert ("1 entry", "2 entries") == (count(1, "entry", "entries"), count(2, "entry", "entries"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("as it is", "as it is", id="short"),
        pytest.param("which the purge did not reach", "which the purge…", id="within a word"),
        pytest.param("which the purge: it did not", "which the purge…", id="behind a colon"),
        pytest.param("x" * 30, "x" * 17 + "…", id="one word"),
    ],
)
def test_prose_is_cut_behind_a_word_and_marked(text: str, expected: str) -> None:
    assert expected == in_part(text, 18)
