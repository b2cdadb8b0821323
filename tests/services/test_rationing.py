"""How much one person may have looked at, and whose looks go first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.actor import Actor, Standing
from bot.domain.answers.answer import PLAIN, Answer, Asked
from bot.domain.grammar.command import Command, Verb
from bot.domain.jobs.job import State
from bot.domain.policies.defaults import built_in
from bot.domain.proof.look import Look
from bot.domain.proof.verdict import Verdict
from bot.ports import ReadHeaders
from bot.services import deeds
from bot.services.looks.rationing import REQUESTS, may_look, of_check, spend
from bot.services.looks.turnstile import OF_ALL, OF_ONE
from bot.services.replies import Checked, Done, Explained, Linted, LookedEnough, Reply
from bot.services.setup import Setup
from tests.services.shop import (
    APPROVERS,
    KIM,
    LEA,
    MIA,
    SAM,
    SHOP,
    ScriptedEdges,
    ScriptedProvider,
    Shop,
    open_shop,
    url,
)
from tests.services.test_holds import say
from tests.slate import SlateClock

WIDE = replace(SHOP, edges={f"edge-{n}": f"https://203.0.113.{n}" for n in range(6)})
TOKEN = Actor("token:ci", Standing.TOKEN, sites=frozenset({"shop"}))
OWNER = Actor("local:root", Standing.LOCAL)
WHAT = (
    "purgebot has made so many requests to caches and origins for you that it makes no more for now: at most 6,000 at"
    " once, then 1,200 a minute."
)


class Crowded(ScriptedEdges):
    """Edges that everybody serves the same from. Whatever is asked for of `stuck` waits until it is let go."""

    def __init__(self, clock: SlateClock) -> None:
        super().__init__(clock)
        self.serves = dict.fromkeys(("origin", *SHOP.edges, *WIDE.edges), "v2")
        self.waiting = 0
        self.most = 0
        self.full_at = 0
        self.full = asyncio.Event()
        self.go = asyncio.Event()

    async def fetch(self, url: str, place: str, address: str = "", asked: Asked = PLAIN) -> Answer:
        if "/stuck" in url:
            self.waiting += 1
            self.most = max(self.most, self.waiting)
            if self.waiting == self.full_at:
                self.full.set()
            await self.go.wait()
            self.waiting -= 1
        return await super().fetch(url, place, address, asked)

    def read(self, answer: Answer, by: ReadHeaders | None = None) -> Look:
        return replace(super().read(answer, by), varies=answer.says("vary"))


def wide_shop(path: Path) -> tuple[Shop, Crowded]:
    """The shop with six edges."""
    clock = SlateClock()
    shield, cf, edges = ScriptedProvider("shield", clock, 1), ScriptedProvider("cf", clock), Crowded(clock)
    setup = Setup({"shop": WIDE}, {"shield": shield, "cf": cf}, built_in(APPROVERS), "C_APPROVE")
    return open_shop(path, clock, shield, cf, edges, setup), edges


def pages(n: int, under: str = "") -> str:
    return " ".join(url(f"{under}/{number}").value for number in range(n))


@pytest.mark.parametrize("urls", [1, 20, 100])
async def test_a_check_takes_no_more_than_is_reckoned(tmp_path: Path, urls: int) -> None:
    shop, edges = wide_shop(tmp_path)
    edges.more = {"vary": "accept-encoding"}
    await say(shop, MIA, f"check {pages(urls)}")
    command = Command(Verb.CHECK, tuple(url(f"/{n}") for n in range(urls)), "shop")
    reckoned = of_check(shop.core, WIDE, command)
    await shop.ledger.close()
    assert reckoned == edges.looks


async def test_nine_checks_of_a_deploys_pages_in_every_variant_go_at_once_and_then_two_a_minute(tmp_path: Path) -> None:
    shop, _ = wide_shop(tmp_path)
    command = Command(Verb.CHECK, tuple(url(f"/{n}") for n in range(20)), "shop")

    async def looked(who: Actor) -> bool:
        return await may_look(shop.core, who, of_check(shop.core, WIDE, command)) is None

    first = [await looked(who) for who in (MIA, LEA) for _ in range(9)]
    minutes = []
    for _ in range(20):
        shop.clock.at += 31
        minutes.append(await looked(MIA))
    await shop.ledger.close()
    assert {True} == {*first, *minutes}


async def spent(shop: Shop, who: Actor) -> None:
    """`who` has had as much looked at as they may."""
    now = shop.clock.now()
    assert await shop.ledger.write(lambda books: spend(books, who, int(REQUESTS.burst), now)) is None


async def checked_again(shop: Shop, who: Actor) -> object:
    return await deeds.check_again(shop.core, who, 1)


def typed(line: str) -> Callable[[Shop, Actor], Coroutine[object, object, Reply]]:
    return lambda shop, who: say(shop, who, line)


LOOKING = [
    pytest.param(typed(f"check {pages(1)}"), Checked, id="check"),
    pytest.param(typed(f"why {pages(1)}"), Explained, id="why"),
    pytest.param(typed(f"lint {pages(1)}"), Linted, id="lint"),
    pytest.param(checked_again, Done, id="check-again"),
]


@pytest.mark.parametrize(("look", "reply"), LOOKING)
async def test_who_had_enough_looked_at_is_told_when_there_is_more(
    tmp_path: Path, look: Callable[[Shop, Actor], Coroutine[object, object, object]], reply: type
) -> None:
    shop, edges = wide_shop(tmp_path)
    await shop.purge(LEA, url("/a"))
    await shop.slate.advance(200)
    await spent(shop, LEA)
    seen = edges.looks
    refused = await look(shop, LEA)
    unseen, other = edges.looks - seen, await look(shop, KIM)
    assert isinstance(refused, LookedEnough)
    shop.clock.at += refused.seconds
    later = await look(shop, LEA) if reply is not Done else await _ended_and_again(shop)
    await shop.ledger.close()
    assert (WHAT, 0, reply, reply) == (refused.what, unseen, type(other), type(later))
    assert f"Nothing was looked at. Ask again in {refused.seconds} s. Purges and their proofs go on." == refused.advice


async def _ended_and_again(shop: Shop) -> object:
    """Kim's look at the job ends, and Lea asks for another."""
    await shop.slate.advance(200)
    return await checked_again(shop, LEA)


async def test_a_token_may_have_as_much_looked_at_as_a_person_and_the_machines_owner_all(tmp_path: Path) -> None:
    shop, _ = wide_shop(tmp_path)
    await spent(shop, TOKEN)
    now = shop.clock.now()
    token = await shop.ledger.write(lambda books: spend(books, TOKEN, 600, now))
    owner = await shop.ledger.write(lambda books: spend(books, OWNER, 10 * int(REQUESTS.burst), now))
    await shop.ledger.close()
    assert (LookedEnough, None) == (type(token), owner)


async def test_who_had_far_too_much_waits_minutes(tmp_path: Path) -> None:
    shop, _ = wide_shop(tmp_path)
    await spent(shop, MIA)
    now = shop.clock.now()
    refused = await shop.ledger.write(lambda books: spend(books, MIA, 3600, now))
    await shop.ledger.close()
    assert refused is not None
    assert "Nothing was looked at. Ask again in 4 minutes. Purges and their proofs go on." == refused.advice


@pytest.mark.parametrize(
    ("people", "most"),
    [
        pytest.param((MIA,), OF_ONE, id="one-person"),
        pytest.param((MIA, LEA, SAM), OF_ALL, id="everybody"),
    ],
)
async def test_a_proof_waits_for_no_check_however_many_look(
    tmp_path: Path, people: tuple[Actor, ...], most: int
) -> None:
    shop, edges = wide_shop(tmp_path)
    edges.full_at = most
    checks = [asyncio.create_task(say(shop, who, f"check {pages(5, '/stuck')}")) for who in people for _ in range(3)]
    await edges.full.wait()
    job = await shop.purge(MIA, url("/a"))
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    still = edges.waiting
    edges.go.set()
    replies = await asyncio.gather(*checks)
    await shop.ledger.close()
    assert (State.DONE, Verdict.FRESH) == (ended.state, ended.verdict)
    assert (most, most, {Checked}) == (still, edges.most, {type(reply) for reply in replies})
