"""`purgebot <words>`, typed within this process. Its commands are put together once: typer's own runner does so for
each line, which takes longer than most lines do."""

from __future__ import annotations

import functools
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from typer.main import get_command
from typer.testing import CliRunner, Result

from bot.cli import app

if TYPE_CHECKING:
    from typer._click.core import Command


@functools.cache
def commands() -> Command:
    """`purgebot` and all that it can."""
    return get_command(app)


def purgebot(
    words: Sequence[str], input: str = "", env: Mapping[str, str] | None = None, prog_name: str = ""
) -> Result:
    """What a line in a pipe comes to. What it raises fails the test."""
    runner, command = CliRunner(), commands()
    exit_code = 0
    with runner.isolation(input=input, env=env) as (out, errors, both):
        try:
            command.main(args=list(words), prog_name=prog_name or runner.get_default_prog_name(command))
        except SystemExit as end:
            assert isinstance(end.code, int | None)
            exit_code = end.code or 0
        sys.stdout.flush()
        sys.stderr.flush()
        return Result(runner, out.getvalue(), errors.getvalue(), both.getvalue(), None, exit_code, None)
