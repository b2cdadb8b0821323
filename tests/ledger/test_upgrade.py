"""Ledgers that earlier versions wrote are taken up: the journal goes on unbroken, open jobs are finished, nothing is
sent again.

Each file in older/ was written by the code of that time: P-1 (two pages) done and proven, P-2 (one page) queued with
nothing sent, P-3 (a prefix, of U_MIA) waiting for a vote. Whoever raises VERSION adds the file of the one that ends.
"""

from __future__ import annotations

import gzip
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.ledger.audit import Exported, audit
from bot.ledger.backup import backup, restore
from bot.ledger.chain import Head
from bot.ledger.reading import reading
from bot.ledger.schema import VERSION
from bot.services.running.lanes import recover
from bot.services.voting import approvals
from tests.services.shop import SAM, Shop, open_shop

OLDER = {int(file.name[8:-6]): file for file in sorted((Path(__file__).parent / "older").glob("version-*.db.gz"))}
JOBS = (1, 2, 3)


def unpacked(version: int, folder: Path) -> Path:
    """A ledger as that version left it, where a shop looks for one."""
    path = folder / "ledger.db"
    path.write_bytes(gzip.decompress(OLDER[version].read_bytes()))
    return path


def head_of(path: Path) -> Exported:
    """The head that the old version would have exported."""
    with closing(sqlite3.connect(path)) as connection:
        [(seq, hash)] = connection.execute("select seq, hash from journal order by seq desc limit 1")
    return Exported(Head(seq, hash), {seq: hash})


async def started(folder: Path) -> Shop:
    """Today's code on the ledger, as after a start."""
    shop = open_shop(folder)
    await recover(shop.core, "second")
    await shop.router.wake_all()
    return shop


async def states(shop: Shop) -> list[str]:
    return [str((await shop.job(number)).state) for number in JOBS]


def test_every_earlier_version_has_its_ledger() -> None:
    assert set() == set(range(1, VERSION)) - OLDER.keys()


@pytest.mark.parametrize("version", OLDER)
def test_each_file_is_of_its_version(tmp_path: Path, version: int) -> None:
    with closing(sqlite3.connect(unpacked(version, tmp_path))) as connection:
        assert [(str(version),)] == connection.execute("select value from meta where name = 'version'").fetchall()


@pytest.mark.parametrize("version", OLDER)
async def test_open_jobs_go_on_and_each_target_is_sent_once(tmp_path: Path, version: int) -> None:
    unpacked(version, tmp_path)
    shop = await started(tmp_path)
    before = await states(shop)
    await shop.slate.advance(300)
    await approvals.vote(shop.core, SAM, 3, True, reason="go")
    await shop.slate.advance(600)
    after, sent = await states(shop), [targets for _, targets in shop.cf.sent]
    await shop.ledger.close()
    assert ["done", "queued", "waiting"] == before
    assert ["done", "done", "done"] == after
    assert [("https://www.shop.test/c",), ("https://www.shop.test/news/",)] == sent


@pytest.mark.parametrize("version", OLDER)
async def test_the_journal_continues_the_head_of_before(tmp_path: Path, version: int) -> None:
    path = unpacked(version, tmp_path)
    head = head_of(path)
    shop = await started(tmp_path)
    await shop.slate.advance(300)
    await shop.ledger.close()
    with reading(path) as ledger:
        verdict = audit(ledger, head)
    assert ((), len(JOBS), True) == (verdict.breaches, verdict.jobs, verdict.head.count > head.head.count)


@pytest.mark.parametrize("version", OLDER)
async def test_a_backup_of_an_earlier_version_is_restored(tmp_path: Path, version: int) -> None:
    old = unpacked(version, tmp_path).rename(tmp_path / "old.db")
    done = restore(old, tmp_path / "ledger.db", 1_800_000_000.0, "now")
    shop = await started(tmp_path)
    await shop.slate.advance(600)
    after, sent = await states(shop), shop.cf.sent
    await shop.ledger.close()
    verdict = backup(tmp_path / "ledger.db", tmp_path / "again.db")
    assert ((2, 3), True) == (done.parked, verdict.is_whole)
    assert (["done", "cancelled", "cancelled"], []) == (after, sent)
