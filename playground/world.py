"""The pretend world around the bot: origin, shield, edges in three cities and a provider's API, all over real HTTP."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from playground.cache import Cache
from playground.clouds.buckets import Bucket, Buckets, Window
from playground.clouds.cloudflare import Cloudflare
from playground.edge import Edge
from playground.faults import Faults, UnknownFault
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
API_CALLS, API_SECONDS = 1200, 300.0

_CONFIG = """# What the playground tells the bot: only URLs differ from a real installation.
mode: live
accounts:
  shield: {{provider: varnish, url: "{shield}"}}
  cf:
    provider: cloudflare
    api_url: "{api}/cf/client/v4"
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

    def __init__(self, data: Path, speed: str, url: str, now: Callable[[], float] = time.time) -> None:
        self._url = url
        self._now = now
        self.pace: Pace = pace_named(speed)
        self.store = Store(data / "world.db")
        self.requests = Requests(self.store, now)
        self.faults = Faults(self.store)
        self.origin = Origin(self.store, self.requests, now)
        self._to_origin, self._to_shield = Upstream(), Upstream()
        self._shield_cache = Cache(self.store, "shield", now)
        self.shield = Shield(self._shield_cache, self._to_origin, self.requests, self.faults, self.pace, now)
        self.edges = {
            city: Edge(city, Cache(self.store, city, now), self._to_shield, self.requests, frozenset(HOSTS), now)
            for city in CITIES
        }
        self.cloudflare = self._cloudflare()
        self._servers: Mapping[str, Server] = {
            "origin": Server(self.store, "origin", self.origin),
            "shield": Server(self.store, "shield", self.shield),
            **{city: Server(self.store, city, edge) for city, edge in self.edges.items()},
        }

    def _cloudflare(self) -> Cloudflare:
        return Cloudflare(
            token=TOKEN,
            zone=ZONE,
            hosts=frozenset(HOSTS),
            edges={city: edge.cache for city, edge in self.edges.items()},
            buckets=Buckets(self.store, "cf", dict(BUDGETS), self._now),
            window=Window(self.store, "cf", API_CALLS, API_SECONDS, self._now),
            requests=self.requests,
            faults=self.faults,
            pace=self.pace,
            now=self._now,
        )

    @property
    def cloudflare_token(self) -> str:
        """What the bot signs in with."""
        return TOKEN

    @property
    def cloudflare_app(self) -> ASGIApp:
        """Mounted at /cf/client/v4."""
        return self.cloudflare

    async def start(self) -> None:
        """Open every port; a fresh world holds `/` and `/pricing` everywhere."""
        for server in self._servers.values():
            await server.start()
        self._to_origin.url = self._servers["origin"].url
        self._to_shield.url = self._servers["shield"].url
        if not self.store.rows("select 1 from versions"):
            await self._fill()

    async def _fill(self) -> None:
        self.origin.reset()
        for path in HELD_AT_START:
            for edge in self.edges.values():
                await edge.page(Target("GET", HOST, path))
        self.requests.clear()

    async def reset(self) -> None:
        """The world as at the start."""
        self.faults.clear()
        self.cloudflare.buckets.clear()
        self.cloudflare.window.clear()
        for cache in (self._shield_cache, *(edge.cache for edge in self.edges.values())):
            cache.clear()
        await self._fill()

    async def stop(self) -> None:
        """Close every port."""
        for server in self._servers.values():
            await server.stop()
        await self._to_origin.close()
        await self._to_shield.close()
        self.store.close()

    def config(self) -> str:
        """The bot's configuration file."""
        edges = "\n".join(f'      {city}: "{self._servers[city].url}"' for city in CITIES)
        return _CONFIG.format(
            shield=self._servers["shield"].url,
            api=self._url,
            hosts=", ".join(HOSTS),
            origin=self._servers["origin"].url,
            zone=ZONE,
            edges=edges,
        )

    @property
    def routes(self) -> list[Route]:
        """The world's own calls under /_play."""
        return [
            Route("/_play/world", self._show, methods=["GET"]),
            Route("/_play/visit", self._visit, methods=["GET"]),
            Route("/_play/origin", self._deploy, methods=["POST"]),
            Route("/_play/fault", self._fault, methods=["POST"]),
            Route("/_play/ledger", self._ledger, methods=["GET"]),
        ]

    async def _show(self, request: Request) -> Response:
        paths = {*HELD_AT_START, *self._shield_cache.shown(HOST), *self._paths_ahead()}
        shop = {
            "url": f"http://{HOST}/",
            "provider": "cloudflare",
            "origin": {path: self.origin.version(path) for path in sorted(paths) if path.startswith("/")},
            "shield": self._shield_cache.shown(HOST),
            "edges": {city: edge.cache.shown(HOST) for city, edge in self.edges.items()},
            "since": {
                "shield": self._shield_cache.ages(HOST),
                **{city: edge.cache.ages(HOST) for city, edge in self.edges.items()},
            },
            "budgets": {"cf": self._budgets()},
        }
        api = {"url": self._url, "token": "play"}
        doc = {"api": api, "accounts": ["shield", "cf"], "sites": {"shop": shop}, "faults": self.faults.shown()}
        return JSONResponse({**doc, "now": self._now()})

    def _paths_ahead(self) -> list[str]:
        return [str(row["path"]) for row in self.store.rows("select path from versions where path != ''")]

    def _budgets(self) -> dict[str, object]:
        shown: dict[str, object] = {
            name: {
                "tokens": round(self.cloudflare.buckets.tokens(name), 2),
                "size": bucket.size,
                "per_s": bucket.per_s,
            }
            for name, bucket in self.cloudflare.buckets.buckets.items()
        }
        window = self.cloudflare.window
        shown["api"] = {"tokens": window.left(), "size": window.most, "per_s": window.most / window.per}
        return shown

    async def _visit(self, request: Request) -> Response:
        city, path = request.query_params.get("edge", ""), request.query_params.get("path", "/")
        if city not in self.edges or request.query_params.get("site", "shop") != "shop" or not path.startswith("/"):
            return _refused(f"Ask for site=shop, edge={'|'.join(CITIES)} and a path that begins with /.")
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            asked = client.build_request("GET", self._servers[city].url, headers={"host": HOST})
            asked.extensions["target"] = path.encode()
            response = await client.send(asked)
        headers = dict(response.headers)
        return JSONResponse({"status": response.status_code, "headers": headers, "version": headers.get("x-build", "")})

    async def _deploy(self, request: Request) -> Response:
        body = await _doc(request)
        path, version = str(body.get("path") or ""), str(body.get("version") or "")
        if body.get("site", "shop") != "shop" or (path and not path.startswith("/")):
            return _refused('Send {"site": "shop", "path"?: "/pricing", "version"?: "v9"}.')
        return JSONResponse({"version": self.origin.deploy(path, version)})

    async def _fault(self, request: Request) -> Response:
        body = await _doc(request)
        times = body.get("times")
        if times is not None and not isinstance(times, int):
            return _refused("`times` is a whole number, or absent for until ended.")
        try:
            self.faults.set(str(body.get("account")), str(body.get("kind")), times)
        except UnknownFault as exc:
            return _refused(str(exc))
        return JSONResponse({"faults": self.faults.shown()})

    async def _ledger(self, request: Request) -> Response:
        return JSONResponse(self.requests.listed())


async def _doc(request: Request) -> Mapping[str, object]:
    try:
        doc = json.loads(await request.body() or b"{}")
    except ValueError:
        return {}
    return doc if isinstance(doc, dict) else {}


def _refused(text: str) -> Response:
    return JSONResponse({"error": text}, 400)
