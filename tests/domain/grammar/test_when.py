"""Times as people type them: every way to write one, what is none, and that each reads back as itself."""

from __future__ import annotations

import pytest

from bot.domain.grammar.command import Command, Misunderstood, Speaker, line_of, parse
from bot.domain.grammar.when import read_when, written
from bot.domain.site import Site

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
    ("at 2026-12-01T09:00 Europe/Berlin /a", "at 2026-12-01 09:00 Europe/Berlin"),
    ("at 09:00 Europe/Berlin /a", "at 09:00 Europe/Berlin"),
    ("at 09:00 UTC /a", "at 09:00 UTC"),
    ("/a at 09:00 because embargo at 10:00", "at 09:00"),
    ('/a --at="tomorrow 09:00"', "at tomorrow 09:00"),
    ("at 09:00 /a Europe/Berlin", "at 09:00 Europe/Berlin"),
    ("Europe/Berlin at 09:00 /a", "at 09:00 Europe/Berlin"),
    ("at 09:00 tomorrow Europe/Berlin /a", "at tomorrow 09:00 Europe/Berlin"),
    ("at 09:00 /a tomorrow Europe/Berlin", "at tomorrow 09:00 Europe/Berlin"),
    ("at 09:00 /a CET soft", "at 09:00 CET"),
    ("at 09:00 /a utc", "at 09:00 utc"),
    ("at 09:00 /a +01:00", "at 09:00 +01:00"),
    ("at 09:00 /a -05:00", "at 09:00 -05:00"),
    ("at 09:00 path /a Europe/Berlin", "at 09:00 Europe/Berlin"),
    ("at 09:00 SOFT /a", "at 09:00"),
    ("at 09:00 pm /a", "at 21:00"),
    ("/a at 9pm", "at 21:00"),
    ("/a at 12 am", "at 00:00"),
    ("/a at 12:30:15 p.m. Europe/Berlin", "at 12:30:15 Europe/Berlin"),
]


@pytest.mark.parametrize(("line", "expected"), WRITTEN, ids=[line for line, _ in WRITTEN])
def test_every_way_to_write_a_time_reads_back(line: str, expected: str) -> None:
    command = parse(line, SHOP)
    assert isinstance(command, Command)
    assert (expected, ["/a"]) == (command.when, [target.value for target in command.targets])
    assert command == _again(command)


def _again(command: Command) -> Command:
    again = parse(line_of(command, SHOP), SHOP)
    assert isinstance(again, Command)
    return again


NO_TIMES = [
    "in", "at", "in 10", "in /a", "at /a", "at 25:00 /a", "at 09:60 /a", "at 2026-02-30 09:00 /a",
    "at 0001-01-01 00:00 /a", "at tomorrow /a",
    "/a in 10m at 09:00", "/a in 10m in 20m", "/a --at=soon", "at 09:00", "check /a in 10m", "in 10m /a --queue",
]  # fmt: skip


@pytest.mark.parametrize("line", NO_TIMES)
def test_what_is_no_time_is_asked_back(line: str) -> None:
    assert isinstance(parse(line, SHOP), Misunderstood)


LIKE = "at 02:00, at tomorrow 09:00 or at 2026-12-01 09:00:00 Europe/Berlin"
HALF_READ = [
    (
        "at 09:00 01/12/2026 /a",
        "`01/12/2026` is not read as a day, since it may be two: "
        "write `at 2026-12-01 09:00` or `at 2026-01-12 09:00`.\n"
        "Copy: `/purge at 2026-12-01 09:00 /a`\nCopy: `/purge at 2026-01-12 09:00 /a`",
        ["at 2026-12-01 09:00 /a", "at 2026-01-12 09:00 /a"],
    ),
    (
        "plan /a at 1-12-26 09:00 soft Europe/Berlin",
        "`1-12-26` is not read as a day, since it may be two: write `at 2026-12-01 09:00 Europe/Berlin` or "
        "`at 2026-01-12 09:00 Europe/Berlin`.\nCopy: `/purge plan /a at 2026-12-01 09:00 Europe/Berlin soft`\n"
        "Copy: `/purge plan /a at 2026-01-12 09:00 Europe/Berlin soft`",
        ["plan /a at 2026-12-01 09:00 Europe/Berlin soft", "plan /a at 2026-01-12 09:00 Europe/Berlin soft"],
    ),
    (
        "at 13/12/2026 09:00 /a",
        "`13/12/2026` is not read as a day: write `at 2026-12-13 09:00`.\nCopy: `/purge at 2026-12-13 09:00 /a`",
        ["at 2026-12-13 09:00 /a"],
    ),
    (
        "at 1.12.2026 09:00 /a",
        "`1.12.2026` is not read as a day: write `at 2026-12-01 09:00`.\nCopy: `/purge at 2026-12-01 09:00 /a`",
        ["at 2026-12-01 09:00 /a"],
    ),
    ("at 09:00 /a 31/02/2026", f"`31/02/2026` is no day. Write it like {LIKE}.", []),
    (
        "at 09:00 UTC /a Europe/Berlin",
        "The time has two zones: `UTC` and `Europe/Berlin`.\nCopy: `/purge at 09:00 UTC /a`\n"
        "Copy: `/purge at 09:00 Europe/Berlin /a`",
        ["at 09:00 UTC /a", "at 09:00 Europe/Berlin /a"],
    ),
    (
        "at 09:00 today /a tomorrow",
        "The time has two days: `today` and `tomorrow`.\nCopy: `/purge at today 09:00 /a`\n"
        "Copy: `/purge at tomorrow 09:00 /a`",
        ["at today 09:00 /a", "at tomorrow 09:00 /a"],
    ),
    (
        "at 09:00 tag news Europe/Berlin",
        "`Europe/Berlin` may belong to the time, or be one more tag.\n"
        'Copy: `/purge at 09:00 Europe/Berlin tag news`\nCopy: `/purge at 09:00 tag news "Europe/Berlin"`',
        ["at 09:00 Europe/Berlin tag news", 'at 09:00 tag news "Europe/Berlin"'],
    ),
    ("at 09:00 /a Monday", f"I cannot tell what `Monday` is beside `at 09:00`. A time is written like {LIKE}.", []),
    ("at 09:00 12/01 /a", f"I cannot tell what `12/01` is beside `at 09:00`. A time is written like {LIKE}.", []),
    ("in 10m /a Mars/X", f"I cannot tell what `Mars/X` is beside `in 10m`. A time is written like {LIKE}.", []),
    ("/a 09:00", f"`09:00` is no thing to purge. A time is written with `at`, like {LIKE}.", []),
    ("/a at noon", f"`at noon` is no time. Write it like {LIKE}.", []),
    ("/a at 13:00 pm", f"`at 13:00pm` is no time. Write it like {LIKE}.", []),
]


@pytest.mark.parametrize(("line", "problem", "lines"), HALF_READ, ids=[line for line, _, _ in HALF_READ])
def test_a_time_that_is_read_only_half_is_never_offered(line: str, problem: str, lines: list[str]) -> None:
    asked = parse(line, SHOP)
    assert isinstance(asked, Misunderstood)
    assert (problem, lines) == (asked.problem, [choice.line for choice in asked.choices])


@pytest.mark.parametrize("choice", [line for _, _, lines in HALF_READ for line in lines])
def test_what_is_offered_instead_is_understood(choice: str) -> None:
    assert isinstance(parse(choice, SHOP), Command)


def test_a_line_of_a_list_that_is_bad_is_told_beside_a_time_as_ever() -> None:
    command = parse("at 09:00", SHOP, ["/a", "Monday"])
    assert isinstance(command, Command)
    assert ["Monday"] == [bad.text for bad in command.bad]


WORDS = [("tag at", "at"), ("tag in", "in"), ("tag in, on shop", "in"), ("tag CET", "CET")]


@pytest.mark.parametrize(("line", "tag"), WORDS, ids=[line for line, _ in WORDS])
def test_a_tag_may_still_be_called_so(line: str, tag: str) -> None:
    command = parse(line, SHOP)
    assert isinstance(command, Command)
    assert ("", [tag]) == (command.when, [target.value for target in command.targets])
    assert command == parse(line_of(command, SHOP), SHOP)


def test_what_is_no_time_is_written_as_it_stands() -> None:
    assert (None, "at noon") == (read_when("at noon"), written("at noon"))
