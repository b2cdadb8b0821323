"""What wiring builds from a configuration, also from one with something missing."""

from __future__ import annotations

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.adapters import build_providers
from bot.renewing import Renewing
from bot.setting_up import database_path, tokens_of
from bot.settings import Settings, load
from providers.contract import Health, Kind, Purge
from providers.errors import BadCredentials
from tests.providers.manners import REFERENCE

CONFIG = """
accounts:
  cf: {provider: cloudflare, token: {env: CLOUDFLARE_TOKEN}}
sites:
  shop:
    hosts: [www.shop.test]
    layers: [{account: cf, zone: 0123456789abcdef0123456789abcdef}]
api: {tokens: [{name: ci, bearer: {env: CI_TOKEN}, sites: [shop], may: command}]}
"""
MISSING = "Cloudflare was not asked: the variable CLOUDFLARE_TOKEN (`token` of account cf) is not set."


def settings(folder: Path, **environ: str) -> Settings:
    file = folder / "purgebot.yaml"
    file.write_text(CONFIG)
    return load(file, environ)


async def test_an_account_without_its_secret_plans_and_says_what_is_missing(tmp_path: Path) -> None:
    provider = build_providers(settings(tmp_path))["cf"]
    layer = {"zone": "0123456789abcdef0123456789abcdef"}
    calls = provider.plan(Purge(Kind.URL, ("https://www.shop.test/a",), layer=layer, hosts=("www.shop.test",)))
    probe = await provider.probe(layer)
    with pytest.raises(BadCredentials) as caught:
        await provider.send(calls[0], REFERENCE)
    await provider.close()
    assert Health.BAD is probe.health
    assert (MISSING, "Set it where the bot runs, start it again, then Retry.") == (
        caught.value.what,
        caught.value.advice,
    )


async def test_an_account_whose_secrets_file_is_empty_is_read_again_and_needs_no_restart(tmp_path: Path) -> None:
    (tmp_path / "cf").write_text("\n")
    file = tmp_path / "purgebot.yaml"
    file.write_text(CONFIG.replace("{env: CLOUDFLARE_TOKEN}", "{file: cf}"))
    provider = Renewing(load(file, {}).accounts["cf"])
    layer = {"zone": "0123456789abcdef0123456789abcdef"}
    calls = provider.plan(Purge(Kind.URL, ("https://www.shop.test/a",), layer=layer, hosts=("www.shop.test",)))
    probe = await provider.probe(layer)
    with pytest.raises(BadCredentials) as caught:
        await provider.send(calls[0], REFERENCE)
    await provider.close()
    assert [
        "Write it there, where the bot runs. It is read again at the next purge, without a restart.",
        "Write it there, where the bot runs, then Retry: it is read again without a restart.",
    ] == [probe.advice, caught.value.advice]


async def test_an_account_that_leaves_warns_of_no_secret(tmp_path: Path) -> None:
    with capture_logs() as begun:
        account = Renewing(settings(tmp_path).accounts["cf"])
    with capture_logs() as left:
        await account.retire()
    await account.close()
    assert (["account_without_secret"], []) == ([one["event"] for one in begun], left)


async def test_an_account_with_its_secret_is_the_adapter_itself(tmp_path: Path) -> None:
    provider = build_providers(settings(tmp_path, CLOUDFLARE_TOKEN="a-token"))["cf"]
    await provider.close()
    assert "Cloudflare" == type(provider).__name__


def test_a_token_without_its_secret_lets_nobody_in(tmp_path: Path) -> None:
    assert [] == tokens_of(settings(tmp_path))
    assert ["ci"] == [token.name for token in tokens_of(settings(tmp_path, CI_TOKEN="long-enough-a-secret"))]


@pytest.mark.parametrize(
    ("url", "path"), [("sqlite:///purgebot.db", "purgebot.db"), ("sqlite:////data/p.db", "/data/p.db")]
)
def test_where_the_database_is(url: str, path: str) -> None:
    assert Path(path) == database_path(url)
