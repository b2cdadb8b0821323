"""Pages that caches keep in several variants: each is looked at, and compared with the origin's answer to the same
request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.answers.answer import PLAIN, Answer, Asked, varied
from bot.domain.answers.devices import PHONE
from bot.domain.jobs.job import State
from bot.domain.policies.defaults import built_in
from bot.domain.proof.variants import others_may_differ, to_prove
from bot.domain.proof.verdict import Look, Verdict
from bot.domain.site import Site
from bot.export.record import check_record, job_record
from bot.ports import ReadHeaders
from bot.services.looks.checking import URLS_MAX
from bot.services.looks.checks import UNSTEADY_LEAST, UNSTEADY_MOST, VARIED_MIN, look_all
from bot.services.looks.witnesses import REQUESTS_MAX
from bot.services.replies import Checked, Explained
from bot.services.setup import Setup
from bot.slack.cards.checked import check_card
from bot.slack.plain import plain
from providers.contract import Cached, Copies
from tests.services.shop import APPROVERS, MIA, SHOP, ScriptedEdges, ScriptedProvider, Shop, open_shop, url
from tests.services.test_desk import say
from tests.slate import SlateClock

LAST_OF_SECOND_ROUND = 1 + 2 + UNSTEADY_MOST  # answers: before the purge, at the first look after it, at the second
MOBILE = "CF-Device-Type: mobile"
IDENTITY, BROTLI = "Accept-Encoding: identity", "Accept-Encoding: br"
CHROME, SAFARI = "Accept-Encoding: gzip, deflate, br, zstd", "Accept-Encoding: gzip, deflate, br"
ENCODINGS = {IDENTITY, BROTLI, CHROME, SAFARI}
AS_A_PHONE = f"User-Agent: {PHONE}, {SAFARI}"
PAGE = "https://www.shop.test/a"


class VaryingEdges(ScriptedEdges):
    """Edges that keep a copy for each variant: `kept` says which version, by place and variant, where it is not the
    place's own. A page in Brotli is read where `whole`, and has an ETag where `tagged`."""

    def __init__(self, clock: SlateClock, varies: str = "") -> None:
        super().__init__(clock)
        self.kept: dict[tuple[str, str], str] = {}
        self.asked: list[tuple[str, str]] = []
        self.varies = varies
        self.whole = True
        self.tagged = True
        self.silent: set[tuple[str, str]] = set()
        self.old_at: dict[str, str] = {}  # pages that the edges keep old in one variant
        self.varying: set[str] | None = None  # the pages that vary; None for all
        self.last: dict[str, str] = {}  # what is given out in the last of the answers of a place's second round
        self.second: dict[str, str] = {}  # what another server behind a place's address keeps

    async def fetch(self, url: str, place: str, address: str = "", asked: Asked = PLAIN) -> Answer:
        answer = await super().fetch(url, place, address, asked)
        self.asked.append((place, varied(asked)))
        version = self.kept.get((place, varied(asked)), self.serves[place])
        if self.asked.count((place, "")) == 2 and not asked:
            version = self.second.get(place, version)
        if self.asked.count((place, "")) == LAST_OF_SECOND_ROUND and not asked:
            version = self.last.get(place, version)
        if place != "origin" and self.old_at.get(url) == varied(asked):
            version = "v1"
        problem = "connection refused" if (place, varied(asked)) in self.silent else ""
        return replace(answer, text=version, digest=version, problem=problem)

    def read(self, answer: Answer, by: ReadHeaders | None = None) -> Look:
        if answer.problem:
            return Look(answer.place, answer.url, answer.at, problem=answer.problem, variant=varied(answer.asked))
        varies = self.varies if self.varying is None or answer.url in self.varying else ""
        look = replace(super().read(answer, by), varies=varies)
        if look.variant not in ENCODINGS - {IDENTITY}:
            return look
        digest = answer.digest if self.whole else ""
        return replace(look, digest=digest, version="", etag=f'"{answer.text}-br"' if self.tagged else "")


def varied_shop(path: Path, site: Site = SHOP, varies: str = "") -> tuple[Shop, VaryingEdges]:
    """A shop whose edges keep variants, everything fresh."""
    clock = SlateClock()
    edges, shield, cf = VaryingEdges(clock, varies), ScriptedProvider("shield", clock), ScriptedProvider("cf", clock)
    edges.serves = dict.fromkeys(("origin", "fra", "iad", "Varnish"), "v2")
    setup = Setup({"shop": site}, {"shield": shield, "cf": cf}, built_in(APPROVERS), "C_APPROVE")
    return open_shop(path, clock, shield, cf, edges, setup), edges


WITH_PHONES = replace(SHOP, variants=({"CF-Device-Type": "mobile"},))


async def checked(shop: Shop, *pages: str) -> Checked:
    reply = await say(shop, MIA, f"check {' '.join(pages or (PAGE,))}")
    await shop.ledger.close()
    assert isinstance(reply, Checked)
    return reply


OTHERS = "others may get other copies (Vary:"


async def test_a_configured_variant_is_asked_everywhere_and_twice_at_the_origin(tmp_path: Path) -> None:
    shop, edges = varied_shop(tmp_path, WITH_PHONES)
    await checked(shop)
    expected = {("fra", ""): 2, ("iad", ""): 2, ("origin", ""): 2, ("fra", MOBILE): 1, ("iad", MOBILE): 1}
    as_browsers = {("fra", CHROME): 1, ("iad", CHROME): 1, ("origin", CHROME): 2}
    assert {**expected, ("origin", MOBILE): 2, **as_browsers} == Counter(edges.asked)


@pytest.mark.parametrize(
    ("varies", "variants"),
    [
        pytest.param("", {"", CHROME}, id="no Vary, and as most browsers ask"),
        pytest.param("cookie", {"", CHROME}, id="what nobody can guess"),
        pytest.param("accept-encoding", {"", *ENCODINGS}, id="Vary"),
        pytest.param("origin, accept-encoding", {"", "Origin: https://www.shop.test", *ENCODINGS}, id="several"),
        pytest.param("user-agent", {"", CHROME, AS_A_PHONE}, id="phones"),
        pytest.param("accept-language", {"", CHROME, "Accept-Language: de"}, id="languages"),
    ],
)
async def test_a_check_asks_what_the_answers_vary_by(tmp_path: Path, varies: str, variants: set[str]) -> None:
    shop, edges = varied_shop(tmp_path, varies=varies)
    reply = await checked(shop)
    assert variants == {variant for _, variant in edges.asked}
    assert Verdict.FRESH is reply.judgement.verdict


async def test_a_site_that_names_its_languages_is_asked_in_those_alone(tmp_path: Path) -> None:
    french = replace(SHOP, variants=({"Accept-Language": "fr"},))
    shop, edges = varied_shop(tmp_path, french, varies="accept-language")
    reply = await checked(shop)
    assert {"", CHROME, "Accept-Language: fr"} == {variant for _, variant in edges.asked}
    assert (Verdict.FRESH, "") == (reply.judgement.verdict, reply.judgement.why)


async def test_an_old_copy_for_phones_is_old_though_nobody_configured_them(tmp_path: Path) -> None:
    shop, edges = varied_shop(tmp_path, varies="user-agent")
    edges.kept[("iad", AS_A_PHONE)] = "v1"
    reply = await checked(shop)
    assert (Verdict.STALE, ("iad",)) == (reply.judgement.verdict, reply.judgement.stale_at)


@pytest.mark.parametrize(
    ("varies", "told"),
    [
        pytest.param(
            "user-agent",
            "seen as a plain visitor and an iPhone; others may get other copies (Vary: User-Agent)",
            id="a phone",
        ),
        pytest.param(
            "accept-language",
            "seen as a plain visitor and a German reader; others may get other copies (Vary: Accept-Language)",
            id="a language",
        ),
        pytest.param("cookie", f"seen as a plain visitor; {OTHERS} Cookie)", id="cookies"),
        pytest.param("x-device", f"seen as a plain visitor; {OTHERS} X-Device)", id="its own"),
        pytest.param("accept-encoding", "", id="all encodings"),
    ],
)
async def test_who_was_asked_for_is_said_where_others_may_get_other_copies(
    tmp_path: Path, varies: str, told: str
) -> None:
    shop, _ = varied_shop(tmp_path, varies=varies)
    reply = await checked(shop)
    assert told == reply.judgement.why


async def test_a_phone_that_is_turned_away_keeps_no_page_from_being_proven(tmp_path: Path) -> None:
    shop, edges = varied_shop(tmp_path, varies="user-agent")
    edges.silent |= {("fra", AS_A_PHONE), ("iad", AS_A_PHONE)}
    job = await shop.purge(MIA, url("/a"))
    await shop.slate.advance(600)
    done = await shop.job(job.id)
    await shop.ledger.close()
    assert (Verdict.FRESH, "seen as a plain visitor; ") == (done.verdict, done.why.rpartition(" · ")[2][:25])


async def test_a_purge_that_left_the_copy_for_phones_is_not_proven(tmp_path: Path) -> None:
    shop, edges = varied_shop(tmp_path, varies="user-agent")
    edges.kept[("iad", AS_A_PHONE)] = "v1"
    job = await shop.purge(MIA, url("/a"))
    await shop.slate.advance(600)
    done = await shop.job(job.id)
    await shop.ledger.close()
    assert (Verdict.STALE, ("iad",)) == (done.verdict, done.stale_at)


async def test_two_servers_behind_one_place_that_disagree_are_both_told(tmp_path: Path) -> None:
    shop, edges = varied_shop(tmp_path)
    edges.second["iad"] = "v1"
    reply = await checked(shop)
    told = [look.version for look in reply.looks if look.place == "iad" and not look.variant]
    assert (Verdict.STALE, ("iad",), ["v2", "v1"]) == (reply.judgement.verdict, reply.judgement.stale_at, told)


async def test_a_place_that_was_old_after_the_purge_is_asked_many_times_before_it_is_fresh(tmp_path: Path) -> None:
    shop, edges = varied_shop(tmp_path)
    edges.becomes["iad"] = ["v1", "v1", "v1", "v2"]
    job = await shop.purge(MIA, url("/a"))
    await shop.slate.advance(600)
    done = await shop.job(job.id)
    await shop.ledger.close()
    assert (Verdict.FRESH, 2) == (done.verdict, done.round)
    assert {("fra", ""): 1 + 2 + 2, ("iad", ""): LAST_OF_SECOND_ROUND} == {
        spot: n for spot, n in Counter(edges.asked).items() if spot[0] != "origin" and not spot[1]
    }
    assert "iad: old at an earlier look, fresh now in 12 answers in a row" in done.why
    assert done.why == job_record(done)["why"]


async def test_a_place_that_was_old_and_is_old_in_one_of_many_answers_is_not_fresh(tmp_path: Path) -> None:
    shop, edges = varied_shop(tmp_path)
    edges.becomes["iad"] = ["v1", "v1", "v1", "v2"]
    edges.last["iad"] = "v1"
    job = await shop.purge(MIA, url("/a"))
    await shop.slate.advance(5)
    seen = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.CHECKING, Verdict.STALE, 2) == (seen.state, seen.verdict, seen.round)


async def test_of_many_pages_each_is_asked_fewer_times_where_a_place_was_old(tmp_path: Path) -> None:
    shop, edges = varied_shop(tmp_path)
    looks = await look_all(edges, SHOP, MANY[:60], 9.0, twice=True, unsteady=("fra", "iad"))
    await shop.ledger.close()
    assert {UNSTEADY_LEAST} == {look.answers for look in looks if look.place == "iad"}


async def test_two_answers_that_agree_are_told_once(tmp_path: Path) -> None:
    shop, _ = varied_shop(tmp_path)
    reply = await checked(shop)
    assert {"fra": 1, "iad": 1, "origin": 2} == Counter(look.place for look in reply.looks if not look.variant)


@pytest.mark.parametrize("asked", sorted(ENCODINGS))
async def test_a_copy_for_one_browser_alone_that_is_old_after_a_purge_is_not_proven(tmp_path: Path, asked: str) -> None:
    shop, edges = varied_shop(tmp_path, varies="accept-encoding")
    edges.kept["fra", asked] = "v1"
    job = await shop.purge(MIA, url("/a"))
    await shop.slate.advance(600)
    done = await shop.job(job.id)
    await shop.ledger.close()
    assert (Verdict.STALE, ("fra",)) == (done.verdict, done.stale_at)


async def test_where_a_phone_alone_gets_another_page_the_origin_is_asked_as_edges_ask_it(tmp_path: Path) -> None:
    shop, edges = varied_shop(tmp_path)
    edges.kept |= {("fra", AS_A_PHONE): "small", ("origin", "X-Device: mobile"): "small"}
    reply = await say(shop, MIA, f"why {PAGE}")
    await shop.ledger.close()
    assert isinstance(reply, Explained)
    assert "the page that the origin gives to `X-Device: mobile`" in " ".join(reply.diagnosis.unseen)
    assert {"origin"} == {place for place, asked in edges.asked if asked.startswith("X-Device")}


async def verdict(shop: Shop) -> Verdict:
    reply = await say(shop, MIA, f"check {PAGE}")
    assert isinstance(reply, Checked)
    return reply.judgement.verdict


@pytest.mark.parametrize("asked", [AS_A_PHONE, SAFARI, BROTLI])
async def test_what_a_diagnosis_saw_old_is_asked_again_by_checks_and_proofs(tmp_path: Path, asked: str) -> None:
    shop, edges = varied_shop(tmp_path)
    edges.kept["fra", asked] = "v1"
    before = await verdict(shop)
    await say(shop, MIA, f"why {PAGE}")
    job = await shop.purge(MIA, url("/a"))
    await shop.slate.advance(600)
    proof, after = (await shop.job(job.id)).verdict, await verdict(shop)
    await shop.ledger.close()
    assert (Verdict.FRESH, Verdict.STALE, Verdict.STALE) == (before, proof, after)


@pytest.mark.parametrize(
    ("seen_as", "later", "page"),
    [(AS_A_PHONE, 86_401, PAGE), (AS_A_PHONE, 0, f"{PAGE}/other"), ("", 0, PAGE)],
    ids=["a-day-later", "of-another-page", "where-it-saw-nothing-old"],
)
async def test_nothing_else_is_asked_that_no_vary_names(tmp_path: Path, seen_as: str, later: int, page: str) -> None:
    shop, edges = varied_shop(tmp_path)
    if seen_as:
        edges.kept["fra", seen_as] = "v1"
    await say(shop, MIA, f"why {page}")
    await shop.slate.advance(later)
    edges.asked.clear()
    await checked(shop)
    assert {"", CHROME} == {asked for _, asked in edges.asked}


async def test_a_copy_for_browsers_that_is_old_is_old_though_no_vary_names_encodings(tmp_path: Path) -> None:
    shop, edges = varied_shop(tmp_path)
    edges.kept["fra", CHROME] = "v1"
    job = await shop.purge(MIA, url("/a"))
    await shop.slate.advance(600)
    proof, check = (await shop.job(job.id)).verdict, await verdict(shop)
    await shop.ledger.close()
    assert (Verdict.STALE, Verdict.STALE) == (proof, check)


async def test_browsers_that_get_no_page_where_no_vary_names_encodings_say_nothing(tmp_path: Path) -> None:
    shop, edges = varied_shop(tmp_path)
    edges.silent |= {("fra", CHROME), ("iad", CHROME)}
    assert (Verdict.FRESH, "") == ((judged := (await checked(shop)).judgement).verdict, judged.why)


async def test_where_plain_visitors_get_the_old_page_too_no_variant_is_blamed(tmp_path: Path) -> None:
    shop, edges = varied_shop(tmp_path)
    edges.serves |= {"fra": "v1", "iad": "v1"}
    await say(shop, MIA, f"why {PAGE}")
    edges.asked.clear()
    reply = await say(shop, MIA, f"check {PAGE}")
    await shop.ledger.close()
    assert isinstance(reply, Checked)
    assert ({"", CHROME}, (PAGE,)) == ({asked for place, asked in edges.asked if place != "origin"}, reply.to_purge)


@pytest.mark.parametrize(
    ("phones", "old", "shown"),
    [("v1", (), ["", AS_A_PHONE]), ("v3", ("fra", "iad"), [""])],
    ids=["the-page-of-phones", "another-page-still"],
)
async def test_what_the_origin_gives_phones_is_not_called_old(
    tmp_path: Path, phones: str, old: tuple[str, ...], shown: list[str]
) -> None:
    shop, edges = varied_shop(tmp_path)
    edges.serves |= {"fra": "v1", "iad": "v1"}
    edges.kept["origin", AS_A_PHONE] = phones
    reply = await checked(shop)
    assert (old, (PAGE,) if old else ()) == (reply.judgement.stale_at, reply.to_purge)
    assert shown == list(dict.fromkeys(look.variant for look in reply.looks))


async def test_the_origin_is_not_asked_as_a_phone_where_nothing_is_old(tmp_path: Path) -> None:
    shop, edges = varied_shop(tmp_path)
    await checked(shop)
    assert AS_A_PHONE not in {asked for _, asked in edges.asked}


async def test_a_page_that_is_old_to_all_is_told_so_beside_the_copy_that_may_stay(tmp_path: Path) -> None:
    shop, edges = varied_shop(tmp_path, varies="accept-encoding")
    shop.cf.can = replace(shop.cf.can, takes=Copies.NAMED)
    edges.serves |= {"fra": "v1", "iad": "v1"}
    edges.kept |= {(place, asked): "v1" for place in ("fra", "iad") for asked in ENCODINGS}
    told = plain(check_card(await checked(shop), shop.clock.now(), "/purge"))
    assert "/a is old for everybody who was asked for, also who sends Accept-Encoding: " in told


async def test_one_old_variant_at_one_place_is_old(tmp_path: Path) -> None:
    shop, edges = varied_shop(tmp_path, WITH_PHONES)
    edges.kept["iad", MOBILE] = "v1"
    judgement = (await checked(shop)).judgement
    assert (Verdict.STALE, ("fra",), ("iad",)) == (judgement.verdict, judgement.fresh_at, judgement.stale_at)
    assert f'old at iad (HIT, version "v1", asked with {MOBILE})' == judgement.why


async def test_a_variant_with_content_of_its_own_is_compared_with_its_own_origin(tmp_path: Path) -> None:
    shop, edges = varied_shop(tmp_path, WITH_PHONES)
    edges.kept |= dict.fromkeys([("origin", MOBILE), ("fra", MOBILE), ("iad", MOBILE)], "small")
    assert Verdict.FRESH is (await checked(shop)).judgement.verdict


async def test_a_page_for_everybody_in_place_of_a_variant_is_nothing_old(tmp_path: Path) -> None:
    shop, edges = varied_shop(tmp_path, WITH_PHONES)
    edges.kept["origin", MOBILE] = "small"
    judged = (await checked(shop)).judgement
    assert ("fra", "iad") == judged.unknown_at
    assert "fra, iad give all the same page, the origin not" in judged.why


async def test_a_page_in_brotli_is_compared_by_its_content(tmp_path: Path) -> None:
    shop, edges = varied_shop(tmp_path, varies="accept-encoding")
    edges.tagged = False
    edges.kept["fra", BROTLI] = "v1"
    judgement = (await checked(shop)).judgement
    assert (("iad",), ("fra",)) == (judgement.fresh_at, judgement.stale_at)


async def test_a_packed_body_too_large_to_read_is_compared_by_its_etag_and_left_out_without_one(tmp_path: Path) -> None:
    shop, edges = varied_shop(tmp_path, varies="accept-encoding")
    edges.whole = False
    edges.kept["fra", BROTLI] = "v1"
    by_etag = await say(shop, MIA, f"check {PAGE}")
    edges.tagged = False
    without = await checked(shop)
    assert isinstance(by_etag, Checked)
    assert ("fra",) == by_etag.judgement.stale_at
    assert (Verdict.FRESH, {"", IDENTITY}) == (without.judgement.verdict, {look.variant for look in without.looks})


async def test_what_did_not_answer_is_named_with_its_variant(tmp_path: Path) -> None:
    shop, edges = varied_shop(tmp_path, WITH_PHONES)
    edges.silent.add(("iad", MOBILE))
    judgement = (await checked(shop)).judgement
    assert f"iad did not answer: connection refused (asked with {MOBILE}) · fresh at fra" == judgement.why


async def test_a_place_that_is_silent_is_named_once_for_all_variants(tmp_path: Path) -> None:
    shop, edges = varied_shop(tmp_path, WITH_PHONES)
    edges.silent |= {("iad", ""), ("iad", MOBILE)}
    assert "iad did not answer: connection refused · fresh at fra" == (await checked(shop)).judgement.why


MANY = [f"{PAGE}{n}" for n in range(URLS_MAX)]


async def test_of_many_urls_some_are_asked_in_every_variant_and_that_is_said(tmp_path: Path) -> None:
    shop, _ = varied_shop(tmp_path, WITH_PHONES)
    reply = await checked(shop, *MANY)
    assert set(MANY[:VARIED_MIN]) == {look.url for look in reply.looks if look.variant}
    told = "asked in every variant on 5 of 100 pages"
    assert (Verdict.FRESH, told) == (reply.judgement.verdict, reply.judgement.why)
    assert told == check_record(reply)["why"]


async def test_where_something_is_old_how_many_were_asked_in_every_variant_is_noted(tmp_path: Path) -> None:
    shop, edges = varied_shop(tmp_path, WITH_PHONES)
    edges.kept["iad", MOBILE] = "v1"
    reply = await checked(shop, *MANY)
    assert ["Asked in every variant on 5 of 100 pages."] == reply.notes


@pytest.mark.parametrize("pages", [VARIED_MIN + 1, 50])
async def test_every_page_that_varies_is_asked_as_far_as_a_round_goes(tmp_path: Path, pages: int) -> None:
    shop, edges = varied_shop(tmp_path, WITH_PHONES)
    edges.old_at[MANY[pages - 1]] = MOBILE
    reply = await checked(shop, *MANY[:pages])
    assert set(MANY[:pages]) == {look.url for look in reply.looks if look.variant}
    assert (Verdict.STALE, []) == (reply.judgement.verdict, list(reply.notes))


async def test_a_purge_of_six_pages_is_not_proven_by_five_in_brotli(tmp_path: Path) -> None:
    shop, edges = varied_shop(tmp_path, varies="accept-encoding")
    edges.old_at[MANY[5]] = BROTLI
    job = await shop.purge(MIA, *(url(f"/a{n}") for n in range(6)))
    await shop.slate.advance(600)
    done = await shop.job(job.id)
    await shop.ledger.close()
    assert (Verdict.STALE, ("fra", "iad")) == (done.verdict, done.stale_at)


async def test_pages_that_say_that_they_vary_are_asked_before_those_that_do_not(tmp_path: Path) -> None:
    shop, edges = varied_shop(tmp_path, WITH_PHONES, varies="accept-encoding")
    edges.varying = {MANY[-1], MANY[-2]}
    reply = await checked(shop, *MANY)
    assert {*MANY[:3], *edges.varying} == {look.url for look in reply.looks if look.variant}


async def test_a_round_never_takes_more_requests_than_it_may(tmp_path: Path) -> None:
    shop, edges = varied_shop(tmp_path, varies="accept-encoding")
    reply = await checked(shop, *MANY[:60])
    assert (REQUESTS_MAX, 15) == (len(edges.asked), len({look.url for look in reply.looks if look.variant}))
    assert "asked in every variant on 15 of 60 pages" == reply.judgement.why


async def test_a_purge_is_proven_only_when_every_variant_is_fresh(tmp_path: Path) -> None:
    shop, edges = varied_shop(tmp_path, WITH_PHONES)
    edges.kept["iad", MOBILE] = "v1"
    job = await shop.purge(MIA, url("/a"))
    await shop.slate.advance(600)
    done = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.DONE, Verdict.STALE, ("iad",)) == (done.state, done.verdict, done.stale_at)
    assert f"asked with {MOBILE}" in done.why


async def test_a_cache_further_in_is_asked_by_its_own_address_and_never_judged(tmp_path: Path) -> None:
    shop, edges = varied_shop(tmp_path)
    shop.shield.door = "http://10.0.0.5:6081"
    edges.serves["Varnish"] = "v1"
    reply = await checked(shop)
    assert [("Varnish", Cached.UNKNOWN)] == [(look.place, look.cached) for look in reply.inner]
    assert (Verdict.FRESH, ("fra", "iad")) == (reply.judgement.verdict, reply.judgement.fresh_at)


async def test_the_outermost_cache_is_the_edge_and_is_asked_as_nothing_else(tmp_path: Path) -> None:
    shop, edges = varied_shop(tmp_path)
    shop.cf.door = "http://10.0.0.6"
    reply = await checked(shop)
    assert [] == list(reply.inner)
    assert {"fra", "iad", "origin"} == {place for place, _ in edges.asked}


def plain_first(looks: Sequence[Look]) -> list[str]:
    return [look.variant for look in looks]


async def test_a_plain_visitors_answers_come_first(tmp_path: Path) -> None:
    shop, _ = varied_shop(tmp_path, WITH_PHONES)
    looks = plain_first((await checked(shop, PAGE, f"{PAGE}b")).looks)
    assert looks == sorted(looks, key=["", MOBILE, CHROME].index)


LEFT = {
    "a provider that takes what is named": ("user-agent", AS_A_PHONE, SHOP, Copies.ENCODINGS, {PAGE: AS_A_PHONE}),
    "a provider that takes every copy": ("user-agent", AS_A_PHONE, SHOP, Copies.ALL, {}),
    "an encoding, where those go along": ("accept-encoding", BROTLI, SHOP, Copies.ENCODINGS, {}),
    "an encoding, where each is a copy": ("accept-encoding", BROTLI, SHOP, Copies.NAMED, {PAGE: BROTLI}),
    "one that the site names": ("", MOBILE, WITH_PHONES, Copies.NAMED, {}),
    "one that the site names, where that is not sent": ("", MOBILE, WITH_PHONES, Copies.UNTOLD, {PAGE: MOBILE}),
    "an encoding, where the provider tells of no others": ("accept-encoding", BROTLI, SHOP, Copies.UNTOLD, {}),
    "a plain visitor's": ("", "", SHOP, Copies.NAMED, {}),
}


@pytest.mark.parametrize(("varies", "old", "site", "takes", "expected"), LEFT.values(), ids=LEFT)
async def test_a_check_tells_the_old_copies_that_a_purge_of_the_url_may_leave(
    tmp_path: Path, varies: str, old: str, site: Site, takes: Copies, expected: dict[str, str]
) -> None:
    shop, edges = varied_shop(tmp_path, site, varies)
    shop.cf.can = replace(shop.cf.can, takes=takes)
    shop.shield.can = replace(shop.shield.can, takes=Copies.ALL)
    edges.kept["iad", old] = "v1"
    reply = await checked(shop)
    assert (Verdict.STALE, expected) == (reply.judgement.verdict, reply.apart)
    by_url, by_prefix = ((), ("www.shop.test/a",)) if expected else ((PAGE,), ())
    assert (by_url, by_prefix) == (reply.to_purge, reply.to_purge_wider)


def test_over_http_browsers_ask_for_other_encodings() -> None:
    over, tls = (
        Look("fra", f"{scheme}://www.shop.test/a", 0.0, 200, varies="accept-encoding") for scheme in ("http", "https")
    )
    asked = {scheme: {varied(one) for one in to_prove(SHOP, [look])} for scheme, look in (("http", over), ("tls", tls))}
    assert {"Accept-Encoding: gzip, deflate"} == asked["http"] - asked["tls"]
    assert "" == others_may_differ([over, *(replace(over, variant=one) for one in asked["http"])])
    partly = [over, *(replace(over, variant=one) for one in asked["tls"])]
    assert "Vary: Accept-Encoding" in others_may_differ(partly)
    assert "" == others_may_differ([tls, *(replace(tls, variant=one) for one in asked["tls"])])
