"""Where a policy lets nobody purge, and which rule does that: a sentence each.

A rule that allows or asks is alive on a site for a kind unless a refusal before it, or one that tightens, covers that
part of it whole. What cannot be known, such as who is in a user-group, leaves it alive: nothing is said on a guess.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import replace

from bot.domain.policies.policy import Conditions, Policy, Refuse
from bot.settings.reach import Ground, named
from bot.settings.shadows import Known, covers, tightens_all

NARROW = "Narrow it by who, kind or days, or remove it."
ADD = "Add one, such as {name: all, then: {approve: 1, of: GROUP}}."


def dead_ends(policy: Policy, ground: Ground, known: Known) -> Iterator[str]:
    """One sentence for each site, or for all of them at once."""
    found = _dead(policy, ground, known)
    for culprits in dict.fromkeys(found.values()):
        dead = frozenset(site for site in found if found[site] == culprits)
        yield _told(culprits, named(dead, "and"), ground)


def _dead(policy: Policy, ground: Ground, known: Known) -> dict[str, tuple[str, ...]]:
    """The sites on which nobody can purge, with the rules that refuse it."""
    found = {site: _culprits(policy, site, ground, known) for site in ground.sites}
    return {site: culprits for site, culprits in found.items() if culprits is not None}


def _told(culprits: tuple[str, ...], where: str, ground: Ground) -> str:
    if not culprits:
        return f"{ground.policy} has no rule that allows or asks on {where}, so nobody can purge there. {ADD}"
    refuse = "refuses" if len(culprits) == 1 else "together refuse"
    return f"{ground.rules(culprits)} {refuse} every purge on {where}, so nobody can purge there. {NARROW}"


def _culprits(policy: Policy, site: str, ground: Ground, known: Known) -> tuple[str, ...] | None:
    """The rules that refuse all that others allow on `site`, none where no rule allows; None where somebody can."""
    found: set[str] = set()
    for n, rule in enumerate(policy.rules):
        if isinstance(rule.then, Refuse) or site not in ground.reach(rule.when):
            continue
        for kind in sorted(rule.when.kinds):
            refused = _refused_by(
                policy, n, replace(rule.when, sites=frozenset({site}), kinds=frozenset({kind})), known
            )
            if not refused:
                return None
            found.add(refused)
    return _in_order(policy, found)


def _in_order(policy: Policy, names: Set[str]) -> tuple[str, ...]:
    in_order = [*(rule.name for rule in policy.rules), *(one.name for one in policy.tighten)]
    return tuple(name for name in in_order if name in names)


def _refused_by(policy: Policy, n: int, part: Conditions, known: Known) -> str:
    """The first that refuses all of `part`, which is of rule number `n`; "" where nothing does."""
    before = [
        rule.name for rule in policy.rules[:n] if isinstance(rule.then, Refuse) and covers(rule.when, part, known)
    ]
    tight = [one.name for one in policy.tighten if one.refuse and tightens_all(one, part, known)]
    return next(iter([*before, *tight]), "")
