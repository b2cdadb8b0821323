"""Times as people type them: every way to write one, what is none, and that each reads back as itself."""

from __future__ import annotations

import pytest

from bot.domain.command import Command, Misunderstood, Speaker, line_of, parse
from bot.domain.site import Site
from bot.domain.when import length, read_when, written

SHOP = Speaker([Site("shop", ("www.shop.test",), channel="C_SHOP")], "C_SHOP")

WRITTEN = [
    ("in 10m /a", "in 10m"),
    ("in 10 minutes /a", "in 10m"),
    ("in an hour /a", "in 1h"),
    ("in 90m /a", "in 1h30m"),
    ("in 1h30m /a", "in 1h30m"),
    ("/a in 2d", "in 2d"),
    ("/a --in 10m", "in 10m"),
    ("/a --in=10m", "in 10m"),
    ("purge in 10m /a", "in 10m"),
    ("at 9:00 /a", "at 09:00"),
    ("at 09:00:00 /a", "at 09:00"),
    ("at 09:00:30 /a", "at 09:00:30"),
    ("at tomorrow 09:00 /a", "at tomorrow 09:00"),
    ("at 09:00 tomorrow /a", "at tomorrow 09:00"),
    ("at 2026-12-01 09:00 /a", "at 2026-12-01 09:00"),
    ("at 2026-12-01T09:00Z /a", "at 2026-12-01 09:00 Z"),
    ("at 2026-12-01T09:00:00+01:00 /a", "at 2026-12-01 09:00 +01:00"),
    ("at 09:00 Europe/Berlin /a", "at 09:00 Europe/Berlin"),
    ("at 09:00 UTC /a", "at 09:00 UTC"),
    ("/a at 09:00 because embargo at 10:00", "at 09:00"),
    ('/a --at="tomorrow 09:00"', "at tomorrow 09:00"),
]


@pytest.mark.parametrize(("line", "expected"), WRITTEN, ids=[line for line, _ in WRITTEN])
def test_every_way_to_write_a_time_reads_back(line: str, expected: str) -> None:
    command = parse(line, SHOP)
    assert isinstance(command, Command)
    assert (expected, ["/a"]) == (command.when, [target.value for target in command.targets])
    assert command == parse(line_of(command, SHOP), SHOP)


NO_TIMES = [
    "in", "at", "in 10", "in /a", "at /a", "at 25:00 /a", "at 09:60 /a", "at 2026-02-30 09:00 /a",
    "at 0001-01-01 00:00 /a", "at tomorrow /a",
    "/a in 10m at 09:00", "/a in 10m in 20m", "/a --at=soon", "at 09:00", "check /a in 10m", "in 10m /a --queue",
]  # fmt: skip


@pytest.mark.parametrize("line", NO_TIMES)
def test_what_is_no_time_is_asked_back(line: str) -> None:
    assert isinstance(parse(line, SHOP), Misunderstood)


WORDS = [("tag at", "at"), ("tag in", "in"), ("tag in, on shop", "in")]


@pytest.mark.parametrize(("line", "tag"), WORDS, ids=[line for line, _ in WORDS])
def test_a_tag_may_still_be_called_so(line: str, tag: str) -> None:
    command = parse(line, SHOP)
    assert isinstance(command, Command)
    assert ("", [tag]) == (command.when, [target.value for target in command.targets])
    assert command == parse(line_of(command, SHOP), SHOP)


def test_what_is_no_time_is_written_as_it_stands() -> None:
    assert (None, "at noon") == (read_when("at noon"), written("at noon"))


LENGTHS = [
    (0.2, "0 s"),
    (10.0, "10 s"),
    (90.0, "1 min 30 s"),
    (599.6, "10 min"),
    (5400.0, "1 h 30 min"),
    (424_800.0, "4 d 22 h"),
]


@pytest.mark.parametrize(("seconds", "expected"), LENGTHS, ids=[told for _, told in LENGTHS])
def test_lengths_are_told_in_two_units(seconds: float, expected: str) -> None:
    assert expected == length(seconds)
