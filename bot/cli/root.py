"""What every command of the terminal shares: the application, its flags, the environment and the configuration."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.completion import Names, Root, completer, names_here
from bot.cli.terminal import fail
from bot.exits import MEANINGS, USAGE

if TYPE_CHECKING:  # loaded by who needs it, so that help and completion come at once
    from bot.settings import Environment, Settings

WHERE = "PURGEBOT_CONFIG names the configuration file; purgebot.yaml where it is not set."
ENVIRONMENT = f"""Variables that `serve` and `doctor` read, with what counts where nothing is said:

{WHERE}
PURGEBOT_DATABASE: sqlite:///path (sqlite:///purgebot.db)
SLACK_BOT_TOKEN, and SLACK_APP_TOKEN or SLACK_SIGNING_SECRET
SLACK_CONNECTIONS: 1 to 10, for Socket Mode (2)
HOST, PORT: where it listens (127.0.0.1, 8080)
METRICS_HOST, METRICS_PORT (127.0.0.1, 9464)
LOG_FORMAT: console or json

Those that speak to the running bot read PURGEBOT_URL (http://127.0.0.1:8080) and PURGEBOT_TOKEN.

More: docs/configuration.md"""
EXITS = "Exit codes:\n\n" + "\n".join(f"{code} {meaning}" for code, meaning in MEANINGS.items())

app = typer.Typer(
    name="purgebot",
    cls=Root,
    help="Purges CDN and origin caches, and proves at the edge that it worked.",
    epilog=f"{EXITS}\n\n{ENVIRONMENT}",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

FREE_TEXT = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": ["--help"]}
TAB_SECONDS = 0.3  # that a completion waits for the bot
JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON.")]
FileOption = Annotated[str, typer.Option("--file", help="Targets, one a line; - reads standard input.")]
Words = Annotated[
    list[str] | None, typer.Argument(help="As after /purge.", autocompletion=completer(lambda: known_names()))
]


def verbs() -> frozenset[str]:
    """The words that `purgebot` takes in the place of `/purge`."""
    return frozenset({"log", *(command.name for command in app.registered_commands if command.name)})


def environment() -> Environment:
    """What the environment says; ends with 2 where it says nonsense."""
    from bot.settings import BadSettings, Environment

    try:
        return Environment.read(os.environ)
    except BadSettings as exc:
        fail(str(exc), USAGE)


def settings(of: Environment) -> Settings:
    """The configuration file that `of` names; ends with 2 where it cannot be used."""
    from bot.settings import BadSettings, load

    try:
        return load(Path(of.config), os.environ)
    except BadSettings as exc:
        fail(str(exc), USAGE)


def known_names() -> Names:
    """What can be named here, for completion."""
    url = os.environ.get("PURGEBOT_URL") or "http://127.0.0.1:8080"
    token = os.environ.get("PURGEBOT_TOKEN", "")
    file = os.environ.get("PURGEBOT_CONFIG") or "purgebot.yaml"

    def ask() -> str:
        from bot.cli.client import told_of_sites

        return told_of_sites(url, token, TAB_SECONDS) if token else ""

    return names_here(Path(file), ask)
