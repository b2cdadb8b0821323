"""Who may send deploys: as values, what can be wrong, and what surprises; secrets are never repeated."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.domain.policies.policy import Conditions, Rule, Run
from bot.setting_up import actors_of
from bot.settings import (
    BadSettings,
    Deploys,
    GithubEvent,
    GithubSender,
    HookSender,
    OidcSender,
    Secret,
    Settings,
    lines,
    unset,
)
from providers.contract import Kind
from tests.settings.bench import ACCOUNTS, loaded, problems

SITES = "sites:\n" + "".join(
    f"  {name}: {{hosts: [{name}.test], layers: [{{account: shield}}]}}\n" for name in ("shop", "news")
)
BASE = f"{ACCOUNTS}{SITES}approvals: {{channel: C0A, approvers: [U0LEA, U0SAM]}}\n"
ALL = """\
deploys:
  tokens:
    - {name: ci-shop, secret: {env: CI}, sites: [shop]}
    - {name: ci-both, secrets: [{env: OLD}, {file: new.secret}], sites: [shop, news]}
  github:
    - {name: gh, secret: {env: GH}, repository: octo/shop, on: deployment_status, environment: production,
       sites: [shop]}
    - {name: run, secret: {env: RUN}, repository: octo/news, on: workflow_run, workflow: deploy.yml, branch: main,
       sites: [news]}
  oidc:
    - {name: actions, audience: "https://bot.test", repository_id: 74, repository_owner_id: 65, sites: [shop],
       workflow: "octo/shop/.github/workflows/deploy.yml@refs/heads/main", ref: refs/heads/main,
       environment: production}
    - {name: ghes, audience: bot, repository_id: 1, repository_owner_id: 2, ref: refs/heads/main, sites: [news],
       issuer: "https://github.shop.test/_services/token/"}
"""
KEY = base64.b64encode(bytes(range(32))).decode()
OTHER = base64.b64encode(bytes(range(1, 33))).decode()
HOW = "echo whsec_$(openssl rand -base64 32)"
PLACES = f"Write {{env: NAME}} or {{file: PATH}}; make one with: {HOW}"


def test_a_whole_file_becomes_plain_values(tmp_path: Path) -> None:
    assert loaded(tmp_path, BASE + ALL).deploys == Deploys(
        tokens=(
            HookSender("ci-shop", (Secret(env="CI"),), frozenset({"shop"})),
            HookSender(
                "ci-both", (Secret(env="OLD"), Secret(file=str(tmp_path / "new.secret"))), frozenset({"shop", "news"})
            ),
        ),
        github=(
            GithubSender(
                "gh", (Secret(env="GH"),), "octo/shop", "shop", GithubEvent.DEPLOYMENT_STATUS, environment="production"
            ),
            GithubSender(
                "run",
                (Secret(env="RUN"),),
                "octo/news",
                "news",
                GithubEvent.WORKFLOW_RUN,
                branch="main",
                workflow=".github/workflows/deploy.yml",
            ),
        ),
        oidc=(
            OidcSender(
                "actions",
                "https://bot.test",
                "74",
                "65",
                frozenset({"shop"}),
                "octo/shop/.github/workflows/deploy.yml@refs/heads/main",
                "refs/heads/main",
                "production",
            ),
            OidcSender(
                "ghes",
                "bot",
                "1",
                "2",
                frozenset({"news"}),
                ref="refs/heads/main",
                issuer="https://github.shop.test/_services/token",
            ),
        ),
    )


@pytest.mark.parametrize("text", ["", "deploys:\n", "deploys: {tokens: []}\n"], ids=["absent", "bare", "empty"])
def test_nobody_is_the_default(text: str, tmp_path: Path) -> None:
    assert Deploys() == loaded(tmp_path, BASE + text).deploys


def hook(more: str = "", name: str = "ci", sites: str = "[shop]") -> str:
    return f"  tokens: [{{name: {name}, sites: {sites}{more}}}]"


def github(more: str, repository: str = "octo/shop", sites: str = "[shop]") -> str:
    return f"  github: [{{name: gh, secret: {{env: S}}, repository: {repository}, sites: {sites}, {more}}}]"


def oidc(more: str = "", audience: str = "bot", id: str = "74") -> str:
    numbers = f"repository_id: {id}, repository_owner_id: 65"
    return f"  oidc: [{{name: a, audience: '{audience}', {numbers}, sites: [shop]{more}}}]"


STATUS, RUN = "on: deployment_status, environment: production", "on: workflow_run, workflow: deploy.yml"
OWN = "Write a text of your own, such as the bot's address: https://purgebot.shop.test."
CLAIM = "Write the claim job_workflow_ref, such as octo/shop/.github/workflows/deploy.yml@refs/heads/main."
WRONG = {
    "no secret": (hook(), f"tokens[0].secret: is missing. {PLACES}"),
    "both": (
        hook(", secret: {env: S}, secrets: [{env: T}]"),
        "tokens[0].secrets: cannot stand beside `secret`. Keep one of the two.",
    ),
    "three": (
        hook(", secrets: [{env: S}, {env: T}, {env: U}]"),
        "tokens[0].secrets: names 3 secrets: the old one and the new one are enough."
        " Remove those that nobody signs with.",
    ),
    "one place twice": (hook(", secrets: [{env: S}, {env: S}]"), "tokens[0].secrets[1]: is named twice. Keep one."),
    "in the clear": (
        hook(", secret: hunter2"),
        "tokens[0].secret: a secret stands here in the clear. Write {env: NAME} or {file: PATH}, and replace the"
        " secret: this file has held it.",
    ),
    "site": (
        hook(", secret: {env: S}", sites="[shp]"),
        "tokens[0].sites[0]: there is no site `shp`. Did you mean `shop`?",
    ),
    "no site": (hook(", secret: {env: S}", sites="[]"), "tokens[0].sites: is empty. Name at least one."),
    "name": (
        hook(", secret: {env: S}", name="P-12"),
        "tokens[0].name: `P-12` already means something in a command. Give the sender another name.",
    ),
    "two sites": (
        github(STATUS, sites="[shop, news]"),
        "github[0].sites: An event of GitHub's is the deploy of one site. Keep one, beside it only sites"
        " that come `before` it; give each other site a sender and a webhook of its own.",
    ),
    "repository": (
        github(STATUS, repository="shop"),
        "github[0].repository: `shop` is not the name of a repository. Write owner/name, such as octo/shop.",
    ),
    "event": (github("on: push"), "github[0].on: `push` is not a choice. Write deployment_status or workflow_run."),
    "previews": (
        github("on: deployment_status"),
        "github[0].environment: is missing, and without it previews would count as deploys."
        " Add it, such as `environment: production`.",
    ),
    "test runs": (
        github("on: workflow_run"),
        "github[0].workflow: is missing, and without it test runs would count as deploys."
        " Add it, such as `workflow: deploy.yml`.",
    ),
    "idle": (
        github(f"{RUN}, environment: production"),
        "github[0].environment: means nothing with `on: workflow_run`. Remove it.",
    ),
    "workflow's name": (
        github("on: workflow_run, workflow: Deploy"),
        "github[0].workflow: `Deploy` is not the file of a workflow. Write its file's name, such as deploy.yml.",
    ),
    "id": (
        oidc(id="octo/shop"),
        "oidc[0].repository_id: `octo/shop` is not a number of GitHub's. Ask for it: gh api repos/OWNER/NAME --jq .id",
    ),
    "GitHub's own audience": (
        oidc(audience="https://github.com/octo"),
        "oidc[0].audience: is what GitHub says where a workflow asks for nothing: tokens for others would count here."
        f" {OWN}",
    ),
    "no audience": (oidc(audience=" "), f"oidc[0].audience: is empty. {OWN}"),
    "workflow's file": (
        oidc(", workflow: deploy.yml"),
        f"oidc[0].workflow: `deploy.yml` is not what a token calls a workflow. {CLAIM}",
    ),
    "branch": (oidc(", ref: main"), "oidc[0].ref: `main` is not a ref. Write refs/heads/main."),
    "issuer in the clear": (
        oidc(", issuer: 'http://github.shop.test'"),
        "oidc[0].issuer: is not https: whoever is on the way could make tokens."
        " Write it like https://token.actions.githubusercontent.com.",
    ),
}


@pytest.mark.parametrize(("text", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told(text: str, said: str, tmp_path: Path) -> None:
    start = BASE.count("\n") + 2
    assert [f"purgebot.yaml:{start}: deploys.{said}"] == problems(tmp_path, f"{BASE}deploys:\n{text}\n")


def test_names_are_unique_among_senders_and_tokens(tmp_path: Path) -> None:
    text = (
        "api: {tokens: [{name: ci, bearer: {env: T}, sites: [shop]}]}\n"
        f"deploys:\n{hook(', secret: {env: A}')}\n{github(STATUS).replace('gh', 'a')}\n"
        f"{oidc(', ref: refs/heads/main')}\n"
    )
    said = [line.split(": ", 1)[1] for line in problems(tmp_path, BASE + text)]
    assert said == [
        "deploys.tokens[0].name: `ci` is a token of `api.tokens` already. Give each sender its own name.",
        "deploys.oidc[0].name: `a` is a sender already. Give each sender its own name.",
    ]


TWO = (
    "deploys:\n  tokens:\n"
    "    - {name: one, secret: {env: A}, sites: [shop]}\n"
    "    - {name: two, secret: {env: B}, sites: [news]}\n"
)


def said_with(folder: Path, text: str, environ: Mapping[str, str]) -> list[str]:
    try:
        loaded(folder, text, environ)
    except BadSettings as exc:
        return [f"{problem.key}: {problem.what} {problem.advice}" for problem in exc.problems]
    return []


SECRETS = {
    "good": ({"A": KEY, "B": f"whsec_{OTHER}"}, []),
    "not there": ({}, []),
    "only one is there": ({"A": KEY}, []),
    "the same": (
        {"A": KEY, "B": KEY},
        [f"deploys.tokens[1].secret: is the secret of `one` too. Give each sender its own: {HOW}"],
    ),
    "the same with its prefix": (
        {"A": KEY, "B": f"whsec_{KEY}\n"},
        [f"deploys.tokens[1].secret: is the secret of `one` too. Give each sender its own: {HOW}"],
    ),
    "no base64": (
        {"A": "correct horse battery staple!"},
        [
            "deploys.tokens[0].secret: the secret there is not base64, with or without `whsec_` in front."
            f" Make another: {HOW}"
        ],
    ),
    "short": (
        {"A": base64.b64encode(bytes(23)).decode()},
        [
            "deploys.tokens[0].secret: the secret there stands for 23 bytes, and a key has 24 to 64."
            f" Make another: {HOW}"
        ],
    ),
    "of one byte": (
        {"A": base64.b64encode(bytes(1)).decode()},
        [f"deploys.tokens[0].secret: the secret there stands for 1 byte, and a key has 24 to 64. Make another: {HOW}"],
    ),
    "long": (
        {"A": base64.b64encode(bytes(65)).decode()},
        [
            "deploys.tokens[0].secret: the secret there stands for 65 bytes, and a key has 24 to 64."
            f" Make another: {HOW}"
        ],
    ),
}


@pytest.mark.parametrize(("environ", "said"), SECRETS.values(), ids=SECRETS)
def test_secrets_are_looked_at_where_they_are_there(environ: dict[str, str], said: list[str], tmp_path: Path) -> None:
    assert said == said_with(tmp_path, BASE + TWO, environ)


def test_a_short_secret_of_a_webhook_is_told(tmp_path: Path) -> None:
    said = "the secret there has 7 characters, and 24 are the least. Make another: openssl rand -hex 32"
    assert [f"deploys.github[0].secret: {said}"] == said_with(
        tmp_path, f"{BASE}deploys:\n{github(STATUS)}\n", {"S": "hunter2"}
    )


def test_no_secret_is_repeated(tmp_path: Path) -> None:
    environ = {"A": "hunter2", "B": "hunter2"}
    said = "".join(said_with(tmp_path, BASE + TWO, environ))
    assert (True, False) == (bool(said), "hunter2" in said)


def test_what_the_journal_compares_names_places_alone(tmp_path: Path) -> None:
    environ = {"CI": KEY, "OLD": OTHER, "GH": "g" * 30, "RUN": "r" * 30}
    told = "\n".join(lines(loaded(tmp_path, BASE + ALL, environ)))
    assert "deploys.tokens[ci-shop].secrets[0]: {env: CI}" in told
    assert [] == [value for value in environ.values() if value in told]


def test_secrets_that_are_not_there_are_told(tmp_path: Path) -> None:
    set_it, write_it = "Set it where the bot runs.", "Write it where the bot runs."
    told = [line for line in unset(loaded(tmp_path, BASE + ALL, {"CI": KEY, "GH": "g" * 30})) if "deploys" in line]
    assert told == [
        f"deploys.tokens[1].secrets[0] (ci-both): the variable OLD is not set. {set_it}",
        f"deploys.tokens[1].secrets[1] (ci-both): the file {tmp_path / 'new.secret'} does not exist. {write_it}",
        f"deploys.github[1].secret (run): the variable RUN is not set. {set_it}",
    ]


def test_a_sender_that_a_whole_repository_can_be_is_told(tmp_path: Path) -> None:
    said = (
        "deploys.oidc.a names no workflow, ref or environment: whatever runs in that repository, on any branch, may"
        " send deploys. Name one of them, such as environment: production."
    )
    assert said in loaded(tmp_path, f"{BASE}deploys:\n{oidc()}\n").warnings


STAGED = BASE.replace("  news: {", "  staging: {before: shop, ")


@pytest.mark.parametrize("sites", ["[shop, staging]", "[staging, shop]"])
def test_a_webhook_is_for_one_site_and_those_that_come_before_it(sites: str, tmp_path: Path) -> None:
    settings = loaded(tmp_path, f"{STAGED}deploys:\n{github(STATUS, sites=sites)}\n")
    (sender,) = settings.deploys.github
    assert ("shop", frozenset({"shop", "staging"})) == (sender.site, sender.sites)
    assert not [said for said in settings.warnings if "comes before" in said]


@pytest.mark.parametrize(
    ("sort", "text"),
    [("tokens.ci", hook(", secret: {env: S}")), ("github.gh", github(STATUS)), ("oidc.a", oidc(", ref: refs/heads/m"))],
    ids=["tokens", "github", "oidc"],
)
def test_a_sender_without_the_site_that_comes_first_is_told(sort: str, text: str, tmp_path: Path) -> None:
    said = (
        f"deploys.{sort} may not purge staging, which comes before shop: its deploys of shop are refused."
        " Write sites: [shop, staging]."
    )
    assert said in loaded(tmp_path, f"{STAGED}deploys:\n{text}\n").warnings


DEPLOYS = "deploys: {tokens: [{name: ci, secret: {env: S}, sites: [shop]}]}\n"


def test_without_a_policy_senders_purge_what_deploys_change(tmp_path: Path) -> None:
    kinds = frozenset({Kind.URL, Kind.PATH, Kind.TAG, Kind.PREFIX})
    rule = Rule("deploys", Conditions(who=("token:ci",), kinds=kinds), Run())
    assert rule == loaded(tmp_path, BASE + DEPLOYS).policy.rules[0]


def ruled(folder: Path, who: str) -> Settings:
    rules = f"[{{name: small, kind: [url, path], then: allow}}, {{name: ci, who: {who}, kind: [url], then: allow}}]"
    return loaded(folder, f"{BASE}{DEPLOYS}policy: {{rules: {rules}}}\n")


def test_a_rule_for_a_sender_is_not_covered_by_one_for_members(tmp_path: Path) -> None:
    assert ["small", "ci"] == [rule.name for rule in ruled(tmp_path, '"token:ci"').policy.rules]


def test_a_policy_that_does_not_know_a_sender_is_told(tmp_path: Path) -> None:
    said = (
        " has no rule for token:ci, so its deploys are refused. Add one, such as"
        ' {name: deploys, who: "token:ci", kind: [url, path, tag, prefix], then: allow}.'
    )
    assert (True, False) == (
        any(note.endswith(said) for note in ruled(tmp_path, "approvers").warnings),
        any(note.endswith(said) for note in ruled(tmp_path, '"token:ci"').warnings),
    )


@pytest.mark.parametrize("name", ["ci-shop", "gh", "actions"])
def test_a_policy_may_name_every_sort_of_sender(name: str, tmp_path: Path) -> None:
    text = f'{BASE}{ALL}policy: {{rules: [{{name: a, who: "token:{name}", kind: url, then: allow}}]}}\n'
    assert [] == problems(tmp_path, text)


def test_senders_are_actors_who_only_deploy_their_sites(tmp_path: Path) -> None:
    actors = actors_of(loaded(tmp_path, BASE + ALL))
    assert {
        "token:ci-shop": {"shop"},
        "token:ci-both": {"shop", "news"},
        "token:gh": {"shop"},
        "token:run": {"news"},
        "token:actions": {"shop"},
        "token:ghes": {"news"},
    } == {id: set(actor.sites or ()) for id, actor in actors.items() if actor.is_sender}
