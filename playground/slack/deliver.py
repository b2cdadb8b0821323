"""From Slack to the bot: signed HTTP or an open socket, a 3 s deadline, and events again until they are taken.

Sources, read 2026-11-23: https://docs.slack.dev/authentication/verifying-requests-from-slack,
https://docs.slack.dev/apis/events-api (three retries; `x-slack-no-retry: 1` stops them).
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import httpx

from playground.slack.socket import Sockets
from playground.store import Store

DEADLINE_SECONDS = 3.0
RETRY_WAITS = (0.0, 2.0, 5.0)  # Slack waits 0, 1 and 5 minutes
COMMANDS, INTERACTIVE, EVENTS = "slash_commands", "interactive", "events_api"

SCHEMA = """CREATE TABLE IF NOT EXISTS slack_events (
    id TEXT PRIMARY KEY, payload TEXT NOT NULL, tries INTEGER NOT NULL, reason TEXT NOT NULL)"""
# A connection that rests longer may be closed by the bot (uvicorn: after 5 s) in the moment in which it is used again.
_LIMITS = httpx.Limits(keepalive_expiry=2.0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a delivery: the bot's status (0 for none) and body, and what Slack calls it where it went wrong."""

    status: int
    ack: object = None
    error: str = ""
    no_retry: bool = False


class Post:
    """Delivers. `mode` is "http", "socket", or "auto": by socket while one is open."""

    def __init__(
        self,
        store: Store,
        sockets: Sockets,
        now: Callable[[], float],
        url: Callable[[], str],
        secret: str,
        mode: str = "auto",
        deadline: float = DEADLINE_SECONDS,
        retry_waits: Sequence[float] = RETRY_WAITS,
    ) -> None:
        self._store = store
        self._sockets = sockets
        self._now = now
        self._url = url
        self._secret = secret.encode()
        self._mode = mode
        self._deadline = deadline
        self._retry_waits = retry_waits
        self._client: httpx.AsyncClient | None = None
        self._retries: set[asyncio.Task[None]] = set()
        store.execute(SCHEMA)

    async def command(self, fields: Mapping[str, str]) -> Outcome:
        """A slash command; never sent again."""
        return await self._send(COMMANDS, fields)

    async def interaction(self, payload: Mapping[str, object]) -> Outcome:
        """A click or a form; never sent again."""
        return await self._send(INTERACTIVE, payload)

    async def event(self, payload: Mapping[str, object]) -> Outcome:
        """An event: kept, sent, and sent up to three times more until the bot says 200."""
        id = str(payload["event_id"])
        self._store.execute("INSERT INTO slack_events VALUES (?, ?, 0, '')", (id, json.dumps(payload)))
        outcome = await self._try(id, payload, 0, "")
        self._retry(id)
        return outcome

    def resume(self) -> None:
        """Send what was not taken before the playground went down."""
        for row in self._store.rows("SELECT id FROM slack_events"):
            self._retry(str(row["id"]))

    def reset(self) -> None:
        """Send nothing again."""
        for task in self._retries:
            task.cancel()
        self._store.execute("DELETE FROM slack_events")

    async def settled(self) -> None:
        """Return once every event was taken or given up."""
        await asyncio.gather(*self._retries, return_exceptions=True)

    async def stop(self) -> None:
        """Send nothing more; what was not taken is kept."""
        for task in self._retries:
            task.cancel()
        await asyncio.gather(*self._retries, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _retry(self, id: str) -> None:
        if not self._store.rows("SELECT 1 FROM slack_events WHERE id = ?", (id,)):
            return
        task = asyncio.get_running_loop().create_task(self._until_taken(id))
        self._retries.add(task)
        task.add_done_callback(self._retries.discard)

    async def _until_taken(self, id: str) -> None:
        while rows := self._store.rows("SELECT * FROM slack_events WHERE id = ?", (id,)):
            tries = int(rows[0]["tries"])
            await asyncio.sleep(self._retry_waits[min(tries, len(self._retry_waits)) - 1] if tries else 0.0)
            await self._try(id, json.loads(rows[0]["payload"]), tries, str(rows[0]["reason"]))

    async def _try(self, id: str, payload: Mapping[str, object], retry: int, reason: str) -> Outcome:
        outcome = await self._send(EVENTS, payload, retry, reason)
        if outcome.status == 200 or outcome.no_retry or retry >= len(self._retry_waits):
            self._store.execute("DELETE FROM slack_events WHERE id = ?", (id,))
            return outcome
        why = "http_timeout" if outcome.error == "operation_timeout" else "http_error"
        self._store.execute("UPDATE slack_events SET tries = ?, reason = ? WHERE id = ?", (retry + 1, why, id))
        return outcome

    async def _send(self, kind: str, payload: Mapping[str, object], retry: int = 0, reason: str = "") -> Outcome:
        by_socket = self._mode == "socket" or (self._mode == "auto" and self._sockets.count > 0)
        try:
            async with asyncio.timeout(self._deadline):
                if by_socket:
                    return await self._by_socket(kind, payload, retry, reason)
                return await self._by_http(kind, payload, retry, reason)
        except TimeoutError:
            return Outcome(0, error="operation_timeout")
        except (httpx.HTTPError, OSError):
            return Outcome(0, error="dispatch_unreachable")

    async def _by_socket(self, kind: str, payload: Mapping[str, object], retry: int, reason: str) -> Outcome:
        ack = await self._sockets.deliver(kind, payload, retry, reason.replace("http_", ""))
        return Outcome(200, ack.get("payload")) if ack is not None else Outcome(0, error="dispatch_unreachable")

    async def _by_http(self, kind: str, payload: Mapping[str, object], retry: int, reason: str) -> Outcome:
        if self._client is None:
            self._client = httpx.AsyncClient(
                trust_env=False, verify=False, timeout=None, follow_redirects=False, limits=_LIMITS
            )
        headers = {"x-slack-retry-num": str(retry), "x-slack-retry-reason": reason} if retry else {}
        content_type, body = _body(kind, payload)
        signed = signature(self._secret, int(self._now()), body)
        answer = await self._client.post(
            self._url(), content=body, headers={"content-type": content_type, **signed, **headers}
        )
        error = "" if answer.status_code == 200 else "dispatch_refused"
        no_retry = answer.headers.get("x-slack-no-retry") == "1"
        return Outcome(answer.status_code, _ack(answer.text), error, no_retry)


def signature(secret: bytes, at: int, body: bytes) -> dict[str, str]:
    """The two headers that say a body is Slack's, at second `at`."""
    digest = hmac.new(secret, b"v0:%d:" % at + body, hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": str(at), "x-slack-signature": f"v0={digest}"}


def _body(kind: str, payload: Mapping[str, object]) -> tuple[str, bytes]:
    match kind:
        case "events_api":
            return "application/json", json.dumps(payload).encode()
        case "interactive":
            return "application/x-www-form-urlencoded", urlencode({"payload": json.dumps(payload)}).encode()
        case _:
            return "application/x-www-form-urlencoded", urlencode(payload).encode()


def _ack(text: str) -> object:
    """A body as Slack reads it: nothing, JSON, or plain text."""
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text
