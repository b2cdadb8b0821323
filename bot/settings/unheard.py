"""Rules that nothing is asked by: what they speak of cannot be purged on their sites, or not so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.policies.policy import Policy, Rule, Tightening
from bot.domain.policies.wording import plurals
from bot.settings.reach import Ground, named
from providers.contract import Capabilities, Kind

_WIDE = frozenset({Kind.HOST, Kind.PREFIX, Kind.PATTERN})


def unheard_conditions(policy: Policy, ground: Ground) -> Iterator[str]:
    """A sentence for each rule whose kinds no layer of its sites purges, or purges softly where it is about that."""
    rules: list[Rule | Tightening] = [*policy.rules, *policy.tighten]
    for rule in rules:
        sites = sorted(ground.sites_of(rule.when))
        layers = [layer.account for site in sites for layer in ground.sites[site].layers]
        able = [ground.can[account] for account in layers if account in ground.can]
        if not layers or len(able) < len(layers) or any(not ground.sites[site].layers for site in sites):
            continue
        where = "any site" if len(sites) == len(ground.sites) > 1 else named(frozenset(sites), "and")
        if not any(rule.when.kinds & _possible(can.kinds) for can in able):
            kinds = plurals(rule.when.kinds, "or")
            yield (
                f"{ground.rules([rule.name])} never speaks: no layer of {where} purges {kinds}."
                " Name kinds that one of them does, or remove it."
            )
        elif rule.when.soft and not _soften(able, rule.when.kinds):
            yield (
                f"{ground.rules([rule.name])} never speaks: no layer of {where} purges softly there, so every purge"
                " is hard. Remove `mode: soft`, or the rule."
            )


def _soften(able: Sequence[Capabilities], kinds: frozenset[Kind]) -> bool:
    """Whether some layer, asked alone, purges one of the kinds softly."""
    return any(kinds & _possible(can.soft & can.kinds) for can in able)


def _possible(kinds: frozenset[Kind]) -> frozenset[Kind]:
    """What is judged as one of its kinds where `kinds` are purged: paths and tags come to URLs, what leaves nothing of
    a host is that host, and of all hosts everything."""
    found = set(kinds)
    found |= {Kind.PATH, Kind.TAG} if Kind.URL in kinds else set()
    found |= {Kind.HOST, Kind.EVERYTHING} if kinds & _WIDE else set()
    return frozenset(found)
