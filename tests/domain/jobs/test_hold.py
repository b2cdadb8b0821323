"""Holds lie on one another: nobody ends another's by laying one of their own on it."""

from __future__ import annotations

import pytest

from bot.domain.grammar.command import Command, Speaker, Verb, line_of, parse
from bot.domain.jobs.hold import Hold, laid, lifted, standing
from tests.domain.people import MIA

LEAS = Hold("shop", "U_LEA", "a deploy", 100.0, 500.0)
MIAS = Hold("shop", "U_MIA", "an incident", 200.0, 300.0)
LONG = Hold("shop", "U_LEA", "a longer deploy", 250.0)


def test_the_latest_hold_is_on_top_and_the_other_lies_under_it() -> None:
    assert laid(MIAS, LEAS, 200.0) == Hold("shop", "U_MIA", "an incident", 200.0, 300.0, under=LEAS)


def test_a_second_hold_of_the_same_person_takes_the_place_of_the_first() -> None:
    assert laid(LONG, laid(MIAS, LEAS, 200.0), 250.0) == Hold("shop", "U_LEA", "a longer deploy", 250.0, None, MIAS)


def test_what_lies_under_a_hold_stands_when_it_ends() -> None:
    assert standing(laid(MIAS, LEAS, 200.0), 300.0) == LEAS


def test_what_lies_under_a_hold_stands_when_it_is_lifted() -> None:
    assert lifted(laid(MIAS, LEAS, 200.0), "U_MIA", 250.0) == LEAS


def test_who_lies_under_another_may_lift_their_own() -> None:
    assert lifted(laid(MIAS, LEAS, 200.0), "U_LEA", 250.0) == MIAS


@pytest.mark.parametrize(("now", "expected"), [(499.0, LEAS), (500.0, None)], ids=["before its end", "at its end"])
def test_a_hold_ends_at_its_time(now: float, expected: Hold | None) -> None:
    assert standing(LEAS, now) == expected


@pytest.mark.parametrize(
    "typed",
    [
        "hold shop for 2h because x",
        "hold shop for 2 hours because x",
        "hold for two hours shop because x",
        "hold shop for 120 minutes, because x",
        "hold shop because x --for '2 hours'",
    ],
)
def test_how_long_may_be_written_out(typed: str) -> None:
    assert Command(Verb.HOLD, site="shop", reason="x", seconds=7200.0) == parse(typed, MIA)


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(Command(Verb.HOLD, site="shop", reason="a deploy", seconds=7200.0), id="for a time"),
        pytest.param(Command(Verb.HOLD, reason="it's a “sale” for all", everywhere=True), id="all"),
        pytest.param(Command(Verb.RELEASE, site="shop"), id="release"),
        pytest.param(Command(Verb.RELEASE, everywhere=True), id="release of all"),
    ],
)
def test_a_hold_is_read_back_from_its_line(command: Command) -> None:
    assert parse(line_of(command, MIA), Speaker(MIA.sites)) == command
