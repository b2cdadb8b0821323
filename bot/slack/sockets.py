"""Socket Mode kept up: several connections, so that one which ends takes no click with it.

Slack sends each payload to any one of them. The SDK's own client closes a connection before it opens the next, so that
one alone has a gap at each refresh; here the next is opened first, and the others bridge what Slack itself cuts.
"""

from __future__ import annotations

import asyncio

import aiohttp
import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.ports import Clock, Dice
from bot.slack.connection import CLOSE_SECONDS, Connection, Take
from bot.slack.frames import Reason
from bot.slack.web_api import SlackApi, SlackTrouble

log = structlog.get_logger()
MOST = 10  # connections of one app, https://docs.slack.dev/apis/events-api/using-socket-mode
PING_SECONDS = 10.0  # without an answer within half of it, a connection is lost
HELLO_SECONDS = 10.0
STOP_SECONDS = 3.0
WAIT_FIRST, WAIT_MOST = 1.0, 60.0  # apps.connections.open is Tier 1: about one a minute in the long run
DISABLED_WAIT = 60.0
STEADY_SECONDS = 30.0  # one that lived as long is replaced at once
KEPT_UNTIL_REPLACED = (Reason.WARNING, Reason.REFRESH)
ADVICE_TOO_MANY = "Another process holds connections of this app: end it, or set SLACK_CONNECTIONS lower in both."
ADVICE_DISABLED = "Turn Socket Mode on in the app's settings at Slack; purgebot then connects by itself."


class NotOpened(Exception):
    """An attempt that gave no connection; `wait` is what Slack asks for, in seconds."""

    def __init__(self, error: str, wait: float = 0.0) -> None:
        super().__init__(error)
        self.error = error
        self.wait = wait


class Sockets:
    """Keeps `wanted` connections; `client` carries the app-level token."""

    def __init__(
        self, client: AsyncWebClient, take: Take, clock: Clock, dice: Dice, wanted: int, ping: float = PING_SECONDS
    ) -> None:
        self._client = client
        self._api = SlackApi(client)
        self._take = take
        self._clock = clock
        self._dice = dice
        self._wanted = wanted
        self._ping = ping
        self._open: set[Connection] = set()
        self._opening = asyncio.Lock()
        self._told_disabled = False
        self._session: aiohttp.ClientSession | None = None

    async def keep(self) -> None:
        """Hold the connections until cancelled; then they go on until `close`."""
        async with asyncio.TaskGroup() as seats:
            for _ in range(self._wanted):
                seats.create_task(self._seat())

    async def close(self) -> None:
        """Acknowledge what is in hand and close every connection, within STOP_SECONDS."""
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await asyncio.gather(*(connection.leave() for connection in self._open))
        except TimeoutError:
            log.warning("socket_close_late")
        if self._session is not None:
            await self._session.close()

    async def _seat(self) -> None:
        """One connection after another; one that Slack means to close is kept until its successor is open."""
        short_lives = 0
        old: Connection | None = None
        while True:
            await self._clock.sleep(self._spaced(short_lives))
            fresh = await self._replaced(old)
            if fresh is None:
                return
            since = self._clock.monotonic()
            reason = await fresh.over()
            short_lives = 0 if self._clock.monotonic() - since >= STEADY_SECONDS else short_lives + 1
            old = fresh if reason in KEPT_UNTIL_REPLACED else None
            if old is None:
                await self._leave(fresh)
            if reason is Reason.TOO_MANY and self._is_one_less():
                return
            if reason is Reason.DISABLED:
                self._tell_disabled()
                await self._clock.sleep(DISABLED_WAIT)

    def _is_one_less(self) -> bool:
        """Whether there may be one connection less from now on."""
        if self._wanted == 1:
            return False
        self._wanted -= 1
        log.warning("socket_too_many", kept=self._wanted, advice=ADVICE_TOO_MANY)
        return True

    async def _leave(self, connection: Connection) -> None:
        await connection.leave()
        self._open.discard(connection)

    async def _replaced(self, old: Connection | None) -> Connection | None:
        """A new connection, and only then `old` is left; None where Slack says that there are too many.

        One seat at a time, so that no two try at once. Ten are the most: there the other nine bridge the gap."""
        async with self._opening:
            if old is not None and len(self._open) >= MOST:
                await self._leave(old)
            fresh = await self._opened()
            if old is not None:
                await self._leave(old)
            return fresh

    async def _opened(self) -> Connection | None:
        """What an attempt gives, spaced while they give nothing."""
        tries = 0
        while True:
            try:
                return await self._attempt()
            except NotOpened as trouble:
                if trouble.error == Reason.TOO_MANY and self._is_one_less():
                    return None
                tries += 1
                wait = max(trouble.wait, self._spaced(tries))
                self._tell(trouble, wait)
            await self._clock.sleep(wait)

    async def _attempt(self) -> Connection:
        try:
            answer = await self._api.call("apps.connections.open")
        except SlackTrouble as trouble:
            raise NotOpened(trouble.error, trouble.retry_after) from trouble
        connection = Connection(await self._dialled(str(answer.get("url", ""))), self._take)
        self._open.add(connection)
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                await connection.greeted()
        except TimeoutError as exc:
            await self._leave(connection)
            raise NotOpened("no hello") from exc
        return await self._judged(connection)

    async def _judged(self, connection: Connection) -> Connection:
        reason = connection.reason
        if reason is None or reason in KEPT_UNTIL_REPLACED:
            self._told_disabled = False
            log.info("socket_connected", open=len(self._open))
            return connection
        await self._leave(connection)
        raise NotOpened(str(reason), DISABLED_WAIT if reason is Reason.DISABLED else 0.0)

    async def _dialled(self, url: str) -> aiohttp.ClientWebSocketResponse:
        if self._session is None:
            self._session = aiohttp.ClientSession(trust_env=False)
        patience = aiohttp.ClientWSTimeout(ws_close=CLOSE_SECONDS)
        secure = self._client.ssl if self._client.ssl is not None else True
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                return await self._session.ws_connect(
                    url, heartbeat=self._ping, timeout=patience, proxy=self._client.proxy, ssl=secure
                )
        except (aiohttp.ClientError, OSError, TimeoutError, AssertionError) as exc:  # the last: cut at the handshake
            raise NotOpened(type(exc).__name__) from exc

    def _tell(self, trouble: NotOpened, wait: float) -> None:
        if trouble.error == Reason.DISABLED:
            self._tell_disabled()
            return
        log.warning("socket_not_connected", error=trouble.error, again_in=round(wait, 1))

    def _tell_disabled(self) -> None:
        """Once, until it is on again."""
        if not self._told_disabled:
            log.error("socket_mode_is_off", advice=ADVICE_DISABLED)
        self._told_disabled = True

    def _spaced(self, tries: int) -> float:
        """Seconds before the next attempt after `tries` that came to nothing: doubled each time, half of it by chance,
        so that bots which lost Slack together do not come back together."""
        if not tries:
            return 0.0
        whole = min(WAIT_FIRST * 2.0 ** (min(tries, 16) - 1), WAIT_MOST)
        return whole * (0.5 + 0.5 * self._dice.fraction())
