"""Scenes: each sets the pretend world up so that `/purge why` finds one certain verdict, by what really happens there.

A scene begins with the world as at the start (origin, caches, faults, budgets, names, the ledger of requests); the chat
and the bot's jobs stay. Then a page of its own gets old copies, a deploy, and whatever else belongs to it. What a scene
purges it asks of the bot itself, as the token `play`, so that its jobs are real. A purge of everything in the last
quarter of an hour counts for the scene's page too; reset the world first for a clean slate.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

from playground.edge import NOTHING_SENT
from playground.http import loopback_client
from playground.manners import Manner

if TYPE_CHECKING:
    from playground.town import Town
    from playground.world import World

HELD, CHANGED = (
    900.0,
    600.0,
)  # seconds: since when the old copies are there, and since when the origin has something new
PATIENCE = 20.0  # seconds for a job to come as far as a scene needs it
ON_ITS_WAY = 10.0  # seconds: a purge that takes longer to a city is what a scene is about
AGES = 2.5  # seconds between two things that are to be told apart by an Age
EVERY = 0.05  # seconds between two looks at what has become of a purge
_BEARER = {"authorization": "Bearer play"}
_OPEN = ("waiting", "scheduled", "queued", "purging")


class SceneFailed(RuntimeError):
    """A scene could not be set; the text says at what."""


class Stage:
    """One page of one site, and what can be done to it."""

    def __init__(self, world: World, town: Town, path: str) -> None:
        self.world = world
        self.town = town
        self.path = path
        self.host = town.hosts[0]
        self.url = f"http://{self.host}{path}"

    def serve(self, manner: Manner, path: str = "") -> None:
        """From now on the page is served so."""
        self.world.manners.set(self.host, path or self.path, manner)

    async def visit(self, *paths: str, sends: Mapping[str, str] = NOTHING_SENT, city: str = "") -> None:
        """A visitor in each city, or in one, who `sends` these headers."""
        for where in (city,) if city else tuple(self.town.edges):
            for path in paths or (self.path,):
                await self._visit(where, path, sends)

    async def _visit(self, city: str, path: str, sends: Mapping[str, str]) -> None:
        headers = {"host": self.host, **sends}
        async with loopback_client() as client:
            request = client.build_request("GET", self.world.url_of(city), headers=headers)
            request.extensions["target"] = path.encode()
            await client.send(request)

    async def wait(self) -> None:
        """Long enough that an Age, which is whole seconds, tells what came first."""
        await asyncio.sleep(AGES)

    def age(self, *paths: str, seconds: float = HELD) -> None:
        """Every copy of the page is here for so much longer."""
        for cache in (*self.town.caches.values(), *self.town.fronts):
            for path in paths or (self.path,):
                cache.backdate(f"http://{self.host}{path}", seconds)

    def deploy(self, ago: float = CHANGED) -> None:
        """The origin has a new version of the page."""
        self.town.origin.deploy(self.path, ago=ago)

    async def grow_old(self, *paths: str) -> None:
        """Every cache holds the old page, and the origin has a new one."""
        self.town.origin.deploy(self.path, ago=3 * HELD)
        await self.visit(*paths)
        self.age(*paths)
        self.deploy()

    async def purge(self, things: str, until: Sequence[str] = (), vote: bool = False) -> None:
        """Have the bot purge, and wait until it is sent, or until the job is in one of these states; then until every
        cache is empty that is not a long time behind, so that whoever asks at once finds what the scene is about."""
        async with loopback_client() as client:
            name = await self._asked(client, things)
            if vote:
                await self._vote(client, name)
            async with asyncio.timeout(PATIENCE):
                async for state in self._states(client, name):
                    if state in until or (not until and state not in _OPEN):
                        break
        await self._emptied()

    async def _emptied(self) -> None:
        by = self.world.now() + ON_ITS_WAY
        caches = (*self.town.caches.values(), *self.town.fronts)
        await anext(is_empty async for is_empty in _repeated(lambda: not any(x.is_due(by) for x in caches)) if is_empty)

    async def seen(self, account: str, status: int) -> None:
        """Wait until an account has answered so."""
        async with asyncio.timeout(PATIENCE):
            await anext(found async for found in self._answers(account, status) if found)

    async def _answers(self, account: str, status: int) -> AsyncIterator[bool]:
        while True:
            rows = self.world.requests.listed()
            yield any((row["account"], row["status"]) == (account, status) for row in rows)
            await asyncio.sleep(EVERY)

    async def _asked(self, client: httpx.AsyncClient, things: str) -> str:
        answer = await client.post(f"{self.world.url}/v1/commands", json={"text": things}, headers=_BEARER)
        doc = answer.json()
        if "job" not in doc:
            raise SceneFailed(f"The bot did not take `{things}`: {doc}")
        return str(doc["job"])

    async def _states(self, client: httpx.AsyncClient, name: str) -> AsyncIterator[str]:
        while True:
            answer = await client.get(f"{self.world.url}/v1/jobs/{name}", headers=_BEARER)
            yield str(answer.json()["state"])
            await asyncio.sleep(EVERY)

    async def _vote(self, client: httpx.AsyncClient, name: str) -> None:
        """Sam says yes, once the request is there."""
        async with asyncio.timeout(PATIENCE):
            ours = await anext(found async for found in self._requests(client, name) if found)
        click = {"user": "U_SAM", "channel": "C_APPROVE", "ts": ours[-1]["ts"], "action_id": "approve"}
        await client.post(f"{self.world.url}/_play/click", json=click)

    async def _requests(self, client: httpx.AsyncClient, name: str) -> AsyncIterator[list[Mapping[str, object]]]:
        while True:
            there = await client.get(f"{self.world.url}/_play/messages", params={"channel": "C_APPROVE"})
            yield [message for message in there.json() if name in str(message["text"]).split()]
            await asyncio.sleep(EVERY)


@dataclass(frozen=True, slots=True)
class OnStage:
    """A scene that is set on a site: the page it is about, as caches keep it, and what is told of it."""

    path: str
    title: str
    line: str  # to type
    unseen: str  # what the boxes of caches do not show
    at: float  # when it was set, in seconds since the epoch


@dataclass(frozen=True, slots=True)
class Scene:
    """One scene: what is told of it, and how it is set up. `page` has the number of the run in place of `#`."""

    name: str
    title: str
    sees: str  # the verdict, as the card names it
    set_up: Callable[[Stage], Awaitable[None]]
    page: str = ""
    asks: str = ""  # what stands behind the page's path in the line to type
    site: str = "shop"
    unseen: str = ""  # what the boxes of caches do not show
    in_key: bool = True  # whether caches keep the page under all that is asked

    def path(self, run: int) -> str:
        """Its page in that run."""
        return (self.page or f"/{self.name}/#").replace("#", str(run))


class Scenes:
    """The scenes of one world, which remembers how often each was set."""

    def __init__(self, world: World, scenes: Sequence[Scene]) -> None:
        self._world = world
        self._scenes = {scene.name: scene for scene in scenes if scene.site in world.towns}
        self._setting = asyncio.Lock()
        world.store.execute("create table if not exists scenes (name text primary key, run integer)")

    @property
    def names(self) -> list[str]:
        """Every scene's name, in order."""
        return list(self._scenes)

    def told(self, name: str, run: int = 0) -> Mapping[str, str]:
        """What is told of a scene, with the line to type."""
        scene = self._scenes[name]
        town = self._world.towns[scene.site]
        url = f"http://{town.hosts[0]}{scene.path(run or self._runs(name) or 1)}{scene.asks}"
        return {
            "name": name,
            "title": scene.title,
            "sees": scene.sees,
            "site": scene.site,
            "channel": town.channel,
            "line": f"/purge why {url}",
        }

    def _runs(self, name: str) -> int:
        rows = self._world.store.rows("select run from scenes where name = ?", (name,))
        return int(rows[0]["run"]) if rows else 0

    async def set(self, name: str) -> Mapping[str, str]:
        """Set a scene. Raises SceneFailed."""
        scene = self._scenes[name]
        async with self._setting:
            run = self._runs(name) + 1
            await self._world.reset()
            stage = Stage(self._world, self._world.towns[scene.site], scene.path(run))
            try:
                await scene.set_up(stage)
            except (TimeoutError, httpx.HTTPError) as exc:
                raise SceneFailed(f"The bot did not come as far as {name} needs within {PATIENCE:g} s.") from exc
            told = self.told(name, run)
            path = f"{stage.path}{scene.asks if scene.in_key else ''}"
            now = self._world.now()
            self._world.on_stage[scene.site] = OnStage(path, scene.title, told["line"], scene.unseen, now)
            self._world.store.execute("insert or replace into scenes values (?, ?)", (name, run))
            return told


async def _repeated(ask: Callable[[], bool]) -> AsyncIterator[bool]:
    """The answer, now and after every pause."""
    while True:
        yield ask()
        await asyncio.sleep(EVERY)
