"""Where DNS leads past the configured edges, a check and a proof look there too, or say that nobody does."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from bot.domain.proof.leading import Led
from bot.domain.proof.verdict import Judgement, Verdict
from bot.domain.why import Resolved
from bot.services.looks.leading import led
from bot.services.replies import Checked
from bot.slack.cards.outcome import outcome
from tests.services.shop import MIA, SHOP, Shop, open_shop, url
from tests.services.test_desk import say

PAGE = "https://www.shop.test/a"
EDGE, OTHER = (
    Resolved("one", ("shop.cdn.test",), ("203.0.113.7",)),
    Resolved("two", ("old.cdn.test",), ("198.51.100.1",)),
)
ELSEWHERE = Resolved("one", (), ("198.51.100.1",))


class Resolvers:
    """Resolvers that answer from a script."""

    def __init__(self, *said: Resolved) -> None:
        self.said = said
        self.asked: list[str] = []

    async def ask(self, host: str) -> Sequence[Resolved]:
        self.asked.append(host)
        return self.said


class Silent:
    """Resolvers that never answer."""

    async def ask(self, host: str) -> Sequence[Resolved]:
        await asyncio.Event().wait()
        return ()


def opened(path: Path, *said: Resolved, dns: str = "v2") -> Shop:
    """A shop whose edges are fresh, and whose name leads so; `dns` is what is served there."""
    shop = open_shop(path, names=Resolvers(*said))
    shop.edges.serves |= {"fra": "v2", "iad": "v2", "dns": dns}
    return shop


async def checked(shop: Shop, *more: str) -> Judgement:
    reply = await say(shop, MIA, " ".join([f"check {PAGE}", *more]))
    await shop.ledger.close()
    assert isinstance(reply, Checked)
    return reply.judgement


async def test_a_check_looks_where_dns_leads_past_the_edges(tmp_path: Path) -> None:
    judgement = await checked(opened(tmp_path, ELSEWHERE, dns="v1"))
    assert (Verdict.STALE, ("fra", "iad"), ("dns",)) == (judgement.verdict, judgement.fresh_at, judgement.stale_at)


async def test_where_dns_leads_to_the_edges_nothing_more_is_looked_at(tmp_path: Path) -> None:
    judgement = await checked(opened(tmp_path, EDGE, dns="v1"))
    assert (Verdict.FRESH, ("fra", "iad")) == (judgement.verdict, judgement.fresh_at)


async def test_who_checks_at_one_edge_looks_only_there(tmp_path: Path) -> None:
    judgement = await checked(opened(tmp_path, EDGE, OTHER), "from fra")
    assert (Verdict.FRESH, ("fra",)) == (judgement.verdict, judgement.fresh_at)


async def test_a_check_is_not_fresh_while_some_are_led_where_nobody_looks(tmp_path: Path) -> None:
    judgement = await checked(opened(tmp_path, EDGE, OTHER))
    told = "DNS leads some visitors of www.shop.test to old.cdn.test, where nobody looks: `why` tells more"
    assert (Verdict.UNKNOWN, f"{told} · fresh at fra, iad") == (judgement.verdict, judgement.why)


async def test_a_proof_looks_there_before_and_after(tmp_path: Path) -> None:
    shop = opened(tmp_path, ELSEWHERE, dns="v1")
    job = await shop.purge(MIA, url("/a"))
    await shop.slate.advance(400)
    done = await shop.job(job.id)
    await shop.ledger.close()
    assert (Verdict.STALE, ("dns",)) == (done.verdict, done.stale_at)
    assert {"fra", "iad", "dns", "origin"} == {look.place for look in done.before}
    assert "🟠 P-1 purged, still old where DNS leads · https://www.shop.test/a" == outcome(done, 0.0)


async def test_a_proof_names_the_places_that_it_looked_at(tmp_path: Path) -> None:
    shop = opened(tmp_path, ELSEWHERE)
    job = await shop.purge(MIA, url("/a"))
    await shop.slate.advance(400)
    done = await shop.job(job.id)
    await shop.ledger.close()
    assert "🟢 P-1 fresh at fra, iad and where DNS leads · https://www.shop.test/a" == outcome(done, 0.0)


async def test_a_proof_says_that_some_are_led_elsewhere(tmp_path: Path) -> None:
    shop = opened(tmp_path, EDGE, OTHER)
    job = await shop.purge(MIA, url("/a"))
    await shop.slate.advance(400)
    done = await shop.job(job.id)
    await shop.ledger.close()
    assert (Verdict.UNKNOWN, 1) == (done.verdict, done.round)
    assert outcome(done, 0.0).endswith("to old.cdn.test, where nobody looks: `why` tells more")


async def test_resolvers_that_do_not_answer_in_time_hold_nothing_up(tmp_path: Path) -> None:
    shop = open_shop(tmp_path, names=Silent())
    found = await led(shop.core, SHOP, [PAGE], within=0.01)
    await shop.ledger.close()
    assert Led() == found
