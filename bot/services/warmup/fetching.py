"""A warming goes on with a few requests at a time, and ends for a reason.

What was found is written after every few requests, so that a crash repeats at most those; a copy that is kept by then
answers from the cache.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.domain.actor import Actor
from bot.domain.answers.answer import Answer, Asked
from bot.domain.answers.caching import varied_by
from bot.domain.jobs.warming import (
    KEPT,
    SLOW_IN_A_ROW,
    SLOW_SECONDS,
    Copy,
    Spot,
    Warming,
    Warmth,
    as_origin_has,
    first_says,
    is_down,
    is_too_much,
    not_compared,
    pause_after,
    second_says,
    slow_after,
)
from bot.domain.proof.look import ORIGIN, Look
from bot.ledger.books import Books
from bot.ledger.warmings import StaleWarming
from bot.services.looks.checks import places_of
from bot.services.setup import SLACK, Core, delivery_name, warm_name
from bot.services.warmup.warming_around import is_to_come, measured

Truth = dict[tuple[str, Asked], tuple["_Asked", ...]]  # what the origin serves, by URL and what is asked
WARMED_LATER = "slack.warmed"  # the kind of what the bot tells itself to tell: how a warming ended
SLICE_SECONDS = 4.0  # of one run
FETCH_SECONDS = 5.0  # of one request
LEASE_SECONDS = 30.0  # after which a run is taken to be lost
TURN_SECONDS = 2.0  # until it is asked again whether another warming of the site has ended
ORIGIN_TIMES = 2  # that it is asked for a page
NO_PLACE = "it is no place of the site any more"
SLOW = f"the origin is slow: one answer after another took {SLOW_SECONDS:g} s or more"


async def go_on(core: Core, number: int) -> None:
    """Do what warming W-`number` has due, and come back when more is."""
    warming = await core.ledger.read(lambda books: books.warmings.find(number))
    if warming is None or warming.ended is not None:
        return
    if warming.due_at is not None and warming.due_at > core.clock.now():  # somebody else is at it
        core.engine.wake(warm_name(number), warming.due_at)
        return
    try:
        warming, waits_for = await fetch_for(core, number, SLICE_SECONDS, by_probes=True)
        if warming.ended is None:
            due = core.clock.now() + (TURN_SECONDS if waits_for else 0.0)
            await core.ledger.write(lambda books: books.warmings.save(replace(warming, due_at=due)))
            core.engine.wake(warm_name(number), due)
    except StaleWarming:
        core.engine.wake(warm_name(number))
    if warming.job:
        core.engine.wake(SLACK)


async def fetch_for(core: Core, number: int, seconds: float, by_probes: bool = False) -> tuple[Warming, str]:
    """Go on with W-`number` for about `seconds`, and longer `by_probes`, which take their time; how it is then, and the
    warming of its site that comes first, if one does. Raises StaleWarming where somebody ended it in between, and
    KeyError where there is none."""
    ends = core.clock.monotonic() + seconds
    truth: Truth = {}
    while True:
        turn = await core.ledger.read(lambda books: _turn(books, number, core.clock.now()))
        warming, spots = turn.warming, turn.warming.next_spots()
        if warming.ended is not None or turn.waits_for:
            return warming, turn.waits_for
        around = not spots and is_to_come(core, warming)
        if (stopped := warming.stopped or turn.held) or not (spots or around):
            return await _end(core, replace(warming, stopped=stopped)), ""
        if core.clock.monotonic() >= ends or (around and not by_probes):
            return warming, ""
        further = await (measured(core, warming) if around else _fetched(core, warming, spots, truth))
        await _keep(core, further)


@dataclass(frozen=True, slots=True)
class _Turn:
    """A warming, the one of its site that comes first, and why the site is held; "" for neither."""

    warming: Warming
    waits_for: str
    held: str


def _turn(books: Books, number: int, now: float) -> _Turn:
    warming = books.warmings.find(number)
    if warming is None:
        raise KeyError(number)
    hold = books.holds.on(warming.site, now)
    return _Turn(
        warming,
        books.warmings.comes_first(warming.site, number),
        f"{warming.site} is held: {hold.reason}" if hold else "",
    )


async def _keep(core: Core, warming: Warming) -> None:
    def deed(books: Books) -> None:
        books.warmings.save(warming)
        if warming.job:
            books.jobs.touch(warming.job)
            books.messages.changed(warming.job, core.clock.now())

    await core.ledger.write(deed)


async def _fetched(core: Core, warming: Warming, spots: tuple[Spot, ...], truth: Truth) -> Warming:
    """`warming` after its next few spots; `truth` is what the origin was seen to serve meanwhile."""
    before = _times(truth)
    if not warming.found and (down := await _is_origin_down(core, warming, spots[0], truth)):
        told = warming.to_origin + _times(truth) - before
        return replace(warming, stopped=down, to_origin=told, due_at=core.clock.now() + LEASE_SECONDS)
    visits = await asyncio.gather(*(_visit(core, warming, spot, truth) for spot in spots))
    asked = [one for visit in visits for one in visit.asked]
    slow = warming.slow
    for one in asked:
        slow = slow_after(slow, one.seconds, one.look)
    stopped = is_too_much([one.answer for one in asked]) or (SLOW if slow >= SLOW_IN_A_ROW else "")
    return replace(
        warming,
        found=(*warming.found, *(visit.copy for visit in visits)),
        requests=warming.requests + len(asked),
        to_origin=warming.to_origin + _times(truth) - before,
        slow=slow,
        varies=tuple(sorted({*warming.varies, *(name for one in asked for name in varied_by(one.look.varies))})),
        stopped=stopped,
        due_at=core.clock.now() + LEASE_SECONDS,
    )


def _times(truth: Truth) -> int:
    """How often the origin was asked."""
    return sum(map(len, truth.values()))


async def _is_origin_down(core: Core, warming: Warming, spot: Spot, truth: Truth) -> str:
    """Why nothing is asked for at all, by the origin's answer to the first page; "" where it goes on."""
    site = core.setup.sites.get(warming.site)
    if site is None or not site.origin:
        return ""
    first = await _ask(core, replace(spot, place=ORIGIN), site.origin)
    truth[spot.url, spot.asked] = (first,)
    return is_down(first.answer)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request: its answer, read, and the seconds it took."""

    answer: Answer
    look: Look
    seconds: float


@dataclass(frozen=True, slots=True)
class _Visit:
    """What became of one spot, and the requests that say so."""

    copy: Copy
    asked: Sequence[_Asked] = ()


async def _visit(core: Core, warming: Warming, spot: Spot, truth: Truth) -> _Visit:
    """Ask once, and once more where that is wanted; then the origin, for all places, whether that is the new."""
    if (known := warming.known(spot)) is not None:
        return _Visit(known)
    site = core.setup.sites.get(warming.site)
    address = places_of(site).get(spot.place) if site else None
    if address is None:
        return _Visit(Copy(spot.url, spot.place, Warmth.SILENT, NO_PLACE))
    first = await _ask(core, spot, address)
    asked, settled = [first], first_says(spot, first.answer, first.look)
    if settled is None:
        asked.append(await _ask(core, spot, address))
        settled = second_says(spot, asked[-1].answer, asked[-1].look)
    if settled.warmth not in KEPT or site is None or not site.origin:
        return _Visit(settled, asked)
    true = await _true(core, spot, site.origin, truth)
    compared = as_origin_has(settled, asked[-1].look, [one.look for one in true])
    return _Visit(not_compared(compared, [one.answer for one in true]), asked)


async def _true(core: Core, spot: Spot, origin: str, truth: Truth) -> tuple[_Asked, ...]:
    """What the origin serves of a page, asked twice in all: some answer differently each time."""
    key = spot.url, spot.asked
    while len(truth.get(key, ())) < ORIGIN_TIMES:
        seen = await _ask(core, replace(spot, place=ORIGIN), origin)
        truth[key] = (*truth.get(key, ()), seen)
    return truth[key]


async def _ask(core: Core, spot: Spot, address: str) -> _Asked:
    """One request as a visitor sends it, and a pause after its answer."""
    began = core.clock.monotonic()
    try:
        async with asyncio.timeout(FETCH_SECONDS):
            answer = await core.looker.fetch(spot.url, spot.place, address, spot.asked)
    except TimeoutError:
        problem = f"no answer within {FETCH_SECONDS:g} s"
        answer = Answer(spot.url, spot.place, core.clock.now(), asked=spot.asked, problem=problem)
    seconds = core.clock.monotonic() - began
    await core.clock.sleep(pause_after(seconds))
    return _Asked(answer, core.looker.read(answer), seconds)


async def _end(core: Core, warming: Warming) -> Warming:
    """Nothing more is fetched. Raises StaleWarming."""
    ended, key = await core.ledger.write(lambda books: end(books, warming, core.clock.now()))
    if key:
        core.engine.wake(delivery_name(key))
    return ended


def end(books: Books, warming: Warming, now: float) -> tuple[Warming, str]:
    """Write the end of a warming, and what is to be told to whoever heard that it goes on: the key of that, if there is
    something. Raises StaleWarming."""
    ended = books.warmings.save(replace(warming, ended=now, due_at=None))
    books.journal.add(
        now, "warmed", warming.stopped_by or "purgebot", warming.job or None,
        warming=warming.name, site=warming.site, requests=warming.requests, copies=_tally(warming),
        stopped=warming.stopped,
    )  # fmt: skip
    if warming.job:
        books.jobs.touch(warming.job)
        books.messages.changed(warming.job, now)
    if not warming.tell:
        return ended, ""
    key = f"{WARMED_LATER} {warming.name}"
    where = {"team": warming.team, "channel": warming.channel, "thread": warming.thread}
    books.intake.store(key, WARMED_LATER, {"user": warming.by, "warming": warming.id, **where}, now)
    return ended, key


def _tally(warming: Warming) -> Mapping[str, int]:
    counted = {warmth.value: sum(copy.warmth is warmth for copy in warming.found) for warmth in Warmth}
    return {name: n for name, n in counted.items() if n}


def stop(books: Books, warming: Warming, actor: Actor, reason: str, now: float) -> tuple[Warming, str]:
    """End a warming because somebody says so; as `end`. Who does it need not be told."""
    tell = warming.tell and actor.id != warming.by
    why = f"cancelled: {reason}" if reason else "cancelled"
    return end(books, replace(warming, stopped=why, stopped_by=actor.id, tell=tell), now)
