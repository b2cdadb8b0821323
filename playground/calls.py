"""What may be asked of the world under /_play, JSON in and out. What cannot be done is 400 and says what to send."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from playground import pipeline
from playground.faults import KINDS, ONLY, UnknownFault
from playground.http import loopback_client
from playground.scenes import OnStage, SceneFailed, Scenes
from playground.scenes_of_why import SCENES

if TYPE_CHECKING:
    from playground.town import Town
    from playground.world import World

FIRST = "shop"  # where no site is named
PAGES = ("/", "/pricing")  # what a whole deploy tells of
_PATH = re.compile(r"/[!-~]*")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,39}")


class Unclear(Exception):
    """What was sent cannot be done; the text says what to send."""


def routes_of(world: World) -> list[Route]:
    """The calls of one world."""
    calls = Calls(world)
    return [
        Route("/_play/world", _told(calls.show), methods=["GET"]),
        Route("/_play/visit", _told(calls.visit), methods=["GET"]),
        Route("/_play/origin", _told(calls.deploy), methods=["POST"]),
        Route("/_play/deploy", _told(calls.deploy_and_tell), methods=["POST"]),
        Route("/_play/fault", _told(calls.fault), methods=["POST"]),
        Route("/_play/ledger", _told(calls.ledger), methods=["GET"]),
        Route("/_play/scenes", _told(calls.scenes), methods=["GET"]),
        Route("/_play/scene", _told(calls.scene), methods=["POST"]),
    ]


def _told(call: Callable[[Request], Awaitable[object]]) -> Callable[[Request], Awaitable[Response]]:
    async def answered(request: Request) -> Response:
        try:
            return JSONResponse(await call(request))
        except (Unclear, UnknownFault, SceneFailed) as exc:
            return JSONResponse({"error": str(exc)}, 400)

    return answered


class Calls:
    """The deeds behind the routes."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._scenes = Scenes(world, SCENES)

    async def show(self, request: Request) -> object:
        """The world as it is now."""
        world = self._world
        return {
            "api": {"url": world.url, "token": "play"},
            "deploys": {"url": f"{world.url}{pipeline.PATH}", "sender": pipeline.SENDER, "secret": pipeline.SECRET},
            "accounts": world.accounts,
            "sites": {name: _site(town, world.on_stage.get(name)) for name, town in world.towns.items()},
            "faults": world.faults.shown(),
            "kinds": {account: _kinds(account) for account in (*world.accounts, "slack")},
            "now": world.now(),
        }

    def _town(self, name: object) -> Town:
        town = self._world.towns.get(str(name))
        if town is None:
            there = f"There are {', '.join(self._world.towns)}."
            raise Unclear(f'There is no such site here. {there} Send site={FIRST}, or in JSON {{"site": "{FIRST}"}}.')
        return town

    async def visit(self, request: Request) -> object:
        """One visitor's request through one edge."""
        urls = self._world.edge_urls
        asked = request.query_params
        city, path = asked.get("edge", ""), asked.get("path", "/")
        host = self._town(asked.get("site", FIRST)).hosts[0]
        if city not in urls or not _PATH.fullmatch(path) or "#" in path:
            raise Unclear(f"Ask for site={FIRST}, edge={' or '.join(urls)}, and a path such as /pricing?page=2.")
        async with loopback_client() as client:
            visit = client.build_request("GET", urls[city], headers={"host": host})
            visit.extensions["target"] = path.encode()
            try:
                response = await client.send(visit)
            except httpx.RemoteProtocolError as exc:
                raise Unclear(f"{city} hung up without an answer. Another path, or a reset, ends that.") from exc
        headers = dict(response.headers)
        return {"status": response.status_code, "headers": headers, "version": headers.get("x-build")}

    async def deploy(self, request: Request) -> object:
        """New content."""
        version, _, _ = self._new_content(await _sent(request))
        return {"version": version}

    async def deploy_and_tell(self, request: Request) -> object:
        """New content, and the bot hears of it from the pipeline."""
        version, town, path = self._new_content(await _sent(request))
        pages = [path] if path else list(PAGES)
        told = await pipeline.tell(self._world.url, town.name, version, pages, self._world.now())
        return {"version": version, "status": told.status, "answer": told.answer}

    def _new_content(self, body: Mapping[str, object]) -> tuple[str, Town, str]:
        path, version = body.get("path") or "", body.get("version") or ""
        town = self._town(body.get("site", FIRST))
        if not isinstance(path, str) or (path and not re.fullmatch(r"/[!-~]*", path)) or set(path) & set("?#"):
            raise Unclear('`path` begins with / and has no query. Send "path": "/pricing", or none for all paths.')
        if not isinstance(version, str) or (version and not _VERSION.fullmatch(version)):
            raise Unclear('`version` is up to 40 letters, digits and ._+-. Send "version": "v9", or none for the next.')
        return town.origin.deploy(path, version), town, path

    async def fault(self, request: Request) -> object:
        """Switch a fault on or off."""
        body = await _sent(request)
        times = body.get("times")
        if times is not None and (isinstance(times, bool) or not isinstance(times, int) or times < 0):
            raise Unclear("`times` is a whole number from 0, which ends the fault, or absent for until ended.")
        self._world.faults.set(str(body.get("account", "")), str(body.get("kind", "")), times)
        await self._world.open_doors()
        return {"faults": self._world.faults.shown()}

    async def scenes(self, request: Request) -> object:
        """What scenes there are, and the line to type in each."""
        return {"scenes": [self._scenes.told(name) for name in self._scenes.names]}

    async def scene(self, request: Request) -> object:
        """Set one up."""
        name = (await _sent(request)).get("name", "")
        if name not in self._scenes.names:
            raise Unclear(f"There is no such scene. There are {', '.join(self._scenes.names)}.")
        return await self._scenes.set(str(name))

    async def ledger(self, request: Request) -> object:
        """Every request that was received."""
        return self._world.requests.listed()


def _kinds(account: str) -> list[str]:
    """The faults that an account has."""
    return [kind for kind in KINDS if account in ONLY.get(kind, (account,))]


def _site(town: Town, scene: OnStage | None) -> Mapping[str, object]:
    """One site as it is now; `shield` is the copies of its one cache between origin and edges, where it has one, and
    `scene` the page that the scene is about, if one is set there, with what is told of it as `stage`."""
    host = town.hosts[0]
    places = {place: cache.shown(host) for place, cache in town.caches.items()}
    here = [path for held in places.values() for path in held]
    known = {"/", "/pricing", *([scene.path] if scene else []), *town.origin.ahead(), *here}
    versions = {place: {path: copy.version for path, copy in held.items()} for place, held in places.items()}
    return {
        "url": f"http://{host}/",
        "provider": town.provider,
        "channel": town.channel,
        "origin": {path: town.origin.version(path[path.find("/") :]) for path in sorted(known)},
        "inner": {place: versions[place] for place in town.inner},
        **({"shield": versions["shield"]} if "shield" in town.inner else {}),
        "edges": {city: versions[city] for city in town.edges},
        "since": {place: {path: copy.since for path, copy in held.items()} for place, held in places.items()},
        "soft": {place: [path for path, copy in held.items() if copy.stale] for place, held in places.items()},
        "budgets": town.budgets(),
        **({"scene": scene.path, "stage": _stage(scene)} if scene else {}),
    }


def _stage(scene: OnStage) -> Mapping[str, object]:
    return {"title": scene.title, "line": scene.line, "unseen": scene.unseen, "at": scene.at}


async def _sent(request: Request) -> Mapping[str, object]:
    """The JSON object in the body; nothing is nothing. Raises Unclear."""
    try:
        sent = json.loads(await request.body() or b"{}")
    except ValueError:
        sent = None
    if not isinstance(sent, dict):
        raise Unclear('This is not a JSON object. Send one, such as {"site": "shop"}.')
    return sent
