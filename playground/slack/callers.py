"""Who does what where: what a call names is looked up here; a wrong name is answered with what to send instead."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from playground.people import BOT_USER, Channel, Person, Workspace
from playground.slack.room import Message, Room
from playground.slack.views import View, Views

Doc = dict[str, object]


class Wrong(Exception):
    """A call that cannot be carried out, and what to send instead."""


Call = TypeVar("Call", bound=BaseModel)


class Callers:
    """The pretend workspace's people, channels and what is in front of them."""

    def __init__(self, workspace: Workspace, room: Room, views: Views) -> None:
        self.workspace = workspace
        self._room = room
        self._views = views

    def person(self, id: str) -> Person:
        """Who does it; raises Wrong."""
        person = self.workspace.person(id)
        if person is None or person.is_bot:
            known = ", ".join(one.id for one in self.workspace.people if one.id != BOT_USER)
            raise Wrong(f"There is no person {id or '(none)'}. Send one of {known} as user.")
        return person

    def channel(self, id: str, user: str) -> Channel:
        """Where, among `user`'s channels if one is named; raises Wrong."""
        channel = self.workspace.channel(id)
        if channel is None:
            known = ", ".join(one.id for one in self.workspace.channels)
            raise Wrong(f"There is no channel {id or '(none)'}. Send one of {known} as channel.")
        if user and user not in channel.members:
            raise Wrong(f"{user} is not in {channel.id}. Send a channel of theirs.")
        return channel

    def view(self, id: str, user: str) -> View:
        """The form in front of `user`; raises Wrong."""
        stack = self._views.stack(user)
        if not stack or stack[-1].id != id:
            top = f"send {stack[-1].id}, the one on top" if stack else "open one first"
            raise Wrong(f"{user} has no form {id} in front of them; {top}.")
        return stack[-1]

    def message(self, channel: Channel, ts: str, user: str) -> Message:
        """A message that everybody in the channel sees; raises Wrong."""
        message = self._room.find(channel.id, ts)
        if message is None or message.only_for:
            raise Wrong(f"{user} sees no message {ts or '(none)'} of others in {channel.id}. Send the ts of one.")
        return message


def call_route(path: str, model: type[Call], deed: Callable[[Call], Awaitable[Doc]]) -> Route:
    async def call(request: Request) -> Response:
        try:
            asked = model.model_validate_json(await request.body())
        except ValidationError as exc:
            first = exc.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "the body"
            raise Wrong(f"{path} cannot read {where}: {first['msg']}. Send {_fields(model)} as JSON.") from exc
        return JSONResponse(await deed(asked))

    return Route(path, guarded(call), methods=["POST"])


def _fields(model: type[BaseModel]) -> str:
    return ", ".join(name if field.is_required() else f"{name}?" for name, field in model.model_fields.items())


def guarded(answer: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    async def asked(request: Request) -> Response:
        try:
            return await answer(request)
        except Wrong as wrong:
            return JSONResponse({"error": str(wrong)}, 400)

    return asked
