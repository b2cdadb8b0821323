"""What becomes of the bot's ack: a private line, a message for all, an error in a form, another form."""

from __future__ import annotations

from collections.abc import Mapping

from playground.people import BOT_USER, SLACKBOT
from playground.slack.asking import Refusal
from playground.slack.blocks import MODAL, elements_of
from playground.slack.deliver import Outcome
from playground.slack.forms import judged
from playground.slack.respond import said
from playground.slack.room import Doc, Message, Room
from playground.slack.views import View, Views


class Answering:
    """Shows acks. Its answers are what Slack would not take of them, "" when it takes all."""

    def __init__(self, room: Room, views: Views) -> None:
        self._room = room
        self._views = views

    def to_command(self, outcome: Outcome, channel: str, user: str, typed: str) -> str:
        """Show what a command's ack says, or what Slack says in its place."""
        if outcome.error:
            self._note(channel, user, f"{typed.split(' ')[0]} did not run: {outcome.error}")
            return ""
        doc = {"text": outcome.ack} if isinstance(outcome.ack, str) else outcome.ack
        if not isinstance(doc, Mapping):
            return ""
        try:
            told = said(doc)
        except Refusal as refusal:
            self._note(channel, user, f"{typed.split(' ')[0]} did not run: {refusal.error}")
            return "; ".join([refusal.error, *refusal.messages])
        if told.is_public:
            self._room.post(Message(channel, "", user, typed))
        if told.text or told.blocks:
            only_for = "" if told.is_public else user
            self._room.post(Message(channel, "", BOT_USER, told.text, told.blocks, only_for=only_for))
        return ""

    def to_form(self, outcome: Outcome, view: View) -> str:
        """Close the form, or do with it what the ack says."""
        if outcome.error:
            return ""
        ack = outcome.ack if isinstance(outcome.ack, Mapping) else {}
        try:
            return self._act(view, ack)
        except Refusal as refusal:
            return "; ".join([refusal.error, *refusal.messages])

    def _act(self, view: View, ack: Mapping[str, object]) -> str:
        match ack.get("response_action"):
            case None:
                self._views.close(view)
            case "errors":
                return self._complain(view, ack.get("errors"))
            case "update":
                self._views.update(view, judged(ack.get("view"), MODAL))
            case "push":
                if self._views.push(view.user, judged(ack.get("view"), MODAL)) is None:
                    return "push_limit_reached"
            case "clear":
                self._views.clear(view.user)
            case other:
                return f"unknown response_action: {other}"
        return ""

    def _complain(self, view: View, errors: object) -> str:
        inputs = {block.get("block_id") for block in view.blocks if block.get("type") == "input"}
        if not isinstance(errors, Mapping) or not errors or not set(errors) <= inputs:
            return "errors must name input blocks of the form"
        self._views.complain(view, errors)
        return ""

    def element_in(self, view: View, action_id: str, block_id: str) -> tuple[str, Doc] | None:
        """A button of an open form, and its block's id."""
        for block in view.blocks:
            if block_id not in ("", block.get("block_id")):
                continue
            for element in elements_of(block):
                if element.get("action_id") == action_id:
                    return str(block.get("block_id")), dict(element)
        return None

    def _note(self, channel: str, user: str, text: str) -> None:
        self._room.post(Message(channel, "", SLACKBOT, text, only_for=user))
