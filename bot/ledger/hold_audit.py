"""The table of holds against the journal: who holds what, since when, why and until when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.jobs.hold import ALL, Hold
from bot.ledger.chain import Breach, document, microseconds
from bot.ledger.codec import HOLD, maybe, unpack
from bot.ledger.ledger import Row, Transaction


@dataclass(frozen=True, slots=True)
class _Laid:
    """One hold, as an entry says that it was laid."""

    seq: int
    reason: str
    since: int  # microseconds
    until: float | None


def hold_breaches(tx: Transaction) -> Iterator[Breach]:
    """Holds that no entry says were laid so, and holds that were laid, should still stand, and are in no table."""
    laid, pruned = _said(tx)
    try:
        found = {(hold.site, hold.by): hold for hold in _kept(tx)}
    except ValueError:
        yield Breach("The table of holds has a row that is no hold.")
        return
    for (site, by), hold in found.items():
        entry = laid.get((site, by))
        if entry is None and (by, microseconds(hold.since)) not in pruned:
            yield Breach(f"{_on(site)} is held by {by}, and no entry says so.")
        elif entry is not None and not _is_same(hold, entry):
            yield Breach(f"The hold of {by} on {_named(site)} is not the one that was laid.", entry.seq)
    latest = tx.rows("select max(at) as at from journal where typeof(at) = 'real'")
    now = maybe(latest[0]["at"]) or 0.0
    for (site, by), entry in laid.items():
        if (site, by) not in found and (entry.until is None or entry.until > now):
            yield Breach(f"{by} holds {_named(site)}, nobody released that, and the table has no such hold.", entry.seq)


def standing_entries(tx: Transaction) -> list[int]:
    """The numbers of the entries that say of the holds in the table that they were laid."""
    try:
        held = {(hold.by, microseconds(hold.since)) for hold in _kept(tx)}
    except ValueError:
        return []
    rows = tx.rows("select seq, at, actor from journal where event = 'hold' order by seq")
    return [int(row["seq"] or 0) for row in rows if (str(row["actor"]), microseconds(_at(row))) in held]


def _said(tx: Transaction) -> tuple[dict[tuple[str, str], _Laid], set[tuple[str, int]]]:
    """The holds that nobody released, by site and person; and who laid those when whose document was pruned."""
    laid: dict[tuple[str, str], _Laid] = {}
    pruned: set[tuple[str, int]] = set()
    for row in tx.rows("select * from journal where event in ('hold', 'release') order by seq"):
        doc = document(row["doc"])
        if doc is None:
            pruned.add((str(row["actor"]), microseconds(_at(row))))
        elif row["event"] == "hold":
            until = doc.get("until")
            when = until if isinstance(until, int | float) else None
            key = str(doc.get("site")), str(row["actor"])
            laid[key] = _Laid(int(row["seq"] or 0), str(doc.get("reason", "")), microseconds(_at(row)), when)
        else:
            laid.pop((str(doc.get("site")), str(doc.get("held_by"))), None)
    return laid, pruned


def _kept(tx: Transaction) -> Iterator[Hold]:
    for row in tx.rows("select doc from holds order by site"):
        pile: Hold | None = unpack(HOLD, row["doc"])
        while pile is not None:
            yield pile.alone
            pile = pile.under


def _is_same(hold: Hold, entry: _Laid) -> bool:
    return (hold.reason, microseconds(hold.since), hold.until) == (entry.reason, entry.since, entry.until)


def _at(row: Row) -> float:
    return row["at"] if isinstance(row["at"], float) else 0.0


def _on(site: str) -> str:
    return "Every site" if site == ALL else site


def _named(site: str) -> str:
    return "every site" if site == ALL else site
