"""Caches in three cities, as a provider has them, in front of the next cache inwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from starlette.types import Receive, Scope, Send

from playground.cache import LIVES, REWRITTEN, Cache, Copy, is_kept, lives
from playground.cut import cut
from playground.devices import HEADER, device_of, in_key
from playground.http import Reply, Target, Upstream, answer, target_of
from playground.manners import Manner, Manners
from playground.marks import Marks, another, cloudflare

_NOT_HERE = b"<html><h1>Error 1000</h1><p>This host is not served here.</p></html>"
_NO_ROOM = b"<html><h1>Error 503</h1><p>No room for this request. Try again in a minute.</p></html>"
_INNER = ("cache-tag", "surrogate-key", "edge-cache-tag", "x-cache", "x-varnish", "age")
_FIRST = "cdn-cache-control"  # counts more than Cache-Control
NOTHING_SENT: Mapping[str, str] = MappingProxyType({})
_ERROR_LIVES = 180.0  # seconds that an error is kept where errors are


class Edge:
    """One city. Its key is scheme, host, path and query; a soft purge makes it ask the shield again. What `manners` say
    of a page comes before that; `front` is what another CDN holds in the same city."""

    def __init__(
        self,
        city: str,
        cache: Cache,
        upstream: Upstream,
        hosts: frozenset[str],
        now: Callable[[], float],
        marks: Marks = cloudflare,
        *,
        manners: Manners,
        front: Cache,
    ) -> None:
        self.city = city
        self.cache = cache
        self.front = front
        self._upstream = upstream
        self.hosts = hosts
        self._marks = marks
        self._manners = manners
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one visitor."""
        if scope["type"] != "http":
            return
        target = target_of(scope)
        sent = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        manner = self._manners.of(target.host, target.path)
        if manner.hangs_up:
            await cut(scope, receive, send)
            return
        reply = await self.page(target, sent)
        await answer(send, _garbled(reply) if manner.is_garbled else reply)

    async def page(self, target: Target, sent: Mapping[str, str] = NOTHING_SENT) -> Reply:
        """The page from the cache, or from further in, for a visitor who sends these headers, names in lower case."""
        if target.host not in self.hosts:
            return self._marked(Reply(409, {"content-type": "text/html"}, _NOT_HERE), "")
        if target.method not in ("GET", "HEAD"):
            return self._marked(Reply(405, {"allow": "GET, HEAD"}, b"Only GET and HEAD.\n"), "DYNAMIC")
        manner = self._manners.of(target.host, target.path)
        if manner.busy:
            return self._marked(Reply(503, {"content-type": "text/html", "retry-after": "60"}, _NO_ROOM), "")
        key = _key(target, manner, sent) + (self._node(target) if manner.two_nodes else "")
        door = self._behind_another if manner.behind_another else self._own
        if manner.other_zone:
            door = self._in_another_zone
        return await door(target, key, manner)

    def _node(self, target: Target) -> str:
        """Whose turn it is in this city: the first node's, whose key is the page's own, or the other's."""
        turn = self._manners.turn(target.host, f"{target.path.partition('?')[0]} at {self.city}")
        return " node-2" if turn % 2 else ""

    async def _behind_another(self, target: Target, key: str, manner: Manner) -> Reply:
        copy = self.front.find(key)
        if copy is not None and not copy.stale:
            about = {**copy.reply.headers, **another("HIT", int(self._now() - copy.at))}
            return Reply(copy.reply.status, about, copy.reply.body)
        reply = await self._own(target, key, manner)
        if reply.status == 200:
            self.front.keep(key, reply, (), self.front.mark())
        return Reply(reply.status, {**reply.headers, **another("MISS", None)}, reply.body)

    async def _in_another_zone(self, target: Target, key: str, manner: Manner) -> Reply:
        """As the city's own cache, and where no purge of this zone reaches."""
        copy = self.front.find(key)
        if copy is not None and not copy.stale:
            return self._marked(copy.reply, "HIT", int(self._now() - copy.at))
        reply = await self._upstream.fetch(target.host, target.path)
        self.front.keep(key, reply, (), self.front.mark())
        return self._marked(reply, "MISS")

    async def _own(self, target: Target, key: str, manner: Manner) -> Reply:
        copy = self.cache.find(key)
        if copy is None:
            return await self._fetch(target, key, manner)
        if self._is_over(copy, manner):
            return await self._ask_again(target, copy, manner)
        return self._marked(copy.reply, "HIT", int(self._now() - copy.at))

    def _is_over(self, copy: Copy, manner: Manner) -> bool:
        said = lives(copy.reply.headers, _FIRST) if copy.reply.status < 300 else _ERROR_LIVES
        return copy.marked or self._now() - copy.at >= min(LIVES, max(said, manner.keeps))

    async def _ask_again(self, target: Target, copy: Copy, manner: Manner) -> Reply:
        mark = self.cache.mark()
        etag = copy.reply.headers.get("etag", "")
        reply = await self._upstream.fetch(target.host, target.path, etag)
        if reply.status >= 500:
            return self._marked(copy.reply, "STALE", int(self._now() - copy.at))
        if reply.status == 304 or reply.headers.get("etag", "no") == etag:
            self.cache.keep(copy.url, copy.reply, _tags(reply), mark)
            return self._marked(copy.reply, "REVALIDATED", 0)
        fetched = self._kept(copy.url, reply, "EXPIRED", mark, manner)
        return self._marked(copy.reply, "UPDATING", int(self._now() - copy.at)) if manner.while_fetching else fetched

    async def _fetch(self, target: Target, key: str, manner: Manner) -> Reply:
        mark = self.cache.mark()
        return self._kept(key, await self._fetched(target), "MISS", mark, manner)

    async def _fetched(self, target: Target) -> Reply:
        return await self._upstream.fetch(target.host, target.path, agent=target.agent)

    def _kept(self, key: str, reply: Reply, says: str, mark: int, manner: Manner) -> Reply:
        outside = Reply(reply.status, {k: v for k, v in reply.headers.items() if k not in _INNER}, reply.body)
        if not (is_kept(reply) or (manner.keeps_errors and reply.status >= 300)):
            return self._marked(outside, "DYNAMIC")
        self.cache.keep(key, outside, _tags(reply), mark)
        return self._marked(outside, says)

    def _marked(self, reply: Reply, says: str, age: int | None = None) -> Reply:
        return Reply(reply.status, {**reply.headers, **self._marks(self.city, says, age)}, reply.body)


def _garbled(reply: Reply) -> Reply:
    return replace(reply, headers={**reply.headers, "content-encoding": "gzip"})


def _key(target: Target, manner: Manner, sent: Mapping[str, str]) -> str:
    """Scheme, host, path and query; what else counts stands behind a blank."""
    path = target.path.partition("?")[0] if manner.ignores_query else target.path
    agent = device_of(sent.get("user-agent", ""))
    device = in_key(agent) if manner.by_device else ""
    given = {**sent, HEADER: agent}  # a visitor's own counts for nothing
    by = "".join(f" {name}={_one_word(given[name])}" for name in manner.by_headers if given.get(name))
    rewritten = f"{REWRITTEN}{manner.rewrites_to}" if manner.rewrites_to else ""
    return f"http://{target.host}{path}{device}{by}{rewritten}"


def _one_word(value: str) -> str:
    return value.replace(" ", "")


def _tags(reply: Reply) -> list[str]:
    return [tag.strip().lower() for tag in reply.headers.get("cache-tag", "").split(",") if tag.strip()]
