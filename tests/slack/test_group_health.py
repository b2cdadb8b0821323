"""What the doctor says of user-groups: of each as Slack tells it, and of rules that ask too few people."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.policies.defaults import built_in
from bot.domain.policies.policy import Approve, Conditions, Policy, Refuse, Rule, Run
from bot.slack.directory import SlackDirectory
from bot.slack.group_health import Seen, group_health
from bot.slack.patience import WAITS_MOST, PatientApi
from bot.slack.web_api import SlackApi
from bot.system import SystemClock
from playground.people import WORKSPACE, Group
from playground.slack.web_api import GRANTED
from providers.contract import Health, Probe
from tests.playground.slack_land import EVERY_SCOPE, Land, land

GROUPS = (
    Group("S_SRE", "sre", "Site reliability", ("U_LEA", "U_SAM", "U_KIM")),
    Group("S_TWO", "two", "Two", ("U_LEA", "U_SAM")),
    Group("S_MIA", "mia", "Mia", ("U_MIA",)),
    Group("S_EMPTY", "empty", "Nobody", ()),
    Group("S_GUESTS", "guests", "Guests", ("U_GUEST",)),
    Group("S_MIXED", "mixed", "Mixed", ("U_GUEST", "U_LEA", "U_PURGEBOT")),
)
LAND = replace(WORKSPACE, groups=GROUPS)


async def seen(world: Land, policy: Policy) -> list[Seen]:
    api = SlackApi(world.bot)
    return await group_health(api, SlackDirectory(api, SystemClock(), policy.names), policy)


def speaking_of(group: str) -> Policy:
    return Policy((Rule("a", Conditions((group,)), Run()),))


FULL = "Add full members of this workspace to it in Slack, or name another."
READ = {
    "three": ("S_SRE", Probe(Health.GOOD, "S_SRE has 3 people.")),
    "one": ("S_MIA", Probe(Health.GOOD, "S_MIA has 1 person.")),
    "some members": ("S_MIXED", Probe(Health.GOOD, "S_MIXED has 3 people, 1 of them full members of this workspace.")),
    "guests alone": (
        "S_GUESTS", Probe(Health.BAD, "S_GUESTS has 1 person, and no full member of this workspace.", FULL),
    ),
    "nobody": ("S_EMPTY", Probe(Health.BAD, "S_EMPTY has nobody in it.", FULL)),
    "unknown": (
        "S_GONE",
        Probe(Health.BAD, "Slack knows no user-group S_GONE.", "Mend its id where the configuration names it."),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("group", "expected"), READ.values(), ids=READ)
async def test_a_group_is_told_as_slack_knows_it(tmp_path: Path, group: str, expected: Probe) -> None:
    async with land(tmp_path, SystemClock().now, workspace=LAND) as world:
        assert [(f"user-group {group}", expected)] == await seen(world, speaking_of(group))


async def test_a_free_plan_is_told(tmp_path: Path) -> None:
    async with land(tmp_path, SystemClock().now, workspace=replace(LAND, has_groups=False)) as world:
        found = await seen(world, speaking_of("S_SRE"))
    what = "This Slack plan has no user-groups, so nobody is in S_SRE."
    advice = "Name people by their own ids, such as U0LEA, in place of S_SRE."
    assert [("user-group S_SRE", Probe(Health.BAD, what, advice))] == found


async def test_a_missing_scope_is_told(tmp_path: Path) -> None:
    scopes = tuple(scope for scope in GRANTED if scope != "usergroups:read")
    async with land(tmp_path, SystemClock().now, workspace=LAND, scopes=scopes) as world:
        found = await seen(world, speaking_of("S_SRE"))
    what = "The bot may not read who is in S_SRE: it lacks usergroups:read."
    advice = "Add usergroups:read under OAuth & Permissions (or apply manifest.yml), then install the app again."
    assert [("user-group S_SRE", Probe(Health.BAD, what, advice))] == found


async def test_without_user_groups_slack_is_not_asked(tmp_path: Path) -> None:
    async with land(tmp_path, SystemClock().now, workspace=LAND, scopes=EVERY_SCOPE) as world:
        assert [] == await seen(world, built_in(("U_LEA", "U_SAM")))
        assert [] == world.requests.listed()


MORE = "Add people to it in Slack, or ask for fewer in the rule."
BESIDE = "beside whoever asks, and there"
ONE_MISSING = "when one of them asks, one is missing."
TWO_OF_TWO = Probe(Health.DOUBTFUL, f"Rule `r` needs 2 of S_TWO {BESIDE} are 2: {ONE_MISSING}", MORE)
# who asks, how many are needed, of whom, what is found
VOTES = {
    "enough": ((), 2, ("S_SRE",), None),
    "enough with a person": ((), 2, ("S_TWO", "U_KIM"), None),
    "the same person twice": (
        (), 3, ("S_TWO", "U_LEA"), Probe(Health.BAD, f"Rule `r` needs 3 of S_TWO, U_LEA {BESIDE} are 2.", MORE),
    ),
    "too few": ((), 2, ("S_MIA",), Probe(Health.BAD, f"Rule `r` needs 2 of S_MIA {BESIDE} is 1.", MORE)),
    "guests do not vote": (
        (), 2, ("S_MIXED",), Probe(Health.BAD, f"Rule `r` needs 2 of S_MIXED {BESIDE} is 1.", MORE),
    ),
    "exactly enough, and one may ask": ((), 2, ("S_TWO",), TWO_OF_TWO),
    "exactly enough, and one of another group may ask": (("S_SRE",), 2, ("S_TWO",), TWO_OF_TWO),
    "exactly enough, and others ask": (("S_MIA",), 2, ("S_TWO",), None),
    "exactly enough, and a machine asks": (("token:ci",), 2, ("S_TWO",), None),
    "exactly enough, and only they may ask": (
        ("S_TWO",), 2, ("S_TWO",), Probe(Health.BAD, f"Rule `r` needs 2 of S_TWO {BESIDE} is 1.", MORE),
    ),
    "nobody": ((), 1, ("S_EMPTY",), Probe(Health.BAD, f"Rule `r` needs 1 of S_EMPTY {BESIDE} are 0.", MORE)),
    "not to be told": ((), 1, ("S_GONE",), None),
}  # fmt: skip


@pytest.mark.parametrize(("who", "needed", "of", "expected"), VOTES.values(), ids=VOTES)
async def test_a_rule_that_asks_too_few_is_told(
    tmp_path: Path, who: tuple[str, ...], needed: int, of: tuple[str, ...], expected: Probe | None
) -> None:
    policy = Policy((Rule("r", Conditions(who), Approve(needed, of)), Rule("no", Conditions(), Refuse())))
    async with land(tmp_path, SystemClock().now, workspace=LAND) as world:
        found = dict(await seen(world, policy))
    assert expected == found.get("rule r")


class Waits(SystemClock):
    """A clock that keeps how long it was to sleep, and does not."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


async def patiently(world: Land, clock: Waits) -> list[Seen]:
    """What the doctor sees of S_SRE, and of S_EMPTY after that."""
    api, policy = PatientApi(world.bot, clock), Policy((Rule("a", Conditions(("S_SRE", "S_EMPTY")), Run()),))
    return await group_health(api, SlackDirectory(api, clock, policy.names), policy)


async def test_a_busy_slack_is_asked_again_when_it_says(tmp_path: Path) -> None:
    clock = Waits()
    async with land(tmp_path, SystemClock().now, workspace=LAND) as world:
        world.faults.set("slack", "throttle", 5)
        found = [probe.health for _, probe in await patiently(world, clock)]
    assert ([Health.GOOD, Health.BAD], 5) == (found, len(clock.slept))


async def test_a_slack_that_stays_busy_is_waited_for_a_minute_in_all(tmp_path: Path) -> None:
    clock = Waits()
    async with land(tmp_path, SystemClock().now, workspace=LAND) as world:
        world.faults.set("slack", "throttle", None)
        found = [probe.health for _, probe in await patiently(world, clock)]
    assert [Health.DOUBTFUL] * 2 == found
    assert WAITS_MOST - clock.slept[0] < sum(clock.slept) <= WAITS_MOST


async def test_a_busy_slack_is_a_doubt(tmp_path: Path) -> None:
    async with land(tmp_path, SystemClock().now, workspace=LAND) as world:
        world.faults.set("slack", "throttle", None)
        found = await seen(world, speaking_of("S_SRE"))
    what, advice = "Slack did not say who is in S_SRE (ratelimited).", "Run the doctor again in a minute."
    assert [("user-group S_SRE", Probe(Health.DOUBTFUL, what, advice))] == found
