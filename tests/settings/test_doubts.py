"""What a policy says that its author may not have meant is told, and what is well meant is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import over
from tests.settings.bench import loaded, notes
from tests.settings.test_policies import BASE, FULL

GROUPS = "  groups: {leads: [U0LEA, U0SAM], sre: [S0SRE], ci: [U0CI]}\n"
REST = "    - {name: rest, then: {approve: 1, of: sre}}\n"
DENY = "    - {name: rest, then: deny}\n"


def rules(*lines: str, rest: str = REST) -> str:
    return f"policy:\n{GROUPS}  rules:\n" + "".join(f"    - {{{line}}}\n" for line in lines) + rest


def tighten(*lines: str) -> str:
    return "  tighten:\n" + "".join(f"    - {{{line}}}\n" for line in lines)


EVERYTHING = (
    "policy rule `any` lets everything be purged in production without anybody's yes."
    " Name its kinds, or ask: then: {approve: 1, of: GROUP}."
)
FIRST = "name: first, kind: everything, then: {approve: 1, of: sre}"
CASES = {
    "the promise": (FULL, ()),
    "everything is allowed": (rules("name: any, who: sre, then: allow", rest=""), (EVERYTHING,)),
    "everything is allowed on a site in production": (rules("name: any, site: shop, then: allow"), (EVERYTHING,)),
    "everything is allowed on a site in staging": (rules("name: any, site: news, then: allow"), ()),
    "everything is allowed in staging": (rules("name: any, environment: staging, then: allow"), ()),
    "everything was decided before": (rules(FIRST, "name: any, then: allow", rest=""), ()),
    "everything was decided before for some": (
        rules(FIRST.replace("kind", "who: sre, kind"), "name: any, then: allow", rest=""), (EVERYTHING,),
    ),
    "kinds without a rule": (
        rules("name: a, kind: [url, path, tag, prefix], then: allow", "name: b, kind: everything, then: deny", rest=""),
        (
            "policy has no rule for host and pattern, so the answer is always no."
            " Add a rule, be it `then: deny` that says what to do instead.",
        ),
    ),
    "an environment, site by site": (
        rules(
            "name: a, site: shop, kind: url, then: allow", "name: b, environment: production, kind: url, then: deny",
            "name: c, environment: staging, kind: url, then: deny",
        ),
        (
            "policy rule `b` speaks for no site of today: `a` decides first on `shop`."
            " Put it before `a` if it is meant for them.",
        ),
    ),
    "an environment, of which one site is left": (
        rules("name: a, site: shop, kind: tag, then: allow", "name: b, environment: production, kind: url, then: deny"),
        (),
    ),
    "only guests by name": (
        rules("name: a, kind: url, then: allow", "name: b, kind: url, who: leads, then: deny"),
        (
            "policy rule `b` speaks only for those named by id who are no full members:"
            " `a` decides first for all others. Put it before `a`, or remove it.",
        ),
    ),
    "all must agree": (
        rules("name: a, kind: url, then: {approve: 2, of: leads}"),
        (
            "policy rule `a` asks all of leads: when one of them wants it, one is missing, so it is refused."
            " Name one more.",
        ),
    ),
    "all must agree with somebody else": (
        rules("name: a, kind: url, who: ci, then: {approve: 2, of: leads}"), (),
    ),
    "all must agree with a machine": (
        rules('name: a, kind: url, who: "token:ci-shop", then: {approve: 2, of: leads}'), (),
    ),
    "all must agree and one may be in the user-group": (
        rules("name: a, kind: url, who: sre, then: {approve: 2, of: leads}"),
        (
            "policy rule `a` asks all of leads: when one of them wants it, one is missing, so it is refused."
            " Name one more.",
        ),
    ),
    "everything is tightened to a vote": (
        rules("name: any, then: allow", rest="")
        + tighten("name: b, kind: everything, then: {approve_more: 1, of: sre}"),
        (),
    ),
    "everything is tightened to a vote on one site": (
        rules("name: any, then: allow", rest="")
        + tighten("name: b, kind: everything, site: news, then: {approve_more: 1, of: sre}"),
        (EVERYTHING,),
    ),
    "tightened beyond the group": (
        rules("name: a, kind: url, then: {approve: 1, of: leads}")
        + tighten("name: b, then: {approve_more: 1}", "name: c, over_items: 9, then: {approve_more: 1}"),
        (
            "policy rule `a` with `b` and `c` asks 3 of leads, and that is 2: then it is refused."
            " Name more of them.",
        ),
    ),
    "tightened to the whole group": (
        rules("name: a, kind: url, then: {approve: 1, of: leads}") + tighten("name: b, then: {approve_more: 1}"),
        (
            "policy rule `a` with `b` asks 2 of leads: when one of them wants it, one is missing,"
            " so it is refused. Name one more.",
        ),
    ),
    "tightened elsewhere": (
        rules("name: a, kind: url, site: shop, then: {approve: 1, of: leads}")
        + tighten("name: b, kind: tag, then: {approve_more: 2}", "name: c, site: news, then: {approve_more: 2}"),
        (),
    ),
    "tightened where it was allowed": (
        rules("name: a, kind: url, then: allow")
        + tighten("name: b, then: {approve_more: 2, of: leads}",
                  "name: c, over_items: 9, then: {approve_more: 1, of: leads}"),
        (
            "policy rule `a` with `b` and `c` asks 3 of leads, and that is 2: then it is refused."
            " Name more of them.",
        ),
    ),
    "glass without an alarm": (
        rules() + "  break_glass: {who: leads}\n",
        (
            "policy.break_glass has no tell: that somebody did without the votes is told in the site's channel, else in"
            " approvals.channel. Name channels that others read, such as tell: [C0SEC].",
        ),
    ),
    "glass of the only voter": (
        rules(rest="    - {name: rest, then: {approve: 1, of: U0LEA}}\n")
        + "  break_glass: {who: U0LEA, tell: [C0SEC]}\n",
        (
            "policy rule `rest` asks all of U0LEA: when one of them wants it, one is missing, so it is refused."
            " Name one more.",
            "policy.break_glass: only U0LEA may break the glass and vote, and nobody closes the review of what they"
            " broke or asked for, so it stays open. Name somebody else who may.",
        ),
    ),
    "glass that nothing waits for": (
        rules("name: a, kind: url, then: allow", rest=DENY) + "  break_glass: {who: leads}\n",
        (
            "policy.break_glass does nothing: no rule asks for votes, so nothing waits for them. Remove it, or add a"
            " rule that asks, such as {name: all, then: {approve: 1, of: GROUP}}.",
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_what_may_not_be_meant_is_told(text: str, expected: tuple[str, ...], tmp_path: Path) -> None:
    assert expected == notes(tmp_path, BASE + text)
    assert [] == [note for note in loaded(tmp_path, BASE + text).warnings if " on line " not in note]


VOTES = {
    "a rule asks": rules("name: a, kind: url, then: {approve: 1, of: sre}"),
    "a tightening asks": rules("name: a, kind: url, then: allow", rest=DENY)
    + tighten("name: b, then: {approve_more: 1, of: sre}"),
}


@pytest.mark.parametrize("text", VOTES.values(), ids=VOTES)
def test_votes_without_a_channel_are_told(text: str, tmp_path: Path) -> None:
    base = BASE.replace("approvals: {channel: C0APPROVE}\n", "")
    expected = "policy asks for votes, and approvals.channel names no channel where people are asked. Add its id."
    assert (expected,) == notes(tmp_path, base + text)


TOLD = {
    "in no channel of theirs": ((), "only where it was asked for"),
    "in that of one site": (("a.test",), "in the site's channel, on news only where it was asked for"),
    "in that of each": (("a.test", "b.test"), "in the site's channel"),
}


@pytest.mark.parametrize(("hosts", "where"), TOLD.values(), ids=TOLD)
def test_where_a_broken_glass_is_told_without_a_channel(hosts: tuple[str, ...], where: str, tmp_path: Path) -> None:
    base = BASE.replace("approvals: {channel: C0APPROVE}\n", "")
    for host in hosts:
        base = base.replace(f"hosts: [{host}]", f"hosts: [{host}], channel: C0SITE{len(host)}{host[0].upper()}")
    expected = (
        f"policy.break_glass has no tell: that somebody did without the votes is told {where}."
        " Name channels that others read, such as tell: [C0SEC]."
    )
    assert expected == notes(tmp_path, base + rules() + "  break_glass: {who: leads}\n")[-1]


def test_two_lists_of_approvers_are_told(tmp_path: Path) -> None:
    base = BASE.replace("C0APPROVE}", "C0APPROVE, approvers: [U0LEA]}")
    assert (
        "policy.groups.approvers and approvals.approvers differ, and the policy's count."
        " Remove approvals.approvers, or write the same.",
    ) == notes(tmp_path, base + FULL)


def test_approvers_of_a_user_group_are_not_counted(tmp_path: Path) -> None:
    base = BASE.replace("C0APPROVE}", "C0APPROVE, approvers: [S0APPR]}")
    assert () == loaded(tmp_path, base).warnings


def test_a_note_names_the_line_of_each_rule(tmp_path: Path) -> None:
    text = rules("name: a, kind: url, then: {approve: 1, of: leads}") + tighten("name: b, then: {approve_more: 1}")
    assert (
        "policy rule `a` on line 10 with `b` on line 13 asks 2 of leads: when one of them wants it, one is missing, so"
        " it is refused. Name one more.",
    ) == loaded(tmp_path, BASE + text).warnings


ZONE = "layers: [{account: cf, zone: 0123456789abcdef0123456789abcdef}]"
HARD = BASE.replace(", soft: yes", "")
NO_PATTERN = HARD.replace("}}\nsites", "}, cf: {provider: cloudflare, token: {env: T}}}\nsites").replace(
    "hosts: [b.test], environment: staging, layers: [{account: shield}]", f"hosts: [b.test], {ZONE}"
)  # fmt: skip
SOFT = "name: a, mode: soft, kind: [url, path], then: allow"
UNHEARD = {
    "no layer of its sites purges the kind": (
        NO_PATTERN, rules("name: a, site: news, kind: pattern, then: deny"),
        (
            "policy rule `a` never speaks: no layer of `news` purges patterns."
            " Name kinds that one of them does, or remove it.",
        ),
    ),
    "a layer of one of its sites does": (NO_PATTERN, rules("name: a, kind: pattern, then: deny"), ()),
    "a tag comes to the URLs seen under it": (HARD, rules("name: a, kind: tag, then: deny"), ()),
    "no layer of its sites purges softly": (
        HARD, rules(SOFT),
        (
            "policy rule `a` never speaks: no layer of any site purges softly there, so every purge is hard."
            " Remove `mode: soft`, or the rule.",
        ),
    ),
    "a layer of one of its sites purges softly": (NO_PATTERN, rules(SOFT), ()),
    "what is purged softly is of another kind": (
        BASE, rules("name: a, mode: soft, kind: prefix, then: allow"),
        (
            "policy rule `a` never speaks: no layer of any site purges softly there, so every purge is hard."
            " Remove `mode: soft`, or the rule.",
        ),
    ),
    "a tightening of what is never soft": (
        HARD, rules() + tighten("name: t, mode: soft, reason: required"),
        (
            "policy rule `t` never speaks: no layer of any site purges softly there, so every purge is hard."
            " Remove `mode: soft`, or the rule.",
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("base", "text", "expected"), UNHEARD.values(), ids=UNHEARD)
def test_a_rule_of_what_its_sites_never_do_is_told(
    base: str, text: str, expected: tuple[str, ...], tmp_path: Path
) -> None:
    assert expected == notes(tmp_path, base + text)


FREEZE = tighten("name: freeze, between: [2026-11-26, 2026-11-30], then: deny")


@pytest.mark.parametrize(("now", "expected"), [
    (1796083199.0, ()),
    (1796083200.0, (
        "policy rule `freeze` has been over since 2026-12-01 00:00 UTC (2026-11-26 to 2026-11-30)."
        " Give it new days, or remove it.",
    )),
], ids=["its last second", "the first one after it"])  # fmt: skip
def test_days_that_have_passed_are_told(now: float, expected: tuple[str, ...], tmp_path: Path) -> None:
    assert expected == over(loaded(tmp_path, BASE + rules() + FREEZE).policy, now)
