"""Who somebody is, and who is in a user-group: what Slack says, believed for 60 seconds. What it cannot say is no.

While Slack does not answer, a reading of at most 15 minutes still stands, so that its bad day does not stop a purge;
votes want one of the last minute. Everybody is read at the start and every ten minutes, so there is one to fall back
on.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

import structlog

from bot.domain.actor import Actor, Standing
from bot.domain.policies.policy import Members
from bot.ports import Clock
from bot.slack.people import Home, Record, goes_by, is_same, plain, standing
from bot.slack.web_api import Setback, SlackApi, SlackTrouble

log = structlog.get_logger()
BELIEVED_SECONDS = 60.0
STANDS_SECONDS = 900.0  # while Slack does not answer
READ_ALL_SECONDS = 600.0
PAGE, PAGES_MAX = 200, 10
LEARNED_MAX = 30  # people of one user-group who are asked about one by one; beyond it their own acts tell
_NO_GROUP = {
    "no_such_subteam": "Slack knows no user-group {group}.",
    "plan_upgrade_required": "This Slack plan has no user-groups, so nobody is in {group}; people can be named by id.",
    "missing_scope": "purgebot may not read user-groups (scope usergroups:read), so nobody is in {group}.",
}  # Slack's errors, https://docs.slack.dev/reference/methods/usergroups.users.list
_FOR_GOOD = _NO_GROUP.keys() | {
    "access_denied",
    "account_inactive",
    "invalid_arguments",
    "invalid_auth",
    "no_permission",
    "not_allowed_token_type",
    "not_authed",
    "token_expired",
    "token_revoked",
    "user_not_visible",
}  # Slack did answer: asked again it says the same, and what it said before no longer counts


class SlackDirectory:
    """People of the home workspace."""

    def __init__(
        self, api: SlackApi, clock: Clock, names: Callable[[str, Standing], bool] = lambda user, standing: False
    ) -> None:
        """`names` says whether the policy names somebody by their own id."""
        self._api = api
        self._clock = clock
        self._names = names
        self._groups: dict[str, tuple[float, frozenset[str]]] = {}
        self._asking: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._known: dict[str, tuple[float, Record]] = {}
        self._home = Home()

    async def actor(self, user: str, team: str, within_a_minute: bool = False) -> Actor:
        """The person, read at most 60 s ago; when Slack is away 15 min, unless `within_a_minute`. Else
        UNREADABLE."""
        person = self._read(user, BELIEVED_SECONDS)
        if person is not None and self._home.team:
            return self._actor(user, person, team)
        try:
            await self._learn(user)
        except SlackTrouble as trouble:
            return self._without_slack(user, team, within_a_minute, trouble)
        return self._actor(user, self._known[user][1], team)

    async def members(self, group: str, within_a_minute: bool = False) -> Members:
        """Who is in a user-group, read at most 60 s ago; while Slack is away 15 min, unless
        `within_a_minute`. Else nobody, and why. Guests, bots and the like are not among them: a policy names those by
        their own ids."""
        async with self._asking[group]:
            found = self._in(group, BELIEVED_SECONDS)
            if found is not None:
                return self._able(found)
            try:
                answer = await self._api.call("usergroups.users.list", usergroup=group)
            except SlackTrouble as trouble:
                return self._unread(group, within_a_minute, trouble)
            users = answer.get("users")
            people = frozenset(map(str, users if isinstance(users, list) else ()))
            self._groups[group] = (self._clock.now(), people)
            await self._learn_all(people)
            return self._able(people)

    def _in(self, group: str, within: float) -> frozenset[str] | None:
        at, people = self._groups.get(group, (0.0, frozenset()))
        return people if group in self._groups and self._clock.now() - at < within else None

    def _able(self, people: frozenset[str]) -> Members:
        """Those of `people` who may act at all, as far as they are known: whoever acts is asked about anyway."""
        return Members(frozenset(user for user in people if user not in self._known or self._may(user)))

    def _may(self, user: str) -> bool:
        return standing(self._known[user][1], "", self._home) is Standing.MEMBER

    def _unread(self, group: str, within_a_minute: bool, trouble: SlackTrouble) -> Members:
        away = _is_away(trouble)
        found = self._in(group, STANDS_SECONDS) if away and not within_a_minute else None
        log.warning("group_unreadable", group=group, error=trouble.error, stands=found is not None)
        if found is not None:
            return self._able(found)
        problem = _NO_GROUP.get(trouble.error, "Slack does not say who is in {group} now.")
        return Members(problem=problem.format(group=group), is_away=away)

    def _actor(self, user: str, person: Record, team: str) -> Actor:
        stands = standing(person, team, self._home)
        named = is_same(person, team, self._home) and self._names(user, stands)
        return Actor(user, stands, team, is_named=named)

    async def named(self, name: str) -> Sequence[str]:
        """The ids of people who go by `name`: their handle, display name or real name, blanks left out."""
        wanted = plain(name)
        return [user for user, (_, person) in self._known.items() if wanted in map(plain, goes_by(person))]

    async def zone(self, user: str) -> str:
        """The time zone of `user`'s profile, read at most 15 min ago, by its name in the IANA database; "" where Slack
        says none."""
        if self._read(user, STANDS_SECONDS) is None:
            with contextlib.suppress(SlackTrouble):
                await self._learn(user)
        _, person = self._known.get(user, (0.0, {}))
        zone = person.get("tz")
        return zone if isinstance(zone, str) else ""

    async def name(self, user: str) -> str:
        """What `user` goes by; the id where that is not known."""
        _, person = self._known.get(user, (0.0, {}))
        return next((name for name in goes_by(person) if name), user)

    def _read(self, user: str, within: float) -> Record | None:
        at, person = self._known.get(user, (0.0, {}))
        return person if person and self._clock.now() - at < within else None

    async def _learn(self, user: str) -> None:
        await self._learn_home()
        answer = await self._api.call("users.info", user=user)
        person = answer.get("user")
        self._known[user] = (self._clock.now(), person if isinstance(person, dict) else {})

    async def _learn_all(self, people: Iterable[str]) -> None:
        """Ask about those of whom nothing was read of late; of whom Slack says nothing, nothing is known."""
        strange = sorted(user for user in people if self._read(user, STANDS_SECONDS) is None)
        try:
            for user in strange[:LEARNED_MAX]:
                await self._learn(user)
        except SlackTrouble as trouble:
            log.warning("person_unreadable", user=user, error=trouble.error, stands=False)

    async def _learn_home(self) -> None:
        if not self._home.team:
            answer = await self._api.call("auth.test")
            self._home = Home(str(answer.get("team_id") or ""), str(answer.get("enterprise_id") or ""))

    def _without_slack(self, user: str, team: str, within_a_minute: bool, trouble: SlackTrouble) -> Actor:
        away = _is_away(trouble)
        person = self._read(user, STANDS_SECONDS) if away and not within_a_minute else None
        log.warning("person_unreadable", user=user, error=trouble.error, stands=person is not None)
        if person:
            return self._actor(user, person, team)
        return Actor(user, Standing.AWAY if away else Standing.UNREADABLE, team)

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


def _is_away(trouble: SlackTrouble) -> bool:
    """Whether Slack did not answer, so that it may yet."""
    return trouble.what in (Setback.LOST, Setback.LATER) and trouble.error not in _FOR_GOOD
