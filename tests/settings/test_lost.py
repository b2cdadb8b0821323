"""Which secrets of a file that is read anew keep it out, since what works now would work no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import Lacking, Settings, load, lost, without_secret

CONFIG = """
mode: live
accounts:
  web: {provider: varnish, url: "http://127.0.0.1:1"}
  cf: {provider: cloudflare, token: {env: CF_TOKEN}}
  aws: {provider: cloudflare, token: {file: cf.txt}}
sites:
  shop: {hosts: [www.shop.test], layers: [{account: web}]}
api: {tokens: [{name: ops, bearer: {env: OPS_TOKEN}, sites: [shop], may: command}]}
deploys: {tokens: [{name: ci, secrets: [{env: OLD}, {env: NEW}], sites: [shop]}]}
globalping: {token: {env: PROBES}}
"""
KEY = "whsec_" + "c2VjcmV0" * 4
ALL = {"CF_TOKEN": "a-token-of-cf", "OPS_TOKEN": "a-token-that-is-long", "OLD": KEY, "PROBES": "a-token-of-probes"}
SET = "Set it and start the bot again: the variables of a process that runs do not change."
NOBODY = Lacking()


def loaded(folder: Path, without: str = "") -> Settings:
    (folder / "cf.txt").write_text("another-token")
    (folder / "purgebot.yaml").write_text(CONFIG)
    return load(folder / "purgebot.yaml", {name: value for name, value in ALL.items() if name != without})


@pytest.mark.parametrize(
    ("variable", "key", "lacking"),
    [
        ("CF_TOKEN", "accounts.cf.token", Lacking(accounts=frozenset({"cf"}))),
        ("OPS_TOKEN", "api.tokens.ops.bearer", Lacking(tokens=frozenset({"ops"}))),
        ("OLD", "deploys.tokens[0].secrets[0] (ci)", Lacking(senders=frozenset({"ci"}))),
        ("PROBES", "globalping.token", Lacking(globalping=True)),
    ],
    ids=["account", "token", "sender", "probes"],
)
def test_a_variable_that_is_not_set_keeps_a_file_out_but_for_what_lacks_it_already(
    tmp_path: Path, variable: str, key: str, lacking: Lacking
) -> None:
    settings = loaded(tmp_path, variable)
    assert (f"{key}: the variable {variable} is not set. {SET}",) == lost(settings, NOBODY)
    assert () == lost(settings, lacking)


def test_a_file_that_is_not_there_wants_no_restart(tmp_path: Path) -> None:
    settings = loaded(tmp_path)
    (tmp_path / "cf.txt").unlink()
    said = f"accounts.aws.token: the file {tmp_path / 'cf.txt'} does not exist."
    assert (f"{said} Write it where the bot runs, then reload again.",) == lost(settings, NOBODY)


def test_one_of_two_secrets_of_a_sender_is_enough(tmp_path: Path) -> None:
    settings = loaded(tmp_path)
    assert () == lost(settings, NOBODY)
    assert frozenset() == without_secret(settings.deploys.senders)
