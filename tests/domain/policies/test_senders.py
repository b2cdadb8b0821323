"""What whoever sends deploys may do: purge what deploys change, on their sites, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.actor import Actor, Standing
from bot.domain.policies.defaults import built_in
from bot.domain.policies.policy import Allow, Conditions, Decision, Deny, Members, Outline, Policy, Rule, Run
from bot.domain.policies.recent import NOTHING_RECENT
from bot.domain.policies.rights import Deed, Subject, authorise
from bot.domain.policies.ruling import decide
from providers.contract import Kind

APPROVERS = ("U_LEA", "U_SAM")
CI = Actor("token:ci", Standing.TOKEN, sites=frozenset({"shop"}), is_sender=True)
ROSTER = {"approvers": Members(frozenset(APPROVERS))}
POLICY = built_in(APPROVERS, ("ci",))


def asked(actor: Actor, policy: Policy, *counts: tuple[Kind, int], site: str = "shop") -> Decision:
    return decide(
        actor, Outline(site, "production", dict(counts), has_reason=True), policy, ROSTER, 0.0, NOTHING_RECENT
    )


RUNS = Allow("deploys", "URLs, paths, tags or prefixes run at once")
LETS = "The rules let you purge there: URLs, paths, tags or prefixes (`deploys`)."


@pytest.mark.parametrize("kind", [Kind.URL, Kind.PATH, Kind.TAG, Kind.PREFIX])
@pytest.mark.parametrize("n", [1, 31, 100_000])
def test_a_deploy_purges_any_number_of_what_it_changed(kind: Kind, n: int) -> None:
    assert RUNS == asked(CI, POLICY, (kind, n))


@pytest.mark.parametrize(
    ("kind", "what"), [(Kind.HOST, "hosts"), (Kind.PATTERN, "patterns"), (Kind.EVERYTHING, "everything")]
)
def test_a_deploy_purges_nothing_wider_and_nobody_is_asked(kind: Kind, what: str) -> None:
    why = f"No rule lets you purge {what} on shop (production), so the answer is no."
    assert Deny("the end of the rules", why, LETS) == asked(CI, POLICY, (kind, 1))
    assert isinstance(asked(CI, POLICY, (Kind.URL, 1), (kind, 1)), Deny)


def test_another_sender_is_not_meant() -> None:
    other = replace(CI, id="token:other")
    assert isinstance(asked(other, POLICY, (Kind.URL, 1)), Deny)


def test_a_site_of_others_does_not_exist() -> None:
    expected = Deny("sites", "There is no site news for you.", "Ask whoever configured purgebot.")
    assert expected == asked(CI, POLICY, (Kind.URL, 1), site="news")


def test_the_rule_for_senders_means_nobody_else() -> None:
    mia, token = Actor("U_MIA", Standing.MEMBER), Actor("token:ops", Standing.TOKEN)
    assert ["small", "small"] == [asked(who, POLICY, (Kind.URL, 30)).rule for who in (mia, token)]
    assert ["wide", "wide"] == [asked(who, POLICY, (Kind.PREFIX, 1)).rule for who in (mia, token)]


def test_without_senders_the_rules_are_what_they_were() -> None:
    assert built_in(APPROVERS).version == built_in(APPROVERS, ()).version
    assert "deploys" not in [rule.name for rule in built_in(APPROVERS).rules]


MEMBERS = Rule("all", Conditions(who=("members",)), Run())
NAMED = Rule("ci", Conditions(who=("token:ci",)), Run())


@pytest.mark.parametrize(
    ("rules", "rule"),
    [((MEMBERS,), "the end of the rules"), ((Rule("all", Conditions(), Run()),), "the end of the rules"),
     ((MEMBERS, NAMED), "ci")],
    ids=["members", "nobody named", "by name"],
)  # fmt: skip
def test_a_policy_lets_a_sender_do_what_it_says_of_it_by_name(rules: tuple[Rule, ...], rule: str) -> None:
    assert rule == asked(CI, Policy(rules), (Kind.EVERYTHING, 1)).rule


@pytest.mark.parametrize("deed", [deed for deed in Deed if deed not in (Deed.PURGE, Deed.HELP)])
def test_a_sender_has_no_other_deed(deed: Deed) -> None:
    assert authorise(CI, Deed.PURGE, Subject("shop")) is None
    assert isinstance(authorise(CI, deed, Subject("shop", held_by=CI.id)), Deny)


def test_a_sender_is_told_what_it_is_for() -> None:
    expected = Deny("deploys", "This token only sends deploys.", "Use a token of `api.tokens`.")
    assert expected == authorise(CI, Deed.SEE, Subject("shop"))
