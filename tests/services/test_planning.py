"""What a plan calls its layers."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.grammar.command import Command, Verb
from bot.domain.site import Layer
from bot.services.requests.planning import make_plan
from tests.services.shop import SHOP, ScriptedProvider, url
from tests.slate import SlateClock

TWO = replace(SHOP, layers=(Layer("shield"), Layer("cf"), Layer("cf-eu")))


def titles(*accounts: str) -> list[str]:
    providers = {name: ScriptedProvider(name, SlateClock()) for name in ("shield", "cf", "cf-eu")}
    providers["cf-eu"].title = "Cloudflare"
    site = replace(TWO, layers=tuple(layer for layer in TWO.layers if layer.account in accounts))
    plan = make_plan(Command(Verb.PURGE, (url("/a"),), "shop"), site, providers, {})
    return [layer.title for layer in plan.layers]


def test_layers_of_one_name_are_told_apart_by_their_accounts() -> None:
    assert ["Varnish", "Cloudflare (cf)", "Cloudflare (cf-eu)"] == titles("shield", "cf", "cf-eu")


def test_a_layer_that_is_the_only_one_of_its_name_needs_no_account() -> None:
    assert ["Varnish", "Cloudflare"] == titles("shield", "cf")
