"""Deeds, ledger, engine and lanes as in production, on a provider that counts for itself what it is sent."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from bot.domain.actor import Actor, Standing
from bot.domain.command import Command, Verb
from bot.domain.job import JobView
from bot.domain.site import Layer, Site
from bot.domain.target import Target
from bot.domain.verdict import Look
from bot.engine.embedded import EmbeddedEngine
from bot.ledger.sqlite import SqliteLedger
from bot.metrics import Metrics
from bot.services import approvals
from bot.services.lanes import Lane, recover
from bot.services.purges import Asking, submit
from bot.services.replies import JobMade
from bot.services.router import Router
from bot.services.setup import Core, Setup
from bot.wiring import NoSlack, SystemClock, SystemDice, nothing
from providers import PROVIDERS
from providers.contract import Account, Kind, Pace

ZONE = "0123456789abcdef0123456789abcdef"
SITE = Site("shop", ("www.shop.test",), layers=(Layer("cf", {"zone": ZONE, "tier": "pro"}),))
MIA = Actor("U_MIA", Standing.MEMBER)
LEA = Actor("U_LEA", Standing.MEMBER)


@dataclass
class StrictCloudflare:
    """Buckets of the documented size and rate; over them 429. Answers after `latency` seconds."""

    urls: Pace
    bulk: Pace
    latency: float = 0.03
    calls: list[float] = field(default_factory=list)
    purged: dict[str, int] = field(default_factory=dict)
    refused: int = 0
    _tokens: dict[str, tuple[float, float]] = field(default_factory=dict)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        """One API call."""
        now = time.monotonic()
        body = json.loads(request.content)
        wanted = [str(x) for values in body.values() if isinstance(values, list) for x in values]
        bucket, pace, units = ("urls", self.urls, len(wanted)) if "files" in body else ("bulk", self.bulk, 1)
        window = [at for at in self.calls if at > now - 300]
        allowed = self._take(bucket, pace, units, now) and len(window) < 1200
        if allowed:
            self.calls.append(now)
            for target in wanted:
                self.purged[target] = self.purged.get(target, 0) + 1
        await asyncio.sleep(self.latency)
        if allowed:
            return httpx.Response(200, json={"success": True, "errors": [], "messages": [], "result": {"id": ZONE}})
        self.refused += 1
        errors = [{"code": 10429, "message": "Rate limited"}]
        answer = {"success": False, "errors": errors, "messages": [], "result": None}
        return httpx.Response(429, json=answer, headers={"retry-after": "1"})

    def _take(self, bucket: str, pace: Pace, units: int, now: float) -> bool:
        tokens, at = self._tokens.get(bucket, (pace.burst, now))
        tokens = min(pace.burst, tokens + (now - at) * pace.rate / pace.per)
        enough = tokens >= units
        self._tokens[bucket] = (tokens - units if enough else tokens, now)
        return enough


class NoLooks:
    """Nothing is looked at."""

    async def look(self, url: str, place: str, address: str = "") -> Look:
        """An empty look."""
        return Look(place, url, 0.0)


class Rig:
    """A bot without faces. Close it and open another on the same folder to restart."""

    def __init__(self, folder: Path, cloud: StrictCloudflare, owner: str = "first") -> None:
        account = Account("cf", {}, {"token": "bench"}, {"urls": cloud.urls, "bulk": cloud.bulk}, {})
        provider = PROVIDERS["cloudflare"].build(account, httpx.MockTransport(cloud))
        clock = SystemClock()
        self.ledger = SqliteLedger(folder / "ledger.db")
        self.engine = EmbeddedEngine(self._run, clock)
        setup = Setup({"shop": SITE}, {"cf": provider}, ("U_LEA", "U_SAM"))
        metrics = Metrics({"cf": "cloudflare"})
        self.core = Core(setup, self.ledger, self.engine, clock, SystemDice(), NoLooks(), NoSlack(), metrics)
        self._owner = owner
        self._router = Router(
            self.core, {"cf": Lane(self.core, "cf", provider, owner, nothing)}, self._nobody, self._nobody
        )

    async def _run(self, name: str) -> None:
        await self._router.run(name)

    async def _nobody(self, *_: object) -> None:
        return

    async def start(self) -> None:
        """Take up what was left."""
        self.engine.start()
        await recover(self.core, self._owner)
        await self._router.wake_all()

    async def purge(self, kind: Kind, values: list[str]) -> int:
        """A job for `values`, approved."""
        targets = tuple(Target(kind, value, "shop") for value in values)
        command = Command(Verb.PURGE, targets, "shop", check=False)
        made = await submit(self.core, Asking(MIA, self.core.dice.token()), command, SITE)
        if not isinstance(made, JobMade):
            raise SystemExit(f"not a job: {made}")
        await approvals.vote(self.core, LEA, made.job.id, True)
        return made.job.id

    async def until(self, number: int, wanted: Callable[[JobView], bool]) -> JobView:
        """The job once it is as `wanted`."""
        while True:
            job = await self.ledger.read(lambda books: books.jobs.get(number))
            if wanted(job):
                return job
            await asyncio.sleep(0.01)

    async def close(self) -> None:
        """Stop as after SIGTERM."""
        await self.engine.stop(10)
        await self.ledger.close()


def ended(job: JobView) -> bool:
    """Whether nothing more will happen."""
    return not job.state.is_open
