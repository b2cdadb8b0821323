"""A world on free ports with a clock that a test moves, and those who speak to it over real HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NotRequired, TypedDict

import httpx
from starlette.applications import Starlette

from playground.clouds.buckets import Bucket
from playground.http import loopback_client
from playground.town import Ground, Town
from playground.towns.shop import API_PATH, HOSTS, TOKEN, ZONE, town
from playground.world import World
from tests.playground.slack_land import Clock, served

HOST = HOSTS[0]
PURGE = f"/zones/{ZONE}/purge_cache"
SOFT = f"/zones/{ZONE}/invalidate_cache"
SIGNED = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}


class Tokens(TypedDict):
    """A bucket of an emulated account, as it is shown."""

    tokens: float
    size: float
    per_s: float


class Shown(TypedDict):
    """What /_play/world tells of the shop: versions by path, of each place."""

    origin: dict[str, str]
    inner: dict[str, dict[str, str]]
    shield: dict[str, str]
    edges: dict[str, dict[str, str]]
    budgets: dict[str, dict[str, Tokens]]
    scene: NotRequired[str]
    stage: NotRequired[dict[str, object]]


@dataclass(frozen=True, slots=True)
class Land:
    """A started world, its clock, and the playground's port."""

    world: World
    clock: Clock
    url: str
    client: httpx.AsyncClient

    async def get(self, place: str, path: str, host: str = HOST, **headers: str) -> httpx.Response:
        """GET at an edge, the shield or the origin; the bytes of `path` go out as they are."""
        return await self.ask("GET", place, path, host, **headers)

    async def ask(self, method: str, place: str, path: str, host: str = HOST, **headers: str) -> httpx.Response:
        """Any request at an edge, the shield or the origin."""
        urls = {name: self.world.url_of(name) for name in ("shield", "origin", "fra", "iad", "sin")}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = self.client.build_request(method, urls[place], headers={"host": host, **named})
        request.extensions["target"] = path.encode("latin-1")
        return await self.client.send(request)

    async def sees(self, place: str, path: str, host: str = HOST) -> tuple[str, str]:
        """What a visitor is served: the cache's word and the version."""
        response = await self.get(place, path, host)
        said = response.headers.get("x-cache" if place == "shield" else "cf-cache-status", "")
        return said, response.headers.get("x-build", "")

    async def api(self, path: str, body: object = None, headers: Mapping[str, str] = SIGNED) -> httpx.Response:
        """A POST to the pretend Cloudflare where the bot finds it; bytes go out as they are."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.client.post(self.world.url_of("cf") + API_PATH + path, content=content, headers=headers)

    async def play(self, call: str, body: object = None, **params: str) -> httpx.Response:
        """One of the calls under /_play: a POST where there is a body."""
        url = f"{self.url}/_play/{call}"
        if body is None:
            return await self.client.get(url, params=params)
        return await self.client.post(url, content=body if isinstance(body, bytes) else json.dumps(body).encode())

    async def fault(self, account: str, kind: str, times: int | None = None) -> None:
        """Switch a fault on, or off with 0."""
        more = {} if times is None else {"times": times}
        assert 200 == (await self.play("fault", {"account": account, "kind": kind, **more})).status_code

    async def recorded(self, account: str) -> list[dict[str, object]]:
        """The request ledger of one account."""
        rows = (await self.play("ledger")).json()
        return [row for row in rows if row["account"] == account]

    async def shop(self) -> Shown:
        """The site as /_play/world shows it."""
        shop: Shown = (await self.play("world")).json()["sites"]["shop"]
        return shop


@contextlib.asynccontextmanager
async def land(
    data: Path,
    clock: Clock | None = None,
    speed: str = "fast",
    budgets: Mapping[str, Bucket] | None = None,
    api_calls: int = 1200,
    app: bool = False,
    towns: Sequence[Callable[[Ground], Town]] = (),
) -> AsyncIterator[Land]:
    """A world on `data`, stopped at the end of the block: the shop, or `towns`. With `app` the shop's application
    stands at its content."""
    now = clock or Clock()
    port = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{port.getsockname()[1]}"
    world = World(data, speed, url, now, towns or [lambda ground: town(ground, budgets, api_calls, app)])
    async with served(Starlette(routes=world.routes), port), loopback_client() as client:
        await world.start()
        try:
            yield Land(world, now, url, client)
        finally:
            await world.stop()


async def hung_up_on(land: Land, url: str, request: bytes) -> bytes:
    """What comes back for raw bytes until the other side closes."""
    parsed = httpx.URL(url)
    reader, writer = await asyncio.open_connection(parsed.host, parsed.port)
    writer.write(request)
    await writer.drain()
    answer = await reader.read()
    writer.close()
    return answer
