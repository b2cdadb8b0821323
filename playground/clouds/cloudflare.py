"""Cloudflare's purge API as far as purgebot meets it: authentication, validation, limits, error bodies.

Paths, bodies, codes and limits are those of Cloudflare's documentation and API description, read on 2026-11-23:
https://developers.cloudflare.com/cache/how-to/purge-cache/ and https://developers.cloudflare.com/api/resources/cache/.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from playground.clouds.buckets import Buckets, Window
from playground.clouds.desk import Desk, Done, Refusals, Request, said
from playground.clouds.wishes import TOO_LONG, Asked, Rejected, read
from playground.devices import in_key
from playground.faults import THROTTLE_SECONDS
from playground.http import Reply
from playground.manners import Manners

ACCOUNT = "cf"
BODY_MAX = 1024 * 1024  # bytes; ours, Cloudflare tells none
_ZONE_PATH = re.compile(r"/zones/([^/]*)(?:/environments/([^/]*))?(?:/(purge_cache|invalidate_cache))?")


class Throttled(Exception):
    """Too much at once: seconds to wait, and Cloudflare's code."""

    def __init__(self, wait: float, code: int, message: str) -> None:
        super().__init__(message)
        self.wait = wait
        self.code = code


@dataclass(kw_only=True)
class Cloudflare(Desk):
    """One account with one zone."""

    account: str = ACCOUNT
    token: str
    zone: str
    hosts: frozenset[str]
    buckets: Buckets
    window: Window
    name: str = "shop.test"
    plan: str = "pro"
    manners: Manners | None = None  # how pages are kept
    environments: frozenset[str] = frozenset()  # by `ref`; they hold copies of their own

    keeps = BODY_MAX + 1

    def shown(self, request: Request) -> tuple[str, str, str]:
        """With the API's prefix, wherever it is mounted."""
        return f"/client/v4{request.path}", request.text, ""

    async def reply(self, request: Request, ahead: float) -> Done:
        """One API request's answer."""
        try:
            self._authenticate(request.headers)
            if len(request.body) > BODY_MAX:
                raise Rejected(413, *TOO_LONG)
            wait = self.window.take()
            if wait:
                raise Throttled(wait, 971, "Please wait and consider throttling your request speed")
            return self._routed(request)
        except Throttled as exc:
            about = {"retry-after": str(math.ceil(exc.wait))}
            return self._enveloped(429, [{"code": exc.code, "message": str(exc)}], None, about), ()
        except Rejected as exc:
            return self._enveloped(exc.status, exc.errors, None), ()

    def refusals(self, request: Request) -> Refusals:
        """Without the window's headers: nothing is counted."""
        return Refusals(
            throttle=_failure(429, 10429, "Rate limited", {"retry-after": str(THROTTLE_SECONDS)}),
            bad_token=_failure(403, 9109, "Invalid access token"),
            forbidden=_failure(403, 10000, "Authentication error"),
        )

    def _authenticate(self, headers: Mapping[str, str]) -> None:
        given = headers.get("authorization", "")
        if not given:
            raise _legacy("x-auth-email" in headers, "x-auth-key" in headers)
        if re.match(r"bearer ", given):
            raise Rejected(403, 10000, "Authentication error")
        if not re.fullmatch(r"Bearer [A-Za-z0-9_-]{8,}", given):
            raise Rejected(400, 6003, "Invalid request headers", [(6111, "Invalid format for Authorization header")])
        if given != f"Bearer {self.token}":
            raise Rejected(403, 9109, "Invalid access token")

    def _routed(self, request: Request) -> Done:
        method, path = request.method, request.path
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
        asked = read(request.headers.get("content-type", ""), request.body, self.hosts)
        self._take(asked)
        if environment:  # the edges hold production alone
            return self._enveloped(200, [], {"id": zone}), ()
        return self._enveloped(200, [], {"id": zone}), self.purge(
            asked.kind, self._keys(asked) or ("*",), soft=deed == "invalidate_cache"
        )

    def _keys(self, asked: Asked) -> tuple[str, ...]:
        """What is to go: of a URL the copy of the device that is named, where its key has one."""
        return tuple(
            f"{value}{in_key(device)}" if device and self._is_by_device(value) else value
            for value, device in zip_longest(asked.values, asked.devices, fillvalue="")
        )

    def _is_by_device(self, url: str) -> bool:
        host, _, path = url.partition("://")[2].partition("/")
        return self.manners is not None and self.manners.of(host, f"/{path}").by_device

    def _take(self, asked: Asked) -> None:
        wait = self.buckets.take(*asked.cost)
        if wait:
            raise Throttled(wait, 10429, "Rate limited. Please wait and consider throttling your request speed")

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
            "ratelimit": f'"default";r={self.window.left()};t={int(self.window.per)}',
            "ratelimit-policy": f'"default";q={self.window.most};w={int(self.window.per)}',
        }
        return said(status, doc, {**about, **(headers or {})})


def _legacy(email: bool, key: bool) -> Rejected:
    """There is no Global API Key here: what is wrong with what was sent instead of a token."""
    if email and key:
        return Rejected(400, 9103, "Unknown X-Auth-Key or X-Auth-Email")
    if email:
        return Rejected(400, 9107, "Missing X-Auth-Key header")
    return Rejected(400, 9106, "Missing X-Auth-Email header")


def _failure(status: int, code: int, message: str, headers: Mapping[str, str] | None = None) -> Reply:
    errors = [{"code": code, "message": message}]
    return said(status, {"success": False, "errors": errors, "messages": [], "result": None}, headers)
