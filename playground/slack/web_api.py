"""The Web API's door: token, scope, rate limit, then the method; and the bad days that the playground can switch on.

Sources, read 2026-11-23: https://docs.slack.dev/apis/web-api, …/rate-limits, https://docs.slack.dev/reference/scopes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from playground.cut import cut, gone
from playground.faults import SLOW_SECONDS, THROTTLE_SECONDS, Faults
from playground.requests import Requests
from playground.slack.asking import Arguments, Doc, Refusal, read
from playground.slack.limits import Limits

ACCOUNT = "slack"
HOLD_SECONDS = 10.0
PAGE = "<!doctype html><title>Slack</title><h1>Something is not right here</h1>"

Method = Callable[[Arguments], Awaitable[Doc]]
NO_JSON = frozenset({"files.getUploadURLExternal"})  # whose arguments come by query or form alone

SCOPES = {
    "bots.info": "users:read",
    "chat.delete": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "conversations.history": "channels:history",
    "conversations.info": "channels:read",
    "conversations.members": "channels:read",
    "conversations.open": "im:write",
    "conversations.replies": "channels:history",
    "files.completeUploadExternal": "files:write",
    "files.delete": "files:write",
    "files.getUploadURLExternal": "files:write",
    "files.info": "files:read",
    "reactions.add": "reactions:write",
    "usergroups.list": "usergroups:read",
    "usergroups.users.list": "usergroups:read",
    "users.info": "users:read",
    "users.list": "users:read",
}
GRANTED = (  # what manifest.yml asks for
    "app_mentions:read", "channels:history", "channels:read", "chat:write", "chat:write.public", "commands",
    "files:read", "files:write", "groups:history", "groups:read", "im:write", "usergroups:read", "users:read",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tokens:
    """The app's two tokens, and what the bot's one may do."""

    bot: str = field(repr=False)
    app: str = field(repr=False)
    scopes: tuple[str, ...] = GRANTED

    def judge(self, method: str, token: str) -> None:
        """Raise Refusal unless `token` may call `method`."""
        if not token:
            raise Refusal("not_authed")
        if token not in (self.bot, self.app):
            raise Refusal("invalid_auth")
        if (token == self.app) != (method == "apps.connections.open"):
            raise Refusal("not_allowed_token_type")
        needed = SCOPES.get(method, "")
        if token == self.bot and needed and needed not in self.scopes:
            raise Refusal("missing_scope", needed=needed, provided=",".join(self.scopes))


class Door:
    """What every request from the bot meets first: a record, and the fault that is switched on."""

    def __init__(self, requests: Requests, faults: Faults) -> None:
        self._requests = requests
        self._faults = faults

    async def pass_through(
        self, scope: Scope, receive: Receive, send: Send, path: str, answer: Callable[[Request, str], Awaitable[Answer]]
    ) -> None:
        """Have `answer` answer the request, or the fault."""
        fault = self._faults.take(ACCOUNT)
        request = Request(scope, receive)
        try:
            await request.body()
        except ClientDisconnect:
            return
        if fault == "slow":
            await asyncio.sleep(SLOW_SECONDS)
        answered = await answer(request, fault)
        status = 0 if fault in ("down", "reset") else answered.response.status_code
        self._requests.record(ACCOUNT, request.method, path, answered.body, status, fault)
        if fault == "timeout_after_effect":
            await _hold(receive)
        if fault in ("down", "reset", "timeout_after_effect"):
            await cut(scope, receive, send)
            return
        await answered.response(scope, receive, send)


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back, and the request's body for the record, without credentials."""

    response: Response
    body: str


class WebApi:
    """`/{method}`: an ASGI app."""

    def __init__(self, door: Door, tokens: Tokens, limits: Limits, methods: Mapping[str, Method]) -> None:
        self._door = door
        self._tokens = tokens
        self._limits = limits
        self._methods = methods

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            path = f"/api/{scope['path_params']['method']}"
            await self._door.pass_through(scope, receive, send, path, self._answer)

    async def _answer(self, request: Request, fault: str) -> Answer:
        method, headers = str(request.path_params["method"]), request.headers
        try:
            asked = read(
                request.url.query, headers.get("content-type", ""), await request.body(),
                headers.get("authorization", ""),
            )  # fmt: skip
        except Refusal as refusal:
            return Answer(ill(fault) or self._json(refusal.answer()), "")
        if method in NO_JSON and "json" in headers.get("content-type", ""):
            asked = Arguments({}, asked.token)
        response = ill(fault) or await self._called(method, asked)
        return Answer(response, asked.shown())

    async def _called(self, method: str, asked: Arguments) -> Response:
        try:
            if method not in self._methods:
                raise Refusal("unknown_method", req_method=method)
            if method != "api.test":
                self._tokens.judge(method, asked.token)
            wait = self._limits.take(method, asked.text("channel"))
            if wait:
                return throttled(wait)
            return self._json(await self._methods[method](asked))
        except Refusal as refusal:
            return self._json(refusal.answer())

    def _json(self, doc: Doc) -> Response:
        return JSONResponse(doc, headers={"x-oauth-scopes": ",".join(self._tokens.scopes)})


def ill(fault: str) -> Response | None:
    """What Slack answers on a bad day, having done nothing; None where the fault is of another kind."""
    match fault:
        case "throttle":
            return throttled(THROTTLE_SECONDS)
        case "error500":
            return JSONResponse({"ok": False, "error": "internal_error"}, 500)
        case "html":
            return HTMLResponse(PAGE)
        case "bad_token":
            return JSONResponse({"ok": False, "error": "invalid_auth"})
        case "forbidden":
            return JSONResponse(
                {"ok": False, "error": "missing_scope", "needed": "chat:write", "provided": "commands"},
                headers={"x-oauth-scopes": "commands"},
            )
        case "down" | "reset":
            return Response(status_code=502)
        case _:
            return None


def throttled(seconds: int) -> Response:
    """Slack's 429."""
    return JSONResponse({"ok": False, "error": "ratelimited"}, 429, {"retry-after": str(seconds)})


async def _hold(receive: Receive) -> None:
    """Say nothing until the caller has had enough."""
    try:
        async with asyncio.timeout(HOLD_SECONDS):
            await gone(receive)
    except TimeoutError:
        return
