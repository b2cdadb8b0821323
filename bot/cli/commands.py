"""The commands that need no running bot: the bot itself, its doctor, its configuration; and `main`."""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.beginning.command import register as register_init
from bot.cli.completion import Shell, script
from bot.cli.root import ENVIRONMENT, WHERE, JsonFlag, app, environment, settings
from bot.cli.terminal import console

if TYPE_CHECKING:  # loaded by who needs it, so that help and completion come at once
    from bot.settings import Environment, Settings

config = typer.Typer(help="The configuration file.", epilog=WHERE, no_args_is_help=True)
app.add_typer(config, name="config")
ConfigFile = Annotated[str, typer.Argument(metavar="FILE", help="The file, instead of PURGEBOT_CONFIG.")]


def _print_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"purgebot {version('purgebot')}\n")
        raise typer.Exit


@app.callback()
def options(
    show: Annotated[
        bool, typer.Option("--version", help="Print which purgebot this is.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """What goes before every command."""


def main() -> None:
    """The console script."""
    os.environ.setdefault("HOME", os.sep)  # Bolt asks for it when it is loaded, and users made by systemd have none
    app()


@app.command(epilog=ENVIRONMENT)
def serve(observe: Annotated[bool, typer.Option("--observe", help="Plan and look, never purge.")] = False) -> None:
    """Run the bot."""
    gc.disable()  # what is loaded stays: looking for garbage in it takes a fifth of the start
    from bot.serving import run
    from bot.settings import Environment, load

    gc.freeze()
    gc.enable()

    def read() -> tuple[Settings, Environment]:
        anew = Environment.read(os.environ)
        return load(Path(anew.config), os.environ), anew

    found = environment()
    raise typer.Exit(run(settings(found), found, observe, read))


@app.command(epilog=ENVIRONMENT)
def doctor(as_json: JsonFlag = False) -> None:
    """Look at configuration, Slack, every provider, clock and database; exit 0 only if all is well."""
    from bot.doctor import run

    found = environment()
    raise typer.Exit(run(settings(found), found, as_json))


register_init(app, os.environ, environment)


@config.command("example")
def config_example() -> None:
    """A commented file to start from."""
    from bot.settings import example

    sys.stdout.write(example())


@config.command("schema")
def config_schema() -> None:
    """JSON Schema of the file."""
    from bot.settings import schema

    sys.stdout.write(json.dumps(schema(), indent=2) + "\n")


@config.command("check", epilog=WHERE)
def config_check(file: ConfigFile = "") -> None:
    """Check the file without starting."""
    from bot.settings import over, unset

    found = environment()
    found = replace(found, config=file or found.config)
    read = settings(found)
    for warning in (*read.warnings, *over(read.policy, time.time()), *unset(read)):
        console(sys.stderr).print(f"note: {warning}", style="yellow", highlight=False, markup=False)
    sites = ", ".join(read.sites) or "none"
    sys.stdout.write(f"{found.config} is good: mode {read.mode.told}, sites {sites}.\n")


@app.command("completion")
def completion(shell: Annotated[Shell, typer.Argument(metavar="bash|zsh|fish", help="Whose script.")]) -> None:
    """Print the script that completes purgebot's words in a shell."""
    sys.stdout.write(script(shell) + "\n")


@app.command("version")
def print_version() -> None:
    """Print which purgebot this is."""
    _print_version(True)
