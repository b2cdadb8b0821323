"""docs/reference/cli.md: every command of the terminal, as its own help has it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from typer.core import TyperArgument, TyperGroup, TyperOption
from typer.main import get_command

from bot.cli import app
from bot.exits import MEANINGS
from tests.docs.generated import NOTE, cell, compare

if TYPE_CHECKING:
    from typer._click.core import Command

HEAD = f"""\
# Every command of the terminal

{NOTE}

`purgebot --help`, and `--help` behind each of these, prints the same; [the terminal](../cli.md) says how to begin.

## How it ends

| code | meaning |
|---|---|
"""


def commands(command: Command, name: str) -> Iterator[tuple[str, Command]]:
    """Every command that can be called, with its whole name."""
    if not isinstance(command, TyperGroup):
        yield name, command
        return
    for word, inner in command.commands.items():
        yield from commands(inner, name if inner.hidden else f"{name} {word}")


def options(command: Command) -> list[str]:
    return [
        f"| {', '.join(f'`{word}`' for word in option.opts)} | {cell(option.help or '')} | {default(option.default)} |"
        for option in command.params
        if isinstance(option, TyperOption) and not option.hidden
    ]


def default(value: object) -> str:
    return "–" if value in (None, "", False) else f"`{value}`"


def usage(name: str, command: Command) -> str:
    return " ".join([name, *(written(param) for param in command.params if isinstance(param, TyperArgument))])


def written(argument: TyperArgument) -> str:
    if argument.nargs == -1:
        return f"[{argument.name} as after /purge]…"
    word = argument.metavar or str(argument.name).upper()
    return word if argument.required else f"[{word}]"


def section(name: str, command: Command) -> str:
    rows = options(command)
    table = "\n| option | what it does | not written |\n|---|---|---|\n" + "\n".join(rows) + "\n" if rows else ""
    about = re.sub(r"\s+", " ", command.help or "").strip()
    return f"\n## {name}\n\n`{usage(name, command)}`: {about}\n{table}"


def test_the_page_is_what_the_help_of_each_command_says() -> None:
    ends = "".join(f"| {code} | {meaning} |\n" for code, meaning in MEANINGS.items())
    made = "".join(section(name, command) for name, command in sorted(commands(get_command(app), "purgebot")))
    compare("reference/cli.md", HEAD + ends + made)
