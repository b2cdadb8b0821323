"""A check offers no purge of what it would leave old, whatever the layers are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.answers.answer import Answer
from bot.domain.policies.defaults import built_in
from bot.domain.proof.look import ORIGIN, Look
from bot.ports import ReadHeaders
from bot.services.replies import Checked
from bot.services.setup import Setup
from providers.contract import Cached
from tests.services.shop import APPROVERS, MIA, SHOP, ScriptedEdges, ScriptedProvider, Shop, open_shop
from tests.services.test_desk import say
from tests.slate import SlateClock

POLICY = built_in(APPROVERS)
PAGE = "https://www.shop.test/a"


class Saying(ScriptedEdges):
    """Edges whose caches say the same of every answer."""

    def __init__(self, clock: SlateClock, cached: Cached) -> None:
        super().__init__(clock)
        self._cached = cached

    def read(self, answer: Answer, by: ReadHeaders | None = None) -> Look:
        look = super().read(answer, by)
        return look if answer.place == ORIGIN else replace(look, cached=self._cached)


def opened(path: Path, layers: int, edges: Saying) -> Shop:
    """A shop with so many of its layers, the outermost last."""
    clock = SlateClock()
    cf, shield = ScriptedProvider("cf", clock), ScriptedProvider("shield", clock)
    site = replace(SHOP, layers=SHOP.layers[-layers:])
    return open_shop(path, clock, edges=edges, setup=Setup({"shop": site}, {"cf": cf, "shield": shield}, POLICY, "C_A"))


async def offered(shop: Shop) -> tuple[tuple[str, ...], str]:
    """What a check would purge, and why it would not."""
    reply = await say(shop, MIA, f"check {PAGE}")
    await shop.ledger.close()
    assert isinstance(reply, Checked)
    assert reply.judgement.stale_at == ("fra", "iad")
    return reply.to_purge, reply.in_vain.get(PAGE, "")


@pytest.mark.parametrize("cached", [Cached.UNCACHED, Cached.MISS])
async def test_what_the_only_cache_does_not_keep_is_not_to_be_purged(tmp_path: Path, cached: Cached) -> None:
    to_purge, why = await offered(opened(tmp_path, 1, Saying(SlateClock(), cached)))
    assert ((), True) == (to_purge, "keeps it at the edge" in why)


@pytest.mark.parametrize(("layers", "cached"), [(1, Cached.HIT), (2, Cached.UNCACHED)])
async def test_a_copy_and_what_a_cache_further_in_may_hold_are_to_be_purged(
    tmp_path: Path, layers: int, cached: Cached
) -> None:
    assert ((PAGE,), "") == await offered(opened(tmp_path, layers, Saying(SlateClock(), cached)))
