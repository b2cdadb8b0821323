"""In front of Bolt: size, signature, time and encoding are judged here; what is wrong gets 401 and nothing else. What
is signed and cannot be read gets 400 and says so.

Bolt answers several malformed signatures and bodies with 500 and reads without a cap, so it only ever sees what passed.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_MAX = 1024 * 1024  # bytes
CLOCK_SKEW = 300.0  # seconds, https://docs.slack.dev/authentication/verifying-requests-from-slack
UNREADABLE = b"purgebot cannot read this body as a delivery of Slack's. Nothing was done."
_TIME = re.compile(rb"[0-9]{9,11}")


class SlackGuard:
    """Lets through what Slack signed within the last five minutes."""

    def __init__(
        self, inner: ASGIApp, secret: str, now: Callable[[], float], can_read: Callable[[str, str], bool]
    ) -> None:
        """`can_read` says whether a body of that content type can be taken apart at all."""
        self._inner = inner
        self._secret = secret.encode()
        self._now = now
        self._can_read = can_read

    def become(self, inner: ASGIApp, secret: str) -> None:
        """From now on `secret` signs, and `inner` sees what passed."""
        self._inner, self._secret = inner, secret.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge one request."""
        if scope["type"] != "http":
            return
        body = await _read(receive)
        headers = dict(scope["headers"])
        if body is None or not self._signed(headers, body):
            await _refuse(send, 401)
            return
        if not self._can_read(body.decode(), headers.get(b"content-type", b"").decode("latin-1")):
            await _refuse(send, 400, UNREADABLE)
            return
        await self._inner(scope, _replay(body), send)

    def _signed(self, headers: dict[bytes, bytes], body: bytes) -> bool:
        time = headers.get(b"x-slack-request-timestamp", b"")
        if not self._secret or not _TIME.fullmatch(time) or abs(self._now() - int(time)) > CLOCK_SKEW:
            return False
        expected = b"v0=" + hmac.new(self._secret, b"v0:" + time + b":" + body, hashlib.sha256).hexdigest().encode()
        return hmac.compare_digest(expected, headers.get(b"x-slack-signature", b"")) and _is_text(body)


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


async def _read(receive: Receive) -> bytes | None:
    """The body, or None when it is larger than BODY_MAX or was cut off."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > BODY_MAX:
            return None
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


def _replay(body: bytes) -> Receive:
    sent = False

    async def receive() -> Message:
        nonlocal sent
        if sent:
            return {"type": "http.disconnect"}
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _refuse(send: Send, status: int, why: bytes = b"") -> None:
    kind = [(b"content-type", b"text/plain; charset=utf-8")] if why else []
    length = (b"content-length", str(len(why)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*kind, length]})
    await send({"type": "http.response.body", "body": why})
