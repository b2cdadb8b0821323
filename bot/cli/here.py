"""`--local`: what is done at the machine, on the ledger itself."""

from __future__ import annotations

import asyncio
import getpass
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

import typer

from bot.cli.root import environment, settings
from bot.cli.talking import line_of, lines_of, show
from bot.cli.terminal import console, draw, fail, part_told, print_json, progress_bar
from bot.exits import LATE, USAGE

if TYPE_CHECKING:  # loaded by who needs it, so that help and completion come at once
    from bot.cli.client import Heard
    from bot.local import Machine


def _machine() -> Machine:
    from bot.local import Machine

    found = environment()
    return Machine(settings(found), found, getpass.getuser())


def done_here(words: Sequence[str]) -> Heard:
    """What comes of `words`, at once."""
    from bot.local import CannotWork

    try:
        return asyncio.run(_machine().ask(line_of(words)))
    except CannotWork as exc:
        fail(str(exc), USAGE)


def work_here(words: Sequence[str], file: str, as_json: bool, anyway: bool, wait: bool, timeout: float) -> NoReturn:
    """Do `words`, follow the job of it at most `timeout` seconds, and end as it ended."""
    from bot.local import CannotWork, Followed

    text, targets = line_of(words), lines_of(file)
    with progress_bar(as_json) as progress:
        task = progress.add_task("", total=None)
        out = sys.stderr if as_json else sys.stdout
        followed = Followed(lambda line: print(line, file=out), lambda job: draw(progress, task, job))
        try:
            told = asyncio.run(_machine().run(text, targets, anyway, wait, timeout, followed))
        except CannotWork as exc:
            fail(str(exc), USAGE)
    if told.job is None or told.code is None:
        show(told.heard, as_json, told.heard.state)
    if as_json:
        print_json(told.job)
    else:
        sys.stdout.write(f"{told.job['job']} is {told.job['state']}, {told.job['verdict']}{part_told(told.job)}.\n")
    if told.stands:
        console(sys.stderr).print(f"{told.job['job']} goes on once the mode is live: this purgebot only observes.")
    elif told.code == LATE:
        console(sys.stderr).print(f"{told.job['job']} goes on at the next start of a bot, or with the next --local.")
    raise typer.Exit(told.code)
