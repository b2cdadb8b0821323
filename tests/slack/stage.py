"""Plays a conversation in a room: each act as Slack would bring it, then everything that anybody sees once nothing
moves any more."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

from bot.ledger.books import Books
from bot.ledger.messages import Role
from bot.slack.posts import ACCOUNT
from bot.slack.web_api import POSTS, UPDATES
from tests.slack.acts import CHANNELS, Acts
from tests.slack.room import Room
from tests.slack.script import Conversation, Sight, Step
from tests.slack.sights import Eyes, Reader, difference

IN_MOTION, SURE = 0.2, 0.02  # seconds between two looks: while something moves, and to be sure that nothing does
RESTS_WITHIN = 60.0  # seconds
SOON = 60.0  # seconds; what is due later than that does not move


class Stage:
    """One conversation in a room."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._reader = Reader(room, room.workspace)
        self._acts = Acts(room, self._reader)

    async def play(self, conversation: Conversation) -> list[Step]:
        """The conversation as it really went."""
        self._acts.all_at_home()
        steps = list(conversation.steps)
        begins = steps and steps[0].act == "The configuration says"
        await self._room.clear(self._acts.given(steps[0].given) if begins else "")
        await self._room.world.reset()
        await self._rest()
        went = [replace(step, seen=tuple(await self._step(step))) for step in steps]
        self._slack_is_content()
        return went

    def _slack_is_content(self) -> None:
        """Slack had nothing to refuse for its number, and nothing to advise against."""
        refused = [row["path"] for row in self._room.requests.listed() if row["status"] == 429]
        assert ([], [], []) == (refused, self._reader.advice(), list(self._room.slack.sockets.notes))

    async def _step(self, step: Step) -> list[Sight]:
        await self._take_time()
        await self._acts.do(step)
        before, now = self._acts.seen, await self._rest()
        self._acts.ever += [shown for key, shown in now.items() if before.get(key) != shown]
        self._acts.seen = now
        return [*self._acts.told, *difference(before, now)]

    async def _take_time(self) -> None:
        """People think before they act: what was spent of Slack's budgets by then is there again."""

        def deed(books: Books) -> None:
            for bucket, pace in {"update": UPDATES, **{f"post {one.id}": POSTS for one in CHANNELS}}.items():
                books.budgets.take(ACCOUNT, [(bucket, -int(pace.burst))], {bucket: pace}, self._room.bot.clock.now())

        await self._room.bot.ledger.write(deed)
        self._room.store.execute("DELETE FROM slack_buckets")

    # Rest

    async def _rest(self) -> Eyes:
        """What is to be seen once nothing moves: asked twice in a row, with the same answer."""
        before: Eyes | None = None
        async with asyncio.timeout(RESTS_WITHIN):
            while True:
                moves = await self._room.bot.ledger.read(self._moves)
                now = None if moves else self._reader.now()
                if now is not None and now == before:
                    return now
                before = now
                await self._a_moment(IN_MOTION if moves else SURE)

    async def _a_moment(self, longest: float) -> None:
        """Until something is written at Slack and a little later, `longest` seconds at most."""
        self._room.store.written.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(longest):
                await self._room.store.written.wait()
        await asyncio.sleep(SURE)

    def _moves(self, books: Books) -> bool:
        soon = self._room.bot.clock.now() + SOON
        due = [books.messages.next_due(), books.notices.next_due(), books.homes.next_due()]
        jobs = books.jobs.recent(list(self._room.bot.settings.sites), 50)
        return (
            bool(books.intake.due(float("inf")) or books.jobs.due(soon) or books.holds.due(soon))
            or bool(books.reviews.due(soon) or books.warmings.due(soon))
            or any(at is not None and at < soon for at in due)
            or any(books.messages.unsaid(job.id, 1) for job in jobs if (books.messages.find(job.id, Role.ROOT)))
        )
