"""Places in words: by their data centres, where those have other names, and as one where one data centre answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from bot.domain.proof.look import Look
from bot.domain.proof.places import named, named_one

URL = "https://www.shop.test/a"


def at(place: str, *centres: str, problem: str = "") -> list[Look]:
    return [
        Look(place, URL, 0.0, 200, seen_at=centre, problem=problem, also_at=centres[1:])
        for centre in centres[:1] or [""]
    ]


SAID: Mapping[str, tuple[Sequence[Look], Sequence[str]]] = {
    "as they are called": ([*at("fra", "FRA"), *at("iad", "IAD")], ["fra", "iad"]),
    "with a number": (at("fra", "FRA56-P1"), ["fra"]),
    "with a mark before it": (at("fra", "A-FRA"), ["fra"]),
    "nothing is said": ([*at("fra"), *at("iad")], ["fra", "iad"]),
    "another data centre": ([*at("fra", "FRA"), *at("iad", "MAD")], ["fra", "iad at MAD"]),
    "two of one place": (at("fra", "FRA", "MAD"), ["fra at FRA and MAD"]),
    "one data centre for two": ([*at("fra", "FRA"), *at("iad", "fra")], ["fra and iad at FRA (one data centre)"]),
    "and a third place": (
        [*at("fra", "FRA"), *at("sin", "SIN"), *at("iad", "FRA")], ["fra and iad at FRA (one data centre)", "sin"],
    ),
    "of many": (
        [look for n in range(6) for look in at(f"e{n}", "FRA")], ["e0, e1, e2 and 3 more at FRA (one data centre)"],
    ),
    "the provider's own": ([*at("fra", "FRA"), *at("Fastly FRA", "FRA")], ["fra", "Fastly FRA"]),
    "no answer": (at("iad", "FRA", problem="connection refused"), ["iad"]),
    "a name that only begins alike": (at("f", "FRA"), ["f at FRA"]),
}  # fmt: skip


@pytest.mark.parametrize(("looks", "expected"), SAID.values(), ids=SAID)
def test_places_are_named_by_what_their_answers_say(looks: Sequence[Look], expected: Sequence[str]) -> None:
    assert tuple(expected) == named(list(dict.fromkeys(look.place for look in looks)), looks)


def test_a_place_that_nobody_looked_at_keeps_its_name() -> None:
    assert ("8 of 9 probes in 6 countries",) == named(["8 of 9 probes in 6 countries"], at("fra", "MAD"))


def test_one_place_is_named_so_too() -> None:
    assert "iad at FRA" == named_one("iad", at("iad", "FRA"))
