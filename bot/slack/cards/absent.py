"""That a page is not there, which a verdict alone does not say: an edge without it serves what the origin serves."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from bot.domain.jobs.job import JobView
from bot.domain.proof.absent import absent
from bot.domain.proof.look import ORIGIN, Look
from bot.slack.cards.words import listed
from bot.slack.escape import url_text
from providers.contract import Kind

NAMED_MAX = 3
URL_MAX = 100  # characters


def absent_after(job: JobView) -> str:
    """The same of what a job looked at. A page that nobody named, looked at since a wide purge names none, is told as
    such, and only where no other page was there."""
    unnamed = _unnamed(job)
    told = absent_told([look for look in job.looks if look.url not in unnamed], job.before, len(job.look_urls))
    gone = absent([look for look in job.looks if look.url in unnamed], job.before)
    if told or not gone or {look.url for look in job.looks if look.place != ORIGIN} - {*gone}:
        return told
    named = listed([f"{url_text(url, URL_MAX)} ({status})" for url, status in gone.items()], NAMED_MAX)
    those, are = ("the one", "is") if len(gone) == 1 else ("those", "are")
    instead = f"{those} looked at instead {are} not there: {named}"
    return f"No page was named, and {instead}. That says nothing of the purge."


def _unnamed(job: JobView) -> frozenset[str]:
    """The pages that a wide purge is looked at by, and that neither it nor its deploy names: a front page, and the one
    that has a prefix's own name."""
    in_sample = [one for one in job.sample if "://" in one]
    if job.kind is Kind.URL or job.counts.get(Kind.URL, 0) > len(in_sample):
        return frozenset()
    told = {look.url for look in job.looks if look.shows or look.lacks}
    named = {*in_sample, *told, *(job.deploy.shown_by if job.deploy else ())}
    prefixes = {one.removeprefix("prefix ") for one in job.sample}
    mine = (url for url in job.look_urls if url not in named)
    return frozenset(url for url in mine if urlsplit(url).path in ("", "/") or url.partition("://")[2] in prefixes)


def absent_told(looks: Sequence[Look], before: Sequence[Look] = (), pages: int = 1) -> str:
    """Which of the pages looked at, of `pages` in all, are not there and were not `before`; "" where each is."""
    gone = absent(looks, before)
    if not gone:
        return ""
    if len({look.url for look in looks}) == 1 and pages <= 1:
        status = next(iter(gone.values()))
        return (
            f"The page is not there ({status}), at the edge as at the origin. If it should be, see whether its URL is "
            "written right."
        )
    named = listed([f"{url_text(url, URL_MAX)} ({status})" for url, status in gone.items()], NAMED_MAX)
    its = "it should be, see whether its URL is" if len(gone) == 1 else "they should be, see whether their URLs are"
    return f"Not there, at the edge as at the origin: {named}. If {its} written right."
