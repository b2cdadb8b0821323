"""What one person asked for within ten minutes, as far as the policy counts it: put beside what is judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.jobs.job import JobView
from bot.domain.jobs.plan import Plan
from bot.domain.policies.policy import Policy
from bot.domain.policies.recent import Before, Recent
from bot.domain.target import Target, emptied_hosts, is_whole_host
from bot.ledger.books import Books
from bot.ledger.window import Beside, Earlier
from bot.services.setup import Core
from providers.calls import summed
from providers.contract import Kind

READ_MAX = 20_000  # targets that are compared one by one; more are far beyond every rule on size, and are just added
_WIDE = frozenset({Kind.HOST, Kind.PREFIX, Kind.PATTERN})


@dataclass(frozen=True, slots=True)
class Judged:
    """What is judged: a plan, or a job that exists. `spends` are what its calls take of each account's budgets."""

    site: str
    digest: str
    counts: Mapping[Kind, int]
    targets: Sequence[Target] | int  # or the number of the job whose they are
    size: int
    spends: Mapping[str, Mapping[str, int]]

    @property
    def is_wide(self) -> bool:
        """Whether it may leave nothing of a host, and does leave something of the site."""
        return Kind.EVERYTHING not in self.counts and not _WIDE.isdisjoint(self.counts)

    def read(self, books: Books) -> Sequence[Target]:
        """Its targets, resolved."""
        return books.jobs.targets(self.targets) if isinstance(self.targets, int) else self.targets


def of_plan(plan: Plan) -> Judged:
    """A plan that is asked for."""
    counts = plan.outline("").counts
    spends = {layer.account: summed(layer.calls).spent for layer in plan.layers}
    return Judged(plan.site, plan.digest, counts, plan.targets, len(plan.targets), spends)


def of_job(job: JobView) -> Judged:
    """A job that is looked at once more."""
    spends = {layer.account: layer.spends for layer in job.layers}
    return Judged(job.site, job.digest, job.counts, job.id, job.targets, spends)


def beside(job: JobView, withdrawn: bool = False) -> Beside:
    """What counts beside `job` where it is looked at once more."""
    return Beside(job.id, job.ran_early is not None, withdrawn)


def recent(books: Books, core: Core, who: str, judged: Judged, at: float, other: Beside, without: int = 0) -> Recent:
    """What `who` asked for within ten minutes of `at`, beside what is judged; `without` is the job that it takes the
    place of."""
    earlier = [one for one in books.window.of(who, judged.site, at, other) if one.id != without]
    if not earlier:
        return Recent()
    now = core.clock.now()
    emptying = _emptying(books, core, judged, earlier)
    return Recent(
        _distinct(books, core.setup.policy, judged, earlier),
        _usd(books, core, judged, earlier, now),
        tuple(Before(one.name, None if one.is_timed else max(0.0, now - one.created)) for one in emptying),
        all(one.soft for one in emptying),
    )


def _distinct(books: Books, policy: Policy, judged: Judged, earlier: Sequence[Earlier]) -> Mapping[Kind, int]:
    """Their targets by kind, each once. They are read only where a rule on size could tell the difference."""
    added: Counter[Kind] = Counter()
    others = [one for one in earlier if one.digest != judged.digest]
    added.update(_summed(others))
    if sum(added.values()) + sum(judged.counts.values()) <= _least(policy) or judged.size > READ_MAX:
        return added
    added.clear()
    seen, left = set(judged.read(books)), READ_MAX
    for one in others:
        size = sum(one.counts.values())
        if size > left or Kind.EVERYTHING in one.counts:
            added.update(one.counts)
            continue
        left -= size
        new = [target for target in books.jobs.targets(one.id) if target not in seen]
        seen.update(new)
        added.update(_by_kind(new, one.counts.get(Kind.PATH, 0)))
    return {kind: n for kind, n in added.items() if n}


def _summed(earlier: Sequence[Earlier]) -> Counter[Kind]:
    total: Counter[Kind] = Counter()
    for one in earlier:
        total.update(one.counts)
    return total


def _least(policy: Policy) -> int:
    """Up to so many targets, no rule on size makes a difference."""
    whens = [*(rule.when for rule in policy.rules), *(one.when for one in policy.tighten)]
    limits = [n for when in whens for n in (when.max_items, when.over_items) if n is not None]
    return min(limits, default=2**62)


def _by_kind(targets: Sequence[Target], paths: int) -> Mapping[Kind, int]:
    """As policy judges them; `paths` of the URLs, at most, came of paths."""
    counts = Counter(Kind.HOST if target.kind in _WIDE and is_whole_host(target) else target.kind for target in targets)
    of_paths = min(paths, counts[Kind.URL])
    counts[Kind.URL] -= of_paths
    counts[Kind.PATH] += of_paths
    return counts


def _emptying(books: Books, core: Core, judged: Judged, earlier: Sequence[Earlier]) -> Sequence[Earlier]:
    """The requests with which this one leaves nothing of the site in some cache. What emptied it by itself was judged
    as that, and what adds no host to theirs empties nothing more."""
    site = core.setup.sites.get(judged.site)
    wide = [one for one in earlier if Kind.EVERYTHING not in one.counts and not _WIDE.isdisjoint(one.counts)]
    if site is None or not site.hosts or not judged.is_wide or not wide:
        return ()
    own = emptied_hosts(judged.read(books))
    theirs = {one.id: emptied_hosts(books.jobs.targets(one.id)) for one in wide}
    for account in judged.spends if own else ():
        there = [one for one in wide if any(layer.account == account for layer in one.layers) and theirs[one.id] - own]
        if own.union(*(theirs[one.id] for one in there)).issuperset(site.hosts):
            return there
    return ()


def _usd(books: Books, core: Core, judged: Judged, earlier: Sequence[Earlier], now: float) -> float:
    """What they add to the cost of what is judged, in US dollars, with what this month has used. What would do exactly
    the same and has not begun does not: the two are joined."""
    earlier = [one for one in earlier if one.digest != judged.digest or any(layer.gone for layer in one.layers)]
    total = 0.0
    for account, provider in core.setup.providers.items():
        for bucket, price in provider.can.prices.items():
            layers = [layer for one in earlier for layer in one.layers if layer.account == account]
            gone = sum(layer.gone_units(bucket) for layer in layers)
            coming = sum(layer.coming_units(bucket) for layer in layers)
            own = judged.spends.get(account, {}).get(bucket, 0)
            if not gone + coming:
                continue
            used = books.budgets.tallied(account, bucket, now)
            beyond = [max(0, n - price.free) for n in (max(0, used - gone), used, used + own, used + coming + own)]
            before, is_used, alone, together = beyond
            total += (together - before - (alone - is_used)) * price.usd
    return total
