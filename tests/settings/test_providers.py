"""What each real provider's configuration may hold, and the words for what it may not: nothing breaks later."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import BadSettings, load, unset

SITE = "sites: {{shop: {{hosts: [a.test], layers: [{{account: one, {layer}}}]}}}}\n"
PLACES = "{env: NAME} or {file: PATH}"
STATUS = "is not a status that can be a yes. Write numbers from 200 to 499, such as [200, 404]."
NGINX = 'provider: nginx, cache_dir: /var/cache/nginx/shop, key: "$scheme$host$request_uri"'


def said(folder: Path, text: str) -> list[str]:
    """What is wrong, without the file's name."""
    file = folder / "purgebot.yaml"
    file.write_text(text)
    try:
        load(file, {})
    except BadSettings as exc:
        return [line.removeprefix(f"{file}:") for line in str(exc).splitlines()]
    return []


ACCOUNTS = {
    "nginx: unknown variable": (
        'provider: nginx, cache_dir: /var/cache/nginx/shop, key: "$scheme$uri"',
        "key: holds $uri, which purgebot cannot fill in. Write its value, or use $request_uri.",
    ),
    "nginx: key without a page": (
        "provider: nginx, cache_dir: /var/cache/nginx/shop, key: $host",
        "key: holds no $request_uri, so it does not say which page it is of."
        " Write what proxy_cache_key says, such as $scheme$host$request_uri.",
    ),
    "nginx: relative folder": (
        "provider: nginx, cache_dir: cache/nginx",
        "cache_dir: `cache/nginx` does not begin with a slash."
        " Write the path in proxy_cache_path, such as /var/cache/nginx/shop.",
    ),
    "nginx: everybody's folder": (
        "provider: nginx, cache_dir: /var/cache",
        "cache_dir: `/var/cache` is not a folder of a cache alone."
        " Write the path in proxy_cache_path, such as /var/cache/nginx/shop.",
    ),
    "nginx: two ways": (
        f'{NGINX}, url: "http://10.0.0.6"',
        "cache_dir: cannot stand beside `url`: they are two ways to reach nginx. Keep one of them.",
    ),
    "nginx: levels": (f"{NGINX}, levels: 1:3", "levels: `1:3` is not what `levels` may say. Write it like 1:2."),
    "nginx: door": (
        'provider: nginx, url: "http://10.0.0.6", door: purge',
        "door: `purge` is not a path. Write it like /purge.",
    ),
    "cloudfront: key without its secret": (
        "provider: cloudfront, access_key_id: AKIDEXAMPLE",
        "access_key_id: means nothing without `secret_access_key`. Add `secret_access_key: {env: NAME}` or"
        " `secret_access_key: {file: PATH}`, or remove `access_key_id`.",
    ),
    "cloudfront: secret without its key": (
        "provider: cloudfront, secret_access_key: {env: S}",
        "secret_access_key: means nothing without `access_key_id`. Add `access_key_id: AKIDEXAMPLE`,"
        " or remove `secret_access_key`.",
    ),
    "googlecdn: status header": (
        'provider: googlecdn, credentials: {file: g}, project: shop-prod, status_header: "{cdn_cache_status}"',
        "status_header: `{cdn_cache_status}` is not the name of a header. Write it like x-cache-status.",
    ),
    "akamai: status header": (
        "provider: akamai, edgerc: {file: e}, status_header: 'A B'",
        "status_header: `A B` is not the name of a header. Write it like Akamai-Cache-Status.",
    ),
    "varnish: xkey without its door": (
        "provider: varnish, admin: 10.0.0.5:6082, tags: xkey",
        "tags: `xkey` means nothing without `url`. Add `url: http://10.0.0.5:6081`, or remove `tags`.",
    ),
    "cloudflare: more tags than a call takes": (
        "provider: cloudflare, token: {env: T}, per_call: {tag: 100000}",
        "per_call.tag: Cloudflare takes at most 100 in one call. Write a number up to 100.",
    ),
    "cloudflare: more URLs than a call takes": (
        "provider: cloudflare, token: {env: T}, per_call: {url: 501}",
        "per_call.url: Cloudflare takes at most 500 in one call. Write a number up to 500.",
    ),
    "varnish: secret without admin": (
        'provider: varnish, url: "http://10.0.0.5", secret: {file: s}',
        "secret: means nothing without `admin`. Add `admin: 10.0.0.5:6082`, or remove `secret`.",
    ),
    "varnish: admin": (
        "provider: varnish, admin: 10.0.0.5",
        "admin: `10.0.0.5` is not a host and a port. Write it like 10.0.0.5:6082.",
    ),
    "varnish: no address": ("provider: varnish", "_: needs `url` or `admin`. Add `url: http://10.0.0.5:6081`."),
    "nginx: no address": ("provider: nginx", "_: needs `url` or `cache_dir`. Add `url: http://10.0.0.6`."),
    "nginx: a secret": (
        'provider: nginx, url: "http://10.0.0.6", password: hunter2',
        "password: unknown key. nginx takes no secret: remove it.",
    ),
    "nginx: a URL with a query": (
        'provider: nginx, url: "http://10.0.0.6/a?b"',
        "url: `http://10.0.0.6/a?b` does not end with its path. Write it up to the `?` or `#`.",
    ),
    "bunny: no key": (
        "provider: bunny",
        "key: is missing. Add `key: {env: NAME}` or `key: {file: PATH}`: the account's API key.",
    ),
    "bunny: a secret by another name": (
        "provider: bunny, key: {env: K}, api_key: hunter2",
        f"api_key: unknown key. Secrets of Bunny go in `key`, as {PLACES}.",
    ),
    "cloudfront: a secret by another name": (
        "provider: cloudfront, secret_key: hunter2",
        f"secret_key: unknown key. Secrets of CloudFront go in `secret_access_key`, as {PLACES}.",
    ),
    "http: a secret by another name": (
        'provider: http, url: "http://a", purge: {url: {}}, password: hunter2',
        f"password: unknown key. Secrets of HTTP cache go in `headers`, as {PLACES}.",
    ),
    "redis: password in the clear": (
        'provider: redis, url: "redis://:hunter2@10.0.0.9"',
        f"url: a secret stands here in the clear. Write {PLACES}, and replace the secret: this file has held it.",
    ),
    "redis: no URL": (
        "provider: redis, url: 10.0.0.9",
        "url: is not a Redis URL without a password, such as redis://10.0.0.9:6379/0."
        f" Write one, or where it holds a password {PLACES}.",
    ),
    "redis: tags": (
        'provider: redis, url: {env: R}, tags: "tag:{tga}"',
        "tags: The tags `tag:{tga}` have no fixed beginning or no {tag}. Write `tags` like tag:{tag}.",
    ),
}
RECIPES = {
    "a list": (
        "purge: [url]",
        "purge: must hold a recipe for each kind, not a list. Write {url: {method: PURGE}}, for example.",
    ),
    "text": ("purge: url", "purge: must hold keys and values, not text. Write {key: value}."),
    "no kind": ("purge: {}", "purge: names no kind. Write {url: {method: PURGE}}, for example."),
    "unknown kind": ("purge: {urls: {}}", "purge.urls: there is no kind `urls`. Did you mean `url`?"),
    "a kind that none is like": (
        "purge: {page: {}}",
        "purge.page: there is no kind `page`. Known here: everything, host, pattern, prefix, tag, url.",
    ),
    "recipe as a list": (
        "purge: {url: [PURGE]}",
        "purge.url: must hold keys and values, not a list. Write {method: PURGE}, for example.",
    ),
    "recipe as text": (
        "purge: {url: PURGE}",
        "purge.url: must hold keys and values, not text. Write {method: PURGE}, for example.",
    ),
    "empty recipe": (
        "purge: {url: }",
        "purge.url: must hold keys and values, not nothing. Write {method: PURGE}, for example.",
    ),
    "unknown key": ("purge: {url: {methd: PURGE}}", "purge.url.methd: unknown key. Did you mean `method`?"),
    "method of two words": (
        "purge: {url: {method: PURGE ALL}}",
        "purge.url.method: `PURGE ALL` is not a method. Write one word in capitals, such as PURGE.",
    ),
    "method in small letters": (
        "purge: {url: {method: purge}}",
        "purge.url.method: `purge` is not a method. Write one word in capitals, such as PURGE.",
    ),
    "method as a list": (
        "purge: {url: {method: [PURGE]}}",
        "purge.url.method: this is not a method. Write one word in capitals, such as PURGE.",
    ),
    "path": (
        "purge: {url: {path: purge}}",
        "purge.url.path: does not begin with / or http://, or holds a blank."
        " Write it like /purge{path}; a blank is %20.",
    ),
    "no path": (
        "purge: {host: {method: PURGE}}",
        "purge.host.path: is missing. Add it: the request target, such as /purge.",
    ),
    "no target": (
        "purge: {tag: {path: /all}}",
        "purge.tag: does not say what to purge. Put {tag} into its path, headers or body.",
    ),
    "unknown value": (
        'purge: {tag: {path: "/{tga}"}}',
        "purge.tag.path: holds {tga}, which nothing fills in. Known here: {tag}. {…:query} and {…:regex} change them.",
    ),
    "value of another kind": (
        'purge: {tag: {path: /, headers: {X-Tag: "{tag} {url}"}}}',
        "purge.tag.headers.X-Tag: holds {url}, which nothing fills in."
        " Known here: {tag}. {…:query} and {…:regex} change them.",
    ),
    "value in capitals": (
        'purge: {url: {path: "/{PATH}"}}',
        "purge.url.path: holds {PATH}, which nothing fills in."
        " Known here: {host}, {path}, {scheme}, {url}. {…:query} and {…:regex} change them.",
    ),
    "unknown change": (
        'purge: {url: {path: "/{path:upper}"}}',
        "purge.url.path: holds {path:upper}, which nothing fills in."
        " Known here: {host}, {path}, {scheme}, {url}. {…:query} and {…:regex} change them.",
    ),
    "status in words": ("purge: {url: {status: ok}}", f"purge.url.status[0]: `ok` {STATUS}"),
    "one of several": ("purge: {url: {status: [200, ok]}}", f"purge.url.status[1]: `ok` {STATUS}"),
    "status that is none": ("purge: {url: {status: [600]}}", f"purge.url.status[0]: `600` {STATUS}"),
    "status of a server in trouble": ("purge: {url: {status: [503]}}", f"purge.url.status[0]: `503` {STATUS}"),
    "no status": (
        "purge: {url: {status: []}}",
        "purge.url.status: is empty. Write which answers are a yes, such as [200, 404].",
    ),
    "per_call": (
        "purge: {url: {per_call: many}}",
        "purge.url.per_call: `many` is not a number from 1 to 10,000. Write how many targets a call takes.",
    ),
    "join": (
        'purge: {url: {join: ""}}',
        "purge.url.join: is empty. Write what stands between two targets, such as a comma.",
    ),
    "body as JSON without quotes": (
        "purge: {url: {body: {urls: a}}}",
        "purge.url.body: must be text, not keys and values. Put it in quotes.",
    ),
    "secret in a body": (
        "purge: {url: {body: {env: B}}}",
        "purge.url.body: is a secret, and only headers take one. Put it under `headers`.",
    ),
    "headers as a list": (
        "purge: {url: {headers: [a]}}",
        "purge.url.headers: must hold names and values, not a list. Write {X-Key: {env: NAME}}, for example.",
    ),
    "header's name": (
        "purge: {url: {headers: {X Y: a}}}",
        "purge.url.headers.X Y: is not the name of a header. Write it like X-Key, without blanks and without a colon.",
    ),
    "header's value": (
        "purge: {url: {}}, headers: {X-Key: {evn: K}}",
        f"headers.X-Key: must be text, or a secret as {PLACES}. Write one value.",
    ),
    "unknown value in a header of every call": (
        'purge: {url: {}}, headers: {X-Sig: "${SIG}"}',
        "headers.X-Sig: holds {SIG}, which nothing fills in. Known here: {host}, {path}, {pattern}, {prefix}, {scheme},"
        " {tag}, {url}. {…:query} and {…:regex} change them.",
    ),
    "probe with a target": (
        'purge: {url: {}}, probe: {path: "/{host}"}',
        "probe.path: holds {host}, which nothing fills in. It names no target: write it out.",
    ),
}
CLEAR = f"a secret stands here in the clear. Write {PLACES} for the whole value, and replace the secret:"
KEPT = f"a secret stands here in the clear. Only `headers` keep one: write {PLACES} there, and replace the secret:"
HELD = "this file has held it."
IN_THE_CLEAR = {
    "authorization": ("purge: {url: {}}, headers: {authorization: hunter2}", "headers.authorization", CLEAR),
    "bearer of a header of any name": ("purge: {url: {}}, headers: {X-A: Bearer hunter2}", "headers.X-A", CLEAR),
    "token": ("purge: {url: {}}, headers: {X-Purge-Token: hunter2}", "headers.X-Purge-Token", CLEAR),
    "key": ("purge: {url: {}}, headers: {X-Api-Key: hunter2}", "headers.X-Api-Key", CLEAR),
    "key in one word": ("purge: {url: {}}, headers: {AccessKey: hunter2}", "headers.AccessKey", CLEAR),
    "password": ("purge: {url: {}}, headers: {X-Password: hunter2}", "headers.X-Password", CLEAR),
    "cookie": ("purge: {url: {}}, probe: {path: /, headers: {Cookie: a=hunter2}}", "probe.headers.Cookie", CLEAR),
    "recipe": ("purge: {url: {headers: {X-Auth: hunter2}}}", "purge.url.headers.X-Auth", CLEAR),
    "path": ("purge: {url: {path: '/p?u={url:query}&token=hunter2'}}", "purge.url.path", KEPT),
    "form": ("purge: {url: {body: 'u={url:query}&api_key=hunter2'}}", "purge.url.body", KEPT),
    "JSON": ('purge: {url: {body: \'{"url":"{url}","password": "hunter2"}\'}}', "purge.url.body", KEPT),
}
GOOD = {
    "tags in a header": 'purge: {tag: {path: /, headers: {xkey: "{tag}", Surrogate-Key: "{tag}", X-Key: "{tag}"}}}',
    "the name of what is cached": "purge: {everything: {path: /, headers: {Surrogate-Key: all}}}",
    "a secret from elsewhere": "purge: {url: {}}, headers: {Authorization: {env: A}, Cookie: {file: c}}",
    "JSON with its own braces": (
        'purge: {url: {method: POST, path: /, body: \'{"urls":["{url}"]}\', headers: {Content-Type: application/json}}}'
    ),
    "an author": "purge: {url: {}}, headers: {X-Author: ann}",
    "a target in a query": "purge: {tag: {path: '/purge?key={tag}'}}",
    "a regular expression": "purge: {prefix: {path: /, headers: {X-Ban: '^[a-z]{2}{path:regex}'}}}",
    "one status": "purge: {url: {status: 202}}",
}


@pytest.mark.parametrize(("account", "words"), ACCOUNTS.values(), ids=ACCOUNTS)
def test_an_account_that_would_break_later_is_refused(account: str, words: str, tmp_path: Path) -> None:
    key = f"accounts.one.{words}".replace("one._:", "one:")
    assert [f"2: {key}"] == said(tmp_path, f"accounts:\n  one: {{{account}}}\n")


@pytest.mark.parametrize(("recipe", "words"), RECIPES.values(), ids=RECIPES)
def test_a_recipe_that_would_break_later_is_refused(recipe: str, words: str, tmp_path: Path) -> None:
    text = f'accounts:\n  one:\n    {{provider: http, url: "http://10.0.0.7",\n    {recipe}}}\n'
    assert [f"4: accounts.one.{words}"] == said(tmp_path, text)


@pytest.mark.parametrize(("recipe", "key", "words"), IN_THE_CLEAR.values(), ids=IN_THE_CLEAR)
def test_a_secret_in_what_is_sent_is_refused_and_not_repeated(
    recipe: str, key: str, words: str, tmp_path: Path
) -> None:
    text = f'accounts:\n  one: {{provider: http, url: "http://10.0.0.7", {recipe}}}\n'
    assert [f"2: accounts.one.{key}: {words} {HELD}"] == said(tmp_path, text)


@pytest.mark.parametrize("recipe", GOOD.values(), ids=GOOD)
def test_a_recipe_without_secrets_in_the_clear_is_taken(recipe: str, tmp_path: Path) -> None:
    assert [] == said(tmp_path, f'accounts: {{one: {{provider: http, url: "http://10.0.0.7", {recipe}}}}}\n')


def test_one_bad_place_of_a_secret_hides_nothing_beside_it(tmp_path: Path) -> None:
    text = """\
accounts:
  one:
    provider: http
    url: "http://10.0.0.7"
    headers:
      X-One: {env: 9}
      X-Token: hunter2
    purge:
      url: {method: BAN IT}
"""
    assert [6, 7, 9] == [int(line.partition(":")[0]) for line in said(tmp_path, text)]


def test_each_line_of_a_recipe_is_pointed_at(tmp_path: Path) -> None:
    text = """\
accounts:
  one:
    provider: http
    url: "http://10.0.0.7"
    purge:
      url:
        method: BAN IT
        status:
          - 200
          - 700
      tag:
        path: /{tags}
"""
    assert [7, 10, 12] == [int(line.partition(":")[0]) for line in said(tmp_path, text)]


LAYERS = {
    "akamai: CP codes as a list": (
        "provider: akamai, edgerc: {file: e}",
        "cpcodes: [123, 456]",
        'cpcodes: must be text, not a list. Write "123, 456".',
    ),
    "cloudfront: a number": (
        "provider: cloudfront",
        "distribution: 12",
        "distribution: `12` is not a distribution's id: not its number, name or domain. Write it like E1A2B3C4D5E6F7.",
    ),
    "cloudfront: a domain": (
        "provider: cloudfront",
        "distribution: d111111abcdef8.cloudfront.net",
        "distribution: `d111111abcdef8.cloudfront.net` is not a distribution's id: not its number, name or domain."
        " Write it like E1A2B3C4D5E6F7.",
    ),
    "akamai: CP codes": (
        "provider: akamai, edgerc: {file: e}",
        "cpcodes: all",
        "cpcodes: `all` is not a list of CP codes with commas between. Write it like 123456, 123457.",
    ),
    "bunny: pull zone": (
        "provider: bunny, key: {env: K}",
        "pull_zone: shop",
        "pull_zone: `shop` is not the number of a pull zone. Write it like 123456.",
    ),
    "cloudflare: zone": (
        "provider: cloudflare, token: {env: T}",
        "zone: shop.test",
        "zone: `shop.test` is not a zone's id, 32 hex digits in small letters."
        " Write it like 0123456789abcdef0123456789abcdef.",
    ),
    "redis: an unknown word": (
        "provider: redis, url: {env: R}",
        'keys: "page:{hots}{path}"',
        "keys: The keys `page:{hots}{path}` hold an unknown {hots}."
        " There are {scheme}, {host}, {path} and {header:name}.",
    ),
}


@pytest.mark.parametrize(("account", "layer", "words"), LAYERS.values(), ids=LAYERS)
def test_a_layer_that_would_break_later_is_refused(account: str, layer: str, words: str, tmp_path: Path) -> None:
    text = f"accounts: {{one: {{{account}}}}}\n{SITE.format(layer=layer)}"
    assert [f"2: sites.shop.layers[0].{words}"] == said(tmp_path, text)


@pytest.mark.parametrize("url", ["redis://10.0.0.9", "rediss://cache.shop.test:6380/2", "redis://[::1]:6379/0"])
def test_a_redis_without_a_password_may_stand_in_the_clear(url: str, tmp_path: Path) -> None:
    file = tmp_path / "purgebot.yaml"
    file.write_text(f'accounts: {{one: {{provider: redis, url: "{url}"}}}}\n')
    account = load(file, {}).accounts["one"].account()
    assert ({"url": url}, {}) == (account.settings, account.secrets)


TAKEN = {
    "xkey with its door": 'provider: varnish, admin: "10.0.0.5:6082", tags: xkey, url: "http://10.0.0.5"',
    "xkey with its door in a variable": 'provider: varnish, admin: "10.0.0.5:6082", tags: xkey, url: {env: U}',
    "tags of a header without a door": 'provider: varnish, admin: "10.0.0.5:6082", tags: header',
    "as many as Cloudflare takes": "provider: cloudflare, token: {env: T}, per_call: {url: 500, tag: 100}",
}


@pytest.mark.parametrize("account", TAKEN.values(), ids=TAKEN)
def test_an_account_that_works_is_taken(account: str, tmp_path: Path) -> None:
    assert [] == said(tmp_path, f"accounts: {{one: {{{account}}}}}\n")


def test_a_second_credential_is_told(tmp_path: Path) -> None:
    file = tmp_path / "purgebot.yaml"
    file.write_text("accounts: {cf: {provider: cloudflare, token: {env: T}, email: a@b.test, key: {env: K}}}\n")
    told = "accounts.cf has token beside email and key: token alone counts. Remove email and key."
    assert told in load(file, {}).warnings


def test_a_secret_that_is_not_here_is_told_without_refusing(tmp_path: Path) -> None:
    file = tmp_path / "purgebot.yaml"
    (tmp_path / "empty").touch()
    (tmp_path / "here").write_text("hunter2")
    file.write_text(
        "accounts:\n"
        "  cf: {provider: cloudflare, token: {env: CF}}\n"
        "  b: {provider: bunny, key: {file: gone}}\n"
        "  c: {provider: bunny, key: {file: empty}}\n"
        "  d: {provider: bunny, key: {file: here}}\n"
        '  e: {provider: http, url: "http://a", purge: {url: {}}, headers: {X-Key: {env: HTTP_KEY}}}\n'
        f"{SITE.format(layer='').replace('one, ', 'd, pull_zone: 1')}"
        "api: {tokens: [{name: ci, bearer: {env: CI}, sites: [shop]}]}\n"
    )
    set_it, write_it = "Set it where the bot runs.", "Write it where the bot runs."
    assert (
        f"accounts.cf.token: the variable CF is not set. {set_it}",
        f"accounts.b.key: the file {tmp_path}/gone does not exist. {write_it}",
        f"accounts.c.key: the file {tmp_path}/empty is empty. {write_it}",
        f"accounts.e.headers.X-Key: the variable HTTP_KEY is not set. {set_it}",
        f"api.tokens.ci.bearer: the variable CI is not set. {set_it}",
    ) == unset(load(file, {}))
