"""Answers of one place of which not every one can be read."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.answer import Answer
from bot.domain.look import Look
from bot.domain.verdict import Verdict, judge
from bot.services.checks import look_all
from bot.services.ports import ReadHeaders
from tests.services.shop import SHOP, ScriptedEdges
from tests.slate import SlateClock

PAGE = "https://www.shop.test/a"


class PackingEdges(ScriptedEdges):
    """Edges that keep what they serve, and pack "packed" in an encoding that nobody knows."""

    def read(self, answer: Answer, by: ReadHeaders | None = None) -> Look:
        look = super().read(answer, by)
        if answer.text != "packed":
            return look
        return replace(look, etag='"v1"', version="", packed="foo")


async def test_a_second_answer_that_cannot_be_read_is_told_beside_the_first() -> None:
    edges = PackingEdges(SlateClock())
    edges.serves = {"origin": "v1", "fra": "v1", "iad": "v1"}
    edges.becomes["fra"] = ["v1", "packed"]
    looks = await look_all(edges, SHOP, [PAGE], 5.0, twice=True)
    judged = judge((), looks)
    assert (Verdict.UNKNOWN, "fra answers in an encoding that cannot be read here (foo) · fresh at iad") == (
        judged.verdict,
        judged.why,
    )
