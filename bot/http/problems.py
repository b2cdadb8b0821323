"""What the HTTP doors answer where something is wrong (RFC 9457), and how they read a body."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

FULL_SECONDS = 60.0  # until a machine asks again where nobody knows when there is room


class TooLarge(Exception):
    """A body has more bytes than it may; no more of it was read."""


def problem(status: int, title: str, detail: str, headers: Mapping[str, str] | None = None, **more: str) -> Response:
    """Problem details."""
    told = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    body = json.dumps(told, ensure_ascii=False)  # a shell that reads it knows no \u2026
    return Response(body, status, headers, media_type="application/problem+json")


def full(seconds: float | None, detail: str, **more: str) -> Response:
    """So much waits that no more is taken; after `seconds`, if that is known, there is room."""
    after = math.ceil(FULL_SECONDS if seconds is None else max(1.0, seconds))
    return problem(429, "Queue full", detail, {"retry-after": str(after)}, **more)


async def read_body(request: Request, most: int) -> bytes:
    """The body, of at most `most` bytes. Raises TooLarge, and ClientDisconnect when the other side went away."""
    said = request.headers.get("content-length", "")
    if said.isascii() and said.isdigit() and (len(said) > 18 or int(said) > most):
        raise TooLarge
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise TooLarge
        parts.append(part)
    return b"".join(parts)


def first_error(exc: ValidationError) -> str:
    """The first thing that is wrong with a body, and where; never what was sent."""
    error = exc.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in error["loc"])
    return f"{where}: {error['msg']}" if where else str(error["msg"])
