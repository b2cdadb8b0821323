"""How many looks go on at once for all people and tokens together. A job's own looks do not come through here: a proof
never waits behind anybody's check."""

from __future__ import annotations

import asyncio
from weakref import WeakValueDictionary

from bot.domain.answers.answer import PLAIN, Answer, Asked
from bot.domain.proof.asker import Asker, asked_by
from bot.domain.proof.look import Look
from bot.ports import Looker, ReadHeaders
from providers.contract import Seen

OF_ALL, OF_ONE = 128, 64  # at once: four checks at full width, and two of one person, who leaves room for others


class Turnstile:
    """Lets in OF_ALL looks at once, and OF_ONE of each person's or token's."""

    def __init__(self) -> None:
        self._all = asyncio.Semaphore(OF_ALL)
        self._of: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    def before(self, looker: Looker, who: str) -> Looker:
        """`looker` for what `who` asks: each look waits for its turn."""
        return _InTurn(
            looker, Asker(who, is_behind=True), self._of.setdefault(who, asyncio.Semaphore(OF_ONE)), self._all
        )


class _InTurn:
    """A looker whose looks wait for their turn."""

    def __init__(self, looker: Looker, who: Asker, mine: asyncio.Semaphore, everybodys: asyncio.Semaphore) -> None:
        self._looker = looker
        self._who = who
        self._mine = mine
        self._everybodys = everybodys

    async def fetch(self, url: str, place: str, address: str = "", asked: Asked = PLAIN) -> Answer:
        async with self._mine, self._everybodys:
            with asked_by(self._who):
                return await self._looker.fetch(url, place, address, asked)

    def read(self, answer: Answer, by: ReadHeaders | None = None) -> Look:
        return self._looker.read(answer, by)

    def held(self) -> float:
        with asked_by(self._who):
            return self._looker.held()

    def told(self, url: str, place: str, seen: Seen) -> Look:
        return self._looker.told(url, place, seen)
