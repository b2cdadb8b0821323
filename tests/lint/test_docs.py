"""docs/lint.md shows the rules as they are."""

from __future__ import annotations

import re
from pathlib import Path

from bot.domain.lint.rules import RULES
from tests.lint.cases import MENDED_ELSEWHERE

PAGE = (Path(__file__).parents[2] / "docs/lint.md").read_text(encoding="utf-8")


def test_the_page_shows_every_rule_as_it_is() -> None:
    rows = [
        f"| `{rule.id}` {rule.name} | {rule.severity} | {rule.weight} | {rule.when} | {rule.causes} | {rule.mend} |"
        for rule in RULES
    ]
    assert rows == re.findall(r"^\| `CC\d\d` [a-z].*\|$", PAGE, re.MULTILINE)


def test_the_page_names_what_no_line_mends() -> None:
    assert sorted(MENDED_ELSEWHERE) == re.findall(r"^\| `(CC\d\d)` \| ", PAGE, re.MULTILINE)
