"""Warming from around the world, where it was asked for and the site is opted in: probes fetch a page, and the same
probes once more. That warms the places nearest to them, and is public, as every measurement is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from bot.domain.jobs.warming import Copy, Spot, Warming, first_says, is_too_much, pause_after, second_says
from bot.domain.proof.world import Measured, Region, Sight
from bot.ports import Probes
from bot.services.setup import Core

MEASURE_SECONDS = 18.0  # of one measurement, of which a run makes two
LAST_ANSWER = 2.0  # seconds that are left for the API's last answer
NOT_OPTED_IN = "nobody opted it in (`globalping` in the configuration)"


def is_to_come(core: Core, warming: Warming) -> bool:
    """Whether probes are still to fetch something."""
    return bool(warming.regions) and not warming.unmeasured and warming.measured < len(warming.urls)


async def measured(core: Core, warming: Warming) -> Warming:
    """`warming` after its next page was fetched by probes, or with the reason why none fetches it."""
    world, probes = core.setup.world, core.probes
    if probes is None or warming.site not in world.sites:
        return replace(warming, unmeasured=NOT_OPTED_IN)
    each = 2 * world.tests(warming.regions)
    if each * (warming.measured + 1) > world.limit:
        return replace(warming, unmeasured=f"one request has {world.limit} tests, and each page takes {each}")
    url, regions = warming.urls[warming.measured], [world.regions[name] for name in warming.regions]
    first = await _measure(probes, url, regions)
    if not first.sights:
        return replace(warming, unmeasured=first.problem or "no probe answered")
    stopped = is_too_much([sight.answer for sight in first.sights])
    second = Measured()
    if not stopped and any(_settled(core, sight) is None for sight in first.sights):
        await core.clock.sleep(pause_after(1.0))
        second = await _measure(probes, url, regions, first.id)
    return replace(
        warming,
        around=(*warming.around, *_copies(core, first.sights, second)),
        public=(*warming.public, *filter(None, (first.id, second.id))),
        measured=warming.measured + 1,
        stopped=stopped or is_too_much([sight.answer for sight in second.sights]),
    )


async def _measure(probes: Probes, url: str, regions: Sequence[Region], again: str = "") -> Measured:
    try:
        async with asyncio.timeout(MEASURE_SECONDS):
            return await probes.measure(url, regions, again=again, within=MEASURE_SECONDS - LAST_ANSWER)
    except TimeoutError:
        return Measured(problem=f"no answer within {MEASURE_SECONDS:g} s")


def _settled(core: Core, sight: Sight) -> Copy | None:
    return first_says(_spot(sight), sight.answer, core.looker.read(sight.answer))


def _copies(core: Core, first: Sequence[Sight], second: Measured) -> list[Copy]:
    """What each probe found, by its second answer where the first leaves it open."""
    again = {sight.answer.place: sight for sight in second.sights}
    found = []
    for sight in first:
        copy = _settled(core, sight)
        if copy is None:
            later = again.get(sight.answer.place)
            problem = second.problem or "the probe did not answer a second time"
            answer = later.answer if later else replace(sight.answer, problem=problem)
            copy = second_says(_spot(sight), answer, core.looker.read(answer))
        found.append(replace(copy, country=sight.country))
    return found


def _spot(sight: Sight) -> Spot:
    return Spot(sight.answer.url, sight.answer.place)
