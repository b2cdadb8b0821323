"""Who is who and who is in which group, as Slack's Web API says it at the wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.domain.actor import Actor, Standing
from bot.domain.policies.defaults import built_in
from bot.domain.policies.policy import Conditions, Members, Policy, Rule, Run
from bot.slack.app import web_client
from bot.slack.directory import LEARNED_MAX, SlackDirectory
from bot.slack.people import Home, Record, standing
from bot.slack.web_api import SlackApi
from tests.slack.web_api_fake import FakeSlack, fake_slack, person
from tests.slate import SlateClock

LEA, SAM, KIM = person("U_LEA"), person("U_SAM"), person("U_KIM")
GUEST = person("U_GUEST", is_restricted=True)
BOT = person("U_BOB", is_bot=True)
GONE = person("U_GONE", deleted=True)
STRANGER = person("U_EXT", "T_OTHER", is_stranger=True)
ORG = {"id": "U_ORG", "enterprise_id": "E_ORG", "teams": ["T_SISTER", "T_HOME"]}
NAMES = Policy(rules=(Rule("named", Conditions(who=("U_GUEST", "U_BOB", "U_GONE", "U_EXT", "U_LEA")), Run()),)).names


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with fake_slack() as fake:
        fake.knows(LEA, SAM, KIM, GUEST, BOT, GONE, STRANGER)
        yield fake


@pytest.fixture
def clock() -> SlateClock:
    return SlateClock()


@pytest.fixture
def directory(slack: FakeSlack, clock: SlateClock) -> SlackDirectory:
    return SlackDirectory(SlackApi(web_client("xoxb-fake", slack.url)), clock)


@pytest.fixture
def naming(slack: FakeSlack, clock: SlateClock) -> SlackDirectory:
    return SlackDirectory(SlackApi(web_client("xoxb-fake", slack.url)), clock, NAMES)


# Who is who

STANDINGS = [
    pytest.param(LEA, "T_HOME", Standing.MEMBER, id="a-member"),
    pytest.param(LEA, "", Standing.MEMBER, id="a-member-of-whom-no-payload-says-the-team"),
    pytest.param(LEA, "T_OTHER", Standing.STRANGER, id="the-same-id-in-another-workspace"),
    pytest.param(LEA, "E_ELSE", Standing.STRANGER, id="the-same-id-in-an-organisation"),
    pytest.param(GUEST, "T_HOME", Standing.GUEST, id="a-guest"),
    pytest.param(person("U_A", is_ultra_restricted=True), "T_HOME", Standing.GUEST, id="a-guest-of-one-channel"),
    pytest.param(BOT, "T_HOME", Standing.BOT, id="a-bot"),
    pytest.param(person("U_A", is_app_user=True), "T_HOME", Standing.BOT, id="an-apps-user"),
    pytest.param(GONE, "T_HOME", Standing.GONE, id="deactivated"),
    pytest.param(person("U_A", deleted=True, is_bot=True), "", Standing.GONE, id="a-bot-that-was-removed"),
    pytest.param(STRANGER, "T_OTHER", Standing.STRANGER, id="of-another-workspace"),
    pytest.param(person("U_A", "T_OTHER"), "T_HOME", Standing.STRANGER, id="of-another-workspace-in-a-home-payload"),
    pytest.param(person("U_A", is_stranger=True), "T_HOME", Standing.STRANGER, id="called-a-stranger"),
    pytest.param(person("U_A", None), "T_HOME", Standing.STRANGER, id="of-no-workspace-that-is-told"),
    pytest.param({}, "T_HOME", Standing.UNREADABLE, id="an-empty-record"),
    pytest.param(person("U_A", None, enterprise_user=ORG), "T_HOME", Standing.MEMBER, id="organisation-member"),
    pytest.param(person("U_A", None, enterprise_user=ORG), "E_ORG", Standing.MEMBER, id="acting-for-the-organisation"),
    pytest.param(person("U_A", None, enterprise_user=ORG), "T_SISTER", Standing.MEMBER, id="acting-from-a-sister"),
    pytest.param(person("U_A", None, enterprise_user=ORG), "E_ELSE", Standing.STRANGER, id="another-organisation"),
    pytest.param(
        person("U_A", None, enterprise_user={**ORG, "teams": ["T_SISTER"]}), "E_ORG", Standing.STRANGER,
        id="of-a-sister-workspace-only",
    ),
    pytest.param(
        person("U_A", enterprise_user={**ORG, "enterprise_id": "E_ELSE"}), "E_ORG", Standing.STRANGER,
        id="the-homes-organisation-is-not-the-persons",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("record", "team", "expected"), STANDINGS)
def test_what_somebody_is(record: Record, team: str, expected: Standing) -> None:
    assert expected is standing(record, team, Home("T_HOME", "E_ORG"))


def test_nobody_is_a_member_of_a_home_that_is_not_known() -> None:
    assert Standing.UNREADABLE is standing(LEA, "T_HOME", Home())


async def test_the_home_is_what_slack_says_of_the_token(slack: FakeSlack, directory: SlackDirectory) -> None:
    slack.home = {"ok": True, "team_id": "T_HOME", "enterprise_id": "E_ORG"}
    slack.knows(person("U_ORG", None, enterprise_user=ORG))
    found = await directory.actor("U_ORG", "E_ORG")
    assert Actor("U_ORG", Standing.MEMBER, "E_ORG") == found


NAMED = [
    pytest.param("U_GUEST", "T_HOME", Standing.GUEST, True, id="a-guest"),
    pytest.param("U_BOB", "T_HOME", Standing.BOT, True, id="a-bot"),
    pytest.param("U_EXT", "T_OTHER", Standing.STRANGER, True, id="somebody-of-another-workspace"),
    pytest.param("U_EXT", "T_HOME", Standing.STRANGER, True, id="who-acts-in-a-channel-of-ours"),
    pytest.param("U_EXT", "T_THIRD", Standing.STRANGER, False, id="the-same-id-of-a-third-workspace"),
    pytest.param("U_LEA", "T_OTHER", Standing.STRANGER, False, id="a-members-id-of-another-workspace"),
    pytest.param("U_SAM", "T_HOME", Standing.MEMBER, False, id="a-member-whom-nobody-names"),
]


@pytest.mark.parametrize(("user", "team", "stands", "named"), NAMED)
async def test_a_name_in_the_policy_means_that_person_only(
    naming: SlackDirectory, user: str, team: str, stands: Standing, named: bool
) -> None:
    assert Actor(user, stands, team, is_named=named) == await naming.actor(user, team)


async def test_a_rule_for_guests_names_every_guest_and_nobody_else(slack: FakeSlack, clock: SlateClock) -> None:
    guests = Policy(rules=(Rule("guests", Conditions(who=("guests",)), Run()),))
    directory = SlackDirectory(SlackApi(web_client("xoxb-fake", slack.url)), clock, guests.names)
    actors = [await directory.actor(user, "T_HOME") for user in ("U_GUEST", "U_BOB", "U_LEA")]
    assert [True, False, False] == [actor.is_named for actor in actors]


# Where they are


async def test_a_person_has_the_time_zone_of_their_profile(slack: FakeSlack, directory: SlackDirectory) -> None:
    slack.knows(person("U_LEA", tz="Asia/Tokyo"), person("U_SAM"))
    zones = [await directory.zone(user) for user in ("U_LEA", "U_LEA", "U_SAM", "U_NOBODY")]
    assert (["Asia/Tokyo", "Asia/Tokyo", "", ""], 3) == (zones, slack.times("users.info"))


# How long it is believed


async def test_a_person_is_asked_about_once_a_minute(
    slack: FakeSlack, directory: SlackDirectory, clock: SlateClock
) -> None:
    before = (await directory.actor("U_LEA", "T_HOME")).standing
    slack.knows(person("U_LEA", is_restricted=True))
    clock.at += 59
    within = (await directory.actor("U_LEA", "T_HOME")).standing
    clock.at += 2
    after = (await directory.actor("U_LEA", "T_HOME")).standing
    assert (Standing.MEMBER, Standing.MEMBER, Standing.GUEST) == (before, within, after)
    assert (2, 1) == (slack.times("users.info"), slack.times("auth.test"))


@pytest.mark.parametrize("within_a_minute", [False, True], ids=["a-request", "a-vote"])
async def test_a_group_is_asked_about_once_a_minute(
    slack: FakeSlack, directory: SlackDirectory, clock: SlateClock, within_a_minute: bool
) -> None:
    slack.groups["S_SRE"] = ("U_LEA", "U_SAM")
    before = await directory.members("S_SRE", within_a_minute)
    slack.groups["S_SRE"] = ("U_SAM",)
    clock.at += 59
    within = await directory.members("S_SRE", within_a_minute)
    clock.at += 2
    after = await directory.members("S_SRE", within_a_minute)
    assert [{"U_LEA", "U_SAM"}, {"U_LEA", "U_SAM"}, {"U_SAM"}] == [before.people, within.people, after.people]
    assert 2 == slack.times("usergroups.users.list")


async def test_many_who_ask_about_a_group_at_once_are_one_question(slack: FakeSlack, directory: SlackDirectory) -> None:
    slack.groups |= {"S_SRE": ("U_LEA",), "S_WEB": ("U_SAM",)}
    slack.gate.clear()
    asking = [asyncio.create_task(directory.members(name)) for name in ("S_SRE", "S_WEB") * 20]
    async with asyncio.timeout(5):
        while slack.times("usergroups.users.list") < 2:
            await asyncio.sleep(0)
    slack.gate.set()
    found = await asyncio.gather(*asking)
    assert [("usergroups.users.list", "S_SRE"), ("usergroups.users.list", "S_WEB")] == sorted(
        asked for asked in slack.asked if asked[0] == "usergroups.users.list"
    )
    assert {frozenset({"U_LEA"}), frozenset({"U_SAM"})} == {members.people for members in found}


AWAY = [
    pytest.param(500, "internal_error", id="an-error-of-slacks"),
    pytest.param(429, "ratelimited", id="too-many-questions"),
    pytest.param(200, "service_unavailable", id="not-available"),
    pytest.param(503, "", id="no-error-at-all"),
]


@pytest.mark.parametrize(("status", "error"), AWAY)
async def test_what_was_read_stands_15_minutes_while_slack_is_away_but_for_votes(
    slack: FakeSlack, directory: SlackDirectory, clock: SlateClock, status: int, error: str
) -> None:
    slack.groups["S_SRE"] = ("U_LEA",)
    await directory.actor("U_LEA", "T_HOME")
    await directory.members("S_SRE")
    slack.ill(status, error)
    clock.at += 899
    stands = await directory.actor("U_LEA", "T_HOME"), await directory.members("S_SRE")
    for_votes = (
        await directory.actor("U_LEA", "T_HOME", within_a_minute=True),
        await directory.members("S_SRE", within_a_minute=True),
    )
    clock.at += 2
    over = await directory.actor("U_LEA", "T_HOME"), await directory.members("S_SRE")
    nobody = Members(problem="Slack does not say who is in S_SRE now.", is_away=True)
    assert (Actor("U_LEA", Standing.MEMBER, "T_HOME"), Members(frozenset({"U_LEA"}))) == stands
    assert [(Actor("U_LEA", Standing.AWAY, "T_HOME"), nobody)] * 2 == [for_votes, over]


async def test_a_vote_within_the_minute_needs_no_slack(slack: FakeSlack, directory: SlackDirectory) -> None:
    await directory.actor("U_LEA", "T_HOME")
    slack.ill(500, "internal_error")
    assert Standing.MEMBER is (await directory.actor("U_LEA", "T_HOME", within_a_minute=True)).standing


async def test_what_stands_of_a_person_is_not_lent_to_another_workspace(
    slack: FakeSlack, naming: SlackDirectory, clock: SlateClock
) -> None:
    await naming.actor("U_LEA", "T_HOME")
    slack.ill(500, "internal_error")
    clock.at += 120
    assert Actor("U_LEA", Standing.STRANGER, "T_OTHER") == await naming.actor("U_LEA", "T_OTHER")


async def test_a_slack_that_was_away_is_asked_again_at_once(slack: FakeSlack, directory: SlackDirectory) -> None:
    slack.groups["S_SRE"] = ("U_LEA",)
    slack.ill(500, "internal_error")
    away = await directory.actor("U_LEA", "T_HOME"), await directory.members("S_SRE")
    slack.trouble = {}
    back = await directory.actor("U_LEA", "T_HOME"), await directory.members("S_SRE")
    assert (Standing.AWAY, True) == (away[0].standing, away[1].is_away)
    assert (Standing.MEMBER, frozenset({"U_LEA"})) == (back[0].standing, back[1].people)


# What Slack will not say

FOR_GOOD = [
    pytest.param("user_not_found", id="nobody-of-that-id"),
    pytest.param("user_not_visible", id="nobody-whom-the-bot-may-see"),
    pytest.param("invalid_auth", id="a-wrong-token"),
    pytest.param("token_revoked", id="a-revoked-token"),
    pytest.param("account_inactive", id="a-bot-that-was-removed"),
    pytest.param("missing_scope", id="a-scope-that-is-missing"),
]


@pytest.mark.parametrize("error", FOR_GOOD)
async def test_what_slack_will_not_say_of_a_person_is_no_at_once_whatever_it_said_before(
    slack: FakeSlack, directory: SlackDirectory, clock: SlateClock, error: str
) -> None:
    await directory.actor("U_LEA", "T_HOME")
    slack.ill(200, error)
    clock.at += 61
    assert Actor("U_LEA", Standing.UNREADABLE, "T_HOME") == await directory.actor("U_LEA", "T_HOME")


GROUP_PROBLEMS = [
    pytest.param("no_such_subteam", "Slack knows no user-group S_SRE.", id="no-such-group-or-a-disabled-one"),
    pytest.param(
        "plan_upgrade_required",
        "This Slack plan has no user-groups, so nobody is in S_SRE; people can be named by id.",
        id="a-free-plan",
    ),
    pytest.param(
        "missing_scope",
        "purgebot may not read user-groups (scope usergroups:read), so nobody is in S_SRE.",
        id="a-scope-that-is-missing",
    ),
    pytest.param("token_revoked", "Slack does not say who is in S_SRE now.", id="a-revoked-token"),
]


@pytest.mark.parametrize(("error", "problem"), GROUP_PROBLEMS)
@pytest.mark.parametrize("within_a_minute", [False, True], ids=["a-request", "a-vote"])
async def test_a_group_that_cannot_be_read_has_nobody_and_says_why_whatever_it_had(
    slack: FakeSlack, directory: SlackDirectory, clock: SlateClock, error: str, problem: str, within_a_minute: bool
) -> None:
    slack.groups["S_SRE"] = ("U_LEA",)
    await directory.members("S_SRE")
    slack.ill(200, error, "usergroups.users.list")
    clock.at += 61
    assert Members(problem=problem) == await directory.members("S_SRE", within_a_minute)


# Who of a group counts

ALL = ("U_LEA", "U_GUEST", "U_BOB", "U_GONE", "U_EXT")


@pytest.mark.parametrize("read_before", [True, False], ids=["all-were-read", "nobody-was-read"])
async def test_guests_bots_the_deactivated_and_strangers_of_a_group_do_not_count(
    slack: FakeSlack, directory: SlackDirectory, read_before: bool
) -> None:
    slack.groups["S_SRE"] = ALL
    if read_before:
        await directory.read_everybody()
    assert Members(frozenset({"U_LEA"})) == await directory.members("S_SRE")


async def test_a_rule_that_names_an_outsider_lets_no_group_speak_for_them(
    slack: FakeSlack, naming: SlackDirectory
) -> None:
    slack.groups["S_SRE"] = ALL
    assert Members(frozenset({"U_LEA"})) == await naming.members("S_SRE")


async def test_only_some_of_a_big_group_are_asked_about_one_by_one(slack: FakeSlack, directory: SlackDirectory) -> None:
    many = tuple(f"U_{n:03}" for n in range(3 * LEARNED_MAX))
    slack.knows(*(person(user) for user in many))
    slack.groups["S_ALL"] = many
    found = await directory.members("S_ALL")
    assert frozenset(many) == found.people
    assert LEARNED_MAX == slack.times("users.info")


async def test_of_whom_slack_says_nothing_the_group_alone_speaks(slack: FakeSlack, directory: SlackDirectory) -> None:
    slack.groups["S_SRE"] = ("U_LEA", "U_GUEST")
    slack.ill(500, "internal_error", "users.info")
    assert Members(frozenset({"U_LEA", "U_GUEST"})) == await directory.members("S_SRE")
    assert Standing.AWAY is (await directory.actor("U_GUEST", "T_HOME")).standing


# Everybody at once


async def test_everybody_is_read_page_by_page_and_then_known(slack: FakeSlack, directory: SlackDirectory) -> None:
    slack.page = 3
    await directory.read_everybody()
    found = [(await directory.actor(user, "T_HOME")).standing for user in ("U_LEA", "U_GUEST", "U_GONE")]
    assert [Standing.MEMBER, Standing.GUEST, Standing.GONE] == found
    assert (3, 0) == (slack.times("users.list"), slack.times("users.info"))


async def test_a_slack_that_does_not_list_people_is_asked_about_each(
    slack: FakeSlack, directory: SlackDirectory
) -> None:
    slack.ill(429, "ratelimited", "users.list")
    await directory.read_everybody()
    assert Standing.MEMBER is (await directory.actor("U_LEA", "T_HOME")).standing


def test_the_built_in_policy_names_its_approvers_by_id_alone() -> None:
    policy = built_in(("U_LEA", "S_SRE"))
    assert (frozenset({"U_LEA"}), ("S_SRE",)) == (policy.named, policy.user_groups)
    assert [True, False] == [policy.names(user, Standing.GUEST) for user in ("U_LEA", "S_SRE")]
