"""How an account proves who it is: httpx.Auth classes, so that credentials join a request last of all."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from datetime import UTC, datetime

import httpx


def utc_now() -> datetime:
    """The time that a signature holds, by this machine's clock; a test brings its own."""
    return datetime.now(UTC)


class Bearer(httpx.Auth):
    """`Authorization: Bearer <token>`, the word capitalised: Cloudflare's purge once refused it in lower case."""

    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the header."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


class HeaderKeys(httpx.Auth):
    """Fixed headers that hold a key, such as Cloudflare's X-Auth-Email and X-Auth-Key."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = dict(headers)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the headers."""
        for name, value in self._headers.items():
            request.headers[name] = value
        yield request
