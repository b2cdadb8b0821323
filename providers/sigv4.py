"""AWS Signature Version 4 as httpx.Auth, over botocore's signer and its chain of credentials.

botocore is imported where it is used only: an installation without AWS does without it. Where credentials come from
may block (files, a metadata service, an SSO token), so they are fetched in a thread, and before a call is sent.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import httpx

from providers.errors import BadCredentials, Unavailable, cleaned
from providers.wire import CALL_SECONDS

STAMP = "%Y%m%dT%H%M%SZ"
UNSIGNED = frozenset({"accept", "accept-encoding", "connection", "content-length", "user-agent"})  # proxies change them
NOWHERE = "Set AWS_PROFILE or AWS_ACCESS_KEY_ID, give the machine a role, or set `profile`."
ONE_ALONE = "Give `access_key_id` and `secret_access_key` together, or neither for botocore's own chain."


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """One set of credentials at one moment; never printed."""

    access_key: str
    secret_key: str
    token: str = ""


class Frozen(Protocol):
    """What botocore calls frozen credentials."""

    access_key: str
    secret_key: str
    token: str | None


class Refreshing(Protocol):
    """What botocore calls credentials."""

    def get_frozen_credentials(self) -> Frozen:
        """Those of now, fetched anew if they are about to end."""
        ...


class Chain:
    """Where the keys of an account come from: itself, or botocore's chain, found once, kept, and asked for `seconds`
    at most."""

    def __init__(
        self, access_key: str = "", secret_key: str = "", profile: str = "", seconds: float = CALL_SECONDS
    ) -> None:
        self._seconds = seconds
        self._fixed = Keys(access_key, secret_key)
        self._profile = profile
        self._found: Refreshing | None = None

    async def keys(self) -> Keys:
        """The keys of now. Raises BadCredentials, and Unavailable where they do not come in time."""
        if self._fixed.access_key and self._fixed.secret_key:
            return self._fixed
        if self._fixed.access_key or self._fixed.secret_key:
            raise BadCredentials("Half of an AWS key pair is missing.", ONE_ALONE)
        try:
            async with asyncio.timeout(self._seconds):
                return await asyncio.to_thread(self._fetched)
        except TimeoutError as exc:
            what = f"AWS credentials did not come within {self._seconds:g} s."
            raise Unavailable(what, "Check the way to where they come from: metadata service, STS, SSO.") from exc

    def _fetched(self) -> Keys:
        from botocore.exceptions import BotoCoreError, HTTPClientError  # type: ignore[import-untyped]

        try:
            self._found = self._found or self._looked_up()
            frozen = self._found.get_frozen_credentials()
        except (BotoCoreError, HTTPClientError) as exc:
            why = cleaned(str(exc)).rstrip(".")
            raise BadCredentials(f"botocore cannot get AWS credentials: {why}.", NOWHERE) from exc
        return Keys(frozen.access_key, frozen.secret_key, frozen.token or "")

    def _looked_up(self) -> Refreshing:
        from botocore.session import Session  # type: ignore[import-untyped]

        found: Refreshing | None = Session(profile=self._profile or None).get_credentials()
        if found is None:
            raise BadCredentials("botocore finds no AWS credentials.", NOWHERE)
        return found


class SigV4(httpx.Auth):
    """Signs what is sent, byte for byte, with `keys`, which must be set before."""

    requires_request_body = True

    def __init__(self, region: str, service: str, now: Callable[[], datetime]) -> None:
        self._region = region
        self._service = service
        self._now = now
        self.keys = Keys("", "")

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the date, the session's token if there is one, and the signature."""
        from botocore.auth import SigV4Auth  # type: ignore[import-untyped]
        from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]
        from botocore.credentials import Credentials  # type: ignore[import-untyped]

        logging.getLogger("botocore.auth").setLevel(logging.INFO)  # its DEBUG lines hold the session's token
        request.headers["X-Amz-Date"] = self._now().strftime(STAMP)
        if self.keys.token:
            request.headers["X-Amz-Security-Token"] = self.keys.token
        headers = _signed(request.headers)
        signer = SigV4Auth(Credentials(self.keys.access_key, self.keys.secret_key), self._service, self._region)
        aws = AWSRequest(request.method, _url(request), headers, request.content)
        aws.context["timestamp"] = headers["x-amz-date"]
        signature = signer.signature(signer.string_to_sign(aws, signer.canonical_request(aws)), aws)
        names = f"SignedHeaders={signer.signed_headers(signer.headers_to_sign(aws))}"
        credential = f"Credential={signer.scope(aws)}"
        request.headers["Authorization"] = f"AWS4-HMAC-SHA256 {credential}, {names}, Signature={signature}"
        yield request


def _signed(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items() if name.lower() not in UNSIGNED}


def _url(request: httpx.Request) -> str:
    """The request target as it goes on the wire."""
    raw = request.extensions.get("target", request.url.raw_path)
    return f"{request.url.scheme}://{request.headers['host']}{raw.decode('ascii')}"
