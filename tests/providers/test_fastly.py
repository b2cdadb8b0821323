"""Fastly: wish to calls, recorded answer to receipt or error, headers to sighting, and what the doctor finds."""

from __future__ import annotations

import json
from collections.abc import Mapping

import httpx
import pytest

from providers.contract import (
    Account,
    Cached,
    Call,
    Health,
    Kind,
    Pace,
    Purge,
    Receipt,
    Seen,
    Sighting,
    UnsupportedWish,
)
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
from providers.fastly import Fastly
from tests.providers.manners import REFERENCE

SERVICE = "SU1Z0isxPaozGVKXdv0eY5"
A, B = "https://www.shop.test/a?b=1", "https://www.shop.test/b%2Fc"
SOFT = (("Fastly-Soft-Purge", "1"),)
STAGING = (("Fastly-Purge-Environment", "staging"),)


def fastly(
    transport: httpx.AsyncBaseTransport | None = None,
    token: str = "t0ken-t0ken",
    pace: Mapping[str, Pace] | None = None,
    per_call: Mapping[Kind, int] | None = None,
) -> Fastly:
    return Fastly(Account("cdn", {}, {"token": token}, pace or {}, per_call or {}), transport)


def wish(kind: Kind, *targets: str, soft: bool = False, **layer: str) -> Purge:
    return Purge(kind, targets, soft, {"service": SERVICE, **layer}, ("www.shop.test",))


def url_call(path: str, *targets: str, headers: tuple[tuple[str, str], ...] = (), again: float = 0.0) -> Call:
    return Call(Kind.URL, "POST", path, targets, (("purges", 1),), headers, again_after=again)


def tag_call(*tags: str, headers: tuple[tuple[str, str], ...] = (), again: float = 0.0) -> Call:
    keys = (("Surrogate-Key", " ".join(tags)), *headers)
    return Call(Kind.TAG, "POST", f"/service/{SERVICE}/purge", tags, (("purges", len(tags)),), keys, again_after=again)


def all_call(headers: tuple[tuple[str, str], ...] = (), again: float = 0.0) -> Call:
    return Call(Kind.EVERYTHING, "POST", f"/service/{SERVICE}/purge_all", (), (("api", 1),), headers, again_after=again)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(
            wish(Kind.URL, A, B),
            [url_call("/purge/www.shop.test/a?b=1", A), url_call("/purge/www.shop.test/b%2Fc", B)],
            id="a-call-for-each-url-byte-for-byte",
        ),
        pytest.param(
            wish(Kind.URL, A, "http://www.shop.test/a?b=1", A),
            [url_call("/purge/www.shop.test/a?b=1", A, "http://www.shop.test/a?b=1")],
            id="http-and-https-are-one-object",
        ),
        pytest.param(
            wish(Kind.URL, "https://www.shop.test:8443/"),
            [url_call("/purge/www.shop.test:8443/", "https://www.shop.test:8443/")],
            id="a-port",
        ),
        pytest.param(
            wish(Kind.URL, A, soft=True), [url_call("/purge/www.shop.test/a?b=1", A, headers=SOFT)], id="a-soft-url"
        ),
        pytest.param(wish(Kind.TAG, "home", "a/b+c", "home"), [tag_call("home", "a/b+c")], id="tags"),
        pytest.param(wish(Kind.TAG, "home"), [tag_call("home")], id="one-tag-goes-in-the-header-too"),
        pytest.param(wish(Kind.TAG, "home", soft=True), [tag_call("home", headers=SOFT)], id="soft-tags"),
        pytest.param(wish(Kind.EVERYTHING), [all_call()], id="everything"),
        pytest.param(
            wish(Kind.TAG, "home", soft=True, environment="staging"),
            [tag_call("home", headers=(*SOFT, *STAGING))],
            id="tags-in-staging",
        ),
        pytest.param(wish(Kind.EVERYTHING, environment="staging"), [all_call(STAGING)], id="everything-in-staging"),
        pytest.param(wish(Kind.EVERYTHING, environment="production"), [all_call()], id="in-production"),
    ],
)
def test_a_wish_becomes_calls(asked: Purge, expected: list[Call]) -> None:
    assert expected == fastly().plan(asked)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(wish(Kind.URL, A), 0.0, id="no-shield-is-named"),
        pytest.param(wish(Kind.URL, A, shielded="no", second_pass="20"), 0.0, id="no-shield"),
        pytest.param(wish(Kind.URL, A, shielded="yes"), 2.0, id="a-url"),
        pytest.param(wish(Kind.TAG, "home", shielded="yes"), 2.0, id="a-tag"),
        pytest.param(wish(Kind.TAG, "home", soft=True, shielded="yes"), 2.0, id="a-soft-tag"),
        pytest.param(wish(Kind.EVERYTHING, shielded="yes"), 30.0, id="everything"),
        pytest.param(wish(Kind.URL, A, shielded="yes", second_pass="20"), 20.0, id="a-url-as-told"),
        pytest.param(wish(Kind.EVERYTHING, shielded="yes", second_pass="20"), 30.0, id="everything-waits-at-least-30"),
        pytest.param(wish(Kind.EVERYTHING, shielded="yes", second_pass="60"), 60.0, id="everything-as-told"),
        pytest.param(wish(Kind.URL, A, shielded="yes", second_pass="0"), 0.0, id="none-if-told"),
        pytest.param(wish(Kind.EVERYTHING, shielded="yes", second_pass="0"), 0.0, id="none-after-everything-if-told"),
    ],
)
def test_behind_a_shield_a_call_is_sent_once_more(asked: Purge, expected: float) -> None:
    assert [expected] == [call.again_after for call in fastly().plan(asked)]


@pytest.mark.parametrize(
    ("tags", "per_call", "expected"),
    [
        pytest.param(300, {}, [256, 44], id="256-in-a-call"),
        pytest.param(7, {Kind.TAG: 3}, [3, 3, 1], id="3-if-told"),
        pytest.param(300, {Kind.TAG: 1000}, [256, 44], id="never-more-than-256"),
    ],
)
def test_a_call_holds_what_is_allowed(tags: int, per_call: Mapping[Kind, int], expected: list[int]) -> None:
    calls = fastly(per_call=per_call).plan(wish(Kind.TAG, *(f"t{number}" for number in range(tags))))
    assert expected == [len(call.targets) for call in calls]
    assert expected == [dict(call.cost)["purges"] for call in calls]


def test_long_tags_split_calls_by_bytes() -> None:
    calls = fastly().plan(wish(Kind.TAG, *(f"{number:04}{'x' * 1020}" for number in range(16))))
    assert [7, 7, 2] == [len(call.targets) for call in calls]


SAY_SERVICE = "Set `service` to the id under the service's name in Fastly's control panel: letters and digits."


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(
            wish(Kind.PREFIX, "www.shop.test/blog"),
            "Fastly purges no prefixes here. "
            "Name the URLs, a tag that the origin gives all of them, or everything.",
            id="a-prefix",
        ),
        pytest.param(
            wish(Kind.PATTERN, "www.shop.test/*.css"),
            "Fastly purges no patterns here. "
            "Name the URLs, a tag that the origin gives all of them, or everything.",
            id="a-pattern",
        ),
        pytest.param(
            wish(Kind.HOST, "www.shop.test"),
            "Fastly purges no hosts here. "
            "Have the origin tag each page with its host and purge that tag, or name URLs or everything.",
            id="a-host",
        ),
        pytest.param(
            wish(Kind.PATH, "/a"),
            "Fastly purges no paths here. Name URLs, tags, or everything instead.",
            id="a-path-without-a-host",
        ),
        pytest.param(
            wish(Kind.EVERYTHING, soft=True),
            "Fastly cannot purge everything softly. "
            "Purge it hard, or have the origin give all pages one tag and purge that softly.",
            id="everything-softly",
        ),
        pytest.param(
            wish(Kind.URL, A, environment="staging"),
            "Fastly's API purges no URLs in staging. Name tags or everything.",
            id="a-url-in-staging",
        ),
        pytest.param(
            wish(Kind.URL, A, environment="test"),
            "`test` under `environment` is not production or staging. "
            "Write it like `environment: production`: production, or staging.",
            id="an-unknown-environment",
        ),
        pytest.param(
            wish(Kind.URL, A, second_pass="soon"),
            "`soon` under `second_pass` is not a number of seconds up to 999. "
            "Write it like `second_pass: 20`: seconds between the two; 2, and at least 30 after "
            "everything, where nothing is said.",
            id="a-second-pass-without-seconds",
        ),
        pytest.param(
            Purge(Kind.URL, (A,), layer={"service": "www.shop.test"}),
            "`www.shop.test` under `service` is not a service's id. "
            "Write it like `service: SU1Z0isxPaozGVKXdv0eY5`: the service's id, under its name in "
            "Fastly's control panel.",
            id="a-service-by-name",
        ),
        pytest.param(
            Purge(Kind.EVERYTHING, ()),
            "The layer names no `service`. "
            "Add `service: SU1Z0isxPaozGVKXdv0eY5`: the service's id, under its name in Fastly's control panel.",
            id="no-service",
        ),
        pytest.param(
            wish(Kind.URL, "https://www.shop.test"),
            "`https://www.shop.test` is not a whole URL. Write it with scheme, host and path, without #.",
            id="a-url-without-a-path",
        ),
        pytest.param(
            wish(Kind.URL, "https://www.shop.test/a b"),
            "`https://www.shop.test/a b` is not as it goes on the wire. Percent-encode it.",
            id="a-url-with-a-blank",
        ),
        pytest.param(
            wish(Kind.URL, "https://www.shop.test/" + "x" * 8192),
            f"`https://www.shop.test/{'x' * 38}…` is longer than Fastly takes (8,192 bytes). Purge a tag.",
            id="a-url-too-long",
        ),
        pytest.param(
            wish(Kind.TAG, "a b"),
            "`a b` is not a tag as it goes on the wire. Write it in visible ASCII, without blanks.",
            id="a-tag-with-a-blank",
        ),
        pytest.param(
            wish(Kind.TAG, "x" * 1025),
            f"`{'x' * 80}` is not a tag: up to 1,024 printable ASCII characters without blanks. "
            "Mend it, or name URLs or everything.",
            id="a-tag-too-long",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_while_planning(asked: Purge, expected: str) -> None:
    with pytest.raises(UnsupportedWish) as caught:
        fastly().plan(asked)
    assert expected == str(caught.value)


@pytest.mark.parametrize(
    ("bucket", "expected"),
    [("purges", (100_000, 3600, 100_000, False)), ("api", (1000, 3600, 1000, True))],
)
def test_limits_are_those_of_the_facts(bucket: str, expected: tuple[float, float, float, bool]) -> None:
    pace = fastly().can.pace[bucket]
    assert (*expected, "2026-11-23") == (pace.rate, pace.per, pace.burst, pace.window, pace.checked)


def test_an_accounts_own_pace_replaces_the_numbers() -> None:
    pace = fastly(pace={"api": Pace(5000, 3600, 5000)}).can.pace["api"]
    assert (5000, 3600, 5000, True) == (pace.rate, pace.per, pace.burst, pace.window)


def always(status: int, text: str, headers: Mapping[str, str] | None = None) -> httpx.MockTransport:
    return httpx.MockTransport(lambda request: httpx.Response(status, text=text, headers=dict(headers or {})))


async def sent(transport: httpx.MockTransport, asked: Purge, token: str = "t0ken-t0ken") -> Receipt:
    provider = fastly(transport, token)
    try:
        return await provider.send(provider.plan(asked)[0], REFERENCE)
    finally:
        await provider.close()


URLS, TAGS, ALL = wish(Kind.URL, A), wish(Kind.TAG, "foo", "bar"), wish(Kind.EVERYTHING)
LEFT = {"Fastly-RateLimit-Remaining": "4941", "Fastly-RateLimit-Reset": "1635962400"}
DATE = {"Date": "Wed, 03 Nov 2021 17:50:00 GMT"}


@pytest.mark.parametrize(
    ("asked", "text", "headers", "expected"),
    [
        pytest.param(
            URLS, '{ "status": "ok", "id": "4151-1635861748-11038" }', {}, Receipt(id="4151-1635861748-11038"),
            id="a-url",
        ),
        pytest.param(
            TAGS, '{"foo":"4151-1635861748-11035","bar":"4151-1635861748-11036"}', {},
            Receipt(id="4151-1635861748-11035", note="one purge id for each of 2 tags"), id="tags",
        ),
        pytest.param(wish(Kind.TAG, "foo"), '{"foo":"4151-1-2"}', {}, Receipt(id="4151-1-2"), id="one-tag"),
        pytest.param(
            ALL, '{"status":"ok"}', LEFT | DATE, Receipt(left=(("api", 4941.0, 600.0),)), id="everything-without-an-id"
        ),
        pytest.param(ALL, '{"status":"ok"}', {}, Receipt(), id="nothing-said-of-what-is-left"),
        pytest.param(ALL, '{"status":"ok"}', LEFT, Receipt(), id="what-is-left-without-a-date"),
        pytest.param(
            ALL, '{"status":"ok"}', LEFT | {"Date": "Wed, 03 Nov 2021 19:00:00 GMT"},
            Receipt(left=(("api", 4941.0, 0.0),)), id="a-reset-that-is-over",
        ),
        pytest.param(
            ALL, '{"status":"ok"}', {**DATE, "Fastly-RateLimit-Remaining": "many", "Fastly-RateLimit-Reset": "soon"},
            Receipt(), id="what-is-left-in-words",
        ),
    ],
)  # fmt: skip
async def test_a_yes_becomes_a_receipt(asked: Purge, text: str, headers: Mapping[str, str], expected: Receipt) -> None:
    assert expected == await sent(always(200, text, headers), asked)


REPORT = "Report it with what Fastly said."
FEWER = (
    "Retry when the hour is over. Fastly counts 1,000 calls of the token's user in it, and 100,000 purges of the "
    "customer. Where others spend them too, lower `api` or `purges` under `pace` to leave them room."
)
NOT_KNOWN = '{"msg":"Provided credentials are missing or invalid"}'
NO_SERVICE = '{"msg":"Record not found","details":"Cannot find service"}'
NOT_ALLOWED = '{"msg":"You are not authorized to perform this action"}'
TOO_MANY = '{"status":"fail","reason":"Batch surrogate key request only supports up to 256 surrogate keys"}'
COPY = (
    "Copy the token into `token` again, or make one in Fastly's control panel (Account, API tokens) with the scopes "
    "`purge_select` and `global:read`, and `purge_all` where everything is purged."
)
STATUS = "See https://www.fastlystatus.com and any proxy on the way; once all is well there, retry."
GIVE = "Give the one in `token` the scope"
AMONG = "and if it is limited to services, name this one among them."


@pytest.mark.parametrize(
    ("asked", "status", "text", "expected", "told"),
    [
        pytest.param(
            URLS, 400, '{"msg":"Malformed purge request"}', Refused,
            "Fastly cannot read the URL of this purge. Check it, or purge a tag instead. "
            'It said: "Malformed purge request".', id="400-malformed",
        ),
        pytest.param(
            TAGS, 400, TOO_MANY, Refused,
            "Fastly takes fewer tags in one call. Set `per_call: {tag: 100}` for the account. "
            'It said: "Batch surrogate key request only supports up to 256 surrogate keys".', id="400-too-many-tags",
        ),
        pytest.param(
            TAGS, 400, '{"msg":"Bad request","detail":"Odd"}', Unexpected,
            f'Fastly answered 400 in a way purgebot does not know. {REPORT} It said: "Bad request: Odd".',
            id="400-unknown",
        ),
        pytest.param(
            TAGS, 401, NOT_KNOWN, BadCredentials,
            f"Fastly does not know the token, or it has expired. {COPY} "
            'It said: "Provided credentials are missing or invalid".', id="401",
        ),
        pytest.param(
            ALL, 403, NOT_ALLOWED, BadCredentials,
            f"The token may not purge everything of service {SERVICE}. {GIVE} `purge_all`, {AMONG} "
            'It said: "You are not authorized to perform this action".', id="403-everything",
        ),
        pytest.param(
            TAGS, 403, NOT_ALLOWED, BadCredentials,
            f"The token may not purge tags of service {SERVICE}. {GIVE} `purge_select`, {AMONG} "
            'It said: "You are not authorized to perform this action".', id="403-tags",
        ),
        pytest.param(
            URLS, 403, NOT_ALLOWED, BadCredentials,
            f"The token may not purge URLs of www.shop.test. {GIVE} `purge_select`, {AMONG} "
            'It said: "You are not authorized to perform this action".', id="403-url",
        ),
        pytest.param(
            URLS, 404, NO_SERVICE, WrongAddress,
            "Fastly serves no host www.shop.test. "
            "Check that www.shop.test is a domain of a service that the token may purge. "
            'It said: "Record not found: Cannot find service".', id="404-host",
        ),
        pytest.param(
            TAGS, 404, NO_SERVICE, WrongAddress,
            f'Fastly knows no service {SERVICE}. {SAY_SERVICE} It said: "Record not found: Cannot find service".',
            id="404-service",
        ),
        pytest.param(
            ALL, 404, NO_SERVICE, WrongAddress,
            f'Fastly knows no service {SERVICE}. {SAY_SERVICE} It said: "Record not found: Cannot find service".',
            id="404-everything",
        ),
        pytest.param(
            ALL, 403, '{"msg":"Forbidden","detail":"You do not have access to this service"}', BadCredentials,
            f"The token may not purge everything of service {SERVICE}. {GIVE} `purge_all`, {AMONG} "
            'It said: "Forbidden: You do not have access to this service".', id="403-in-the-legacy-form",
        ),
        pytest.param(
            ALL, 429, '{"msg":"Too many requests"}', Throttled,
            f'Fastly asks for fewer calls. {FEWER} It said: "Too many requests".', id="429",
        ),
        pytest.param(
            URLS, 405, '{"msg":"Method not allowed"}', Unexpected,
            "Fastly does not take this call for URLs of www.shop.test. "
            f'{REPORT} It said: "Method not allowed".', id="405",
        ),
        pytest.param(
            URLS, 414, "<h1>URI Too Long</h1>", Refused,
            "The URL is longer than Fastly takes. What answers there said “URI Too Long”. Purge a tag instead.",
            id="414",
        ),
        pytest.param(
            TAGS, 413, "<h1>Request Entity Too Large</h1>", Refused,
            "Fastly, or a proxy on the way, takes no call this long: status 413. "
            "What answers there said “Request Entity Too Large”. Set `per_call: {tag: 100}` or less for the account.",
            id="413",
        ),
        pytest.param(
            TAGS, 431, "<h1>Request Header Fields Too Large</h1>", Refused,
            "Fastly, or a proxy on the way, takes no call this long: status 431. "
            "What answers there said “Request Header Fields Too Large”. "
            "Set `per_call: {tag: 100}` or less for the account.", id="431",
        ),
        pytest.param(
            ALL, 500, '{"msg":"Internal error"}', Unavailable,
            f'Fastly answered 500. {STATUS} It said: "Internal error".', id="500",
        ),
        pytest.param(
            ALL, 504, "<h1>gateway timeout</h1>", OutcomeUnknown,
            "Fastly answered 504: its answer was lost on the way. What answers there said “gateway timeout”. "
            "It may have been done already: look at the edge, or retry. "
            "If it stays, see https://www.fastlystatus.com and any proxy on the way.", id="504",
        ),
        pytest.param(
            TAGS, 422, '{"errors":[{"title":"Odd key","detail":"no such"},{"title":"And more"}]}', Unexpected,
            f'Fastly answered 422 in a way purgebot does not know. {REPORT} It said: "Odd key: no such: And more".',
            id="json-api",
        ),
        pytest.param(
            TAGS, 422, '{"type":"about:blank","title":"Odd","status":422,"detail":"no such"}', Unexpected,
            f'Fastly answered 422 in a way purgebot does not know. {REPORT} It said: "Odd: no such".',
            id="a-problem-document",
        ),
        pytest.param(
            URLS, 503, "<h1>first byte timeout</h1>", Unavailable,
            "Fastly answered 503. What answers there said “first byte timeout”. "
            "See https://www.fastlystatus.com and any proxy on the way; once all is well there, retry.", id="503",
        ),
        pytest.param(
            URLS, 200, '{"status":"fail","reason":"Odd"}', Unexpected,
            f'Fastly answered 200 in a way purgebot does not know. {REPORT} It said: "Odd".', id="a-no-with-200",
        ),
        pytest.param(
            URLS, 200, '{"status":"ok"}', Unexpected,
            f'Fastly answered 200 in a way purgebot does not know. {REPORT} It said: "{{"status":"ok"}}".',
            id="a-url-without-an-id",
        ),
        pytest.param(
            TAGS, 200, '{"foo":"4151-1-2"}', Unexpected,
            "Fastly purged 1 of 2 tags, and not `bar`. Purge that tag alone, and report it.", id="a-tag-left-out",
        ),
        pytest.param(
            TAGS, 403, "<html><body>You have been blocked</body></html>", BadCredentials,
            f"The token may not purge tags of service {SERVICE}. What answers there said “You have been blocked”. "
            f"{GIVE} `purge_select`, {AMONG} Check that this machine is not blocked.", id="a-page-with-403",
        ),
        pytest.param(
            TAGS, 407, "<html><body>Sign in</body></html>", BadCredentials,
            "A proxy on the way to Fastly wants a login (407). What answers there said “Sign in”. Let this machine "
            "pass there without one, or set `api_url` to another way.", id="407",
        ),
        pytest.param(
            TAGS, 200, "<html><body>Sign in to the hotel's network</body></html>", WrongAddress,
            "What answers for Fastly is not its API: status 200, and no JSON of its shape. "
            "What answers there said “Sign in to the hotel's network”. "
            "Check `api_url`, and any proxy on the way to it.",
            id="a-page-with-200",
        ),
    ],
)  # fmt: skip
async def test_a_no_becomes_an_error_that_says_what_to_do(
    asked: Purge, status: int, text: str, expected: type[PurgeError], told: str
) -> None:
    with pytest.raises(PurgeError) as caught:
        await sent(always(status, text), asked)
    assert (expected, told) == (type(caught.value), str(caught.value))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param({}, None, id="nothing-said"),
        pytest.param(LEFT | DATE, 600.0, id="until-the-reset"),
        pytest.param({**LEFT, **DATE, "Retry-After": "7"}, 7.0, id="as-told"),
        pytest.param({**LEFT, **DATE, "Retry-After": "0"}, 0.0, id="at-once-as-told"),
        pytest.param(DATE | {"Fastly-RateLimit-Reset": "9999999999"}, 3600.0, id="an-hour-at-most"),
    ],
)
async def test_a_throttled_call_waits_for_the_reset(headers: Mapping[str, str], expected: float | None) -> None:
    with pytest.raises(Throttled) as caught:
        await sent(always(429, '{"msg":"Too many requests"}', headers), ALL)
    assert (expected, "Too many requests") == (caught.value.retry_after, caught.value.said)


@pytest.mark.parametrize("asked", [URLS, TAGS, ALL], ids=["url", "tags", "everything"])
async def test_the_token_joins_while_sending(asked: Purge) -> None:
    seen: list[tuple[str, bytes, str | None, str | None, bytes]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        key, soft = request.headers.get("fastly-key"), request.headers.get("fastly-soft-purge")
        seen.append((str(request.url.host), request.extensions["target"], key, soft, request.content))
        return httpx.Response(200, json={"status": "ok", "id": "1", "foo": "1", "bar": "2"})

    await sent(httpx.MockTransport(answer), asked, "t0ken-t0ken\n")
    path = fastly().plan(asked)[0].path.encode()
    assert [("api.fastly.com", path, "t0ken-t0ken", None, b"")] == seen


@pytest.mark.parametrize("token", ["two words", "line\nend", "café", ""])
async def test_a_token_that_cannot_be_one_is_not_sent(token: str) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, text='{"status":"ok","id":"1"}')

    with pytest.raises(BadCredentials, match="`token` of this account is empty, or holds a blank"):
        await sent(httpx.MockTransport(answer), URLS, token)
    assert [] == asked


async def test_nothing_is_left_to_ask_about() -> None:
    assert (Receipt("1"), ()) == (await fastly().progress(Receipt("1")), await fastly().left({"service": SERVICE}))


FRA = "cache-fra-eddf8230044-FRA"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param({"x-cache": "HIT", "x-served-by": FRA}, Sighting(Cached.HIT, "HIT", "FRA"), id="hit"),
        pytest.param({"x-cache": "MISS", "x-served-by": FRA}, Sighting(Cached.MISS, "MISS", "FRA"), id="miss"),
        pytest.param(
            {"x-cache": "MISS, HIT", "x-cache-hits": "0, 1", "x-served-by": f"cache-ams2100-AMS, {FRA}", "age": "9"},
            Sighting(Cached.HIT, "MISS, HIT", "FRA"), id="the-edge-is-the-last",
        ),
        pytest.param(
            {"x-cache": "HIT, MISS", "x-served-by": f"{FRA}, cache-chi-kord1810030-CHI"},
            Sighting(Cached.MISS, "HIT, MISS", "CHI"), id="a-hit-in-the-shield-is-none-at-the-edge",
        ),
        pytest.param({"x-cache": "hit"}, Sighting(Cached.HIT, "hit"), id="lower-case"),
        pytest.param(
            {"x-cache": "HIT", "x-cache-hits": "0"}, Sighting(Cached.UNCACHED, "HIT"), id="made-at-the-edge"
        ),
        pytest.param(
            {"x-cache": "HIT", "x-cache-hits": "0", "age": "0"}, Sighting(Cached.HIT, "HIT"), id="a-hit-just-stored"
        ),
        pytest.param({"x-cache": "TCP_HIT from a1"}, Sighting(Cached.UNKNOWN, "TCP_HIT from a1"), id="anothers-word"),
        pytest.param({"x-served-by": "cache-<script>"}, Sighting(), id="a-place-that-lies"),
        pytest.param({}, Sighting(), id="not-fastly"),
    ],
)  # fmt: skip
def test_a_sighting_is_read_from_its_headers(headers: Mapping[str, str], expected: Sighting) -> None:
    assert expected == fastly().sighting(headers)


def token_of(scope: str, *services: str) -> tuple[int, str]:
    return 200, json.dumps({"id": "5Yo3", "scope": scope, "services": list(services), "expires_at": None})


def service_of(shield: str | None = None, name: str = "shop.test") -> tuple[int, str]:
    version = {"number": 7, "backends": [{"name": "origin", "shield": shield}]}
    return 200, json.dumps({"id": SERVICE, "name": name, "active_version": version})


RIGHT = "purge_select purge_all global:read"
TAKES = "Fastly takes purges of service shop.test from this token."
MAKE = (
    "Put one with the scopes `purge_select` and `global:read` into `token`, and with `purge_all` where everything is "
    "purged."
)
UNKNOWN = (Health.BAD, "Fastly does not know the token, or it has expired.", COPY)
LAYER = {"service": SERVICE}


@pytest.mark.parametrize(
    ("token", "service", "layer", "expected"),
    [
        pytest.param(token_of(RIGHT), service_of(), LAYER, (Health.GOOD, TAKES, ""), id="good"),
        pytest.param(
            token_of(RIGHT, SERVICE), service_of("frankfurt-de"), {**LAYER, "shielded": "yes"},
            (Health.GOOD, TAKES, ""), id="good-behind-a-shield",
        ),
        pytest.param(
            token_of(RIGHT), service_of("frankfurt-de"), LAYER,
            (
                Health.DOUBTFUL, TAKES,
                "Set `shielded: yes`: backend origin is, and one purge can leave edges old.",
            ), id="a-shield-that-is-not-said",
        ),
        pytest.param(
            token_of("global"), service_of(), LAYER,
            (Health.DOUBTFUL, TAKES, f"It may do all that its user may. {MAKE}"), id="a-global-token",
        ),
        pytest.param(
            token_of("purge_select"), (403, NOT_ALLOWED), LAYER,
            (
                Health.DOUBTFUL, f"Fastly takes purges of service {SERVICE} from this token.",
                "Add the scope `purge_all` if everything may be purged: without it that is refused. "
                "Add the scope `global:read`, so that the doctor sees whether the service is there.",
            ), id="may-only-purge-urls-and-tags",
        ),
        pytest.param(
            token_of("purge_all global:read"), service_of(), LAYER,
            (
                Health.DOUBTFUL, TAKES,
                "Add the scope `purge_select`: without it URLs and tags may be refused.",
            ), id="may-only-purge-everything",
        ),
        pytest.param(
            token_of("global:read"), service_of(), LAYER,
            (Health.BAD, "The token may not purge: its scope is global:read.", MAKE), id="may-not-purge",
        ),
        pytest.param(
            token_of(""), service_of(), LAYER,
            (Health.BAD, "The token may not purge: its scope is empty.", MAKE), id="no-scope",
        ),
        pytest.param(
            token_of(RIGHT, "7i6HN3TK9wS159v2gPAZ8A"), service_of(), LAYER,
            (Health.BAD, f"The token is limited to other services than {SERVICE}.", MAKE), id="another-service",
        ),
        pytest.param(
            token_of(RIGHT), (404, NO_SERVICE), LAYER,
            (Health.BAD, f"Fastly knows no service {SERVICE}.", SAY_SERVICE), id="no-such-service",
        ),
        pytest.param(
            token_of(RIGHT), (403, NOT_ALLOWED), LAYER,
            (
                Health.BAD, f"The token may not read service {SERVICE}.",
                f"{GIVE} `global:read`, {AMONG}",
            ), id="a-service-of-others",
        ),
        pytest.param((401, NOT_KNOWN), service_of(), LAYER, UNKNOWN, id="expired"),
        pytest.param((403, NOT_ALLOWED), service_of(), LAYER, UNKNOWN, id="unknown"),
        pytest.param(
            token_of(RIGHT), service_of(), {},
            (Health.GOOD, "The token is active; no site names a service for it.", ""), id="no-site",
        ),
        pytest.param(
            token_of(RIGHT), service_of(), {"service": "shop.test"},
            (
                Health.BAD, "`shop.test` under `service` is not a service's id.",
                "Write it like `service: SU1Z0isxPaozGVKXdv0eY5`: the service's id, under its name in Fastly's "
                "control panel.",
            ), id="a-service-by-name",
        ),
    ],
)  # fmt: skip
async def test_the_doctor_finds_what_the_token_may(
    token: tuple[int, str], service: tuple[int, str], layer: Mapping[str, str], expected: tuple[Health, str, str]
) -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.method, request.extensions["target"].decode()))
        status, text = token if asked[-1][1] == "/tokens/self" else service
        return httpx.Response(status, text=text)

    provider = fastly(httpx.MockTransport(answer))
    probe = await provider.probe(layer)
    await provider.close()
    assert expected == (probe.health, probe.what, probe.advice)
    assert {("GET", "/tokens/self"), ("GET", f"/service/{SERVICE}/details")} >= set(asked)


async def test_the_doctor_takes_a_service_without_a_live_version() -> None:
    draft = json.dumps({"id": SERVICE, "name": None, "active_version": None})
    answers = {"/tokens/self": token_of(RIGHT)[1], f"/service/{SERVICE}/details": draft}
    provider = fastly(
        httpx.MockTransport(lambda request: httpx.Response(200, text=answers[request.extensions["target"].decode()]))
    )
    probe = await provider.probe(LAYER)
    await provider.close()
    assert (Health.GOOD, f"Fastly takes purges of service {SERVICE} from this token.") == (probe.health, probe.what)


CHECKED = [
    {
        "hash": "9f86d081884c7d659a2feaa0c55ad015", "pop": "AMS", "server": "cache-ams2100", "response_time": 0.02,
        "request": {"headers": {"User-Agent": "Fastly/cache-check"}, "method": None, "url": None},
        "response": {"headers": {"x-cache": "HIT", "Age": "12"}, "status": 200},
    },
    {"hash": "error-timeout-fra", "pop": "FRA", "server": "cache-fra1"},
    {"hash": "warning-too-large-lax", "pop": "LAX", "response": {"headers": {"ETag": '"v2"'}, "status": 200}},
    {
        "hash": "9f86d081884c7d659a2feaa0c55ad015", "pop": "NRT",
        "response": {"headers": {"Content-Encoding": "gzip"}, "status": 200},
    },
]  # fmt: skip


async def test_every_pop_tells_what_it_serves() -> None:
    asked: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.extensions["target"])
        return httpx.Response(200, json=CHECKED)

    provider = fastly(httpx.MockTransport(answer))
    found = await provider.everywhere(A)
    await provider.close()
    assert [
        Seen("AMS", 200, {"x-cache": "HIT", "age": "12"}, md5="9f86d081884c7d659a2feaa0c55ad015"),
        Seen("FRA", problem="error-timeout-fra"),
        Seen("LAX", 200, {"etag": '"v2"'}),
        Seen("NRT", 200, {"content-encoding": "gzip"}, md5="gzip 9f86d081884c7d659a2feaa0c55ad015"),
    ] == found
    assert [b"/content/edge_check?url=https%3A%2F%2Fwww.shop.test%2Fa%3Fb%3D1"] == asked


@pytest.mark.parametrize(
    ("status", "text", "expected", "told"),
    [
        pytest.param(
            403, NOT_ALLOWED, BadCredentials,
            f"The token may not read what the POPs hold. {GIVE} `global:read`, {AMONG} "
            'It said: "You are not authorized to perform this action".', id="not-allowed",
        ),
        pytest.param(
            429, "{}", Throttled, f"Fastly asks for fewer calls. {FEWER}",
            id="over-200-an-hour",
        ),
        pytest.param(
            200, "{}", WrongAddress,
            "What answers for Fastly is not its API: status 200, and no JSON of its shape. "
            "Check `api_url`, and any proxy on the way to it.", id="not-a-list",
        ),
    ],
)  # fmt: skip
async def test_edge_check_names_what_is_wrong(status: int, text: str, expected: type[PurgeError], told: str) -> None:
    provider = fastly(always(status, text))
    with pytest.raises(PurgeError) as caught:
        await provider.everywhere(A)
    await provider.close()
    assert (expected, told) == (type(caught.value), str(caught.value))
