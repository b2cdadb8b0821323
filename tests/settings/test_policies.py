"""A policy in the file: as the value that judges, and everything that can be wrong with one."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.domain.policies.hours import Days, Shift, Week
from bot.domain.policies.policy import (
    Approve,
    BreakGlass,
    Conditions,
    Policy,
    Refuse,
    Rule,
    Run,
    Tightening,
)
from bot.domain.site import Environment
from providers.contract import Kind
from tests.settings.bench import loaded, problems

BASE = """\
accounts: {shield: {provider: varnish, url: "http://10.0.0.5:6081", soft: yes}}
sites:
  shop: {hosts: [a.test], layers: [{account: shield}]}
  news: {hosts: [b.test], environment: staging, layers: [{account: shield}]}
approvals: {channel: C0APPROVE}
api: {tokens: [{name: ci-shop, bearer: {env: T}, sites: [shop], may: command}]}
"""
FULL = """\
policy:
  groups: {editors: [S0EDIT], sre: [S0SRE, U0LEA], approvers: [S0APPR]}
  self_approval: never
  approve_within: 1h
  run_within: 90s
  timezone: Europe/Berlin
  rules:
    - {name: small, who: editors, kind: [url, path], max_items: 30, then: allow}
    - {name: ci, who: "token:ci-shop", site: shop, mode: soft, kind: [url, path, tag, prefix], then: allow}
    - {name: wide, who: [sre, U0SAM], kind: [tag, prefix, host, pattern], then: {approve: 1, of: [approvers, U0KIM]}}
    - name: all
      who: sre
      kind: everything
      environment: production
      reason: required
      then: {approve: 2, of: approvers}
    - {name: rest, then: deny, say: Ask in the channel}
  tighten:
    - {name: freeze, between: [2026-11-26, 2026-11-30], kind: [host, prefix, everything], then: deny, say: Sale freeze}
    - {name: night, outside: "Mon-Fri 08:00-19:00 Europe/Berlin", kind: [host, everything], then: {approve_more: 1}}
    - {name: costly, cost_usd_over: 20, then: {approve_more: 1, of: sre}}
    - {name: many, over_items: 100, reason: required}
  break_glass: {who: sre, reason_min: 30, per_day: 1, tell: [C0SEC], remind: 2h}
"""
LEAST = "policy: {rules: [{name: all, who: members, kind: url, then: allow}]}\n"
WORKDAY = Shift(frozenset(range(5)), time(8), time(19))


def kinds(*words: str) -> frozenset[Kind]:
    return frozenset(map(Kind, words))


def test_a_full_policy_becomes_the_value_that_judges(tmp_path: Path) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    freeze = Days(1795647600.0, 1796079600.0, "2026-11-26 to 2026-11-30")
    night = Week((WORKDAY,), berlin, "Mon-Fri 08:00-19:00 Europe/Berlin")
    wide = kinds("tag", "prefix", "host", "pattern")
    all_of_it = Conditions(("sre",), kinds("everything"), environment=Environment.PRODUCTION)
    ci = Conditions(
        ("token:ci-shop",), kinds("url", "path", "tag", "prefix"), frozenset({"shop"}), soft=True
    )  # fmt: skip
    assert loaded(tmp_path, BASE + FULL).policy == Policy(
        (
            Rule("small", Conditions(("editors",), kinds("url", "path"), max_items=30), Run()),
            Rule("ci", ci, Run()),
            Rule("wide", Conditions(("sre", "U0SAM"), wide), Approve(1, ("approvers", "U0KIM"))),
            Rule("all", all_of_it, Approve(2, ("approvers",)), reason=True),
            Rule("rest", Conditions(), Refuse(), say="Ask in the channel"),
        ),
        (
            Tightening(
                "freeze", Conditions(kinds=kinds("host", "prefix", "everything"), during=freeze), refuse=True,
                say="Sale freeze",
            ),
            Tightening("night", Conditions(kinds=kinds("host", "everything"), outside=night), more=1),
            Tightening("costly", Conditions(over_usd=20.0), more=1, of=("sre",)),
            Tightening("many", Conditions(over_items=100), reason=True),
        ),
        {"editors": ("S0EDIT",), "sre": ("S0SRE", "U0LEA"), "approvers": ("S0APPR",)},
        ("approvers",),
        3600.0,
        90.0,
        BreakGlass(("sre",), 30, 1, ("C0SEC",), 7200.0),
    )  # fmt: skip


def test_what_is_not_written_is_as_promised(tmp_path: Path) -> None:
    policy = loaded(tmp_path, BASE + LEAST).policy
    assert (1800.0, 900.0, None, (), False) == (
        policy.approve_within, policy.run_within, policy.break_glass, policy.approvers, policy.is_built_in,
    )  # fmt: skip


def test_without_a_group_approvers_it_is_those_of_approvals(tmp_path: Path) -> None:
    text = BASE.replace("C0APPROVE", "C0APPROVE, approvers: [S0APPR, U0LEA]")
    policy = loaded(tmp_path, f"{text}policy: {{rules: [{{name: w, then: {{approve: 2, of: approvers}}}}]}}\n").policy
    assert ({"approvers": ("S0APPR", "U0LEA")}, ("approvers",)) == (policy.groups, policy.approvers)


def test_a_group_may_take_people_from_others(tmp_path: Path) -> None:
    groups = "{all: [sre, U0KIM, ops], sre: [S0SRE, U0LEA], ops: U0LEA}"
    text = f"{BASE}policy: {{groups: {groups}, rules: [{{name: a, who: all, kind: url, then: allow}}]}}\n"
    assert ("S0SRE", "U0LEA", "U0KIM") == loaded(tmp_path, text).policy.groups["all"]


def test_user_groups_may_approve_without_a_policy(tmp_path: Path) -> None:
    text = BASE.replace("C0APPROVE", "C0APPROVE, approvers: [S0APPR, U0LEA]")
    assert ("S0APPR",) == loaded(tmp_path, text).policy.user_groups


IDS = "Write the user-group's id, such as S0SRE, or people's own, such as U0LEA: names change, ids do not."
GROUPS = {
    "empty": ("{sre: []}", ".sre: is empty. Name at least one."),
    "nothing": ("{sre: }", ".sre: is empty. Write [S0SRE, U0LEA], by Slack ids."),
    "keys": ("{sre: {a: b}}", ".sre: must be a list, not keys and values. Write [S0SRE, U0LEA], by Slack ids."),
    "another group": ("{sre: [ops]}", f".sre[0]: there is no group `ops`. {IDS}"),
    "a group nearly": (
        "{approvers: [S0A], sre: [aprovers]}", ".sre[0]: there is no group `aprovers`. Did you mean `approvers`?",
    ),
    "itself": ("{sre: [sre]}", ".sre: holds itself. Name people and user-groups by their ids instead."),
    "each other": (
        "{a: [b], b: [a]}",
        ".a: holds itself. Name people and user-groups by their ids instead.",
        ".b: holds itself. Name people and user-groups by their ids instead.",
    ),
    "handle": ('{sre: ["@sre"]}', f".sre[0]: `@sre` is a name, not an id. {IDS}"),
    "mention": ('{sre: ["<!subteam^S0SRE>"]}', f".sre[0]: `<!subteam^S0SRE>` is a name, not an id. {IDS}"),
    "channel": ("{sre: [C0OPS]}", f".sre[0]: `C0OPS` is no person's or user-group's id. {IDS}"),
    "token": (
        '{sre: ["token:ci-shop"]}',
        ".sre[0]: `token:ci-shop` cannot be in a group. Name it in a rule's `who` itself.",
    ),
    "members": ("{sre: [members]}", ".sre[0]: `members` cannot be in a group. Name it in a rule's `who` itself."),
    "twice": ("{sre: [U0LEA, S0SRE, U0LEA]}", ".sre[2]: `U0LEA` is named twice. Keep one."),
    "list in it": ("{sre: [[U0LEA]]}", f".sre[0]: must be a Slack id, not a list. {IDS}"),
    "word that is taken": (
        "{guests: [U0LEA]}", ".guests: `guests` means something already. Give the group another name.",
    ),
    "name like an id": ("{SRE: [U0LEA]}", ".SRE: `SRE` looks like a Slack id. Name the group in small letters."),
    "no name": (
        '{"a b": [U0LEA]}',
        ".a b: `a b` is no name for a group."
        " Use up to 40 letters, digits, `-`, `_` and `.`, beginning with a letter or digit.",
    ),
}  # fmt: skip
THEN = "Write allow, deny or {approve: 1, of: GROUP}."
MORE = "Write deny or {approve_more: 1}."
# A rule beside `name: a` and groups leads (two people), sre (a user-group and one of them)
RULES = {
    "no name": ("then: deny", ".name: is missing. Add it: what people hear of it, such as small."),
    "bad name": (
        'name: "a b", then: deny',
        ".name: `a b` is no name for a rule."
        " Use up to 40 letters, digits, `-`, `_` and `.`, beginning with a letter or digit.",
    ),
    "no then": ("name: a", ".then: is missing. Add it: allow, deny or {approve: 1, of: GROUP}."),
    "empty then": ("name: a, then: ", ".then: is empty. Write a value, or remove the key."),
    "then a list": ("name: a, then: [allow]", f".then: must not be a list. {THEN}"),
    "then a word": ("name: a, then: aprove", f".then: `aprove` is not a choice. {THEN}"),
    "then of a tightening": (
        "name: a, then: {approve_more: 1}",
        ".then.approve: is missing. Add it: how many must agree, such as 2.",
        ".then.of: is missing. Add it: who is asked: a group, or Slack ids, such as approvers.",
        ".then.approve_more: unknown key. Did you mean `approve`?",
    ),
    "nobody asked": (
        "name: a, then: {approve: 1}",
        ".then.of: is missing. Add it: who is asked: a group, or Slack ids, such as approvers.",
    ),
    "approve none": (
        "name: a, then: {approve: 0, of: leads}", ".then.approve: `0` is too small. Write a number of at least 1.",
    ),
    "approve some": (
        "name: a, then: {approve: some, of: leads}",
        ".then.approve: `some` is not a number. Write a number, such as 2.",
    ),
    "quorum of a group": (
        "name: a, then: {approve: 3, of: leads}",
        ".then.approve: asks 3 of leads, who are 2 people. Name more of them, or write 2 at most.",
    ),
    "quorum of distinct people": (
        "name: a, then: {approve: 3, of: [leads, U0LEA]}",
        ".then.approve: asks 3 of leads, U0LEA, who are 2 people. Name more of them, or write 2 at most.",
    ),
    "quorum of one": (
        "name: a, then: {approve: 2, of: U0LEA}",
        ".then.approve: asks 2 of U0LEA, who is 1 person. Name more of them, or write 1 at most.",
    ),
    "members asked": (
        "name: a, then: {approve: 1, of: members}",
        ".then.of: `members` cannot be asked. Name a group, or people by their ids.",
    ),
    "a token asked": (
        'name: a, then: {approve: 1, of: [leads, "token:ci-shop"]}',
        ".then.of[1]: `token:ci-shop` cannot be asked. Name a group, or people by their ids.",
    ),
    "unknown group asked": (
        "name: a, then: {approve: 1, of: lead}", ".then.of: there is no group `lead`. Did you mean `leads`?",
    ),
    "unknown key": ("name: a, knd: url, then: deny", ".knd: unknown key. Did you mean `kind`?"),
    "unknown kind": (
        "name: a, kind: [url, prefx], then: deny", ".kind[1]: there is no kind `prefx`. Did you mean `prefix`?",
    ),
    "a kind twice": ("name: a, kind: [url, url], then: deny", ".kind[1]: `url` is named twice. Keep one."),
    "no kind": ("name: a, kind: [], then: deny", ".kind: is empty. Name at least one."),
    "empty kind": ("name: a, kind: , then: deny", ".kind: is empty. Write a value, or remove the key."),
    "unknown site": ("name: a, site: shp, then: deny", ".site: there is no site `shp`. Did you mean `shop`?"),
    "unknown environment": (
        "name: a, environment: prod, then: deny", ".environment: `prod` is not a choice. Write production or staging.",
    ),
    "empty environment": (
        "name: a, environment: , then: deny", ".environment: is empty. Write a value, or remove the key.",
    ),
    "unknown mode": ("name: a, mode: softly, then: deny", ".mode: `softly` is not a choice. Write soft or hard."),
    "unknown group": (
        "name: a, who: editors, then: deny",
        ".who: there is no group `editors`. Known here: guests, leads, members, sre.",
    ),
    "group in capitals": ("name: a, who: SRE, then: deny", ".who: there is no group `SRE`. Did you mean `sre`?"),
    "unknown token": ('name: a, who: "token:ci", then: deny', ".who: there is no token `ci`. Known here: ci-shop."),
    "handle": ('name: a, who: ["@lea", sre], then: deny', f".who[0]: `@lea` is a name, not an id. {IDS}"),
    "nobody": ("name: a, who: [], then: deny", ".who: is empty. Name at least one."),
    "max_items 0": (
        "name: a, kind: url, max_items: 0, then: allow", ".max_items: `0` is too small. Write a number of at least 1.",
    ),
    "everything with max_items": (
        "name: a, kind: [url, everything], max_items: 30, then: allow",
        ".max_items: does not limit everything, which counts as one."
        " Name the kinds to count, such as kind: [url, path, tag].",
    ),
    "all kinds with max_items": (
        "name: a, max_items: 30, then: allow",
        ".max_items: does not limit everything, which counts as one and is meant without `kind`."
        " Name the kinds to count, such as kind: [url, path, tag].",
    ),
    "over_items": (
        "name: a, over_items: 30, then: deny",
        ".over_items: tightens, and decides nothing. Write it under policy.tighten.",
    ),
    "reason": ("name: a, reason: yes, then: allow", ".reason: `yes` is not a choice. Write required."),
    "between backwards": (
        "name: a, between: [2026-11-30, 2026-11-26], then: deny",
        ".between: ends at `2026-11-26`, before it begins. Write the first moment first.",
    ),
    "between and during": (
        "name: a, between: [2026-11-26, 2026-11-30], during: Sat 08:00-10:00 UTC, then: deny",
        ".during: cannot stand beside `between`."
        " Keep one; hours within those days can be written as `outside` of the others.",
    ),
    "invisible": ('name: a, then: deny, say: "a\\u200bb"', ".say: holds U+200B ZERO WIDTH SPACE. Remove it."),
}  # fmt: skip
TIGHTENINGS = {
    "nothing added": (
        "name: b, kind: url",
        ": adds nothing: it has neither `then` nor `reason`."
        " Write then: deny, then: {approve_more: 1} or reason: required.",
    ),
    "allow": ("name: b, then: allow", f".then: `allow` is not a choice. {MORE}"),
    "approve": (
        "name: b, then: {approve: 1}",
        ".then.approve_more: is missing. Add it: how many more must agree, such as 1.",
        ".then.approve: unknown key. Did you mean `approve_more`?",
    ),
    "name of a rule": (
        "name: a, then: deny",
        ".name: `a` is the name of a rule already, on line 10. Give each rule its own name.",
    ),
    "nobody to ask": (
        "name: b, then: {approve_more: 1}",
        ".then.approve_more: has nobody to ask where a rule allows."
        " Add `of: GROUP`, a group `approvers`, or approvals.approvers.",
    ),
    "too few to ask": (
        "name: b, then: {approve_more: 3, of: leads}",
        ".then.approve_more: asks 3 of leads, who are 2 people. Name more of them, or write 2 at most.",
    ),
    "over none": ("name: b, over_items: 0, then: deny", ".over_items: `0` is too small. Write a number of at least 1."),
    "negative cost": (
        "name: b, cost_usd_over: -1, then: deny", ".cost_usd_over: `-1` is too small. Write a number of at least 0.",
    ),
    "unknown token": ('name: b, who: "token:x", then: deny', ".who: there is no token `x`. Known here: ci-shop."),
}  # fmt: skip
PARTS = {
    "empty": ("", ": is empty. Write a value, or remove the key."),
    "no rules": (
        "{}",
        ".rules: is missing. Add it: the first that speaks decides, such as [{name: all, who: members, then: deny}].",
    ),
    "empty rules": ("{rules: []}", ".rules: is empty. Name at least one."),
    "rules as mapping": (
        "{rules: {name: a}}",
        ".rules: must be a list, not keys and values. Write [{name: all, who: members, then: deny}].",
    ),
    "misspelt": ("{rule: [], rules: [{name: a, then: deny}]}", ".rule: unknown key. Did you mean `rules`?"),
    "self approval": (
        "{self_approval: always, rules: [{name: a, then: deny}]}",
        ".self_approval: nobody approves their own purge, and no key changes that. Write never, or remove the key.",
    ),
    "length": (
        "{approve_within: 30, rules: [{name: a, then: deny}]}",
        ".approve_within: `30` is no length of time. Write it like 90s, 30m or 2h.",
    ),
    "hours beside an unknown zone": (
        '{timezone: CEST, rules: [{name: a, during: "Mon-Fri 9:00-17:00", then: deny}]}',
        ".timezone: there is no time zone `CEST`. Write one like Europe/Berlin or UTC.",
    ),
    "no length": (
        "{run_within: 0m, rules: [{name: a, then: deny}]}",
        ".run_within: `0m` is too short: the least is 1s. Write it like 90s, 30m or 2h.",
    ),
    "zone": (
        "{timezone: Europe/Berln, rules: [{name: a, then: deny}]}",
        ".timezone: there is no time zone `Europe/Berln`. Did you mean `Europe/Berlin`?",
    ),
    "glass of members": (
        "{rules: [{name: a, then: deny}], break_glass: {who: members}}",
        ".break_glass.who: `members` cannot break the glass. Name a group, or people by their ids.",
    ),
    "glass of a token": (
        '{rules: [{name: a, then: deny}], break_glass: {who: [U0LEA, "token:ci-shop"]}}',
        ".break_glass.who[1]: `token:ci-shop` cannot break the glass. Name a group, or people by their ids.",
    ),
    "glass of nobody": (
        "{rules: [{name: a, then: deny}], break_glass: {reason_min: 20}}",
        ".break_glass.who: is missing. Add it: groups or Slack ids.",
    ),
    "glass tells a person": (
        "{rules: [{name: a, then: deny}], break_glass: {who: U0LEA, tell: [U0LEA]}}",
        ".break_glass.tell[0]: `U0LEA` is a person. Write the channel's id, such as C0SHOP.",
    ),
    "glass without a limit": (
        "{rules: [{name: a, then: deny}], break_glass: {who: U0LEA, per_day: 0}}",
        ".break_glass.per_day: `0` is too small. Write a number of at least 1.",
    ),
}


def said(folder: Path, text: str) -> list[str]:
    """What is said about the policy, without the file."""
    return [line.split(" ", 1)[1] for line in problems(folder, BASE + text)]


@pytest.mark.parametrize("case", GROUPS.values(), ids=GROUPS)
def test_a_wrong_group_is_told(case: tuple[str, ...], tmp_path: Path) -> None:
    groups, *expected = case
    text = f"policy: {{groups: {groups}, rules: [{{name: a, then: deny}}]}}\n"
    assert [f"policy.groups{one}" for one in expected] == said(tmp_path, text)


FRAME = """\
policy:
  groups: {leads: [U0LEA, U0SAM], sre: [S0SRE, U0LEA]}
  rules:
"""


@pytest.mark.parametrize("case", RULES.values(), ids=RULES)
def test_a_wrong_rule_is_told(case: tuple[str, ...], tmp_path: Path) -> None:
    rule, *expected = case
    assert [f"policy.rules[0]{one}" for one in expected] == said(tmp_path, f"{FRAME}    - {{{rule}}}\n")


@pytest.mark.parametrize("case", TIGHTENINGS.values(), ids=TIGHTENINGS)
def test_a_wrong_tightening_is_told(case: tuple[str, ...], tmp_path: Path) -> None:
    rule, *expected = case
    text = f"{FRAME}    - {{name: a, then: allow}}\n  tighten:\n    - {{{rule}}}\n"
    assert [f"policy.tighten[0]{one}" for one in expected] == said(tmp_path, text)


@pytest.mark.parametrize(("text", "expected"), PARTS.values(), ids=PARTS)
def test_a_wrong_part_is_told(text: str, expected: str, tmp_path: Path) -> None:
    assert [f"policy{expected}"] == said(tmp_path, f"policy: {text}\n")


def test_an_empty_rule_is_told(tmp_path: Path) -> None:
    assert ["policy.rules[0]: is empty. Write a value, or remove the key."] == said(tmp_path, f"{FRAME}    -\n")


def test_two_rules_of_one_name_are_told(tmp_path: Path) -> None:
    text = f"{FRAME}    - {{name: a, kind: url, then: allow}}\n    - {{name: a, kind: tag, then: allow}}\n"
    assert [
        "policy.rules[1].name: `a` is the name of a rule already, on line 10. Give each rule its own name."
    ] == said(tmp_path, text)


def test_a_rule_that_never_speaks_is_told_with_both_lines(tmp_path: Path) -> None:
    rules = "    - {name: all, kind: [url, tag], then: allow}\n    - {name: tags, kind: tag, then: deny}\n"
    (told,) = problems(tmp_path, f"{BASE}{FRAME}{rules}")
    assert (
        "purgebot.yaml:11: policy.rules[1]: never speaks: rule all on line 10 decides first."
        " Put it before all, or remove it."
    ) == told


def test_whoever_votes_on_every_rule_may_be_asked_for_more(tmp_path: Path) -> None:
    rules = "    - {name: a, then: {approve: 1, of: sre}}\n  tighten:\n    - {name: b, then: {approve_more: 1}}\n"
    assert [] == said(tmp_path, FRAME + rules)


def test_what_is_wrong_in_several_rules_is_told_at_once(tmp_path: Path) -> None:
    rules = "    - {name: a, kind: ulr, then: allow}\n    - {name: b, site: shp, then: allow}\n"
    assert [
        "policy.rules[0].kind: there is no kind `ulr`. Did you mean `url`?",
        "policy.rules[1].site: there is no site `shp`. Did you mean `shop`?",
    ] == said(tmp_path, FRAME + rules)


SAME = {
    "comments and blanks": (FULL, FULL.replace("rules:", "rules:   # in order\n")),
    "order of keys": (FULL, FULL.replace("{name: small, who: editors,", "{who: editors, name: small,")),
    "order of kinds": (FULL, FULL.replace("[url, path, tag, prefix]", "[tag, url, prefix, path]")),
    "order of people": (FULL, FULL.replace("[sre, U0SAM]", "[U0SAM, sre]")),
    "order of those who are asked": (FULL, FULL.replace("[approvers, U0KIM]", "[U0KIM, approvers]")),
    "order in a group": (FULL, FULL.replace("[S0SRE, U0LEA]", "[U0LEA, S0SRE]")),
    "order of groups": (
        FULL, FULL.replace("editors: [S0EDIT], sre: [S0SRE, U0LEA]", "sre: [S0SRE, U0LEA], editors: S0EDIT"),
    ),
    "another way to write a length": (FULL, FULL.replace("1h", "60m")),
    "another way to write hours": (FULL, FULL.replace('"Mon-Fri 08:00', '"Mon,Tue,Wed,Thu,Fri 8:00')),
}  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_the_version_is_that_of_what_is_meant(one: str, other: str, tmp_path: Path) -> None:
    first, second = (loaded(tmp_path, BASE + text).policy.version for text in (one, other))
    assert (False, first) == (one == other, second)


DIFFERENT = {
    "order of rules": (
        "    - {name: small,", "    - {name: none, site: news, kind: pattern, then: deny}\n    - {name: small,",
    ),
    "a limit": ("max_items: 30", "max_items: 31"),
    "a group's people": ("[S0SRE, U0LEA]", "[S0SRE, U0KIM]"),
    "hours": ("08:00-19:00", "08:00-18:00"),
    "a reason": ("      reason: required\n", ""),
    "who breaks the glass": ("break_glass: {who: sre", "break_glass: {who: editors"),
}  # fmt: skip


@pytest.mark.parametrize(("was", "becomes"), DIFFERENT.values(), ids=DIFFERENT)
def test_the_version_changes_with_what_is_meant(was: str, becomes: str, tmp_path: Path) -> None:
    first, second = (loaded(tmp_path, BASE + text).policy.version for text in (FULL, FULL.replace(was, becomes)))
    assert first != second


TOGETHER = {
    "two modes": ("name: b, then: deny", ("name: a, mode: soft, then: allow", "name: a2, mode: hard, then: allow")),
    "two environments": (
        "name: b, kind: url, then: deny",
        ("name: a, environment: production, kind: url, then: allow", "name: a2, environment: staging, then: allow"),
    ),
    "all its kinds": (
        "name: b, kind: [url, tag], then: deny",
        ("name: a, kind: url, then: allow", "name: a2, kind: tag, then: allow"),
    ),
    "both its sites": (
        "name: b, site: [shop, news], then: deny",
        ("name: a, site: shop, then: allow", "name: a2, site: news, then: deny"),
    ),
    "all who are named": (
        "name: b, who: [S0SRE, U0LEA], then: deny",
        ("name: a, who: S0SRE, then: allow", "name: a2, who: U0LEA, then: deny"),
    ),
    "hours and the rest of the week": (
        "name: b, then: deny",
        (
            'name: a, during: "Mon-Fri 08:00-19:00 UTC", then: allow',
            'name: a2, outside: "Mon-Fri 08:00-18:00 UTC", then: allow',
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("last", "earlier"), TOGETHER.values(), ids=TOGETHER)
def test_a_rule_before_which_several_always_decide_is_told_with_their_lines(
    last: str, earlier: tuple[str, str], tmp_path: Path
) -> None:
    rules = "".join(f"    - {{{rule}}}\n" for rule in (*earlier, last))
    assert [
        "purgebot.yaml:12: policy.rules[2]: never speaks: rules a on line 10 and a2 on line 11 together decide first."
        " Put it before a, or remove it."
    ] == problems(tmp_path, f"{BASE}{FRAME}{rules}")


APART = {
    "one mode": (
        "name: b, then: deny", ("name: a, mode: soft, then: allow", "name: a2, mode: soft, kind: tag, then: deny"),
    ),
    "sites of today": (
        "name: b, kind: url, then: deny",
        ("name: a, site: shop, kind: url, then: allow", "name: a2, site: news, kind: url, then: allow"),
    ),
    "a mode of one, and a kind of the other": (
        "name: b, then: deny", ("name: a, mode: soft, then: allow", "name: a2, kind: url, mode: hard, then: allow"),
    ),
    "some hours": (
        "name: b, then: deny",
        (
            'name: a, during: "Mon-Fri 08:00-12:00 UTC", then: allow',
            'name: a2, outside: "Mon-Fri 08:00-19:00 UTC", then: allow',
        ),
    ),
    "all but more targets than that": (
        "name: b, kind: url, then: deny",
        ("name: a, kind: url, mode: soft, then: allow", "name: a2, kind: url, mode: hard, max_items: 9, then: allow"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("last", "earlier"), APART.values(), ids=APART)
def test_a_rule_to_which_several_leave_something_is_good(last: str, earlier: tuple[str, str], tmp_path: Path) -> None:
    rules = "".join(f"    - {{{rule}}}\n" for rule in (*earlier, last, "name: z, kind: url, then: allow"))
    found = problems(tmp_path, f"{BASE}{FRAME}{rules}")
    assert [] == [problem for problem in found if "policy.rules[2]" in problem]


def test_all_hours_of_the_week_are_always(tmp_path: Path) -> None:
    always = '    - {name: a, during: "Mon-Sun 00:00-24:00 UTC", then: {approve: 1, of: U0LEA}}\n'
    rules = f"{always}    - {{name: b, then: deny}}\n"
    assert [
        "purgebot.yaml:11: policy.rules[1]: never speaks: rule a on line 10 decides first."
        " Put it before a, or remove it."
    ] == problems(tmp_path, f"{BASE}{FRAME}{rules}")
