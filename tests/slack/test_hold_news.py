"""What a channel reads of a hold, word for word; and that it reads it once, whatever happens to Slack or the bot."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from textwrap import dedent

import pytest

from bot.domain.jobs.hold import ALL, Hold
from bot.domain.jobs.hold_news import HoldNews, Turn
from bot.ledger.books import Books
from bot.services.setup import SLACK, hold_name
from bot.slack.cards.hold_news import news_card
from tests.slack.cases import AT_8_30, T, spelled
from tests.slack.room import PRICING, Doc, Room, said
from tests.slack.test_asking_dialogues import called
from tests.slack.test_holds_dialogues import read

AT_8 = "<!date^1800000000^{date_short_pretty} {time}|2027-01-15 08:00 UTC>"
NAMES = {"U_LEA": "Lea & Co", "U_SAM": "Sam", "U_MIA": "Mia"}
HOLD = Hold("shop", "U_LEA", "deploying <4.2>", T, T + 1800)
MIAS = Hold("shop", "U_MIA", "an incident", T)
SALE = Hold(ALL, "token:ci", "the sale begins", T)
OVER = HoldNews(Turn.RELEASED, "shop", (HOLD,), T + 600, "U_SAM", calls=True)
MEANWHILE = "   Nothing begins there meanwhile. Jobs that purge already go on; `cancel` stops them."

NEWS = {
    "laid": (
        HoldNews(Turn.LAID, "shop", (HOLD,), T),
        f"""\
        shop is held by @Lea &amp; Co until {AT_8_30}: deploying &lt;4.2&gt;
        {MEANWHILE}
           To end it: `/purge release shop`""",
    ),
    "laid on another": (
        HoldNews(Turn.LAID, "shop", (HOLD,), T, other=MIAS),
        f"""\
        shop is held by @Lea &amp; Co until {AT_8_30}: deploying &lt;4.2&gt;
           It lies on another, which stands when it ends: shop is held by @Mia since {AT_8}, until it is released: \
an incident
        {MEANWHILE}
           To end it: `/purge release shop`""",
    ),
    "laid on every site by a token, in place of another": (
        HoldNews(Turn.LAID, ALL, (SALE,), T, other=replace(SALE, reason="the sale comes")),
        f"""\
        Every site is held by token `ci` until it is released: the sale begins
           It takes the place of token `ci`'s earlier one: the sale comes
        {MEANWHILE}
           To end it: `/purge release all`""",
    ),
    "of a schedule that came to nothing": (
        HoldNews(
            Turn.UNDONE,
            "shop",
            (),
            T,
            said=("The schedule nightly did not run Fri 27 Nov 03:00:00 CET", "Sale <freeze>.", "Wait."),
        ),
        """\
        🟡 The schedule nightly did not run Fri 27 Nov 03:00:00 CET
           Sale &lt;freeze&gt;.
           Wait.""",
    ),
    "released by somebody else": (
        OVER,
        "shop is released by @Sam. <@U_LEA> held it for 10 min: deploying &lt;4.2&gt;",
    ),
    "released by who held it": (
        replace(OVER, by="U_LEA"),
        "shop is released by @Lea &amp; Co, who held it for 10 min: deploying &lt;4.2&gt;",
    ),
    "told in a second channel": (
        replace(OVER, calls=False),
        "shop is released by @Sam. @Lea &amp; Co held it for 10 min: deploying &lt;4.2&gt;",
    ),
    "released with what waited": (
        replace(OVER, jobs=1, requests=2, targets=6, urls=6, plans=1),
        """\
        shop is released by @Sam. <@U_LEA> held it for 10 min: deploying &lt;4.2&gt;
           1 job that waited for it goes on, unless the policy forbids it by now; \
a yes that grew too old meanwhile is asked for again.
           2 queued requests (at most 6 URLs) are judged now, each person's as theirs; what passes becomes one plan \
and may need votes.""",
    ),
    "released with one request": (
        replace(OVER, requests=1, targets=3, urls=3, plans=1),
        """\
        shop is released by @Sam. <@U_LEA> held it for 10 min: deploying &lt;4.2&gt;
           1 queued request (3 URLs) is judged now and may need votes.""",
    ),
    "released with what becomes several plans": (
        replace(OVER, requests=3, targets=4, urls=1, plans=2),
        """\
        shop is released by @Sam. <@U_LEA> held it for 10 min: deploying &lt;4.2&gt;
           3 queued requests (at most 4 targets) are judged now, each person's as theirs; what passes becomes 2 plans \
and may need votes.""",
    ),
    "released with the hold under it": (
        replace(OVER, holds=(HOLD, MIAS)),
        """\
        shop is released by @Sam. <@U_LEA> held it for 10 min: deploying &lt;4.2&gt;
           <@U_MIA> held it for 10 min: an incident""",
    ),
    "released and held with every site": (
        replace(OVER, other=SALE),
        f"""\
        The hold on shop is released by @Sam. <@U_LEA> held it for 10 min: deploying &lt;4.2&gt;
           It stays held: every site is held by token `ci` since {AT_8}, until it is released: the sale begins""",
    ),
    "ended by its time": (
        replace(OVER, turn=Turn.ENDED, by="", at=T + 1800),
        "The hold on shop has ended by its time. <@U_LEA> held it for 30 min: deploying &lt;4.2&gt;",
    ),
}


@pytest.mark.parametrize(("news", "expected"), NEWS.values(), ids=NEWS)
def test_what_a_channel_reads_of_a_hold(news: HoldNews, expected: str) -> None:
    assert dedent(expected) == spelled(news_card(news, NAMES))


async def notices(shop: Room, channel: str = "C_SHOP") -> list[str]:
    """What a channel reads of holds, first lines."""
    return [read(m)[0] for m in await shop.messages(channel) if "purgebot_hold" in str(m.get("metadata"))]


slow = pytest.mark.slow
here = pytest.mark.asyncio(loop_scope="module")


async def nothing_waits(shop: Room) -> None:
    """What was posted is written as posted a moment later."""
    async with asyncio.timeout(5):
        while await shop.bot.ledger.read(lambda books: books.notices.next_due()) is not None:
            pass


@slow
@here
async def test_everybody_in_the_channel_reads_of_a_hold_and_its_release_and_only_the_holder_is_called(
    shop: Room,
) -> None:
    await shop.command("U_LEA", "hold shop for 2h because deploying 4.2", channel="C_APPROVE")
    await shop.card("is held by @Lea")
    await shop.command("U_MIA", f"{PRICING} --queue")
    await shop.note("U_MIA", "Queued")
    before = called(shop)
    await shop.command("U_SAM", "release shop", channel="C_APPROVE")
    over = await shop.card("is released by @Sam")
    assert "shop is held by @Lea until <date>: deploying 4.2" == (await notices(shop))[0]
    first, waited = read(over)
    assert first.startswith("shop is released by @Sam. <@U_LEA> held it for ")
    assert "1 queued request (1 URL) is judged now and may need votes." == waited
    await shop.job(1, "done")
    assert Counter() == before
    assert {"<@U_LEA>": 1} == {who: n for who, n in called(shop).items() if who != "<@U_MIA>"}


@slow
@here
async def test_a_hold_that_ends_by_its_time_is_told(shop: Room) -> None:
    now = shop.bot.clock.now()
    held = Hold("shop", "U_LEA", "deploying 4.2", now - 120, now - 1)
    await shop.bot.ledger.write(lambda books: books.holds.keep("shop", held))
    shop.bot.engine.wake(hold_name("shop"))
    over = await shop.card("has ended by its time")
    assert ["The hold on shop has ended by its time. <@U_LEA> held it for 2 min: deploying 4.2"] == read(over)


ILL = [
    pytest.param("throttle", 1, id="throttled"),
    pytest.param("error500", 2, id="errors"),
    pytest.param("reset", 2, id="cut connections"),
    pytest.param("down", 4, id="away for a while"),
    pytest.param("timeout_after_effect", 1, id="a post whose answer is lost"),
]


@slow
@here
@pytest.mark.parametrize(("kind", "times"), ILL)
async def test_slack_ill_neither_loses_nor_doubles_nor_disorders_a_notice(shop: Room, kind: str, times: int) -> None:
    await shop.command("U_LEA", "hold shop because deploying 4.1")
    await shop.card("is held by @Lea")
    await shop.command("U_SAM", "release shop")
    await shop.card("is released by @Sam")  # whose names are known from now on
    await tell(shop, Hold("shop", "U_LEA", "deploying 4.2", shop.bot.clock.now()), kind, times)
    await shop.card("is released by @Sam", "deploying 4.2")
    assert [
        "shop is held by @Lea until it is released: deploying 4.2",
        "shop is released by @Sam. <@U_LEA> held it for under 0.1 s: deploying 4.2",
    ] == (await notices(shop))[2:]
    assert kind in [row.get("fault") for row in shop.asked_slack("chat.postMessage")]


async def tell(shop: Room, hold: Hold, kind: str, times: int) -> None:
    """Have the channel told of a hold and its release by a Slack that is ill."""

    def deed(books: Books) -> None:
        news = HoldNews(Turn.RELEASED, "shop", (hold,), hold.since, "U_SAM", calls=True)
        books.notices.tell("one", "C_SHOP", HoldNews(Turn.LAID, "shop", (hold,), hold.since))
        books.notices.tell("two", "C_SHOP", news)

    shop.faults.set("slack", kind, times)
    await shop.bot.ledger.write(deed)
    shop.bot.engine.wake(SLACK)


@slow
@here
async def test_a_notice_whose_post_was_under_way_when_the_bot_died_is_looked_for(shop: Room) -> None:
    await shop.command("U_LEA", "hold shop because deploying 4.2")
    await shop.card("is held by @Lea")

    def deed(books: Books) -> None:
        books._tx.run("update notices set due_at = at, lost = 1")

    await shop.bot.ledger.write(deed)
    await shop.restart()

    async def is_settled() -> bool:
        return await shop.bot.ledger.read(lambda books: books.notices.next_due() is None)

    await shop.command("U_MIA", "whoami")
    await shop.until(is_settled, "the notice is found")
    assert 1 == len(await notices(shop))


@slow
@here
async def test_where_the_bot_may_not_post_nothing_waits_for_it(shop: Room) -> None:
    hold = Hold("shop", "U_LEA", "deploying 4.2", shop.bot.clock.now())
    news = HoldNews(Turn.LAID, "shop", (hold,), hold.since)

    def deed(books: Books) -> None:
        books.notices.tell("one", "C_SECRET", news)
        books.notices.tell("one", "C_SHOP", news)

    await shop.bot.ledger.write(deed)
    shop.bot.engine.wake(SLACK)
    posted: Doc = await shop.card("is held by @Lea")
    assert "deploying 4.2" in said(posted)
    assert [] == await notices(shop, "C_SECRET")
    await nothing_waits(shop)
