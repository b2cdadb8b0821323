"""Cloudflare: wish to calls, recorded answer to receipt or error, headers to sighting, and what the doctor finds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import httpx
import pytest

from providers.cloudflare import Cloudflare
from providers.contract import Account, Cached, Call, Health, Kind, Pace, Purge, Receipt, Sighting, UnsupportedWish
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
from tests.providers.manners import REFERENCE

ZONE = "0123456789abcdef0123456789abcdef"
LAYER = {"zone": ZONE, "tier": "pro"}
PATH = f"/zones/{ZONE}/purge_cache"
A, B = "https://www.shop.test/a?b=1", "https://www.shop.test/b"
MOBILE = {"CF-Device-Type": "mobile"}


def cloudflare(
    transport: httpx.AsyncBaseTransport | None = None,
    settings: Mapping[str, str] | None = None,
    secrets: Mapping[str, str] | None = None,
    pace: Mapping[str, Pace] | None = None,
    per_call: Mapping[Kind, int] | None = None,
) -> Cloudflare:
    account = Account("cf", settings or {}, secrets or {"token": "t0ken"}, pace or {}, per_call or {})
    return Cloudflare(account, transport)


def wish(kind: Kind, *targets: str, soft: bool = False, variants: tuple[Mapping[str, str], ...] = ()) -> Purge:
    return Purge(kind, targets, soft, LAYER, ("www.shop.test",), variants)


@pytest.mark.parametrize(
    ("asked", "path", "bodies", "costs"),
    [
        pytest.param(wish(Kind.URL, A, B), PATH, [{"files": [A, B]}], [{"urls:pro": 2, "api": 1}], id="urls"),
        pytest.param(
            wish(Kind.URL, A, B, soft=True),
            f"/zones/{ZONE}/invalidate_cache",
            [{"files": [A, B]}],
            [{"urls:pro": 2, "api": 1}],
            id="soft",
        ),
        pytest.param(
            wish(Kind.URL, A, variants=(MOBILE, {"Accept-Language": "de", "Origin": "https://app.test"})),
            PATH,
            [
                {
                    "files": [
                        {"url": A},
                        {"url": A, "headers": MOBILE},
                        {"url": A, "headers": {"Accept-Language": "de", "Origin": "https://app.test"}},
                    ]
                }
            ],
            [{"urls:pro": 3, "api": 1}],
            id="variants-are-objects-all-of-them",
        ),
        pytest.param(
            wish(Kind.TAG, "prod-42", "home"),
            PATH,
            [{"tags": ["prod-42", "home"]}],
            [{"bulk:pro": 1, "api": 1}],
            id="tags",
        ),
        pytest.param(
            wish(Kind.HOST, "img.shop.test"),
            PATH,
            [{"hosts": ["img.shop.test"]}],
            [{"bulk:pro": 1, "api": 1}],
            id="host",
        ),
        pytest.param(
            wish(Kind.PREFIX, "www.shop.test/blog"),
            PATH,
            [{"prefixes": ["www.shop.test/blog"]}],
            [{"bulk:pro": 1, "api": 1}],
            id="prefix-without-scheme",
        ),
        pytest.param(
            wish(Kind.EVERYTHING),
            PATH,
            [{"purge_everything": True}],
            [{"bulk:pro": 1, "api": 1}],
            id="everything-alone",
        ),
        pytest.param(wish(Kind.URL, A, B, A), PATH, [{"files": [A, B]}], [{"urls:pro": 2, "api": 1}], id="a-repeat"),
    ],
)
def test_a_wish_becomes_calls(
    asked: Purge, path: str, bodies: list[dict[str, object]], costs: list[dict[str, int]]
) -> None:
    calls = cloudflare().plan(asked)
    assert bodies == [json.loads(call.body) for call in calls]
    assert costs == [dict(call.cost) for call in calls]
    assert {("POST", path, (("Content-Type", "application/json"),))} == {(c.method, c.path, c.headers) for c in calls}


def urls(n: int) -> tuple[str, ...]:
    return tuple(f"https://www.shop.test/{i}" for i in range(n))


def entries(calls: Sequence[Call]) -> list[int]:
    return [len(next(iter(json.loads(call.body).values()))) for call in calls]


@pytest.mark.parametrize(
    ("asked", "per_call", "expected"),
    [
        pytest.param(wish(Kind.URL, *urls(61)), {}, [30, 30, 1], id="30-urls"),
        pytest.param(wish(Kind.URL, *urls(101)), {Kind.URL: 100}, [100, 1], id="100-urls-if-told"),
        pytest.param(wish(Kind.URL, *urls(16), variants=(MOBILE,)), {}, [30, 2], id="variants-count"),
        pytest.param(
            wish(Kind.URL, *urls(11), variants=(MOBILE, {"X": "y"})), {}, [30, 3], id="variants-stay-together"
        ),
        pytest.param(wish(Kind.TAG, *(f"t{i}" for i in range(101))), {}, [100, 1], id="100-tags"),
        pytest.param(wish(Kind.TAG, *(f"t{i}" for i in range(7))), {Kind.TAG: 3}, [3, 3, 1], id="3-tags-if-told"),
        pytest.param(wish(Kind.HOST, *(f"h{i}.test" for i in range(101))), {}, [100, 1], id="100-hosts"),
        pytest.param(wish(Kind.PREFIX, *(f"h.test/{i}" for i in range(101))), {}, [100, 1], id="100-prefixes"),
    ],
)
def test_a_call_holds_what_is_allowed(asked: Purge, per_call: Mapping[Kind, int], expected: list[int]) -> None:
    assert expected == entries(cloudflare(per_call=per_call).plan(asked))


def test_long_urls_split_calls_by_bytes() -> None:
    long = tuple(f"https://www.shop.test/{i}/{'x' * 7900}" for i in range(30))
    calls = cloudflare().plan(wish(Kind.URL, *long))
    assert ([12, 12, 6], True) == (entries(calls), all(len(call.body) <= 100_000 for call in calls))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(
            wish(Kind.PATTERN, "www.shop.test/img/a*.png"),
            "Cloudflare purges no patterns here. Wider: prefix www.shop.test/img/. Narrower: the URLs, one by one.",
            id="a-pattern-in-a-folder",
        ),
        pytest.param(
            wish(Kind.PATTERN, "www.shop.test/*.css"),
            "Cloudflare purges no patterns here. Wider: host www.shop.test. Narrower: the URLs, one by one.",
            id="a-pattern-at-the-top",
        ),
        pytest.param(
            wish(Kind.PATH, "/a"),
            "Cloudflare purges no paths here. Name URLs, a prefix, tags, a host, or everything instead.",
            id="a-path-without-a-host",
        ),
        pytest.param(
            wish(Kind.PREFIX, "www.shop.test/a?b"),
            "`www.shop.test/a?b` is not a prefix: host and path, without scheme or query. "
            "Mend it, or name something wider.",
            id="a-prefix-with-a-query",
        ),
        pytest.param(
            wish(Kind.PREFIX, "w.test" + "/x" * 32),
            f"`w.test{'/x' * 32}` has more than 31 slashes, which Cloudflare does not take in a prefix. "
            "Mend it, or name something wider.",
            id="a-prefix-too-deep",
        ),
        pytest.param(
            wish(Kind.TAG, "x" * 1025),
            f"`{'x' * 80}` is not a tag: at most 1,024 characters, without commas. Mend it, or name something wider.",
            id="a-tag-too-long",
        ),
        pytest.param(
            wish(Kind.TAG, "a b"),
            "`a b` is not a tag as it goes on the wire. Write it in visible ASCII, without blanks.",
            id="a-tag-with-a-blank",
        ),
        pytest.param(
            Purge(Kind.URL, (A,), layer={"zone": "shop.test"}),
            "`shop.test` under `zone` is not a zone's id, 32 hex digits in small letters. "
            "Write it like `zone: 0123456789abcdef0123456789abcdef`: the zone's id, 32 hex digits, on "
            "the domain's overview page.",
            id="a-zone-by-name",
        ),
        pytest.param(
            Purge(Kind.URL, (A,), layer={"zone": ZONE, "tier": "gold"}),
            "`gold` is no choice of `tier`. Write free, pro, business, or enterprise.",
            id="an-unknown-tier",
        ),
        pytest.param(
            wish(Kind.URL, A, variants=tuple({"X": str(i)} for i in range(30))),
            "A URL with its variants is 31 entries, and a call takes 30. Name fewer `variants`, or raise `per_call`.",
            id="too-many-variants",
        ),
        pytest.param(
            wish(Kind.URL, "https://w.test/" + "x" * 100_000),
            f"`https://w.test/{'x' * 45}…` is longer than a call may be (100,000 bytes). "
            "Name a prefix, tags, a host, or everything instead. Or raise `max_bytes`.",
            id="a-url-too-long",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_while_planning(asked: Purge, expected: str) -> None:
    with pytest.raises(UnsupportedWish) as caught:
        cloudflare().plan(asked)
    assert expected == str(caught.value)


@pytest.mark.parametrize(
    ("bucket", "expected"),
    [
        ("urls:free", (800, 1, 800, False)),
        ("urls:pro", (1500, 1, 1500, False)),
        ("urls:business", (1500, 1, 1500, False)),
        ("urls:enterprise", (3000, 1, 3000, False)),
        ("bulk:free", (5, 60, 25, False)),
        ("bulk:pro", (5, 1, 25, False)),
        ("bulk:business", (10, 1, 50, False)),
        ("bulk:enterprise", (50, 1, 500, False)),
        ("api", (1200, 300, 1200, True)),
    ],
)
def test_limits_are_those_of_the_facts(bucket: str, expected: tuple[float, float, float, bool]) -> None:
    pace = cloudflare().can.pace[bucket]
    assert expected == (pace.rate, pace.per, pace.burst, pace.window)
    assert "2026-11-23" == pace.checked


def test_one_environment_is_a_path_of_its_own_and_everything_is_of_it_alone() -> None:
    layer = {"zone": ZONE, "environment": "8d1e5b0c"}
    calls = cloudflare().plan(Purge(Kind.EVERYTHING, (), layer=layer))
    soft = cloudflare().plan(Purge(Kind.URL, (A,), True, layer))
    assert [f"/zones/{ZONE}/environments/8d1e5b0c/purge_cache"] == [call.path for call in calls]
    assert [f"/zones/{ZONE}/environments/8d1e5b0c/invalidate_cache"] == [call.path for call in soft]


async def test_the_doctor_asks_the_environment_that_is_purged() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["target"].decode())
        return httpx.Response(404, json={"success": False, "errors": [{"code": 7003, "message": "no route"}]})

    provider = cloudflare(httpx.MockTransport(answer))
    probe = await provider.probe({"zone": ZONE, "environment": "8d1e5b0c"})
    await provider.close()
    assert [f"/client/v4/zones/{ZONE}/environments/8d1e5b0c/purge_cache"] == seen[:1]
    assert Health.BAD is probe.health


def test_the_strictest_plan_counts_where_none_is_said() -> None:
    call = cloudflare().plan(Purge(Kind.TAG, ("a",), layer={"zone": ZONE}))[0]
    assert {"bulk:free": 1, "api": 1} == dict(call.cost)


@pytest.mark.parametrize(
    ("bucket", "expected"),
    [
        pytest.param("urls:free", (30, 1, 60, "URLs", False), id="named-for-every-tier"),
        pytest.param("urls:enterprise", (30, 1, 60, "URLs", False), id="named-for-every-tier-too"),
        pytest.param("bulk:pro", (1, 1, 1, "calls", False), id="named-for-this-tier"),
        pytest.param("bulk:business", (10, 1, 50, "calls", False), id="not-named"),
        pytest.param("api", (100, 60, 100, "calls", True), id="a-window-stays-a-window"),
    ],
)
def test_an_accounts_own_pace_replaces_the_numbers(bucket: str, expected: tuple[object, ...]) -> None:
    pace = cloudflare(pace={"urls": Pace(30, 1, 60), "bulk:pro": Pace(1, 1, 1), "api": Pace(100, 60, 100)}).can.pace
    own = pace[bucket]
    assert expected == (own.rate, own.per, own.burst, own.unit, own.window)


def envelope(*errors: object, success: bool = False, result: object = None, messages: Sequence[object] = ()) -> str:
    return json.dumps({"success": success, "errors": list(errors), "messages": list(messages), "result": result})


def error(code: int, message: str, *chain: tuple[int, str]) -> dict[str, object]:
    said = {"code": code, "message": message}
    return said | ({"error_chain": [{"code": c, "message": m} for c, m in chain]} if chain else {})


def always(status: int, text: str, headers: Mapping[str, str] | None = None) -> httpx.MockTransport:
    return httpx.MockTransport(lambda request: httpx.Response(status, text=text, headers=dict(headers or {})))


async def sent(transport: httpx.MockTransport, secrets: Mapping[str, str] | None = None) -> Receipt:
    provider = cloudflare(transport, secrets=secrets)
    try:
        return await provider.send(provider.plan(wish(Kind.URL, A))[0], REFERENCE)
    finally:
        await provider.close()


@pytest.mark.parametrize(
    ("text", "headers", "expected"),
    [
        pytest.param(envelope(success=True, result={"id": "9a7806"}), {}, Receipt(id="9a7806"), id="an-id"),
        pytest.param(envelope(success=True), {}, Receipt(), id="no-result"),
        pytest.param('{"success": true}', {}, Receipt(), id="nothing-else"),
        pytest.param('{"success": true, "errors": null, "messages": null}', {}, Receipt(), id="nulls"),
        pytest.param(
            envelope(success=True, messages=[error(10000, "All is well"), "and more"]),
            {},
            Receipt(note="All is well and more"),
            id="messages-are-no-errors",
        ),
        pytest.param(
            envelope(success=True),
            {"Ratelimit": '"default";r=50;t=30', "Ratelimit-Policy": '"burst";q=100;w=60'},
            Receipt(left=(("api", 50.0, 30.0),)),
            id="what-is-left",
        ),
        pytest.param(
            envelope(success=True),
            {"Ratelimit": '"default";r=7;t=1, "burst";t=9;r=0'},
            Receipt(left=(("api", 7.0, 1.0), ("api", 0.0, 9.0))),
            id="a-list-of-what-is-left",
        ),
        pytest.param(
            envelope(success=True), {"Ratelimit": "limit=5; remaining=x"}, Receipt(), id="what-is-left-in-another-form"
        ),
    ],
)
async def test_a_yes_becomes_a_receipt(text: str, headers: Mapping[str, str], expected: Receipt) -> None:
    assert expected == await sent(always(200, text, headers))


GIVE = f'Give the one in `token` "Zone → Cache Purge" for zone {ZONE}, or mend `zone` if that is not the zone\'s id.'
SHAPE = "Put an API token under `token`, whole and without blanks; a Global API Key goes under `key` with `email`."
MEND_ZONE = "Set `zone` to the 32 hex digits on the domain's overview page: not its name, not the account id."
REPORT = "Report it with what Cloudflare said. If it speaks of too many or too much, lower `per_call` or `max_bytes`."
WITHIN = f"Check that each is of zone {ZONE}."
BETTER = "Set `token` to an API token instead of `email` and `key`."
MAKE_TOKEN = (
    "Copy the token into `token` again, or make one (My Profile or Manage Account, API Tokens) with "
    f'"Zone → Cache Purge" for zone {ZONE}.'
)
STATUS = "See https://www.cloudflarestatus.com and any proxy on the way; once all is well there, retry."
LOST = (
    "It may have been done already: look at the edge, or retry. "
    "If it stays, see https://www.cloudflarestatus.com and any proxy on the way."
)


@pytest.mark.parametrize(
    ("status", "text", "expected", "told"),
    [
        pytest.param(
            403, envelope(error(10000, "Authentication error")), BadCredentials,
            f'The token may not purge zone {ZONE}. {GIVE} It said: "Authentication error (10000)".', id="10000",
        ),
        pytest.param(
            403, envelope(error(9109, "Cannot use the access token from location: 192.0.2.7")), BadCredentials,
            "The token may not be used from the address of this machine. "
            "Let that address in for the token in `token`: My Profile or Manage Account, API Tokens, Client IP Address "
            "Filtering. "
            'It said: "Cannot use the access token from location: 192.0.2.7 (9109)".', id="9109-from-here",
        ),
        pytest.param(
            403, envelope(error(9109, "Invalid access token")), BadCredentials,
            "Cloudflare does not take the token: it is wrong, revoked or has expired. "
            f'{MAKE_TOKEN} It said: "Invalid access token (9109)".', id="9109-wrong-or-expired",
        ),
        pytest.param(
            401, envelope(error(1000, "Invalid API Token")), BadCredentials,
            f'Cloudflare does not know the token. {MAKE_TOKEN} It said: "Invalid API Token (1000)".', id="1000",
        ),
        pytest.param(
            400, envelope(error(6003, "Invalid request headers", (6111, "Invalid format for Authorization header"))),
            BadCredentials,
            f"Cloudflare cannot read the token. {SHAPE} "
            'It said: "Invalid request headers (6003): Invalid format for Authorization header (6111)".',
            id="6003-6111",
        ),
        pytest.param(
            400, envelope(error(6003, "Invalid request headers", (6103, "Invalid format for X-Auth-Key header"))),
            BadCredentials,
            f"Cloudflare cannot read `key`. {SHAPE} "
            'It said: "Invalid request headers (6003): Invalid format for X-Auth-Key header (6103)".', id="6003-6103",
        ),
        pytest.param(
            400, envelope(error(6003, "Invalid request headers", (6102, "Invalid format for X-Auth-Email header"))),
            BadCredentials,
            f"Cloudflare cannot read `email`. Write the account's e-mail address. {BETTER} "
            'It said: "Invalid request headers (6003): Invalid format for X-Auth-Email header (6102)".', id="6003-6102",
        ),
        pytest.param(
            400, envelope(error(6003, "Invalid request headers")), BadCredentials,
            f'Cloudflare cannot read the credentials. {SHAPE} It said: "Invalid request headers (6003)".', id="6003",
        ),
        pytest.param(
            400, envelope(error(9103, "Unknown X-Auth-Key or X-Auth-Email")), BadCredentials,
            f"Cloudflare knows no such e-mail address with this key. Check `email` and `key`. {BETTER} "
            'It said: "Unknown X-Auth-Key or X-Auth-Email (9103)".', id="9103",
        ),
        pytest.param(
            400, envelope(error(9106, "Missing X-Auth-Email header")), BadCredentials,
            f'Cloudflare saw no e-mail address. {BETTER} It said: "Missing X-Auth-Email header (9106)".', id="9106",
        ),
        pytest.param(
            400, envelope(error(9107, "Missing X-Auth-Key header")), BadCredentials,
            f'Cloudflare saw no key. {BETTER} It said: "Missing X-Auth-Key header (9107)".', id="9107",
        ),
        pytest.param(
            429, envelope(error(10502, "Too many authentication failures")), BadCredentials,
            "Cloudflare locked us out after too many wrong credentials. "
            "Mend `token` first, wait some minutes, then retry. "
            'It said: "Too many authentication failures (10502)".', id="10502-is-not-throttling",
        ),
        pytest.param(
            404, envelope(error(7003, "No route to /zones/x"), error(7000, "No route for that URI")), WrongAddress,
            f"Cloudflare knows no zone {ZONE}. {MEND_ZONE} "
            'It said: "No route to /zones/x (7003): No route for that URI (7000)".', id="7003-7000",
        ),
        pytest.param(
            400, envelope(error(7003, "Could not route to /zones/shop.test"), error(7000, "No route for that URI")),
            WrongAddress,
            f"Cloudflare knows no zone {ZONE}. {MEND_ZONE} "
            'It said: "Could not route to /zones/shop.test (7003): No route for that URI (7000)".', id="7003-with-400",
        ),
        pytest.param(
            400, envelope(error(7000, "No route for that URI")), WrongAddress,
            f'Cloudflare knows no zone {ZONE}. {MEND_ZONE} It said: "No route for that URI (7000)".', id="7000",
        ),
        pytest.param(
            400, envelope(error(1136, "URL purge is not possible for this environment")), Refused,
            f"Zone {ZONE} chooses its version by visitor, so single URLs cannot be purged there. "
            "Purge a prefix, tag, host or everything instead. "
            'It said: "URL purge is not possible for this environment (1136)".', id="1136",
        ),
        pytest.param(
            400, envelope(error(1082, "You can only purge files of this zone")), Refused,
            f"A URL is not of zone {ZONE}. Purge it through the zone that its host belongs to. "
            'It said: "You can only purge files of this zone (1082)".', id="1082",
        ),
        pytest.param(
            400, envelope(error(1015, "Unable to purge url")), Refused,
            f'Cloudflare does not take one of these URLs. {WITHIN} It said: "Unable to purge url (1015)".', id="1015",
        ),
        pytest.param(
            400, envelope(error(1016, "Unable to purge any url")), Refused,
            f'Cloudflare takes none of these URLs. {WITHIN} It said: "Unable to purge any url (1016)".', id="1016",
        ),
        pytest.param(
            400, envelope(error(1017, "Unable to purge all")), Refused,
            f"Cloudflare did not empty zone {ZONE}. Retry in some minutes, or purge the host. "
            'It said: "Unable to purge all (1017)".', id="1017",
        ),
        pytest.param(
            400, envelope(error(1084, "Unable to purge")), Refused,
            f'Cloudflare does not take these URLs. {WITHIN} It said: "Unable to purge (1084)".', id="1084",
        ),
        pytest.param(
            400, envelope(error(1107, "Only enterprise zones can purge by tag")), Refused,
            f"The plan of zone {ZONE} takes no tags. Purge URLs or a prefix instead. "
            'It said: "Only enterprise zones can purge by tag (1107)".', id="1107",
        ),
        pytest.param(
            400, envelope(error(1012, "Request must contain one of files, tags, …")), Unexpected,
            f"Cloudflare saw nothing to purge in the call. {REPORT} "
            'It said: "Request must contain one of files, tags, … (1012)".', id="1012",
        ),
        pytest.param(
            400, envelope(error(1013, "purge_everything must be true")), Unexpected,
            f"Cloudflare does not take the word for everything. {REPORT} "
            'It said: "purge_everything must be true (1013)".', id="1013",
        ),
        pytest.param(
            400, envelope(error(1014, "tags must be an array")), Unexpected,
            f"Cloudflare cannot read the list of what to purge. {REPORT} "
            'It said: "tags must be an array (1014)".', id="1014",
        ),
        pytest.param(
            400, envelope(error(4242, "Too many tags: the maximum is 100")), Refused,
            "Cloudflare takes fewer targets in one call. "
            "Lower `per_call` of this account to the number that Cloudflare names. "
            'It said: "Too many tags: the maximum is 100 (4242)".', id="too-many-in-a-call",
        ),
        pytest.param(
            400, envelope(error(4242, "Too odd")), Unexpected,
            f"Cloudflare answered 400 in a way purgebot does not know. {REPORT} "
            'It said: "Too odd (4242)".', id="an-unknown-code",
        ),
        pytest.param(
            413, "<html><center><h1>413 Request Entity Too Large</h1></center></html>", Refused,
            "Cloudflare, or a proxy on the way, takes no call this long: status 413. "
            "What answers there said “413 Request Entity Too Large”. Lower `max_bytes` of this account.", id="413",
        ),
        pytest.param(
            500, envelope(error(4242, "Internal server error")), Unavailable,
            f'Cloudflare answered 500. {STATUS} It said: "Internal server error (4242)".', id="500",
        ),
        pytest.param(
            504, envelope(error(4242, "Timed out")), OutcomeUnknown,
            f'Cloudflare answered 504: its answer was lost on the way. {LOST} It said: "Timed out (4242)".', id="504",
        ),
        pytest.param(
            524, "<html><body>error code: 524</body></html>", OutcomeUnknown,
            "Cloudflare answered 524: its answer was lost on the way. What answers there said “error code: 524”. "
            f"{LOST}", id="524",
        ),
        pytest.param(
            400, envelope(messages=["Something is off"]), Unexpected,
            f'Cloudflare answered 400 in a way purgebot does not know. {REPORT} It said: "Something is off".',
            id="no-errors-and-text-only-in-messages",
        ),
        pytest.param(
            200, envelope(error(10000, "Authentication error")), BadCredentials,
            f'The token may not purge zone {ZONE}. {GIVE} It said: "Authentication error (10000)".',
            id="success-false-with-200",
        ),
        pytest.param(
            200, envelope(), Unexpected,
            f"Cloudflare answered 200 in a way purgebot does not know. {REPORT}", id="success-false-without-a-word",
        ),
        pytest.param(
            400, '{"success": false, "errors": ["plain words", {"code": "1082", "message": null}], "messages": null}',
            Refused,
            f"A URL is not of zone {ZONE}. Purge it through the zone that its host belongs to. "
            'It said: "plain words: (1082)".', id="errors-of-an-odd-shape",
        ),
        pytest.param(
            403, "<html><body>You have been blocked</body></html>", BadCredentials,
            f"Cloudflare refused a call for zone {ZONE}. What answers there said “You have been blocked”. "
            f'Give the one in `token` "Zone → Cache Purge" for zone {ZONE}. Check that this machine is not blocked.',
            id="a-page-with-403",
        ),
        pytest.param(
            407, "<html><body>Sign in</body></html>", BadCredentials,
            "A proxy on the way to Cloudflare wants a login (407). What answers there said “Sign in”. Let this machine "
            "pass there without one, or set `api_url` to another way.", id="407",
        ),
        pytest.param(
            200, "<html><body>Sign in to the hotel's network</body></html>", WrongAddress,
            "What answers for Cloudflare is not its API: status 200, and no JSON of its shape. "
            "What answers there said “Sign in to the hotel's network”. "
            "Check `api_url`, and any proxy on the way to it.",
            id="a-page-with-200",
        ),
        pytest.param(
            403, envelope(error(10000, "x" * 300)), BadCredentials,
            f'The token may not purge zone {ZONE}. {GIVE} It said: "{"x" * 200}".', id="its-words-are-cut",
        ),
    ],
)  # fmt: skip
async def test_a_no_becomes_an_error_that_says_what_to_do(
    status: int, text: str, expected: type[PurgeError], told: str
) -> None:
    with pytest.raises(PurgeError) as caught:
        await sent(always(status, text))
    assert (expected, told) == (type(caught.value), str(caught.value))


FEWER = (
    "Cloudflare asks for fewer calls. Wait 5 minutes, then retry. Others may spend the same limits, with this user's "
    "tokens or on this account's zones: if so, lower `api`, `bulk` or `urls` under `pace` to leave them room."
)
FEWER_URLS = (
    "Cloudflare asks for fewer URLs. Wait a minute, then retry. Check that `tier` is the zone's plan; where others "
    "purge the account's zones too, lower `urls` under `pace` to leave them room."
)


@pytest.mark.parametrize(
    ("status", "text", "told"),
    [
        pytest.param(429, envelope(error(971, "Please wait and consider throttling")), FEWER, id="971"),
        pytest.param(429, envelope(error(10429, "Rate limited")), FEWER, id="10429"),
        pytest.param(400, envelope(error(1083, "Unable to purge url")), FEWER_URLS, id="1083-with-400"),
        pytest.param(429, envelope(error(1083, "Unable to purge url, rate limit reached")), FEWER_URLS, id="1083"),
        pytest.param(400, envelope(error(971, "Please wait")), FEWER, id="971-with-400"),
        pytest.param(429, "", FEWER, id="429-without-a-word"),
        pytest.param(429, envelope(error(9999, "Slow down")), FEWER, id="429-with-an-unknown-code"),
    ],
)
async def test_a_throttled_call_waits_as_told(status: int, text: str, told: str) -> None:
    with pytest.raises(Throttled) as caught:
        await sent(always(status, text, {"Retry-After": "7"}))
    assert (told, 7.0) == (f"{caught.value.what} {caught.value.advice}", caught.value.retry_after)


@pytest.mark.parametrize("token", ["two words", "line\nend", "café"])
async def test_a_token_that_cannot_be_one_is_not_sent(token: str) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, text=envelope(success=True))

    with pytest.raises(BadCredentials, match="`token` of this account holds a blank"):
        await sent(httpx.MockTransport(answer), {"token": token})
    assert [] == asked


@pytest.mark.parametrize(
    ("secrets", "expected"),
    [
        pytest.param({"token": "t0ken\n"}, {"authorization": "Bearer t0ken"}, id="a-token-from-a-file"),
        pytest.param({"key": "k3y"}, {"x-auth-email": "ops@shop.test", "x-auth-key": "k3y"}, id="a-legacy-key"),
    ],
)
async def test_credentials_join_while_sending(secrets: Mapping[str, str], expected: Mapping[str, str]) -> None:
    seen: dict[str, str] = {}

    def answer(request: httpx.Request) -> httpx.Response:
        seen.update(request.headers.items())
        return httpx.Response(200, text=envelope(success=True))

    provider = cloudflare(httpx.MockTransport(answer), {"email": "ops@shop.test"}, secrets)
    await provider.send(provider.plan(wish(Kind.URL, A))[0], REFERENCE)
    await provider.close()
    assert expected == {name: seen[name] for name in ("authorization", "x-auth-email", "x-auth-key") if name in seen}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param({"cf-cache-status": "HIT", "cf-ray": "8c1-FRA"}, Sighting(Cached.HIT, "HIT", "FRA"), id="hit"),
        pytest.param({"cf-cache-status": "MISS", "cf-ray": "8c1-SJC"}, Sighting(Cached.MISS, "MISS", "SJC"), id="miss"),
        pytest.param({"cf-cache-status": "EXPIRED"}, Sighting(Cached.EXPIRED, "EXPIRED"), id="expired"),
        pytest.param({"cf-cache-status": "REVALIDATED"}, Sighting(Cached.REVALIDATED, "REVALIDATED"), id="revalidated"),
        pytest.param({"cf-cache-status": "UPDATING"}, Sighting(Cached.STALE, "UPDATING"), id="updating"),
        pytest.param({"cf-cache-status": "STALE"}, Sighting(Cached.STALE, "STALE"), id="stale"),
        pytest.param({"cf-cache-status": "BYPASS"}, Sighting(Cached.UNCACHED, "BYPASS"), id="bypass"),
        pytest.param({"cf-cache-status": "DYNAMIC"}, Sighting(Cached.UNCACHED, "DYNAMIC"), id="dynamic"),
        pytest.param({"cf-cache-status": "NONE/UNKNOWN"}, Sighting(Cached.UNKNOWN, "NONE/UNKNOWN"), id="none"),
        pytest.param({"cf-cache-status": "hit"}, Sighting(Cached.HIT, "hit"), id="lower-case"),
        pytest.param({"cf-cache-status": "BRANDNEW"}, Sighting(Cached.UNKNOWN, "BRANDNEW"), id="a-new-word"),
        pytest.param({"cf-ray": "8c1"}, Sighting(), id="a-ray-without-a-place"),
        pytest.param({"cf-ray": "8c1-<script>"}, Sighting(), id="a-ray-that-lies"),
        pytest.param({}, Sighting(), id="not-cloudflare"),
    ],
)
def test_a_sighting_is_read_from_its_headers(headers: Mapping[str, str], expected: Sighting) -> None:
    assert expected == cloudflare().sighting(headers)


DENIED = (403, envelope(error(10000, "Authentication error")))
NOTHING_TO_PURGE = (400, envelope(error(1012, "Request must contain one of …")))
VERIFIED = envelope(success=True, result={"status": "active"}, messages=[error(10000, "This API Token is valid")])
PRO_ZONE = envelope(success=True, result={"name": "shop.test", "plan": {"legacy_id": "pro"}})
FREE_ZONE = envelope(success=True, result={"name": "shop.test", "plan": {"legacy_id": "free"}})


@pytest.mark.parametrize(
    ("answers", "secrets", "expected"),
    [
        pytest.param(
            {"purge_cache": NOTHING_TO_PURGE, ZONE: (200, PRO_ZONE)}, {},
            (Health.GOOD, "Cloudflare takes purges of zone shop.test from this account.", ""), id="good",
        ),
        pytest.param(
            {"purge_cache": NOTHING_TO_PURGE, ZONE: DENIED}, {},
            (Health.GOOD, f"Cloudflare takes purges of zone {ZONE} from this account.", ""), id="may-only-purge",
        ),
        pytest.param(
            {"purge_cache": NOTHING_TO_PURGE, ZONE: (200, FREE_ZONE)}, {},
            (
                Health.DOUBTFUL, "Cloudflare takes purges of zone shop.test from this account.",
                "Set `tier: free`: the zone is on that plan, not on pro.",
            ), id="another-plan",
        ),
        pytest.param(
            {"purge_cache": NOTHING_TO_PURGE, ZONE: (200, PRO_ZONE)}, {"key": "k3y"},
            (
                Health.DOUBTFUL, "Cloudflare takes purges of zone shop.test from this account.",
                'It uses the Global API Key, which may do everything. Make a token with only "Zone → Cache Purge".',
            ), id="the-global-key",
        ),
        pytest.param(
            {"purge_cache": DENIED, "verify": (200, VERIFIED)}, {},
            (Health.BAD, f"The token is active, but may not purge zone {ZONE}.", GIVE), id="without-permission",
        ),
        pytest.param(
            {"purge_cache": DENIED, "verify": DENIED}, {},
            (Health.BAD, f"The token may not purge zone {ZONE}.", GIVE), id="not-known-at-all",
        ),
        pytest.param(
            {"purge_cache": (404, envelope(error(7003, "Could not route")))}, {},
            (Health.BAD, f"Cloudflare knows no zone {ZONE}.", MEND_ZONE), id="no-such-zone",
        ),
    ],
)  # fmt: skip
async def test_the_doctor_finds_whether_the_account_may_purge_the_zone(
    answers: Mapping[str, tuple[int, str]], secrets: Mapping[str, str], expected: tuple[Health, str, str]
) -> None:
    bodies = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(request.content)
        status, text = answers[request.extensions["target"].decode().rpartition("/")[2]]
        return httpx.Response(status, text=text)

    provider = cloudflare(httpx.MockTransport(answer), secrets=secrets)
    probe = await provider.probe(LAYER)
    await provider.close()
    assert expected == (probe.health, probe.what, probe.advice)
    assert {b"{}", b""} >= set(bodies)


@pytest.mark.parametrize(
    ("answer", "secrets", "expected"),
    [
        pytest.param(
            (200, VERIFIED), {}, (Health.GOOD, "The token is active; no site names a zone for it."), id="active"
        ),
        pytest.param(
            (200, envelope(success=True, result={"status": "expired"})),
            {},
            (Health.BAD, "The token is not active."),
            id="expired",
        ),
        pytest.param(DENIED, {}, (Health.BAD, "The token is not active."), id="unknown"),
        pytest.param(
            DENIED,
            {"key": "k3y"},
            (Health.DOUBTFUL, "No site uses this account, so there is no zone to try it on."),
            id="a-legacy-key",
        ),
    ],
)
async def test_the_doctor_tries_a_token_that_no_site_uses(
    answer: tuple[int, str], secrets: Mapping[str, str], expected: tuple[Health, str]
) -> None:
    provider = cloudflare(always(*answer), secrets=secrets)
    probe = await provider.probe({})
    await provider.close()
    assert expected == (probe.health, probe.what)


async def test_the_doctor_asks_nothing_about_a_zone_that_cannot_be_one() -> None:
    probe = await cloudflare().probe({"zone": "shop.test"})
    what = "`shop.test` under `zone` is not a zone's id, 32 hex digits in small letters."
    advice = f"Write it like `zone: {ZONE}`: the zone's id, 32 hex digits, on the domain's overview page."
    assert (Health.BAD, what, advice) == (probe.health, probe.what, probe.advice)
