"""Requests and answers between the pretend caches, byte for byte, and servers on ports that are remembered."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate

import h11
import httpx
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from playground.cut import CuttableProtocol, cut, gone
from playground.store import Store

PORTS = range(20_000, 32_000)  # below those that Linux lends to whoever dials out, so that a port is free once more
STOP_SECONDS = 1.0  # for requests in the middle of something
HOLD_SECONDS = 10.0  # longer than any caller of ours waits
_TARGET = "playground.target"
_HOP = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server", "content-encoding"}
)


def loopback_client(seconds: float = 10.0) -> httpx.AsyncClient:
    """A client for plain HTTP on this machine: no proxies, and no certificates to load. It lets go of a connection that
    nobody uses before the server does, which would cut a request that is on its way by then."""
    headers, limits = {"accept-encoding": "identity"}, httpx.Limits(keepalive_expiry=2)  # seconds; uvicorn waits 5
    return httpx.AsyncClient(trust_env=False, verify=False, timeout=seconds, headers=headers, limits=limits)


class WireProtocol(CuttableProtocol):
    """HTTP/1.1 whose requests know their target as it came; ASGI would lose the `?` of an empty query."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Watch what is read from this connection."""
        super().connection_made(transport)
        read = self.conn.next_event

        def next_event() -> object:
            event = read()
            if isinstance(event, h11.Request):
                self.app_state = {**self.app_state, _TARGET: event.target}
            return event

        self.conn.next_event = next_event  # type: ignore[method-assign,assignment]


@dataclass(frozen=True, slots=True)
class Target:
    """What was asked for: `path` holds path and query as they came, `agent` is the visitor's User-Agent."""

    method: str
    host: str
    path: str
    agent: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer; header names are lower-case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    reason: str = ""


def target_of(scope: Scope) -> Target:
    """What `scope` asks for, untouched."""
    host = dict(scope["headers"]).get(b"host", b"").decode("latin-1").lower()
    agent = dict(scope["headers"]).get(b"user-agent", b"").decode("latin-1")
    return Target(scope["method"], host.partition(":")[0], wire_target(scope), agent)


def wire_target(scope: Scope) -> str:
    """Path and query as they came; under another protocol than ours, without the `?` of an empty query."""
    known: bytes | None = scope.get("state", {}).get(_TARGET)
    path, query = scope["raw_path"], scope["query_string"]
    return (known or (path + b"?" + query if query else path)).decode("latin-1")


async def answer(send: Send, reply: Reply) -> None:
    """Send `reply`, with the time now unless it says another."""
    headers = [(name.encode(), value.encode("latin-1")) for name, value in reply.headers.items()]
    if "date" not in reply.headers:
        headers.append((b"date", formatdate(usegmt=True).encode()))
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
        self._client = loopback_client()
        self.url = ""

    async def fetch(self, host: str, path: str, etag: str = "", agent: str = "") -> Reply:
        """GET `path` of `host`, conditionally with `etag`, for who has this User-Agent; 503 when nobody answers."""
        headers = {"host": host} | ({"if-none-match": etag} if etag else {}) | ({"user-agent": agent} if agent else {})
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

    @property
    def url(self) -> str:
        """Where it is, once started."""
        return f"http://127.0.0.1:{remembered_port(self._store, self._name)}"

    async def start(self) -> None:
        """Listen on the remembered port, or on another that is free; nothing where it listens already."""
        if self._server is not None:
            return
        listener = listen_again(self._store, self._name)
        config = uvicorn.Config(
            self._app, http=WireProtocol, lifespan="off", log_config=None, access_log=False,
            server_header=False, date_header=False,
        )  # fmt: skip
        config.load()
        server = uvicorn.Server(config)
        server.lifespan = config.lifespan_class(config)
        await server.startup(sockets=[listener])
        self._server = server

    async def stop(self) -> None:
        """Listen no more, and cut what is open, as the end of a real server would."""
        server, self._server = self._server, None
        if server is None:
            return
        for listener in server.servers:
            listener.close()
        for connection in list(server.server_state.connections):
            connection.transport.abort()
        if server.server_state.tasks:
            await asyncio.wait(server.server_state.tasks, timeout=STOP_SECONDS)


def remembered_port(store: Store, name: str) -> int:
    """The port that a server had last; 0 for none."""
    store.execute("create table if not exists ports (name text primary key, port integer not null)")
    rows = store.rows("select port from ports where name = ?", (name,))
    return int(rows[0]["port"]) if rows else 0


def listen_again(store: Store, name: str) -> socket.socket:
    """A socket on the port that this server had last, or on another that is free and remembered from now on."""
    listener = _listen(remembered_port(store, name))
    store.execute("insert or replace into ports values (?, ?)", (name, listener.getsockname()[1]))
    return listener


def _listen(port: int) -> socket.socket:
    for wanted in (*([port] if port else []), *random.sample(PORTS, 20), 0):
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
