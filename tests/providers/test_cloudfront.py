"""CloudFront: wish to calls, recorded answer to receipt or error, headers to sighting, and what the doctor finds."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import httpx
import pytest

from playground.clouds.aws import Caller, Sent, caller_of
from providers.cloudfront import CloudFront
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
from providers.sigv4 import Chain, Keys, SigV4
from tests.providers.manners import REFERENCE

ONE, TENANT = "E1A2B3C4D5E6F7", "dt_2wjDZi3hD1ivOXf6rpZJOSNE1AB"
LAYER = {"distribution": ONE}
OF_A_TENANT = {"distribution": ONE, "tenant": TENANT}
PATH = f"/2020-05-31/distribution/{ONE}/invalidation"
NS = 'xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"'
A, B = "https://www.shop.test/a?b=1&c=<2>", "https://www.shop.test/b"
TO_WHOM = "to the user or role of `access_key_id` or `profile`."
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
SETTINGS = {"access_key_id": "AKIDEXAMPLE"}
NOON = datetime(2015, 8, 30, 12, 36, 0, tzinfo=UTC)
ALL = "Purge everything instead: it empties the whole distribution, with every host in it."
MEND = "Mend it, or name something wider."
TILDE = "holds a ~, which CloudFront can invalidate neither plain nor encoded."


def cloudfront(
    transport: httpx.AsyncBaseTransport | None = None,
    settings: Mapping[str, str] | None = None,
    secrets: Mapping[str, str] | None = None,
    pace: Mapping[str, Pace] | None = None,
    per_call: Mapping[Kind, int] | None = None,
) -> CloudFront:
    account = Account(
        "aws", SETTINGS if settings is None else settings, secrets or {"secret_access_key": SECRET}, pace or {},
        per_call or {},
    )  # fmt: skip
    return CloudFront(account, transport, lambda: NOON)


def wish(kind: Kind, *targets: str, layer: Mapping[str, str] = LAYER) -> Purge:
    return Purge(kind, targets, False, layer, ("www.shop.test",))


def paths(call: Call) -> list[str]:
    return [unescape(path) for path in re.findall(r"<Path>(.*?)</Path>", call.body)]


def cost(n: int, wildcards: int = 0) -> dict[str, int]:
    stars = {"wildcards": wildcards, "running_wildcards": wildcards} if wildcards else {}
    return {"paths": n, "running_paths": n, "paid": n} | stars


def test_a_body_is_that_of_the_service_model_and_gets_its_reference_last() -> None:
    call = cloudfront().plan(wish(Kind.URL, A, B))[0]
    assert (
        f"<InvalidationBatch {NS}><Paths><Quantity>2</Quantity><Items><Path>/a?b=1&amp;c=&lt;2&gt;</Path>"
        "<Path>/b</Path></Items></Paths></InvalidationBatch>"
    ) == call.body
    assert ("POST", PATH, (("Content-Type", "text/xml"),)) == (call.method, call.path, call.headers)


@pytest.mark.parametrize(
    ("asked", "entries", "costs"),
    [
        pytest.param(wish(Kind.URL, "https://w.test/"), [["/"]], [cost(1)], id="the-first-page"),
        pytest.param(wish(Kind.URL, "https://w.test/?a"), [["/?a"]], [cost(1)], id="the-first-page-with-a-query"),
        pytest.param(wish(Kind.URL, "https://w.test/a%7Bb/%2f*x"), [["/a%7Bb/%2f*x"]], [cost(1)], id="bytes-stay"),
        pytest.param(
            wish(Kind.URL, B, A, "http://www.shop.test/b", "https://img.shop.test/b"),
            [["/b", "/a?b=1&c=<2>"]],
            [cost(2)],
            id="one-path-of-many-hosts-is-paid-once",
        ),
        pytest.param(wish(Kind.TAG, "sku:7", "Home"), [["#sku:7", "#Home"]], [cost(2)], id="tags"),
        pytest.param(wish(Kind.PREFIX, "w.test/news"), [["/news", "/news/*"]], [cost(2, 1)], id="a-prefix"),
        pytest.param(wish(Kind.PREFIX, "w.test/news/"), [["/news/*"]], [cost(1, 1)], id="a-prefix-with-a-slash"),
        pytest.param(
            wish(Kind.PREFIX, "w.test/a", "w.test/b"),
            [["/a", "/a/*"], ["/b", "/b/*"]],
            [cost(2, 1), cost(2, 1)],
            id="one-wildcard-a-call",
        ),
        pytest.param(wish(Kind.PATTERN, "w.test/news*"), [["/news*"]], [cost(1, 1)], id="a-pattern"),
        pytest.param(wish(Kind.PATTERN, "w.test/a?x=*"), [["/a?x=*"]], [cost(1, 1)], id="a-pattern-of-queries"),
        pytest.param(wish(Kind.EVERYTHING), [["/*"]], [cost(1, 1)], id="everything"),
    ],
)
def test_a_wish_becomes_calls(asked: Purge, entries: list[list[str]], costs: list[dict[str, int]]) -> None:
    calls = cloudfront().plan(asked)
    assert entries == [paths(call) for call in calls]
    assert costs == [dict(call.cost) for call in calls]


@pytest.mark.parametrize("kind", [Kind.URL, Kind.EVERYTHING])
def test_a_tenant_has_a_place_of_its_own(kind: Kind) -> None:
    call = cloudfront().plan(wish(kind, *((B,) if kind is Kind.URL else ()), layer=OF_A_TENANT))[0]
    assert f"/2020-05-31/distribution-tenant/{TENANT}/invalidation" == call.path


@pytest.mark.parametrize(
    ("asked", "per_call", "expected"),
    [
        pytest.param(wish(Kind.URL, *(f"https://w.test/{n}" for n in range(151))), {}, [75, 75, 1], id="urls"),
        pytest.param(wish(Kind.TAG, *(f"t{n}" for n in range(76))), {}, [75, 1], id="tags"),
        pytest.param(wish(Kind.TAG, *(f"t{n}" for n in range(7))), {Kind.TAG: 3}, [3, 3, 1], id="tags-as-told"),
        pytest.param(
            wish(Kind.URL, *(f"https://w.test/{n}/{'x' * 3900}" for n in range(30))), {}, [25, 5], id="by-bytes"
        ),
    ],
)
def test_a_call_holds_what_is_allowed(asked: Purge, per_call: Mapping[Kind, int], expected: list[int]) -> None:
    assert expected == [len(paths(call)) for call in cloudfront(per_call=per_call).plan(asked)]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(
            wish(Kind.HOST, "w.test"),
            f"CloudFront purges no hosts here. Its paths are the same for every host. {ALL}",
            id="a-host",
        ),
        pytest.param(
            wish(Kind.PATH, "/a"),
            "CloudFront purges no paths here. Name URLs, a prefix, tags, a pattern, or everything instead.",
            id="a-path-without-a-host",
        ),
        pytest.param(
            wish(Kind.PREFIX, "w.test/"),
            f"CloudFront purges no prefix that is a whole host, as `w.test/` is. {ALL}",
            id="a-prefix-that-is-all",
        ),
        pytest.param(
            wish(Kind.PREFIX, "w.test/~me"),
            f"`w.test/~me` {TILDE} Purge everything instead.",
            id="a-prefix-with-a-tilde",
        ),
        pytest.param(
            wish(Kind.PATTERN, "w.test/img/~me*"),
            f"`w.test/img/~me*` {TILDE} Purge `prefix w.test/img/` instead.",
            id="a-pattern-with-a-tilde",
        ),
        pytest.param(
            wish(Kind.URL, "https://w.test/~me"),
            f"`https://w.test/~me` {TILDE} Purge everything instead.",
            id="a-url-with-a-tilde",
        ),
        pytest.param(
            wish(Kind.URL, B, "https://w.test/people/%7eme?a=1"),
            f"`https://w.test/people/%7eme?a=1` {TILDE} Leave it out, or purge `prefix w.test/people/` instead.",
            id="a-url-with-an-encoded-tilde-beside-another",
        ),
        pytest.param(
            wish(Kind.URL, "https://w.test/all*", B, "https://w.test/~me"),
            "`https://w.test/all*` ends in a star, which CloudFront takes for a wildcard. 1 more of these URLs cannot "
            "be taken either. Leave them out, or purge `pattern w.test/all*` instead.",
            id="a-url-that-ends-in-a-star",
        ),
        pytest.param(
            wish(Kind.PREFIX, "w.test/a?b"),
            f"`w.test/a?b` is not a prefix: host and path, without scheme or query. {MEND}",
            id="a-prefix-with-a-query",
        ),
        pytest.param(
            wish(Kind.PATTERN, "w.test/*"), f"For CloudFront `w.test/*` is everything. {ALL}", id="a-pattern-of-all"
        ),
        pytest.param(
            wish(Kind.PATTERN, "w.test/img/a*.png"),
            "CloudFront takes one star, as the last character; `w.test/img/a*.png` is another pattern. "
            "Wider: pattern w.test/img/a*. Narrower: the URLs, one by one.",
            id="a-star-inside",
        ),
        pytest.param(
            wish(Kind.PATTERN, "w.test/*.css"),
            "CloudFront takes one star, as the last character; `w.test/*.css` is another pattern. "
            "Wider: everything. Narrower: the URLs, one by one.",
            id="a-star-at-the-top",
        ),
        pytest.param(
            wish(Kind.PATTERN, "w.test/a**"),
            "CloudFront takes one star, as the last character; `w.test/a**` is another pattern. "
            "Wider: pattern w.test/a*. Narrower: the URLs, one by one.",
            id="two-stars",
        ),
        pytest.param(
            wish(Kind.TAG, "a,b"),
            f"`a,b` is not a tag: at most 256 characters, without commas and wildcards. {MEND}",
            id="a-tag-with-a-comma",
        ),
        pytest.param(
            wish(Kind.TAG, "a*"),
            f"`a*` is not a tag: at most 256 characters, without commas and wildcards. {MEND}",
            id="a-tag-with-a-wildcard",
        ),
        pytest.param(
            wish(Kind.TAG, "x" * 257),
            f"`{'x' * 80}` is not a tag: at most 256 characters, without commas and wildcards. {MEND}",
            id="a-tag-too-long",
        ),
        pytest.param(
            wish(Kind.URL, "https://w.test/a b"),
            "`https://w.test/a b` is not as it goes on the wire. Percent-encode it.",
            id="a-blank",
        ),
        pytest.param(
            wish(Kind.URL, "https://w.test/a#b"),
            "`https://w.test/a#b` is not a whole URL. Write it with scheme, host and path, without #.",
            id="a-fragment",
        ),
        pytest.param(
            wish(Kind.URL, "https://w.test/" + "x" * 4000),
            f"`https://w.test/{'x' * 65}` is longer than CloudFront takes (4,000 characters). {MEND}",
            id="a-path-too-long",
        ),
        pytest.param(
            wish(Kind.EVERYTHING, layer={"distribution": "d1.cloudfront.net"}),
            "`d1.cloudfront.net` under `distribution` is not a distribution's id: not its number, name "
            "or domain. Write it like `distribution: E1A2B3C4D5E6F7`: the distribution's id, on its page.",
            id="a-domain-as-distribution",
        ),
        pytest.param(
            wish(Kind.EVERYTHING, layer={"distribution": ONE, "tenant": "a/b"}),
            "`a/b` under `tenant` is not the id of a distribution tenant. "
            "Write it like `tenant: dt_2wjDZi3hD1ivOXf6rpZJOSNE1AB`: a distribution tenant's id.",
            id="a-tenant-that-is-none",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_while_planning(asked: Purge, expected: str) -> None:
    with pytest.raises(UnsupportedWish) as caught:
        cloudfront().plan(asked)
    assert expected == str(caught.value)


def test_a_url_longer_than_a_call_is_refused_while_planning() -> None:
    small = cloudfront(settings={**SETTINGS, "max_bytes": "1000"})
    with pytest.raises(UnsupportedWish, match=r"is longer than a call may be \(1,000 bytes\)\. Name a prefix"):
        small.plan(wish(Kind.URL, "https://w.test/" + "x" * 800))


@pytest.mark.parametrize(
    ("bucket", "expected"),
    [
        ("paths", (150, 1, 150, False)),
        ("wildcards", (1, 1, 1, False)),
        ("running_paths", (3000, 25, 3000, True)),
        ("running_wildcards", (15, 25, 15, True)),
    ],
)
def test_limits_are_those_of_the_facts(bucket: str, expected: tuple[float, float, float, bool]) -> None:
    pace = cloudfront().can.pace[bucket]
    assert expected == (pace.rate, pace.per, pace.burst, pace.window)
    assert "2026-11-23" == pace.checked


def test_a_thousand_paths_a_month_are_free() -> None:
    price = cloudfront().can.prices["paid"]
    assert (0.005, 1000, "paths") == (price.usd, price.free, price.unit)


def test_an_accounts_own_pace_replaces_the_numbers() -> None:
    pace = cloudfront(pace={"wildcards": Pace(1, 5, 2)}).can.pace["wildcards"]
    assert (1, 5, 2, "wildcards") == (pace.rate, pace.per, pace.burst, pace.unit)


# Answers


def invalidation(status: str, id_: str = "I2J0I21PCUYOIK") -> str:
    return (
        f'<?xml version="1.0"?>\n<Invalidation {NS}><Id>{id_}</Id><Status>{status}</Status>'
        "<CreateTime>2026-11-23T12:00:00.123Z</CreateTime><InvalidationBatch><Paths><Quantity>1</Quantity><Items>"
        f"<Path>/b</Path></Items></Paths><CallerReference>{REFERENCE}</CallerReference></InvalidationBatch>"
        "</Invalidation>"
    )


def failed(code: str, message: str) -> str:
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    return f'<?xml version="1.0"?>\n<ErrorResponse {NS}>{error}<RequestId>b5a6</RequestId></ErrorResponse>'


def distribution(header: str = "", more: str = "<Enabled>true</Enabled>", id_: str = ONE) -> str:
    tags = f"<CacheTagConfig><HeaderName>{header}</HeaderName></CacheTagConfig>" if header else ""
    names = "<Aliases><Quantity>1</Quantity><Items><CNAME>www.shop.test</CNAME></Items></Aliases>"
    config = f"<DistributionConfig>{names}{more}{tags}</DistributionConfig>"
    return f"<Distribution {NS}><Id>{id_}</Id><DomainName>d1.cloudfront.net</DomainName>{config}</Distribution>"


def tenant(of: str = ONE) -> str:
    return f"<DistributionTenant {NS}><Id>{TENANT}</Id><DistributionId>{of}</DistributionId></DistributionTenant>"


def always(status: int, text: str, headers: Mapping[str, str] | None = None) -> httpx.MockTransport:
    return httpx.MockTransport(lambda request: httpx.Response(status, text=text, headers=dict(headers or {})))


async def sent(transport: httpx.MockTransport, asked: Purge | None = None) -> Receipt:
    provider = cloudfront(transport)
    try:
        return await provider.send(provider.plan(asked or wish(Kind.URL, B))[0], REFERENCE)
    finally:
        await provider.close()


@pytest.mark.parametrize(
    ("status", "text", "asked", "expected"),
    [
        pytest.param(
            201, invalidation("InProgress"), wish(Kind.URL, B),
            Receipt(id=f"{ONE}/I2J0I21PCUYOIK", ready_in=5.0, finished=False), id="in-progress",
        ),
        pytest.param(
            201, invalidation("Completed"), wish(Kind.URL, B), Receipt(id=f"{ONE}/I2J0I21PCUYOIK"),
            id="a-repeat-of-one-that-is-done",
        ),
        pytest.param(
            201, invalidation("InProgress"), wish(Kind.EVERYTHING, layer=OF_A_TENANT),
            Receipt(id=f"tenant:{TENANT}/I2J0I21PCUYOIK", ready_in=5.0, finished=False), id="of-a-tenant",
        ),
    ],
)  # fmt: skip
async def test_a_yes_becomes_a_receipt(status: int, text: str, asked: Purge, expected: Receipt) -> None:
    assert expected == await sent(always(status, text), asked)


async def test_the_reference_and_the_signature_join_while_sending() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(201, text=invalidation("InProgress"))

    await sent(httpx.MockTransport(answer))
    end = f"</Paths><CallerReference>{REFERENCE}</CallerReference></InvalidationBatch>"
    assert seen[0].content.decode().endswith(end)
    scope = "Credential=AKIDEXAMPLE/20150830/us-east-1/cloudfront/aws4_request"
    headers = "SignedHeaders=content-type;host;x-amz-date"
    assert f"AWS4-HMAC-SHA256 {scope}, {headers}, " == seen[0].headers["authorization"].partition("Signature")[0]


@pytest.mark.parametrize(
    ("short", "status", "waited", "path", "expected"),
    [
        pytest.param(ONE, "InProgress", 5.0, f"distribution/{ONE}", (10.0, False), id="a-second-question"),
        pytest.param(ONE, "InProgress", 10.0, f"distribution/{ONE}", (20.0, False), id="a-third"),
        pytest.param(ONE, "InProgress", 20.0, f"distribution/{ONE}", (30.0, False), id="a-fourth"),
        pytest.param(ONE, "InProgress", 30.0, f"distribution/{ONE}", (30.0, False), id="a-fifth"),
        pytest.param(ONE, "Completed", 10.0, f"distribution/{ONE}", (0.0, True), id="done"),
        pytest.param(
            f"tenant:{TENANT}", "Completed", 5.0, f"distribution-tenant/{TENANT}", (0.0, True), id="of-a-tenant"
        ),
    ],
)
async def test_progress_is_asked_for_by_id(
    short: str, status: str, waited: float, path: str, expected: tuple[float, bool]
) -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.method, request.extensions["target"].decode()))
        return httpx.Response(200, text=invalidation(status))

    provider = cloudfront(httpx.MockTransport(answer))
    found = await provider.progress(Receipt(f"{short}/I2J0I21PCUYOIK", ready_in=waited, finished=False))
    await provider.close()
    assert [("GET", f"/2020-05-31/{path}/invalidation/I2J0I21PCUYOIK")] == asked
    assert (f"{short}/I2J0I21PCUYOIK", *expected) == (found.id, found.ready_in, found.finished)


@pytest.mark.parametrize(
    ("status", "text", "expected", "told"),
    [
        pytest.param(
            404, failed("NoSuchInvalidation", "The specified invalidation does not exist."), Unexpected,
            f"CloudFront knows no such invalidation of distribution {ONE}. Look at the edge, or purge again: it cannot "
            'be told whether it was done. It said: "The specified invalidation does not exist. (NoSuchInvalidation)".',
            id="forgotten",
        ),
        pytest.param(
            403, failed("AccessDenied", "User is not authorized"), BadCredentials,
            f"These credentials may not use GetInvalidation on distribution {ONE}. Allow `cloudfront:GetInvalidation` "
            f"on arn:aws:cloudfront::<account>:distribution/{ONE} {TO_WHOM} "
            'It said: "User is not authorized (AccessDenied)".', id="may-not-watch",
        ),
    ],
)  # fmt: skip
async def test_a_question_that_is_not_answered(status: int, text: str, expected: type[PurgeError], told: str) -> None:
    provider = cloudfront(always(status, text))
    with pytest.raises(PurgeError) as caught:
        await provider.progress(Receipt(f"{ONE}/I1", ready_in=5.0, finished=False))
    await provider.close()
    assert (expected, told) == (type(caught.value), str(caught.value))


STATUS = "See https://health.aws.amazon.com and any proxy on the way; once all is well there, retry."
LOST = (
    "It may have been done already: look at the edge, or retry. "
    "If it stays, see https://health.aws.amazon.com and any proxy on the way."
)
FEWER = (
    "Wait a minute, then retry. The limits are of the whole AWS account (150 paths and 1 wildcard a second): where "
    "others purge too, lower `paths` or `wildcards` under `pace` to leave them room."
)
UNDER_WAY = (
    "Wait until those are done (the tab Invalidations shows them), then retry. Where others purge it too, lower "
    "`running_paths` or `running_wildcards` under `pace` to leave them room."
)
REPORT = "Report it with what CloudFront said."
SESSION = "The session of these credentials has ended. Sign in again with `profile`, or use a role that renews itself."
NO_ACCESS = f"Allow `cloudfront:CreateInvalidation` on arn:aws:cloudfront::<account>:distribution/{ONE} {TO_WHOM}"
NO_KEY = "Check `access_key_id`: it is unknown, deleted or of another partition. Make a new one, or use a role."
OTHER_TIME = (
    "The time in the signature is not AWS' time. "
    "Set the clock of this machine: AWS takes a signature for some minutes only."
)
BAD_PATH = (
    f"CloudFront does not take one of these paths of distribution {ONE}. Each path must start with /, and hold no "
    "blanks and no letters beyond ASCII. One bad path stops all of a call: purge them one by one, or a prefix."
)
REUSED = (
    f"The reference of this call was used for other paths of distribution {ONE} before. "
    "Ask for the purge anew: it then gets a reference of its own."
)


@pytest.mark.parametrize(
    ("status", "code", "message", "expected", "told"),
    [
        pytest.param(
            403, "AccessDenied", "User: arn:aws:iam::1:user/x is not authorized", BadCredentials,
            f"These credentials may not use CreateInvalidation on distribution {ONE}. {NO_ACCESS}", id="access-denied",
        ),
        pytest.param(
            404, "NoSuchDistribution", "The specified distribution does not exist.", WrongAddress,
            f"CloudFront knows no distribution {ONE} in this AWS account. Set `distribution` to the id on the "
            "distribution's page, such as E1A2B3C4D5E6F7: not its domain name.", id="no-such-distribution",
        ),
        pytest.param(
            400, "InvalidArgument", "Your request contains one or more invalid invalidation paths.", Refused, BAD_PATH,
            id="invalid-argument",
        ),
        pytest.param(
            400, "InvalidArgument", "Your request contains a caller reference that was used for a previous batch",
            Unexpected, REUSED, id="a-reference-used-before",
        ),
        pytest.param(400, "InvalidationBatchAlreadyExists", "", Unexpected, REUSED, id="batch-already-exists"),
        pytest.param(
            413, "BatchTooLarge", "Invalidation batch specified is too large.", Refused,
            f"The call for distribution {ONE} is too large for CloudFront. Lower `per_call` or `max_bytes` of this "
            "account; AWS does not say how much is too much.", id="batch-too-large",
        ),
        pytest.param(
            400, "InconsistentQuantities", "Quantity", Unexpected,
            f"CloudFront counted other paths than were announced. {REPORT}", id="inconsistent-quantities",
        ),
        pytest.param(
            400, "MissingBody", "This operation requires a body.", Unexpected,
            f"CloudFront cannot read the call. {REPORT}", id="missing-body",
        ),
        pytest.param(
            400, "MalformedXML", "The XML is not well-formed", Unexpected,
            f"CloudFront cannot read the call. {REPORT}", id="malformed-xml",
        ),
        pytest.param(
            403, "SignatureDoesNotMatch", "The request signature we calculated does not match", BadCredentials,
            "AWS computes another signature than purgebot. Check `secret_access_key` or the secret of `profile`, "
            "`region`, and that no proxy on the way changes a call.", id="signature-does-not-match",
        ),
        pytest.param(
            403, "SignatureDoesNotMatch", "Signature expired: 20261123T1 is now earlier than 20261123T2",
            BadCredentials, OTHER_TIME, id="signature-expired",
        ),
        pytest.param(
            403, "SignatureDoesNotMatch", "Signature not yet current: 20261123T2 is still later than 20261123T1",
            BadCredentials, OTHER_TIME, id="signature-of-the-future",
        ),
        pytest.param(403, "RequestExpired", "Request has expired", BadCredentials, OTHER_TIME, id="request-expired"),
        pytest.param(403, "ExpiredToken", "The token has expired", BadCredentials, SESSION, id="expired-token"),
        pytest.param(
            403, "InvalidClientTokenId", "The security token is invalid", BadCredentials,
            f"AWS does not know this access key. {NO_KEY}", id="invalid-client-token-id",
        ),
        pytest.param(
            403, "ExpiredTokenException", "The security token included in the request is expired", BadCredentials,
            SESSION, id="expired-token-exception",
        ),
        pytest.param(
            403, "UnrecognizedClientException", "The security token included in the request is invalid.",
            BadCredentials, f"AWS does not know this access key. {NO_KEY}", id="unrecognized-client",
        ),
        pytest.param(
            403, "MissingAuthenticationToken", "Request is missing it", BadCredentials,
            "AWS sees no whole signature. Check `access_key_id` and `secret_access_key`, and that no proxy on the way "
            "takes headers off.", id="no-token",
        ),
        pytest.param(
            403, "SomethingNew", "No", BadCredentials,
            f"CloudFront refused a call for distribution {ONE}. {NO_ACCESS} Check that this machine is not blocked.",
            id="a-new-code-with-403",
        ),
        pytest.param(
            409, "SomethingNew", "No", Unexpected,
            f"CloudFront answered 409 in a way purgebot does not know. {REPORT}", id="a-new-code",
        ),
        pytest.param(
            500, "InternalError", "We had a problem", Unavailable,
            f"CloudFront answered 500. {STATUS}", id="internal-error",
        ),
        pytest.param(
            504, "GatewayTimeout", "No answer in time", OutcomeUnknown,
            f"CloudFront answered 504: its answer was lost on the way. {LOST}", id="gateway-timeout",
        ),
    ],
)  # fmt: skip
async def test_a_no_becomes_an_error_that_says_what_to_do(
    status: int, code: str, message: str, expected: type[PurgeError], told: str
) -> None:
    with pytest.raises(PurgeError) as caught:
        await sent(always(status, failed(code, message)))
    said = f"{message} ({code})".strip()
    assert (expected, f'{told} It said: "{said}".') == (type(caught.value), str(caught.value))


@pytest.mark.parametrize(
    ("status", "text", "expected", "told"),
    [
        pytest.param(
            413, "<html><h1>413 Request Entity Too Large</h1></html>", Refused,
            f"A proxy on the way takes no call as long as that for distribution {ONE}: status 413. "
            "What answers there said “413 Request Entity Too Large”. "
            "Lower `per_call` or `max_bytes` of this account, or mend that proxy.", id="413",
        ),
        pytest.param(
            407, "<html>Sign in</html>", BadCredentials,
            "A proxy on the way to CloudFront wants a login (407). What answers there said “Sign in”. Let this machine "
            "pass there without one, or set `api_url` to another way.", id="407",
        ),
        pytest.param(
            403, "<html>You have been blocked</html>", BadCredentials,
            f"CloudFront refused a call for distribution {ONE}. What answers there said “You have been blocked”. "
            f"{NO_ACCESS} Check that this machine is not blocked.", id="403",
        ),
    ],
)  # fmt: skip
async def test_what_a_proxy_says_on_the_way_is_told_apart(
    status: int, text: str, expected: type[PurgeError], told: str
) -> None:
    with pytest.raises(PurgeError) as caught:
        await sent(always(status, text))
    assert (expected, told) == (type(caught.value), str(caught.value))


async def test_too_many_wildcards_say_which_limits_to_lower() -> None:
    message = (
        "Processing your request will cause you to exceed the maximum number of in-progress wildcard invalidations."
    )
    with pytest.raises(Throttled) as caught:
        await sent(always(400, failed("TooManyInvalidationsInProgress", message)))
    assert (UNDER_WAY, f"{message} (TooManyInvalidationsInProgress)") == (caught.value.advice, caught.value.said)


async def test_an_unknown_tenant_is_named() -> None:
    with pytest.raises(WrongAddress, match=f"^CloudFront knows no distribution tenant {TENANT} in this AWS account"):
        await sent(always(404, failed("EntityNotFound", "No")), wish(Kind.EVERYTHING, layer=OF_A_TENANT))


@pytest.mark.parametrize(
    ("status", "code", "headers", "told", "advice", "expected"),
    [
        pytest.param(400, "Throttling", {}, "CloudFront asks for fewer calls.", FEWER, None, id="throttling"),
        pytest.param(400, "TooManyRequestsException", {}, "CloudFront asks for fewer calls.", FEWER, None, id="many"),
        pytest.param(400, "ThrottlingException", {}, "CloudFront asks for fewer calls.", FEWER, None, id="exception"),
        pytest.param(503, "RequestLimitExceeded", {}, "CloudFront asks for fewer calls.", FEWER, None, id="limit"),
        pytest.param(429, "SomethingNew", {}, "CloudFront asks for fewer calls.", FEWER, None, id="429"),
        pytest.param(
            400, "TooManyInvalidationsInProgress", {}, f"Too many invalidations of distribution {ONE} are in progress.",
            UNDER_WAY, 25.0, id="in-progress",
        ),
        pytest.param(503, "ServiceUnavailable", {}, "CloudFront has an internal error.", STATUS, 25.0, id="503-waves"),
        pytest.param(
            503, "ServiceUnavailable", {"Retry-After": "7"}, "CloudFront has an internal error.", STATUS, 7.0,
            id="as-told",
        ),
    ],
)  # fmt: skip
async def test_what_passes_by_itself_waits(
    status: int, code: str, headers: Mapping[str, str], told: str, advice: str, expected: float | None
) -> None:
    with pytest.raises(Throttled) as caught:
        await sent(always(status, failed(code, "Rate exceeded"), headers))
    assert (told, advice, expected) == (caught.value.what, caught.value.advice, caught.value.retry_after)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('<!DOCTYPE x [<!ENTITY a "I1">]>' + invalidation("Completed", "&a;")[22:], id="entities"),
        pytest.param("<Other/>", id="another-document"),
        pytest.param(f"<Invalidation {NS}><Status>Completed</Status></Invalidation>", id="no-id"),
        pytest.param("<Invalidation", id="cut-short"),
    ],
)
async def test_an_answer_that_is_not_the_apis_is_not_believed(text: str) -> None:
    with pytest.raises(WrongAddress) as caught:
        await sent(always(200, text))
    assert "" == caught.value.said
    expected = "What answers for CloudFront is not its API: status 200, and no XML of its shape."
    assert caught.value.what.startswith(expected)


# Tags


class Api:
    """Answers by method and target, and remembers what came."""

    def __init__(self, answers: Mapping[str, tuple[int, str]]) -> None:
        self._answers = answers
        self.asked: list[str] = []
        self.transport = httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.method} {request.extensions['target'].decode().removeprefix('/2020-05-31/')}")
        status, text = self._answers[self.asked[-1]]
        return httpx.Response(status, text=text)


MADE = (201, invalidation("InProgress"))
DENIED = (403, failed("AccessDenied", "No"))
GET, POST = f"GET distribution/{ONE}", f"POST distribution/{ONE}/invalidation"
GET_TENANT = f"GET distribution-tenant/{TENANT}"
POST_TENANT = f"POST distribution-tenant/{TENANT}/invalidation"


@pytest.mark.parametrize(
    ("layer", "answers"),
    [
        pytest.param(LAYER, {GET: (200, distribution("Cache-Tag")), POST: MADE}, id="distribution"),
        pytest.param(
            OF_A_TENANT,
            {GET_TENANT: (200, tenant()), GET: (200, distribution("Cache-Tag")), POST_TENANT: MADE},
            id="tenant",
        ),
    ],
)
async def test_tags_go_where_the_distribution_reads_tags(
    layer: Mapping[str, str], answers: Mapping[str, tuple[int, str]]
) -> None:
    api = Api(answers)
    receipt = await sent(api.transport, wish(Kind.TAG, "home", layer=layer))
    assert (list(answers), False) == (api.asked, receipt.finished)


@pytest.mark.parametrize(
    ("answer", "expected", "told"),
    [
        pytest.param(
            (200, distribution()), Refused,
            f"CloudFront reads no tags from the origin of distribution {ONE}. Name the header with the tags in "
            "the distribution's cache tag configuration, or purge URLs: CloudFront would accept the tags and remove "
            "nothing.", id="not-configured",
        ),
        pytest.param(
            DENIED, BadCredentials,
            f"These credentials may not use GetDistribution on distribution {ONE}. Allow `cloudfront:GetDistribution` "
            f"on arn:aws:cloudfront::<account>:distribution/{ONE} {TO_WHOM} "
            'It said: "No (AccessDenied)".', id="may-not-look",
        ),
    ],
)  # fmt: skip
async def test_tags_that_would_remove_nothing_are_not_sent(
    answer: tuple[int, str], expected: type[PurgeError], told: str
) -> None:
    api = Api({GET: answer})
    with pytest.raises(PurgeError) as caught:
        await sent(api.transport, wish(Kind.TAG, "home"))
    assert ([GET], expected, told) == (api.asked, type(caught.value), str(caught.value))


async def test_a_lost_look_at_the_tags_is_no_lost_purge() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("late")

    advice = r"CloudFront was not asked to purge yet\. If it stays, see https://health\.aws\.amazon\.com"
    with pytest.raises(Unavailable, match=advice):
        await sent(httpx.MockTransport(answer), wish(Kind.TAG, "home"))


# At the edge


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param(
            {"x-cache": "Hit from cloudfront", "x-amz-cf-pop": "FRA56-P4"},
            Sighting(Cached.HIT, "Hit from cloudfront", "FRA56-P4"), id="hit",
        ),
        pytest.param({"x-cache": "Miss from cloudfront"}, Sighting(Cached.MISS, "Miss from cloudfront"), id="miss"),
        pytest.param(
            {"x-cache": "RefreshHit from cloudfront"}, Sighting(Cached.REVALIDATED, "RefreshHit from cloudfront"),
            id="refresh-hit",
        ),
        pytest.param({"x-cache": "hit from CloudFront"}, Sighting(Cached.HIT, "hit from CloudFront"), id="in-any-case"),
        pytest.param(
            {"x-cache": "Error from cloudfront"}, Sighting(Cached.UNKNOWN, "Error from cloudfront"), id="error"
        ),
        pytest.param(
            {"x-cache": "LambdaGeneratedResponse from cloudfront"},
            Sighting(Cached.UNKNOWN, "LambdaGeneratedResponse from cloudfront"[:40]), id="made-at-the-edge",
        ),
        pytest.param({"x-cache": "HIT"}, Sighting(), id="of-another-cache"),
        pytest.param({"x-amz-cf-pop": "FRA56<b>"}, Sighting(), id="a-place-that-lies"),
        pytest.param({}, Sighting(), id="not-cloudfront"),
    ],
)  # fmt: skip
def test_a_sighting_is_read_from_its_headers(headers: Mapping[str, str], expected: Sighting) -> None:
    assert expected == cloudfront().sighting(headers)


# The doctor

WATCH, WATCH_TENANT = f"{GET}/invalidation/I0", f"{GET_TENANT}/invalidation/I0"
EMPTY = (400, failed("InconsistentQuantities", "The value of Quantity and the size of Items do not match."))
UNKNOWN = (404, failed("NoSuchInvalidation", "No"))
TAKEN = f"CloudFront takes purges of distribution {ONE} from these credentials"


@pytest.mark.parametrize(
    ("layer", "answers", "expected"),
    [
        pytest.param(
            LAYER, {POST: EMPTY, WATCH: UNKNOWN, GET: (200, distribution("Cache-Tag"))},
            (Health.GOOD, f"{TAKEN}: www.shop.test, d1.cloudfront.net; its tags come from Cache-Tag.", ""), id="good",
        ),
        pytest.param(
            LAYER, {POST: EMPTY, WATCH: UNKNOWN, GET: (200, distribution())},
            (Health.GOOD, f"{TAKEN}: www.shop.test, d1.cloudfront.net; it reads no tags.", ""), id="good-without-tags",
        ),
        pytest.param(
            LAYER, {POST: EMPTY, WATCH: UNKNOWN, GET: (200, distribution(more="<Enabled>false</Enabled>"))},
            (
                Health.DOUBTFUL, f"{TAKEN}: www.shop.test, d1.cloudfront.net; it reads no tags.",
                "Enable the distribution, or take it out of the site: it serves nobody.",
            ), id="disabled",
        ),
        pytest.param(
            LAYER, {POST: EMPTY, WATCH: DENIED},
            (
                Health.DOUBTFUL,
                f"{TAKEN}, but cannot be watched. "
                f"These credentials may not use GetInvalidation on distribution {ONE}.",
                f"Allow `cloudfront:GetInvalidation` on arn:aws:cloudfront::<account>:distribution/{ONE} {TO_WHOM}",
            ), id="may-not-watch",
        ),
        pytest.param(
            LAYER, {POST: EMPTY, WATCH: UNKNOWN, GET: DENIED},
            (
                Health.DOUBTFUL,
                f"{TAKEN}, but tags cannot be purged. These credentials may not use GetDistribution on distribution "
                f"{ONE}.",
                f"Allow `cloudfront:GetDistribution` on arn:aws:cloudfront::<account>:distribution/{ONE} {TO_WHOM}",
            ), id="may-not-look",
        ),
        pytest.param(
            LAYER, {POST: DENIED},
            (Health.BAD, f"These credentials may not use CreateInvalidation on distribution {ONE}.", NO_ACCESS),
            id="may-not-purge",
        ),
        pytest.param(
            LAYER, {POST: (403, failed("InvalidClientTokenId", "No"))},
            (Health.BAD, "AWS does not know this access key.", NO_KEY), id="unknown-key",
        ),
        pytest.param(
            OF_A_TENANT, {POST_TENANT: EMPTY, WATCH_TENANT: UNKNOWN, GET_TENANT: (200, tenant("E2")),
                          "GET distribution/E2": (200, distribution(id_="E2"))},
            (Health.BAD, f"The tenant is of distribution E2, not of {ONE}.", "Mend `distribution`."),
            id="a-tenant-of-another",
        ),
        pytest.param(
            {"distribution": "d1.cloudfront.net"}, {},
            (
                Health.BAD,
                "`d1.cloudfront.net` under `distribution` is not a distribution's id: not its number, name or domain.",
                "Write it like `distribution: E1A2B3C4D5E6F7`: the distribution's id, on its page.",
            ), id="a-domain-as-distribution",
        ),
        pytest.param(
            {}, {},
            (Health.DOUBTFUL, "There are AWS credentials, but no site names a distribution to try them on.", ""),
            id="no-site",
        ),
    ],
)  # fmt: skip
async def test_the_doctor_finds_what_the_credentials_may_do(
    layer: Mapping[str, str], answers: Mapping[str, tuple[int, str]], expected: tuple[Health, str, str]
) -> None:
    api = Api(answers)
    provider = cloudfront(api.transport)
    probe = await provider.probe(layer)
    await provider.close()
    assert (expected, list(answers)) == ((probe.health, probe.what, probe.advice), api.asked)


async def test_the_doctor_names_nothing_to_purge() -> None:
    bodies = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(request.content.decode())
        return httpx.Response(*EMPTY[:1], text=EMPTY[1])

    provider = cloudfront(httpx.MockTransport(answer))
    await provider.probe(LAYER)
    await provider.close()
    assert [0, 0] == [body.count("<Path>") for body in bodies]


# Credentials


def vanilla(token: str = "") -> httpx.Request:
    auth = SigV4("us-east-1", "service", lambda: NOON)
    auth.keys = Keys("AKIDEXAMPLE", SECRET, token)
    return next(auth.auth_flow(httpx.Request("GET", "https://example.amazonaws.com/", headers={"User-Agent": "x"})))


def test_a_signature_is_that_of_awss_own_example() -> None:
    signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"  # aws4_testsuite, get-vanilla
    scope = "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request"
    expected = f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host;x-amz-date, Signature={signature}"
    request = vanilla()
    assert (expected, "20150830T123600Z") == (request.headers["authorization"], request.headers["x-amz-date"])


def test_a_sessions_token_is_sent_and_signed() -> None:
    request = vanilla(token="t0ken")
    headers: Sequence[tuple[str, str]] = request.headers.multi_items()
    callers = {"AKIDEXAMPLE": Caller(SECRET, token="t0ken")}
    sent_ = Sent("GET", "/", "", headers, b"")
    assert callers["AKIDEXAMPLE"] is caller_of(sent_, callers, "us-east-1", "service", NOON.timestamp())
    assert "SignedHeaders=host;x-amz-date;x-amz-security-token" in request.headers["authorization"]


@pytest.mark.parametrize("settings", [{"access_key_id": "AKIDEXAMPLE"}, {}])
async def test_half_a_key_pair_is_refused(settings: Mapping[str, str]) -> None:
    half = cloudfront(always(201, ""), settings, {"other": "x"} if settings else {"secret_access_key": SECRET})
    with pytest.raises(BadCredentials) as caught:
        await half.send(half.plan(wish(Kind.URL, B))[0], REFERENCE)
    assert (
        "Half of an AWS key pair is missing. "
        "Give `access_key_id` and `secret_access_key` together, or neither for botocore's own chain."
    ) == str(caught.value)


async def test_a_profile_that_is_not_there_is_named() -> None:
    with pytest.raises(BadCredentials) as caught:
        await Chain(profile="nobody-7d1e").keys()
    expected = "botocore cannot get AWS credentials: The config profile (nobody-7d1e) could not be found."
    assert (expected, "") == (caught.value.what, caught.value.said)


def test_botocores_chain_is_asked_where_no_key_is_given() -> None:
    program = (
        "import asyncio; from providers.sigv4 import Chain; k = asyncio.run(Chain().keys());"
        "print(k.access_key, k.secret_key, k.token)"
    )
    given = {"AWS_ACCESS_KEY_ID": "AKIDCHAIN", "AWS_SECRET_ACCESS_KEY": "s3cret", "AWS_SESSION_TOKEN": "t0ken"}
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, **given}, capture_output=True, text=True, check=True
    )
    assert "AKIDCHAIN s3cret t0ken\n" == done.stdout


def test_credentials_that_do_not_come_are_not_waited_for(tmp_path: Path) -> None:
    program = "import asyncio; from providers.sigv4 import Chain; asyncio.run(Chain(seconds=0.01).keys())"
    config = tmp_path / "config"
    config.write_text("[default]\ncredential_process = sleep 0.3\n")
    env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**env, "AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"},
        capture_output=True,
        text=True,
    )
    assert done.stderr.endswith(
        "Unavailable: AWS credentials did not come within 0.01 s. "
        "Check the way to where they come from: metadata service, STS, SSO.\n"
    )


def test_nowhere_to_find_credentials_is_said() -> None:
    program = "import asyncio; from providers.sigv4 import Chain; asyncio.run(Chain().keys())"
    env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    alone = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**env, **alone, "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"},
        capture_output=True,
        text=True,
    )
    assert done.stderr.endswith(
        "botocore finds no AWS credentials. "
        "Set AWS_PROFILE or AWS_ACCESS_KEY_ID, give the machine a role, or set `profile`.\n"
    )
