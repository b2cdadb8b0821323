"""SIGHUP to the bot as a process: a good file counts, a bad one changes nothing."""

from __future__ import annotations

import signal
from pathlib import Path

import httpx
import pytest

from tests.faces.served import Served, environ, served

pytestmark = pytest.mark.slow
BLOG = "  blog: {hosts: [blog.test], layers: [{account: shield}]}\n"


async def reloads(bot: Served, result: str) -> float:
    """How often the file was read with that result."""
    async with httpx.AsyncClient(trust_env=False) as http:
        page = (await http.get(f"{bot.started['metrics']}/metrics")).text
    found = [line for line in page.splitlines() if line.startswith(f'purgebot_reloads_total{{result="{result}"}}')]
    return float(found[0].split()[-1]) if found else 0.0


async def told(bot: Served, result: str, times: float = 1.0) -> None:
    """SIGHUP, and return once the file was read with that result."""
    bot.process.send_signal(signal.SIGHUP)
    while await reloads(bot, result) < times:
        pass


async def sites(bot: Served) -> str:
    return str((await bot.http.post("/v1/commands", json={"text": "sites"})).json()["text"])


async def test_a_good_file_counts_from_sighup_on_and_a_bad_one_changes_nothing(tmp_path: Path) -> None:
    env = environ(tmp_path)
    file = tmp_path / "purgebot.yaml"
    good = file.read_text().replace("sites: [shop]", "sites: [shop, blog]").replace("sites:\n", f"sites:\n{BLOG}", 1)
    async with served(env) as bot:
        first = await sites(bot)
        file.write_text(good)
        await told(bot, "taken")
        second = await sites(bot)
        file.write_text(good.replace("[blog.test]", "[]"))
        await told(bot, "bad")
        third = await sites(bot)
        code = await bot.end()
    assert ("blog" in first, "blog" in second) == (False, True)
    assert (second, 0) == (third, code)


async def test_a_hundred_sighups_in_a_row_are_taken(tmp_path: Path) -> None:
    async with served(environ(tmp_path)) as bot:
        for _ in range(100):
            bot.process.send_signal(signal.SIGHUP)
        await told(bot, "taken")
        ready = await bot.http.get("/readyz")
        code = await bot.end()
    assert (200, 0) == (ready.status_code, code)
