"""Where a policy lets nobody purge, and which rule does that: a sentence each.

A rule that allows or asks is alive on a site for a kind unless a refusal before it, or one that tightens, covers that
part of it whole. What cannot be known, such as who is in a user-group, leaves it alive: nothing is said on a guess.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot.domain.policy import Conditions, Policy, Refuse
from bot.domain.wording import listed
from bot.settings.reach import Ground, named
from bot.settings.shadows import Known, covers, tightens_all

_NARROW = "Narrow it by who, kind or days, or remove it."
_ADD = "Add one, such as {name: all, then: {approve: 1, of: GROUP}}."


def dead_ends(policy: Policy, ground: Ground, known: Known) -> Iterator[str]:
    """One sentence for each site, or for all of them at once."""
    found = {
        site: culprits for site in ground.sites if (culprits := _culprits(policy, site, ground, known)) is not None
    }
    for culprits in dict.fromkeys(found.values()):
        dead = frozenset(site for site in found if found[site] == culprits)
        yield _told(culprits, "" if dead == ground.sites.keys() and len(dead) > 1 else named(dead, "and"))


def _told(culprits: tuple[str, ...], where: str) -> str:
    nobody = f"so nobody can purge {'there' if where else 'anything'}"
    if not culprits:
        there = f" on {where}" if where else ""
        return f"policy has no rule that allows or asks{there}, {nobody}. {_ADD}"
    names = listed([f"`{name}`" for name in culprits], "and")
    refuse = f"rule {names} refuses" if len(culprits) == 1 else f"rules {names} together refuse"
    return f"policy {refuse} every purge{f' on {where}' if where else ''}, {nobody}. {_NARROW}"


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
    in_order = [*(rule.name for rule in policy.rules), *(one.name for one in policy.tighten)]
    return tuple(name for name in in_order if name in found)


def _refused_by(policy: Policy, n: int, part: Conditions, known: Known) -> str:
    """The first that refuses all of `part`, which is of rule number `n`; "" where nothing does."""
    before = [
        rule.name for rule in policy.rules[:n] if isinstance(rule.then, Refuse) and covers(rule.when, part, known)
    ]
    tight = [one.name for one in policy.tighten if one.refuse and tightens_all(one, part, known)]
    return next(iter([*before, *tight]), "")
