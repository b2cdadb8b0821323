"""Who is told that a hold was laid, released or has ended, and what of theirs goes on then."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.jobs.hold import Hold
from bot.domain.jobs.hold_news import HoldNews, Turn
from bot.ledger.books import Books
from bot.services.setup import Current
from bot.services.voting import approvals
from tests.services.shop import LEA, MIA, SAM, SHOP, Shop, open_shop
from tests.services.test_holds import PREFIX, say
from tests.slate import START

BLOG = replace(SHOP, name="blog", hosts=("blog.test",), channel="C_BLOG")
ADS = replace(SHOP, name="ads", hosts=("ads.test",), channel="C_SHOP")
QUIET = replace(SHOP, name="quiet", hosts=("quiet.test",), channel="")
MIAS = Hold("shop", "U_MIA", "an incident", START)


async def told(shop: Shop) -> list[tuple[str, HoldNews]]:
    """Every channel and what it is told, in order; each is taken as posted."""

    def deed(books: Books) -> list[tuple[str, HoldNews]]:
        found = []
        while due := books.notices.due(shop.clock.now()):
            for notice in due:
                found.append((notice.channel, notice.news))
                books.notices.done(notice)
        return found

    return await shop.ledger.write(deed)


def four_sites(path: Path) -> Shop:
    """Two sites that are told of in one channel, one in its own, one in none."""
    shop = open_shop(path)
    setup = replace(shop.core.setup, sites={site.name: site for site in (SHOP, BLOG, ADS, QUIET)})
    shop.core = replace(shop.core, current=Current(setup))
    return shop


async def test_the_sites_channel_hears_who_holds_it_until_when_and_why(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    await say(shop, LEA, "hold shop for 2h because deploying 4.2")
    heard = await told(shop)
    await shop.ledger.close()
    laid = Hold("shop", "U_LEA", "deploying 4.2", START, START + 7200)
    assert [("C_SHOP", HoldNews(Turn.LAID, "shop", (laid,), START))] == heard


async def test_a_hold_on_all_is_told_once_in_every_sites_channel(tmp_path: Path) -> None:
    shop = four_sites(tmp_path)
    await say(shop, LEA, "hold all because the sale begins")
    laid = await told(shop)
    await say(shop, LEA, "release all")
    released = await told(shop)
    await shop.ledger.close()
    assert ["C_SHOP", "C_BLOG", "C_APPROVE"] == [channel for channel, _ in laid]
    assert [("C_SHOP", True), ("C_BLOG", False), ("C_APPROVE", False)] == [
        (channel, news.calls) for channel, news in released
    ]


async def test_a_release_says_what_of_the_channels_sites_goes_on(tmp_path: Path) -> None:
    shop = four_sites(tmp_path)
    job = await shop.purge(MIA, PREFIX)
    await say(shop, LEA, "hold all because the sale begins")
    await approvals.vote(shop.core, SAM, job.id, yes=True)
    for typed in ("www.shop.test/a www.shop.test/b --queue", "ads.test/a --queue", "blog.test/a soft --queue"):
        await say(shop, MIA, typed)
    await told(shop)
    shop.clock.at += 90
    await say(shop, SAM, "release all")
    heard = await told(shop)
    await shop.ledger.close()
    held = Hold("*", "U_LEA", "the sale begins", START)
    over = HoldNews(Turn.RELEASED, "*", (held,), START + 90, "U_SAM")
    assert [
        ("C_SHOP", replace(over, jobs=1, requests=2, targets=3, urls=3, plans=2, calls=True)),
        ("C_BLOG", replace(over, requests=1, targets=1, urls=1, plans=1)),
        ("C_APPROVE", over),
    ] == heard


async def test_an_approver_who_releases_ends_the_hold_on_top_and_calls_who_laid_it(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    await say(shop, MIA, "hold shop because an incident")
    await say(shop, LEA, "hold shop for 30m because deploying 4.2")
    await say(shop, SAM, "release shop")
    *_, (_, released) = await told(shop)
    await shop.ledger.close()
    leas = Hold("shop", "U_LEA", "deploying 4.2", START, START + 1800)
    assert HoldNews(Turn.RELEASED, "shop", (leas,), START, "U_SAM", MIAS, calls=True) == released


async def test_a_release_that_leaves_another_hold_says_which(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    await say(shop, LEA, "hold shop because deploying 4.2")
    await say(shop, MIA, "hold shop because an incident")
    await say(shop, MIA, "release shop")
    _, (_, laid), (_, released) = await told(shop)
    await shop.ledger.close()
    leas = Hold("shop", "U_LEA", "deploying 4.2", START)
    assert HoldNews(Turn.LAID, "shop", (MIAS,), START, other=leas) == laid
    assert HoldNews(Turn.RELEASED, "shop", (MIAS,), START, "U_MIA", leas, calls=True) == released


async def test_a_hold_that_ends_by_its_time_is_told_also_after_a_restart(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    await say(shop, LEA, "hold shop for 10m because deploying 4.2")
    await say(shop, MIA, "/a --queue")
    await told(shop)
    shop = await shop.crash()
    await shop.slate.advance(900)
    heard = await told(shop)
    await shop.ledger.close()
    held = Hold("shop", "U_LEA", "deploying 4.2", START, START + 600)
    over = HoldNews(Turn.ENDED, "shop", (held,), START + 600, requests=1, targets=1, urls=1, plans=1, calls=True)
    assert [("C_SHOP", over)] == heard


async def test_a_hold_that_ended_unseen_is_told_before_the_next_one(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    await say(shop, LEA, "hold shop for 10m because deploying 4.2")
    shop.clock.at += 700
    await say(shop, MIA, "hold shop because an incident")
    await shop.slate.advance(60)
    heard = await told(shop)
    await shop.ledger.close()
    assert [Turn.LAID, Turn.ENDED, Turn.LAID] == [news.turn for _, news in heard]
    assert heard[-1][1].other is None


@pytest.mark.parametrize("typed", ["hold shop because deploying 4.2", "release shop"])
async def test_what_comes_again_after_a_crash_is_told_once(tmp_path: Path, typed: str) -> None:
    shop = open_shop(tmp_path)
    await say(shop, LEA, "hold shop because deploying 4.2", key="before")
    await told(shop)
    for _ in range(2):
        await say(shop, LEA, typed, key="the same")
        shop = await shop.crash()
    heard = await told(shop)
    await shop.ledger.close()
    assert 1 == len(heard)


async def test_a_notice_waits_for_the_one_before_it_in_its_channel_only(tmp_path: Path) -> None:
    shop = four_sites(tmp_path)
    await say(shop, LEA, "hold shop because deploying 4.2")
    await say(shop, LEA, "release shop")
    await say(shop, LEA, "hold blog because deploying 4.2")

    def deed(books: Books) -> list[tuple[str, Turn]]:
        first = books.notices.due(shop.clock.now())[0]
        books.notices.later(first, shop.clock.now() + 5, lost=False)
        return [(notice.channel, notice.news.turn) for notice in books.notices.due(shop.clock.now())]

    due = await shop.ledger.write(deed)
    await shop.ledger.close()
    assert [("C_BLOG", Turn.LAID)] == due
