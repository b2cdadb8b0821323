"""docs/why.md tells of every cause that can be found, and of no other."""

from __future__ import annotations

import re
from pathlib import Path

from bot.domain.why import Name

PAGE = (Path(__file__).parent.parent / "docs/why.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in re.findall(r"^\|.*$", PAGE, re.MULTILINE)]


def test_every_cause_has_a_row() -> None:
    assert {name.value for name in Name} == {row[0] for row in ROWS[2:]}


def test_every_row_says_what_it_means_how_it_is_told_and_what_to_do() -> None:
    assert [4] * len(ROWS[2:]) == [len([cell for cell in row if cell]) for row in ROWS[2:]]
