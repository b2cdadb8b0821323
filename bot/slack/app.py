"""Slack's side, built once: Bolt behind the guard for signed HTTP, or Socket Mode when there is an app token."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import cast

import structlog
from slack_bolt.adapter.asgi.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient
from starlette.types import ASGIApp

from bot.services.setup import Core
from bot.slack.frames import Envelope
from bot.slack.guard import SlackGuard
from bot.slack.listeners import FormErrors, listen
from bot.slack.marks import Marks
from bot.slack.sockets import Sockets

log = structlog.get_logger()


def web_client(token: str, api_url: str) -> AsyncWebClient:
    """Slack's Web API. The SDK's own retries are off: the notifier waits what Slack asks and draws anew."""
    return AsyncWebClient(token=token, base_url=api_url, retry_handlers=[], timeout=6, trust_env_in_session=False)


class SlackDoor:
    """Where Slack's deliveries come in."""

    def __init__(
        self, client: AsyncWebClient, signing_secret: str, core: Core, form_errors: FormErrors, marks: Marks
    ) -> None:
        self._client = client
        self._secret = signing_secret
        self._core = core
        self._form_errors = form_errors
        self._marks = marks
        self._app = self._built()
        self._guard: SlackGuard | None = None
        self._sockets: Sockets | None = None
        self._socket_client: AsyncWebClient | None = None

    def _built(self) -> AsyncApp:
        logger = logging.getLogger("purgebot.slack")
        logger.setLevel(logging.ERROR)  # Bolt's hints are many lines each, for people who write listeners
        app = AsyncApp(
            name="purgebot",  # without a name Bolt reads the sources of the whole call stack to find one
            client=self._client, signing_secret=self._secret, authorize=_authorize(self._client),
            process_before_response=True, raise_error_for_unhandled_request=True, logger=logger,
        )  # fmt: skip
        listen(app, self._core, self._form_errors, self._marks)
        return app

    def http(self, now: Callable[[], float]) -> ASGIApp:
        """The ASGI app for `POST /slack/events`."""
        self._guard = SlackGuard(self._inner(), self._secret, now, _can_read)
        return self._guard

    def _inner(self) -> ASGIApp:
        return cast(ASGIApp, AsyncSlackRequestHandler(self._app, path="/slack/events"))

    def renew(self, bot_token: str, signing_secret: str, app_token: str) -> None:
        """From now on these count: the bot token for the next call, the signing secret for the next delivery, the
        app-level token for the next connection."""
        self._client.token = bot_token
        self._marks.become(app_token or signing_secret, self._core.clock.now())
        if self._socket_client is not None:
            self._socket_client.token = app_token
        if signing_secret != self._secret:
            self._secret = signing_secret
            self._app = self._built()
            if self._guard is not None:
                self._guard.become(self._inner(), signing_secret)

    async def connect(self, app_token: str, connections: int) -> None:
        """Open Socket Mode with so many connections and keep them until cancelled."""
        client = self._socket_client = web_client(app_token, self._client.base_url)
        self._sockets = Sockets(client, self.take, self._core.clock, self._core.dice, connections)
        await self._sockets.keep()

    async def close(self) -> None:
        """Take no more deliveries by socket; those in hand are stored and acknowledged first."""
        if self._sockets is not None:
            await self._sockets.close()

    async def take(self, envelope: Envelope) -> Mapping[str, object] | None:
        """What to acknowledge an envelope with; None where it was not taken, so that Slack sends it again."""
        again = {"x-slack-retry-num": str(envelope.attempt), "x-slack-retry-reason": envelope.why_again}
        headers: dict[str, str | Sequence[str]] = {**again} if envelope.attempt else {}
        try:
            request = AsyncBoltRequest(mode="socket_mode", body=dict(envelope.payload), headers=headers)
            response = await self._app.async_dispatch(request)
        except Exception as exc:  # Bolt reads payloads before any listener, and raises whatever a strange one leads to
            log.error("payload_unreadable", kind=envelope.kind, error=repr(exc))
            return None
        return _said(response.body) if response.status == 200 else None


def _can_read(body: str, content_type: str) -> bool:
    """Whether Bolt can take a request apart, which it does before any listener."""
    try:
        AsyncBoltRequest(body=body, headers={"content-type": content_type} if content_type else {})
    except Exception as exc:  # it raises whatever a strange body leads to
        log.warning("payload_unreadable", kind="http", error=type(exc).__name__)
        return False
    return True


def _said(body: str) -> Mapping[str, object]:
    """A listener's ack as it goes into an envelope's answer."""
    if not body.startswith("{"):
        return {"text": body} if body else {}
    doc = json.loads(body)
    return doc if isinstance(doc, dict) else {}


def _authorize(client: AsyncWebClient) -> Callable[..., Awaitable[AuthorizeResult]]:
    """Who we are, without asking Slack for every delivery: a delivery must be taken while its Web API is down."""

    async def authorize(enterprise_id: str | None, team_id: str | None, user_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=enterprise_id, team_id=team_id, bot_token=client.token, bot_id="B0", bot_user_id="U0"
        )

    return authorize
