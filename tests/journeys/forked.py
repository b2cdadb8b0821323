"""Bots that are forked from a process which has imported all they need: a start costs no second of reading code.

The process is the same from then on: its own environment, its own ports, its own signals.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

from bench.stage import Stage

FORKS = get_context("forkserver")
FORKS.set_forkserver_preload(["bot.cli", "tests.journeys.dying"])


def bot(stage: Stage, database: str, *point: str) -> BaseProcess:
    """A bot that is ready, or dead again; with a `point` it dies there."""
    log = stage.folder / "bot.log"
    process = FORKS.Process(target=_live, args=(dict(stage.environ(database)), log, point))
    process.start()
    stage.ready(process.is_alive)
    return process


def _live(environ: Mapping[str, str], log: Path, point: Sequence[str]) -> None:
    os.environ.clear()
    os.environ.update(environ)
    with log.open("ab") as file:
        os.dup2(file.fileno(), sys.stderr.fileno())
    if point:
        from tests.journeys.dying import main

        raise SystemExit(main(*point))
    from bot.cli import main as serve

    sys.argv = ["bot", "serve"]
    serve()
