"""A service account of Google as httpx never sees it: its key signs a token of an hour, and nobody is asked for one.

https://google.aip.dev/auth/4111: Google's APIs take a JWT whose audience is the API itself. `google-auth` is imported
where a token is needed, since it is an extra.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Protocol, cast

from providers.errors import BadCredentials

AUDIENCE = "https://compute.googleapis.com/"
ADVICE = (
    "Set `credentials` to the whole JSON of a service account's key (IAM, Service accounts, Keys), by {file: PATH} or "
    "{env: NAME}."
)


class _Signed(Protocol):
    """What is used of google.auth.jwt.Credentials."""

    valid: bool
    token: bytes | str

    def refresh(self, request: None) -> None: ...


class ServiceAccount:
    """The key as JSON."""

    def __init__(self, credentials: str) -> None:
        self._json = credentials
        self._signed: _Signed | None = None
        self.email = ""

    def token(self) -> str:
        """A bearer token that is still good. Raises BadCredentials where the key cannot sign."""
        signed = self._signed = self._signed or self._read()
        if not signed.valid:
            signed.refresh(None)
        return signed.token if isinstance(signed.token, str) else signed.token.decode()

    def _read(self) -> _Signed:
        try:
            from google.auth import exceptions, jwt
        except ImportError as exc:
            what = "Google Cloud CDN needs the Python package google-auth, which is not installed."
            raise BadCredentials(what, "Install it: pip install 'purgebot[google]'.") from exc
        try:
            info = json.loads(self._json)
            build = cast(Callable[..., _Signed], jwt.Credentials.from_service_account_info)
            signed = build(info, audience=AUDIENCE)
            self.email = str(info["client_email"])
        except (ValueError, LookupError, TypeError, AttributeError, exceptions.GoogleAuthError) as exc:
            what = "`credentials` of this account is not a service account's key."
            raise BadCredentials(what, ADVICE) from exc
        return signed
