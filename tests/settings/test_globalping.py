"""Looking from around the world, as it is configured: what is read, and what is said of mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.proof.world import REGIONS, Region, World
from bot.settings import Globalping, Secret, lines, unset
from tests.settings.bench import ACCOUNTS, loaded, problems

SITES = """\
sites:
  shop: {hosts: [a.test], layers: [{account: shield}], edges: {fra: "https://203.0.113.7", US: "https://203.0.113.9"}}
  blog: {hosts: [b.test], layers: [{account: shield}]}
"""
BASE = ACCOUNTS + SITES
LINE = BASE.count("\n") + 1
OPTED = {
    "nothing": ("", Globalping()),
    "an empty part": ("globalping:", Globalping()),
    "a site": ("globalping: {sites: [blog]}", Globalping(world=World(frozenset({"blog"})))),
    "all of it": (
        "globalping: {token: {env: GP}, api_url: 'http://127.0.0.1:9/globalping/', sites: [shop, blog], limit: 60,"
        " reserve: 5, prove: true,"
        " from: {eu: {continent: EU, limit: 2}, far: {magic: Tokyo+Japan, asn: 2497, tags: [a, b]}}}",
        Globalping(
            "http://127.0.0.1:9/globalping",
            Secret(env="GP"),
            World(
                frozenset({"shop", "blog"}),
                {
                    "eu": Region((("continent", "EU"),), 2),
                    "far": Region((("asn", "2497"), ("magic", "Tokyo+Japan"), ("tags", "a"), ("tags", "b")), 3),
                },
                limit=60,
                reserve=5,
                prove=True,
            ),
        ),
    ),
}


@pytest.mark.parametrize(("text", "expected"), OPTED.values(), ids=OPTED)
def test_it_is_read(tmp_path: Path, text: str, expected: Globalping) -> None:
    assert expected == loaded(tmp_path, BASE + text).globalping


def test_nobody_is_opted_in_where_nothing_is_said(tmp_path: Path) -> None:
    world = loaded(tmp_path, BASE).globalping.world
    assert (frozenset(), False, ()) == (world.sites, world.prove, world.names_for("shop"))
    assert ("eu", "us", "asia", "sa", "africa", "oceania") == tuple(world.regions) == tuple(REGIONS)


WRONG = {
    "a site that is not there": (
        "globalping: {sites: [shpo]}",
        ["globalping.sites[0]: there is no site `shpo`. Did you mean `shop`?"],
    ),
    "a site twice": (
        "globalping: {sites: [blog, blog]}",
        ["globalping.sites[1]: `blog` is named twice. Keep one."],
    ),
    "a region with an edge's name": (
        "globalping: {sites: [shop]}",
        [
            "globalping.sites[0]: `us` is an edge of shop and a region too."
            " Give one another name: `from` names the regions."
        ],
    ),
    "an unknown key": (
        "globalping: {regions: {}}",
        ["globalping.regions: unknown key. Known here: api_url, from, limit, prove, reserve, sites, token."],
    ),
    "a region's key": (
        "globalping: {from: {eu: {contient: EU}}}",
        ["globalping.from.eu.contient: unknown key. Did you mean `continent`?"],
    ),
    "a continent": (
        "globalping: {from: {eu: {continent: Europe}}}",
        ["globalping.from.eu.continent: `Europe` is not a choice. Write AF, AN, AS, EU, NA, OC or SA."],
    ),
    "a country": (
        "globalping: {from: {de: {country: Germany}}}",
        ["globalping.from.de.country: `Germany` is not the code of a country. Write two large letters, such as DE."],
    ),
    "nowhere": (
        "globalping: {from: {eu: {limit: 2}}}",
        ["globalping.from.eu: does not say where. Add, for example, continent: EU."],
    ),
    "no region": (
        "globalping: {from: {}}",
        ["globalping.from: is empty. Name a region, such as {eu: {continent: EU}}, or remove the key."],
    ),
    "a name that means something": (
        "globalping: {from: {all: {magic: World}}}",
        ["globalping.from.all: `all` already means something in a command. Give the region another name."],
    ),
    "too many probes in a region": (
        "globalping: {limit: 5, from: {eu: {continent: EU, limit: 6}}}",
        [
            "globalping.from.eu.limit: 6 probes are more than one check may have, which is 5."
            " Write less, or raise `limit` of globalping."
        ],
    ),
    "more than anybody has": (
        "globalping: {limit: 51}",
        [
            "globalping.limit: 51 is more than the 50 probes that a measurement has. With a `token` it has 500."
            " Write 50 or less."
        ],
    ),
    "more than a token has": (
        "globalping: {limit: 501, token: {env: T}}",
        ["globalping.limit: 501 is more than the 500 probes that a measurement has. Write 500 or less."],
    ),
    "no probes": ("globalping: {limit: 0}", ["globalping.limit: `0` is too small. Write a number of at least 1."]),
    "neither yes nor no": (
        "globalping: {prove: sometimes}",
        ["globalping.prove: `sometimes` is neither yes nor no. Write true or false."],
    ),
    "a token in the clear": (
        "globalping: {token: abc123}",
        [
            "globalping.token: a secret stands here in the clear. Write {env: NAME} or {file: PATH}, and replace the"
            " secret: this file has held it."
        ],
    ),
    "no address": (
        "globalping: {api_url: example.net}",
        ["globalping.api_url: `example.net` is not an http or https URL. Write it like https://203.0.113.7."],
    ),
}


@pytest.mark.parametrize(("text", "said"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, said: list[str]) -> None:
    assert [f"purgebot.yaml:{LINE}: {line}" for line in said] == problems(tmp_path, BASE + text)


def test_the_token_shows_as_its_place_and_is_missed(tmp_path: Path) -> None:
    settings = loaded(tmp_path, f"{BASE}globalping: {{token: {{env: GP_TOKEN}}, sites: [blog]}}", {"CF_TOKEN": "x"})
    assert "globalping.token: {env: GP_TOKEN}" in lines(settings)
    assert ("globalping.token: the variable GP_TOKEN is not set. Set it where the bot runs.",) == unset(settings)
