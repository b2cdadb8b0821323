"""Everybody who may knock: members, approvers, and all kinds of people and machines that are neither."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.actor import Actor, Standing
from bot.domain.policies.policy import Approve, BreakGlass, Conditions, Policy, Rule, Run
from bot.domain.site import Environment, Site
from playground.people import PEOPLE, TEAM, WORKSPACE, Group, Person, Workspace
from providers.contract import Kind

OTHER_TEAM = "T_OTHER"
BANK = Site("bank", ("www.bank.test",), channel="C_BANK")


def _one(id: str, team: str = TEAM) -> Person:
    return Person(id, id.lower(), id.title(), "", "#777777", team)


STRANGE = (
    _one("U_KAI"),  # somebody else, who asked for it
    replace(_one("U_GUEST_GROUP"), is_guest=True),
    replace(_one("U_GUEST_NAMED"), is_guest=True),
    replace(_one("U_GUEST_BOTH"), is_guest=True),
    replace(_one("U_GUEST_VOTES"), is_guest=True),
    replace(_one("U_GUEST_ONE"), is_single_channel=True),
    replace(_one("U_BOB"), is_bot=True),
    replace(_one("U_BOB_NAMED"), is_bot=True),
    replace(_one("U_APP"), is_app=True),
    replace(_one("U_GONE"), is_gone=True),
    replace(_one("U_GONE_NAMED"), is_gone=True),
    replace(_one("U_GONE_VOTES"), is_gone=True),
    _one("U_EXT", OTHER_TEAM),
    _one("U_EXT_NAMED", OTHER_TEAM),
)
TOWN = Workspace(
    (*PEOPLE, *STRANGE),
    WORKSPACE.channels,
    (Group("S_SRE", "sre", "SRE", ("U_SAM", "U_GUEST_GROUP", "U_GUEST_BOTH", "U_EXT")),),
)
NAMED = ("U_GUEST_NAMED", "U_GUEST_BOTH", "U_BOB_NAMED", "U_EXT_NAMED", "U_GONE_NAMED")
ASKED = ("U_LEA", "S_SRE", "U_GUEST_VOTES", "U_GONE_VOTES")
_WHO = ("members", *NAMED, "U_GUEST_VOTES")
_SMALL = frozenset({Kind.URL, Kind.PATH, Kind.TAG})
POLICY = Policy(
    (
        Rule("small", Conditions(who=_WHO, kinds=_SMALL, max_items=30), Run()),
        Rule("wide", Conditions(who=_WHO, environment=Environment.PRODUCTION), Approve(1, ("approvers",))),
    ),
    groups={"approvers": ASKED},
    approvers=("approvers",),
    break_glass=BreakGlass(("U_KIM",)),
)
TOKENS = {
    "token": Actor("token:ci", Standing.TOKEN, sites=frozenset({"shop"})),
    "reading token": Actor("token:eye", Standing.TOKEN, sites=frozenset({"shop"}), may_command=False),
    "foreign token": Actor("token:bank", Standing.TOKEN, sites=frozenset({"bank"})),
}
