"""Who somebody is: Slack's users.info, believed for 60 seconds. What Slack cannot say counts as no.

While Slack does not answer, a reading of at most 15 minutes still stands, so that its bad day does not stop a purge;
votes want a fresh one. Everybody is read at the start and every ten minutes, so there is one to fall back on.
"""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from bot.domain.actor import Actor, Standing
from bot.services.ports import Clock
from bot.slack.web_api import SlackApi, SlackTrouble, Trouble

log = structlog.get_logger()
BELIEVED_SECONDS = 60.0
STANDS_SECONDS = 900.0  # while Slack does not answer
READ_ALL_SECONDS = 600.0
PAGE, PAGES_MAX = 200, 10


class SlackDirectory:
    """People of the home workspace."""

    def __init__(self, api: SlackApi, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._known: dict[str, tuple[float, Mapping[str, object]]] = {}
        self._home = ""

    async def actor(self, user: str, team: str, fresh: bool = False) -> Actor:
        """The person, read at most 60 s ago; when Slack is away 15 min, unless `fresh`. Else UNREADABLE."""
        person = self._read(user, BELIEVED_SECONDS)
        if person is not None and self._home:
            return Actor(user, _standing(person, team, self._home), team)
        try:
            await self._learn(user)
        except SlackTrouble as trouble:
            return self._without_slack(user, team, fresh, trouble)
        return Actor(user, _standing(self._known[user][1], team, self._home), team)

    def _read(self, user: str, within: float) -> Mapping[str, object] | None:
        at, person = self._known.get(user, (0.0, {}))
        return person if person and self._clock.now() - at < within else None

    async def _learn(self, user: str) -> None:
        await self._learn_home()
        answer = await self._api.call("users.info", user=user)
        person = answer.get("user")
        self._known[user] = (self._clock.now(), person if isinstance(person, dict) else {})

    async def _learn_home(self) -> None:
        if not self._home:
            self._home = str((await self._api.call("auth.test")).get("team_id", ""))

    def _without_slack(self, user: str, team: str, fresh: bool, trouble: SlackTrouble) -> Actor:
        away = trouble.what in (Trouble.LOST, Trouble.LATER)
        person = self._read(user, STANDS_SECONDS) if away and not fresh else None
        log.warning("person_unreadable", user=user, error=trouble.error, stands=person is not None)
        standing = _standing(person, team, self._home) if person else Standing.AWAY if away else Standing.UNREADABLE
        return Actor(user, standing, team)

    async def read_everybody(self) -> None:
        """Read the whole workspace, ten pages at most; what Slack does not say now is asked later."""
        cursor = ""
        try:
            await self._learn_home()
            for _ in range(PAGES_MAX):
                answer = await self._api.call("users.list", limit=PAGE, **({"cursor": cursor} if cursor else {}))
                self._keep(answer.get("members"))
                more = answer.get("response_metadata")
                cursor = str(more.get("next_cursor") or "") if isinstance(more, dict) else ""
                if not cursor:
                    return
        except SlackTrouble as trouble:
            log.warning("people_unread", error=trouble.error)

    def _keep(self, members: object) -> None:
        now = self._clock.now()
        for person in members if isinstance(members, list) else []:
            if isinstance(person, dict) and isinstance(person.get("id"), str):
                self._known[person["id"]] = (now, person)


def _standing(person: Mapping[str, object], team: str, home: str) -> Standing:
    if person.get("deleted"):
        return Standing.GONE
    if person.get("is_bot") or person.get("is_app_user"):
        return Standing.BOT
    if person.get("is_stranger") or str(person.get("team_id") or home) != home or (team or home) != home:
        return Standing.STRANGER
    if person.get("is_restricted") or person.get("is_ultra_restricted"):
        return Standing.GUEST
    return Standing.MEMBER if person.get("id") else Standing.UNREADABLE
