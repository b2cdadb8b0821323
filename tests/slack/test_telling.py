"""What the asker is told gets to them, whatever Slack thinks of its shape."""

from __future__ import annotations

import json
import socket

import pytest
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.ledger.holds import REFUSED_LATER
from bot.ledger.intake import Delivery
from bot.slack.cards.blocks import actions, button, card
from bot.slack.deliveries import MENTION
from bot.slack.telling import RESPONSE_SECONDS, Answer, Telling
from bot.slack.web_api import SlackApi
from playground.slack.blocks import block_problems, elements_of
from tests.playground.slack_land import served
from tests.slate import START, SlateClock

CARD = card("*P-1* runs.", ["Two layers."], [button("Cancel", "cancel", "P-1")])


class Ear:
    """A response_url, which takes messages as `status` says."""

    def __init__(self, **status: int) -> None:
        self.status = status
        self.heard: list[tuple[str, bool]] = []

    async def hear(self, request: Request) -> Response:
        """One message: its text, and whether it has blocks."""
        body = json.loads(await request.body())
        has_blocks = bool(body.get("blocks"))
        self.heard.append((str(body["text"]), has_blocks))
        return PlainTextResponse("invalid_blocks", self.status["blocks" if has_blocks else "text"])


@pytest.mark.parametrize(("kind", "heard"), [(REFUSED_LATER, ["U_MIA"]), (MENTION, [])], ids=["news", "an answer"])
async def test_news_of_a_queued_request_are_told_however_late_and_an_answer_is_not(kind: str, heard: list[str]) -> None:
    posted: list[str] = []

    async def post(request: Request) -> Response:
        posted.append(str((await request.json())["channel"]))
        return JSONResponse({"ok": True})

    with socket.create_server(("127.0.0.1", 0)) as port:
        client = AsyncWebClient(base_url=f"http://127.0.0.1:{port.getsockname()[1]}/")
        async with served(Starlette(routes=[Route("/chat.postMessage", post, methods=["POST"])]), port):
            late = Delivery("k", kind, {"user": "U_MIA"}, START - RESPONSE_SECONDS - 1, 0, False)
            done = await Telling(SlackApi(client), SlateClock()).tell(late, Answer(CARD))
    assert (True, heard) == (done, posted)


@pytest.mark.parametrize(("blocks", "text", "heard", "done"), [
    (200, 200, [True], True),
    (400, 200, [True, False], True),
    (400, 400, [True, False], True),
    (500, 200, [True], False),
    (429, 200, [True], False),
    (404, 200, [True], True),
], ids=["taken", "not with blocks", "not at all", "Slack is ill", "too many", "the address is too old"])  # fmt: skip
async def test_an_answer_whose_blocks_slack_does_not_take_is_told_without_them(
    blocks: int, text: int, heard: list[bool], done: bool
) -> None:
    ear = Ear(blocks=blocks, text=text)
    with socket.create_server(("127.0.0.1", 0)) as port:
        url = f"http://127.0.0.1:{port.getsockname()[1]}/"
        async with served(Starlette(routes=[Route("/", ear.hear, methods=["POST"])]), port):
            telling = Telling(SlackApi(AsyncWebClient()), SlateClock())
            told = await telling.tell(Delivery("k", "command", {"response_url": url}, START, 0, False), Answer(CARD))
    assert (done, [(CARD.text, has_blocks) for has_blocks in heard]) == (told, ear.heard)


def test_buttons_of_one_action_stand_in_rows_of_their_own() -> None:
    buttons = [*(button(f"Cancel P-{n}", "queue_cancel", f"P-{n}") for n in (1, 2)), button("Back", "back", "1")]
    rows = actions(buttons, "here")
    assert [("here", 1), ("here1", 2)] == [(row["block_id"], len(list(elements_of(row)))) for row in rows]
    assert [] == block_problems(rows)
