"""Warming by probes around the world: after the edges, only when asked for, by the same ones twice, within limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.domain.answers.answer import PLAIN, Answer, Asked
from bot.domain.jobs.warming import Warming, Warmth
from bot.domain.policies.defaults import built_in
from bot.domain.proof.world import REGIONS, Measured, Region, Sight, World
from bot.services.replies import NotUnderstood, Warmed
from bot.services.setup import Setup
from tests.services.shop import APPROVERS, SHOP, ScriptedProvider, open_shop
from tests.services.test_warming import A, B, Edges, Warm
from tests.slate import SlateClock

OPTED = World(frozenset({"shop"}))


@dataclass
class Probes:
    """Probes in two countries; each measurement takes the next words of its script, a cache's word for each probe."""

    clock: SlateClock
    script: list[tuple[str, ...]] = field(default_factory=lambda: [("MISS", "HIT"), ("HIT", "HIT")])
    problem: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def measure(
        self, url: str, regions: Sequence[Region], asked: Asked = PLAIN, again: str = "", within: float = 40.0
    ) -> Measured:
        self.asked.append((url, again))
        if self.problem:
            return Measured(problem=self.problem)
        words = self.script.pop(0)
        places = (("Bonn, DE", "DE"), ("Lyon, FR", "FR"))
        told = zip(places, words, strict=False)
        sights = tuple(Sight(self._answer(url, place, word), land) for (place, land), word in told)
        return Measured(sights, f"m{len(self.asked)}")

    def _answer(self, url: str, place: str, word: str) -> Answer:
        status = int(word) if word.isdigit() else 200
        headers = (("x-cache", "" if word.isdigit() else word), ("etag", '"v2"'))
        return Answer(url, place, self.clock.now(), status, headers, "v2", "v2", 2)


def world_shop(path: Path, world: World = OPTED) -> tuple[Warm, Probes]:
    clock = SlateClock()
    shield, cf, edges = ScriptedProvider("shield", clock, per_call=1), ScriptedProvider("cf", clock), Edges(clock)
    probes = Probes(clock)
    setup = Setup({"shop": SHOP}, {"shield": shield, "cf": cf}, built_in(APPROVERS), "C_APPROVE", world=world)
    return Warm(open_shop(path, clock, shield, cf, edges, setup, probes=probes), edges), probes


async def ended(warm: Warm, text: str) -> Warming:
    first = await warm.say(text)
    assert isinstance(first, Warmed) and first.warming.ended is None, first
    await warm.shop.slate.advance(60)
    warming = await warm.one()
    await warm.close()
    return warming


async def test_the_same_probes_are_asked_once_more_after_the_edges(tmp_path: Path) -> None:
    warm, probes = world_shop(tmp_path)
    warming = await ended(warm, f"warm {A} from fra,eu")
    assert [(A, ""), (A, "m1")] == probes.asked
    assert [("fra", Warmth.KEPT)] == [(copy.place, copy.warmth) for copy in warming.found]
    assert [("Bonn, DE", "DE", Warmth.KEPT), ("Lyon, FR", "FR", Warmth.ALREADY)] == [
        (copy.place, copy.country, copy.warmth) for copy in warming.around
    ]
    assert (("m1", "m2"), "") == (warming.public, warming.unmeasured)


async def test_where_every_probe_has_a_hit_nothing_is_asked_again(tmp_path: Path) -> None:
    warm, probes = world_shop(tmp_path)
    probes.script = [("HIT", "HIT")]
    warming = await ended(warm, f"warm {A} from eu")
    assert ([(A, "")], {"fra", "iad"}) == (probes.asked, {copy.place for copy in warming.found})


async def test_a_probe_that_is_away_the_second_time_claims_nothing(tmp_path: Path) -> None:
    warm, probes = world_shop(tmp_path)
    probes.script = [("MISS", "MISS"), ("HIT",)]
    warming = await ended(warm, f"warm {A} from eu")
    assert [Warmth.KEPT, Warmth.SILENT] == [copy.warmth for copy in warming.around]


async def test_nothing_is_measured_unless_it_is_asked_for(tmp_path: Path) -> None:
    warm, probes = world_shop(tmp_path)
    await warm.warm(f"warm {A}")
    await warm.purge(f"{B} --warm")
    await warm.close()
    assert [] == probes.asked


async def test_a_site_that_is_not_opted_in_is_not_measured(tmp_path: Path) -> None:
    warm, probes = world_shop(tmp_path, World())
    reply = await warm.say(f"warm {A} from eu")
    await warm.close()
    assert (NotUnderstood, [], []) == (type(reply), probes.asked, warm.edges.asked)


async def test_what_the_limit_leaves_no_room_for_is_told(tmp_path: Path) -> None:
    warm, probes = world_shop(tmp_path, replace(OPTED, limit=6, regions={"eu": REGIONS["eu"]}))
    warming = await ended(warm, f"warm {A} {B} from eu")
    assert {A} == {url for url, _ in probes.asked}
    assert (1, "one request has 6 tests, and each page takes 6") == (warming.measured, warming.unmeasured)


async def test_probes_that_cannot_be_asked_end_it_with_the_reason(tmp_path: Path) -> None:
    warm, probes = world_shop(tmp_path)
    probes.problem = "no tests are left in this hour"
    warming = await ended(warm, f"warm {A} {B} from eu")
    assert (1, "no tests are left in this hour", "") == (len(probes.asked), warming.unmeasured, warming.stopped)


async def test_an_origin_in_trouble_ends_measuring_too(tmp_path: Path) -> None:
    warm, probes = world_shop(tmp_path)
    probes.script = [("MISS", "503")]
    warming = await ended(warm, f"warm {A} {B} from eu")
    assert ("Lyon, FR answered 503", 1) == (warming.stopped, len(probes.asked))
