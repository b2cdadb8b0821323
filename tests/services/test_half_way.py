"""A layer that stops half-way: the edge is looked at for what went, and the rest is told at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bot.domain.jobs.job import JobView, State
from bot.ledger.books import Books
from bot.services import deeds
from bot.services.replies import Done, Refusal
from bot.slack.cards import root_card
from providers.contract import Receipt
from providers.errors import BadCredentials
from tests.services.shop import MIA, ScriptedProvider, Shop, open_shop, url
from tests.slack.cases import spelled
from tests.slate import SlateClock


def a_shop(path: Path) -> Shop:
    """A shop whose Cloudflare takes five targets a call."""
    clock = SlateClock()
    return open_shop(path, clock, ScriptedProvider("shield", clock), ScriptedProvider("cf", clock, per_call=5))


async def stopped_half_way(shop: Shop) -> JobView:
    """A job whose last layer took one call of four, as it is while the edge is looked at."""
    shop.cf.slow_down(0.5)
    shop.cf.script = [Receipt("cf-1"), BadCredentials("The token is no more.", "Give it another.")]
    job = await shop.purge(MIA, *[url(f"/{n}") for n in range(20)])
    await shop.slate.advance(20)
    return await shop.job(job.id)


async def test_a_layer_that_stops_half_way_counts_all_that_did_not_go_and_is_told_at_once(tmp_path: Path) -> None:
    shop = a_shop(tmp_path)
    job = await stopped_half_way(shop)
    card = spelled(root_card(job, shop.clock.now()))
    await shop.ledger.close()
    layer = job.layers[1]
    assert (1, 1, 2, 15) == (layer.sent, layer.failed, layer.cancelled, layer.not_purged)
    assert "🟠 P-1 partly purged, 3 calls did not go, still old at fra, iad, looking again" in card
    assert "The token is no more. Give it another." in card
    assert "https://www.shop.test/7 and 12 more" in card
    assert "retry P-1" in card


async def test_what_stopped_half_way_is_retried_while_the_edge_is_looked_at(tmp_path: Path) -> None:
    shop = a_shop(tmp_path)
    job = await stopped_half_way(shop)
    again = await deeds.retry(shop.core, MIA, job.id)
    shop.edges.serves = {"origin": "v2", "fra": "v2", "iad": "v2"}
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert isinstance(again, Done)
    assert (State.DONE, 4, 0) == (ended.state, ended.layers[1].sent, ended.layers[1].not_purged)
    assert 20 == len({target for _, lot in shop.cf.sent for target in lot})


async def test_a_job_that_all_went_is_not_retried_while_the_edge_is_looked_at(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, url("/a"))
    await shop.slate.advance(1)
    again = await deeds.retry(shop.core, MIA, job.id)
    await shop.ledger.close()
    assert Refusal("P-1 has nothing to retry: it is checking.") == again


async def test_looks_from_before_a_retry_are_not_those_of_what_it_sends(tmp_path: Path) -> None:
    shop = a_shop(tmp_path)
    job = await stopped_half_way(shop)
    purged_again = shop.clock.now() + 30
    looks: list[int] = []

    def purged(books: Books) -> None:
        books.jobs.save(replace(books.jobs.get(job.id), purged=purged_again, looked_from=purged_again, round=0))

    async def meanwhile() -> None:
        looks.append(1)
        if len(looks) == 1:
            await shop.ledger.write(purged)

    shop.edges.meanwhile = meanwhile
    await shop.slate.advance(25)
    now = await shop.job(job.id)
    await shop.ledger.close()
    assert (0, purged_again) == (now.round, now.purged)


async def test_looks_from_before_a_new_check_are_not_those_of_that_check(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, url("/a"))
    await shop.slate.advance(20)
    asked = shop.clock.now() + 30
    looks: list[int] = []

    async def meanwhile() -> None:
        looks.append(1)
        if len(looks) == 1:
            await shop.ledger.write(
                lambda books: books.jobs.save(replace(books.jobs.get(job.id), looked_from=asked, round=0))
            )

    shop.edges.meanwhile = meanwhile
    await shop.slate.advance(20)
    now = await shop.job(job.id)
    await shop.ledger.close()
    assert (0, asked) == (now.round, now.looked_from)
