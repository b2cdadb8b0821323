"""What is left of each budget that a site's layers draw on, and who draws on it now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.site import Layer, Site
from bot.ledger.books import Books
from bot.ledger.budgets import HELD_BACK
from bot.services.setup import Core
from providers.contract import Kind, Pace, Price, Provider, Purge, UnsupportedWish


@dataclass(frozen=True, slots=True)
class BudgetNow:
    """One budget: `left` of its units are there, none where the next can be taken only in `seconds`.

    What purgebot holds back (see `bot.ledger.budgets`) counts as there, so that an unused budget is a full one.
    """

    bucket: str
    pace: Pace
    left: float
    seconds: float
    share: float = 1.0  # of the bucket that counts, for a while after the provider refused


@dataclass(frozen=True, slots=True)
class PriceNow:
    """What costs money, and how much of it was used this month."""

    bucket: str
    price: Price
    used: int


@dataclass(frozen=True, slots=True)
class AccountNow:
    """One account's budgets, as far as `sites` use them; `jobs` have calls waiting."""

    account: str
    title: str
    sites: tuple[str, ...]
    budgets: tuple[BudgetNow, ...]
    prices: tuple[PriceNow, ...]
    jobs: tuple[int, ...]


async def limits(core: Core, sites: Sequence[Site]) -> tuple[AccountNow, ...]:
    """Every account that these sites use, in the order of the configuration."""
    layers: dict[str, list[tuple[Site, Layer]]] = {}
    for site in sites:
        for layer in site.layers:
            layers.setdefault(layer.account, []).append((site, layer))
    now = core.clock.now()
    providers = core.setup.providers
    return await core.ledger.read(
        lambda books: tuple(_account(books, account, providers[account], used, now) for account, used in layers.items())
    )


def _account(
    books: Books, account: str, provider: Provider, used: Sequence[tuple[Site, Layer]], now: float
) -> AccountNow:
    buckets = dict.fromkeys(bucket for site, layer in used for bucket in _buckets(provider, site, layer))
    prices = provider.can.prices
    return AccountNow(
        account,
        provider.title,
        tuple(dict.fromkeys(site.name for site, _ in used)),
        tuple(_budget(books, account, x, provider.can.pace, now) for x in buckets if x in provider.can.pace),
        tuple(PriceNow(x, prices[x], books.budgets.tallied(account, x, now)) for x in buckets if x in prices),
        tuple(dict.fromkeys(place.job for place in books.batches.waiting_jobs(account))),
    )


def _budget(books: Books, account: str, bucket: str, paces: Mapping[str, Pace], now: float) -> BudgetNow:
    pace = paces[bucket]
    share = books.budgets.share(account, bucket, now)
    free = books.budgets.tokens(account, bucket, pace, now)
    left = min(_size(pace, share), free + _held_back(pace)) if free >= 1 else free
    return BudgetNow(bucket, pace, left, max(0.0, books.budgets.free_at(account, bucket, pace, now) - now), share)


def _size(pace: Pace, share: float) -> float:
    """Units of a full budget."""
    return pace.rate if pace.window else pace.burst * share


def _held_back(pace: Pace) -> float:
    """Units that are never taken."""
    return pace.rate * HELD_BACK if pace.window else 1.0


def _buckets(provider: Provider, site: Site, layer: Layer) -> Iterator[str]:
    """The buckets that purges of this layer draw on: those of an example of each kind."""
    host = site.hosts[0]
    examples = {
        Kind.URL: (f"https://{host}/a",),
        Kind.PREFIX: (f"{host}/a/",),
        Kind.TAG: ("a",),
        Kind.HOST: (host,),
        Kind.PATTERN: (f"{host}/*.css",),
        Kind.EVERYTHING: (),
    }
    for kind, targets in examples.items():
        try:
            calls = provider.plan(Purge(kind, targets, False, layer.settings, site.hosts, site.variants))
        except UnsupportedWish:
            continue
        yield from (bucket for call in calls for bucket, _ in call.cost)
