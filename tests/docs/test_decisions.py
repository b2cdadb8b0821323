"""The list of decisions is made from their headings."""

from __future__ import annotations

from pathlib import Path

from tests.docs.generated import DOCS, NOTE, compare

HEAD = f"""\
# Decisions

{NOTE}

What is not obvious from the code, with the reason: one page each, the oldest first.

"""


def row(page: Path) -> str:
    number, _, title = page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ").partition(" ")
    return f"{number.rstrip('.')}. [{title}]({page.name})\n"


def test_the_list_of_decisions_has_each_by_its_heading() -> None:
    compare("decisions/README.md", HEAD + "".join(map(row, sorted((DOCS / "decisions").glob("0*.md")))))
