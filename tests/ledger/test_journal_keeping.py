"""What is old goes and the chain stays whole; a backup is made while the bot writes; a restore sends nothing twice."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from bot.domain.jobs.job import RESTORED, State
from bot.domain.jobs.warming import Warming
from bot.ledger.backup import CannotCopy, backup, restore
from bot.ledger.books import Books
from bot.ledger.dropped import NOT_KNOWN
from bot.ledger.opening import LedgerInUse
from bot.ledger.reading import NotALedger, reading
from bot.ledger.retention import OF_JOB
from bot.ledger.sqlite import SqliteLedger
from bot.services import deeds
from bot.services.held.glass import close_review
from bot.services.replies import LogShown, Queued, QueuedOver, Refusal
from bot.services.running.keeping import forget
from bot.services.voting import approvals
from bot.slack.cards.history import log_lines
from bot.slack.cards.holds import queued_over_card
from providers.contract import Receipt
from tests.ledger.test_journal import GUARDS, PREFIX, broken_glass, ledger_of, sql, taken_back, tampered, told
from tests.services.shop import EVERYTHING, KIM, LEA, MIA, SAM, open_shop, url
from tests.services.test_glass import say

DAY = 86_400.0
STAMP = "20270115-080000"
AGAIN = "Ask again for what is still wanted."


def docs(path: Path, event: str) -> list[Mapping[str, object]]:
    with reading(path) as ledger:
        rows = ledger.rows("select doc from journal where event = :event order by seq", event=event)
    return [json.loads(str(row["doc"])) for row in rows]


def column(path: Path, sql: str) -> list[object]:
    with reading(path) as ledger:
        return [next(iter(row.values() if isinstance(row, dict) else tuple(row))) for row in ledger.rows(sql)]


async def test_ended_jobs_go_after_their_time_and_open_ones_stay(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)
    shop = open_shop(tmp_path)
    shop.clock.at += 400 * DAY
    gone = await forget(shop.core, 300 * DAY, None)
    again = await forget(shop.core, 300 * DAY, None)
    await shop.ledger.close()
    pruned = docs(path, "pruned")
    assert ((3, 0), (0, 0)) == (gone, again)
    assert [3] == column(path, "select id from jobs order by id")
    assert {3} >= {job for table in OF_JOB for job in column(path, f"select job from {table}")}
    assert [("1-2,4", 3)] == [(doc["jobs"], doc["count"]) for doc in pruned]
    assert [] == told(path)


async def test_a_yes_that_was_taken_back_agrees_without_its_documents(tmp_path: Path) -> None:
    path = await taken_back(tmp_path)
    shop = open_shop(tmp_path)
    shop.clock.at += 40 * DAY
    await forget(shop.core, None, 20 * DAY)
    await shop.ledger.close()
    assert [] == told(path)


async def test_younger_jobs_stay(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)
    shop = open_shop(tmp_path)
    shop.clock.at += 5 * DAY
    gone = await forget(shop.core, DAY, None)
    await shop.ledger.close()
    assert ((0, 0), [1, 2, 3, 4]) == (gone, column(path, "select id from jobs order by id"))


async def test_documents_go_and_the_chain_stays_whole(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)
    shop = open_shop(tmp_path)
    shop.clock.at += 30 * DAY
    await shop.purge(LEA, url("/young"), key="young", check=False)
    gone = await forget(shop.core, None, 20 * DAY)
    again = await forget(shop.core, None, 20 * DAY)
    await shop.ledger.close()
    assert ((0, 16), (0, 0)) == (gone, again)
    assert [("1-15,18-21", "16-17", 16)] == [
        (doc["documents"], doc["spared"], doc["count"]) for doc in docs(path, "pruned")
    ]
    assert [9, 15, 16, 17, 21, 22, 23, 24] == column(path, "select seq from journal where doc is not null")
    assert [] == told(path)


async def test_what_is_open_keeps_its_documents_until_it_has_ended(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)
    shop = open_shop(tmp_path)
    shop.clock.at += 30 * DAY
    await forget(shop.core, None, 20 * DAY)
    mine = "select seq from journal where job = 3 and doc is not null and event in ('asked', 'decided')"
    kept, whole = column(path, mine), told(path)
    await deeds.cancel(shop.core, MIA, 3)
    gone = await forget(shop.core, None, 20 * DAY)
    await shop.ledger.close()
    assert ([16, 17], []) == (kept, whole)
    assert ((0, 2), []) == (gone, column(path, mine))
    assert [] == told(path)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            "update batches set call = replace(call, '/purge', '/other') where job = 3 and position = 0",
            "P-3: its targets or calls are not those that were asked for.",
        ),
        ("update jobs set doc = json_set(doc, '$.reason', 'x') where id = 3", "P-3: its reason is not what was asked"),
        ("update jobs set state = 'queued' where id = 3", "P-3: it is queued without the approval that it needed."),
        (
            "update jobs set state = 'queued', due_at = 1 where id = 4",
            "P-4: it is queued, and the journal says that it has ended.",
        ),
    ],
)
async def test_after_a_pruning_what_is_open_is_still_held_to_the_journal(
    tmp_path: Path, statement: str, expected: str
) -> None:
    path = await ledger_of(tmp_path)
    shop = open_shop(tmp_path)
    shop.clock.at += 30 * DAY
    await forget(shop.core, None, 20 * DAY)
    await shop.ledger.close()
    tampered(path, sql(statement))
    assert [one for one in told(path) if one.startswith(expected)], told(path)


async def test_a_denied_job_that_is_opened_after_a_pruning_is_found(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, PREFIX)
    await approvals.vote(shop.core, SAM, job.id, False, reason="not today")
    shop.clock.at += 30 * DAY
    await forget(shop.core, None, 20 * DAY)
    await shop.ledger.close()
    path = tmp_path / "ledger.db"
    whole = told(path)
    tampered(path, sql("update jobs set state = 'queued', due_at = 1", "delete from votes"))
    assert [] == whole
    assert "P-1: it is queued, and the journal says that it has ended." in told(path)


async def test_a_document_taken_away_after_a_pruning_is_found(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)
    shop = open_shop(tmp_path)
    shop.clock.at += 30 * DAY
    await shop.purge(LEA, url("/young"), key="young", check=False)
    await forget(shop.core, None, 20 * DAY)
    await shop.ledger.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("update journal set doc = null where seq = 22")
    assert ["The document of entry 22 is missing, and no pruning took it."] == told(path)


async def test_what_a_pruning_never_takes_is_missed_within_its_range_too(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)
    shop = open_shop(tmp_path)
    shop.clock.at += 30 * DAY
    await forget(shop.core, None, 20 * DAY)
    await shop.ledger.close()
    (sealed, *_) = column(path, "select seq from journal where event = 'sealed'")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("update journal set doc = null where seq = ?", (sealed,))
    assert f"The document of entry {sealed} is missing, and no pruning took it." in told(path)


async def test_a_document_that_was_spared_is_missed(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)
    shop = open_shop(tmp_path)
    await say(shop, LEA, "hold shop because deploying")
    assert isinstance(await say(shop, LEA, "https://www.shop.test/q --queue"), Queued)
    shop.clock.at += 30 * DAY
    await forget(shop.core, None, 20 * DAY)
    await shop.ledger.close()
    (stays,) = column(path, "select seq from journal where event = 'queued' and doc is not null")
    assert [] == told(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("update journal set doc = null where seq = ?", (stays,))
    assert f"The document of entry {stays} is missing, and no pruning took it." in told(path)


async def test_a_job_taken_away_after_a_pruning_is_found(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)
    shop = open_shop(tmp_path)
    shop.clock.at += 400 * DAY
    await forget(shop.core, 300 * DAY, None)
    await shop.ledger.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("delete from jobs where id = 3")
    assert ["P-3 is in the journal and no longer in the table of jobs."] == told(path)


def configure(books: Books, lines: tuple[str, ...]) -> bool:
    return books.configuration.record(lines, "short", 1.0)


async def test_a_configuration_is_journalled_as_what_changed(tmp_path: Path) -> None:
    path = tmp_path / "l.db"
    ledger = SqliteLedger(path)
    first, second = ("mode: live", "sites.shop.soft: False"), ("mode: live", "sites.shop.soft: True")
    news = [await ledger.write(partial(configure, lines=lines)) for lines in (first, first, second)]
    await ledger.close()
    assert [True, False, True] == news
    assert [[], ["-sites.shop.soft: False", "+sites.shop.soft: True"]] == [
        d["diff"] for d in docs(path, "configuration")
    ]
    assert [] == told(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("update meta set value = 'mode: observe' where name = 'configuration'")
    assert ["The configuration kept beside the journal is not that of entry 2."] == told(path)


async def test_a_backup_made_while_the_bot_writes_is_whole(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    await shop.purge(LEA, url("/a"), check=False)
    verdict = backup(tmp_path / "ledger.db", tmp_path / "copy.db")
    await shop.purge(LEA, url("/b"), check=False)
    await shop.ledger.close()
    assert (True, 2, 1) == (verdict.is_whole, verdict.head.count, verdict.jobs)
    assert [1] == column(tmp_path / "copy.db", "select id from jobs order by id")
    assert [] == [file.name for file in tmp_path.iterdir() if file.name.startswith("copy.db-")]


async def test_a_backup_overwrites_nothing(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)
    (tmp_path / "copy.db").write_text("mine")
    with pytest.raises(CannotCopy, match=r"copy\.db exists already, and nothing is overwritten\. Name another file\."):
        backup(path, tmp_path / "copy.db")
    assert "mine" == (tmp_path / "copy.db").read_text()


async def test_what_is_no_ledger_makes_no_backup(tmp_path: Path) -> None:
    (tmp_path / "page.db").write_text("a page that is long enough to be none" * 100)
    with pytest.raises(NotALedger, match=r"cannot be read as a ledger: file is not a database\."):
        backup(tmp_path / "page.db", tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


async def test_a_restore_tells_what_is_lost_and_keeps_the_old_file(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)
    backup(path, tmp_path / "copy.db")
    shop = open_shop(tmp_path)
    lost = await shop.purge(LEA, url("/late"), key="late", check=False)
    await shop.slate.advance(60)
    await shop.ledger.close()
    done = restore(tmp_path / "copy.db", path, 1.0, STAMP)
    kept = tmp_path / f"ledger.db.before-restore-{STAMP}"
    assert ((lost.id,), (3,), kept) == (done.lost, done.parked, done.kept)
    assert ([1, 2, 3, 4], [1, 2, 3, 4, 5]) == (
        column(path, "select id from jobs order by id"),
        column(kept, "select id from jobs order by id"),
    )
    assert ["cancelled"] == column(path, "select state from jobs where id = 3")
    assert [] == told(path)
    assert {lost.id + 1} == await next_numbers(tmp_path)


async def test_the_journal_counts_what_is_lost_as_the_answer_does_also_the_second_time(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)
    backup(path, tmp_path / "copy.db")
    restore(tmp_path / "copy.db", path, 1.0, STAMP)
    again = restore(tmp_path / "copy.db", path, 2.0, "20270115-080001")
    with reading(path) as ledger:
        [row] = ledger.rows("select doc from journal where event = 'restored' and job is null")
    doc = json.loads(str(row["doc"]))
    assert ((), 3) == (again.lost, again.lost_entries)
    assert (0, 3) == (doc["lost"], doc["lost_entries"])


async def test_a_missing_backup_is_said_to_be_one(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)
    with pytest.raises(CannotCopy, match=r"^There is no backup .*nope\.db\. Nothing was changed\. Name the file that"):
        restore(tmp_path / "nope.db", path, 1.0, STAMP)


async def test_what_a_restore_ends_is_told_as_that_in_the_thread_and_the_history(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)
    backup(path, tmp_path / "copy.db")
    restore(tmp_path / "copy.db", path, 1.0, STAMP)
    told_last = column(path, "select json_extract(text, '$.event') from lines where job = 3 order by n desc limit 1")
    assert (["restored"], ["restored"]) == (told_last, column(path, "select outcome from history where job = 3"))


async def next_numbers(folder: Path) -> set[int]:
    """The number that the next job gets: never that of a lost one."""
    shop = open_shop(folder)
    job = await shop.purge(LEA, url("/next"), key="next", check=False)
    await shop.ledger.close()
    return {job.id}


async def test_after_a_restore_nothing_is_sent_that_was_under_way(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.shield.slow_down(0.01)
    job = await shop.purge(LEA, *(url(f"/{n}") for n in range(9)), check=False)
    await shop.slate.advance(5)
    taken = await shop.ledger.write(lambda books: take(books, job.id))
    await shop.ledger.write(lambda books: books.intake.store("k", "slack.command", {}, 1.0))
    backup(tmp_path / "ledger.db", tmp_path / "copy.db")
    await shop.ledger.close()
    done = restore(tmp_path / "copy.db", tmp_path / "ledger.db", shop.clock.at, STAMP)
    sent = len(shop.shield.sent)
    shop = await open_shop(tmp_path, shop.clock, shop.shield, shop.cf, shop.edges).crash()
    await shop.slate.advance(600)
    after = await shop.job(job.id)
    due = await shop.ledger.read(lambda books: books.intake.due(1e12))
    await shop.ledger.close()
    assert (1, (job.id,), 1) == (taken, done.parked, done.requests)
    assert (State.CANCELLED, RESTORED, sent, []) == (after.state, after.why, len(shop.shield.sent), due)
    assert [] == told(tmp_path / "ledger.db")


async def test_after_a_restore_nothing_is_fetched_that_was_to_be_warmed(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    warming = Warming("shop", "U_MIA", ("https://www.shop.test/a",), ("fra",), 1.0, due_at=2.0)
    await shop.ledger.write(lambda books: books.warmings.create("k", warming))
    backup(tmp_path / "ledger.db", tmp_path / "copy.db")
    await shop.ledger.close()
    restore(tmp_path / "copy.db", tmp_path / "ledger.db", shop.clock.at, STAMP)
    shop = await open_shop(tmp_path, shop.clock, shop.shield, shop.cf, shop.edges).crash()
    await shop.slate.advance(60)
    after = await shop.ledger.read(lambda books: books.warmings.find(1))
    await shop.ledger.close()
    assert after is not None and ("restored from a backup", 0) == (after.stopped, shop.edges.looks)


def take(books: Books, job: int) -> int:
    """Calls marked as in flight when the copy is made."""
    return books._tx.run(
        "update batches set state = 'sending' where job = :job and state = 'queued' and id % 9 = 0", job=job
    )


async def test_after_a_restore_no_reference_is_used_again(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    backup(tmp_path / "ledger.db", tmp_path / "copy.db")
    await shop.purge(LEA, url("/a"), check=False)
    await shop.slate.advance(60)
    await shop.ledger.close()
    restore(tmp_path / "copy.db", tmp_path / "ledger.db", shop.clock.at, STAMP)
    shop = await open_shop(tmp_path, shop.clock, shop.shield, shop.cf, shop.edges).crash()
    await shop.purge(LEA, url("/a"), key="again", check=False)
    await shop.slate.advance(60)
    await shop.ledger.close()
    assert 2 == len(set(shop.shield.references))


async def test_a_job_that_waits_for_a_decision_is_ended_by_a_restore(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.cf.script = [Receipt("x")]
    await shop.purge(MIA, EVERYTHING, reason="leak")
    await shop.ledger.close()
    backup(tmp_path / "ledger.db", tmp_path / "copy.db")
    done = restore(tmp_path / "copy.db", tmp_path / "ledger.db", 2e9, STAMP)
    assert ((1,), ["restored", "sealed"]) == (
        done.parked,
        column(tmp_path / "ledger.db", "select event from journal order by seq desc limit 2"),
    )


async def test_no_restore_while_a_bot_runs(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)
    backup(path, tmp_path / "copy.db")
    ledger = SqliteLedger(path)
    with pytest.raises(LedgerInUse, match=r"Another purgebot works on this ledger"):
        restore(tmp_path / "copy.db", path, 1.0, STAMP)
    await ledger.close()


async def test_a_backup_that_somebody_changed_is_not_restored(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)
    backup(path, tmp_path / "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as connection, connection:
        for name in GUARDS:
            connection.execute(f"drop trigger {name}")
        connection.execute("update journal set actor = 'U_EVE' where seq = 2")
    before = path.read_bytes()
    with pytest.raises(CannotCopy, match=r"copy\.db is not whole: Entry 2 was changed.* Nothing was changed\."):
        restore(tmp_path / "copy.db", path, 1.0, STAMP)
    assert before == path.read_bytes()
    assert [] == [file.name for file in tmp_path.iterdir() if "restor" in file.name]


@pytest.mark.parametrize("name", ["{}", "linked.db", "folder/../{}"], ids=["its-name", "a-link", "another-path"])
async def test_the_ledger_is_not_restored_onto_itself(tmp_path: Path, name: str) -> None:
    path = await ledger_of(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "linked.db").symlink_to(path)
    before = path.read_bytes()
    with pytest.raises(CannotCopy, match=r"is the ledger itself, not a backup of it\. Nothing was changed\. Name a"):
        restore(tmp_path / name.format(path.name), path, 1.0, STAMP)
    assert before == path.read_bytes()
    assert [] == [file.name for file in tmp_path.iterdir() if "restor" in file.name]


async def test_a_backup_of_a_newer_version_is_not_restored(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)
    backup(path, tmp_path / "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as connection, connection:
        connection.execute("update meta set value = '99' where name = 'version'")
    with pytest.raises(NotALedger, match=r"written by a newer purgebot \(version 99"):
        restore(tmp_path / "copy.db", path, 1.0, STAMP)


async def test_a_restore_where_nothing_is_needs_no_old_file(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)
    backup(path, tmp_path / "copy.db")
    done = restore(tmp_path / "copy.db", tmp_path / "new.db", 1.0, STAMP)
    assert (None, (), []) == (done.kept, done.lost, told(tmp_path / "new.db"))


async def test_a_restore_over_a_damaged_file_keeps_it(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)
    backup(path, tmp_path / "copy.db")
    path.write_bytes(b"nothing of a ledger" * 1000)
    done = restore(tmp_path / "copy.db", path, 1.0, STAMP)
    assert (None, [], True) == (done.lost, told(path), done.kept is not None and done.kept.exists())


async def test_a_job_whose_broken_glass_nobody_has_reviewed_stays(tmp_path: Path) -> None:
    path = await broken_glass(tmp_path)
    shop = open_shop(tmp_path)
    shop.clock.at += 400 * DAY
    open_review = await forget(shop.core, 300 * DAY, None)
    await close_review(shop.core, KIM, 1, "seen")
    closed = await forget(shop.core, 300 * DAY, None)
    await shop.ledger.close()
    assert ((0, 0), (1, 0), []) == (open_review, closed, column(path, "select id from reviews"))
    assert [] == told(path)


async def test_after_a_restore_what_waited_for_the_end_of_a_hold_is_not_taken_up(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    await say(shop, LEA, "hold shop because deploy")
    waits = await say(shop, MIA, "purge https://www.shop.test/a --queue")
    backup(tmp_path / "ledger.db", tmp_path / "copy.db")
    await shop.ledger.close()
    done = restore(tmp_path / "copy.db", tmp_path / "ledger.db", shop.clock.at, STAMP)
    shop = await open_shop(tmp_path, shop.clock, shop.shield, shop.cf, shop.edges).crash()
    await say(shop, LEA, "release shop")
    await shop.slate.advance(600)
    await shop.ledger.close()
    assert isinstance(waits, Queued)
    assert (1, []) == (done.requests, shop.shield.sent)
    assert [] == told(tmp_path / "ledger.db")


async def test_who_queued_what_a_restore_drops_is_told_and_show_and_cancel_say_so(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    await say(shop, LEA, "hold shop because deploy")
    for by, page in ((MIA, "a"), (KIM, "b"), (MIA, "c")):
        await say(shop, by, f"purge https://www.shop.test/{page} --queue")
    backup(tmp_path / "ledger.db", tmp_path / "copy.db")
    await shop.ledger.close()
    restore(tmp_path / "copy.db", tmp_path / "ledger.db", shop.clock.at, STAMP)
    shop = await open_shop(tmp_path, shop.clock, shop.shield, shop.cf, shop.edges).crash()
    keys = ["slack.refused Q-1", "slack.refused Q-2", "slack.refused Q-3"]
    found = await shop.ledger.read(lambda books: [books.intake.find(key) for key in keys])
    due = await shop.ledger.read(lambda books: [key for key, _ in books.intake.due(shop.clock.at)])
    shown, back, log = [await say(shop, MIA, text) for text in ("show Q-1", "cancel Q-1", "log")]
    await shop.ledger.close()
    dropped = "dropped: a backup of purgebot's ledger was restored."
    assert [
        ("U_MIA", f"Q-1 and Q-3, which you queued for shop, were {dropped}", f"{NOT_KNOWN} {AGAIN}"),
        ("U_KIM", f"Q-2, which you queued for shop, was {dropped}", f"{NOT_KNOWN} {AGAIN}"),
    ] == [(one.body["user"], one.body["what"], one.body["advice"]) for one in found if one]
    assert keys[:2] == due
    assert Refusal(f"Q-1 waits no more: it was dropped when a backup was restored. {NOT_KNOWN}", AGAIN) == back
    assert isinstance(shown, QueuedOver) and isinstance(log, LogShown)
    card = str(queued_over_card(shown, "/purge").blocks)
    assert "Q-1 was dropped <!date" in card and f"{NOT_KNOWN} {AGAIN}" in card and "Nothing of it" not in card
    assert 3 == sum(line.endswith("⚫ ended by a restore") for line in log_lines(log, "/purge"))
    assert [(3, "1-3")] == [(doc["requests"], doc["queued"]) for doc in docs(tmp_path / "ledger.db", "restored")]
    assert [] == told(tmp_path / "ledger.db")
