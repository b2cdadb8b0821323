"""A check: what every place that can be asked serves of some pages, compared with the origin. Nothing is purged."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.domain.covering import Extent
from bot.domain.grammar.command import Command
from bot.domain.jobs.job import JobView
from bot.domain.proof.copies_left import left_by_url
from bot.domain.proof.in_vain import Layers, in_vain
from bot.domain.proof.leading import Led
from bot.domain.proof.own_places import own_places
from bot.domain.proof.variants import partly_asked
from bot.domain.proof.verdict import Judgement, Look, Verdict, judge
from bot.domain.proof.world import gathered
from bot.domain.site import Site
from bot.domain.target import url_of
from bot.ledger.books import Books
from bot.services.advice.our_part import our_part
from bot.services.held import holds
from bot.services.looks.around import compared, look_around
from bot.services.looks.checks import (
    DNS,
    ORIGIN,
    by_page,
    look_all,
    look_from_within,
    look_inside,
    old_of,
    old_variants,
    places_of,
    verdict_of,
)
from bot.services.looks.leading import led
from bot.services.looks.of_phones import pages_of_phones
from bot.services.looks.recalling import Recalling
from bot.services.looks.witnesses import labels_of
from bot.services.replies import Checked
from bot.services.requests.planning import title_of
from bot.services.setup import Core
from providers.contract import Kind

URLS_MAX = 100  # of one check; as many looks go on at once as `look_all` lets
TARGETS_MAX = 2000  # of a job under way, those that are read
SECONDS, SECONDS_MORE = 8.5, 8.5  # for the answers, and while this machine is behind with reading them
UNREAD = f"no answer was read within {SECONDS:g} s"


async def check(core: Core, command: Command) -> Checked:
    """What is served now of the first URLS_MAX of the URLs that `command` names."""
    answers = Recalling(core.looker)
    core, site = replace(core, looker=answers), core.setup.sites[command.site]
    named = tuple(dict.fromkeys(url_of(target, site) for target in command.targets))
    urls, left_out = named[:URLS_MAX], named[URLS_MAX:]
    edges = [place for place in command.places if place in site.edges]
    regions = [place for place in command.places if place not in edges]
    found, asked_at = Led() if edges else await led(core, site, urls), core.clock.now()
    seen_old = await core.ledger.read(lambda books: books.known.old_lately(site.name, urls, asked_at))
    looks, inner, (pops, problem), around = await asyncio.gather(
        look_all(
            core.looker, site, urls, SECONDS, edges, twice=True, through_dns=found.through_dns, seen_old=seen_old,
            more=SECONDS_MORE,
        ),
        look_inside(core, site, urls, SECONDS, SECONDS_MORE),
        _look_from_within(core, site, urls),
        look_around(core, site, urls, regions),
    )  # fmt: skip
    looks = (*looks, *await pages_of_phones(core, site, looks))
    now = core.clock.now()
    await core.ledger.write(lambda books: _remember(books, site, looks, now))
    within = own_places(pops, looks)
    own = (*looks, *within.looks)
    all_looks = (*own, *around.looks)
    judgement = found.beside(judge((), compared(around.looks, own)), own)
    if judgement.verdict is Verdict.UNCHECKED:
        judgement = replace(judgement, why=UNREAD)
    judgement = _of_all(gathered(judgement, all_looks), len(urls), len(left_out))
    hold = await holds.held(core, site.name)
    problems = " ".join(filter(None, [problem, around.problem]))
    proven = judgement.verdict is Verdict.FRESH  # says so itself
    notes = [*command.notes, *([] if proven else _notes(looks)), *filter(None, [within.note, around.note])]
    notes += _not_from_within(core, site, urls)
    old = old_of(urls, all_looks)
    jobs = await core.ledger.read(lambda books: _under_way(books, site, old)) if old else {}
    cans = [core.setup.providers[layer.account].can for layer in site.layers]
    vain = _in_vain(core, site, old, all_looks, inner)
    ours = await our_part(core, site, {url: answers.of(url) for url in old if url not in {*jobs, *vain}})
    apart = left_by_url(site, {can.takes for can in cans}, {url: old_variants(url, all_looks) for url in old})
    return Checked(
        site, urls, all_looks, judgement, problems, hold, notes, inner, left_out=left_out, under_way=jobs, apart=apart,
        in_vain=vain, ours=ours,
        known=frozenset(Kind).intersection(*(can.kinds for can in cans)),
        siblings=next((can.siblings for can in cans if can.siblings), ""),
    )  # fmt: skip


def _of_all(judgement: Judgement, looked_at: int, left_out: int) -> Judgement:
    """What is said of all URLs that were named: fresh only where each was looked at."""
    if not left_out or judgement.verdict is not Verdict.FRESH:
        return judgement
    why = f"{looked_at:,} of {looked_at + left_out:,} URLs were looked at, and those are fresh"
    return replace(judgement, verdict=Verdict.UNKNOWN, why=why)


def _under_way(books: Books, site: Site, urls: Sequence[str]) -> Mapping[str, JobView]:
    """The job that purges each of `urls` already, or waits to."""
    found: dict[str, JobView] = {}
    for job in books.jobs.open([site.name]):
        if job.targets > TARGETS_MAX:
            continue
        extent = Extent(books.jobs.targets(job.id))
        for url in extent.first(((url, books.known.tags_of(site.name, url)) for url in urls), len(urls)):
            found.setdefault(url, job)
    return found


def _in_vain(
    core: Core, site: Site, urls: Sequence[str], looks: Sequence[Look], inner: Sequence[Look]
) -> Mapping[str, str]:
    """By each of `urls` that a purge would leave old, why."""
    providers = [core.setup.providers[layer.account].name for layer in reversed(site.layers)]
    of_page, inside = by_page(looks), by_page(inner)
    next_in = title_of(site.layers[-2], site, core.setup.providers) if len(site.layers) > 1 else ""
    found = {}
    for url in urls:
        page = of_page[url]
        new = [look.place for look in inside.get(url, ()) if verdict_of(look, page) is Verdict.FRESH]
        layers = Layers(providers, (*places_of(site), DNS), not next_in or next_in in new)
        old = [look for look in page if look.place != ORIGIN and verdict_of(look, page) is Verdict.STALE]
        found[url] = in_vain(old, page, layers)
    return {url: why for url, why in found.items() if why}


async def _look_from_within(core: Core, site: Site, urls: Sequence[str]) -> tuple[tuple[Look, ...], str]:
    """For one URL only: providers that look for us do so a few hundred times an hour."""
    return await look_from_within(core, site, urls[0], SECONDS) if len(urls) == 1 else ((), "")


def _not_from_within(core: Core, site: Site, urls: Sequence[str]) -> list[str]:
    """Whose own places were left out, since several URLs were named."""
    providers = [core.setup.providers[layer.account] for layer in site.layers]
    titles = dict.fromkeys(provider.title for provider in providers if provider.can.looks)
    return [
        f"{title}'s own places were not asked: that is for a check of one URL." for title in titles if len(urls) > 1
    ]


def _notes(looks: Sequence[Look]) -> list[str]:
    partly = partly_asked(looks)
    return [f"{partly.capitalize()}."] if partly else []


def _remember(books: Books, site: Site, looks: Sequence[Look], now: float) -> None:
    for url, tags in labels_of(looks).items():
        books.known.glimpse(site.name, url, tags, now)
    for url, page in by_page(looks).items():
        if "" in old_variants(url, page):
            books.known.saw_old(site.name, url, [""], now)
