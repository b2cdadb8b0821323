"""Everything that can be wrong with a configuration file, and the words a person reads: line, key, what, what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.settings.bench import ACCOUNTS, problems

SECRET = "Write {env: NAME} or {file: PATH}"
WORD = "Use up to 40 letters, digits, `-`, `_` and `.`, beginning with a letter or digit."
VOTER = "Write the id of a user or user-group, such as U0LEA"
SITE_KEYS = "channel, edges, environment, hosts, layers, marker, mode, origin, schemes, tags, variants"

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
        " Mend this line or the one above.",
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
        "deploys: {}",
        "deploys: unknown key. Known here: accounts, api, approvals, command, mode, policy, resolvers, retention,"
        " sites.",
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

ACCOUNT = {
    "unknown provider": (
        "{provider: cloudflair}",
        ".provider: there is no provider `cloudflair`. Did you mean `cloudflare`?",
    ),
    "foreign provider": (
        "{provider: fastly}",
        ".provider: there is no provider `fastly`. Known here: cloudflare, varnish.",
    ),
    "no provider": ("{token: {env: T}}", ".provider: is missing. Add it: the provider's name."),
    "nothing": ("", ": is empty. Write a value, or remove the key."),
    "text": ("cloudflare", ": must hold keys and values, not text. Write {key: value}."),
    "secret in the clear": (
        "{provider: cloudflare, token: s3cret}",
        f".token: a secret stands here in the clear. {SECRET}, and replace the secret: this file has held it.",
    ),
    "secret of digits in the clear": (
        "{provider: cloudflare, token: 123}",
        f".token: a secret stands here in the clear. {SECRET}, and replace the secret: this file has held it.",
    ),
    "secret with a dollar": (
        "{provider: cloudflare, token: {env: $T}}",
        ".token: holds a `$`. Write the variable's name alone: {env: NAME}.",
    ),
    "secret's value for its name": (
        "{provider: cloudflare, token: {env: s3cr-t/x}}",
        ".token: is not the name of a variable. Write its name, not its value: {env: NAME}.",
    ),
    "secret in two places": (
        "{provider: cloudflare, token: {env: T, file: t}}",
        f".token: must name one place. {SECRET}.",
    ),
    "secret nowhere": ("{provider: cloudflare, token: {}}", f".token: must name one place. {SECRET}."),
    "secret misspelt": ("{provider: cloudflare, token: {evn: T}}", ".token.evn: unknown key. Did you mean `env`?"),
    "secret empty": ("{provider: cloudflare, token: }", f".token: is empty. {SECRET}, or remove the key."),
    "secret as list": (
        "{provider: cloudflare, token: [a]}",
        f".token: must name one place, not a list. {SECRET}.",
    ),
    "a path for a secret": (
        "{provider: cloudflare, token: /run/secrets/cf}",
        ".token: holds a path, or a secret in the clear. Write {file: PATH}.",
    ),
    "a path of one's own for a secret": (
        "{provider: cloudflare, token: ~/cf.token}",
        ".token: holds a path, or a secret in the clear. Write {file: PATH}.",
    ),
    "a shell's variable for a secret": (
        '{provider: cloudflare, token: "${CF_TOKEN}"}',
        ".token: names a variable as a shell does. Write {env: NAME}, without the `$`.",
    ),
    "a key that sounds like a secret": (
        "{provider: cloudflare, token: {env: T}, client_secret: hunter2}",
        ".client_secret: unknown key. Secrets of Cloudflare go in `token` or `key`, as {env: NAME} or {file: PATH}.",
    ),
    "no credential": ("{provider: cloudflare}", ": needs `token` or `key`. Add token: {env: NAME}."),
    "key without email": (
        "{provider: cloudflare, key: {env: K}}",
        ": needs `token` or `email`. Add token: {env: NAME}.",
    ),
    "required field": ("{provider: varnish}", ".url: is missing. Add it: where Varnish listens."),
    "unknown field": (
        '{provider: varnish, url: "http://a", admin: b}',
        ".admin: unknown key. Known here: api_url, pace, per_call, provider, url.",
    ),
    "misspelt field": (
        '{provider: varnish, url: "http://a", api_ulr: b}',
        ".api_ulr: unknown key. Did you mean `api_url`?",
    ),
    "not a URL": (
        "{provider: varnish, url: 10.0.0.5}",
        ".url: `10.0.0.5` is not an http or https URL. Write it like https://203.0.113.7.",
    ),
    "odd scheme": (
        '{provider: varnish, url: "ftp://a"}',
        ".url: `ftp://a` is not an http or https URL. Write it like https://203.0.113.7.",
    ),
    "password in a URL": (
        '{provider: varnish, url: "http://u:hunter2@a"}',
        f".url: a user name or password stands in this URL. {SECRET} for the whole URL.",
    ),
    "not a number": (
        "{provider: cloudflare, token: {env: T}, max_bytes: big}",
        ".max_bytes: `big` is not a number. Write a number, such as 100000.",
    ),
    "unknown bucket": (
        "{provider: cloudflare, token: {env: T}, pace: {url: {rate: 1, per: 1, burst: 1}}}",
        ".pace.url: there is no bucket `url`. Did you mean `urls`?",
    ),
    "rate of nothing": (
        "{provider: cloudflare, token: {env: T}, pace: {urls: {rate: 0, per: 1, burst: 1}}}",
        ".pace.urls.rate: `0` is too small. Write a number of more than 0.",
    ),
    "endless rate": (
        "{provider: cloudflare, token: {env: T}, pace: {urls: {rate: inf, per: 1, burst: 1}}}",
        ".pace.urls.rate: `inf` is not a number. Write a number, such as 30.",
    ),
    "rate in words": (
        "{provider: cloudflare, token: {env: T}, pace: {urls: {rate: 30/s, per: 1, burst: 1}}}",
        ".pace.urls.rate: `30/s` is not a number. Write a number, such as 30.",
    ),
    "burst below one": (
        "{provider: cloudflare, token: {env: T}, pace: {urls: {rate: 1, per: 1, burst: 0.5}}}",
        ".pace.urls.burst: `0.5` is too small. Write a number of at least 1.",
    ),
    "pace without per": (
        "{provider: cloudflare, token: {env: T}, pace: {urls: {rate: 1, burst: 1}}}",
        ".pace.urls.per: is missing. Add it: the number of seconds that `rate` is for.",
    ),
    "pace as number": (
        "{provider: cloudflare, token: {env: T}, pace: {urls: 3}}",
        ".pace.urls: must hold keys and values, not text. Write {key: value}.",
    ),
    "no target in a call": (
        "{provider: cloudflare, token: {env: T}, per_call: {url: 0}}",
        ".per_call.url: `0` is too small. Write a number of at least 1.",
    ),
    "unknown kind": (
        "{provider: cloudflare, token: {env: T}, per_call: {urls: 3}}",
        ".per_call.urls: there is no kind `urls`. Did you mean `url`?",
    ),
    "a kind that nothing is like": (
        "{provider: cloudflare, token: {env: T}, per_call: {files: 3}}",
        ".per_call.files: there is no kind `files`. Known here: everything, host, path, pattern, prefix, tag, url.",
    ),
    "kind that the provider lacks": (
        "{provider: cloudflare, token: {env: T}, per_call: {pattern: 3}}",
        ".per_call.pattern: Cloudflare cannot purge by pattern. Known here: everything, host, prefix, tag, url.",
    ),
}

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
    "before": (
        "{hosts: [a.test], before: b, layers: [{account: shield}]}",
        f".before: unknown key. Known here: {SITE_KEYS}.",
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

APPROVALS = {
    "name": (
        '{channel: C0A, approvers: ["@lea"]}',
        f".approvers[0]: `@lea` is not a Slack id. {VOTER}; names change, ids do not.",
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


@pytest.mark.parametrize(("text", "said"), ACCOUNT.values(), ids=ACCOUNT)
def test_a_wrong_account_is_told(text: str, said: str, tmp_path: Path) -> None:
    assert problems(tmp_path, f"accounts:\n  cf: {text}\n") == [f"purgebot.yaml:2: accounts.cf{said}"]


@pytest.mark.parametrize(("text", "said"), SITE.values(), ids=SITE)
def test_a_wrong_site_is_told(text: str, said: str, tmp_path: Path) -> None:
    assert problems(tmp_path, f"{ACCOUNTS}sites:\n  shop: {text}\n") == [f"purgebot.yaml:5: sites.shop{said}"]


@pytest.mark.parametrize(("text", "said"), NAMES.values(), ids=NAMES)
def test_a_name_that_the_grammar_would_misread_is_told(text: str, said: str, tmp_path: Path) -> None:
    assert problems(tmp_path, text) == [f"purgebot.yaml:1: {said} Give the site another name."]


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


def test_a_wrong_key_does_not_hide_what_else_is_wrong_beside_it(tmp_path: Path) -> None:
    text = "{hosts: ['*.a.test'], environment: prod, host: b, layers: [{account: sheild}], channel: '#shop'}"
    assert [line.split(": ")[1] for line in problems(tmp_path, f"{ACCOUNTS}sites:\n  shop: {text}\n")] == [
        "sites.shop.environment",
        "sites.shop.host",
        "sites.shop.hosts[0]",
        "sites.shop.channel",
        "sites.shop.layers[0].account",
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
