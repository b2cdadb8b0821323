"""Which pages show whether a purge worked: those that were named, those that are known to lie under what was named,
and the front page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.domain.covering import lies_under
from bot.domain.deploy import Deploy, pages_of
from bot.domain.job import JobView
from bot.domain.look import GONE, ORIGIN, Look
from bot.domain.site import Site
from bot.domain.target import Target
from bot.ledger.books import Books
from providers.contract import Kind

PAGES_MAX = 20


def pages_to_look_at(
    books: Books, site: Site, targets: Sequence[Target], deploy: Deploy | None = None
) -> tuple[str, ...]:
    """At most PAGES_MAX URLs: those of which a deploy says what they must show, or the front page where it needs no
    purge; then those of the purge."""
    pages = _of_purge(books, site, targets)
    if deploy is None:
        return pages
    expected = tuple(pages_of(deploy.expected, site))
    return tuple(dict.fromkeys([*expected, *pages]))[:PAGES_MAX] or (site.root_url(),)


def _of_purge(books: Books, site: Site, targets: Sequence[Target]) -> tuple[str, ...]:
    """At most PAGES_MAX URLs: those named; for wider kinds what was seen under them in earlier jobs, the page that a
    prefix itself names, and the front page: a host's own, or the site's, which is often what people look at next."""
    urls = [target.value for target in targets if target.kind is Kind.URL][:PAGES_MAX]
    wider = [target for target in targets if target.kind is not Kind.URL]
    if not wider or len(urls) >= PAGES_MAX:
        return tuple(urls)
    scheme = site.schemes[0]
    fronts = [f"{scheme}://{target.value}/" for target in wider if target.kind is Kind.HOST]
    if len(fronts) < len(wider):
        fronts = [site.root_url(), *fronts]
    known = [url for url, tags in books.known.of_site(site.name) if any(lies_under(x, url, tags) for x in wider)]
    own = [f"{scheme}://{target.value}" for target in wider if target.kind is Kind.PREFIX]
    fronts = list(dict.fromkeys(fronts))[:PAGES_MAX]
    under = list(dict.fromkeys([*urls, *known, *own]))
    return tuple(dict.fromkeys([*under[: PAGES_MAX - len(fronts)], *fronts]))


def covered(books: Books, job: JobView, looks: Sequence[Look]) -> tuple[str, ...]:
    """The pages of `job` that its purge surely reaches, by its targets and by the tags that `looks` were labelled with;
    not those that a layer did not take; and those of which a deploy said what they must show. Where it names wider
    things than URLs, a page that was never there shows nothing and is left out."""
    failing = {target for layer in job.layers for target in layer.failing}
    if job.kind is Kind.URL:
        return tuple(url for url in job.look_urls if url not in failing)
    targets = books.jobs.targets(job.id)
    named = {target.value for target in targets if target.kind is Kind.URL}
    wider = [target for target in targets if target.kind is not Kind.URL]
    tags = {url: {*books.known.tags_of(job.site, url), *_labels(looks, url)} for url in job.look_urls}
    return tuple(
        url
        for url in job.look_urls
        if url in named
        or any(look.url == url and (look.shows or look.lacks) for look in looks)
        or (any(lies_under(target, url, tags[url]) for target in wider) and not _never_there(looks, url))
    )


def _labels(looks: Sequence[Look], url: str) -> Iterable[str]:
    return (tag for look in looks if look.url == url for tag in look.tags)


def _never_there(looks: Sequence[Look], url: str) -> bool:
    """Whether the origin has no such page, and no cache held one."""
    mine = [look for look in looks if look.url == url and not look.problem]
    return any(look.place == ORIGIN for look in mine) and all(look.status in GONE for look in mine)
