"""The request for votes, word for word, from the first asking to what came of it."""

from __future__ import annotations

from dataclasses import replace
from inspect import cleandoc

import pytest

from bot.domain.job import JobView, State, Vote
from bot.slack.cards import request_card
from providers.contract import Kind
from tests.slack.values import ASKED, NOW, TO_COME, everything, job, read

LEA, SAM = Vote("U_LEA", True, NOW), Vote("U_SAM", True, NOW + 60)
NO = Vote("U_LEA", False, NOW, "not on a Friday")
LINK = "https://play.slack.com/archives/C_SHOP/p1"
PAGES = ("https://a.test/1", "https://a.test/2", "https://a.test/3", "https://a.test/4")

CARDS: dict[str, tuple[JobView, str]] = {
    "waiting": (
        everything(),
        """
        🟡 P-1042 needs 2 approvals · <@U_MIA> asks to purge everything on shop (production)
        What: everything in 2 layers (Varnish and Cloudflare) of *shop*, production: www.shop.test, img.shop.test
        Why: new prices
        How much: 2 calls, sent at once
        Origin: its traffic is unknown here, so treat the load as high until the caches are filled again.
        Narrower: one host, such as `host www.shop.test`, or what lies below a path of it
        Rule `everything`: it empties all of shop (production)
        Asked: <@U_LEA>, <@U_SAM> and <@U_KIM> · expires 2027-01-15 08:28 UTC
        <https://play.slack.com/archives/C_SHOP/p1|The card of P-1042>
        [Approve] approve t0ken primary
          Approve P-1042?
          Once enough people agree it purges everything on shop (production), hosts www.shop.test, img.shop.test.
          [Approve] [Back]
        [Deny] deny t0ken danger
          Deny P-1042?
          One denial ends the request; nothing is purged.
          [Deny] [Back]
        """,
    ),
    "waiting for one more": (
        everything(State.WAITING, LEA),
        """
        🟡 P-1042 needs 1 approval · <@U_MIA> asks to purge everything on shop (production)
        What: everything in 2 layers (Varnish and Cloudflare) of *shop*, production: www.shop.test, img.shop.test
        Why: new prices
        How much: 2 calls, sent at once
        Origin: its traffic is unknown here, so treat the load as high until the caches are filled again.
        Narrower: one host, such as `host www.shop.test`, or what lies below a path of it
        Rule `everything`: it empties all of shop (production)
        Agreed so far: <@U_LEA>
        Asked: <@U_LEA>, <@U_SAM> and <@U_KIM> · expires 2027-01-15 08:28 UTC
        <https://play.slack.com/archives/C_SHOP/p1|The card of P-1042>
        [Approve] approve t0ken primary
          Approve P-1042?
          Once enough people agree it purges everything on shop (production), hosts www.shop.test, img.shop.test.
          [Approve] [Back]
        [Deny] deny t0ken danger
          Deny P-1042?
          One denial ends the request; nothing is purged.
          [Deny] [Back]
        """,
    ),
    "many URLs": (
        replace(
            job(State.WAITING),
            targets=900,
            sample=PAGES,
            reason="",
            eta=NOW + 24,
            layers=tuple(replace(layer, calls=n) for layer, n in zip(TO_COME, (900, 30), strict=True)),
            approval=replace(ASKED, needed=1, rule="wide", why="900 targets are more than 30"),
        ),
        """
        🟡 P-1042 needs 1 approval · <@U_MIA> asks to purge 900 URLs on shop
        What: https://a.test/1, https://a.test/2, https://a.test/3 and 897 more on *shop*, production, in 2 layers (Varnish and Cloudflare)
        Why: no reason was given
        How much: 900 targets in 930 calls, about 28 s of sending under the budgets
        Rule `wide`: 900 targets are more than 30
        Asked: <@U_LEA>, <@U_SAM> and <@U_KIM> · expires 2027-01-15 08:28 UTC
        <https://play.slack.com/archives/C_SHOP/p1|The card of P-1042>
        [Approve] approve t0ken primary
          Approve P-1042?
          Once enough people agree it purges 900 targets on shop: https://a.test/1, https://a.test/2, ….
          [Approve] [Back]
        [Deny] deny t0ken danger
          Deny P-1042?
          One denial ends the request; nothing is purged.
          [Deny] [Back]
        """,
    ),
    "a prefix in one layer, softly": (
        replace(
            job(State.WAITING),
            kind=Kind.PREFIX,
            sample=("www.shop.test/news/",),
            layers=TO_COME[:1],
            soft=True,
            approval=replace(ASKED, needed=1, rule="wide", why="it purges a prefix"),
        ),
        """
        🟡 P-1042 needs 1 approval · <@U_MIA> asks to purge prefix www.shop.test/news/
        What: www.shop.test/news/ on *shop*, production, in 1 layer (Varnish), soft
        Why: no reason was given
        How much: 1 target in 1 call, sent at once
        Origin: its traffic is unknown here, so treat the load as high until the caches are filled again.
        Rule `wide`: it purges a prefix
        Asked: <@U_LEA>, <@U_SAM> and <@U_KIM> · expires 2027-01-15 08:28 UTC
        <https://play.slack.com/archives/C_SHOP/p1|The card of P-1042>
        [Approve] approve t0ken primary
          Approve P-1042?
          Once enough people agree it purges prefix www.shop.test/news/ on shop.
          [Approve] [Back]
        [Deny] deny t0ken danger
          Deny P-1042?
          One denial ends the request; nothing is purged.
          [Deny] [Back]
        """,
    ),
    "a host": (
        replace(
            job(State.WAITING),
            kind=Kind.HOST,
            sample=("img.shop.test",),
            layers=TO_COME,
            reason="new photos",
            approval=replace(ASKED, needed=1, rule="wide", why="it purges a host"),
        ),
        """
        🟡 P-1042 needs 1 approval · <@U_MIA> asks to purge host img.shop.test
        What: img.shop.test on *shop*, production, in 2 layers (Varnish and Cloudflare)
        Why: new photos
        How much: 1 target in 2 calls, sent at once
        Origin: its traffic is unknown here, so treat the load as high until the caches are filled again.
        Narrower: what lies below a path, such as `prefix img.shop.test/news/`
        Rule `wide`: it purges a host
        Asked: <@U_LEA>, <@U_SAM> and <@U_KIM> · expires 2027-01-15 08:28 UTC
        <https://play.slack.com/archives/C_SHOP/p1|The card of P-1042>
        [Approve] approve t0ken primary
          Approve P-1042?
          Once enough people agree it purges host img.shop.test on shop.
          [Approve] [Back]
        [Deny] deny t0ken danger
          Deny P-1042?
          One denial ends the request; nothing is purged.
          [Deny] [Back]
        """,
    ),
    "approved": (
        everything(State.PURGING, LEA, SAM),
        """
        🟢 P-1042 approved by <@U_LEA> and <@U_SAM> · everything on shop (production)
        What: everything in 2 layers (Varnish and Cloudflare) of *shop*, production: www.shop.test, img.shop.test
        Why: new prices
        How much: 2 calls, sent at once
        Origin: its traffic is unknown here, so treat the load as high until the caches are filled again.
        Votes: <@U_LEA> yes 2027-01-15 08:00 UTC and <@U_SAM> yes 2027-01-15 08:01 UTC
        It goes on by itself; its own card tells how.
        <https://play.slack.com/archives/C_SHOP/p1|The card of P-1042>
        """,
    ),
    "denied": (
        replace(everything(State.DENIED, NO), stop_reason="U_LEA: not on a Friday"),
        """
        ⚫ P-1042 denied by <@U_LEA>: not on a Friday · everything on shop (production)
        What: everything in 2 layers (Varnish and Cloudflare) of *shop*, production: www.shop.test, img.shop.test
        Why: new prices
        How much: 2 calls, sent at once
        Origin: its traffic is unknown here, so treat the load as high until the caches are filled again.
        Votes: <@U_LEA> no 2027-01-15 08:00 UTC
        Nothing was purged.
        <https://play.slack.com/archives/C_SHOP/p1|The card of P-1042>
        """,
    ),
    "expired": (
        everything(State.EXPIRED, LEA),
        """
        ⚫ P-1042 expired, nobody agreed in time · everything on shop (production)
        What: everything in 2 layers (Varnish and Cloudflare) of *shop*, production: www.shop.test, img.shop.test
        Why: new prices
        How much: 2 calls, sent at once
        Origin: its traffic is unknown here, so treat the load as high until the caches are filled again.
        Votes: <@U_LEA> yes 2027-01-15 08:00 UTC
        Nothing was purged.
        <https://play.slack.com/archives/C_SHOP/p1|The card of P-1042>
        """,
    ),
    "cancelled": (
        replace(everything(State.CANCELLED), stop_reason="U_MIA"),
        """
        ⚫ P-1042 cancelled by <@U_MIA> · everything on shop (production)
        What: everything in 2 layers (Varnish and Cloudflare) of *shop*, production: www.shop.test, img.shop.test
        Why: new prices
        How much: 2 calls, sent at once
        Origin: its traffic is unknown here, so treat the load as high until the caches are filled again.
        Nothing was purged.
        <https://play.slack.com/archives/C_SHOP/p1|The card of P-1042>
        """,
    ),
    "approved, and done": (
        everything(State.DONE, LEA, SAM),
        """
        🟢 P-1042 approved by <@U_LEA> and <@U_SAM> · everything on shop (production)
        What: everything in 2 layers (Varnish and Cloudflare) of *shop*, production: www.shop.test, img.shop.test
        Why: new prices
        How much: 2 calls, sent at once
        Origin: its traffic is unknown here, so treat the load as high until the caches are filled again.
        Votes: <@U_LEA> yes 2027-01-15 08:00 UTC and <@U_SAM> yes 2027-01-15 08:01 UTC
        It has ended; its own card tells what came of it.
        <https://play.slack.com/archives/C_SHOP/p1|The card of P-1042>
        """,
    ),
    "cancelled after it was approved": (
        replace(everything(State.CANCELLED, LEA, SAM), stop_reason="U_MIA"),
        """
        🟢 P-1042 approved by <@U_LEA> and <@U_SAM> · everything on shop (production)
        What: everything in 2 layers (Varnish and Cloudflare) of *shop*, production: www.shop.test, img.shop.test
        Why: new prices
        How much: 2 calls, sent at once
        Origin: its traffic is unknown here, so treat the load as high until the caches are filled again.
        Votes: <@U_LEA> yes 2027-01-15 08:00 UTC and <@U_SAM> yes 2027-01-15 08:01 UTC
        Then cancelled by <@U_MIA>; its own card tells what had gone.
        <https://play.slack.com/archives/C_SHOP/p1|The card of P-1042>
        """,
    ),
}


@pytest.mark.parametrize(("told", "expected"), CARDS.values(), ids=CARDS)
def test_the_request_for_votes_says(told: JobView, expected: str) -> None:
    assert cleandoc(expected) == read(request_card(told, NOW, "t0ken", True, LINK))


def test_an_edit_of_the_request_calls_nobody() -> None:
    card = request_card(everything(), NOW, "t0ken", False, LINK)
    assert "Asked: 3 people · expires 2027-01-15 08:28 UTC" in read(card).split("\n")


def test_a_request_without_its_card_has_no_link() -> None:
    assert "The card of" not in read(request_card(everything(), NOW, "t0ken", False))


def test_a_time_is_each_readers_own() -> None:
    card = request_card(everything(), NOW, "t0ken", True)
    assert "<!date^1800001680^{date_short_pretty} {time}|2027-01-15 08:28 UTC>" in str(card.blocks)
