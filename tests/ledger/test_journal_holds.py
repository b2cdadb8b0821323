"""Who holds a site is held against the journal: nobody lifts a hold, or lays one, by changing the file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.services.desk import Desk
from bot.services.requests.purges import Asking
from bot.services.running.keeping import forget
from tests.ledger.test_journal import Tamper, sql, tampered, told
from tests.services.shop import LEA, MIA, SAM, Shop, open_shop

DAY = 86_400.0


async def says(shop: Shop, who: str, line: str) -> None:
    """One of the three types `line`; every line has a key of its own."""
    actor = {"mia": MIA, "lea": LEA, "sam": SAM}[who]
    await Desk(shop.core).ask(Asking(actor, f"{who} {line} {shop.clock.now()}", "slack", "C_SHOP"), line)


async def held(folder: Path) -> Path:
    """Mia holds the shop for two hours, Lea until somebody releases it, and Sam holds every site."""
    shop = open_shop(folder)
    await says(shop, "mia", "hold shop for 2h because deploying 4.2")
    shop.clock.at += 1
    await says(shop, "lea", "hold shop because the sale is on")
    shop.clock.at += 1
    await says(shop, "sam", "hold all because of an incident")
    await shop.ledger.close()
    return folder / "ledger.db"


WAYS: dict[str, tuple[Tamper, list[str]]] = {
    "all of a site taken away": (
        sql("delete from holds where site = 'shop'"),
        [
            "U_MIA holds shop, nobody released that, and the table has no such hold.",
            "U_LEA holds shop, nobody released that, and the table has no such hold.",
        ],
    ),
    "that on every site taken away": (
        sql("delete from holds where site = '*'"),
        ["U_SAM holds every site, nobody released that, and the table has no such hold."],
    ),
    "the lower one taken out": (
        sql("update holds set doc = json_set(doc, '$.under', null) where site = 'shop'"),
        ["U_MIA holds shop, nobody released that, and the table has no such hold."],
    ),
    "an end put in": (
        sql("update holds set due_at = 1, doc = json_set(doc, '$.until', 1) where site = '*'"),
        ["The hold of U_SAM on every site is not the one that was laid."],
    ),
    "another reason": (
        sql("update holds set doc = json_set(doc, '$.reason', 'lunch') where site = 'shop'"),
        ["The hold of U_LEA on shop is not the one that was laid."],
    ),
    "another holder": (
        sql("update holds set doc = json_set(doc, '$.by', 'U_KIM') where site = '*'"),
        [
            "Every site is held by U_KIM, and no entry says so.",
            "U_SAM holds every site, nobody released that, and the table has no such hold.",
        ],
    ),
    "one put in": (
        sql("insert into holds select 'news', json_set(doc, '$.site', 'news'), due_at from holds where site = '*'"),
        ["news is held by U_SAM, and no entry says so."],
    ),
    "no hold at all": (
        sql("update holds set doc = '{}' where site = 'shop'"),
        ["The table of holds has a row that is no hold."],
    ),
}


@pytest.mark.parametrize(("tamper", "expected"), WAYS.values(), ids=WAYS)
async def test_a_hold_cannot_be_forged(tmp_path: Path, tamper: Tamper, expected: list[str]) -> None:
    path = await held(tmp_path)
    assert [] == told(path)
    tampered(path, tamper)
    assert expected == told(path)


async def test_a_hold_that_stands_keeps_its_entry_until_it_ends(tmp_path: Path) -> None:
    path = await held(tmp_path)
    shop = open_shop(tmp_path)
    shop.clock.at += 60 * DAY
    await forget(shop.core, None, 30 * DAY)
    await shop.ledger.close()
    assert [] == told(path)
    tampered(path, sql("delete from holds where site = '*'"))
    assert ["U_SAM holds every site, nobody released that, and the table has no such hold."] == told(path)


async def test_a_hold_that_was_released_leaves_no_document_behind(tmp_path: Path) -> None:
    path = await held(tmp_path)
    shop = open_shop(tmp_path)
    shop.clock.at += 60 * DAY
    await forget(shop.core, None, 30 * DAY)
    await says(shop, "sam", "release all")
    shop.clock.at += 60 * DAY
    await forget(shop.core, None, 30 * DAY)
    await shop.ledger.close()
    assert [] == told(path)
    kept = "select actor from journal where event in ('hold', 'release') and doc is not null"
    with closing(sqlite3.connect(path)) as connection:
        assert [("U_MIA",), ("U_LEA",)] == connection.execute(kept).fetchall()


steps = st.tuples(
    st.sampled_from(["mia", "lea", "sam"]),
    st.sampled_from(["hold shop because x", "hold shop for 1h because y", "hold all for 2h because z", "release shop",
                     "release all"]),
    st.sampled_from([1.0, 1800.0, 4000.0]),
)  # fmt: skip


@given(st.lists(steps, max_size=8))
async def test_whoever_holds_and_releases_it_the_journal_agrees(
    tmp_path_factory: pytest.TempPathFactory, turns: list[tuple[str, str, float]]
) -> None:
    folder = tmp_path_factory.mktemp("held")
    shop = open_shop(folder)
    for who, line, seconds in turns:
        await says(shop, who, line)
        await shop.slate.advance(seconds)
    await shop.ledger.close()
    assert [] == told(folder / "ledger.db")
