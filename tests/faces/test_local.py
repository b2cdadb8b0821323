"""The way in when the bot or Slack is down: `--local`, as a process of its own on the ledger."""

from __future__ import annotations

import asyncio
import shlex
import signal
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.domain.jobs.job import State
from bot.ledger.audit import audit
from bot.ledger.reading import reading
from bot.local import IN_USE, WITHOUT_REASON
from providers.contract import Kind
from tests.faces.served import environ, finished, served, start
from tests.faces.test_serving import PURGED, URL, answer, job_in
from tests.providers.loopback import loopback

pytestmark = pytest.mark.slow
WHY = ("--reason", "Slack is down", "--no-check")
FREEZE = "policy: {rules: [{name: sale, then: deny, say: Nothing during the sale.}]}\n"
APPROVERS = "approvals: {channel: C0123456789, approvers: [U0123456789, U0123456788, U0123456787]}\n"


async def refusing(writer: asyncio.StreamWriter) -> None:
    """A Varnish that does not let this machine purge."""
    writer.write(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")


def purge(*words: str) -> tuple[str, ...]:
    return ("purge", *words, "--local")


def journal(data: Path) -> list[tuple[str, str]]:
    """Every entry of the journal: what, by whom."""
    with sqlite3.connect(data / "purgebot.db") as ledger:
        rows = ledger.execute("select event, actor from journal order by seq").fetchall()
    return [(str(event), str(actor)) for event, actor in rows]


async def test_a_purge_at_the_machine_runs_to_its_verdict_and_is_journalled(tmp_path: Path) -> None:
    async with loopback(answer) as varnish:
        code, out, err = await finished(environ(tmp_path, varnish.url), *purge(URL, *WHY))
    job = await job_in(tmp_path, 1)
    assert (0, "", 1) == (code, err, len(varnish.heads))
    assert "P-1 is done, unchecked." == out.splitlines()[-1]
    assert ("local", "local", "Slack is down") == (job.rule, job.source, job.reason)
    assert ("asked", job.requested_by) in journal(tmp_path)


async def test_the_line_to_copy_in_a_refusal_works_at_the_machine(tmp_path: Path) -> None:
    async with loopback(answer) as varnish:
        env = environ(tmp_path, varnish.url)
        with (tmp_path / "purgebot.yaml").open("a") as file:
            file.write(APPROVERS)
        code, _, err = await finished(env, *purge("*", *WHY))
        line = next(line for line in err.splitlines() if line.startswith("Copy: "))
        copied, _, _ = await finished(env, *shlex.split(line.removeprefix("Copy: purgebot ")), "--no-wait")
    job = await job_in(tmp_path, 1)
    assert 2 == code
    assert "Copy: purgebot purge --local everything on shop --confirm shop because …" == line
    assert (0, Kind.EVERYTHING, "local") == (copied, job.kind, job.rule)


async def test_what_needs_votes_runs_without_them(tmp_path: Path) -> None:
    async def banned(writer: asyncio.StreamWriter) -> None:
        writer.write(PURGED.replace(b"X-Purgebot: purged", b"X-Purgebot: banned"))

    async with loopback(banned) as varnish:
        env = environ(tmp_path, varnish.url)
        with (tmp_path / "purgebot.yaml").open("a") as file:
            file.write(APPROVERS)
        unsure = await finished(env, *purge("everything", "on", "shop", *WHY))
        sure = await finished(env, *purge("everything", "on", "shop", *WHY, "--confirm", "shop"))
    assert (2, "Purging everything on shop must be confirmed.") == (unsure[0], unsure[2].splitlines()[0])
    assert "local" == (await job_in(tmp_path, 1)).rule
    assert 0 == sure[0]


@pytest.mark.parametrize(
    "words", [(URL,), ("everything", "on", "shop", "--confirm", "shop")], ids=["page", "everything"]
)
async def test_a_purge_at_the_machine_needs_a_reason(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert (2, "", WITHOUT_REASON + "\n") == await finished(environ(tmp_path), *purge(*words))


async def test_with_a_bot_on_the_ledger_it_is_refused_in_words(tmp_path: Path) -> None:
    env = environ(tmp_path)
    async with served(env) as bot:
        ended = await finished(env, *purge(URL, *WHY))
        await bot.end()
    assert (2, "", IN_USE + "\n") == ended


async def test_what_the_policy_refuses_needs_anyway(tmp_path: Path) -> None:
    async with loopback(answer) as varnish:
        env = environ(tmp_path, varnish.url)
        with (tmp_path / "purgebot.yaml").open("a") as file:
            file.write(FREEZE)
        no = await finished(env, *purge(URL, *WHY))
        yes = await finished(env, *purge(URL, *WHY, "--anyway"))
    assert (5, "The policy refuses it: Nothing during the sale.") == (no[0], no[2].splitlines()[0])
    assert (0, "local, anyway") == (yes[0], (await job_in(tmp_path, 1)).rule)
    assert ["denied", "overruled"] == [event for event, _ in journal(tmp_path) if event in ("denied", "overruled")]


async def test_a_hold_on_everything_is_laid_shown_and_overruled_at_the_machine(tmp_path: Path) -> None:
    async with loopback(answer) as varnish:
        env = environ(tmp_path, varnish.url)
        laid = await finished(env, "hold", "all", "because", "the CDN is on fire", "--local")
        held = await finished(env, *purge(URL, *WHY))
        shown = await finished(env, "status", "--local")
        yes = await finished(env, *purge(URL, *WHY, "--anyway"))
    assert (0, 5, 0, 0) == (laid[0], held[0], shown[0], yes[0])
    assert "the CDN is on fire" in held[2]
    assert "the CDN is on fire" in shown[1]


@pytest.mark.parametrize("where", ["all", "shop"])
async def test_a_hold_with_an_end_is_laid_and_told_at_the_machine(tmp_path: Path, where: str) -> None:
    env = environ(tmp_path, "http://127.0.0.1:9")
    laid = await finished(env, "hold", where, "for", "1h", "because", "fire", "--local")
    shown = await finished(env, "status", "--local")
    assert (0, "") == (laid[0], laid[2])
    assert "fire" in laid[1]
    assert "fire" in shown[1]
    assert "until" in shown[1]


async def killed_in_a_call(env: Mapping[str, str], asked: asyncio.Event, by: signal.Signals) -> int:
    """`purge --local`, and that signal once a call is in flight; the exit code."""
    process = await start(env, *purge(URL, *WHY))
    await asked.wait()
    process.send_signal(by)
    await process.communicate()
    return process.returncode or 0


async def test_killed_in_the_middle_the_next_bot_goes_on_with_it(tmp_path: Path) -> None:
    asked = asyncio.Event()
    calls = 0

    async def first_hangs(writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        asked.set()
        if calls == 1:
            await asyncio.Event().wait()
        writer.write(PURGED)

    async with loopback(first_hangs) as varnish:
        env = environ(tmp_path, varnish.url)
        code = await killed_in_a_call(env, asked, signal.SIGKILL)
        async with served(env) as bot:
            job = (await bot.http.get("/v1/jobs/P-1", params={"wait": "20"})).json()
            await bot.end()
    assert (-signal.SIGKILL, "done", 2) == (code, job["state"], calls)


async def test_ctrl_c_leaves_the_job_to_the_next_start(tmp_path: Path) -> None:
    asked, done = asyncio.Event(), asyncio.Event()

    async def hold(writer: asyncio.StreamWriter) -> None:
        asked.set()
        await done.wait()
        writer.write(PURGED)

    async with loopback(hold) as varnish:
        env = environ(tmp_path, varnish.url)
        process = await start(env, *purge(URL, *WHY))
        await asked.wait()
        process.send_signal(signal.SIGINT)
        done.set()
        out, err = await process.communicate()
        async with served(env) as bot:
            for _ in range(2):  # within 30 s what was left between two steps is found
                job = (await bot.http.get("/v1/jobs/P-1", params={"wait": "20"})).json()
            await bot.end()
        calls = len(varnish.heads)
    assert ("done", 1) == (job["state"], calls)
    assert process.returncode in (0, 7), (out, err)


async def test_what_did_not_go_is_retried_at_the_machine_and_journalled(tmp_path: Path) -> None:
    async with loopback(refusing) as refuses:
        env = environ(tmp_path, refuses.url)
        first = await finished(env, *purge(URL, *WHY))
    before = await job_in(tmp_path, 1)
    async with loopback(answer) as varnish:
        code, out, err = await finished(environ(tmp_path, varnish.url), "retry", "P-1", "--local")
    job, kept = await job_in(tmp_path, 1), journal(tmp_path)
    assert (1, State.FAILED) == (first[0], before.state)
    assert (0, "", 1) == (code, err, len(varnish.heads))
    assert "P-1 is done, unchecked." == out.splitlines()[-1]
    assert (State.DONE, "local") == (job.state, job.rule)
    assert [("retried", job.requested_by)] == [entry for entry in kept if entry[0] == "retried"]
    with reading(tmp_path / "purgebot.db") as ledger:
        assert () == audit(ledger).breaches


async def test_a_retry_on_a_held_site_needs_anyway(tmp_path: Path) -> None:
    async with loopback(refusing) as refuses:
        await finished(environ(tmp_path, refuses.url), *purge(URL, *WHY))
    async with loopback(answer) as varnish:
        env = environ(tmp_path, varnish.url)
        await finished(env, "hold", "shop", "because", "deploying", "--local")
        no = await finished(env, "retry", "P-1", "--local")
        calls = len(varnish.heads)
        yes = await finished(env, "retry", "P-1", "--local", "--anyway")
    assert (5, 0, 0, "local, anyway") == (no[0], calls, yes[0], (await job_in(tmp_path, 1)).rule)
    assert ["overruled"] == [event for event, _ in journal(tmp_path) if event == "overruled"]


async def test_nothing_to_retry_and_a_running_bot_are_told(tmp_path: Path) -> None:
    async with loopback(answer) as varnish:
        env = environ(tmp_path, varnish.url)
        await finished(env, *purge(URL, *WHY))
        done = await finished(env, "retry", "P-1", "--local")
        async with served(env) as bot:
            in_use = await finished(env, "retry", "P-1", "--local")
            await bot.end()
    assert (2, "P-1 has nothing to retry: it is done.\n") == (done[0], done[2])
    assert (2, "", IN_USE + "\n") == in_use


OBSERVING = "This purgebot only observes (mode: observe); to purge, set mode: live."
RULED = "Policy: runs at once (rule local: asked for at the machine, where nobody votes)"


def observing(data: Path, more: str = "") -> Mapping[str, str]:
    """The environment of a bot whose file says so."""
    env = environ(data)
    file = data / "purgebot.yaml"
    file.write_text(file.read_text().replace("mode: live", "mode: observe") + more)
    return env


async def test_an_observing_bot_tells_of_no_votes_that_the_machine_does_not_ask_for(tmp_path: Path) -> None:
    env = observing(tmp_path, APPROVERS)
    code, out, err = await finished(env, *purge("everything", "on", "shop", *WHY))
    assert (5, "") == (code, out)
    assert [RULED, OBSERVING] == [line for line in err.splitlines() if line.startswith(("Policy", "This purgebot"))]


@pytest.mark.parametrize(
    ("anyway", "said"),
    [
        ((), "Policy: no (rule sale). Nothing during the sale."),
        (
            ("--anyway",),
            "Policy: runs at once (rule local, anyway: asked for at the machine, though it is refused or held)",
        ),
    ],
    ids=["refused", "anyway"],
)
async def test_an_observing_bot_tells_what_the_policy_refuses_at_the_machine(
    tmp_path: Path, anyway: tuple[str, ...], said: str
) -> None:
    code, _, err = await finished(observing(tmp_path, FREEZE), *purge(URL, *WHY, *anyway))
    assert 5 == code
    assert said in err.splitlines()


async def test_a_retry_at_an_observing_bot_says_that_it_stands_still_and_waits_for_nothing(tmp_path: Path) -> None:
    async with loopback(refusing) as varnish:
        env = environ(tmp_path, varnish.url)
        await finished(env, *purge(URL, *WHY))
        file = tmp_path / "purgebot.yaml"
        file.write_text(file.read_text().replace("mode: live", "mode: observe"))
        code, out, err = await finished(env, "retry", "P-1", "--local", "--timeout", "600")
    assert (7, "P-1 is queued, unchecked.") == (code, out.splitlines()[-1])
    assert err.endswith("P-1 goes on once the mode is live: this purgebot only observes.\n")


async def test_an_observing_bot_tells_of_the_hold_that_would_keep_it_at_the_machine(tmp_path: Path) -> None:
    env = observing(tmp_path)
    await finished(env, "hold", "all", "because", "the CDN is on fire", "--local")
    held = await finished(env, *purge(URL, *WHY))
    anyway = await finished(env, *purge(URL, *WHY, "--anyway"))
    assert "the CDN is on fire" in held[2]
    assert "the CDN is on fire" not in anyway[2]
