"""A wide purge is proven only by copies that came after its call was taken, however long that took and whatever came to
the edges by itself meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.answers.answer import Answer
from bot.domain.jobs.job import JobView, State
from bot.domain.jobs.thread_step import Event
from bot.domain.proof.look import ORIGIN, Look
from bot.domain.proof.verdict import Verdict
from bot.domain.target import Target
from bot.ports import ReadHeaders
from bot.services import deeds
from bot.services.voting import approvals
from providers.contract import Cached, Kind, Receipt
from providers.errors import BadCredentials, PurgeError, Throttled
from tests.services.shop import LEA, MIA, ScriptedEdges, ScriptedProvider, Shop, open_shop
from tests.services.test_desk import say
from tests.slate import SlateClock

BELOW = Target(Kind.PREFIX, "www.shop.test/news/", "shop")
PAGE = "https://www.shop.test/news/1"
OTHER = Target(Kind.PREFIX, "www.shop.test/x/", "shop")
BUSY = Throttled("Too many.", "Wait.", retry_after=20)
MAY_BE = "are right, but may be from before the purge, so they prove nothing"


class Keeping(ScriptedEdges):
    """Edges that keep whatever they serve. `since` is when each version came, where the edges tell its Age."""

    def __init__(self, clock: SlateClock) -> None:
        super().__init__(clock)
        self.since: dict[str, float] = {}

    def read(self, answer: Answer, by: ReadHeaders | None = None) -> Look:
        look = super().read(answer, by)
        if look.place == ORIGIN or by is not None:
            return look
        since = self.since.get(look.version)
        return replace(look, cached=Cached.HIT, age=None if since is None else int(look.at - since))


async def opened(path: Path) -> tuple[Shop, Keeping]:
    """A shop of which one page below the prefix is known, that is old at every edge."""
    clock = SlateClock()
    edges = Keeping(clock)
    shop = open_shop(path, clock, edges=edges)
    await say(shop, MIA, f"check {PAGE}")
    return shop, edges


def refilled(edges: Keeping) -> Callable[[], Awaitable[None]]:
    """The edges fetch what the origin has, by themselves."""

    async def fetch() -> None:
        edges.serves |= {"fra": "v2", "iad": "v2"}

    return fetch


async def purged(shop: Shop, *targets: Target) -> JobView:
    """A purge of the prefix, or of `targets`, ended."""
    job = await shop.purge(MIA, *(targets or [BELOW]), reason="a test")
    await approvals.vote(shop.core, LEA, job.id, yes=True)
    await shop.slate.advance(600)
    return await shop.job(job.id)


def meets(provider: ScriptedProvider, error: PurgeError, then: Callable[[], Awaitable[None]]) -> None:
    """The next call of `provider` is refused, and meanwhile something happens."""
    provider.script = [error]
    provider.before_answer = then


@pytest.mark.parametrize("seconds", [1, 20])
async def test_what_came_while_the_provider_wanted_fewer_calls_proves_nothing(tmp_path: Path, seconds: int) -> None:
    shop, edges = await opened(tmp_path)
    meets(shop.cf, Throttled("Too many.", "Wait.", retry_after=seconds), refilled(edges))
    job = await purged(shop)
    await shop.ledger.close()
    assert (Verdict.UNKNOWN, True) == (job.verdict, MAY_BE in job.why), job.why


async def test_what_came_while_an_inner_layer_waited_proves_nothing_and_is_looked_at(tmp_path: Path) -> None:
    shop, edges = await opened(tmp_path)
    meets(shop.shield, BUSY, refilled(edges))
    job = await purged(shop)
    events = await shop.events(job.id)
    await shop.ledger.close()
    assert (Verdict.UNKNOWN, True) == (job.verdict, MAY_BE in job.why), job.why
    assert 2 == events.count(Event.LOOKED_BEFORE)
    assert {"v2"} == {look.version for look in job.before}


async def test_what_came_before_a_retry_proves_nothing(tmp_path: Path) -> None:
    shop, edges = await opened(tmp_path)
    meets(shop.cf, BadCredentials("No.", "Give Cache Purge."), refilled(edges))
    failed = await purged(shop)
    await deeds.retry(shop.core, MIA, failed.id)
    await shop.slate.advance(600)
    job = await shop.job(failed.id)
    await shop.ledger.close()
    assert (State.FAILED, State.DONE, Verdict.UNKNOWN) == (failed.state, job.state, job.verdict)
    assert (True, {"v2"}) == (MAY_BE in job.why, {look.version for look in job.before})


async def test_a_page_that_an_earlier_run_purged_is_held_to_what_was_there_before_that(tmp_path: Path) -> None:
    clock = SlateClock()
    edges = Keeping(clock)
    shop = open_shop(tmp_path, clock, cf=ScriptedProvider("cf", clock, per_call=1), edges=edges)
    await say(shop, MIA, f"check {PAGE}")
    shop.cf.script = [Receipt(), BadCredentials("No.", "Give Cache Purge.")]
    shop.cf.before_answer = refilled(edges)
    partly = await purged(shop, BELOW, OTHER)
    await deeds.retry(shop.core, MIA, partly.id)
    await shop.slate.advance(600)
    job = await shop.job(partly.id)
    await shop.ledger.close()
    assert (State.PARTIAL, State.DONE) == (partly.state, job.state)
    assert job.why.endswith(f"{MAY_BE} on 1 of 3 pages"), job.why  # the one below the other prefix
    assert [{"v1"}, {"v2"}] == [
        {look.version for look in job.before if look.url == url and look.place == "fra"}
        for url in (PAGE, "https://www.shop.test/x/")
    ]


@pytest.mark.parametrize(
    ("busy", "after", "verdict"),
    [
        pytest.param([], 0.0, Verdict.FRESH, id="at once"),
        pytest.param([BUSY], 1.0, Verdict.FRESH, id="after a while"),
        pytest.param([BUSY], 0.0, Verdict.UNKNOWN, id="after a while and within the second that an Age may leave out"),
        pytest.param([BUSY], -0.5, Verdict.UNKNOWN, id="right before the call that was taken"),
    ],
)
async def test_a_copy_that_says_that_it_came_surely_after_its_call_is_proof(
    tmp_path: Path, busy: list[PurgeError], after: float, verdict: Verdict
) -> None:
    shop, edges = await opened(tmp_path)

    async def fetched() -> None:
        if len(shop.cf.sent) > len(busy):
            edges.serves |= {"fra": "v2", "iad": "v2"}
            edges.since = {"v2": shop.clock.now() + after}

    shop.cf.before_answer, shop.cf.script = fetched, [*busy]
    job = await purged(shop)
    await shop.ledger.close()
    assert verdict is job.verdict, job.why
