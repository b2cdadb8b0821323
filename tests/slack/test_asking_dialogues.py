"""Asking for votes, word for word: what each person sees, who is called and when, and what they are told in the end."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot.domain.jobs.job import JobView
from bot.ledger.books import Books
from bot.services.setup import job_name
from playground.slack.mrkdwn import pings
from tests.slack.room import HOST, Doc, Room, buttons, elements, labels, small_print
from tests.slack.test_dialogues import asked_for_a_prefix, dated, errors

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
NEWS = "www.shop.test/news/"
ALL = "everything on shop because INC-881 --confirm shop"


def called(shop: Room) -> Counter[str]:
    """How often each person was mentioned by a new message; an edit calls nobody."""
    return Counter(ping for doc in posted(shop) for ping in pings(str(doc["text"]), doc.get("blocks")))


def posted(shop: Room) -> list[Doc]:
    """What was sent as a new message."""
    bodies = [row["body"] for row in shop.asked_slack("chat.postMessage")]
    return [body if isinstance(body, Mapping) else json.loads(str(body)) for body in bodies]


def times_told(shop: Room, words: str) -> int:
    """How many new messages begin with these words."""
    return sum(str(doc["text"]).startswith(words) for doc in posted(shop))


async def pass_time(shop: Room, number: int, seconds: float) -> None:
    """The job was asked for so much earlier."""

    def deed(books: Books) -> JobView:
        job = books.jobs.get(number)
        assert job.approval is not None
        earlier = replace(
            job.approval, asked=job.approval.asked - seconds, expires=job.approval.expires - seconds,
            approved=job.approval.approved and job.approval.approved - seconds,
        )  # fmt: skip
        return books.jobs.save(replace(job, approval=earlier, due_at=shop.bot.clock.now()))

    await shop.bot.ledger.write(deed)
    shop.bot.engine.wake(job_name(number))


async def replies(shop: Room, root: Doc, *words: str, channel: str = "C_SHOP") -> list[str]:
    """The lines of a thread that hold the last of `words`, once all of them are there."""
    said = await shop.lines(root, *words, channel=channel)
    return [dated(line) for line in said.split("\n") if words[-1] in line]


# The request, and who is asked


async def test_the_request_is_complete(shop: Room) -> None:
    await shop.command("U_LEA", ALL)
    request = await shop.card("needs 2 approvals", channel="C_APPROVE")
    linked = await shop.card("needs 2 approvals", "The card of P-1", channel="C_APPROVE")
    assert "🟡 P-1 needs 2 approvals · <@U_LEA> asks to purge everything on shop (production)" == request["text"]
    assert [
        "What: everything in both layers of *shop*, production: www.shop.test, img.shop.test (Varnish and Cloudflare)",
        "Why: INC-881",
        "How much: 2 calls, sent at once",
        "Origin: traffic unknown, treated as high: expect a burst of requests until the caches are filled again.",
        "Narrower: one host, such as `host www.shop.test`, or what lies below a path, such as "
        "`prefix www.shop.test/news/`",
        "Rule `everything`: it empties all of shop (production)",
        "Asked: 2 people of `approvers`: <@U_SAM> and <@U_KIM> · 30 min, until <date>",
    ] == [dated(line) for line in small_print(linked)[:-1]]
    assert ["approve", "deny"] == buttons(request)


async def test_the_requester_sees_who_is_asked_and_why(shop: Room) -> None:
    await shop.command("U_LEA", ALL)
    note = await shop.note("U_LEA", "P-1")
    assert "P-1 waits for 2 approvals. The outcome is told in its thread." == note["text"]
    assert [
        "Asked: @Sam and @Kim (`approvers`) · 30 min, until <date>",
        "Rule `everything`: it empties all of shop (production)",
        "Needs no votes: only the front page.",
    ] == [dated(line) for line in small_print(note)]
    assert ["Only the front page", "Only the host www.shop.test"] == labels(note)
    assert [] == note["pings"]


async def test_the_jobs_own_card_takes_no_votes_and_says_where_they_are_asked_for(shop: Room) -> None:
    await shop.command("U_LEA", ALL)
    root = await shop.card("waits for 2 approvals")
    assert "votes are asked for in <#C_APPROVE>" in small_print(root)
    assert ["Only the front page", "Only the host www.shop.test", "Cancel"] == labels(root)


async def test_where_both_cards_would_be_in_one_channel_they_are_one(shop: Room) -> None:
    await shop.command("U_MIA", f"prefix {NEWS} because the menu moved", "C_APPROVE")
    card = await shop.card("needs 1 approval", channel="C_APPROVE")
    await shop.lines(card, "Waits for 1 approval", channel="C_APPROVE")
    await shop.click("U_SAM", card, "approve", "C_APPROVE")
    ended = await shop.card("P-1 purged", "approved by <@U_SAM>", channel="C_APPROVE")
    await shop.lines(card, "@Sam agreed.", "Ended", channel="C_APPROVE")
    roots = [m for m in await shop.messages("C_APPROVE") if "metadata" in m and "thread_ts" not in m]
    assert ["Approve", "Cancel", "Deny"] == labels(card)
    assert card["ts"] == ended["ts"]
    assert [ended["ts"]] == [m["ts"] for m in roots]
    assert [] == [m for m in await shop.messages() if not m["ephemeral"]]


async def test_who_asks_by_a_form_sees_it_where_it_was_asked(shop: Room) -> None:
    await shop.command("U_LEA", "everything on shop because INC-881")
    await shop.submit("U_LEA", await shop.form("U_LEA"), site_name="shop")
    note = await shop.note("U_LEA", "P-1 waits")
    assert "P-1 waits for 2 approvals. The outcome is told in its thread." == note["text"]


# Something narrower


async def test_a_narrower_choice_takes_the_place_of_the_job_even_when_clicked_twice(shop: Room) -> None:
    await shop.command("U_LEA", ALL)
    root = await shop.card("waits for 2 approvals")
    value = str(elements(root)[0]["value"])
    await asyncio.gather(*(shop.click("U_LEA", root, "pick", value=value) for _ in range(2)))
    fresh = await shop.card("P-2 fresh")
    old = await shop.card("P-1 cancelled")
    request = await shop.card("P-1 cancelled", channel="C_APPROVE")
    twice = await shop.note("U_LEA", "already")
    assert f"🟢 P-2 fresh at fra, iad, sin · {HOST}/" == fresh["text"]
    assert "⚫ P-1 cancelled by <@U_LEA> · everything on shop (production)" == old["text"] == request["text"]
    assert "Nothing was purged. P-2 was asked for instead." == small_print(old)[0]
    assert "P-2 was asked for in place of P-1 already." == twice["text"]
    assert any("because INC-881" in line for line in small_print(fresh))
    assert 2 == len(await shop.jobs())


async def test_a_narrower_choice_may_want_votes_of_its_own(shop: Room) -> None:
    await shop.command("U_LEA", ALL)
    note = await shop.note("U_LEA", "P-1 waits")
    value = str(elements(note)[1]["value"])
    await shop.click("U_LEA", note, "pick", value=value)
    request = await shop.card("P-2 needs 1 approval", channel="C_APPROVE")
    told = await shop.note("U_LEA", "P-2 waits")
    assert "🟡 P-2 needs 1 approval · <@U_LEA> asks to purge host www.shop.test" == request["text"]
    assert note["ts"] == told["ts"]
    assert ["cancelled", "waiting"] == sorted(job.state for job in await shop.jobs())


async def test_nobody_else_may_choose_something_narrower(shop: Room) -> None:
    await shop.command("U_LEA", ALL)
    root = await shop.card("waits for 2 approvals")
    await shop.click("U_SAM", root, "pick", value=str(elements(root)[0]["value"]))
    note = await shop.note("U_SAM")
    assert "Only whoever asked for P-1 may have something narrower instead." == note["text"]
    assert ["waiting"] == [job.state for job in await shop.jobs()]


async def test_a_narrower_choice_comes_too_late_once_it_was_decided(shop: Room) -> None:
    await shop.command("U_LEA", ALL)
    root = await shop.card("waits for 2 approvals")
    await shop.command("U_SAM", "deny P-1 not today", "C_APPROVE")
    await shop.card("denied")
    await shop.click("U_LEA", root, "pick", value=str(elements(root)[0]["value"]))
    note = await shop.note("U_LEA", "no longer")
    assert "P-1 no longer waits: it is denied." == note["text"]
    assert 1 == len(await shop.jobs())


# A no, and why


async def test_deny_asks_why(shop: Room) -> None:
    request = await asked_for_a_prefix(shop)
    await shop.click("U_SAM", request, "deny", "C_APPROVE")
    form = await shop.form("U_SAM")
    blank = await shop.submit("U_SAM", form, reason="  ")
    right = await shop.submit("U_SAM", form, reason="the <!channel> is busy")
    decided = await shop.card("denied", channel="C_APPROVE")
    assert f"<@U_MIA> asks to purge prefix {NEWS}, because the menu moved." in str(form["blocks"])
    assert {"reason": "Say why; whoever asked reads it."} == errors(blank)
    assert {"status": 200, "ack": None} == right
    assert f"⚫ P-1 denied by <@U_SAM>: the &lt;!channel&gt; is busy · prefix {NEWS}" == decided["text"]
    assert "Votes: <@U_SAM> no <date> (“the &lt;!channel&gt; is busy”)" in [dated(x) for x in small_print(decided)]


async def test_a_no_whose_job_was_decided_meanwhile_is_told_so(shop: Room) -> None:
    request = await asked_for_a_prefix(shop)
    await shop.click("U_SAM", request, "deny", "C_APPROVE")
    form = await shop.form("U_SAM")
    await shop.command("U_KIM", "deny P-1 not today", "C_APPROVE")
    await shop.card("denied")
    late = await shop.submit("U_SAM", form, reason="nor tomorrow")
    assert {"reason": "P-1 no longer waits for votes: it is denied. U_KIM decided."} == errors(late)


async def test_a_no_that_would_not_count_opens_no_form(shop: Room) -> None:
    request = await asked_for_a_prefix(shop)
    await shop.click("U_MIA", request, "deny", "C_APPROVE")
    note = await shop.note("U_MIA", channel="C_APPROVE")
    assert "You asked for P-1, so somebody else must decide." == note["text"]
    assert [] == shop.asked_slack("views.open")


async def test_a_typed_no_says_why_too(shop: Room) -> None:
    await asked_for_a_prefix(shop)
    await shop.command("U_SAM", "deny P-1", "C_APPROVE")
    note = await shop.note("U_SAM", channel="C_APPROVE")
    assert "Say why: whoever asked for P-1 reads it." == note["text"]
    assert ["Type `/purge deny P-1 not during the sale`, with your own words."] == small_print(note)
    assert ["waiting"] == [job.state for job in await shop.jobs()]


async def test_where_the_form_does_not_open_a_private_button_opens_it(shop: Room) -> None:
    request = await asked_for_a_prefix(shop)
    shop.faults.set("slack", "down", 1)
    await shop.click("U_SAM", request, "deny", "C_APPROVE")
    note = await shop.note("U_SAM", "Say why", channel="C_APPROVE")
    await shop.click("U_SAM", note, "open_form", "C_APPROVE")
    await shop.submit("U_SAM", await shop.form("U_SAM"), reason="not now")
    decided = await shop.card("denied", channel="C_APPROVE")
    assert "Say why P-1 is denied." == note["text"]
    assert ["Or type the reason behind `deny P-1`."] == small_print(note)
    assert f"⚫ P-1 denied by <@U_SAM>: not now · prefix {NEWS}" == decided["text"]


# Who is called


async def test_the_requester_is_told_who_approved(shop: Room) -> None:
    await shop.command("U_LEA", ALL)
    request = await shop.card("needs 2 approvals", channel="C_APPROVE")
    for user in ("U_SAM", "U_KIM"):
        await shop.click(user, request, "approve", "C_APPROVE")
    root = await shop.card("approved by")
    told = await replies(shop, root, "Ended", "was approved")
    assert told in (
        ["<@U_LEA> P-1 was approved by @Sam and @Kim; it runs if nothing has changed since it was asked for."],
        ["<@U_LEA> P-1 was approved by @Sam and @Kim; it runs."],
        ["<@U_LEA> P-1 was approved by @Sam and @Kim."],
    )


async def test_the_requester_is_told_who_denied_and_why(shop: Room) -> None:
    await asked_for_a_prefix(shop)
    await shop.command("U_SAM", "deny P-1 not during the sale", "C_APPROVE")
    root = await shop.card("denied")
    told = await replies(shop, root, "was denied")
    assert ["<@U_MIA> P-1 was denied by @Sam: not during the sale · Nothing was purged."] == told


async def test_the_requester_is_told_that_nobody_agreed_in_time(shop: Room) -> None:
    await asked_for_a_prefix(shop)
    await pass_time(shop, 1, 1900)
    root = await shop.card("expired")
    told = await replies(shop, root, "agreed in time. ", "<@U_MIA>")
    assert ["<@U_MIA> P-1 expired: nobody agreed in time; @Lea, @Sam and @Kim were asked. Nothing was purged."] == told


async def test_those_who_have_not_voted_are_reminded_once_at_half_time(shop: Room) -> None:
    await shop.command("U_LEA", ALL)
    request = await shop.card("needs 2 approvals", channel="C_APPROVE")
    await shop.click("U_SAM", request, "approve", "C_APPROVE")
    await shop.card("needs 1 approval", channel="C_APPROVE")
    await pass_time(shop, 1, 950)
    told = await replies(shop, request, "still needs", channel="C_APPROVE")
    await shop.restart()
    await pass_time(shop, 1, 60)
    await shop.command("U_KIM", "approve P-1", "C_APPROVE")
    await shop.lines(await shop.card("approved by"), "was approved")
    again = await replies(shop, request, "still needs", channel="C_APPROVE")
    assert ["<@U_KIM>: P-1 still needs 1 approval, until <date> · everything on shop (production)"] == told == again


async def test_a_decision_before_half_time_reminds_nobody(shop: Room) -> None:
    request = await asked_for_a_prefix(shop)
    await shop.click("U_SAM", request, "approve", "C_APPROVE")
    await shop.job(1, "done")
    await shop.lines(await shop.card("approved by"), "was approved", "Ended")
    assert [] == [m for m in await shop.messages("C_APPROVE") if "still needs" in str(m["text"])]


async def test_a_whole_life_calls_nobody_twice_for_nothing(shop: Room) -> None:
    await shop.command("U_LEA", ALL)
    request = await shop.card("needs 2 approvals", channel="C_APPROVE")
    first = called(shop)
    await shop.click("U_SAM", request, "approve", "C_APPROVE")
    await shop.card("needs 1 approval", channel="C_APPROVE")
    await pass_time(shop, 1, 950)
    await shop.lines(request, "still needs", channel="C_APPROVE")
    reminded = called(shop)
    await shop.click("U_KIM", request, "approve", "C_APPROVE")
    await shop.job(1, "done")
    await shop.lines(await shop.card("approved by"), "was approved", "Ended")
    assert {"<@U_LEA>": 2, "<@U_SAM>": 1, "<@U_KIM>": 1} == first  # Lea in the two cards, as who asks
    assert {"<@U_LEA>": 2, "<@U_SAM>": 1, "<@U_KIM>": 2} == reminded
    assert {"<@U_LEA>": 3, "<@U_SAM>": 1, "<@U_KIM>": 2} == called(shop)


async def test_a_request_that_somebody_deleted_calls_nobody_again(shop: Room) -> None:
    request = await asked_for_a_prefix(shop)
    before = called(shop)
    await shop.bot.client.chat_delete(channel="C_APPROVE", ts=str(request["ts"]))
    await shop.click("U_KIM", request, "approve", "C_APPROVE")
    await shop.lines(await shop.card("approved by"), "was approved", "Ended")
    assert before["<@U_SAM>"] == called(shop)["<@U_SAM>"]


async def test_a_call_whose_answer_is_lost_is_not_sent_twice(shop: Room) -> None:
    request = await asked_for_a_prefix(shop)
    await shop.lines(await shop.card("waits"), "Waits for 1 approval")
    shop.faults.set("slack", "timeout_after_effect", 1)
    await pass_time(shop, 1, 950)
    await shop.lines(request, "still needs", channel="C_APPROVE")
    await shop.command("U_SAM", "deny P-1 not now", "C_APPROVE")
    await shop.lines(await shop.card("denied"), "was denied")
    reminders = [m for m in await shop.messages("C_APPROVE") if "still needs" in str(m["text"])]
    assert 1 == len(reminders)


async def test_who_is_asked_again_is_called_once_more_and_told_why(shop: Room) -> None:
    request = await asked_for_a_prefix(shop)
    root = await shop.card("waits")
    before = called(shop)

    def long_ago(books: Books) -> None:
        job = books.jobs.get(1)
        assert job.approval is not None
        books.jobs.save(replace(job, approval=replace(job.approval, run_within=0.0)))

    await shop.bot.ledger.write(long_ago)
    await shop.click("U_SAM", request, "approve", "C_APPROVE")
    again = await shop.card("needs 1 approval", "Asked again", channel="C_APPROVE")
    told = await replies(shop, request, "is asked again", channel="C_APPROVE")
    asker = await replies(shop, root, "does not run yet")
    asked = called(shop)
    await shop.click("U_KIM", again, "approve", "C_APPROVE")
    await shop.card("approved by <@U_KIM>", channel="C_APPROVE")
    assert [
        "<@U_LEA>, <@U_SAM> and <@U_KIM>: P-1 is asked again. The last yes was more than 0 s ago. "
        f"It needs 1 approval · prefix {NEWS}"
    ] == told
    assert [
        "<@U_MIA> P-1 does not run yet. The last yes was more than 0 s ago. It is asked for again and needs 1 approval."
    ] == asker
    assert "Void, from before it was asked again: <@U_SAM> yes <date>" in [dated(line) for line in small_print(again)]
    mine = 1 + times_told(shop, "<@U_MIA> P-1 was approved by @Sam")  # which goes out first where the notifier is quick
    assert {"<@U_KIM>": 1, "<@U_LEA>": 1, "<@U_MIA>": mine, "<@U_SAM>": 1} == asked - before
    assert mine <= 2


async def test_words_after_a_yes_are_its_note(shop: Room) -> None:
    await shop.command("U_MIA", "prefix www.shop.test/news/ because the menu moved")
    await shop.card("needs 1 approval", channel="C_APPROVE")
    await shop.command("U_SAM", "approve P-1 lgtm, the menu is out", channel="C_APPROVE")
    decided = await shop.card("approved by", channel="C_APPROVE")
    root = await shop.card("P-1 purged")
    entries = await shop.bot.ledger.read(lambda books: books.journal.events(1))
    assert [("lgtm, the menu is out", True)] == [
        (doc["reason"], doc["yes"]) for _, event, _, doc in entries if event == "vote"
    ]
    assert "Votes: <@U_SAM> yes <date> (“lgtm, the menu is out”)" in dated("\n".join(small_print(decided)))
    await shop.lines(root, "✓ @Sam agreed: lgtm, the menu is out")
