"""response_url: at most 5 answers within 30 minutes, private unless they say otherwise.

Source: https://docs.slack.dev/interactivity/handling-user-interaction, read 2026-11-23. A command's own line cannot be
replaced; the message whose button was clicked can, even a private one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from playground.people import BOT_USER
from playground.slack.asking import Arguments, Refusal
from playground.slack.room import Message, Room
from playground.slack.tickets import Source, Tickets
from playground.slack.web_api import Answer, Door, ill
from playground.slack.writing import blocks_of

IN_CHANNEL, EPHEMERAL = "in_channel", "ephemeral"


@dataclass(frozen=True, slots=True)
class Said:
    """A message as the body of an ack or of a response URL gives it."""

    text: str
    blocks: Sequence[object]
    is_public: bool
    thread_ts: str = ""


def said(doc: Mapping[str, object]) -> Said:
    """Read such a body; raises Refusal."""
    asked = Arguments(doc)
    kind = asked.text("response_type", EPHEMERAL)
    if kind not in (IN_CHANNEL, EPHEMERAL):
        raise Refusal("invalid_payload")
    return Said(asked.text("text"), blocks_of(asked), kind == IN_CHANNEL, asked.text("thread_ts"))


class Responder:
    """`/respond/{token}`: an ASGI app."""

    def __init__(self, door: Door, room: Room, tickets: Tickets) -> None:
        self._door = door
        self._room = room
        self._tickets = tickets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            await self._door.pass_through(scope, receive, send, "/response_url", self._answer)

    async def _answer(self, request: Request, fault: str) -> Answer:
        doc = _json(await request.body())
        shown = json.dumps(doc, sort_keys=True)
        if fault in ("bad_token", "forbidden"):
            return Answer(
                PlainTextResponse("invalid_token" if fault == "bad_token" else "action_prohibited", 403), shown
            )
        return Answer(ill(fault) or self._responded(str(request.path_params["token"]), doc), shown)

    def _responded(self, token: str, doc: Mapping[str, object]) -> Response:
        source = self._tickets.respond(token)
        if isinstance(source, str):
            return PlainTextResponse(source, 404)
        try:
            self._do(source, doc)
        except Refusal as refusal:
            return PlainTextResponse("; ".join([refusal.error, *refusal.messages]), 400)
        return PlainTextResponse("ok")

    def _do(self, source: Source, doc: Mapping[str, object]) -> None:
        original = self._room.find(source.channel, source.source_ts) if source.source_ts else None
        if doc.get("delete_original") is True:
            if original is not None and original.is_apps:
                self._room.delete(original)
            return
        told = said(doc)
        if not told.text and not told.blocks:
            raise Refusal("no_text")
        if doc.get("replace_original") is True and original is not None and original.is_apps:
            self._room.update(original, told.text, told.blocks, edited=not told.blocks)
            return
        only_for = "" if told.is_public else source.user
        self._room.post(Message(source.channel, "", BOT_USER, told.text, told.blocks, told.thread_ts, only_for))


def _json(body: bytes) -> Mapping[str, object]:
    try:
        doc = json.loads(body)
    except ValueError:
        return {}
    return doc if isinstance(doc, dict) else {}
