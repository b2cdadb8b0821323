"""Every way in which a call can go wrong, asked of every adapter: one attempt, and an error named by who must act."""

from __future__ import annotations

import ast
import gzip
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import brotli
import httpx
import pytest
import zstandard

from providers import PROVIDERS, adapter, akamai_answers, cloudflare_answers, cloudfront_answers
from providers.adapter import bad
from providers.contract import Call, Health, Kind, Provider, Purge
from providers.errors import (
    BadCredentials,
    OutcomeUnknown,
    PurgeError,
    Throttled,
    Unavailable,
    Unexpected,
    WrongAddress,
)
from tests.providers.loopback import Deed, answering, cutting, loopback, saying
from tests.providers.manners import REFERENCE, manner
from tests.providers.promises import CANARY, build, promised_again, unnamed_nothing
from tests.real import free_port

BY_HTTP = sorted(name for name in PROVIDERS if manner(name).http)
by_http = pytest.mark.parametrize("name", BY_HTTP)
PAGE = "<!doctype html><html><head><title>Hello</title></head><body>It works</body></html>"
DATE = {"Date": "Wed, 25 Nov 2026 12:00:00 GMT", "Retry-After": "Wed, 25 Nov 2026 12:01:30 GMT"}


@dataclass
class Answers:
    """A transport that always does the same, and counts."""

    deed: Callable[[httpx.Request], httpx.Response]
    requests: list[httpx.Request] = field(default_factory=list)

    def transport(self) -> httpx.MockTransport:
        def answer(request: httpx.Request) -> httpx.Response:
            self.requests.append(request)
            return self.deed(request)

        return httpx.MockTransport(answer)


def raising(exc: type[httpx.HTTPError]) -> Callable[[httpx.Request], httpx.Response]:
    def deed(request: httpx.Request) -> httpx.Response:
        raise exc("broke")

    return deed


def saying_status(
    status: int, text: str = "", headers: dict[str, str] | None = None
) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: httpx.Response(status, text=text, headers=headers)


def call_of(name: str, provider: Provider) -> Call:
    layer = {field.name: field.example for field in PROVIDERS[name].layer_fields if field.required}
    return provider.plan(Purge(Kind.URL, ("https://www.shop.test/a",), layer=layer))[0]


async def error_of(name: str, provider: Provider) -> PurgeError:
    with pytest.raises(PurgeError) as caught:
        await provider.send(call_of(name, provider), REFERENCE)
    await provider.close()
    return caught.value


FAULTS = [
    ("refused", raising(httpx.ConnectError), Unavailable),
    ("no-connection-in-time", raising(httpx.ConnectTimeout), Unavailable),
    ("no-answer-in-time", raising(httpx.ReadTimeout), OutcomeUnknown),
    ("reset", raising(httpx.ReadError), OutcomeUnknown),
    ("cut", raising(httpx.RemoteProtocolError), OutcomeUnknown),
    ("page-with-200", saying_status(200, PAGE), WrongAddress),
    ("empty-200", saying_status(200), WrongAddress),
    ("empty-204", saying_status(204), WrongAddress),
    ("json-of-another-shape", saying_status(200, '{"ok": true}'), WrongAddress),
    ("json-list", saying_status(200, "[1, 2]"), WrongAddress),
    ("json-cut-short", saying_status(200, '{"success": tr'), WrongAddress),
    ("json-nested-too-deep", saying_status(200, "[" * 100_000), WrongAddress),
    ("not-a-yes", saying_status(200, '{"success": "true", "errors": []}'), WrongAddress),
    ("redirect", saying_status(301, "", {"Location": "https://elsewhere.test/"}), WrongAddress),
    ("page-with-400", saying_status(400, PAGE), Unexpected),
    ("page-with-401", saying_status(401, PAGE), BadCredentials),
    ("page-with-403", saying_status(403, PAGE), BadCredentials),
    ("proxy-wants-a-login", saying_status(407, PAGE), BadCredentials),
    ("page-with-404", saying_status(404, PAGE), WrongAddress),
    ("page-with-405", saying_status(405, PAGE), WrongAddress),
    ("page-with-418", saying_status(418, PAGE), Unexpected),
    ("page-with-429", saying_status(429, PAGE), Throttled),
    ("page-with-500", saying_status(500, PAGE), Unavailable),
    ("page-with-501", saying_status(501, PAGE), Unexpected),
    ("page-with-502", saying_status(502, PAGE), Unavailable),
    ("page-with-503", saying_status(503, PAGE), Unavailable),
    ("page-with-504", saying_status(504, PAGE), OutcomeUnknown),
    ("words-that-are-not-utf-8", lambda _: httpx.Response(500, content=b"\xff\xfe\x00"), Unavailable),
]
Expected = type[PurgeError] | None


def rows(name: str) -> Iterator[tuple[str, Callable[[httpx.Request], httpx.Response], Expected]]:
    """Every fault, and what an adapter makes of it."""
    for fault, deed, usual in FAULTS:
        yield fault, deed, manner(name).faults.get(fault, usual)


def test_no_manner_names_a_fault_that_is_not_tried() -> None:
    known = {fault for fault, _, _ in FAULTS}
    assert [] == [(name, fault) for name in BY_HTTP for fault in manner(name).faults if fault not in known]


@by_http
async def test_a_fault_is_one_attempt_and_one_named_error(name: str, subtests: pytest.Subtests) -> None:
    for at, deed, expected in rows(name):
        with subtests.test(at):
            await _is_one_attempt_and_one_named_error(name, deed, expected)


CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
}


def packed(status: int, coding: str) -> Callable[[httpx.Request], httpx.Response]:
    content = CODINGS[coding](PAGE.encode())
    return lambda request: httpx.Response(status, content=content, headers={"Content-Encoding": coding})


@by_http
@pytest.mark.parametrize("status", [403, 500, 504])
async def test_trouble_that_is_packed_is_told_as_what_is_not(name: str, status: int) -> None:
    plain = await error_of(name, build(name, Answers(saying_status(status, PAGE)).transport()))
    for coding in CODINGS:
        error = await error_of(name, build(name, Answers(packed(status, coding)).transport()))
        assert (coding, type(plain), str(plain)) == (coding, type(error), str(error))


async def _is_one_attempt_and_one_named_error(
    name: str, deed: Callable[[httpx.Request], httpx.Response], expected: Expected
) -> None:
    answers = Answers(deed)
    if expected is None:
        provider = build(name, answers.transport())
        await provider.send(call_of(name, provider), REFERENCE)
        await provider.close()
        assert 1 == len(answers.requests)
        return
    error = await error_of(name, build(name, answers.transport()))
    assert (expected, 1) == (type(error), len(answers.requests))
    assert [] == unnamed_nothing(error.what, error.advice)
    assert (True, True) == (error.what.endswith("."), error.advice.endswith((".", "?")))
    assert [] == promised_again(f"{error.what} {error.advice}")
    assert CANARY not in f"{error}{error!r}"


@by_http
async def test_a_doctor_meets_the_same_fault_without_a_crash(name: str, subtests: pytest.Subtests) -> None:
    for at, deed, expected in rows(name):
        with subtests.test(at):
            await _is_met_by_a_doctor(name, deed, expected)


async def _is_met_by_a_doctor(name: str, deed: Callable[[httpx.Request], httpx.Response], expected: Expected) -> None:
    provider = build(name, Answers(deed).transport())
    layer = {field.name: field.example for field in PROVIDERS[name].layer_fields if field.required}
    try:
        found = await provider.probe(layer)
    except PurgeError as exc:
        found = bad(exc)
    await provider.close()
    health = Health.DOUBTFUL if expected is Throttled else Health.BAD
    assert (health == found.health) or expected is None
    assert [] == unnamed_nothing(found.what, found.advice)
    assert [] == promised_again(f"{found.what} {found.advice}")
    assert "may have been done" not in found.advice


def fault(name: str) -> Callable[[httpx.Request], httpx.Response]:
    return next(deed for row, deed, _ in FAULTS if row == name)


@by_http
@pytest.mark.parametrize("row", ["refused", "no-answer-in-time", "page-with-502", "page-with-504"])
async def test_who_is_away_is_looked_for_where_a_person_can_look(name: str, row: str) -> None:
    error = await error_of(name, build(name, Answers(fault(row)).transport()))
    page = manner(name).status_page
    assert page in error.advice
    assert page or ("status" not in error.advice and "https://" not in error.advice)
    assert not page or "runs" not in error.advice


@by_http
async def test_nothing_sent_is_not_told_as_an_answer_lost(name: str) -> None:
    away = await error_of(name, build(name, Answers(fault("refused")).transport()))
    lost = await error_of(name, build(name, Answers(fault("no-answer-in-time")).transport()))
    assert (True, False) == tuple("cannot be reached" in error.what for error in (away, lost))
    assert (False, True) == tuple("It may have been done already" in error.advice for error in (away, lost))


@by_http
async def test_who_is_throttled_for_good_is_told_which_limit_of_the_account_to_lower(name: str) -> None:
    provider = build(name, Answers(fault("page-with-429")).transport())
    buckets = {bucket.partition(":")[0] for bucket in provider.can.pace}
    error = await error_of(name, provider)
    assert any(f"`{bucket}`" in error.advice for bucket in buckets)
    assert ("etry" in error.advice, "`pace`" in error.advice) == (True, True)


@by_http
@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param({"Retry-After": "3"}, 3.0, id="in-seconds"),
        pytest.param(DATE, 90.0, id="as-a-date"),
        pytest.param({}, None, id="absent"),
        pytest.param({"Retry-After": "whenever"}, None, id="not-a-number"),
    ],
)
async def test_a_throttled_call_says_how_long_to_wait(
    name: str, headers: dict[str, str], expected: float | None
) -> None:
    error = await error_of(name, build(name, Answers(saying_status(429, "slow down", headers)).transport()))
    assert isinstance(error, Throttled)
    assert expected == error.retry_after


@by_http
async def test_nobody_listens(name: str) -> None:
    error = await error_of(name, build(name, settings={"api_url": f"http://127.0.0.1:{free_port()}"}))
    assert (Unavailable, "") == (type(error), error.said)
    assert error.what.endswith(" cannot be reached: the connection was refused.")


@by_http
@pytest.mark.parametrize("row", ["refused", "no-connection-in-time", "no-answer-in-time", "reset", "cut"])
async def test_what_our_own_libraries_say_is_not_quoted_as_the_provider(name: str, row: str) -> None:
    error = await error_of(name, build(name, Answers(fault(row)).transport()))
    assert ("", False) == (error.said, "It said" in f"{error}")


CLOUDS = [name for name in BY_HTTP if manner(name).status_page]
PAGES = [row for row, _, _ in FAULTS if row.startswith("page-with-")]


@pytest.mark.parametrize("name", CLOUDS)
@pytest.mark.parametrize("row", PAGES)
async def test_a_page_in_front_of_a_cloud_is_not_quoted_as_the_cloud(name: str, row: str) -> None:
    error = await error_of(name, build(name, Answers(fault(row)).transport()))
    assert ("", True) == (error.said, error.what.endswith(" What answers there said “Hello It works”."))


@by_http
@pytest.mark.parametrize("row", ["page-with-200", "page-with-404", "page-with-405", "json-of-another-shape"])
async def test_a_server_that_is_not_the_one_meant_is_not_quoted_as_it(name: str, row: str) -> None:
    deed, expected = next((deed, manner(name).faults.get(row, usual)) for at, deed, usual in FAULTS if at == row)
    if expected is WrongAddress:
        error = await error_of(name, build(name, Answers(deed).transport()))
        assert "" == error.said


@by_http
async def test_a_throttle_in_the_doctor_is_no_reason_to_retry(name: str) -> None:
    error = await error_of(name, build(name, Answers(fault("page-with-429")).transport()))
    found = bad(error)
    assert (Health.DOUBTFUL, True) == (found.health, found.what.endswith(" Jobs wait for it."))
    assert "retry" not in f"{found.what} {found.advice}".lower()


@pytest.mark.parametrize("name", [*CLOUDS, "http"])
@pytest.mark.parametrize("row", ["page-with-401", "page-with-403"])
async def test_a_credential_that_is_not_taken_is_named_by_its_key(name: str, row: str) -> None:
    error = await error_of(name, build(name, Answers(fault(row)).transport()))
    assert BadCredentials is type(error)
    assert names_a_key(name, error.advice)


def names_a_key(name: str, advice: str) -> bool:
    """Whether an advice names a key of the account that holds a secret, or one that goes with it."""
    beside = {"cloudfront": {"access_key_id", "profile"}, "cloudflare": {"email"}}.get(name, set())
    keys = beside | {field.name for field in PROVIDERS[name].fields if field.secret}
    return any(f"`{key}`" in advice for key in keys)


LISTED = [
    *(("akamai", row.what, row.advice) for row in akamai_answers.ROWS if row.error is BadCredentials),
    *(("cloudflare", row.what, row.advice) for row in cloudflare_answers.ROWS if row.error is BadCredentials),
    *(("cloudfront", row.what, row.advice) for row in cloudfront_answers.ROWS if row.error is BadCredentials),
]


@pytest.mark.parametrize(("name", "what", "advice"), LISTED)
def test_a_known_no_to_a_credential_names_its_key_unless_the_clock_is_at_fault(
    name: str, what: str, advice: str
) -> None:
    assert names_a_key(name, advice) or "clock" in advice


def test_no_error_of_an_adapter_tells_that_nothing_was_sent_without_saying_to_whom() -> None:
    found = []
    for file in sorted(Path(adapter.__file__).parent.glob("*.py")):
        nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
        docs = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        texts = [node.value for node in nodes if isinstance(node, ast.Constant) and id(node) not in docs]
        found += [(file.name, text) for text in texts if isinstance(text, str) and unnamed_nothing(text)]
    assert [] == found


@by_http
@pytest.mark.parametrize(
    "deed",
    [
        pytest.param(cutting, id="cut-after-sending"),
        pytest.param(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"), id="cut-in-the-answer"),
        pytest.param(saying(b"nonsense\r\n\r\n"), id="not-http"),
    ],
)
async def test_a_connection_that_breaks_after_sending(name: str, deed: Deed) -> None:
    async with loopback(deed) as server:
        error = await error_of(name, build(name, settings={"api_url": server.url}))
    assert (OutcomeUnknown, 1, "") == (type(error), len(server.heads), error.said)


@by_http
async def test_a_cookie_or_a_redirect_changes_nothing(name: str) -> None:
    redirect = answering("302 Found", "", "Set-Cookie: a=b; Path=/", "Location: /yes")
    async with loopback(redirect) as server:
        provider = build(name, settings={"api_url": server.url})
        await error_of(name, provider)
        await error_of(name, provider)
    assert (2, []) == (len(server.heads), server.values(b"cookie"))
