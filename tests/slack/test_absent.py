"""What is said of pages that are not there: of those that were named, and of those that nobody asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.jobs.job import JobView
from bot.domain.proof.look import ORIGIN, Look
from bot.slack.cards.absent import absent_after
from providers.contract import Kind
from tests.slack.cases import DONE

FRONT, NEWS, PAGE = "https://www.shop.test/", "https://www.shop.test/news", "https://www.shop.test/news/1"
ASIDE = "That says nothing of the purge."


def looked(url: str, status: int = 404) -> tuple[Look, ...]:
    return Look("fra", url, 0.0, status), Look(ORIGIN, url, 0.0, status)


def purged(kind: Kind, *sample: str, **seen: int) -> JobView:
    """A job that named `sample`, and what came of the pages that were looked at."""
    urls = {"front": FRONT, "news": NEWS, "page": PAGE}
    looks = tuple(look for name, status in seen.items() for look in looked(urls[name], status))
    counts = {Kind.URL: sum("://" in one for one in sample)}
    pages = tuple(urls[name] for name in seen)
    return replace(DONE, kind=kind, sample=sample, counts=counts, before=(), looks=looks, look_urls=pages)


TOLD = {
    "everything, and no front page": (
        purged(Kind.EVERYTHING, "", front=404),
        f"No page was named, and the one looked at instead is not there: {FRONT} (404). {ASIDE}",
    ),
    "a prefix, which names no page": (
        purged(Kind.PREFIX, "www.shop.test/news", front=404, news=410),
        f"No page was named, and those looked at instead are not there: {FRONT} (404) and {NEWS} (410). {ASIDE}",
    ),
    "another page stands for it": (purged(Kind.PREFIX, "www.shop.test/news", front=404, page=200), ""),
    "the prefix's own stands for it": (purged(Kind.PREFIX, "www.shop.test/news", front=404, news=200), ""),
    "the front page was named": (
        purged(Kind.PREFIX, "prefix www.shop.test/news", FRONT, front=404, page=200),
        f"Not there, at the edge as at the origin: {FRONT} (404). If it should be, see whether its URL is written"
        " right.",
    ),
    "a page that was named, beside a front page that was not": (
        purged(Kind.PREFIX, "prefix www.shop.test/other", PAGE, page=404, front=404),
        f"Not there, at the edge as at the origin: {PAGE} (404). If it should be, see whether its URL is written"
        " right.",
    ),
    "a page that was named alone": (
        purged(Kind.URL, FRONT, front=404),
        "The page is not there (404), at the edge as at the origin. If it should be, see whether its URL is written"
        " right.",
    ),
    "all are there": (purged(Kind.EVERYTHING, "", front=200), ""),
}


@pytest.mark.parametrize(("job", "told"), TOLD.values(), ids=TOLD)
def test_what_a_job_says_of_pages_that_are_not_there(job: JobView, told: str) -> None:
    assert told == absent_after(job)
