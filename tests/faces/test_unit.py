"""The bot does its work under the filter of docs/running/purgebot.service."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from tests.faces.served import PATIENCE, ROOT, TOKEN, environ
from tests.providers.loopback import loopback
from tests.real import find, free_port

pytestmark = [pytest.mark.slow, pytest.mark.real("systemd")]

CONFINED = Path(__file__).with_name("confined.py")
UNIT = (ROOT / "docs/running/purgebot.service").read_text(encoding="utf-8")
URL = "https://www.shop.test/pricing"


def sets() -> Mapping[str, list[str]]:
    """systemd's sets of system calls, each with the calls and sets that are in it."""
    told = subprocess.run(
        [find("systemd-analyze"), "syscall-filter", "--no-pager"], capture_output=True, text=True, check=True
    ).stdout
    found: dict[str, list[str]] = {}
    for line in re.sub(r"\x1b\[[0-9;]*m", "", told).splitlines():
        if line.startswith("@"):
            found[line.strip()] = inside = []
        elif line.startswith(" ") and not line.strip().startswith("#"):
            inside.append(line.strip())
    return found


def allowed() -> set[str]:
    """The system calls that the unit lets through."""
    known = sets()

    def calls(name: str) -> set[str]:
        return {call for one in known[name] for call in calls(one)} if name.startswith("@") else {name}

    through: set[str] = set()
    for words in re.findall(r"^SystemCallFilter=(.*)$", UNIT, re.MULTILINE):
        named = {call for name in words.lstrip("~").split() for call in calls(name)}
        through = through - named if words.startswith("~") else through | named
    return through


def under_the_filter(*arguments: str) -> list[str]:
    return [sys.executable, str(CONFINED), ",".join(sorted(allowed())), sys.executable, *arguments]


def said_by(program: str) -> str:
    told = subprocess.run(under_the_filter("-c", program), capture_output=True, text=True, cwd=ROOT, check=False)
    return told.stdout or told.stderr


@pytest.mark.parametrize(
    "program",
    [
        "import os; os.chroot('/')",
        "import os; os.setuid(65534)",
        "import mmap; mmap.mmap(-1, 4096, prot=mmap.PROT_WRITE | mmap.PROT_EXEC)",
    ],
    ids=["another root", "another user", "code in data"],
)
def test_the_filter_holds(program: str) -> None:
    assert "PermissionError: [Errno 1] Operation not permitted" in said_by(program)


DRAW = """
from bot.domain.stats import Stats
from bot.slack.chart import draw
print(draw(Stats(1, kinds={"url": 1}, spans=(("2026-11-26", {"fresh": 1}),)), {}, "Purges")[1:4].decode())
"""


def test_a_chart_can_be_drawn_there() -> None:
    assert "PNG\n" == said_by(DRAW)


async def answer(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 Purged\r\nX-Purgebot: purged\r\nContent-Length: 0\r\n\r\n")


async def test_a_purge_can_be_done_there(tmp_path: Path) -> None:
    port = free_port()
    async with loopback(answer) as varnish:
        env = environ(tmp_path, varnish.url, PORT=str(port))
        bot = await asyncio.create_subprocess_exec(
            *under_the_filter("-W", "error", "-m", "bot", "serve"), env=env, cwd=ROOT, stderr=asyncio.subprocess.PIPE
        )
        assert bot.stderr is not None
        try:
            async with asyncio.timeout(PATIENCE):
                while b'"event": "serving"' not in (line := await bot.stderr.readline()):
                    assert line, "it ended before it served"
            headers = {"authorization": f"Bearer {TOKEN}"}
            at = f"http://127.0.0.1:{port}"
            async with httpx.AsyncClient(
                base_url=at, headers=headers, trust_env=False, verify=False, timeout=30
            ) as http:
                await http.post("/v1/commands", json={"text": f"purge {URL} --no-check"})
                job = (await http.get("/v1/jobs/P-1", params={"wait": "20"})).json()
            bot.terminate()
            code = await bot.wait()
        finally:
            if bot.returncode is None:
                bot.kill()
                await bot.wait()
    assert ("done", 0) == (job["state"], code)
