"""A check: what every place that can be asked serves of some pages, compared with the origin. Nothing is purged."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.domain.command import Command
from bot.domain.site import Site
from bot.domain.target import url_of
from bot.domain.verdict import Look, judge
from bot.domain.world import gathered
from bot.ledger.books import Books
from bot.services import holds
from bot.services.around import compared, look_around
from bot.services.checks import VARIED_URLS, look_all, look_from_within, look_inside, telling
from bot.services.replies import Checked
from bot.services.setup import Core

URLS_MAX = 20
SECONDS = 8.5


async def check(core: Core, command: Command) -> Checked:
    """What is served now of the first URLS_MAX of the URLs that `command` names."""
    site = core.setup.sites[command.site]
    urls = tuple(dict.fromkeys(url_of(target, site) for target in command.targets))[:URLS_MAX]
    edges = [place for place in command.places if place in site.edges]
    regions = [place for place in command.places if place not in edges]
    looks, inner, (pops, problem), around = await asyncio.gather(
        look_all(core.looker, site, urls, SECONDS, edges),
        look_inside(core, site, urls, SECONDS),
        _look_from_within(core, site, urls),
        look_around(core, site, urls, regions),
    )
    now = core.clock.now()
    await core.ledger.write(lambda books: _remember(books, site, looks, now))
    own = (*looks, *telling(pops, looks))
    all_looks = (*own, *around.looks)
    judgement = gathered(judge((), compared(around.looks, own), None), all_looks)
    hold = await holds.held(core, site.name)
    problems = " ".join(filter(None, [problem, around.problem]))
    notes = [*_notes(urls, looks), *([around.note] if around.note else [])]
    return Checked(site, urls, all_looks, judgement, problems, hold, notes, inner)


async def _look_from_within(core: Core, site: Site, urls: Sequence[str]) -> tuple[tuple[Look, ...], str]:
    """For one URL only: providers that look for us do so a few hundred times an hour."""
    return await look_from_within(core, site, urls[0], SECONDS) if len(urls) == 1 else ((), "")


def _notes(urls: Sequence[str], looks: Sequence[Look]) -> list[str]:
    varied = any(look.variant for look in looks)
    return [f"The first {VARIED_URLS} URLs were asked in every variant."] if varied and len(urls) > VARIED_URLS else []


def _remember(books: Books, site: Site, looks: Sequence[Look], now: float) -> None:
    for look in looks:
        books.known.remember(site.name, look.url, look.tags, now)
