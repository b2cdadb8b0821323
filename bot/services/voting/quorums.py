"""Whether rules can get the votes that they ask for, by what Slack says of user-groups: for the doctor, who says it in
Slack and in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from bot.domain.policies.policy import GUESTS, MEMBERS, TOKEN, Approve, Members, Policy, Roster, Rule, is_person
from bot.domain.policies.ruling import voters
from bot.domain.undone import Undone, Way
from bot.services.setup import Core
from bot.services.voting.roster import read_roster
from providers.contract import Health, Probe

_MORE = "Add people to it in Slack, or ask for fewer in the rule."
_UNTOLD = "What Slack does not tell counts as no."
_AGAIN = "It is asked again by itself."


async def probe_groups(core: Core, sites: Iterable[str]) -> list[tuple[str, Probe]]:
    """A finding for each user-group of the policy, as Slack says now, and one for each rule on one of `sites` for
    which the votes that it asks for cannot be had."""
    policy, named = core.setup.policy, {*sites}
    if not policy.user_groups:
        return []
    roster = await read_roster(core, within_a_minute=True)
    rules = [rule for rule in policy.rules if not rule.when.sites or rule.when.sites & named]
    groups = [(f"user-group {group}", _group(group, members)) for group, members in roster.items()]
    return [*groups, *_rules(policy, rules, roster)]


async def votes_undone(core: Core) -> list[Undone]:
    """What of that is to be mended, on all sites; nothing of what Slack does not say now."""
    found = await probe_groups(core, core.setup.sites)
    return [
        Undone(probe.what, Way.WRITE, "", probe.advice, voters=subject)
        for subject, probe in found
        if probe.health is not Health.GOOD and not probe.advice.endswith(_AGAIN)
    ]


def _group(group: str, members: Members) -> Probe:
    if members.is_away:
        return Probe(Health.DOUBTFUL, members.problem, f"{_UNTOLD} {_AGAIN}")
    if members.problem:
        write = f"Write the id of a group that can be read in place of {group}, or people's own ids."
        return Probe(Health.BAD, members.problem, f"{_UNTOLD} {write}")
    n = len(members.people)
    if n == 0:
        what = f"{group} has no full member of this workspace."
        return Probe(Health.BAD, what, "Add some to it in Slack, or name another.")
    return Probe(Health.GOOD, f"{group} has {n} full member{'' if n == 1 else 's'} of this workspace.")


def _rules(policy: Policy, rules: Iterable[Rule], roster: Roster) -> Iterator[tuple[str, Probe]]:
    read = {group: members.people for group, members in roster.items() if not members.problem}
    for rule in rules:
        found = _unheard(policy, rule, roster) or votes_to_be_had(policy, rule, read)
        if found is not None:
            yield f"rule {rule.name}", found


def _unheard(policy: Policy, rule: Rule, roster: Roster) -> Probe | None:
    """That nobody can vote for what a rule asks, since it cannot be told who is asked; None where that is told."""
    if not isinstance(rule.then, Approve) or not voters(policy, roster, rule.then.of, ()).problem:
        return None
    of = ", ".join(rule.then.of)
    away = any(members.is_away for members in roster.values())
    what = (
        f"Rule `{rule.name}` needs {rule.then.needed} of {of}, and nobody can vote while it cannot be told who that is."
    )
    if away:
        return Probe(Health.DOUBTFUL, what, _AGAIN)
    where = "under `approvals`" if policy.is_built_in else "as the rule's `of`"
    return Probe(Health.BAD, what, f"Write people, or a user-group that can be read, {where}.")


def votes_to_be_had(policy: Policy, rule: Rule, read: Mapping[str, frozenset[str]]) -> Probe | None:
    """Whether too few people may vote for what a rule asks, where `read` are the user-groups that Slack tells; None
    where there are enough, or that cannot be told."""
    if not isinstance(rule.then, Approve):
        return None
    of = policy.ids_of(rule.then.of)
    if not any(map(policy.is_user_group, of)) or not all(one in read for one in of if policy.is_user_group(one)):
        return None
    needed, able = rule.then.needed, _known(of, read)
    askers = policy.ids_of(rule.when.who or (MEMBERS,))
    known, unknown = _known(askers, read), {one for one in askers if _is_open(policy, one, read)}
    others_may_ask = bool(unknown or known - able or any(one.startswith(TOKEN) for one in askers))
    voters_may_ask = bool(unknown or known & able)
    left = len(able) if others_may_ask or not voters_may_ask else len(able) - 1
    who = f"Rule `{rule.name}` needs {needed} of {', '.join(rule.then.of)} beside whoever asks"
    if left < needed:
        return Probe(Health.BAD, f"{who}, and there {'is' if left == 1 else 'are'} {left}.", _MORE)
    if len(able) == needed and voters_may_ask:
        return Probe(
            Health.DOUBTFUL,
            f"{who}, and there {'is' if needed == 1 else 'are'} {needed}: when one of them asks, one is missing.",
            _MORE,
        )
    return None


def _is_open(policy: Policy, word: str, read: Mapping[str, frozenset[str]]) -> bool:
    """Whether nobody can say here who all are meant."""
    return word in (MEMBERS, GUESTS) or (policy.is_user_group(word) and word not in read)


def _known(words: frozenset[str], read: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The people behind ids and user-groups."""
    return frozenset(filter(is_person, words)).union(*(read[one] for one in words if one in read))
