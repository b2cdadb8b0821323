"""Who somebody is: Slack's users.info, believed for 60 seconds. What Slack cannot say counts as no."""

from __future__ import annotations

import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.actor import Actor, Standing
from bot.services.ports import Clock

log = structlog.get_logger()
BELIEVED_SECONDS = 60.0


class SlackDirectory:
    """People of the home workspace. `home` is its team id, learned from auth.test."""

    def __init__(self, client: AsyncWebClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._known: dict[tuple[str, str], tuple[float, Actor]] = {}
        self.home = ""

    async def actor(self, user: str, team: str) -> Actor:
        """The person, read at most 60 s ago; UNREADABLE when Slack cannot say."""
        known = self._known.get((user, team))
        now = self._clock.now()
        if known is not None and now - known[0] < BELIEVED_SECONDS:
            return known[1]
        try:
            answer = await self._client.users_info(user=user)
            if not self.home:
                self.home = str((await self._client.auth_test()).get("team_id", ""))
        except (SlackApiError, SlackClientError, OSError, TimeoutError) as exc:
            log.warning("person_unreadable", user=user, error=type(exc).__name__)
            return Actor(user, Standing.UNREADABLE, team)
        person = answer.get("user")
        actor = Actor(user, _standing(person if isinstance(person, dict) else {}, team, self.home), team)
        self._known[(user, team)] = (now, actor)
        return actor


def _standing(person: dict[str, object], team: str, home: str) -> Standing:
    if person.get("deleted"):
        return Standing.GONE
    if person.get("is_bot") or person.get("is_app_user"):
        return Standing.BOT
    if person.get("is_stranger") or str(person.get("team_id") or home) != home or (team or home) != home:
        return Standing.STRANGER
    if person.get("is_restricted") or person.get("is_ultra_restricted"):
        return Standing.GUEST
    return Standing.MEMBER if person.get("id") else Standing.UNREADABLE
