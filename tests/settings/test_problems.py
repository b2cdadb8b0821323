"""What can be wrong with a configuration file as a whole, its first keys, approvals and tokens, and the words a person
reads: line, key, what, what to do. Accounts, sites and policies have files of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.settings.bench import ACCOUNTS, problems

SECRET = "Write {env: NAME} or {file: PATH}"
WORD = "Use up to 40 letters, digits, `-`, `_` and `.`, beginning with a letter or digit."
VOTER = "Write the id of a user or user-group, such as U0LEA"

FILES = {
    "empty": ("", ": is empty. `purgebot config example` prints a file to start from."),
    "only a comment": ("# later\n", ": is empty. `purgebot config example` prints a file to start from."),
    "a list": (
        "- a\n",
        ": holds a list, not keys and values. `purgebot config example` prints a file to start from.",
    ),
    "a word": ("purge\n", ": holds text, not keys and values. `purgebot config example` prints a file to start from."),
    "open bracket": (
        "mode: live\nsites: [\n",
        ":3: is not YAML: while parsing a flow node, expected the node content, but found '<stream end>'."
        " Mend this line or the one above.",
    ),
    "tab": (
        "accounts:\n\tcf: x\n",
        ":2: is not YAML: while scanning for the next token, found character '\\t' that cannot start any token."
        " Indent with blanks.",
    ),
    "two documents": (
        "mode: live\n---\nmode: observe\n",
        ":2: is not YAML: expected a single document in the stream, but found another document."
        " Mend this line or the one above.",
    ),
    "unknown alias": (
        "mode: *m\n",
        ":1: is not YAML: found undefined alias 'm'. Mend this line or the one above.",
    ),
    "control character": (
        "mode: a\x07\n",
        ": is not YAML: it holds a character that YAML does not know. Remove it.",
    ),
    "duplicate key": (
        "mode: live\ncommand: /purge\nmode: observe\n",
        ":3: mode: is given twice, first on line 1. Keep one.",
    ),
    "duplicate site": (
        "sites:\n  shop: {}\n  shop: {}\n",
        ":3: sites.shop: is given twice, first on line 2. Keep one.",
    ),
    "tag": ("mode: !secret live\n", ":1: mode: the tag !secret means nothing here. Write the value without it."),
    "alias to itself": (
        "sites: &s {shop: *s}\n",
        ":1: sites.shop: holds itself. Write the value out instead of the alias.",
    ),
    "merge key": (
        "sites:\n  shop:\n    <<: {hosts: [a.test]}\n",
        ":3: sites.shop: `<<` merges keys in YAML 1.1, and this is 1.2. Write the keys out.",
    ),
    "a thousand brackets": (
        f"mode: {'[' * 1000}",
        ": is nested too deeply. Look for brackets that never close.",
    ),
    "key of several": (
        "? [a, b]\n: c\n",
        ":1: a key must be text. Write one word before the colon.",
    ),
}

ROOT = {
    "unknown key": (
        "warnings: {}",
        "warnings: unknown key. Known here: accounts, api, approvals, command, deploys, globalping, limits, mode,"
        " policy, resolvers, retention, schedules, sites, time_zone.",
    ),
    "misspelt key": ("aprovals: {}", "aprovals: unknown key. Did you mean `approvals`?"),
    "key in capitals": ("Mode: live", "Mode: unknown key. Did you mean `mode`?"),
    "mode": ("mode: liv", "mode: `liv` is not a choice. Write live or observe."),
    "mode of YAML 1.1": ("mode: on", "mode: `on` is not a choice. Write live or observe."),
    "empty mode": ("mode:", "mode: is empty. Write a value, or remove the key."),
    "command": (
        "command: purge",
        "command: `purge` is not a slash command. Write a slash and up to 31 small letters, digits, `-` or `_`,"
        " such as /purge.",
    ),
    "command of two words": (
        "command: /purge it",
        "command: `/purge it` is not a slash command. Write a slash and up to 31 small letters, digits, `-` or `_`,"
        " such as /purge.",
    ),
    "accounts as list": (
        "accounts: [cf]",
        "accounts: must hold names and their settings, not a list. Write {name: {…}}.",
    ),
    "sites as text": ("sites: shop", "sites: must hold names and their settings, not text. Write {name: {…}}."),
    "approvals as list": ("approvals: []", "approvals: must hold keys and values, not a list. Write {key: value}."),
}

APPROVALS = {
    "name": (
        '{channel: C0A, approvers: ["@lea"]}',
        f".approvers[0]: `@lea` is not a Slack id. {VOTER}; names change, ids do not.",
    ),
    "small letters": (
        "{channel: C0A, approvers: [u0lea]}",
        ".approvers[0]: `u0lea` is no Slack id: those are in capitals. Write U0LEA.",
    ),
    "channel in small letters": (
        "{channel: c0shop}",
        ".channel: `c0shop` is no Slack id: those are in capitals. Write C0SHOP.",
    ),
    "channel": (
        "{channel: C0A, approvers: [C0X]}",
        f".approvers[0]: `C0X` is a channel. {VOTER}.",
    ),
    "token": (
        "{channel: C0A, approvers: [xoxb-12-hunter2]}",
        f".approvers[0]: `…` is not a Slack id. {VOTER}; names change, ids do not.",
    ),
    "twice": ("{channel: C0A, approvers: [U0LEA, U0LEA]}", ".approvers[1]: `U0LEA` is named twice. Keep one."),
    "no channel": (
        "{approvers: [U0LEA]}",
        ".channel: is missing. Add the channel where approvers are asked, by id.",
    ),
    "as text": ("{channel: C0A, approvers: U0LEA}", ".approvers: must be a list, not text. Write [U0LEA]."),
    "misspelt": ("{chanel: C0A}", ".chanel: unknown key. Did you mean `channel`?"),
}

TOKENS = {
    "bearer in the clear": (
        "[{name: ci, bearer: hunter2, sites: [shop]}]",
        f"[0].bearer: a secret stands here in the clear. {SECRET}, and replace the secret: this file has held it.",
    ),
    "no bearer": (
        "[{name: ci, sites: [shop]}]",
        "[0].bearer: is missing. Add it: where the token is, {env: NAME} or {file: PATH}.",
    ),
    "may": (
        "[{name: ci, bearer: {env: T}, sites: [shop], may: write}]",
        "[0].may: `write` is not a choice. Write read or command.",
    ),
    "unknown site": (
        "[{name: ci, bearer: {env: T}, sites: [shpo]}]",
        "[0].sites[0]: there is no site `shpo`. Did you mean `shop`?",
    ),
    "no site": ("[{name: ci, bearer: {env: T}, sites: []}]", "[0].sites: is empty. Name at least one."),
    "same name": (
        "[{name: ci, bearer: {env: T}, sites: [shop]}, {name: ci, bearer: {env: T}, sites: [shop]}]",
        "[1].name: `ci` is named twice. Give each token its own name.",
    ),
    "odd name": ("[{name: c i, bearer: {env: T}, sites: [shop]}]", f"[0].name: `c i` is no name for a token. {WORD}"),
}


@pytest.mark.parametrize(("text", "said"), FILES.values(), ids=FILES)
def test_an_unreadable_file_is_told_with_its_line(text: str, said: str, tmp_path: Path) -> None:
    assert problems(tmp_path, text) == [f"purgebot.yaml{said}"]


@pytest.mark.parametrize(("text", "said"), ROOT.values(), ids=ROOT)
def test_a_wrong_first_key_is_told(text: str, said: str, tmp_path: Path) -> None:
    assert problems(tmp_path, f"# purgebot\n{text}\n") == [f"purgebot.yaml:2: {said}"]


@pytest.mark.parametrize(("text", "said"), APPROVALS.values(), ids=APPROVALS)
def test_wrong_approvals_are_told(text: str, said: str, tmp_path: Path) -> None:
    assert problems(tmp_path, f"approvals: {text}\n") == [f"purgebot.yaml:1: approvals{said}"]


@pytest.mark.parametrize(("text", "said"), TOKENS.values(), ids=TOKENS)
def test_a_wrong_token_is_told(text: str, said: str, tmp_path: Path) -> None:
    head = f"{ACCOUNTS}sites: {{shop: {{hosts: [a.test], layers: [{{account: shield}}]}}}}\n"
    assert problems(tmp_path, f"{head}api:\n  tokens: {text}\n") == [f"purgebot.yaml:6: api.tokens{said}"]


MISSPELT = {
    "accounts": (
        "acounts: {shield: {provider: varnish}}\nsites: {shop: {hosts: [a.test], layers: [{account: shield}]}}\n",
        "acounts: unknown key. Did you mean `accounts`?",
    ),
    "sites": (
        f"{ACCOUNTS}stes: {{shop: {{}}}}\napi: {{tokens: [{{name: ci, bearer: {{env: T}}, sites: [shop]}}]}}\n",
        "stes: unknown key. Did you mean `sites`?",
    ),
}


@pytest.mark.parametrize(("text", "said"), MISSPELT.values(), ids=MISSPELT)
def test_a_misspelt_section_is_the_only_thing_told(text: str, said: str, tmp_path: Path) -> None:
    assert [said] == [line.split(": ", 1)[1] for line in problems(tmp_path, text)]


def test_a_name_that_a_misspelt_section_has_not_is_told_too(tmp_path: Path) -> None:
    text = "acounts: {cf: {}}\nsites: {shop: {hosts: [a.test], layers: [{account: shield}]}}\n"
    said = "sites.shop.layers[0].account: there is no account `shield`. Known here: cf."
    assert said in [line.split(": ", 1)[1] for line in problems(tmp_path, text)]


def test_tokens_as_keys_and_values_show_the_list(tmp_path: Path) -> None:
    said = "must be a list, not keys and values. Write [{name: ci, bearer: {env: CI_TOKEN}, sites: [shop]}]."
    assert [f"purgebot.yaml:1: api.tokens: {said}"] == problems(tmp_path, "api: {tokens: {ci: {env: T}}}\n")


def test_several_problems_are_told_at_once_in_the_order_of_lines(tmp_path: Path) -> None:
    text = "mode: liv\nsites: {shop: {}}\naccounts:\n  cf: {provider: cloudflare, token: hunter2}\n  x:\napprovals: 3\n"
    assert [line.split(": ")[:2] for line in problems(tmp_path, text)] == [
        ["purgebot.yaml:1", "mode"],
        ["purgebot.yaml:2", "sites.shop.hosts"],
        ["purgebot.yaml:2", "sites.shop.layers"],
        ["purgebot.yaml:4", "accounts.cf.token"],
        ["purgebot.yaml:5", "accounts.x"],
        ["purgebot.yaml:6", "approvals"],
    ]


def test_an_alias_bomb_is_refused(tmp_path: Path) -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 8)]
    said = "purgebot.yaml:1: makes more than 100,000 values. Use fewer aliases."
    assert problems(tmp_path, "\n".join(rows)) == [said]


def test_no_secret_is_ever_repeated(tmp_path: Path) -> None:
    text = (
        "accounts:\n"
        "  a: {provider: cloudflare, token: hunter2}\n"
        "  b: {provider: cloudflare, token: {env: hunter2!}}\n"
        '  c: {provider: varnish, url: "http://u:hunter2@a"}\n'
        '  d: {provider: cloudflare, token: {env: T}, api_url: "https://hunter2@a"}\n'
        "approvals: {channel: xoxb-hunter2}\n"
        "sites: {shop: {hosts: ['https://u:hunter2@a.test'], origin: 'http://u:hunter2@o', layers: [{account: c}]}}\n"
        "api: {tokens: [{name: ci, bearer: hunter2, sites: [shop]}]}\n"
    )
    said = problems(tmp_path, text)
    assert (len(said), "hunter2" in "".join(said)) == (8, False)
