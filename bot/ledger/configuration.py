"""What is configured, as the journal knows it: each change as a diff of lines. Secrets are in it by their places."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from bot.ledger.chain import sha256
from bot.ledger.journal import Journal
from bot.ledger.ledger import Transaction

LINES_MAX = 400  # of a diff; the others are counted


class Configuration:
    """The configuration that was journalled last."""

    def __init__(self, tx: Transaction, journal: Journal) -> None:
        self._tx = tx
        self._journal = journal

    def record(self, lines: Sequence[str], summary: str, now: float, policy: str = "") -> bool:
        """Journal the configuration `lines` if they are not the ones known; whether they were not. `policy` is the
        version of its rules."""
        text = "\n".join(lines)
        known = self.text()
        if known is not None and known == text:
            return False
        changes = [] if known is None else diff(known.split("\n"), lines)
        more = {"more": len(changes) - LINES_MAX} if len(changes) > LINES_MAX else {}
        self._journal.add(
            now, "configuration", "purgebot",
            hash=sha256(text), was="" if known is None else sha256(known), summary=summary, policy=policy,
            diff=changes[:LINES_MAX], **more,
        )  # fmt: skip
        self._tx.run(
            "insert into meta (name, value) values ('configuration', :text)"
            " on conflict (name) do update set value = excluded.value",
            text=text,
        )
        return True

    def text(self) -> str | None:
        """What was journalled last, whole; None before the first start."""
        rows = self._tx.rows("select value from meta where name = 'configuration'")
        return str(rows[0]["value"]) if rows else None


def diff(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """The lines that went, with `-`, and those that came, with `+`."""
    told = difflib.unified_diff(old, new, lineterm="", n=0)
    return [line for line in list(told)[2:] if not line.startswith("@@")]
