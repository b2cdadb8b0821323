"""The built-in policy: who may, who must agree, and what is said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.actor import Actor, Standing
from bot.domain.jobs.job import Approval, JobView, State
from bot.domain.jobs.plan import Plan
from bot.domain.policies.defaults import built_in
from bot.domain.policies.policy import Allow, Ask, Decision, Deny
from bot.domain.policies.recent import NOTHING_RECENT
from bot.domain.policies.rights import Deed, Subject, authorise
from bot.domain.policies.ruling import decide
from bot.domain.proof.verdict import Verdict
from bot.domain.target import Target
from providers.contract import Kind

MIA = Actor("U_MIA", Standing.MEMBER)
LEA = Actor("U_LEA", Standing.MEMBER)
APPROVERS = ("U_LEA", "U_SAM", "U_KIM")
CI = Actor("token:ci", Standing.TOKEN, sites=frozenset({"shop"}))
READER = Actor("token:eye", Standing.TOKEN, sites=frozenset({"shop"}), may_command=False)


def plan(kind: Kind, count: int = 1, environment: str = "production") -> Plan:
    targets = tuple(Target(kind, f"{n}", "shop") for n in range(count))
    return Plan("shop", environment, kind, kind, targets, False, ())


SMALL = Allow("small", "up to 30 URLs, paths or tags run at once")
NAME = "Name them in `approvals: {channel: …, approvers: [U…]}`."

DECISIONS = [
    pytest.param(MIA, plan(Kind.URL), APPROVERS, "", SMALL, id="one-url"),
    pytest.param(MIA, plan(Kind.URL, 30), APPROVERS, "", SMALL, id="thirty-urls"),
    pytest.param(MIA, plan(Kind.TAG, 30), (), "", SMALL, id="thirty-tags-without-approvers"),
    pytest.param(
        MIA, plan(Kind.URL, 31), APPROVERS, "", Ask("wide", "31 targets are more than 30", 1, APPROVERS), id="31-urls"
    ),
    pytest.param(MIA, plan(Kind.PREFIX), APPROVERS, "", Ask("wide", "it purges a prefix", 1, APPROVERS), id="prefix"),
    pytest.param(MIA, plan(Kind.HOST), APPROVERS, "", Ask("wide", "it purges a host", 1, APPROVERS), id="host"),
    pytest.param(
        MIA, plan(Kind.PATTERN), APPROVERS, "", Ask("wide", "it purges a pattern", 1, APPROVERS), id="pattern"
    ),
    pytest.param(
        LEA,
        plan(Kind.PREFIX),
        APPROVERS,
        "",
        Ask("wide", "it purges a prefix", 1, ("U_SAM", "U_KIM")),
        id="not-herself",
    ),
    pytest.param(
        MIA,
        plan(Kind.EVERYTHING),
        APPROVERS,
        "",
        Deny("everything", "Purging everything needs a reason.", "Add: because <reason>"),
        id="everything-without-reason",
    ),
    pytest.param(
        MIA,
        plan(Kind.EVERYTHING),
        APPROVERS,
        "leak",
        Ask("everything", "it empties all of shop (production)", 2, APPROVERS),
        id="everything-in-production",
    ),
    pytest.param(
        MIA,
        plan(Kind.EVERYTHING, environment="staging"),
        APPROVERS,
        "leak",
        Ask("everything", "it empties all of shop (staging)", 1, APPROVERS),
        id="everything-in-staging",
    ),
    pytest.param(
        MIA,
        plan(Kind.PREFIX),
        (),
        "",
        Deny("wide", "This needs approval, since it purges a prefix, and no approvers are configured.", NAME),
        id="no-approvers",
    ),
    pytest.param(
        LEA,
        plan(Kind.EVERYTHING),
        ("U_LEA", "U_SAM"),
        "leak",
        Deny("everything", "This needs 2 approvers other than you, and the configuration names 1.", NAME),
        id="quorum-cannot-be-met",
    ),
    pytest.param(
        LEA,
        plan(Kind.PREFIX),
        ("U_LEA",),
        "",
        Deny("wide", "This needs 1 approver other than you, and the configuration names 0.", NAME),
        id="only-approver-is-the-requester",
    ),
    pytest.param(CI, plan(Kind.URL), APPROVERS, "", SMALL, id="token-as-a-member"),
    pytest.param(
        READER,
        plan(Kind.URL),
        APPROVERS,
        "",
        Deny("read-only", "This token may only read.", "Use a token with `may: command`."),
        id="token-that-reads",
    ),
]


@pytest.mark.parametrize(("actor", "wanted", "approvers", "reason", "expected"), DECISIONS)
def test_what_policy_says(
    actor: Actor, wanted: Plan, approvers: tuple[str, ...], reason: str, expected: Decision
) -> None:
    decision = decide(actor, wanted.outline(reason), built_in(approvers), {}, 0.0, NOTHING_RECENT)
    if isinstance(decision, Ask):
        decision = replace(decision, fingerprint="", groups=())
    assert expected == decision


NOBODIES = [Standing.GUEST, Standing.BOT, Standing.STRANGER, Standing.GONE, Standing.UNREADABLE]


@pytest.mark.parametrize("standing", NOBODIES)
@pytest.mark.parametrize("deed", [deed for deed in Deed if deed is not Deed.HELP])
def test_who_is_no_full_member_may_ask_for_help_and_nothing_else(standing: Standing, deed: Deed) -> None:
    actor = Actor("U_X", standing)
    assert authorise(actor, Deed.HELP) is None
    assert isinstance(authorise(actor, deed, Subject("shop")), Deny)


def job(by: str = "U_MIA") -> JobView:
    return JobView(
        7, "shop", "production", State.WAITING, Verdict.UNCHECKED, Kind.PREFIX, 1, (), False, by, 0.0, (), "d", "wide",
        approval=Approval(1, APPROVERS, 1800.0, "wide", "why"),
    )  # fmt: skip


DEEDS = [
    pytest.param(LEA, Deed.VOTE, job(), "", id="an-approver-votes"),
    pytest.param(MIA, Deed.VOTE, job(), "You asked for P-7, so somebody else must decide.", id="nobody-their-own"),
    pytest.param(
        LEA, Deed.VOTE, job("U_LEA"), "You asked for P-7, so somebody else must decide.", id="not-even-approvers"
    ),
    pytest.param(
        Actor("U_EVE", Standing.MEMBER), Deed.VOTE, job(), "You are not an approver of P-7.", id="not-an-approver"
    ),
    pytest.param(CI, Deed.VOTE, job(), "Tokens do not vote.", id="tokens-never-vote"),
    pytest.param(MIA, Deed.CANCEL, job(), "", id="a-requester-cancels"),
    pytest.param(LEA, Deed.CANCEL, job(), "", id="an-approver-cancels"),
    pytest.param(Actor("U_EVE", Standing.MEMBER), Deed.CANCEL, job(), "P-7 is not yours.", id="others-do-not-cancel"),
    pytest.param(CI, Deed.CANCEL, job("token:ci"), "", id="a-token-cancels-its-own"),
    pytest.param(CI, Deed.CANCEL, job(), "P-7 was not asked for by this token.", id="a-token-not-anothers"),
]


@pytest.mark.parametrize(("actor", "deed", "subject", "why"), DEEDS)
def test_who_may_do_what_to_a_job(actor: Actor, deed: Deed, subject: JobView, why: str) -> None:
    people = frozenset(APPROVERS)
    denied = authorise(actor, deed, Subject(subject.site, subject, voters=people, approvers=people))
    assert why == (denied.why if denied else "")


def test_a_token_sees_its_own_sites_only() -> None:
    denied = authorise(CI, Deed.PURGE, Subject("bank"))
    assert Deny("sites", "There is no site bank for you.", "Ask whoever configured purgebot.") == denied
