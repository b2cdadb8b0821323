"""What a diagnosis would say of pages that a check found old, as far as our own jobs and the query string tell: where
a purge of the URL alone is not what helps."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from bot.domain.answers.fingerprint import is_fingerprinted
from bot.domain.site import Site
from bot.domain.why import Case, Cause, Glance, Name, Twin, diagnose
from bot.domain.why.chain import chain_of
from bot.services.advice.our_purges import WITHIN, our_purges
from bot.services.advice.twins import twins_of
from bot.services.advice.why import PROBE_WITHIN, fronts
from bot.services.looks.checks import inner_doors, places_of
from bot.services.setup import Core

PAGES_MAX = 20  # of one check, the first
TWINS_MAX = 3  # of these, the first; each costs a request, whose answer a cache keeps
OURS = frozenset({Name.SOFT, Name.NOT_REACHED, Name.QUERY, Name.DISAGREE})  # causes that rest on that alone


async def our_part(core: Core, site: Site, old: Mapping[str, Sequence[Glance]]) -> Mapping[str, Cause]:
    """By each of the `old` URLs, with what was answered of it, the cause, where its cure is another than its purge."""
    cases = [_case(core, site, url, glances) for url, glances in list(old.items())[:PAGES_MAX]]
    twins = await asyncio.gather(*(_twins(core, case) for case in cases[:TWINS_MAX]))
    cases = [replace(case, twins=its) for case, its in zip(cases, twins, strict=False)] + cases[TWINS_MAX:]
    until, found = core.clock.monotonic() + WITHIN, {}
    for case in cases:  # one after the other: all of them take no more of the ledger than one diagnosis
        cause = await _cause(core, case, until - core.clock.monotonic())
        if cause is not None:
            found[case.url] = cause
    return found


def _case(core: Core, site: Site, url: str, glances: Sequence[Glance]) -> Case:
    inner = [title for title, _ in inner_doors(core, site)]
    spots, path = chain_of(glances, places_of(site), inner), urlsplit(url).path
    return Case(site, url, core.clock.now(), spots, fronts(core, site), is_fingerprinted=is_fingerprinted(path))


async def _cause(core: Core, case: Case, within: float) -> Cause | None:
    """`within` are the seconds for reading our jobs."""
    purges, reading = await our_purges(core, case, within)
    cause = diagnose(replace(case, purges=purges, reading=reading)).cause
    is_other = cause.cure is not None and cause.cure.line != case.typed
    return cause if cause.name in OURS and is_other else None


async def _twins(core: Core, case: Case) -> tuple[Twin, ...]:
    if not case.old():
        return ()
    place = case.old()[0].name
    try:
        async with asyncio.timeout(PROBE_WITHIN):
            return await twins_of(core, case.url, place, places_of(case.site)[place])
    except TimeoutError:
        return ()
