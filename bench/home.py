"""How long a Home tab takes in a ledger of 10,000 jobs: what it shows read, and its blocks made.

    python -m bench.home                 9,500 jobs ended, 300 running, 200 waiting; 50 people, 20 sites
    python -m bench.home profile         where the time goes

Aim: 150 ms at the 95th percentile. Every person's Home is drawn several times; the ledger is read as in production, in
its reading thread, by a bot that does nothing else.
"""

from __future__ import annotations

import asyncio
import cProfile
import pstats
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from bench.machine import describe, percentile
from bench.rig import NoLooks
from bot.domain.actor import Actor, Standing
from bot.domain.grammar.command import Command, Verb
from bot.domain.jobs.job import Approval, JobView, LayerState, State
from bot.domain.jobs.plan import Plan
from bot.domain.policies.defaults import built_in
from bot.domain.proof.verdict import Look, Verdict
from bot.domain.site import Layer, Site
from bot.domain.target import Target
from bot.engine.embedded import EmbeddedEngine
from bot.ledger.books import Books
from bot.ledger.messages import Role
from bot.ledger.packed import PackedPlan, packed
from bot.ledger.sqlite import SqliteLedger
from bot.metrics import Metrics
from bot.services.home import home_of
from bot.services.requests.planning import make_plan
from bot.services.setup import Core, Current, Setup
from bot.slack.cards.home import home_view
from bot.system import NoSlack, SystemClock, SystemDice
from providers import PROVIDERS
from providers.contract import Account, Kind

ENDED, RUNNING, WAITING = 9_500, 300, 200
PEOPLE = tuple(f"U{n:08d}" for n in range(50))
ZONE = "0123456789abcdef0123456789abcdef"
SITES = tuple(
    Site(f"shop-{n}", (f"www.shop-{n}.test", f"img.shop-{n}.test"), layers=(Layer("door"), Layer("cf", {"zone": ZONE})))
    for n in range(20)
)
ROUNDS, LOT = 10, 250
OUTCOMES = (State.DONE,) * 7 + (State.PARTIAL, State.FAILED, State.EXPIRED)
UNDER_WAY = (State.PURGING, State.PURGING, State.QUEUED, State.CHECKING)


async def _nobody(name: str) -> None:
    return


def setup_of(folder: Path) -> Core:
    """A bot without faces, whose approvers are five people."""
    clock = SystemClock()
    accounts = {
        "door": PROVIDERS["varnish"].build(Account("door", {"url": "http://127.0.0.1:6081"}), None),
        "cf": PROVIDERS["cloudflare"].build(Account("cf", {}, {"token": "bench"}), None),
    }
    setup = Setup({site.name: site for site in SITES}, accounts, built_in(PEOPLE[:5]), "C_APPROVE")
    ledger, engine = SqliteLedger(folder / "ledger.db"), EmbeddedEngine(_nobody, clock)
    metrics = Metrics({name: provider.name for name, provider in accounts.items()})
    return Core(Current(setup), ledger, engine, clock, SystemDice(), NoLooks(), NoSlack(), metrics)


def a_plan(core: Core, site: Site) -> Plan:
    """Twenty pages of a site."""
    targets = tuple(
        Target(Kind.URL, f"{site.root_url()}news/{n}/a-page-of-some-length.html", site.name) for n in range(20)
    )
    return make_plan(Command(Verb.PURGE, targets, site.name), site, core.setup.providers, {})


def a_job(plan: Plan, site: Site, n: int, now: float) -> JobView:
    """A job as it is when it is asked for."""
    return JobView(
        id=0, site=site.name, environment=site.environment, state=State.WAITING, verdict=Verdict.UNCHECKED,
        kind=Kind.URL, targets=len(plan.targets), sample=tuple(target.value for target in plan.targets), soft=False,
        requested_by=PEOPLE[n % len(PEOPLE)], created=now, layers=(), digest=plan.digest, rule="wide",
        reason="the menu moved", hosts=site.hosts, edges=("fra", "iad", "sin"), due_at=now + 1800,
        look_urls=tuple(target.value for target in plan.targets),
        approval=Approval(
            2, PEOPLE[:5], now + 1800, "wide", "41 targets are more than 30", "C_APPROVE", groups=("approvers",)
        ),
    )  # fmt: skip


def looks_of(job: JobView, now: float) -> list[Look]:
    """Five pages at three edges and the origin."""
    places = (*job.edges, "origin")
    return [Look(place, url, now, 200, etag='"b7"', version="b7") for url in job.look_urls[:5] for place in places]


def write(books: Books, core: Core, plans: Sequence[tuple[Plan, PackedPlan]], numbers: Sequence[int]) -> None:
    """The jobs of these numbers, in their states."""
    now = core.clock.now()
    for n in numbers:
        (plan, stored), site = plans[n % len(SITES)], SITES[n % len(SITES)]
        job = books.jobs.create(a_job(plan, site, n, now), stored, f"bench {n}")
        for role in Role:
            books.messages.plan(job.id, role, "C_SHOP", "", core.dice.token(), now)
        state = OUTCOMES[n % 10] if n < ENDED else UNDER_WAY[n % 4] if n < ENDED + RUNNING else State.WAITING
        if state is State.WAITING:
            continue
        for position, layer in enumerate(job.layers):
            books.jobs.save_layer(job.id, position, replace(layer, state=LayerState.DONE, started=now, ended=now + 1))
        books.jobs.save_looks(job.id, "after", looks_of(job, now))
        due = job.due_at if state.is_open else None
        books.jobs.save(replace(job, state=state, verdict=Verdict.FRESH, fresh_at=job.edges, due_at=due, ended=now))


async def fill(core: Core) -> None:
    """The whole ledger."""
    plans = [(plan, packed(plan)) for plan in (a_plan(core, site) for site in SITES)]
    total = ENDED + RUNNING + WAITING
    for first in range(0, total, LOT):
        numbers = range(first, min(first + LOT, total))
        await core.ledger.write(partial(write, core=core, plans=plans, numbers=numbers))


async def draw(core: Core, person: str) -> tuple[float, float, int]:
    """Milliseconds of reading and in all, and how many jobs the Home shows."""
    began = time.perf_counter()
    home = await home_of(core, Actor(person, Standing.MEMBER), {})
    read = time.perf_counter()
    home_view(home, core.clock.now())
    ended = time.perf_counter()
    shown = len(home.requests) + len(home.waiting) + len(home.running) + len(home.ended)
    return 1000 * (read - began), 1000 * (ended - began), shown


async def measure() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        core = setup_of(Path(folder))
        await fill(core)
        seen = [await draw(core, person) for _ in range(ROUNDS) for person in PEOPLE]
        size = (Path(folder) / "ledger.db").stat().st_size / 1e6
        await core.ledger.close()
    reads, alls, jobs = zip(*seen, strict=True)
    total = ENDED + RUNNING + WAITING
    print(f"{total:,} jobs, {size:.0f} MB, {len(seen)} times, {min(jobs)} to {max(jobs)} jobs shown:")
    for name, took in (("read", reads), ("read and made", alls)):
        p50, p95 = percentile(took, 0.5), percentile(took, 0.95)
        print(f"  {name}: p50 {p50:.1f} ms, p95 {p95:.1f} ms, max {max(took):.1f} ms")


async def where_the_time_goes() -> None:
    """Profile drawing, with the ledger's work in this thread."""
    with tempfile.TemporaryDirectory() as folder:
        core = setup_of(Path(folder))
        await fill(core)
        with cProfile.Profile() as profile:
            for person in PEOPLE:
                await draw(core, person)
        await core.ledger.close()
    pstats.Stats(profile).sort_stats("tottime").print_stats(25)


def main(arguments: Sequence[str]) -> None:
    """Run one or the other."""
    if arguments == ["profile"]:
        asyncio.run(where_the_time_goes())
        return
    print(describe())
    asyncio.run(measure())


if __name__ == "__main__":
    main(sys.argv[1:])
