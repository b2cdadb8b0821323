"""Slack is a projection: every card is drawn from the ledger, so after a restart it is right again.

One root message a job, edited in place; its thread holds the steps. Slack's limits are budgets like any other. The
latest state wins, final and approval cards go first, and Slack being down never slows, repeats or loses a purge.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import structlog

from bot.domain.jobs.job import JobView, State
from bot.ledger.books import Books
from bot.ledger.messages import Message, Role
from bot.services.setup import SLACK, Core, delivery_name
from bot.slack.calling import Calling
from bot.slack.cards import Card
from bot.slack.cards.glass import half_time
from bot.slack.drawing import Drawing
from bot.slack.hold_notices import HoldNotices
from bot.slack.posts import Posts, backoff
from bot.slack.web_api import Setback, SlackApi, SlackTrouble

log = structlog.get_logger()
RUN_SECONDS = 2.0
PROGRESS_SECONDS = 2.5  # between two edits of one running card
LINES_AT_ONCE = 12
CALL_AGAIN = 1.0  # seconds until people are called in the thread of a card that is posted anew


class Notifier:
    """Draws what is due, the most urgent first."""

    def __init__(self, core: Core, api: SlackApi) -> None:
        self._core = core
        self._api = api
        self._calling = Calling(core, api)
        self._drawing = Drawing(core, self._calling)
        self._posts = Posts(core, api)
        self._hold_notices = HoldNotices(core, self._posts, self._calling)

    async def run(self) -> None:
        """Show what is due for RUN_SECONDS, then come back for the rest."""
        ends = self._core.clock.monotonic() + RUN_SECONDS
        await self._hold_notices.run(ends)
        for message, job in await self._due():
            if self._core.clock.monotonic() >= ends:
                break
            await self._show(message, job)
        again = await self._core.ledger.read(lambda books: (books.messages.next_due(), books.notices.next_due()))
        for at in again:
            if at is not None:
                self._core.engine.wake(SLACK, at)

    async def _due(self) -> list[tuple[Message, JobView]]:
        now = self._core.clock.now()

        def question(books: Books) -> list[tuple[Message, JobView]]:
            return [(message, books.jobs.get(message.job)) for message in books.messages.due(now)]

        return sorted(await self._core.ledger.read(question), key=lambda pair: _urgency(*pair))

    async def _show(self, message: Message, job: JobView) -> None:
        now = self._core.clock.now()
        if message.ts and not _is_urgent(job) and now < message.shown_at + PROGRESS_SECONDS:
            await self._posts.later(message, message.shown_at + PROGRESS_SECONDS)
            return
        try:
            if message.role.is_call:
                await self._call(message, job)
                return
            shown = await self._draw(message, job)
            if shown and message.role is Role.ROOT:
                await self._tell_steps(message, job)
        except SlackTrouble as trouble:
            await self._troubled(message, job, trouble)

    async def _draw(self, message: Message, job: JobView) -> bool:
        """Have Slack show the card; False when it must wait."""
        card = await self._drawing.card(message, job)
        shown = _hash(card)
        if message.ts and shown == message.shown:
            await self._shown(message, job, message.ts, shown)
            return True
        ts = message.ts or await self._posts.found(message, job)
        if ts is None or not await self._posts.may(message, "update" if ts else f"post {message.channel}"):
            return False
        ts = await self._posts.update(message, ts, card) if ts else await self._posts.post(message, job, card)
        await self._shown(message, job, ts, shown)
        return True

    async def _call(self, message: Message, job: JobView) -> None:
        """Post a line that mentions people under the card it belongs to; at most once, whatever happens meanwhile."""
        asks = message.role not in (Role.OUTCOME, Role.END)

        def question(books: Books) -> Message | None:
            return books.messages.votes_on(job.id) if asks else books.messages.find(job.id, Role.ROOT)

        card = await self._core.ledger.read(question)
        text = await self._calling.line(message.role, job) if card and card.channel else ""
        if card is None or not text:
            await self._posts.later(message, None)
            return
        if not card.ts:
            await self._posts.later(message, self._core.clock.now() + backoff(message.tries))
            return
        there = replace(message, channel=card.channel, thread_ts=card.thread_ts or card.ts)
        ts = await self._posts.found(there, job)
        if ts is None or not (ts or await self._posts.may(message, f"post {card.channel}")):
            return
        if not ts:
            ts = await self._posts.post(there, job, Card(text))
        await self._core.ledger.write(lambda books: books.messages.called(message, ts))

    async def _shown(self, message: Message, job: JobView, ts: str, shown: str) -> None:
        now = self._core.clock.now()
        again = _redrawn_at(message, job, now)
        await self._core.ledger.write(lambda books: books.messages.shown(message, ts, shown, now, again))
        if not message.link and ts and message.role is Role.ROOT:
            await self._keep_link(message, ts)

    async def _keep_link(self, message: Message, ts: str) -> None:
        try:
            answer = await self._api.call("chat.getPermalink", channel=message.channel, message_ts=ts)
        except SlackTrouble:
            return
        link = str(answer.get("permalink", ""))

        def deed(books: Books) -> str:
            books.messages.link(message, link)
            request = books.messages.find(message.job, Role.REQUEST)
            if request is not None and request.ts:  # posted before this card, so it does not lead here yet
                books.messages.changed(message.job, self._core.clock.now())
            books.homes.changed()
            return books.intake.waits_for_link(message.job, message.channel)

        told = await self._core.ledger.write(deed)
        if told:
            self._core.engine.wake(delivery_name(told))

    async def _tell_steps(self, message: Message, job: JobView) -> None:
        fresh = await self._core.ledger.read(lambda books: books.messages.find(job.id, Role.ROOT))
        lines = await self._core.ledger.read(lambda books: books.messages.unsaid(job.id, LINES_AT_ONCE))
        if not lines or fresh is None or not fresh.ts:
            return
        if not await self._posts.may(message, f"post {message.channel}"):
            return
        names = await self._calling.names(line.told.who for line in lines)
        await self._posts.say(fresh, lines, names)
        await self._core.ledger.write(lambda books: books.messages.said(job.id, lines[-1].n))

    async def _troubled(self, message: Message, job: JobView, trouble: SlackTrouble) -> None:
        log.warning("slack_not_shown", job=job.id, role=message.role, error=trouble.error)
        now = self._core.clock.now()
        match trouble.what:
            case Setback.NEVER | Setback.ELSEWHERE if message.role.is_call:
                await self._posts.later(message, None)
            case Setback.GONE if message.role.is_call:
                await self._card_is_gone(message, now)
            case Setback.ELSEWHERE:
                await self._move(message, job, now)
            case Setback.GONE if message.role is Role.REMINDER:
                await self._posts.later(message, None)
            case Setback.GONE:
                await self._core.ledger.write(lambda books: books.messages.forget(message, now))
            case Setback.NEVER:
                await self._posts.later(message, None)
            case _:
                await self._posts.wait(message, trouble, now)

    async def _card_is_gone(self, message: Message, now: float) -> None:
        """Somebody deleted the card whose thread it is: that is posted anew, and the call after it."""

        def deed(books: Books) -> None:
            asks = message.role not in (Role.OUTCOME, Role.END)
            card = books.messages.votes_on(message.job) if asks else books.messages.find(message.job, Role.ROOT)
            if card is not None:
                books.messages.forget(card, now)
            books.messages.later(message, now + CALL_AGAIN)

        await self._core.ledger.write(deed)

    async def _move(self, message: Message, job: JobView, now: float) -> None:
        """Show it in the site's channel instead, or nowhere; whoever asked is told where, in private. Where both cards
        would be in one channel they are one; a request that can be shown nowhere is on the job's own card."""
        site = self._core.setup.sites.get(job.site)
        home = site.channel if site and site.channel != message.channel else ""

        def deed(books: Books) -> str:
            root, request = books.messages.find(job.id, Role.ROOT), books.messages.find(job.id, Role.REQUEST)
            if message.role is Role.REQUEST and root is not None and home in ("", root.channel):
                books.messages.drop(message, now)
                if root.shown_at:  # else its first post calls them
                    books.messages.call(job.id, Role.AGAIN, now)
                return ""
            books.messages.move(message, home, "", now if home else None)
            if message.role is Role.ROOT and request is not None and request.channel == home:
                books.messages.join(job.id, now)
            return books.intake.tell_moved(job.id, home, now) if message.role is Role.ROOT else ""

        key = await self._core.ledger.write(deed)
        if key:
            self._core.engine.wake(delivery_name(key))
        if home:
            self._core.engine.wake(SLACK)


def _is_urgent(job: JobView) -> bool:
    return not job.state.is_open or job.state in (State.WAITING, State.NEEDS_DECISION)


def _redrawn_at(message: Message, job: JobView, now: float) -> float | None:
    """When a card says something else although nothing happens: a request at half time, where a glass may be broken."""
    approval = job.approval
    if message.role is not Role.REQUEST or job.state is not State.WAITING or not (approval and approval.breakers):
        return None
    return half_time(approval) if half_time(approval) > now else None


def _urgency(message: Message, job: JobView) -> tuple[bool, bool, float]:
    return (not _is_urgent(job), bool(message.ts), message.due_at)


def _hash(card: Card) -> str:
    """What a card says, apart from block ids, which are new each time."""
    blocks = [{k: v for k, v in block.items() if k != "block_id"} for block in card.blocks]
    return hashlib.sha256(json.dumps([card.text, blocks], sort_keys=True).encode()).hexdigest()
