"""A warming from the first request to its end: polite, only after the proof, once, and ended when somebody says so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.domain.actor import Actor
from bot.domain.answers.answer import PLAIN, Answer, Asked
from bot.domain.jobs.job import JobView, State
from bot.domain.jobs.warming import PAGES_MAX, Copy, Warming, Warmth
from bot.domain.policies.defaults import built_in
from bot.domain.proof.look import Look
from bot.domain.proof.verdict import Verdict
from bot.domain.site import Site
from bot.ports import ReadHeaders
from bot.services import deeds
from bot.services.desk import Desk
from bot.services.replies import (
    BadLinesFound,
    Done,
    JobMade,
    JobsListed,
    NotUnderstood,
    PlanShown,
    Refusal,
    Reply,
    SiteHeld,
    Warmed,
)
from bot.services.requests.purges import Asking
from bot.services.running.keeping import prune
from bot.services.setup import Setup
from bot.services.warmup.fetching import LEASE_SECONDS, SLOW
from bot.services.warmup.warming import LISTED_MAX
from providers.contract import Cached
from providers.errors import Refused
from tests.services.shop import APPROVERS, GUEST, LEA, MIA, SHOP, ScriptedEdges, ScriptedProvider, Shop, open_shop
from tests.services.test_desk import CI, EYE, OTHER
from tests.slate import SlateClock

A, B = "https://www.shop.test/a", "https://www.shop.test/b"
HEADERS = {"HIT": Cached.HIT, "MISS": Cached.MISS, "DYNAMIC": Cached.UNCACHED, "": Cached.UNKNOWN}


class Edges(ScriptedEdges):
    """Edges that keep what was fetched through them, unless told otherwise. `words` are what a place says always,
    `statuses` and `private` go by URL, `takes` by the number of the request."""

    def __init__(self, clock: SlateClock) -> None:
        super().__init__(clock)
        self.serves = {"origin": "v2", "fra": "v2", "iad": "v2"}
        self.words: dict[str, str] = {}
        self.statuses: dict[str, int] = {}
        self.private: set[str] = set()
        self.varies = ""
        self.takes: Callable[[int], float] = lambda n: 0.0
        self.asked: list[tuple[str, str, Asked]] = []
        self.flying = self.most_flying = 0
        self.origin_status = 200
        self.time = clock
        self._kept: set[tuple[str, str, Asked]] = set()

    async def fetch(self, url: str, place: str, address: str = "", asked: Asked = PLAIN) -> Answer:
        if place == "origin":
            return replace(await super().fetch(url, place, address, asked), status=self.origin_status)
        here = (url, place, asked)
        self.asked.append(here)
        self.flying += 1
        self.most_flying = max(self.flying, self.most_flying)
        await asyncio.sleep(0)
        self.time.at += self.takes(len(self.asked))
        self.flying -= 1
        word = self.words.get(place, "HIT" if here in self._kept else "MISS")
        if url not in self.private:
            self._kept.add(here)
        status = self.statuses.get(url, 200)
        control = "private" if url in self.private else "max-age=60"
        headers = (("x-cache", word), ("etag", '"v2"'), ("cache-control", control))
        return Answer(url, place, self.time.now(), status, headers, "v2", "v2", 2, asked)

    def read(self, answer: Answer, by: ReadHeaders | None = None) -> Look:
        word = answer.says("x-cache")
        looked = replace(super().read(answer, by), varies=self.varies)
        return replace(looked, cached=HEADERS[word], says=word) if answer.place != "origin" else looked


@dataclass
class Warm:
    """A shop whose edges keep what they fetch, and its desk."""

    shop: Shop
    edges: Edges

    async def say(self, text: str, by: Actor = MIA, key: str = "") -> Reply:
        asking = Asking(by, key or self.shop.core.dice.token(), "api" if by.is_token else "slack", "C_SHOP")
        return await Desk(self.shop.core).ask(asking, text)

    async def warm(self, text: str) -> Warming:
        reply = await self.say(text)
        assert isinstance(reply, Warmed), reply
        return reply.warming

    async def one(self, number: int = 1) -> Warming:
        found = await self.shop.ledger.read(lambda books: books.warmings.find(number))
        assert found is not None
        return found

    async def purge(self, text: str) -> JobView:
        """A purge as it ended."""
        made = await self.say(text)
        assert isinstance(made, JobMade), made
        await self.shop.slate.advance(200)
        return await self.shop.job(made.job.id)

    async def entries(self) -> list[tuple[str, str]]:
        rows = "select event, actor from journal where event in ('warming', 'warmed') order by seq"
        return await self.shop.ledger.read(
            lambda books: [(str(row["event"]), str(row["actor"])) for row in books._tx.rows(rows)]
        )

    async def close(self) -> None:
        await self.shop.ledger.close()


def warm_shop(path: Path, site: Site = SHOP) -> Warm:
    clock = SlateClock()
    shield, cf, edges = ScriptedProvider("shield", clock, per_call=1), ScriptedProvider("cf", clock), Edges(clock)
    setup = Setup({"shop": site}, {"shield": shield, "cf": cf}, built_in(APPROVERS), "C_APPROVE")
    return Warm(open_shop(path, clock, shield, cf, edges, setup), edges)


def paths(n: int) -> str:
    return " ".join(f"https://www.shop.test/{i}" for i in range(n))


async def test_each_copy_is_asked_for_twice_and_the_second_answer_shows_that_it_is_kept(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path)
    warming = await warm.warm(f"warm {A}")
    entries = await warm.entries()
    await warm.close()
    assert (Copy(A, "fra", Warmth.KEPT, "HIT"), Copy(A, "iad", Warmth.KEPT, "HIT")) == warming.found
    assert [(A, "fra", ()), (A, "fra", ()), (A, "iad", ()), (A, "iad", ())] == warm.edges.asked
    assert (4, "", True) == (warming.requests, warming.stopped, warming.ended is not None)
    assert [("warming", "U_MIA"), ("warmed", "purgebot")] == entries


async def test_a_copy_that_is_kept_and_old_is_not_called_warm(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path)
    warm.edges.serves["origin"] = "v3"
    warming = await warm.warm(f"warm {A}")
    await warm.close()
    assert [("fra", Warmth.OLD), ("iad", Warmth.OLD)] == [(copy.place, copy.warmth) for copy in warming.found]


async def test_an_origin_that_answers_differently_each_time_proves_no_copy_old_or_new(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path)
    warm.edges.becomes["origin"] = ["v2", "v1"] * 4
    warming = await warm.warm(f"warm {A}")
    await warm.close()
    assert [("fra", Warmth.UNCLEAR), ("iad", Warmth.UNCLEAR)] == [(one.place, one.warmth) for one in warming.found]


async def test_an_origin_that_is_down_is_told_before_an_edge_is_asked(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path)
    warm.edges.origin_status = 503
    warming = await warm.warm(f"warm {paths(9)}")
    await warm.close()
    expected = "the origin answers 503, so nothing new can be fetched; caches give out what they have"
    assert (expected, [], ()) == (warming.stopped, warm.edges.asked, warming.found)


async def test_what_the_origin_was_asked_is_counted_beside_what_the_edges_were(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path, replace(SHOP, variants=({"CF-Device-Type": "mobile"},)))
    warming = await warm.warm(f"warm {paths(3)}")
    warm.edges.origin_status = 503
    down = await warm.warm(f"warm {paths(3)}")
    await warm.close()
    assert (24, 12) == (warming.requests, warming.to_origin)
    assert (0, 1) == (down.requests, down.to_origin)
    assert 13 == warm.edges.looks  # those at the origin


async def test_what_is_kept_already_is_asked_for_once(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path)
    await warm.warm(f"warm {A}")
    again = await warm.warm(f"warm {A}")
    await warm.close()
    assert (2, {Warmth.ALREADY}) == (again.requests, {copy.warmth for copy in again.found})


async def test_a_place_that_keeps_none_is_told_apart(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path)
    warm.edges.words["iad"] = "DYNAMIC"
    warming = await warm.warm(f"warm {A}")
    await warm.close()
    assert [Warmth.KEPT, Warmth.NOT_KEPT] == [copy.warmth for copy in warming.found]
    assert 3 == warming.requests


async def test_what_is_for_one_visitor_alone_is_asked_for_once_in_all(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path)
    warm.edges.private.add(A)
    warming = await warm.warm(f"warm {A}")
    await warm.close()
    assert (1, [Warmth.FOR_ONE, Warmth.FOR_ONE]) == (warming.requests, [copy.warmth for copy in warming.found])


async def test_every_variant_is_warmed_but_those_of_who_is_signed_in(tmp_path: Path) -> None:
    variants = ({"CF-Device-Type": "mobile"}, {"Authorization": "Basic x"})
    warm = warm_shop(tmp_path, replace(SHOP, variants=variants))
    warming = await warm.warm(f"warm {A}")
    await warm.close()
    assert {(), (("CF-Device-Type", "mobile"),)} == {asked for _, _, asked in warm.edges.asked}
    assert (8, True) == (warming.requests, warming.signed_in)


async def test_at_most_two_requests_are_under_way_and_each_is_followed_by_a_pause(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path)
    began = warm.edges.time.at
    warming = await warm.warm(f"warm {paths(9)}")
    await warm.close()
    assert (36, 2) == (warming.requests, warm.edges.most_flying)
    assert 6.3 == round(warm.edges.time.at - began, 3)  # 36 at the edges, the others at the origin


async def test_an_origin_in_trouble_ends_it(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path)
    warm.edges.statuses["https://www.shop.test/3"] = 503
    warming = await warm.warm(f"warm {paths(9)}")
    await warm.close()
    assert ("fra answered 503", 4) == (warming.stopped, len(warming.found))
    assert len(warm.edges.asked) == warming.requests < 10


async def test_a_slow_origin_ends_it(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path)
    warm.edges.takes = lambda n: 3.5 if n > 8 else 0.1
    await warm.warm(f"warm {paths(9)}")
    await warm.shop.slate.advance(60)
    warming = await warm.one()
    await warm.close()
    assert (SLOW, True) == (warming.stopped, warming.requests <= 12)


async def test_what_takes_longer_goes_on_by_itself_and_whoever_asked_hears_its_end(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path)
    first = await warm.warm(f"warm {paths(60)}")
    await warm.shop.slate.advance(120)
    last = await warm.one()
    told = await warm.shop.ledger.read(lambda books: books.intake.find("slack.warmed W-1"))
    await warm.close()
    assert first.ended is None and 0 < len(first.found) < 120
    assert (120, "", True) == (len(last.found), last.stopped, last.ended is not None)
    assert told is not None and ("slack.warmed", "U_MIA", 1) == (told.kind, told.body["user"], told.body["warming"])


async def test_a_machine_is_not_told_later(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path)
    await warm.say(f"warm {paths(60)}", CI)
    await warm.shop.slate.advance(120)
    told = await warm.shop.ledger.read(lambda books: books.intake.find("slack.warmed W-1"))
    await warm.close()
    assert told is None


async def test_a_crash_repeats_nothing_that_was_written(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path)
    await warm.warm(f"warm {paths(60)}")
    asked = len(warm.edges.asked)
    shop = await warm.shop.crash()
    await shop.slate.advance(120)
    warming = await shop.ledger.read(lambda books: books.warmings.find(1))
    await shop.ledger.close()
    assert warming is not None and (240, "") == (warming.requests, warming.stopped)
    assert 0 < asked < 240 == len(warm.edges.asked)


async def test_a_crash_while_whoever_asked_still_waits_loses_nothing(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path)
    now = warm.edges.time.at
    begun = Warming("shop", "U_MIA", (A,), ("fra", "iad"), now, due_at=now + LEASE_SECONDS)
    await warm.shop.ledger.write(lambda books: books.warmings.create("warm x", begun))
    shop = await warm.shop.crash()
    await shop.slate.advance(LEASE_SECONDS + 5)
    warming = await shop.ledger.read(lambda books: books.warmings.find(1))
    await shop.ledger.close()
    assert warming is not None and (4, "") == (warming.requests, warming.stopped)


async def test_the_same_request_makes_one_warming(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path)
    await warm.say(f"warm {A}", key="once")
    again = await warm.say(f"warm {A}", key="once")
    await warm.close()
    assert isinstance(again, Warmed) and 1 == again.warming.id
    assert 4 == len(warm.edges.asked)


async def test_a_request_that_comes_again_while_its_warming_goes_on_sends_nothing_beside_it(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path)
    await warm.say(f"warm {paths(60)}", key="once")
    asked = len(warm.edges.asked)
    again = await warm.say(f"warm {paths(60)}", key="once")
    still = len(warm.edges.asked)
    await warm.shop.slate.advance(120)
    warming = await warm.one()
    await warm.close()
    assert isinstance(again, Warmed) and 1 == again.warming.id
    assert (asked, 240, 240) == (still, warming.requests, len(warm.edges.asked))


async def test_a_site_is_warmed_by_one_at_a_time(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path)
    await warm.warm(f"warm {paths(60)}")
    waits = await warm.say(f"warm {B}")
    assert isinstance(waits, Warmed)
    asked_by_then = (B, "fra", ()) in warm.edges.asked
    await warm.shop.slate.advance(200)
    second = await warm.one(2)
    await warm.close()
    assert ("W-1", False, 2) == (waits.waits_for, asked_by_then, len(second.found))


async def test_status_lists_what_is_being_warmed_until_it_has_ended(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path)
    for _ in range(LISTED_MAX + 2):
        await warm.warm(f"warm {paths(60)}")
    listed, elsewhere = [await warm.say("status", by) for by in (MIA, OTHER)]
    await warm.shop.slate.advance(1000)
    ended = await warm.say("status")
    await warm.close()
    assert isinstance(listed, JobsListed) and isinstance(elsewhere, JobsListed) and isinstance(ended, JobsListed)
    told = [(one.warming.name, one.waits_for) for one in listed.warmings]
    assert [("W-1", ""), *((f"W-{n}", "W-1") for n in range(2, LISTED_MAX + 1))] == told
    assert (LISTED_MAX + 2, 0, 0) == (listed.warmings_total, elsewhere.warmings_total, ended.warmings_total)
    assert ([], []) == (list(elsewhere.warmings), list(ended.warmings))


async def test_whoever_asked_ends_it_and_an_approver_may_too(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path)
    replies: list[Reply] = []
    for by in (MIA, LEA):
        await warm.warm(f"warm {paths(60)}")
        replies.append(await warm.say(f"cancel W-{len(replies) + 1} because of the load", by))
    asked = len(warm.edges.asked)
    await warm.shop.slate.advance(60)
    told = await warm.shop.ledger.read(
        lambda books: [books.intake.find(f"slack.warmed W-{n}") is not None for n in (1, 2)]
    )
    entries = await warm.entries()
    await warm.close()
    ended = [reply.warming for reply in replies if isinstance(reply, Warmed)]
    assert [("cancelled: of the load", "U_MIA"), ("cancelled: of the load", "U_LEA")] == [
        (one.stopped, one.stopped_by) for one in ended
    ]
    assert (asked, [False, True]) == (len(warm.edges.asked), told)
    assert ["U_MIA", "U_LEA"] == [who for event, who in entries if event == "warmed"]


async def test_nobody_else_ends_it_and_what_has_ended_stays_so(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path)
    await warm.warm(f"warm {paths(60)}")
    other = await warm.say("cancel W-1", CI)
    stranger = await warm.say("cancel W-1", OTHER)
    await warm.say("cancel W-1")
    again = await warm.say("cancel W-1")
    await warm.close()
    assert [
        "W-1 was not asked for by this token.", "There is no W-1.", "W-1 has ended already.",
    ] == [reply.what for reply in (other, stranger, again) if isinstance(reply, Refusal)]  # fmt: skip


@pytest.mark.parametrize("by", [GUEST, EYE], ids=["a guest", "a reading token"])
async def test_who_may_not_check_may_not_warm(tmp_path: Path, by: Actor) -> None:
    warm = warm_shop(tmp_path)
    reply = await warm.say(f"warm {A}", by)
    await warm.close()
    assert (Refusal, []) == (type(reply), warm.edges.asked)


async def test_a_held_site_is_not_warmed(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path)
    await warm.say("hold shop because deploying")
    reply = await warm.say(f"warm {A}")
    await warm.close()
    assert isinstance(reply, SiteHeld)
    assert ("shop is held: deploying", []) == (reply.what, warm.edges.asked)


async def test_a_hold_ends_what_is_under_way(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path)
    await warm.warm(f"warm {paths(60)}")
    await warm.say("hold shop because deploying")
    asked = len(warm.edges.asked)
    await warm.shop.slate.advance(60)
    warming = await warm.one()
    await warm.close()
    assert ("shop is held: deploying", asked) == (warming.stopped, len(warm.edges.asked))


async def test_more_pages_than_one_warming_takes_are_refused(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path)
    reply = await warm.say(f"warm {paths(PAGES_MAX + 1)}")
    await warm.close()
    assert isinstance(reply, Refusal)
    assert "That is 101 pages, and one warming is for at most 100. Nothing was fetched." == reply.what
    assert [] == warm.edges.asked


async def test_more_requests_than_one_warming_takes_are_refused(tmp_path: Path) -> None:
    many = {f"edge{n}": f"https://203.0.113.{n}" for n in range(1, 31)}
    warm = warm_shop(tmp_path, replace(SHOP, edges=many))
    reply = await warm.say(f"warm {paths(50)}")
    at_one = await warm.say(f"warm {paths(50)} from edge7")
    await warm.close()
    assert isinstance(reply, Refusal)
    assert isinstance(at_one, Warmed)
    expected = "That takes up to 3,000 requests (50 pages × 30 places), and one warming sends at most 2,000."
    assert f"{expected} Nothing was fetched." == reply.what


async def test_an_edge_may_be_named(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path)
    await warm.warm(f"warm {A} from iad")
    await warm.close()
    assert {"iad"} == {place for _, place, _ in warm.edges.asked}


async def test_a_purge_warms_its_pages_once_it_is_proven(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path)
    job = await warm.purge(f"{A} {B} --warm")
    await warm.close()
    assert (State.DONE, Verdict.FRESH) == (job.state, job.verdict)
    assert job.warming is not None and job.proven is not None and job.warming.ended is not None
    assert ((A, B), 1) == (job.warming.urls, job.warming.job)
    assert job.warming.created >= job.proven


async def test_without_the_option_nothing_is_warmed(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path)
    job = await warm.purge(A)
    await warm.close()
    assert job.warming is None


async def test_a_purge_that_left_the_old_warms_nothing(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path)
    warm.edges.serves["origin"] = "v3"
    job = await warm.purge(f"{A} --warm")
    entries = await warm.entries()
    await warm.close()
    assert (State.DONE, Verdict.STALE, None, []) == (job.state, job.verdict, job.warming, entries)


async def test_a_purge_of_which_some_did_not_go_warms_nothing(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path)
    warm.shop.cf.script = [Refused("A target is not taken.", "Mend it.")]
    job = await warm.purge(f"{A} --warm")
    await warm.close()
    assert (True, None) == (job.state is not State.DONE, job.warming)


async def test_a_late_proof_warms_and_a_second_one_does_not_again(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path)
    warm.edges.serves["origin"] = "v3"
    stale = await warm.purge(f"{A} --warm")
    warm.edges.serves["origin"] = "v2"
    warmings = [stale.warming]
    for _ in range(2):
        await deeds.check_again(warm.shop.core, MIA, 1)
        await warm.shop.slate.advance(60)
        warmings.append((await warm.shop.job(1)).warming)
    entries = await warm.entries()
    await warm.close()
    assert [None, 1, 1] == [one and one.id for one in warmings]
    assert [("warming", "U_MIA"), ("warmed", "purgebot")] == entries


async def test_a_site_that_is_held_when_the_proof_comes_is_not_warmed(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path)
    warm.shop.cf.before_answer = lambda: _held(warm)
    job = await warm.purge(f"{A} --warm")
    await warm.close()
    assert job.warming is not None
    assert ("shop is held: deploying", 0) == (job.warming.stopped, job.warming.requests)


async def _held(warm: Warm) -> None:
    await warm.say("hold shop because deploying")


async def test_cancelling_a_job_that_has_ended_stops_its_warming(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path)
    made = await warm.say(f"{paths(30)} --warm")
    assert isinstance(made, JobMade)
    while (await warm.shop.job(made.job.id)).warming is None:
        await warm.shop.slate.advance(0.5)
    reply = await warm.say("cancel P-1")
    again = await warm.say("cancel P-1")
    await warm.shop.slate.advance(60)
    job = await warm.shop.job(1)
    await warm.close()
    assert isinstance(reply, Done) and "not warmed further" == reply.what
    assert isinstance(again, Refusal)
    assert job.warming is not None
    assert (State.DONE, "cancelled", "U_MIA") == (job.state, job.warming.stopped, job.warming.stopped_by)


async def test_a_plan_says_how_many_requests_would_follow(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path)
    planned = await warm.say(f"plan {A} {B} --warm")
    await warm.close()
    assert isinstance(planned, PlanShown) and planned.warming is not None
    assert (8, 0, []) == (planned.warming.most, planned.warming.left_out, warm.edges.asked)


async def test_of_many_pages_of_a_purge_the_first_hundred_are_warmed(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path)
    planned = await warm.say(f"plan {paths(130)} --warm")
    await warm.close()
    assert isinstance(planned, PlanShown) and planned.warming is not None
    assert (100, 30) == (len(planned.warming.urls), planned.warming.left_out)


APART = (f"{A} --warm --no-check", f"{A} --warm --queue", f"warm {A} --warm", "warm tag:news", "warm", "retry W-1")


@pytest.mark.parametrize("line", APART)
async def test_what_goes_together_with_nothing_is_said(tmp_path: Path, line: str) -> None:
    warm = warm_shop(tmp_path)
    reply = await warm.say(line)
    await warm.close()
    assert (NotUnderstood, []) == (type(reply), warm.edges.asked)


async def test_bad_lines_wait_for_a_click_and_nothing_is_fetched(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path)
    reply = await warm.say(f"warm {A} https://evil.test/")
    await warm.close()
    assert (BadLinesFound, []) == (type(reply), warm.edges.asked)


async def test_old_warmings_are_forgotten_and_those_of_jobs_stay_with_them(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path)
    await warm.warm(f"warm {A}")
    await warm.purge(f"{B} --warm")
    warm.edges.time.at += 8 * 86400
    await prune(warm.shop.core)
    left = await warm.shop.ledger.read(lambda books: [books.warmings.find(n) is not None for n in (1, 2)])
    await warm.close()
    assert [False, True] == left


async def test_what_the_answers_vary_by_and_nobody_asked_is_kept_in_mind(tmp_path: Path) -> None:
    warm = warm_shop(tmp_path, replace(SHOP, variants=({"CF-Device-Type": "mobile"},)))
    warm.edges.varies = "x-device, accept-encoding, cf-device-type"
    warming = await warm.warm(f"warm {A}")
    await warm.close()
    assert ("accept-encoding", "x-device") == warming.left_to_vary
