"""The triggers of the ledger's file: those that keep the journal append-only, and those of the search index. Any other
acts under the bot's hands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bot.ledger.chain import Breach
from bot.ledger.ledger import Transaction
from bot.ledger.schema import GUARDS

NAME_MAX = 60
TEXT_MAX = 2_000
REMOVED = "triggers_removed"  # the entry
_QUOTES = re.compile(r'[\s"\[\]`]+')  # which differ between versions of sqlite-utils
_NEW = "insert into history_fts (rowid, words, facts) values (new.rowid, new.words, new.facts);"
_OLD = "insert into history_fts (history_fts, rowid, words, facts) values('delete', old.rowid, old.words, old.facts);"
OF_INDEX: Mapping[str, str] = {
    name: f"create trigger {name} after {deed} on history begin {does} end"
    for name, deed, does in (
        ("history_ai", "insert", _NEW), ("history_ad", "delete", _OLD), ("history_au", "update", _OLD + _NEW),
    )
}  # fmt: skip


def found_in(tx: Transaction) -> dict[str, str]:
    """Every trigger of the file by its name, with its text."""
    rows = tx.rows("select name, sql from sqlite_master where type = 'trigger' order by name")
    return {str(row["name"]): str(row["sql"]) for row in rows}


def remove_strange(tx: Transaction) -> Mapping[str, str]:
    """Take away what is not purgebot's; its text by its name, for the journal."""
    strange = {name: sql for name, sql in found_in(tx).items() if name not in GUARDS and name not in OF_INDEX}
    for name in strange:
        tx.run('drop trigger "{}"'.format(name.replace('"', '""')))
    return {_shown(name): sql[:TEXT_MAX] for name, sql in strange.items()}


def wrong_of_index(tx: Transaction) -> list[str]:
    """Which triggers of the search index are missing or changed; none while there is no index."""
    found = found_in(tx)
    if not tx.rows("select 1 from sqlite_master where name = 'history_fts'"):
        return [name for name in OF_INDEX if name in found]
    return [name for name, sql in OF_INDEX.items() if _plain(found.get(name, "")) != _plain(sql)]


def trigger_breaches(tx: Transaction) -> Iterator[Breach]:
    """What is not as purgebot makes it."""
    found = found_in(tx)
    for name, sql in GUARDS.items():
        if found.get(name) != sql:
            yield Breach(f"The trigger {name}, which keeps the journal append-only, was dropped or changed.")
    for name in wrong_of_index(tx):
        yield Breach(f"The trigger {name}, which keeps the search index, was dropped or changed.")
    for name in found:
        if name not in GUARDS and name not in OF_INDEX:
            yield Breach(f"The trigger {_shown(name)} is not purgebot's: it can change or lose what the bot writes.")


def _shown(name: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in name[:NAME_MAX])


def _plain(sql: str) -> str:
    return _QUOTES.sub("", sql).lower()
