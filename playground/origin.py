"""Where the pretend truth is: every path answers with its current version, changed by a deploy."""

from __future__ import annotations

import html
import re
import secrets
from collections.abc import Callable, Mapping
from email.utils import formatdate
from posixpath import splitext

from starlette.types import Receive, Scope, Send

from playground.devices import device_of
from playground.http import Reply, Target, answer, target_of
from playground.manners import Manner, Manners
from playground.requests import Requests
from playground.store import Store

_NUMBERED = re.compile(r"v([0-9]{1,9})")
_NAMES = ("etag", "x-build", "last-modified")  # what tells one content from another
BROWSER_SECONDS, SHARED_SECONDS = 60, 3600

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="version" content="{version}">
<title>{path} {version}</title><link rel="stylesheet" href="/style.css?v=1">
<script src="/app.3f2a91c0.js" defer></script></head>
<body><h1>{path}</h1><p>This is version {version}.</p>{script}</body></html>
"""

_FILES = {  # what a page is made of: type, how long, body. One is named by its content and one is not, so that lint has
    # something to say; every other path is a page, or what its ending says
    "/app.3f2a91c0.js": ("text/javascript", "public, max-age=31536000, immutable", "// This is version {version}.\n"),
    "/style.css": ("text/css", "public, max-age=604800", "/* This is version {version}. */\n"),
}
_SHORT = f"public, max-age={BROWSER_SECONDS}, s-maxage={SHARED_SECONDS}"
_BY_ENDING = {
    ".js": ("text/javascript", _SHORT, "// This is version {version}.\n"),
    ".css": ("text/css", _SHORT, "/* This is version {version}. */\n"),
}


class Origin:
    """A site's own server. Versions are v1, v2, …; one path may be ahead of the rest."""

    def __init__(self, site: str, store: Store, requests: Requests, now: Callable[[], float], manners: Manners) -> None:
        self._site = site
        self._manners = manners
        self._store = store
        self._requests = requests
        self._now = now
        store.execute(
            "create table if not exists pages (site text, path text, version text, at real, primary key (site, path))"
        )
        store.execute("create table if not exists highest_given (site text primary key, highest integer)")

    def deploy(self, path: str = "", version: str = "", ago: float = 0.0) -> str:
        """New content at `path`, or everywhere, since `ago` seconds; the version it has now. A number that was used is
        not used again."""
        version = version or f"v{self._highest() + 1}"
        if not path:
            self._store.execute("delete from pages where site = ?", (self._site,))
        row = (self._site, path, version, self._now() - ago)
        self._store.execute("insert or replace into pages values (?, ?, ?, ?)", row)
        if numbered := _NUMBERED.fullmatch(version):
            self._count(max(int(numbered[1]), self._highest()))
        return version

    def _highest(self) -> int:
        rows = self._store.rows("select highest from highest_given where site = ?", (self._site,))
        return int(rows[0]["highest"]) if rows else 0

    def _count(self, highest: int) -> None:
        self._store.execute("insert or replace into highest_given values (?, ?)", (self._site, highest))

    def _row(self, path: str) -> tuple[str, float]:
        plain = path.partition("?")[0]
        sql = "select version, at from pages where site = ? and path in (?, '') order by path desc"
        rows = self._store.rows(sql, (self._site, plain))
        return (str(rows[0]["version"]), float(rows[0]["at"])) if rows else ("v1", self._now())

    def version(self, path: str) -> str:
        """The version that `path` has now, whatever its query."""
        return self._row(path)[0]

    def ahead(self) -> list[str]:
        """The paths that have a version of their own."""
        rows = self._store.rows("select path from pages where site = ? and path != ''", (self._site,))
        return [str(row["path"]) for row in rows]

    def reset(self) -> None:
        """Version v1 everywhere."""
        self._count(0)
        self.deploy(version="v1")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        target = target_of(scope)
        reply = self._page(target, dict(scope["headers"]))
        self._requests.record("origin", target.method, target.path, "", reply.status, host=target.host)
        await answer(send, reply)

    def _page(self, target: Target, headers: dict[bytes, bytes]) -> Reply:
        if target.method not in ("GET", "HEAD"):
            return Reply(405, {"allow": "GET, HEAD"}, b"Only GET and HEAD.\n")
        path = target.path.partition("?")[0]
        manner = self._manners.of(target.host, path)
        version, changed = self._row(path)
        if manner.versions:
            version = manner.versions[self._manners.turn(target.host, path) % len(manner.versions)]
        if manner.has_phones and device_of(headers.get(b"user-agent", b"").decode("latin-1")) == "mobile":
            version = f"{version}-phone"
        about = {name: value for name, value in {**_about(path, version, changed), **manner.says}.items() if value}
        known = headers.get(b"if-none-match", b"").decode("latin-1")
        if known and known == about.get("etag") and manner.status == 200:
            return Reply(304, about, b"")
        if file := _file(path):
            return _mannered(manner, about, file[2].format(version=version))
        body = _PAGE.format(path=html.escape(path), version=html.escape(version), script=manner.script)
        return _mannered(manner, about, body)


def _file(path: str) -> tuple[str, str, str] | None:
    """The type, the lifetime and the body of a script or style; None for a page."""
    return _FILES.get(path) or _BY_ENDING.get(splitext(path)[1].lower())


def _about(path: str, version: str, changed: float) -> dict[str, str]:
    section = path.strip("/").partition("/")[0]
    kind, control, _ = _file(path) or ("text/html; charset=utf-8", _SHORT, "")
    return {
        "etag": f'"{version}"',
        "x-build": version,
        "last-modified": formatdate(changed, usegmt=True),
        "cache-control": control,
        "cache-tag": f"all,{section or 'home'}",
        "surrogate-key": f"all {section or 'home'}",
        "edge-cache-tag": f"all,{section or 'home'}",
        "content-type": kind,
    }


def _mannered(manner: Manner, about: Mapping[str, str], body: str) -> Reply:
    """The page, or what is there in its place."""
    if manner.status != 200:
        return Reply(manner.status, {name: value for name, value in about.items() if name != "etag"}, b"")
    if manner.is_anew:
        unnamed = {name: value for name, value in about.items() if name not in _NAMES}
        return Reply(200, unnamed, f"{body}<!-- made for you: {secrets.token_hex(8)} -->".encode())
    return Reply(200, about, body.encode())
