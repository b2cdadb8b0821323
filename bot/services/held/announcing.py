"""The channels of the sites concerned are told of each hold, in the transaction that lays or ends it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from bot.domain.jobs.hold import ALL, Hold
from bot.domain.jobs.hold_news import HoldNews, Turn
from bot.ledger.books import Books
from bot.services.setup import Core


def announce_laid(books: Books, core: Core, key: str, hold: Hold, before: Hold | None) -> None:
    """`hold` is laid, on `before` or in its place; the same `key` tells it once."""
    other = before.alone if before else None
    news = HoldNews(Turn.LAID, hold.site, (hold.alone,), hold.since, other=other)
    for channel in channels_of(core, hold.site):
        books.notices.tell(key, channel, news)


def announce_over(books: Books, core: Core, key: str, news: HoldNews, jobs: Iterable[int]) -> None:
    """The holds of `news` are over: each channel hears what of its own sites goes on, and the first of them calls
    whoever held without being the one who released."""
    sites = [books.jobs.get(number).site for number in jobs]
    for n, (channel, names) in enumerate(channels_of(core, news.site).items()):
        free = [name for name in names if books.holds.on(name, news.at) is None]
        sizes = [books.holds.size(sheaf) for name in free for sheaf in books.holds.sheaves(name)]
        own = replace(
            news,
            jobs=sum(name in free for name in sites),
            requests=sum(size.requests for size in sizes),
            targets=sum(size.targets for size in sizes),
            urls=sum(size.urls for size in sizes),
            plans=len(sizes),
            calls=n == 0,
        )
        books.notices.tell(key, channel, own)


def channels_of(core: Core, site: str) -> Mapping[str, Sequence[str]]:
    """Where `site`, or every site, is told of, each channel once with its sites; the approvals' channel is that of a
    site without one."""
    found: dict[str, list[str]] = {}
    for name in core.setup.sites if site == ALL else [site]:
        known = core.setup.sites.get(name)
        channel = (known.channel if known else "") or core.setup.approvals_channel
        if channel:
            found.setdefault(channel, []).append(name)
    return found
