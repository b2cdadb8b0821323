"""The JSON Schema agrees with the loader."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ruamel.yaml import YAML

from bot.settings import example, schema
from providers import PROVIDERS
from tests.providers.manners import manner
from tests.schema import of_configuration, validator
from tests.settings.bench import BENCH, problems
from tests.settings.test_loading import FULL
from tests.settings.test_policies import BASE as RULED
from tests.settings.test_policies import FULL as POLICY
from tests.settings.test_policies import LEAST

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

BASE = """\
accounts:
  cf: {provider: cloudflare, token: {env: T}}
  shield: {provider: varnish, url: "http://10.0.0.5:6081"}
sites:
  shop: {hosts: [a.test], layers: [{account: shield}]}
"""
REFUSED = {
    "root": "policy: {}",
    "mode": "mode: on",
    "command": "command: purge",
    "account's key": "accounts: {cf: {provider: cloudflare, token: {env: T}, tokn: x}}",
    "provider": "accounts: {cf: {provider: cloudfront}}",
    "clear secret": "accounts: {cf: {provider: cloudflare, token: hunter2}}",
    "two places": "accounts: {cf: {provider: cloudflare, token: {env: T, file: t}}}",
    "no credential": "accounts: {cf: {provider: cloudflare}}",
    "required key": "accounts: {shield: {provider: varnish}}",
    "pace": "accounts: {cf: {provider: cloudflare, token: {env: T}, pace: {urls: {rate: 1}}}}",
    "per_call": "accounts: {cf: {provider: cloudflare, token: {env: T}, per_call: {urls: 1}}}",
    "site's key": "sites: {shop: {hosts: [a.test], layers: [{account: shield}], after: x}}",
    "no hosts": "sites: {shop: {hosts: [], layers: [{account: shield}]}}",
    "no layers": "sites: {shop: {hosts: [a.test]}}",
    "layer's key": "sites: {shop: {hosts: [a.test], layers: [{account: shield, zoen: x}]}}",
    "tier": "sites: {shop: {hosts: [a.test], layers: [{account: cf, zone: a, tier: gold}]}}",
    "scheme": "sites: {shop: {hosts: [a.test], schemes: [ftp], layers: [{account: shield}]}}",
    "origin": 'sites: {shop: {hosts: [a.test], origin: "http://o/x", layers: [{account: shield}]}}',
    "marker": "sites: {shop: {hosts: [a.test], marker: {header: A, meta: b}, layers: [{account: shield}]}}",
    "channel": 'approvals: {channel: "#a", approvers: []}',
    "policy's key": "policy: {rules: [{name: a, then: deny}], tightn: []}",
    "self approval": "policy: {self_approval: always, rules: [{name: a, then: deny}]}",
    "length": "policy: {run_within: 15, rules: [{name: a, then: deny}]}",
    "empty group": "policy: {groups: {sre: []}, rules: [{name: a, then: deny}]}",
    "no rules": "policy: {rules: []}",
    "rule's name": "policy: {rules: [{then: deny}]}",
    "rule's kind": "policy: {rules: [{name: a, kind: prefx, then: deny}]}",
    "rule's then": "policy: {rules: [{name: a, then: maybe}]}",
    "rule's votes": "policy: {rules: [{name: a, then: {approve: 0, of: U0LEA}}]}",
    "nobody asked": "policy: {rules: [{name: a, then: {approve: 1}}]}",
    "rule's size": "policy: {rules: [{name: a, kind: url, max_items: 0, then: allow}]}",
    "rule's reason": "policy: {rules: [{name: a, reason: yes, then: allow}]}",
    "empty environment": "policy: {rules: [{name: a, environment: , then: deny}]}",
    "one day": "policy: {rules: [{name: a, between: [2026-11-26], then: deny}]}",
    "days and hours": (
        "policy: {rules: [{name: a, between: [2026-11-26, 2026-11-27], during: Sat 8:00-9:00 UTC, then: deny}]}"
    ),
    "rule that tightens": "policy: {rules: [{name: a, over_items: 3, then: deny}]}",
    "nothing added": "policy: {rules: [{name: a, then: deny}], tighten: [{name: b, kind: url}]}",
    "glass of nobody": "policy: {rules: [{name: a, then: deny}], break_glass: {tell: [C0A]}}",
    "may": "api: {tokens: [{name: ci, bearer: {env: T}, sites: [shop], may: write}]}",
    "sender's key": "deploys: {tokens: [{name: ci, secret: {env: S}, site: shop}]}",
    "sender without a secret": "deploys: {tokens: [{name: ci, sites: [shop]}]}",
    "sender with both": "deploys: {tokens: [{name: ci, secret: {env: S}, secrets: [{env: T}], sites: [shop]}]}",
    "sender of three secrets": (
        "deploys: {tokens: [{name: ci, secrets: [{env: S}, {env: T}, {env: U}], sites: [shop]}]}"
    ),
    "sender's event": (
        "deploys: {github: [{name: gh, secret: {env: S}, repository: octo/shop, on: push, sites: [shop]}]}"
    ),
    "repository by its name": (
        "deploys: {oidc: [{name: a, audience: bot, repository_id: octo/shop, repository_owner_id: 65, sites: [shop]}]}"
    ),
    "globalping's key": "globalping: {site: [shop]}",
    "globalping's token": "globalping: {token: hunter2}",
    "globalping's limit": "globalping: {limit: 0}",
    "globalping's address": "globalping: {api_url: example.net}",
    "no region": "globalping: {from: {eu: {}}}",
    "region's key": "globalping: {from: {eu: {contient: EU}}}",
    "continent": "globalping: {from: {eu: {continent: Europe}}}",
    "region's limit": "globalping: {from: {eu: {continent: EU, limit: 0}}}",
}


TAKEN = {
    "full": FULL,
    "base": BASE,
    "empty": "accounts:\nsites:\napprovals:\napi:\n",
    "globalping": BASE
    + "globalping: {token: {env: T}, api_url: 'http://127.0.0.1:1/x', sites: [shop], limit: 9, reserve: 0, prove: true,"
    + " from: {eu: {continent: EU, limit: 2}, de: {country: DE, asn: 3320, tags: [eyeball-network]}}}\n",
    "globalping alone": "globalping:\n",
    "senders": BASE
    + "deploys:\n  tokens: [{name: ci, secrets: [{env: S}, {file: new.secret}], sites: [shop]}]\n"
    + "  github:\n    - {name: gh, secret: {env: G}, repository: octo/shop, on: workflow_run, workflow: deploy.yml,"
    + " branch: main, sites: [shop]}\n"
    + "  oidc:\n    - {name: actions, audience: 'https://bot.test', repository_id: 74, repository_owner_id: '65',"
    + " environment: production, sites: [shop]}\n",
    "senders alone": "deploys:\n",
    "policy": RULED + POLICY,
    "least policy": RULED + LEAST,
}


def parsed(text: str) -> object:
    """`text` as any YAML 1.2 reader sees it."""
    data: object = json.loads(json.dumps(YAML(typ="safe", pure=True).load(text), default=str))  # days are text in 1.2
    return data


@cache
def _of_bench() -> Draft202012Validator:
    return validator(schema(BENCH))


def accepts(text: str) -> bool:
    """Whether the schema takes `text`."""
    return _of_bench().is_valid(parsed(text))


def test_it_is_a_schema() -> None:
    validator(schema())


def test_it_takes_the_example_with_the_real_providers() -> None:
    of_configuration().validate(parsed(example()))


@pytest.mark.parametrize("text", TAKEN.values(), ids=TAKEN)
def test_it_takes_what_the_loader_takes(text: str, tmp_path: Path) -> None:
    assert (accepts(text), problems(tmp_path, text)) == (True, [])


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_it_refuses_what_the_loader_refuses(text: str, tmp_path: Path) -> None:
    assert (accepts(text), problems(tmp_path, text) == []) == (False, False)


@pytest.mark.parametrize("provider", [name for name in PROVIDERS if manner(name).http])
def test_every_provider_over_http_takes_api_url(provider: str) -> None:
    assert "api_url" in [field.name for field in PROVIDERS[provider].fields]
