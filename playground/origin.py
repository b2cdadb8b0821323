"""Where the pretend truth is: every path answers with its current version, changed by a deploy."""

from __future__ import annotations

import html
from collections.abc import Callable
from email.utils import formatdate

from starlette.types import Receive, Scope, Send

from playground.http import Reply, Target, answer, target_of
from playground.requests import Requests
from playground.store import Store

BROWSER_SECONDS, SHARED_SECONDS = 60, 3600

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="version" content="{version}">
<title>{path} {version}</title></head><body><h1>{path}</h1><p>This is version {version}.</p></body></html>
"""


class Origin:
    """The shop's own server. Versions are v1, v2, …; one path may be ahead of the rest."""

    def __init__(self, store: Store, requests: Requests, now: Callable[[], float]) -> None:
        self._store = store
        self._requests = requests
        self._now = now
        store.execute("create table if not exists versions (path text primary key, version text, at real)")

    def deploy(self, path: str = "", version: str = "") -> str:
        """New content at `path`, or everywhere; the version it has now."""
        version = version or self._next()
        if not path:
            self._store.execute("delete from versions")
        self._store.execute("insert or replace into versions values (?, ?, ?)", (path, version, self._now()))
        return version

    def _next(self) -> str:
        versions = [str(row["version"]) for row in self._store.rows("select version from versions")]
        numbers = [int(v[1:]) for v in versions if v[:1] == "v" and v[1:].isdigit()]
        return f"v{max(numbers, default=0) + 1}"

    def version(self, path: str) -> str:
        """The version that `path` has now."""
        rows = self._store.rows("select version from versions where path in (?, '') order by path desc", (path,))
        return str(rows[0]["version"]) if rows else "v1"

    def reset(self) -> None:
        """Version v1 everywhere."""
        self._store.execute("delete from versions")
        self.deploy(version="v1")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        target = target_of(scope)
        reply = self._page(target, dict(scope["headers"]))
        self._requests.record("origin", target.method, target.path, "", reply.status)
        await answer(send, reply)

    def _page(self, target: Target, headers: dict[bytes, bytes]) -> Reply:
        if target.method not in ("GET", "HEAD"):
            return Reply(405, {"allow": "GET, HEAD"}, b"Only GET and HEAD.\n")
        path = target.path.partition("?")[0]
        version = self.version(path)
        etag = f'"{version}"'
        section = path.strip("/").partition("/")[0]
        about = {
            "etag": etag,
            "x-build": version,
            "last-modified": formatdate(self._changed(path), usegmt=True),
            "cache-control": f"public, max-age={BROWSER_SECONDS}, s-maxage={SHARED_SECONDS}",
            "cache-tag": f"all,{section or 'home'}",
        }
        if headers.get(b"if-none-match", b"").decode("latin-1") == etag:
            return Reply(304, about, b"")
        body = _PAGE.format(path=html.escape(path), version=html.escape(version)).encode()
        return Reply(
            200, {**about, "content-type": "text/html; charset=utf-8"}, b"" if target.method == "HEAD" else body
        )

    def _changed(self, path: str) -> float:
        rows = self._store.rows("select at from versions where path in (?, '') order by path desc", (path,))
        return float(rows[0]["at"]) if rows else self._now()
