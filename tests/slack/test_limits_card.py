"""The card of `limits`, read aloud."""

from __future__ import annotations

from textwrap import dedent

import pytest

from bot.services.running.limits import AccountNow, BudgetNow, PriceNow
from bot.slack.cards.limits import limits_card, size_text
from providers.contract import Pace, Price
from tests.slack.cases import spelled

BULK = Pace(5, 1.0, 25, source="https://example.test/limits", checked="2026-11-23")
API = Pace(1200, 300.0, 1, window=True, source="the account's own setting")
BUDGETS = (BudgetNow("bulk:pro", BULK, 0.2, 0.16), BudgetNow("api", API, 1194.0, 0.0))
CF = AccountNow("cf", "Cloudflare", ("shop", "news"), BUDGETS, (), (7, 9))
AWS = AccountNow("aws", "CloudFront", ("blog",), (), (PriceNow("paid", Price(0.005, 1000, source="AWS"), 1204),), ())


def test_each_budget_is_a_line() -> None:
    expected = """\
        Limits of 2 accounts
           *cf* · Cloudflare · for shop, news · P-7 and P-9 waiting
               `bulk:pro`: 5 calls a second, 25 at once · none left, the next in 0.2 s · \
<https://example.test/limits|source>, read 2026-11-23
               `api`: 1,200 calls in any 300 s · 1,194 left · the account's own setting
           *aws* · CloudFront · for blog · nobody waits
               `paid`: $0.005 for each path beyond 1,000 a month · 1,204 used this month · \
AWS"""
    assert dedent(expected) == spelled(limits_card([CF, AWS]))


def test_a_bucket_that_was_refused_says_so() -> None:
    account = AccountNow("cf", "Cloudflare", ("shop",), (BudgetNow("bulk:pro", BULK, 3.0, 0.0, 0.72),), (), ())
    assert "25 at once, slowed to 72% since it was refused · 3 left" in spelled(limits_card([account]))


@pytest.mark.parametrize(
    ("pace", "said"),
    [
        pytest.param(Pace(1, 1, 1, "wildcards"), "1 wildcard a second, 1 at once", id="one"),
        pytest.param(Pace(2, 1, 9, "wildcards"), "2 wildcards a second, 9 at once", id="two"),
        pytest.param(Pace(1, 1, 5, "passes"), "1 pass a second, 5 at once", id="a pass"),
        pytest.param(Pace(1, 9, 1, "URLs and tags"), "1 URL or tag each 9 s, 1 at once", id="one of two sorts"),
        pytest.param(Pace(0.5, 1, 20), "0.5 calls a second, 20 at once", id="half a call"),
        pytest.param(Pace(1, 300, 1, window=True), "1 call in any 300 s", id="one in a window"),
    ],
)
def test_one_is_not_many(pace: Pace, said: str) -> None:
    assert said == size_text(pace)


def test_where_there_is_nothing_it_says_where_to_look() -> None:
    assert dedent("""\
        No budget belongs to a site of yours.
           `sites` lists them.""") == spelled(limits_card([]))
