"""Deeds, ledger, engine and lanes as in production, on a provider that counts for itself what it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bot.domain.actor import Actor, Standing
from bot.domain.answers.answer import PLAIN, Answer, Asked
from bot.domain.grammar.command import Command, Verb
from bot.domain.jobs.job import JobView, State
from bot.domain.policies.defaults import built_in
from bot.domain.proof.verdict import Look
from bot.domain.site import Site
from bot.domain.target import Target
from bot.engine.embedded import EmbeddedEngine
from bot.ledger.sqlite import SqliteLedger
from bot.metrics import Metrics
from bot.ports import ReadHeaders
from bot.services.replies import JobMade
from bot.services.requests.deciding import submit
from bot.services.requests.purges import Asking
from bot.services.running.lanes import Lane, recover
from bot.services.running.router import Router
from bot.services.setup import Core, Current, Setup
from bot.services.voting import approvals
from bot.system import NoSlack, SystemClock, SystemDice
from bot.wiring import nothing
from providers.contract import Kind, Provider, Seen

MIA = Actor("U_MIA", Standing.MEMBER)
LEA = Actor("U_LEA", Standing.MEMBER)


class NoLooks:
    """Nothing is looked at."""

    async def fetch(self, url: str, place: str, address: str = "", asked: Asked = PLAIN) -> Answer:
        """An empty answer."""
        return Answer(url, place, 0.0)

    def read(self, answer: Answer, by: ReadHeaders | None = None) -> Look:
        """An empty look."""
        return Look(answer.place, answer.url, 0.0)

    def held(self) -> float:
        """Nothing waits."""
        return 0.0

    def told(self, url: str, place: str, seen: Seen) -> Look:
        """An empty look."""
        return Look(place, url, 0.0)


class Rig:
    """A bot without faces. Close it and open another on the same folder to restart."""

    def __init__(self, folder: Path, sites: Sequence[Site], accounts: Mapping[str, Provider], owner: str = "x") -> None:
        clock = SystemClock()
        self._sites = {site.name: site for site in sites}
        self.ledger = SqliteLedger(folder / "ledger.db")
        self.engine = EmbeddedEngine(self._run, clock)
        setup = Setup(self._sites, accounts, built_in(("U_LEA", "U_SAM")))
        metrics = Metrics({name: provider.name for name, provider in accounts.items()})
        self.core = Core(Current(setup), self.ledger, self.engine, clock, SystemDice(), NoLooks(), NoSlack(), metrics)
        self._owner = owner
        lanes = {name: Lane(self.core, name, provider, owner, nothing) for name, provider in accounts.items()}
        self._router = Router(self.core, lanes, self._nobody, self._nobody, self._nobody)

    async def _run(self, name: str) -> None:
        await self._router.run(name)

    async def _nobody(self, *_: object) -> None:
        return

    async def start(self) -> None:
        """Take up what was left."""
        self.engine.start()
        await recover(self.core, self._owner)
        await self._router.wake_all()

    async def purge(self, site: str, kind: Kind, values: Sequence[str]) -> int:
        """A job for `values`, approved if it must be."""
        targets = tuple(Target(kind, value, site) for value in values)
        command = Command(Verb.PURGE, targets, site, reason="bench", check=False)
        made = await submit(self.core, Asking(MIA, self.core.dice.token()), command, self._sites[site])
        if not isinstance(made, JobMade):
            raise SystemExit(f"not a job: {made}")
        if made.job.state is State.WAITING:
            await approvals.vote(self.core, LEA, made.job.id, True)
        return made.job.id

    async def until(self, number: int, wanted: Callable[[JobView], bool]) -> JobView:
        """The job once it is as `wanted`."""
        while True:
            job = await self.ledger.read(lambda books: books.jobs.get(number))
            if wanted(job):
                return job
            await asyncio.sleep(0.05)  # often enough, and no load

    async def close(self) -> None:
        """Stop as after SIGTERM."""
        await self.engine.stop(10)
        await self.ledger.close()


def ended(job: JobView) -> bool:
    """Whether nothing more will happen."""
    return not job.state.is_open
