"""Slack's Web API as the notifier needs it: one attempt, its limits as budgets in the ledger, errors by what to do."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from providers.contract import Pace

CALL_SECONDS = 6.0
KEPT_SECONDS = 3.0  # that an idle connection is kept: shorter than any server closes one, so that no post meets the end
_DOCS = "https://docs.slack.dev/apis/web-api/rate-limits"
UPDATES = Pace(40, 60.0, 8, source=_DOCS, checked="2026-11-23")  # tier 3 is 50+ a minute for the whole workspace
POSTS = Pace(1, 1.0, 2, source=_DOCS, checked="2026-11-23")  # about one a second in a channel
READS = Pace(40, 60.0, 8, source=_DOCS, checked="2026-11-23")  # conversations.history, tier 3


class Setback(StrEnum):
    """What follows from an answer that is not ok."""

    LATER = "later"  # nothing was taken: again, after `retry_after`
    LOST = "lost"  # sent, answer lost: look before posting again
    ELSEWHERE = "elsewhere"  # the bot cannot post there
    GONE = "gone"  # the message is not there any more
    NEVER = "never"  # Slack will not take this


@dataclass(frozen=True, slots=True)
class SlackTrouble(Exception):
    """An attempt that did not succeed."""

    what: Setback
    error: str
    retry_after: float = 0.0  # seconds that Slack asked to wait before the next call of that method; 0 when it did not


# Methods that take no JSON; the SDK asks them by GET too.
_READS = frozenset(
    {
        "auth.test",
        "chat.getPermalink",
        "conversations.history",
        "conversations.replies",
        "files.getUploadURLExternal",
        "files.info",
        "usergroups.users.list",
        "users.info",
        "users.list",
    }
)

_BY_ERROR = {
    "user_not_found": Setback.NEVER,
    "missing_scope": Setback.NEVER,
    "trigger_expired": Setback.NEVER,
    "trigger_exchanged": Setback.NEVER,
    "expired_trigger_id": Setback.NEVER,
    "exchanged_trigger_id": Setback.NEVER,
    "invalid_trigger_id": Setback.NEVER,
    "not_in_channel": Setback.ELSEWHERE,
    "channel_not_found": Setback.ELSEWHERE,
    "is_archived": Setback.ELSEWHERE,
    "restricted_action": Setback.ELSEWHERE,
    "message_not_found": Setback.GONE,
    "cant_update_message": Setback.GONE,
    "edit_window_closed": Setback.GONE,
    "thread_not_found": Setback.GONE,
    "msg_too_long": Setback.NEVER,
    "msg_blocks_too_long": Setback.NEVER,
    "invalid_blocks": Setback.NEVER,
    "invalid_blocks_format": Setback.NEVER,
    "no_text": Setback.NEVER,
}


class SlackApi:
    """One attempt each; raises SlackTrouble."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    @property
    def token(self) -> str:
        """The bot token: for Slack's own hosts and nobody else."""
        return self._client.token or ""

    @property
    def address(self) -> str:
        """Where the Web API is."""
        return self._client.base_url

    def keep(self) -> None:
        """From now on calls that follow each other share a connection, and only the first waits for its handshakes."""
        self._client.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(keepalive_timeout=KEPT_SECONDS),
            timeout=aiohttp.ClientTimeout(total=CALL_SECONDS), cookie_jar=aiohttp.DummyCookieJar(),
        )  # fmt: skip

    async def close(self) -> None:
        """Let go of what is kept."""
        if self._client.session is not None:
            await self._client.session.close()

    async def call(self, method: str, **arguments: object) -> Mapping[str, object]:
        """Call `method` once. Unfurls are off: Slack's crawler would fetch the very URL that was purged."""
        verb = "GET" if method in _READS else "POST"
        body = {"params": arguments} if verb == "GET" else {"json": arguments}
        try:
            async with asyncio.timeout(CALL_SECONDS):
                answer = await self._client.api_call(method, http_verb=verb, **body)
        except SlackApiError as exc:
            raise _from_answer(exc) from exc
        except aiohttp.ClientConnectorError as exc:
            raise SlackTrouble(Setback.LATER, type(exc).__name__) from exc
        except (aiohttp.ClientError, SlackClientError, OSError, TimeoutError, ValueError) as exc:
            raise SlackTrouble(Setback.LOST, type(exc).__name__) from exc
        data = answer.data
        return data if isinstance(data, dict) else {}


def _from_answer(exc: SlackApiError) -> SlackTrouble:
    response = exc.response
    data = getattr(response, "data", None)
    error = str(data.get("error", "")) if isinstance(data, dict) else ""
    status = int(getattr(response, "status_code", 0) or 0)
    if status == 429 or error == "ratelimited":
        headers = {str(k).lower(): v for k, v in dict(getattr(response, "headers", {})).items()}
        return SlackTrouble(Setback.LATER, "ratelimited", _seconds(headers.get("retry-after")))
    if error in _BY_ERROR:
        return SlackTrouble(_BY_ERROR[error], error)
    return SlackTrouble(Setback.LOST if status >= 500 or not error else Setback.LATER, error or str(status))


def _seconds(value: object) -> float:
    text = str(value or "1")
    return min(max(float(text), 1.0), 120.0) if text.isdigit() else 1.0
