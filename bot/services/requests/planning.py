"""From an understood command to a plan. Sends nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from operator import attrgetter

from bot.domain.answers.fingerprint import never_needed
from bot.domain.grammar.command import Command
from bot.domain.jobs.job import JobView
from bot.domain.jobs.plan import Cost, LayerPlan, Plan
from bot.domain.policies.wording import counted, plurals
from bot.domain.site import Layer, Site
from bot.domain.target import Target, empties, is_whole_host, kinds_of, resolve
from bot.ledger.books import Books
from providers.calls import Calls, joined, summed
from providers.contract import Kind, Provider, Purge, UnsupportedWish

WIDEST_FIRST = (Kind.EVERYTHING, Kind.HOST, Kind.PREFIX, Kind.PATTERN, Kind.TAG, Kind.PATH, Kind.URL)
_PARTS = frozenset({Kind.PREFIX, Kind.PATTERN})  # of a host

Known = Mapping[str, Sequence[str]]


def make_plan(command: Command, site: Site, providers: Mapping[str, Provider], known: Known) -> Plan:
    """What `command` does to `site`: the calls of each layer, innermost first. `known` are the URLs seen under each
    tag: they stand for it in a layer that knows no tags. Raises UnsupportedWish."""
    targets = resolve(command.targets, site)
    wishes = _by_kind(targets)
    kind = next(kind for kind in WIDEST_FIRST if wishes[kind])
    soft = wants_soft(command, site)
    asked = [layer for layer in site.layers if command.only in ("", layer.account)]
    layers = tuple(_plan_layer(layer, site, dict(wishes), soft, providers, known) for layer in asked)
    return Plan(
        site=site.name,
        environment=site.environment,
        kind=kind,
        effect=Kind.EVERYTHING if empties(targets, site) else kind,
        targets=targets,
        soft=bool(layers) and all(layer.soft and not layer.mixed for layer in layers),
        layers=layers,
        notes=(*command.notes, *never_needed(wishes[Kind.URL])),
        read_as=command.read_as,
        counts=_counts(command.targets, targets, wishes),
        named=_named(command, targets),
    )


def title_of(layer: Layer, site: Site, providers: Mapping[str, Provider]) -> str:
    """What people call a layer: "Cloudflare", and "Cloudflare (account)" where the site has several of that name."""
    title = providers[layer.account].title
    accounts = {one.account for one in site.layers if providers[one.account].title == title}
    return title if len(accounts) < 2 else f"{title} ({layer.account})"


def wants_soft(command: Command, site: Site) -> bool:
    """Whether copies are to be marked as stale where that can be done, as typed or as the site has it."""
    return site.soft if command.soft is None else command.soft


def _counts(
    spoken: Sequence[Target], targets: Sequence[Target], wishes: Mapping[Kind, Sequence[str]]
) -> Mapping[Kind, int]:
    """The targets by kind, as policy judges them: what leaves nothing of a host is that host whatever word was typed,
    and the URLs that came of paths are paths."""
    counts = {kind: len(values) for kind, values in wishes.items() if values}
    wide = [target for target in targets if target.kind in _PARTS and is_whole_host(target)]
    for target in wide:
        counts[target.kind] -= 1
        counts[Kind.HOST] = counts.get(Kind.HOST, 0) + 1
    if Kind.PATH in kinds_of(spoken):
        urls = counts.get(Kind.URL, 0)
        typed = len({target.value for target in spoken if target.kind is Kind.URL})
        counts |= {Kind.URL: typed, Kind.PATH: urls - typed}
    return {kind: n for kind, n in counts.items() if n}


def _named(command: Command, targets: Sequence[Target]) -> str:
    """What was named, in words, where it is of one kind and fewer than the targets it came to."""
    n, kinds = len(command.targets), kinds_of(command.targets)
    return counted(n, next(iter(kinds))) if n < len(targets) and len(kinds) == 1 else ""


def _by_kind(targets: Sequence[Target]) -> dict[Kind, tuple[str, ...]]:
    values: dict[Kind, list[str]] = {kind: [] for kind in WIDEST_FIRST}
    for kind, some in groupby(targets, attrgetter("kind")):
        values[kind].extend(target.value for target in some)
    return {kind: tuple(some) for kind, some in values.items()}


def _plan_layer(
    layer: Layer,
    site: Site,
    wishes: dict[Kind, tuple[str, ...]],
    soft: bool,
    providers: Mapping[str, Provider],
    known: Known,
) -> LayerPlan:
    provider = providers[layer.account]
    parts: list[Calls] = []
    by_urls = bool(wishes[Kind.TAG]) and Kind.TAG not in provider.can.kinds
    notes = [_by_urls(wishes, provider, layer, known)] if by_urls else []
    for kind, values in wishes.items():
        if not values:
            continue
        named = () if kind is Kind.EVERYTHING else values
        wish = Purge(kind, named, soft and kind in provider.can.soft, layer.settings, site.hosts, site.variants)
        parts.append(_calls(provider, wish, layer))
    hard = [kind for kind, values in wishes.items() if values and kind not in provider.can.soft]
    softly = soft and len(hard) < sum(map(bool, wishes.values()))
    if soft and hard:
        what = f"of {plurals(hard)}: those hard" if softly else "here: hard"
        notes.append(f"{provider.title} knows no soft purge {what}")
    told, mixed = " · ".join(filter(None, notes)), softly and bool(hard)
    return LayerPlan(
        layer.account, title_of(layer, site, providers), joined(parts), softly, note=told, partly=by_urls, mixed=mixed
    )


def _by_urls(wishes: dict[Kind, tuple[str, ...]], provider: Provider, layer: Layer, known: Known) -> str:
    """Where a layer knows no tags, put the URLs seen under them in their place, and say so. Raises UnsupportedWish."""
    tags, wishes[Kind.TAG] = wishes[Kind.TAG], ()
    for tag in tags:
        if not known.get(tag):
            what = f"{provider.title} ({layer.account}) purges no tags, and no URL was seen under tag {tag} yet."
            raise UnsupportedWish(what, "Name the URLs instead.")
    urls = dict.fromkeys(url for tag in tags for url in known[tag])
    wishes[Kind.URL] = tuple(dict.fromkeys([*wishes[Kind.URL], *urls]))
    seen = "1 URL" if len(urls) == 1 else f"{len(urls):,} URLs"
    which = "it" if len(tags) == 1 else "them"
    stays = f"other pages with {which} stay as they are there"
    return f"{provider.title} knows no tags: it purges only the {seen} seen under {which} so far; {stays}"


def _calls(provider: Provider, wish: Purge, layer: Layer) -> Calls:
    try:
        return summed(provider.plan(wish))
    except UnsupportedWish as exc:
        raise UnsupportedWish(f"{provider.title} ({layer.account}): {exc.what}", exc.possible) from exc


def with_seconds(plan: Plan, books: Books, providers: Mapping[str, Provider], now: float) -> Plan:
    """`plan` with the time and money that sending takes under the budgets as they stand."""
    return replace(plan, layers=tuple(_measured(layer, books, providers[layer.account], now) for layer in plan.layers))


def _measured(layer: LayerPlan, books: Books, provider: Provider, now: float) -> LayerPlan:
    calls = summed(layer.calls)
    seconds = _seconds(layer.account, calls.spent, books, provider, now)
    cost = cost_of(layer.account, calls.spent, books, provider, now)
    return replace(layer, seconds=seconds + calls.again_after, cost=cost)


def costs_of(job: JobView, books: Books, providers: Mapping[str, Provider], now: float) -> tuple[Cost | None, ...]:
    """What the calls of each layer of `job` cost at `now`; None where nothing asks money."""
    return tuple(cost_of(layer.account, layer.spends, books, providers[layer.account], now) for layer in job.layers)


def cost_of(account: str, units: Mapping[str, int], books: Books, provider: Provider, now: float) -> Cost | None:
    """What `units` of each of an account's buckets cost at `now`; None where nothing asks money."""
    for bucket, price in provider.can.prices.items():
        n = units.get(bucket, 0)
        if n:
            used = books.budgets.tallied(account, bucket, now)
            paid = max(0, used + n - max(price.free, used))
            return Cost(n, price.unit, used, price.free, paid * price.usd)
    return None


def _seconds(account: str, units: Mapping[str, int], books: Books, provider: Provider, now: float) -> float:
    waits = [0.0]
    for bucket, n in units.items():
        pace = provider.can.pace.get(bucket)
        if pace is not None:
            missing = n - books.budgets.tokens(account, bucket, pace, now)
            waits.append(max(0.0, missing) / (pace.rate / pace.per))
    return max(waits)
