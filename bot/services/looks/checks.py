"""Looks: at which URLs, from where, and what is seen."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.domain.answers.answer import PLAIN, Answer, Asked, varied
from bot.domain.deploys.deploy import Expected
from bot.domain.proof.finding import is_failure
from bot.domain.proof.look import compare
from bot.domain.proof.other_pages import in_place
from bot.domain.proof.unreadable import challenged
from bot.domain.proof.variants import answered, as_browsers_ask, says_nothing, to_prove
from bot.domain.proof.verdict import Look, Verdict, judge
from bot.domain.site import Site
from bot.ports import Looker
from bot.services.looks.patience import Patience
from bot.services.looks.witnesses import REQUESTS_MAX
from bot.services.requests.planning import title_of
from bot.services.setup import Core
from providers.contract import Provider
from providers.errors import PurgeError

ORIGIN = "origin"
DNS = "dns"
LOOKS_AT_ONCE = 32
VARIED_MIN = 5  # pages that are asked in every variant whatever it takes; more as far as a round has requests left
UNSTEADY_MOST = 12  # times that a place is asked where it was old at an earlier look: servers behind it may differ
UNSTEADY_LEAST = 4  # where there are many pages
ONCE_MORE = 2  # times, at most, that a place is asked whose last answer was a failure and that has given a page too
NEAR = 1  # seconds between the Ages of two answers that were asked for one after the other
NOTHING_EXPECTED: Mapping[str, Expected] = {}
NONE_OLD: Mapping[str, Collection[str]] = {}

_Key = tuple[int, int, int, int]  # variant, page, place, and which of its answers


def places_of(site: Site) -> dict[str, str]:
    """Where a site is looked at: its edges, or wherever DNS leads (an empty address)."""
    return dict(site.edges) if site.edges else {DNS: ""}


def inner_doors(core: Core, site: Site) -> list[tuple[str, Provider]]:
    """The caches further in that can be asked themselves, by name, from outside in. The outermost one is the edge, and
    is looked at as that."""
    providers = core.setup.providers
    inner = [(title_of(one, site, providers), providers[one.account]) for one in reversed(site.layers[:-1])]
    return [(title, provider) for title, provider in inner if provider.door]


async def look_from_within(core: Core, site: Site, url: str, within: float) -> tuple[tuple[Look, ...], str]:
    """What each layer's provider itself sees at its places, `within` seconds, and why there is nothing where one was
    to be asked. What each says beside the origin's is for `own_places` to tell."""
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
    of_page = by_page(beside)
    known = (Verdict.FRESH, Verdict.STALE)
    return tuple(look for look in looks if verdict_of(look, of_page.get(look.url, ())) in known)


def by_page(looks: Sequence[Look]) -> Mapping[str, Sequence[Look]]:
    """`looks` by URL: beside a look count only those of its page, and a check of a hundred pages has thousands."""
    found: dict[str, list[Look]] = {}
    for look in looks:
        found.setdefault(look.url, []).append(look)
    return found


def verdict_of(look: Look, beside: Sequence[Look], before: Sequence[Look] = ()) -> Verdict:
    """What `look` alone shows beside the origin's answers to the same request, and what its place gave to it before."""
    asked = (look.url, look.variant)
    origins = [other for other in beside if other.place == ORIGIN and (other.url, other.variant) == asked]
    was = [other for other in before if (other.place, other.url, other.variant) == (look.place, *asked)]
    verdict = judge(was, [look, *origins]).verdict
    other = in_place(look, beside) if verdict is Verdict.STALE else None
    if other is None:
        return verdict
    return Verdict.FRESH if other.is_new else Verdict.UNKNOWN


def old_of(urls: Sequence[str], looks: Sequence[Look]) -> list[str]:
    """Those of `urls` that are old at some place."""
    of_page = by_page(looks)
    return [url for url in urls if old_variants(url, of_page.get(url, ()))]


def old_variants(url: str, looks: Sequence[Look]) -> list[str]:
    """The variants in which `url` is old at some place; "" for a plain visitor's."""
    of_page = [look for look in looks if look.url == url]
    edges = [look for look in of_page if look.place != ORIGIN]
    return list(dict.fromkeys(look.variant for look in edges if verdict_of(look, of_page) is Verdict.STALE))


def is_old_to_all(url: str, looks: Sequence[Look]) -> bool:
    """Whether every way in which `url` was asked for at a place got an old answer, a plain visitor's first of all."""
    asked = {look.variant for look in looks if look.url == url and look.place != ORIGIN and not look.problem}
    return asked == {*old_variants(url, looks)} and "" in asked


async def look_all(
    looker: Looker,
    site: Site,
    urls: Sequence[str],
    within: float,
    only: Collection[str] = (),
    before: Sequence[Look] = (),
    expected: Mapping[str, Expected] = NOTHING_EXPECTED,
    twice: bool = False,
    through_dns: bool = False,
    requests: int = REQUESTS_MAX,
    unsteady: Collection[str] = (),
    seen_old: Mapping[str, Collection[str]] = NONE_OLD,
    more: float = 0.0,
) -> tuple[Look, ...]:
    """Every URL at every place (of `only`, where it names some), and `through_dns` beside the edges; and twice at the
    origin, `within` seconds, and up to `more` while this machine is behind; what takes longer is left out. With `twice`
    a plain visitor's request is made once more, after the first, and where a place gives two answers both are told if
    one of them is a copy, or they show two things of the page: behind one address there are often several servers.
    Pages are asked in their other variants too, after a plain visitor's answers: VARIED_MIN, and as many more as
    `requests` in all allow, first those whose answers name what they vary by. `before` are earlier looks, whose
    variants are asked again; `expected` is what a URL must show, in every variant; `seen_old` the variants by URL that
    a diagnosis saw old. `unsteady` are places that were old at an earlier look: with `twice` they are asked
    UNSTEADY_MOST times, of many pages fewer."""
    spots = [(place, address) for place, address in places_of(site).items() if not only or place in only]
    if through_dns and site.edges:
        spots.append((DNS, ""))
    if site.origin:
        spots += [(ORIGIN, site.origin), (ORIGIN, site.origin)]
    patience = Patience(looker, within, more)
    eyes = _Eyes(looker, site, spots, before, expected, twice, unsteady, seen_old)
    async with asyncio.TaskGroup() as group:
        for task in await eyes.see(group, urls, patience, within / 2, requests):
            task.cancel()
    return eyes.seen(patience)


@dataclass(frozen=True, slots=True)
class _Varying:
    """A page that caches may keep in several variants, and the looks that show them. Those of a lower `rank` are asked
    first: of what the page's answers name, or what was seen old."""

    url: str
    looks: Mapping[_Key, Asked]
    rank: int

    @property
    def requests(self) -> int:
        return len(self.looks)


class _Eyes:
    """Looks at pages of one site, and remembers what was seen, whatever was still to be asked."""

    def __init__(
        self,
        looker: Looker,
        site: Site,
        spots: Sequence[tuple[str, str]],
        before: Sequence[Look],
        expected: Mapping[str, Expected],
        twice: bool,
        unsteady: Collection[str],
        seen_old: Mapping[str, Collection[str]],
    ) -> None:
        self._looker = looker
        self._site = site
        self._spots = spots
        self._before = before
        self._expected = expected
        self._twice = twice
        self._unsteady = unsteady
        self._seen_old = seen_old
        self._left = 0  # requests of this round
        self._unsteady_times = UNSTEADY_LEAST
        self._gate = asyncio.Semaphore(LOOKS_AT_ONCE)
        self._seen: dict[_Key, Look] = {}
        self._asked: dict[_Key, tuple[str, str, str]] = {}  # place, URL and variant of what did not come yet

    async def see(
        self, group: asyncio.TaskGroup, urls: Sequence[str], patience: Patience, early: float, requests: int
    ) -> Collection[asyncio.Task[None]]:
        """Look at every page from everywhere as a plain visitor does; with what has come `early` seconds before it is
        over, at those that vary in their variants, as far as `requests` in all go. What was not over in time."""
        spots = list(enumerate(self._spots))
        pages = list(enumerate(urls))
        self._unsteady_times = _unsteady_times(requests, len(urls) * len(self._unsteady))
        self._left = requests - len(urls) * sum(self._times(place) for place, _ in self._spots)
        tasks = [group.create_task(self._look_plainly(url, spot, page, n)) for page, url in pages for n, spot in spots]
        await patience.wait(tasks, early)
        varying = sorted((one for page, url in pages for one in self._varying(url, page)), key=lambda one: one.rank)
        for n, one in enumerate(varying):
            if n < VARIED_MIN or one.requests <= self._left:
                self._left -= one.requests
                for key, asked in one.looks.items():
                    tasks.append(group.create_task(self._look(one.url, self._spots[key[2]], asked, key)))
        await patience.wait(tasks)
        return tasks

    def _varying(self, url: str, page: int) -> Iterator[_Varying]:
        """What is to be asked of one page beside a plain visitor's request, except where nobody answers; and as most
        visitors' browsers ask, where that is not among it."""
        plain = {n: look for n in range(len(self._spots)) if (look := self._seen.get((0, page, n, 0)))}
        before = {look.variant for look in self._before if look.url == url} | {*self._seen_old.get(url, ())}
        asked = to_prove(self._site, plain.values(), before)
        there = [n for n in range(len(self._spots)) if n not in plain or not plain[n].problem]
        says_so = url in self._seen_old or any(look.varies for look in plain.values())
        looks = {(variant, page, n, 0): more for variant, more in enumerate(asked, 1) for n in there}
        if looks:
            yield _Varying(url, looks, rank=0 if says_so else 1)
        if there and (as_browsers := as_browsers_ask(url)) not in asked:
            yield _Varying(url, {(len(asked) + 1, page, n, 0): as_browsers for n in there}, rank=2)

    async def _look_plainly(self, url: str, spot: tuple[str, str], page: int, n: int) -> None:
        """One answer after the other, since servers behind one address take turns. Where the last is a failure and
        another was none, the place is asked ONCE_MORE, as far as requests are left."""
        first = (0, page, n, 0)
        await self._look(url, spot, PLAIN, first)
        if self._seen[first].problem:
            return
        times = self._times(spot[0])
        for more in range(1, times + ONCE_MORE):
            if more >= times and not self._may_ask_once_more(first, (0, page, n, more - 1)):
                return
            await self._look(url, spot, PLAIN, (0, page, n, more))
            self._fold(first, (0, page, n, more))

    def _may_ask_once_more(self, first: _Key, last: _Key) -> bool:
        """Whether there is a page, the last answer is a failure, and a request is left; which is taken."""
        has_failed = last != first and last in self._seen and is_failure(self._seen[last])
        if not has_failed or is_failure(self._seen[first]) or self._left < 1:
            return False
        self._left -= 1
        return True

    def _fold(self, first: _Key, last: _Key) -> None:
        """Take the answer `last` into the one that stands for its place, unless it is to be told beside it: another
        content, or a failure after which nothing came yet."""
        stands, answer = self._seen[first], self._seen[last]
        before = (*last[:3], last[3] - 1)
        if before != first and before in self._seen and is_failure(self._seen[before]):
            stands = replace(stands, failures=(*stands.failures, _failure(self._seen.pop(before))))
        if is_failure(stands):
            stands = replace(answer, failures=(*stands.failures, _failure(stands)))
            del self._seen[last]
        elif not is_failure(answer) and compare(stands, answer).agrees:
            stands = _with(stands, self._seen.pop(last), names_it=compare(stands, answer).is_same)
        self._seen[first] = stands

    def _settle(self) -> None:
        """Take answers that differ, and show the same of the page, into the first one: it is made anew for each
        request, or nothing is known of either. Two old copies stay, since each tells of a server of its own, but where
        nothing that is told of them differs."""
        of_page = by_page([*self._seen.values()])
        for key in sorted(key for key in self._seen if key[3]):
            first = (*key[:3], 0)
            stands, answer = self._seen[first], self._seen[key]
            if is_failure(answer):
                continue
            beside = of_page[answer.url]
            shows = verdict_of(stands, beside, self._before)
            is_alike = shows is verdict_of(answer, beside, self._before)
            if is_alike and shows is Verdict.FRESH:
                self._seen[first] = _with(stands, self._seen.pop(key))
            elif is_alike and (shows is Verdict.UNKNOWN or _are_live(stands, answer) or _is_told_alike(stands, answer)):
                del self._seen[key]

    def _times(self, place: str) -> int:
        """How often a place is asked for a plain visitor's answer in one go."""
        if place == ORIGIN or not self._twice:
            return 1
        return self._unsteady_times if place in self._unsteady else 2

    async def _look(self, url: str, spot: tuple[str, str], asked: Asked, key: _Key) -> None:
        self._asked[key] = spot[0], url, varied(asked)
        async with self._gate:
            answer = await self._looker.fetch(url, *spot, asked)
        del self._asked[key]
        self._seen[key] = self._held_against(answer)

    def _held_against(self, answer: Answer) -> Look:
        """The answer as a look, with whether it shows what is expected of its page."""
        look, expected = self._looker.read(answer), self._expected.get(answer.url)
        if expected is None or look.problem:
            return look
        met = expected.is_met_by(answer)
        return replace(look, shows=expected.told) if met else replace(look, lacks=expected.told)

    def seen(self, patience: Patience) -> tuple[Look, ...]:
        """What was seen: a plain visitor's answers first, in the order of the pages and places. Of what did not come in
        time variants are told, and the rest where that says nothing of its place."""
        self._settle()
        at = max((look.at for look in self._seen.values()), default=0.0)
        told = {key: one for key, one in self._asked.items() if key[0] or (patience.is_busy and not key[3])}
        problem, given_up = patience.blame()
        late = {
            key: Look(place, url, at, problem=problem, variant=variant, given_up=given_up)
            for key, (place, url, variant) in told.items()
        }
        looks = [look for _, look in sorted({**self._seen, **late}.items(), key=lambda one: one[0])]
        return tuple(answered(self._site, [look for look in looks if not says_nothing(look)]))


def _unsteady_times(requests: int, unsteady: int) -> int:
    """How often each place of each page is asked of so many that were old: half of all `requests` go there."""
    return max(UNSTEADY_LEAST, min(UNSTEADY_MOST, requests // 2 // max(1, unsteady)))


def _are_live(first: Look, second: Look) -> bool:
    """Whether neither answer is a copy, as far as they say; whatever has an Age is one."""
    return not any(one.is_kept or one.age for one in (first, second))


def _is_told_alike(first: Look, second: Look) -> bool:
    """Whether two copies are told by the same words: nobody could tell their rows apart."""
    names = [(one.status, one.says, one.cached, one.etag, one.version, one.seen_at) for one in (first, second)]
    ages = [one.age for one in (first, second)]
    is_near = None not in ages and abs((first.age or 0) - (second.age or 0)) <= NEAR
    return names[0] == names[1] and (is_near or ages == [None, None])


def _with(first: Look, second: Look, names_it: bool = True) -> Look:
    """`first`, which stands for `second` too, and, where that tells of it, for the data centre that this one names. A
    copy that was there before the first answer is another server's, and stands for both: if the purge went by it, its
    Age alone tells."""
    stands = second if _was_there_before(second, first) else first
    names = dict.fromkeys((*first.also_at, first.seen_at, second.seen_at if names_it else ""))
    also = tuple(name for name in names if name and name != stands.seen_at)
    failures = (*first.failures, *second.failures)
    return replace(stands, answers=first.answers + 1, also_at=also, failures=failures, cached_next=second.cached)


def _was_there_before(copy: Look, first: Look) -> bool:
    """Whether `copy` is older than the copy that `first` gave, or than that answer. Ages are whole seconds, cut off."""
    return copy.was_kept_on_the_way and (copy.age or 0) > (first.age or 0) + copy.at - first.at + 1


def _failure(look: Look) -> str:
    """What came in place of a page, in a word or two."""
    return look.problem or challenged(look) or str(look.status)


async def look_inside(
    core: Core, site: Site, urls: Sequence[str], within: float, more: float = 0.0
) -> tuple[Look, ...]:
    """What the caches further in that can be asked themselves serve of `urls`, outermost first, `within` seconds and up
    to `more` while this machine is behind. No visitor asks them, so they are never counted among the edges."""
    asked = [(url, title, provider) for url in urls for title, provider in inner_doors(core, site)]
    gate = asyncio.Semaphore(LOOKS_AT_ONCE)
    found: dict[int, Look] = {}

    async def look(n: int, url: str, title: str, provider: Provider) -> None:
        async with gate:
            answer = await core.looker.fetch(url, title, provider.door)
        found[n] = core.looker.read(answer, provider.sighting)

    patience = Patience(core.looker, within, more)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(look(n, *one)) for n, one in enumerate(asked)]
        await patience.wait(tasks)
        for task in tasks:
            task.cancel()
    return tuple(found[n] for n in sorted(found))
