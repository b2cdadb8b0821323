"""Who calls a pretend AWS service: Signature Version 4 computed from AWS' description of it, not by any library.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html, read 2026-11-23.
"""

from __future__ import annotations

import calendar
import hashlib
import hmac
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

SKEW_SECONDS = 300
USER = "arn:aws:iam::123456789012:user"
NO_SUCH_KEY = "The security token included in the request is invalid."
NO_MATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/,\s]+)/([0-9]{8})/([^/,\s]+)/([^/,\s]+)/aws4_request, ?"
    r"SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})"
)
_STAMP = re.compile(r"[0-9]{8}T[0-9]{6}Z")


# not documented: our wording, of all about signatures, and with MalformedXML, MissingBody, InconsistentQuantities,
# BatchTooLarge, NoSuchInvalidation and EntityNotFound. Guesses: NoSuchResource, MethodNotAllowed, and which of AWS'
# common codes CloudFront has for which signature.
class Denied(Exception):
    """An answer that is not a success: HTTP status, AWS' code and message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Caller:
    """One access key: its secret, whose it is, and what that one may do. With `token`, a session's."""

    secret: str
    user: str = "purgebot"
    actions: frozenset[str] = field(default_factory=frozenset)
    token: str = ""

    def must(self, service: str, action: str, resource: str) -> None:
        """Raises Denied where IAM would."""
        if action not in self.actions:
            what = f"User: {USER}/{self.user} is not authorized to perform: {service}:{action} on resource: {resource}"
            raise Denied(403, "AccessDenied", f"{what} because no identity-based policy allows it")


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it arrived: `path` and `query` are raw, header names lower-case."""

    method: str
    path: str
    query: str
    headers: Sequence[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        """All its values, each trimmed and with single blanks, joined by commas."""
        return ",".join(" ".join(value.split()) for key, value in self.headers if key == name)


def caller_of(sent: Sent, callers: Mapping[str, Caller], region: str, service: str, now: float) -> Caller:
    """Who signed `sent`. Raises Denied."""
    given = sent.header("authorization")
    if not given:
        raise Denied(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
    found = _AUTHORIZATION.fullmatch(given)
    if found is None:
        raise Denied(400, "IncompleteSignature", "Authorization header requires Credential, SignedHeaders, Signature.")
    key, day, its_region, its_service, names, signature = found.groups()
    caller = callers.get(key)
    if caller is None or caller.token != sent.header("x-amz-security-token"):
        raise Denied(403, "InvalidClientTokenId", NO_SUCH_KEY)
    _in_scope(its_region, its_service, region, service)
    stamp = _in_time(sent.header("x-amz-date"), day, now)
    _covers(sent, names.split(";"))
    expected = _signature(caller.secret, (day, region, service), stamp, _canonical(sent, names))
    if not hmac.compare_digest(expected, signature):
        raise Denied(403, "SignatureDoesNotMatch", NO_MATCH)
    return caller


def _in_scope(its_region: str, its_service: str, region: str, service: str) -> None:
    if its_region != region:
        what = f"Credential should be scoped to a valid region, not '{its_region}'."
        raise Denied(403, "SignatureDoesNotMatch", what)
    if its_service != service:
        raise Denied(403, "SignatureDoesNotMatch", f"Credential should be scoped to correct service: '{service}'.")


def _in_time(stamp: str, day: str, now: float) -> str:
    if not _STAMP.fullmatch(stamp) or stamp[:8] != day:
        raise Denied(403, "SignatureDoesNotMatch", "Date in Credential scope does not match the request's date.")
    at = calendar.timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ"))
    if abs(at - now) > SKEW_SECONDS:
        late = "expired" if at < now else "not yet current"
        server = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
        raise Denied(403, "RequestExpired", f"Signature {late}: {stamp} is too far from {server} (5 min.)")
    return stamp


def _covers(sent: Sent, names: Sequence[str]) -> None:
    """What AWS wants signed: the host, and every x-amz header."""
    needed = {"host", *(name for name, _ in sent.headers if name.startswith("x-amz-"))}
    if missing := sorted(needed - set(names)):
        raise Denied(403, "SignatureDoesNotMatch", f"{missing[0]} must be a signed header.")


def _canonical(sent: Sent, names: str) -> str:
    headers = "".join(f"{name}:{sent.header(name)}\n" for name in names.split(";"))
    query = "&".join(sorted(pair if "=" in pair else f"{pair}=" for pair in sent.query.split("&") if pair))
    path = quote(sent.path or "/", safe="/-_.~")  # what is encoded already is encoded once more, for all but S3
    return "\n".join([sent.method, path, query, headers, names, hashlib.sha256(sent.body).hexdigest()])


def _signature(secret: str, scope: tuple[str, str, str], stamp: str, canonical: str) -> str:
    key = f"AWS4{secret}".encode()
    for part in (*scope, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, "/".join((*scope, "aws4_request")), hashed])
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
