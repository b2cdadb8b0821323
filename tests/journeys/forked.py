"""Bots that are forked, so that a start costs no second of reading code; and those that die at one point."""

from __future__ import annotations

from bench.stage import Stage
from tests.forking import ROOT, Child, forked


def bot(stage: Stage, database: str, *point: str) -> Child:
    """A bot that is ready, or dead again; with a `point` it dies there."""
    program, words = ("dying", point) if point else ("purgebot", ("serve",))
    with (stage.folder / "bot.log").open("ab") as log:
        process = forked(program, words, stage.environ(database), ROOT, log.fileno(), log.fileno())
    stage.ready(lambda: process.poll() is None)
    return process
