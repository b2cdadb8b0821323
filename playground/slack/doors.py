"""Shortcuts and uploads, as people's calls: what comes to the bot besides commands, mentions and clicks."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Callable, Collection, Mapping

from starlette.routing import Route

from playground.people import BOT_USER
from playground.slack import payloads
from playground.slack.callers import Callers, Wrong, call_route
from playground.slack.calls import InviteCall, SayCall, ShortcutCall, UploadCall
from playground.slack.deliver import Outcome, Post
from playground.slack.files import Files
from playground.slack.mrkdwn import escaped
from playground.slack.room import Message, Room
from playground.slack.tickets import Tickets

Doc = dict[str, object]
GLOBAL, ON_MESSAGE = "global", "message"
SHORTCUTS: Mapping[str, str] = {"purge_form": GLOBAL, "purge_links": ON_MESSAGE}  # as manifest.yml asks for


class Doors:
    """The people's other ways in."""

    def __init__(
        self,
        callers: Callers,
        room: Room,
        files: Files,
        tickets: Tickets,
        post: Post,
        respond_url: Callable[[str], str],
        shortcuts: Mapping[str, str],
        now: Callable[[], float],
        scopes: Collection[str],
    ) -> None:
        self._callers = callers
        self._room = room
        self._files = files
        self._tickets = tickets
        self._post = post
        self._respond_url = respond_url
        self._shortcuts = shortcuts
        self._now = now
        self._scopes = scopes

    @property
    def routes(self) -> list[Route]:
        """The calls."""
        return [
            call_route("/_play/shortcut", ShortcutCall, self.shortcut),
            call_route("/_play/upload", UploadCall, self.upload),
            call_route("/_play/say", SayCall, self.say),
            call_route("/_play/invite", InviteCall, self.invite),
        ]

    async def shortcut(self, call: ShortcutCall) -> Doc:
        """A shortcut of the app, global or on a message."""
        person, trigger, at = self._callers.person(call.user), self._tickets.trigger(call.user), f"{self._now():.6f}"
        kind = self._shortcuts.get(call.callback_id)
        if kind is None:
            known = ", ".join(self._shortcuts)
            raise Wrong(f"There is no shortcut {call.callback_id or '(none)'}. Send one of {known} as callback_id.")
        if kind == GLOBAL:
            return _told(await self._post.interaction(payloads.shortcut(person, call.callback_id, trigger, at)))
        channel = self._callers.channel(call.channel, call.user)
        message = self._callers.message(channel, call.ts, call.user)
        url = self._respond_url(self._tickets.response(channel.id, person.id))
        files = self._files.of(channel.id, message.ts)
        record = message.record() | ({"files": files} if files else {})
        payload = payloads.message_shortcut(person, channel, record, call.callback_id, url, trigger, at)
        return _told(await self._post.interaction(payload))

    async def upload(self, call: UploadCall) -> Doc:
        """A file; with a channel, also the message that brings it."""
        person = self._callers.person(call.user)
        content = _content(call)
        if not call.channel:
            return {"file": self._files.find(self._files.add(person.id, call.name, content))}
        said = SayCall(user=call.user, channel=call.channel, text=call.text, thread_ts=call.thread_ts)
        message = self._posted(said)
        id = self._files.add(person.id, call.name, content)
        self._files.share(id, message.channel, message.ts)
        return {"file": self._files.find(id), "ts": message.ts}

    async def say(self, call: SayCall) -> Doc:
        """A message among people."""
        return {"ts": self._posted(call).ts}

    async def invite(self, call: InviteCall) -> Doc:
        """Somebody comes to a channel, anew where they are in it already. The bot hears of it as Slack lets it: where
        it is in the channel itself, and may read channels of that sort."""
        person, channel = self._callers.person(call.user), self._callers.channel(call.channel, call.user)
        who = self._callers.workspace.person(call.who)
        if who is None:
            raise Wrong(f"There is nobody {call.who or '(none)'} here. Send somebody's id as who.")
        needed = "groups:read" if channel.is_private else "channels:read"
        if needed not in self._scopes or BOT_USER not in (who.id, *channel.members):
            return {"sent": False}
        inviter = "" if who.id == person.id else person.id
        id = f"Ev_{secrets.token_hex(6).upper()}"
        event = payloads.joining(who.id, who.team, channel, inviter, id, self._now())
        return _told(await self._post.event(event)) | {"sent": True, "event_id": id}

    def _posted(self, call: SayCall) -> Message:
        person, channel = self._callers.person(call.user), self._callers.channel(call.channel, call.user)
        if call.thread_ts:
            self._callers.message(channel, call.thread_ts, call.user)
        text = escaped(call.text, self._callers.workspace)
        return self._room.post(Message(channel.id, "", person.id, text, thread_ts=call.thread_ts))


def _content(call: UploadCall) -> bytes:
    if not call.is_base64:
        return call.content.encode()
    try:
        return base64.b64decode(call.content, validate=True)
    except binascii.Error as exc:
        raise Wrong(f"content is not base64: {exc}. Send text, or bytes in base64 with is_base64.") from exc


def _told(outcome: Outcome) -> Doc:
    return {"status": outcome.status, "ack": outcome.ack} | ({"error": outcome.error} if outcome.error else {})
