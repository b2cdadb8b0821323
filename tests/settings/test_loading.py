"""A good file as the values that the bot works with."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.policies.defaults import built_in
from bot.domain.site import Environment, Layer, Marker, Site
from bot.settings import (
    AccountSettings,
    ApiToken,
    Approvals,
    BadSettings,
    MissingSecret,
    Mode,
    Secret,
    Settings,
    example,
    load,
)
from providers.contract import Account, Kind, Pace
from tests.settings.bench import ACCOUNTS, BENCH, loaded

FULL = """\
mode: live
command: /cache
accounts:
  cf:
    provider: cloudflare
    token: {env: CF_TOKEN}
    api_url: "http://127.0.0.1:8080/cf/client/v4/"
    pace: {urls: {rate: 30, per: 1, burst: 60}}
    per_call: {url: 30, tag: 10}
  shield: {provider: varnish, url: "http://10.0.0.5:6081"}
sites:
  shop:
    hosts: [WWW.shop.test, img.shop.test.]
    schemes: [https, http]
    origin: "https://origin.shop.test/"
    environment: staging
    channel: C0SHOP
    mode: soft
    tags: {header: Cache-Tag}
    variants: [{CF-Device-Type: mobile}]
    marker: {header: X-Build}
    layers:
      - {account: shield}
      - {account: cf, zone: 00112233445566778899001122334455, tier: pro}
    edges: {fra: "https://203.0.113.7", local: "http://[::1]:8443"}
approvals: {channel: C0APPROVE, approvers: [U0LEA, U_SAM, W0KIM]}
api: {tokens: [{name: ops-cli, bearer: {file: ops.token}, sites: [shop], may: command}]}
"""
SHOP = "sites: {shop: {hosts: [a.test], layers: [{account: shield}]}}\n"
ONE_ACCOUNT = 'accounts: {shield: {provider: varnish, url: "http://10.0.0.5:6081"}}\n'
NOBODY = (
    "approvals.approvers names nobody: up to 30 URLs, paths or tags can be purged, wider purges are refused."
    " Name people by their Slack ids."
)
ONE = (
    "approvals.approvers names one person: everything in production needs two, so it is refused."
    " Name at least two, three if approvers ask themselves."
)


def test_a_full_file_becomes_plain_values(tmp_path: Path) -> None:
    token = Secret(env="CF_TOKEN")
    assert loaded(tmp_path, FULL) == Settings(
        mode=Mode.LIVE,
        command="/cache",
        accounts={
            "cf": AccountSettings(
                "cf",
                "cloudflare",
                {"api_url": "http://127.0.0.1:8080/cf/client/v4"},
                {"token": token},
                {"urls": Pace(30, 1, 60, source="configuration")},
                {Kind.URL: 30, Kind.TAG: 10},
            ),
            "shield": AccountSettings("shield", "varnish", {"url": "http://10.0.0.5:6081"}),
        },
        sites={
            "shop": Site(
                name="shop",
                hosts=("www.shop.test", "img.shop.test"),
                schemes=("https", "http"),
                origin="https://origin.shop.test",
                environment=Environment.STAGING,
                channel="C0SHOP",
                soft=True,
                tag_header="Cache-Tag",
                variants=({"CF-Device-Type": "mobile"},),
                marker=Marker(header="X-Build"),
                layers=(
                    Layer("shield"),
                    Layer("cf", {"zone": "00112233445566778899001122334455", "tier": "pro"}),
                ),
                edges={"fra": "https://203.0.113.7", "local": "http://[::1]:8443"},
            )
        },
        approvals=Approvals("C0APPROVE", ("U0LEA", "U_SAM", "W0KIM")),
        policy=built_in(("U0LEA", "U_SAM", "W0KIM")),
        api_tokens=(ApiToken("ops-cli", Secret(file=str(tmp_path / "ops.token")), frozenset({"shop"}), True),),
    )


def test_a_small_file_has_safe_defaults(tmp_path: Path) -> None:
    settings = loaded(tmp_path, ONE_ACCOUNT + SHOP)
    assert settings.sites == {"shop": Site(name="shop", hosts=("a.test",), layers=(Layer("shield"),))}
    assert (settings.mode, settings.command, settings.approvals, settings.api_tokens) == (
        Mode.OBSERVE,
        "/purge",
        Approvals(),
        (),
    )


def test_a_token_may_only_read_unless_it_is_said(tmp_path: Path) -> None:
    text = f"{ONE_ACCOUNT}{SHOP}api: {{tokens: [{{name: ci, bearer: {{env: T}}, sites: [shop]}}]}}\n"
    assert [token.may_command for token in loaded(tmp_path, text).api_tokens] == [False]


def test_sections_may_stay_empty(tmp_path: Path) -> None:
    settings = loaded(tmp_path, "mode: observe\naccounts:\nsites:\napprovals:\napi:\n")
    assert (settings.mode, settings.accounts, settings.sites) == (Mode.OBSERVE, {}, {})


@pytest.mark.parametrize(
    ("typed", "host"),
    {
        "small letters": ("WWW.Shop.Test", "www.shop.test"),
        "final dot": ("shop.test.", "shop.test"),
        "punycode": ("bücher.test", "xn--bcher-kva.test"),
        "punycode as typed": ("xn--bcher-kva.test", "xn--bcher-kva.test"),
        "no dot": ("localhost", "localhost"),
        "address": ("10.0.0.5", "10.0.0.5"),
        "looks like YAML 1.1's true": ("on", "on"),
        "looks like a number": ("1_000", "1_000"),
    }.values(),
)
def test_a_host_is_kept_as_requests_carry_it(typed: str, host: str, tmp_path: Path) -> None:
    text = f"{ONE_ACCOUNT}sites: {{shop: {{hosts: [{typed}], layers: [{{account: shield}}]}}}}\n"
    assert loaded(tmp_path, text).sites["shop"].hosts == (host,)


def test_an_anchor_may_be_reused(tmp_path: Path) -> None:
    text = (
        f"{ONE_ACCOUNT}sites:\n"
        "  shop: {hosts: [a.test], layers: &shield [{account: shield}]}\n"
        "  blog: {hosts: [b.test], layers: *shield}\n"
    )
    assert [site.layers for site in loaded(tmp_path, text).sites.values()] == [(Layer("shield"),)] * 2


@pytest.mark.parametrize(
    ("more", "warnings"),
    {
        "nobody": (SHOP, (NOBODY,)),
        "one": (f"{SHOP}approvals: {{channel: C0A, approvers: [U0LEA]}}\n", (ONE,)),
        "one for staging": (
            "sites: {shop: {hosts: [a.test], environment: staging, layers: [{account: shield}]}}\n"
            "approvals: {channel: C0A, approvers: [U0LEA]}\n",
            (),
        ),
        "two": (f"{SHOP}approvals: {{channel: C0A, approvers: [U0LEA, U0SAM]}}\n", ()),
        "no site": (
            "approvals: {channel: C0A, approvers: [U0LEA, U0SAM]}\n",
            (
                "sites names no site: nothing can be purged or checked. Add one, with its hosts and the caches in"
                " front.",
                "accounts.shield is a layer of no site. Name it under a site's layers, or remove it.",
            ),
        ),
        "origin is the edge": (
            'sites: {shop: {hosts: [a.test], origin: "https://a.test", layers: [{account: shield}]}}\n'
            "approvals: {channel: C0A, approvers: [U0LEA, U0SAM]}\n",
            (
                "sites.shop.origin is a host that visitors use: a check would compare the edge with itself."
                " Write the address behind the caches.",
            ),
        ),
    }.values(),
    ids=["nobody", "one", "one for staging", "two", "no site", "origin is the edge"],
)
def test_what_may_surprise_is_told(more: str, warnings: tuple[str, ...], tmp_path: Path) -> None:
    assert loaded(tmp_path, ONE_ACCOUNT + more).warnings == warnings


def test_secrets_are_revealed_for_the_adapter_only(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k-1\n")
    text = "accounts: {cf: {provider: cloudflare, email: {env: MAIL}, key: {file: key}}}\n"
    account = loaded(tmp_path, text, {"MAIL": "ops@shop.test"}).accounts["cf"].account()
    assert account == Account("cf", {"email": "ops@shop.test"}, {"key": "k-1"})


def test_a_missing_secret_is_told_when_it_is_needed(tmp_path: Path) -> None:
    account = loaded(tmp_path, ACCOUNTS).accounts["cf"]
    with pytest.raises(MissingSecret) as caught:
        account.account()
    assert str(caught.value) == "the variable CF_TOKEN (`token` of account cf) is not set."


def test_a_placeholder_stands_for_what_is_missing(tmp_path: Path) -> None:
    text = "accounts:\n  cf: {provider: cloudflare, token: {env: T}}\n  shield: {provider: varnish, url: {env: U}}\n"
    accounts = [account.account("missing") for account in loaded(tmp_path, text).accounts.values()]
    assert accounts == [
        Account("cf", {}, {"token": "missing"}),
        Account("shield", {"url": "http://missing.invalid"}, {}),
    ]


def test_no_secret_is_in_the_repr_of_anything(tmp_path: Path) -> None:
    settings = loaded(tmp_path, FULL, {"CF_TOKEN": "hunter2"})
    account = settings.accounts["cf"].account()
    assert (account.secrets, "hunter2" in repr(settings) + repr(account)) == ({"token": "hunter2"}, False)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadSettings) as caught:
        load(tmp_path / "none.yaml", {}, BENCH)
    assert str(caught.value) == (
        f"{tmp_path}/none.yaml: does not exist."
        " Name another in PURGEBOT_CONFIG, or make it: `purgebot config example` prints a file to start from."
    )


def test_a_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadSettings) as caught:
        load(tmp_path, {}, BENCH)
    assert str(caught.value) == f"{tmp_path}: cannot be read (Is a directory). Let the bot's user read it."


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes("sites: {bücher: {}}".encode("latin-1"))
    with pytest.raises(BadSettings) as caught:
        load(tmp_path / "latin.yaml", {}, BENCH)
    assert str(caught.value) == f"{tmp_path}/latin.yaml: is not UTF-8 text. Save it as UTF-8."


def test_the_example_observes_and_loads_with_the_real_providers(tmp_path: Path) -> None:
    file = tmp_path / "purgebot.yaml"
    file.write_text(example())
    settings = load(file, {})
    assert (settings.mode, list(settings.sites), settings.warnings[:1]) == (Mode.OBSERVE, ["shop"], (NOBODY,))
    assert all("is still the example's" in warning for warning in settings.warnings[1:])


def test_the_example_loads_with_all_that_it_offers_in_comments(tmp_path: Path) -> None:
    offers: tuple[str, ...] = ("api_url:", "pace:", "per_call:", "channel:", "tags:", "variants:", "approvals:")
    offers += ("approvers:", "api:", "tokens:", "- {name: ", "policy:", "groups:", "approve_within:", "run_within:")
    offers += ("rules:", "tighten:", "break_glass:")
    offers += ("deploy:", "files:", "- {match: ", "widen:")
    offers += ("time_zone:", "schedules:")
    lines = []
    for line in example().splitlines():
        bare = line.replace("# ", "", 1)
        lines.append(bare if bare.lstrip().startswith(offers) else line)
    settings = loaded(tmp_path, "\n".join(lines))
    assert ("C0SHOP", 3) == (settings.sites["shop"].channel, len(settings.approvals.approvers))
    assert [] == [warning for warning in settings.warnings if "is still the example's" not in warning]
    assert [token.name for token in settings.api_tokens] == ["ops-cli"]
    assert [rule.name for rule in settings.policy.rules] == ["small", "wide", "all", "again"]
    assert {name: one.zone_name for name, one in settings.schedules.items()} == {
        "nightly-news": "Europe/Berlin", "front": "Europe/Berlin",
    }  # fmt: skip
    deploy = settings.sites["shop"].deploy
    assert ([rule.match for rule in deploy.files], deploy.widen) == (
        ["content/news/*.md", "dist/**", "templates/**"],
        ("/news/",),
    )


def test_the_example_shows_who_may_send_deploys(tmp_path: Path) -> None:
    settings = loaded(tmp_path, example().replace("# deploys:", "deploys:"))
    assert [(one.name, one.sites) for one in settings.deploys.senders] == [("ci-shop", frozenset({"shop"}))]


def test_the_example_s_rule_for_a_sender_is_one(tmp_path: Path) -> None:
    text = example().replace("# deploys:", "deploys:")
    rule = next(line for line in text.splitlines() if '"token:ci-shop"' in line).partition("- ")[2].partition("   #")[0]
    settings = loaded(tmp_path, f"{text}policy: {{rules: [{rule}]}}\n")
    assert [one.when.who for one in settings.policy.rules] == [("token:ci-shop",)]
