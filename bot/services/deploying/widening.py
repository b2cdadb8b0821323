"""One prefix in place of many pages, where the site allows it, every layer can, and it takes less. The saving is told.

What the providers ask money for counts first: never more of it, and where it is as much, then fewer calls. Never where
a soft purge would become a hard one, and never one page: a prefix empties all below it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from bot.domain.grammar.command import Command
from bot.domain.jobs.plan import Plan
from bot.domain.policies.wording import dollars, listed
from bot.domain.site import Site
from bot.domain.target import Target, covers, host_of
from bot.ledger.books import Books
from bot.services.requests.planning import Known, cost_of, make_plan, wants_soft
from providers.calls import summed
from providers.contract import Kind, Provider, UnsupportedWish

CENT = 0.01  # US dollars

Providers = Mapping[str, Provider]


@dataclass(frozen=True, slots=True)
class Widened:
    """A command with prefixes in place of pages, how many pages each stands for, and both plans."""

    command: Command
    prefixes: tuple[tuple[str, int], ...] = ()
    before: Plan | None = None
    after: Plan | None = None


def widened(command: Command, site: Site, providers: Providers, known: Known) -> Widened:
    """`command` with what `site` lets deploys purge whole, narrowest first, as far as it takes less. Pure; a plan is
    made for each folder."""
    first = plan = _plan(command, site, providers, known) if command.targets and site.deploy.widen else None
    if plan is None or not _keeps_soft(command, site, providers):
        return Widened(command)
    now = command
    for folder in sorted(site.deploy.widen, key=lambda folder: (-len(folder), folder)):
        wider = _with(folder, now, site)
        other = _plan(wider, site, providers, known) if wider else None
        if wider and other and _takes_less(other, plan, providers):
            now, plan = wider, other
    if now is command:
        return Widened(command)
    new = [target for target in now.targets if target not in command.targets]
    counts = tuple((target.value, _pages_below(target, command.targets)) for target in new)
    return Widened(now, counts, first, plan)


def saving(found: Widened, books: Books, providers: Providers, now: float) -> str:
    """What was widened and what that saves; "" where nothing was."""
    if found.before is None or found.after is None:
        return ""
    named = [f"{n:,} page{'s' * (n > 1)} → 1 prefix {prefix}" for prefix, n in found.prefixes]
    calls = found.before.calls - found.after.calls
    saved = [_calls(calls)] if calls > 0 else []
    saved += _paid_less(found.before, found.after, providers)
    usd = usd_saved(found, books, providers, now)
    saved += [f"about {dollars(usd)}"] if usd >= CENT else []
    more = f", for {_calls(-calls)} more" if calls < 0 else ""
    return f"{listed(named, 'and')}, {listed(saved, 'and')} saved{more}"


def usd_saved(found: Widened, books: Books, providers: Providers, now: float) -> float:
    """How many US dollars what was widened saves."""
    if found.before is None or found.after is None:
        return 0.0
    return sum(_usd(found.before, books, providers, now)) - sum(_usd(found.after, books, providers, now))


def _calls(n: int) -> str:
    return f"{n:,} call{'s' * (n > 1)}"


def _plan(command: Command, site: Site, providers: Providers, known: Known) -> Plan | None:
    try:
        return make_plan(command, site, providers, known)
    except UnsupportedWish:
        return None


def _keeps_soft(command: Command, site: Site, providers: Providers) -> bool:
    """Whether no layer that marks a page as stale would remove all below a folder."""
    soft = wants_soft(command, site)
    asked = [providers[layer.account] for layer in site.layers if command.only in ("", layer.account)]
    return not soft or all(Kind.PREFIX in one.can.soft or Kind.URL not in one.can.soft for one in asked)


def _with(folder: str, command: Command, site: Site) -> Command | None:
    """`command` with prefixes for what it names below `folder`: of one host where it names URLs of one, else of all."""
    everywhere = Target(Kind.PREFIX, folder, site.name)
    below = dict.fromkeys(target for target in command.targets if covers(everywhere, target))
    hosts = sorted({host_of(target) for target in below})
    prefixes = [everywhere] if "" in hosts else [replace(everywhere, value=f"{host}{folder}") for host in hosts]
    if len(below) <= len(prefixes):
        return None
    return replace(command, targets=(*(target for target in command.targets if target not in below), *prefixes))


def _takes_less(other: Plan, plan: Plan, providers: Providers) -> bool:
    paid, before = _paid(other, providers), _paid(plan, providers)
    if paid == before:
        return other.calls < plan.calls
    return all(n <= before[place] for place, n in paid.items())


def _paid(plan: Plan, providers: Providers) -> Counter[tuple[str, str]]:
    """How much is spent of what costs money."""
    spent: Counter[tuple[str, str]] = Counter()
    for layer in plan.layers:
        units = summed(layer.calls).spent
        for bucket in providers[layer.account].can.prices:
            spent[layer.account, bucket] += units.get(bucket, 0)
    return spent


def _paid_less(before: Plan, after: Plan, providers: Providers) -> list[str]:
    less = _paid(before, providers) - _paid(after, providers)
    units: Counter[str] = Counter()
    for (account, bucket), n in less.items():
        units[providers[account].can.prices[bucket].unit] += n
    return [f"{n:,} {unit.removesuffix('s') if n == 1 else unit}" for unit, n in sorted(units.items())]


def _usd(plan: Plan, books: Books, providers: Providers, now: float) -> Iterable[float]:
    for layer in plan.layers:
        cost = cost_of(layer.account, summed(layer.calls).spent, books, providers[layer.account], now)
        yield cost.usd if cost else 0.0


def _pages_below(prefix: Target, targets: Iterable[Target]) -> int:
    return sum(1 for target in targets if target.kind in (Kind.URL, Kind.PATH) and covers(prefix, target))
