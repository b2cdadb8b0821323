"""A page that is not there at either end is named, and one that is or was there is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from bot.domain.proof.absent import absent
from bot.domain.proof.look import ORIGIN, Look

URL = "https://www.shop.test/prcing"


def look(place: str, status: int, problem: str = "") -> Look:
    return Look(place, URL, 0.0, status, problem=problem)


SEEN: dict[str, tuple[Sequence[Look], Sequence[Look], Mapping[str, int]]] = {
    "404 at both ends": ([look("fra", 404), look("iad", 404), look(ORIGIN, 404)], [], {URL: 404}),
    "410 at both ends": ([look("fra", 410), look(ORIGIN, 410)], [], {URL: 410}),
    "one place did not answer": ([look("fra", 404), look("iad", 0, "late"), look(ORIGIN, 404)], [], {URL: 404}),
    "it was not there before either": ([look("fra", 404), look(ORIGIN, 404)], [look("fra", 404)], {URL: 404}),
    "it was there before": ([look("fra", 404), look(ORIGIN, 404)], [look("fra", 200)], {}),
    "another word at the origin": ([look("fra", 404), look(ORIGIN, 410)], [], {}),
    "there at one place": ([look("fra", 200), look("iad", 404), look(ORIGIN, 404)], [], {}),
    "no look at the origin": ([look("fra", 404)], [], {}),
    "no place": ([look(ORIGIN, 404)], [], {}),
    "another error": ([look("fra", 500), look(ORIGIN, 500)], [], {}),
    "there": ([look("fra", 200), look(ORIGIN, 200)], [], {}),
}


@pytest.mark.parametrize(("looks", "before", "expected"), SEEN.values(), ids=SEEN)
def test_what_is_not_there(looks: Sequence[Look], before: Sequence[Look], expected: Mapping[str, int]) -> None:
    assert expected == absent(looks, before)
