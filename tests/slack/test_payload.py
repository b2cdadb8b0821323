"""What is read out of documents that others wrote: another shape than expected counts as nothing."""

from __future__ import annotations

import pytest

from bot.slack.payload import part_of, text_of

WITHOUT_TEXT = {"none there": {}, "a number": {"name": 1}, "null": {"name": None}, "no document": ["name"]}
WITHOUT_PART = {"none there": {}, "a text": {"name": "a"}, "a list": {"name": []}, "no document": "name"}


def test_a_text_and_a_part_are_read() -> None:
    assert ("a", {"b": 1}) == (text_of({"name": "a"}, "name"), part_of({"name": {"b": 1}}, "name"))


@pytest.mark.parametrize("document", WITHOUT_TEXT.values(), ids=WITHOUT_TEXT)
def test_what_is_no_text_counts_as_an_empty_one(document: object) -> None:
    assert "" == text_of(document, "name")


@pytest.mark.parametrize("document", WITHOUT_PART.values(), ids=WITHOUT_PART)
def test_what_is_no_part_counts_as_an_empty_one(document: object) -> None:
    assert {} == part_of(document, "name")
