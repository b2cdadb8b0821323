"""What people read of an ended job is bound to the journal: `show`, `log` and `stats` tell nothing that was put there
later."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.jobs.thread_step import Event, Told
from bot.ledger.books import Books
from bot.ledger.codec import TARGETS
from bot.ledger.jobs import StaleJob
from bot.ledger.record import hash_of
from bot.ledger.record_audit import INDEX_WRONG
from bot.ledger.sqlite import SqliteLedger
from bot.services.held.glass import close_review
from bot.services.running.keeping import forget
from bot.services.voting import approvals
from tests.ledger.test_journal import (
    PREFIX,
    Tamper,
    broken_glass,
    ledger_of,
    looked_at,
    rewrite,
    sql,
    tampered,
    told,
    unguarded,
)
from tests.services.shop import KIM, MIA, SAM, open_shop, url

DAY = 86_400.0


def other_targets(connection: sqlite3.Connection) -> None:
    """P-2 purged another page, as whoever forges it has it."""
    packed = connection.execute("select doc from targets where job = 2").fetchone()[0]
    text = zlib.decompress(packed).replace(b"/a", b"/NOTHING")
    assert TARGETS.validate_json(text)
    connection.execute("update targets set doc = ? where job = 2", (zlib.compress(text),))


WAYS: dict[str, tuple[Tamper, list[str]]] = {
    "other targets": (other_targets, ["P-2: its targets are not as they were when it ended."]),
    "targets taken away": (
        sql("delete from targets where job = 2"),
        ["P-2: its targets are not as they were when it ended."],
    ),
    "other targets in the job's document": (
        sql("update jobs set doc = json_set(doc, '$.sample[0]', 'https://www.shop.test/NOTHING') where id = 2"),
        ["P-2: its row in the table of jobs is not as it was when it ended."],
    ),
    "another time": (
        sql("update jobs set created = created - 8640000 where id = 2"),
        [
            "P-2: its row in the table of jobs is not as it was when it ended.",
            "P-2: its time in the log is not that of the job.",
        ],
    ),
    "another person in the history": (
        sql("update history set \"by\" = 'U_EVE' where job = 2"),
        [
            "P-2: what the log and stats tell of it is not as it was written.",
            "P-2: its requester in the log is not that of the job.",
        ],
    ),
    "another person in the history of a job that waits": (
        sql("update history set \"by\" = 'U_EVE' where job = 3"),
        ["P-3: its requester in the log is not that of the job."],
    ),
    "other seconds in the history": (
        sql("update history set seconds = 1 where job = 1"),
        ["P-1: what the log and stats tell of it is not as it was written."],
    ),
    "a job taken out of the history": (
        sql("delete from history where job = 2"),
        [
            "P-2: what the log and stats tell of it is not as it was written.",
            "P-2 is in the table of jobs, and the log does not tell of it.",
        ],
    ),
    "a job put into the history": (
        sql("insert into history select 99, site, kind, \"by\", also, source, created, outcome, ran, seconds, waited,"
            " targets, words, facts from history where job = 2"),
        ["The log tells of P-99, which is not in the table of jobs."],
    ),
    "looks taken away": (
        sql("delete from looks where job = 1"),
        [
            "P-1: what was seen before the purge is not as it was written.",
            "P-1: what was seen after the purge is not as it was written.",
        ],
    ),
    "another answer in a look": (
        sql("update looks set doc = json_set(doc, '$.status', 404) where job = 1 and n = 0 and phase = 'after'"),
        ["P-1: what was seen after the purge is not as it was written."],
    ),
    "the thread taken away": (
        sql("delete from lines where job = 2"),
        ["P-2: its thread is not as it was written."],
    ),
    "a line of the thread changed": (
        sql("update lines set at = at - 60 where job = 1 and n = 1"),
        ["P-1: its thread is not as it was written."],
    ),
    "a line put into the thread": (
        sql("insert into lines (job, n, text, at) select job, 99, text, at from lines where job = 1 and n = 1"),
        ["P-1: its thread is not as it was written."],
    ),
    "other counters of a layer": (
        sql("update layers set sent = 7 where job = 2 and position = 0"),
        ["P-2: what is told of its layers is not as it was when it ended."],
    ),
    "a cancelled job's targets": (
        sql("update targets set doc = zeroblob(3) where job = 4"),
        ["P-4: its targets are not as they were when it ended."],
    ),
    "somebody is said to have hurried it": (
        sql("insert into urgent values (2, 'U_EVE', 1)"),
        ["P-2: who had it go first is not as it was written."],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("tamper", "expected"), WAYS.values(), ids=WAYS)
async def test_what_is_told_of_a_job_cannot_be_forged(tmp_path: Path, tamper: Tamper, expected: list[str]) -> None:
    path = await ledger_of(tmp_path)
    tampered(path, tamper)
    assert expected == told(path)


@pytest.mark.parametrize(
    "statement",
    [
        "insert into history_fts (history_fts) values ('delete-all')",
        "insert into history_fts (history_fts, rowid, words, facts) select 'delete', job, words, facts from history"
        " where job = 2",
        "insert into history_fts (rowid, words, facts) values (2, 'nothing', 'x')",
    ],
    ids=["emptied", "a job taken out", "words put in"],
)
async def test_the_search_index_is_held_against_what_it_indexes(tmp_path: Path, statement: str) -> None:
    path = await ledger_of(tmp_path)
    tampered(path, sql(statement))
    assert [INDEX_WRONG] == told(path)


def sealed(path: Path, job: int) -> list[list[str]]:
    """The parts that each seal of `job` holds."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("select doc from journal where event = 'sealed' and job = ? order by seq", (job,))
        return [sorted(json.loads(doc)["parts"]) for (doc,) in rows]


async def test_a_job_is_sealed_once_with_what_it_has(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)
    with_looks = ["after", "before", "history", "job", "layers", "targets", "thread", "votes"]
    assert [[with_looks], [["history", "job", "layers", "targets", "thread"]], []] == [
        sealed(path, n) for n in (1, 2, 3)
    ]


async def test_what_is_added_after_the_end_is_sealed_by_itself(tmp_path: Path) -> None:
    path = await broken_glass(tmp_path)
    shop = open_shop(tmp_path)
    await close_review(shop.core, KIM, 1, "seen")
    await shop.ledger.close()
    assert ["history", "reviews", "thread"] == sealed(path, 1)[-1]
    assert [] == told(path)
    tampered(path, sql("update reviews set note = 'never'"))
    assert ["P-1: the reviews of its broken glass are not as they were written."] == told(path)


async def test_a_line_of_before_cannot_be_changed_because_one_came_later(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)
    tampered(path, sql("update lines set at = at - 60 where job = 2 and n = 1"))
    await later(path, lambda books: books.messages.say(2, Told(Event.RESTORED, text="x"), 2e9))
    assert ["P-2: its thread is not as it was written."] == told(path)


async def test_what_was_forged_is_not_sealed_with_the_next_change(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)
    tampered(path, sql("update jobs set doc = json_set(doc, '$.sample[0]', 'x') where id = 2"))
    await later(path, lambda books: books.jobs.save(replace(books.jobs.get(2), why="later")))
    assert "P-2: its row in the table of jobs is not as it was when it ended." in told(path)


async def test_a_change_by_the_bot_is_sealed_and_agrees(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)
    await later(path, lambda books: books.jobs.save(replace(books.jobs.get(2), why="later")))
    assert (["history", "job"], []) == (sealed(path, 2)[-1], told(path))


async def later(path: Path, deed: Callable[[Books], object]) -> None:
    ledger = SqliteLedger(path)
    try:
        await ledger.write(deed)
    finally:
        await ledger.close()


async def test_a_deed_that_comes_to_nothing_seals_nothing(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)

    def half(books: Books) -> None:
        books.jobs.save(replace(books.jobs.get(2), why="half"))
        raise StaleJob("P-2")

    with pytest.raises(StaleJob):
        await later(path, half)
    await later(path, lambda books: books.beat(1.0))
    assert (1, []) == (len(sealed(path, 2)), told(path))


async def test_a_denied_job_and_one_that_expired_are_sealed(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    denied = await shop.purge(MIA, PREFIX)
    await approvals.vote(shop.core, SAM, denied.id, False, reason="no")
    expired = await shop.purge(MIA, replace(PREFIX, value=f"{PREFIX.value}old/"))
    await shop.slate.advance(40 * DAY)
    states = [str((await shop.job(n)).state) for n in (denied.id, expired.id)]
    await shop.ledger.close()
    path = tmp_path / "ledger.db"
    assert (["denied", "expired"], [1, 1], []) == (states, [len(sealed(path, n)) for n in (1, 2)], told(path))


async def test_jobs_of_an_earlier_version_are_counted_and_not_called_forged(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)
    tampered(path, unguarded(without_seals))
    verdict = looked_at(path)
    assert ((), 3) == (verdict.breaches, verdict.older)
    await later(path, lambda books: books.messages.say(2, Told(Event.RESTORED, text="x"), 2e9))
    assert ((), 3) == (looked_at(path).breaches, looked_at(path).older)


async def test_a_seal_taken_from_the_end_of_the_journal_is_missed(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)
    last = "(select max(seq) from journal where event = 'sealed')"
    tampered(path, unguarded(sql(f"delete from journal where seq >= {last}")))
    assert ["P-4 has ended, and no entry seals its record: one was taken away."] == told(path)


def without_seals(connection: sqlite3.Connection) -> None:
    """The journal as a version wrote it that sealed nothing."""
    connection.execute("delete from journal where event = 'sealed'")
    rows = connection.execute("select seq from journal order by seq").fetchall()
    for n, (seq,) in enumerate(rows, 1):
        connection.execute("update journal set seq = ? where seq = ?", (n, seq))
    rewrite(connection, 1)


async def test_pruned_documents_leave_what_was_sealed(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)
    shop = open_shop(tmp_path)
    shop.clock.at += 40 * DAY
    await forget(shop.core, None, 20 * DAY)
    await shop.ledger.close()
    assert [] == told(path)
    tampered(path, sql("delete from targets where job = 2"))
    assert ["P-2: its targets are not as they were when it ended."] == told(path)


async def test_what_never_changes_of_a_job_is_written_as_one_hash(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, url("/a"), check=False)
    entries = await shop.ledger.read(lambda books: books.journal.entries(job.id))
    packed = await shop.ledger.read(lambda books: books.jobs.packed_targets(job.id))
    await shop.ledger.close()
    at = round(job.created * 1000)
    told = ["slack", "T_SHOP", "C_SHOP", ["https://www.shop.test/a"], 1, [], job.read_as, "", "", ""]
    text = json.dumps([[*told, *[None] * 9], [at, at], None, None, None], separators=(",", ":"))
    asked = next(doc for _, event, _, doc in entries if event == "asked" and doc)
    assert [hashlib.sha256(text.encode()).hexdigest()] == asked["written"]
    assert hash_of([hashlib.sha256(packed).hexdigest()]) == asked["listed"]
