"""A looker that remembers its answers, for whoever asks more of them than the looks say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.domain.answers.answer import PLAIN, Answer, Asked
from bot.domain.proof.look import Look
from bot.domain.why import Glance
from bot.ports import Looker, ReadHeaders
from providers.contract import Seen


class Recalling:
    """Looks as `looker` does, and remembers what it read, without the pages themselves."""

    def __init__(self, looker: Looker) -> None:
        self._looker = looker
        self._glances: dict[str, list[Glance]] = {}

    def of(self, url: str) -> Sequence[Glance]:
        """What was read of `url`, in the order of the answers."""
        return self._glances.get(url, ())

    async def fetch(self, url: str, place: str, address: str = "", asked: Asked = PLAIN) -> Answer:
        return await self._looker.fetch(url, place, address, asked)

    def read(self, answer: Answer, by: ReadHeaders | None = None) -> Look:
        look = self._looker.read(answer, by)
        self._glances.setdefault(answer.url, []).append(Glance(replace(answer, text=""), look))
        return look

    def held(self) -> float:
        return self._looker.held()

    def told(self, url: str, place: str, seen: Seen) -> Look:
        return self._looker.told(url, place, seen)
