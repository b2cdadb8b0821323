"""Home tabs are drawn from the ledger, as cards are: for who opened theirs lately, anew when something on it changed.

One budget for everybody, since Slack counts views.publish over the whole workspace; who has just opened or clicked goes
first, the latest state wins, and what shows the same already costs nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import structlog

from bot.domain.actor import Standing
from bot.ledger.books import Books
from bot.ledger.homes import Home
from bot.services.home import home_of
from bot.services.replies import Refusal, Reply
from bot.services.setup import HOME, Core
from bot.services.voting.roster import read_roster
from bot.slack.cards.home import home_view
from bot.slack.web_api import Setback, SlackApi, SlackTrouble
from providers.contract import Pace

log = structlog.get_logger()
ACCOUNT, BUCKET = "slack", "publish"
PUBLISHES = Pace(  # tier 4 is 100+ a minute for the whole workspace
    80, 60.0, 16, source="https://docs.slack.dev/apis/web-api/rate-limits", checked="2026-11-23"
)
OPEN_SECONDS = 12 * 3600.0  # after an opening; a tab that nobody came back to is not drawn
RUN_SECONDS = 2.0
BACKOFF_MAX = 30.0  # seconds between two tries while Slack is away
_NEVER = frozenset({"not_enabled", "invalid_arguments", "view_too_large", "user_not_found", "missing_scope"})


class HomeTabs:
    """Draws the tabs that are due."""

    def __init__(self, core: Core, api: SlackApi) -> None:
        self._core = core
        self._api = api
        self._not_before = 0.0  # when the budget has a call again

    async def run(self) -> None:
        """Draw for RUN_SECONDS at most, then come back for the rest."""
        now = self._core.clock.now()
        due = await self._core.ledger.read(lambda books: books.homes.next_due())
        if due is None:
            return
        if max(due, self._not_before) <= now:
            await self._draw_due(now)
            due = await self._core.ledger.read(lambda books: books.homes.next_due())
        if due is not None:
            self._core.engine.wake(HOME, max(due, self._not_before))

    async def _draw_due(self, now: float) -> None:
        ends = self._core.clock.monotonic() + RUN_SECONDS
        for home in await self._core.ledger.write(lambda books: books.homes.begin(now, now - OPEN_SECONDS)):
            if self._core.clock.monotonic() >= ends or self._core.clock.now() < self._not_before:
                return
            try:
                await self._draw(home)
            except SlackTrouble as trouble:
                await self._troubled(home, trouble)

    async def _draw(self, home: Home) -> None:
        """Have Slack show the tab as it is now. Raises SlackTrouble."""
        actor = await self._core.directory.actor(home.user, home.team)
        if actor.standing is Standing.AWAY:
            raise SlackTrouble(Setback.LATER, "person_unreadable")
        roster = await read_roster(self._core)
        if any(members.is_away for members in roster.values()):
            raise SlackTrouble(Setback.LATER, "group_unreadable")
        view = home_view(await home_of(self._core, actor, roster), self._core.clock.now(), home.note)
        shown = hashlib.sha256(json.dumps(view, sort_keys=True).encode()).hexdigest()
        if shown != home.shown:
            if not await self._may_publish():
                return
            await self._api.call("views.publish", user_id=home.user, view=view)
        now = self._core.clock.now()
        await self._core.ledger.write(lambda books: books.homes.shown(home, shown, now))

    async def _may_publish(self) -> bool:
        """Take one call from the budget, or know when there is one."""
        now, paces = self._core.clock.now(), {BUCKET: PUBLISHES}
        self._not_before = await self._core.ledger.write(
            lambda books: books.budgets.take(ACCOUNT, [(BUCKET, 1)], paces, now)
        )
        return not self._not_before

    async def _troubled(self, home: Home, trouble: SlackTrouble) -> None:
        log.warning("home_not_shown", user=home.user, error=trouble.error)
        now = self._core.clock.now()
        if trouble.what is Setback.NEVER or trouble.error in _NEVER:
            await self._core.ledger.write(lambda books: books.homes.forget(home))
            return
        at = now + (trouble.retry_after or min(BACKOFF_MAX, 0.5 * 2.0 ** min(home.tries, 10)))

        def deed(books: Books) -> None:
            books.homes.later(home, at)
            if trouble.retry_after:
                books.budgets.block(ACCOUNT, [BUCKET], at, now)

        await self._core.ledger.write(deed)


async def opened(core: Core, body: Mapping[str, object], reply: Reply | None = None) -> None:
    """Somebody opened their tab, or clicked on it and got `reply`: it is drawn at once."""
    user, team, blank = str(body.get("user")), str(body.get("team")), bool(body.get("blank"))
    note = (reply.what, reply.advice) if isinstance(reply, Refusal) else ("", "")
    now = core.clock.now()
    await core.ledger.write(lambda books: books.homes.opened(user, team, now, blank, note))
    core.engine.wake(HOME)
