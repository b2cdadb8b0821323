"""Slack's side, built once: Bolt behind the guard for signed HTTP, or Socket Mode when there is an app token."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import cast

import structlog
from slack_bolt.adapter.asgi.async_handler import AsyncSlackRequestHandler
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from starlette.types import ASGIApp

from bot.services.setup import Core
from bot.slack.guard import SlackGuard
from bot.slack.listeners import FormErrors, listen

log = structlog.get_logger()
CLOSE_SECONDS = 3.0  # close_async alone may wait ten
CONNECT_AGAIN_MAX = 30.0


def web_client(token: str, api_url: str) -> AsyncWebClient:
    """Slack's Web API. The SDK's own retries are off: the notifier waits what Slack asks and draws anew."""
    return AsyncWebClient(token=token, base_url=api_url, retry_handlers=[], timeout=6, trust_env_in_session=False)


class SlackDoor:
    """Where Slack's deliveries come in."""

    def __init__(self, client: AsyncWebClient, signing_secret: str, core: Core, form_errors: FormErrors) -> None:
        self._client = client
        self._secret = signing_secret
        self._core = core
        logger = logging.getLogger("purgebot.slack")
        logger.setLevel(logging.ERROR)  # Bolt's hints are many lines each, for people who write listeners
        self._app = AsyncApp(
            client=client, signing_secret=signing_secret, authorize=_authorize(client), process_before_response=True,
            raise_error_for_unhandled_request=True, logger=logger,
        )  # fmt: skip
        listen(self._app, core, form_errors)
        self._socket: AsyncSocketModeHandler | None = None

    def http(self, now: Callable[[], float]) -> ASGIApp:
        """The ASGI app for `POST /slack/events`."""
        inner = cast(ASGIApp, AsyncSlackRequestHandler(self._app, path="/slack/events"))
        return SlackGuard(inner, self._secret, now)

    async def connect(self, app_token: str) -> None:
        """Open Socket Mode and keep it; while Slack is away, try again."""
        wait = 1.0
        while True:
            try:
                self._socket = AsyncSocketModeHandler(self._app, app_token, web_client=self._client)
                await self._socket.connect_async()  # type: ignore[no-untyped-call]
                log.info("socket_connected")
                return
            except (SlackApiError, SlackClientError, OSError, TimeoutError) as exc:
                log.warning("socket_not_connected", error=type(exc).__name__, again_in=wait)
            await self._core.clock.sleep(wait)
            wait = min(wait * 2, CONNECT_AGAIN_MAX)

    async def close(self) -> None:
        """Take no more deliveries by socket."""
        if self._socket is None:
            return
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._socket.close_async()  # type: ignore[no-untyped-call]
        except TimeoutError:
            log.warning("socket_close_late")


def _authorize(client: AsyncWebClient) -> Callable[..., Awaitable[AuthorizeResult]]:
    """Who we are, without asking Slack for every delivery: a delivery must be taken while its Web API is down."""

    async def authorize(enterprise_id: str | None, team_id: str | None, user_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=enterprise_id, team_id=team_id, bot_token=client.token, bot_id="B0", bot_user_id="U0"
        )

    return authorize
