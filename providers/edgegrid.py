"""EdgeGrid, how Akamai's APIs are signed (EG1-HMAC-SHA256), and the `.edgerc` file that holds its credentials.

Both as Akamai tells them: https://techdocs.akamai.com/developer/docs/authenticate-with-edgegrid, read 2026-11-23.
"""

from __future__ import annotations

import configparser
import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

import httpx

from providers.packing import visible_ascii
from providers.signing import utc_now

BODY_MAX = 131_072  # bytes of a body that are hashed
KEYS = ("host", "client_token", "client_secret", "access_token")
_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?")


class UnreadableEdgerc(ValueError):
    """The text is no .edgerc with the section asked for; `what` never quotes a value."""

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(f"{what} {advice}")
        self.what = what
        self.advice = advice


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """One section of an .edgerc. Never printed: it holds secrets."""

    host: str
    client_token: str
    client_secret: str
    access_token: str
    body_max: int = BODY_MAX
    signed_headers: tuple[str, ...] = ()


def read_edgerc(text: str, section: str) -> Credentials:
    """The credentials in `section`; dashes and underscores in keys are the same. Raises UnreadableEdgerc."""
    values = _section(text, section)
    missing = [key for key in KEYS if not values.get(key)]
    if missing:
        what = f"Section `{section[:40]}` of the edgerc has no {', '.join(missing)}."
        raise UnreadableEdgerc(
            what, "Copy the whole section again from the API client's page in Akamai Control Center."
        )
    host = re.sub(r"^[a-z]+://", "", values["host"], flags=re.IGNORECASE).partition("/")[0]
    odd = [key for key in KEYS[1:] if not visible_ascii(values[key])] + ([] if _HOST.fullmatch(host) else ["host"])
    if odd:
        what = f"{', '.join(odd)} in section `{section[:40]}` of the edgerc cannot be what Akamai gave out."
        raise UnreadableEdgerc(what, "Copy it again, whole and on one line, without quotes or blanks.")
    signed = tuple(name.strip() for name in values.get("headers_to_sign", "").split(",") if name.strip())
    client_token, client_secret, access_token = (values[key] for key in KEYS[1:])
    return Credentials(host, client_token, client_secret, access_token, _body_max(values), signed)


def _section(text: str, section: str) -> dict[str, str]:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(text.lstrip("\ufeff"))
    except configparser.Error:
        what = "The edgerc is not a file of [sections] with `key = value` lines."
        raise UnreadableEdgerc(
            what, "Give the text of the whole file, as Akamai Control Center offers it."
        ) from None  # it quotes lines
    if not parser.has_section(section):
        there = ", ".join(f"`{name[:40]}`" for name in parser.sections()[:5]) or "none"
        what = f"The edgerc has no section `{section[:40]}`."
        raise UnreadableEdgerc(what, f"Set `section` to one that it has: {there}.")
    return {key.replace("-", "_"): value.strip() for key, value in parser.items(section)}


def _body_max(values: dict[str, str]) -> int:
    """Never below Akamai's own: old files say 2048, with which longer bodies do not match
    (https://github.com/akamai/AkamaiOPEN-edgegrid-python/issues/11)."""
    own = values.get("max_body", "")
    return max(BODY_MAX, int(own)) if re.fullmatch(r"[0-9]{1,9}", own) else BODY_MAX


def fresh_nonce() -> str:
    """Text that no other request has."""
    return str(uuid4())


class EdgeGrid(httpx.Auth):
    """Signs each request anew, as one over https to the host of `credentials`, whatever is dialled on the way there.

    `below` is the path of an egress proxy: it is dialled too, and Akamai never sees it."""

    requires_request_body = True

    def __init__(
        self,
        credentials: Credentials,
        clock: Callable[[], datetime] = utc_now,
        nonce: Callable[[], str] = fresh_nonce,
        below: str = "",
    ) -> None:
        self._credentials = credentials
        self._clock = clock
        self._nonce = nonce
        self._below = below

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add Host and Authorization."""
        target: bytes = request.extensions.get("target", request.url.raw_path)
        path = target.decode("ascii").removeprefix(self._below)
        request.headers["Host"] = self._credentials.host
        request.headers["Authorization"] = self._authorization(request, path)
        yield request

    def _authorization(self, request: httpx.Request, path: str) -> str:
        own = self._credentials
        stamp = self._clock().astimezone(UTC).strftime("%Y%m%dT%H:%M:%S+0000")
        unsigned = (
            f"EG1-HMAC-SHA256 client_token={own.client_token};access_token={own.access_token};"
            f"timestamp={stamp};nonce={self._nonce()};"
        )
        body = request.content if request.method == "POST" else b""
        hashed = b64encode(hashlib.sha256(body[: own.body_max]).digest()).decode() if body else ""
        data = (request.method, "https", own.host, path, self._canonical(request.headers), hashed, unsigned)
        key = _mac(own.client_secret, stamp)  # its text is the key, not the bytes that it stands for
        return f"{unsigned}signature={_mac(key, chr(9).join(data))}"

    def _canonical(self, headers: httpx.Headers) -> str:
        named = [(name.lower(), headers.get(name)) for name in self._credentials.signed_headers]
        return "\t".join(f"{name}:{' '.join(value.split())}" for name, value in named if value is not None)


def _mac(key: str, message: str) -> str:
    return b64encode(hmac.digest(key.encode(), message.encode(), "sha256")).decode()
