"""What runs and what waits for each account, in the order of the lanes, and when: see `bot.domain.jobs.forecast`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.domain.actor import Actor
from bot.domain.grammar.command import Command
from bot.domain.jobs.forecast import Foretold, Lane, Leg, Line, foretell
from bot.domain.jobs.hold import OVERRULED, Hold
from bot.domain.jobs.job import State
from bot.domain.jobs.turns import Place
from bot.domain.site import Site
from bot.ledger.books import Books
from bot.ledger.holds import Waiting
from bot.ledger.queue import OpenJob, OpenLayer
from bot.services.off_loop import aside
from bot.services.setup import CALLS_AT_ONCE, Core

MINE_SHOWN = 5  # own jobs a page, with a button each
IN_LINE_SHOWN = 5  # requests that wait for the end of one hold
LOOK_SECONDS = 0.5  # that a job is thought to look before its first call
Times = Mapping[tuple[int, int], Foretold]  # by job and position
ENDED = ("done", "failed", "stopped")


@dataclass(frozen=True, slots=True)
class Waiter:
    """One job at one account. `begins` and `ends` are foretold, in seconds since the epoch: when its next call goes,
    and when its last one here is answered; None where that cannot be told. Of a job that is not `seen` nothing else is
    told."""

    job: int
    seen: bool
    site: str = ""
    by: str = ""
    urgent: bool = False
    gone: int = 0  # calls that came back
    left: int = 0  # that have still to go
    begins: float | None = None
    ends: float | None = None
    after: str = ""  # the cache that it is at before
    flying: int = 0  # calls on their way

    @property
    def name(self) -> str:
        """The id people type."""
        return f"P-{self.job}"


@dataclass(frozen=True, slots=True)
class AccountQueue:
    """One account: what runs, what waits in the order in which it begins, and how many jobs wait for something else."""

    account: str
    title: str
    running: tuple[Waiter, ...]
    waiting: tuple[Waiter, ...]
    held: int = 0
    scheduled: int = 0
    votes: int = 0
    decisions: int = 0
    following: int = 0  # another site's job comes first
    still: int = 0  # stand still, since this bot only observes
    finishing: int = 0  # sent, and the provider is still at it
    silent_until: float | None = None  # the provider wants no calls before

    @property
    def is_idle(self) -> bool:
        """Whether nothing is open for it."""
        waits = (
            self.held
            or self.scheduled
            or self.votes
            or self.decisions
            or self.following
            or self.still
            or self.finishing
        )
        return not (self.running or self.waiting or waits)


@dataclass(frozen=True, slots=True)
class HeldBack:
    """One hold, and what waits for its end as far as its site was asked for: how many jobs, and the first requests in
    line of so many. `hold` is None for requests whose hold has just ended: they are about to run."""

    hold: Hold | None
    jobs: int = 0
    first: Sequence[Waiting] = ()
    requests: int = 0


@dataclass(frozen=True, slots=True)
class QueueShown:
    """The queues of the accounts that were asked for, and what holds their sites. `mine` are the caller's own jobs that
    are not fully sent, with their sites, oldest first; `begin` is how many of them are on pages before this one."""

    accounts: Sequence[AccountQueue]
    now: float
    mine: Sequence[tuple[int, str]] = ()
    begin: int = 0
    line: str = "queue"  # to be typed for the same, without its page
    held: Sequence[HeldBack] = ()
    observing: bool = False  # nothing is sent, so no time is foretold

    @property
    def running(self) -> frozenset[int]:
        """The jobs that run at some account."""
        return frozenset(one.job for account in self.accounts for one in account.running)

    @property
    def waiting(self) -> frozenset[int]:
        """The jobs that wait in line and run nowhere."""
        return frozenset(one.job for account in self.accounts for one in account.waiting) - self.running


async def queue(core: Core, actor: Actor, command: Command) -> QueueShown:
    """The queues of a site's accounts, of one account, or of all that `actor` sees sites of."""
    sites = core.setup.seen_by(actor)
    named = [site for site in sites if command.site in ("", site.name) and _has(site, command.only)]
    names = [site.name for site in named]
    accounts = dict.fromkeys(
        layer.account for site in named for layer in site.layers if command.only in ("", layer.account)
    )
    now = core.clock.now()

    def question(books: Books) -> tuple[tuple[list[OpenJob], dict[str, Lane]], dict[str, float], list[HeldBack]]:
        state = state_of(books, core, now)
        silent = {account: books.budgets.silent_until(account) for account in accounts}
        return state, silent, _held_back(books, state[0], names, now)

    (jobs, lanes), silent, held = await core.ledger.read(question)
    observing = core.setup.observe
    times = {} if observing else await foretold(jobs, lanes, now)
    queues = [_queue(core, account, jobs, times, silent[account], sites, now) for account in accounts]
    mine = [
        (job.id, job.site)
        for job in jobs
        if actor.id in (job.by, *job.parts_of) and job.site in names and _may_go(job, [*accounts])
    ]
    begin = max(0, min((command.page - 1) * MINE_SHOWN, (len(mine) - 1) // MINE_SHOWN * MINE_SHOWN))
    words = ["queue", command.site or command.only]
    return QueueShown(queues, now, mine, begin, " ".join(filter(None, words)), held, observing)


def _has(site: Site, account: str) -> bool:
    """Whether `account` is one of the site's; every site where none is named."""
    return not account or any(layer.account == account for layer in site.layers)


def _held_back(books: Books, jobs: Sequence[OpenJob], sites: Sequence[str], now: float) -> list[HeldBack]:
    """What holds some of `sites`, with what waits for that; a hold on all of them is told once."""
    of_hold: dict[tuple[str, str, float] | None, tuple[Hold | None, list[str]]] = {}
    for site in sites:
        hold = books.holds.on(site, now)
        key = (hold.site, hold.by, hold.since) if hold else None
        of_hold.setdefault(key, (hold.alone if hold else None, []))[1].append(site)
    found = []
    for hold, held in of_hold.values():
        first, requests = books.holds.waiting(held, IN_LINE_SHOWN)
        waiting = sum(job.is_held and not job.observed and job.site in held for job in jobs) if hold else 0
        if hold or requests:
            found.append(HeldBack(hold, waiting, first, requests))
    return found


def _is_to_begin(job: OpenJob) -> bool:
    """Whether it begins next, so that a hold keeps it."""
    return job.state is State.QUEUED and not job.follows and job.rule != OVERRULED


def _may_go(job: OpenJob, accounts: Sequence[str]) -> bool:
    """Whether some call of it may still go to one of `accounts`."""
    return any(layer.account in accounts and layer.left for layer in job.layers)


def state_of(books: Books, core: Core, now: float) -> tuple[list[OpenJob], dict[str, Lane]]:
    """Every open job, and every account as it stands. A job that a hold will keep is held from the first moment on."""
    jobs = books.queue.open_jobs()
    held = {site for site in {job.site for job in jobs} if books.holds.on(site, now)}
    jobs = [replace(job, is_held=True) if job.site in held and _is_to_begin(job) else job for job in jobs]
    return jobs, _lanes(books, core, jobs, now)


async def foretold(jobs: Sequence[OpenJob], lanes: Mapping[str, Lane], now: float) -> Times:
    """When their calls will go; the lanes are used up by it."""
    lines = [line_of_job(job, now) for job in jobs if job.runs]
    calls = sum(leg.calls for line in lines for leg in line.legs)
    return await aside(calls, lambda: foretell(lines, lanes, now))


def _lanes(books: Books, core: Core, jobs: Sequence[OpenJob], now: float) -> dict[str, Lane]:
    lanes = {}
    for account, provider in core.setup.providers.items():
        waiting = [
            Place(job.id, layer.position, bool(job.urgent_by)) for job in jobs if (layer := job.layer_on(account))
        ]
        here, budgets = core.lanes.of(account), books.budgets.foretold(account, provider.can.pace, now)
        lanes[account] = Lane(budgets, here.turns.copy(waiting), here.call.seconds, CALLS_AT_ONCE)
    return lanes


def line_of_job(job: OpenJob, now: float) -> Line:
    """What `job` has still to send, as it is foretold."""
    pending = max((x.ready_at or 0.0 for x in job.layers if not x.left), default=0.0)
    looks = LOOK_SECONDS if job.looks and job.state is State.QUEUED else 0.0
    return Line(job.id, tuple(map(_leg, job.layers)), bool(job.urgent_by), max(now + looks, pending))


def _leg(layer: OpenLayer) -> Leg:
    spends = {bucket: units / max(1, layer.calls) for bucket, units in layer.spends.items()}
    return Leg(layer.account, layer.position, layer.left, spends, layer.again)


def _queue(
    core: Core, account: str, jobs: Sequence[OpenJob], times: Times, silent: float, sites: Sequence[Site],
    now: float,
) -> AccountQueue:  # fmt: skip
    seen = {site.name for site in sites}
    observing = core.setup.observe
    there = [(job, layer) for job in jobs if job.runs and (layer := job.layer_on(account))]
    there = [(job, layer) for job, layer in there if layer.flying or not observing]
    told = [(layer.has_begun, _waiter(core, job, layer, times, job.site in seen)) for job, layer in there]
    waiting = [waiter for has_begun, waiter in told if not has_begun]
    others = [job for job in jobs if any(x.account == account and x.state not in ENDED for x in job.layers)]
    return AccountQueue(
        account,
        core.setup.providers[account].title,
        tuple(waiter for has_begun, waiter in told if has_begun),
        tuple(sorted(waiting, key=lambda x: (float("inf") if x.begins is None else x.begins, x.job))),
        held=sum(job.is_held and not job.observed for job in others),
        scheduled=sum(job.state is State.SCHEDULED and not job.is_held for job in others),
        votes=sum(job.state is State.WAITING for job in others),
        decisions=sum(job.state is State.NEEDS_DECISION for job in others),
        following=sum(job.follows and not job.is_held for job in others),
        still=sum(job.observed or (observing and job.runs and _stands(job, account)) for job in others),
        finishing=sum(job.runs and any(x.account == account and x.is_finishing for x in job.layers) for job in others),
        silent_until=silent if silent > now else None,
    )


def _stands(job: OpenJob, account: str) -> bool:
    """Whether `job` has calls for `account`, and none on its way."""
    return (layer := job.layer_on(account)) is not None and not layer.flying


def _waiter(core: Core, job: OpenJob, layer: OpenLayer, times: Times, seen: bool) -> Waiter:
    told = times.get((job.id, layer.position))
    begins, ends = (told.begins, told.ends) if told else (None, None)
    if not seen:
        return Waiter(job.id, False, begins=begins, ends=ends)
    before = next((x for x in job.layers[: layer.position] if x.left + x.flying or x.state not in ENDED), None)
    after = core.setup.providers[before.account].title if before and before.account in core.setup.providers else ""
    gone = layer.calls - layer.left - layer.flying
    return Waiter(
        job.id, True, job.site, job.by, bool(job.urgent_by), gone, layer.left, begins, ends, after, layer.flying
    )
