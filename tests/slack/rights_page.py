"""docs/rights.md as tables: who is who, deeds × roles, what each door knows, and how a no begins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from bot.domain.grammar.command import Verb
from bot.domain.policies.rights import Deed

ROOT = Path(__file__).parents[2]
ANSWERS = {"yes", "no", "own", "not own", "policy"}


def _tables() -> Iterator[tuple[list[str], list[list[str]]]]:
    """Every table of the page: its head and its rows, without the marks of code."""
    page = (ROOT / "docs/rights.md").read_text(encoding="utf-8")
    for block in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE):
        head, _, *rows = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in block.splitlines()]
        yield head, rows


TABLES = {head[0]: (head, rows) for head, rows in _tables()}


def pairs(name: str) -> dict[str, str]:
    """The first two columns of the table whose head begins with `name`."""
    return {row[0].strip("`"): row[1].strip("`") for row in TABLES[name][1]}


def _deeds() -> dict[Deed, dict[str, str]]:
    head, rows = TABLES["deed"]
    return {Deed(row[0].strip("`")): dict(zip(head[1:], row[1:], strict=True)) for row in rows}


ROLES = [row[0] for row in TABLES["role"][1]]
DEEDS = _deeds()
LINES = {Verb(verb): Deed(deed) for verb, deed in pairs("verb").items()}
BUTTONS = {action: Deed(deed) for action, deed in pairs("action").items()}
HOME = {action: Deed(deed) for action, deed in pairs("at home").items()}
SHORTCUTS = {name: Deed(deed) for name, deed in pairs("shortcut").items()}
FORMS = {form: Deed(deed) for form, deed in pairs("form").items()}
NOES = [re.escape(row[1]).replace("P\\-…", r"P-\d+").replace("…", ".+") for row in TABLES["who"][1]]


def is_no(said: str) -> bool:
    """Whether an answer is one of the page's refusals."""
    first = said.partition("\n")[0]
    return "You cannot use purgebot." in first or any(re.fullmatch(no, first) for no in NOES)
