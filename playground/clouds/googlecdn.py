"""Google Cloud CDN's invalidation as far as purgebot meets it: signatures, paths, operations, the limit, error bodies.

Paths, bodies and limits are those of Google's documentation, read on 2026-11-23:
https://cloud.google.com/compute/docs/reference/rest/v1/urlMaps/invalidateCache and
https://cloud.google.com/cdn/docs/cache-invalidation-overview. Tokens are self-signed JWTs (https://google.aip.dev/auth/4111),
checked here with `cryptography` alone.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from starlette.types import Receive, Scope, Send

from playground.cache import Cache
from playground.clouds.buckets import Bucket, Buckets
from playground.cut import cut
from playground.faults import SLOW_SECONDS, Faults
from playground.http import Reply, answer, hold
from playground.pace import Pace
from playground.requests import Requests

ACCOUNT = "googlecdn"
AUDIENCE = "https://compute.googleapis.com/"
BUDGETS = {"invalidations": Bucket(500, 500 / 60)}
BODY_MAX = 1 << 20
TOKEN_SECONDS, SKEW_SECONDS = 3600, 300
TAGS_MAX = 10
_CALL = re.compile(r"/projects/([^/]+)/global/(?:urlMaps/([^/]+)/invalidateCache|operations/([^/]+))")
_HOST = re.compile(r"[a-z0-9.-]+")


class Rejected(Exception):
    """An answer that is not an operation."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Running:
    """An operation, done at `due`."""

    name: str
    due: float
    asked: str


@dataclass
class GoogleCdn:
    """One project with one URL map; its copies are gone, and its operation DONE, `seconds` after a call was taken."""

    project: str
    url_map: str
    email: str
    public_key: rsa.RSAPublicKey
    edges: Mapping[str, Cache]
    buckets: Buckets
    requests: Requests
    faults: Faults
    pace: Pace
    now: Callable[[], float]
    seconds: float = 10.0
    may_invalidate: bool = True
    operations: dict[str, Running] = field(default_factory=dict)  # by requestId, else by name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one API request."""
        if scope["type"] != "http":
            return
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        query = scope["query_string"].decode("latin-1")
        body = await _read(receive)
        fault = self.faults.take(ACCOUNT)
        shown = f"{path}?{query}" if query else path
        if fault in ("down", "reset"):
            self.requests.record(ACCOUNT, scope["method"], shown, body.decode(errors="replace"), 0, fault)
            await cut(scope, receive, send)
            return
        reply = _faulty(fault)
        purged: tuple[str, ...] = ()
        if reply is None:
            reply, purged = self._reply(scope["method"], path, query, dict(scope["headers"]), body)
        text = body.decode(errors="replace")
        self.requests.record(ACCOUNT, scope["method"], shown, text, reply.status, fault, purged)
        if fault == "timeout_after_effect":
            await hold(scope, receive, send)
            return
        slow = SLOW_SECONDS if fault == "slow" else 0.0
        await asyncio.sleep(slow + (self.pace.api if reply.status == 200 else 0.0))
        await answer(send, reply)

    def _reply(
        self, method: str, path: str, query: str, headers: Mapping[bytes, bytes], body: bytes
    ) -> tuple[Reply, tuple[str, ...]]:
        try:
            self._authenticate(headers.get(b"authorization", b"").decode("latin-1"))
            return self._routed(method, path, query, body)
        except Rejected as exc:
            return _error(exc.status, exc.reason, str(exc)), ()

    def _authenticate(self, given: str) -> None:
        try:
            scheme, _, token = given.partition(" ")
            head, claims, signature = token.split(".")
            signed, header, said = f"{head}.{claims}".encode(), _part(head), _part(claims)
            self.public_key.verify(_bytes(signature), signed, padding.PKCS1v15(), hashes.SHA256())
            issued, expires = float(str(said["iat"])), float(str(said["exp"]))
        except (ValueError, KeyError, InvalidSignature):
            raise Rejected(401, "authError", "Request had invalid authentication credentials.") from None
        whose = (scheme, header.get("alg"), said.get("iss"), said.get("sub"), said.get("aud"))
        in_time = issued - SKEW_SECONDS <= self.now() < expires and expires - issued <= TOKEN_SECONDS
        if whose != ("Bearer", "RS256", self.email, self.email, AUDIENCE) or not in_time:
            raise Rejected(401, "authError", "Request had invalid authentication credentials.")

    def _routed(self, method: str, path: str, query: str, body: bytes) -> tuple[Reply, tuple[str, ...]]:
        found = _CALL.fullmatch(path)
        if found is None or method != ("POST" if found[2] else "GET"):
            return Reply(404, {"content-type": "text/html"}, b"<title>Error 404 (Not Found)!!1</title>"), ()
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
        return self._invalidate(query, body)

    def _invalidate(self, query: str, body: bytes) -> tuple[Reply, tuple[str, ...]]:
        request = _request_id(query)
        if request and request in self.operations:
            return self._shown(self.operations[request]), ()
        asked = _asked(body)
        if self.buckets.take("invalidations", 1):
            raise Rejected(403, "rateLimitExceeded", "Rate Limit Exceeded")
        reached: dict[str, None] = {}
        due = self.now() + self.seconds
        for cache in self.edges.values():
            urls = self._matching(cache, asked)
            reached |= dict.fromkeys(urls)
            cache.purge_at(due, "url", urls)
        running = Running(f"operation-{len(self.operations) + 1:013d}", due, json.dumps(asked))
        self.operations[request or running.name] = running
        return self._shown(running), tuple(reached)

    def _matching(self, cache: Cache, asked: Mapping[str, object]) -> list[str]:
        urls = cache.reached("everything", [""])
        tags = asked.get("cacheTags")
        if isinstance(tags, list):
            tagged = set(cache.reached("tag", tags))
            urls = [url for url in urls if url in tagged]
        host, path = str(asked.get("host", "")), str(asked.get("path", ""))
        return [url for url in urls if _is_about(url, host, path)]

    def _operation(self, name: str) -> Reply:
        for running in self.operations.values():
            if running.name == name:
                return self._shown(running)
        raise Rejected(
            404, "notFound", f"The resource 'projects/{self.project}/global/operations/{name}' was not found"
        )

    def _shown(self, running: Running) -> Reply:
        done = self.now() >= running.due
        doc = {
            "kind": "compute#operation", "name": running.name, "operationType": "invalidateCache",
            "description": running.asked, "status": "DONE" if done else "PENDING", "progress": 100 if done else 0,
        }  # fmt: skip
        return Reply(200, {"content-type": "application/json"}, json.dumps(doc).encode())


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


async def _read(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += bytes(message.get("body", b""))[: BODY_MAX - len(body)]
        more = bool(message.get("more_body"))
    return body


def _error(status: int, reason: str, message: str, headers: Sequence[tuple[str, str]] = ()) -> Reply:
    errors = [{"message": message, "domain": "global", "reason": reason}]
    doc = {"error": {"code": status, "message": message, "errors": errors}}
    return Reply(status, {"content-type": "application/json", **dict(headers)}, json.dumps(doc).encode())


def _faulty(fault: str) -> Reply | None:
    match fault:
        case "throttle":
            return _error(403, "rateLimitExceeded", "Rate Limit Exceeded")
        case "error500":
            return _error(500, "backendError", "Backend Error")
        case "bad_token":
            return _error(401, "authError", "Request had invalid authentication credentials.")
        case "forbidden":
            return _error(403, "forbidden", "Required 'compute.urlMaps.invalidateCache' permission")
        case "html":
            return Reply(200, {"content-type": "text/html"}, b"<html><h1>Just a moment</h1></html>")
        case _:
            return None
