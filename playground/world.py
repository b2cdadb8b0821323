"""The pretend world around the bot: sites with their origins, caches and providers' APIs, all over real HTTP."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp

from playground import pipeline
from playground.calls import routes_of
from playground.faults import Faults
from playground.globalping import API_PATH, Globalping, Probe, Wish
from playground.http import Reply, Server, Target, Upstream
from playground.manners import Manners
from playground.names import RESOLVERS, Names, Resolver
from playground.pace import Pace, pace_named
from playground.requests import Requests
from playground.scenes import OnStage
from playground.store import Store
from playground.town import CITIES, ByHost, Ground, Listening, Noted, Town
from playground.towns import TOWNS

HELD_AT_START = ("/", "/pricing")

_HEAD = """# What the playground tells the bot: only URLs differ from a real installation.
mode: live
accounts:
{accounts}
sites:
{sites}
approvals: {{channel: C_APPROVE, approvers: [U_LEA, U_SAM, U_KIM]}}
{globalping}api: {{tokens: [{{name: play, bearer: {{env: PLAY_API_TOKEN}}, sites: [{names}], may: command}}]}}
deploys: {{tokens: [{{name: {sender}, secret: {{env: PLAY_DEPLOY_SECRET}}, sites: [{names}]}}]}}
resolvers: [{resolvers}]
"""
_GLOBALPING = 'globalping: {{api_url: "{url}", sites: [{site}]}}\n'
_SITE = """  {name}:
    hosts: [{hosts}]
    schemes: [http]
    origin: "{origin}"
    environment: production
    channel: {channel}
    mode: hard
    marker: {{header: X-Build}}
{settings}
    layers:
{layers}
    edges:
{edges}"""


class World:
    """Every site and everything it is served from. `url` is where the playground itself is."""

    def __init__(
        self,
        data: Path,
        speed: str,
        url: str,
        now: Callable[[], float] = time.time,
        towns: Sequence[Callable[[Ground], Town]] = tuple(TOWNS.values()),
    ) -> None:
        self.url = url
        self.now = now
        self._opening = asyncio.Lock()
        self.pace: Pace = pace_named(speed)
        self.on_stage: dict[str, OnStage] = {}  # by site
        self.store = Store(data / "world.db")
        self.store.execute("create table if not exists filled (at real)")
        self.requests = Requests(self.store, now)
        self.faults = Faults(self.store)
        self._to_origin = Upstream()
        self._visits = {city: Upstream() for city in CITIES}  # of the probes around the world
        self.manners = Manners(self.store)
        ground = Ground(self.store, self.requests, self.faults, self.pace, now, self._to_origin, self.manners)
        self.towns = {town.name: town for town in (build(ground) for build in towns)}
        every = list(self.towns.values())
        self.names = Names(self.store, {host: [town.leads] for town in every for host in town.hosts})
        self.globalping = Globalping(
            store=self.store, see=self._see, requests=self.requests, faults=self.faults, pace=self.pace, now=now
        )
        probes = Starlette(routes=[Mount(API_PATH, self.globalping)])
        self._servers: Mapping[str, Listening] = {
            "globalping": Server(self.store, "globalping", probes),
            "origin": Server(self.store, "origin", ByHost([(frozenset(town.hosts), town.origin) for town in every])),
            **{city: Server(self.store, city, ByHost(self._edges(every, city))) for city in CITIES},
            **{name: Server(self.store, name, app) for town in every for name, app in town.servers.items()},
            **{name: server for town in every for name, server in town.listening.items()},
            **{name: Resolver(self.store, name, self.names) for name in RESOLVERS},
        }

    @property
    def environ(self) -> Mapping[str, str]:
        """The secrets that the bot signs in with, as its environment."""
        every = [{**town.environ, **town.addressed(self.url_of)} for town in self.towns.values()]
        return {name: value for secrets in every for name, value in secrets.items()}

    @property
    def accounts(self) -> list[str]:
        """Every account of the bot, by name."""
        return [account for town in self.towns.values() for account in town.accounts(self.url_of)]

    def url_of(self, server: str) -> str:
        """Where a server is: each has a port of its own, since one under the playground's port cannot refuse."""
        return self._servers[server].url

    @property
    def edge_urls(self) -> Mapping[str, str]:
        """Where each city's edges are."""
        return {city: self.url_of(city) for city in CITIES}

    @property
    def routes(self) -> list[BaseRoute]:
        """The world's own calls under /_play, and the providers' APIs."""
        mounts: dict[str, ASGIApp] = {API_PATH: self.globalping}
        mounts |= {path: app for town in self.towns.values() for path, app in town.mounts.items()}
        return [*routes_of(self), *(Mount(path, app) for path, app in mounts.items())]

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
        self._to_origin.url = self.url_of("origin")
        for city, visits in self._visits.items():
            visits.url = self.url_of(city)
        for town in self.towns.values():
            for name, upstream in town.upstreams.items():
                upstream.url = self.url_of(name)

    async def _fill(self) -> None:
        for town in self.towns.values():
            town.origin.reset()
            for path in HELD_AT_START:
                for edge in town.edges.values():
                    await edge.page(Target("GET", town.hosts[0], path))
        self.requests.clear()
        self.store.execute("insert into filled values (?)", (self.now(),))

    async def reset(self) -> None:
        """The world as at the start."""
        self.store.execute("delete from filled")
        self.faults.clear()
        self.manners.clear()
        self.names.clear()
        self.pace.later.clear()
        self.on_stage.clear()
        await self.open_doors()
        self.globalping.clear()
        for town in self.towns.values():
            town.refill()
            for cache in (*town.caches.values(), *town.fronts):
                cache.clear()
        await self._fill()

    async def stop(self) -> None:
        """Close every port."""
        await asyncio.gather(*(server.stop() for server in self._servers.values()))
        for upstream in (
            self._to_origin,
            *self._visits.values(),
            *(up for town in self.towns.values() for up in town.upstreams.values()),
        ):
            await upstream.close()
        self.store.close()

    def config(self) -> str:
        """The bot's configuration file."""
        accounts = {name: doc for town in self.towns.values() for name, doc in town.accounts(self.url_of).items()}
        return _HEAD.format(
            accounts="\n".join(f"  {name}: {doc}" for name, doc in accounts.items()),
            sites="\n".join(self._site(town) for town in self.towns.values()),
            names=", ".join(self.towns),
            globalping=self._opted_in(),
            sender=pipeline.SENDER,
            resolvers=", ".join(f'"{self.url_of(name)}"' for name in RESOLVERS),
        )

    def _opted_in(self) -> str:
        """The shop is looked at from around the world, where it is there."""
        url = f"{self.url_of('globalping')}{API_PATH}"
        return _GLOBALPING.format(url=url, site="shop") if "shop" in self.towns else ""

    async def _see(self, probe: Probe, wish: Wish) -> Reply | None:
        """What a probe gets: at the edge that is nearest to it. No edge speaks TLS."""
        known = any(wish.host in town.hosts for town in self.towns.values())
        return await self._visits[probe.edge].fetch(wish.host, wish.path) if known and not wish.secure else None

    def _site(self, town: Town) -> str:
        return _SITE.format(
            name=town.name,
            hosts=", ".join(town.hosts),
            origin=self.url_of("origin"),
            channel=town.channel,
            settings="\n".join(f"    {line}" for line in town.settings),
            layers="\n".join(f"      - {layer}" for layer in town.layers),
            edges="\n".join(f'      {city}: "{url}"' for city, url in self.edge_urls.items()),
        )

    def _edges(self, towns: Sequence[Town], city: str) -> list[tuple[frozenset[str], ASGIApp]]:
        return [(frozenset(town.hosts), Noted(town.edges[city], city, self.requests)) for town in towns]
