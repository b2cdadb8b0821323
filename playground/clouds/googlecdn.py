"""Google Cloud CDN's invalidation as far as purgebot meets it: signatures, paths, operations, the limit, error bodies.

Paths, bodies and limits are those of Google's documentation, read on 2026-11-23:
https://cloud.google.com/compute/docs/reference/rest/v1/urlMaps/invalidateCache and
https://cloud.google.com/cdn/docs/cache-invalidation-overview. Tokens are self-signed JWTs (https://google.aip.dev/auth/4111),
checked here with `cryptography` alone.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from playground.cache import Cache
from playground.clouds.buckets import Bucket, Buckets
from playground.clouds.desk import HTML, Desk, Done, Refusals, Refused, Request, said
from playground.http import Reply

ACCOUNT = "googlecdn"
AUDIENCE = "https://compute.googleapis.com/"
BUDGETS = {"invalidations": Bucket(500, 500 / 60)}
BODY_MAX = 1 << 20
TOKEN_SECONDS, SKEW_SECONDS = 3600, 300
TAGS_MAX = 10
NO_CREDENTIALS = "Request had invalid authentication credentials."
_CALL = re.compile(r"/projects/([^/]+)/global/(?:urlMaps/([^/]+)/invalidateCache|operations/([^/]+))")
_HOST = re.compile(r"[a-z0-9.-]+")


class Rejected(Refused):
    """An answer that is not an operation."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(_error(status, reason, message))


@dataclass(frozen=True, slots=True)
class Running:
    """An operation, done at `due`."""

    name: str
    due: float
    asked: str


@dataclass(kw_only=True)
class GoogleCdn(Desk):
    """One project with one URL map; its copies are gone, and its operation DONE, `seconds` after a call was taken."""

    account: str = ACCOUNT
    project: str
    url_map: str
    email: str
    public_key: rsa.RSAPublicKey
    buckets: Buckets
    seconds: float = 10.0
    may_invalidate: bool = True
    operations: dict[str, Running] = field(default_factory=dict)  # by requestId, else by name

    keeps = BODY_MAX

    async def reply(self, request: Request, ahead: float) -> Done:
        """One API request's answer."""
        self._authenticate(request.headers.get("authorization", ""))
        found = _CALL.fullmatch(request.path)
        if found is None or request.method != ("POST" if found[2] else "GET"):
            return Reply(404, HTML, b"<title>Error 404 (Not Found)!!1</title>"), ()
        project, url_map, name = found.groups()
        if project != self.project:
            raise Rejected(403, "forbidden", f"Permission denied on resource project {project}.")
        if name:
            return self._operation(name), ()
        resource = f"projects/{project}/global/urlMaps/{url_map}"
        if not self.may_invalidate:
            needed = f"Required 'compute.urlMaps.invalidateCache' permission for '{resource}'"
            raise Rejected(403, "forbidden", needed)
        if url_map != self.url_map:
            raise Rejected(404, "notFound", f"The resource '{resource}' was not found")
        return self._invalidate(request)

    def refusals(self, request: Request) -> Refusals:
        """All are errors of the API, a broken backend too."""
        return Refusals(
            throttle=_error(403, "rateLimitExceeded", "Rate Limit Exceeded"),
            error500=_error(500, "backendError", "Backend Error"),
            bad_token=_error(401, "authError", NO_CREDENTIALS),
            forbidden=_error(403, "forbidden", "Required 'compute.urlMaps.invalidateCache' permission"),
        )

    def places(self) -> Sequence[tuple[Cache, float]]:
        """Every city at once, when the operation is done."""
        return [(cache, self.now() + self.seconds) for cache in self.edges.values()]

    def _authenticate(self, given: str) -> None:
        try:
            scheme, _, token = given.partition(" ")
            head, claims, signature = token.split(".")
            signed, header, said = f"{head}.{claims}".encode(), _part(head), _part(claims)
            self.public_key.verify(_bytes(signature), signed, padding.PKCS1v15(), hashes.SHA256())
            issued, expires = float(str(said["iat"])), float(str(said["exp"]))
        except (ValueError, KeyError, InvalidSignature):
            raise Rejected(401, "authError", NO_CREDENTIALS) from None
        whose = (scheme, header.get("alg"), said.get("iss"), said.get("sub"), said.get("aud"))
        in_time = issued - SKEW_SECONDS <= self.now() < expires and expires - issued <= TOKEN_SECONDS
        if whose != ("Bearer", "RS256", self.email, self.email, AUDIENCE) or not in_time:
            raise Rejected(401, "authError", NO_CREDENTIALS)

    def _invalidate(self, request: Request) -> Done:
        id_ = _request_id(request.query)
        if id_ and id_ in self.operations:
            return self._shown(self.operations[id_]), ()
        asked = _asked(request.body)
        if self.buckets.take("invalidations", 1):
            raise Rejected(403, "rateLimitExceeded", "Rate Limit Exceeded")
        purged = self.purge_urls(lambda cache: _matching(cache, asked))
        due = self.now() + self.seconds
        running = Running(f"operation-{len(self.operations) + 1:013d}", due, json.dumps(asked))
        self.operations[id_ or running.name] = running
        return self._shown(running), purged

    def _operation(self, name: str) -> Reply:
        for running in self.operations.values():
            if running.name == name:
                return self._shown(running)
        what = f"The resource 'projects/{self.project}/global/operations/{name}' was not found"
        raise Rejected(404, "notFound", what)

    def _shown(self, running: Running) -> Reply:
        done = self.now() >= running.due
        doc = {
            "kind": "compute#operation", "name": running.name, "operationType": "invalidateCache",
            "description": running.asked, "status": "DONE" if done else "PENDING", "progress": 100 if done else 0,
        }  # fmt: skip
        return said(200, doc)


def _asked(body: bytes) -> Mapping[str, object]:
    """The rule that a body holds. Raises Rejected."""
    try:
        doc = json.loads(body)
    except ValueError:
        raise Rejected(400, "parseError", "Parse Error") from None
    if not isinstance(doc, dict) or not doc.keys() <= {"host", "path", "cacheTags"} or not doc:
        raise Rejected(400, "invalid", "Invalid value for field 'resource': it names nothing to invalidate.")
    path, host, tags = doc.get("path", "/*"), doc.get("host", "x"), doc.get("cacheTags", ["x"])
    if not isinstance(path, str) or not path.startswith("/") or re.search(r"[?#]|(?<!/)\*|\*.", path):
        raise Rejected(400, "invalid", f"Invalid value for field 'resource.path': '{str(path)[:200]}'.")
    if not isinstance(host, str) or not _HOST.fullmatch(host):
        raise Rejected(400, "invalid", f"Invalid value for field 'resource.host': '{str(host)[:200]}'.")
    if not isinstance(tags, list) or not 0 < len(tags) <= TAGS_MAX or not all(isinstance(t, str) and t for t in tags):
        raise Rejected(400, "invalid", "Invalid value for field 'resource.cacheTags'.")
    return doc


def _matching(cache: Cache, asked: Mapping[str, object]) -> list[str]:
    urls = cache.reached("everything", [""])
    tags = asked.get("cacheTags")
    if isinstance(tags, list):
        tagged = set(cache.reached("tag", tags))
        urls = [url for url in urls if url in tagged]
    host, path = str(asked.get("host", "")), str(asked.get("path", ""))
    return [url for url in urls if _is_about(url, host, path)]


def _is_about(url: str, host: str, path: str) -> bool:
    """Whether a rule is about a URL; its query string plays no part."""
    own_host, slash, rest = url.partition("://")[2].partition("/")
    own = slash + rest.partition("?")[0]
    if host and own_host != host:
        return False
    return not path or (own.startswith(path[:-1]) if path.endswith("/*") else own == path)


def _request_id(query: str) -> str:
    given = parse_qs(query).get("requestId", [""])[0]
    if not given:
        return ""
    try:
        if UUID(given).int:
            return given
    except ValueError:
        pass
    raise Rejected(400, "invalid", f"Invalid value for field 'requestId': '{given[:60]}'.")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _part(text: str) -> Mapping[str, object]:
    part = json.loads(_bytes(text))
    if not isinstance(part, dict):
        raise ValueError("a part of a JWT is an object")
    return part


# not documented: our wording, of every message here; the shape and the reasons are those of Google's APIs
def _error(status: int, reason: str, message: str) -> Reply:
    errors = [{"message": message, "domain": "global", "reason": reason}]
    return said(status, {"error": {"code": status, "message": message, "errors": errors}})
