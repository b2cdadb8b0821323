"""A served stand-in and, where a test wants one, a real Bolt app behind it; all on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import uvicorn
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from playground.cut import CuttableProtocol
from playground.faults import Faults
from playground.people import WORKSPACE, Channel, Workspace
from playground.requests import Requests
from playground.slack import SlackStandIn
from playground.slack.web_api import GRANTED, SCOPES
from playground.store import Store

SECRET, BOT_TOKEN, APP_TOKEN = "signing-secret", "xoxb-test", "xapp-test"
EVERY_SCOPE = tuple(dict.fromkeys([*GRANTED, *SCOPES.values()]))
START = 1_800_000_000.0
WIDER = replace(
    WORKSPACE,
    channels=(
        *WORKSPACE.channels,
        Channel("C_ELSEWHERE", "elsewhere", ("U_MIA", "U_LEA")),
        Channel("C_SECRET", "secret", ("U_MIA",), is_private=True),
        Channel("C_OLD", "old", ("U_MIA", "U_PURGEBOT"), is_archived=True),
    ),
)


class Clock:
    """Time that a test moves."""

    def __init__(self, at: float = START) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


@dataclass(frozen=True, slots=True)
class Land:
    """Everything a test speaks to."""

    url: str
    slack: SlackStandIn
    faults: Faults
    requests: Requests
    people: httpx.AsyncClient

    @property
    def bot(self) -> AsyncWebClient:
        return self.client(BOT_TOKEN)

    def client(self, token: str) -> AsyncWebClient:
        return AsyncWebClient(
            token=token, base_url=f"{self.url}/slack/api/", retry_handlers=[], trust_env_in_session=False
        )

    async def play(self, call: str, **body: object) -> dict[str, object]:
        """One of the people's calls."""
        answer = (await self.people.post(f"/_play/{call}", json=body)).json()
        assert isinstance(answer, dict)
        return answer

    async def messages(self, channel: str = "C_SHOP", **more: str) -> list[dict[str, object]]:
        """What is seen in a channel."""
        answer = (await self.people.get("/_play/messages", params={"channel": channel, **more})).json()
        assert isinstance(answer, list)
        return answer


@contextlib.asynccontextmanager
async def served(app: ASGIApp, port: socket.socket) -> AsyncIterator[None]:
    """`app` on a bound socket, until the block ends."""
    config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, http=CuttableProtocol)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[port])
    try:
        yield
    finally:
        for listener in server.servers:
            listener.close()
        for connection in list(server.server_state.connections):
            connection.transport.abort()
        await asyncio.gather(*server.server_state.tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def land(
    data: Path,
    now: Callable[[], float],
    bot: Callable[[str], ASGIApp] | None = None,
    workspace: Workspace = WIDER,
    deadline: float = 3.0,
    retry_waits: Sequence[float] = (0.0, 0.0, 0.0),
    mode: str = "auto",
    scopes: tuple[str, ...] = EVERY_SCOPE,
) -> AsyncIterator[Land]:
    """The stand-in on a free port; `bot` makes the app behind `/slack/events` from the Web API's address."""
    port = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{port.getsockname()[1]}"
    store = Store(data / "world.db")
    faults, requests = Faults(store), Requests(store)
    slack = SlackStandIn(
        store, requests, faults, now, lambda: f"{url}/slack/events", SECRET, BOT_TOKEN, APP_TOKEN, f"{url}/slack",
        workspace=workspace, deadline=deadline, retry_waits=retry_waits, mode=mode, scopes=scopes,
    )  # fmt: skip
    routes: list[BaseRoute] = [*slack.routes, Mount("/slack/api", slack.api)]
    routes += [Mount("", bot(f"{url}/slack/api/"))] if bot else []
    async with (
        served(Starlette(routes=routes), port),
        httpx.AsyncClient(base_url=url, trust_env=False, verify=False, timeout=30) as people,
    ):
        await slack.start()
        try:
            yield Land(url, slack, faults, requests, people)
        finally:
            await slack.stop()
    store.close()


def answering(answer: Callable[[Request], Awaitable[Response]]) -> Callable[[str], ASGIApp]:
    """A bot that is one function."""
    return lambda api: Starlette(routes=[Route("/slack/events", answer, methods=["POST"])])
