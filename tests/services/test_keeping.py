"""What is kept for a week goes in a process that stays up, too, and no sooner."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.ledger.books import Books
from bot.ledger.known import GLIMPSED_MAX
from bot.services.replies import QueuedOver, Refusal
from bot.services.running.keeping import forget, forget_daily, prune
from tests.services.shop import LEA, MIA, Shop, open_shop, url
from tests.services.test_holds import say

DAY = 86_400.0


class Stopped(Exception):
    """The process ends."""


def up_for(days: int) -> Callable[[], tuple[None, None]]:
    """Periods for jobs and documents, of a process that is stopped after so many days."""
    left = [None] * days

    def periods() -> tuple[None, None]:
        if not left:
            raise Stopped
        left.pop()
        return None, None

    return periods


async def kept(shop: Shop, days: int) -> list[bool]:
    """Whether what was delivered and done, what was not done, and a draft are there once it was up for so many days."""
    start = shop.clock.now()
    await shop.ledger.write(lambda books: books.intake.store("done", "slack.command", {"text": "/a"}, start))
    await shop.ledger.write(lambda books: books.intake.done("done", start))
    await shop.ledger.write(lambda books: books.intake.store("due", "slack.command", {"text": "/b"}, start))
    await shop.ledger.write(lambda books: books.intake.save_draft("draft", "U_MIA", {"lines": ["/a"]}, start))
    with pytest.raises(Stopped):
        await forget_daily(shop.core, up_for(days))
    found = await shop.ledger.read(lambda books: [books.intake.find(key) is not None for key in ("done", "due")])
    return [*found, await shop.ledger.read(lambda books: books.intake.draft("draft", start - 1) is not None)]


@pytest.mark.parametrize(
    ("days", "there"),
    [
        pytest.param(7, [True, True, True], id="a-week"),
        pytest.param(8, [False, True, False], id="a-day-more"),
    ],
)
async def test_what_slack_delivered_goes_after_a_week_while_the_process_stays_up(
    tmp_path: Path, days: int, there: list[bool]
) -> None:
    shop = open_shop(tmp_path)
    found = await kept(shop, days)
    await shop.ledger.close()
    assert there == found


async def queued_for(shop: Shop, days: float, end: str) -> None:
    """Mia's request waits so many days behind a hold, and then no more."""
    await say(shop, LEA, "hold shop because deploying 4.2")
    await say(shop, MIA, "/a --queue because prices")
    await shop.slate.advance(days * DAY, {"sweep": DAY})
    await say(shop, LEA, end)
    await shop.slate.advance(200)


@pytest.mark.parametrize("end", ["release shop", "cancel Q-1"])
async def test_a_queued_request_is_told_for_a_week_after_its_end(tmp_path: Path, end: str) -> None:
    shop = open_shop(tmp_path)
    await queued_for(shop, 10, end)
    shop.clock.at += 6 * DAY
    await prune(shop.core)
    still = await say(shop, MIA, "show Q-1")
    shop.clock.at += 2 * DAY
    await prune(shop.core)
    gone = await say(shop, MIA, "show Q-1")
    await shop.ledger.close()
    assert (QueuedOver, Refusal("There is no Q-1.", "`status`, without a number, lists what waits.")) == (
        type(still),
        gone,
    )


PAGES = {
    "younger": (29, 7, [1, 1]),
    "older than jobs": (31, 7, [0, 0]),
    "younger than jobs": (31, 400, [1, 0]),
    "jobs are kept": (4000, None, [1, 0]),
}


@pytest.mark.parametrize(("age", "jobs", "left"), PAGES.values(), ids=PAGES)
async def test_pages_are_known_as_long_as_jobs_and_those_seen_by_the_way_a_month(
    tmp_path: Path, age: float, jobs: float | None, left: list[int]
) -> None:
    shop = open_shop(tmp_path)
    start = shop.clock.now()
    await shop.ledger.write(lambda books: books.known.remember("shop", url("/a").value, ("news",), start))
    await shop.ledger.write(lambda books: books.known.glimpse("shop", url("/b").value, ("news",), start))
    shop.clock.at += age * DAY
    await forget(shop.core, None if jobs is None else jobs * DAY, None)
    known = await shop.ledger.read(lambda books: [books.known.of_site("shop"), books.known.glimpsed("shop")])
    await shop.ledger.close()
    assert left == [len(pages) for pages in known]


async def test_of_pages_seen_by_the_way_the_last_ones_are_kept_of_each_site(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    start = shop.clock.now()

    def seen(books: Books) -> None:
        for n in range(GLIMPSED_MAX + 3):
            books.known.glimpse("shop", f"/{n}", (), start + n)
        books.known.glimpse("other", "/", (), start)

    await shop.ledger.write(seen)
    await forget(shop.core, None, None)
    rows = "select site, count(*) as n, min(seen) as first from glimpsed group by site order by site"
    left = await shop.ledger.read(lambda books: [tuple(dict(row).values()) for row in books._tx.rows(rows)])
    await shop.ledger.close()
    assert [("other", 1, start), ("shop", GLIMPSED_MAX, start + 3)] == left
