"""`python -m playground`: the pretend world and the bot, unmodified, in one process on one port.

Only URLs differ from a real installation: Slack and the provider are emulators mounted under the port; edges, shield
and origin have ports of their own. HELP names what the environment may say.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.ledger.opening import LedgerInUse
from bot.serving import CannotStart, listen, set_up_logging, without_signals
from bot.settings import Environment, load
from bot.wiring import Bot
from playground import pipeline
from playground.cut import CuttableProtocol
from playground.slack import SlackStandIn
from playground.towns import TOWNS
from playground.world import World

HELP = f"""\
python -m playground: purgebot in a pretend world, without Slack, a CDN account or a network. Ctrl-C ends it.

The environment says how:
  PORT        where the page is on 127.0.0.1 (8080)
  DATA        the folder that keeps the world and the bot's ledger (.play); remove it to begin anew
  SPEED       human, or fast: nothing takes its time (human)
  SITES       the sites to open, with commas ({",".join(TOWNS)})
  LOG_FORMAT  console or json (console)

What can be asked of the world by curl: docs/playground.md.
"""
PAGE = Path(__file__).parent / "page"
SIGNING_SECRET, BOT_TOKEN, APP_TOKEN, API_TOKEN = "play-signing-secret", "xoxb-play", "xapp-play", "play"


class Play:
    """Everything in one process. A reset stops the bot, clears the world and starts a new bot."""

    def __init__(self, data: Path, port: int, speed: str, sites: Sequence[str] = tuple(TOWNS)) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self._data = data
        self._url = f"http://127.0.0.1:{port}"
        self._world = World(data, speed, self._url, towns=[TOWNS[site] for site in sites])
        self._slack = SlackStandIn(
            self._world.store, self._world.requests, self._world.faults, time.time,
            deliver_url=lambda: f"{self._url}/slack/events", signing_secret=SIGNING_SECRET,
            bot_token=BOT_TOKEN, app_token=APP_TOKEN, base_url=f"{self._url}/slack",
        )  # fmt: skip
        self._bot: Bot | None = None
        self._resetting = asyncio.Lock()

    async def start(self) -> None:
        """World first, then the bot on it."""
        await self._world.start()
        await self._open_bot()
        await self._slack.start()

    async def _open_bot(self) -> None:
        config = self._data / "purgebot.yaml"
        config.write_text(self._world.config())
        environ = {
            "PURGEBOT_CONFIG": str(config),
            "PURGEBOT_DATABASE": f"sqlite:///{self._data / 'purgebot.db'}",
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_SIGNING_SECRET": SIGNING_SECRET,
            "SLACK_API_URL": f"{self._url}/slack/api/",
            **self._world.environ,
            "PLAY_API_TOKEN": API_TOKEN,
            "PLAY_DEPLOY_SECRET": pipeline.SECRET,
        }
        self._bot = Bot(load(config, environ), Environment.read(environ))
        self._bot_app = self._bot.app()
        await self._bot.start()

    async def reset(self, request: Request) -> Response:
        """The world as at the start."""
        async with self._resetting:
            await self._close_bot()
            for file in self._data.glob("purgebot.db*"):
                file.unlink()
            self._slack.reset()
            await self._world.reset()
            await self._open_bot()
        return JSONResponse({"reset": True})

    async def _close_bot(self) -> None:
        bot, self._bot = self._bot, None
        if bot is not None:
            await bot.stop(grace=0.5)

    async def stop(self) -> None:
        """The bot first, then its world."""
        if self._bot is not None:
            self._bot.stopping.set()
            await self._bot.stop()
        await self._slack.stop()
        await self._world.stop()

    def end_polls(self) -> None:
        """Long polls answer now."""
        if self._bot is not None:
            self._bot.stopping.set()

    async def _to_bot(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._bot is None:
            await JSONResponse({"error": "The bot is starting again."}, 503)(scope, receive, send)
            return
        await self._bot_app(scope, receive, send)

    def app(self) -> ASGIApp:
        """Every route under PORT: the page, the world's own calls, the emulators, and the bot's routes for the rest."""
        return Starlette(
            routes=[
                Route("/", lambda request: FileResponse(PAGE / "index.html")),
                Mount("/page", StaticFiles(directory=PAGE, check_dir=False)),
                Route("/_play/reset", self.reset, methods=["POST"]),
                *self._slack.routes,
                *self._world.routes,
                Mount("/slack/api", self._slack.api),
                Mount("", self._to_bot),
            ]
        )


async def play(data: Path, port: int, speed: str, sites: Sequence[str]) -> int:
    """Run until SIGINT or SIGTERM."""
    try:
        listener = listen("127.0.0.1", port, "PORT")
    except CannotStart:
        print(f"Port {port} is taken. Choose another: make play PORT={port + 1000}", file=sys.stderr)
        return 1
    world = Play(data, port, speed, sites)
    config = uvicorn.Config(
        world.app(), http=CuttableProtocol, lifespan="off", log_config=None, access_log=False,
        timeout_graceful_shutdown=3,
    )  # fmt: skip
    server = without_signals(uvicorn.Server(config))
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    serving = asyncio.create_task(server.serve([listener]))
    await world.start()
    print(f"purgebot's playground is open: http://127.0.0.1:{port}  (Ctrl-C ends it; DATA={data})", flush=True)
    await stop.wait()
    world.end_polls()
    server.should_exit = True
    await serving
    await world.stop()
    return 0


def main(environ: Mapping[str, str], words: Sequence[str] = ()) -> int:
    """The command; `words` are what stands after it, of which only a wish for help means something."""
    if words:
        asked = words[0] in ("-h", "--help")
        print(HELP if asked else f"There is no {words[0]}: the environment says how.\n\n{HELP}", end="",
              file=sys.stdout if asked else sys.stderr)  # fmt: skip
        return 0 if asked else 2
    port = _port(environ.get("PORT") or "8080")
    if port is None:
        print("PORT is not a port. Write a number from 1 to 65535, such as 8080.", file=sys.stderr)
        return 1
    data = Path(environ.get("DATA") or ".play").absolute()
    sites = [site.strip() for site in environ.get("SITES", ",".join(TOWNS)).split(",")]
    if unknown := [site for site in sites if site not in TOWNS]:
        print(f"There is no site {unknown[0]}. SITES names some of {','.join(TOWNS)}.", file=sys.stderr)
        return 1
    set_up_logging(environ.get("LOG_FORMAT", "console"))
    try:
        return asyncio.run(play(data, port, environ.get("SPEED", "human"), sites))
    except LedgerInUse:
        print(f"Another playground works in {data}. End it, or choose another folder: DATA=…", file=sys.stderr)
        return 1


def _port(text: str) -> int | None:
    """The port that `text` names; None if it names none."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else 0
    return number if 1 <= number <= 65535 else None


if __name__ == "__main__":
    raise SystemExit(main(os.environ, sys.argv[1:]))
