"""What is gathered before the rules speak: who is asked, how long, and which of our own jobs are read."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bot.domain.actor import Actor
from bot.domain.answers.answer import PLAIN, Answer, Asked
from bot.domain.grammar.speech import Command, Speaker, Verb
from bot.domain.jobs.hold import Hold
from bot.domain.jobs.job import JobView, State
from bot.domain.jobs.plan import Plan
from bot.domain.policies.policy import Allow, Ask, Decision
from bot.domain.proof.look import Look
from bot.domain.proof.variants import AS_A_PHONE, ENCODINGS
from bot.domain.proof.verdict import Verdict
from bot.domain.target import Target
from bot.domain.why import Case, Certainty, Cure, Name, Reach, Reading, Resolved, Tier
from bot.ledger.asked_targets import WHOLE_MAX
from bot.ledger.books import Books
from bot.ledger.holds import InLine as InLineRequest
from bot.ledger.holds import Sheaf, Waiting, squeezed
from bot.ledger.packed import packed
from bot.ports import ReadHeaders
from bot.services.advice.cures import with_policy
from bot.services.advice.our_purges import FAR, our_purges
from bot.services.advice.why import explain
from bot.services.looks.checking import check
from bot.services.replies import Explained
from providers.contract import Kind, Seen
from providers.errors import BadCredentials
from tests.services.shop import GUEST, LEA, MIA, SHOP, ScriptedEdges, Shop, open_shop, url
from tests.slate import SlateClock


class Edges(ScriptedEdges):
    """Edges that remember who was asked for what, of which some never answer."""

    def __init__(self, clock: SlateClock, silent: Sequence[str] = ()) -> None:
        super().__init__(clock)
        self.silent = silent
        self.asked: list[tuple[str, str, Asked]] = []

    async def fetch(self, url: str, place: str, address: str = "", asked: Asked = PLAIN) -> Answer:
        self.asked.append((place, url, asked))
        self.serves.setdefault(place, "v1")
        if place in self.silent:
            await asyncio.Event().wait()
        return await super().fetch(url, place, address, asked)

    def read(self, answer: Answer, by: ReadHeaders | None = None) -> Look:
        if answer.problem:
            return Look(answer.place, answer.url, answer.at, problem=answer.problem)
        return super().read(answer, by)


@dataclass
class Names:
    """A resolver that remembers what it was asked."""

    asked: list[str] = field(default_factory=list)

    async def ask(self, host: str) -> Sequence[Resolved]:
        self.asked.append(host)
        return (Resolved("9.9.9.9", ("shop.cdn.cloudflare.net",), ("203.0.113.7",), 60),)


@pytest.fixture
def edges() -> Edges:
    return Edges(SlateClock())


@pytest.fixture
def shop(tmp_path: Path, edges: Edges) -> Shop:
    return open_shop(tmp_path, edges=edges)


async def enter(shop: Shop, targets: tuple[Target, ...]) -> None:
    """A job of so many targets, as one that was purged."""
    now = shop.clock.now()
    view = JobView(
        id=0, site="shop", environment="production", state=State.DONE, verdict=Verdict.UNCHECKED, kind=Kind.URL,
        targets=len(targets), sample=(), soft=False, requested_by="U_MIA", created=now, layers=(), digest="d", rule="r",
        purged=now,
    )  # fmt: skip
    plan = packed(Plan("shop", "production", Kind.URL, Kind.URL, targets, False, ()))
    await shop.ledger.write(lambda books: books.jobs.create(view, plan, "long"))


async def why(shop: Shop, page: Target, within: float = 8.5) -> Explained:
    return await explain(shop.core, Command(Verb.WHY, (page,), "shop"), within)


def offering(told: Explained, line: str) -> Explained:
    """The same with another next step."""
    cause = replace(told.diagnosis.cause, cure=Cure("Do it", line))
    return replace(told, diagnosis=replace(told.diagnosis, cause=cause))


@pytest.mark.parametrize(
    ("line", "expected"),
    [("prefix www.shop.test/news/", Ask), ("https://www.shop.test/a", Allow), ("check https://www.shop.test/a", None)],
)
async def test_what_the_policy_says_of_the_next_step_is_known_beforehand(
    shop: Shop, line: str, expected: type[Decision] | None
) -> None:
    told = offering(await why(shop, url("/a")), line)
    decision = (await with_policy(shop.core, MIA, told, Speaker((SHOP,)))).decision
    assert expected is (None if decision is None else type(decision))


@pytest.mark.parametrize(
    ("line", "actor", "reason"),
    [
        pytest.param("https://www.shop.test/a", MIA, "deploying", id="a-purge"),
        pytest.param("https://www.shop.test/a", GUEST, None, id="one-that-the-policy-refuses"),
        pytest.param("check https://www.shop.test/a", MIA, None, id="no-purge"),
    ],
)
async def test_the_hold_that_the_next_step_would_meet_is_known_beforehand(
    shop: Shop, line: str, actor: Actor, reason: str | None
) -> None:
    hold = Hold("shop", "U_LEA", "deploying", shop.clock.now())
    await shop.ledger.write(lambda books: books.holds.keep("shop", hold))
    told = await with_policy(shop.core, actor, offering(await why(shop, url("/a")), line), Speaker((SHOP,)))
    assert reason == (told.held.reason if told.held is not None else None)


async def test_what_was_repaired_in_the_line_is_told(shop: Shop) -> None:
    command = replace(Command(Verb.WHY, (url("/a"),), "shop"), notes=("Dropped the fragment.",))
    assert ("Dropped the fragment.",) == (await explain(shop.core, command)).notes
    assert "Dropped the fragment." in (await check(shop.core, replace(command, verb=Verb.CHECK))).notes


async def test_a_check_knows_what_every_layer_purges_by_and_what_one_does_about_variants(shop: Shop) -> None:
    shop.shield.know_no(Kind.TAG, Kind.PREFIX)
    shop.cf.can = replace(shop.cf.can, siblings="one finds only one")
    checked = await check(shop.core, Command(Verb.CHECK, (url("/a"),), "shop"))
    assert (shop.shield.can.kinds & shop.cf.can.kinds, "one finds only one") == (checked.known, checked.siblings)
    assert not {Kind.TAG, Kind.PREFIX} & checked.known


async def seen(shop: Shop, page: Target) -> Case:
    return (await why(shop, page)).case


async def test_edges_and_origin_are_asked_twice_and_then_as_others_ask(shop: Shop, edges: Edges) -> None:
    await why(shop, url("/a"))
    plain = [place for place, _, asked in edges.asked if asked == PLAIN]
    assert {"fra": 2, "iad": 2, "origin": 2} == {place: plain.count(place) for place in set(plain)}
    assert {*ENCODINGS, AS_A_PHONE} == {asked for *_, asked in edges.asked if asked}
    assert 3 * 7 == len(edges.asked)  # as docs/why.md says


class Moved(Edges):
    """Edges and an origin that send visitors from one page to the next."""

    def __init__(self, clock: SlateClock, leads: Mapping[str, str]) -> None:
        super().__init__(clock)
        self.leads = leads

    async def fetch(self, url: str, place: str, address: str = "", asked: Asked = PLAIN) -> Answer:
        answer = await super().fetch(url, place, address, asked)
        to = self.leads.get(urlsplit(url).path)
        return replace(answer, status=301, headers=(("location", to),)) if to else answer

    def read(self, answer: Answer, by: ReadHeaders | None = None) -> Look:
        look = super().read(answer, by)
        return replace(look, status=301, leads_to=answer.location) if answer.location else look


async def test_a_redirect_is_followed_at_one_edge_to_where_it_ends_or_leads_back(tmp_path: Path) -> None:
    edges = Moved(SlateClock(), {"/a": "/b", "/b": "/c", "/c": "/b", "/d": "/end"})
    shop = open_shop(tmp_path, edges=edges)
    told = await why(shop, url("/a"))
    assert ["/b", "/c"] == [urlsplit(hop.url).path for hop in told.case.onward]
    assert [("fra", "/b"), ("fra", "/c")] == [(place, urlsplit(there).path) for place, there, _ in edges.asked[-2:]]
    assert "a loop, on which browsers give up" in told.diagnosis.cause.what
    assert ["/end"] == [urlsplit(hop.url).path for hop in (await seen(shop, url("/d"))).onward]


async def test_a_cache_further_in_is_asked_by_its_own_address_and_the_outermost_is_not(
    shop: Shop, edges: Edges
) -> None:
    shop.shield.door, shop.cf.door = "http://10.0.0.5", "http://10.0.0.6"
    case = await seen(shop, url("/a"))
    assert ["fra", "iad", "Varnish", "origin"] == [spot.name for spot in case.spots]
    assert "Cloudflare" not in {place for place, *_ in edges.asked}
    assert ["Varnish"] == [spot.name for spot in case.spots if spot.tier is Tier.INNER]


async def test_a_place_that_never_answers_holds_up_nobody(tmp_path: Path) -> None:
    clock = SlateClock()
    shop = open_shop(tmp_path, edges=Edges(clock, silent=["iad"]))
    told = await why(shop, url("/a"), within=0.2)
    assert {"fra": "", "iad": "no answer within 0.2 s", "origin": ""} == {
        spot.name: spot.look.problem for spot in told.case.spots
    }
    assert Name.NOT_PURGED is told.diagnosis.cause.name


async def test_the_hosts_name_is_asked_about(shop: Shop) -> None:
    names = Names()
    told = await explain(replace(shop.core, names=names), Command(Verb.WHY, (url("/a"),), "shop"))
    assert ["www.shop.test"] == names.asked
    assert "DNS (9.9.9.9): shop.cdn.cloudflare.net" == told.diagnosis.way[0]


async def test_the_providers_own_places_are_asked_too(shop: Shop, edges: Edges) -> None:
    edges.serves |= {"fra": "v2", "iad": "v2"}
    shop.cf.title, shop.cf.sees = "Fastly", [Seen("AMS", 200, {"etag": '"v2"'}), Seen("ZZ", 200, {"etag": '"v1"'})]
    cause = (await why(shop, url("/a"))).diagnosis.cause
    assert (Name.DISAGREE, Certainty.SEEN) == (cause.name, cause.certainty)
    assert "old at Fastly ZZ, fresh at fra and iad" in cause.what


async def test_that_the_providers_own_places_could_not_be_asked_is_told(shop: Shop, edges: Edges) -> None:
    edges.serves |= {"fra": "v2", "iad": "v2"}
    shop.cf.title, shop.cf.sees = "Fastly", BadCredentials("The token may not.", "Give it `global:read`.")
    told = (await why(shop, url("/a"))).diagnosis
    asked = "Fastly's own places could not be asked: The token may not. Give it `global:read`"
    assert (Name.NOTHING_OLD, f"what other places hold: {asked}") == (told.cause.name, told.unseen[0])


AGAIN = [
    pytest.param(["v1", "v2"] * 6, "old, new, old, new", id="every-other-answer-is-old"),
    pytest.param(["v1", "v2", "v2"] * 4, "old, new, old, new", id="every-third-answer-is-old"),
]


@pytest.mark.parametrize(("gives", "told"), AGAIN)
async def test_an_edge_that_gives_both_is_asked_again_and_never_told_as_new(
    shop: Shop, edges: Edges, gives: list[str], told: str
) -> None:
    edges.serves["iad"], edges.becomes["fra"] = "v2", gives
    cause = (await why(shop, url("/a"))).diagnosis.cause
    assert (Name.DISAGREE, Certainty.SEEN) == (cause.name, cause.certainty)
    assert f"fra: 4 answers: {told}" == cause.evidence[0]
    plain = [place for place, _, asked in edges.asked if asked == PLAIN]
    assert {"fra": 4, "iad": 2, "origin": 3} == {place: plain.count(place) for place in set(plain)}


async def test_an_encoding_is_blamed_only_where_it_is_old_again(shop: Shop, edges: Edges) -> None:
    others = ["v2"] * 4  # the other encodings and the phone
    edges.serves["iad"], edges.becomes["fra"] = "v2", ["v2", "v2", "v1", *others, "v1", "v2", "v2"]
    cause = (await why(shop, url("/a"))).diagnosis.cause
    assert (Name.VARIANT, Certainty.LIKELY) == (cause.name, cause.certainty)
    edges.becomes["fra"] = ["v2", "v2", "v1", *others, "v2", "v2", "v2"]
    cause = (await why(shop, url("/a"))).diagnosis.cause
    assert Name.DISAGREE is cause.name
    assert cause.what.startswith("fra gave the old page to the same request (`Accept-Encoding: identity`) first, and")


class Packing(Edges):
    """Edges that pack by themselves, and kept the old page for whoever takes `coding`; `says` are the places whose
    plain answers name that in Vary."""

    def __init__(self, clock: SlateClock, says: Sequence[str], coding: str = "br") -> None:
        super().__init__(clock)
        self.says, self.coding = says, coding
        self.serves |= {"fra": "v2", "iad": "v2"}

    async def fetch(self, url: str, place: str, address: str = "", asked: Asked = PLAIN) -> Answer:
        answer = await super().fetch(url, place, address, asked)
        takes = dict(asked).get("Accept-Encoding", "gzip").split(", ")
        if self.coding in takes and place != "origin":
            answer = replace(answer, headers=(("etag", '"v1"'),), text="v1", digest="v1")
        vary = (("vary", "Accept-Encoding"),) if place in self.says else ()
        return replace(answer, headers=(*answer.headers, *vary))


@pytest.mark.parametrize("says", [("fra", "iad"), ("origin",), ("fra", "iad", "origin")], ids="+".join)
async def test_an_old_copy_packed_with_brotli_is_seen_whoever_says_vary(tmp_path: Path, says: Sequence[str]) -> None:
    shop = open_shop(tmp_path, edges=Packing(SlateClock(), says))
    cause = (await why(shop, url("/a"))).diagnosis.cause
    assert Name.VARIANT is cause.name
    assert cause.what.startswith("fra and iad serve the new page to a plain visitor, and the old one to a visitor who")
    assert "`Accept-Encoding: br`" in cause.what


UNNAMED = [
    pytest.param("br", url("/a"), "`Accept-Encoding: br`", id="whoever-takes-brotli"),
    pytest.param("zstd", url("/a"), "`Accept-Encoding: gzip, deflate, br, zstd`", id="whoever-takes-zstd"),
    pytest.param("identity", url("/a"), "`Accept-Encoding: identity`", id="whoever-takes-none"),
    pytest.param(
        "deflate", Target(Kind.URL, "http://www.shop.test/a", "shop"), "`Accept-Encoding: gzip, deflate", id="over-http"
    ),
]


@pytest.mark.parametrize(("coding", "page", "told"), UNNAMED)
async def test_an_encoding_that_no_vary_names_is_asked_and_blamed_before_the_phone_that_sends_it(
    tmp_path: Path, coding: str, page: Target, told: str
) -> None:
    shop = open_shop(tmp_path, edges=Packing(SlateClock(), (), coding))
    cause = (await why(shop, page)).diagnosis.cause
    assert (Name.VARIANT, Certainty.LIKELY) == (cause.name, cause.certainty)
    assert told in cause.what and "iPhone" not in cause.what
    assert "CF-Device-Type" not in cause.prevent and "User-Agent" not in cause.prevent


async def test_no_edge_is_asked_more_where_all_name_the_same(shop: Shop, edges: Edges) -> None:
    await why(shop, url("/a"))
    assert len(edges.asked) == len({*edges.asked}) + 3  # a plain visitor's request, twice at each of three places


PROBED = [
    pytest.param("/a?v=2", "v1", 1, id="old-and-with-a-query"),
    pytest.param("/a", "v1", 0, id="without-a-query"),
    pytest.param("/a?v=2", "v2", 0, id="new"),
]


@pytest.mark.parametrize(("path", "serves", "probes"), PROBED)
async def test_an_argument_of_ours_is_tried_only_where_it_may_tell_something(
    shop: Shop, edges: Edges, path: str, serves: str, probes: int
) -> None:
    edges.serves |= {"fra": serves, "iad": serves}
    await why(shop, url(path))
    assert probes == len([asked for _, asked, _ in edges.asked if "purgebot=" in asked])


async def test_our_jobs_are_read_newest_first_with_what_they_have_to_do_with_the_page(shop: Shop) -> None:
    for page in ("/a/", "/other", "/a", "/a?page=2"):
        await shop.ask(LEA, url(page), check=False)
    await shop.ask(LEA, Target(Kind.TAG, "news", "shop"), check=False)
    case = await seen(shop, url("/a"))
    assert [
        (5, Reach.UNTAGGED),
        (4, Reach.OTHER_FORM),
        (3, Reach.COVERED),
        (1, Reach.OTHER_FORM),
    ] == [(ours.job.id, ours.reach) for ours in case.purges]


async def test_a_purge_is_found_however_many_came_after_it(shop: Shop) -> None:
    await shop.ask(LEA, url("/a"), check=False)
    for n in range(60):
        await shop.ask(LEA, url(f"/{n}"), check=False)
    case = await seen(shop, url("/a"))
    assert [(1, Reach.COVERED)] == [(ours.job.id, ours.reach) for ours in case.purges]
    assert Reading(61) == case.reading


@pytest.mark.parametrize("many", [2_500, WHOLE_MAX + 1])
async def test_a_purge_of_a_long_list_is_read_too(shop: Shop, many: int) -> None:
    await enter(shop, tuple(url(f"/{n}") for n in range(many)))
    case = await seen(shop, url("/2400"))
    assert [(1, "https://www.shop.test/2400")] == [(ours.job.id, ours.named) for ours in case.purges]


async def test_jobs_that_a_cap_leaves_unread_make_nothing_sure(shop: Shop) -> None:
    for page in ("/a", "/b", "/c"):
        await shop.ask(LEA, url(page), check=False)
    case = await seen(shop, url("/a"))
    assert ((), Reading(0, is_cut=True)) == await our_purges(shop.core, case, within=0.0)
    assert ("COVERED", Reading(3)) == (case.purges[0].reach.name, case.reading)


async def test_jobs_of_long_ago_are_read_where_the_copy_may_be_as_old(shop: Shop) -> None:
    await shop.ask(LEA, url("/a"), check=False)
    case = await seen(shop, url("/a"))
    late = replace(case, now=case.now + FAR + 60)
    assert ((), Reading(0, is_cut=True)) == await our_purges(shop.core, late)


async def test_a_request_in_line_and_its_hold_are_read(shop: Shop) -> None:
    now = shop.clock.now()
    hold = Hold("shop", "U_LEA", "sale", now)
    packed = squeezed(Command(Verb.PURGE, (url("/a"),), "shop"))

    def lay(books: Books) -> None:
        books.holds.keep("shop", hold)
        sheaf = Sheaf("shop", soft=False, only="", check=True)
        request = InLineRequest(0, "shop", "U_MIA", "T_SHOP", "slack", "C_SHOP", "", packed)
        books.holds.add("q", sheaf, request, Waiting(0, "shop", "U_MIA", now, 1, 1, url("/a").value, ""))

    await shop.ledger.write(lay)
    told = await why(shop, url("/a"))
    assert ("Q-1", hold) == (told.case.in_line[0].name, told.case.hold)
    assert "Q-1, which would purge it, waits: shop is on hold." == told.diagnosis.cause.what
    assert () == (await seen(shop, url("/b"))).in_line


async def test_the_layers_go_from_the_visitor_inwards(shop: Shop) -> None:
    assert ["Cloudflare", "Varnish"] == [front.title for front in (await seen(shop, url("/a"))).layers]


async def test_the_layers_say_what_each_account_purges_by(shop: Shop) -> None:
    shop.shield.can = replace(shop.shield.can, kinds=frozenset({Kind.URL, Kind.HOST}))
    fronts = (await seen(shop, url("/a"))).layers
    assert [shop.cf.can.kinds, {Kind.URL, Kind.HOST}] == [front.kinds for front in fronts]
