"""The card of `/purge limits`: each budget, what is left of it, where its number comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.durations import duration
from bot.domain.shown import count
from bot.services.running.limits import AccountNow, BudgetNow, PriceNow
from bot.slack.cards.blocks import Card, card
from bot.slack.cards.words import listed, units
from bot.slack.escape import code, escape, linked
from providers.contract import Pace

ACCOUNTS_SHOWN = 12


def limits_card(accounts: Sequence[AccountNow]) -> Card:
    """Every budget of these accounts, in the order of the configuration."""
    if not accounts:
        return card("No budget belongs to a site of yours.", ["`sites` lists them."])
    more = len(accounts) - ACCOUNTS_SHOWN
    lines = [line for account in accounts[:ACCOUNTS_SHOWN] for line in _account(account)]
    return card(
        f"Limits of {count(len(accounts), 'account')}",
        [*lines, f"and {count(more, 'more account')}: name a site" if more > 0 else ""],
    )


def _account(account: AccountNow) -> Iterator[str]:
    names = [f"P-{number}" for number in account.jobs[:5]]
    more = len(account.jobs) - len(names)
    waiting = f"{listed([*names, *([f'{more:,} more'] if more > 0 else [])])} waiting" if names else "nobody waits"
    sites = ", ".join(escape(site, 60) for site in account.sites[:10])
    yield f"*{escape(account.account, 40)}* · {escape(account.title, 40)} · for {sites} · {waiting}"
    for budget in account.budgets:
        yield f"    {_budget(budget)}"
    for price in account.prices:
        yield f"    {_price(price)}"
    if not account.budgets and not account.prices:
        yield "    no limit is known"


def _budget(budget: BudgetNow) -> str:
    left = f"{budget.left:,.0f} left" if budget.left >= 1 else f"none left, the next in {duration(budget.seconds)}"
    pace = budget.pace
    slowed = f", slowed to {budget.share:.0%} since it was refused" if budget.share < 1 else ""
    return f"{code(budget.bucket, 40)}: {size_text(pace)}{slowed} · {left}{_from(pace.source, pace.checked)}"


def size_text(pace: Pace) -> str:
    """A rate limit in words: `5 calls a second, 25 at once`; `1,200 calls in any 300 s`."""
    unit = escape(units(pace.rate, pace.unit), 40)
    if pace.window:
        return f"{pace.rate:,.15g} {unit} in any {pace.per:,.15g} s"
    per = {1.0: "a second", 60.0: "a minute", 3600.0: "an hour", 86400.0: "a day"}.get(pace.per, f"each {pace.per:g} s")
    return f"{pace.rate:,.15g} {unit} {per}, {pace.burst:,.15g} at once"


def _price(now: PriceNow) -> str:
    price = now.price
    what = f"${price.usd:g} for each {escape(units(1, price.unit), 40)} beyond {price.free:,} a month"
    return f"{code(now.bucket, 40)}: {what} · {now.used:,} used this month{_from(price.source, price.checked)}"


def _from(source: str, checked: str) -> str:
    where = linked(source, "source") or escape(source, 80)
    return f" · {where}{f', read {escape(checked, 20)}' if checked else ''}" if where else ""
