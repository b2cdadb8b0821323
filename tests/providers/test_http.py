"""The generic provider: recipe and wish to calls, answer to receipt or error, headers to sighting, the doctor."""

from __future__ import annotations

import json
from collections.abc import Mapping

import httpx
import pytest

from providers.contract import Account, Cached, Call, Health, Kind, Purge, Receipt, Sighting, UnsupportedWish
from providers.errors import (
    BadCredentials,
    OutcomeUnknown,
    PurgeError,
    Refused,
    Throttled,
    Unavailable,
    Unexpected,
    WrongAddress,
)
from providers.http import AnyHttp
from providers.http_recipes import VALUES
from tests.providers.loopback import answering, loopback
from tests.providers.manners import REFERENCE

WWW, IMG = "www.shop.test", "img.shop.test"
URL = "http://10.0.0.7:3128"
WHO, IT = "The HTTP cache at 10.0.0.7:3128", "the HTTP cache at 10.0.0.7:3128"
Tree = Mapping[str, object]
Row = tuple[str, str, tuple[str, ...], Mapping[str, str], str]


def cache(
    purge: Tree,
    transport: httpx.AsyncBaseTransport | None = None,
    per_call: Mapping[Kind, int] | None = None,
    secrets: Mapping[str, str] | None = None,
    url: str = URL,
    headers: Tree | None = None,
    probe: Tree | None = None,
) -> AnyHttp:
    trees = {"purge": purge, "headers": headers, "probe": probe}
    settings = {"url": url} | {name: json.dumps(tree) for name, tree in trees.items() if tree is not None}
    return AnyHttp(Account("one", settings, secrets or {}, per_call=per_call or {}), transport)


def wish(kind: Kind, *targets: str, variants: tuple[Mapping[str, str], ...] = ()) -> Purge:
    return Purge(kind, targets, hosts=(WWW, IMG), variants=variants)


def rows(calls: list[Call]) -> list[Row]:
    return [(call.method, call.path, call.targets, dict(call.headers), call.body) for call in calls]


ODD = "/caf%C3%A9/%2Fx//../y?b=1&a=2"
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("recipe", "asked", "expected"),
    [
        pytest.param(
            {},
            wish(Kind.URL, f"https://{WWW}{ODD}"),
            [("PURGE", ODD, (f"https://{WWW}{ODD}",), {"Host": WWW}, "")],
            id="a-url-is-its-path-and-host-byte-for-byte",
        ),
        pytest.param(
            {},
            wish(Kind.URL, f"https://{WWW}/a", f"https://{IMG}/a", f"http://{WWW}/a"),
            [
                ("PURGE", "/a", (f"https://{IMG}/a",), {"Host": IMG}, ""),
                ("PURGE", "/a", (f"https://{WWW}/a", f"http://{WWW}/a"), {"Host": WWW}, ""),
            ],
            id="http-and-https-are-one-call",
        ),
        pytest.param(
            {"path": "{url}"},
            wish(Kind.URL, f"https://{WWW}/a", f"http://{WWW}/a"),
            [
                ("PURGE", f"http://{WWW}/a", (f"http://{WWW}/a",), {"Host": WWW}, ""),
                ("PURGE", f"https://{WWW}/a", (f"https://{WWW}/a",), {"Host": WWW}, ""),
            ],
            id="unless-the-recipe-names-the-scheme",
        ),
        pytest.param(
            {"headers": {"Host": "cache.internal", "X-Real-Host": "{host}"}},
            wish(Kind.URL, f"https://{WWW}/a"),
            [("PURGE", "/a", (f"https://{WWW}/a",), {"Host": "cache.internal", "X-Real-Host": WWW}, "")],
            id="a-host-of-its-own",
        ),
        pytest.param(
            {},
            wish(Kind.URL, f"https://{WWW}/a", variants=({"Accept-Language": "de"},)),
            [
                ("PURGE", "/a", (f"https://{WWW}/a",), {"Host": WWW}, ""),
                ("PURGE", "/a", (), {"Host": WWW, "Accept-Language": "de"}, ""),
            ],
            id="each-variant-is-asked-for",
        ),
        pytest.param(
            {"method": "POST", "path": "/v1/purge", "headers": JSON, "body": '{"urls":["{url}"]}', "per_call": 2,
             "join": '","'},
            wish(Kind.URL, *(f'https://{WWW}/{n}"' for n in "abc"), variants=({"Accept-Language": "de"},)),
            [
                ("POST", "/v1/purge", (f'https://{WWW}/a"', f'https://{WWW}/b"'), JSON,
                 f'{{"urls":["https://{WWW}/a\\"","https://{WWW}/b\\""]}}'),
                ("POST", "/v1/purge", (f'https://{WWW}/c"',), JSON, f'{{"urls":["https://{WWW}/c\\""]}}'),
            ],
            id="an-api-takes-several-in-json-and-knows-no-variants",
        ),
        pytest.param(
            {"path": "/purge?u={url:query}"},
            wish(Kind.URL, f"https://{WWW}/a?b=1&c"),
            [("PURGE", f"/purge?u=https%3A%2F%2F{WWW}%2Fa%3Fb%3D1%26c", (f"https://{WWW}/a?b=1&c",), {}, "")],
            id="a-url-in-a-query",
        ),
    ],
)  # fmt: skip
def test_a_url_becomes_calls(recipe: Tree, asked: Purge, expected: list[Row]) -> None:
    assert expected == rows(list(cache({"url": recipe}).plan(asked)))


@pytest.mark.parametrize(
    ("kind", "recipe", "targets", "expected"),
    [
        pytest.param(
            Kind.PREFIX, {"path": "{path}*"}, [f"{WWW}/news"],
            [("PURGE", "/news*", (f"{WWW}/news",), {"Host": WWW}, "")],
            id="prefix",
        ),
        pytest.param(
            Kind.PREFIX,
            {"method": "BAN", "path": "/", "headers": {"X-Ban": "^{host:regex}{path:regex}"}},
            [f"{WWW}/a.b+"],
            [("BAN", "/", (f"{WWW}/a.b+",), {"X-Ban": r"^www\.shop\.test/a\.b\+"}, "")],
            id="prefix-as-a-regex",
        ),
        pytest.param(
            Kind.PATTERN,
            {"path": "/ban/{pattern:regex}"},
            [f"{WWW}/*.css"],
            [("PURGE", r"/ban/www\.shop\.test/.*\.css", (f"{WWW}/*.css",), {}, "")],
            id="pattern-as-a-regex",
        ),
        pytest.param(
            Kind.TAG,
            {"path": "/", "headers": {"xkey": "{tag}"}, "per_call": 2, "join": " "},
            ["a", "b", "c"],
            [("PURGE", "/", ("a", "b"), {"xkey": "a b"}, ""), ("PURGE", "/", ("c",), {"xkey": "c"}, "")],
            id="tags-in-a-header",
        ),
        pytest.param(
            Kind.TAG, {"path": "/tags/{tag}"}, ["a/../b?c"], [("PURGE", "/tags/a%2F..%2Fb%3Fc", ("a/../b?c",), {}, "")],
            id="a-tag-in-a-path-stays-one-segment",
        ),
        pytest.param(
            Kind.HOST, {"path": "/hosts/{host}"}, [WWW], [("PURGE", f"/hosts/{WWW}", (WWW,), {}, "")], id="host",
        ),
        pytest.param(Kind.EVERYTHING, {"path": "/flush"}, [], [("PURGE", "/flush", (), {}, "")], id="everything"),
        pytest.param(
            Kind.EVERYTHING,
            {"path": "/*", "headers": {"Host": "{host}"}},
            [],
            [("PURGE", "/*", (), {"Host": WWW}, ""), ("PURGE", "/*", (), {"Host": IMG}, "")],
            id="everything-of-each-host",
        ),
    ],
)  # fmt: skip
def test_a_wider_wish_becomes_calls(kind: Kind, recipe: Tree, targets: list[str], expected: list[Row]) -> None:
    assert expected == rows(list(cache({kind.value: recipe}).plan(wish(kind, *targets))))


def test_an_accounts_own_per_call_can_only_be_smaller() -> None:
    recipe = {"tag": {"path": "/{tag}", "per_call": 5}}
    most = [cache(recipe, per_call={Kind.TAG: n}).can.per_call[Kind.TAG] for n in (3, 50)]
    assert [3, 5] == most


@pytest.mark.parametrize(
    ("purge", "asked", "expected"),
    [
        pytest.param(
            {"url": {}},
            wish(Kind.TAG, "a"),
            "HTTP cache purges no tags here. It has recipes for: url. Add one to `purge`.",
            id="no-recipe",
        ),
        pytest.param(
            {"url": {}},
            wish(Kind.PATH, "/a"),
            "HTTP cache purges no paths here. It has recipes for: url. Name the whole URL.",
            id="a-path",
        ),
        pytest.param(
            {"tag": {"path": "/"}},
            wish(Kind.TAG, "a"),
            "HTTP cache purges no tags here. Its recipe cannot be used. "
            "`purge.tag`: does not say what to purge. Put {tag} into its path, headers or body.",
            id="a-recipe-without-its-target",
        ),
        pytest.param(
            {"tag": {"path": "/{tga}"}},
            wish(Kind.TAG, "a"),
            "HTTP cache purges no tags here. Its recipe cannot be used. "
            "`purge.tag.path`: holds {tga}, which nothing fills in. Known here: {tag}. "
            "{…:query} and {…:regex} change them.",
            id="an-unknown-value",
        ),
        pytest.param(
            {"prefix": {"headers": {"X": "{prefix}"}}},
            wish(Kind.PREFIX, f"{WWW}/a"),
            "HTTP cache purges no prefixes here. Its recipe cannot be used. "
            "`purge.prefix.path`: is missing. Add it: the request target, such as /purge.",
            id="no-path",
        ),
        pytest.param(
            {"url": {"status": ["200", "many"]}},
            wish(Kind.URL, f"https://{WWW}/a"),
            "HTTP cache purges no URLs here. Its recipe cannot be used. "
            "`purge.url.status.1`: `many` is not a status that can be a yes. "
            "Write numbers from 200 to 499, such as [200, 404].",
            id="a-status-that-is-none",
        ),
        pytest.param(
            {"url": {"headers": {"X Y": "a"}}},
            wish(Kind.URL, f"https://{WWW}/a"),
            "HTTP cache purges no URLs here. Its recipe cannot be used. "
            "`purge.url.headers.X Y`: is not the name of a header. "
            "Write it like X-Key, without blanks and without a colon.",
            id="a-header-that-is-none",
        ),
        pytest.param(
            {"tag": {"path": "/", "headers": {"xkey": "{tag}"}, "per_call": 2}},
            wish(Kind.TAG, "a,b", "c"),
            "`a,b` holds what stands between two of them in one call: `,`. "
            "Set another `join` in `purge.tag`, or `per_call: 1`.",
            id="a-tag-that-would-be-two",
        ),
        pytest.param(
            {"url": {}},
            wish(Kind.URL, f"https://{WWW}/a b"),
            f"`https://{WWW}/a b` is not as it goes on the wire. Percent-encode it.",
            id="a-blank",
        ),
        pytest.param(
            {"url": {}},
            wish(Kind.URL, f"{WWW}/a"),
            f"`{WWW}/a` is not a whole URL. Write it with scheme, host and path, without #.",
            id="no-url",
        ),
        pytest.param(
            {"everything": {"path": "/{host}"}},
            Purge(Kind.EVERYTHING, ()),
            "Everything means the site's hosts, and it has none. Name them under `hosts`.",
            id="everything-of-no-host",
        ),
        pytest.param(
            {"tag": {"path": "/{tag}"}},
            wish(Kind.TAG, "%" * 6_000),
            f"`{'%' * 60}…` is longer than a call may be (16,384 bytes). Name something shorter instead.",
            id="too-long",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_while_planning(purge: Tree, asked: Purge, expected: str) -> None:
    with pytest.raises(UnsupportedWish) as caught:
        cache(purge).plan(asked)
    assert expected == str(caught.value)


def test_headers_that_cannot_be_read_stop_every_purge() -> None:
    provider = cache({"url": {}}, headers={"X-Key": {"env": "KEY"}})
    with pytest.raises(UnsupportedWish, match=r"Its recipe cannot be used. `headers.X-Key`: must be text, or"):
        provider.plan(wish(Kind.URL, f"https://{WWW}/a"))
    assert frozenset() == provider.can.kinds


def test_every_kind_but_a_path_can_have_a_recipe() -> None:
    assert frozenset(Kind) - {Kind.PATH} == VALUES.keys()


async def sent(provider: AnyHttp, asked: Purge) -> Receipt:
    try:
        return await provider.send(provider.plan(asked)[0], REFERENCE)
    finally:
        await provider.close()


ONE = wish(Kind.URL, f"https://{WWW}/a?b=1")


async def test_secrets_join_on_the_wire_and_the_recipes_own_comes_before_the_accounts() -> None:
    recipe = {"url": {"headers": {"X-Key": {"secret": "mine"}}}}
    headers = {"x-key": {"secret": "all"}, "X-All": {"secret": "all"}, "X-Plain": "plain"}
    async with loopback(answering("200 OK")) as server:
        provider = cache(recipe, url=server.url, headers=headers, secrets={"mine": "secret-mine", "all": "secret-all"})
        [call] = provider.plan(ONE)
        await sent(provider, ONE)
    assert (("Host", WWW), ("X-Plain", "plain")) == call.headers
    assert [b"/a?b=1"] == server.targets
    assert [[b"secret-mine"], [b"secret-all"], [b"plain"], [WWW.encode()]] == [
        server.values(name) for name in (b"x-key", b"x-all", b"x-plain", b"host")
    ]


def always(status: int, text: str = "", headers: Mapping[str, str] | None = None) -> httpx.MockTransport:
    return httpx.MockTransport(lambda request: httpx.Response(status, text=text, headers=dict(headers or {})))


@pytest.mark.parametrize(
    ("recipe", "transport", "note"),
    [
        pytest.param({}, always(200, "<p>anything"), "200 OK", id="200"),
        pytest.param({}, always(204), "204 No Content", id="204"),
        pytest.param({"status": ["200", "404"]}, always(404), "404 Not Found", id="squid-nothing-cached"),
        pytest.param({"status": "202"}, always(202), "202 Accepted", id="a-single-status"),
        pytest.param({"says": "Successful purge"}, always(200, "<h1>Successful purge</h1>"), "200 OK", id="says"),
        pytest.param({"says": "No Content"}, always(204), "204 No Content", id="says-in-its-reason"),
    ],
)
async def test_a_yes_becomes_a_receipt(recipe: Tree, transport: httpx.MockTransport, note: str) -> None:
    assert Receipt(note=note) == await sent(cache({"url": recipe}, transport), ONE)


@pytest.mark.parametrize(
    ("recipe", "transport", "asked", "expected", "told"),
    [
        pytest.param(
            {"says": "Purged"}, always(200, "<p>Welcome"), ONE, WrongAddress,
            f"{WHO} answered 200, but did not say `Purged`. What answers there said “Welcome”. "
            "Is `url` the right one? Check `purge.url`: its `path`, and `says`.",
            id="a-page-is-no-purge",
        ),
        pytest.param(
            {}, always(202), ONE, WrongAddress,
            f"{WHO} answered 202, which `purge.url` does not count as a yes. "
            "Is `url` the right one? If that is a yes there, add it to `status`.",
            id="a-status-not-listed",
        ),
        pytest.param(
            {}, always(404, "nowhere"), ONE, WrongAddress,
            f"{WHO} answered 404, which `purge.url` does not count as a yes. What answers there said “nowhere”. "
            "Is `url` the right one? If that is a yes there, add it to `status`.",
            id="404",
        ),
        pytest.param(
            {}, always(403, "Access Denied"), ONE, BadCredentials,
            f"{WHO} takes no purges from us: it answered 403. Let in the address of this machine there, "
            'or set the key that it wants under `headers`. It said: "Access Denied".',
            id="not-in-the-acl",
        ),
        pytest.param(
            {}, always(401, "Who are you"), ONE, BadCredentials,
            f"{WHO} takes no purges from us: it answered 401. Let in the address of this machine there, "
            'or set the key that it wants under `headers`. It said: "Who are you".',
            id="a-key-that-is-wrong",
        ),
        pytest.param(
            {}, always(429, "Slow down"), ONE, Throttled,
            f"{WHO} asks for fewer calls. Wait a minute, then retry. Look at what limits calls there, or lower "
            '`calls` under `pace` to stay below it. It said: "Slow down".',
            id="429",
        ),
        pytest.param(
            {}, always(503, "Down"), ONE, Unavailable,
            f'{WHO} answered 503. Look at its own log there; then retry. It said: "Down".',
            id="503",
        ),
        pytest.param(
            {}, always(504, "Late"), ONE, OutcomeUnknown,
            f"{WHO} answered 504: its answer was lost on the way. "
            "It may have been done already: look at the edge, or retry. "
            'If it stays, look at its own log there. It said: "Late".',
            id="504",
        ),
        pytest.param(
            {}, always(431), wish(Kind.URL, f"https://{WWW}/{'a' * 7_000}"), Refused,
            f"{WHO} cannot read a request this long. Name a shorter or a wider target.",
            id="a-header-too-long-for-it",
        ),
        pytest.param(
            {}, always(400, "bad"), ONE, Unexpected,
            f'{WHO} answered 400. Check `purge.url` against what it takes. It said: "bad".',
            id="400",
        ),
        pytest.param(
            {}, always(414), wish(Kind.URL, f"https://{WWW}/{'a' * 7_000}"), Refused,
            f"{WHO} cannot read a request this long. Name a shorter or a wider target.",
            id="too-long-for-it",
        ),
        pytest.param(
            {"method": "POST", "path": "/p", "body": "[{url}]", "per_call": 50}, always(413), ONE, Refused,
            f"{WHO} takes no call this long. Lower `purge.url.per_call`.", id="too-many-in-one-call",
        ),
    ],
)  # fmt: skip
async def test_a_no_becomes_an_error_that_says_what_to_do(
    recipe: Tree, transport: httpx.MockTransport, asked: Purge, expected: type[PurgeError], told: str
) -> None:
    with pytest.raises(PurgeError) as caught:
        await sent(cache({"url": recipe}, transport), asked)
    assert (expected, told) == (type(caught.value), str(caught.value))


async def test_a_call_whose_recipe_is_gone_is_not_sent() -> None:
    [call] = cache({"tag": {"path": "/{tag}"}}).plan(wish(Kind.TAG, "a"))
    with pytest.raises(Refused, match=r"has no recipe for this call any more. Ask again"):
        await cache({"url": {}}, always(200)).send(call, REFERENCE)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param({"cache-status": "Souin; hit; ttl=30"}, Sighting(Cached.HIT, "hit; ttl=30"), id="hit"),
        pytest.param({"cache-status": "a; hit; ttl=-5"}, Sighting(Cached.STALE, "hit; ttl=-5"), id="stale"),
        pytest.param({"cache-status": 'a; hit, "b, c"; fwd=miss'}, Sighting(Cached.MISS, "fwd=miss"), id="last"),
        pytest.param({"cache-status": "a; hit=?0; fwd=miss"}, Sighting(Cached.MISS, "hit=?0; fwd=miss"), id="not"),
        pytest.param({"cache-status": "a; fwd=bypass"}, Sighting(Cached.UNCACHED, "fwd=bypass"), id="bypass"),
        pytest.param({"cache-status": "a; fwd=stale"}, Sighting(Cached.EXPIRED, "fwd=stale"), id="expired"),
        pytest.param(
            {"cache-status": "a; fwd=stale; fwd-status=304"},
            Sighting(Cached.REVALIDATED, "fwd=stale; fwd-status=304"),
            id="revalidated",
        ),
        pytest.param({"cache-status": "a"}, Sighting(), id="a-cache-that-says-nothing"),
        pytest.param({"x-cache": "HIT from squid.test"}, Sighting(Cached.HIT, "HIT from squid.test"), id="squid-hit"),
        pytest.param({"x-cache": "MISS from squid"}, Sighting(Cached.MISS, "MISS from squid"), id="squid-miss"),
        pytest.param({"x-cache": "TCP_HIT"}, Sighting(Cached.HIT, "TCP_HIT"), id="tcp-hit"),
        pytest.param({"x-cache-status": "BYPASS"}, Sighting(Cached.UNCACHED, "BYPASS"), id="x-cache-status"),
        pytest.param(
            {"via": "http/1.1 ats (ApacheTrafficServer/9.2.9 [uScHs f p eN:t cCHs p s])"}, Sighting(Cached.HIT, "cHs"),
            id="traffic-server-hit",
        ),
        pytest.param(
            {"via": "http/1.1 ats (ApacheTrafficServer/9.2.9 [cRs f ])"}, Sighting(Cached.HIT, "cRs"),
            id="traffic-server-memory",
        ),
        pytest.param(
            {"via": "http/1.1 ats (ApacheTrafficServer/9.2.9 [cMsSf ])"}, Sighting(Cached.MISS, "cMs"),
            id="traffic-server-miss",
        ),
        pytest.param({"via": "1.1 proxy"}, Sighting(), id="no-cache"),
    ],
)  # fmt: skip
def test_a_sighting_is_read_from_its_headers(headers: Mapping[str, str], expected: Sighting) -> None:
    assert expected == cache({"url": {}}).sighting(headers)


PROBE = {"method": "GET", "path": "/status", "says": "ready"}


@pytest.mark.parametrize(
    ("purge", "probe", "transport", "expected"),
    [
        pytest.param(
            {"url": {}}, PROBE, always(200, "ready"),
            (Health.GOOD, f"{WHO} answered its probe with 200.", ""), id="ready",
        ),
        pytest.param(
            {"url": {}}, PROBE, always(200, "hello"),
            (
                Health.BAD, f"{WHO} answered 200, but did not say `ready`. What answers there said “hello”.",
                "Is `url` the right one? Check `probe`: its `path`, and `says`.",
            ),
            id="another-page",
        ),
        pytest.param(
            {"url": {}}, {"path": "/{tag}"}, always(200),
            (
                Health.BAD, f"The probe of {IT} cannot be used.",
                "`probe.path`: holds {tag}, which nothing fills in. It names no target: write it out.",
            ),
            id="a-probe-that-names-a-target",
        ),
        pytest.param(
            {"url": {}}, None, always(404),
            (
                Health.DOUBTFUL, f"{WHO} answers (404); whether it takes purges is not known.",
                "Name a call that purges nothing under `probe`, and its `status`.",
            ),
            id="no-probe",
        ),
        pytest.param(
            {"url": {}}, None, always(403),
            (
                Health.BAD, f"{WHO} answered 403.",
                "Check `url` and `headers`, and whether it lets in this machine.",
            ),
            id="no-probe-and-not-let-in",
        ),
        pytest.param(
            {"urls": {}}, None, always(200),
            (
                Health.BAD, f"The recipes of {IT} cannot be used.",
                "`purge.urls`: there is no kind `urls`. Did you mean `url`?",
            ),
            id="a-kind-that-is-none",
        ),
        pytest.param(
            {}, None, always(200),
            (
                Health.BAD, f"The recipes of {IT} cannot be used.",
                "`purge`: names no kind. Write {url: {method: PURGE}}, for example.",
            ),
            id="no-recipe-at-all",
        ),
    ],
)  # fmt: skip
async def test_the_doctor_asks_what_purges_nothing(
    purge: Tree, probe: Tree | None, transport: httpx.MockTransport, expected: tuple[Health, str, str]
) -> None:
    provider = cache(purge, transport, probe=probe)
    found = await provider.probe({})
    await provider.close()
    assert expected == (found.health, found.what, found.advice)
