"""A delivery's mark fits what the door stored, nothing else; a change of the secret loses nothing under way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from bot.ledger.intake import Delivery
from bot.slack.deliveries import COMMAND, OPENING
from bot.slack.marks import BEFORE_SECONDS, Marks

NOW = 1_800_000_000.25
BODY: Mapping[str, object] = {"user": "U_SAM", "text": "approve P-1 \ud800é", "fields": {"a": ["b"]}, "home": False}


def stored(marks: Marks) -> Delivery:
    return Delivery("command 1", COMMAND, BODY, NOW, 0, False, mark=marks.make("command 1", COMMAND, BODY, NOW))


def test_what_the_door_stored_fits() -> None:
    marks = Marks("secret")
    assert marks.fits(stored(marks), NOW)


OTHERS = [
    pytest.param(lambda told: replace(told, key="command 2"), id="another-key"),
    pytest.param(lambda told: replace(told, kind="slack.mention"), id="another-kind"),
    pytest.param(lambda told: replace(told, body={**BODY, "user": "U_KIM"}), id="another-person"),
    pytest.param(lambda told: replace(told, body={**BODY, "text": "approve P-2"}), id="other-words"),
    pytest.param(lambda told: replace(told, at=NOW + 1), id="another-time"),
    pytest.param(lambda told: replace(told, mark=""), id="no-mark"),
]


@pytest.mark.parametrize("change", OTHERS)
def test_anything_else_does_not(change: Callable[[Delivery], Delivery]) -> None:
    marks = Marks("secret")
    assert not marks.fits(change(stored(marks)), NOW)


def test_of_another_secret_it_does_not_fit() -> None:
    assert not Marks("secret").fits(stored(Marks("another")), NOW)


def test_without_a_secret_nothing_fits() -> None:
    assert not Marks("").fits(stored(Marks("")), NOW)


def test_after_a_change_of_the_secret_what_is_under_way_fits_for_a_while() -> None:
    marks = Marks("secret")
    before = stored(marks)
    marks.become("new", NOW)
    after = stored(marks)
    late = NOW + BEFORE_SECONDS
    assert (True, False) == (marks.fits(before, late - 1), marks.fits(before, late))
    assert (True, True) == (marks.fits(after, NOW), marks.fits(after, late))


def test_a_reload_with_the_same_secret_changes_nothing() -> None:
    marks = Marks("secret")
    before = stored(marks)
    marks.become("secret", NOW)
    assert marks.fits(before, NOW + BEFORE_SECONDS)


def test_what_asks_for_no_deed_needs_none() -> None:
    assert Marks("secret").fits(Delivery("event 1", OPENING, {}, NOW, 0, False), NOW)
