"""The embedded ledger keeps its promises: groups commit together, a deed that raises changes nothing, one process."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.ledger.books import Books
from bot.ledger.ledger import LedgerDown
from bot.ledger.opening import LedgerInUse, LedgerTooNew
from bot.ledger.sqlite import SqliteLedger

NOW = 1_800_000_000.0


async def between_two_good_ones(folder: Path, bad: Callable[[Books], None]) -> tuple[list[object], list[str]]:
    """What came of three deeds that are written together, and the keys that two of them stored."""
    ledger = SqliteLedger(folder / "l.db")
    results = await asyncio.gather(
        ledger.write(lambda books: books.intake.store("one", "k", {}, NOW)),
        ledger.write(bad),
        ledger.write(lambda books: books.intake.store("two", "k", {}, NOW)),
        return_exceptions=True,
    )
    keys = [key for key, _ in await ledger.read(lambda books: books.intake.due(NOW))]
    await ledger.close()
    return [*results], keys


async def test_a_deed_that_raises_changes_nothing_and_others_of_its_group_stay(tmp_path: Path) -> None:
    def bad(books: Books) -> None:
        books.intake.store("bad", "k", {}, NOW)
        raise RuntimeError("no")

    results, keys = await between_two_good_ones(tmp_path, bad)
    assert [True, "RuntimeError('no')", True] == [results[0], repr(results[1]), results[2]]
    assert ["one", "two"] == keys


BAD_STATEMENTS = {
    "a document that is no JSON": "select json_extract('{', '$.a')",
    "a column that is not there": "select nothing from meta",
    "text that is not UTF-8": "select cast(x'ff' as text) as name",
}


@pytest.mark.parametrize("statement", BAD_STATEMENTS.values(), ids=BAD_STATEMENTS)
async def test_one_bad_statement_undoes_its_own_deed_alone(tmp_path: Path, statement: str) -> None:
    def bad(books: Books) -> None:
        books.intake.store("bad", "k", {}, NOW)
        books._tx.rows(statement)

    results, keys = await between_two_good_ones(tmp_path, bad)
    assert [True, LedgerDown, True] == [results[0], type(results[1]), results[2]]
    assert ["one", "two"] == keys


async def test_of_a_full_disk_the_whole_group_hears(tmp_path: Path) -> None:
    ledger = SqliteLedger(tmp_path / "l.db")

    def fill(books: Books) -> None:
        books._tx.run("pragma max_page_count = 1")
        books.intake.store("big", "k", {"x": "y" * 1_000_000}, NOW)

    results = await asyncio.gather(
        ledger.write(lambda books: books.intake.store("one", "k", {}, NOW)), ledger.write(fill), return_exceptions=True
    )
    stored = await ledger.read(lambda books: books.intake.find("one"))
    await ledger.close()
    assert ([LedgerDown, LedgerDown], None) == ([type(result) for result in results], stored)


async def test_an_answer_comes_only_after_its_commit(tmp_path: Path) -> None:
    steps: list[str] = []
    ledger = SqliteLedger(tmp_path / "l.db", steps.append)
    await ledger.write(lambda books: books.intake.store("one", "k", {}, NOW))
    assert ["before commit", "after commit"] == steps
    await ledger.close()


async def test_a_second_process_is_refused_in_words(tmp_path: Path) -> None:
    ledger = SqliteLedger(tmp_path / "l.db")
    with pytest.raises(LedgerInUse, match=r"Another purgebot works on this ledger \(l.db.lock is locked\)"):
        SqliteLedger(tmp_path / "l.db")
    await ledger.close()
    again = SqliteLedger(tmp_path / "l.db")
    await again.close()


async def test_a_newer_ledger_is_refused_in_words(tmp_path: Path) -> None:
    ledger = SqliteLedger(tmp_path / "l.db")
    await ledger.close()
    with sqlite3.connect(tmp_path / "l.db") as connection:
        connection.execute("update meta set value = '99' where name = 'version'")
    connection.close()
    with pytest.raises(LedgerTooNew, match="written by a newer purgebot"):
        SqliteLedger(tmp_path / "l.db")


async def test_an_older_ledger_is_brought_up_to_date(tmp_path: Path) -> None:
    ledger = SqliteLedger(tmp_path / "l.db")
    await ledger.close()
    with sqlite3.connect(tmp_path / "l.db") as connection:
        connection.execute("alter table batches drop column passes")
        connection.execute("alter table budgets drop column share")
        connection.execute("alter table budgets drop column share_until")
        connection.execute("alter table deliveries drop column mark")
        connection.execute("drop table tally")
        connection.execute("update meta set value = '1' where name = 'version'")
    connection.close()
    for _ in range(2):
        ledger = SqliteLedger(tmp_path / "l.db")
        await ledger.close()
    with sqlite3.connect(tmp_path / "l.db") as connection:
        columns = {row[1] for row in connection.execute("pragma table_info(batches)")}
        [[version]] = connection.execute("select value from meta where name = 'version'")
        connection.execute("select * from tally")
    connection.close()
    assert ("5", True) == (version, "passes" in columns)


async def test_wal_and_full_sync_are_on(tmp_path: Path) -> None:
    ledger = SqliteLedger(tmp_path / "l.db")
    await ledger.close()
    connection = sqlite3.connect(tmp_path / "l.db")
    mode = connection.execute("pragma journal_mode").fetchone()[0]
    connection.close()
    assert "wal" == mode


async def test_a_full_disk_is_said_and_nothing_is_acknowledged(tmp_path: Path) -> None:
    ledger = SqliteLedger(tmp_path / "l.db")

    def fill(books: Books) -> None:
        books._tx.run("pragma max_page_count = 1")
        books.intake.store("big", "k", {"x": "y" * 1_000_000}, NOW)

    with pytest.raises(LedgerDown, match=r"could not be used: database or disk is full. Nothing was changed."):
        await ledger.write(fill)
    stored = await ledger.read(lambda books: books.intake.find("big"))
    await ledger.close()
    assert stored is None


async def test_a_question_cannot_write(tmp_path: Path) -> None:
    ledger = SqliteLedger(tmp_path / "l.db")
    with pytest.raises(LedgerDown, match="readonly"):
        await ledger.read(lambda books: books.intake.store("x", "k", {}, NOW))
    await ledger.close()


async def test_a_delivery_is_new_once_and_done_once(tmp_path: Path) -> None:
    ledger = SqliteLedger(tmp_path / "l.db")
    news = [await ledger.write(lambda books: books.intake.store("k1", "c", {"a": 1}, NOW)) for _ in range(3)]
    first = await ledger.write(lambda books: books.intake.begin("k1", NOW + 15))
    await ledger.write(lambda books: books.intake.done("k1", NOW))
    after = await ledger.write(lambda books: books.intake.begin("k1", NOW + 15))
    await ledger.close()
    assert [True, False, False] == news
    assert first is not None
    assert ({"a": 1}, 1) == (first.body, first.tries)
    assert after is None


async def test_a_new_ledger_is_its_owners_alone(tmp_path: Path) -> None:
    ledger = SqliteLedger(tmp_path / "ledger.db")
    await ledger.write(lambda books: books.beat(1.0))
    rights = {
        file.name: oct(file.stat().st_mode & 0o777) for file in tmp_path.iterdir() if file.name != "ledger.db-shm"
    }
    await ledger.close()
    assert {"0o600"} == set(rights.values())
    assert "ledger.db-wal" in rights


def test_a_ledger_is_opened_without_numpy(tmp_path: Path) -> None:
    """It is there, for the charts, and sqlite_utils would load it at every start."""
    program = (
        "import sys; from bot.ledger.opening import opened; opened(Path(sys.argv[1])); print('numpy' in sys.modules);"
    )
    program = f"from pathlib import Path; {program} import numpy"
    done = subprocess.run(
        (sys.executable, "-c", program, tmp_path / "purgebot.db"), capture_output=True, text=True, check=True
    )
    assert "False\n" == done.stdout


async def test_a_closed_ledger_says_so_and_leaves_nobody_waiting(tmp_path: Path) -> None:
    ledger = SqliteLedger(tmp_path / "l.db")
    await ledger.close()
    await ledger.close()
    for ask in (ledger.read, ledger.write):
        with pytest.raises(LedgerDown, match=r"The ledger l\.db is closed\. Nothing was changed\."):
            await ask(lambda books: books.intake.due(NOW))
