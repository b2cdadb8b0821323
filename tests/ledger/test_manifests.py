"""What a deploy left is what the next one is compared with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.domain.manifest import FILES_MAX
from bot.ledger.books import Books
from bot.ledger.manifests import KeptManifest, packed
from bot.ledger.sqlite import SqliteLedger

ONE, TWO, THREE = ({"a.md": str(n), "ä b": ""} for n in range(3))


@pytest_asyncio.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[SqliteLedger]:
    ledger = SqliteLedger(tmp_path / "ledger.db")
    yield ledger
    await ledger.close()


def kept(books: Books, *deploys: tuple[str, dict[str, str]], site: str = "shop") -> None:
    for n, (deploy, files) in enumerate(deploys):
        books.manifests.keep(site, deploy, packed(files), float(n))


async def test_there_is_none_before_the_first(ledger: SqliteLedger) -> None:
    assert await ledger.read(lambda books: books.manifests.last("shop")) is None


@pytest.mark.parametrize("files", [ONE, {f"f{n}": f"{n:064x}" for n in range(FILES_MAX)}], ids=["few", "many"])
async def test_a_manifest_comes_back_whole(ledger: SqliteLedger, files: dict[str, str]) -> None:
    await ledger.write(lambda books: books.manifests.keep("shop", "d1", packed(files), 7.0))
    last = await ledger.read(lambda books: books.manifests.last("shop"))
    assert last == KeptManifest("d1", 7.0, packed(files))
    assert files == last.files()


LAST = {
    "the newest": ([("d1", ONE), ("d2", TWO)], "", "d2"),
    "for a deploy that comes twice, the one before": ([("d1", ONE), ("d2", TWO)], "d2", "d1"),
    "for one that came alone, none": ([("d1", ONE)], "d1", None),
    "of three, two are kept": ([("d1", ONE), ("d2", TWO), ("d3", THREE)], "d3", "d2"),
    "what is kept anew is the newest": ([("d1", ONE), ("d2", TWO), ("d1", THREE)], "", "d1"),
}


@pytest.mark.parametrize(("deploys", "but", "expected"), LAST.values(), ids=LAST)
async def test_the_last_is_what_to_compare_with(
    ledger: SqliteLedger, deploys: list[tuple[str, dict[str, str]]], but: str, expected: str | None
) -> None:
    await ledger.write(lambda books: kept(books, *deploys))
    last = await ledger.read(lambda books: books.manifests.last("shop", but))
    assert expected == (last.deploy if last else None)


async def test_what_is_kept_anew_says_what_was_said_last(ledger: SqliteLedger) -> None:
    await ledger.write(lambda books: kept(books, ("d1", ONE), ("d1", TWO)))
    last = await ledger.read(lambda books: books.manifests.last("shop"))
    assert last is not None
    assert TWO == last.files()


async def test_only_the_newest_two_of_a_site_are_kept(ledger: SqliteLedger) -> None:
    await ledger.write(lambda books: kept(books, ("d1", ONE), ("d2", TWO), ("d3", THREE)))
    await ledger.write(lambda books: kept(books, ("d1", ONE), site="blog"))
    rows = await ledger.read(lambda books: books.manifests._tx.rows("select site, deploy from manifests order by id"))
    assert [("shop", "d2"), ("shop", "d3"), ("blog", "d1")] == [(row["site"], row["deploy"]) for row in rows]


async def test_after_one_is_forgotten_the_one_before_it_counts(ledger: SqliteLedger) -> None:
    await ledger.write(lambda books: kept(books, ("d1", ONE), ("d2", TWO)))
    await ledger.write(lambda books: books.manifests.forget("shop", "d2"))
    last = await ledger.read(lambda books: books.manifests.last("shop"))
    assert last is not None
    assert ("d1", ONE) == (last.deploy, last.files())
