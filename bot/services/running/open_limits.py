"""How much may be open for one account: over it new work is refused, with when there is room again."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.domain.jobs.forecast import Lane
from bot.domain.jobs.plan import Plan
from bot.domain.shown import count
from bot.ledger.books import Books
from bot.ledger.queue import Load, OpenJob, OpenLayer
from bot.services.replies import Full
from bot.services.running.queue import ENDED, Times, foretold, state_of
from bot.services.setup import Core, Most
from providers.contract import Confirmation, Provider


def full(books: Books, core: Core, plan: Plan) -> Full | None:
    """Why `plan` is too much for now, with every account that is full; None where there is room."""
    most, new, found = core.setup.most, len(plan.targets), []
    for layer in plan.layers:
        load = books.queue.load(layer.account)
        if load.jobs >= most.jobs or (load.jobs and load.targets + new > most.urls):
            found.append(_full(core, layer.account, load, new))
    return replace(found[0], besides=tuple(found[1:])) if found else None


def _full(core: Core, account: str, load: Load, new: int) -> Full:
    most = core.setup.most
    if load.jobs >= most.jobs:
        what = f"{account} has {count(load.jobs, 'open job')}, and at most {most.jobs:,} may be open (`limits.jobs`)."
    else:
        what = (
            f"{account} has {count(load.targets, 'target')} in open jobs; with {new:,} more they would be over"
            f" {most.urls:,} (`limits.urls`)."
        )
    return Full(what, "", account=account, since=load.newest)


async def with_room(core: Core, full: Full, new: int) -> Full:
    """The account of `full` that is full the longest, with when there is room for `new` targets again, as far as that
    can be foretold: those that have room before help nobody."""
    now, providers = core.clock.now(), core.setup.providers
    later = {name for name, one in providers.items() if one.can.confirmation is not Confirmation.RECEIPT}

    every = (replace(full, besides=()), *full.besides)

    def question(books: Books) -> tuple[list[Load], tuple[list[OpenJob], dict[str, Lane]], dict[str, float | None]]:
        usual = {account: books.queue.usual_seconds(account) for account in later}
        return [books.queue.load(one.account) for one in every], state_of(books, core, now), usual

    loads, (jobs, lanes), usual = await core.ledger.read(question)
    course = Course(providers, await foretold(jobs, lanes, now), usual, now)
    told = [_told(one, load, new, jobs, course, core.setup.most) for one, load in zip(every, loads, strict=True)]
    return max(told, key=lambda one: math.inf if one.seconds is None else one.seconds)


def _told(full: Full, load: Load, new: int, jobs: Sequence[OpenJob], course: Course, most: Most) -> Full:
    """One account that is full, with when it has room again."""
    ends = [
        (course.end(job, layer), job.targets)
        for job in jobs
        for layer in job.layers
        if layer.account == full.account and layer.state not in ENDED
    ]
    free = _free_at([(end, size) for end, size in ends if isinstance(end, float)], load, new, most)
    titles = [end for end, _ in ends if isinstance(end, str)]
    if free is not None:
        return replace(full, seconds=max(0.0, free - course.now))
    return replace(full, finishing=next(filter(None, titles), ""), others="" in titles)


def _free_at(ends: list[tuple[float, int]], load: Load, new: int, most: Most) -> float | None:
    """When enough of what is open is expected to be done, by when jobs end and their targets; None where that is not
    known."""
    left, targets = load.jobs, load.targets
    for at, size in sorted(ends):
        left, targets = left - 1, targets - size
        if left < most.jobs and (left == 0 or targets + new <= most.urls):
            return at
    return None


@dataclass(frozen=True, slots=True)
class Course:
    """When layers are done: their calls as foretold, and then what their providers take to finish, which is what the
    accounts in `usual` took before (seconds; None where that is not known; an account that ends with its answers is not
    in it)."""

    providers: Mapping[str, Provider]
    times: Times
    usual: Mapping[str, float | None]
    now: float

    def end(self, job: OpenJob, layer: OpenLayer) -> float | str:
        """When `layer` is expected to be done; else the title of the provider that nobody knows it of, "" where it
        waits for something else."""
        told = self.times.get((job.id, layer.position))
        if not job.runs or (told is None and layer.left):
            return ""
        at = told.ends if told else self.now
        takes = told.ends - told.begins if told else 0.0
        for one in job.layers[: layer.position + 1]:
            if one.state in ENDED or one.account not in self.usual:
                continue
            finished = self._finished(job, one)
            if finished is None:
                return self.providers[one.account].title
            at = max(at, finished if one is layer else finished + takes)
        return at

    def _finished(self, job: OpenJob, layer: OpenLayer) -> float | None:
        """When the provider has finished; None where that is not known, or it takes longer than it used to."""
        says_when = self.providers[layer.account].can.confirmation is Confirmation.ESTIMATE
        if says_when and layer.is_finishing and layer.ready_at is not None:
            return layer.ready_at
        told, usual = self.times.get((job.id, layer.position)), self.usual[layer.account]
        began = told.begins if told and layer.started is None else layer.started
        if began is None or usual is None or began + usual < self.now:
            return None
        return began + usual
