"""What people do in the pretend workspace, as calls: type a command, mention, click, send a form, look.

Shapes are the promise of the playground; what Slack's clients would not send is refused with what to send instead.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from playground.people import BOT_USER, Channel, Person, Workspace
from playground.slack import payloads
from playground.slack.answering import Answering
from playground.slack.calls import ClickCall, CommandCall, HomeCall, MentionCall, SubmitCall
from playground.slack.deliver import Outcome, Post
from playground.slack.filling import missing_in, values_of
from playground.slack.mrkdwn import escaped, mentioned
from playground.slack.room import Message, Room
from playground.slack.tickets import Tickets
from playground.slack.views import View, Views

Doc = dict[str, object]


class Wrong(Exception):
    """A call that cannot be carried out, and what to send instead."""


Call = TypeVar("Call", bound=BaseModel)


class Chat:
    """The people's side."""

    def __init__(
        self,
        workspace: Workspace,
        room: Room,
        views: Views,
        tickets: Tickets,
        post: Post,
        respond_url: Callable[[str], str],
        commands: tuple[str, ...],
        now: Callable[[], float],
    ) -> None:
        self._workspace = workspace
        self._room = room
        self._views = views
        self._tickets = tickets
        self._post = post
        self._respond_url = respond_url
        self._commands = commands
        self._now = now
        self._answering = Answering(room, views)

    @property
    def routes(self) -> list[Route]:
        """The calls."""
        return [
            _post("/_play/command", CommandCall, self.command),
            _post("/_play/mention", MentionCall, self.mention),
            _post("/_play/click", ClickCall, self.click),
            _post("/_play/home", HomeCall, self.look_home),
            _post("/_play/submit", SubmitCall, self.submit),
            Route("/_play/messages", _guarded(self._messages)),
            Route("/_play/views", _guarded(self._open_views)),
        ]

    async def command(self, call: CommandCall) -> Doc:
        """A slash command, in a channel; Slack has none in threads."""
        person, channel = self._person(call.user), self._channel(call.channel, call.user)
        name, _, rest = call.text.strip().partition(" ")
        if name not in self._commands:
            raise Wrong(
                f"{name or 'An empty line'} is no command here. Send text that starts with {self._commands[0]}."
            )
        text = escaped(rest, self._workspace) if call.escape else rest
        url = self._respond_url(self._tickets.response(channel.id, person.id))
        fields = payloads.command(person, channel, name, text, url, self._tickets.trigger(person.id))
        outcome = await self._post.command(fields)
        return _told(outcome, self._answering.to_command(outcome, channel.id, person.id, call.text))

    async def mention(self, call: MentionCall) -> Doc:
        """A message that names the bot, seen by the channel and delivered as an event."""
        person, channel = self._person(call.user), self._channel(call.channel, call.user)
        if call.thread_ts and self._room.find(channel.id, call.thread_ts) is None:
            raise Wrong(f"There is no message {call.thread_ts} in {channel.id}. Send the ts of a message as thread_ts.")
        text = escaped(mentioned(call.text), self._workspace)
        message = self._room.post(Message(channel.id, "", person.id, text, thread_ts=call.thread_ts))
        event = payloads.mention(person, message, f"Ev_{secrets.token_hex(6).upper()}", int(self._now()))
        outcome = await self._post.event(event)
        return _told(outcome, "") | {"ts": message.ts, "event_id": event["event_id"]}

    async def look_home(self, call: HomeCall) -> Doc:
        """Somebody opens the app: an event each time, as Slack sends it."""
        person = self._person(call.user)
        id = f"Ev_{secrets.token_hex(6).upper()}"
        event = payloads.opening(person, call.tab, self._views.home(person.id), id, self._now())
        return _told(await self._post.event(event), "") | {"event_id": id}

    async def click(self, call: ClickCall) -> Doc:
        """A button in a message, a form or a Home tab."""
        person = self._person(call.user)
        if call.view_id:
            return await self._click_in_view(person, call)
        channel = self._channel(call.channel, call.user)
        message = self._room.find(channel.id, call.ts, gone=True)
        if message is None or message.only_for not in ("", person.id):
            raise Wrong(f"{person.id} sees no message {call.ts or '(none)'} in {channel.id}. Send the ts of one.")
        known = self._room.element(message, call.action_id, call.block_id, call.value or "")
        if known is None and call.value is None:
            raise Wrong(f"No button {call.action_id} was ever in {message.ts}. Send an action_id from its blocks.")
        block_id, element = known or (call.block_id, {"type": "button", "action_id": call.action_id})
        action = self._action(element, block_id, call.value)
        url = self._respond_url(self._tickets.response(channel.id, person.id, message.ts))
        payload = payloads.click(person, channel, message, action, url, self._tickets.trigger(person.id))
        return _told(await self._post.interaction(payload), "")

    async def submit(self, call: SubmitCall) -> Doc:
        """A form. What its own fields demand is asked first, as Slack's clients do, and then nothing is sent."""
        person, view = self._person(call.user), self._view(call.view_id, call.user)
        unknown = call.values.keys() - {str(block.get("block_id")) for block in view.blocks}
        if unknown:
            raise Wrong(f"The form {view.id} has no block {sorted(unknown)[0]}. Send block ids from its blocks.")
        missing = missing_in(view, call.values)
        if missing:
            self._views.complain(view, missing)
            return {"status": 200, "ack": {"response_action": "errors", "errors": missing}, "sent": False}
        values = values_of(view, call.values)
        trigger = self._tickets.trigger(person.id, view.id)
        outcome = await self._post.interaction(payloads.submission(person, view, values, trigger))
        return _told(outcome, self._answering.to_form(outcome, view))

    async def _click_in_view(self, person: Person, call: ClickCall) -> Doc:
        home = self._views.home(person.id)
        view = home if home and home.id == call.view_id else self._view(call.view_id, person.id)
        known = self._answering.element_in(view, call.action_id, call.block_id)
        if known is None and (view is not home or call.value is None):
            raise Wrong(f"No button {call.action_id} is in view {view.id}. Send an action_id from its blocks.")
        block_id, element = known or (call.block_id, {"type": "button", "action_id": call.action_id})
        action = self._action(element, block_id, call.value)
        trigger = self._tickets.trigger(person.id, view.id)
        return _told(await self._post.interaction(payloads.view_click(person, view, action, trigger)), "")

    async def _messages(self, request: Request) -> Response:
        asked = request.query_params
        channel = self._channel(asked.get("channel", ""), asked.get("user", ""))
        said = self._room.seen(channel.id, asked.get("thread_ts", ""), asked.get("user", ""))
        return JSONResponse([message.shown() for message in said])

    async def _open_views(self, request: Request) -> Response:
        person = self._person(request.query_params.get("user", ""))
        home = self._views.home(person.id)
        shown = [view.shown() for view in self._views.stack(person.id)]
        return JSONResponse({"open": shown, "home": home.shown() if home else None})

    def _action(self, element: Mapping[str, object], block_id: str, value: str | None) -> Doc:
        own = element.get("value")
        sent = value if value is not None else own if isinstance(own, str) else None
        return payloads.action_of(element, block_id, sent, f"{self._now():.6f}")

    def _person(self, id: str) -> Person:
        person = self._workspace.person(id)
        if person is None or person.is_bot:
            known = ", ".join(one.id for one in self._workspace.people if one.id != BOT_USER)
            raise Wrong(f"There is no person {id or '(none)'}. Send one of {known} as user.")
        return person

    def _channel(self, id: str, user: str) -> Channel:
        channel = self._workspace.channel(id)
        if channel is None:
            known = ", ".join(one.id for one in self._workspace.channels)
            raise Wrong(f"There is no channel {id or '(none)'}. Send one of {known} as channel.")
        if user and user not in channel.members:
            raise Wrong(f"{user} is not in {channel.id}. Send a channel of theirs.")
        return channel

    def _view(self, id: str, user: str) -> View:
        stack = self._views.stack(user)
        if not stack or stack[-1].id != id:
            top = f"send {stack[-1].id}, the one on top" if stack else "open one first"
            raise Wrong(f"{user} has no form {id} in front of them; {top}.")
        return stack[-1]


def _told(outcome: Outcome, wrong: str) -> Doc:
    error = outcome.error or wrong
    return {"status": outcome.status, "ack": outcome.ack} | ({"error": error} if error else {})


def _post(path: str, model: type[Call], deed: Callable[[Call], Awaitable[Doc]]) -> Route:
    async def call(request: Request) -> Response:
        try:
            asked = model.model_validate_json(await request.body())
        except ValidationError as exc:
            first = exc.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "the body"
            raise Wrong(f"{path} cannot read {where}: {first['msg']}. Send {_fields(model)} as JSON.") from exc
        return JSONResponse(await deed(asked))

    return Route(path, _guarded(call), methods=["POST"])


def _fields(model: type[BaseModel]) -> str:
    return ", ".join(name if field.is_required() else f"{name}?" for name, field in model.model_fields.items())


def _guarded(answer: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    async def guarded(request: Request) -> Response:
        try:
            return await answer(request)
        except Wrong as wrong:
            return JSONResponse({"error": str(wrong)}, 400)

    return guarded
