"""What the file has come again: read, and every mistake told with its line and what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.policies.policy import SCHEDULES, Run
from bot.settings.rendering import lines
from providers.contract import Kind
from tests.settings.bench import loaded, problems

FILE = """\
accounts:
  shield: {provider: varnish, url: "http://10.0.0.5:6081"}
sites:
  shop: {hosts: [www.shop.test], layers: [{account: shield}]}
  news: {hosts: [www.news.test], layers: [{account: shield}]}
"""


def test_a_schedule_is_read(tmp_path: Path) -> None:
    entry = """\
time_zone: America/New_York
schedules:
  - {name: nightly, cron: "0 3 * * mon-fri", purge: /purge tag prices on shop, because: dear, missed: run, within: 10m}
  - {name: front, cron: "@hourly", time_zone: Europe/Berlin, purge: "https://www.news.test/"}
"""
    nightly, front = loaded(tmp_path, FILE + entry).schedules.values()
    assert ("nightly", "shop", "dear", True, 600.0) == (
        nightly.name, nightly.site, nightly.reason, nightly.runs_late, nightly.within,
    )  # fmt: skip
    assert ("America/New_York", "schedule:nightly") == (nightly.zone_name, nightly.actor.id)
    assert ("Europe/Berlin", "news", False, 7200.0, 60.0) == (
        front.zone_name, front.site, front.runs_late, front.within, front.late_max,
    )  # fmt: skip


def test_the_record_of_the_configuration_has_its_times_as_written(tmp_path: Path) -> None:
    entry = 'schedules: [{name: nightly, cron: "0 3 * * *", purge: /prices on shop}]\n'
    told = [line for line in lines(loaded(tmp_path, FILE + entry)) if line.startswith("schedules.nightly.cron")]
    assert ["schedules.nightly.cron: 0 3 * * *"] == told


def test_without_a_policy_a_schedule_may_what_a_deploy_may(tmp_path: Path) -> None:
    entry = 'schedules: [{name: nightly, cron: "0 3 * * *", purge: /prices on shop}]\n'
    rule = loaded(tmp_path, FILE + entry).policy.rules[0]
    expected = ((SCHEDULES,), {Kind.URL, Kind.PATH, Kind.TAG, Kind.PREFIX}, Run())
    assert expected == (rule.when.who, set(rule.when.kinds), rule.then)


def test_without_a_schedule_the_policy_is_as_ever(tmp_path: Path) -> None:
    assert "small" == loaded(tmp_path, FILE).policy.rules[0].name


POLICY = """\
schedules: [{name: nightly, cron: "0 3 * * *", purge: /prices on shop}]
policy:
  rules:
    - {name: night, who: "WHO", then: allow}
"""


@pytest.mark.parametrize("who", ["schedule:nightly", "schedules"])
def test_a_policy_can_name_it(tmp_path: Path, who: str) -> None:
    assert (who,) == loaded(tmp_path, FILE + POLICY.replace("WHO", who)).policy.rules[0].when.who


def test_a_policy_can_name_no_other(tmp_path: Path) -> None:
    expected = "purgebot.yaml:9: policy.rules[0].who: there is no schedule `nihgtly`. Did you mean `nightly`?"
    assert [expected] == problems(tmp_path, FILE + POLICY.replace("WHO", "schedule:nihgtly"))


AT = "purgebot.yaml:6: schedules[0]"
LIKE = "Write it as in chat, and name the site: tag news on shop."
BAD = [
    pytest.param(
        '{name: a, cron: "0 3 * *", purge: /x on shop}',
        f"{AT}.cron: '0 3 * *' has 4 fields, and an entry of cron has five."
        ' Write minute, hour, day, month and day of the week, such as "0 3 * * 1-5".',
        id="four-fields",
    ),
    pytest.param(
        '{name: a, cron: "0 25 * * *", purge: /x on shop}',
        f"{AT}.cron: '25' is no hour. Write numbers from 0 to 23; lists (1,2), ranges (1-5), steps (*/2, 10-50/20).",
        id="no-such-hour",
    ),
    pytest.param(
        '{name: a, cron: "@daily", purge: /x on shpo}',
        f"{AT}.purge: There is no site `shpo` for you. Did you mean shop? {LIKE}",
        id="no-such-site",
    ),
    pytest.param(
        '{name: a, cron: "@daily", purge: check /x on shop}',
        f"{AT}.purge: check is no purge, and a schedule only purges."
        " Write what to purge as in chat, such as tag news on shop.",
        id="no-purge",
    ),
    pytest.param(
        '{name: a, cron: "@daily", purge: /x on shop at 09:00}',
        f"{AT}.purge: names a time, and `cron` says when. Write what to purge as in chat, such as tag news on shop.",
        id="a-time-of-its-own",
    ),
    *(
        pytest.param(
            f'{{name: a, cron: "@daily", purge: "{line} on shop"}}',
            f"{AT}.purge: amounts to everything on shop, and nobody is asked to confirm that."
            " Add --confirm shop, if that is meant.",
            id=line,
        )
        for line in ("prefix /", "prefix www.shop.test/", "host www.shop.test", "/a prefix /")
    ),
    pytest.param(
        '{name: a, cron: "@daily", purge: everything on shop because x}',
        f"{AT}.purge: purges everything on shop, and nobody is asked to confirm that."
        " Add --confirm shop, if that is meant.",
        id="everything",
    ),
    pytest.param(
        '{name: a, cron: "@daily", purge: /x on shop, time_zone: Europe/Berln}',
        f"{AT}.time_zone: there is no time zone `Europe/Berln`. Did you mean `Europe/Berlin`?",
        id="no-such-zone",
    ),
    pytest.param(
        '{name: a, cron: "@daily", purge: /x on shop, missed: later}',
        f"{AT}.missed: `later` is not a choice. Write run or report.",
        id="no-such-choice",
    ),
    pytest.param(
        '{name: a, cron: "@daily", purge: /x on shop, within: soon}',
        f"{AT}.within: `soon` is no length of time. Write it like 90s, 30m or 2h.",
        id="no-length",
    ),
    pytest.param(
        '{name: P-1, cron: "@daily", purge: /x on shop}',
        f"{AT}.name: `P-1` already means something in a command. Give the schedule another name.",
        id="a-name-of-a-job",
    ),
    pytest.param(
        "{name: a, purge: /x on shop}",
        f'{AT}.cron: is missing. Add it: when, as cron(8) writes it, such as "0 3 * * 1-5" or @daily.',
        id="no-times",
    ),
    pytest.param(
        '{name: a, cron: "@daily", purge: /x on shop}, {name: A, cron: "@daily", purge: /x on shop}',
        "purgebot.yaml:6: schedules[1].name: `A` is named twice. Give each schedule its own name.",
        id="twice",
    ),
]


@pytest.mark.parametrize(("entry", "expected"), BAD)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, entry: str, expected: str) -> None:
    assert [expected] == problems(tmp_path, f"{FILE}schedules: [{entry}]\n")


def test_a_zone_that_does_not_exist_is_told(tmp_path: Path) -> None:
    expected = "purgebot.yaml:6: time_zone: there is no time zone `Berlin/Europe`. Write one like Europe/Berlin or UTC."
    assert [expected] == problems(tmp_path, f"{FILE}time_zone: Berlin/Europe\n")


def test_it_must_be_a_list(tmp_path: Path) -> None:
    expected = (
        "purgebot.yaml:6: schedules: must be a list."
        ' Write [{name: nightly, cron: "0 3 * * *", purge: "tag news on shop"}].'
    )
    assert [expected] == problems(tmp_path, f"{FILE}schedules: {{nightly: now}}\n")


EVERYTHING = "everything on shop --confirm shop because x"
RULE = "{name: all, who: schedules, kind: everything, then: allow}"
NO_RULE = "no rule lets schedule:a purge"
VAIN = [
    pytest.param(
        EVERYTHING, "",
        f"{NO_RULE} `everything` on shop. Without a policy a schedule may purge URLs, paths, tags and prefixes:"
        " purge those, or write a policy.",
        id="everything without a policy",
    ),
    pytest.param(
        "prefix / on shop --confirm shop", "",
        f"{NO_RULE} `everything` on shop. Without a policy a schedule may purge URLs, paths, tags and prefixes:"
        " purge those, or write a policy.",
        id="what amounts to everything",
    ),
    pytest.param(
        "/x on shop", "[{name: people, then: allow}]",
        f"{NO_RULE} `path` on shop. Add one, such as {{name: a, who: schedule:a, kind: path, then: allow}},"
        " or purge less.",
        id="no rule for schedules",
    ),
    pytest.param(
        "/x on shop", "[{name: never, who: schedules, then: deny}, {name: b, who: 'schedule:a', then: allow}]",
        "policy rule `never` refuses it. Narrow that rule, or remove the schedule.",
        id="refused by an earlier rule",
    ),
    pytest.param(
        "everything on shop --confirm shop", f"[{RULE[:-1]}, reason: required}}]",
        "rule `all` wants a reason, and it has none. Add `because:` to the schedule.",
        id="no reason",
    ),
    pytest.param(EVERYTHING, f"[{RULE[:-1]}, reason: required}}]", "", id="its reason"),
    pytest.param(EVERYTHING, f"[{RULE}]", "", id="a rule for schedules"),
    pytest.param("/x on shop", "[{name: a, who: 'schedule:a', kind: url, then: allow}]", "", id="a rule of its own"),
    pytest.param("tag x on shop", "", "", id="what it may without a policy"),
    pytest.param(
        "/x on shop",
        "[{name: night, who: schedules, during: mon-fri 09:00-17:00 UTC, then: deny},"
        " {name: b, who: schedules, then: allow}]",
        "", id="refused at some times only",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("line", "rules", "expected"), VAIN)
def test_what_the_policy_refuses_each_time_is_noted_with_its_line(
    tmp_path: Path, line: str, rules: str, expected: str
) -> None:
    file = f'{FILE}schedules: [{{name: a, cron: "@daily", purge: "{line}"}}]\n'
    policy = f"policy: {{rules: {rules}}}\n" if rules else ""
    told = [one for one in loaded(tmp_path, file + policy).warnings if one.startswith("schedules")]
    at = "schedules[0].purge, on line 6, is refused each time it comes: "
    assert ([f"{at}{expected}"] if expected else []) == told
