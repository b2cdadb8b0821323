"""A whole playground as a process of its own, spoken to only through what is promised for it."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import httpx

from tests.forking import ROOT, Child, forked

Json = Mapping[str, object]
T = TypeVar("T")
PATIENCE = 60.0  # seconds


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Playground:
    """One playground on its own port and data folder."""

    def __init__(self, data: Path, speed: str = "fast", port: int = 0, env: Mapping[str, str] | None = None) -> None:
        self.port = port or free_port()
        self.data = data
        self.url = f"http://127.0.0.1:{self.port}"
        self.http = httpx.Client(base_url=self.url, timeout=20, trust_env=False, verify=False)
        self._env = {**os.environ, "PORT": str(self.port), "DATA": str(data), "SPEED": speed, **(env or {})}
        self._process: Child | None = None

    def start(self) -> Playground:
        """Start it and wait until the bot is ready."""
        self.data.mkdir(parents=True, exist_ok=True)
        with (self.data / "log").open("ab") as log:
            self._process = forked("playground", (), self._env, ROOT, log.fileno(), log.fileno())
        self.until(self._ready, "the playground is ready")
        return self

    def _ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.data / "log").read_text()[-2000:]
        try:
            return self.http.get("/readyz").status_code == 200
        except httpx.HTTPError:
            return False

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(timeout=25)
        self.http.close()
        return code

    def until(self, ask: Callable[[], T | None], what: str, patience: float = PATIENCE) -> T:
        """The first true answer of `ask`."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            answer = ask()
            if answer:
                return answer
            time.sleep(0.05)
        raise AssertionError(f"{what}: not within {patience} s; log ends:\n{(self.data / 'log').read_text()[-3000:]}")

    def get(self, path: str, /, **params: str) -> Json:
        """A GET of the playground's own."""
        response = self.http.get(path, params=params)
        assert response.status_code == 200, response.text
        answer: Json = response.json()
        return answer

    def post(self, path: str, /, **body: object) -> Json:
        """A POST of the playground's own."""
        response = self.http.post(path, json=body)
        assert response.status_code == 200, response.text
        answer: Json = response.json()
        return answer

    def command(self, user: str, text: str, channel: str = "C_SHOP") -> Json:
        """`/purge …` as Slack would deliver it."""
        return self.post("/_play/command", user=user, channel=channel, text=text)

    def messages(self, channel: str, user: str = "", thread: str = "") -> list[Json]:
        """What is to be read in a channel."""
        params = {"channel": channel} | ({"user": user} if user else {}) | ({"thread_ts": thread} if thread else {})
        answer = self.http.get("/_play/messages", params=params).json()
        return list(answer)

    def card(self, starts: str, channel: str = "C_SHOP", user: str = "") -> Json | None:
        """The newest message whose text holds `starts`."""
        found = [m for m in self.messages(channel, user) if starts in str(m["text"])]
        return found[-1] if found else None

    def wait_card(self, *words: str, channel: str = "C_SHOP", user: str = "", patience: float = PATIENCE) -> Json:
        """The newest message that holds all `words`, once it is there."""

        def look() -> Json | None:
            found = [m for m in self.messages(channel, user) if all(word in str(m["text"]) for word in words)]
            return found[-1] if found else None

        return self.until(look, f"a card with {words} in {channel}", patience)

    def click(self, user: str, message: Json, action: str, channel: str) -> Json:
        """A button of a message."""
        return self.post("/_play/click", user=user, channel=channel, ts=message["ts"], action_id=action)

    def job(self, name: str, wait: float = 0) -> Json:
        """The job's record."""
        headers = {"authorization": "Bearer play"}
        response = self.http.get(f"/v1/jobs/{name}", params={"wait": str(wait)} if wait else {}, headers=headers)
        answer: Json = response.json()
        return answer

    def wait_job(self, name: str, *states: str, patience: float = PATIENCE) -> Json:
        """The job's record once it is in one of `states`."""

        def look() -> Json | None:
            record = self.job(name)
            return record if record.get("state") in states else None

        return self.until(look, f"{name} {states}", patience)

    def world(self) -> Json:
        """Site `shop` as the world is now."""
        world = self.get("/_play/world")
        sites = world["sites"]
        assert isinstance(sites, dict)
        shop: Json = sites["shop"]
        return shop

    def purges(self, account: str) -> list[Json]:
        """The purges an emulator took, oldest first."""
        ledger = self.http.get("/_play/ledger").json()
        return [row for row in ledger if row["account"] == account and row["method"] in ("POST", "PURGE", "BAN")]
