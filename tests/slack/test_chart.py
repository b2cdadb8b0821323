"""The chart of stats: a picture whatever was counted, and its numbers in words."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.domain.stats import Ended, count
from bot.slack.chart import ALT_MAX, alt_text, draw

T = 1_800_000_000.0
PAGE = Ended("url", ("U_MIA",), "slack", "fresh", True, T, 3.0, 0.0, ("https://www.shop.test/pricing",))
COUNTED: dict[str, Sequence[Ended]] = {
    "one": [PAGE],
    "a year": [
        replace(PAGE, created=T - n * 86_400.0, outcome=("fresh", "stale", "denied")[n % 3]) for n in range(365)
    ],
    "many people": [replace(PAGE, by=(f"U_{n}",)) for n in range(50)],
    "signs of formulas": [replace(PAGE, by=("$x_{1}$ $",), kind="tag", targets=("$\\frac{1}$",))] * 3,
    "letters that the font lacks": [replace(PAGE, by=("김🟢\u202e",), outcome="새")] * 3,
    "long names": [replace(PAGE, by=("n" * 300,), targets=(f"/{'p' * 900}",))] * 3,
}


@pytest.mark.parametrize("jobs", COUNTED.values(), ids=COUNTED)
def test_it_is_a_picture_of_the_same_size(jobs: Sequence[Ended]) -> None:
    picture = draw(count(jobs), {}, "Purges · on shop $ · in the last 30 days")
    assert (b"\x89PNG\r\n\x1a\n", (1170, 780)) == (picture[:8], struct.unpack(">II", picture[16:24]))


def test_its_words_hold_the_numbers() -> None:
    jobs = [PAGE] * 3 + [replace(PAGE, by=("token:ci",), outcome="failed", seconds=None)]
    jobs += [replace(PAGE, outcome="denied", ran=False, seconds=None)]
    assert alt_text(count(jobs), {"U_MIA": "Mia"}, "Purges · on shop") == (
        "Purges · on shop: proven fresh 3, stopped 1. By Mia 3, token ci 1. "
        "From request to proof: half within 3 s (p50), of 3 measured; p95 is told from 20 on. "
        "Asked for and not run: denied 1. "
        "What keeps being purged: /pricing 100 %."
    )


def test_its_words_fit() -> None:
    assert ALT_MAX == len(alt_text(count([PAGE]), {"U_MIA": "M" * 2000}, "Purges"))
