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
from dataclasses import dataclass

from starlette.types import Receive, Scope, Send

from playground.cache import Cache
from playground.clouds.buckets import Buckets, Window
from playground.clouds.wishes import Asked, Rejected, read
from playground.cut import cut
from playground.faults import SLOW_SECONDS, THROTTLE_SECONDS, Faults
from playground.http import Reply, answer, hold
from playground.pace import Pace
from playground.requests import Requests

ACCOUNT = "cf"
BODY_MAX = 1024 * 1024  # bytes; ours, Cloudflare tells none
_ZONE_PATH = re.compile(r"/zones/([^/]*)(?:/environments/([^/]*))?(?:/(purge_cache|invalidate_cache))?")


class Throttled(Exception):
    """Too much at once: seconds to wait, and Cloudflare's code."""

    def __init__(self, wait: float, code: int, message: str) -> None:
        super().__init__(message)
        self.wait = wait
        self.code = code


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
    name: str = "shop.test"
    plan: str = "pro"
    environments: frozenset[str] = frozenset()  # by `ref`; they hold copies of their own

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
            await hold(scope, receive, send)
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
            if len(body) > BODY_MAX:
                raise Rejected(413, 413, "Request entity too large")
            wait = self.window.take()
            if wait:
                raise Throttled(wait, 971, "Please wait and consider throttling your request speed")
            return self._routed(method, path, headers, body)
        except Throttled as exc:
            about = {"retry-after": str(math.ceil(exc.wait))}
            return self._enveloped(429, [{"code": exc.code, "message": str(exc)}], None, about), ()
        except Rejected as exc:
            return self._enveloped(exc.status, exc.errors, None), ()

    def _authenticate(self, headers: Mapping[bytes, bytes]) -> None:
        given = headers.get(b"authorization", b"").decode("latin-1")
        if not given:
            raise _legacy(b"x-auth-email" in headers, b"x-auth-key" in headers)
        if re.match(r"bearer ", given):
            raise Rejected(403, 10000, "Authentication error")
        if not re.fullmatch(r"Bearer [A-Za-z0-9_-]{8,}", given):
            raise Rejected(400, 6003, "Invalid request headers", [(6111, "Invalid format for Authorization header")])
        if given != f"Bearer {self.token}":
            raise Rejected(403, 9109, "Invalid access token")

    def _routed(
        self, method: str, path: str, headers: Mapping[bytes, bytes], body: bytes
    ) -> tuple[Reply, tuple[str, ...]]:
        if (method, path) == ("GET", "/user/tokens/verify"):
            friendly = [{"code": 10000, "message": "This API Token is valid and active", "type": None}]
            return self._enveloped(200, [], {"id": "0" * 32, "status": "active"}, messages=friendly), ()
        found = _ZONE_PATH.fullmatch(path)
        if found is None or method != ("POST" if found[3] else "GET"):
            raise Rejected(400, 7000, "No route for that URI")
        zone, environment, deed = found.groups()
        is_unknown = environment is not None and (environment not in self.environments or not deed)
        if is_unknown or not re.fullmatch(r"[0-9a-f]{32}", zone):
            what = f"Could not route to {path[:200]}, perhaps your object identifier is invalid?"
            raise Rejected(400, 7003, what, [(7000, "No route for that URI")])
        if zone != self.zone:
            raise Rejected(403, 10000, "Authentication error")
        if not deed:
            plan = {"legacy_id": self.plan, "name": f"{self.plan.title()} Website"}
            return self._enveloped(200, [], {"id": zone, "name": self.name, "status": "active", "plan": plan}), ()
        asked = read(headers.get(b"content-type", b"").decode("latin-1"), body, self.hosts)
        self._take(asked)
        if environment:  # the edges hold production alone
            return self._enveloped(200, [], {"id": zone}), ()
        return self._enveloped(200, [], {"id": zone}), self._purge(asked, soft=deed == "invalidate_cache")

    def _take(self, asked: Asked) -> None:
        wait = self.buckets.take(*asked.cost)
        if wait:
            raise Throttled(wait, 10429, "Rate limited. Please wait and consider throttling your request speed")

    def _purge(self, asked: Asked, soft: bool) -> tuple[str, ...]:
        """Have it gone in each city when it is due; the URLs it is about."""
        accepted, values = self.now(), asked.values or ("*",)
        reached: dict[str, None] = {}
        for city, cache in self.edges.items():
            reached |= dict.fromkeys(cache.reached(asked.kind, values))
            cache.purge_at(accepted + self.pace.api + self.pace.cities[city], asked.kind, values, soft)
        return tuple(reached)

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


def _legacy(email: bool, key: bool) -> Rejected:
    """There is no Global API Key here: what is wrong with what was sent instead of a token."""
    if email and key:
        return Rejected(400, 9103, "Unknown X-Auth-Key or X-Auth-Email")
    if email:
        return Rejected(400, 9107, "Missing X-Auth-Key header")
    return Rejected(400, 9106, "Missing X-Auth-Email header")


async def _read(receive: Receive) -> bytes:
    """The body, cut one byte above BODY_MAX."""
    body, more = b"", True
    while more:
        message = await receive()
        body += bytes(message.get("body", b""))[: BODY_MAX + 1 - len(body)]
        more = bool(message.get("more_body"))
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
