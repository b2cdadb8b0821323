"""What the doctor asks of providers: every account on every site, at once, and an error is a finding."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.actor import Actor, Standing
from bot.domain.policies.policy import Approve, Conditions, Members, Policy, Rule
from bot.domain.undone import Undone, Way
from bot.services.desk import Desk
from bot.services.probing import probe_layers
from bot.services.replies import Probed, Refusal, SitesListed
from bot.services.requests.purges import Asking
from bot.services.setup import Current
from bot.services.voting.quorums import votes_undone
from providers.contract import Health, Probe
from providers.errors import BadCredentials, OutcomeUnknown, Throttled
from tests.services.shop import GUEST, MIA, SHOP, Everybody, open_shop


async def test_each_account_is_tried_on_each_site_and_purges_nothing(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.cf.ill = BadCredentials("The token may not purge zone z.", "Give it Cache Purge.", "no")
    news = replace(SHOP, name="news", layers=SHOP.layers[1:])
    found = await probe_layers(shop.core.setup.providers, [SHOP, news])
    await shop.ledger.close()
    assert ["shield on shop", "cf on shop", "cf on news"] == [subject for subject, _ in found]
    assert [Health.GOOD, Health.BAD, Health.BAD] == [probe.health for _, probe in found]
    assert 'The token may not purge zone z. It said: "no".' == found[1][1].what
    assert [] == shop.cf.sent + shop.shield.sent


async def test_a_question_of_the_doctor_that_was_lost_may_not_have_purged_anything(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.cf.ill = OutcomeUnknown("Cloudflare did not answer within 8 s.", "See its status page.")
    found = await probe_layers(shop.core.setup.providers, [SHOP])
    await shop.ledger.close()
    assert ("Cloudflare did not answer within 8 s.", "See its status page.") == (found[1][1].what, found[1][1].advice)


async def test_a_throttle_is_doubtful_since_jobs_wait_for_it(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.cf.ill = Throttled("Cloudflare asks for fewer calls.", "Wait 5 minutes, then retry. Lower `api`.", "slow down")
    found = await probe_layers(shop.core.setup.providers, [SHOP])
    await shop.ledger.close()
    expected = 'Cloudflare asks for fewer calls. Jobs wait for it. It said: "slow down".'
    assert Probe(Health.DOUBTFUL, expected, "Lower `api`.") == found[1][1]


async def test_an_account_that_no_site_uses_is_tried_alone_where_that_is_asked(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    found = await probe_layers(shop.core.setup.providers, [], alone=True)
    await shop.ledger.close()
    assert ["shield", "cf"] == [subject for subject, _ in found]


async def test_the_doctor_comes_to_members_only(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    desk = Desk(shop.core)
    member = await desk.ask(Asking(MIA, "a"), "doctor shop")
    guest = await desk.ask(Asking(GUEST, "b"), "doctor")
    await shop.ledger.close()
    assert (Probed, Refusal) == (type(member), type(guest))


UNREAD = "What Slack does not tell counts as no."
MEND = "Write the id of a group that can be read in place of S_SRE, or people's own ids."
MEND_RULE = "Write people, or a user-group that can be read, as the rule's `of`."
AGAIN = "It is asked again by itself."
NOT_TOLD = "and nobody can vote while it cannot be told who that is."
GROUPS = {
    "readable": (
        Members(frozenset({"U_LEA", "U_SAM"})), [Probe(Health.GOOD, "S_SRE has 2 full members of this workspace.")],
    ),
    "one person": (
        Members(frozenset({"U_LEA"})),
        [
            Probe(Health.GOOD, "S_SRE has 1 full member of this workspace."),
            Probe(
                Health.DOUBTFUL,
                "Rule `wide` needs 1 of S_SRE beside whoever asks, and there is 1: when one of them asks, one is"
                " missing.",
                "Add people to it in Slack, or ask for fewer in the rule.",
            ),
        ],
    ),
    "nobody": (
        Members(),
        [
            Probe(
                Health.BAD, "S_SRE has no full member of this workspace.", "Add some to it in Slack, or name another."
            ),
            Probe(
                Health.BAD, "Rule `wide` needs 1 of S_SRE beside whoever asks, and there are 0.",
                "Add people to it in Slack, or ask for fewer in the rule.",
            ),
        ],
    ),
    "unreadable": (
        Members(problem="Slack knows no user-group S_SRE."),
        [
            Probe(Health.BAD, "Slack knows no user-group S_SRE.", f"{UNREAD} {MEND}"),
            Probe(Health.BAD, f"Rule `wide` needs 1 of S_SRE, {NOT_TOLD}", MEND_RULE),
        ],
    ),
    "Slack is away": (
        Members(problem="Slack does not say who is in S_SRE now.", is_away=True),
        [
            Probe(Health.DOUBTFUL, "Slack does not say who is in S_SRE now.", f"{UNREAD} {AGAIN}"),
            Probe(Health.DOUBTFUL, f"Rule `wide` needs 1 of S_SRE, {NOT_TOLD}", AGAIN),
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("members", "expected"), GROUPS.values(), ids=GROUPS)
async def test_the_doctor_says_in_slack_too_whether_votes_can_be_had(
    tmp_path: Path, members: Members, expected: list[Probe]
) -> None:
    shop = open_shop(tmp_path)
    assert isinstance(shop.core.directory, Everybody)
    shop.core.directory.groups["S_SRE"] = members
    elsewhere = Rule("news", Conditions(sites=frozenset({"news"})), Approve(9, ("S_SRE",)))
    policy = Policy((Rule("wide", Conditions(), Approve(1, ("S_SRE",))), elsewhere))
    shop.core.current.become(replace(shop.core.setup, policy=policy))
    reply = await Desk(shop.core).ask(Asking(MIA, "a"), "doctor shop")
    await shop.ledger.close()
    assert isinstance(reply, Probed)
    subjects = ["user-group S_SRE", "rule wide"]
    assert list(zip(subjects, expected, strict=False)) == reply.groups


async def test_the_doctor_names_what_is_still_the_examples_of_the_sites_asked_for(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    of = [("sites", "shop"), ("accounts", "cf"), ("sites", "news"), ("accounts", "other")]
    shop.core.undone.configure(tuple(Undone("", Way.WRITE, "zone: …", example=one) for one in of))
    reply = await Desk(shop.core).ask(Asking(MIA, "a"), "doctor shop")
    await shop.ledger.close()
    assert isinstance(reply, Probed)
    assert of[:2] == [one.example for one in reply.undone]


LEFT = (
    Undone("of shop", Way.ADD, "origin: …", site="shop"),
    Undone("of news", Way.ADD, "origin: …", site="news"),
    Undone("of none", Way.GRANT, "chat:write"),
    Undone("that its probe tells", Way.SET, "CF=…", account="cf"),
    Undone("of an account that no site uses", Way.SET, "OTHER=…", account="other"),
    Undone("that the policy's part tells", Way.WRITE, "", "Write people.", voters="rule wide"),
)


async def test_the_doctor_tells_what_is_still_to_be_done_as_it_is_now_to_whoever_may_read_it(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)

    async def look() -> tuple[Undone, ...]:
        return LEFT

    shop.core.undone.look = look
    ci = Actor("token:ci", Standing.TOKEN, sites=frozenset({"shop"}))
    told = [await Desk(shop.core).ask(Asking(who, "a"), "doctor shop") for who in (MIA, ci)]
    await shop.ledger.close()
    left = [[one.what for one in reply.undone] for reply in told if isinstance(reply, Probed)]
    assert [["of shop", "of none", "of an account that no site uses"], []] == left


@pytest.mark.parametrize(
    ("members", "left"),
    [
        pytest.param(
            Members(problem="Slack knows no user-group S_SRE."),
            [
                ("user-group S_SRE", "Slack knows no user-group S_SRE.", f"{UNREAD} {MEND}"),
                ("rule wide", f"Rule `wide` needs 1 of S_SRE, {NOT_TOLD}", MEND_RULE),
            ],
            id="nobody can vote",
        ),
        pytest.param(Members(problem="Slack does not say.", is_away=True), [], id="Slack does not say now"),
        pytest.param(Members(frozenset({"U_LEA", "U_SAM"})), [], id="all is well"),
    ],
)
async def test_what_keeps_votes_from_being_had_is_still_to_be_done(
    tmp_path: Path, members: Members, left: list[tuple[str, str, str]]
) -> None:
    shop = open_shop(tmp_path)
    assert isinstance(shop.core.directory, Everybody)
    shop.core.directory.groups["S_SRE"] = members
    policy = Policy((Rule("wide", Conditions(), Approve(1, ("S_SRE",))),))
    shop.core.current.become(replace(shop.core.setup, policy=policy))
    found = await votes_undone(shop.core)
    await shop.ledger.close()
    assert left == [(one.voters, one.what, one.where) for one in found]


async def test_the_list_of_sites_says_of_which_the_file_still_has_the_examples_values(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    news = replace(SHOP, name="news", layers=SHOP.layers[:1])
    shop.core = replace(shop.core, current=Current(replace(shop.core.setup, sites={"shop": SHOP, "news": news})))
    shop.core.undone.configure((Undone("", Way.WRITE, "zone: …", example=("accounts", "cf")),))
    reply = await Desk(shop.core).ask(Asking(MIA, "a"), "sites")
    await shop.ledger.close()
    assert isinstance(reply, SitesListed)
    assert {"shop"} == reply.examples
