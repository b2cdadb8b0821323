"""A provider's keys of any depth: read as JSON, with their secrets kept apart."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bot.settings import BadSettings, load
from providers.contract import Blueprint, Field
from tests.settings.bench import CLOUD, SHIELD

OTHER = replace(SHIELD, name="http", fields=(*SHIELD.fields, Field("headers", "headers to send", tree=True)))
KEYED = replace(CLOUD, layer_fields=(*CLOUD.layer_fields, Field("tags", "tags of pages", tree=True)))
BENCH = {"http": OTHER, "cloudflare": KEYED}
ACCOUNT = "accounts: {other: {provider: http, url: 'http://10.0.0.5', headers: %s}}\n"
FOLDED = """\
accounts:
  other:
    provider: http
    url: 'http://10.0.0.5'
    headers:
      X-Why: >-
        one
        two
"""
LAYER = """\
accounts: {cf: {provider: cloudflare, token: {env: T}}}
sites: {shop: {hosts: [a.test], layers: [{account: cf, zone: z, tags: %s}]}}
"""


def said(folder: Path, text: str, bench: dict[str, Blueprint] | None = None) -> str:
    file = folder / "purgebot.yaml"
    file.write_text(text)
    with pytest.raises(BadSettings) as caught:
        load(file, {"T": "t"}, bench or BENCH)
    return str(caught.value)


def test_a_secret_inside_is_named_in_the_json_and_kept_apart(tmp_path: Path) -> None:
    (tmp_path / "purgebot.yaml").write_text(ACCOUNT % "{X-Key: {env: OTHER_KEY}, Accept: [a, b]}")
    settings = load(tmp_path / "purgebot.yaml", {"OTHER_KEY": "canary"}, BENCH).accounts["other"]
    account = settings.account()
    assert "canary" not in repr(settings)
    assert {"X-Key": {"secret": "headers.X-Key"}, "Accept": ["a", "b"]} == json.loads(account.settings["headers"])
    assert {"headers.X-Key": "canary"} == account.secrets


def test_text_over_several_lines_is_read_as_yaml_folds_it(tmp_path: Path) -> None:
    (tmp_path / "purgebot.yaml").write_text(FOLDED)
    settings = load(tmp_path / "purgebot.yaml", {}, BENCH).accounts["other"]
    assert {"X-Why": "one two"} == json.loads(settings.account().settings["headers"])


def test_a_layer_has_trees_without_secrets(tmp_path: Path) -> None:
    (tmp_path / "purgebot.yaml").write_text(LAYER % "{news: ['n:{tag}']}")
    [layer] = load(tmp_path / "purgebot.yaml", {"T": "t"}, BENCH).sites["shop"].layers
    assert {"news": ["n:{tag}"]} == json.loads(layer.settings["tags"])
    assert "is a secret, and none may stand here. Put it under the account." in said(
        tmp_path, LAYER % "{news: {env: T}}"
    )


@pytest.mark.parametrize(
    ("value", "words"),
    [
        pytest.param("abc", "headers: must hold keys and values, not text. Write {key: value}.", id="plain text"),
        pytest.param("", "headers: is empty. Write {key: value}.", id="nothing"),
        pytest.param(
            "{X-Key: {secret: OTHER_KEY}}",
            "headers.X-Key: `secret` names no place. Write {env: NAME} or {file: PATH}.",
            id="the adapter's own word",
        ),
        pytest.param("{X-Key: {env: 'a b'}}", "is not the name of a variable.", id="a bad place"),
    ],
)
def test_what_cannot_be_a_tree_is_said(tmp_path: Path, value: str, words: str) -> None:
    assert words in said(tmp_path, ACCOUNT % value)


def test_a_provider_whose_package_is_missing_says_how_to_install_it(tmp_path: Path) -> None:
    bench = {"http": replace(OTHER, package="no_such_package", extra="aws")}
    assert "Install it: pip install 'purgebot[aws]'." in said(tmp_path, ACCOUNT % "{}", bench)
