"""Akamai: wish to calls, recorded answer to receipt or error, headers to sighting, and what the doctor finds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import httpx
import pytest

from providers.akamai import Akamai
from providers.contract import (
    Account,
    Cached,
    Call,
    Confirmation,
    Health,
    Kind,
    Pace,
    Purge,
    Receipt,
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
from tests.providers.manners import REFERENCE

HOST = "akaa-baseurl-xxxxxxxxxxx-xxxxxxxxxxxxx.luna.akamaiapis.net"
EDGERC = f"""[default]
host = {HOST}
client_token = akab-client-token-xxx-xxxxxxxxxxxxxxxx
client_secret = {"x" * 43}=
access_token = akab-access-token-xxx-xxxxxxxxxxxxxxxx
"""
AT = datetime(2014, 3, 21, 19, 34, 21, tzinfo=UTC)
NONCE = "nonce-xx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
A, B = "https://www.shop.test/a?b=1", "https://www.shop.test/b"
LAYER = {"cpcodes": "12345, 98765"}


def akamai(
    transport: httpx.AsyncBaseTransport | None = None,
    settings: Mapping[str, str] | None = None,
    edgerc: str = EDGERC,
    pace: Mapping[str, Pace] | None = None,
    per_call: Mapping[Kind, int] | None = None,
) -> Akamai:
    account = Account("ak", settings or {}, {"edgerc": edgerc}, pace or {}, per_call or {})
    return Akamai(account, transport, lambda: AT, lambda: NONCE)


def wish(kind: Kind, *targets: str, soft: bool = False, layer: Mapping[str, str] = LAYER) -> Purge:
    return Purge(kind, targets, soft, layer, ("www.shop.test",))


PLANS = [
    pytest.param(
        wish(Kind.URL, A, B), "/ccu/v3/delete/url/production", f'{{"objects":["{A}","{B}"]}}', ("urls", 2), id="urls"
    ),
    pytest.param(
        wish(Kind.URL, A, A), "/ccu/v3/delete/url/production", f'{{"objects":["{A}"]}}', ("urls", 1), id="twice"
    ),
    pytest.param(
        wish(Kind.URL, A, soft=True),
        "/ccu/v3/invalidate/url/production",
        f'{{"objects":["{A}"]}}',
        ("urls", 1),
        id="soft",
    ),
    pytest.param(
        wish(Kind.TAG, "black-friday", "laptops", layer={"network": "staging"}),
        "/ccu/v3/delete/tag/staging",
        '{"objects":["black-friday","laptops"]}',
        ("tags", 2),
        id="tags-on-staging",
    ),
    pytest.param(
        wish(Kind.TAG, "a", soft=True),
        "/ccu/v3/invalidate/tag/production",
        '{"objects":["a"]}',
        ("tags", 1),
        id="soft-tag",
    ),
    pytest.param(
        wish(Kind.EVERYTHING),
        "/ccu/v3/delete/cpcode/production",
        '{"objects":[12345,98765]}',
        ("cpcodes", 2),
        id="everything-is-its-cp-codes",
    ),
    pytest.param(
        wish(Kind.EVERYTHING, soft=True, layer={"cpcodes": "007,7, 8", "network": "production"}),
        "/ccu/v3/invalidate/cpcode/production",
        '{"objects":[7,8]}',
        ("cpcodes", 2),
        id="a-cp-code-is-a-number",
    ),
]


@pytest.mark.parametrize(("asked", "path", "body", "cost"), PLANS)
def test_a_wish_becomes_a_call(asked: Purge, path: str, body: str, cost: tuple[str, int]) -> None:
    targets = tuple(dict.fromkeys(asked.targets))
    expected = Call(
        asked.kind, "POST", path, targets, (("requests", 1), cost), (("Content-Type", "application/json"),), body
    )
    assert [expected] == akamai().plan(asked)


def test_an_account_switch_key_is_in_every_target() -> None:
    call = akamai(settings={"account_switch_key": "1-5BYUG1:1-8BYUX"}).plan(wish(Kind.URL, A))[0]
    assert "/ccu/v3/delete/url/production?accountSwitchKey=1-5BYUG1:1-8BYUX" == call.path


def numbered(n: int, rest: str = "") -> tuple[str, ...]:
    return tuple(f"https://www.shop.test/{i:05}{rest}" for i in range(n))


def objects(calls: Sequence[Call]) -> list[int]:
    return [len(json.loads(call.body)["objects"]) for call in calls]


@pytest.mark.parametrize(
    ("asked", "per_call", "pace", "expected"),
    [
        pytest.param(wish(Kind.URL, *numbered(61)), {Kind.URL: 30}, {}, [30, 30, 1], id="30-urls-if-told"),
        pytest.param(wish(Kind.URL, *numbered(61)), {}, {"urls": Pace(1, 1, 40)}, [40, 21], id="no-more-than-a-bucket"),
        pytest.param(wish(Kind.TAG, *(f"t{i}" for i in range(5001))), {}, {}, [5000, 1], id="5000-tags"),
        pytest.param(
            wish(Kind.EVERYTHING, layer={"cpcodes": ",".join(str(i + 1) for i in range(301))}),
            {},
            {},
            [300, 1],
            id="300-cp-codes",
        ),
        pytest.param(wish(Kind.URL, *numbered(1700, "x")), {}, {}, [1610, 90], id="by-bytes"),
    ],
)
def test_a_call_holds_what_is_allowed(
    asked: Purge, per_call: Mapping[Kind, int], pace: Mapping[str, Pace], expected: list[int]
) -> None:
    assert expected == objects(akamai(per_call=per_call, pace=pace).plan(asked))


def test_a_body_comes_near_to_50_000_bytes_and_not_over() -> None:
    first = akamai().plan(wish(Kind.URL, *numbered(1700, "x")))[0]
    assert (True, True) == (49_800 < len(first.body.encode()), len(first.body.encode()) <= 50_000)


POSSIBLE = "Name URLs, tags, or everything instead."
TAGS = "is not a tag of Akamai's: at most 128 letters, digits and & ' ^ - $ ! ` # % . + ~ _ | /. "
MEND = "Mend it, or name something wider."


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(wish(Kind.PREFIX, "www.shop.test/a"), f"Akamai purges no prefixes here. {POSSIBLE}", id="prefix"),
        pytest.param(wish(Kind.HOST, "www.shop.test"), f"Akamai purges no hosts here. {POSSIBLE}", id="host"),
        pytest.param(
            wish(Kind.PATTERN, "www.shop.test/*a"), f"Akamai purges no patterns here. {POSSIBLE}", id="pattern"
        ),
        pytest.param(wish(Kind.PATH, "/a"), f"Akamai purges no paths here. {POSSIBLE}", id="path"),
        pytest.param(
            wish(Kind.EVERYTHING, layer={}),
            "Akamai has no call for everything, and this layer names no CP codes. "
            "Set `cpcodes` to those that hold the site, or name URLs or tags.",
            id="no-cp-codes",
        ),
        pytest.param(
            wish(Kind.EVERYTHING, layer={"cpcodes": "shop"}),
            "`shop` under `cpcodes` is not a list of CP codes with commas between. "
            "Write it like `cpcodes: 123456, 123457`: what *everything* is: CP codes with commas between.",
            id="a-name-as-cp-code",
        ),
        pytest.param(
            wish(Kind.URL, A, layer={"network": "development"}),
            "`development` is no choice of `network`. Write production or staging.",
            id="no-such-network",
        ),
        pytest.param(
            wish(Kind.URL, "https://www.shop.test/é"),
            "`https://www.shop.test/é` is not as it goes on the wire. Percent-encode it.",
            id="beyond-ascii",
        ),
        pytest.param(
            wish(Kind.URL, "/a"),
            "`/a` is not a whole URL. Write it with scheme, host and path, without #.",
            id="a-path-as-url",
        ),
        pytest.param(
            wish(Kind.URL, f"{B}#top"),
            f"`{B}#top` is not a whole URL. Write it with scheme, host and path, without #.",
            id="#",
        ),
        pytest.param(wish(Kind.TAG, "a:b"), f"`a:b` {TAGS}{MEND}", id="a-tag-with-a-colon"),
        pytest.param(
            wish(Kind.TAG, "a b"),
            "`a b` is not a tag as it goes on the wire. Write it in visible ASCII, without blanks.",
            id="a-tag-with-a-blank",
        ),
        pytest.param(wish(Kind.TAG, "a\\b"), f"`a\\b` {TAGS}{MEND}", id="a-tag-with-a-backslash"),
        pytest.param(wish(Kind.TAG, "t" * 129), f"`{'t' * 80}` {TAGS}{MEND}", id="a-tag-too-long"),
        pytest.param(
            wish(Kind.URL, "https://w.test/" + "x" * 50_000),
            f"`https://w.test/{'x' * 45}…` is longer than a call may be (50,000 bytes). "
            "Name tags or everything instead. Or raise `max_bytes`.",
            id="a-url-too-long",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_while_planning(asked: Purge, expected: str) -> None:
    with pytest.raises(UnsupportedWish) as caught:
        akamai().plan(asked)
    assert expected == str(caught.value)


def test_every_letter_that_akamai_allows_in_a_tag_is_taken() -> None:
    tag = "aZ09&'^-$!`#%.+~_|/"
    assert [tag] == json.loads(akamai().plan(wish(Kind.TAG, tag))[0].body)["objects"]


@pytest.mark.parametrize(
    ("bucket", "expected"),
    [
        ("requests", (50, 1, 100, False)),
        ("urls", (200, 1, 10_000, False)),
        ("cpcodes", (30, 60, 300, False)),
        ("tags", (500, 60, 5_000, False)),
    ],
)
def test_limits_are_those_of_the_facts(bucket: str, expected: tuple[float, float, float, bool]) -> None:
    can = akamai().can
    pace = can.pace[bucket]
    assert (expected, "2026-11-23") == ((pace.rate, pace.per, pace.burst, pace.window), pace.checked)
    assert (50_000, Confirmation.ESTIMATE) == (can.max_bytes, can.confirmation)


# Answers

LEFT = {
    "X-Ratelimit-Limit": "100",
    "X-Ratelimit-Remaining": "99.5",
    "X-Ratelimit-Limit-Per-Second": "50.00",
    "X-Ratelimit-Seconds-To-Refresh-Limit": "0.01",
    "X-Ratelimit-Limit-Objects": "10000",
    "X-Ratelimit-Remaining-Objects": "9998",
    "X-Ratelimit-Limit-Per-Second-Objects": "200.00",
    "X-Ratelimit-Seconds-To-Refresh-Limit-Objects": "1",
}
SPENT = LEFT | {
    "X-Ratelimit-Limit-Objects": "300",
    "X-Ratelimit-Remaining-Objects": "0",
    "X-Ratelimit-Limit-Per-Second-Objects": "0.5",
    "X-Ratelimit-Seconds-To-Refresh-Limit-Objects": "600",
}
ID = "edcp-NZbXzFpHBjcJeryhw6PVgG"
YES = {"httpStatus": 201, "detail": "Request accepted", "estimatedSeconds": 5, "purgeId": ID, "supportId": ID}
NOTE = f"Request accepted (support id {ID})"


def always(status: int, doc: object, headers: Mapping[str, str] | None = None) -> httpx.MockTransport:
    text = doc if isinstance(doc, str) else json.dumps(doc)
    return httpx.MockTransport(lambda request: httpx.Response(status, text=text, headers=dict(headers or {})))


async def sent(transport: httpx.AsyncBaseTransport, asked: Purge | None = None, edgerc: str = EDGERC) -> Receipt:
    provider = akamai(transport, edgerc=edgerc)
    try:
        return await provider.send(provider.plan(asked or wish(Kind.URL, A, B))[0], REFERENCE)
    finally:
        await provider.close()


@pytest.mark.parametrize(
    ("doc", "headers", "kind", "expected"),
    [
        pytest.param(
            YES,
            LEFT,
            Kind.URL,
            Receipt(ID, NOTE, 5.0, left=(("requests", 99.5, 0.01), ("urls", 9998.0, 1.0))),
            id="urls",
        ),
        pytest.param(
            YES | {"purgeId": "5d38fa42-0bd3-11e8-8ea9-f4e4a2b1e0a9", "supportId": "17PY1517938"},
            {},
            Kind.TAG,
            Receipt("5d38fa42-0bd3-11e8-8ea9-f4e4a2b1e0a9", "Request accepted (support id 17PY1517938)", 5.0),
            id="an-older-answer",
        ),
        pytest.param(
            {"httpStatus": 201, "detail": "Request accepted", "supportId": ID},
            {},
            Kind.URL,
            Receipt(ID, NOTE, 5.0),
            id="only-what-is-required",
        ),
        pytest.param(YES | {"estimatedSeconds": 7.5}, {}, Kind.URL, Receipt(ID, NOTE, 7.5), id="another-estimate"),
        pytest.param(
            YES | {"estimatedSeconds": "soon"}, {}, Kind.URL, Receipt(ID, NOTE, 5.0), id="an-estimate-in-words"
        ),
        pytest.param(
            YES | {"estimatedSeconds": -1}, {}, Kind.URL, Receipt(ID, NOTE, 5.0), id="an-estimate-in-the-past"
        ),
        pytest.param(
            YES,
            SPENT,
            Kind.EVERYTHING,
            Receipt(ID, NOTE, 5.0, left=(("requests", 99.5, 0.01), ("cpcodes", 0.0, 2.0))),
            id="a-spent-budget",
        ),
        pytest.param(YES, {"X-Ratelimit-Remaining": "many"}, Kind.URL, Receipt(ID, NOTE, 5.0), id="odd-numbers"),
    ],
)
async def test_a_yes_becomes_a_receipt(doc: object, headers: Mapping[str, str], kind: Kind, expected: Receipt) -> None:
    asked = {Kind.URL: wish(Kind.URL, A), Kind.TAG: wish(Kind.TAG, "a"), Kind.EVERYTHING: wish(Kind.EVERYTHING)}[kind]
    assert expected == await sent(always(201, doc, headers), asked)


async def test_progress_adds_nothing_to_the_estimate() -> None:
    receipt = Receipt(ID, NOTE, 5.0)
    assert receipt == await akamai().progress(receipt)


def gateway(status: int, title: str, detail: str, kind: str = "deny") -> dict[str, object]:
    about = {"type": f"https://problems.luna.akamaiapis.net/-/pep-authn/{kind}", "title": title, "status": status}
    return about | {"detail": detail, "instance": f"https://{HOST}/ccu/v3", "method": "POST", "requestId": "28bb1c9"}


def problem(status: int, title: str, detail: str = "") -> dict[str, object]:
    about = {"httpStatus": status, "title": title, "detail": detail, "supportId": ID}
    return about | {"describedBy": "https://problems.purge.akamaiapis.net/-/pep-authn/x"}


SERVICE = 'Give the API client of `edgerc` the service "CCU APIs" with READ-WRITE'
REPORT = "Report it with what Akamai said."
BOTH = f"URLs {A}, {B}"
SKEWED = gateway(400, "Bad request", "Invalid timestamp", "request-error")
NTP = 'Set this machine\'s clock by NTP, then retry. It said: "Bad request: Invalid timestamp".'
FOREIGN = "https://www.other.test/a"
ADDRESS = "Check `host` in `edgerc`, `api_url`, and any proxy on the way to it."

NOES = [
    pytest.param(
        400,
        SKEWED,
        {"Date": "Fri, 21 Mar 2014 19:35:56 GMT"},
        BadCredentials,
        f"Akamai does not take the time of our signature: this machine's clock is 95 s behind Akamai's. {NTP}",
        id="a-clock-behind",
    ),
    pytest.param(
        400,
        SKEWED,
        {"Date": "Fri, 21 Mar 2014 18:34:21 GMT"},
        BadCredentials,
        f"Akamai does not take the time of our signature: this machine's clock is 3,600 s ahead of Akamai's. {NTP}",
        id="a-clock-ahead",
    ),
    pytest.param(
        400,
        SKEWED,
        {},
        BadCredentials,
        f"Akamai does not take the time of our signature: this machine's clock may be more than 30 s off. {NTP}",
        id="a-clock-off-by-nobody-knows",
    ),
    pytest.param(
        400,
        problem(400, "Invalid endpoint"),
        {},
        BadCredentials,
        f"The credentials of `edgerc` are not for purging. {SERVICE}, or set `section` to the one that has it. "
        'It said: "Invalid endpoint".',
        id="not-for-purging",
    ),
    pytest.param(
        400,
        problem(400, "bad URL hostname", "Invalid or malformed hostname"),
        {},
        Refused,
        f"Akamai does not take a host name in {BOTH}; none of it was purged. "
        "Check that each URL has a host that is served by Akamai. "
        'It said: "bad URL hostname: Invalid or malformed hostname".',
        id="bad-hostname",
    ),
    pytest.param(
        400,
        problem(400, "bad URL", "http://www.shop.test/é has é at 21"),
        {},
        Refused,
        f"Akamai does not take a URL in {BOTH}; none of it was purged. "
        "Write full URLs, with every letter beyond ASCII percent-encoded. "
        'It said: "bad URL: http://www.shop.test/é has é at 21".',
        id="bad-url",
    ),
    pytest.param(
        400,
        problem(400, "invalid attribute value", "objects: expected []string, received object"),
        {},
        Unexpected,
        f"Akamai cannot read the list of what to purge. {REPORT} "
        'It said: "invalid attribute value: objects: expected []string, received object".',
        id="not-a-list",
    ),
    pytest.param(
        400,
        problem(400, "brand new"),
        {},
        Unexpected,
        f'Akamai answered 400 in a way purgebot does not know. {REPORT} It said: "brand new".',
        id="a-new-400",
    ),
    pytest.param(
        401,
        gateway(401, "Not authorized", "The signature does not match"),
        {},
        BadCredentials,
        "Akamai finds that our signature does not match. "
        "Copy the section of `edgerc` again, whole: its host, tokens and secret belong together. "
        "A proxy on the way must pass Host, path and body on as they are. "
        'It said: "Not authorized: The signature does not match".',
        id="signature",
    ),
    pytest.param(
        401,
        gateway(401, "Not authorized", "Inactive client token"),
        {},
        BadCredentials,
        "The client token of `edgerc` is not active. "
        "Activate the API client of `edgerc` in Akamai Control Center, or make new credentials. "
        'It said: "Not authorized: Inactive client token".',
        id="inactive",
    ),
    pytest.param(
        401,
        gateway(401, "Not authorized", "Something new"),
        {},
        BadCredentials,
        "Akamai does not accept the credentials of `edgerc`. "
        f'Copy the section of `edgerc` again. {SERVICE}. It said: "Not authorized: Something new".',
        id="a-new-401",
    ),
    pytest.param(
        403,
        problem(403, "unauthorized arl", FOREIGN),
        {},
        BadCredentials,
        f"Akamai does not let this account purge `{FOREIGN}`, and purged none of this call. "
        "Give the API client of `edgerc` purge rights on the CP code behind that URL, and check that Akamai serves the "
        "host. "
        f'It said: "unauthorized arl: {FOREIGN}".',
        id="a-url-of-others",
    ),
    pytest.param(
        403,
        problem(403, "forbidden"),
        {},
        BadCredentials,
        f"Akamai does not let this account purge {BOTH}, and purged none of it. "
        f'{SERVICE} and purge rights on the CP codes behind that. It said: "forbidden".',
        id="another-403",
    ),
    pytest.param(
        404,
        problem(404, "Not Found"),
        {},
        WrongAddress,
        "Akamai has no such call at this address: status 404. "
        'Check `host` in `edgerc`, `section` and `api_url`. It said: "Not Found".',
        id="404",
    ),
    pytest.param(
        405,
        problem(405, "Method Not Allowed"),
        {},
        WrongAddress,
        "Akamai has no such call at this address: status 405. "
        'Check `host` in `edgerc`, `section` and `api_url`. It said: "Method Not Allowed".',
        id="405",
    ),
    pytest.param(
        410,
        problem(410, "Gone"),
        {},
        WrongAddress,
        "Akamai has no such call at this address: status 410. "
        'Check `host` in `edgerc`, `section` and `api_url`. It said: "Gone".',
        id="410",
    ),
    pytest.param(
        411,
        problem(411, "Length Required"),
        {},
        WrongAddress,
        "Akamai did not see how long this call is, which purgebot says. "
        'Check `api_url`, and let the proxy on the way pass Content-Length on. It said: "Length Required".',
        id="411",
    ),
    pytest.param(
        503,
        problem(503, "Service Unavailable"),
        {},
        Unavailable,
        "Akamai answered 503. "
        "See https://www.akamaistatus.com and any proxy on the way; once all is well there, retry. "
        'It said: "Service Unavailable".',
        id="503",
    ),
    pytest.param(
        504,
        problem(504, "Gateway Timeout"),
        {},
        OutcomeUnknown,
        "Akamai answered 504: its answer was lost on the way. It may have been done already: look at the edge, or "
        "retry. If it stays, see https://www.akamaistatus.com and any proxy on the way. "
        'It said: "Gateway Timeout".',
        id="504",
    ),
    pytest.param(
        408,
        problem(408, "Request Timeout"),
        {},
        Unavailable,
        "Akamai did not get the whole call in time, and took nothing of it. "
        "Check this machine's way out and any proxy on the way; a lower `max_bytes` makes calls shorter. "
        'It said: "Request Timeout".',
        id="408",
    ),
    pytest.param(
        413,
        problem(413, "Request Entity Too Large"),
        {},
        Refused,
        "Akamai finds this call too long. Lower `max_bytes`: Akamai takes 50,000 bytes in one body. "
        'It said: "Request Entity Too Large".',
        id="413",
    ),
    pytest.param(
        413,
        "<html>too large</html>",
        {},
        Refused,
        "A call to Akamai was found too long on the way. What answers there said “too large”. Lower `max_bytes`.",
        id="413-of-a-proxy",
    ),
    pytest.param(
        415,
        problem(415, "Unsupported Media Type"),
        {},
        Unexpected,
        "Akamai does not take this call as JSON. "
        "Check that a proxy on the way passes Content-Type on; else report it. "
        'It said: "Unsupported Media Type".',
        id="415",
    ),
    pytest.param(
        417,
        problem(417, "Expectation Failed", "Expect 100-continue header is not supported"),
        {},
        WrongAddress,
        "Akamai saw an Expect header, which purgebot does not send. "
        "Check `api_url`, and let the proxy on the way send no `Expect: 100-continue`. "
        'It said: "Expectation Failed: Expect 100-continue header is not supported".',
        id="417",
    ),
    pytest.param(
        500,
        problem(500, "internal error", "If problem persists over multiple requests, please contact Customer Care"),
        {},
        Unavailable,
        "Akamai answered 500. "
        "See https://www.akamaistatus.com and any proxy on the way; once all is well there, retry. "
        'It said: "internal error: If problem persists over multiple requests, please contact Customer Care".',
        id="500",
    ),
    pytest.param(
        200,
        "<html>Sign in to the hotel's network</html>",
        {},
        WrongAddress,
        f"What answers for Akamai is not its API: status 200, and no JSON of its shape. "
        f"What answers there said “Sign in to the hotel's network”. {ADDRESS}",
        id="a-page",
    ),
    pytest.param(
        200,
        YES,
        {},
        WrongAddress,
        f"What answers for Akamai is not its API: status 200, and no JSON of its shape. "
        f"What answers there said “{json.dumps(YES)[:200]}”. {ADDRESS}",
        id="a-yes-with-200-is-none",
    ),
    pytest.param(
        403,
        "<html>blocked</html>",
        {},
        BadCredentials,
        "A call to Akamai was refused on the way: status 403. What answers there said “blocked”. "
        "Check `api_url` and any proxy on the way, and that `edgerc` is of an API client for purging.",
        id="a-page-with-403",
    ),
    pytest.param(
        407,
        "<html>Sign in</html>",
        {},
        BadCredentials,
        "A proxy on the way to Akamai wants a login (407). What answers there said “Sign in”. "
        "Let this machine pass there without one, or set `api_url` to another way.",
        id="407",
    ),
]


@pytest.mark.parametrize(("status", "doc", "headers", "expected", "told"), NOES)
async def test_a_no_becomes_an_error_that_says_what_to_do(
    status: int, doc: object, headers: Mapping[str, str], expected: type[PurgeError], told: str
) -> None:
    with pytest.raises(PurgeError) as caught:
        await sent(always(status, doc, headers))
    assert (expected, told) == (type(caught.value), str(caught.value))


MANY = "1, 2, 3 and 2 more"


@pytest.mark.parametrize(
    ("asked", "expected", "rights"),
    [
        pytest.param(wish(Kind.EVERYTHING), "CP codes 12345, 98765", "these CP codes", id="cp-codes"),
        pytest.param(
            wish(Kind.EVERYTHING, layer={"cpcodes": "1,2,3,4,5"}), f"CP codes {MANY}", "these CP codes",
            id="many-cp-codes",
        ),
        pytest.param(wish(Kind.TAG, "sale"), "tag sale", "the CP codes behind that", id="a-tag"),
    ],
)  # fmt: skip
async def test_what_may_not_be_purged_is_named(asked: Purge, expected: str, rights: str) -> None:
    with pytest.raises(BadCredentials) as caught:
        await sent(always(403, problem(403, "forbidden")), asked)
    assert f"Akamai does not let this account purge {expected}, and purged none of it." == caught.value.what
    assert f"{SERVICE} and purge rights on {rights}." == caught.value.advice


def limited(title: str, limit: int, size: int, remaining: int) -> dict[str, object]:
    numbers = {"rateLimit": limit, "rateLimitCurrentRequestSize": size, "rateLimitRemaining": remaining}
    return problem(429, title) | numbers


def fewer(bucket: str) -> str:
    return (
        "Wait a minute, then retry. All API clients of the Akamai account share this limit: where others purge too, "
        f"lower `{bucket}` under `pace` to leave them room."
    )


TOO_MUCH = {
    "requests": ("Akamai asks for fewer calls.", fewer("requests")),
    "urls": ("Akamai asks for fewer URLs.", fewer("urls")),
    "cpcodes": ("Akamai asks for fewer CP codes.", fewer("cpcodes")),
    "tags": ("Akamai asks for fewer tags.", fewer("tags")),
    "": (
        "Akamai takes no more purges for now (507).",
        "See https://www.akamaistatus.com, wait some minutes, then retry; if it stays, ask Akamai's support.",
    ),
}
SLOW = LEFT | {"X-Ratelimit-Limit-Per-Second-Objects": "0.50"}


@pytest.mark.parametrize(
    ("status", "doc", "headers", "expected"),
    [
        pytest.param(429, limited("Rate Limit exceeded", 100, 1, 0), SLOW, ("requests", 5.0), id="calls"),
        pytest.param(429, limited("URL Rate Limit exceeded", 10_000, 110, 94), LEFT, ("urls", 5.0), id="urls"),
        pytest.param(429, limited("CPCODE Rate Limit exceeded", 300, 5, 1), SLOW, ("cpcodes", 8.0), id="cp-codes"),
        pytest.param(429, limited("TAG Rate Limit exceeded", 5_000, 45, 34), SLOW, ("tags", 22.0), id="tags"),
        pytest.param(429, limited("TAG Rate Limit exceeded", 5_000, 45, 34), {}, ("tags", 5.0), id="without-a-rate"),
        pytest.param(
            429, limited("Rate Limit exceeded", 100, 1, 0), {"Retry-After": "9"}, ("requests", 9.0), id="retry-after"
        ),
        pytest.param(507, problem(507, "Insufficient Storage", "denied because"), {}, ("", 5.0), id="507"),
    ],
)
async def test_a_throttled_call_waits_until_there_is_enough_again(
    status: int, doc: object, headers: Mapping[str, str], expected: tuple[str, float]
) -> None:
    with pytest.raises(Throttled) as caught:
        await sent(always(status, doc, headers))
    bucket, seconds = expected
    assert (*TOO_MUCH[bucket], seconds) == (caught.value.what, caught.value.advice, caught.value.retry_after)


@pytest.mark.parametrize(
    ("settings", "dialled"),
    [
        pytest.param({}, (f"https://{HOST}/", "/ccu/v3/invalidate/url/production"), id="as-the-edgerc-says"),
        pytest.param(
            {"api_url": "http://proxy.test:8080/akamai/"},
            ("http://proxy.test:8080/", "/akamai/ccu/v3/invalidate/url/production"),
            id="through-a-proxy",
        ),
    ],
)
async def test_a_call_is_signed_as_akamai_sees_it_wherever_it_is_dialled(
    settings: Mapping[str, str], dialled: tuple[str, str]
) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(201, text=json.dumps(YES))

    provider = akamai(httpx.MockTransport(answer), settings)
    call = provider.plan(wish(Kind.URL, "https://www.example.com/a.css", soft=True))[0]
    await provider.send(call, REFERENCE)
    await provider.close()
    signature = seen[0].headers["authorization"].rpartition("signature=")[2]
    assert dialled == (str(seen[0].url), seen[0].extensions["target"].decode())
    assert (HOST, "6cU0HXmdsmZJvA+XBv3o183uqOLuxjzXwwDV81pkIUw=") == (seen[0].headers["host"], signature)


async def test_an_edgerc_that_cannot_be_used_is_said_before_anything_is_sent() -> None:
    with pytest.raises(BadCredentials) as caught:
        await sent(never(), edgerc="[ccu]\n")
    expected = "The edgerc has no section `default`. Set `section` to one that it has: `ccu`."
    assert expected == str(caught.value)


def never() -> httpx.MockTransport:
    def answer(request: httpx.Request) -> httpx.Response:
        raise AssertionError(f"nothing may be asked, but {request.url} was")

    return httpx.MockTransport(answer)


# Sightings

FROM = "from a69-174-50-208.deploy.akamaitechnologies.com (AkamaiGHost/9.8.0) (-)"
PLACE = "a69-174-50-208"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param({"x-cache": f"TCP_HIT {FROM}"}, Sighting(Cached.HIT, "TCP_HIT", PLACE), id="hit"),
        pytest.param({"x-cache": f"TCP_MEM_HIT {FROM}"}, Sighting(Cached.HIT, "TCP_MEM_HIT", PLACE), id="mem-hit"),
        pytest.param({"x-cache": "TCP_IMS_HIT"}, Sighting(Cached.HIT, "TCP_IMS_HIT"), id="ims-hit"),
        pytest.param({"x-cache": "TCP_NEGATIVE_HIT"}, Sighting(Cached.HIT, "TCP_NEGATIVE_HIT"), id="negative-hit"),
        pytest.param({"x-cache": f"TCP_MISS {FROM}"}, Sighting(Cached.MISS, "TCP_MISS", PLACE), id="miss"),
        pytest.param({"x-cache": "TCP_REFRESH_HIT"}, Sighting(Cached.REVALIDATED, "TCP_REFRESH_HIT"), id="refresh-hit"),
        pytest.param({"x-cache": "TCP_REFRESH_MISS"}, Sighting(Cached.EXPIRED, "TCP_REFRESH_MISS"), id="refresh-miss"),
        pytest.param(
            {"x-cache": "TCP_REFRESH_FAIL_HIT"}, Sighting(Cached.STALE, "TCP_REFRESH_FAIL_HIT"), id="the-origin-is-down"
        ),
        pytest.param(
            {"x-cache": "TCP_EXPIRED_HIT"}, Sighting(Cached.UNKNOWN, "TCP_EXPIRED_HIT"), id="a-word-of-others"
        ),
        pytest.param(
            {"x-cache": f"TCP_MISS {FROM}", "x-cache-remote": "TCP_HIT from a1-2-3-4.deploy"},
            Sighting(Cached.MISS, "TCP_MISS, parent TCP_HIT", PLACE),
            id="a-parent",
        ),
        pytest.param(
            {"x-cache": f"TCP_MISS {FROM}", "x-check-cacheable": "NO"},
            Sighting(Cached.UNCACHED, "TCP_MISS", PLACE),
            id="not-cacheable",
        ),
        pytest.param(
            {"x-cache": f"TCP_MISS {FROM}", "x-check-cacheable": "YES"},
            Sighting(Cached.MISS, "TCP_MISS", PLACE),
            id="cacheable",
        ),
        pytest.param({"x-check-cacheable": "NO"}, Sighting(Cached.UNCACHED, "not cacheable"), id="only-that"),
        pytest.param(
            {"akamai-cache-status": "Hit from child"}, Sighting(Cached.HIT, "Hit from child"), id="status-hit"
        ),
        pytest.param(
            {"akamai-cache-status": "Miss from child, Hit from parent"},
            Sighting(Cached.MISS, "Miss from child, Hit from parent"),
            id="status-miss",
        ),
        pytest.param(
            {"akamai-cache-status": "RefreshHit from child"},
            Sighting(Cached.REVALIDATED, "RefreshHit from child"),
            id="status-refresh-hit",
        ),
        pytest.param(
            {"akamai-cache-status": "HitStale from child"},
            Sighting(Cached.STALE, "HitStale from child"),
            id="status-stale",
        ),
        pytest.param(
            {"akamai-cache-status": "Redirect from child"},
            Sighting(Cached.UNKNOWN, "Redirect from child"),
            id="redirect",
        ),
        pytest.param({"x-cache": "HIT from varnish"}, Sighting(), id="an-x-cache-of-others"),
        pytest.param({}, Sighting(), id="nothing"),
    ],
)
def test_a_sighting_is_read_from_its_headers(headers: Mapping[str, str], expected: Sighting) -> None:
    assert expected == akamai().sighting(headers)


def test_the_status_header_has_the_name_that_its_owner_gave_it() -> None:
    provider = akamai(settings={"status_header": "X-Edge"})
    assert Sighting(Cached.HIT, "Hit from child") == provider.sighting({"x-edge": "Hit from child"})


# The doctor, and budgets


def asked_paths(reply: Callable[[str], httpx.Response]) -> tuple[httpx.MockTransport, list[str]]:
    paths: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        paths.append(f"{request.method} {request.extensions['target'].decode()} {request.content.decode()}".strip())
        return reply(paths[-1])

    return httpx.MockTransport(answer), paths


def status_ok(path: str, **headers: str) -> httpx.Response:
    return httpx.Response(201, json={"httpStatus": 201, "detail": "", "supportId": ID}, headers=LEFT | headers)


TAKES = "Akamai takes calls from this account; 9,998 URLs of its budget are left."
GOOD = f"{TAKES} Which CP codes it may purge shows only when it does."
PROBES = [
    pytest.param(status_ok(""), {}, (Health.GOOD, GOOD, ""), id="good"),
    pytest.param(
        status_ok("", Date="Fri, 21 Mar 2014 19:34:30 GMT"), {}, (Health.GOOD, GOOD, ""), id="a-clock-that-will-do"
    ),
    pytest.param(
        status_ok("", Date="Fri, 21 Mar 2014 19:34:41 GMT"),
        {},
        (
            Health.DOUBTFUL,
            f"{TAKES} This machine's clock is 20 s behind Akamai's.",
            "Set it by NTP: at 30 s Akamai refuses every call.",
        ),
        id="a-clock-that-drifts",
    ),
    pytest.param(
        httpx.Response(401, json=gateway(401, "Not authorized", "Inactive client token")),
        {},
        (
            Health.BAD,
            "The client token of `edgerc` is not active.",
            "Activate the API client of `edgerc` in Akamai Control Center, or make new credentials.",
        ),
        id="inactive",
    ),
    pytest.param(
        httpx.Response(403, json=problem(403, "forbidden")),
        {},
        (
            Health.BAD,
            "Akamai does not let this account ask for its rate limits.",
            f"{SERVICE}.",
        ),
        id="not-for-purging",
    ),
    pytest.param(
        httpx.Response(403, json=problem(403, "unauthorized arl")),
        {},
        (Health.BAD, "Akamai does not let this account ask for its rate limits.", f"{SERVICE}."),
        id="a-no-that-speaks-of-urls-which-nobody-named",
    ),
    pytest.param(
        httpx.Response(201, json=YES),
        {},
        (
            Health.BAD,
            "What answers for Akamai is not its API: status 201, and no JSON of its shape. "
            f"What answers there said “{json.dumps(YES, separators=(',', ':'))}”.",
            ADDRESS,
        ),
        id="a-201-without-its-headers",
    ),
]


@pytest.mark.parametrize(("reply", "layer", "expected"), PROBES)
async def test_the_doctor_asks_what_is_left_and_purges_nothing(
    reply: httpx.Response, layer: Mapping[str, str], expected: tuple[Health, str, str]
) -> None:
    transport, paths = asked_paths(lambda path: reply)
    provider = akamai(transport)
    probe = await provider.probe(layer)
    await provider.close()
    assert expected == (probe.health, probe.what, probe.advice)
    assert ["POST /ccu/v3/rate-limit-status/url"] == paths


@pytest.mark.parametrize(
    ("layer", "edgerc", "expected"),
    [
        pytest.param(
            {"cpcodes": "shop"},
            EDGERC,
            (
                Health.BAD,
                "`shop` under `cpcodes` is not a list of CP codes with commas between.",
                "Write it like `cpcodes: 123456, 123457`: what *everything* is: CP codes with commas between.",
            ),
            id="cp-codes",
        ),
        pytest.param(
            {"network": "dev"},
            EDGERC,
            (Health.BAD, "`dev` is no choice of `network`.", "Write production or staging."),
            id="network",
        ),
        pytest.param(
            {},
            "[ccu]\n",
            (Health.BAD, "The edgerc has no section `default`.", "Set `section` to one that it has: `ccu`."),
            id="edgerc",
        ),
    ],
)
async def test_the_doctor_asks_nothing_where_the_settings_cannot_be_right(
    layer: Mapping[str, str], edgerc: str, expected: tuple[Health, str, str]
) -> None:
    probe = await akamai(never(), edgerc=edgerc).probe(layer)
    assert expected == (probe.health, probe.what, probe.advice)


async def test_what_is_left_is_asked_for_each_kind_of_object() -> None:
    remaining = {"url": "9000", "tag": "4000.5", "cpcode": "0"}
    transport, paths = asked_paths(
        lambda path: status_ok(path, **{"X-Ratelimit-Remaining-Objects": remaining[path.rpartition("/")[2]]})
    )
    provider = akamai(transport, {"account_switch_key": ""})
    left = await provider.left({})
    await provider.close()
    assert (("requests", 99.5, 0.01), ("urls", 9000.0, 1.0), ("tags", 4000.5, 1.0), ("cpcodes", 0.0, 0.005)) == left
    assert [f"POST /ccu/v3/rate-limit-status/{kind}" for kind in ("url", "tag", "cpcode")] == paths


async def test_what_is_left_is_an_error_where_akamai_says_no() -> None:
    provider = akamai(always(429, limited("Rate Limit exceeded", 100, 1, 0), LEFT))
    with pytest.raises(Throttled, match=r"^Akamai asks for fewer calls\."):
        await provider.left({})
    await provider.close()
