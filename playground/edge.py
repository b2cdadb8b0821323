"""Caches in three cities, as a provider has them, in front of the next cache inwards."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import Receive, Scope, Send

from playground.cache import Cache, Copy
from playground.http import Reply, Target, Upstream, answer, target_of
from playground.marks import Marks, cloudflare

_NOT_HERE = b"<html><h1>Error 1000</h1><p>This host is not served here.</p></html>"
_INNER = ("cache-tag", "surrogate-key", "edge-cache-tag", "x-cache", "x-varnish", "age")


class Edge:
    """One city. Its key is scheme, host, path and query; a soft purge makes it ask the shield again."""

    def __init__(
        self,
        city: str,
        cache: Cache,
        upstream: Upstream,
        hosts: frozenset[str],
        now: Callable[[], float],
        marks: Marks = cloudflare,
    ) -> None:
        self.city = city
        self.cache = cache
        self._upstream = upstream
        self.hosts = hosts
        self._marks = marks
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one visitor."""
        if scope["type"] != "http":
            return
        target = target_of(scope)
        await answer(send, await self.page(target))

    async def page(self, target: Target) -> Reply:
        """The page from the cache, or from further in."""
        if target.host not in self.hosts:
            return self._marked(Reply(409, {"content-type": "text/html"}, _NOT_HERE), "")
        if target.method not in ("GET", "HEAD"):
            return self._marked(Reply(405, {"allow": "GET, HEAD"}, b"Only GET and HEAD.\n"), "DYNAMIC")
        url = f"http://{target.host}{target.path}"
        copy = self.cache.find(url)
        if copy is None:
            return await self._fetch(target, url)
        if copy.stale:
            return await self._ask_again(target, copy)
        return self._marked(copy.reply, "HIT", int(self._now() - copy.at))

    async def _ask_again(self, target: Target, copy: Copy) -> Reply:
        mark = self.cache.mark()
        etag = copy.reply.headers.get("etag", "")
        reply = await self._upstream.fetch(target.host, target.path, etag)
        if reply.status >= 500:
            return self._marked(copy.reply, "STALE", int(self._now() - copy.at))
        if reply.status == 304 or reply.headers.get("etag", "no") == etag:
            self.cache.keep(copy.url, copy.reply, _tags(reply), mark)
            return self._marked(copy.reply, "REVALIDATED", 0)
        return self._kept(copy.url, reply, "EXPIRED", mark)

    async def _fetch(self, target: Target, url: str) -> Reply:
        mark = self.cache.mark()
        return self._kept(url, await self._upstream.fetch(target.host, target.path), "MISS", mark)

    def _kept(self, url: str, reply: Reply, says: str, mark: int) -> Reply:
        outside = Reply(reply.status, {k: v for k, v in reply.headers.items() if k not in _INNER}, reply.body)
        if reply.status != 200:
            return self._marked(outside, "DYNAMIC")
        self.cache.keep(url, outside, _tags(reply), mark)
        return self._marked(outside, says)

    def _marked(self, reply: Reply, says: str, age: int | None = None) -> Reply:
        return Reply(reply.status, {**reply.headers, **self._marks(self.city, says, age)}, reply.body)


def _tags(reply: Reply) -> list[str]:
    return [tag.strip().lower() for tag in reply.headers.get("cache-tag", "").split(",") if tag.strip()]
