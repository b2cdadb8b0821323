"""Looks from around the world, for sites that are opted in: by a check, and before and after a purge.

What a probe sees decides nothing unless it can be compared: one that is away, or that a firewall turns back, says
nothing of the cache. It is counted among those that were asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.domain.jobs.job import JobView
from bot.domain.proof.verdict import Look
from bot.domain.proof.world import PUBLIC, Measured, Region, World
from bot.domain.site import Site
from bot.ports import Probes
from bot.services.looks.checks import telling
from bot.services.setup import Core

CHECK_SECONDS = 33.0  # a measurement ends after 30; a terminal waits 35
BEFORE_SECONDS = 10.0  # that a purge is held at most, where probes are to prove it
LAST_ANSWER = 2.0  # seconds that are left for the API's last answer
NOT_OPTED_IN = "{} is not looked at from around the world: nobody opted it in (`globalping` in the configuration)."


@dataclass(frozen=True, slots=True)
class Around:
    """What probes saw. `problem` says why something is missing, `note` who else can read it; `id` has the same probes
    asked again."""

    looks: tuple[Look, ...] = ()
    problem: str = ""
    note: str = ""
    id: str = ""


async def look_around(core: Core, site: Site, urls: Sequence[str], regions: Sequence[str]) -> Around:
    """What probes in `regions` get for `urls`: for as many of them as one check may cost tests."""
    world, probes = core.setup.world, core.probes
    if not regions:
        return Around()
    if probes is None or site.name not in world.sites:
        return Around(problem=NOT_OPTED_IN.format(site.name))
    each = world.tests(regions)
    most = world.limit // each
    if not most:
        return Around(problem=f"From {', '.join(regions)} it takes {each} tests, and a check has {world.limit}.")
    asked = [world.regions[name] for name in regions]
    measured = await asyncio.gather(*(_measured(probes, url, asked, CHECK_SECONDS) for url in urls[:most]))
    problems = [_problem(one.problem) for one in measured if one.problem]
    if len(urls) > most:
        problems.append(f"Probes looked at the first {most} of {len(urls)} URLs: a check has {world.limit} tests.")
    ids = [one.id for one in measured if one.id]
    looks = tuple(look for one in measured for look in _looks(core, one))
    return Around(looks, " ".join(dict.fromkeys(problems)), f"{PUBLIC}: id {', id '.join(ids)}." if ids else "")


async def probes_before(core: Core, job: JobView) -> Around:
    """What probes get for a job's first page before anything is purged, where that is wanted."""
    world, probes = core.setup.world, core.probes
    if probes is None or not world.prove or job.site not in world.sites or not job.look_urls:
        return Around()
    asked = [world.regions[name] for name in _affordable(world)]
    measured = await _measured(probes, job.look_urls[0], asked, BEFORE_SECONDS)
    problem = _problem(measured.problem) if measured.problem else ""
    return Around(_looks(core, measured), problem, id=measured.id if measured.sights else "")


async def probes_after(core: Core, job: JobView) -> Around:
    """What the same probes get now."""
    world, probes = core.setup.world, core.probes
    if probes is None or not job.measurement:
        return Around()
    asked = [world.regions[name] for name in _affordable(world)]
    measured = await _measured(probes, job.look_urls[0], asked, CHECK_SECONDS, job.measurement)
    return Around(_looks(core, measured), _problem(measured.problem) if measured.problem else "")


async def _measured(probes: Probes, url: str, regions: Sequence[Region], seconds: float, again: str = "") -> Measured:
    """What probes get within `seconds`, whatever the API takes for its answers."""
    try:
        async with asyncio.timeout(seconds):
            return await probes.measure(url, regions, again=again, within=seconds - LAST_ANSWER)
    except TimeoutError:
        return Measured(problem=f"no answer within {seconds:g} s")


def compared(around: Sequence[Look], beside: Sequence[Look]) -> tuple[Look, ...]:
    """`beside`, and those of `around` that say something beside the origin's among them."""
    return (*beside, *telling(around, beside))


def was(before: Sequence[Look], after: Sequence[Look]) -> tuple[Look, ...]:
    """Those of `before` that something of `after` can be compared with: of probes that say nothing now, none."""
    now = {look.place for look in after}
    return tuple(look for look in before if not look.country or look.place in now)


def _affordable(world: World) -> list[str]:
    """As many regions as one request may cost tests, in their order."""
    names: list[str] = []
    for name in world.regions:
        if world.tests([*names, name]) <= world.limit:
            names.append(name)
    return names


def _problem(why: str) -> str:
    return f"Globalping's probes could not be asked: {why}."


def _looks(core: Core, measured: Measured) -> tuple[Look, ...]:
    return tuple(replace(core.looker.read(sight.answer), country=sight.country) for sight in measured.sights)
