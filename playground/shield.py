"""A Varnish-like cache in front of the origin, with the doors of docs/providers/varnish/purgebot.vcl."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping

from starlette.types import Receive, Scope, Send

from playground.cache import Cache
from playground.cut import cut
from playground.faults import SLOW_SECONDS, THROTTLE_SECONDS, Faults
from playground.http import Reply, Target, Upstream, answer, hold, target_of
from playground.pace import Pace
from playground.requests import Requests

ACCOUNT = "shield"
DOORS = ("PURGE", "BAN", "PURGEBOT")


class Shield:
    """One shield. Its key is host and URL, whatever the scheme."""

    def __init__(
        self, cache: Cache, upstream: Upstream, requests: Requests, faults: Faults, pace: Pace, now: Callable[[], float]
    ) -> None:
        self._cache = cache
        self._upstream = upstream
        self._requests = requests
        self._faults = faults
        self._pace = pace
        self._now = now
        self._ids = 32768
        self._last = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: a door, or a page."""
        if scope["type"] != "http":
            return
        target = target_of(scope)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if target.method in DOORS:
            await self._door(target, headers, scope, receive, send)
            return
        known = target.method in ("GET", "HEAD")
        reply = await self.page(target) if known else Reply(405, {"allow": "GET, HEAD"}, b"Not allowed here.\n")
        self._record(target, headers, reply.status, "", [])
        await answer(send, reply)

    async def page(self, target: Target) -> Reply:
        """The page from the cache, or from the origin."""
        url = f"http://{target.host}{target.path}"
        copy = self._cache.find(url)
        self._ids += 2
        if copy is not None and not copy.stale:
            age = str(int(self._now() - copy.at))
            about = {**copy.reply.headers, "x-cache": "HIT", "age": age, "x-varnish": f"{self._ids} {self._ids - 1}"}
            return Reply(copy.reply.status, about, copy.reply.body)
        mark = self._cache.mark()
        reply = await self._upstream.fetch(target.host, target.path)
        if reply.status == 200:
            self._cache.keep(url, reply, (), mark)
        about = {**reply.headers, "x-cache": "MISS", "age": "0", "x-varnish": str(self._ids)}
        return Reply(reply.status, about, reply.body)

    async def _door(
        self, target: Target, headers: Mapping[str, str], scope: Scope, receive: Receive, send: Send
    ) -> None:
        fault = self._faults.take(ACCOUNT)
        reply = _FAULTY.get(fault)
        purged: list[str] = []
        if fault in ("down", "reset"):
            self._record(target, headers, 0, fault, [])
            await cut(scope, receive, send)
            return
        if reply is None:
            reply, purged = self._open(target, headers)
        self._record(target, headers, reply.status, fault, purged)
        if fault == "timeout_after_effect":
            await hold(scope, receive, send)
            return
        await self._take_time(fault)
        await answer(send, reply)

    async def _take_time(self, fault: str) -> None:
        """The first purge after a quiet second takes its human time, those after it hardly any."""
        idle = self._now() - self._last > 1.0
        self._last = self._now()
        await asyncio.sleep((self._pace.shield if idle else 0.0) + (SLOW_SECONDS if fault == "slow" else 0.0))

    def _record(self, target: Target, headers: Mapping[str, str], status: int, fault: str, purged: list[str]) -> None:
        asked = " ".join(f"{k}: {headers[k]}" for k in ("x-ban-host", "x-ban-url") if k in headers)
        self._requests.record(ACCOUNT, target.method, target.path, asked, status, fault, purged, target.host)

    def _open(self, target: Target, headers: Mapping[str, str]) -> tuple[Reply, list[str]]:
        if "x-forwarded-for" in headers:
            return _said(403, "refused", "Came through a proxy"), []
        match target.method:
            case "PURGEBOT":
                return _said(200, "ready 1", "Ready"), []
            case "PURGE":
                url = f"http://{target.host}{target.path}"
                self._cache.forget(lambda copy: copy == url)
                return _said(200, "purged", "Purged"), [url]
            case _:
                return self._ban(headers)

    def _ban(self, headers: Mapping[str, str]) -> tuple[Reply, list[str]]:
        host, url = headers.get("x-ban-host", ""), headers.get("x-ban-url", "")
        if not host or not url:
            return _said(400, "refused", "Needs X-Ban-Host and X-Ban-Url"), []
        if re.search(r'[\s"]', host + url):
            return _said(400, "refused", "No blanks or quotes in X-Ban-Host and X-Ban-Url"), []
        try:
            host_regex, url_regex = re.compile(host), re.compile(url)
        except re.error as exc:
            return _said(400, "refused", f"Regex compile error: {exc}"), []

        def matching(copy: str) -> bool:
            name, _, path = copy.removeprefix("http://").partition("/")
            return bool(host_regex.search(name) and url_regex.search("/" + path))

        return _said(200, "banned", "Banned"), self._cache.forget(matching)


def _said(status: int, says: str, text: str) -> Reply:
    return Reply(status, {"x-purgebot": says, "content-type": "text/plain; charset=utf-8"}, f"{text}\n".encode())


_FAULTY = {
    "throttle": Reply(429, {"retry-after": str(THROTTLE_SECONDS), "content-type": "text/plain"}, b"Too many purges.\n"),
    "error500": Reply(500, {"content-type": "text/html"}, b"<html><h1>500 Internal Server Error</h1></html>"),
    "bad_token": _said(403, "refused", "Not in acl purgebot_clients"),
    "forbidden": _said(403, "refused", "Not in acl purgebot_clients"),
    "html": Reply(200, {"content-type": "text/html"}, b"<html><h1>Welcome</h1></html>"),
}
