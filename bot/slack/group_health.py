"""What the doctor asks Slack about user-groups: who is in each that the policy names, and whether rules can get their
votes from them.

usergroups.users.list    who is in a group; needs the scope usergroups:read and a paid plan
users.list               which of them are full members
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.actor import Standing
from bot.domain.policies.policy import Policy
from bot.services.voting.quorums import votes_to_be_had
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
    rules = [(f"rule {rule.name}", votes_to_be_had(policy, rule, people)) for rule in policy.rules]
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
