"""What people do in the pretend workspace, as calls: type a command, mention, click, send a form, look.

Shapes are the promise of the playground; what Slack's clients would not send is refused with what to send instead.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from playground.people import Person
from playground.slack import payloads
from playground.slack.answering import Answering
from playground.slack.callers import Callers, Wrong, call_route, guarded
from playground.slack.calls import ClickCall, CommandCall, HomeCall, MentionCall, SubmitCall
from playground.slack.deliver import Outcome, Post
from playground.slack.files import Files
from playground.slack.filling import Unfit, missing_in, values_of
from playground.slack.mrkdwn import escaped, mentioned
from playground.slack.room import Message, Room
from playground.slack.tickets import Tickets
from playground.slack.views import Views

Doc = dict[str, object]


class Chat:
    """The people's side."""

    def __init__(
        self,
        callers: Callers,
        room: Room,
        views: Views,
        tickets: Tickets,
        post: Post,
        respond_url: Callable[[str], str],
        commands: tuple[str, ...],
        now: Callable[[], float],
        files: Files,
    ) -> None:
        self._callers = callers
        self._workspace = callers.workspace
        self._files = files
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
            call_route("/_play/command", CommandCall, self.command),
            call_route("/_play/mention", MentionCall, self.mention),
            call_route("/_play/click", ClickCall, self.click),
            call_route("/_play/home", HomeCall, self.look_home),
            call_route("/_play/submit", SubmitCall, self.submit),
            Route("/_play/messages", guarded(self._messages)),
            Route("/_play/views", guarded(self._open_views)),
        ]

    async def command(self, call: CommandCall) -> Doc:
        """A slash command, in a channel; Slack has none in threads."""
        person, channel = self._callers.person(call.user), self._callers.channel(call.channel, call.user)
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
        person, channel = self._callers.person(call.user), self._callers.channel(call.channel, call.user)
        if call.thread_ts and self._room.find(channel.id, call.thread_ts) is None:
            raise Wrong(f"There is no message {call.thread_ts} in {channel.id}. Send the ts of a message as thread_ts.")
        text = escaped(mentioned(call.text), self._workspace)
        message = self._room.post(Message(channel.id, "", person.id, text, thread_ts=call.thread_ts))
        event = payloads.mention(person, message, f"Ev_{secrets.token_hex(6).upper()}", int(self._now()))
        outcome = await self._post.event(event)
        return _told(outcome, "") | {"ts": message.ts, "event_id": event["event_id"]}

    async def look_home(self, call: HomeCall) -> Doc:
        """Somebody opens the app: an event each time, as Slack sends it."""
        person = self._callers.person(call.user)
        id = f"Ev_{secrets.token_hex(6).upper()}"
        event = payloads.opening(person, call.tab, self._views.home(person.id), id, self._now())
        return _told(await self._post.event(event), "") | {"event_id": id}

    async def click(self, call: ClickCall) -> Doc:
        """A button in a message, a form or a Home tab."""
        person = self._callers.person(call.user)
        if call.view_id:
            return await self._click_in_view(person, call)
        channel = self._callers.channel(call.channel, call.user)
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
        person, view = self._callers.person(call.user), self._callers.view(call.view_id, call.user)
        unknown = call.values.keys() - {str(block.get("block_id")) for block in view.blocks}
        if unknown:
            raise Wrong(f"The form {view.id} has no block {sorted(unknown)[0]}. Send block ids from its blocks.")
        missing = missing_in(view, call.values)
        if missing:
            self._views.complain(view, missing)
            return {"status": 200, "ack": {"response_action": "errors", "errors": missing}, "sent": False}
        try:
            values = values_of(view, call.values, self._files.find)
        except Unfit as unfit:
            raise Wrong(str(unfit)) from unfit
        trigger = self._tickets.trigger(person.id, view.id)
        outcome = await self._post.interaction(payloads.submission(person, view, values, trigger))
        return _told(outcome, self._answering.to_form(outcome, view))

    async def _click_in_view(self, person: Person, call: ClickCall) -> Doc:
        home = self._views.home(person.id)
        view = home if home and home.id == call.view_id else self._callers.view(call.view_id, person.id)
        known = self._answering.element_in(view, call.action_id, call.block_id)
        if known is None and (view is not home or call.value is None):
            raise Wrong(f"No button {call.action_id} is in view {view.id}. Send an action_id from its blocks.")
        block_id, element = known or (call.block_id, {"type": "button", "action_id": call.action_id})
        action = self._action(element, block_id, call.value)
        values = values_of(view, call.values, self._files.find)
        trigger = self._tickets.trigger(person.id, view.id)
        return _told(await self._post.interaction(payloads.view_click(person, view, action, trigger, values)), "")

    async def _messages(self, request: Request) -> Response:
        asked = request.query_params
        channel = self._callers.channel(asked.get("channel", ""), asked.get("user", ""))
        said = self._room.seen(channel.id, asked.get("thread_ts", ""), asked.get("user", ""))
        brought = self._files.by_message(channel.id)
        files = {ts: {"files": some} for ts, some in brought.items()}
        return JSONResponse([message.shown() | files.get(message.ts, {}) for message in said])

    async def _open_views(self, request: Request) -> Response:
        person = self._callers.person(request.query_params.get("user", ""))
        home = self._views.home(person.id)
        shown = [view.shown() for view in self._views.stack(person.id)]
        return JSONResponse({"open": shown, "home": home.shown() if home else None})

    def _action(self, element: Mapping[str, object], block_id: str, value: str | None) -> Doc:
        own = element.get("value")
        sent = value if value is not None else own if isinstance(own, str) else None
        return payloads.action_of(element, block_id, sent, f"{self._now():.6f}")


def _told(outcome: Outcome, wrong: str) -> Doc:
    error = outcome.error or wrong
    return {"status": outcome.status, "ack": outcome.ack} | ({"error": error} if error else {})
