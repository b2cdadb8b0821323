"""Google Cloud CDN: wish to calls, recorded answer to receipt or error, headers to sighting, what the doctor finds."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from providers.contract import Account, Cached, Health, Kind, Purge, Receipt, Sighting, UnsupportedWish
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
from providers.googlecdn import BLUEPRINT, GoogleCdn
from tests.providers.manners import REFERENCE
from tests.providers.manners.googlecdn import CREDENTIALS

LAYER = {"url_map": "shop-map"}
PATH = "/projects/shop-prod/global/urlMaps/shop-map/invalidateCache"
WWW = "www.shop.test"
A = f"https://{WWW}/a?b=1"


def googlecdn(
    transport: httpx.AsyncBaseTransport | None = None,
    credentials: str = json.dumps(CREDENTIALS),
    per_call: Mapping[Kind, int] | None = None,
    **settings: str,
) -> GoogleCdn:
    secrets = {"credentials": credentials}
    return GoogleCdn(
        Account("g", {"project": "shop-prod", **settings}, secrets, per_call=per_call or {}), transport
    )  # fmt: skip


def wish(kind: Kind, *targets: str, layer: Mapping[str, str] = LAYER) -> Purge:
    return Purge(kind, targets, layer=layer, hosts=(WWW, "img.shop.test"))


@pytest.mark.parametrize(
    ("asked", "bodies", "targets"),
    [
        pytest.param(
            wish(Kind.URL, A, f"http://{WWW}/a", f"https://{WWW}/b/"),
            [{"host": WWW, "path": "/a"}, {"host": WWW, "path": "/b/"}],
            [(A, f"http://{WWW}/a"), (f"https://{WWW}/b/",)],
            id="urls-by-path-whatever-scheme-and-query",
        ),
        pytest.param(
            wish(Kind.URL, f"https://{WWW}/d/a*b"),
            [{"host": WWW, "path": "/d/*"}],
            [(f"https://{WWW}/d/a*b",)],
            id="a-url-with-a-star-is-its-folder",
        ),
        pytest.param(
            wish(Kind.PREFIX, f"{WWW}/news"),
            [{"host": WWW, "path": "/news/*"}, {"host": WWW, "path": "/news"}],
            [(f"{WWW}/news",), ()],
            id="prefix-at-a-path-boundary-is-two-calls",
        ),
        pytest.param(
            wish(Kind.PREFIX, f"{WWW}/n/"), [{"host": WWW, "path": "/n/*"}], [(f"{WWW}/n/",)], id="prefix-of-a-folder"
        ),
        pytest.param(wish(Kind.PREFIX, WWW), [{"host": WWW, "path": "/*"}], [(WWW,)], id="prefix-without-a-path"),
        pytest.param(wish(Kind.HOST, WWW), [{"host": WWW, "path": "/*"}], [(WWW,)], id="host"),
        pytest.param(wish(Kind.TAG, "a", "b", "a"), [{"cacheTags": ["a", "b"]}], [("a", "b")], id="tags"),
        pytest.param(
            wish(Kind.TAG, *(f"t{n}" for n in range(11))),
            [{"cacheTags": [f"t{n}" for n in range(10)]}, {"cacheTags": ["t10"]}],
            [tuple(f"t{n}" for n in range(10)), ("t10",)],
            id="ten-tags-a-call",
        ),
        pytest.param(
            wish(Kind.EVERYTHING),
            [{"host": WWW, "path": "/*"}, {"host": "img.shop.test", "path": "/*"}],
            [(), ()],
            id="everything-host-by-host",
        ),
        pytest.param(
            Purge(Kind.EVERYTHING, (), layer=LAYER), [{"path": "/*"}], [()], id="everything-of-a-map-without-hosts"
        ),
    ],
)
def test_a_wish_becomes_calls(asked: Purge, bodies: list[dict[str, object]], targets: list[tuple[str, ...]]) -> None:
    calls = googlecdn().plan(asked)
    assert bodies == [json.loads(call.body) for call in calls]
    assert targets == [call.targets for call in calls]
    assert {("POST", PATH, (("calls", 1),))} == {(call.method, call.path, call.cost) for call in calls}


def test_more_tags_a_call_if_told() -> None:
    calls = googlecdn(per_call={Kind.TAG: 20}).plan(wish(Kind.TAG, *(f"t{n}" for n in range(21))))
    assert [20, 1] == [len(call.targets) for call in calls]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(
            wish(Kind.PATTERN, f"{WWW}/img/a*.png"),
            f"Google Cloud CDN purges no patterns here. Wider: prefix {WWW}/img/. "
            "Narrower: the URLs, one by one.",
            id="a-pattern",
        ),
        pytest.param(
            wish(Kind.PATTERN, f"{WWW}/*.css"),
            f"Google Cloud CDN purges no patterns here. Wider: host {WWW}. Narrower: the URLs, one by one.",
            id="a-pattern-at-the-top",
        ),
        pytest.param(
            wish(Kind.PATH, "/a"),
            "Google Cloud CDN purges no paths here. "
            "Name URLs, a prefix, tags, a host, or everything instead.",
            id="a-path-without-a-host",
        ),
        pytest.param(
            wish(Kind.PREFIX, f"{WWW}/a?b"),
            f"`{WWW}/a?b` is not a prefix for Google Cloud CDN. Name host and path, without ?, # and *.",
            id="a-prefix-with-a-query",
        ),
        pytest.param(
            wish(Kind.URL, f"{WWW}/a"),
            f"`{WWW}/a` is not a whole URL. Write it with scheme, host and path, without #.",
            id="a-url-without-a-scheme",
        ),
        pytest.param(
            wish(Kind.TAG, "a b"),
            "`a b` is not a tag as it goes on the wire. Write it in visible ASCII, without blanks.",
            id="a-tag-with-a-blank",
        ),
        pytest.param(
            wish(Kind.EVERYTHING, layer={"url_map": "a/b"}),
            "`a/b` under `url_map` is not the name of a URL map. "
            "Write it like `url_map: shop-map`: the name of the global URL map, as gcloud compute "
            "url-maps list shows it.",
            id="a-map-that-is-a-path",
        ),
        pytest.param(
            wish(Kind.URL, f"https://{WWW}/" + "x" * 100_000),
            f"`https://{WWW}/{'x' * 38}…` is longer than a call may be (100,000 bytes). "
            "Name a prefix, tags, a host, or everything instead.",
            id="a-url-too-long",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_planned_is_refused_with_what_is_possible(asked: Purge, expected: str) -> None:
    with pytest.raises(UnsupportedWish) as caught:
        googlecdn().plan(asked)
    assert expected == str(caught.value)


@pytest.mark.parametrize(("project", "expected"), [("shop-prod", True), ("example.com:shop", True), ("Shop", False)])
def test_a_project_is_known_by_its_shape_when_the_configuration_is_read(project: str, expected: bool) -> None:
    (field,) = [field for field in BLUEPRINT.fields if field.name == "project"]
    assert expected == bool(re.fullmatch(field.pattern, project))


def answering(status: int, body: object) -> httpx.MockTransport:
    text = body if isinstance(body, str) else json.dumps(body)
    return httpx.MockTransport(lambda _: httpx.Response(status, text=text))


def op(status: str, error: object = None) -> dict[str, object]:
    more = {"error": error} if error else {}
    return {"kind": "compute#operation", "name": "operation-1-a", "status": status, "id": "77", **more}


BAD = {"errors": [{"code": "INTERNAL_ERROR", "message": "Try again later"}]}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(op("PENDING"), Receipt(id="operation-1-a", ready_in=10.0, finished=False), id="pending"),
        pytest.param(op("RUNNING"), Receipt(id="operation-1-a", ready_in=10.0, finished=False), id="running"),
        pytest.param(op("DONE"), Receipt(id="operation-1-a"), id="done"),
    ],
)
async def test_an_operation_is_a_receipt_from_the_first_call_on(body: object, expected: Receipt) -> None:
    provider = googlecdn(answering(200, body))
    sent = await provider.send(provider.plan(wish(Kind.HOST, WWW))[0], REFERENCE)
    asked = await provider.progress(Receipt(id="operation-1-a", finished=False))
    await provider.close()
    assert (expected, expected) == (sent, asked)


async def test_an_operation_that_ends_with_an_error_is_refused_at_once_and_later() -> None:
    provider = googlecdn(answering(200, op("DONE", BAD)))
    with pytest.raises(Refused) as caught:
        await provider.send(provider.plan(wish(Kind.HOST, WWW))[0], REFERENCE)
    with pytest.raises(Refused) as later:
        await provider.progress(Receipt(id="operation-1-a", finished=False))
    await provider.close()
    assert ["Try again later (INTERNAL_ERROR)"] * 2 == [caught.value.said, later.value.said]


async def test_a_finished_receipt_is_all_there_is() -> None:
    assert Receipt(id="x") == await googlecdn().progress(Receipt(id="x"))


def error(status: int, reason: str, message: str) -> dict[str, object]:
    return {"error": {"code": status, "message": message, "errors": [{"reason": reason, "message": message}]}}


PERMISSION = (
    "Give the service account in `credentials` compute.urlMaps.invalidateCache in this project, by a role of your own "
    "or Compute Load Balancer Admin."
)
KEY = (
    "Put a new key of the service account into `credentials`, see that the account is enabled, and that the clock here "
    "is right."
)
FEWER = (
    "Wait a minute, then retry. The project's quota of the Compute Engine API is in the console under IAM & Admin, "
    "Quotas; where others invalidate too, lower `calls` under `pace` to leave them room."
)
NAMES = "Check `project` and `url_map`: gcloud compute url-maps list names both. Only global URL maps can be purged."


@pytest.mark.parametrize(
    ("status", "body", "kind", "what", "advice"),
    [
        pytest.param(
            401, error(401, "authError", "Invalid Credentials"),
            BadCredentials, "Google Cloud CDN does not take the service account's signature.", KEY, id="401",
        ),
        pytest.param(
            403, error(403, "forbidden", "Required 'compute.urlMaps.invalidateCache' permission for 'projects/x'"),
            BadCredentials, "Google Cloud CDN does not let the service account invalidate shop-prod/shop-map.",
            PERMISSION, id="403",
        ),
        pytest.param(
            403, error(403, "accessNotConfigured", "Compute Engine API has not been used in project 1 before"),
            BadCredentials, "The Compute Engine API is not enabled in this project.",
            "Enable it in the project of `credentials`: gcloud services enable compute.googleapis.com.",
            id="api-not-enabled",
        ),
        pytest.param(
            403, error(403, "rateLimitExceeded", "Rate Limit Exceeded"),
            Throttled, "Google Cloud CDN asks for fewer calls.", FEWER, id="too-fast-as-403",
        ),
        pytest.param(
            429, error(429, "quotaExceeded", "Quota exceeded"),
            Throttled, "Google Cloud CDN asks for fewer calls.", FEWER, id="too-fast-as-429",
        ),
        pytest.param(
            404, error(404, "notFound", "The resource 'projects/x/global/urlMaps/y' was not found"),
            WrongAddress, "Google Cloud CDN knows no shop-prod/shop-map.", NAMES, id="404",
        ),
        pytest.param(
            400, error(400, "invalid", "Invalid value for field 'resource.path': '/a*'."),
            Refused, "Google Cloud CDN does not take this path, host or tag.", "Mend it, or name a prefix.", id="400",
        ),
        pytest.param(
            400, error(400, "resourceNotReady", "The resource 'projects/x' is not ready"),
            Unavailable, "Google Cloud CDN is just changing this URL map.",
            "Wait until that change is done (gcloud compute operations list --global shows it), then retry.",
            id="not-ready",
        ),
        pytest.param(
            503, error(503, "backendError", "Backend Error"),
            Unavailable, "Google Cloud CDN answered 503.",
            "See https://status.cloud.google.com and any proxy on the way; once all is well there, retry.",
            id="503",
        ),
        pytest.param(
            504, error(504, "deadlineExceeded", "Deadline Exceeded"),
            OutcomeUnknown, "Google Cloud CDN answered 504: its answer was lost on the way.",
            "It may have been done already: look at the edge, or retry. "
            "If it stays, see https://status.cloud.google.com and any proxy on the way.",
            id="504",
        ),
        pytest.param(
            413, error(413, "requestTooLarge", "Request is too large"),
            Refused, "Google Cloud CDN, or a proxy on the way, takes no call this long: status 413.",
            "Name a prefix or the host; for tags lower `per_call` of this account.", id="413",
        ),
        pytest.param(
            412, error(412, "conditionNotMet", "Precondition Failed"),
            Unexpected, "Google Cloud CDN answered 412 in a way purgebot does not know.",
            "Report it with what Google said.", id="412",
        ),
    ],
)  # fmt: skip
async def test_an_answer_that_is_no_yes_is_an_error_named_by_who_must_act(
    status: int, body: dict[str, dict[str, str]], kind: type[PurgeError], what: str, advice: str
) -> None:
    provider = googlecdn(answering(status, body))
    with pytest.raises(PurgeError) as caught:
        await provider.send(provider.plan(wish(Kind.HOST, WWW))[0], REFERENCE)
    with pytest.raises(kind):
        await provider.progress(Receipt(id="operation-1-a", finished=False))
    await provider.close()
    found = caught.value
    assert (kind, what, advice, body["error"]["message"]) == (type(found), found.what, found.advice, found.said)


@pytest.mark.parametrize(
    ("status", "text", "what", "advice"),
    [
        pytest.param(
            403, "<html>You have been blocked</html>",
            "Google Cloud CDN does not let the service account invalidate shop-prod/shop-map. "
            "What answers there said “You have been blocked”.",
            f"{PERMISSION} Check that this machine is not blocked.", id="403",
        ),
        pytest.param(
            407, "<html>Sign in</html>", "A proxy on the way to Google Cloud CDN wants a login (407). "
            "What answers there said “Sign in”.",
            "Let this machine pass there without one, or set `api_url` to another way.", id="407",
        ),
    ],
)  # fmt: skip
async def test_what_a_proxy_says_on_the_way_is_told_apart(status: int, text: str, what: str, advice: str) -> None:
    provider = googlecdn(answering(status, text))
    with pytest.raises(BadCredentials) as caught:
        await provider.send(provider.plan(wish(Kind.HOST, WWW))[0], REFERENCE)
    await provider.close()
    assert (what, advice) == (caught.value.what, caught.value.advice)


@pytest.mark.parametrize(
    ("status", "reason", "expected", "told"),
    [
        pytest.param(
            403, "forbidden", BadCredentials,
            "Google Cloud CDN does not let the service account watch shop-prod/operation-1-a. The purge itself was "
            "taken. Give the service account in `credentials` compute.globalOperations.get in this project as well. "
            'It said: "No".', id="may-not-watch",
        ),
        pytest.param(
            404, "notFound", WrongAddress,
            "Google Cloud CDN does not know how shop-prod/operation-1-a ended. "
            'Look at the edge, or purge again. If it is so each time, check `project`. It said: "No".', id="forgotten",
        ),
    ],
)  # fmt: skip
async def test_a_question_that_is_not_answered(status: int, reason: str, expected: type[PurgeError], told: str) -> None:
    provider = googlecdn(answering(status, error(status, reason, "No")))
    with pytest.raises(PurgeError) as caught:
        await provider.progress(Receipt(id="operation-1-a", finished=False))
    await provider.close()
    assert (expected, told) == (type(caught.value), str(caught.value))


@pytest.mark.parametrize(
    "credentials",
    [
        pytest.param("", id="none"),
        pytest.param("missing", id="not-json"),
        pytest.param("[]", id="a-list"),
        pytest.param("{}", id="an-empty-object"),
        pytest.param(json.dumps(CREDENTIALS | {"private_key": "-----BEGIN"}), id="half-a-key"),
        pytest.param(json.dumps({"type": "authorized_user", "refresh_token": "s3cret"}), id="a-persons-login"),
    ],
)
async def test_a_key_that_is_none_is_told_and_nothing_is_sent(credentials: str) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    provider = googlecdn(httpx.MockTransport(answer), credentials)
    with pytest.raises(BadCredentials) as caught:
        await provider.send(provider.plan(wish(Kind.HOST, WWW))[0], REFERENCE)
    assert (
        "`credentials` of this account is not a service account's key. "
        "Set `credentials` to the whole JSON of a service account's key (IAM, Service accounts, Keys), by {file: PATH} "
        "or {env: NAME}."
    ) == str(caught.value)
    assert [] == seen


async def test_a_repeat_has_the_same_request_id_and_another_call_has_another() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=op("DONE"))

    provider = googlecdn(httpx.MockTransport(answer))
    (call,) = provider.plan(wish(Kind.HOST, WWW))
    for reference in (REFERENCE, REFERENCE, "another"):
        await provider.send(call, reference)
    await provider.close()
    targets = [request.extensions["target"].decode() for request in seen]
    first, again, other = (target.removeprefix(f"/compute/v1{PATH}?requestId=") for target in targets)
    assert (True, False, 5) == (first == again, first == other, UUID(first).version)


async def test_a_token_that_is_echoed_is_cut_out() -> None:
    def echo(request: httpx.Request) -> httpx.Response:
        return httpx.Response(400, text=f"you sent {request.headers['authorization']}")

    provider = googlecdn(httpx.MockTransport(echo))
    with pytest.raises(PurgeError) as caught:
        await provider.send(provider.plan(wish(Kind.HOST, WWW))[0], REFERENCE)
    await provider.close()
    assert ("", True) == (caught.value.said, "“you sent Bearer …”" in caught.value.what)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param({"x-cache-status": "hit"}, Sighting(Cached.HIT, "hit"), id="hit"),
        pytest.param({"x-cache-status": "miss", "age": "3"}, Sighting(Cached.MISS, "miss"), id="miss"),
        pytest.param({"x-cache-status": "uncacheable"}, Sighting(Cached.UNCACHED, "uncacheable"), id="uncacheable"),
        pytest.param({"x-cache-status": "new"}, Sighting(Cached.UNKNOWN, "new"), id="a-new-word"),
        pytest.param({"via": "1.1 google", "age": "12"}, Sighting(Cached.HIT, "Age 12"), id="an-age"),
        pytest.param({"via": "1.1 google"}, Sighting(), id="no-age"),
        pytest.param({"via": "1.1 varnish", "age": "12"}, Sighting(), id="another-cache"),
    ],
)
def test_headers_are_read(headers: Mapping[str, str], expected: Sighting) -> None:
    assert expected == googlecdn(status_header="X-Cache-Status").sighting(headers)


def test_without_a_status_header_only_an_age_is_read() -> None:
    assert Sighting() == googlecdn().sighting({"x-cache-status": "hit", "": "hit"})


@pytest.mark.parametrize(
    ("layer", "status", "body", "health", "what"),
    [
        pytest.param(
            LAYER, 400, error(400, "invalid", "Invalid value for field 'resource.path': 'purgebot-doctor'."),
            Health.GOOD, f"Google Cloud CDN takes invalidations of shop-map from {CREDENTIALS['client_email']}.",
            id="refused-for-the-path",
        ),
        pytest.param(
            LAYER, 400, error(400, "invalid", "Invalid project"),
            Health.BAD, "Google Cloud CDN does not take this path, host or tag.", id="refused-for-something-else",
        ),
        pytest.param(
            LAYER, 403, error(403, "forbidden", "Required 'compute.urlMaps.invalidateCache' permission"),
            Health.BAD, "Google Cloud CDN does not let the service account invalidate shop-prod/shop-map.",
            id="no-permission",
        ),
        pytest.param(
            {"url_map": "a/b"}, 200, {},
            Health.BAD, "`a/b` under `url_map` is not the name of a URL map.", id="a-map-that-is-a-path",
        ),
        pytest.param(
            {}, 200, {},
            Health.DOUBTFUL, "No site uses this account, so there is no `url_map` to try it on.", id="no-site",
        ),
    ],
)  # fmt: skip
async def test_the_doctor(layer: Mapping[str, str], status: int, body: object, health: Health, what: str) -> None:
    sent: list[tuple[str, bytes]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append((request.extensions["target"].decode(), request.content))
        return httpx.Response(status, json=body)

    provider = googlecdn(httpx.MockTransport(answer))
    probe = await provider.probe(layer)
    await provider.close()
    assert (health, what) == (probe.health, probe.what)
    assert ([(f"/compute/v1{PATH}", b'{"path":"purgebot-doctor"}')] if layer == LAYER else []) == sent


async def test_it_says_nothing_of_its_budgets() -> None:
    assert () == await googlecdn().left(LAYER)


def test_without_the_package_everything_but_sending_works_and_that_says_what_is_missing() -> None:
    code = (
        "import asyncio, sys; sys.modules['google.auth'] = None\n"
        "from providers import PROVIDERS\nfrom providers.contract import Account, Kind, Purge\n"
        "p = PROVIDERS['googlecdn'].build(Account('a', {'project': 'shop'}), None)\n"
        "(call,) = p.plan(Purge(Kind.HOST, ('a.test',), layer={'url_map': 'm'}))\n"
        "try: asyncio.run(p.send(call, 'r'))\n"
        "except Exception as exc: print(exc)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2])
    what = "Google Cloud CDN needs the Python package google-auth, which is not installed."
    assert (f"{what} Install it: pip install 'purgebot[google]'.\n", "") == (done.stdout, done.stderr)
