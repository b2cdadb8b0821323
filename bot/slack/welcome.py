"""The first word in a channel that the bot was invited to: once an invitation, also after a crash or a lost answer."""

from __future__ import annotations

import structlog

from bot.ledger.intake import Delivery
from bot.services.setup import Core
from bot.slack.cards.welcome import welcome_card
from bot.slack.posts import Known, Posts, backoff
from bot.slack.web_api import Setback, SlackApi, SlackTrouble

log = structlog.get_logger()
METADATA = "purgebot_welcome"
QUIET_SECONDS = 60.0  # whoever invites the bot again so soon has read it
LATE_SECONDS = 1700.0  # nobody waits for it any more


class Welcome:
    """Says what the bot is, where it was invited to."""

    def __init__(self, core: Core, api: SlackApi) -> None:
        self._core = core
        self._posts = Posts(core, api)

    async def run(self, delivery: Delivery) -> float:
        """0 when nothing is left to do, else when it is to be tried again (seconds since the epoch)."""
        now = self._core.clock.now()
        if now - delivery.at > LATE_SECONDS or await self._is_known(delivery):
            return 0.0
        try:
            return await self._post(delivery)
        except SlackTrouble as trouble:
            log.warning("welcome_not_told", channel=delivery.body.get("channel"), error=trouble.error)
            again = trouble.what in (Setback.LATER, Setback.LOST)
            return now + (trouble.retry_after or backoff(delivery.tries)) if again else 0.0

    async def _is_known(self, delivery: Delivery) -> bool:
        return await self._core.ledger.read(lambda books: books.intake.is_again(delivery, QUIET_SECONDS))

    async def _post(self, delivery: Delivery) -> float:
        """0 when it is posted, else when its method may be asked again. Raises SlackTrouble."""
        channel, known = str(delivery.body.get("channel")), _known_by(delivery)
        if delivery.tries > 1:
            free = await self._posts.taken("read")
            if free or await self._posts.sought(channel, known, delivery.at, event=METADATA):
                return free
        free = await self._posts.taken(f"post {channel}")
        if not free:
            await self._posts.sent(channel, welcome_card(channel, self._core.setup), known, event=METADATA)
        return free


def _known_by(delivery: Delivery) -> Known:
    return {"invitation": delivery.key}
