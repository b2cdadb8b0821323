"""kill -9 at 60 points of one job, from its command to its proof: before and after every commit and every call.

    python -m bench.crash            the whole measurement
    python -m bench.crash child N    a bot that kills itself at its N-th failpoint (0: never; it counts them)

Aims: nothing acknowledged is lost, a batch is sent at most once more, back at work within 3 s, and votes are neither
lost nor doubled.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import httpx

from bench.machine import describe, percentile
from bench.stage import Stage
from bot.serving import serve, set_up_logging
from bot.settings import Environment, load

POINTS, URLS = 60, 90
PATIENCE = 40.0


class Failpoint:
    """Counts, and kills this process when the count is reached. It counts from the first request on."""

    def __init__(self, at: int) -> None:
        self._at = at
        self.passed = 0

    def __call__(self, name: str) -> None:
        self.passed += 1
        if self.passed == self._at:
            os.kill(os.getpid(), signal.SIGKILL)


def child(at: int) -> int:
    """A bot with a failpoint."""
    set_up_logging("json")
    failpoint = Failpoint(at)
    passed = Path(os.environ["PURGEBOT_CONFIG"]).with_name("passed")
    atexit.register(lambda: passed.write_text(str(failpoint.passed)))
    environment = Environment.read(os.environ)
    return asyncio.run(serve(load(Path(environment.config), os.environ), environment, failpoint))


class Round:
    """One job, with one death on the way."""

    def __init__(self, stage: Stage, at: int) -> None:
        self.stage = stage
        self.database = f"crash-{at}.db"
        self.bot, _ = stage.bot(self.database, "bench.crash", "child", str(at))
        self.back: float | None = None
        self.end = time.monotonic() + PATIENCE

    def alive(self) -> bool:
        """Whether the bot lives; a dead one is started again, once, without a failpoint."""
        if self.bot.poll() is None:
            return True
        self.bot, self.back = self.stage.bot(self.database, "bench.crash", "child", "0")
        return False

    def command(self) -> None:
        """Ask until it is acknowledged: what was not acknowledged is asked again, as a person would."""
        text = " ".join(f"http://www.shop.test/{n}" for n in range(URLS))
        while time.monotonic() < self.end:
            answer = self.stage.post("/_play/command", user="U_MIA", channel="C_SHOP", text=f"/purge {text} --no-check")
            if answer.get("status") == 200:
                return
            self.alive()

    def approve(self) -> None:
        """Sam clicks until the request no longer has buttons."""
        while time.monotonic() < self.end:
            self.alive()
            cards = self.stage.http.get("/_play/messages", params={"channel": "C_APPROVE"}).json()
            if cards and "approve" not in [
                b.get("action_id") for block in cards[-1]["blocks"] for b in _elements(block)
            ]:
                return
            if cards and not self.voted():
                click = {"user": "U_SAM", "channel": "C_APPROVE", "ts": cards[-1]["ts"], "action_id": "approve"}
                self.stage.post("/_play/click", **click)
            time.sleep(0.1)

    def voted(self) -> bool:
        """Whether the job has its vote."""
        votes = self.job().get("approval", {})
        return bool(votes.get("votes")) if isinstance(votes, Mapping) else False

    def job(self) -> Mapping[str, object]:
        """The only job there should be."""
        url = f"http://127.0.0.1:{self.stage.bot_port}/v1/jobs/P-1"
        try:
            response = httpx.get(url, headers={"authorization": "Bearer play"}, trust_env=False, timeout=10)
        except httpx.HTTPError:
            return {}
        record: Mapping[str, object] = response.json()
        return record if response.status_code == 200 else {}

    def finish(self) -> Mapping[str, object]:
        """The job's record once it is done."""
        while time.monotonic() < self.end:
            self.alive()
            job = self.job()
            if job.get("state") == "done":
                return job
            time.sleep(0.05)
        return self.job()

    def second_job(self) -> bool:
        """Whether one request became two jobs."""
        url = f"http://127.0.0.1:{self.stage.bot_port}/v1/jobs/P-2"
        return httpx.get(url, headers={"authorization": "Bearer play"}, trust_env=False).status_code == 200

    def stop(self) -> None:
        """End the bot."""
        self.bot.terminate()
        self.bot.wait(timeout=30)


def _elements(block: Mapping[str, object]) -> list[Mapping[str, object]]:
    elements = block.get("elements")
    return [e for e in elements if isinstance(e, Mapping)] if isinstance(elements, list) else []


def one(stage: Stage, at: int) -> dict[str, object]:
    """What was seen with a death at failpoint `at`."""
    stage.post("/_play/reset")
    round = Round(stage, at)
    round.command()
    round.approve()
    job = round.finish()
    ledger = stage.http.get("/_play/ledger").json()
    sent = Counter(url for row in ledger if row["account"] == "cf" for url in row["purged"])
    calls = Counter(row["body"] for row in ledger if row["account"] == "cf" and row["method"] == "POST")
    votes = job.get("approval", {})
    seen: dict[str, object] = {
        "done": job.get("state") == "done",
        "lost": URLS - len(sent),
        "most": max(calls.values(), default=0),
        "votes": len(votes["votes"]) if isinstance(votes, Mapping) else 0,
        "second": round.second_job(),
        "back": round.back,
    }
    round.stop()
    return seen


def main() -> None:
    """Print the figures."""
    print(describe())
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder))
        one(stage, 0)
        total = int((Path(folder) / "passed").read_text())
        points = sorted({1 + round(n * (total - 1) / (POINTS - 1)) for n in range(POINTS)})
        print(f"failpoints passed by one job of {URLS} URLs: {total}; killed at {len(points)} of them")
        rounds = [one(stage, at) for at in points]
        back = [float(str(seen["back"])) for seen in rounds if seen["back"] is not None]
        median, worst = percentile(back, 0.5), max(back, default=0)
        print(f"died: {len(back)} · back at work: median {median:.2f} s · worst {worst:.2f} s")
        print(f"jobs not done: {sum(not seen['done'] for seen in rounds)}")
        print(f"targets of acknowledged requests lost: {sum(int(str(seen['lost'])) for seen in rounds)}")
        print(f"most sends of one call in one round: {max(int(str(seen['most'])) for seen in rounds)}")
        print(f"rounds with other than one vote: {sum(seen['votes'] != 1 for seen in rounds)}")
        print(f"rounds with a second job: {sum(bool(seen['second']) for seen in rounds)}")
        stage.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["child"]:
        raise SystemExit(child(int(sys.argv[2])))
    main()
