"""Looks from around the world: beside the edges of a check, and of the same probes before and after a purge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.domain.answers.answer import PLAIN, Answer, Asked
from bot.domain.policies.defaults import built_in
from bot.domain.proof.verdict import Verdict
from bot.domain.proof.world import REGIONS, Measured, Region, Sight, World
from bot.services.desk import Desk
from bot.services.replies import Checked, NotUnderstood
from bot.services.requests.purges import Asking
from bot.services.setup import Setup
from tests.services.shop import APPROVERS, MIA, SHOP, ScriptedProvider, Shop, open_shop, url
from tests.slate import SlateClock

PUBLIC = "Public: for about a week, whoever has the id can read at Globalping what was measured"
OPTED = World(frozenset({"shop"}))
PROVING = replace(OPTED, prove=True, regions={"eu": REGIONS["eu"]})


@dataclass
class ScriptedProbes:
    """What three probes get: a version, a problem after "!", or a status; `next` are those of the next measurements."""

    clock: SlateClock
    serves: dict[str, str] = field(default_factory=lambda: {"Bonn, DE": "v2", "Lyon, FR": "v2", "Rome, IT": "v2"})
    next: list[dict[str, str]] = field(default_factory=list)
    problem: str = ""
    asked: list[tuple[str, int, str]] = field(default_factory=list)

    async def measure(
        self, url: str, regions: Sequence[Region], asked: Asked = PLAIN, again: str = "", within: float = 40.0
    ) -> Measured:
        self.asked.append((url, len(regions), again))
        if self.problem:
            return Measured(problem=self.problem)
        now = self.next.pop(0) if self.next else self.serves
        return Measured(tuple(self._sight(url, place, said) for place, said in now.items()), f"m{len(self.asked)}")

    def _sight(self, url: str, place: str, said: str) -> Sight:
        answer = (
            Answer(url, place, self.clock.now(), problem=said.removeprefix("!"))
            if said[0] == "!"
            else Answer(
                url, place, self.clock.now(), 403 if said == "403" else 200, (("etag", f'"{said}"'),), said, said
            )
        )
        return Sight(answer, place[-2:])


def opened(path: Path, world: World = OPTED) -> tuple[Shop, ScriptedProbes]:
    clock = SlateClock()
    probes = ScriptedProbes(clock)
    providers = {"shield": ScriptedProvider("shield", clock, per_call=1), "cf": ScriptedProvider("cf", clock)}
    setup = Setup({"shop": SHOP}, providers, built_in(APPROVERS), "C_APPROVE", world=world)
    return open_shop(path, clock, providers["shield"], providers["cf"], setup=setup, probes=probes), probes


async def check(shop: Shop, text: str) -> Checked:
    reply = await Desk(shop.core).ask(Asking(MIA, "k", "slack", "C_SHOP"), text)
    assert isinstance(reply, Checked), reply
    return reply


async def test_probes_are_looked_through_beside_the_edges(tmp_path: Path) -> None:
    shop, probes = opened(tmp_path)
    shop.edges.serves |= {"fra": "v2", "iad": "v2"}
    got = await check(shop, "check https://www.shop.test/a from eu,us")
    await shop.ledger.close()
    assert [("https://www.shop.test/a", 2, "")] == probes.asked
    assert (Verdict.FRESH, ("fra", "iad", "3 of 3 probes in 3 countries"), "") == (
        got.judgement.verdict, got.judgement.fresh_at, got.problem,
    )  # fmt: skip
    assert ["DE", "FR", "IT"] == [look.country for look in got.looks if look.country]
    assert [f"{PUBLIC}: id m1."] == got.notes


async def test_an_old_copy_at_one_probe_is_told(tmp_path: Path) -> None:
    shop, probes = opened(tmp_path)
    shop.edges.serves |= {"fra": "v2", "iad": "v2"}
    probes.serves["Lyon, FR"] = "v1"
    got = await check(shop, "check https://www.shop.test/a from eu")
    await shop.ledger.close()
    assert (Verdict.STALE, ("1 of 3 probes in 1 country",), ("fra", "iad", "2 of 3 probes in 2 countries")) == (
        got.judgement.verdict, got.judgement.stale_at, got.judgement.fresh_at,
    )  # fmt: skip


@pytest.mark.parametrize("said", ["!this probe is away now", "403"], ids=["away", "turned-back"])
async def test_a_probe_that_says_nothing_decides_nothing_and_is_counted(tmp_path: Path, said: str) -> None:
    shop, probes = opened(tmp_path)
    shop.edges.serves |= {"fra": "v2", "iad": "v2"}
    probes.serves["Rome, IT"] = said
    got = await check(shop, "check https://www.shop.test/a from eu")
    await shop.ledger.close()
    assert (Verdict.FRESH, ("fra", "iad", "2 of 3 probes in 2 countries")) == (
        got.judgement.verdict, got.judgement.fresh_at,
    )  # fmt: skip
    assert "Rome, IT" in [look.place for look in got.looks]


async def test_named_edges_are_looked_at_alone(tmp_path: Path) -> None:
    shop, probes = opened(tmp_path)
    got = await check(shop, "check https://www.shop.test/a from iad")
    await shop.ledger.close()
    assert ({"iad", "origin"}, []) == ({look.place for look in got.looks}, probes.asked)


async def test_without_from_no_probe_is_asked(tmp_path: Path) -> None:
    shop, probes = opened(tmp_path)
    got = await check(shop, "check https://www.shop.test/a")
    await shop.ledger.close()
    assert ([], [], {"fra", "iad", "origin"}) == (probes.asked, got.notes, {look.place for look in got.looks})


async def test_without_opting_in_it_is_told_how(tmp_path: Path) -> None:
    shop, probes = opened(tmp_path, World())
    reply = await Desk(shop.core).ask(Asking(MIA, "k", "slack", "C_SHOP"), "check https://www.shop.test/a from eu")
    await shop.ledger.close()
    assert isinstance(reply, NotUnderstood)
    assert ("globalping: {sites: [shop]}" in reply.misunderstood.problem, []) == (True, probes.asked)


async def test_what_went_wrong_is_told_and_the_edges_are_judged(tmp_path: Path) -> None:
    shop, probes = opened(tmp_path)
    probes.problem = "connection refused"
    got = await check(shop, "check https://www.shop.test/a from eu")
    await shop.ledger.close()
    assert ("Globalping's probes could not be asked: connection refused.", Verdict.STALE, []) == (
        got.problem, got.judgement.verdict, got.notes,
    )  # fmt: skip


async def test_one_check_costs_no_more_than_its_limit(tmp_path: Path) -> None:
    shop, probes = opened(tmp_path, replace(OPTED, limit=6))
    pages = " ".join(f"https://www.shop.test/{n}" for n in range(5))
    some = await check(shop, f"check {pages} from eu")
    none = await check(shop, f"check {pages} from eu,us,asia")
    await shop.ledger.close()
    assert ("Probes looked at the first 2 of 5 URLs: a check has 6 tests.", 2) == (some.problem, len(probes.asked))
    assert "From eu, us, asia it takes 9 tests, and a check has 6." == none.problem


# Proof


def freshly(shop: Shop) -> None:
    """The edges have the old before the purge and the new after it."""
    shop.edges.becomes = {"fra": ["v1", "v2"], "iad": ["v1", "v2"]}


OLD = {"Bonn, DE": "v1", "Lyon, FR": "v1", "Rome, IT": "v1"}


async def test_the_same_probes_prove_a_purge(tmp_path: Path) -> None:
    shop, probes = opened(tmp_path, PROVING)
    freshly(shop)
    probes.next = [OLD]
    job = await shop.purge(MIA, url("/a"))
    await shop.slate.advance(300)
    done = await shop.job(job.id)
    await shop.ledger.close()
    page = "https://www.shop.test/a"
    assert [(page, 1, ""), (page, 1, "m1")] == probes.asked
    assert (Verdict.FRESH, ("fra", "iad", "3 of 3 probes in 3 countries")) == (done.verdict, done.fresh_at)
    assert 3 == len([look for look in done.before if look.country])


async def test_a_probe_that_still_gets_the_old_is_asked_again_until_it_does_not(tmp_path: Path) -> None:
    shop, probes = opened(tmp_path, PROVING)
    freshly(shop)
    probes.next = [OLD, {**OLD, "Bonn, DE": "v2"}]
    job = await shop.purge(MIA, url("/a"))
    await shop.slate.advance(300)
    done = await shop.job(job.id)
    await shop.ledger.close()
    assert (["", "m1", "m1"], Verdict.FRESH) == ([again for _, _, again in probes.asked], done.verdict)


async def test_an_old_copy_at_a_probe_is_no_proof(tmp_path: Path) -> None:
    shop, probes = opened(tmp_path, PROVING)
    freshly(shop)
    probes.serves = OLD
    job = await shop.purge(MIA, url("/a"))
    await shop.slate.advance(300)
    done = await shop.job(job.id)
    await shop.ledger.close()
    assert (Verdict.STALE, ("3 of 3 probes in 3 countries",), ("fra", "iad")) == (
        done.verdict, done.stale_at, done.fresh_at,
    )  # fmt: skip


async def test_probes_that_cannot_be_asked_again_leave_the_proof_to_the_edges(tmp_path: Path) -> None:
    shop, probes = opened(tmp_path, PROVING)
    freshly(shop)
    probes.next = [OLD, dict.fromkeys(OLD, "!this probe is away now")]
    job = await shop.purge(MIA, url("/a"))
    await shop.slate.advance(300)
    done = await shop.job(job.id)
    await shop.ledger.close()
    assert (Verdict.FRESH, ("fra", "iad")) == (done.verdict, done.fresh_at)


async def test_a_budget_that_is_spent_stops_no_purge_and_is_told(tmp_path: Path) -> None:
    shop, probes = opened(tmp_path, PROVING)
    freshly(shop)
    probes.problem = "its limit is used up: again in 20 min"
    job = await shop.purge(MIA, url("/a"))
    await shop.slate.advance(300)
    done = await shop.job(job.id)
    steps = await shop.ledger.read(lambda books: books.messages.steps(job.id))
    await shop.ledger.close()
    assert (Verdict.FRESH, ("fra", "iad"), 1) == (done.verdict, done.fresh_at, len(probes.asked))
    assert any("could not be asked: its limit is used up: again in 20 min." in told.text for _, told in steps)


async def test_nobody_is_asked_where_proof_by_probes_is_not_wanted(tmp_path: Path) -> None:
    shop, probes = opened(tmp_path)
    job = await shop.purge(MIA, url("/a"))
    await shop.slate.advance(300)
    await shop.ledger.close()
    assert ([], True) == (probes.asked, job.id > 0)
