"""The history finds a job by anything that was said of it, newest first, and by nothing else."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio
import sqlite_utils

from bot.domain.jobs.job import JobView, LayerState, State, Trouble, Vote
from bot.domain.jobs.thread_step import Event, Told
from bot.domain.proof.verdict import Verdict
from bot.domain.stats import Ended
from bot.ledger.books import Books
from bot.ledger.history import INDEXED, TOKENIZER, Sought
from bot.ledger.packed import PackedLayer, PackedPlan
from bot.ledger.sqlite import SqliteLedger
from providers.contract import Kind
from tests.slack.cases import NEW, T

PLAN = PackedPlan(Kind.URL, b"", (PackedLayer("cf", "Cloudflare", 0.0, False, "", 0, {}, None, ()),), "", "")
PRICE = replace(NEW, layers=(), reason="the wrong price, twice", due_at=T)
NEWS = replace(
    PRICE, site="blog", kind=Kind.TAG, sample=("café",), requested_by="U_LEA", also_by=("U_KIM",), reason="new menu",
    created=T + 60, hosts=("blog.test",), source="api",
)  # fmt: skip
ALL = replace(
    PRICE, kind=Kind.EVERYTHING, sample=("",), requested_by="token:ci", reason="INC-881 東京の料金が古い 🚀 50%",
    created=T + 120,
)  # fmt: skip


def fill(books: Books) -> None:
    """Three jobs: P-1 ended stale, P-2 failed, P-3 is open."""
    price, news, _ = (books.jobs.create(job, PLAN, f"key {n}") for n, job in enumerate((PRICE, NEWS, ALL)))
    layer = replace(price.layers[0], state=LayerState.DONE, ids=("7be0-a1",), started=T + 1)
    books.jobs.save_layer(price.id, 0, layer)
    done = replace(price, state=State.DONE, verdict=Verdict.STALE, due_at=None, proven=T + 3.5, why="still old at fra")
    books.jobs.save(done)
    books.jobs.vote(news.id, Vote("U_SAM", False, T + 61, "not during the sale"), news.digest, 0)
    trouble = Trouble("BadCredentials", "The token may not purge.", "", "Authentication error (10000)")
    books.jobs.save_layer(news.id, 0, replace(news.layers[0], state=LayerState.FAILED, trouble=trouble))
    books.jobs.save(replace(books.jobs.get(news.id), state=State.FAILED, due_at=None))


@pytest_asyncio.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[SqliteLedger]:
    opened = SqliteLedger(tmp_path / "l.db")
    await opened.write(fill)
    yield opened
    await opened.close()


FOUND = {
    "nothing sought is everything": (Sought(), [3, 2, 1]),
    "a site": (Sought(sites=("shop",)), [3, 1]),
    "two sites": (Sought(sites=("shop", "blog")), [3, 2, 1]),
    "no site": (Sought(sites=()), []),
    "a word in a script without blanks": (Sought(words=("料金",)), [3]),
    "two of them, of one site": (Sought(sites=("shop",), words=("東京", "古い")), [3]),
    "one that stands nowhere": (Sought(words=("大阪",)), []),
    "one beside a word of the index": (Sought(words=("料金", "inc-881")), [3]),
    "one of another site": (Sought(sites=("blog",), words=("料金",)), []),
    "a sign": (Sought(words=("🚀",)), [3]),
    "a sign that means something elsewhere": (Sought(words=("%",)), [3]),
    "a star is no more than a star": (Sought(words=("*",)), []),
    "a kind": (Sought(kinds=("everything",)), [3]),
    "kinds": (Sought(kinds=("everything", "tag")), [3, 2]),
    "a person": (Sought(by=("U_MIA",)), [1]),
    "one who asked for some of it": (Sought(by=("U_KIM",)), [2]),
    "a token": (Sought(by=("token:ci",)), [3]),
    "a time": (Sought(since=T + 60), [3, 2]),
    "a time after all": (Sought(since=T + 121), []),
    "all of it": (Sought(("shop",), ("url",), ("U_MIA",), T, ("price",)), [1]),
    "a reason": (Sought(words=("price",)), [1]),
    "every word": (Sought(words=("price", "menu")), []),
    "in any case": (Sought(words=("WRONG", "Price")), [1]),
    "a phrase": (Sought(words=("wrong price",)), [1]),
    "a phrase in another order": (Sought(words=("price wrong",)), []),
    "an accent or none": (Sought(words=("cafe",)), [2]),
    "a URL": (Sought(words=("https://www.shop.test/pricing",)), [1]),
    "a host": (Sought(words=("img.shop.test",)), [3, 1]),
    "a requester": (Sought(words=("U_LEA",)), [2]),
    "another requester": (Sought(words=("U_KIM",)), [2]),
    "a job's name": (Sought(words=("P-2",)), [2]),
    "a provider's id": (Sought(words=("7be0-a1",)), [1]),
    "a provider's words": (Sought(words=("authentication error",)), [2]),
    "who voted": (Sought(words=("U_SAM",)), [2]),
    "why they did": (Sought(words=("during the sale",)), [2]),
    "a rule": (Sought(words=("small",)), [3, 2, 1]),
    "what came of it": (Sought(words=("stale",)), [1]),
    "why": (Sought(words=("old at fra",)), [1]),
    "the index's language is only words": (Sought(words=('price" OR "menu',)), []),
    "operators are only words": (Sought(words=("price OR menu",)), []),
    "columns are only words": (Sought(words=("facts:s73686f70",)), []),
    "what is not typed is not found": (Sought(words=("s73686F70",)), []),
    "no end of a text": (Sought(words=("price\0",)), [1]),
    "signs that stand nowhere": (Sought(words=("***",)), []),
}


@pytest.mark.parametrize(("sought", "expected"), FOUND.values(), ids=FOUND)
async def test_a_job_is_found(ledger: SqliteLedger, sought: Sought, expected: list[int]) -> None:
    assert expected == await ledger.read(lambda books: books.history.find(sought, 10))


def page(books: Books, at: int) -> list[int]:
    return books.history.find(Sought(), 2, at)


async def test_pages_follow_each_other(ledger: SqliteLedger) -> None:
    pages = [await ledger.read(partial(page, at=at)) for at in (0, 2, 4)]
    assert [[3, 2], [1], []] == pages


async def test_what_is_counted(ledger: SqliteLedger) -> None:
    ended = await ledger.read(lambda books: books.history.ended(Sought(since=T), 10))
    assert ended == [
        Ended("everything", ("token:ci",), "", "open", False, T + 120, None, 0.0, ("",), gone=False),
        Ended("tag", ("U_LEA", "U_KIM"), "api", "failed", False, T + 60, None, 0.0, ("café",), gone=False),
        Ended("url", ("U_MIA",), "", "stale", True, T, 3.5, 0.0, ("https://www.shop.test/pricing",), gone=False),
    ]


COUNTED = {
    "a site": (Sought(sites=("blog",)), ["tag"]),
    "no site": (Sought(sites=()), []),
    "a kind and a person": (Sought(kinds=("url", "tag"), by=("U_MIA",)), ["url"]),
    "one who asked for some of it": (Sought(by=("U_KIM",)), ["tag"]),
    "people": (Sought(by=("U_KIM", "U_MIA")), ["tag", "url"]),
}


@pytest.mark.parametrize(("sought", "kinds"), COUNTED.values(), ids=COUNTED)
async def test_what_is_counted_of_some(ledger: SqliteLedger, sought: Sought, kinds: list[str]) -> None:
    ended = await ledger.read(lambda books: books.history.ended(sought, 10))
    assert kinds == [one.kind for one in ended]


async def test_the_first_proof_is_the_time_that_counts(ledger: SqliteLedger) -> None:
    def looked_at_again(books: Books) -> None:
        job = books.jobs.get(1)
        books.jobs.save(replace(job, verdict=Verdict.FRESH, proven=T + 86_400))

    await ledger.write(looked_at_again)
    ended = await ledger.read(lambda books: books.history.ended(Sought(kinds=("url",)), 10))
    assert [("fresh", 3.5)] == [(one.outcome, one.seconds) for one in ended]


async def test_a_job_that_is_under_way_has_run(ledger: SqliteLedger) -> None:
    def begin(books: Books) -> None:
        layer = books.jobs.get(3).layers[0]
        books.jobs.save_layer(3, 0, replace(layer, state=LayerState.PURGING, started=T + 121))

    await ledger.write(begin)
    ended = await ledger.read(lambda books: books.history.ended(Sought(kinds=("everything",)), 10))
    assert [("open", True)] == [(one.outcome, one.ran) for one in ended]


GO_AHEADS = {
    "nobody": ((), 0.0),
    "votes": (((Event.VOTED_YES, 20.0), (Event.VOTED_YES, 30.0)), 30.0),
    "a no, which lets nothing go on": (((Event.VOTED_NO, 20.0),), 0.0),
    "the end of a hold": (((Event.VOTED_YES, 20.0), (Event.HELD, 21.0), (Event.LET_GO, 90.0)), 90.0),
    "a retry": (((Event.RETRIED, 50.0),), 50.0),
    "a broken glass": (((Event.GLASS_BROKEN, 40.0),), 40.0),
    "what came after the proof": (((Event.VOTED_YES, 20.0), (Event.RETRIED, 101.0)), 20.0),
}


@pytest.mark.parametrize(("told", "waited"), GO_AHEADS.values(), ids=GO_AHEADS)
async def test_how_long_a_job_waited_for_people(
    ledger: SqliteLedger, told: tuple[tuple[Event, float], ...], waited: float
) -> None:
    def prove(books: Books) -> None:
        for event, after in told:
            books.messages.say(3, Told(event), ALL.created + after)
        books.jobs.save(replace(books.jobs.get(3), state=State.DONE, due_at=None, proven=ALL.created + 100))

    await ledger.write(prove)
    ended = await ledger.read(lambda books: books.history.ended(Sought(kinds=("everything",)), 10))
    assert [(100.0, waited)] == [(one.seconds, one.waited) for one in ended]


async def test_what_is_forgotten_is_found_no_more(ledger: SqliteLedger) -> None:
    await ledger.write(lambda books: books.history.forget(1))
    assert [3, 2] == await ledger.read(lambda books: books.history.find(Sought(), 10))
    assert [] == await ledger.read(lambda books: books.history.find(Sought(words=("price",)), 10))


async def test_a_deed_that_raises_leaves_nothing_to_find(ledger: SqliteLedger) -> None:
    def raises(books: Books) -> JobView:
        books.jobs.create(replace(PRICE, reason="doomed"), PLAN, "key 4")
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        await ledger.write(raises)
    assert [] == await ledger.read(lambda books: books.history.find(Sought(words=("doomed",)), 10))


async def test_jobs_from_before_the_history_are_found(ledger: SqliteLedger, tmp_path: Path) -> None:
    copy = tmp_path / "old.db"
    with sqlite3.connect(copy) as target, sqlite3.connect(tmp_path / "l.db") as source:
        source.backup(target)
    with sqlite3.connect(copy) as connection:
        connection.executescript(
            "drop table history_fts; drop table history; alter table deliveries drop column mark;"
            " update meta set value = '2' where name = 'version'"
        )
    connection.close()
    upgraded = SqliteLedger(copy)
    found = await upgraded.read(lambda books: books.history.find(Sought(words=("price",)), 10))
    await upgraded.close()
    assert [1] == found


VERSION_3 = """
drop table history_fts;
drop table history;
create table history (
  job integer primary key, site text not null, kind text not null, by text not null, source text not null,
  created real not null, outcome text not null, seconds real, targets text not null, words text not null,
  facts text not null
);
create index history_created on history (created);
insert into history values
  (1, 'shop', 'url', 'U_MIA', '', 0, 'stale', 2.5, '', 'the wrong price', 's73686F70 k75726C b555F4D4941'),
  (2, 'blog', 'tag', 'U_LEA', 'api', 0, 'failed', null, '', 'new menu', 's626C6F67 k746167 b555F4C4541'),
  (3, 'shop', 'everything', 'token:ci', '', 0, 'open', null, '', '', 's73686F70');
"""


async def test_a_history_that_knew_less_is_brought_up_to_date(ledger: SqliteLedger, tmp_path: Path) -> None:
    copy = tmp_path / "old.db"
    with sqlite3.connect(copy) as target, sqlite3.connect(tmp_path / "l.db") as source:
        source.backup(target)
    old = sqlite_utils.Database(target)
    old.conn.executescript(VERSION_3)
    old.table("history").enable_fts(INDEXED, create_triggers=True, tokenize=TOKENIZER)
    old.conn.execute("alter table deliveries drop column mark")
    old.conn.execute("update meta set value = '3' where name = 'version'")
    old.conn.commit()
    old.close()
    upgraded = SqliteLedger(copy)
    found = await upgraded.read(lambda books: books.history.find(Sought(by=("U_KIM",), words=("menu",)), 10))
    ended = await upgraded.read(lambda books: books.history.ended(Sought(), 10))
    await upgraded.close()
    assert [2] == found
    assert [(False, None), (False, None), (True, 2.5)] == [(one.ran, one.seconds) for one in ended]
