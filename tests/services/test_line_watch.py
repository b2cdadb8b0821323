"""Nothing becomes a job that waited for the end of a hold and was changed, or put there, in the ledger's file."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot.ledger.audit import audit
from bot.ledger.reading import reading
from bot.services.running.keeping import forget
from tests.services.shop import LEA, MIA, SAM, Shop, open_shop
from tests.services.test_holds import say

Tamper = Callable[[sqlite3.Connection], object]


def sql(statement: str) -> Tamper:
    return lambda connection: connection.execute(statement)


def other_page(connection: sqlite3.Connection) -> object:
    [(doc,)] = connection.execute("select doc from in_line where id = 1")
    other = zlib.compress(zlib.decompress(doc).replace(b"shop.test/a", b"shop.test/forged"))
    return connection.execute("update in_line set doc = ? where id = 1", (other,))


COPY = (
    "insert into in_line (id, key, site, soft, only_account, checks, by, team, source, channel, thread, at, targets,"
    " urls, doc) select 9, 'new', site, soft, only_account, checks, 'U_KIM', team, source, channel, thread, at,"
    " targets, urls, doc from in_line where id = 1"
)
CHANGED = "Q-1: what waits in line is not what was queued."
WAYS = [
    pytest.param(sql("update in_line set by = 'U_SAM' where id = 1"), CHANGED, id="another-person"),
    pytest.param(other_page, CHANGED, id="another-page"),
    pytest.param(sql("update in_line set soft = 1 where id = 1"), CHANGED, id="another-mode"),
    pytest.param(sql("update in_line set only_account = 'cf' where id = 1"), CHANGED, id="another-layer"),
    pytest.param(sql("update in_line_told set reason = 'forged' where id = 1"), CHANGED, id="another-reason"),
]


async def held(path: Path) -> Shop:
    """The shop is held; Mia's and Sam's requests wait."""
    shop = open_shop(path)
    await say(shop, LEA, "hold shop because deploying 4.2")
    await say(shop, MIA, "/a --queue because prices")
    await say(shop, SAM, "/b --queue because prices")
    return shop


def tampered(shop: Shop, tamper: Tamper) -> list[str]:
    """What verify tells once somebody has changed the file."""
    with closing(sqlite3.connect(shop.path / "ledger.db")) as connection, connection:
        tamper(connection)
    return told(shop.path)


def told(path: Path) -> list[str]:
    with reading(path / "ledger.db") as ledger:
        return [breach.what for breach in audit(ledger).breaches]


async def released(shop: Shop) -> tuple[list[str], list[str]]:
    """Who asked for what runs after the release, and what people are told in private."""
    await say(shop, LEA, "release shop")
    await shop.slate.advance(200)

    jobs = await shop.ledger.read(lambda books: books.jobs.recent(["shop"], 50))
    due = await shop.ledger.read(lambda books: [books.intake.find(key) for key, _ in books.intake.due(float("inf"))])
    await shop.ledger.close()
    pages = [f"{job.requested_by} {' '.join(job.sample)}" for job in jobs]
    return pages, [f"{one.body['user']} {one.body['what']}" for one in due if one]


@pytest.mark.parametrize(("tamper", "breach"), WAYS)
async def test_what_was_changed_in_line_does_not_run_and_who_queued_it_is_told(
    tmp_path: Path, tamper: Tamper, breach: str
) -> None:
    shop = await held(tmp_path)
    found = tampered(shop, tamper)
    ran, private = await released(shop)
    said = "Q-1, which you queued for shop, does not run: in purgebot's database it is not as you queued it."
    assert ([breach], ["U_SAM https://www.shop.test/b"], [f"U_MIA {said}"]) == (found, ran, private)
    assert [] == told(tmp_path)


async def test_what_nobody_queued_does_not_run(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    await say(shop, LEA, "hold shop because deploying 4.2")
    await say(shop, MIA, "/a --queue because prices")
    found = tampered(shop, sql(COPY))
    ran, private = await released(shop)
    nobodys = "Q-9 waits in line, and no entry says that anybody queued it."
    assert ([nobodys], ["U_MIA https://www.shop.test/a"], []) == (found, ran, private)


async def test_the_job_names_what_it_was_made_of(tmp_path: Path) -> None:
    shop = await held(tmp_path)
    await released(shop)
    with reading(tmp_path / "ledger.db") as ledger:
        [row] = ledger.rows("select json_extract(doc, '$.queued') as names from journal where event = 'asked'")
    assert ('["Q-1","Q-2"]', []) == (row["names"], told(tmp_path))


async def test_what_waits_longer_than_documents_are_kept_runs(tmp_path: Path) -> None:
    shop = await held(tmp_path)
    shop.clock.at += 90_000
    await forget(shop.core, None, 86_400.0)
    ran, private = await released(shop)
    assert (["U_MIA https://www.shop.test/a https://www.shop.test/b"], []) == (ran, private)
    assert [] == told(tmp_path)


LOST = "Q-1 waits no more, and no entry says what became of it."
GONE = [
    pytest.param("delete from in_line where id = 1", id="taken-out"),
    pytest.param("update in_line set job = 7 where id = 1", id="as-if-a-job-had-taken-it-up"),
    pytest.param("update in_line set job = 0, doc = null where id = 1", id="as-if-it-had-come-to-nothing"),
]


@pytest.mark.parametrize("statement", GONE)
async def test_a_request_that_was_taken_out_of_line_is_told_ever_after(tmp_path: Path, statement: str) -> None:
    shop = await held(tmp_path)
    found = tampered(shop, sql(statement))
    ran, _ = await released(shop)
    assert ([LOST], ["U_SAM https://www.shop.test/b"], [LOST]) == (found, ran, told(tmp_path))


async def test_what_became_of_a_request_is_not_asked_where_that_was_pruned(tmp_path: Path) -> None:
    shop = await held(tmp_path)
    await say(shop, MIA, "cancel Q-1")
    await say(shop, LEA, "release shop")
    await shop.slate.advance(200)
    whole = told(tmp_path)
    tampered(shop, sql("delete from in_line"))
    gone = told(tmp_path)
    shop.clock.at += 500 * 86_400
    await forget(shop.core, None, 86_400.0)
    await shop.ledger.close()
    assert ([], [], []) == (whole, gone, told(tmp_path))
