"""The bot as a process: it starts with a sentence or a line of log, and it ends in order."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.domain.jobs.job import JobView
from bot.ledger.sqlite import SqliteLedger
from bot.settings import Environment, load
from bot.wiring import Bot
from tests.faces.served import PATIENCE, environ, finished, served, start
from tests.providers.loopback import loopback

pytestmark = pytest.mark.slow

PURGED = b"HTTP/1.1 200 Purged\r\nX-Purgebot: purged\r\nContent-Length: 0\r\n\r\n"
URL = "https://www.shop.test/pricing"
SLACK = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_API_URL": "http://127.0.0.1:1/"}


async def answer(writer: asyncio.StreamWriter) -> None:
    writer.write(PURGED)


async def job_in(data: Path, number: int) -> JobView:
    """The job as the ledger has it, with no bot on it."""
    ledger = SqliteLedger(data / "purgebot.db")
    try:
        return await ledger.read(lambda books: books.jobs.get(number))
    finally:
        await ledger.close()


async def test_sigterm_ends_an_idle_bot(tmp_path: Path) -> None:
    async with served(environ(tmp_path)) as bot:
        ready = await bot.http.get("/readyz")
        code = await bot.end()
    assert (200, 0) == (ready.status_code, code)


async def test_sigterm_ends_a_long_poll_with_the_job_as_it_is(tmp_path: Path) -> None:
    asked = asyncio.Event()
    done = asyncio.Event()

    async def hold(writer: asyncio.StreamWriter) -> None:
        asked.set()
        await done.wait()
        writer.write(PURGED)

    async with loopback(hold) as varnish, served(environ(tmp_path, varnish.url)) as bot:
        await bot.http.post("/v1/commands", json={"text": f"purge {URL} --no-check"})
        async with asyncio.TaskGroup() as group:
            poll = group.create_task(bot.http.get("/v1/jobs/P-1", params={"wait": "60"}))
            await asked.wait()
            await bot.http.get("/healthz")
            ending = group.create_task(bot.end())
            polled = await poll
            done.set()
    assert (200, "purging", 0) == (polled.status_code, polled.json()["state"], ending.result())


async def test_a_call_in_flight_is_finished_and_never_sent_again(tmp_path: Path) -> None:
    asked, done = asyncio.Event(), asyncio.Event()

    async def hold(writer: asyncio.StreamWriter) -> None:
        asked.set()
        await done.wait()
        writer.write(PURGED)

    async with loopback(hold) as varnish:
        env = environ(tmp_path, varnish.url)
        async with served(env) as bot, asyncio.TaskGroup() as group:
            await bot.http.post("/v1/commands", json={"text": f"purge {URL} --no-check"})
            await asked.wait()
            ending = group.create_task(bot.end())
            await until_closed(bot.started["at"])
            done.set()
        sent = (await job_in(tmp_path, 1)).layers[0].sent
        async with served(env) as bot:
            job = (await bot.http.get("/v1/jobs/P-1", params={"wait": "20"})).json()
            await bot.end()
        calls = len(varnish.heads)
    assert (0, 1, "done", 1) == (ending.result(), sent, job["state"], calls)


async def until_closed(url: str) -> None:
    """Return once the door takes no more requests."""
    async with httpx.AsyncClient(trust_env=False, verify=False) as http:
        with contextlib.suppress(httpx.TransportError):
            while True:
                await http.get(f"{url}/healthz")


@pytest.mark.parametrize(
    "more",
    [SLACK | {"SLACK_APP_TOKEN": "xapp-1"}, SLACK | {"SLACK_SIGNING_SECRET": "s"}],
    ids=["by socket", "by signed HTTP"],
)
async def test_slack_may_be_down_all_the_time(tmp_path: Path, more: Mapping[str, str]) -> None:
    async with loopback(answer) as varnish, served(environ(tmp_path, varnish.url, **more)) as bot:
        await bot.http.post("/v1/commands", json={"text": f"purge {URL} --no-check"})
        job = (await bot.http.get("/v1/jobs/P-1", params={"wait": "20"})).json()
        ready = await bot.http.get("/readyz")
        code = await bot.end()
    assert ("done", 200, 0) == (job["state"], ready.status_code, code)


async def test_without_slack_the_log_says_so_and_its_door_is_shut(tmp_path: Path) -> None:
    async with served(environ(tmp_path)) as bot:
        events = await bot.http.post("/slack/events", content=b"{}")
        await bot.end()
    assert "off: there is no SLACK_BOT_TOKEN, so only the HTTP surface works" == bot.started["slack"]
    assert 404 == events.status_code


async def test_without_slacks_token_slack_is_sent_nothing_of_a_job(tmp_path: Path) -> None:
    async with loopback(answer) as slack, loopback(answer) as varnish:
        env = environ(tmp_path, varnish.url, SLACK_API_URL=slack.url)
        file = tmp_path / "purgebot.yaml"
        file.write_text(file.read_text() + "approvals: {channel: C0APPROVE, approvers: [U0LEA]}\n")
        async with served(env) as bot:
            made = (await bot.http.post("/v1/commands", json={"text": f"{URL} --no-check"})).json()
            job = (await bot.http.get(f"/v1/jobs/{made['job']}", params={"wait": "20"})).json()
            await bot.end()
    assert ("done", []) == (job["state"], slack.heads)


async def test_a_log_that_goes_to_no_terminal_has_no_colour(tmp_path: Path) -> None:
    process = await start(environ(tmp_path, LOG_FORMAT="console"), "serve")
    async with asyncio.timeout(PATIENCE):
        first = (await process.stderr.readline()).decode()
    await process.close()
    assert ("configuration" in first, "\x1b" in first) == (True, False)


async def test_observe_is_told_and_sends_nothing(tmp_path: Path) -> None:
    async with loopback(answer) as varnish, served(environ(tmp_path, varnish.url), "--observe") as bot:
        asked = await bot.http.post("/v1/commands", json={"text": f"purge {URL} --no-check"})
        await bot.end()
    assert ("observe", 403, []) == (bot.started["mode"], asked.status_code, varnish.heads)


@pytest.mark.parametrize("setting", ["PORT", "METRICS_PORT"])
async def test_a_taken_port_is_a_sentence(tmp_path: Path, setting: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = await finished(environ(tmp_path, **{setting: str(port)}), "serve")
    said = f"127.0.0.1 port {port} is taken by another program. Set {setting} to a free port.\n"
    assert (2, "", said) == ended


async def test_an_address_of_another_machine_is_a_sentence(tmp_path: Path) -> None:
    code, _, said = await finished(environ(tmp_path, HOST="203.0.113.7"), "serve")
    assert 2 == code
    assert said.startswith("203.0.113.7 port 0 cannot be listened on (")
    assert 1 == said.count("\n")


async def test_a_second_bot_on_the_ledger_is_a_sentence(tmp_path: Path) -> None:
    env = environ(tmp_path)
    async with served(env) as bot:
        ended = await finished(env, "serve")
        await bot.end()
    said = (
        "Another purgebot works on this ledger (purgebot.db.lock is locked). Stop it first, or name another database.\n"
    )
    assert (2, "", said) == ended


async def test_a_file_that_is_no_ledger_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "purgebot.db").write_bytes(b"This is a shopping list, not a database. " * 50)
    code, _, said = await finished(environ(tmp_path), "serve")
    assert 2 == code
    assert (
        f"The ledger {tmp_path}/purgebot.db cannot be opened: file is not a database."
        " Set PURGEBOT_DATABASE to a file on a writable local disk.\n"
    ) == said


async def test_a_folder_that_is_a_file_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    env = environ(tmp_path, PURGEBOT_DATABASE=f"sqlite:///{tmp_path}/data/purgebot.db")
    code, _, said = await finished(env, "serve")
    assert 2 == code
    assert said.endswith("Set PURGEBOT_DATABASE to a file on a writable local disk.\n")
    assert 1 == said.count("\n")


async def test_a_bot_token_alone_is_a_sentence(tmp_path: Path) -> None:
    ended = await finished(environ(tmp_path, SLACK_BOT_TOKEN="xoxb-1"), "serve")
    said = (
        "SLACK_BOT_TOKEN is set, but neither SLACK_SIGNING_SECRET nor SLACK_APP_TOKEN."
        " Set SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING_SECRET for signed HTTP.\n"
    )
    assert (2, "", said) == ended


async def test_a_ledger_that_cannot_be_written_is_not_ready_and_not_dead(tmp_path: Path) -> None:
    async with served(environ(tmp_path)) as bot:
        with contextlib.closing(sqlite3.connect(tmp_path / "purgebot.db", isolation_level=None)) as other:
            other.execute("begin immediate")
            ready, alive = await bot.http.get("/readyz"), await bot.http.get("/healthz")
            asked = await bot.http.post("/v1/commands", json={"text": f"purge {URL} --no-check"})
            other.execute("rollback")
        again = await bot.http.get("/readyz")
        code = await bot.end()
    detail = "The ledger purgebot.db could not be used: database is locked. Nothing was changed."
    assert [503, 200, 503, 200, 0] == [*(one.status_code for one in (ready, alive, asked, again)), code]
    assert [detail, detail] == [one.json()["detail"] for one in (ready, asked)]


async def test_a_bot_that_does_not_sweep_is_not_ready(tmp_path: Path) -> None:
    env = environ(tmp_path)
    bot = Bot(load(tmp_path / "purgebot.yaml", env), Environment.read(env, terminal=False))
    transport = httpx.ASGITransport(bot.app())
    async with httpx.AsyncClient(transport=transport, base_url="http://bot") as http:
        ready = await http.get("/readyz")
    await bot.ledger.close()
    assert 503 == ready.status_code
    assert "The sweep has not run lately: the process is overloaded or stuck." == ready.json()["detail"]


async def test_metrics_have_a_door_of_their_own_and_no_label_that_grows(tmp_path: Path) -> None:
    async with loopback(answer) as varnish, served(environ(tmp_path, varnish.url)) as bot:
        await bot.http.post("/v1/commands", json={"text": f"purge {URL} https://www.shop.test/a --no-check"})
        await bot.http.get("/v1/jobs/P-1", params={"wait": "20"})
        page = await bot.http.get(f"{bot.started['metrics']}/metrics")
        other = await bot.http.get("/metrics")
        await bot.end()
    samples = [one for family in text_string_to_metric_families(page.text) for one in family.samples]
    labels = {
        name: {one.labels[name] for one in samples if name in one.labels} for one in samples for name in one.labels
    }
    known = {"site", "kind", "source", "outcome", "provider", "account", "result", "le"}
    jobs = [one.value for one in samples if one.name == "purgebot_jobs_total"]
    assert (200, 404, set(), [1.0]) == (page.status_code, other.status_code, set(labels) - known, jobs)
    assert ({"shop"}, {"shield"}) == (labels["site"], labels["account"])
    assert "shop.test" not in page.text
    assert "P-1" not in page.text
