"""The one HTTP door, on the wire."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import brotli
import httpx
import pytest

from providers.errors import OutcomeUnknown, PurgeError, Throttled, Unavailable, Unexpected, WrongAddress
from providers.heads import HEADERS_MAX, LINES_MAX
from providers.sides import server
from providers.signing import Bearer, HeaderKeys
from providers.wire import ANSWER_MAX, Answer, Wire, gateway_trouble, retry_after, said_by
from tests.bombs import CODINGS, bomb
from tests.providers.loopback import Deed, answering, cutting, forever, loopback, never, saying
from tests.real import free_port

TOKEN = "canary-3f9c"
SIDE = server("The cache", "it runs", "its log", "Wait, then retry.")
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def wire(url: str, transport: httpx.AsyncBaseTransport | None = None, seconds: float = 8.0) -> Wire:
    return Wire(url, Bearer(TOKEN), transport, side=SIDE, secrets=(TOKEN,), seconds=seconds)


def packed(body: bytes, coding: str, status: str = "200 OK") -> bytes:
    """An answer whose body is said to be packed."""
    head = f"HTTP/1.1 {status}\r\nContent-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def refusal(sender: Wire, target: str = "/") -> PurgeError:
    with pytest.raises(PurgeError) as caught:
        await sender.send("POST", target)
    await sender.close()
    return caught.value


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/?",
        "/a?b=2&a=1&b=2",
        "/%7Ea/../b//c/./d",
        "/caf%C3%A9/%c3%a9?q=%2F%2f",
        "/A/a?X=x",
        '/"quoted"<>|{}[]^`',
        "//host-like/path",
        "/a;b,c'(d)!$*=@:~",
        "/?next=https://www.shop.test/a?b#c",
    ],
)
async def test_a_request_target_leaves_byte_for_byte(target: str) -> None:
    async with loopback(answering("200 OK")) as server:
        sender = wire(server.url)
        await sender.send("PURGE", target)
        await sender.close()
    assert [target.encode()] == server.targets


@pytest.mark.parametrize("base", ["/cf/client/v4", "/cf/client/v4/"])
async def test_the_path_of_the_base_url_comes_first(base: str) -> None:
    async with loopback(answering("200 OK")) as server:
        sender = wire(server.url + base)
        await sender.send("POST", "/zones//x?y")
        await sender.close()
    assert [b"/cf/client/v4/zones//x?y"] == server.targets


async def test_a_host_header_replaces_ours() -> None:
    async with loopback(answering("200 OK")) as server:
        sender = wire(server.url)
        await sender.send("PURGE", "/", [("Host", "www.shop.test")])
        await sender.close()
    assert [b"www.shop.test"] == server.values(b"host")


async def test_cookies_are_never_kept() -> None:
    async with loopback(answering("200 OK", "", "Set-Cookie: session=1; Path=/")) as server:
        sender = wire(server.url)
        await sender.send("POST", "/")
        await sender.send("POST", "/")
        await sender.close()
    assert (2, []) == (len(server.heads), server.values(b"cookie"))


async def test_a_redirect_is_an_answer() -> None:
    async with loopback(answering("302 Found", "", "Location: /elsewhere")) as server:
        sender = wire(server.url)
        answer = await sender.send("POST", "/")
        await sender.close()
    assert (302, [b"/"]) == (answer.status, server.targets)


async def test_no_more_than_a_mebibyte_is_read() -> None:
    async with loopback(forever) as server:
        sender = wire(server.url)
        answer = await sender.send("POST", "/")
        await sender.close()
    assert ANSWER_MAX == len(answer.text)


PACKED = {
    "two": (gzip.compress(gzip.compress(b"{}")), "gzip, gzip"),
    "none that is known": (b"{}", "Vogon"),
}
PACKED_AS = (
    "The cache packed its answer as {}, though it was asked to send it as it is.",
    "It may have been done already: look at the edge, or retry. Look at what packs answers there or on the way, and"
    " have it heed Accept-Encoding.",
)


async def stays_packed(body: bytes, coding: str) -> None:
    async with loopback(saying(packed(body, coding))) as server:
        error = await refusal(wire(server.url))
    what, advice = PACKED_AS
    assert (OutcomeUnknown, what.format(coding.lower()), advice) == (type(error), error.what, error.advice)


@pytest.mark.parametrize(("body", "coding"), PACKED.values(), ids=PACKED)
async def test_a_packed_answer_stays_packed(body: bytes, coding: str) -> None:
    await stays_packed(body, coding)


@pytest.mark.parametrize("coding", CODINGS)
async def test_so_does_a_bomb(coding: str) -> None:
    await stays_packed(bomb(coding, 100_000_000), coding)


BROKEN = "500 Internal Server Error"
NOTHING_PACKED = {
    "trouble": (packed(gzip.compress(b"It broke."), "gzip", BROKEN), (500, "It broke.")),
    "trouble in Brotli": (packed(brotli.compress(b"It broke."), "br", BROKEN), (500, "It broke.")),
    "trouble that ends too soon": (packed(gzip.compress(b"It broke.")[:-9], "x-gzip", BROKEN), (500, "It broke.")),
    "trouble of which nothing came": (packed(b"\x1f\x8b", "gzip", "503 Service Unavailable"), (503, "")),
    "trouble that is packed otherwise": (packed(b"It broke.", "gzip", BROKEN), (500, "")),
    "trouble in no known way": (packed(b"It broke.", "Vogon", BROKEN), (500, "")),
    "trouble packed twice": (packed(gzip.compress(gzip.compress(b"{}")), "gzip, gzip", BROKEN), (500, "")),
    "no body": (packed(b"", "gzip"), (200, "")),
    "as it is": (packed(b"purged", "Identity"), (200, "purged")),
}


@pytest.mark.parametrize(("says", "expected"), NOTHING_PACKED.values(), ids=NOTHING_PACKED)
async def test_an_answer_of_which_no_packed_body_matters(says: bytes, expected: tuple[int, str]) -> None:
    async with loopback(saying(says)) as server:
        sender = wire(server.url)
        answer = await sender.send("POST", "/")
        await sender.close()
    assert expected == (answer.status, answer.text)


@pytest.mark.parametrize("coding", CODINGS)
async def test_of_trouble_no_more_than_a_mebibyte_is_unpacked(coding: str) -> None:
    async with loopback(saying(packed(bomb(coding, 100_000_000), coding, BROKEN))) as server:
        sender = wire(server.url)
        answer = await sender.send("POST", "/")
        await sender.close()
    assert (500, ANSWER_MAX) == (answer.status, len(answer.text))


def endless(head: bytes, unit: bytes) -> Deed:
    """Say `head`, then `unit` for ever."""

    async def deed(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while not writer.is_closing():
            writer.write(unit)
            await writer.drain()

    return deed


OK = b"HTTP/1.1 200 OK\r\n"
LINES = b"X: a\r\n" * (LINES_MAX + 1)
CHUNKS = OK + b"Transfer-Encoding: chunked\r\n\r\n"
WITHOUT_END = {
    "a header more than is taken": (saying(OK + LINES + b"\r\n"), "its headers have more than 256 lines"),
    "headers without end": (endless(OK, LINES), "its headers have more than 256 lines"),
    "large headers": (
        saying(OK + b"X: " + b"a" * HEADERS_MAX + b"\r\n\r\n"), "its headers are larger than 64 kB",
    ),
    "one header without end": (endless(OK + b"X: ", b"a" * 9_000), "its headers are larger than 64 kB"),
    "hints without end": (
        endless(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
        "it sends more than 16 interim answers (1xx) before any other",
    ),
    "a body in crumbs": (
        endless(CHUNKS, b"1\r\na\r\n" * 999), "its answer only trickles in, in more than 8,000 small pieces",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("deed", "why"), WITHOUT_END.values(), ids=WITHOUT_END)
async def test_an_answer_that_grows_without_end_is_given_up(deed: Deed, why: str) -> None:
    async with loopback(deed) as server:
        error = await refusal(wire(server.url))
    what = f"The cache sent an answer that was given up: {why}."
    advice = "It may have been done already: look at the edge, or retry. Look at what answers there, or on the way."
    assert (OutcomeUnknown, what, advice, 1) == (type(error), error.what, error.advice, len(server.heads))


async def test_as_many_headers_as_caches_take_are_read() -> None:
    lines = [f"X-{n}: {'a' * 200}" for n in range(LINES_MAX - 2)]
    async with loopback(answering("200 OK", "purged", *lines)) as server:
        sender = wire(server.url)
        answers = [await sender.send("POST", "/") for _ in range(3)]
        await sender.close()
    assert [(200, "purged", "a" * 200)] * 3 == [(a.status, a.text, a.headers["x-9"]) for a in answers]


async def test_each_answer_on_a_connection_is_counted_anew() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + b"X: a\r\n" * (LINES_MAX - 1) + b"\r\n{}"
    connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        for _ in range(3):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(head)
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        sender = wire(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}")
        answers = [await sender.send("POST", "/") for _ in range(3)]
        await sender.close()
    assert (["{}"] * 3, 1) == ([answer.text for answer in answers], connections)


async def test_headers_come_in_lower_case_and_secrets_are_cut_out() -> None:
    async with loopback(answering(f"200 Hello {TOKEN}", f"your token {TOKEN}", "X-Some: Thing")) as server:
        sender = wire(server.url)
        answer = await sender.send("POST", "/")
        await sender.close()
    assert ("Thing", "your token …", "Hello …") == (answer.headers["x-some"], answer.text, answer.reason)


@pytest.mark.parametrize(
    ("auth", "header", "expected"),
    [
        pytest.param(Bearer("t0"), b"authorization", b"Bearer t0", id="bearer-with-a-capital"),
        pytest.param(HeaderKeys({"X-Auth-Email": "a@b.test"}), b"x-auth-email", b"a@b.test", id="keys"),
    ],
)
async def test_credentials_join_on_the_wire(auth: httpx.Auth, header: bytes, expected: bytes) -> None:
    async with loopback(answering("200 OK")) as server:
        sender = Wire(server.url, auth, side=SIDE)
        await sender.send("POST", "/")
        await sender.close()
    assert [expected] == server.values(header)


@pytest.mark.parametrize(
    ("deed", "seconds", "expected", "what"),
    [
        pytest.param(never, 0.2, OutcomeUnknown, "The cache did not answer within 0.2 s.", id="no-answer-in-time"),
        pytest.param(
            saying(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"),
            8.0,
            OutcomeUnknown,
            "The cache broke off before its answer was whole.",
            id="cut-in-the-body",
        ),
        pytest.param(cutting, 8.0, OutcomeUnknown, "The cache broke off before its answer was whole.", id="cut"),
        pytest.param(
            saying(b""), 8.0, OutcomeUnknown, "The cache broke off before its answer was whole.", id="closed-in-silence"
        ),
        pytest.param(
            saying(b"220 mail.test ESMTP\r\n"),
            8.0,
            OutcomeUnknown,
            "The cache broke off before its answer was whole.",
            id="not-http",
        ),
    ],
)
async def test_what_was_sent_and_lost_has_an_unknown_outcome(
    deed: Deed, seconds: float, expected: type[PurgeError], what: str
) -> None:
    async with loopback(deed) as server:
        error = await refusal(wire(server.url, seconds=seconds))
    assert (expected, what, 1) == (type(error), error.what, len(server.heads))


async def test_a_body_that_stalls_is_bounded() -> None:
    async def stall(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
        await never(writer)

    async with loopback(stall) as server:
        error = await refusal(wire(server.url, seconds=0.2))
    assert OutcomeUnknown is type(error)


async def test_nothing_was_sent_to_a_port_that_refuses() -> None:
    error = await refusal(wire(f"http://127.0.0.1:{free_port()}"))
    assert (Unavailable, "The cache cannot be reached: the connection was refused.") == (type(error), error.what)


async def test_nothing_was_sent_while_tls_is_not_there() -> None:
    async with loopback(never) as server:
        error = await refusal(wire(server.url.replace("http://", "https://"), seconds=0.2))
    assert (Unavailable, []) == (type(error), server.heads)


def failing(exc: Exception) -> httpx.MockTransport:
    def answer(request: httpx.Request) -> httpx.Response:
        raise exc

    return httpx.MockTransport(answer)


def untrusted() -> httpx.ConnectError:
    error = httpx.ConnectError("certificate verify failed")
    error.__cause__ = ssl.SSLCertVerificationError("self-signed certificate")
    return error


@pytest.mark.parametrize(
    ("exc", "expected"),
    [
        pytest.param(httpx.ConnectError("no such name"), Unavailable, id="dns"),
        pytest.param(httpx.ConnectTimeout("late"), Unavailable, id="connect-time-out"),
        pytest.param(httpx.PoolTimeout("late"), Unavailable, id="pool-time-out"),
        pytest.param(untrusted(), WrongAddress, id="certificate"),
        pytest.param(httpx.ReadTimeout("late"), OutcomeUnknown, id="read-time-out"),
        pytest.param(httpx.WriteTimeout("late"), OutcomeUnknown, id="write-time-out"),
        pytest.param(httpx.WriteError("broken pipe"), OutcomeUnknown, id="cut-while-sending"),
        pytest.param(httpx.ReadError("reset"), OutcomeUnknown, id="reset"),
        pytest.param(httpx.LocalProtocolError("illegal header"), Unexpected, id="illegal-request"),
    ],
)
async def test_network_trouble_is_named_by_who_must_act(exc: Exception, expected: type[PurgeError]) -> None:
    assert expected is type(await refusal(wire("http://cache.test", failing(exc))))


@pytest.mark.parametrize(
    "base",
    [
        "",
        "cache.test",
        "ftp://cache.test",
        "http://",
        "http://[",
        "http://a:99999",
        "http://u:p@cache.test",
        "http://a?b",
    ],
)
async def test_an_address_that_cannot_be_dialled_is_the_operators(base: str) -> None:
    error = await refusal(wire(base))
    assert (
        WrongAddress,
        "The address of The cache is not a URL that can be dialled. Write `url` as http://host:port or https://host.",
    ) == (type(error), str(error))


@pytest.mark.parametrize("target", ["/é", "/a b", "/a\r\nX-Evil: 1"])
async def test_what_is_not_http_is_not_sent(target: str) -> None:
    async with loopback(answering("200 OK")) as server:
        error = await refusal(wire(server.url), target)
    assert (Unexpected, []) == (type(error), server.heads)


@pytest.mark.parametrize(
    ("value", "date", "expected"),
    [
        pytest.param("3", "", 3.0, id="seconds"),
        pytest.param("0", "", 0.0, id="now"),
        pytest.param("1.5", "", 1.5, id="a-fraction"),
        pytest.param(format_datetime(NOON + timedelta(seconds=90), usegmt=True), NOON, 90.0, id="a-date"),
        pytest.param(format_datetime(NOON - timedelta(seconds=90), usegmt=True), NOON, 0.0, id="a-date-gone-by"),
        pytest.param(format_datetime(NOON, usegmt=True), "", None, id="a-date-and-no-clock"),
        pytest.param("Wed, 25 Nov 2026 12:00:00", NOON, None, id="a-date-without-a-zone"),
        pytest.param("", "", None, id="absent"),
        pytest.param("-5", "", None, id="negative"),
        pytest.param("soon", NOON, None, id="a-word"),
        pytest.param("9" * 400, NOON, None, id="absurd"),
        pytest.param("٣", "", None, id="digits-of-another-script"),
    ],
)
def test_retry_after_is_read_in_seconds_or_as_a_date(value: str, date: str | datetime, expected: float | None) -> None:
    said = date if isinstance(date, str) else format_datetime(date, usegmt=True)
    assert expected == retry_after(Answer(429, {"retry-after": value, "date": said}, ""))


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (429, Throttled),
        (500, Unavailable),
        (502, Unavailable),
        (503, Unavailable),
        (522, Unavailable),
        (504, OutcomeUnknown),
        (524, OutcomeUnknown),
        (501, type(None)),
        (403, type(None)),
        (200, type(None)),
    ],
)
def test_a_status_that_means_the_same_everywhere(status: int, expected: type[object]) -> None:
    assert expected is type(gateway_trouble(Answer(status, {}, ""), SIDE, ""))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<html><style>p{}</style><body>\n<h1>Busy</h1> come  back</body>", "Busy come back"),
        ("plain\nwords", "plain words"),
        ("", ""),
    ],
)
def test_the_first_words_of_a_page_are_for_people(text: str, expected: str) -> None:
    assert expected == said_by(Answer(500, {}, text))
