"""What a restore leaves behind of the journal that it replaces: the beginnings of its last hashes, so that a head which
was exported before is known again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from bot.ledger.chain import Head
from bot.ledger.codec import number, whole
from bot.ledger.ledger import Transaction

KEPT_MAX = 2_000  # entries of the replaced journal whose hashes are kept, the last ones
LETTERS = 12  # of each


@dataclass(frozen=True, slots=True)
class Replaced:
    """By its own account, the journal is one that a restore put in the place of the one whose head was exported."""

    entry: int  # that says so
    at: float
    lost: int  # entries up to the exported head that are not in it


def hashes_after(tx: Transaction, count: int) -> tuple[int, str]:
    """Of the entries after the first `count`: the number of the first one kept, and the beginnings of the hashes from
    there on, one behind the other."""
    rows = tx.rows(
        "select seq, hash from journal where seq > :count order by seq desc limit :most", count=count, most=KEPT_MAX
    )
    kept = [(whole(row["seq"]), str(row["hash"])[:LETTERS]) for row in reversed(rows)]
    return (kept[0][0] if kept else count + 1), "".join(hash for _, hash in kept)


def replaced_by(tx: Transaction, head: Head, parted: int) -> Replaced | None:
    """The restore that replaced a journal with that `head`, if an entry says so; `parted` is the first entry that is
    known not to be that journal's."""
    rows = tx.rows(
        "select seq, at, doc from journal where event = 'restored' and job is null and doc is not null"
        " and json_valid(doc) order by seq"
    )
    for row in rows:
        doc = json.loads(str(row["doc"]))
        kept = _part(doc, "backup").get("count")
        if not isinstance(kept, int):
            continue
        if kept < head.count and (not parted or parted > kept) and _is_of(_part(doc, "replaced"), head):
            return Replaced(whole(row["seq"]), number(row["at"]), head.count - kept)
    return None


def _is_of(replaced: Mapping[str, object], head: Head) -> bool:
    """Whether `head` is that of the journal that was replaced, or one of the entries before."""
    if (replaced.get("count"), replaced.get("hash")) == (head.count, head.hash):
        return True
    first, hashes = replaced.get("first"), replaced.get("hashes")
    if not isinstance(first, int) or not isinstance(hashes, str) or head.count < first:
        return False
    at = (head.count - first) * LETTERS
    return hashes[at : at + LETTERS] == head.hash[:LETTERS]


def _part(doc: Mapping[str, object], name: str) -> Mapping[str, object]:
    part = doc.get(name)
    return part if isinstance(part, dict) else {}
