"""Whose answer is read next: slices, what they cost, and whom that holds up. Time and work go on only where told."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import brotli
import httpx
import pytest

from bot.domain.answers.answer import Answer
from bot.domain.answers.excess import Excess
from bot.domain.proof.asker import ASKER, NOBODY, Asker, asked_by
from bot.edge.reading import Reading
from bot.edge.turns import (
    ALLOWANCE,
    AT_ONCE,
    BESIDE,
    COUNTED_MAX,
    DEAR,
    FORGIVEN,
    FREE,
    PAUSE,
    PAUSE_BESIDE,
    SLICE,
    Turn,
    Turns,
)
from tests.edge.looking import HOST, eyes
from tests.slate import WorkClock

JOB, OTHER_JOB = Asker("job:P-1"), Asker("job:P-2")
MIA, SAM = Asker("U_MIA", is_behind=True), Asker("U_SAM", is_behind=True)


class Room:
    """Turns, and in which order they were given."""

    def __init__(self) -> None:
        self.clock = WorkClock()
        self.turns = Turns(self.clock)
        self.went: list[str] = []

    async def look(self, who: Asker, times: int = 1, cost: float = 0.0) -> None:
        """A look of `times` turns, each at `cost`."""
        with asked_by(who), self.turns.look() as turn:
            for _ in range(times):
                await turn.begin()
                self.went.append(who.name)
                self.clock.work(cost)

    async def spend(self, who: Asker, cost: float) -> None:
        """Have `who` go over what is free by `cost`."""
        await self.look(who, cost=cost + FREE)

    @asynccontextmanager
    async def waiting(self, *looks: Asker) -> AsyncIterator[None]:
        """Meanwhile a look of each waits for its turn."""
        tasks = [asyncio.create_task(self.look(who)) for who in looks]
        await rounds()
        yield
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def rounds(number: int = 20) -> None:
    """Let the loop go round."""
    for _ in range(number):
        await asyncio.sleep(0)


@pytest.mark.parametrize(("cost", "at_once"), [(0.0, AT_ONCE), (FREE * 2, 1)], ids=["ordinary", "dear"])
async def test_few_looks_go_on_in_each_round_and_those_that_have_had_what_is_free_alone(
    cost: float, at_once: int
) -> None:
    room, seen = Room(), []
    looks = [asyncio.create_task(room.look(Asker(name), 4, cost)) for name in "abcdef"]
    while not all(look.done() for look in looks):
        before = len(room.went)
        await asyncio.sleep(0)
        seen += [len(room.went) - before] if before >= 6 else []
    assert (sorted("abcdef" * 4), at_once) == (sorted(room.went), max(seen))


async def test_a_look_that_takes_long_at_once_goes_on_alone() -> None:
    room, seen = Room(), []

    async def look() -> None:
        with room.turns.look() as turn:
            await turn.begin_long()
            room.went.append("long")

    looks = [asyncio.create_task(look()) for _ in range(6)]
    while not all(one.done() for one in looks):
        before = len(room.went)
        await asyncio.sleep(0)
        seen.append(len(room.went) - before)
    assert (6, 1) == (len(room.went), max(seen))


async def test_whoever_has_cost_less_goes_first_and_equals_take_turns() -> None:
    room = Room()
    await room.spend(JOB, ALLOWANCE / 2)
    room.went.clear()
    await asyncio.gather(*map(room.look, (JOB, *[OTHER_JOB] * 4, *[Asker("job:P-3")] * 2)))
    assert [*["job:P-2", "job:P-3"] * 2, "job:P-2", "job:P-2", "job:P-1"] == room.went


async def test_proofs_go_before_what_people_look_at() -> None:
    room = Room()
    await room.spend(JOB, ALLOWANCE / 2)
    room.went.clear()
    await asyncio.gather(*(room.look(MIA) for _ in range(50)), room.look(JOB))
    assert "job:P-1" == room.went[0]


async def test_what_an_ordinary_page_takes_is_held_against_nobody() -> None:
    room = Room()
    for _ in range(600):
        await room.look(MIA, times=4, cost=FREE / 4)
    async with room.waiting(MIA, MIA):
        assert 600 * 4 + 2 == len(room.went)


async def over_it(room: Room, *beside: Asker) -> Callable[[], list[str]]:
    """`beside` have looked, and a slice of MIA's has just ended that took a second; then who went."""
    for who in beside:
        await room.look(who)
    await room.look(MIA, cost=1.0)
    room.went.clear()
    return lambda: room.went


@pytest.mark.parametrize(
    ("beside", "pause"), [((), PAUSE), ((JOB,), PAUSE_BESIDE), ((SAM,), PAUSE_BESIDE)], ids=["alone", "job", "person"]
)
async def test_over_the_allowance_each_slice_has_a_pause_after_it(beside: tuple[Asker, ...], pause: float) -> None:
    room = Room()
    went = await over_it(room, *beside)
    async with room.waiting(MIA):
        room.clock.at += pause - 0.01
        await room.look(JOB)
        assert ["job:P-1"] == went()
        room.clock.at += 0.02
        await room.look(JOB)
        await rounds()
        assert ["job:P-1", "job:P-1", "U_MIA"] == went()


async def test_others_who_are_over_it_too_make_no_pause_longer() -> None:
    room = Room()
    await room.spend(SAM, ALLOWANCE * 2)
    went = await over_it(room)
    room.clock.at += PAUSE + 0.01
    async with room.waiting(MIA, SAM):
        assert "U_SAM" == went()[0]


async def test_who_has_looked_a_while_ago_makes_no_pause_longer() -> None:
    room = Room()
    await room.look(JOB)
    room.clock.at += BESIDE + 0.01
    went = await over_it(room)
    room.clock.at += PAUSE + 0.01
    async with room.waiting(MIA):
        assert ["U_MIA"] == went()


async def test_little_is_forgiven_while_somebody_looks_and_all_of_it_later() -> None:
    room = Room()

    async def is_held_up() -> bool:
        room.went.clear()
        async with room.waiting(MIA):
            return not room.went

    with asked_by(MIA), room.turns.look() as turn:
        await turn.begin()
        room.clock.work(COUNTED_MAX * 9)
        turn.over()
        room.clock.at += 1.0
        assert await is_held_up()
    room.clock.at += (COUNTED_MAX - ALLOWANCE) / FORGIVEN - 1.0
    await room.look(MIA, cost=FREE * 2)
    assert await is_held_up()
    room.clock.at += COUNTED_MAX / FORGIVEN
    assert not await is_held_up()


async def test_a_slice_ends_when_it_has_taken_its_time_and_not_before() -> None:
    room, others = Room(), list[str]()

    async def other(turn: Turn) -> None:
        await turn.begin()
        others.append("went")

    with asked_by(JOB), room.turns.look() as turn:
        await turn.begin()
        waiting = asyncio.create_task(other(Turn(room.turns, room.turns._tab(OTHER_JOB), room.clock)))
        room.clock.work(SLICE * 0.9)
        await turn.pause()
        assert [] == others
        room.clock.work(SLICE * 0.2)
        await turn.pause()
        await waiting
    assert ["went"] == others


async def test_what_arrives_goes_on_in_what_is_left_of_a_turn() -> None:
    room = Room()
    with asked_by(JOB), room.turns.look() as turn:
        await turn.heard()
        given = room.turns._given
        for _ in range(20):
            room.clock.work(SLICE * 0.06)
            turn.over()
            await turn.heard()
        assert (1, given + 1) == (given, room.turns._given)
        await turn.begin_long()
        await turn.heard()
        assert given + 3 == room.turns._given


async def test_a_look_that_is_given_up_while_it_waits_takes_no_turn() -> None:
    room = Room()
    given_up, waiting = (asyncio.create_task(room.look(MIA)) for _ in range(2))
    await asyncio.sleep(0)
    given_up.cancel()
    await waiting
    assert (True, ["U_MIA"]) == (given_up.cancelled(), room.went)


async def test_nobody_is_remembered_who_counts_no_more() -> None:
    room = Room()
    for number in range(50):
        await room.look(Asker(f"job:P-{number}"))
        room.clock.at += BESIDE
    assert len(room.turns._tabs) <= 2


async def test_few_looks_begin_in_a_round() -> None:
    begun = list[int]()

    def begin() -> httpx.AsyncBaseTransport:
        begun.append(1)
        return httpx.MockTransport(lambda _: httpx.Response(200))

    looker, seen = eyes(transport=begin).looker, []
    looks = [asyncio.create_task(looker.fetch(f"http://{HOST}/", "fra", "http://203.0.113.7")) for _ in range(9)]
    while not all(look.done() for look in looks):
        before = len(begun)
        await asyncio.sleep(0)
        seen.append(len(begun) - before)
    assert (9, AT_ONCE) == (len(begun), max(seen))


async def test_of_an_answer_that_waits_for_its_turn_nothing_is_claimed() -> None:
    began, clock = Answer("http://www.shop.test/", "fra", 0.0), WorkClock()
    with Turns(clock).look() as turn:
        turn.cost = DEAR * 2
        silent = Reading(began, turn).late(8.0)
        turn.is_waiting = True
        dear = Reading(began, turn).late(8.0)
        turn.cost = DEAR
        busy = Reading(began, turn).late(8.0)
    assert ("it costs too much work to read", 0) == (dear.problem, dear.status)
    assert "not read in time: purgebot was busy with other answers" == busy.problem
    assert (Excess.WORK, Excess.OTHERS, None) == (dear.given_up, busy.given_up, silent.given_up)
    assert "no answer within 8 s" == silent.problem


@pytest.mark.parametrize(("coding", "is_long"), [("br", True), ("gzip, br", True), ("unknown", False), ("", False)])
async def test_what_brotli_packed_is_read_alone(coding: str, is_long: bool) -> None:
    page = gzip.compress(b"page") if "gzip" in coding else b"page"
    sent = httpx.ByteStream(brotli.compress(page) if is_long else page)
    with Turns(WorkClock()).look() as turn:
        answer = await Reading(Answer("http://www.shop.test/", "fra", 0.0), turn).read(
            httpx.Response(200, headers={"Content-Encoding": coding}, stream=sent)
        )
    assert (4, is_long) == (answer.size, turn.is_long)


async def test_how_long_any_look_of_an_asker_waits_is_counted() -> None:
    room, seen = Room(), list[float]()
    with asked_by(JOB):
        looks = [asyncio.create_task(room.look(JOB)) for _ in range(AT_ONCE + 1)]
        await asyncio.sleep(0)
        room.clock.at += 3.0
        seen.append(room.turns.held())
        await asyncio.gather(*looks)
        room.clock.at += 3.0
        seen.append(room.turns.held())
    with asked_by(OTHER_JOB):
        assert ([3.0, 3.0], 0.0) == (seen, room.turns.held())


@pytest.mark.parametrize(("most", "is_over"), [(5.0, False), (0.01, True)], ids=["for a while", "and not for ever"])
async def test_the_time_of_a_sender_stands_still_while_a_look_waits(most: float, is_over: bool) -> None:
    room = Room()
    await room.look(MIA, cost=1.0)  # after which there is a pause
    given, left = 0.05, 0.0
    with asked_by(MIA), room.turns.look() as turn, suppress(TimeoutError):
        async with asyncio.timeout(given) as limit:
            turn.stop_while_waiting(limit, most)
            begins = asyncio.create_task(turn.begin())
            await asyncio.sleep(2 * given)
            room.clock.at += 1.0
            await begins
            left = (limit.when() or 0.0) - asyncio.get_running_loop().time()
    begins.cancel()
    assert (is_over, is_over) == (limit.expired(), turn.is_waiting)
    assert is_over or 0 < left <= given


def test_whoever_asks_is_known_only_meanwhile() -> None:
    with asked_by(MIA):
        inside = ASKER.get()
    assert (MIA, NOBODY) == (inside, ASKER.get())
