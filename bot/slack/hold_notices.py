"""Posts what channels are to be told of holds: in order, once each, also after a crash or a lost answer."""

from __future__ import annotations

import structlog

from bot.domain.jobs.hold_news import HoldNews
from bot.ledger.books import Books
from bot.ledger.notices import Notice
from bot.services.setup import Core
from bot.slack.calling import Calling
from bot.slack.cards.hold_news import news_card
from bot.slack.posts import Known, Posts, backoff
from bot.slack.web_api import Setback, SlackTrouble

log = structlog.get_logger()
METADATA = "purgebot_hold"
_RUN_AGAIN = 20  # posts of one channel in one run; they are at most as many as a second has


class HoldNotices:
    """Tells channels."""

    def __init__(self, core: Core, posts: Posts, calling: Calling) -> None:
        self._core = core
        self._posts = posts
        self._calling = calling

    async def run(self, ends: float) -> None:
        """Post what is due, until the monotonic clock says `ends`."""
        for _ in range(_RUN_AGAIN):
            due = await self._due()
            for notice in due:
                if self._core.clock.monotonic() >= ends:
                    return
                await self._tell(notice)
            if not due:
                return

    async def _due(self) -> list[Notice]:
        now = self._core.clock.now()
        return await self._core.ledger.read(lambda books: books.notices.due(now))

    async def _tell(self, notice: Notice) -> None:
        try:
            free = await self._post(notice)
        except SlackTrouble as trouble:
            await self._troubled(notice, trouble)
            return
        if free:
            await self._core.ledger.write(lambda books: books.notices.later(notice, free, notice.lost))
        else:
            await self._core.ledger.write(lambda books: books.notices.done(notice))

    async def _post(self, notice: Notice) -> float:
        """0 when it is posted, else when its method may be asked again. Raises SlackTrouble."""
        known = _known_by(notice)
        if notice.lost:
            free = await self._posts.taken("read")
            if free or await self._posts.sought(notice.channel, known, notice.news.at, event=METADATA):
                return free
        free = await self._posts.taken(f"post {notice.channel}")
        if free:
            return free
        names = await self._calling.names(_told_of(notice.news))
        card = news_card(notice.news, names, self._core.setup.command)
        await self._core.ledger.write(lambda books: books.notices.sending(notice))
        await self._posts.sent(notice.channel, card, known, event=METADATA)
        return 0.0

    async def _troubled(self, notice: Notice, trouble: SlackTrouble) -> None:
        log.warning("hold_not_told", channel=notice.channel, error=trouble.error)
        now = self._core.clock.now()

        def deed(books: Books) -> None:
            if trouble.what in (Setback.LATER, Setback.LOST):
                at = now + (trouble.retry_after or backoff(notice.tries))
                books.notices.later(notice, at, lost=trouble.what is Setback.LOST or notice.lost)
                self._posts.block(books, trouble, now)
            else:
                books.notices.done(notice)

        await self._core.ledger.write(deed)


def _told_of(news: HoldNews) -> list[str]:
    return [news.by, *(hold.by for hold in news.holds), *([news.other.by] if news.other else [])]


def _known_by(notice: Notice) -> Known:
    return {"notice": notice.id, "at": notice.news.at}
