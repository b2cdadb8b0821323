"""Looks: at which URLs, from where, and what is seen."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from bot.domain.answer import PLAIN, Answer, Asked, varied
from bot.domain.deploy import Expected
from bot.domain.finding import REFUSING
from bot.domain.look import Likeness, compare
from bot.domain.site import Site
from bot.domain.variants import answered, says_nothing, to_prove
from bot.domain.verdict import Look, Verdict, judge
from bot.services.ports import Looker
from bot.services.setup import Core
from providers.contract import Provider
from providers.errors import PurgeError

ORIGIN = "origin"
DNS = "dns"
LOOKS_AT_ONCE = 32
VARIED_URLS = 5  # of many, those that are asked in every variant
OTHERS = (Likeness.OTHER, Likeness.OTHER_BYTES, Likeness.TORN)
IN_TIME = "no answer in time"
NOTHING_EXPECTED: Mapping[str, Expected] = {}

_Key = tuple[int, int, int, int]  # variant, page, place, and which of its answers


def places_of(site: Site) -> dict[str, str]:
    """Where a site is looked at: its edges, or wherever DNS leads (an empty address)."""
    return dict(site.edges) if site.edges else {DNS: ""}


def inner_doors(core: Core, site: Site) -> list[Provider]:
    """The caches further in that can be asked themselves, from outside in. The outermost one is the edge, and is looked
    at as that."""
    providers = [core.setup.providers[layer.account] for layer in reversed(site.layers[:-1])]
    return [provider for provider in providers if provider.door]


async def look_from_within(core: Core, site: Site, url: str, within: float) -> tuple[tuple[Look, ...], str]:
    """What each layer's provider itself sees at its places, `within` seconds, and why there is nothing where one was
    to be asked. Looks that say nothing beside the origin's are left to the caller."""
    looks: list[Look] = []
    problem = ""
    for layer in site.layers:
        provider = core.setup.providers[layer.account]
        try:
            async with asyncio.timeout(within):
                seen = await provider.everywhere(url)
        except PurgeError as exc:
            problem = f"{provider.title}'s own places could not be asked: {exc.what} {exc.cure}"
        except TimeoutError:
            problem = f"{provider.title}'s own places could not be asked: no answer within {within:g} s."
        else:
            looks += [core.looker.told(url, f"{provider.title} {found.place}", found) for found in seen]
    return tuple(looks), problem


def telling(looks: Sequence[Look], beside: Sequence[Look]) -> tuple[Look, ...]:
    """Those of `looks` that can be compared with the origin's among `beside`: fresh or stale, not unknown."""
    return tuple(look for look in looks if verdict_of(look, beside) in (Verdict.FRESH, Verdict.STALE))


def verdict_of(look: Look, beside: Sequence[Look]) -> Verdict:
    """What `look` alone shows beside the origin's answers to the same request."""
    asked = (look.url, look.variant)
    origins = [other for other in beside if other.place == ORIGIN and (other.url, other.variant) == asked]
    return judge((), [look, *origins]).verdict


def old_of(urls: Sequence[str], looks: Sequence[Look]) -> list[str]:
    """Those of `urls` that are old at some place."""
    stale = {look.url for look in looks if look.place != ORIGIN and verdict_of(look, looks) is Verdict.STALE}
    return [url for url in urls if url in stale]


def old_variants(url: str, looks: Sequence[Look]) -> list[str]:
    """The variants in which `url` is old at some place; "" for a plain visitor's."""
    mine = [look for look in looks if look.url == url and look.place != ORIGIN]
    return list(dict.fromkeys(look.variant for look in mine if verdict_of(look, looks) is Verdict.STALE))


async def look_all(
    looker: Looker,
    site: Site,
    urls: Sequence[str],
    within: float,
    only: Collection[str] = (),
    before: Collection[str] = (),
    expected: Mapping[str, Expected] = NOTHING_EXPECTED,
    twice: bool = False,
    through_dns: bool = False,
) -> tuple[Look, ...]:
    """Every URL at every place (of `only`, where it names some), and `through_dns` beside the edges; and twice at the
    origin, `within` seconds; what takes longer is left out. With `twice` a plain visitor's request is made once more,
    after the first, and where a place that keeps copies gives two answers both are told: behind one address there are
    often several servers. The first VARIED_URLS are asked in their other variants too, after a plain visitor's;
    `before` are the variants that an earlier look asked; `expected` what a URL must show, in every variant."""
    spots = [(place, address) for place, address in places_of(site).items() if not only or place in only]
    if through_dns and site.edges:
        spots.append((DNS, ""))
    if site.origin:
        spots += [(ORIGIN, site.origin), (ORIGIN, site.origin)]
    eyes = _Eyes(looker, site, spots, before, expected, twice)
    with suppress(TimeoutError):
        async with asyncio.timeout(within), asyncio.TaskGroup() as group:
            for n, url in enumerate(urls):
                group.create_task(eyes.see(group, url, n, within / 2 if n < VARIED_URLS else 0.0))
    return eyes.seen()


class _Eyes:
    """Looks at pages of one site, and remembers what was seen, whatever was still to be asked."""

    def __init__(
        self,
        looker: Looker,
        site: Site,
        spots: Sequence[tuple[str, str]],
        before: Collection[str],
        expected: Mapping[str, Expected],
        twice: bool,
    ) -> None:
        self._looker = looker
        self._site = site
        self._spots = spots
        self._before = before
        self._expected = expected
        self._twice = twice
        self._gate = asyncio.Semaphore(LOOKS_AT_ONCE)
        self._seen: dict[_Key, Look] = {}
        self._asked: dict[_Key, Look] = {}  # variants, as they are told if nothing comes

    async def see(self, group: asyncio.TaskGroup, url: str, page: int, wait: float) -> None:
        """Look at one page from everywhere as a plain visitor does; with what has come after `wait` seconds, in its
        variants, except where nobody answers."""
        spots = list(enumerate(self._spots))
        tasks = [group.create_task(self._look_plainly(url, spot, page, n)) for n, spot in spots]
        if not wait or not tasks:
            return
        await asyncio.wait(tasks, timeout=wait)
        plain = {n: look for n, _ in spots if (look := self._seen.get((0, page, n, 0)))}
        for variant, asked in enumerate(to_prove(self._site, plain.values(), self._before), 1):
            for n, spot in spots:
                if n not in plain or not plain[n].problem:
                    group.create_task(self._look(url, spot, asked, (variant, page, n, 0)))

    async def _look_plainly(self, url: str, spot: tuple[str, str], page: int, n: int) -> None:
        await self._look(url, spot, PLAIN, (0, page, n, 0))
        if self._twice and spot[0] != ORIGIN and not self._seen[0, page, n, 0].problem:
            await self._look(url, spot, PLAIN, (0, page, n, 1))
            if not _disagree(self._seen[0, page, n, 0], self._seen[0, page, n, 1]):
                del self._seen[0, page, n, 1]

    async def _look(self, url: str, spot: tuple[str, str], asked: Asked, key: _Key) -> None:
        if asked:
            self._asked[key] = Look(spot[0], url, 0.0, problem=IN_TIME, variant=varied(asked))
        async with self._gate:
            answer = await self._looker.fetch(url, *spot, asked)
        self._seen[key] = self._held_against(answer)

    def _held_against(self, answer: Answer) -> Look:
        """The answer as a look, with whether it shows what is expected of its page."""
        look, expected = self._looker.read(answer), self._expected.get(answer.url)
        if expected is None or look.problem:
            return look
        met = expected.is_met_by(answer)
        return replace(look, shows=expected.told) if met else replace(look, lacks=expected.told)

    def seen(self) -> tuple[Look, ...]:
        """What was seen: a plain visitor's answers first, in the order of the pages and places."""
        at = max((look.at for look in self._seen.values()), default=0.0)
        late = {key: replace(look, at=at) for key, look in self._asked.items() if key not in self._seen}
        told = sorted({**self._seen, **late}.items(), key=lambda one: one[0])
        return tuple(answered(self._site, [look for _, look in told if not says_nothing(look)]))


def _disagree(first: Look, second: Look) -> bool:
    """Whether two answers of one place that keeps copies hold two contents."""
    kept = first.is_kept or second.is_kept
    return kept and not second.problem and second.status not in REFUSING and compare(first, second) in OTHERS


async def look_inside(core: Core, site: Site, urls: Sequence[str], within: float) -> tuple[Look, ...]:
    """What the caches further in that can be asked themselves serve of `urls`, outermost first. No visitor asks them,
    so they are never counted among the edges."""
    asked = [(url, provider) for url in urls for provider in inner_doors(core, site)]
    gate = asyncio.Semaphore(LOOKS_AT_ONCE)
    found: dict[int, Look] = {}

    async def look(n: int, url: str, provider: Provider) -> None:
        async with gate:
            answer = await core.looker.fetch(url, provider.title, provider.door)
        found[n] = core.looker.read(answer, provider.sighting)

    with suppress(TimeoutError):
        async with asyncio.timeout(within), asyncio.TaskGroup() as group:
            for n, one in enumerate(asked):
                group.create_task(look(n, *one))
    return tuple(found[n] for n in sorted(found))
