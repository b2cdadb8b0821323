"""A new ledger's file as it is once it was opened. To make every table and trigger takes longer than many a test does
otherwise; that a file is made from nothing, tests/ledger looks at."""

from __future__ import annotations

import functools
import secrets
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.ledger.opening import OWNER_ALONE, opened


def lay(path: Path) -> None:
    """A new ledger with a name of its own, where there is no file yet."""
    if path.exists():
        return
    path.touch(OWNER_ALONE)
    name, file = _new()
    path.write_bytes(file.replace(name, secrets.token_hex(len(name) // 2).encode()))


@functools.cache
def _new() -> tuple[bytes, bytes]:
    """The name of a ledger, and its file."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        database = opened(path)
        name = str(database.table("meta").get("ledger")["value"])
        database.close()
        return name.encode(), path.read_bytes()
