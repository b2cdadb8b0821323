"""What a configuration leaves open, each with the line that mends it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.policies.defaults import built_in
from bot.domain.policies.policy import Approve, Conditions, Policy, Rule, Run
from bot.domain.site import Layer, Site
from bot.settings import AccountSettings, ApiToken, Approvals, Mode, Secret, Settings, example, load, open_ends
from bot.settings.model import Deploys, HookSender

SITE = Site("shop", ("www.shop.test",), origin="https://origin.shop.test", channel="C0SHOP", layers=(Layer("cf", {}),))
APPROVALS = Approvals("C0APP", ("U0LEA", "U0SAM"))
TOKEN = Secret(env="CF", environ={"CF": "x"})
CF = AccountSettings("cf", "cloudflare", {}, {"token": TOKEN}, {}, {}, frozenset())
CI = ApiToken("ci", Secret(env="CI", environ={"CI": "x"}), frozenset({"shop"}), True)
WHOLE = Settings(Mode.LIVE, "/purge", {"cf": CF}, {"shop": SITE}, APPROVALS, built_in(APPROVALS.approvers), (CI,))


def told(settings: Settings) -> list[str]:
    """Each in a line, as the Home shows them."""
    return [" ".join(filter(None, (one.what, one.way, f"`{one.line}`", one.where))) for one in open_ends(settings)]


def test_a_whole_configuration_leaves_nothing_open() -> None:
    assert [] == told(WHOLE)


NOBODY = "Nobody may approve, so whatever needs a yes is refused. Add `approvals: {channel: C…, approvers: [U…, U…]}`"
OPEN = {
    "a secret that is not set": (
        replace(WHOLE, accounts={"cf": replace(CF, secrets={"token": Secret(env="CLOUDFLARE_TOKEN")})}),
        "Account cf cannot purge: the variable CLOUDFLARE_TOKEN is not set, which holds its token."
        " Set `CLOUDFLARE_TOKEN=…` where the bot runs",
    ),
    "a secret's file that is not there": (
        replace(WHOLE, accounts={"cf": replace(CF, secrets={"token": Secret(file="/none/cf")})}),
        "Account cf cannot purge: the file /none/cf does not exist, which holds its token."
        " Write `/none/cf` where the bot runs",
    ),
    "a machine's secret": (
        replace(WHOLE, api_tokens=(replace(CI, bearer=Secret(env="CI_TOKEN")),)),
        "Token ci lets nobody in: the variable CI_TOKEN is not set. Set `CI_TOKEN=…` where the bot runs",
    ),
    "no approvers": (replace(WHOLE, approvals=Approvals(), policy=built_in(())), f"{NOBODY} with ids from Slack"),
    "a channel but no approvers": (
        replace(WHOLE, approvals=Approvals("C0APP"), policy=built_in(())),
        f"{NOBODY} with ids from Slack",
    ),
    "a policy that asks, and no channel": (
        replace(WHOLE, approvals=Approvals(), policy=Policy((Rule("wide", Conditions(), Approve(1, ("U0LEA",))),))),
        "No channel is named where approval is asked for, so only the card itself asks. Add `channel: C…`"
        " under approvals",
    ),
    "a site without a channel": (
        replace(WHOLE, sites={"shop": replace(SITE, channel="")}),
        "shop has no channel, so its jobs are told only where they were asked for. Add `channel: C…` under sites.shop",
    ),
    "a site without an origin": (
        replace(WHOLE, sites={"shop": replace(SITE, origin="")}),
        'shop has no origin, so a check has nothing to compare the edge with. Add `origin: "https://…"`'
        " under sites.shop",
    ),
    "no site": (
        replace(WHOLE, sites={}),
        "There is no site, so nothing can be purged. Add `sites: {…}` as docs/configuration.md says",
    ),
    "no machine": (
        replace(WHOLE, api_tokens=()),
        "No pipeline may say that it deployed, so nothing is purged by itself. Add"
        " `deploys: {tokens: [{name: ci-shop, secret: {env: DEPLOY_SECRET}, sites: [shop]}]}`",
    ),
    "a machine that only reads": (
        replace(WHOLE, api_tokens=(replace(CI, may_command=False),)),
        "No pipeline may say that it deployed, so nothing is purged by itself. Add"
        " `deploys: {tokens: [{name: ci-shop, secret: {env: DEPLOY_SECRET}, sites: [shop]}]}`",
    ),
    "observing": (
        replace(WHOLE, mode=Mode.OBSERVE),
        "Nothing is purged yet. When the plans look right, let the bot purge. Write `mode: live`"
        " and start it without --observe",
    ),
}


@pytest.mark.parametrize(("settings", "expected"), OPEN.values(), ids=OPEN)
def test_what_is_open_has_its_line(settings: Settings, expected: str) -> None:
    assert [expected] == told(settings)


def test_a_sender_of_deploys_is_enough() -> None:
    sender = HookSender("ci-shop", (TOKEN,), frozenset({"shop"}))
    assert [] == told(replace(WHOLE, api_tokens=(), deploys=Deploys((sender,))))


def test_a_policy_that_never_asks_needs_no_approvers() -> None:
    never = Policy((Rule("small", Conditions(), Run()),))
    assert [] == told(replace(WHOLE, approvals=Approvals(), policy=never))


def test_what_is_still_the_examples_comes_first_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "purgebot.yaml"
    file.write_text(example(), encoding="utf-8")
    lines = file.read_text(encoding="utf-8").splitlines()
    n = next(n for n, line in enumerate(lines, 1) if "zone:" in line)
    left = open_ends(load(file, {}))
    zone = next(one for one in left if "zone" in one.what)
    assert (
        "sites.shop.layers[1].zone is still the example's zone, and `mode: live` is refused with it.",
        "zone: …", f"with yours, on line {n} of the file", ("sites", "shop"),
    ) == (zone.what, zone.line, zone.where, zone.example)  # fmt: skip
    assert [True] * 4 + [False] * (len(left) - 4) == [one.example != ("", "") for one in left]


def test_what_an_account_lacks_names_the_account(tmp_path: Path) -> None:
    file = tmp_path / "purgebot.yaml"
    file.write_text(
        "accounts: {f: {provider: fastly, token: {env: NOWHERE}}}\n"
        "sites: {shop: {hosts: [www.shop.test], layers: [{account: f, service: SU1Z0isxPaozGVKXdv0eY}]}}\n"
    )
    assert ["f"] == [one.account for one in open_ends(load(file, {})) if "NOWHERE" in one.line]
