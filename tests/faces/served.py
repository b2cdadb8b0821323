"""The bot as a process of its own, forked; spoken to over HTTP and by signals. tests/test_forking.py starts it as an
operator does."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.forking import Piped, piped

ROOT = Path(__file__).parent.parent.parent
TOKEN = "let-me-in"
PATIENCE = 20.0  # seconds: as long as an orderly end may take
CONFIG = """\
mode: live
accounts:
  shield: {{provider: varnish, url: "{varnish}"}}
sites:
  shop: {{hosts: [www.shop.test], layers: [{{account: shield}}]}}
api:
  tokens:
    - {{name: ci, bearer: {{env: CI_TOKEN}}, sites: [shop], may: command}}
"""


def environ(data: Path, varnish: str = "http://127.0.0.1:1", **more: str) -> dict[str, str]:
    """An environment with a configuration in `data`, free ports, no Slack, and nothing from this machine's own."""
    config = data / "purgebot.yaml"
    config.write_text(CONFIG.format(varnish=varnish))
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {
        "PYTHONPATH": str(ROOT),
        "PURGEBOT_CONFIG": str(config),
        "PURGEBOT_DATABASE": f"sqlite:///{data / 'purgebot.db'}",
        "CI_TOKEN": TOKEN,
        "PORT": "0",
        "METRICS_PORT": "0",
        "LOG_FORMAT": "json",
        **more,
    }


@dataclass(slots=True)
class Served:
    """A bot that has opened its doors."""

    process: Piped
    started: Mapping[str, str]  # what it logged then
    http: httpx.AsyncClient

    async def end(self) -> int:
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE):
            return await self.process.wait()


async def start(env: Mapping[str, str], *words: str) -> Piped:
    """`purgebot <words>`, with any warning an error."""
    return await piped("purgebot", words, env, ROOT)


async def finished(env: Mapping[str, str], *words: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `purgebot <words>`."""
    process = await start(env, *words)
    async with asyncio.timeout(PATIENCE):
        out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


@contextlib.asynccontextmanager
async def served(env: Mapping[str, str], *words: str) -> AsyncIterator[Served]:
    """`purgebot serve` with its doors open; killed at the end if it still runs."""
    process = await start(env, "serve", *words)
    try:
        async with asyncio.timeout(PATIENCE):
            started = await _started(process.stderr)
        headers = {"authorization": f"Bearer {TOKEN}"}
        reading = asyncio.create_task(process.stderr.read())  # a full pipe would stop it
        async with httpx.AsyncClient(
            base_url=started["at"], headers=headers, trust_env=False, verify=False, timeout=30
        ) as http:
            yield Served(process, started, http)
        reading.cancel()
    finally:
        await process.close()


async def _started(log: asyncio.StreamReader) -> Mapping[str, str]:
    seen = []
    async for line in log:
        seen.append(line.decode())
        if '"event": "serving"' in seen[-1]:
            said: dict[str, str] = json.loads(seen[-1])
            return said
    raise AssertionError(f"it ended before it served:\n{''.join(seen)}")
