"""Lint: a page and what it is made of are fetched as visitors get them, the page from its origin too, and every rule is
asked. Polite: few requests at once, of the site's own hosts only, and never more files than `FILES_MAX`."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar
from urllib.parse import urlsplit

from bot.domain.answers.answer import Answer, Asked
from bot.domain.answers.caches import Cache, cache_of
from bot.domain.answers.locations import led
from bot.domain.deploys.neighbours import Neighbours
from bot.domain.grammar.command import Command
from bot.domain.lint.express_lines import made_of
from bot.domain.lint.finding import Finding, Note
from bot.domain.lint.instead import (
    TO_ITSELF,
    WITHOUT_TLS,
    beside_origin,
    came,
    in_short,
    is_challenge,
    is_own,
    is_whole,
    leads_to,
    missed,
)
from bot.domain.lint.markup import Reference, references
from bot.domain.lint.report import Report, break_of
from bot.domain.lint.rules import RULE_OF, lint
from bot.domain.lint.served import Served
from bot.domain.lint.snippets import Server, server_of
from bot.domain.lint.unseen import read_at, unseen
from bot.domain.lint.varying import is_wide, tries_of
from bot.domain.site import Site
from bot.domain.target import url_of
from bot.services.looks.checks import ORIGIN, places_of
from bot.services.off_loop import aside
from bot.services.replies import Linted
from bot.services.setup import Core
from providers.contract import Kind

PAGES_MAX = 5
HOPS_MAX = 3  # redirects in a row that are followed
ONLY_REDIRECTS = "it only redirects, and was read where it leads:"
FILES_MAX = 30
AT_ONCE = 4
PAGES_SECONDS, FILES_SECONDS = 9.0, 12.0
TRIES_SECONDS = 3.0  # of the pages' time
NO_TIME = "no answer in the time that a lint takes"
T = TypeVar("T")
Answers = tuple[Answer, ...]


async def lint_urls(core: Core, command: Command, site: Site) -> Linted:
    """What the cache headers of `command`'s URLs, and of what these pages are made of, will cause."""
    urls = tuple(dict.fromkeys(url_of(target, site) for target in command.targets))
    reading = _Reading(core, site)
    pages = await reading.pages(urls[:PAGES_MAX])
    parts = [await named_by(page.served) for page in pages]
    named = dict.fromkeys(ref for some in parts for ref in some)
    own = [ref for ref in named if _is_own(ref, site) and ref.url not in urls]
    neighbours = Neighbours([*urls, *(ref.url for ref in own)])
    files = await reading.files(own[:FILES_MAX], neighbours)
    report = await _report(core, site, [_beside(page, neighbours) for page in pages], files)
    report = replace(
        report,
        server=Server(command.server) if command.server else report.server,
        left_out=max(0, len(own) - FILES_MAX) + max(0, len(urls) - PAGES_MAX),
        foreign=sum(not _is_own(ref, site) for ref in named),
        notes=(*report.notes, *_unseen(pages, parts)),
    )
    return Linted(site, report)


@dataclass(frozen=True, slots=True)
class _Page:
    """A page that was asked for, with what it leads to; `came` says what came in its place, "" where it was read."""

    url: str
    served: tuple[Served, ...]
    came: str = ""
    notes: tuple[Note, ...] = ()


class _Reading:
    """Fetches for one lint."""

    def __init__(self, core: Core, site: Site) -> None:
        self._core = core
        self._site = site
        self._gate = asyncio.Semaphore(AT_ONCE)
        outermost = core.setup.providers[site.layers[-1].account].name if site.layers else ""
        self._cache: Cache = cache_of(outermost)
        behind = (cache_of(core.setup.providers[layer.account].name) for layer in site.layers[:-1])
        self._further_in = tuple(cache for cache in behind if cache is not self._cache)
        can_tag = any(Kind.TAG in core.setup.providers[layer.account].can.kinds for layer in site.layers)
        self._tag_header = site.tag_header if can_tag else ""

    async def pages(self, urls: Sequence[str]) -> list[_Page]:
        """Each page as every edge serves it, beside what the origin gives; with what signed-in variants get."""
        late = [_Page(url, (_late(url),), NO_TIME) for url in urls]
        return await _within(PAGES_SECONDS, [self._page(url) for url in urls], late)

    async def files(self, wanted: Sequence[Reference], neighbours: Neighbours) -> list[Served]:
        """Each file as the first place serves it; beside what the origin gives, where its headers break a rule."""
        asked = [self._file(ref, neighbours.are_hashed(ref.url)) for ref in wanted]
        return await _within(FILES_SECONDS, asked, [_late(ref.url) for ref in wanted])

    async def _page(self, url: str, before: tuple[str, ...] = ()) -> _Page:
        """One page; where it only redirects within the site, the page that it leads to too."""
        edges, served, notes = await self._asked(url)
        if any(map(is_whole, edges)):
            return _Page(url, served, "", (*notes, *missed(url, edges)))
        to = next(filter(None, map(leads_to, edges)), "")
        so = self._not_followed(to, (*before, url)) if to else ""
        if not to or so:
            return _Page(url, served, f"{came(edges)}{so}", notes)
        further = await self._page(to, (*before, url))
        told = f"{came(edges)}. {in_short(to)}: {further.came}" if further.came else ""
        is_there = any(is_whole(origin) for one in served for origin in one.origins)
        what = "edges redirect it, and it was read where that leads:" if is_there else ONLY_REDIRECTS
        leading = () if further.came else (Note(url, what, to),)
        return _Page(url, (*served, *further.served), told, (*notes, *leading, *further.notes))

    def _not_followed(self, to: str, before: Sequence[str]) -> str:
        """Why a redirect is not followed; "" where it is."""
        if not _is_own(Reference(to), self._site):
            return ", on another host, where nothing is read"
        if led(to, to) == led(before[-1], before[-1]):
            return f": {TO_ITSELF}{WITHOUT_TLS if to.startswith('https:') else ''}"
        if to in before:
            return ", and so in a circle"
        return (
            f", the redirect number {len(before)} in a row, and no more are followed" if len(before) > HOPS_MAX else ""
        )

    async def _asked(self, url: str) -> tuple[Answers, tuple[Served, ...], tuple[Note, ...]]:
        """What every edge answers; that beside what the origin gives; and where these two are not the same."""
        places = places_of(self._site)
        signed_in = [asked for asked in map(_asked, self._site.variants) if asked]
        first = next(iter(places.items()))
        edges = [self._fetch(url, place, address) for place, address in places.items()]
        private = [self._fetch(url, *first, asked) for asked in signed_in]
        origins = [self._fetch(url, ORIGIN, self._site.origin) for _ in range(2 if self._site.origin else 0)]
        answers = await asyncio.gather(*edges, *private, *origins)
        settled = (self._settled(answer, places[answer.place]) for answer in answers[: len(edges)])
        at_edges, rest = tuple(await asyncio.gather(*settled)), answers[len(edges) :]
        from_origin = tuple(answer for answer in rest[len(private) :] if is_own(answer))
        tries = await self._tries(url, (*from_origin, *at_edges))
        served = [self._served(x, from_origin, tuple(y for y in at_edges if y is not x), tries=tries) for x in at_edges]
        apart = beside_origin(url, at_edges, rest[len(private) :], all(one.is_from_cache for one in served))
        return at_edges, (*served, *(self._served(x) for x in rest[: len(private)])), tuple(apart)

    async def _tries(self, url: str, answers: Sequence[Answer]) -> Answers:
        """What other visitors get, where a Vary says that it may be something else: from the origin, if it can be
        asked, since caches may not heed it."""
        wide = next((answer for answer in answers if is_wide(answer.says("vary"))), None)
        if wide is None:
            return ()
        first = (ORIGIN, self._site.origin) if self._site.origin else next(iter(places_of(self._site).items()))
        tries = tries_of(wide, self._site.variants)
        try:
            async with asyncio.timeout(TRIES_SECONDS):
                return tuple(await asyncio.gather(*(self._fetch(url, *first, asked) for asked in tries)))
        except TimeoutError:
            return ()  # the page itself was read, and Vary stays

    async def _file(self, ref: Reference, among_hashed: bool) -> Served:
        place, address = next(iter(places_of(self._site).items()))
        answer = await self._settled(await self._fetch(ref.url, place, address), address)
        served = replace(self._served(answer, registered=ref.is_worker), among_hashed=among_hashed)
        if not self._site.origin or not any(RULE_OF[found.rule].by_headers for found in await found_at(served)):
            return served
        origin = await self._fetch(ref.url, ORIGIN, self._site.origin)
        return replace(served, origins=(origin,) if is_own(origin) else ())

    async def _settled(self, answer: Answer, address: str) -> Answer:
        """The answer as everybody after the first gets it, where the first does not tell whether its cookie is kept:
        so that a lint finds the same whether or not the cache was empty."""
        if not self._served(answer).hides_a_copy:
            return answer
        try:
            async with asyncio.timeout(TRIES_SECONDS):
                again = await self._fetch(answer.url, answer.place, address)
        except TimeoutError:
            return answer
        return again if not again.problem and self._served(again).is_a_copy else answer

    async def _fetch(self, url: str, place: str, address: str, asked: Asked = ()) -> Answer:
        async with self._gate:
            return await self._core.looker.fetch(url, place, address, asked)

    def _served(
        self,
        answer: Answer,
        origins: Answers = (),
        others: Answers = (),
        registered: bool = False,
        tries: Answers = (),
    ) -> Served:
        cached = self._core.looker.read(answer).cached
        given = Served(answer, self._cache, cached, origins, others, self._tag_header, registered, tries)
        return replace(given, further_in=self._further_in)


def _asked(variant: Mapping[str, str]) -> Asked:
    """A variant's headers where it stands for somebody who is signed in; else nothing."""
    pairs = tuple(variant.items())
    return pairs if any(name.lower() == "authorization" for name, _ in pairs) else ()


def _late(url: str) -> Served:
    return Served(Answer(url, "", 0.0, problem=NO_TIME))


async def _within(seconds: float, asked: Iterable[Coroutine[object, object, T]], instead: Sequence[T]) -> list[T]:
    """What each brings, in order; `instead` of what takes too long."""
    tasks = [asyncio.create_task(one) for one in asked]
    if not tasks:
        return []
    done, late = await asyncio.wait(tasks, timeout=seconds)
    for task in late:
        task.cancel()
    return [task.result() if task in done else other for task, other in zip(tasks, instead, strict=True)]


def _beside(page: _Page, neighbours: Neighbours) -> _Page:
    """The page, or the file that was asked for as one, with what its neighbours' names tell of its own."""
    return replace(page, served=tuple(replace(x, among_hashed=neighbours.are_hashed(x.url)) for x in page.served))


async def named_by(page: Sequence[Served]) -> tuple[Reference, ...]:
    """What a page is made of, by the first place that serves it."""
    first = read_at(page)
    if first is None:
        return ()
    answer = first.answer
    return await aside(len(answer.text), lambda: references(answer.url, answer.text, answer.charset))


def _unseen(pages: Sequence[_Page], parts: Sequence[Sequence[Reference]]) -> Iterable[Note]:
    return (note for page, some in zip(pages, parts, strict=True) for note in unseen(page.served, len(some)))


async def found_at(served: Served) -> list[Finding]:
    """What the rules find at one URL; off the loop where the headers are long."""
    answers = (served.answer, *served.origins, *served.others)
    size = sum(len(name) + len(value) for answer in answers for name, value in answer.headers)
    return await aside(size, lambda: lint(served))


def _is_own(ref: Reference, site: Site) -> bool:
    return site.claims((urlsplit(ref.url).hostname or "").lower())


async def _report(core: Core, site: Site, pages: Sequence[_Page], files: Sequence[Served]) -> Report:
    served = [*(one for page in pages for one in page.served), *files]
    answered: dict[str, Served] = {}
    for one in sorted(served, key=lambda one: not one.is_whole):
        if not one.answer.problem and not is_challenge(one.answer):
            answered.setdefault(one.url, one)
    read = [one for one in answered.values() if one.is_whole]
    breaks = [broken for broken in map(break_of, read) if broken is not None]
    remarks = [remark for one in answered.values() for remark in await core.http_rules.remarks(one.answer)]
    findings = {(found.rule, found.url): found for one in reversed(served) for found in await found_at(one)}
    outermost = core.setup.providers[site.layers[-1].account] if site.layers else None
    return Report(
        pages=tuple(page.url for page in pages),
        read=len(read),
        findings=tuple(reversed(findings.values())),
        breaks=tuple(sorted(breaks, key=lambda broken: -(broken.seconds or 0))),
        remarks=tuple(sorted(remarks, key=lambda remark: remark.severity.rank)),
        unread=(
            *((page.url, page.came) for page in pages if page.came),
            *((one.url, came([one.answer])) for one in files if not one.is_whole),
        ),
        notes=tuple(dict.fromkeys(note for page in pages for note in page.notes)),
        server=_server(served),
        provider=outermost.name if outermost else "",
        provider_title=outermost.title if outermost else "",
        urls=tuple(answered),
        made={url: made for url, one in answered.items() if (made := made_of(one.headers)) is not None},
    )


def _server(served: Sequence[Served]) -> Server | None:
    """What makes the headers: the origin says it best, since a CDN puts its own name there."""
    origins = [answer for one in served for answer in one.origins]
    told = [server_of(answer.joined()) for answer in origins] + [server_of(one.headers) for one in served]
    return next((server for server in told if server is not None), None)
