"""The journal is append-only, and whoever changes the file is found: in the chain, in the tables, or by a head kept."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.jobs.job import State
from bot.domain.target import Target
from bot.ledger.audit import Exported, Verdict, audit
from bot.ledger.books import Books
from bot.ledger.chain import GENESIS, Head, Ranges, canonical, entry_hash, sha256
from bot.ledger.ledger import LedgerDown
from bot.ledger.lots import SLICE
from bot.ledger.reading import reading
from bot.ledger.sqlite import SqliteLedger
from bot.ledger.sums import added, call_hash
from bot.services import deeds
from bot.services.voting import approvals
from providers.contract import Kind
from tests.services.shop import EVERYTHING, LEA, MIA, SAM, open_shop, url
from tests.services.test_glass import REASON, glass_shop, say

NOW = 1_800_000_000.0
NOBODY = 65_534  # the user of that name
PREFIX = Target(Kind.PREFIX, "https://www.shop.test/news/", "shop")
GUARDS = ("journal_appends", "journal_keeps", "journal_stays")
Tamper = Callable[[sqlite3.Connection], object]


async def ledger_of(folder: Path) -> Path:
    """A shop's ledger: P-1 done after a vote, P-2 done, P-3 waits, P-4 cancelled."""
    shop = open_shop(folder)
    shop.edges.becomes = {"fra": ["v1", "v2"], "iad": ["v1", "v2"]}
    voted = await shop.purge(MIA, PREFIX, reason="new prices")
    await approvals.vote(shop.core, SAM, voted.id, True, reason="go")
    await shop.slate.advance(200)
    await shop.purge(LEA, url("/a"), url("/b"), check=False)
    await shop.slate.advance(200)
    await shop.purge(MIA, PREFIX, reason="later")
    last = await shop.purge(MIA, replace(PREFIX, value=f"{PREFIX.value}old/"), reason="never")
    await deeds.cancel(shop.core, LEA, last.id)
    await shop.ledger.close()
    return folder / "ledger.db"


def unguarded(tamper: Tamper) -> Tamper:
    """`tamper` by somebody who puts the triggers back."""

    def change(connection: sqlite3.Connection) -> None:
        kept = [
            row[0]
            for row in connection.execute(
                "select sql from sqlite_master where type = 'trigger' and name like 'journal_%'"
            )
        ]
        for name in GUARDS:
            connection.execute(f"drop trigger {name}")
        tamper(connection)
        for sql in kept:
            connection.execute(sql)

    return change


def sql(*statements: str) -> Tamper:
    def change(connection: sqlite3.Connection) -> None:
        for statement in statements:
            assert connection.execute(statement).rowcount != 0, f"changes nothing: {statement}"

    return change


def rewrite(connection: sqlite3.Connection, first: int) -> None:
    """Hash anew what stands from entry `first` on: a forger who knows the documents."""
    rows = connection.execute("select seq, at, event, job, actor, doc from journal order by seq").fetchall()
    known = dict(connection.execute("select seq, hash from journal"))
    previous = known.get(first - 1, "0" * 64)
    for seq, at, event, job, actor, doc in rows[first - 1 :]:
        mine = entry_hash(previous, seq, at, event, job, actor, sha256(doc))
        connection.execute(
            "update journal set doc_hash = ?, previous = ?, hash = ? where seq = ?", (sha256(doc), previous, mine, seq)
        )
        previous = mine


def rehashed(*statements: str, first: int) -> Tamper:
    def change(connection: sqlite3.Connection) -> None:
        sql(*statements)(connection)
        rewrite(connection, first)

    return change


def forged(connection: sqlite3.Connection) -> None:
    """An entry of the forger's own between 3 and 4, the others moved up."""
    connection.execute("update journal set seq = -seq - 1 where seq >= 4")
    connection.execute("update journal set seq = -seq where seq < 0")
    connection.execute(
        "insert into journal select 4, at, 'vote', job, 'U_EVE', doc, doc_hash, previous, hash from journal"
        " where seq = 3"
    )


def tampered(path: Path, tamper: Tamper) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        tamper(connection)


def looked_at(path: Path, exported: Exported | None = None) -> Verdict:
    with reading(path) as ledger:
        return audit(ledger, exported)


def told(path: Path, exported: Exported | None = None) -> list[str]:
    return [breach.what for breach in looked_at(path, exported).breaches]


async def test_an_untouched_ledger_is_whole(tmp_path: Path) -> None:
    verdict = looked_at(await ledger_of(tmp_path))
    assert ((), 4, True) == (verdict.breaches, verdict.jobs, verdict.head.count > 15)


def waiting(change: str) -> Tamper:
    """P-3, which waits for votes, with another document."""
    return sql(f"update jobs set doc = json_set(doc, {change}) where id = 3")


ROGUE = "create trigger rogue before insert on journal when new.event = 'vote' begin select raise(ignore); end"
TRIGGER = "The trigger {}, which keeps the journal append-only, was dropped or changed."
WAYS: dict[str, tuple[Tamper, list[str]]] = {
    "a document is changed": (
        unguarded(sql("update journal set doc = replace(doc, 'new prices', 'old prices') where seq = 1")),
        ["The document of entry 1 was changed.", "P-1: its reason is not what was asked for."],
    ),
    "a document is removed": (
        sql("update journal set doc = null where seq = 2"),
        ["The document of entry 2 is missing, and no pruning took it."],
    ),
    "an actor is changed": (
        unguarded(sql("update journal set actor = 'U_EVE' where event = 'cancelled'")),
        ["Entry 20 was changed: its number, time, event, job or actor does not give its hash."],
    ),
    "a time is changed": (
        unguarded(sql("update journal set at = at - 3600 where seq = 5")),
        ["Entry 5 was changed: its number, time, event, job or actor does not give its hash."],
    ),
    "a time is no time": (
        unguarded(sql("update journal set at = 'noon' where seq = 5")),
        ["Entry 5 was changed: its number, time, event, job or actor does not give its hash."],
    ),
    "a hash is changed": (
        unguarded(sql("update journal set hash = '00' || substr(hash, 3) where seq = 6")),
        ["Entry 6 was changed: its number, time, event, job or actor does not give its hash."],
    ),
    "an entry in the middle is deleted": (
        unguarded(sql("delete from journal where seq = 7")),
        ["Entry 7 is missing."],
    ),
    "the tail is deleted": (
        unguarded(sql("delete from journal where seq >= 18")),
        ["P-4 is in the table of jobs, and no entry says that anybody asked for it."],
    ),
    "the end of a job is deleted": (
        unguarded(sql("delete from journal where seq >= 20")),
        ["P-4: it is cancelled, and no entry says so."],
    ),
    "two entries change places": (
        unguarded(
            sql(
                "update journal set seq = -5 where seq = 5",
                "update journal set seq = 5 where seq = 6",
                "update journal set seq = 6 where seq = -5",
            )
        ),
        [
            "Entry 5 is not the one that stood there: it fits neither entry 4 nor its own hash.",
            "Entry 6 is not the one that stood there: it fits neither entry 5 nor its own hash.",
            "Entry 7 does not follow from entry 6: one of them was put there later, or written anew.",
        ],
    ),
    "an entry is changed with its hash": (
        unguarded(
            lambda connection: (
                sql("update journal set actor = 'U_EVE' where seq = 3")(connection),
                connection.execute(
                    "update journal set hash = ? where seq = 3",
                    (
                        entry_hash(
                            *connection.execute(
                                "select previous, seq, at, event, job, actor, doc_hash from journal where seq = 3"
                            ).fetchone()
                        ),
                    ),
                ),
            )
        ),
        [
            "Entry 4 does not follow from entry 3: one of them was put there later, or written anew.",
            "P-1: the vote of U_EVE is not as it was given.",
            "P-1: a vote of U_SAM stands in the table, and no entry says that it was given.",
        ],
    ),
    "a vote's row is changed": (
        sql("update votes set \"by\" = 'U_LEA' where job = 1"),
        [
            "P-1: the vote of U_SAM is not as it was given.",
            "P-1: a vote of U_LEA stands in the table, and no entry says that it was given.",
        ],
    ),
    "a no becomes a yes": (sql("update votes set yes = 0"), ["P-1: the vote of U_SAM is not as it was given."]),
    "a vote's row is deleted": (sql("delete from votes"), ["P-1: the vote of U_SAM is not as it was given."]),
    "a vote is put in": (
        sql("insert into votes values (3, 'U_KIM', 1, 1, '', 'x', 0)"),
        ["P-3: a vote of U_KIM stands in the table, and no entry says that it was given."],
    ),
    "a job's requester is changed": (
        sql("update jobs set requested_by = 'U_EVE' where id = 2"),
        ["P-2: U_LEA asked for it, and the table says U_EVE.", "P-2: its requester in the log is not that of the job."],
    ),
    "a job's requester is changed in its document": (
        sql("update jobs set doc = json_set(doc, '$.requested_by', 'U_EVE') where id = 2"),
        ["P-2: U_LEA asked for it, and the table says U_EVE."],
    ),
    "a job's digest is changed": (
        sql("update jobs set digest = 'f00' where id = 2"),
        ["P-2: its digest is not what was asked for."],
    ),
    "a job's reason is changed": (
        sql("update jobs set doc = json_set(doc, '$.reason', 'because') where id = 1"),
        ["P-1: its reason is not what was asked for."],
    ),
    "a job's rule is changed": (
        sql("update jobs set doc = json_set(doc, '$.rule', 'anybody') where id = 2"),
        ["P-2: the rule that decided it was small, and the table says anybody."],
    ),
    "a job's document is torn": (
        sql("update jobs set doc = '{' where id = 4"),
        [
            "P-4: its record cannot be read.",
            "P-4: U_MIA asked for it, and the table says None.",
            "P-4: its reason is not what was asked for.",
            "P-4: what the policy judges of it, or what it goes by, is not what was asked for.",
            "P-4: its digest is not what was asked for.",
            "P-4: the rule that decided it was wide, and the table says None.",
        ],
    ),
    "a verdict is changed": (
        sql("update jobs set verdict = 'fresh' where id = 2"),
        ["P-2: its verdict was unchecked, and the table says fresh."],
    ),
    "a cancelled job is made done": (
        sql("update jobs set state = 'done' where id = 4"),
        [
            "P-4: it is done without the approval that it needed.",
            "P-4: it ended as cancelled, and the table says done.",
        ],
    ),
    "a waiting job is let through": (
        sql("update jobs set state = 'queued' where id = 3"),
        ["P-3: it is queued without the approval that it needed."],
    ),
    "a waiting job is made to need no votes": (
        waiting("'$.approval.needed', 0"),
        ["P-3: it needs 1 approval, and the table says 0."],
    ),
    "a waiting job is made to wait for other people": (
        waiting("'$.approval.of', json('[\"U_EVE\"]')"),
        ["P-3: whose votes it waits for is not as it was asked."],
    ),
    "a waiting job is made to wait longer": (
        waiting("'$.approval.expires', 9999999999"),
        ["P-3: until when it waits for votes is not as it was asked."],
    ),
    "a waiting job is kept from votes": (
        waiting("'$.approval.barred', 'Sale freeze.'"),
        ["P-3: whether a vote on it helps for now is not as the policy said."],
    ),
    "a waiting job is put into another round": (
        waiting("'$.approval.round', 1"),
        ["P-3: which votes count for it is not as it was asked."],
    ),
    "a waiting job is made to wait under another rule": (
        waiting("'$.approval.rule', 'small'"),
        ["P-3: the rule that asks for votes is wide, and the table says small."],
    ),
    "a waiting job is made to have its votes": (
        waiting("'$.approval.approved', 1.0"),
        ["P-3: it waits for votes, and stands as if they had been given."],
    ),
    "a waiting job is made to have a broken glass": (
        waiting("'$.approval.broken_by', 'U_SAM'"),
        ["P-3: it waits for votes, and stands as if they had been given."],
    ),
    "a waiting job is made to look smaller than it is": (
        waiting("'$.counts', json('{\"url\": 1}')"),
        ["P-3: what the policy judges of it, or what it goes by, is not what was asked for."],
    ),
    "a waiting job is put into another account": (
        sql("update layers set account = 'other' where job = 3 and position = 1"),
        ["P-3: its layers are not those that were asked for."],
    ),
    "the calls of a waiting job are put into another account": (
        sql("update batches set account = 'shield' where job = 3 and position = 1"),
        ["P-3: its layers are not those that were asked for."],
    ),
    "a waiting job is made to cost less": (
        sql("update layers set doc = json_set(doc, '$.spends', json('{}')) where job = 3 and position = 1"),
        ["P-3: its layers are not those that were asked for."],
    ),
    "somebody is made to have joined": (
        sql("insert into joined values ('k', 3, 'U_SAM', 1, '')"),
        ["P-3: who joined it is not what the journal says."],
    ),
    "somebody is made to ask besides": (
        waiting("'$.also_by', json('[\"U_SAM\"]')"),
        ["P-3: who asks for it besides is not what the journal says."],
    ),
    "a waiting job is made to go first": (
        sql("insert into urgent values (3, 'U_MIA', 1)"),
        ["P-3: who had it go first is not what the journal says."],
    ),
    "a receipt is changed": (
        sql("update batches set receipt = json_set(receipt, '$.id', 'other') where job = 2 and position = 1"),
        ["P-2: the calls of layer cf, or their receipts, are not as they were when it ended."],
    ),
    "a receipt is torn": (
        sql("update batches set receipt = '{' where job = 2 and position = 1"),
        ["P-2: the calls of layer cf, or their receipts, are not as they were when it ended."],
    ),
    "a call is removed": (
        sql("delete from batches where id = (select min(id) from batches where job = 2)"),
        ["P-2: the calls of layer shield, or their receipts, are not as they were when it ended."],
    ),
    "a layer is made to have gone wrong": (
        sql("update layers set state = 'failed' where job = 2 and position = 0"),
        ["P-2: the layer shield ended as done and stands there as failed."],
    ),
    "a job is deleted": (
        sql("delete from jobs where id = 2"),
        ["P-2 is in the journal and no longer in the table of jobs."],
    ),
    "a trigger is put in": (
        lambda connection: connection.execute(ROGUE),
        ["The trigger rogue is not purgebot's: it can change or lose what the bot writes."],
    ),
    "a trigger of the index is dropped": (
        lambda connection: connection.execute("drop trigger history_ai"),
        ["The trigger history_ai, which keeps the search index, was dropped or changed."],
    ),
    "the triggers are dropped": (
        sql(*(f"drop trigger {name}" for name in GUARDS)),
        [TRIGGER.format(name) for name in GUARDS],
    ),
}


@pytest.mark.parametrize(("tamper", "expected"), WAYS.values(), ids=WAYS)
async def test_tampering_is_found(tmp_path: Path, tamper: Tamper, expected: list[str]) -> None:
    path = await ledger_of(tmp_path)
    tampered(path, tamper)
    assert expected == told(path)


async def test_what_a_trigger_keeps_out_of_the_journal_is_not_done(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, PREFIX, reason="new prices")
    tampered(tmp_path / "ledger.db", lambda connection: connection.execute(ROGUE))
    with pytest.raises(LedgerDown, match="The journal took no entry"):
        await approvals.vote(shop.core, SAM, job.id, True)
    waits = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.WAITING, ()) == (waits.state, waits.approval.votes if waits.approval else None)


async def test_a_start_takes_strange_triggers_away_and_says_so(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)
    tampered(path, lambda connection: connection.execute(ROGUE))
    tampered(path, lambda connection: connection.execute("drop trigger history_ai"))
    ledger = SqliteLedger(path)
    await ledger.close()
    with reading(path) as opened:
        [row] = opened.rows("select event, doc from journal order by seq desc limit 1")
    assert ("triggers_removed", {"rogue": ROGUE.replace("create", "CREATE", 1).replace("trigger", "TRIGGER", 1)}) == (
        row["event"], json.loads(str(row["doc"]))["triggers"],
    )  # fmt: skip
    assert [] == told(path)


async def test_a_forged_entry_is_found(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)
    tampered(path, unguarded(forged))
    assert "Entry 4 is not the one that stood there: it fits neither entry 3 nor its own hash." == told(path)[0]


def exported_from(path: Path) -> Exported:
    with reading(path) as ledger:
        head = audit(ledger).head
        marks = {int(str(row["seq"])): str(row["hash"]) for row in ledger.rows("select seq, hash from journal")}
    return Exported(head, marks)


async def test_a_chain_written_anew_is_found_by_a_head_kept_elsewhere(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)
    kept = exported_from(path)
    tampered(path, unguarded(rehashed("update journal set at = at + 60 where seq = 9", first=9)))
    assert [] == told(path)
    assert [
        "The journal does not continue the exported head of 21 entries: it was written anew from entry 9 on."
    ] == told(path, kept)
    assert [
        "The journal does not continue the exported head of 21 entries: it was written anew from one of the entries"
        " 1 to 21 on."
    ] == told(path, Exported(kept.head, {}))


async def test_a_tail_removed_with_its_rows_is_found_by_a_head_kept_elsewhere(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)
    kept = exported_from(path)
    tampered(
        path,
        unguarded(
            sql(
                "delete from journal where job = 4",
                "delete from jobs where id = 4",
                "delete from history where job = 4",
            )
        ),
    )
    assert [] == told(path)
    assert ["The exported head has 21 entries, and the journal ends with 17: its end was removed."] == told(path, kept)


async def test_a_journal_that_went_on_continues_its_head(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)
    kept = exported_from(path)
    ledger = SqliteLedger(path)
    await ledger.write(lambda books: books.journal.add(NOW, "denied", "U_MIA", site="shop"))
    await ledger.close()
    assert [] == told(path, kept)


@pytest.mark.parametrize(
    "statement",
    [
        "update journal set actor = 'U_EVE' where seq = 1",
        "update journal set doc = '{}' where seq = 1",
        "update journal set doc = null, actor = 'U_EVE' where seq = 1",
        "delete from journal where seq = 1",
        "insert or replace into journal select * from journal where seq = 1",
    ],
)
async def test_the_table_refuses_changes(tmp_path: Path, statement: str) -> None:
    path = await ledger_of(tmp_path)
    with (
        closing(sqlite3.connect(path)) as connection,
        pytest.raises(sqlite3.IntegrityError, match="the journal is append-only"),
    ):
        connection.execute(statement)
    assert [] == told(path)


async def test_a_ledger_is_audited_while_the_bot_writes(tmp_path: Path) -> None:
    ledger = SqliteLedger(tmp_path / "l.db")
    add = partial(_denied, at=NOW)
    await ledger.write(add)
    with reading(tmp_path / "l.db") as before:
        await ledger.write(add)
        count = audit(before).head.count
    after = looked_at(tmp_path / "l.db").head.count
    await ledger.close()
    assert (1, 2) == (count, after)


@contextmanager
def nobody() -> Iterator[None]:
    """Whoever runs the tests has no rights of root meanwhile."""
    me = os.geteuid()
    if me == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(me)


async def test_a_ledger_is_audited_by_somebody_who_may_only_read() -> None:
    with TemporaryDirectory() as folder:  # pytest's own are closed to others
        path = await ledger_of(Path(folder))
        path.chmod(0o444)
        path.parent.chmod(0o555)
        with nobody():
            found, is_closed = told(path), not os.access(folder, os.W_OK, effective_ids=True)
        path.parent.chmod(0o755)
    assert ([], True) == (found, is_closed)


def _denied(books: Books, at: float) -> None:
    books.journal.add(at, "denied", "U_MIA", site="shop")


async def test_a_journal_of_version_2_keeps_its_hashes(tmp_path: Path) -> None:
    path = tmp_path / "l.db"
    ledger = SqliteLedger(path)
    await ledger.close()
    doc = canonical({"site": "shöp"})
    mine = entry_hash("0" * 64, 1, NOW, "denied", None, "U_MIA", sha256(doc))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("alter table deliveries drop column mark")
        connection.execute("drop table journal")
        connection.execute(
            "create table journal (seq integer primary key, at real not null, event text not null, job integer,"
            " actor text not null, doc text not null, previous text not null, hash text not null)"
        )
        connection.execute(
            "insert into journal values (1, ?, 'denied', null, 'U_MIA', ?, ?, ?)", (NOW, doc, "0" * 64, mine)
        )
        connection.execute("update meta set value = '2' where name = 'version'")
    ledger = SqliteLedger(path)
    await ledger.close()
    verdict = looked_at(path)
    assert (Head(1, mine, NOW), ()) == (verdict.head, verdict.breaches)


@pytest.mark.parametrize(
    ("numbers", "text"), [([], ""), ([7], "7"), ([3, 1, 2, 9], "1-3,9"), ([1, 3, 5], "1,3,5")], ids=str
)
def test_ranges_are_written_short_and_read_back(numbers: list[int], text: str) -> None:
    ranges = Ranges.of(numbers)
    assert (text, ranges) == (str(ranges), Ranges.read(text))
    assert sorted(numbers) == [n for n in range(12) if n in ranges]


async def test_a_long_lot_is_summed_as_a_whole(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    pages = [url(f"/{n}") for n in range(2 * SLICE)]
    job = await shop.purge(MIA, *pages, check=False)
    sums = []
    for n in (1, SLICE, SLICE + 1, 2 * SLICE):
        await shop.ledger.write(partial(_touch, nth=n))
        sums.append(await shop.ledger.read(lambda books: books.lots.sum(job.id, 0)))
    await shop.ledger.close()
    assert 4 == len({found.hash for found in sums})
    assert 2 * SLICE == sums[-1].after


async def test_a_long_lot_whose_rows_lie_far_apart_is_the_sum_of_them_all(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    apart = await shop.purge(MIA, *[url(f"/{n}") for n in range(2 * SLICE)], check=False)
    await shop.purge(SAM, *[url(f"/other/{n}") for n in range(3 * SLICE)], check=False)
    await shop.ledger.write(partial(_append, job=apart.id))
    found = await shop.ledger.read(lambda books: (books.lots.sum(apart.id, 0), _all_of(books, apart.id)))
    short, (ids, calls, digest) = found
    await shop.ledger.close()
    assert 2 * SLICE + 3 == len(ids)
    assert (ids[-1], calls, digest) == (short.after, short.calls, short.hash)


def _append(books: Books, job: int) -> None:
    """Calls that went on in parts, behind those of other jobs."""
    books._tx.run(
        "insert into batches (job, position, account, state, kind, call)"
        " select job, position, account, state, kind, call from batches where job = :job order by id limit 3",
        job=job,
    )


def _all_of(books: Books, job: int) -> tuple[list[int], int, str]:
    rows = books._tx.rows(
        "select id, call, json_array(id, state, kind, call, tries, throttles, passes, receipt, trouble) as line"
        " from batches where job = :job and position = 0 order by id",
        job=job,
    )
    digest = hashlib.sha256("".join(f"{row['line']!s}\n" for row in rows).encode()).hexdigest()
    return [int(row["id"] or 0) for row in rows], added(0, (call_hash(str(row["call"])) for row in rows)), digest


@given(event=st.text(), actor=st.text(), job=st.none() | st.integers(0, 2**62), at=st.floats(0, 4e9))
def test_an_entrys_hash_is_that_of_a_json_array(event: str, actor: str, job: int | None, at: float) -> None:
    array = [GENESIS, 7, round(at * 1e6), event, job, actor, GENESIS]
    written = json.dumps(array, separators=(",", ":")).encode()
    assert hashlib.sha256(written).hexdigest() == entry_hash(GENESIS, 7, at, event, job, actor, GENESIS)


def _touch(books: Books, nth: int) -> None:
    books._tx.run("update batches set tries = 9 where id = :nth", nth=nth)


async def test_a_purge_that_was_asked_for_again_agrees_and_the_old_yes_does_not_let_it_run(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, PREFIX)
    await approvals.vote(shop.core, SAM, job.id, True)
    shop.clock.at += 901
    await shop.slate.advance(60)
    await approvals.vote(shop.core, LEA, job.id, False, reason="not now")
    await shop.ledger.close()
    agrees = told(tmp_path / "ledger.db")
    tampered(tmp_path / "ledger.db", sql("update jobs set state = 'queued', due_at = 1"))
    assert [] == agrees
    assert [
        "P-1: it is queued without the approval that it needed.",
        "P-1: it is queued, and the journal says that it has ended.",
    ] == told(tmp_path / "ledger.db")


async def taken_back(folder: Path) -> Path:
    """A ledger in which Sam said yes to P-1, and then no."""
    shop = open_shop(folder)
    await shop.purge(MIA, EVERYTHING, reason="INC-1")
    await approvals.vote(shop.core, SAM, 1, True)
    await approvals.vote(shop.core, SAM, 1, False, reason="wrong site")
    await shop.ledger.close()
    return folder / "ledger.db"


async def test_a_yes_that_was_taken_back_agrees_and_stays_in_the_journal(tmp_path: Path) -> None:
    path = await taken_back(tmp_path)
    with reading(path) as ledger:
        rows = ledger.rows("select json_extract(doc, '$.instead_of') as old from journal where event = 'vote'")
    assert [None, "yes"] == [row["old"] for row in rows]
    assert [] == told(path)


async def test_a_no_that_becomes_the_yes_it_took_back_is_found(tmp_path: Path) -> None:
    path = await taken_back(tmp_path)
    tampered(path, sql("update votes set yes = 1"))
    assert ["P-1: the vote of U_SAM is not as it was given."] == told(path)


async def test_a_vote_moved_to_another_round_is_found(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)
    tampered(path, sql("update votes set round = 1"))
    assert ["P-1: the vote of U_SAM is not as it was given."] == told(path)


async def broken_glass(folder: Path) -> Path:
    """A ledger in which Sam broke the glass of P-1, which is done."""
    shop = glass_shop(folder)
    await shop.purge(MIA, PREFIX)
    await say(shop, SAM, f"break-glass P-1 because {REASON}")
    await shop.slate.advance(300)
    await shop.ledger.close()
    return folder / "ledger.db"


GLASS = {
    "it was broken": (None, []),
    "a broken glass is taken away": (
        sql("delete from reviews"),
        ["P-1: its broken glasses are not those that the journal names."],
    ),
    "somebody else broke it": (
        sql("update reviews set \"by\" = 'U_EVE'"),
        ["P-1: its broken glasses are not those that the journal names."],
    ),
    "nobody has reviewed it": (
        sql("update reviews set closed_at = 1, closed_by = 'U_LEA'"),
        ["P-1: its review stands as closed, and no entry says who closed it."],
    ),
}


@pytest.mark.parametrize(("tamper", "expected"), GLASS.values(), ids=GLASS)
async def test_a_broken_glass_cannot_be_hidden(tmp_path: Path, tamper: Tamper | None, expected: list[str]) -> None:
    path = await broken_glass(tmp_path)
    if tamper is not None:
        tampered(path, tamper)
    assert expected == told(path)
