"""Fastly-like caches: an edge in each city, and where there is one a shield that the edges fetch from.

What a POP says of itself stands to the right of what the next one inwards said when the copy was made, as described at
https://docs.fastly.com/en/guides/understanding-cache-hit-and-miss-headers-with-shielded-services (2026-11-23).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable

from starlette.types import Receive, Scope, Send

from playground.cache import Cache, Copy
from playground.http import Reply, Target, answer, target_of

Inner = Callable[[Target], Awaitable[Reply]]
KEYS = "surrogate-key"


def exact(key: str) -> str:
    """A surrogate key as the cache stores it: its tags know no case, and keys do."""
    return key.encode().hex()


class Pop:
    """One POP. Scheme is not part of its key; after a soft purge it serves the old while it fetches the new."""

    def __init__(self, code: str, cache: Cache, inner: Inner, now: Callable[[], float]) -> None:
        self.code = code
        self.cache = cache
        self._inner = inner
        self._now = now
        self._hits: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one visitor; keys are shown to those who send Fastly-Debug."""
        if scope["type"] != "http":
            return
        reply = await self.page(target_of(scope))
        shown = reply.headers if b"fastly-debug" in dict(scope["headers"]) else _without_keys(reply)
        await answer(send, Reply(reply.status, shown, reply.body))

    async def page(self, target: Target) -> Reply:
        """The page from the cache, or from further in."""
        url = f"http://{target.host}{target.path}"
        copy = self.cache.find(url)
        if copy is None:
            return self._marked(await self._fetch(target, url), "MISS", 0)
        self._hits[url] += 1
        if copy.stale:
            await self._fetch(target, url)
        return self._marked(copy.reply, "HIT", self._hits[url], self._age(copy))

    async def _fetch(self, target: Target, url: str) -> Reply:
        mark = self.cache.mark()
        reply = await self._inner(target)
        self._hits[url] = 0
        if reply.status == 200:
            self.cache.keep(url, reply, [exact(key) for key in reply.headers.get(KEYS, "").split()], mark)
        return reply

    def _age(self, copy: Copy) -> int:
        """Seconds since the origin answered: those spent further in count."""
        return int(copy.reply.headers.get("age", "0")) + int(self._now() - copy.at)

    def _marked(self, reply: Reply, says: str, hits: int, age: int | None = None) -> Reply:
        own = {"x-cache": says, "x-cache-hits": str(hits), "x-served-by": f"cache-{self.code.lower()}1-{self.code}"}
        marks = {name: ", ".join(filter(None, (reply.headers.get(name), word))) for name, word in own.items()}
        marks["age"] = reply.headers.get("age", "0") if age is None else str(age)
        return Reply(reply.status, {**reply.headers, **marks, "via": "1.1 varnish"}, reply.body)


def _without_keys(reply: Reply) -> dict[str, str]:
    return {name: value for name, value in reply.headers.items() if name != KEYS}
