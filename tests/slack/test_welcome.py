"""What a channel reads once the bot was invited to it: word for word, once, whatever happens to Slack or the bot."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.site import Site
from bot.ledger.books import Books
from bot.ledger.intake import Delivery
from bot.ledger.sqlite import SqliteLedger
from bot.services.setup import Setup, delivery_name
from bot.slack.cards.welcome import welcome_card
from bot.slack.deliveries import INVITED
from tests.slack.room import Room, small_print

slow = pytest.mark.slow
here = pytest.mark.asyncio(loop_scope="module")
FIRST = "Here is purgebot. It purges caches, and proves at the edge that it worked."
HELP = "`/purge help` tells the rest, to you alone; in a thread mention me."
NEXT = "Try `/purge sites`, `/purge whoami` or `/purge queue`."
SHOP = Site("shop", ("www.shop.test", "img.shop.test"), channel="C_SHOP")
BLOG = Site("blog", ("a.test", "b.test", "c.test", "d.test", "e.test"), schemes=("http",), channel="C_BLOG")
BOTH = {"shop": SHOP, "blog": BLOG}
SAID = {
    "a site's channel": (
        "C_SHOP", Setup(BOTH, {}),
        [
            "This is the channel of shop: www.shop.test and img.shop.test. Its jobs are told here.",
            "Try `/purge check https://www.shop.test/`, `/purge plan https://www.shop.test/` or `/purge sites`.",
            HELP,
        ],
    ),
    "many hosts, while it observes, by another command": (
        "C_BLOG", Setup(BOTH, {}, observe=True, command="/flush"),
        [
            "This is the channel of blog: a.test, b.test, c.test and 2 more. Its jobs are told here.",
            "It only observes for now: it plans and looks, and purges nothing.",
            "Try `/flush check http://a.test/`, `/flush plan http://a.test/` or `/flush sites`.",
            HELP.replace("/purge", "/flush"),
        ],
    ),
    "the approvers' channel": (
        "C_APPROVE", Setup(BOTH, {}, approvals_channel="C_APPROVE"),
        ["Here approvers are asked for their yes.", NEXT, HELP],
    ),
    "a channel of no site, of which there are two": (
        "C_NEW", Setup(BOTH, {}),
        [
            "It is the channel of no site. To have a site's jobs told here, write `channel: C_NEW` under a site in"
            " purgebot's configuration.",
            NEXT, HELP,
        ],
    ),
    "a channel of no site, of which there is one": (
        "C_NEW", Setup({"shop": SHOP}, {}),
        [
            "It is the channel of no site. To have a site's jobs told here, write `channel: C_NEW` under sites.shop in"
            " purgebot's configuration.",
            NEXT, HELP,
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("channel", "setup", "lines"), SAID.values(), ids=SAID)
def test_it_says_what_the_channel_is_for_and_what_to_type(channel: str, setup: Setup, lines: list[str]) -> None:
    card = welcome_card(channel, setup)
    shown = {"text": card.text, "blocks": card.blocks}
    assert (FIRST, lines) == (card.text, small_print(shown))


@pytest.mark.parametrize(("many", "more"), [(8, "3 more sites"), (6, "1 more site")], ids=["some", "one"])
def test_a_channel_of_many_sites_is_not_flooded(many: int, more: str) -> None:
    sites = {f"s{n}": replace(SHOP, name=f"s{n}") for n in range(many)}
    lines = small_print({"text": "", "blocks": welcome_card("C_SHOP", Setup(sites, {})).blocks})
    assert (8, f"And of {more}; `/purge sites` lists them.") == (len(lines), lines[5])


# Once an invitation


AGAIN = {
    "within a minute": ("C_SHOP", 59.0, True),
    "after a minute": ("C_SHOP", 61.0, False),
    "in another channel": ("C_BLOG", 10.0, False),
}


@pytest.mark.parametrize(("channel", "later", "expected"), AGAIN.values(), ids=AGAIN)
async def test_an_invitation_that_follows_another_is_told_from_a_new_one(
    tmp_path: Path, channel: str, later: float, expected: bool
) -> None:
    ledger = SqliteLedger(tmp_path / "l.db")

    def deed(books: Books) -> tuple[bool, bool]:
        books.intake.store("one", INVITED, {"channel": "C_SHOP"}, 1000.0)
        books.intake.store("two", INVITED, {"channel": channel}, 1000.0 + later)
        first, second = books.intake.find("one"), books.intake.find("two")
        assert isinstance(first, Delivery) and isinstance(second, Delivery)
        return books.intake.is_again(first, 60.0), books.intake.is_again(second, 60.0)

    assert (False, expected) == await ledger.write(deed)
    await ledger.close()


async def welcomed(shop: Room, channel: str = "C_SHOP") -> int:
    return sum(message["text"] == FIRST for message in await shop.messages(channel))


async def settled(shop: Room) -> None:
    """Return once nothing that came in is left to do."""

    await shop.command("U_MIA", "whoami")
    async with asyncio.timeout(20):
        while await shop.bot.ledger.read(lambda books: books.intake.due(shop.bot.clock.now() + 3600.0)):
            await asyncio.sleep(0.05)


ILL = [
    pytest.param("throttle", 1, id="throttled"),
    pytest.param("error500", 2, id="errors"),
    pytest.param("reset", 2, id="cut connections"),
    pytest.param("timeout_after_effect", 1, id="a post whose answer is lost"),
]


@slow
@here
@pytest.mark.parametrize(("kind", "times"), ILL)
async def test_slack_ill_neither_loses_nor_doubles_it(shop: Room, kind: str, times: int) -> None:
    shop.faults.set("slack", kind, times)
    await shop.play("invite", user="U_MIA", channel="C_SHOP")
    await shop.card(FIRST)
    await settled(shop)
    assert 1 == await welcomed(shop)


@slow
@here
async def test_a_bot_that_died_after_its_post_looks_before_it_speaks_again(shop: Room) -> None:
    told = await shop.play("invite", user="U_MIA", channel="C_SHOP")
    await shop.card(FIRST)
    await settled(shop)
    key = f"event {told['event_id']}"

    def deed(books: Books) -> None:
        books._tx.run("update deliveries set done_at = null, due_at = at where key = :key", key=key)

    await shop.bot.ledger.write(deed)
    shop.bot.engine.wake(delivery_name(key))
    await settled(shop)
    assert 1 == await welcomed(shop)
