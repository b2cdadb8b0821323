"""SIGHUP to the bot as a process: a good file counts, a bad one changes nothing."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import httpx
import pytest

from tests.faces.served import Served, environ, served
from tests.providers.loopback import loopback

pytestmark = pytest.mark.slow
BLOG = "  blog: {hosts: [blog.test], layers: [{account: shield}]}\n"


async def reloads(bot: Served, result: str) -> float:
    """How often the file was read with that result."""
    async with httpx.AsyncClient(trust_env=False, verify=False) as http:
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


async def purges(bot: Served) -> str:
    """How a purge of a page ended."""
    said = await bot.http.post("/v1/commands", json={"text": "https://www.shop.test/ --no-check"})
    job = said.json()["job"]
    return str((await bot.http.get(f"/v1/jobs/{job}", params={"wait": "20"})).json()["state"])


PURGED_WITH_A_KEY = "purge: {url: {method: PURGE}}, headers: {X-Key: {env: KEY}}"


async def answer(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.parametrize(
    ("old", "new"),
    [("{env: KEY}", "{env: NOT_THERE}"), ("{env: KEY}", "{file: not-there}"), ("{env: CI_TOKEN}", "{env: NOT_THERE}")],
    ids=["variable", "file", "token"],
)
async def test_a_file_that_names_a_missing_secret_changes_nothing(tmp_path: Path, old: str, new: str) -> None:
    async with loopback(answer) as cache:
        env = environ(tmp_path, KEY="sesame")
        file = tmp_path / "purgebot.yaml"
        account = f'{{provider: http, url: "{cache.url}", {PURGED_WITH_A_KEY}}}'
        good = file.read_text().replace('{provider: varnish, url: "http://127.0.0.1:1"}', account)
        file.write_text(good)
        async with served(env) as bot:
            file.write_text(good.replace(old, new).replace("sites:\n", f"sites:\n{BLOG}", 1))
            await told(bot, "kept_out")
            ended, there = await purges(bot), await sites(bot)
            code = await bot.end()
    assert ("done", False, 0) == (ended, "blog" in there, code)
    assert b"x-key: sesame" in cache.heads[0].lower()


async def test_what_lacked_its_secret_at_the_start_keeps_no_reload_out(tmp_path: Path) -> None:
    env = environ(tmp_path)
    file = tmp_path / "purgebot.yaml"
    bare = "  cf: {provider: cloudflare, token: {env: NOT_THERE}}\n"
    file.write_text(file.read_text().replace("accounts:\n", f"accounts:\n{bare}", 1))
    async with served(env) as bot:
        file.write_text(
            file.read_text().replace("sites: [shop]", "sites: [shop, blog]").replace("sites:\n", f"sites:\n{BLOG}", 1)
        )
        await told(bot, "taken")
        there = await sites(bot)
        await bot.end()
    assert "blog" in there


async def test_the_times_of_a_schedule_change_with_sighup(tmp_path: Path) -> None:
    env = environ(tmp_path)
    file = tmp_path / "purgebot.yaml"
    entry = 'schedules: [{name: nightly, cron: "0 3 1 1 *", purge: "https://www.shop.test/", because: fresh}]\n'
    file.write_text(file.read_text() + entry)
    async with served(env) as bot:
        before = (await bot.http.post("/v1/commands", json={"text": "schedules"})).json()["text"]
        file.write_text(file.read_text().replace("0 3 1 1 *", "0 4 1 7 *"))
        await told(bot, "taken")
        after = (await bot.http.post("/v1/commands", json={"text": "schedules"})).json()["text"]
        await bot.end()
    assert ("-01-01 03:00 UTC" in before, "-07-01 04:00 UTC" in after) == (True, True)


async def test_a_hundred_sighups_in_a_row_are_taken(tmp_path: Path) -> None:
    async with served(environ(tmp_path)) as bot:
        for _ in range(100):
            bot.process.send_signal(signal.SIGHUP)
        await told(bot, "taken")
        ready = await bot.http.get("/readyz")
        code = await bot.end()
    assert (200, 0) == (ready.status_code, code)
