"""What `limits` knows: what is left, who waits, what was paid."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.services.running.limits import AccountNow, limits
from providers.contract import Pace, Price
from tests.services.shop import MIA, SHOP, open_shop, url


async def test_a_budget_in_use_says_what_is_left_and_who_waits(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.shield.slow_down(0.5)
    fresh = (await limits(shop.core, [SHOP]))[0]
    await shop.purge(MIA, *[url(f"/{n}") for n in range(9)], check=False)
    await shop.slate.advance(0.5)
    used = (await limits(shop.core, [SHOP]))[0]
    await shop.ledger.close()
    [before], [after] = fresh.budgets, used.budgets
    assert ("shield", "Varnish", ("shop",), ()) == (fresh.account, fresh.title, fresh.sites, fresh.jobs)
    assert (True, 0.0) == (before.left >= 1, before.seconds)
    assert (True, True, (1,)) == (after.left < 1, 0 < after.seconds <= 2.1, used.jobs)


@pytest.mark.parametrize(
    ("pace", "full"),
    [
        pytest.param(Pace(500, 1, 500), 500, id="a bucket"),
        pytest.param(Pace(1, 1, 1, "wildcards"), 1, id="a bucket of one"),
        pytest.param(Pace(1200, 300, 1200, window=True), 1200, id="a window"),
    ],
)
async def test_a_budget_that_nobody_used_is_full(tmp_path: Path, pace: Pace, full: float) -> None:
    shop = open_shop(tmp_path)
    shop.shield.can = replace(shop.shield.can, pace={"calls": pace})
    [budget] = (await limits(shop.core, [SHOP]))[0].budgets
    await shop.ledger.close()
    assert (full, 0.0) == (budget.left, budget.seconds)


async def test_what_costs_money_says_how_much_of_it_was_used_this_month(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.cf.cost_money(Price(0.005, free=1000))
    await shop.purge(MIA, url("/a"), url("/b"), check=False)
    await shop.slate.advance(60)
    accounts = await limits(shop.core, [SHOP, replace(SHOP, name="news")])
    await shop.ledger.close()
    cf = next(account for account in accounts if account.account == "cf")
    assert [("paid", 2)] == [(price.bucket, price.used) for price in cf.prices]
    assert ("shop", "news") == cf.sites


async def test_nothing_is_told_of_sites_that_were_not_asked_for(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    told: tuple[AccountNow, ...] = await limits(shop.core, [])
    await shop.ledger.close()
    assert () == told
