"""What a look sends and what it makes of the answer, against a real server on loopback."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import socket
import ssl
import subprocess
from collections.abc import Sequence
from pathlib import Path

import brotli
import httpx
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.answers.answer import Asked, varied
from bot.domain.answers.devices import PHONE
from bot.domain.proof.variants import BROTLI, CHROME
from bot.domain.site import Marker
from bot.edge import AGENT, EdgeLooker, resolve
from providers.contract import Cached, Sighting
from tests.bombs import CODINGS, bomb
from tests.edge.looking import HOST, HOSTS, eyes
from tests.edge.loopback import Speak, answer, serving
from tests.edge.recorder import watching
from tests.effort import examples
from tests.real import find
from tests.slate import START, SlateClock

URL = f"http://{HOST}/pricing"


async def test_an_answer_becomes_a_look() -> None:
    sent = answer(
        gzip.compress(b"<p>page</p>"),
        "Content-Encoding: gzip",
        'ETag: W/"b7"',
        "Last-Modified: Fri, 15 Jan 2027 07:00:00 GMT",
        "Age: 79",
        "X-Cache: HIT",
        "X-Build: b7",
        "Cache-Control: max-age=300",
    )
    async with serving(sent) as server:
        look = await eyes(marker=Marker(header="X-Build")).look(URL, "fra", server.url)
    assert ("fra", URL, START, 200, 'W/"b7"') == (look.place, look.url, look.at, look.status, look.etag)
    assert ("Fri, 15 Jan 2027 07:00:00 GMT", 79, "b7") == (look.last_modified, look.age, look.version)
    assert (Cached.HIT, "HIT", 300, "") == (look.cached, look.says, look.max_age, look.problem)
    assert hashlib.sha256(b"<p>page</p>").hexdigest() == look.digest


class Ticking(SlateClock):
    """A clock that goes on by a second whenever it is read."""

    reads = 0

    def now(self) -> float:
        self.reads += 1
        return self.at + self.reads


async def test_how_long_an_answer_took_counts_from_its_request() -> None:
    async with serving(answer(b"page", "Age: 79")) as server:
        looker = EdgeLooker(lambda: HOSTS, {HOST: lambda _: Sighting()}, {}, Ticking())
        look = looker.read(await looker.fetch(URL, "fra", server.url))
    assert (79, START + 3, 1) == (look.age, look.at, look.took)


async def test_a_max_age_beyond_all_numbers_is_for_ever_and_quoted() -> None:
    async with serving(answer(b"page", "Cache-Control: public, max-age=31536000000")) as server:
        look = await eyes().look(URL, "fra", server.url)
    assert (2**31, "max-age=31536000000", "") == (look.max_age, look.max_age_said, look.odd_age)


@pytest.mark.parametrize(("own_age", "expected"), [(True, 79), (False, None)], ids=["its own", "handed on"])
async def test_an_age_that_a_cache_only_hands_on_is_none(own_age: bool, expected: int | None) -> None:
    async with serving(answer(b"page", "Age: 79")) as server:
        looker = eyes().looker
        got = await looker.fetch(URL, "fra", server.url)
    assert expected == looker.read(got, lambda _: Sighting(Cached.HIT, "HIT", own_age=own_age)).age


async def test_the_request_is_a_plain_visitors() -> None:
    async with serving(answer()) as server:
        await eyes().look(URL, "fra", server.url)
    expected = (
        f"GET /pricing HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: {AGENT}\r\n"
        "Accept: */*\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n"
    )
    assert [expected.encode()] == server.heads


async def test_a_redirect_says_where_it_leads_without_secrets() -> None:
    sent = answer(b"", "Location: https://www.shop.test/new?token=abc&a=1", status="301 Moved Permanently")
    async with serving(sent) as server:
        look = await eyes().look(URL, "fra", server.url)
    assert ("https://www.shop.test/new?token=•••&a=1", "", True) == (look.leads_to, look.over, look.redirects)


async def test_an_https_page_at_an_http_address_is_said_to_be_asked_for_without_tls() -> None:
    page = f"https://{HOST}/pricing"
    async with serving(answer(b"", f"Location: {page}", status="301 Moved Permanently")) as server:
        look = await eyes().look(page, "fra", server.url)
    assert ("http", True) == (look.over, look.only_asks_for_tls)


TARGETS = {
    "dots and slashes": ("/%7Ea/../b//c", "/%7Ea/../b//c"),
    "encoded dots and slashes": ("/a%2f%2e%2e/%00", "/a%2f%2e%2e/%00"),
    "case and order": ("/A/b?Z=1&a=2&Z=1", "/A/b?Z=1&a=2&Z=1"),
    "empty arguments": ("/?&&a=&=b?c", "/?&&a=&=b?c"),
    "reserved characters": ("/a;b,c:d@e!$'()*+|^`{}", "/a;b,c:d@e!$'()*+|^`{}"),
    "a fragment": ("/a#b", "/a"),
    "no path": ("", "/"),
    "a query without a path": ("?a=1", "/?a=1"),
}


@pytest.mark.parametrize(("typed", "expected"), TARGETS.values(), ids=TARGETS)
async def test_the_target_goes_out_byte_for_byte(typed: str, expected: str) -> None:
    async with serving(answer()) as server:
        await eyes().look(f"http://{HOST}{typed}", "fra", server.url)
    assert [f"GET {expected} HTTP/1.1"] == [head.decode().partition("\r\n")[0] for head in server.heads]


async def test_every_look_has_a_connection_of_its_own() -> None:
    async with serving(answer()) as server:
        see = eyes()
        looks = [await see.look(f"http://{host}/", "fra", server.url) for host in sorted(HOSTS)]
    assert (["", ""], 2) == ([look.problem for look in looks], server.connections)


async def test_cookies_are_not_brought_back() -> None:
    async with serving(answer(b"", "Set-Cookie: a=b; Path=/")) as server:
        see = eyes()
        for _ in range(2):
            await see.look(URL, "fra", server.url)
    assert [False, False] == [b"cookie" in head.lower() for head in server.heads]


async def test_an_origin_may_be_configured_by_name() -> None:
    async with serving(answer(b"page")) as server:
        look = await eyes().look(URL, "origin", f"http://localhost:{server.port}")
    assert (200, "") == (look.status, look.problem)


async def test_a_body_beyond_the_cap_leaves_its_etag_to_compare() -> None:
    async with serving(answer(b"x" * 3_000_000, 'ETag: "big"')) as server:
        look = await eyes().look(URL, "fra", server.url)
    assert ('"big"', "", "") == (look.etag, look.digest, look.problem)


@pytest.mark.parametrize("coding", CODINGS)
async def test_a_bomb_is_let_lie(coding: str) -> None:
    packed = bomb(coding, 100_000_000)
    async with serving(answer(packed, f"Content-Encoding: {coding}", 'ETag: "bomb"')) as server:
        look = await eyes().look(URL, "fra", server.url)
    assert ('"bomb"', "", "") == (look.etag, look.digest, look.problem)


@pytest.mark.parametrize(
    ("asked", "encoding", "sent"),
    [
        pytest.param(BROTLI, "br", brotli.compress(b"<p>page</p>"), id="Brotli"),
        pytest.param(CHROME, "zstd", zstandard.compress(b"<p>page</p>"), id="Zstandard"),
    ],
)
async def test_a_packed_page_is_the_same_content_as_the_page_itself(asked: Asked, encoding: str, sent: bytes) -> None:
    async with serving(answer(sent, f"Content-Encoding: {encoding}")) as server:
        look = await eyes().look(URL, "fra", server.url, asked)
    expected = hashlib.sha256(b"<p>page</p>").hexdigest()
    assert (expected, varied(asked), "") == (look.digest, look.variant, look.problem)


async def endless(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b"x" * 65_536)
        await writer.drain()


async def test_an_endless_body_is_left() -> None:
    async with serving(endless) as server:
        look = await eyes().look(URL, "fra", server.url)
    assert (200, "", "") == (look.status, look.digest, look.problem)


async def flood(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-Flood: " + b"x" * 8000 + b"\r\n")
        await writer.drain()


async def mute(writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def drip(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
    await writer.drain()
    writer.write(b"x")
    await asyncio.Event().wait()


LARGE_HEADERS = answer(b"", *[f"X-{n}: {'x' * 4000}" for n in range(20)])
TROUBLE: dict[str, tuple[Speak | bytes, str]] = {
    "headers over the cap": (LARGE_HEADERS, "its headers are larger than 64 kB"),
    "headers without end": (flood, "its headers are larger than 64 kB"),
    "no answer": (mute, "no answer within 0.3 s"),
    "one byte and no more": (drip, "200, and no whole body within 0.3 s"),
    "hung up": (b"", "the answer was cut off, or is not HTTP"),
    "not HTTP": (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "the answer was cut off, or is not HTTP"),
    "two lengths": (answer(b"page", "Content-Length: 5"), "the answer was cut off, or is not HTTP"),
}


@pytest.mark.parametrize(("speak", "expected"), TROUBLE.values(), ids=TROUBLE)
async def test_what_is_no_answer_is_said_plainly(speak: Speak | bytes, expected: str) -> None:
    async with serving(speak) as server:
        look = await eyes(seconds=0.3).look(URL, "fra", server.url)
    assert (expected, 0, "") == (look.problem, look.status, look.digest)


BROKEN: dict[str, tuple[bytes, str]] = {
    "cut body": (b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\nx", "the body ends after 1 of 9,000 bytes"),
    "cut chunk": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1e\r\n012345678901234567890123456789\r\n9\r\n",
        "the body is cut off after 30 bytes",
    ),
    "cut gzip": (answer(gzip.compress(b"page" * 99)[:-9], "Content-Encoding: gzip"), "the gzip body is cut off"),
    "not gzip": (answer(b"page", "Content-Encoding: gzip"), "the body is not what its Content-Encoding says"),
    "cut Brotli": (answer(brotli.compress(b"page" * 99)[:-3], "Content-Encoding: br"), "the br body is cut off"),
    "not Brotli": (answer(b"<p>page</p>", "Content-Encoding: br"), "the body is not what its Content-Encoding says"),
}


@pytest.mark.parametrize(("speak", "expected"), BROKEN.values(), ids=BROKEN)
async def test_of_a_broken_body_what_came_is_told(speak: bytes, expected: str) -> None:
    async with serving(speak) as server:
        looker = eyes(seconds=0.3).looker
        came = await looker.fetch(URL, "fra", server.url)
    look = looker.read(came)
    assert (200, expected, True) == (came.status, came.problem, came.is_broken)
    assert (0, 200, expected, "") == (look.status, look.broken, look.problem, look.digest)


NAMES = ["age", "etag", "cache-control", "expires", "date", "content-encoding", "location", "last-modified", "x-cache"]
VALUES = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=60) | st.sampled_from(
    ["gzip", "deflate", "br", "max-age=9", "HIT", "5", "Fri, 15 Jan 2027 08:00:00 GMT", "-1", '"b7"', 'W/"'],
)


@settings(max_examples=examples(150), deadline=None, derandomize=True, database=None)
@given(
    status=st.integers(200, 599),
    headers=st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=12),
    body=st.binary(max_size=200) | st.binary(max_size=200).map(gzip.compress),
)
async def test_whatever_is_answered_a_look_never_raises(
    status: int, headers: list[tuple[str, str]], body: bytes
) -> None:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]

    async def any_answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, headers=raw, stream=httpx.ByteStream(body))

    see = eyes(transport=lambda: httpx.MockTransport(any_answer), marker=Marker("x-cache", "build", "build (.*)"))
    look = await see.look(URL, "fra", "https://203.0.113.7")
    told = (look.etag, look.last_modified, look.version, look.says, look.problem)
    assert all(text.isprintable() for text in told)
    assert bool(look.problem) != bool(look.status)


async def test_a_closed_port_is_said_plainly() -> None:
    async with serving(answer()) as server:
        pass
    look = await eyes().look(URL, "fra", server.url)
    assert "connection refused" == look.problem


async def test_a_name_without_address_is_said_plainly() -> None:
    look = await eyes([]).look(URL, "dns")
    assert "DNS knows no address of it" == look.problem


async def test_names_that_are_slow_are_within_the_time_of_a_look() -> None:
    async def slow(host: str) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    looker = EdgeLooker(lambda: HOSTS, {}, {}, SlateClock(), resolve=slow, seconds=0.05)
    assert "no answer within 0.05 s" == (await looker.fetch(URL, "dns")).problem


@pytest.mark.parametrize("address", ["junk", "http://", "ftp://127.0.0.1/", "http://[::1", "http://127.0.0.1:99999"])
async def test_an_address_that_cannot_be_dialled_is_said_plainly(address: str) -> None:
    with watching() as traffic:
        look = await eyes().look(URL, "fra", address)
    assert ("the configured address cannot be dialled", []) == (look.problem, traffic.dialled)


async def test_the_machines_own_resolver_gives_addresses() -> None:
    assert "127.0.0.1" in await resolve("localhost")


async def test_a_name_that_the_resolver_does_not_know_raises() -> None:
    with pytest.raises(socket.gaierror):
        await resolve("a..b")


async def test_the_agent_says_who_looks() -> None:
    name, _, rest = AGENT.partition("/")
    assert ("purgebot", "(+cache check)") == (name, rest.partition(" ")[2])


def certificate(folder: Path, name: str) -> Path:
    """A certificate for `name` that signs itself, with its key, for an hour."""
    pem = folder / f"{name}.pem"
    command = f"{find('openssl')} req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN={name}"
    files = ["-addext", f"subjectAltName=DNS:{name}", "-keyout", str(folder / "key"), "-out", str(folder / "cert")]
    subprocess.run([*command.split(), *files], check=True, capture_output=True)
    pem.write_bytes((folder / "key").read_bytes() + (folder / "cert").read_bytes())
    return pem


def speaks_for(pem: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


@pytest.mark.real("openssl")
async def test_the_name_in_tls_is_the_urls_and_so_is_the_certificate(tmp_path: Path) -> None:
    pem = certificate(tmp_path, HOST)
    trusting = ssl.create_default_context(cafile=str(tmp_path / "cert"))
    async with serving(answer(b"page"), speaks_for(pem)) as server:
        look = await eyes(tls=trusting).look(f"https://{HOST}/", "fra", server.url)
    assert ("", 200, [HOST]) == (look.problem, look.status, server.names)
    assert f"\r\nHost: {HOST}\r\n".encode() in server.heads[0]


@pytest.mark.real("openssl")
async def test_a_certificate_of_another_name_is_not_believed(tmp_path: Path) -> None:
    pem = certificate(tmp_path, "other.test")
    trusting = ssl.create_default_context(cafile=str(tmp_path / "cert"))
    async with serving(answer(b"page"), speaks_for(pem)) as server:
        look = await eyes(tls=trusting).look(f"https://{HOST}/", "fra", server.url)
    expected = f"its certificate is not trusted (Hostname mismatch, certificate is not valid for '{HOST}'.)"
    assert (expected, []) == (look.problem, server.heads)


@pytest.mark.real("openssl")
async def test_a_certificate_that_nobody_signed_is_not_believed(tmp_path: Path) -> None:
    async with serving(answer(b"page"), speaks_for(certificate(tmp_path, HOST))) as server:
        look = await eyes().look(f"https://{HOST}/", "fra", server.url)
    assert ("its certificate is not trusted (self-signed certificate)", []) == (look.problem, server.heads)


async def test_plain_http_where_tls_is_awaited_is_said_plainly() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(answer(status="400 Bad Request"))
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        look = await eyes().look(f"https://{HOST}/", "fra", f"https://127.0.0.1:{port}")
    assert "no encrypted connection could be made" == look.problem


async def test_an_answer_keeps_every_header_line_and_who_gave_it() -> None:
    sent = answer(b"<p>page</p>", "Set-Cookie: a=1", "Set-Cookie: b=2", "Vary: Origin", "X-Cache: HIT")
    async with serving(sent) as server:
        got = await eyes().looker.fetch(URL, "fra", server.url)
    assert (("a=1", "b=2"), "a=1, b=2", "Origin") == (got.lines("set-cookie"), got.says("set-cookie"), got.says("vary"))
    assert ("<p>page</p>", 11, 200, "127.0.0.1", "") == (got.text, got.size, got.status, got.dialled, got.problem)


async def test_a_variant_is_asked_for_in_its_own_words_and_named_so() -> None:
    async with serving(answer()) as server:
        asked = (("CF-Device-Type", "mobile"), ("Accept-Encoding", "identity"), ("Host", "evil.test"))
        look = await eyes().look(URL, "fra", server.url, asked)
    expected = (
        f"GET /pricing HTTP/1.1\r\nUser-Agent: {PHONE}\r\nAccept: */*\r\nCF-Device-Type: mobile\r\n"
        f"Accept-Encoding: identity\r\nHost: {HOST}\r\nConnection: close\r\n\r\n"
    )
    assert [sorted(expected.split("\r\n"))] == [sorted(head.decode().split("\r\n")) for head in server.heads]
    assert "CF-Device-Type: mobile, Accept-Encoding: identity, Host: evil.test" == look.variant


async def test_a_page_is_read_in_its_own_encoding() -> None:
    body = "<p>build äß</p>".encode("utf-16-le")
    async with serving(answer(body, "Content-Type: text/html; charset=utf-16")) as server:
        looker = eyes(marker=Marker(pattern="build (..)")).looker
        came = await looker.fetch(URL, "fra", server.url)
    assert ("utf-16-le", "<p>build äß</p>", "äß") == (came.charset, came.text, looker.read(came).version)
    assert hashlib.sha256(body).hexdigest() == came.digest
