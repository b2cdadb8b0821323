"""The shop's application: it renders pages from the origin's content and keeps them, as many do, in a Redis."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from starlette.types import Receive, Scope, Send

from playground.cache import Cache, is_kept
from playground.http import Reply, Target, Upstream, answer, target_of
from playground.requests import Requests
from playground.store import Store

ACCOUNT = "app"
KEYS, TAGS = "page:{host}{path}", "tag:{tag}"  # as the bot's configuration has them
_PAGE = "page:"
_SCHEME = "http://"


class Pages(Cache):
    """What the Redis holds: a string for each page, and for each tag a set with the keys of its pages.

    As in any Redis, a set knows nothing of the pages it names: it keeps the keys of those that are gone."""

    def __init__(self, store: Store, place: str, now: Callable[[], float]) -> None:
        super().__init__(store, place, now)
        store.execute(
            "create table if not exists sets (place text, name text, member text, unique (place, name, member))"
        )

    def keep(self, url: str, reply: Reply, tags: Sequence[str], mark: int) -> None:
        """Store a page, and its key in the set of each tag."""
        super().keep(url, reply, tags, mark)
        if mark == self.mark():
            for tag in tags:
                row = (self.place, TAGS.replace("{tag}", tag), _PAGE + url.removeprefix(_SCHEME))
                self._store.execute("insert or ignore into sets values (?, ?, ?)", row)

    def clear(self) -> None:
        """Hold nothing."""
        super().clear()
        self._store.execute("delete from sets where place = ?", (self.place,))

    # What Redis' commands are made of

    def names(self) -> list[str]:
        """Every key, of pages and of sets."""
        rows = self._store.rows("select distinct name from sets where place = ?", (self.place,))
        return [*(_PAGE + name for name in self.shown("")), *(str(row["name"]) for row in rows)]

    def is_page(self, name: str) -> bool:
        """Whether a page has this key."""
        copy = self.find(url_of(name)) if name.startswith(_PAGE) else None
        return copy is not None and not copy.stale

    def members(self, name: str) -> list[str]:
        """What a set holds; nothing where there is none."""
        sql = "select member from sets where place = ? and name = ? order by member"
        return [str(row["member"]) for row in self._store.rows(sql, (self.place, name))]

    def unlink(self, names: Sequence[str]) -> int:
        """Remove keys; how many there were."""
        there = [name for name in dict.fromkeys(names) if self.is_page(name) or self.members(name)]
        urls = {url_of(name) for name in names if name.startswith(_PAGE)}
        self.forget(lambda url: url in urls)
        for name in there:
            self._store.execute("delete from sets where place = ? and name = ?", (self.place, name))
        return len(there)

    def remove(self, name: str, members: Sequence[str]) -> int:
        """Take members out of a set; how many were in it."""
        sql = "delete from sets where place = ? and name = ? and member = ?"
        return sum(self._store.execute(sql, (self.place, name, member)) for member in dict.fromkeys(members))

    def rename(self, name: str, new: str) -> None:
        """Give a set another name, which is free."""
        self._store.execute("update sets set name = ? where place = ? and name = ?", (new, self.place, name))


class App:
    """Between content and shield. Faults are for those who purge: the application itself always reaches its pages."""

    def __init__(self, pages: Pages, content: Upstream, requests: Requests) -> None:
        self._pages = pages
        self._content = content
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        target = target_of(scope)
        known = target.method in ("GET", "HEAD")
        refused = Reply(405, {"allow": "GET, HEAD"}, b"Only GET and HEAD.\n")
        reply = await self._page(target) if known else refused
        self._requests.record(ACCOUNT, target.method, target.path, "", reply.status, host=target.host)
        await answer(send, reply)

    async def _page(self, target: Target) -> Reply:
        url = f"{_SCHEME}{target.host}{target.path}"
        copy = self._pages.find(url)
        if copy is not None and not copy.stale:
            return copy.reply
        mark = self._pages.mark()
        reply = await self._content.fetch(target.host, target.path, agent=target.agent)
        if is_kept(reply):
            self._pages.keep(url, reply, _tags(reply), mark)
        return reply


def url_of(key: str) -> str:
    """The URL of a page's key."""
    return _SCHEME + key.removeprefix(_PAGE)


def _tags(reply: Reply) -> list[str]:
    return [tag.strip() for tag in reply.headers.get("cache-tag", "").split(",") if tag.strip()]
