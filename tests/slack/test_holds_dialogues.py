"""Holds and broken glasses in Slack, word for word."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import pytest

from bot.domain.policies.policy import Approve, BreakGlass, Conditions, Policy, Rule, Run
from providers.contract import Kind
from tests.slack.room import HOST, PRICING, Doc, Room, buttons, room, small_print

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
DATE = re.compile(r"<!date\^[^>]*>")
REASON = "prices are wrong since noon and nobody answers"
POLICY = Policy(
    (
        Rule("small", Conditions(kinds=frozenset({Kind.URL, Kind.PATH})), Run()),
        Rule("wide", Conditions(), Approve(1, ("approvers",))),
    ),
    groups={"approvers": ("U_LEA", "U_SAM", "U_KIM"), "sre": ("U_SAM",)},
    approvers=("approvers",),
    break_glass=BreakGlass(("sre",), tell=("C_SHOP", "C_APPROVE"), remind=2.0),
)


@pytest.fixture(scope="module")
def opening() -> Callable[[Path], AbstractAsyncContextManager[Room]]:
    return partial(room, policy=POLICY)


def dated(text: object) -> str:
    return DATE.sub("<date>", str(text))


def read(message: Doc) -> list[str]:
    """A message, a line each."""
    return [dated(line) for line in (message["text"], *small_print(message))]


async def test_a_hold_is_told_to_whoever_tries_and_what_is_queued_runs_on_release(shop: Room) -> None:
    await shop.command("U_LEA", "hold shop for 2h because deploying 4.2")
    laid = await shop.note("U_LEA", "shop is held until")
    await shop.command("U_MIA", PRICING)
    refused = await shop.note("U_MIA", "is held by")
    await shop.command("U_MIA", f"{PRICING} --queue")
    await shop.note("U_MIA", "Queued")
    await shop.command("U_SAM", f"{PRICING} {HOST}/ --queue because the menu moved")
    queued = await shop.note("U_SAM", "Queued")
    await shop.command("U_MIA", "release shop")
    not_hers = await shop.note("U_MIA", "Whoever holds it")
    await shop.command("U_LEA", "release shop")
    released = await shop.note("U_LEA", "is released")
    card = await shop.card("fresh")
    ended = await shop.lines(card, "has ended")
    assert [
        "shop is held until <date>: deploying 4.2",
        "Nothing begins there meanwhile. Jobs that purge already go on; `cancel` stops them.",
        "To end it: `/purge release shop`",
    ] == read(laid)
    assert [
        "shop is held by <@U_LEA> since <date>, until <date>: deploying 4.2",
        "Nothing was purged. Add --queue to have it run on release.",
    ] == read(refused)
    assert [
        "Queued: runs when shop is released (2 requests, at most 3 URLs so far).",
        "shop is held by <@U_LEA> since <date>, until <date>: deploying 4.2",
        "On the release each person's are judged again as theirs; what passes becomes one plan and may need votes.",
        "It is Q-2. To take it back: `/purge cancel Q-2`",
    ] == read(queued)
    assert [
        "shop is held by <@U_LEA> since <date>, until <date>: deploying 4.2",
        "Whoever holds it can release it, and so can an approver.",
    ] == read(not_hers)
    assert [
        "shop is released.",
        "2 queued requests are judged now, each person's as theirs; what passes becomes one plan and may need votes.",
    ] == read(released)
    assert "🟢 P-1 fresh at fra, iad, sin · 2 URLs on shop" == card["text"]
    assert "asked by <@U_MIA> and <@U_SAM> · because the menu moved" in read(card)
    assert "2 requests (Q-1 and Q-2) that waited for the release; 1 duplicate dropped" in read(card)
    assert (
        "<@U_MIA> <@U_SAM> P-1 has ended: every layer asked is purged, and the pages that show it are as at the origin."
    ) in ended.splitlines()


async def test_a_queued_request_is_listed_and_taken_back_by_a_word(shop: Room) -> None:
    await shop.command("U_LEA", "hold shop because deploying 4.2")
    await shop.card("is held by @Lea")
    for path, n in (("/a", 1), ("/b", 2)):
        await shop.command("U_MIA", f"{HOST}{path} --queue because prices")
        await shop.note("U_MIA", f"It is Q-{n}.")
    await shop.command("U_KIM", "status")
    status = await shop.note("U_KIM", "2 queued requests")
    await shop.command("U_KIM", "cancel Q-1 because the page is gone")
    await shop.note("U_KIM", "Q-1 is cancelled")
    told = await shop.note("U_MIA", "was cancelled by")
    await shop.command("U_MIA", "cancel Q-2")
    await shop.note("U_MIA", "Q-2 is cancelled")
    await shop.command("U_LEA", "release shop")
    released = await shop.card("is released by @Lea")
    waits = "waits for the hold of <@U_LEA>, until it is released"
    assert [
        "2 queued requests; `/purge cancel Q-1` takes one back:",
        f"🟡 *Q-1* {waits} · {HOST}/a on shop · queued by <@U_MIA> <date> · because prices",
        f"🟡 *Q-2* {waits} · {HOST}/b on shop · queued by <@U_MIA> <date> · because prices",
    ] == read(status)[-3:]
    assert "Q-1, which you queued for shop, was cancelled by @Kim: the page is gone" == told["text"]
    assert 1 == len(read(released))
    assert [] == await shop.jobs()


async def test_plan_sites_and_status_tell_of_a_hold(shop: Room) -> None:
    await shop.command("U_LEA", "hold all because the sale begins")
    laid = await shop.note("U_LEA", "Every site is held")
    line = "Every site is held by <@U_LEA> since <date>, until it is released: the sale begins"
    for typed, word in ((f"plan {PRICING}", "Plan"), ("sites", "1 site"), ("status", "No jobs yet")):
        await shop.command("U_MIA", typed)
        note = await shop.note("U_MIA", word, "is held by")
        assert line == read(note)[-1]
    assert "To end it: `/purge release all`" == read(laid)[-1]


async def test_an_approved_job_says_what_holds_it(shop: Room) -> None:
    await shop.command("U_LEA", "hold shop because deploying 4.2")
    await shop.note("U_LEA", "shop is held")
    await shop.command("U_LEA", "release shop")
    await shop.note("U_LEA", "is released")
    await shop.command("U_MIA", "prefix www.shop.test/news/ because the menu moved")
    request = await shop.card("needs 1 approval", channel="C_APPROVE")
    await shop.command("U_LEA", "hold shop because deploying 4.3")
    await shop.note("U_LEA", "4.3")
    await shop.click("U_SAM", request, "approve", "C_APPROVE")
    card = await shop.card("waits, shop is held")
    assert [
        "🟡 P-1 waits, shop is held by <@U_LEA> · prefix www.shop.test/news/",
        "Held since <date>: deploying 4.3",
        "It goes on when that is released, unless the policy forbids it by then."
        " Votes count until <date>; asked anew after that.",
        "asked by <@U_MIA> · because the menu moved · approved by <@U_SAM>",
    ] == read(card)[:4]
    assert ["cancel"] == buttons(card)
    await shop.command("U_LEA", "release shop")
    told = await shop.note("U_LEA", "1 job")
    assert [
        "shop is released.",
        "1 job that waited for it goes on, unless the policy forbids it by now; "
        "a yes that grew too old meanwhile is asked for again.",
    ] == read(told)
    await shop.lines(card, "Held back by @Lea: deploying 4.3", "Let go by @Lea.", "Ended")


async def test_a_broken_glass_is_told_loudly_and_reviewed_by_somebody_else(shop: Room) -> None:
    await shop.command("U_MIA", "prefix www.shop.test/news/ because the menu moved")
    request = await shop.card("needs 1 approval", channel="C_APPROVE")
    await shop.command("U_SAM", "break-glass P-1 because now")
    short = await shop.note("U_SAM", "needs a reason")
    await shop.command("U_SAM", f"break-glass P-1 because {REASON}")
    broken = await shop.note("U_SAM", "is broken")
    post = await shop.card("broke the glass", "Close the review", channel="C_APPROVE")
    await shop.card("broke the glass", "Close the review", channel="C_SHOP")
    await shop.job(1, "done")
    over = await shop.card("broke the glass of P-1", "It has ended", channel="C_APPROVE")
    await shop.lines(post, "<@U_KIM> and <@U_LEA>: the review of P-1 is open since", channel="C_APPROVE")
    await shop.click("U_SAM", post, "close_review", "C_APPROVE")
    own = await shop.note("U_SAM", "somebody else must review it", channel="C_APPROVE")
    await shop.click("U_LEA", post, "close_review", "C_APPROVE")
    closed = await shop.card("was reviewed by", channel="C_APPROVE")
    record = await shop.job(1, "done")
    root = await shop.card("P-1 purged")
    request = next(m for m in await shop.messages("C_APPROVE") if m["ts"] == request["ts"])
    assert [
        "Breaking the glass needs a reason of at least 20 characters, blanks not counted; this has 3.",
        "Say what happens if it waits.",
    ] == read(short)
    assert (
        "The glass of P-1 is broken: it runs without votes if nothing has changed since it was asked for,"
        " and a review is open."
    ) == broken["text"]
    assert [
        "🟡 <@U_SAM> broke the glass of P-1 · prefix www.shop.test/news/",
        f"Why: {REASON}",
        "What: prefix www.shop.test/news/ on shop",
        "Asked by <@U_MIA>; 1 of 1 approval of rule `wide` skipped, asked for since it purges a prefix",
        "It has ended; its own card tells what came of it.",
        "<@U_KIM> and <@U_LEA>: one of `approvers` or `sre` who neither asked for it nor broke the glass looks at it"
        " and closes the review."
        " Until then it is asked for every 2 s.",
    ] == read(over)[:6]
    assert "You broke the glass of P-1, so somebody else must review it." == own["text"]
    assert "🟢 P-1: the broken glass was reviewed by <@U_LEA> · prefix www.shop.test/news/" == closed["text"]
    assert "<@U_SAM> broke it <date>; <@U_LEA> closed the review <date>" in read(closed)
    assert [] == buttons(closed)
    assert f"asked by <@U_MIA> · because the menu moved · the glass was broken by <@U_SAM>: {REASON}" in read(root)
    assert "🟡 P-1 needs no votes, <@U_SAM> broke the glass · prefix www.shop.test/news/" == request["text"]
    approval = record["approval"]
    assert isinstance(approval, dict)
    assert ("U_SAM", REASON) == (approval["broken_by"], approval["broken_because"])


async def test_open_reviews_are_counted_and_closed_by_a_word(shop: Room) -> None:
    await shop.command("U_MIA", "prefix www.shop.test/news/ because the menu moved")
    await shop.card("needs 1 approval", channel="C_APPROVE")
    await shop.command("U_SAM", f"break-glass P-1 because {REASON}")
    await shop.card("broke the glass", channel="C_APPROVE")
    await shop.command("U_MIA", "status")
    status = await shop.note("U_MIA", "1 review open")
    await shop.command("U_KIM", "review P-1 it was right to do so")
    closed = await shop.note("U_KIM", "is closed")
    post = await shop.card("was reviewed by", channel="C_APPROVE")
    assert "1 review open: the glass of P-1 was broken." == read(status)[-1]
    assert "The review of P-1 is closed." == closed["text"]
    assert "<@U_SAM> broke it <date>; <@U_KIM> closed the review <date>: it was right to do so" in read(post)
