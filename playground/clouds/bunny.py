"""Bunny's purge API as far as purgebot meets it: the key, both calls, wildcards, both buckets, error bodies.

Paths, limits and wildcards are those of Bunny's documentation, read on 2026-11-23: https://docs.bunny.net/cdn/purge-cache
and https://docs.bunny.net/docs/cdn-api-purge-rate-limits. Words of error bodies that it publishes nowhere are ours.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.types import Receive, Scope, Send

from playground.cache import Cache
from playground.clouds.buckets import Bucket, Buckets
from playground.cut import cut
from playground.faults import SLOW_SECONDS, THROTTLE_SECONDS, Faults
from playground.http import Reply, answer, hold
from playground.pace import Pace
from playground.requests import Requests

ACCOUNT = "bunny"
BODY_MAX = 64 * 1024  # bytes; ours
BUDGETS = {"exact": Bucket(120, 5), "prefix": Bucket(20, 0.5)}
JSON = {"content-type": "application/json"}
_ZONE_PATH = re.compile(r"/pullzone/([^/]*)(/purgeCache)?")
_URL = re.compile(r"https?://([^/?#:]+)(?::[0-9]+)?(/[^#]*)", re.IGNORECASE)
_NO_KEY = {"Message": "Authorization has been denied for this request."}


class Rejected(Exception):
    """An answer that is not a success."""

    def __init__(self, status: int, key: str, field: str, message: str, wait: float = 0.0) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"ErrorKey": key, "Field": field, "Message": message}
        self.headers = {"retry-after": str(math.ceil(wait))} if wait else {}


@dataclass
class Bunny:
    """One account with one pull zone, whose edges it really empties before it answers."""

    key: str
    zone: int
    hosts: frozenset[str]
    edges: Mapping[str, Cache]
    buckets: Buckets
    requests: Requests
    faults: Faults
    pace: Pace
    now: Callable[[], float]
    name: str = "shop"
    perma_cache: bool = False

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
        await asyncio.sleep(slow + (self.pace.api if reply.status in (200, 204) else 0.0))
        await answer(send, reply)

    def _reply(
        self, method: str, path: str, query: str, headers: Mapping[bytes, bytes], body: bytes
    ) -> tuple[Reply, tuple[str, ...]]:
        if headers.get(b"accesskey", b"").decode("latin-1") != self.key:
            return Reply(401, JSON, json.dumps(_NO_KEY).encode()), ()
        try:
            return self._routed(method, path, query, headers.get(b"content-type", b""), body)
        except Rejected as exc:
            return Reply(exc.status, {**JSON, **exc.headers}, json.dumps(exc.body).encode()), ()

    def _routed(
        self, method: str, path: str, query: str, content_type: bytes, body: bytes
    ) -> tuple[Reply, tuple[str, ...]]:
        if path == "/purge":
            if method != "POST":
                raise Rejected(405, "method_not_allowed", "", "The requested resource does not support this method.")
            return Reply(200), self._by_url(query)
        found = _ZONE_PATH.fullmatch(path)
        if found is None or method != ("POST" if found[2] else "GET"):
            raise Rejected(404, "not_found", "", "No HTTP resource was found that matches the request.")
        if found[1] != str(self.zone):
            raise Rejected(404, "pullZone.not_found", "Id", "The requested Pull Zone was not found.")
        if not found[2]:
            return Reply(200, JSON, json.dumps({"Id": self.zone, "Name": self.name}).encode()), ()
        tag = _tag(content_type, body)
        if tag and self.perma_cache:
            raise Rejected(400, "validation_error", "CacheTag", "Tags cannot be purged with Perma-Cache.")
        self._take("prefix")
        return Reply(204), self._gone(self._tagged(tag) if tag else lambda url: True)

    def _by_url(self, query: str) -> tuple[str, ...]:
        given = parse_qs(query, keep_blank_values=True, errors="surrogateescape")
        found = _URL.fullmatch(given.get("url", [""])[0])
        if found is None or len(given["url"]) != 1:
            raise Rejected(400, "validation_error", "url", "The URL is invalid.")
        host, rest = found[1].lower(), found[2]
        if host not in self.hosts:
            raise Rejected(400, "validation_error", "url", "The hostname is not of this account.")
        path = rest.partition("?")[0]
        self._take("prefix" if "*" in rest or path.endswith("/") else "exact")
        matching = wildcard(host + rest, given.get("exactPath", ["false"])[0] == "true")
        return self._gone(lambda url: matching.fullmatch(url.partition("://")[2]) is not None)

    def _tagged(self, tag: str) -> Callable[[str], bool]:
        urls = {url for cache in self.edges.values() for url in cache.reached("tag", [tag])}
        return lambda url: url in urls

    def _gone(self, matching: Callable[[str], bool]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(url for cache in self.edges.values() for url in cache.forget(matching)))

    def _take(self, bucket: str) -> None:
        if wait := self.buckets.take(bucket, 1):
            raise Rejected(429, "rate_limited", "", f"Too many {bucket} purges. Retry later.", wait)


def wildcard(address: str, exact: bool) -> re.Pattern[str]:
    """What `host/path` names: itself where `exact`, else what is below a last slash, and what a star stands for."""
    if exact:
        return re.compile(re.escape(address), re.DOTALL)
    parts = [re.escape(part) for part in address.split("*")]
    return re.compile(".*".join(parts) + (".*" if address.endswith("/") else ""), re.DOTALL)


def _tag(content_type: bytes, body: bytes) -> str:
    """The tag that a body names; "" where there is no body."""
    if not body.strip():
        return ""
    try:
        doc = json.loads(body)
    except ValueError:
        raise Rejected(400, "validation_error", "", "The request is invalid.") from None
    if not content_type.startswith(b"application/json"):
        raise Rejected(415, "unsupported_media_type", "", "The request entity's media type is not supported.")
    tag = doc.get("CacheTag", "") if isinstance(doc, dict) else None
    if not isinstance(tag, str) or len(tag.encode()) > 1024:
        raise Rejected(400, "validation_error", "CacheTag", "The tag is invalid.")
    return tag


async def _read(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += bytes(message.get("body", b""))[: BODY_MAX - len(body)]
        more = bool(message.get("more_body"))
    return body


def _faulty(fault: str) -> Reply | None:
    match fault:
        case "throttle":
            about = {**JSON, "retry-after": str(THROTTLE_SECONDS)}
            return Reply(429, about, b'{"Message":"Too many requests."}')
        case "error500":
            return Reply(500, {"content-type": "text/html"}, b"<html><h1>500 Internal Server Error</h1></html>")
        case "bad_token":
            return Reply(401, JSON, json.dumps(_NO_KEY).encode())
        case "forbidden":
            return Reply(403, JSON, json.dumps(_NO_KEY).encode())
        case "html":
            return Reply(200, {"content-type": "text/html"}, b"<html><h1>Just a moment</h1></html>")
        case _:
            return None
