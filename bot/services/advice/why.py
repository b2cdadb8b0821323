"""Why a page still looks old: everything on the way is asked, our own jobs are read, and the rules speak."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from bot.domain.answers.answer import PLAIN, Answer, Asked
from bot.domain.answers.fingerprint import is_fingerprinted
from bot.domain.grammar.command import Command
from bot.domain.jobs.hold import Hold
from bot.domain.proof.look import ORIGIN, Look
from bot.domain.proof.own_places import own_places
from bot.domain.site import Site
from bot.domain.target import url_of
from bot.domain.why import Case, Front, Glance, InLine, Spot, Tier, Twin, diagnose
from bot.domain.why.asking import left_out, to_ask
from bot.domain.why.content import PROBE
from bot.domain.why.onward import followed, next_url
from bot.domain.why.own_headers import old_to_others, to_probe
from bot.domain.why.spots import Hop
from bot.domain.why.torn import to_ask_again
from bot.ledger.books import Books
from bot.ports import ReadHeaders
from bot.services.advice.our_purges import in_line, our_purges
from bot.services.advice.twins import probe_of
from bot.services.looks.checks import inner_doors, look_from_within, places_of
from bot.services.looks.patience import Patience
from bot.services.replies import Explained
from bot.services.requests.planning import title_of
from bot.services.setup import Core

WITHIN, MORE = 8.5, 8.5  # seconds for all looks, and while this machine is behind with reading what came
PROBE_WITHIN = 3.0  # seconds more, for the look that only an old copy is worth
PLACES_MAX = 6
LOOKS_AT_ONCE = 16


async def explain(core: Core, command: Command, within: float = WITHIN) -> Explained:
    """Why the first URL of `command` looks old; `within` are the seconds for all looks."""
    site = core.setup.sites[command.site]
    url = url_of(command.targets[0], site)
    chain = _Chain(core, site, url, within)
    spots, names, (own, unasked) = await asyncio.gather(
        chain.spots(), core.names.ask(urlsplit(url).hostname or ""), look_from_within(core, site, url, within)
    )
    case = Case(
        site, url, core.clock.now(), spots, fronts(core, site), names=tuple(names),
        is_fingerprinted=is_fingerprinted(urlsplit(url).path),
        elsewhere=_elsewhere(own, spots), elsewhere_unasked=unasked.removesuffix("."),
    )  # fmt: skip
    case = replace(case, spots=await chain.again(case))
    case = replace(case, spots=await chain.probed(case))
    case = await chain.led_on(case)
    purges, reading = await our_purges(core, case)
    hold, waiting, looked = await core.ledger.read(lambda books: _held(books, case))
    case = replace(case, purges=purges, reading=reading, hold=hold, in_line=waiting, looked_old=looked)
    if variants := [*([""] if case.saw_old else []), *old_to_others(case)]:
        await core.ledger.write(lambda books: books.known.saw_old(site.name, url, variants, case.now))
    if case.old():
        case = replace(case, twins=await chain.twins(case.old()[0].name))
    return Explained(site, url, diagnose(case), case, notes=command.notes)


def _elsewhere(own: Sequence[Look], spots: Sequence[Spot]) -> tuple[Spot, ...]:
    """The provider's own places of which something is known, each with its one answer."""
    origins = [glance.look for spot in spots if spot.tier is Tier.ORIGIN for glance in spot.plain]
    return tuple(
        Spot(look.place, Tier.EDGE, (Glance(Answer(look.url, look.place, look.at, look.status), look),))
        for look in own_places(own, origins).looks
    )


def _held(books: Books, case: Case) -> tuple[Hold | None, tuple[InLine, ...], float | None]:
    """What keeps purges of the page from beginning, what waits for that, and when a look last saw the page old."""
    site, url = case.site.name, case.url
    return books.holds.on(site, case.now), in_line(books, site, url), books.known.old_to_all(site, url)


def fronts(core: Core, site: Site) -> tuple[Front, ...]:
    """The site's caches, outermost first."""
    providers = core.setup.providers
    named = [(title_of(x, site, providers), x.account, providers[x.account]) for x in reversed(site.layers)]
    return tuple(
        Front(title, one.name, account, one.can.kinds, one.can.takes, one.can.siblings) for title, account, one in named
    )


class _Chain:
    """Asks the chain of one site for one URL."""

    def __init__(self, core: Core, site: Site, url: str, within: float) -> None:
        self._core = core
        self._site = site
        self._url = url
        self._gate = asyncio.Semaphore(LOOKS_AT_ONCE)
        self._within = within
        self._patience = Patience(core.looker, within, MORE)

    async def spots(self) -> tuple[Spot, ...]:
        """From the visitor inwards: the edges, which are the outermost layer, the caches further in that can be asked
        themselves, the origin."""
        places = list(places_of(self._site).items())[:PLACES_MAX]
        edges = [self._spot(place, Tier.EDGE, address) for place, address in places]
        doors = inner_doors(self._core, self._site)
        inner = [self._spot(title, Tier.INNER, one.door, one.sighting) for title, one in doors]
        origin = [self._spot(ORIGIN, Tier.ORIGIN, self._site.origin)] if self._site.origin else []
        return await self._alike(await asyncio.gather(*edges, *inner, *origin))

    async def _alike(self, spots: Sequence[Spot]) -> tuple[Spot, ...]:
        """The same, each edge and the origin asked as any of them was: an answer says nothing where the origin was not
        asked alike, and one place may vary by what another does not name."""
        more = left_out(spots)
        if more:
            self._patience.at_least(PROBE_WITHIN)
        return tuple(await asyncio.gather(*(self._varied(spot, more.get(spot.name, ())) for spot in spots)))

    async def _varied(self, spot: Spot, asked: Sequence[Asked]) -> Spot:
        """The spot, asked so too."""
        if not asked or spot.tier is Tier.INNER:
            return spot
        found = await asyncio.gather(*(self._glance(spot.name, self._address(spot), one) for one in asked))
        return replace(spot, varied=(*spot.varied, *found))

    def _address(self, spot: Spot) -> str:
        return self._site.origin if spot.tier is Tier.ORIGIN else dict(places_of(self._site))[spot.name]

    async def _spot(self, name: str, tier: Tier, address: str, by: ReadHeaders | None = None) -> Spot:
        """Two plain requests, one after the other, since a cache may serve the old once more; then the variants, where
        visitors ask. `by` reads the headers of a cache further in."""
        began = asyncio.get_running_loop().time()
        first = await self._glance(name, address, by=by)
        if not first.is_usable and asyncio.get_running_loop().time() - began > self._within / 2:
            return Spot(name, tier, (first,))  # a second one would be cut off, and say less
        second = await self._glance(name, address, by=by)
        if tier is Tier.INNER or not second.is_usable:
            return Spot(name, tier, (first, second))
        asked = to_ask(self._site, second.answer)
        varied = await asyncio.gather(*(self._glance(name, address, one) for one in asked))
        return Spot(name, tier, (first, second), tuple(varied))

    async def again(self, case: Case) -> tuple[Spot, ...]:
        """The spots of `case`; where an edge gave both the old page and the new one, or the old one to another request
        alone, it is asked once more, and the origin too: whether it does so each time."""
        doubtful = {spot.name: asked for spot in case.at(Tier.EDGE) if (asked := to_ask_again(case, spot))}
        if not doubtful:
            return case.spots
        self._patience.at_least(PROBE_WITHIN)
        spots = (self._again(spot, doubtful.get(spot.name, ())) for spot in case.spots)
        return tuple(await asyncio.gather(*spots))

    async def probed(self, case: Case) -> tuple[Spot, ...]:
        """The spots of `case`, the origin also asked as edges ask it that tell devices apart, where that may explain
        what a phone gets."""
        asked = to_probe(case)
        if not asked:
            return case.spots
        self._patience.at_least(PROBE_WITHIN)
        return tuple([await self._varied(one, asked) if one.tier is Tier.ORIGIN else one for one in case.spots])

    async def _again(self, spot: Spot, asked: Sequence[Asked]) -> Spot:
        """One request after the other, so that each has its turn at a place of several nodes."""
        if spot.tier is Tier.INNER or not (asked or spot.tier is Tier.ORIGIN):
            return spot
        found = [await self._glance(spot.name, self._address(spot), one) for one in asked or (PLAIN,)]
        plain, varied = ([one for one in found if (one.answer.asked == PLAIN) is kind] for kind in (True, False))
        return replace(spot, plain=(*spot.plain, *plain), varied=(*spot.varied, *varied))

    async def _glance(
        self, name: str, address: str, asked: Asked = PLAIN, url: str = "", by: ReadHeaders | None = None
    ) -> Glance:
        answer = await self._patience.of(self._fetch(url or self._url, name, address, asked))
        if answer is None:
            late, given_up = self._patience.blame(f"no answer within {self._within:g} s")
            now = self._core.clock.now()
            answer = Answer(url or self._url, name, now, asked=asked, problem=late, given_up=given_up)
        return Glance(answer, self._core.looker.read(answer, by))

    async def _fetch(self, url: str, name: str, address: str, asked: Asked) -> Answer:
        async with self._gate:
            return await self._core.looker.fetch(url, name, address, asked)

    async def led_on(self, case: Case) -> Case:
        """The same with where visitors are led on to, as the first edge that redirects them answers."""
        spot = followed(case)
        if spot is None:
            return case
        self._patience.at_least(PROBE_WITHIN)
        glance, address = spot.last, self._address(spot)
        while url := next_url(case, glance, address):
            glance = await self._glance(spot.name, address, url=url)
            case = replace(case, onward=(*case.onward, Hop(url, glance)))
        return case

    async def twins(self, place: str) -> tuple[Twin, ...]:
        """The page with an argument that nobody asked for before, at one place: asked only where a query may be
        ignored, since the answer is kept."""
        probe = probe_of(self._core, self._url)
        if not probe:
            return ()
        self._patience.at_least(PROBE_WITHIN)
        glance = await self._glance(place, dict(places_of(self._site))[place], url=probe)
        return (Twin(probe, PROBE, glance),)
