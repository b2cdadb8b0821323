"""The commands of docs/running.md, followed to the letter on a bot that runs, with a purge under way."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from tests.faces.served import PATIENCE, ROOT, environ, served
from tests.forking import script
from tests.providers.loopback import loopback

pytestmark = pytest.mark.slow

PAGE = (ROOT / "docs/running.md").read_text(encoding="utf-8")
PURGED = b"HTTP/1.1 200 Purged\r\nX-Purgebot: purged\r\nContent-Length: 0\r\n\r\n"
URL = "https://www.shop.test/pricing"


def blocks(heading: str) -> list[str]:
    """The shell blocks under a heading of the page."""
    part = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^```sh\n(.*?)^```$", part, re.MULTILINE | re.DOTALL)


def at_a_shell(folder: Path, varnish: str) -> dict[str, str]:
    """An environment whose `purgebot` is today's code, with the ledger and all files in `folder`."""
    binaries = folder / "bin"
    binaries.mkdir()
    (binaries / "purgebot").write_text(script(), encoding="utf-8")
    (binaries / "purgebot").chmod(0o755)
    env = environ(folder, varnish)
    return env | {"PATH": f"{binaries}:{env['PATH']}"}


async def followed(env: Mapping[str, str], folder: Path, block: str) -> str:
    """What a block says when every line of it ends with 0."""
    process = await asyncio.create_subprocess_exec(
        "sh", "-euc", block, env=env, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(3 * PATIENCE):
        out, err = await process.communicate()
    assert 0 == process.returncode, f"{block}{out.decode()}{err.decode()}"
    return out.decode()


async def answer(writer: asyncio.StreamWriter) -> None:
    writer.write(PURGED)


async def test_an_upgrade_by_the_page_loses_nothing_and_can_be_undone(tmp_path: Path) -> None:
    before, check, after = blocks("Upgrade")
    async with loopback(answer) as varnish:
        env = at_a_shell(tmp_path, varnish.url)
        async with served(env) as old:
            await old.http.post("/v1/commands", json={"text": f"purge {URL} --no-check"})
            await old.http.get("/v1/jobs/P-1", params={"wait": "20"})
            await followed(env, tmp_path, before)
            await old.end()
        await followed(env, tmp_path, check)
        async with served(env) as new:
            ready = await new.http.get("/readyz")
            said = await followed(env, tmp_path, after)
            job = (await new.http.get("/v1/jobs/P-1")).json()
            await new.http.post("/v1/commands", json={"text": f"purge {URL} --no-check"})
            await new.http.get("/v1/jobs/P-2", params={"wait": "20"})
            await new.end()
        [back] = re.findall(r"`(purgebot restore [^`]+)`", PAGE.partition("\n## Upgrade\n")[2].partition("\n## ")[0])
        undone = await followed(env, tmp_path, back)
    assert (200, "done") == (ready.status_code, job["state"])
    assert " It continues the exported head of " in said
    assert "Lost, since it came after the backup: jobs P-2," in undone
    assert 2 == len(varnish.heads)


async def test_a_backup_by_the_page_while_a_call_is_in_flight_is_restored_and_sends_nothing_again(
    tmp_path: Path,
) -> None:
    save, trial, back = blocks("Backup and restore")
    asked, done = asyncio.Event(), asyncio.Event()

    async def hold(writer: asyncio.StreamWriter) -> None:
        asked.set()
        await done.wait()
        writer.write(PURGED)

    async with loopback(hold) as varnish:
        env = at_a_shell(tmp_path, varnish.url)
        async with served(env) as bot:
            await bot.http.post("/v1/commands", json={"text": f"purge {URL} --no-check"})
            await asked.wait()
            await followed(env, tmp_path, save)
            done.set()
            finished = (await bot.http.get("/v1/jobs/P-1", params={"wait": "20"})).json()
            tried = await followed(env, tmp_path, trial)
            await bot.end()
        before = len(varnish.heads)  # more than one where the backup took longer than the bot waits for an answer
        said = await followed(env, tmp_path, back)
        async with served(env) as bot:
            restored = (await bot.http.get("/v1/jobs/P-1")).json()
            await bot.end()
        after = len(varnish.heads)
    assert ("done", "cancelled") == (finished["state"], restored["state"])
    assert before == after >= 1
    assert "Ended, since what was sent after the backup is not known: P-1. Ask for them again." in said
    assert " It continues the exported head of " in tried


async def test_a_backup_may_be_made_again_only_under_another_name(tmp_path: Path) -> None:
    save, *_ = blocks("Backup and restore")
    env = at_a_shell(tmp_path, "http://127.0.0.1:1")
    async with served(env) as bot:
        await followed(env, tmp_path, save)
        with pytest.raises(AssertionError, match="exists already, and nothing is overwritten"):
            await followed(env, tmp_path, save)
        await bot.end()
    with closing(sqlite3.connect(tmp_path / "purgebot-backup.db")) as copy:
        assert [("ok",)] == copy.execute("pragma integrity_check").fetchall()
