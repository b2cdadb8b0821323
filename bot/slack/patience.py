"""Slack's Web API for who has time: what Slack wants later is asked once more, when it says."""

from __future__ import annotations

from collections.abc import Mapping

from slack_sdk.web.async_client import AsyncWebClient

from bot.ports import Clock
from bot.slack.web_api import SlackApi, SlackTrouble

WAITS_MOST = 60.0  # seconds, in all


class PatientApi(SlackApi):
    """Waits out Slack's rate limits, `most` seconds in all; then raises SlackTrouble as any other."""

    def __init__(self, client: AsyncWebClient, clock: Clock, most: float = WAITS_MOST) -> None:
        super().__init__(client)
        self._clock = clock
        self._left = most

    async def call(self, method: str, **arguments: object) -> Mapping[str, object]:
        """Call `method`, and again while Slack only wants to be asked later. Raises SlackTrouble."""
        while True:
            try:
                return await super().call(method, **arguments)
            except SlackTrouble as trouble:
                if not trouble.retry_after or trouble.retry_after > self._left:
                    raise
                self._left -= trouble.retry_after
                await self._clock.sleep(trouble.retry_after)
