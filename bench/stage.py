"""The pretend world without the bot, as a process of its own, so that its work is not measured as the bot's.

python -m bench.stage FOLDER PORT BOT_PORT
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from playground import pipeline
from playground.cut import CuttableProtocol
from playground.slack import SlackStandIn
from playground.towns import shop
from playground.world import World
from tests.journeys.world import free_port

SECRET, BOT_TOKEN = "bench-signing-secret", "xoxb-bench"


async def stage(folder: Path, port: int, bot_port: int) -> None:
    """Serve Slack, the provider, edges and origin until killed."""
    url = f"http://127.0.0.1:{port}"
    world = World(folder, "fast", url, towns=[lambda ground: shop.town(ground, app=False)])
    slack = SlackStandIn(
        world.store, world.requests, world.faults, time.time,
        deliver_url=lambda: f"http://127.0.0.1:{bot_port}/slack/events", signing_secret=SECRET,
        bot_token=BOT_TOKEN, app_token="xapp-bench", base_url=f"{url}/slack", retry_waits=(),
    )  # fmt: skip
    await world.start()

    async def reset(request: Request) -> Response:
        slack.reset()
        await world.reset()
        return JSONResponse({"reset": True})

    app = Starlette(
        routes=[
            Route("/_play/reset", reset, methods=["POST"]),
            *slack.routes,
            *world.routes,
            Mount("/slack/api", slack.api),
        ]
    )
    (folder / "purgebot.yaml").write_text(world.config())
    config = uvicorn.Config(app, port=port, http=CuttableProtocol, lifespan="off", log_config=None, access_log=False)
    await uvicorn.Server(config).serve()


class Stage:
    """A stage process and the bot processes on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.bot_port, self.metrics_port = free_port(), free_port(), free_port()
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30, trust_env=False, verify=False)
        self._probe = httpx.Client(timeout=5, trust_env=False, verify=False)
        arguments = [str(folder), str(self.port), str(self.bot_port)]
        self._process = subprocess.Popen([sys.executable, "-m", "bench.stage", *arguments])
        self.wait_for(lambda: self.http.get("/_play/world").status_code == 200)

    def environ(self, name: str) -> Mapping[str, str]:
        """A bot's environment; `name` is its database's."""
        return {
            **os.environ,
            "PURGEBOT_CONFIG": str(self.folder / "purgebot.yaml"),
            "PURGEBOT_DATABASE": f"sqlite:///{self.folder / name}",
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_SIGNING_SECRET": SECRET,
            "SLACK_API_URL": f"http://127.0.0.1:{self.port}/slack/api/",
            "CLOUDFLARE_TOKEN": "playground-cloudflare-token",
            "PLAY_API_TOKEN": "play",
            "PLAY_DEPLOY_SECRET": pipeline.SECRET,
            "PORT": str(self.bot_port),
            "METRICS_PORT": str(self.metrics_port),
            "LOG_FORMAT": "json",
        }

    def bot(self, database: str, *arguments: str) -> tuple[subprocess.Popen[bytes], float]:
        """A bot, and the seconds until it was ready; without arguments the real one."""
        command = [sys.executable, "-m", *(arguments or ("bot", "serve"))]
        began = time.monotonic()
        log = (self.folder / "bot.log").open("ab")
        process = subprocess.Popen(command, env=dict(self.environ(database)), stderr=log)
        log.close()
        self.ready(lambda: process.poll() is None)
        return process, time.monotonic() - began

    def ready(self, lives: Callable[[], bool]) -> None:
        """Wait until a bot is ready, or lives no more."""
        url = f"http://127.0.0.1:{self.bot_port}/readyz"
        self.wait_for(lambda: not lives() or self._probe.get(url).status_code == 200)

    def wait_for(self, ready: object) -> None:
        """Ask until it is so."""
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if callable(ready) and ready():
                    return
            time.sleep(0.01)

    def post(self, path: str, **body: object) -> Mapping[str, object]:
        """A call of the playground's own."""
        answer: Mapping[str, object] = self.http.post(path, content=json.dumps(body)).json()
        return answer

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        self._probe.close()
        self.http.close()


if __name__ == "__main__":
    asyncio.run(stage(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
