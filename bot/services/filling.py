"""How much may be open for one account: over it new work is refused, with when there is room again."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.forecast import Lane
from bot.domain.plan import Plan
from bot.domain.shown import how_many
from bot.ledger.books import Books
from bot.ledger.queue import Load, OpenJob
from bot.services.queue import ENDED, Times, foretold, state_of
from bot.services.replies import Full
from bot.services.setup import Core, Most


def full(books: Books, core: Core, plan: Plan) -> Full | None:
    """Why `plan` is too much for now; None where there is room."""
    most, new = core.setup.most, len(plan.targets)
    for layer in plan.layers:
        load = books.queue.load(layer.account)
        if load.jobs >= most.jobs or (load.jobs and load.targets + new > most.urls):
            return _full(core, layer.account, load, new)
    return None


def _full(core: Core, account: str, load: Load, new: int) -> Full:
    most = core.setup.most
    if load.jobs >= most.jobs:
        what = (
            f"{account} has {how_many(load.jobs, 'open job')}, and at most {most.jobs:,} may be open (`limits.jobs`)."
        )
    else:
        what = (
            f"{account} has {how_many(load.targets, 'target')} in open jobs; with {new:,} more they would be over"
            f" {most.urls:,} (`limits.urls`)."
        )
    return Full(what, "", account=account, since=load.newest)


async def with_room(core: Core, full: Full, new: int) -> Full:
    """`full` with when there is room for `new` targets again, as far as that can be foretold."""
    now = core.clock.now()

    def question(books: Books) -> tuple[Load, tuple[list[OpenJob], dict[str, Lane]]]:
        return books.queue.load(full.account), state_of(books, core, now)

    load, (jobs, lanes) = await core.ledger.read(question)
    times = await foretold(jobs, lanes, now)
    free = _free_at(jobs, times, full.account, load, new, core.setup.most)
    return replace(full, seconds=None if free is None else max(0.0, free - now))


def _free_at(jobs: list[OpenJob], times: Times, account: str, load: Load, new: int, most: Most) -> float | None:
    """When enough of what is open for `account` is expected to be done; None where that is not known."""
    left, targets = load.jobs, load.targets
    for at, size in sorted(_ends(jobs, times, account)):
        left, targets = left - 1, targets - size
        if left < most.jobs and (left == 0 or targets + new <= most.urls):
            return at
    return None


def _ends(jobs: list[OpenJob], times: Times, account: str) -> list[tuple[float, int]]:
    """When jobs are expected to have left `account`, and their targets."""
    there = [(job, layer) for job in jobs for layer in job.layers if layer.account == account]
    found = [(times.get((job.id, layer.position)), job.targets) for job, layer in there if layer.state not in ENDED]
    return [(told.ends, size) for told, size in found if told is not None]
