"""Pages, or parts of pages, that are made from the code: a test compares them, and DOCS=write writes them."""

from __future__ import annotations

import os
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
WRITE = os.environ.get("DOCS") == "write"
NOTE = "<!-- Made from the code: DOCS=write python -m pytest tests/docs -->"


def compare(name: str, made: str) -> None:
    """Compare a whole page with what the code says now."""
    page = DOCS / name
    if WRITE:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(made, encoding="utf-8")
    assert made.splitlines() == page.read_text(encoding="utf-8").splitlines(), f"stale; {NOTE}"


def cell(text: str) -> str:
    """`text` as a table's cell holds it."""
    return " ".join(text.split()).replace("|", "\\|")
