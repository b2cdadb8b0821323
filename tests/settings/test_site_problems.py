"""What can be wrong with a site and between two, and the words a person reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.settings.bench import ACCOUNTS, problems

WORD = "Use up to 40 letters, digits, `-`, `_` and `.`, beginning with a letter or digit."
SITE_KEYS = "before, channel, deploy, edges, environment, hosts, layers, marker, mode, origin, schemes, tags, variants"

SITE = {
    "no hosts": ("{layers: [{account: shield}]}", ".hosts: is missing. Add it: the host names that visitors use."),
    "empty hosts": ("{hosts: [], layers: [{account: shield}]}", ".hosts: is empty. Name at least one."),
    "host as text": (
        "{hosts: a.test, layers: [{account: shield}]}",
        ".hosts: must be a list, not text. Write [a.test].",
    ),
    "host as URL": (
        '{hosts: ["https://a.test/"], layers: [{account: shield}]}',
        ".hosts[0]: `https://a.test/` is a URL. Write the host alone: a.test.",
    ),
    "host with port": (
        '{hosts: ["a.test:8080"], layers: [{account: shield}]}',
        ".hosts[0]: `a.test:8080` is more than a host. Write the host alone: a.test.",
    ),
    "host with path": (
        "{hosts: [a.test/b], layers: [{account: shield}]}",
        ".hosts[0]: `a.test/b` is more than a host. Write the host alone: a.test.",
    ),
    "host with star": (
        '{hosts: ["*.a.test"], layers: [{account: shield}]}',
        ".hosts[0]: `*.a.test` holds a star. Name every host by itself.",
    ),
    "host with blank": (
        "{hosts: [a b], layers: [{account: shield}]}",
        ".hosts[0]: `a b` is not a host name. Write it like www.shop.test.",
    ),
    "host twice": (
        "{hosts: [a.test, A.test.], layers: [{account: shield}]}",
        ".hosts[1]: `a.test` belongs to site shop already, on line 5. Keep it once.",
    ),
    "host as list": (
        "{hosts: [[a]], layers: [{account: shield}]}",
        ".hosts[0]: must be text, not a list. Write one value.",
    ),
    "unknown key": (
        "{hosts: [a.test], host: b, layers: [{account: shield}]}",
        ".host: unknown key. Did you mean `hosts`?",
    ),
    "a key that nothing is like": (
        "{hosts: [a.test], zzz: b, layers: [{account: shield}]}",
        f".zzz: unknown key. Known here: {SITE_KEYS}.",
    ),
    "before a site that is not there": (
        "{hosts: [a.test], before: b, layers: [{account: shield}]}",
        ".before: there is no site `b`. Known here: none.",
    ),
    "before itself": (
        "{hosts: [a.test], before: shop, layers: [{account: shield}]}",
        ".before: leads back to this site. Remove it where nothing comes first.",
    ),
    "no layers": (
        "{hosts: [a.test]}",
        ".layers: is missing. Add it: the caches, innermost first, such as [{account: cf}].",
    ),
    "empty layers": ("{hosts: [a.test], layers: []}", ".layers: is empty. Name at least one."),
    "layer as text": (
        "{hosts: [a.test], layers: [shield]}",
        ".layers[0]: must hold keys and values, not text. Write {key: value}.",
    ),
    "unknown account": (
        "{hosts: [a.test], layers: [{account: sheild}]}",
        ".layers[0].account: there is no account `sheild`. Did you mean `shield`?",
    ),
    "layer without account": (
        "{hosts: [a.test], layers: [{zone: a}]}",
        ".layers[0].account: is missing. Add it: a name from `accounts`.",
    ),
    "layer twice": (
        "{hosts: [a.test], layers: [{account: shield}, {account: shield}]}",
        ".layers[1]: account shield is a layer of this site already."
        " Keep it once; what lies in another zone is a site of its own.",
    ),
    "layer without zone": (
        "{hosts: [a.test], layers: [{account: cf}]}",
        ".layers[0].zone: is missing. Add it: the zone's id.",
    ),
    "layer with empty zone": (
        '{hosts: [a.test], layers: [{account: cf, zone: ""}]}',
        ".layers[0].zone: is empty. Write a value, or remove the key.",
    ),
    "layer with secret": (
        "{hosts: [a.test], layers: [{account: cf, zone: {env: ZONE}}]}",
        ".layers[0].zone: must be text, not keys and values. Write one value.",
    ),
    "zone at a provider without": (
        "{hosts: [a.test], layers: [{account: shield, zone: a}]}",
        ".layers[0].zone: unknown key. Known here: account.",
    ),
    "edges as a list": (
        "{hosts: [a.test], layers: [{account: shield}], edges: [nowhere]}",
        ".edges: must hold keys and values, not a list. Write {fra: https://203.0.113.7}.",
    ),
    "layers as keys and values": (
        "{hosts: [a.test], layers: {account: shield}}",
        ".layers: must be a list, not keys and values. Write [{account: cf}].",
    ),
    "unknown tier": (
        "{hosts: [a.test], layers: [{account: cf, zone: a, tier: gold}]}",
        ".layers[0].tier: `gold` is not a choice. Write free, pro or business.",
    ),
    "scheme": (
        "{hosts: [a.test], schemes: [ftp], layers: [{account: shield}]}",
        ".schemes[0]: `ftp` is not a choice. Write http or https.",
    ),
    "no scheme": (
        "{hosts: [a.test], schemes: [], layers: [{account: shield}]}",
        ".schemes: is empty. Name at least one.",
    ),
    "scheme twice": (
        "{hosts: [a.test], schemes: [http, http], layers: [{account: shield}]}",
        ".schemes: `http` is named twice. Keep it once.",
    ),
    "origin with path": (
        '{hosts: [a.test], origin: "https://o.test/x", layers: [{account: shield}]}',
        ".origin: `https://o.test/x` holds a path. Write https://o.test alone.",
    ),
    "origin with password": (
        '{hosts: [a.test], origin: "https://u:hunter2@o.test", layers: [{account: shield}]}',
        ".origin: a user name or password stands in this URL. Write it without.",
    ),
    "origin from a variable": (
        "{hosts: [a.test], origin: {env: O}, layers: [{account: shield}]}",
        ".origin: must be text, not keys and values. Write one value.",
    ),
    "environment": (
        "{hosts: [a.test], environment: prod, layers: [{account: shield}]}",
        ".environment: `prod` is not a choice. Write production or staging.",
    ),
    "purge mode": (
        "{hosts: [a.test], mode: gentle, layers: [{account: shield}]}",
        ".mode: `gentle` is not a choice. Write hard or soft.",
    ),
    "channel's name": (
        '{hosts: [a.test], channel: "#shop", layers: [{account: shield}]}',
        ".channel: `#shop` is not a Slack id. Write the channel's id, such as C0SHOP; names change, ids do not.",
    ),
    "person for a channel": (
        "{hosts: [a.test], channel: U_MIA, layers: [{account: shield}]}",
        ".channel: `U_MIA` is a person. Write the channel's id, such as C0SHOP.",
    ),
    "tag header": (
        '{hosts: [a.test], tags: {header: "Cache-Tag:"}, layers: [{account: shield}]}',
        ".tags.header: `Cache-Tag:` is not the name of a header. Write it like X-Build, without a colon.",
    ),
    "tags as text": (
        "{hosts: [a.test], tags: Cache-Tag, layers: [{account: shield}]}",
        ".tags: must hold keys and values, not text. Write {key: value}.",
    ),
    "empty variant": (
        "{hosts: [a.test], variants: [{}], layers: [{account: shield}]}",
        ".variants[0]: is empty. Name a header and its value: {CF-Device-Type: mobile}.",
    ),
    "variant's header": (
        "{hosts: [a.test], variants: [{A b: c}], layers: [{account: shield}]}",
        ".variants[0].A b: `A b` is not the name of a header. Write it like X-Build, without a colon.",
    ),
    "variant's hidden character": (
        '{hosts: [a.test], variants: [{A: "x\\u202Ey"}], layers: [{account: shield}]}',
        ".variants[0].A: holds U+202E RIGHT-TO-LEFT OVERRIDE. Remove it.",
    ),
    "no marker": (
        "{hosts: [a.test], marker: {}, layers: [{account: shield}]}",
        ".marker: must name exactly one of header, meta and pattern. Write, for example, {header: X-Build}.",
    ),
    "two markers": (
        "{hosts: [a.test], marker: {header: A, meta: b}, layers: [{account: shield}]}",
        ".marker: must name exactly one of header, meta and pattern. Write, for example, {header: X-Build}.",
    ),
    "marker's pattern": (
        '{hosts: [a.test], marker: {pattern: "("}, layers: [{account: shield}]}',
        ".marker.pattern: `(` is not a regular expression: missing ), unterminated subpattern at position 0."
        " Mend it, or use header or meta.",
    ),
    "edge without scheme": (
        "{hosts: [a.test], edges: {fra: 203.0.113.7}, layers: [{account: shield}]}",
        ".edges.fra: `203.0.113.7` is not an http or https URL. Write it like https://203.0.113.7.",
    ),
    "edge's odd port": (
        '{hosts: [a.test], edges: {fra: "http://a:99999"}, layers: [{account: shield}]}',
        ".edges.fra: `http://a:99999` is not an http or https URL. Write it like https://203.0.113.7.",
    ),
    "edge's name": (
        '{hosts: [a.test], edges: {a b: "http://a"}, layers: [{account: shield}]}',
        f".edges.a b: `a b` is no name for a place. {WORD}",
    ),
}

NAMES = {
    "a word of the grammar": ("sites: {all: {}}", "sites.all: `all` already means something in a command."),
    "everything": ("sites: {Everything: {}}", "sites.Everything: `Everything` already means something in a command."),
    "a job's name": ("sites: {P-12: {}}", "sites.P-12: `P-12` already means something in a command."),
}


@pytest.mark.parametrize(("text", "said"), SITE.values(), ids=SITE)
def test_a_wrong_site_is_told(text: str, said: str, tmp_path: Path) -> None:
    assert problems(tmp_path, f"{ACCOUNTS}sites:\n  shop: {text}\n") == [f"purgebot.yaml:5: sites.shop{said}"]


@pytest.mark.parametrize(("text", "said"), NAMES.values(), ids=NAMES)
def test_a_name_that_the_grammar_would_misread_is_told(text: str, said: str, tmp_path: Path) -> None:
    assert problems(tmp_path, text) == [f"purgebot.yaml:1: {said} Give the site another name."]


def test_two_sites_claiming_one_host_are_told_with_both_lines(tmp_path: Path) -> None:
    sites = "sites:\n  shop: {hosts: [a.test], layers: [{account: shield}]}\n"
    other = "  blog:\n    hosts:\n      - A.TEST\n    layers: [{account: shield}]\n"
    said = (
        "purgebot.yaml:8: sites.blog.hosts[0]: `a.test` belongs to site shop already, on line 5. Let one site have it."
    )
    assert problems(tmp_path, ACCOUNTS + sites + other) == [said]


def test_two_sites_that_differ_in_case_only_are_told(tmp_path: Path) -> None:
    sites = "sites:\n  shop: {hosts: [a.test], layers: [{account: shield}]}\n"
    other = "  Shop: {hosts: [b.test], layers: [{account: shield}]}\n"
    said = "purgebot.yaml:6: sites.Shop: `Shop` differs from `shop` only in large and small letters."
    assert problems(tmp_path, ACCOUNTS + sites + other) == [f"{said} Give the site another name."]


def test_a_wrong_key_does_not_hide_what_else_is_wrong_beside_it(tmp_path: Path) -> None:
    text = "{hosts: ['*.a.test'], environment: prod, host: b, layers: [{account: sheild}], channel: '#shop'}"
    assert [line.split(": ")[1] for line in problems(tmp_path, f"{ACCOUNTS}sites:\n  shop: {text}\n")] == [
        "sites.shop.environment",
        "sites.shop.host",
        "sites.shop.hosts[0]",
        "sites.shop.channel",
        "sites.shop.layers[0].account",
    ]
