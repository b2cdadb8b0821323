"""A deploy becomes a job: what changed is purged and proven, on the sites that come before first. The jobs of all those
sites are made, or none is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.domain.actor import Actor
from bot.domain.deploys.deploy import Announced, Deploy, elsewhere, is_rollback
from bot.domain.deploys.inherited_rules import prefixes_elsewhere
from bot.domain.jobs.job import JobView
from bot.domain.policies.rights import Deed, Subject, authorise
from bot.domain.shown import shown
from bot.domain.site import Site, comes_before
from bot.domain.target import resolve
from bot.ledger.books import Books
from bot.services.deploying.deploy_costs import cost_told
from bot.services.deploying.deploy_wishes import NotRead, Wished, wish_of
from bot.services.off_loop import aside
from bot.services.replies import Full, PlanShown, Refusal
from bot.services.requests.deciding import Ready, enter, journal_refusal, readied
from bot.services.requests.purges import Asking
from bot.services.running.open_limits import with_room
from bot.services.setup import SLACK, Core, job_name
from bot.services.voting.roster import read_roster


@dataclass(frozen=True, slots=True)
class Deployed:
    """The job of a deploy, and those of the sites that come before it, in their order."""

    job: JobView
    first: tuple[JobView, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What the sender should know: a sentence each."""
        idle = [one for one in self.first if self.job.targets and not one.targets]
        costs = [(one.site, one.deploy.cost) for one in (*self.first, self.job) if one.deploy and one.deploy.cost]
        return (
            *(f"{one.name}, which comes first on {one.site}, has nothing to purge there." for one in idle),
            *(f"{site}: {cost}" if self.first else cost for site, cost in costs),
        )


@dataclass(frozen=True, slots=True)
class Overtaken:
    """Nothing is done: the sender has told of a newer deploy already."""

    version: str


@dataclass(frozen=True, slots=True)
class Observed:
    """Nothing is purged, by a bot that only observes: what would be, on the sites that come before first."""

    plans: tuple[PlanShown, ...]


Taken = Deployed | Overtaken | NotRead | Observed | Refusal


async def take(core: Core, actor: Actor, key: str, told: Announced) -> Taken:
    """Make the jobs of a deploy that `actor` tells of, once for each `key`."""
    site = core.setup.sites.get(told.site)
    denied = authorise(actor, Deed.PURGE, Subject(told.site))
    if denied is not None or site is None:
        why = denied.why if denied else f"There is no site {shown(told.site)}."
        return Refusal(why, denied.advice if denied else "Ask whoever configured purgebot.", by_rule=True)
    if told.at is not None:  # a clock that is ahead must not make all that comes later count as older
        told = replace(told, at=min(told.at, core.clock.now()))
    if (newer := await _newer(core, actor, key, told)) is not None:
        return newer
    return await _take_all(core, actor, _steps(core, site, told, key))


@dataclass(frozen=True, slots=True)
class _Step:
    """A deploy on one site, the key of its job, and the sites that come after."""

    site: Site
    told: Announced
    key: str
    later: tuple[Site, ...] = ()


def _steps(core: Core, site: Site, told: Announced, key: str) -> list[_Step]:
    """The deploy of `site` on each of the sites that come before it, and then on itself."""
    first = comes_before(site, core.setup.sites)
    steps = [
        _Step(
            before,
            replace(
                told,
                site=before.name,
                urls=elsewhere(told.urls, site, before),
                prefixes=prefixes_elsewhere(told.prefixes, site, before),
            ),
            f"{key} before {before.name}",
            (*first[n + 1 :], site),
        )
        for n, before in enumerate(first)
    ]
    return [*steps, _Step(site, told, key)]


class _Undone(Exception):
    """One of several was refused, so that none of them is kept."""

    def __init__(self, refused: Refusal, ready: Ready) -> None:
        super().__init__(refused.what)
        self.refused = refused
        self.ready = ready


async def _take_all(core: Core, actor: Actor, steps: Sequence[_Step]) -> Taken:
    """The jobs of all `steps`, or none: each is planned before the first is kept."""
    wishes: list[Wished] = []
    for step in steps:
        if authorise(actor, Deed.PURGE, Subject(step.site.name)) is not None:
            why = f"{step.site.name} comes before {steps[-1].site.name}, and this sender may not purge that."
            return Refusal(why, "Add that site to the sender's `sites`.", by_rule=True)
        wished = await wish_of(core, actor, step.told, step.site, step.key, step.later)
        if isinstance(wished, NotRead):
            return wished
        wishes.append(wished)
    ready: list[Ready] = []
    plans: list[PlanShown] = []
    for step, wished in zip(steps, wishes, strict=True):
        one = await _ready(core, actor, step, wished)
        match one:
            case Ready():
                ready.append(one)
            case PlanShown():
                plans.append(one)
            case Refusal():
                await _unpurged(core, steps, wishes)
                return _whole(one, step.site, steps)
    if plans:
        await _unpurged(core, steps, wishes)
        return Observed(tuple(plans))
    made = await _enter(core, ready, steps)
    if isinstance(made, Refusal):
        await _unpurged(core, steps, wishes)
    return made


async def _enter(core: Core, ready: Sequence[Ready], steps: Sequence[_Step]) -> Deployed | Refusal:
    """Judge and record them all in one transaction, each after the one before."""
    roster = await read_roster(core)

    def deed(books: Books) -> list[JobView]:
        made: list[JobView] = []
        for one, step in zip(ready, steps, strict=True):
            asking = replace(one.asking, after=made[-1].id if made else 0)
            entered = enter(books, core, replace(one, asking=asking), roster)
            if isinstance(entered, Refusal):
                raise _Undone(entered, one)
            if step.told.at is not None:
                books.deploys.happened(entered.job.id, step.told.at)
            made.append(entered.job)
        return made

    try:
        made = await core.ledger.write(deed)
    except _Undone as undone:
        refused, lost = undone.refused, undone.ready
        await core.ledger.write(lambda books: journal_refusal(books, core, lost, roster))
        if isinstance(refused, Full):
            refused = await with_room(core, refused, len(lost.plan.targets))
        return _whole(refused, core.setup.sites[lost.plan.site], steps)
    for job in made:
        core.engine.wake(job_name(job.id))
    core.engine.wake(SLACK)
    return Deployed(made[-1], tuple(made[:-1]))


def _whole(refused: Refusal, site: Site, steps: Sequence[_Step]) -> Refusal:
    """`refused`, which is of `site`; where there are several, that none of them is purged."""
    others = [step.site.name for step in steps if step.site is not site]
    if not others:
        return refused
    neither = f"{' and '.join(others)} {'is' if len(others) == 1 else 'are'} not purged either."
    return replace(refused, what=f"{site.name}: {refused.what}", advice=f"{refused.advice} {neither}".strip())


async def _newer(core: Core, actor: Actor, key: str, told: Announced) -> Overtaken | None:
    """The newest deploy that this sender told of, where this one is older or that very one; what it told under `key`
    itself is none."""

    def question(books: Books) -> Overtaken | None:
        newest = books.deploys.newest_told(told.site, actor.id)
        if newest is None or told.at is None or books.jobs.made_under(key) is not None:
            return None
        known = books.deploys.earlier(told.site)[0].version
        return Overtaken(known) if told.at < newest or (told.at == newest and told.version == known) else None

    return await core.ledger.read(question)


async def _ready(core: Core, actor: Actor, step: _Step, wished: Wished) -> Ready | PlanShown | Refusal:
    """The job on one site as it is planned."""
    site, told = step.site, step.told
    earlier = await core.ledger.read(lambda books: books.deploys.earlier(site.name))
    deploy = Deploy(
        version=told.version,
        sender=actor.id,
        actor=core.setup.people.get(told.actor, told.actor),
        link=told.link,
        was=earlier[0].version if earlier else "",
        rollback=is_rollback(told.version, earlier),
        expected=told.expected,
        files=wished.files,
        told=wished.told,
        quiet=told.quiet or site.deploy.quiet,
        notes=told.notes,
    )
    pages = await aside(len(wished.pages), lambda: tuple(page.value for page in resolve(wished.pages, site)))
    asking = Asking(actor, step.key, "deploy", deploy=deploy, manifest=wished.manifest, pages=pages)
    command = wished.command  # without a job its plan tells of the files
    command = replace(command, notes=(*command.notes, *wished.told)) if core.setup.observe else command
    ready = await readied(core, asking, command, site)
    if not isinstance(ready, Ready):
        return ready
    cost = await cost_told(core, actor, ready.plan, command, site)
    return replace(ready, asking=replace(asking, deploy=replace(deploy, cost=cost)))


async def _unpurged(core: Core, steps: Sequence[_Step], wishes: Sequence[Wished]) -> None:
    """Remember what came out though nothing is purged for it: caches may hold copies of it too."""
    docs = [
        (step.site.name, step.key, wished.manifest)
        for step, wished in zip(steps, wishes, strict=True) if wished.manifest is not None
    ]  # fmt: skip
    now = core.clock.now()

    def deed(books: Books) -> None:
        for site, key, doc in docs:
            books.manifests.keep(site, key, doc, now)

    if docs:
        await core.ledger.write(deed)
