"""What is missing, malformed, wrong or stale in a signature gets 401 and nothing else; the rest passes unchanged."""

from __future__ import annotations

import hashlib
import hmac

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from bot.slack.guard import BODY_MAX, UNREADABLE, SlackGuard

NOW = 1_800_000_000
SECRET = "signing"
BODY = b"command=%2Fpurge&text=help"


def signed(body: bytes = BODY, at: object = NOW, secret: str = SECRET) -> dict[str, str]:
    base = b"v0:" + str(at).encode() + b":" + body
    digest = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": str(at), "x-slack-signature": f"v0={digest}"}


def can_read(body: str, content_type: str) -> bool:
    return not (content_type == "application/json" and body == "{")


class Inner:
    """What stands behind the guard: keeps the body it was given."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        self.bodies.append(message["body"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})


async def post(
    headers: dict[str, str] | list[tuple[bytes, bytes]], body: bytes, secret: str = SECRET
) -> tuple[int, bytes, list[bytes]]:
    inner = Inner()
    transport = httpx.ASGITransport(SlackGuard(inner, secret, lambda: float(NOW), can_read))
    async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
        response = await client.post("/slack/events", content=body, headers=headers)
    return response.status_code, response.content, inner.bodies


@pytest.mark.parametrize("at", [NOW, NOW - 299, NOW + 299])
async def test_what_slack_signed_passes_unchanged(at: int) -> None:
    assert (200, b"ok", [BODY]) == await post(signed(at=at), BODY)


REFUSED = [
    pytest.param({}, BODY, id="nothing-signed"),
    pytest.param({"x-slack-request-timestamp": str(NOW)}, BODY, id="no-signature"),
    pytest.param({"x-slack-signature": "v0=00"}, BODY, id="no-time"),
    pytest.param(signed(secret="other"), BODY, id="another-secret"),
    pytest.param(signed(), BODY + b"x", id="another-body"),
    pytest.param(signed(at=NOW - 301), BODY, id="stale"),
    pytest.param(signed(at=NOW + 301), BODY, id="from-the-future"),
    pytest.param(signed(at=""), BODY, id="empty-time"),
    pytest.param(signed(at="soon"), BODY, id="time-not-a-number"),
    pytest.param(signed(at=f"{NOW}.5"), BODY, id="time-a-fraction"),
    pytest.param(signed(at="1" * 5000), BODY, id="time-of-5000-digits"),
    pytest.param(signed(at="-1"), BODY, id="negative-time"),
    pytest.param({**signed(), "x-slack-signature": "v1=00"}, BODY, id="another-version"),
    pytest.param({**signed(), "x-slack-signature": ""}, BODY, id="empty-signature"),
    pytest.param(signed(b"\xff\xfe"), b"\xff\xfe", id="not-text"),
    pytest.param(signed(b"x" * (BODY_MAX + 1)), b"x" * (BODY_MAX + 1), id="larger-than-a-mebibyte"),
    pytest.param(
        {**signed(), "content-type": "application/json", "x-slack-signature": "v0=0"}, b"{", id="json-that-is-none"
    ),
]


@pytest.mark.parametrize(("headers", "body"), REFUSED)
async def test_everything_else_gets_401_and_nothing(headers: dict[str, str], body: bytes) -> None:
    assert (401, b"", []) == await post(headers, body)


async def test_what_is_signed_and_cannot_be_read_gets_400_and_goes_no_further() -> None:
    assert (400, UNREADABLE, []) == await post({**signed(b"{"), "content-type": "application/json"}, b"{")


async def test_a_signature_that_is_not_ascii_is_refused() -> None:
    headers = [(b"x-slack-request-timestamp", str(NOW).encode()), (b"x-slack-signature", "v0=é".encode())]
    assert (401, b"", []) == await post(headers, BODY)


async def test_without_a_secret_nothing_passes() -> None:
    assert (401, b"", []) == await post(signed(secret=""), BODY, secret="")
