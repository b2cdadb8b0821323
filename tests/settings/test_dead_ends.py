"""A rule that refuses everybody, or that can let nobody purge, is told; one that leaves a way is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.settings.bench import loaded, notes, problems
from tests.settings.test_doubts import DENY, REST, rules, tighten
from tests.settings.test_policies import BASE

READING = BASE.replace(
    "may: command}", "may: command}, {name: ci-read, bearer: {env: T}, sites: [shop]}"
)  # fmt: skip
NARROW = "Narrow it by who, kind or days, or remove it."
ADD = "Add one, such as {name: all, then: {approve: 1, of: GROUP}}."
ALL = f"policy rule `no` refuses every purge on `news` and `shop`, so nobody can purge there. {NARROW}"
NOBODY = f"policy has no rule that allows or asks on `news` and `shop`, so nobody can purge there. {ADD}"
SHOP = f"policy rule `no` refuses every purge on `shop`, so nobody can purge there. {NARROW}"
READS = (
    "policy rule `ci` names token:ci-read, which may only read, so it never purges."
    " Give ci-read `may: command` under api.tokens, or take it out of the rule."
)
CASES = {
    "each site has its own refusal": (
        rules("name: no, site: shop, then: deny", "name: neither, site: news, then: deny"),
        (SHOP, SHOP.replace("`no`", "`neither`").replace("shop", "news")),
    ),
    "a tightening refuses all": (rules() + tighten("name: no, then: deny"), (ALL,)),
    "no rule allows": (
        rules(rest=DENY), (NOBODY,),
    ),
    "guests are refused too": (
        rules("name: all, who: members, then: deny", "name: b, who: guests, then: deny", rest=""),
        (NOBODY,),
    ),
    "a rule refuses a site": (rules("name: no, site: shop, then: deny"), (SHOP,)),
    "a rule refuses full members on a site": (rules("name: no, who: members, site: shop, then: deny"), (SHOP,)),
    "a rule refuses production": (rules("name: no, environment: production, then: deny"), (SHOP,)),
    "guests are let through": (
        rules("name: no, site: shop, then: deny", "name: a, who: guests, site: shop, kind: url, then: allow"), (),
    ),
    "one group is refused": (rules("name: no, who: leads, site: shop, then: deny"), ()),
    "some kinds are refused": (rules("name: no, kind: [host, everything], site: shop, then: deny"), ()),
    "soft purges are refused": (rules("name: no, mode: soft, site: shop, then: deny"), ()),
    "some hours are refused": (rules("name: no, during: Mon-Fri 08:00-19:00 UTC, then: deny"), ()),
    "what was allowed before stays": (
        rules("name: a, kind: url, then: allow", "name: no, site: shop, then: deny"), (),
    ),
    "two rules refuse a site": (
        rules(
            "name: no, site: shop, kind: [url, path, tag], then: deny",
            "name: neither, site: shop, kind: [prefix, host, pattern, everything], then: deny",
        ),
        (
            "policy rules `no` and `neither` together refuse every purge on `shop`, so nobody can purge there."
            f" {NARROW}",
        ),
    ),
    "the last rule refuses the rest": (rules("name: a, kind: url, then: allow", rest=DENY), ()),
    "a tightening refuses a site": (rules() + tighten("name: no, site: shop, then: deny"), (SHOP,)),
    "a tightening refuses for some days": (
        rules() + tighten("name: no, between: [2026-11-26, 2026-11-30], then: deny"), (),
    ),
    "a tightening refuses what is large": (rules() + tighten("name: no, over_items: 9, then: deny"), ()),
    "a tightening refuses what is dear": (rules() + tighten("name: no, cost_usd_over: 9, then: deny"), ()),
    "a tightening refuses guests alone": (rules() + tighten("name: no, who: guests, then: deny"), ()),
    "no rule allows on a site": (
        rules("name: a, site: shop, then: {approve: 1, of: sre}", rest=""),
        (f"policy has no rule that allows or asks on `news`, so nobody can purge there. {ADD}",),
    ),
    "a token may only read": (rules('name: ci, who: "token:ci-read", then: allow'), (READS,)),
    "a token may only read, and people may purge": (
        rules('name: ci, who: ["token:ci-read", sre], kind: url, then: allow'), (READS,),
    ),
    "a token that may only read is asked to wait": (
        rules('name: ci, who: "token:ci-read", then: {approve: 1, of: sre}'), (READS,),
    ),
    "a token that may only read is refused": (rules('name: ci, who: "token:ci-read", then: deny'), ()),
    "a token may not see the site": (
        rules('name: ci, who: "token:ci-shop", site: news, kind: url, then: allow'),
        (
            "policy rule `ci` names token:ci-shop, which may not see `news`, so it never purges there."
            " Add it to the token's `sites`, or take the token out of the rule.",
        ),
    ),
    "a token may not see staging": (
        rules('name: ci, who: "token:ci-shop", environment: staging, then: allow'),
        (
            "policy rule `ci` names token:ci-shop, which may not see `news`, so it never purges there."
            " Add it to the token's `sites`, or take the token out of the rule.",
        ),
    ),
    "a token may see one of the sites": (rules('name: ci, who: "token:ci-shop", kind: url, then: allow'), ()),
    "a token may purge everything": (
        rules('name: ci, who: "token:ci-shop", then: allow'),
        (
            "policy rule `ci` lets everything be purged in production without anybody's yes."
            " Name its kinds, or ask: then: {approve: 1, of: GROUP}.",
        ),
    ),
    "a limit that refuses what is small": (
        rules() + tighten("name: cap, kind: url, max_items: 30, then: deny"),
        (
            "policy rule `cap` refuses up to 30 targets, and nothing above: that is what max_items means."
            " Write over_items: 30 to tighten what is more than that.",
        ),
    ),
    "a limit that asks for what is small": (
        rules() + tighten("name: cap, kind: url, max_items: 1, then: {approve_more: 1, of: sre}"),
        (
            "policy rule `cap` asks for more votes for up to 1 target, and nothing above: that is what max_items means."
            " Write over_items: 1 to tighten what is more than that.",
        ),
    ),
    "a limit that wants reasons of what is small": (
        rules() + tighten("name: cap, kind: url, max_items: 30, reason: required"),
        (
            "policy rule `cap` wants a reason for up to 30 targets, and nothing above: that is what max_items means."
            " Write over_items: 30 to tighten what is more than that.",
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_whom_a_policy_never_lets_purge_is_told(text: str, expected: tuple[str, ...], tmp_path: Path) -> None:
    assert expected == notes(tmp_path, READING + text)
    assert [] == [note for note in loaded(tmp_path, READING + text).warnings if " on line " not in note]


REFUSED = {
    "all must agree, and only they may ask": (
        rules("name: a, who: leads, then: {approve: 2, of: leads}"),
        (
            "10: policy.rules[0].then: asks all of leads, and only they may ask for it: one is always missing, so it"
            " never passes. Name one more of them, or let others ask for it.",
        ),
    ),
    "the one who may ask is the one who is asked": (
        rules("name: a, who: U0LEA, then: {approve: 1, of: U0LEA}"),
        (
            "10: policy.rules[0].then: asks all of U0LEA, and only they may ask for it: one is always missing, so it"
            " never passes. Name one more of them, or let others ask for it.",
        ),
    ),
    "always tightened beyond the group": (
        rules("name: a, kind: url, then: {approve: 2, of: leads}")
        + tighten("name: t, then: {approve_more: 1}", "name: u, kind: [url, tag], then: {approve_more: 1}"),
        (
            "13: policy.tighten[0].then: with rules a on line 10 and u on line 14 asks 4 of leads, who are 2 people, so"
            " it never passes. Name more of them, or ask for fewer.",
        ),
    ),
    "always tightened to the whole group, of whom one asks": (
        rules("name: a, who: leads, kind: url, then: {approve: 1, of: leads}")
        + tighten("name: t, then: {approve_more: 1}"),
        (
            "13: policy.tighten[0].then: with rule a on line 10 asks all of leads, and only they may ask for it: one is"
            " always missing, so it never passes. Name one more of them, or let others ask for it.",
        ),
    ),
    "always tightened where it was allowed": (
        rules("name: a, kind: url, then: allow")
        + tighten("name: b, then: {approve_more: 2, of: leads}", "name: c, then: {approve_more: 1, of: leads}"),
        (
            "13: policy.tighten[0].then: with rules a on line 10 and c on line 14 asks 3 of leads, who are 2 people, so"
            " it never passes. Name more of them, or ask for fewer.",
        ),
    ),
    "tightened beyond the group at times": (
        rules("name: a, kind: url, then: {approve: 2, of: leads}")
        + tighten("name: t, over_items: 9, then: {approve_more: 1}"),
        (),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), REFUSED.values(), ids=REFUSED)
def test_what_can_never_pass_is_refused_with_its_line(text: str, expected: tuple[str, ...], tmp_path: Path) -> None:
    assert [f"purgebot.yaml:{problem}" for problem in expected] == problems(tmp_path, READING + text)


def test_a_policy_without_sites_is_not_said_to_refuse_them(tmp_path: Path) -> None:
    text = f"policy:\n  groups: {{sre: [S0SRE]}}\n  rules:\n{REST}"
    base = "approvals: {channel: C0APPROVE}\n"
    expected = "sites names no site: nothing can be purged or checked. Add one, with its hosts and the caches in front."
    assert (expected,) == loaded(tmp_path, base + text).warnings
