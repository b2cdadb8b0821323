"""The pretend world around the bot: origin, shield, edges in three cities and a provider's API, all over real HTTP."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from playground.cache import Cache
from playground.calls import routes_of
from playground.clouds.buckets import Bucket, Buckets, Window
from playground.clouds.cloudflare import Cloudflare
from playground.edge import Edge
from playground.faults import Faults
from playground.http import Server, Target, Upstream
from playground.origin import Origin
from playground.pace import Pace, pace_named
from playground.requests import Requests
from playground.shield import Shield
from playground.store import Store

HOSTS = ("www.shop.test", "img.shop.test")
HOST = HOSTS[0]
CITIES = ("fra", "iad", "sin")
HELD_AT_START = ("/", "/pricing")
ZONE = "5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e"
TOKEN = "playground-cloudflare-token"
BUDGETS = {"urls": Bucket(60, 30), "bulk": Bucket(25, 5)}
API_PATH = "/cf/client/v4"
API_CALLS, API_SECONDS = 1200, 300.0

_CONFIG = """# What the playground tells the bot: only URLs differ from a real installation.
mode: live
accounts:
  shield: {{provider: varnish, url: "{shield}"}}
  cf:
    provider: cloudflare
    api_url: "{api}"
    token: {{env: CLOUDFLARE_TOKEN}}
    pace: {{urls: {{rate: 30, per: 1, burst: 60}}, bulk: {{rate: 5, per: 1, burst: 25}}}}
sites:
  shop:
    hosts: [{hosts}]
    schemes: [http]
    origin: "{origin}"
    environment: production
    channel: C_SHOP
    mode: hard
    tags: {{header: Cache-Tag}}
    marker: {{header: X-Build}}
    layers:
      - {{account: shield}}
      - {{account: cf, zone: {zone}, tier: pro}}
    edges:
{edges}
approvals: {{channel: C_APPROVE, approvers: [U_LEA, U_SAM, U_KIM]}}
api: {{tokens: [{{name: play, bearer: {{env: PLAY_API_TOKEN}}, sites: [shop], may: command}}]}}
"""


class World:
    """Site `shop` and everything it is served from. `url` is where the playground itself is."""

    def __init__(
        self,
        data: Path,
        speed: str,
        url: str,
        now: Callable[[], float] = time.time,
        budgets: Mapping[str, Bucket] | None = None,
        api_calls: int = API_CALLS,
    ) -> None:
        self.url = url
        self.now = now
        self._opening = asyncio.Lock()
        self.pace: Pace = pace_named(speed)
        self.store = Store(data / "world.db")
        self.store.execute("create table if not exists filled (at real)")
        self.requests = Requests(self.store, now)
        self.faults = Faults(self.store)
        self.origin = Origin(self.store, self.requests, now)
        self._to_origin, self._to_shield = Upstream(), Upstream()
        self.shield_cache = Cache(self.store, "shield", now)
        self.shield = Shield(self.shield_cache, self._to_origin, self.requests, self.faults, self.pace, now)
        self.edges = {
            city: Edge(city, Cache(self.store, city, now), self._to_shield, self.requests, frozenset(HOSTS), now)
            for city in CITIES
        }
        self.cloudflare = self._cloudflare(dict(budgets or BUDGETS), api_calls)
        self._servers: Mapping[str, Server] = {
            "origin": Server(self.store, "origin", self.origin),
            "shield": Server(self.store, "shield", self.shield),
            **{city: Server(self.store, city, edge) for city, edge in self.edges.items()},
            "cf": Server(self.store, "cf", Starlette(routes=[Mount(API_PATH, self.cloudflare)])),
        }

    def _cloudflare(self, budgets: dict[str, Bucket], api_calls: int) -> Cloudflare:
        return Cloudflare(
            token=TOKEN,
            zone=ZONE,
            hosts=frozenset(HOSTS),
            edges={city: edge.cache for city, edge in self.edges.items()},
            buckets=Buckets(self.store, "cf", budgets, self.now),
            window=Window(self.store, "cf", api_calls, API_SECONDS, self.now),
            requests=self.requests,
            faults=self.faults,
            pace=self.pace,
            now=self.now,
        )

    @property
    def cloudflare_token(self) -> str:
        """What the bot signs in with."""
        return TOKEN

    @property
    def cloudflare_app(self) -> ASGIApp:
        """Mounted at API_PATH under the playground's port."""
        return self.cloudflare

    @property
    def cloudflare_url(self) -> str:
        """Where the bot finds the API: a port of its own, since one under the playground's port cannot refuse."""
        return self._servers["cf"].url + API_PATH

    @property
    def origin_url(self) -> str:
        """Where the truth is."""
        return self._servers["origin"].url

    @property
    def shield_url(self) -> str:
        """Where the Varnish-like shield is."""
        return self._servers["shield"].url

    @property
    def edge_urls(self) -> Mapping[str, str]:
        """Where each city's edge is."""
        return {city: self._servers[city].url for city in CITIES}

    @property
    def routes(self) -> list[Route]:
        """The world's own calls under /_play."""
        return routes_of(self)

    async def start(self) -> None:
        """Open every port that no fault keeps shut; a fresh world holds `/` and `/pricing` everywhere."""
        if not self.store.rows("select 1 from filled"):
            self.faults.clear()
        await self.open_doors()
        if not self.store.rows("select 1 from filled"):
            await self._fill()

    async def open_doors(self) -> None:
        """Listen, except where something is down until that is ended: it refuses connections."""
        async with self._opening:
            for name, server in self._servers.items():
                await (server.stop() if self.faults.is_down(name) else server.start())
        self._to_origin.url, self._to_shield.url = self.origin_url, self.shield_url

    async def _fill(self) -> None:
        self.origin.reset()
        for path in HELD_AT_START:
            for edge in self.edges.values():
                await edge.page(Target("GET", HOST, path))
        self.requests.clear()
        self.store.execute("insert into filled values (?)", (self.now(),))

    async def reset(self) -> None:
        """The world as at the start."""
        self.store.execute("delete from filled")
        self.faults.clear()
        await self.open_doors()
        self.cloudflare.buckets.clear()
        self.cloudflare.window.clear()
        for cache in (self.shield_cache, *(edge.cache for edge in self.edges.values())):
            cache.clear()
        await self._fill()

    async def stop(self) -> None:
        """Close every port."""
        await asyncio.gather(*(server.stop() for server in self._servers.values()))
        await self._to_origin.close()
        await self._to_shield.close()
        self.store.close()

    def config(self) -> str:
        """The bot's configuration file."""
        edges = "\n".join(f'      {city}: "{url}"' for city, url in self.edge_urls.items())
        return _CONFIG.format(
            shield=self.shield_url,
            api=self.cloudflare_url,
            hosts=", ".join(HOSTS),
            origin=self.origin_url,
            zone=ZONE,
            edges=edges,
        )
