"""Several data centres or servers behind one address, of which one stays old or fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.answers.answer import PLAIN, Answer, Asked
from bot.domain.answers.guards import challenge_on
from bot.domain.jobs.job import JobView, State
from bot.domain.policies.defaults import built_in
from bot.domain.proof.look import Look
from bot.domain.proof.verdict import Verdict
from bot.ports import ReadHeaders
from bot.services import deeds
from bot.services.setup import Setup
from bot.slack.cards.comparison import comparison
from bot.slack.cards.outcome import outcome
from providers.contract import Cached
from tests.services.shop import APPROVERS, MIA, SHOP, ScriptedEdges, ScriptedProvider, Shop, open_shop, url
from tests.slate import SlateClock

Script = Sequence[tuple[str, str]]  # who answers, and with what: a version, a status in digits, "asks", or "cut"


class ManyBehindOne(ScriptedEdges):
    """Edges behind whose addresses several take turns, as scripted; the last one for ever. The first answer of a place
    is the look before the purge."""

    def __init__(self, clock: SlateClock, turns: Mapping[str, Script]) -> None:
        super().__init__(clock)
        self.serves = dict.fromkeys(("origin", "fra", "iad"), "v2")
        self.turns = turns
        self.asked: Counter[str] = Counter()

    async def fetch(self, url: str, place: str, address: str = "", asked: Asked = PLAIN) -> Answer:
        answer = await super().fetch(url, place, address, asked)
        if asked:
            return replace(answer, text="v2", digest="v2")
        turns = self.turns.get(place, (("", "v2"),))
        who, gives = turns[min(self.asked[place], len(turns) - 1)]
        self.asked[place] += 1
        answer = replace(answer, headers=(*answer.headers, ("x-who", who)))
        if gives == "cut":
            return replace(answer, problem="connection refused")
        if gives == "asks":
            return replace(answer, headers=(*answer.headers, ("cf-mitigated", "challenge")), text="wait", digest="wait")
        if gives.isdigit():
            return replace(answer, status=int(gives), text=gives, digest=gives)
        return replace(answer, text=gives, digest=gives)

    def read(self, answer: Answer, by: ReadHeaders | None = None) -> Look:
        look = super().read(answer, by)
        is_kept = not look.problem and answer.place != "origin" and answer.status == 200
        guard = challenge_on(answer)
        cached = Cached.HIT if is_kept and guard is None else look.cached
        return replace(look, seen_at=answer.says("x-who"), cached=cached, guard=guard.title if guard else "")


async def purged(path: Path, seconds: float, **turns: Script) -> tuple[Shop, ManyBehindOne, JobView]:
    """A purge of one page, `seconds` later."""
    clock = SlateClock()
    edges, shield, cf = ManyBehindOne(clock, turns), ScriptedProvider("shield", clock), ScriptedProvider("cf", clock)
    setup = Setup({"shop": SHOP}, {"shield": shield, "cf": cf}, built_in(APPROVERS), "C_APPROVE")
    shop = open_shop(path, clock, shield, cf, edges, setup)
    job = await shop.purge(MIA, url("/a"))
    await shop.slate.advance(seconds)
    return shop, edges, await shop.job(job.id)


FRA, MAD_OLD, MAD = ("FRA", "v2"), ("MAD", "v1"), ("MAD", "v2")
NOT_SEEN_NEW = (
    'fra at MAD was still old 0 s after the purge (HIT, version "v1"), and nothing new has come from there since'
    " · fresh at iad"
)


async def test_a_data_centre_that_was_old_and_is_not_met_again_keeps_a_purge_from_being_proven(tmp_path: Path) -> None:
    shop, _, job = await purged(tmp_path, 600, fra=[FRA, FRA, MAD_OLD, FRA])
    await shop.ledger.close()
    assert (State.DONE, Verdict.UNKNOWN, 5, NOT_SEEN_NEW) == (job.state, job.verdict, job.round, job.why)


async def test_a_data_centre_that_was_late_is_proven_by_its_own_answer(tmp_path: Path) -> None:
    shop, _, job = await purged(tmp_path, 600, fra=[FRA, FRA, MAD_OLD, FRA, FRA, MAD, FRA])
    await shop.ledger.close()
    assert (Verdict.FRESH, 2, ()) == (job.verdict, job.round, job.not_seen_new)


async def test_checking_again_does_not_forget_it_until_it_is_met(tmp_path: Path) -> None:
    shop, edges, job = await purged(tmp_path, 600, fra=[FRA, FRA, MAD_OLD, FRA])
    await deeds.check_again(shop.core, MIA, job.id)
    await shop.slate.advance(600)
    still = await shop.job(job.id)
    edges.turns = {"fra": [MAD]}
    await deeds.check_again(shop.core, MIA, job.id)
    await shop.slate.advance(600)
    met = await shop.job(job.id)
    await shop.ledger.close()
    assert (Verdict.UNKNOWN, Verdict.FRESH) == (still.verdict, met.verdict)


NEW, OLD, FAULT, CHALLENGE = ("", "v2"), ("", "v1"), ("", "502"), ("", "asks")
ASKS = "Cloudflare asks for a proof of being no robot"


@pytest.mark.parametrize(
    ("turns", "told", "rounds"),
    [
        pytest.param([NEW, NEW, FAULT, NEW], "fra: 1 of 3 answers was an error (502)", 1, id="the second one"),
        pytest.param([NEW, FAULT, NEW], "fra: 1 of 2 answers was an error (502)", 1, id="the first one"),
        pytest.param(
            [NEW, NEW, FAULT, ("", "503"), NEW], "fra: 2 of 4 answers were errors (502, 503)", 1, id="two in a row"
        ),
        pytest.param(
            [NEW, NEW, ("", "cut"), NEW], "fra: 1 of 3 answers was an error (connection refused)", 1, id="cut"
        ),
        pytest.param([NEW, NEW, CHALLENGE, NEW], f"fra: 1 of 3 answers was no page ({ASKS})", 1, id="a challenge"),
        pytest.param([NEW, CHALLENGE, NEW], f"fra: 1 of 2 answers was no page ({ASKS})", 1, id="a challenge at first"),
        pytest.param([NEW, NEW, FAULT, FAULT, FAULT, NEW], "", 2, id="three in a row, then none"),
        pytest.param([NEW, FAULT, FAULT, NEW], "", 2, id="nothing else at first"),
    ],
)
async def test_an_edge_that_fails_now_and_then_is_proven_with_that_said(
    tmp_path: Path, turns: Script, told: str, rounds: int
) -> None:
    shop, _, job = await purged(tmp_path, 600, fra=turns)
    await shop.ledger.close()
    failing = [part for part in job.why.split(" · ") if " answer" in part]
    assert (Verdict.FRESH, [told] if told else [], rounds) == (job.verdict, failing, job.round)


async def test_an_edge_whose_last_answers_fail_is_not_proven(tmp_path: Path) -> None:
    shop, _, job = await purged(tmp_path, 1, fra=[NEW, NEW, FAULT])
    await shop.ledger.close()
    assert (State.CHECKING, Verdict.UNKNOWN) == (job.state, job.verdict)
    assert "fra answered 502 · fresh at iad" == job.why


async def test_an_old_page_is_old_whatever_fails_beside_it(tmp_path: Path) -> None:
    shop, _, job = await purged(tmp_path, 1, fra=[NEW, NEW, FAULT, OLD])
    await shop.ledger.close()
    assert (Verdict.STALE, ("fra",)) == (job.verdict, job.stale_at)


async def test_what_was_proven_stays_so_when_the_origin_has_other_content_since(tmp_path: Path) -> None:
    shop, edges, proven = await purged(tmp_path, 600, fra=[FRA])
    edges.turns = {**edges.turns, "origin": [("", "v3")]}
    await deeds.check_again(shop.core, MIA, proven.id)
    await shop.slate.advance(600)
    job = await shop.job(proven.id)
    again = await shop.purge(MIA, url("/a"))
    await shop.ledger.close()
    assert (Verdict.FRESH, Verdict.FRESH, proven.proven) == (proven.verdict, job.verdict, job.proven)
    assert "still old at fra" in job.why
    assert "the origin has changed since this purge was proven: purge again for what is new" in job.why
    assert outcome(job, shop.clock.now()) == (
        "🟢 P-1 was proven at fra, iad, and the origin has changed since · https://www.shop.test/a"
    )
    assert comparison(job).endswith('after: MISS, version "v2" = origin')
    assert again.id != job.id
