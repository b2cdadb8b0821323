"""What `purgebot init` writes: a configuration that is good as it stands, and a manifest that Slack takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bot.beginning.answers import (
    ACCOUNTS,
    Beginning,
    LayerAnswer,
    LeftOut,
    SiteAnswer,
    place_of,
    site_name,
    usual,
)
from bot.beginning.begin import Places, next_steps
from bot.beginning.writing import config_text, manifest_text, quoted, to_fill_in, to_make_sure
from bot.settings import Mode, Settings, load
from bot.settings.placeholders import needed_of_account
from providers import PROVIDERS

ROOT = Path(__file__).parent.parent.parent
ADDRESS = "https://purgebot.example.com"


def layer(provider: str, **values: str) -> LayerAnswer:
    """A layer as `--yes` answers it: places of secrets as suggested, ids left for later."""
    suggested = {one.name: usual(one) for one in needed_of_account(PROVIDERS[provider])}
    return LayerAnswer(provider, {**suggested, **values})


def written(folder: Path, begun: Beginning) -> Settings:
    """The configuration, read as the bot reads it."""
    file = folder / "purgebot.yaml"
    file.write_text(config_text(begun), encoding="utf-8")
    return load(file, {})


def test_there_is_an_account_for_each_provider() -> None:
    assert set(ACCOUNTS) == set(PROVIDERS)


@pytest.mark.parametrize("n", range(1, len(PROVIDERS) + 1))
def test_every_combination_of_providers_passes_the_check(tmp_path: Path, n: int) -> None:
    for named in combinations(PROVIDERS, n):
        settings = written(tmp_path, Beginning("shop", ("www.shop.test",), tuple(map(layer, named))))
        assert list(named) == [account.provider for account in settings.accounts.values()]
        assert [ACCOUNTS[name] for name in named] == [one.account for one in settings.sites["shop"].layers]
        others = [one for one in settings.warnings[1:] if "is still the example's" not in one]
        assert (Mode.OBSERVE, []) == (settings.mode, others)


def test_a_needed_field_without_an_answer_holds_an_example_and_says_what_belongs_there() -> None:
    text = config_text(Beginning("shop", ("www.shop.test",), (layer("varnish"), layer("cloudflare"))))
    assert [
        '    url: "http://10.0.0.5:6081"          # fill in: where Varnish listens',
        "        zone: \"0123456789abcdef0123456789abcdef\" # fill in: the zone's id, 32 hex digits, on the domain's"
        " overview page",
    ] == [text.splitlines()[n - 1] for n, _ in to_fill_in(text)]
    assert "where Varnish listens" == to_fill_in(text)[0][1]


def test_what_was_answered_stands_there(tmp_path: Path) -> None:
    begun = Beginning(
        "shop", ("www.shop.test", "img.shop.test"),
        (layer("varnish", admin="10.0.0.5:6082", secret="file:/run/v"), layer("fastly", service="SU1Z0isxPaozGV")),
        ("http",), "http://10.0.0.9", "https://203.0.113.7", "C0SHOP", "C0APP", ("U0LEA", "S0SRE"), "/flush",
    )  # fmt: skip
    settings = written(tmp_path, begun)
    site = settings.sites["shop"]
    assert (("www.shop.test", "img.shop.test"), ("http",), "http://10.0.0.9", {"edge": "https://203.0.113.7"}) == (
        site.hosts, site.schemes, site.origin, site.edges)  # fmt: skip
    assert ("C0SHOP", "C0APP", ("U0LEA", "S0SRE"), "/flush") == (
        site.channel, settings.approvals.channel, settings.approvals.approvers, settings.command)  # fmt: skip
    assert {"admin": "10.0.0.5:6082"} == settings.accounts["shield"].settings
    assert "SU1Z0isxPaozGV" == site.layers[1].settings["service"]
    assert [] == to_fill_in(config_text(begun))


def test_every_key_of_the_file_has_a_word_on_it() -> None:
    text = config_text(Beginning("shop", ("www.shop.test",), tuple(map(layer, PROVIDERS))))
    bare = [line for line in text.splitlines() if ": " in line and "#" not in line]
    assert {"provider", "hosts", "- account", "mode"} == {line.strip().partition(":")[0] for line in bare}


def test_a_blank_parts_each_comment_from_what_stands_before() -> None:
    long = tuple(f"a-rather-long-name-{n}.shop.test" for n in range(3))
    begun = Beginning("shop", long, tuple(map(layer, ACCOUNTS)), doubt="nobody answers")
    lines = [line.lstrip("# ") for line in config_text(begun).splitlines() if " # " in line or "# " in line[1:]]
    assert [] == [line for line in lines if re.search(r"[^ #]# ", line)]


def test_credentials_that_no_key_names_are_told_in_the_file() -> None:
    lines = config_text(Beginning("shop", ("www.shop.test",), (layer("cloudfront"),))).splitlines()
    assert [
        "    # It looks for AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY where the bot runs; they may stay unset where",
        "    # the machine has a role for it, or the account says `profile: NAME`.",
    ] == [line for line in lines if "AWS" in line or "a role" in line]


def test_what_is_only_likely_says_so_where_it_stands(tmp_path: Path) -> None:
    doubtful = replace(layer("nginx"), doubt="nginx, likely: x-cache-status: HIT")
    begun = Beginning("shop", ("www.shop.test",), (doubtful,))
    text = config_text(begun)
    expected = "that it is there, or remove it; nginx, likely: x-cache-status: HIT"
    assert [expected] == [what for _, what in to_make_sure(text)]
    assert ["web"] == [one.account for one in written(tmp_path, begun).sites["shop"].layers]


def test_a_second_site_shares_the_account(tmp_path: Path) -> None:
    other = SiteAnswer("media", ("www.media.test",), (layer("cloudflare"),), ("http",))
    begun = Beginning(
        "shop", ("www.shop.test",), (layer("varnish"), layer("cloudflare")), channel="C0SHOP", others=(other,),
        left_out=(LeftOut("b.test", "it did not answer: no such name"),),
    )  # fmt: skip
    settings = written(tmp_path, begun)
    assert (["shield", "cf"], "C0SHOP") == (list(settings.accounts), settings.sites["media"].channel)
    assert {"shop": ["shield", "cf"], "media": ["cf"]} == {
        name: [layer.account for layer in site.layers] for name, site in settings.sites.items()
    }


PLACES = {
    "env:CLOUDFLARE_TOKEN": "{env: CLOUDFLARE_TOKEN}",
    "file:/run/secrets/cf": "{file: /run/secrets/cf}",
    "file:/my secrets/a,b}": '{file: "/my secrets/a,b}"}',
    "s3cr3t": "",
    "env:": "",
    "redis://10.0.0.4": "",
}


@pytest.mark.parametrize(("typed", "expected"), PLACES.items(), ids=PLACES)
def test_a_secret_is_written_as_its_place(typed: str, expected: str) -> None:
    assert expected == place_of(typed)


SCALARS = {"shop": "shop", "no": '"no"', "123456": '"123456"', "https://a.test": '"https://a.test"', 'a"b': '"a\\"b"'}


@pytest.mark.parametrize(("text", "expected"), SCALARS.items(), ids=SCALARS)
def test_a_scalar_is_read_as_the_text_it_is(text: str, expected: str) -> None:
    assert expected == quoted(text)


NAMES = {
    "www.shop.test": "shop",
    "shop.co.uk": "shop",
    "all.shop.test": "site",
    "[2001:db8::1]": "site",
    "xn--bcher-kva.test": "xn--bcher-kva",
}


@pytest.mark.parametrize(("host", "expected"), NAMES.items(), ids=NAMES)
def test_a_site_gets_a_short_name(host: str, expected: str) -> None:
    assert expected == site_name(host)


def data(text: str) -> Mapping[str, object]:
    """A manifest as Slack reads it."""
    found: Mapping[str, object] = YAML(typ="safe", pure=True).load(text)
    return found


def without_head(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("#"))


def test_the_manifest_that_is_shipped_is_the_one_of_the_repository() -> None:
    shipped = (ROOT / "bot" / "beginning" / "manifest.yml").read_text(encoding="utf-8")
    assert (ROOT / "manifest.yml").read_text(encoding="utf-8") == shipped


@pytest.mark.parametrize(
    ("file", "address"), [("manifest.yml", ""), ("docs/manifest-http.yml", ADDRESS)], ids=["by socket", "by http"]
)
def test_the_manifest_that_is_written_is_the_one_of_the_repository(file: str, address: str) -> None:
    expected = (ROOT / file).read_text(encoding="utf-8")
    assert without_head(expected) == without_head(manifest_text(address=address))


def test_the_manifest_has_the_command_and_the_address() -> None:
    found = manifest_text("/flush", "https://bot.shop.test")
    assert ('"/flush"', 3) == (f'"{command(found)}"', found.count("https://bot.shop.test/slack/events"))
    assert "/purge" not in [command(found)]


def command(text: str) -> str:
    features = data(text)["features"]
    assert isinstance(features, dict)
    return str(features["slash_commands"][0]["command"])


BY = {
    "Socket Mode": ("", "an app-level token with connections:write", "SLACK_APP_TOKEN"),
    "signed HTTP": (ADDRESS, "its signing secret", "SLACK_SIGNING_SECRET"),
}


@pytest.mark.parametrize(("address", "way_in", "variable"), BY.values(), ids=BY)
def test_what_is_next_goes_from_the_app_to_the_first_start_and_down_the_file(
    address: str, way_in: str, variable: str
) -> None:
    begun = Beginning(
        "shop", ("www.shop.test",), (LayerAnswer("cloudflare", {"token": "file:/run/cf"}),),
        doubt="it answered 409", address=address,
    )  # fmt: skip
    told = next_steps(begun, config_text(begun), Places(Path("a.yaml"), Path("m.yml")))
    numbers = [int(line.split()[1].rstrip(":")) for line in told if line.startswith("   line ")]
    assert [
        "1. Make the Slack app from m.yml at https://api.slack.com/apps.",
        f"   Install it to the workspace, and copy its bot token and {way_in}.",
        "2. Fill in a.yaml, where `fill in` or `make sure` stands:",
        f"   line {numbers[0]}: make sure that the name is right; it answered 409",
        f"   line {numbers[1]}: the zone's id, 32 hex digits, on the domain's overview page",
        f"3. Set SLACK_BOT_TOKEN, {variable} where the bot runs.",
        "   Put the secret into /run/cf.",
        "4. `purgebot doctor` until it finds nothing bad, then `purgebot serve`. It only observes until `mode: live`.",
    ] == told
    assert numbers == sorted(numbers)
