"""Cloudflare's purge API as far as purgebot meets it: authentication, validation, limits, error bodies.

Paths, bodies, codes and limits are those of Cloudflare's documentation and API description, read on 2026-11-23:
https://developers.cloudflare.com/cache/how-to/purge-cache/ and https://developers.cloudflare.com/api/resources/cache/.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from starlette.types import Receive, Scope, Send

from playground.cache import Cache
from playground.clouds.buckets import Buckets, Window
from playground.cut import cut, gone
from playground.faults import SLOW_SECONDS, THROTTLE_SECONDS, Faults
from playground.http import Reply, answer
from playground.pace import Pace
from playground.requests import Requests

ACCOUNT = "cf"
BODY_MAX = 1024 * 1024
ENTRIES_MAX = 100  # per call, for files as for tags, hosts and prefixes, on every plan but enterprise
TAG_MAX, SEPARATORS_MAX = 1024, 31
SELECTORS = {"files": "url", "tags": "tag", "hosts": "host", "prefixes": "prefix"}
HEADERS_IN_KEY = frozenset({"cf-device-type", "cf-ipcountry", "accept-language", "origin"})
_ZONE_PATH = re.compile(r"/zones/([^/]*)/(purge_cache|invalidate_cache)")


class Rejected(Exception):
    """An answer that is not a success."""

    def __init__(self, status: int, code: int, message: str, chain: Sequence[tuple[int, str]] = ()) -> None:
        super().__init__(message)
        error: dict[str, object] = {"code": code, "message": message}
        if chain:
            error["error_chain"] = [{"code": number, "message": text} for number, text in chain]
        self.status = status
        self.errors = [error]


@dataclass(frozen=True, slots=True)
class Asked:
    """One purge as validated: `values` of one kind, and the URLs of files."""

    kind: str
    values: tuple[str, ...]


@dataclass
class Cloudflare:
    """One account with one zone, whose edges it really empties."""

    token: str
    zone: str
    hosts: frozenset[str]
    edges: Mapping[str, Cache]
    buckets: Buckets
    window: Window
    requests: Requests
    faults: Faults
    pace: Pace
    now: Callable[[], float]
    _calls: int = field(default=0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one API request."""
        if scope["type"] != "http":
            return
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        body = await _read(receive)
        fault = self.faults.take(ACCOUNT)
        if fault in ("down", "reset"):
            self._record(scope["method"], path, body, 0, fault)
            await cut(scope, receive, send)
            return
        reply = _faulty(fault)
        purged: tuple[str, ...] = ()
        if reply is None:
            reply, purged = self._reply(scope["method"], path, dict(scope["headers"]), body)
        self._record(scope["method"], path, body, reply.status, fault, purged)
        if fault == "timeout_after_effect":
            await gone(receive)
            return
        slow = SLOW_SECONDS if fault == "slow" else 0.0
        await asyncio.sleep(slow + (self.pace.api if reply.status == 200 else 0.0))
        await answer(send, reply)

    def _record(self, method: str, path: str, body: bytes, status: int, fault: str, purged: Sequence[str] = ()) -> None:
        text = body.decode(errors="replace")
        self.requests.record(ACCOUNT, method, f"/client/v4{path}", text, status, fault, purged)

    def _reply(
        self, method: str, path: str, headers: Mapping[bytes, bytes], body: bytes
    ) -> tuple[Reply, tuple[str, ...]]:
        try:
            self._authenticate(headers)
            wait = self.window.take()
            if wait:
                raise _Throttled(wait, 971, "Please wait and consider throttling your request speed")
            return self._routed(method, path, headers, body)
        except _Throttled as exc:
            about = {"retry-after": str(math.ceil(exc.wait))}
            return self._enveloped(429, [{"code": exc.code, "message": str(exc)}], None, about), ()
        except Rejected as exc:
            return self._enveloped(exc.status, exc.errors, None), ()

    def _authenticate(self, headers: Mapping[bytes, bytes]) -> None:
        given = headers.get(b"authorization", b"").decode("latin-1")
        if not given:
            missing = "X-Auth-Email" if b"x-auth-email" not in headers else "X-Auth-Key"
            code = 9106 if missing == "X-Auth-Email" else 9107
            if b"x-auth-email" in headers and b"x-auth-key" in headers:
                raise Rejected(400, 9103, "Unknown X-Auth-Key or X-Auth-Email")
            raise Rejected(400, code, f"Missing {missing} header")
        if not re.fullmatch(r"Bearer [A-Za-z0-9_-]{8,}", given):
            raise Rejected(400, 6003, "Invalid request headers", [(6111, "Invalid format for Authorization header")])
        if given != f"Bearer {self.token}":
            raise Rejected(403, 9109, "Invalid access token")

    def _routed(
        self, method: str, path: str, headers: Mapping[bytes, bytes], body: bytes
    ) -> tuple[Reply, tuple[str, ...]]:
        if (method, path) == ("GET", "/user/tokens/verify"):
            friendly = [{"code": 10000, "message": "This API Token is valid and active", "type": None}]
            result = {"id": "0" * 32, "status": "active"}
            return self._enveloped(200, [], result, messages=friendly), ()
        found = _ZONE_PATH.fullmatch(path)
        if found is None or method != "POST":
            raise Rejected(400, 7000, "No route for that URI")
        zone, deed = found.groups()
        if not re.fullmatch(r"[0-9a-f]{32}", zone):
            what = f"Could not route to {path}, perhaps your object identifier is invalid?"
            raise Rejected(400, 7003, what, [(7000, "No route for that URI")])
        if zone != self.zone:
            raise Rejected(403, 10000, "Authentication error")
        asked = self._validated(headers, body)
        self._pay(asked)
        return self._enveloped(200, [], {"id": zone}), self._purge(asked, soft=deed == "invalidate_cache")

    def _validated(self, headers: Mapping[bytes, bytes], body: bytes) -> Asked:
        one_of = "Request must contain one of purge_everything, files, tags, hosts or prefixes"
        try:
            doc = json.loads(body)
        except ValueError:
            raise Rejected(400, 1012, one_of) from None
        if not isinstance(doc, dict) or not headers.get(b"content-type", b"").startswith(b"application/json"):
            raise Rejected(400, 1012, one_of)
        chosen = [name for name in (*SELECTORS, "purge_everything") if name in doc]
        if len(chosen) != 1:
            raise Rejected(400, 1012, one_of)
        if chosen == ["purge_everything"]:
            if doc["purge_everything"] is not True:
                raise Rejected(400, 1013, "purge_everything must be true")
            return Asked("everything", ())
        return Asked(SELECTORS[chosen[0]], self._values(chosen[0], doc[chosen[0]]))

    def _values(self, name: str, values: object) -> tuple[str, ...]:
        if not isinstance(values, list) or not values:
            raise Rejected(400, 1014, f"{name} must be an array")
        if len(values) > ENTRIES_MAX:
            raise Rejected(400, 1094, f"You may only purge {ENTRIES_MAX} {name} at a time")
        if name == "files":
            if len({type(value) for value in values}) > 1:
                raise Rejected(400, 1012, "files must be all strings or all objects")
            return tuple(self._file(value) for value in values)
        if not all(isinstance(value, str) and value for value in values):
            raise Rejected(400, 1014, f"{name} must be an array of strings")
        for value in values:
            self._check(name, value)
        return tuple(values)

    def _file(self, value: object) -> str:
        url = value.get("url") if isinstance(value, dict) else value
        if not isinstance(url, str) or not re.match(r"https?://[^/]+", url):
            raise Rejected(400, 1012, "files must hold full URLs, or objects with a url")
        host = url.split("://", 1)[1].partition("/")[0].lower()
        if host not in self.hosts:
            raise Rejected(400, 1082, f"Unable to purge {url}: it is not in this zone")
        scheme, _, rest = url.partition("://")
        return f"{scheme.lower()}://{host}/{rest.partition('/')[2]}"

    def _check(self, name: str, value: str) -> None:
        if name == "tags" and (len(value) > TAG_MAX or not value.isascii() or " " in value):
            raise Rejected(400, 1014, "a tag is at most 1024 printable ASCII characters without spaces")
        if name == "prefixes" and ("://" in value or "?" in value or "#" in value or value.count("/") > SEPARATORS_MAX):
            raise Rejected(400, 1014, "a prefix has no scheme, query or fragment, and at most 31 separators")
        if name in ("prefixes", "hosts") and value.partition("/")[0] not in self.hosts:
            raise Rejected(400, 1082, f"Unable to purge {value}: it is not in this zone")

    def _pay(self, asked: Asked) -> None:
        bucket, units = ("urls", len(asked.values)) if asked.kind == "url" else ("bulk", 1)
        wait = self.buckets.take(bucket, units)
        if wait:
            raise _Throttled(wait, 10429, "Rate limited. Please wait and consider throttling your request speed")

    def _purge(self, asked: Asked, soft: bool) -> tuple[str, ...]:
        accepted = self.now()
        values = asked.values or ("",)
        for city, cache in self.edges.items():
            delay = self.pace.api + self.pace.cities[city] if self.pace.api else 0.0
            cache.purge_at(accepted + delay, asked.kind, values, soft)
        return asked.values or ("*",)

    def _enveloped(
        self,
        status: int,
        errors: Sequence[Mapping[str, object]],
        result: object,
        headers: Mapping[str, str] | None = None,
        messages: Sequence[Mapping[str, object]] = (),
    ) -> Reply:
        doc = {"success": status == 200, "errors": list(errors), "messages": list(messages), "result": result}
        about = {
            "content-type": "application/json",
            "ratelimit": f'"default";r={self.window.left()};t={int(self.window.per)}',
            "ratelimit-policy": f'"default";q={self.window.most};w={int(self.window.per)}',
        }
        return Reply(status, {**about, **(headers or {})}, json.dumps(doc).encode())


class _Throttled(Exception):
    def __init__(self, wait: float, code: int, message: str) -> None:
        super().__init__(message)
        self.wait = wait
        self.code = code


async def _read(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))[: BODY_MAX - len(body)]
        if not message.get("more_body"):
            return body


def _faulty(fault: str) -> Reply | None:
    json_type = {"content-type": "application/json"}
    match fault:
        case "throttle":
            about = {**json_type, "retry-after": str(THROTTLE_SECONDS)}
            return Reply(429, about, _failure(10429, "Rate limited"))
        case "error500":
            return Reply(500, {"content-type": "text/html"}, b"<html><h1>500 Internal Server Error</h1></html>")
        case "bad_token":
            return Reply(403, json_type, _failure(9109, "Invalid access token"))
        case "forbidden":
            return Reply(403, json_type, _failure(10000, "Authentication error"))
        case "html":
            return Reply(200, {"content-type": "text/html"}, b"<html><h1>Just a moment</h1></html>")
        case _:
            return None


def _failure(code: int, message: str) -> bytes:
    errors = [{"code": code, "message": message}]
    return json.dumps({"success": False, "errors": errors, "messages": [], "result": None}).encode()
