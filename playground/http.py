"""Requests and answers between the pretend caches, byte for byte, and servers on ports that are remembered."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from playground.cut import CuttableProtocol, cut, gone
from playground.store import Store

HOLD_SECONDS = 10.0  # longer than any caller of ours waits
_HOP = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server", "content-encoding"}
)


@dataclass(frozen=True, slots=True)
class Target:
    """What was asked for: `path` holds path and query as they came."""

    method: str
    host: str
    path: str


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer; header names are lower-case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    reason: str = ""


def target_of(scope: Scope) -> Target:
    """What `scope` asks for, untouched."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope.get("query_string") or b""
    headers = dict(scope["headers"])
    host = headers.get(b"host", b"").decode("latin-1").lower()
    path = raw + (b"?" + query if query else b"")
    return Target(scope["method"], host.rpartition(":")[0] if ":" in host else host, path.decode("latin-1"))


async def answer(send: Send, reply: Reply) -> None:
    """Send `reply`."""
    headers = [(name.encode(), value.encode("latin-1")) for name, value in reply.headers.items()]
    headers.append((b"content-length", str(len(reply.body)).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


async def hold(scope: Scope, receive: Receive, send: Send) -> None:
    """Never answer: wait until the caller hangs up, at most HOLD_SECONDS, then cut."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(HOLD_SECONDS):
            await gone(receive)
            return
    await cut(scope, receive, send)


class Upstream:
    """The next cache inwards."""

    def __init__(self) -> None:
        self._client = httpx.AsyncClient(trust_env=False, timeout=10, headers={"accept-encoding": "identity"})
        self.url = ""

    async def fetch(self, host: str, path: str, etag: str = "") -> Reply:
        """GET `path` of `host`, conditionally with `etag`; 503 when nobody answers."""
        headers = {"host": host} | ({"if-none-match": etag} if etag else {})
        request = self._client.build_request("GET", self.url, headers=headers)
        request.extensions["target"] = path.encode("latin-1")
        try:
            response = await self._client.send(request)
        except httpx.HTTPError:
            return Reply(503, {"content-type": "text/plain"}, b"The next server inwards does not answer.\n")
        kept = {name: value for name, value in response.headers.items() if name not in _HOP}
        return Reply(response.status_code, kept, response.content)

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.aclose()


class Server:
    """One app on a loopback port of its own, the same after a restart where it is still free."""

    def __init__(self, store: Store, name: str, app: ASGIApp) -> None:
        self._store = store
        self._name = name
        self._app = app
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None
        store.execute("create table if not exists ports (name text primary key, port integer not null)")

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        """Its port, once started."""
        rows = self._store.rows("select port from ports where name = ?", (self._name,))
        return int(rows[0]["port"]) if rows else 0

    async def start(self) -> None:
        """Listen on the remembered port, or on another that is free; nothing where it listens already."""
        if self._server is not None:
            return
        listener = _listen(self.port)
        port = listener.getsockname()[1]
        self._store.execute("insert or replace into ports values (?, ?)", (self._name, port))
        config = uvicorn.Config(
            self._app, http=CuttableProtocol, lifespan="off", log_config=None, access_log=False, server_header=False,
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
        self._task = asyncio.create_task(self._server.serve([listener]))
        while not self._server.started:  # noqa: ASYNC110
            await asyncio.sleep(0.005)

    async def stop(self) -> None:
        """Listen no more."""
        server, task = self._server, self._task
        self._server = self._task = None
        if server is not None and task is not None:
            server.should_exit = True
            await task


def _listen(port: int) -> socket.socket:
    for wanted in (port, 0):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", wanted))
        except OSError:
            listener.close()
            continue
        listener.listen(256)
        return listener
    raise OSError("no loopback port is free")
