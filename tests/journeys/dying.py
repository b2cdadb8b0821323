"""A bot that kills itself at one point, as `kill -9` would: python -m tests.journeys.dying WHERE SQL

WHERE is a failpoint's name. It dies there as soon as the ledger, as last committed, answers SQL with a row.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from pathlib import Path

from bot.serving import serve, set_up_logging
from bot.settings import Environment, load


class Death:
    """Looks into the ledger at each failpoint, and ends the process when it is time."""

    def __init__(self, ledger: Path, where: str, sql: str) -> None:
        self._ledger = ledger
        self._where = where
        self._sql = sql

    def __call__(self, name: str) -> None:
        if name != self._where:
            return
        connection = sqlite3.connect(f"file:{self._ledger}?mode=ro", uri=True)
        found = connection.execute(self._sql).fetchone()
        connection.close()
        if found is not None:
            os.kill(os.getpid(), signal.SIGKILL)


def main(where: str, sql: str) -> int:
    """Serve until then."""
    set_up_logging("json")
    environment = Environment.read(os.environ)
    ledger = Path(environment.database.removeprefix("sqlite:///"))
    return asyncio.run(serve(load(Path(environment.config), os.environ), environment, Death(ledger, where, sql)))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], sys.argv[2]))
