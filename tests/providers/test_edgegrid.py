"""EdgeGrid against Akamai's own vectors, and every way in which an .edgerc comes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import httpx
import pytest

from providers.edgegrid import BODY_MAX, Credentials, EdgeGrid, UnreadableEdgerc, read_edgerc

HOST = "akaa-baseurl-xxxxxxxxxxx-xxxxxxxxxxxxx.luna.akamaiapis.net"
CLIENT, ACCESS = "akab-client-token-xxx-xxxxxxxxxxxxxxxx", "akab-access-token-xxx-xxxxxxxxxxxxxxxx"
SECRET = "x" * 43 + "="
AT = datetime(2014, 3, 21, 19, 34, 21, tzinfo=UTC)
NONCE = "nonce-xx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
PLAIN = Credentials(HOST, CLIENT, SECRET, ACCESS)
THEIRS = replace(PLAIN, body_max=2048, signed_headers=("X-Test1", "X-Test2", "X-Test3"))  # as in Akamai's test data
PURGE_PATH, PURGE = "/ccu/v3/invalidate/url/production", b'{"objects":["https://www.example.com/a.css"]}'


def signed(
    credentials: Credentials,
    method: str,
    path: str,
    body: bytes = b"",
    headers: Sequence[tuple[str, str]] = (),
    at: datetime = AT,
    below: str = "",
) -> httpx.Request:
    request = httpx.Request(method, "http://127.0.0.1:1/", content=body or None, headers=list(headers))
    request.extensions["target"] = path.encode()
    auth = EdgeGrid(credentials, lambda: at, lambda: NONCE, below)
    return next(auth.sync_auth_flow(request))


def signature(request: httpx.Request) -> str:
    return request.headers["authorization"].rpartition("signature=")[2]


# Rows 1 to 7 are of Akamai's testdata.json; 8 and 10 were made with edgegrid-python 2.0.9.
VECTORS = [
    pytest.param(THEIRS, "GET", "/", b"", [], "tL+y4hxyHxgWVD30X3pWnGKHcPzmrIF+LThiAOhMxYU=", id="1-get"),
    pytest.param(
        THEIRS, "GET", "/testapi/v1/t1?p1=1&p2=2", b"", [], "hKDH1UlnQySSHjvIcZpDMbQHihTQ0XyVAKZaApabdeA=", id="2-query"
    ),
    pytest.param(
        THEIRS, "POST", "/testapi/v1/t3", b"data" * 8, [], "hXm4iCxtpN22m4cbZb4lVLW5rhX8Ca82vCFqXzSTPe4=", id="3-body"
    ),
    pytest.param(
        THEIRS, "POST", "/testapi/v1/t3", b"d" * 2049, [], "6Q6PiTipLae6n4GsSIDTCJ54bEbHUBp+4MUXrbQCBoY=", id="4-cut"
    ),
    pytest.param(
        THEIRS, "POST", "/testapi/v1/t3", b"d" * 2048, [], "6Q6PiTipLae6n4GsSIDTCJ54bEbHUBp+4MUXrbQCBoY=", id="4-whole"
    ),
    pytest.param(
        THEIRS, "POST", "/testapi/v1/t6", b"", [], "1gEDxeQGD5GovIkJJGcBaKnZ+VaPtrc4qBUHixjsPCQ=", id="5-empty-body"
    ),
    pytest.param(
        THEIRS, "GET", "/testapi/v1/t4", b"", [("X-Test1", "test-simple-header")],
        "8F9AybcRw+PLxnvT+H0JRkjROrrUgsxJTnRXMzqvcwY=", id="6-a-header",
    ),
    pytest.param(
        THEIRS, "GET", "/testapi/v1/t4", b"", [("X-Test2", "t2"), ("X-Test1", "t1"), ("X-Test3", "t3")],
        "Wus73Nx8jOYM+kkBFF2q8D1EATRIMr0WLWwpLBgkBqY=", id="7-headers-in-the-files-order",
    ),
    pytest.param(PLAIN, "POST", PURGE_PATH, PURGE, [], "6cU0HXmdsmZJvA+XBv3o183uqOLuxjzXwwDV81pkIUw=", id="8-a-purge"),
    pytest.param(
        PLAIN, "POST", "/ccu/v3/delete/tag/staging", b'{"objects":["tag-1","tag-2"]}', [],
        "dU0KxdycskEZ/FIsnVcKABx3N0t8K2uOZ5hEkWPsst8=", id="9-tags",
    ),
    pytest.param(
        PLAIN, "POST", "/ccu/v3/rate-limit-status/url", b"", [],
        "tFlL7sZKR7lfQHOf37YaWF4Rxg8OQv9V8rMHU0MYvx4=", id="10-status",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("credentials", "method", "path", "body", "headers", "expected"), VECTORS)
def test_a_signature_is_that_of_the_vector(
    credentials: Credentials, method: str, path: str, body: bytes, headers: list[tuple[str, str]], expected: str
) -> None:
    assert expected == signature(signed(credentials, method, path, body, headers))


def test_blanks_in_a_signed_header_are_squeezed() -> None:
    loose = signed(THEIRS, "GET", "/testapi/v1/t4", headers=[("X-Test1", '  "a"   b ')])
    assert signature(signed(THEIRS, "GET", "/testapi/v1/t4", headers=[("X-Test1", '"a" b')])) == signature(loose)


def test_only_the_body_of_a_post_is_hashed() -> None:
    assert signature(signed(PLAIN, "PUT", "/a", b"one")) == signature(signed(PLAIN, "PUT", "/a", b"two"))


def test_authorization_is_written_as_akamai_reads_it() -> None:
    expected = (
        f"EG1-HMAC-SHA256 client_token={CLIENT};access_token={ACCESS};timestamp=20140321T19:34:21+0000;nonce={NONCE};"
        "signature=6cU0HXmdsmZJvA+XBv3o183uqOLuxjzXwwDV81pkIUw="
    )
    assert expected == signed(PLAIN, "POST", PURGE_PATH, PURGE).headers["authorization"]


def test_the_time_is_utc_wherever_the_clock_is() -> None:
    berlin = AT.astimezone(timezone(timedelta(hours=1)))
    assert signed(PLAIN, "GET", "/").headers == signed(PLAIN, "GET", "/", at=berlin).headers


def test_what_a_proxy_is_dialled_with_is_not_signed() -> None:
    through = signed(PLAIN, "POST", "/akamai" + PURGE_PATH, PURGE, below="/akamai")
    assert "6cU0HXmdsmZJvA+XBv3o183uqOLuxjzXwwDV81pkIUw=" == signature(through)
    assert HOST == through.headers["host"]


def test_each_request_has_a_nonce_and_a_time_of_its_own() -> None:
    auth = EdgeGrid(PLAIN)
    asked = [next(auth.sync_auth_flow(httpx.Request("GET", f"https://{HOST}/"))) for _ in range(2)]
    nonces = {request.headers["authorization"].partition("nonce=")[2].partition(";")[0] for request in asked}
    assert [2, 36, 36] == [len(nonces), *(len(nonce) for nonce in nonces)]


LINES = {"host": HOST, "client_token": CLIENT, "client_secret": SECRET, "access_token": ACCESS}


def edgerc(lines: Mapping[str, str], section: str = "default", between: str = " = ") -> str:
    return "\n".join([f"[{section}]", *(f"{key}{between}{value}" for key, value in lines.items()), ""])


READ = [
    pytest.param(edgerc(LINES), "default", PLAIN, id="as-given-out"),
    pytest.param(edgerc(LINES, between="="), "default", PLAIN, id="without-blanks"),
    pytest.param(edgerc({k.replace("_", "-"): v for k, v in LINES.items()}), "default", PLAIN, id="dashes"),
    pytest.param("\ufeff" + edgerc(LINES).replace("\n", "\r\n"), "default", PLAIN, id="saved-on-windows"),
    pytest.param("[papi]\nhost = other.test\n" + edgerc(LINES, "ccu"), "ccu", PLAIN, id="another-section"),
    pytest.param(edgerc(LINES | {"host": f"https://{HOST}/"}), "default", PLAIN, id="a-host-with-scheme-and-slash"),
    pytest.param(edgerc(LINES | {"max-body": "2048"}), "default", PLAIN, id="an-old-max-body"),
    pytest.param(edgerc(LINES | {"max_body": "200000"}), "default", replace(PLAIN, body_max=200_000), id="more-body"),
    pytest.param(edgerc(LINES | {"max_body": "much"}), "default", PLAIN, id="a-max-body-in-words"),
    pytest.param(
        edgerc(LINES | {"headers-to-sign": "X-A, X-B"}),
        "default",
        replace(PLAIN, signed_headers=("X-A", "X-B")),
        id="headers-to-sign",
    ),
    pytest.param(
        edgerc(LINES | {"client_token": "50%off%(x)s"}),
        "default",
        replace(PLAIN, client_token="50%off%(x)s"),
        id="percent-signs-are-letters",
    ),
]


@pytest.mark.parametrize(("text", "section", "expected"), READ)
def test_an_edgerc_is_read(text: str, section: str, expected: Credentials) -> None:
    assert expected == read_edgerc(text, section)


PAGE = "Copy the whole section again from the API client's page in Akamai Control Center."
WHOLE = "Give the text of the whole file, as Akamai Control Center offers it."
NO_FILE = f"The edgerc is not a file of [sections] with `key = value` lines. {WHOLE}"
UNREAD = [
    pytest.param(
        edgerc(LINES), "ccu", "The edgerc has no section `ccu`. Set `section` to one that it has: `default`.",
        id="no-such-section",
    ),
    pytest.param(
        "", "default", "The edgerc has no section `default`. Set `section` to one that it has: none.", id="empty"
    ),
    pytest.param("client_token = abc", "default", NO_FILE, id="no-section-at-all"),
    pytest.param("[default]\nhost\n", "default", NO_FILE, id="a-key-alone"),
    pytest.param("~/.edgerc", "default", NO_FILE, id="the-path-instead-of-the-text"),
    pytest.param(edgerc(LINES) * 2, "default", NO_FILE, id="a-section-twice"),
    pytest.param(
        edgerc({"host": HOST, "client_token": "", "access_token": ACCESS}), "default",
        f"Section `default` of the edgerc has no client_token, client_secret. {PAGE}", id="keys-missing",
    ),
    pytest.param(
        edgerc(LINES | {"client_secret": "two words", "host": "a b"}), "default",
        "client_secret, host in section `default` of the edgerc cannot be what Akamai gave out. "
        "Copy it again, whole and on one line, without quotes or blanks.", id="odd-values",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "section", "expected"), UNREAD)
def test_an_edgerc_that_cannot_be_used_says_why_and_quotes_no_value(text: str, section: str, expected: str) -> None:
    with pytest.raises(UnreadableEdgerc) as caught:
        read_edgerc(text, section)
    assert (expected, None) == (str(caught.value), caught.value.__cause__)


def test_credentials_are_never_printed() -> None:
    assert (False, False) == (SECRET in repr(PLAIN), CLIENT in repr(PLAIN))


def test_a_purge_is_always_hashed_whole() -> None:
    assert 131_072 == BODY_MAX == PLAIN.body_max
