"""A whole room to talk in: the pretend world, the Slack stand-in and an unmodified bot, in one loop on loopback.

Slack's own store is watched, so that a test waits for what people see and never for time to pass.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import httpx
from ruamel.yaml import YAML
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.domain.jobs.job import JobView
from bot.domain.policies.policy import Policy
from bot.ledger.books import Books
from bot.settings import Environment, Settings, load
from bot.wiring import Bot, nothing
from playground import pipeline
from playground.faults import Faults
from playground.http import Target
from playground.people import WORKSPACE, Channel, Workspace
from playground.requests import Requests
from playground.slack import SlackStandIn
from playground.store import Store
from playground.town import Town
from playground.towns import shop
from playground.world import HELD_AT_START, World
from tests.playground.slack_land import served

SECRET, BOT_TOKEN, APP_TOKEN, API_TOKEN = "signing-secret", "xoxb-room", "xapp-room", "room"
PATIENCE = 25.0  # seconds
FIRST = "v1"  # the origin's version at the start
HOST = "http://www.shop.test"
PRICING = f"{HOST}/pricing"
PEOPLE = ("U_MIA", "U_LEA", "U_SAM", "U_KIM", "U_GUEST")
HOUSE = Workspace(
    WORKSPACE.people,
    (*WORKSPACE.channels, Channel("C_SECRET", "secret", ("U_MIA", "U_LEA"), is_private=True)),
    WORKSPACE.groups,
)

Doc = Mapping[str, object]
T = TypeVar("T")


class WatchedStore(Store):
    """A store that tells when it was written to."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.written = asyncio.Event()

    def execute(self, sql: str, args: Sequence[object] = ()) -> int:
        """Run one statement, and say so."""
        changed = super().execute(sql, args)
        self.written.set()
        return changed


async def _fill_anew(town: Town) -> None:
    """As at the start: the origin's first version, and copies of it at every edge."""
    for cache in town.caches.values():
        cache.forget(lambda url: True)
    town.origin.reset()
    for path in HELD_AT_START:
        for edge in town.edges.values():
            await edge.page(Target("GET", town.hosts[0], path))


class Room:
    """What people in it can do and see."""

    def __init__(
        self,
        data: Path,
        url: str,
        workspace: Workspace,
        by_socket: bool,
        failpoint: Callable[[str], None],
        policy: Policy | None = None,
        extra: str = "",
    ) -> None:
        self._data = data
        self._extra = extra
        self._read: dict[str, tuple[str, Settings]] = {}  # by what is extra
        self.workspace = workspace
        self._by_socket = by_socket
        self._failpoint = failpoint
        self._policy = policy
        self._app: ASGIApp = JSONResponse({"error": "The bot is down."}, 503)
        self.url = url
        self.world = World(data, "fast", url, towns=[lambda ground: shop.town(ground, app=False)])
        self.store = WatchedStore(data / "slack.db")
        self.faults, self.requests = Faults(self.store), Requests(self.store)
        self.slack = SlackStandIn(
            self.store, self.requests, self.faults, time.time, lambda: f"{url}/slack/events", SECRET, BOT_TOKEN,
            APP_TOKEN, f"{url}/slack", workspace=workspace, mode="socket" if by_socket else "http",
            retry_waits=(0.0, 0.0, 0.0),
        )  # fmt: skip
        unused = httpx.Limits(keepalive_expiry=2)  # seconds; the server closes them after 5
        self.http = httpx.AsyncClient(base_url=url, trust_env=False, verify=False, timeout=30, limits=unused)
        self.bot: Bot

    def app(self) -> ASGIApp:
        """Everything under one port."""
        return Starlette(
            routes=[
                *self.slack.routes,
                Mount("/slack/api", self.slack.api),
                Mount("", self._to_bot),
            ]
        )

    async def _to_bot(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    async def open_bot(self) -> None:
        """A bot on the ledger as it is."""
        config = self._data / "purgebot.yaml"
        environ = {
            "PURGEBOT_CONFIG": str(config),
            "PURGEBOT_DATABASE": f"sqlite:///{self._data / 'purgebot.db'}",
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_SIGNING_SECRET": SECRET,
            "SLACK_API_URL": f"{self.url}/slack/api/",
            **self.world.environ,
            "PLAY_API_TOKEN": API_TOKEN,
            "PLAY_DEPLOY_SECRET": pipeline.SECRET,
            **({"SLACK_APP_TOKEN": APP_TOKEN} if self._by_socket else {}),
        }
        settings = self._settings(config, environ)
        settings = replace(settings, policy=self._policy) if self._policy is not None else settings
        self.bot = Bot(settings, Environment.read(environ), self._failpoint)
        self._app = self.bot.app()
        await self.bot.start()
        if self._by_socket:
            await self.slack.sockets.opened(1)

    def _settings(self, config: Path, environ: Mapping[str, str]) -> Settings:
        """What the configuration says: read once for each `extra`, since all else stays as long as the room."""
        if self._extra not in self._read:
            text = _with(self.world.config(), self._extra)
            config.write_text(text)
            self._read[self._extra] = text, load(config, environ)
        text, settings = self._read[self._extra]
        config.write_text(text)
        return settings

    async def close_bot(self, grace: float = 1.0) -> None:
        """The bot ends, at the latest after `grace` seconds."""
        await self.bot.stop(grace)

    async def restart(self, extra: str | None = None) -> None:
        """The bot ends in the middle of whatever it does, and a new one takes up its ledger; with `extra` in its
        configuration where that is given."""
        await self.close_bot(grace=0.0)
        self._extra = self._extra if extra is None else extra
        await self.open_bot()

    async def clear(self, extra: str = "") -> None:
        """An empty workspace, full budgets and a new bot. The pages that are held from the start are held, and new:
        whether a purge is proven may depend on whether others are there."""
        await self.close_bot(grace=0.0)
        self._extra = extra
        for file in self._data.glob("purgebot.db*"):
            file.unlink()
        self.faults.clear()
        self.requests.clear()
        self.slack.reset()
        self.world.faults.clear()
        self.world.requests.clear()
        for town in self.world.towns.values():
            town.refill()
            if any(town.origin.version(path) != FIRST for path in HELD_AT_START):
                await _fill_anew(town)
            for cache in town.caches.values():
                cache.forget(lambda url: urlsplit(url.partition(" ")[0]).path not in HELD_AT_START)
        self.requests.clear()
        await self.open_bot()

    async def until(self, ask: Callable[[], Awaitable[T]], what: str, patience: float = PATIENCE) -> T:
        """The first true answer of `ask`, asked again whenever Slack's store was written to."""
        try:
            async with asyncio.timeout(patience):
                while True:
                    self.store.written.clear()
                    answer = await ask()
                    if answer:
                        return answer
                    await self.store.written.wait()
        except TimeoutError:
            raise AssertionError(f"{what}: not within {patience} s. There is:\n{await self._everything()}") from None

    async def _everything(self) -> str:
        seen = [await self.messages(channel.id, who) for channel in HOUSE.channels for who in channel.members[:3]]
        return "\n".join(dict.fromkeys(f"{m['ts']} {m['text']}" for messages in seen for m in messages))

    async def messages(self, channel: str = "C_SHOP", user: str = "", thread: str = "") -> list[Doc]:
        """What is to be read in a channel, oldest first."""
        params = {"channel": channel, "user": user, "thread_ts": thread}
        answer = (await self.http.get("/_play/messages", params=params)).json()
        assert isinstance(answer, list), answer
        return answer

    async def card(self, *words: str, channel: str = "C_SHOP", user: str = "") -> Doc:
        """The newest message in a channel, outside threads, that holds all `words`, once it is there."""

        async def look() -> Doc | None:
            seen = await self.messages(channel, user)
            found = [m for m in seen if "thread_ts" not in m and all(word in said(m) for word in words)]
            return found[-1] if found else None

        found = await self.until(look, f"a card with {words} in {channel}")
        assert found is not None
        return found

    async def note(self, user: str, *words: str, channel: str = "C_SHOP") -> Doc:
        """What only `user` sees and holds all `words`, once it is there; the newest."""

        async def look() -> Doc | None:
            found = [m for m in await self.notes(user, channel) if all(word in said(m) for word in words)]
            return found[-1] if found else None

        found = await self.until(look, f"a note with {words} to {user}")
        assert found is not None
        return found

    async def notes(self, user: str, channel: str = "C_SHOP") -> list[Doc]:
        """Everything that only `user` sees."""
        return [message for message in await self.messages(channel, user) if message["ephemeral"]]

    async def lines(self, root: Doc, *words: str, channel: str = "C_SHOP") -> str:
        """What the thread under `root` says, once it holds all `words`."""

        async def look() -> str:
            thread = str(root.get("thread_ts") or root["ts"])
            said = "\n".join(str(m["text"]) for m in (await self.messages(channel, thread=thread))[1:])
            return said if all(word in said for word in words) else ""

        return await self.until(look, f"a thread with {words}")

    async def play(self, call: str, **body: object) -> Doc:
        """One of the people's calls."""
        answer = (await self.http.post(f"/_play/{call}", json=body)).json()
        assert isinstance(answer, dict), answer
        return answer

    async def command(self, user: str, text: str, channel: str = "C_SHOP") -> Doc:
        """`/purge …`."""
        return await self.play("command", user=user, channel=channel, text=f"/purge {text}".strip())

    async def mention(self, user: str, text: str, channel: str = "C_SHOP", thread: str = "") -> Doc:
        """`@purgebot …`."""
        return await self.play("mention", user=user, channel=channel, text=f"@purgebot {text}", thread_ts=thread)

    async def click(self, user: str, message: Doc, action: str, channel: str = "C_SHOP", **more: str) -> Doc:
        """A button of a message."""
        return await self.play("click", user=user, channel=channel, ts=message["ts"], action_id=action, **more)

    async def form(self, user: str) -> Doc:
        """The form in front of `user`, once it is there."""

        async def look() -> Doc | None:
            shown = (await self.http.get("/_play/views", params={"user": user})).json()["open"]
            return shown[-1] if shown else None

        form = await self.until(look, f"a form in front of {user}")
        assert form is not None
        return form

    async def submit(self, user: str, form: Doc, **fields: str) -> Doc:
        """Send a form."""
        values = {name: {name: value} for name, value in fields.items()}
        return await self.play("submit", user=user, view_id=form["id"], values=values)

    async def job(self, number: int, *states: str) -> Doc:
        """The job's record, once it is in one of `states`; each asking waits for an end or for a person."""
        headers = {"authorization": f"Bearer {API_TOKEN}"}
        async with asyncio.timeout(PATIENCE):
            while True:
                answer = await self.http.get(f"/v1/jobs/P-{number}", params={"wait": "5"}, headers=headers)
                record = answer.json()
                assert isinstance(record, dict)
                if not states or record.get("state") in states:
                    return record

    async def jobs(self) -> list[JobView]:
        """Every job in the ledger, latest first."""
        return list(await self.bot.ledger.read(lambda books: books.jobs.recent(["shop"], 100)))

    async def in_flight(self, layer: int) -> None:
        """Waits until a purge call of a job's layer at this position (0: innermost) has begun and not ended."""

        def calling(books: Books) -> bool:
            return layer in {batch.position for batch in books.batches.orphans("another process")}

        async with asyncio.timeout(PATIENCE):
            while not await self.bot.ledger.read(calling):
                await asyncio.sleep(0.01)

    def purges(self, account: str = "cf") -> list[list[str]]:
        """What each purge call to `account` purged, oldest first."""
        calls = [row for row in self.world.requests.listed() if row["account"] == account]
        purged = [row["purged"] for row in calls if row["method"] in ("POST", "PURGE", "BAN")]
        return [list(urls) for urls in purged if isinstance(urls, list)]

    def asked_slack(self, method: str) -> list[Doc]:
        """Every request that Slack got for `method`."""
        return [row for row in self.requests.listed() if row["path"] == f"/api/{method}"]


def said(message: Doc) -> str:
    """All the words of a message: its text, and what its blocks say."""
    return f"{message['text']}\n{message['blocks']}"


def buttons(message: Doc) -> list[str]:
    """The action ids of a message or a form, in order."""
    return [str(element["action_id"]) for element in elements(message)]


def labels(message: Doc) -> list[str]:
    """What the buttons of a message say, in order."""
    return [str(element["text"]["text"]) for element in elements(message)]  # type: ignore[index]


def elements(message: Doc) -> list[Doc]:
    """The buttons of a message or a form, in order."""
    blocks = message["blocks"]
    assert isinstance(blocks, list)
    return [element for block in blocks if block["type"] == "actions" for element in block["elements"]]


def small_print(message: Doc) -> list[str]:
    """The lines under the first one."""
    blocks = message["blocks"]
    assert isinstance(blocks, list)
    told = [part["text"] for block in blocks if block["type"] == "context" for part in block["elements"]]
    return "\n".join(told).split("\n") if told else []


def _with(config: str, extra: str) -> str:
    """A configuration with what `extra` says in it: keys of maps are added or replaced, at every depth."""
    if not extra:
        return config
    yaml, out = YAML(), io.StringIO()
    yaml.dump(_merged(yaml.load(config), yaml.load(extra)), out)
    return out.getvalue()


def _merged(old: object, new: object) -> object:
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return new
    return {**old, **{key: _merged(old.get(key), value) for key, value in new.items()}}


@contextlib.asynccontextmanager
async def room(
    data: Path,
    workspace: Workspace = HOUSE,
    by_socket: bool = False,
    failpoint: Callable[[str], None] = nothing,
    policy: Policy | None = None,
    extra: str = "",
) -> AsyncIterator[Room]:
    """A room that is open until the block ends; `policy` instead of the configured one, `extra` YAML in its file."""
    port = socket.create_server(("127.0.0.1", 0))
    opened = Room(data, f"http://127.0.0.1:{port.getsockname()[1]}", workspace, by_socket, failpoint, policy, extra)
    await opened.world.start()
    async with served(opened.app(), port):
        await opened.open_bot()
        await opened.slack.start()
        try:
            yield opened
        finally:
            await opened.http.aclose()
            await opened.close_bot()
            await opened.slack.stop()
            await opened.world.stop()
            opened.store.close()
