"""Which pages a verdict rests on: never on one that the purge did not reach."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.grammar.command import Command, Verb
from bot.domain.jobs.job import JobView, State
from bot.domain.jobs.thread_step import Event
from bot.domain.proof.doubts import Doubt
from bot.domain.proof.verdict import NONE_COVERED, Look, Verdict
from bot.domain.target import Target
from bot.export.record import job_record
from bot.ledger.books import Books
from bot.services.looks.witnesses import covered, pages_to_look_at
from bot.services.replies import JobMade
from bot.services.requests.deciding import submit
from bot.services.requests.purges import Asking
from bot.services.voting import approvals
from bot.slack.cards.history import outcome_word
from bot.slack.cards.outcome import outcome
from providers.contract import Cached, Kind
from providers.errors import Throttled
from tests.services.shop import LEA, MIA, SHOP, Shop, open_shop, url
from tests.services.test_holds import say

FRONT = "https://www.shop.test/"
NEWS = "https://www.shop.test/news/"
SEEN = {"/news/1": ("news",), "/news/2": ("news", "sport"), "/pricing": ("prices",)}


def target(kind: Kind, value: str) -> Target:
    return Target(kind, value, "shop")


def page(path: str) -> str:
    return url(path).value


WISHES = {
    "one page": ([url("/a")], [page("/a")], [page("/a")]),
    "a prefix": (
        [target(Kind.PREFIX, "www.shop.test/news/")],
        [page("/news/1"), page("/news/2"), NEWS, FRONT],
        [page("/news/1"), page("/news/2"), NEWS],
    ),
    "a prefix under which nothing was seen": (
        [target(Kind.PREFIX, "www.shop.test/x/")], [page("/x/"), FRONT], [],
    ),
    "a tag": (
        [target(Kind.TAG, "news")], [page("/news/1"), page("/news/2"), FRONT], [page("/news/1"), page("/news/2")],
    ),
    "a tag that nobody saw": ([target(Kind.TAG, "promo")], [FRONT], []),
    "a pattern": (
        [target(Kind.PATTERN, "www.shop.test/*/2")], [page("/news/2"), FRONT], [page("/news/2")],
    ),
    "a host": (
        [target(Kind.HOST, "www.shop.test")],
        [page("/news/1"), page("/news/2"), page("/pricing"), FRONT],
        [page("/news/1"), page("/news/2"), page("/pricing"), FRONT],
    ),
    "a host that is not the site's first": (
        [target(Kind.HOST, "img.shop.test")], ["https://img.shop.test/"], ["https://img.shop.test/"],
    ),
    "a host and a tag that nobody saw": (
        [target(Kind.HOST, "img.shop.test"), target(Kind.TAG, "promo")],
        [FRONT, "https://img.shop.test/"],
        ["https://img.shop.test/"],
    ),
    "a page and a tag": (
        [url("/a"), target(Kind.TAG, "sport")], [page("/a"), page("/news/2"), FRONT], [page("/a"), page("/news/2")],
    ),
}  # fmt: skip


def seen_earlier(books: Books) -> None:
    """What earlier jobs looked at."""
    for n, (path, tags) in enumerate(sorted(SEEN.items(), reverse=True)):
        books.known.remember("shop", page(path), tags, float(n))


@pytest.mark.parametrize(("wish", "looked_at", "counts"), WISHES.values(), ids=WISHES)
async def test_what_is_looked_at_and_what_counts(
    tmp_path: Path, wish: list[Target], looked_at: list[str], counts: list[str]
) -> None:
    shop = open_shop(tmp_path)
    await shop.ledger.write(seen_earlier)
    pages = await shop.ledger.read(lambda books: pages_to_look_at(books, SHOP, wish))
    job = await shop.purge(MIA, *wish, reason="a test")
    reached = await shop.ledger.read(lambda books: covered(books, job, ()))
    await shop.ledger.close()
    assert (looked_at, looked_at, counts) == (list(pages), list(job.look_urls), list(reached))


def answers(at: str, status: int, tags: Sequence[str] = (), kept: bool = False) -> list[Look]:
    """What edge and origin say of a page."""
    cached = Cached.HIT if kept else Cached.MISS
    edge = 200 if kept else status
    return [Look("origin", at, 1.0, status, tags=tuple(tags)), Look("fra", at, 1.0, edge, cached=cached)]


LABELLED = {
    "the front page carries the tag": (Kind.TAG, "promo", answers(FRONT, 200, ("all", "promo")), [FRONT]),
    "the front page carries another": (Kind.TAG, "promo", answers(FRONT, 200, ("all",)), []),
    "the prefix has no page of its own": (Kind.PREFIX, "www.shop.test/x/", answers(page("/x/"), 404), []),
    "the prefix's own page is there, and nobody kept it": (
        Kind.PREFIX, "www.shop.test/x/", answers(page("/x/"), 200), [],
    ),
    "the prefix's own page is gone, and was kept": (
        Kind.PREFIX, "www.shop.test/x/", answers(page("/x/"), 410, kept=True), [page("/x/")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "value", "looks", "counts"), LABELLED.values(), ids=LABELLED)
async def test_what_the_looks_themselves_show(
    tmp_path: Path, kind: Kind, value: str, looks: list[Look], counts: list[str]
) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, target(kind, value))
    reached = await shop.ledger.read(lambda books: covered(books, job, looks))
    await shop.ledger.close()
    assert counts == list(reached)


async def test_a_copy_that_only_the_looks_after_the_purge_brought_shows_nothing(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, target(Kind.PREFIX, "www.shop.test/x/"))
    looked = replace(job, looked_before=True, before=tuple(answers(page("/x/"), 200)))
    later = answers(page("/x/"), 200, kept=True)
    reached = await shop.ledger.read(lambda books: covered(books, looked, (*looked.before, *later)))
    await shop.ledger.close()
    assert () == reached


async def ended(shop: Shop, job: JobView) -> JobView:
    await shop.slate.advance(400)
    last = await shop.job(job.id)
    await shop.ledger.close()
    return last


@pytest.mark.parametrize("edges", [{"fra": "v1", "iad": "v1"}, {"fra": "v2", "iad": "v2"}], ids=["old", "fresh"])
async def test_a_tag_that_nobody_saw_is_not_judged_by_the_front_page(tmp_path: Path, edges: dict[str, str]) -> None:
    shop = open_shop(tmp_path)
    shop.edges.serves |= edges
    job = await ended(shop, await shop.purge(MIA, target(Kind.TAG, "nosuchtag")))
    assert (State.DONE, Verdict.UNKNOWN, (), ()) == (job.state, job.verdict, job.fresh_at, job.stale_at)
    assert job.why.startswith(NONE_COVERED)
    assert (Doubt.NONE_COVERED,) == job.doubts


async def test_an_edge_that_was_not_asked_is_looked_at_once_and_named(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    command = Command(Verb.PURGE, (url("/a"),), "shop", only="shield")
    made = await submit(shop.core, Asking(MIA, "one", "slack", "C_SHOP"), command, SHOP)
    assert isinstance(made, JobMade)
    job = await ended(shop, made.job)
    assert (Verdict.STALE, 1, ("Cloudflare",)) == (job.verdict, job.round, job.left_alone)
    assert job.why.endswith("Cloudflare was not asked, and may still hold the old one")


async def test_only_the_layers_that_purge_softly_are_said_to(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.cf.can = replace(shop.cf.can, soft=frozenset({Kind.URL}))
    command = Command(Verb.PURGE, (url("/a"),), "shop", soft=True)
    made = await submit(shop.core, Asking(MIA, "one", "slack", "C_SHOP"), command, SHOP)
    assert isinstance(made, JobMade)
    await shop.ledger.close()
    assert [False, True] == [layer.soft for layer in made.job.layers]
    assert ("soft at Cloudflare", "Varnish knows no soft purge here: hard") == (
        made.job.softly,
        made.job.layers[0].note,
    )


async def test_while_a_provider_asks_to_wait_its_layer_says_until_when(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.cf.slow_down(100)
    shop.cf.script = [Throttled("Too many.", "Wait.", retry_after=30)]
    job = await shop.purge(MIA, url("/a"))
    await shop.slate.advance(5)
    waiting = await shop.job(job.id)
    last = await ended(shop, job)
    until = waiting.layers[1].waits_until
    assert until is not None
    assert 25 <= until - shop.cf.sent[0][0] <= 33
    assert (State.DONE, None) == (last.state, last.layers[1].waits_until)


async def proven(shop: Shop, *targets: Target) -> JobView:
    """A purge that every edge shows, agreed to where that is asked for, once it has ended."""
    shop.edges.serves |= {"fra": "v2", "iad": "v2"}
    job = await shop.purge(MIA, *targets, reason="a test")
    if job.state is State.WAITING:
        await approvals.vote(shop.core, LEA, job.id, yes=True)
    return await ended(shop, job)


async def test_all_of_thirty_urls_are_looked_at(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await proven(shop, *(url(f"/{n}") for n in range(30)))
    assert (Verdict.FRESH, 30, False) == (job.verdict, job.seen, job.sees_part)
    assert outcome(job, 0.0) == "🟢 P-1 fresh at fra, iad · 30 URLs on shop"


async def test_of_many_urls_a_sample_of_the_whole_list_is_looked_at_and_counted(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    named = [url(f"/{n}") for n in range(600)]
    sample = await shop.ledger.read(lambda books: pages_to_look_at(books, SHOP, named, seed="one"))
    again = await shop.ledger.read(lambda books: pages_to_look_at(books, SHOP, named, seed="one"))
    other = await shop.ledger.read(lambda books: pages_to_look_at(books, SHOP, named, seed="two"))
    await shop.ledger.close()
    tenths = [int(at.rpartition("/")[2]) // 10 for at in sample]
    assert (sample, list(range(60))) == (again, tenths)
    assert sample != other


async def test_who_reads_the_first_line_does_not_take_a_sample_for_all(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await proven(shop, *(url(f"/{n}") for n in range(90)))
    part = "fresh where looked at: 60 of 90 URLs"
    assert (Verdict.FRESH, 60) == (job.verdict, job.seen)
    assert outcome(job, 0.0) == f"🟢 P-1 {part}, at fra, iad · 90 URLs on shop"
    assert outcome_word(job) == f"🟢 {part}"
    assert (90, 60) == (job_record(job)["targets"], job_record(job)["targets_looked_at"])


async def test_thread_and_journal_keep_how_much_was_looked_at(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, *(url(f"/{n}") for n in range(90)), reason="a test")
    await approvals.vote(shop.core, LEA, job.id, yes=True)
    await shop.slate.advance(400)
    steps = await shop.ledger.read(lambda books: books.messages.steps(job.id))
    rows = "select doc from journal where event = 'proof'"
    proofs = await shop.ledger.read(lambda books: [json.loads(str(row["doc"])) for row in books._tx.rows(rows)])
    await shop.ledger.close()
    looked = [told.text for _, told in steps if told.event is Event.LOOKED]
    assert {True} == {text.endswith("looked at 60 of 90 targets") for text in looked}
    assert [(60, 90)] == [(doc["seen"], doc["of"]) for doc in proofs]


async def test_a_site_of_many_edges_is_asked_for_fewer_pages(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    wide = replace(SHOP, edges={f"edge-{n}": f"https://203.0.113.{n}" for n in range(9)})
    pages = await shop.ledger.read(lambda books: pages_to_look_at(books, wide, [url(f"/{n}") for n in range(90)]))
    await shop.ledger.close()
    assert 30 == len(pages)


async def test_a_tag_beside_many_urls_has_its_pages_too(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    await shop.ledger.write(seen_earlier)
    wish = [*(url(f"/{n}") for n in range(70)), target(Kind.TAG, "news")]
    pages = await shop.ledger.read(lambda books: pages_to_look_at(books, SHOP, wish))
    await shop.ledger.close()
    assert (60, [page("/news/1"), page("/news/2"), FRONT]) == (len(pages[:-3]), list(pages[-3:]))


async def test_a_tag_without_a_known_page_is_not_counted_with_its_neighbour(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    await shop.ledger.write(seen_earlier)
    job = await proven(shop, target(Kind.TAG, "sport"), target(Kind.TAG, "nosuchtag"))
    assert (Verdict.FRESH, 1, 2) == (job.verdict, job.seen, job.targets)
    assert outcome(job, 0.0).startswith("🟢 P-1 fresh where looked at: 1 of 2 targets, at fra, iad · 2 targets on shop")


async def test_a_prefix_is_not_proven_by_its_own_page_alone(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await proven(shop, target(Kind.PREFIX, "www.shop.test/x/"))
    assert (Verdict.UNKNOWN, NONE_COVERED) == (job.verdict, job.why)
    assert outcome(job, 0.0) == (
        "⚪ P-1 purged, cannot be proven from here · prefix www.shop.test/x/ · nothing under it was known to look at:"
        " `check` one of its pages by URL"
    )


BELOW_NEWS = target(Kind.PREFIX, "www.shop.test/news/")


async def names(shop: Shop) -> tuple[set[str], set[str]]:
    """What jobs named, and what was only seen by the way."""
    known = await shop.ledger.read(lambda books: books.known.of_site("shop"))
    glimpsed = await shop.ledger.read(lambda books: books.known.glimpsed("shop"))
    return {at for at, _ in known}, {at for at, _ in glimpsed}


async def test_what_anybody_checks_takes_no_known_pages_place_in_a_proof(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    await shop.ledger.write(seen_earlier)
    made_up = " ".join(f"{NEWS}?x={n}" for n in range(25))
    await say(shop, MIA, f"check {made_up}")
    pages = await shop.ledger.read(lambda books: pages_to_look_at(books, SHOP, [BELOW_NEWS]))
    await shop.ledger.close()
    assert ([page("/news/1"), page("/news/2"), NEWS], 20, FRONT) == (list(pages[:3]), len(pages), pages[-1])


async def test_a_page_that_was_checked_shows_whether_a_prefix_was_purged(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    await say(shop, MIA, f"check {page('/news/1')}")
    job = await proven(shop, BELOW_NEWS)
    assert (Verdict.FRESH, (NEWS, page("/news/1"))) == (job.verdict, job.covered)


async def test_a_proof_that_looks_at_what_was_checked_does_not_make_that_known(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    await say(shop, MIA, f"check {NEWS}?x=1")
    job = await shop.purge(MIA, BELOW_NEWS, url("/a"), reason="a test")
    await approvals.vote(shop.core, LEA, job.id, yes=True)
    await shop.slate.advance(400)
    found = await names(shop)
    await shop.ledger.close()
    assert ({page("/a")}, {f"{NEWS}?x=1", NEWS, FRONT}) == found


async def test_what_was_checked_and_is_named_by_a_job_is_known_from_then_on(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    await shop.ledger.write(lambda books: books.known.glimpse("shop", page("/a"), ("news",), 1.0))
    await shop.purge(MIA, url("/a"))
    await shop.slate.advance(400)
    found = await names(shop)
    tags = await shop.ledger.read(lambda books: books.known.tags_of("shop", page("/a")))
    await shop.ledger.close()
    assert (({page("/a")}, set()), ("news",)) == (found, tags)


async def test_a_tag_stands_for_pages_that_were_checked_and_a_check_tells_new_tags_of_known_ones(
    tmp_path: Path,
) -> None:
    shop = open_shop(tmp_path)

    def seen(books: Books) -> list[str]:
        books.known.remember("shop", page("/b"), ("sport",), 1.0)
        for path in ("/a", "/b"):
            books.known.glimpse("shop", page(path), ("news",), 2.0)
            books.known.glimpse("shop", page(path), (), 3.0)
        return [*books.known.tagged("shop", "news"), *books.known.tagged("shop", "sport")]

    tagged = await shop.ledger.write(seen)
    found = await names(shop)
    await shop.ledger.close()
    assert ([page("/a"), page("/b")], ({page("/b")}, {page("/a")})) == (tagged, found)
