"""Stored, then acknowledged: what cannot be stored is refused in words, and what comes twice is done once."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import closing
from urllib.parse import urlencode

import httpx
import pytest
import pytest_asyncio

from bot.slack.listeners import NOT_STORED
from tests.slack.room import PRICING, SECRET, Room, buttons, room

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


class Disk:
    """A disk that is full while it is told to be, or for `times` commits once something `has_come`."""

    def __init__(self) -> None:
        self.is_full = False
        self.times = 0
        self.has_come: Callable[[], bool] = bool

    def __call__(self, name: str) -> None:
        if name != "before commit":
            return
        is_its_time = self.times > 0 and self.has_come()
        self.times -= is_its_time
        if self.is_full or is_its_time:
            raise sqlite3.OperationalError("database or disk is full")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def disk() -> Disk:
    return Disk()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, disk: Disk) -> AsyncIterator[Room]:
    async with room(tmp_path_factory.mktemp("room"), failpoint=disk) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def shop(house: Room, disk: Disk) -> AsyncIterator[Room]:
    disk.is_full = False
    await house.clear()
    yield house
    disk.is_full = False


async def delivered(shop: Room, body: bytes, kind: str) -> httpx.Response:
    """`body` as Slack would sign and send it."""
    at = str(int(time.time()))
    digest = hmac.new(SECRET.encode(), b"v0:" + at.encode() + b":" + body, hashlib.sha256).hexdigest()
    headers = {"x-slack-request-timestamp": at, "x-slack-signature": f"v0={digest}", "content-type": kind}
    return await shop.http.post("/slack/events", content=body, headers=headers)


def command_body(text: str, trigger: str) -> bytes:
    fields = {
        "command": "/purge", "text": text, "user_id": "U_MIA", "team_id": "T_SHOP", "channel_id": "C_SHOP",
        "trigger_id": trigger, "response_url": "", "api_app_id": "A_PURGEBOT",
    }  # fmt: skip
    return urlencode(fields).encode()


def event_body(text: str, event_id: str) -> bytes:
    event = {"type": "app_mention", "user": "U_MIA", "text": f"<@U_PURGEBOT> {text}", "channel": "C_SHOP", "ts": "1.1"}
    doc = {"type": "event_callback", "team_id": "T_SHOP", "event_id": event_id, "event": event}
    return json.dumps(doc).encode()


def form_body(form: Mapping[str, object], **typed: str) -> bytes:
    values = {name: {name: {"type": "plain_text_input", "value": value}} for name, value in typed.items()}
    doc = {
        "type": "view_submission", "user": {"id": "U_LEA", "team_id": "T_SHOP"}, "team": {"id": "T_SHOP"},
        "trigger_id": "7.8.9", "view": {**form, "state": {"values": values}},
    }  # fmt: skip
    return urlencode({"payload": json.dumps(doc)}).encode()


FORM, JSON = "application/x-www-form-urlencoded", "application/json"


# The same thing twice


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        pytest.param(command_body(PRICING, "1.2.3"), FORM, id="a-command"),
        pytest.param(event_body(PRICING, "Ev1"), JSON, id="a-mention"),
    ],
)
async def test_the_same_delivery_twice_makes_one_job(shop: Room, body: bytes, kind: str) -> None:
    first = await asyncio.gather(*(delivered(shop, body, kind) for _ in range(2)))
    await shop.job(1, "done")
    late = await delivered(shop, body, kind)
    await delivered(shop, command_body(f"{PRICING}?b", "other"), FORM)
    await shop.job(2, "done")
    assert [200, 200, 200] == [answer.status_code for answer in (*first, late)]
    assert 2 == len(await shop.jobs())
    assert 2 == len(shop.purges())


async def test_a_form_that_comes_again_after_it_was_done_is_no_error(shop: Room) -> None:
    await shop.command("U_LEA", "everything on shop because INC-881")
    body = form_body(await shop.form("U_LEA"), site_name="shop")
    first = await delivered(shop, body, FORM)
    await shop.card("needs 2 approvals", channel="C_APPROVE")
    late = await delivered(shop, body, FORM)
    assert [(200, ""), (200, "")] == [(answer.status_code, answer.text) for answer in (first, late)]
    assert 1 == len(await shop.jobs())


# A ledger that stores nothing


async def test_a_command_that_cannot_be_stored_is_refused_in_words(shop: Room, disk: Disk) -> None:
    disk.is_full = True
    taken = await shop.command("U_MIA", PRICING)
    note = await shop.note("U_MIA", "could not store")
    disk.is_full = False
    again = await shop.command("U_MIA", PRICING)
    await shop.card("P-1 fresh")
    assert (200, NOT_STORED) == (taken["status"], note["text"])
    assert 200 == again["status"]
    assert [[PRICING]] == shop.purges()


async def test_a_mention_that_cannot_be_stored_comes_again(shop: Room, disk: Disk) -> None:
    disk.is_full = True
    refused = await delivered(shop, event_body(PRICING, "Ev2"), JSON)
    disk.is_full = False
    taken = await delivered(shop, event_body(PRICING, "Ev2"), JSON)
    await shop.card("P-1 fresh")
    assert (500, 200) == (refused.status_code, taken.status_code)


async def test_a_click_that_cannot_be_stored_is_not_acknowledged(shop: Room, disk: Disk) -> None:
    await shop.command("U_MIA", "prefix www.shop.test/news/")
    request = await shop.card("needs 1 approval", channel="C_APPROVE")
    disk.is_full = True
    clicked = await shop.click("U_SAM", request, "approve", "C_APPROVE")
    disk.is_full = False
    assert 500 == clicked["status"]
    assert ["waiting"] == [job.state for job in await shop.jobs()]
    await shop.click("U_SAM", request, "approve", "C_APPROVE")
    await shop.card("approved by <@U_SAM>", channel="C_APPROVE")


async def test_a_card_whose_place_cannot_be_stored_is_not_posted_again(shop: Room, disk: Disk) -> None:
    file = str(shop.store.rows("pragma database_list")[0]["file"])

    def posted() -> int:
        asked = "select count(*) from received where path = '/api/chat.postMessage' and body like '%request%'"
        with closing(sqlite3.connect(file)) as seen:
            return int(seen.execute(asked).fetchone()[0])

    disk.times, disk.has_come = 1, lambda: bool(posted())
    await shop.command("U_MIA", "prefix www.shop.test/news/")
    request = await shop.card("needs 1 approval", channel="C_APPROVE")
    await shop.card("waits")
    await shop.click("U_SAM", request, "approve", "C_APPROVE")
    await shop.card("approved by <@U_SAM>", channel="C_APPROVE")
    assert (0, 1) == (disk.times, posted())


async def test_a_form_that_cannot_be_stored_says_so_and_stays_open(shop: Room, disk: Disk) -> None:
    await shop.command("U_LEA", "everything on shop because INC-881")
    form = await shop.form("U_LEA")
    disk.is_full = True
    refused = await shop.submit("U_LEA", form, site_name="shop")
    disk.is_full = False
    same = await shop.form("U_LEA")
    taken = await shop.submit("U_LEA", form, site_name="shop")
    await shop.card("needs 2 approvals", channel="C_APPROVE")
    assert {"site_name": NOT_STORED} == refused["ack"]["errors"]  # type: ignore[index]
    assert form["id"] == same["id"]
    assert {"status": 200, "ack": None} == taken


async def test_nothing_acknowledged_is_lost_when_the_bot_ends_at_once(shop: Room) -> None:
    taken = await shop.command("U_MIA", PRICING)
    await shop.restart()
    restarted = time.time()
    await shop.card("P-1 fresh")
    assert 200 == taken["status"]
    assert 1 == len(await shop.jobs())
    assert 10 > time.time() - restarted


# A delivery that waited


async def test_a_form_whose_trigger_died_meanwhile_comes_by_a_private_button(shop: Room) -> None:
    body = {
        "user": "U_LEA", "team": "T_SHOP", "channel": "C_SHOP", "text": "everything on shop because x",
        "response_url": "", "trigger_id": "1.2.3",
    }  # fmt: skip
    stale = time.time() - 60
    told = ("command 1.2.3", "slack.command", body, stale)
    mark = shop.bot.marks.make(*told)
    await shop.bot.ledger.write(lambda books: books.intake.store(*told, mark))
    shop.bot.engine.wake("delivery:command 1.2.3")
    note = await shop.note("U_LEA", "form")
    assert ["open_form"] == buttons(note)
    assert [] == shop.asked_slack("views.open")
