"""What a deploy left is what the next one is compared with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.domain.deploys.manifest import FILES_MAX
from bot.ledger.books import Books
from bot.ledger.manifests import KeptManifest, packed
from bot.ledger.sqlite import SqliteLedger

ONE, TWO, THREE = ({"a.md": str(n), "ä b": ""} for n in range(3))


@pytest_asyncio.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[SqliteLedger]:
    ledger = SqliteLedger(tmp_path / "ledger.db")
    yield ledger
    await ledger.close()


def kept(books: Books, *deploys: tuple[str, dict[str, str]], site: str = "shop", state: str = "done") -> None:
    """What deploys left, with the jobs that they made."""
    for n, (deploy, files) in enumerate(deploys):
        books.manifests.keep(site, deploy, packed(files), float(n))
        books._tx.run(
            "insert into jobs (key, site, state, verdict, kind, requested_by, created, due_at, version, digest, doc)"
            " values (:key, :site, :state, '', 'url', '', 0, 0, 1, '', '{}') on conflict (key) do nothing",
            key=deploy, site=site, state=state,
        )  # fmt: skip


async def test_there_is_none_before_the_first(ledger: SqliteLedger) -> None:
    assert await ledger.read(lambda books: books.manifests.before("shop").purged) is None


@pytest.mark.parametrize("files", [ONE, {f"f{n}": f"{n:064x}" for n in range(FILES_MAX)}], ids=["few", "many"])
async def test_a_manifest_comes_back_whole(ledger: SqliteLedger, files: dict[str, str]) -> None:
    await ledger.write(lambda books: kept(books, ("d1", files)))
    last = await ledger.read(lambda books: books.manifests.before("shop").purged)
    assert last == KeptManifest("d1", 0.0, packed(files))
    assert files == last.files()


LAST = {
    "the newest": ([("d1", ONE), ("d2", TWO)], "", "d2"),
    "for a deploy that comes twice, the one before": ([("d1", ONE), ("d2", TWO)], "d2", "d1"),
    "for one that came alone, none": ([("d1", ONE)], "d1", None),
    "of three, the one before": ([("d1", ONE), ("d2", TWO), ("d3", THREE)], "d3", "d2"),
    "what is kept anew is the newest": ([("d1", ONE), ("d2", TWO), ("d1", THREE)], "", "d1"),
}


@pytest.mark.parametrize(("deploys", "but", "expected"), LAST.values(), ids=LAST)
async def test_the_last_is_what_to_compare_with(
    ledger: SqliteLedger, deploys: list[tuple[str, dict[str, str]]], but: str, expected: str | None
) -> None:
    await ledger.write(lambda books: kept(books, *deploys))
    last = await ledger.read(lambda books: books.manifests.before("shop", but).purged)
    assert expected == (last.deploy if last else None)


async def test_what_is_kept_anew_says_what_was_said_last(ledger: SqliteLedger) -> None:
    await ledger.write(lambda books: kept(books, ("d1", ONE), ("d1", TWO)))
    last = await ledger.read(lambda books: books.manifests.before("shop").purged)
    assert last is not None
    assert TWO == last.files()


async def test_only_the_newest_of_a_site_are_kept(ledger: SqliteLedger) -> None:
    await ledger.write(lambda books: kept(books, *((f"d{n}", ONE) for n in range(8))))
    await ledger.write(lambda books: kept(books, ("b1", ONE), site="blog"))
    rows = await ledger.read(lambda books: books.manifests._tx.rows("select site, deploy from manifests order by id"))
    newest = [("shop", f"d{n}") for n in range(3, 8)]
    assert [*newest, ("blog", "b1")] == [(row["site"], row["deploy"]) for row in rows]


@pytest.mark.parametrize("state", ["purging", "failed", "partial", "cancelled", "denied", "expired", "waiting"])
async def test_what_has_not_gone_or_not_yet_is_still_to_be_purged_by_the_next_one(
    ledger: SqliteLedger, state: str
) -> None:
    await ledger.write(lambda books: kept(books, ("d1", ONE)))
    await ledger.write(lambda books: kept(books, ("d2", TWO), ("d3", THREE), state=state))
    before = await ledger.read(lambda books: books.manifests.before("shop", "d4"))
    assert before.purged is not None
    assert ("d1", ["d2", "d3"]) == (before.purged.deploy, [one.deploy for one in before.since])


async def test_what_was_only_observed_has_no_job_and_was_not_purged(ledger: SqliteLedger) -> None:
    await ledger.write(lambda books: books.manifests.keep("shop", "d1", packed(ONE), 0.0))
    before, newest = await ledger.read(lambda books: (books.manifests.before("shop"), books.manifests.newest("shop")))
    assert newest is not None
    assert (None, [newest], "d1") == (before.purged, [*before.since], newest.deploy)


async def test_of_many_for_which_nothing_was_purged_none_is_forgotten(ledger: SqliteLedger) -> None:
    await ledger.write(lambda books: kept(books, ("d0", {"a": "0", "b": "0"})))
    many = [(f"d{n}", {"a": str(n == 3), "b": "0", f"f{n}": "1"}) for n in range(1, 12)]
    await ledger.write(lambda books: kept(books, *many, state="failed"))
    before = await ledger.read(lambda books: books.manifests.before("shop", "d12"))
    found = before.compared({"a": "0", "b": "0"})
    assert (5, "d0") == (len(before.since), before.purged.deploy if before.purged else "")
    assert (("a",), tuple(sorted(f"f{n}" for n in range(1, 12)))) == (found.changed, found.removed)
