"""A Varnish-like cache in front of the origin, with the doors of docs/providers/varnish/purgebot.vcl."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from starlette.types import Receive, Scope, Send

from playground.cache import Cache, is_kept
from playground.clouds.desk import HTML, Desk, Done, Refusals, Request, read
from playground.faults import THROTTLE_SECONDS, Faults
from playground.http import Reply, Target, Upstream, answer, target_of
from playground.pace import Pace
from playground.requests import Requests

ACCOUNT = "shield"
# not documented: our wording; Varnish itself has no such limit and no such page
TOO_MANY, PAGE, NOT_A_DOOR = b"Too many purges.\n", b"<html><h1>Welcome</h1></html>", b"Not allowed here.\n"
FIELD = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
DOORS = ("PURGE", "BAN", "PURGEBOT")


class Shield(Desk):
    """One shield. Its key is host and URL, whatever the scheme."""

    def __init__(
        self, cache: Cache, upstream: Upstream, requests: Requests, faults: Faults, pace: Pace, now: Callable[[], float]
    ) -> None:
        super().__init__(account=ACCOUNT, requests=requests, faults=faults, pace=pace, now=now)
        self._cache = cache
        self._upstream = upstream
        self._ids = 32768
        self._last = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: a door, or a page, which no fault meets."""
        if scope["type"] != "http" or scope["method"] in DOORS:
            await super().__call__(scope, receive, send)
            return
        known = scope["method"] in ("GET", "HEAD")
        refused = Reply(405, {"allow": "GET, HEAD"}, NOT_A_DOOR)
        reply = await self.page(target_of(scope)) if known else refused
        self.record(await read(scope, receive, self.keeps), reply.status)
        await answer(send, reply)

    async def page(self, target: Target) -> Reply:
        """The page from the cache, or from the origin."""
        url = f"http://{target.host}{target.path}"
        copy = self._cache.find(url)
        self._ids += 2
        if copy is not None and not copy.stale:
            age = str(int(self.now() - copy.at))
            about = {**copy.reply.headers, "x-cache": "HIT", "age": age, "x-varnish": f"{self._ids} {self._ids - 1}"}
            return Reply(copy.reply.status, about, copy.reply.body)
        mark = self._cache.mark()
        reply = await self._upstream.fetch(target.host, target.path, agent=target.agent)
        if is_kept(reply):
            self._cache.keep(url, reply, (), mark)
        about = {**reply.headers, "x-cache": "MISS", "age": "0", "x-varnish": str(self._ids)}
        return Reply(reply.status, about, reply.body)

    def takes(self, reply: Reply) -> float:
        """The first purge after a quiet second takes its human time, those after it hardly any."""
        idle = self.now() - self._last > 1.0
        self._last = self.now()
        return self.pace.shield if idle else 0.0

    def shown(self, request: Request) -> tuple[str, str, str]:
        """With what a ban is about."""
        headers = request.headers
        asked = " ".join(f"{name}: {value}" for name, value in headers.items() if name.startswith("x-ban-"))
        return request.target, asked, _host(request)

    def refusals(self, request: Request) -> Refusals:
        """The VCL asks where a caller comes from, so both faults of a credential are one."""
        again = {"retry-after": str(THROTTLE_SECONDS), "content-type": "text/plain"}
        stranger = _said(403, "refused", "Not in acl purgebot_clients")
        return Refusals(
            throttle=Reply(429, again, TOO_MANY),
            bad_token=stranger,
            forbidden=stranger,
            html=Reply(200, HTML, PAGE),
        )

    async def reply(self, request: Request, ahead: float) -> Done:
        """What is behind one door."""
        if "x-forwarded-for" in request.headers:
            return _said(403, "refused", "Came through a proxy"), []
        match request.method:
            case "PURGEBOT":
                ready = _said(200, "ready 1", "Ready")
                return replace(ready, headers={**ready.headers, "x-purgebot-doors": "soft tags"}), []
            case "PURGE":
                return self._forget(request)
            case _:
                return self._ban(request.headers)

    def _forget(self, request: Request) -> Done:
        url = f"http://{_host(request)}{request.target}"
        if {"xkey-purge", "xkey-softpurge"} & request.headers.keys():
            return _said(501, "refused", "No xkey door"), []
        if "x-purgebot-soft" in request.headers:
            self._cache.purge_at(self.now(), "url", [url], soft=True)
            return _said(200, "softened", "Softened"), [url]
        self._cache.forget(lambda copy: copy == url)
        return _said(200, "purged", "Purged"), [url]

    def _ban(self, headers: Mapping[str, str]) -> Done:
        """By X-Ban-Url what the URL is, by X-Ban-Tag what stands in a header."""
        host, field = headers.get("x-ban-host", ""), headers.get("x-ban-tag-header", "")
        by_tag = "x-ban-tag" in headers
        wanted, what = ("X-Ban-Tag-Header", "X-Ban-Tag") if by_tag else ("X-Ban-Url", "X-Ban-Url")
        sought = headers.get(what.lower(), "")
        if not host or not sought or (by_tag and not FIELD.fullmatch(field)):
            return _said(400, "refused", f"Needs X-Ban-Host and {wanted}"), []
        if re.search(r'[\s"]', host + sought):
            return _said(400, "refused", f"No blanks or quotes in X-Ban-Host and {what}"), []
        try:
            host_regex, regex = re.compile(host), re.compile(sought)
        except re.error as exc:
            return _said(400, "refused", f"Regex compile error: {exc}"), []

        def matching(copy: str) -> bool:
            name, _, path = copy.removeprefix("http://").partition("/")
            return bool(host_regex.search(name) and regex.search(self._kept(copy, field) if by_tag else f"/{path}"))

        return _said(200, "banned", "Banned"), self._cache.forget(matching)

    def _kept(self, url: str, field: str) -> str:
        """A header of the copy that is kept of a URL."""
        copy = self._cache.find(url)
        return copy.reply.headers.get(field.lower(), "") if copy else ""


def _host(request: Request) -> str:
    return request.headers.get("host", "").lower().partition(":")[0]


def _said(status: int, says: str, text: str) -> Reply:
    return Reply(status, {"x-purgebot": says, "content-type": "text/plain; charset=utf-8"}, f"{text}\n".encode())
