"""What the doctor asks Slack about user-groups: who is in each that the policy names, and whether rules can get their
votes from them.

usergroups.users.list    who is in a group; needs the scope usergroups:read and a paid plan
users.list               which of them are full members
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.actor import Standing
from bot.domain.policy import GUESTS, MEMBERS, TOKEN, Approve, Policy, Rule, is_person
from bot.slack.directory import SlackDirectory
from bot.slack.web_api import SlackApi, SlackTrouble
from providers.contract import Health, Probe

Seen = tuple[str, Probe]  # subject, what was found there
SCOPE = "usergroups:read"
_BAD = {
    "no_such_subteam": ("Slack knows no user-group {group}.", "Mend its id where the configuration names it."),
    "plan_upgrade_required": (
        "This Slack plan has no user-groups, so nobody is in {group}.",
        "Name people by their own ids, such as U0LEA, in place of {group}.",
    ),
    "missing_scope": (
        f"The bot may not read who is in {{group}}: it lacks {SCOPE}.",
        f"Add {SCOPE} under OAuth & Permissions (or apply manifest.yml), then install the app again.",
    ),
}  # Slack's errors, https://docs.slack.dev/reference/methods/usergroups.users.list
_MORE = "Add people to it in Slack, or ask for fewer in the rule."


@dataclass(frozen=True, slots=True)
class _Reading:
    """A group as Slack tells it; None where it does not say who can vote."""

    probe: Probe
    people: frozenset[str] | None = None


async def group_health(api: SlackApi, directory: SlackDirectory, policy: Policy) -> list[Seen]:
    """A finding for each user-group, and one for each rule that asks too few people."""
    if not policy.user_groups:
        return []
    await directory.read_everybody()
    read = {group: await _read(api, directory, group) for group in policy.user_groups}
    people = {group: reading.people for group, reading in read.items() if reading.people is not None}
    groups = [(f"user-group {group}", reading.probe) for group, reading in read.items()]
    rules = [(f"rule {rule.name}", _votes(policy, rule, people)) for rule in policy.rules]
    return [*groups, *((subject, probe) for subject, probe in rules if probe is not None)]


async def _read(api: SlackApi, directory: SlackDirectory, group: str) -> _Reading:
    try:
        answer = await api.call("usergroups.users.list", usergroup=group)
    except SlackTrouble as trouble:
        if trouble.error not in _BAD:
            what = f"Slack did not say who is in {group} ({trouble.error})."
            return _Reading(Probe(Health.DOUBTFUL, what, "Run the doctor again in a minute."))
        what, advice = _BAD[trouble.error]
        return _Reading(Probe(Health.BAD, what.format(group=group), advice.format(group=group)))
    users = answer.get("users")
    actors = [await directory.actor(str(user), "") for user in (users if isinstance(users, list) else [])]
    able = frozenset(actor.id for actor in actors if actor.standing is Standing.MEMBER)
    return _Reading(_counted(group, len(actors), len(able)), able)


def _counted(group: str, n: int, able: int) -> Probe:
    advice = "Add full members of this workspace to it in Slack, or name another."
    if n == 0:
        return Probe(Health.BAD, f"{group} has nobody in it.", advice)
    if able == 0:
        return Probe(Health.BAD, f"{group} has {_people(n)}, and no full member of this workspace.", advice)
    rest = f", {able} of them full members of this workspace" if able < n else ""
    return Probe(Health.GOOD, f"{group} has {_people(n)}{rest}.")


def _people(n: int) -> str:
    return "1 person" if n == 1 else f"{n} people"


def _votes(policy: Policy, rule: Rule, read: Mapping[str, frozenset[str]]) -> Probe | None:
    """Whether too few people may vote for what a rule asks; None where there are enough, or that cannot be told."""
    if not isinstance(rule.then, Approve):
        return None
    of = _spread(policy, rule.then.of)
    if not any(map(policy.is_user_group, of)) or not all(one in read for one in of if policy.is_user_group(one)):
        return None
    needed, able = rule.then.needed, _known(of, read)
    askers = _spread(policy, rule.when.who or (MEMBERS,))
    known, unknown = _known(askers, read), {one for one in askers if _is_open(policy, one, read)}
    others_may_ask = bool(unknown or known - able or any(one.startswith(TOKEN) for one in askers))
    voters_may_ask = bool(unknown or known & able)
    left = len(able) if others_may_ask or not voters_may_ask else len(able) - 1
    who = f"Rule `{rule.name}` needs {needed} of {', '.join(rule.then.of)} beside whoever asks"
    if left < needed:
        return Probe(Health.BAD, f"{who}, and there {'is' if left == 1 else 'are'} {left}.", _MORE)
    if len(able) == needed and voters_may_ask:
        return Probe(Health.DOUBTFUL, f"{who}, and there are {needed}: when one of them asks, one is missing.", _MORE)
    return None


def _is_open(policy: Policy, word: str, read: Mapping[str, frozenset[str]]) -> bool:
    """Whether nobody can say here who all are meant."""
    return word in (MEMBERS, GUESTS) or (policy.is_user_group(word) and word not in read)


def _spread(policy: Policy, words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(one for word in words for one in policy.groups.get(word, (word,)))


def _known(words: frozenset[str], read: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The people behind ids and user-groups."""
    return frozenset(filter(is_person, words)).union(*(read[one] for one in words if one in read))
