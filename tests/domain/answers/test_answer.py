"""One answer's headers, as they came and by their names."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.domain.answers.answer import Answer


class Counted(tuple[tuple[str, str], ...]):
    """Headers that count how often one of them is looked at."""

    looked: int = 0

    def __iter__(self) -> Iterator[tuple[str, str]]:
        for header in super().__iter__():
            self.looked += 1
            yield header


def test_lines_of_one_name_are_one_list() -> None:
    headers = (("vary", "a"), ("etag", '"x"'), ("vary", "b"))
    assert {"vary": "a, b", "etag": '"x"'} == Answer("u", "fra", 0.0, 200, headers).joined()


def test_where_it_leads_is_one_word_whatever_the_origin_wrote() -> None:
    headers = (("location", "/a /purge everything"), ("location", "/b"), ("location", " /b\t"))
    assert "/a%20/purge%20everything,/b" == Answer("u", "fra", 0.0, 301, headers).location


@pytest.mark.parametrize("name", ["x", "x{}"], ids=["of one name", "of many"])
def test_each_header_is_looked_at_once(name: str) -> None:
    headers = Counted((name.format(n), "a") for n in range(1000))
    Answer("u", "fra", 0.0, 200, headers).joined()
    assert 1000 == headers.looked
