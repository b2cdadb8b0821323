"""What people write who see a policy for the first time, and what `config check` says: line, key, what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.settings.bench import problems
from tests.settings.test_policies import BASE, IDS

# The policy begins on line 7, its rules on line 9
GROUPS = "policy:\n  groups: {editors: [S0EDIT], leads: [U0LEA, U0SAM], approvers: [S0APPR]}\n"
LAST = "    - {name: rest, then: {approve: 1, of: approvers}}\n"


def rule(text: str) -> str:
    """A policy with that rule on line 10."""
    return f"{GROUPS}  rules:\n    - {{name: a, {text}}}\n{LAST}"


def tightening(text: str) -> str:
    """A policy with that tightening on line 12."""
    return f"{GROUPS}  rules:\n{LAST}  tighten:\n    - {{name: t, {text}}}\n"


def group(people: str) -> str:
    """A policy with that group, which is asked, on line 8."""
    return f"policy:\n  groups: {{editors: {people}}}\n  rules:\n    - {{name: a, then: {{approve: 1, of: editors}}}}\n"


def glass(text: str) -> str:
    """A policy with that key on line 11."""
    return f"{GROUPS}  rules:\n{LAST}  break_glass: {text}\n"


SLIPS = {
    # YAML and what stands where
    "a key out of line": (
        f"{GROUPS}  rules:\n    - name: a\n       kind: url\n      then: allow\n",
        "11: is not YAML: mapping values are not allowed here."
        " Line up the keys here and above, and put text that holds `: ` in quotes.",
    ),
    "a tab": (
        f"{GROUPS}  rules:\n\t- {{name: a, then: deny}}\n",
        "10: is not YAML: while scanning for the next token, found character '\\t' that cannot start any token."
        " Indent with blanks.",
    ),
    "a handle without quotes": (
        group("[@lea]"),
        "8: is not YAML: while scanning for the next token, found character '@' that cannot start any token."
        " Put text that begins so in quotes.",
    ),
    "a rule without rules": (
        "policy:\n  - {name: a, then: allow}\n",
        "7: policy: must hold keys and values, not a list. Write `rules:` above it, and indent it.",
    ),
    "an answer where no rule speaks": (
        f"{GROUPS}  default: deny\n  rules:\n{LAST}",
        "9: policy.default: unknown key. Where no rule speaks the answer is no; what else is meant is the last rule.",
    ),
    "one tightening": (
        f"{GROUPS}  rules:\n{LAST}  tighten: {{name: t, then: deny}}\n",
        "11: policy.tighten: must be a list, not keys and values."
        " Write [{name: freeze, between: [2026-11-26, 2026-11-30], then: deny}].",
    ),
    # people
    "an id in small letters": (
        group("[u0lea]"),
        "8: policy.groups.editors[0]: `u0lea` is no group, and Slack ids are in capitals. Write U0LEA.",
    ),
    "a user-group's id in small letters": (
        rule("who: s0sre, then: allow"),
        "10: policy.rules[0].who: `s0sre` is no group, and Slack ids are in capitals. Write S0SRE.",
    ),
    "ids in one text": (
        group("'U0LEA, U0SAM'"),
        "8: policy.groups.editors[0]: `U0LEA, U0SAM` is one text, not a list. Write [U0LEA, U0SAM].",
    ),
    "ids with a blank between": (
        group("U0LEA U0SAM"),
        "8: policy.groups.editors[0]: `U0LEA U0SAM` is one text, not a list. Write [U0LEA, U0SAM].",
    ),
    "the group's name at Slack": (
        group("[Editors]"), f"8: policy.groups.editors[0]: `Editors` is a name, not an id. {IDS}",
    ),
    "nearly the group's own name": (
        group("[editor]"), f"8: policy.groups.editors[0]: there is no group `editor`. {IDS}",
    ),
    "the group itself": (
        group("[editors, U0LEA]"),
        "8: policy.groups.editors: holds itself. Name people and user-groups by their ids instead.",
    ),
    "an address": (
        group("[lea@shop.test]"), f"8: policy.groups.editors[0]: `…@shop.test` is an address, not an id. {IDS}",
    ),
    "an empty group": (group("[]"), "8: policy.groups.editors: is empty. Name at least one."),
    "groups in one text": (
        rule("who: 'editors, leads', then: allow"),
        "10: policy.rules[0].who: `editors, leads` is one text, not a list. Write [editors, leads].",
    ),
    "everyone": (
        rule("who: everyone, then: allow"),
        "10: policy.rules[0].who: there is no group or person `everyone`."
        " Write members; guests are named by themselves.",
    ),
    "a token by its name": (
        rule("who: ci-shop, then: allow"), "10: policy.rules[0].who: `ci-shop` is a token. Write token:ci-shop.",
    ),
    "users": (
        rule("users: editors, then: allow"),
        "10: policy.rules[0].users: unknown key. Write it as `who`: groups, Slack ids, members, guests or token:NAME.",
    ),
    "approvers that are nowhere": (
        "policy:\n  rules:\n    - {name: a, then: {approve: 1, of: approvers}}\n",
        "9: policy.rules[0].then.of: there is no group `approvers`."
        " Add it to policy.groups, or name approvals.approvers.",
    ),
    "another group that is nowhere": (
        "policy:\n  rules:\n    - {name: a, then: {approve: 1, of: leads}}\n",
        "9: policy.rules[0].then.of: there is no group `leads`. Add it to policy.groups.",
    ),
    # what is asked for
    "negative votes": (
        rule("then: {approve: -1, of: leads}"),
        "10: policy.rules[0].then.approve: `-1` is too small. Write a number of at least 1.",
    ),
    "votes of all": (
        rule("then: {approve: all, of: leads}"),
        "10: policy.rules[0].then.approve: `all` is not a number. Write a number, such as 2.",
    ),
    "votes of a list with a wrong name": (
        rule("then: {approve: 2, of: [U0LEA, lead]}"),
        "10: policy.rules[0].then.of[1]: there is no group `lead`. Did you mean `leads`?",
    ),
    "votes beside then": (
        rule("then: deny, approve: 1"),
        "10: policy.rules[0].approve: unknown key. Write it as `then`: allow, deny or {approve: 1, of: GROUP}.",
    ),
    "more votes beside then": (
        tightening("then: deny, approve: 1"),
        "12: policy.tighten[0].approve: unknown key. Write it as `then`: deny or {approve_more: 1}.",
    ),
    # where and what
    "a site that was removed": (
        rule("site: blog, then: allow"), "10: policy.rules[0].site: there is no site `blog`. Known here: news, shop.",
    ),
    "every site": (
        rule("site: '*', then: allow"),
        "10: policy.rules[0].site: there is no site `*`. Remove the key: without it every site is meant.",
    ),
    "every kind": (
        rule("kind: all, then: allow"),
        "10: policy.rules[0].kind: there is no kind `all`."
        " Write everything for a whole site; for every kind remove the key.",
    ),
    "kinds in one text": (
        rule("kind: 'url, path', then: allow"),
        "10: policy.rules[0].kind: `url, path` is one text, not a list. Write [url, path].",
    ),
    "both environments": (
        rule("environment: [production, staging], then: allow"),
        "10: policy.rules[0].environment: must be one word, not a list. Write production or staging.",
    ),
    "a site of the other environment": (
        rule("site: shop, environment: staging, then: allow"),
        "10: policy.rules[0].environment: never holds: shop is in production. Keep one of the two.",
    ),
    "money with its sign": (
        tightening("cost_usd_over: $20, then: deny"),
        "12: policy.tighten[0].cost_usd_over: `$20` is not a number. Write a number, such as 20.",
    ),
    # limits that tighten
    "a limit that was meant as over_items": (
        tightening("max_items: 30, then: deny"),
        "12: policy.tighten[0].max_items: speaks up to so many, and not above. Write over_items: 30.",
    ),
    "limits that leave nothing": (
        tightening("kind: url, max_items: 30, over_items: 30, then: deny"),
        "12: policy.tighten[0].over_items: never holds: max_items speaks up to 30 alone. Remove max_items.",
    ),
    # times
    "hours without minutes": (
        tightening("during: 22-6 Europe/Berlin, then: deny"),
        "12: policy.tighten[0].during: `22-6` are no hours. Write 22:00-06:00.",
    ),
    "hours of half a day": (
        tightening("during: Mon-Fri 12am-7:30pm UTC, then: deny"),
        "12: policy.tighten[0].during: `12am-7:30pm` are no hours. Write 00:00-19:30.",
    ),
    "days alone": (
        tightening("days: [mon-fri], then: deny"),
        "12: policy.tighten[0].days: unknown key. Write it as during: Mon-Fri 08:00-19:00 Europe/Berlin.",
    ),
    "hours as a list": (
        tightening("outside: [Mon-Fri 08:00-19:00], then: deny"),
        "12: policy.tighten[0].outside: must be one text, not a list."
        ' Write "Mon-Fri 08:00-19:00, Sat 10:00-14:00 Europe/Berlin".',
    ),
    "weekdays": (
        tightening("during: weekdays 08:00-19:00 UTC, then: deny"),
        "12: policy.tighten[0].during: there is no weekday `weekdays`. Did you mean `Mon-Fri`?",
    ),
    "a weekend": (
        tightening("during: weekends UTC, then: deny"),
        "12: policy.tighten[0].during: `weekends` has no hours. Write Sat-Sun 00:00-24:00 for whole days.",
    ),
    "a town for a zone": (
        tightening("during: Mon-Fri 08:00-19:00 Berlin, then: deny"),
        "12: policy.tighten[0].during: there is no time zone `Berlin`. Did you mean `Europe/Berlin`?",
    ),
    "a summer time": (
        tightening("during: Mon-Fri 08:00-19:00 CEST, then: deny"),
        "12: policy.tighten[0].during: there is no time zone `CEST`. Write one like Europe/Berlin or UTC.",
    ),
    "an offset": (
        tightening("during: Mon-Fri 08:00-19:00 UTC+1, then: deny"),
        "12: policy.tighten[0].during: there is no time zone `UTC+1`."
        " Write a place, such as Europe/Berlin, since an offset knows no summer time; or UTC.",
    ),
    "hours that leave no time": (
        tightening("during: Mon 08:00-10:00 UTC, outside: Mon-Fri 08:00-19:00 UTC, then: deny"),
        "12: policy.tighten[0].outside: never holds: it leaves no time. Shorten or remove it.",
    ),
    "days within a whole week": (
        tightening("between: [2026-11-26, 2026-11-30], outside: Mon-Sun 00:00-24:00 UTC, then: deny"),
        "12: policy.tighten[0].outside: never holds: it leaves no time. Shorten or remove it.",
    ),
    # the glass
    "a glass that is on": (
        glass("true"),
        "11: policy.break_glass: must hold keys and values, not text. Write {who: sre, tell: [C0SEC]}.",
    ),
    "a glass that never breaks": (
        glass("{who: leads, per_day: 0}"),
        "11: policy.break_glass.per_day: `0` is too small. Write a number of at least 1.",
    ),
    "a glass for people in one text": (
        glass("{who: 'U0LEA, U0SAM'}"),
        "11: policy.break_glass.who: `U0LEA, U0SAM` is one text, not a list. Write [U0LEA, U0SAM].",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SLIPS.values(), ids=SLIPS)
def test_a_slip_is_told_once_with_its_line_and_what_to_write(text: str, expected: str, tmp_path: Path) -> None:
    assert [f"purgebot.yaml:{expected}"] == problems(tmp_path, BASE + text)


def test_rules_at_the_margin_are_told_to_be_indented(tmp_path: Path) -> None:
    assert (
        "purgebot.yaml:9: rules: unknown key. It stands under `policy`: indent it."
    ) == problems(tmp_path, f"{BASE}{GROUPS}rules:\n{LAST}")[1]  # fmt: skip


def test_votes_are_not_counted_where_a_group_in_the_group_is_wrong(tmp_path: Path) -> None:
    groups = "policy:\n  groups: {all: [leads], leads: [u0lea, U0SAM]}\n"
    rules = "  rules:\n    - {name: a, then: {approve: 2, of: all}}\n"
    assert [
        "purgebot.yaml:8: policy.groups.leads[0]: `u0lea` is no group, and Slack ids are in capitals. Write U0LEA."
    ] == problems(tmp_path, BASE + groups + rules)  # fmt: skip
