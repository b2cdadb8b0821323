"""One pretend site: its pages, the caches in front of them, and the APIs that purge those caches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground.cache import Cache
from playground.edge import Edge
from playground.faults import Faults
from playground.http import Reply, Target, Upstream, target_of
from playground.manners import Manners
from playground.marks import Marks
from playground.origin import Origin
from playground.pace import Pace
from playground.requests import Requests
from playground.store import Store

CITIES = ("fra", "iad", "sin")
FRONT = "front:"  # before the name of what another CDN holds there
Url = Callable[[str], str]  # where a server is, by its name


@dataclass(frozen=True)
class Ground:
    """What all sites share. `to_origin` is the one server that answers for every origin, by host."""

    store: Store
    requests: Requests
    faults: Faults
    pace: Pace
    now: Callable[[], float]
    to_origin: Upstream
    manners: Manners

    def origin(self, site: str) -> Origin:
        """The pages of a site."""
        return Origin(site, self.store, self.requests, self.now, self.manners)

    def edges(self, hosts: Sequence[str], inwards: Upstream, marks: Marks, first: str = "") -> dict[str, Edge]:
        """An edge in each city; `first` is put before the names of their caches."""
        return {
            city: Edge(
                city, self.cache(first + city), inwards, frozenset(hosts), self.now, marks,
                manners=self.manners, front=self.cache(f"{FRONT}{first}{city}"),
            )
            for city in CITIES
        }  # fmt: skip

    def cache(self, place: str) -> Cache:
        """The copies of one place."""
        return Cache(self.store, place, self.now)


class Listening(Protocol):
    """A server on a port of its own."""

    @property
    def url(self) -> str:
        """Where it is, once started."""
        ...

    async def start(self) -> None:
        """Listen; nothing where it listens already."""
        ...

    async def stop(self) -> None:
        """Listen no more."""
        ...


class Place(Protocol):
    """One cache that visitors meet."""

    cache: Cache

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one visitor."""
        ...

    async def page(self, target: Target) -> Reply:
        """The page from the cache, or from further in."""
        ...


@dataclass(frozen=True)
class Town:
    """One site. `inner` are its caches between origin and edges, innermost first; `servers` need a port each, and
    `upstreams` say which of them asks which; `listening` speak something else than HTTP on ports of their own.
    `accounts` and `layers` are YAML for the bot, given where servers are, and so are secrets that hold an address."""

    name: str
    hosts: tuple[str, ...]
    provider: str  # of the outermost layer, as the bot knows it
    leads: str  # the name at that provider which DNS leads its hosts to
    origin: Origin
    edges: Mapping[str, Place]
    accounts: Callable[[Url], Mapping[str, str]]
    layers: Sequence[str]
    settings: Sequence[str] = ()  # further lines of the site's YAML
    inner: Mapping[str, Cache] = field(default_factory=dict)
    servers: Mapping[str, ASGIApp] = field(default_factory=dict)
    listening: Mapping[str, Listening] = field(default_factory=dict)
    mounts: Mapping[str, ASGIApp] = field(default_factory=dict)  # providers' APIs, by path under the playground's port
    upstreams: Mapping[str, Upstream] = field(default_factory=dict)  # by the name of the server asked
    budgets: Callable[[], Mapping[str, Mapping[str, object]]] = dict
    refill: Callable[[], None] = lambda: None  # budgets as at the start
    environ: Mapping[str, str] = field(default_factory=dict)  # secrets of its accounts, for the bot
    addressed: Callable[[Url], Mapping[str, str]] = lambda url: {}  # those among them that hold an address

    @property
    def caches(self) -> dict[str, Cache]:
        """Every cache by place, innermost first."""
        return {**self.inner, **{city: edge.cache for city, edge in self.edges.items()}}

    @property
    def fronts(self) -> list[Cache]:
        """What another CDN before its edges may hold."""
        return [edge.front for edge in self.edges.values() if isinstance(edge, Edge)]

    @property
    def channel(self) -> str:
        """Where its jobs are told."""
        return f"C_{self.name.upper()}"


class Noted:
    """An edge whose visits are written into the request ledger by the door that they come through."""

    def __init__(self, app: ASGIApp, city: str, requests: Requests) -> None:
        self._app = app
        self._city = city
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one visitor."""
        if scope["type"] != "http":
            return
        target = target_of(scope)

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                status = int(message["status"])
                self._requests.record(f"edge:{self._city}", target.method, target.path, "", status, host=target.host)
            await send(message)

        await self._app(scope, receive, noting)


class ByHost:
    """Many sites behind one port: the app of the host that is asked for, else the first."""

    def __init__(self, apps: Sequence[tuple[frozenset[str], ASGIApp]]) -> None:
        self._apps = apps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand one request on."""
        if scope["type"] != "http":
            return
        host = target_of(scope).host
        app = next((app for hosts, app in self._apps if host in hosts), self._apps[0][1])
        await app(scope, receive, send)
