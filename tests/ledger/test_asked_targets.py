"""What jobs were asked to purge is found again in however long a list."""

from __future__ import annotations

import pytest

from bot.domain.jobs.plan import Plan
from bot.domain.target import Target
from bot.ledger.asked_targets import telling
from bot.ledger.packed import packed
from providers.contract import Kind

PAGES = tuple(Target(Kind.URL, f'https://www.shop.test/é/{n}?q="a"', "shop") for n in range(30_000))
WIDE = (Target(Kind.TAG, 'of"all', "shop"), Target(Kind.PREFIX, "www.shop.test/news/", "shop"))
ROWS = [
    pytest.param('https://www.shop.test/é/12345?q="a"', [Kind.URL], id="one-of-the-list"),
    pytest.param("https://www.shop.test/é/1234", [], id="the-beginning-of-one"),
    pytest.param("https://www.shop.test/other", [], id="another"),
]


@pytest.mark.parametrize(("url", "kinds"), ROWS)
def test_of_a_long_list_the_url_and_what_is_wider_are_found(url: str, kinds: list[Kind]) -> None:
    doc = packed(Plan("shop", "production", Kind.URL, Kind.URL, (*PAGES, *WIDE), False, ())).targets
    found = telling(doc, url)
    assert [(Kind.URL, url)] * len(kinds) == [(one.kind, one.value) for one in found if one.kind is Kind.URL]
    assert [(one.kind, one.value) for one in WIDE] == [(x.kind, x.value) for x in found if x.kind is not Kind.URL]
