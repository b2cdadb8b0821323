"""A deploy becomes a job: what changed is purged and proven, on the sites that come before first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.domain.actor import Actor
from bot.domain.deploy import Announced, Deploy, elsewhere, is_rollback
from bot.domain.job import JobView
from bot.domain.rights import Deed, Subject, authorise
from bot.domain.shown import shown
from bot.domain.site import Site
from bot.ledger.books import Books
from bot.services.deciding import submit
from bot.services.deploy_wishes import NotRead, Wished, wish_of
from bot.services.purges import Asking
from bot.services.replies import JobMade, Joined, PlanShown, Refused
from bot.services.setup import Core


@dataclass(frozen=True, slots=True)
class Deployed:
    """The job of a deploy, and those of the sites that come before it, in their order."""

    job: JobView
    first: tuple[JobView, ...] = ()


@dataclass(frozen=True, slots=True)
class Overtaken:
    """Nothing is done: the sender has told of a newer deploy already."""

    version: str


@dataclass(frozen=True, slots=True)
class Observed:
    """Nothing is purged, by a bot that only observes: what would be, on the sites that come before first."""

    plans: tuple[PlanShown, ...]


Taken = Deployed | Overtaken | NotRead | Observed | Refused


async def take(core: Core, actor: Actor, key: str, told: Announced) -> Taken:
    """Make the jobs of a deploy that `actor` tells of, once for each `key`."""
    site = core.setup.sites.get(told.site)
    denied = authorise(actor, Deed.PURGE, Subject(told.site))
    if denied is not None or site is None:
        why = denied.why if denied else f"There is no site {shown(told.site)}."
        return Refused(why, denied.advice if denied else "Ask whoever configured purgebot.", by_rule=True)
    if (newer := await _newer(core, actor, key, told)) is not None:
        return newer
    steps = [*(replace(told, site=before.name, urls=elsewhere(told.urls, site, before)) for before in
               comes_before(site, core.setup.sites)), told]  # fmt: skip
    made: list[JobView] = []
    plans: list[PlanShown] = []
    for n, step in enumerate(steps):
        last = n == len(steps) - 1
        job = await _one(core, actor, key if last else f"{key} before {step.site}", step, made[-1].id if made else 0)
        match job:
            case JobMade():
                made.append(job.job)
            case PlanShown():
                plans.append(job)
            case _:
                return job
    return Observed(tuple(plans)) if plans else Deployed(made[-1], tuple(made[:-1]))


def comes_before(site: Site, sites: Mapping[str, Site]) -> list[Site]:
    """The sites that are purged and proven before `site`, the first of them first."""
    chain: list[Site] = []
    last = site
    while before := next((one for one in sites.values() if one.before == last.name and one not in chain), None):
        chain.insert(0, before)
        last = before
    return chain


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


async def _one(
    core: Core, actor: Actor, key: str, told: Announced, after: int
) -> JobMade | NotRead | PlanShown | Refused:
    """The job on one site."""
    site = core.setup.sites[told.site]
    denied = authorise(actor, Deed.PURGE, Subject(site.name))
    if denied is not None:
        why = f"{told.site} comes before it, and this sender may not purge that."
        return Refused(why, "Add that site to the sender's `sites`.", by_rule=True)
    wished = await wish_of(core, actor, told, site, key)
    if isinstance(wished, NotRead):
        return wished
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
    asking = Asking(actor, key, "deploy", deploy=deploy, manifest=wished.manifest, after=after)
    command = wished.command  # without a job its plan tells of the files
    command = replace(command, notes=(*command.notes, *wished.told)) if core.setup.observe else command
    made = await submit(core, asking, command, site)
    if isinstance(made, PlanShown | Refused):
        await _unpurged(core, site, key, wished)
        return made
    if isinstance(made, JobMade) and told.at is not None:
        at = told.at
        await core.ledger.write(lambda books: books.deploys.happened(made.job.id, at))
    return JobMade(made.job, new=False) if isinstance(made, Joined) else made


async def _unpurged(core: Core, site: Site, key: str, wished: Wished) -> None:
    """Remember what came out though nothing is purged for it: caches may hold copies of it too."""
    doc, now = wished.manifest, core.clock.now()
    if doc is not None:
        await core.ledger.write(lambda books: books.manifests.keep(site.name, key, doc, now))
