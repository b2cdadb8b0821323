"""docs/what-guides-get-wrong.md: every truth says where it is from, and when that was read or seen."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from providers import PROVIDERS
from tests.docs.generated import DOCS

TEXT = (DOCS / "what-guides-get-wrong.md").read_text(encoding="utf-8")
ROWS = [row.strip("| ").split(" | ") for row in TEXT.splitlines() if row.startswith("| ") and "what is said" not in row]


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_row_has_a_claim_a_truth_and_where_it_is_from(row: list[str]) -> None:
    assert 3 == len(row)
    own_words = re.match(r"the (?:same|library above)", row[2])
    assert own_words or "](https://" in row[2] or "**Seen**" in row[2] or "**seen**" in row[2], row[2]
    assert own_words or re.search(r"20[12]\d|rfc-editor", row[2]), f"no date: {row[2]}"


def test_a_row_that_leans_on_another_stands_below_one_with_an_address() -> None:
    for above, row in pairwise(ROWS):
        assert not row[2].startswith("the ") or "](https://" in above[2] or above[2].startswith("the ")


def test_every_provider_that_guides_speak_of_has_its_rows() -> None:
    headings = " ".join(re.findall(r"^## (.*)$", TEXT, re.MULTILINE))
    missing = {blueprint.title for blueprint in PROVIDERS.values() if blueprint.title not in headings}
    assert {"HTTP cache"} == missing
    assert len(ROWS) >= 25
