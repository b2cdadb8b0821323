"""Who may speak to the pretend Akamai: EG1-HMAC-SHA256 checked from its documentation, apart from any signer.

Steps, window and words as read on 2026-11-23: https://techdocs.akamai.com/developer/docs/authenticate-with-edgegrid and
https://techdocs.akamai.com/client-access-control/reference/401. Akamai is reached over https alone, so that is the
scheme that counts, whatever brought the request here.
"""

from __future__ import annotations

import base64
import calendar
import hashlib
import hmac
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from playground.clouds.akamai_bodies import NO_SIGNATURE, SEEN_BEFORE

SKEW_SECONDS = 30.0  # https://github.com/akamai/terraform-provider-akamai/issues/758
HASHED_MAX = 131_072
_AUTHORIZATION = re.compile(
    r"(EG1-HMAC-SHA256 client_token=(?P<client>[^;]+);access_token=(?P<access>[^;]+);"
    r"timestamp=(?P<stamp>[^;]+);nonce=(?P<nonce>[^;]+);)signature=(?P<signature>[A-Za-z0-9+/]{43}=)"
)
_STAMP = re.compile(r"\d{8}T\d\d:\d\d:\d\d\+0000")


@dataclass(frozen=True, slots=True)
class Client:
    """One API client of the account. Not `active`: its token was switched off. Not `purging`: it is for other APIs."""

    client_token: str
    client_secret: str
    access_token: str
    active: bool = True
    purging: bool = True


@dataclass(frozen=True, slots=True)
class Arrived:
    """One request as it came: `path` with its query, `host` as the Host header says."""

    method: str
    host: str
    path: str
    authorization: str
    body: bytes


class Denied(Exception):
    """The gateway's no: HTTP status, and a body of its own shape."""

    def __init__(self, status: int, title: str, detail: str, kind: str, arrived: Arrived) -> None:
        super().__init__(detail)
        self.status = status
        self.doc = {
            "type": f"https://problems.luna.akamaiapis.net/-/pep-authn/{kind}",
            "title": title,
            "status": status,
            "detail": detail,
            "instance": f"https://{arrived.host}{arrived.path}",
            "method": arrived.method,
            "serverIp": "192.0.2.1",
            "clientIp": "192.0.2.2",
            "requestId": uuid.uuid4().hex[:8],
            "requestTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        }


@dataclass
class Gate:
    """Lets a request in that one of `clients` signed, once."""

    clients: tuple[Client, ...]
    now: Callable[[], float]
    seen: dict[str, float] = field(default_factory=dict)  # nonce → when it came

    def admit(self, arrived: Arrived, ahead: float = 0.0) -> Client:
        """Who signed it, judged by a clock that is `ahead` seconds ahead. Raises Denied."""
        found = _AUTHORIZATION.fullmatch(arrived.authorization)
        if found is None:
            raise Denied(400, "Bad request", NO_SIGNATURE, "request-error", arrived)
        if not self._is_in_time(found["stamp"], ahead):
            raise Denied(400, "Bad request", "Invalid timestamp", "request-error", arrived)
        client = next((one for one in self.clients if one.client_token == found["client"]), None)
        if client is None or not client.active:
            raise Denied(401, "Not authorized", "Inactive client token", "deny", arrived)
        if client.access_token != found["access"] or not hmac.compare_digest(
            signature(client, found["stamp"], found[1], arrived), found["signature"]
        ):
            raise Denied(401, "Not authorized", "The signature does not match", "deny", arrived)
        self._once(found["nonce"], arrived)
        return client

    def _is_in_time(self, stamp: str, ahead: float) -> bool:
        if not _STAMP.fullmatch(stamp):
            return False
        try:
            theirs = calendar.timegm(time.strptime(stamp, "%Y%m%dT%H:%M:%S+0000"))
        except ValueError:
            return False
        return abs(theirs - self.now() - ahead) <= SKEW_SECONDS

    def _once(self, nonce: str, arrived: Arrived) -> None:
        """Akamai detects replays; how it says so is not documented."""
        now = self.now()
        self.seen = {one: at for one, at in self.seen.items() if now - at <= 2 * SKEW_SECONDS}
        if nonce in self.seen:
            raise Denied(401, "Not authorized", SEEN_BEFORE, "deny", arrived)
        self.seen[nonce] = now


def signature(client: Client, stamp: str, unsigned: str, arrived: Arrived) -> str:
    """What the signature of such a request must be."""
    body = arrived.body[:HASHED_MAX] if arrived.method == "POST" else b""
    content = base64.b64encode(hashlib.sha256(body).digest()) if body else b""
    head = f"{arrived.method}\thttps\t{arrived.host}\t{arrived.path}\t\t".encode()
    key = _keyed(client.client_secret.encode(), stamp.encode())
    return _keyed(key, head + content + b"\t" + unsigned.encode()).decode()


def _keyed(key: bytes, message: bytes) -> bytes:
    return base64.b64encode(hmac.new(key, message, hashlib.sha256).digest())
