"""Which pages show whether a purge worked: those that were named, those that are known to lie under what was named,
and the front page. Of more than can be looked at politely it is a sample from the whole list, never its beginning, and
what is told says how many of how many were seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import TypeVar

from bot.domain.covering import Extent, lies_under
from bot.domain.deploys.deploy import Deploy, pages_of
from bot.domain.jobs.job import JobView
from bot.domain.proof.look import GONE, ORIGIN, Look
from bot.domain.site import Site
from bot.domain.target import Target, begins
from bot.ledger.books import Books
from providers.contract import Kind

NAMED_MAX = 60  # pages that were named
PAGES_MAX = 20  # pages of wider kinds, with those that were named beside them; and of named ones always
WIDER_MIN = 5  # pages of wider kinds, however many were named
REQUESTS_MAX = 600  # of one round of looks, as far as PAGES_MAX pages take less

T = TypeVar("T")


def pages_to_look_at(
    books: Books,
    site: Site,
    targets: Sequence[Target],
    deploy: Deploy | None = None,
    seed: str = "",
    stand_for: Sequence[str] = (),
) -> tuple[str, ...]:
    """The URLs of which a deploy says what they must show, or the front page where it needs no purge; then those of the
    purge, and those that its prefixes `stand_for`, which count as named. Of more named ones than are looked at, a
    sample of the whole list; the same `seed` makes the same sample."""
    if deploy is None:
        return _of_purge(books, site, targets, seed, stand_for, _named_max(site))
    expected = tuple(pages_of(deploy.expected, site))
    pages = _of_purge(books, site, targets, seed, stand_for, _named_max(site) - len(expected))
    return tuple(dict.fromkeys([*expected, *pages])) or (site.root_url(),)


def spread(some: Sequence[T], most: int, seed: str) -> list[T]:
    """At most `most` of `some`, in their order and evenly over all of them. Where in each part, `seed` decides."""
    if len(some) <= most:
        return list(some)
    part = len(some) / most
    begin = int.from_bytes(sha256(seed.encode()).digest()[:4]) / 2**32 * part
    return [some[int(begin + n * part)] for n in range(most)]


def _named_max(site: Site) -> int:
    """How many named pages are looked at: each twice at every place, and twice at the origin."""
    each = 2 * max(1, len(site.edges)) + 2
    return max(PAGES_MAX, min(NAMED_MAX, REQUESTS_MAX // each))


def _named(targets: Sequence[Target], stand_for: Sequence[str], seed: str, most: int) -> list[str]:
    """At most `most` of the URLs that are named, and of those that prefixes stand for: half of the room for either,
    where both are so many."""
    urls = [target.value for target in targets if target.kind is Kind.URL]
    known = {*urls}
    others = [url for url in stand_for if url not in known]
    here = max(most - len(others), most // 2) if others else most
    named = spread(urls, here, seed)
    return [*named, *spread(others, most - len(named), seed)]


def _of_purge(
    books: Books, site: Site, targets: Sequence[Target], seed: str, stand_for: Sequence[str], most: int
) -> tuple[str, ...]:
    """Those named, at most `most`; for wider kinds, up to PAGES_MAX in all and a few at least, what earlier jobs named
    under them, the page that a prefix itself names, what was only seen under them by the way, and the front page: a
    host's own, or the site's, which is often what people look at next."""
    urls = _named(targets, stand_for, seed, max(most, 1))
    wider = [target for target in targets if target.kind is not Kind.URL]
    if not wider:
        return tuple(urls)
    room = max(PAGES_MAX - len(urls), WIDER_MIN)
    scheme = site.schemes[0]
    hosts = [f"{scheme}://{target.value}/" for target in wider if target.kind is Kind.HOST]
    fronts = list(dict.fromkeys(hosts if len(hosts) == len(wider) else [site.root_url(), *hosts]))[:room]
    extent, most = Extent(wider), len(urls) + room
    known, glimpsed = (
        extent.first(seen, most) for seen in (books.known.of_site(site.name), books.known.glimpsed(site.name))
    )
    own = [f"{scheme}://{target.value}" for target in wider if target.kind is Kind.PREFIX]
    under = [url for url in dict.fromkeys([*known, *own, *glimpsed]) if url not in urls]
    return tuple(dict.fromkeys([*urls, *under[: room - len(fronts)], *fronts]))


def covered(books: Books, job: JobView, looks: Sequence[Look]) -> tuple[str, ...]:
    """The pages of `job` that its purge surely reaches, by its targets and by the tags that `looks` were labelled with;
    not those that a layer did not take; and those of which a deploy said what they must show. Where it names wider
    things than URLs, a page that was never there shows nothing and is left out; and so is the page that a prefix itself
    names, where no cache held it before and nothing else under that prefix is among them."""
    failing = {target for layer in job.layers for target in layer.failing}
    if job.kind is Kind.URL:
        return tuple(url for url in job.look_urls if url not in failing)
    targets = books.jobs.targets(job.id)
    named = _named_by(job, targets, looks)
    wider = [target for target in targets if target.kind is not Kind.URL]
    tags = tags_of(books, job, looks)
    there = [url for url in job.look_urls if not _never_there(looks, url)]
    held = job.before if job.looked_before else looks
    kept = {look.url for look in held if look.is_kept and not look.variant}  # those came after our own plain request
    alone = _alone(there)
    extent = Extent(wider)
    others = Extent(target for target in wider if target.kind is not Kind.PREFIX or target.value not in alone)
    asked = ((url, others if _bare(url) in alone and url not in kept else extent) for url in there)
    shown = {url for url, extent in asked if extent.holds(url, tags[url])}
    return tuple(url for url in job.look_urls if url in named or url in shown)


def remember(books: Books, job: JobView, looks: Sequence[Look], now: float) -> None:
    """Keep in mind which pages were looked at, and their tags: those that `job` names are known from now on."""
    named = {*job.look_urls} if job.kind is Kind.URL else _named_by(job, books.jobs.targets(job.id), looks)
    for url, tags in labels_of(looks).items():
        (books.known.remember if url in named else books.known.glimpse)(job.site, url, tags, now)


def labels_of(looks: Sequence[Look]) -> Mapping[str, Sequence[str]]:
    """The tags of each page that was looked at, as the last answer with some has them."""
    found: dict[str, Sequence[str]] = {}
    for look in looks:
        found[look.url] = look.tags or found.get(look.url, ())
    return found


def _named_by(job: JobView, targets: Sequence[Target], looks: Sequence[Look]) -> set[str]:
    """The pages that a job of more than URLs names, those that its deploy's prefixes stand for, and those of which the
    deploy said what they must show."""
    urls = {target.value for target in targets if target.kind is Kind.URL}
    told = {look.url for look in looks if look.shows or look.lacks}
    return urls | told | ({*job.deploy.shown_by} if job.deploy else set())


def seen_of(books: Books, job: JobView, looks: Sequence[Look], pages: Sequence[str]) -> int:
    """Of how many of the job's targets one of `pages` was asked for at a place that visitors ask."""
    seen = {look.url for look in looks if look.place != ORIGIN and look.url in pages}
    if job.kind is Kind.URL:
        return len(seen)
    tags = tags_of(books, job, (*job.before, *looks))
    targets = books.jobs.targets(job.id)
    return sum(any(lies_under(target, url, tags[url]) for url in seen) for target in targets) if seen else 0


def tags_of(books: Books, job: JobView, looks: Sequence[Look]) -> Mapping[str, set[str]]:
    """What each page is labelled with, as far as it is known."""
    return {url: {*books.known.tags_of(job.site, url), *_labels(looks, url)} for url in job.look_urls}


def _alone(urls: Sequence[str]) -> set[str]:
    """The prefixes of whose pages none but the one that they name themselves is among `urls`."""
    names = {_bare(url) for url in urls}
    return {prefix for prefix in names if not any(begins(name, prefix) for name in names - {prefix})}


def _bare(url: str) -> str:
    return url.split("://", 1)[-1]


def _labels(looks: Sequence[Look], url: str) -> Iterable[str]:
    return (tag for look in looks if look.url == url for tag in look.tags)


def _never_there(looks: Sequence[Look], url: str) -> bool:
    """Whether the origin has no such page, and no cache held one."""
    mine = [look for look in looks if look.url == url and not look.problem]
    return any(look.place == ORIGIN for look in mine) and all(look.status in GONE for look in mine)
