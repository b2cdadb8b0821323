"""Forged, replayed, late, double and misplaced deliveries, as raw requests to the door: what they do to the ledger, and
what whoever sent them hears."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from bot.domain.jobs.job import JobView
from bot.ledger.books import Books
from bot.services.setup import SWEEP
from bot.slack.guard import UNREADABLE
from playground.slack.deliver import signature
from tests.slack.room import PRICING, SECRET, Doc, Room, elements, room
from tests.slack.test_dialogues import asked_for_a_prefix, errors

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


def click(
    user: str, value: str, message: Doc, trigger: str, channel: str = "C_APPROVE", action: str = "approve"
) -> bytes:
    """A click as Slack would send it."""
    payload = {
        "type": "block_actions", "team": {"id": "T_SHOP"}, "user": {"id": user, "team_id": "T_SHOP"},
        "api_app_id": "A_PURGEBOT", "channel": {"id": channel}, "trigger_id": trigger, "response_url": "",
        "container": {"type": "message", "message_ts": message["ts"], "channel_id": channel},
        "actions": [{"type": "button", "action_id": action, "block_id": "votes", "value": value}],
    }  # fmt: skip
    return urlencode({"payload": json.dumps(payload)}).encode()


def yes(request: Doc) -> str:
    """What the button Approve of a request carries."""
    return str(elements(request)[0]["value"])


def signed(body: bytes, age: float = 0.0, secret: str = SECRET) -> dict[str, str]:
    """The headers of a body that was sent `age` seconds ago."""
    return signature(secret.encode(), int(time.time() - age), body)


async def post(shop: Room, body: bytes, headers: Mapping[str, str], kind: str = FORM) -> tuple[int, bytes]:
    """What the door answers."""
    answer = await shop.http.post("/slack/events", content=body, headers={"content-type": kind, **headers})
    return answer.status_code, answer.content


async def sent(shop: Room, body: bytes, age: float = 0.0) -> tuple[int, bytes]:
    """What the door answers to a body that Slack signed."""
    return await post(shop, body, signed(body, age))


async def votes(shop: Room, number: int = 1) -> list[str]:
    """Who has voted."""
    job = await shop.bot.ledger.read(lambda books: books.jobs.get(number))
    return [vote.by for vote in job.approval.votes] if job.approval else []


async def quiet(shop: Room) -> None:
    """Everything that came in before is done: what comes after it is answered."""
    await shop.command("U_LEA", "whoami")
    await shop.note("U_LEA", "You are")


# Forged


async def test_a_vote_with_a_wrong_signature_is_nobodys(shop: Room) -> None:
    request = await asked_for_a_prefix(shop)
    body = click("U_SAM", yes(request), request, "1.1")
    other = click("U_KIM", yes(request), request, "1.1")
    good = signed(body)
    forged = [
        {},
        signed(body, secret="another"),
        {**good, "x-slack-signature": "v0=" + "0" * 64},
        {**good, "x-slack-request-timestamp": str(int(time.time()) - 5)},
        {**good, "x-slack-signature": good["x-slack-signature"].upper()},
        signed(other),
        signed(body, age=301),
        signed(body, age=-302),
    ]
    answers = [await post(shop, body, headers) for headers in forged]
    await quiet(shop)
    assert [(401, b"")] * len(forged) == answers
    assert [] == await votes(shop)


async def test_a_vote_of_almost_five_minutes_ago_counts_when_it_comes_for_the_first_time(shop: Room) -> None:
    request = await asked_for_a_prefix(shop)
    answer = await sent(shop, click("U_SAM", yes(request), request, "1.1"), age=295)
    await shop.card("approved by <@U_SAM>", channel="C_APPROVE")
    assert (200, b"") == answer


# Put into the ledger's file

NOT_DONE = "Not done, since purgebot cannot tell any more that it came from you: `approve P-1`"
COPIED = (
    "insert into deliveries (key, kind, body, at, due_at, mark) select key || '!', kind,"
    " json_set(body, '$.user', :user, '$.text', 'approve P-1'), at, :now, mark from deliveries"
    " where kind = 'slack.command' and json_extract(body, '$.text') = 'whoami'"
)
AGAIN = "update deliveries set done_at = null, answer = null, due_at = :now where body like '%approve P-1%'"


async def put_in(shop: Room, *statements: str) -> None:
    """What somebody who can write the file does."""

    def deed(books: Books) -> None:
        for sql in statements:
            assert books._tx.run(sql, user="U_KIM", now=time.time()) == 1

    await shop.bot.ledger.write(deed)
    shop.bot.engine.wake(SWEEP)


async def test_a_vote_that_somebody_puts_into_the_file_is_nobodys(shop: Room) -> None:
    await asked_for_a_prefix(shop)
    await quiet(shop)
    await put_in(shop, COPIED)
    note = await shop.card("purgebot cannot tell", channel="D_KIM", user="U_KIM")
    head = await shop.bot.ledger.read(lambda books: books._tx.rows("select * from journal order by seq desc limit 1"))
    assert NOT_DONE in str(note["text"])
    assert ("not_taken", "U_KIM") == (head[0]["event"], json.loads(str(head[0]["doc"]))["user"])
    assert ([], []) == (await votes(shop), shop.purges())


async def test_a_vote_that_was_refused_is_not_counted_when_somebody_has_it_done_again(shop: Room) -> None:
    await shop.command("U_KIM", "approve P-1")
    await shop.note("U_KIM", "There is no P-1")
    await asked_for_a_prefix(shop)
    await put_in(shop, AGAIN)
    await shop.card("purgebot cannot tell", channel="D_KIM", user="U_KIM")
    assert ([], []) == (await votes(shop), shop.purges())


# Replayed


async def test_the_same_signed_vote_many_times_is_one_vote_and_one_run(shop: Room) -> None:
    request = await asked_for_a_prefix(shop)
    body = click("U_SAM", yes(request), request, "1.1")
    headers = signed(body)
    answers = await asyncio.gather(*(post(shop, body, headers) for _ in range(8)))
    await shop.job(1, "done")
    late = [await post(shop, body, headers) for _ in range(3)]
    await quiet(shop)
    journal = await shop.bot.ledger.read(lambda books: books.journal.events(1))
    assert {(200, b"")} == {*answers, *late}
    assert ["U_SAM"] == [actor for _, event, actor, _ in journal if event == "vote"]
    assert 1 == len(shop.purges())
    assert [] == await shop.notes("U_SAM", "C_APPROVE")


async def test_the_same_signed_cancel_and_purge_again_have_their_effect_once(shop: Room) -> None:
    await asked_for_a_prefix(shop)
    root = await shop.card("waits")
    cancel = click("U_MIA", "P-1", root, "2.1", "C_SHOP", "cancel")
    again = click("U_MIA", "P-1", root, "2.2", "C_SHOP", "purge_again")
    for body in (cancel, cancel):
        await sent(shop, body)
    await shop.card("P-1 cancelled")
    for body in (again, cancel, again):
        await sent(shop, body)
    await shop.card("P-2 needs 1 approval", channel="C_APPROVE")
    await sent(shop, again)
    await quiet(shop)
    assert ["waiting", "cancelled"] == [job.state for job in await shop.jobs()]


async def test_a_trigger_that_was_used_carries_no_second_deed(shop: Room) -> None:
    request = await asked_for_a_prefix(shop)
    await sent(shop, click("U_MIA", yes(request), request, "3.1"))
    await shop.note("U_MIA", "You asked for P-1", channel="C_APPROVE")
    answer = await sent(shop, click("U_SAM", yes(request), request, "3.1"))
    await quiet(shop)
    assert (200, b"") == answer
    assert [] == await votes(shop)


# Misplaced


async def test_a_vote_counts_only_on_its_own_jobs_card(shop: Room) -> None:
    first = await asked_for_a_prefix(shop)
    await shop.command("U_MIA", "prefix www.shop.test/blog/ because of the move")
    second = await shop.card("P-2 needs 1 approval", channel="C_APPROVE")
    root = await shop.card("P-1 waits")
    tries = [
        (yes(first), second, "C_APPROVE", "This button belongs to another card."),
        (yes(first), first, "C_SHOP", "This button belongs to another card."),
        (yes(first), root, "C_SHOP", "This button belongs to another card."),
        (yes(first), {"ts": "1.1"}, "C_APPROVE", "This button belongs to another card."),
        (yes(first), {"ts": ""}, "", "This button belongs to another card."),
        (f"{yes(first)}.1", first, "C_APPROVE", "P-1 is not what this card showed."),
        (f"{yes(first)}.x", first, "C_APPROVE", "P-1 is not what this card showed."),
        (yes(first)[:-1], first, "C_APPROVE", "This button belongs to no job."),
        ("P-1", first, "C_APPROVE", "This button belongs to no job."),
        ("1", first, "C_APPROVE", "This button belongs to no job."),
        ("", first, "C_APPROVE", "This button belongs to no job."),
    ]
    for n, (value, message, channel, _) in enumerate(tries):
        await sent(shop, click("U_SAM", value, message, f"4.{n}", channel))
    await quiet(shop)

    async def all_told() -> bool:
        return len(told(shop)) == len(tries)

    await shop.until(all_told, "every click is answered")
    assert sorted(words for *_, words in tries) == sorted(told(shop))
    assert ([], []) == (await votes(shop, 1), await votes(shop, 2))


def told(shop: Room) -> list[str]:
    """What the bot said to Sam in private."""
    bodies = [row["body"] for row in [*shop.asked_slack("chat.postEphemeral"), *shop.asked_slack("chat.postMessage")]]
    docs = [body if isinstance(body, Mapping) else json.loads(str(body)) for body in bodies]
    return [str(doc["text"]) for doc in docs if doc.get("user") == "U_SAM" or doc.get("channel") == "U_SAM"]


@pytest.mark.parametrize(
    ("user", "words"),
    [
        pytest.param("U_MIA", "You asked for P-1, so somebody else must decide.", id="the requester"),
        pytest.param("U_GUEST", "Guests may not do this.", id="a guest"),
    ],
)
async def test_a_vote_of_who_may_not_is_told_why(shop: Room, user: str, words: str) -> None:
    request = await asked_for_a_prefix(shop)
    await sent(shop, click(user, yes(request), request, "5.1"))
    note = await shop.note(user, channel="C_APPROVE")
    assert words == note["text"]
    assert [] == await votes(shop)


def interaction(doc: object) -> bytes:
    """A body in which Slack would send `doc`."""
    return urlencode({"payload": json.dumps(doc)}).encode()


SAM: Doc = {"id": "U_SAM"}
ODD = [
    pytest.param(b"payload=", 400, id="no payload"),
    pytest.param(b"payload=%7B", 400, id="half a payload"),
    pytest.param(b"{", 400, id="half of JSON"),
    pytest.param(b"payload=" + b"[" * 100_000, 400, id="brackets without end"),
    pytest.param(interaction([]), 400, id="a list"),
    pytest.param(interaction({"authorizations": "x"}), 400, id="a part that is no object"),
    pytest.param(b"\x00\x01", 200, id="no form at all"),
    pytest.param(interaction({"type": "block_actions"}), 200, id="no actions"),
    pytest.param(
        interaction({"type": "block_actions", "actions": [{"action_id": "approve"}]}), 200, id="nobody's click"
    ),
    pytest.param(interaction({"type": "view_submission", "user": SAM, "view": {}}), 200, id="a form without a view"),
    pytest.param(interaction({"type": "view_closed", "view": {}}), 200, id="a closed form"),
    pytest.param(interaction({"type": "dialog_submission", "user": SAM}), 200, id="another app's dialog"),
    pytest.param(interaction({"type": "interactive_message", "user": SAM}), 200, id="another app's attachment"),
]


@pytest.mark.parametrize(("body", "status"), ODD)
async def test_a_shape_that_slack_never_sends_here_does_nothing_and_harms_nothing(
    shop: Room, body: bytes, status: int
) -> None:
    request = await asked_for_a_prefix(shop)
    answer, said = await sent(shop, body)
    await shop.click("U_SAM", request, "approve", "C_APPROVE")
    await shop.job(1, "done")
    assert (status, answer == 400) == (answer, said == UNREADABLE)
    assert (["U_SAM"], 1) == (await votes(shop), len(await shop.jobs()))


# Forms and drafts


def form_sent(user: str, form: Doc, hash: str, site: str = "shop") -> bytes:
    """A form as Slack would send it, by anybody."""
    view = {
        "id": form["id"], "type": "modal", "hash": hash, "callback_id": form.get("callback_id", ""),
        "private_metadata": form.get("private_metadata", ""),
        "state": {"values": {"site_name": {"site_name": {"type": "plain_text_input", "value": site}}}},
    }  # fmt: skip
    person = {"id": user, "team_id": "T_SHOP"}
    payload = {
        "type": "view_submission",
        "team": {"id": "T_SHOP"},
        "user": person,
        "view": view,
        "trigger_id": f"9.{hash}",
    }
    return urlencode({"payload": json.dumps(payload)}).encode()


async def test_a_form_counts_for_the_person_it_was_opened_for_and_once(shop: Room) -> None:
    await shop.command("U_LEA", "everything on shop because INC-881")
    form = await shop.form("U_LEA")
    await sent(shop, form_sent("U_SAM", form, "h1"))
    stranger = await told_to(shop, "U_SAM", "This form is over.")
    before = len(await shop.jobs())
    answers = await asyncio.gather(*(sent(shop, form_sent("U_LEA", form, hash)) for hash in ("h2", "h3", "h2")))
    await shop.card("P-1 needs 2 approvals", channel="C_APPROVE")
    late = await shop.http.post("/slack/events", content=(body := form_sent("U_LEA", form, "h4")), headers={
        "content-type": FORM, **signed(body)
    })  # fmt: skip
    await quiet(shop)
    assert (True, 0) == (stranger, before)
    assert {200} == {status for status, _ in answers}
    assert {"site_name": "This form was sent already. Close it."} == late.json()["errors"]
    assert 1 == len(await shop.jobs())


async def told_to(shop: Room, user: str, words: str) -> bool:
    """Whether `user` was told so, once they were."""

    async def look() -> bool:
        calls = [*shop.asked_slack("chat.postEphemeral"), *shop.asked_slack("chat.postMessage")]
        docs = [row["body"] if isinstance(row["body"], Mapping) else json.loads(str(row["body"])) for row in calls]
        return any(words in str(doc["text"]) for doc in docs if user in (doc.get("user"), doc.get("channel")))

    return await shop.until(look, f"{user} hears {words}")


async def test_a_form_that_is_sent_after_its_ten_minutes_asks_for_nothing(shop: Room) -> None:
    await shop.command("U_LEA", "everything on shop because INC-881")
    form = await shop.form("U_LEA")
    await shop.bot.ledger.write(lambda books: books._tx.run("update drafts set expires = expires - 700"))
    answer = await shop.submit("U_LEA", form, site_name="shop")
    await quiet(shop)
    over = "This form is over: ten minutes have passed. Close it and type the command again."
    assert {"site_name": over} == errors(answer)
    assert [] == await shop.jobs()


async def test_anothers_choice_is_nobodys(shop: Room) -> None:
    await shop.command("U_MIA", "prcing")
    note = await shop.note("U_MIA", "prcing")
    await sent(shop, click("U_SAM", str(elements(note)[0]["value"]), note, "6.1", "C_SHOP", "pick"))
    assert await told_to(shop, "U_SAM", "This choice is over: it was used, or ten minutes have passed.")
    assert [] == await shop.jobs()


# Late


async def test_a_click_after_the_decision_is_told_who_decided(shop: Room) -> None:
    request = await asked_for_a_prefix(shop)
    await asyncio.gather(*(sent(shop, click(who, yes(request), request, f"7.{who}")) for who in ("U_SAM", "U_KIM")))
    await shop.job(1, "done")
    await quiet(shop)
    (first,) = await votes(shop)
    second = {"U_SAM": "U_KIM", "U_KIM": "U_SAM"}[first]
    note = await shop.note(second, "no longer waits", channel="C_APPROVE")
    assert str(note["text"]).startswith("P-1 no longer waits for votes: it is ")
    assert 1 == len(shop.purges())


async def test_a_click_on_the_card_of_the_round_before_counts_for_nothing(shop: Room) -> None:
    request = await asked_for_a_prefix(shop)
    await shop.command("U_LEA", "hold shop because deploying")
    await shop.card("P-1", "waits for 1 approval")
    await shop.click("U_SAM", request, "approve", "C_APPROVE")
    await shop.card("P-1 waits, shop is held")
    await shop.bot.ledger.write(_agreed_long_ago)
    await shop.command("U_LEA", "release shop")
    again = await shop.card("Asked again: The last yes was more than 15 min ago.", channel="C_APPROVE")
    await sent(shop, click("U_KIM", yes(request), request, "8.1"))
    note = await shop.note("U_KIM", channel="C_APPROVE")
    nobody = await votes(shop)
    await sent(shop, click("U_KIM", yes(again), again, "8.2"))
    await shop.job(1, "done")
    assert "P-1 is not what this card showed." == note["text"]
    assert request["ts"] == again["ts"]
    assert ([], ["U_KIM"]) == (nobody, await votes(shop))


def _agreed_long_ago(books: Books) -> JobView:
    job = books.jobs.get(1)
    assert job.approval is not None
    return books.jobs.save(replace(job, approval=replace(job.approval, approved=(job.approval.approved or 0) - 901)))


async def test_two_votes_by_two_sockets_at_once_are_one_run(tmp_path_factory: pytest.TempPathFactory) -> None:
    async with room(tmp_path_factory.mktemp("sockets"), by_socket=True) as shop:
        await shop.slack.sockets.opened(2)
        request = await asked_for_a_prefix(shop)
        await asyncio.gather(*(shop.click(who, request, "approve", "C_APPROVE") for who in ("U_SAM", "U_KIM", "U_SAM")))
        await shop.job(1, "done")
        await quiet(shop)
        assert 1 == len(await votes(shop))
        assert 1 == len(shop.purges())


async def test_a_command_is_done_once_however_often_its_body_comes(shop: Room) -> None:
    fields = {
        "command": "/purge", "text": PRICING, "user_id": "U_MIA", "team_id": "T_SHOP", "channel_id": "C_SHOP",
        "trigger_id": "10.1", "response_url": "", "api_app_id": "A_PURGEBOT",
    }  # fmt: skip
    body = urlencode(fields).encode()
    forged = urlencode({**fields, "user_id": "U_LEA"}).encode()
    headers = signed(body)
    assert (401, b"") == await post(shop, forged, headers)
    for _ in range(3):
        await post(shop, body, headers)
    await shop.card("P-1 fresh")
    await quiet(shop)
    assert ["U_MIA"] == [job.requested_by for job in await shop.jobs()]
    assert 1 == len(shop.purges())
