"""What can be wrong with an account, and the words a person reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.settings.bench import problems

SECRET = "Write {env: NAME} or {file: PATH}"

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
        ".admin: unknown key. Known here: api_url, pace, per_call, provider, soft, url.",
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


@pytest.mark.parametrize(("text", "said"), ACCOUNT.values(), ids=ACCOUNT)
def test_a_wrong_account_is_told(text: str, said: str, tmp_path: Path) -> None:
    assert problems(tmp_path, f"accounts:\n  cf: {text}\n") == [f"purgebot.yaml:2: accounts.cf{said}"]
