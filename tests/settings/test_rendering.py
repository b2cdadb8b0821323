"""The configuration as lines for the journal: the same for the same meaning, and of secrets only where they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.ledger.configuration import diff
from bot.settings import Environment, Settings, lines, load, summary
from bot.wiring import Bot

CANARY = "canary-1f0e9d8c"
CONFIG = """
mode: live
accounts:
  cf: {provider: cloudflare, token: {env: CF_TOKEN}}
  app: {provider: redis, url: {env: REDIS_URL}, tags: "tag:{tag}"}
  other:
    provider: http
    url: "http://127.0.0.1:1"
    purge: {url: {method: PURGE}}
    headers: {X-Key: {file: key.txt}}
sites:
  shop:
    hosts: [www.shop.test]
    layers:
      - {account: app, keys: "page:{path}"}
      - {account: other}
      - {account: cf, zone: 5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e}
api: {tokens: [{name: ci, bearer: {env: CI_TOKEN}, sites: [shop], may: command}]}
"""
ENVIRON = {
    "CF_TOKEN": f"{CANARY}-cf",
    "REDIS_URL": f"redis://:{CANARY}@127.0.0.1:1",
    "CI_TOKEN": f"{CANARY}-ci-long-enough",
    "SLACK_SIGNING_SECRET": f"{CANARY}-sign",
}


def loaded(folder: Path, text: str = CONFIG) -> Settings:
    (folder / "key.txt").write_text(f"{CANARY}-key")
    (folder / "purgebot.yaml").write_text(text)
    return load(folder / "purgebot.yaml", ENVIRON)


def test_a_value_is_a_line_and_a_secret_its_place(tmp_path: Path) -> None:
    told = lines(loaded(tmp_path))
    wanted = {
        "mode: live",
        "accounts.cf.secrets.token: {env: CF_TOKEN}",
        "api_tokens[ci].bearer: {env: CI_TOKEN}",
        "api_tokens[ci].sites[0]: shop",
        "sites.shop.hosts[0]: www.shop.test",
        "sites.shop.layers: app, other, cf",
        "sites.shop.layers[cf].settings.zone: 5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e",
        "retention.jobs: 34560000.0",
        "policy.rules: small, wide, everything, everything 2",
        "policy.rules[small].then: run",
    }
    assert set() == wanted - {*told}
    assert [] == [line for line in told if CANARY in line]


def test_another_order_is_the_same_configuration(tmp_path: Path) -> None:
    turned = CONFIG.replace(
        "{name: ci, bearer: {env: CI_TOKEN}, sites: [shop], may: command}",
        "{may: command, sites: [shop], bearer: {env: CI_TOKEN}, name: ci}",
    )
    assert lines(loaded(tmp_path)) == lines(loaded(tmp_path, turned))


def test_a_layer_in_front_of_others_is_no_change_of_these(tmp_path: Path) -> None:
    whole = lines(loaded(tmp_path))
    without = lines(loaded(tmp_path, CONFIG.replace('      - {account: app, keys: "page:{path}"}\n', "")))
    assert [
        "-sites.shop.layers: other, cf",
        "+sites.shop.layers: app, other, cf",
        "+sites.shop.layers[app].account: app",
        "+sites.shop.layers[app].settings.keys: page:{path}",
    ] == diff(without, whole)


def test_a_rule_in_front_of_others_is_no_change_of_these_though_two_share_a_name(tmp_path: Path) -> None:
    before = lines(loaded(tmp_path))
    sender = "deploys: {tokens: [{name: build, secret: {env: BUILD}, sites: [shop]}]}\n"
    after = lines(loaded(tmp_path, CONFIG + sender))
    rules = [line for line in diff(before, after) if "policy" in line]
    assert [line for line in rules if "[deploys]" not in line] == [
        "-policy.rules: small, wide, everything, everything 2",
        "+policy.rules: deploys, small, wide, everything, everything 2",
    ]
    assert "+policy.rules[deploys].when.who[0]: token:build" in rules


def test_the_whole_in_one_line(tmp_path: Path) -> None:
    assert "mode live; sites shop; accounts app (redis), cf (cloudflare), other (http)" == summary(loaded(tmp_path))


@pytest.mark.slow
async def test_no_secret_comes_into_the_ledger_and_a_reason_stays(tmp_path: Path) -> None:
    environment = Environment(database=f"sqlite:///{tmp_path / 'l.db'}", port=0, metrics_port=0)
    reason = "Bearer abc.def.ghi is in the page"
    for text in (CONFIG, CONFIG.replace("mode: live", "mode: observe")):
        bot = Bot(loaded(tmp_path, text), environment)
        await bot.start()
        await bot.ledger.write(lambda books: books.journal.add(1.0, "denied", "U_MIA", reason=reason))
        await bot.stop()
    stored = b"".join(file.read_bytes() for file in tmp_path.glob("l.db*"))
    assert (False, True) == (CANARY.encode() in stored, reason.encode() in stored)
    assert b'"diff":["-mode: live","+mode: observe"]' in stored
