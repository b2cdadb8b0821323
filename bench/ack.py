"""How long Slack waits for an acknowledgement: 20 commands a second for a minute while 100,000 URLs are purged.

The bot, the pretend world and the one who asks are three processes on one machine. Aim: p99 ≤ 100 ms.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

import httpx

from bench.machine import describe, percentile, spread
from bench.stage import SECRET, Stage

RATE, SECONDS = 20, 60
JOBS, URLS_EACH = 4, 25_000  # a command's body is capped at 1 MiB
TEXTS = ("status", "plan http://www.shop.test/pricing", "help", "sites", "whoami")


def delivery(n: int, port: int) -> tuple[dict[str, str], bytes]:
    """A signed slash command."""
    text = TEXTS[n % len(TEXTS)]
    form = {
        "command": "/purge", "text": text, "user_id": "U_MIA", "team_id": "T_SHOP", "channel_id": "C_SHOP",
        "trigger_id": f"bench.{n}", "api_app_id": "A1",
        "response_url": f"http://127.0.0.1:{port}/slack/api/respond/none",
    }  # fmt: skip
    body = urlencode(form).encode()
    at = str(int(time.time()))
    signature = hmac.new(SECRET.encode(), f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "x-slack-request-timestamp": at,
        "x-slack-signature": f"v0={signature}",
    }
    return headers, body


def begin_jobs(stage: Stage) -> None:
    """100,000 URLs, approved."""
    url = f"http://127.0.0.1:{stage.bot_port}/v1/commands"
    for n in range(JOBS):
        targets = [f"http://www.shop.test/{n}/{i}" for i in range(URLS_EACH)]
        headers = {"authorization": "Bearer play"}
        body = {"text": "purge --no-check", "targets": targets}
        httpx.post(url, json=body, headers=headers, timeout=60, trust_env=False).raise_for_status()
    while len(cards := requests(stage)) < JOBS:
        time.sleep(0.2)
    for card in cards:
        stage.post("/_play/click", user="U_SAM", channel="C_APPROVE", ts=card["ts"], action_id="approve")


def requests(stage: Stage) -> list[dict[str, object]]:
    """The approval cards."""
    return list(stage.http.get("/_play/messages", params={"channel": "C_APPROVE"}).json())


async def load(stage: Stage) -> tuple[list[float], list[float], int]:
    """Seconds to each ack, loop lags as the bot reports them, and how many were not acked with 200."""
    acks: list[float] = []
    lags: list[float] = []
    bad = 0
    url = f"http://127.0.0.1:{stage.bot_port}/slack/events"
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:

        async def one(n: int) -> None:
            nonlocal bad
            headers, body = delivery(n, stage.port)
            began = time.perf_counter()
            response = await client.post(url, headers=headers, content=body)
            acks.append(time.perf_counter() - began)
            bad += response.status_code != 200

        async with asyncio.TaskGroup() as group:
            began = time.monotonic()
            for n in range(RATE * SECONDS):
                await asyncio.sleep(max(0.0, began + n / RATE - time.monotonic()))
                group.create_task(one(n))
                if n % RATE == RATE - 1:
                    group.create_task(lag(client, stage, lags))
    return acks, lags, bad


async def lag(client: httpx.AsyncClient, stage: Stage, lags: list[float]) -> None:
    """What the bot says of its loop."""
    text = (await client.get(f"http://127.0.0.1:{stage.metrics_port}/metrics/")).text
    lags.extend(float(line.split()[1]) for line in text.splitlines() if line.startswith("purgebot_loop_lag_seconds "))


def main() -> None:
    """Print the figures."""
    print(describe())
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder))
        bot, _ = stage.bot("ack.db")
        begin_jobs(stage)
        acks, lags, bad = asyncio.run(load(stage))
        ledger = stage.http.get("/_play/ledger").json()
        purges = sum(row["account"] in ("shield", "cf") and row["method"] in ("PURGE", "POST") for row in ledger)
        print(spread(f"ack at {RATE}/s during a job of {JOBS * URLS_EACH:,} URLs", acks), f"· not acked {bad}")
        print(f"loop lag: p50 {percentile(lags, 0.5) * 1e3:.1f} ms · max {max(lags, default=0) * 1e3:.1f} ms")
        print(f"provider calls meanwhile: {purges}")
        bot.terminate()
        print(f"SIGTERM in mid-job: exit {bot.wait(timeout=30)}")
        stage.close()


if __name__ == "__main__":
    main()
