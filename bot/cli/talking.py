"""Words from the terminal to the running bot, and its answers."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from bot.cli.root import environment, verbs
from bot.cli.terminal import fail, print_json
from bot.copied_lines import for_terminal
from bot.domain.shown import quoted
from bot.exits import FAILED, USAGE, exit_of_answer

if TYPE_CHECKING:  # loaded by who needs it, so that help and completion come at once
    from bot.cli.client import BotClient, Heard, Record

AT_THE_MACHINE = frozenset({"hold", "release", "cancel", "show", "sites"})  # with --local; purge, retry and status too
REASON_FLAGS = ("--reason", "--because")


def say(words: Sequence[str], file: str) -> Heard:
    """What the running bot answers to `words` and the targets in `file`, if one is named; without a bot it ends."""
    from bot.cli.client import BotUnreachable, TokenUnknown

    _refuse_local(words)
    text, targets, key = line_of(words), lines_of(file), secrets.token_urlsafe(16)
    try:
        with connect() as client:
            return client.command(text, targets, key)
    except BotUnreachable as exc:
        fail(str(exc), FAILED)
    except TokenUnknown as exc:
        fail(str(exc), USAGE)


def _refuse_local(words: Sequence[str]) -> None:
    """Say so where --local follows a verb that has none."""
    if "--local" in words:
        *verbs, last = "purge", "retry", "status", *sorted(AT_THE_MACHINE)
        what = f"{words[0]} has no --local: it asks the running bot. {', '.join(verbs)} and {last} have it."
        fail(f"{what} Start the bot with `purgebot serve`, and say it without --local.", USAGE)


def line_of(words: Sequence[str]) -> str:
    """The words as one line of the grammar. The shell took the quotes of a reason away, so it gets them again."""
    before = ("", *words)
    return " ".join(quoted(word) if was in REASON_FLAGS else word for was, word in zip(before, words, strict=False))


_UNREAD = {
    FileNotFoundError: "does not exist",
    IsADirectoryError: "is a folder",
    PermissionError: "may not be read by this user",
}


def lines_of(file: str) -> list[str]:
    """The targets in `file`, one a line; none where no file is named. Ends with 2 where it cannot be read."""
    if not file:
        return []
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        fail(f"{file} is not text in UTF-8. Give a text file with one target a line.", USAGE)
    except OSError as exc:
        why = _UNREAD.get(type(exc), "cannot be read")
        fail(f"{file} {why}. Give a text file with one target a line.", USAGE)
    lines = [line.strip() for line in text.splitlines()]  # empty ones too, so that bad lines keep their numbers
    return lines or [""]  # an empty file is an empty list, and not none


def job_named(client: BotClient, name: str) -> Record:
    """The job of that name; ends with 2 where there is none."""
    from bot.cli.client import BotUnreachable, TokenUnknown

    try:
        job = client.job(name)
    except BotUnreachable as exc:
        fail(str(exc), FAILED)
    except TokenUnknown as exc:
        fail(str(exc), USAGE)
    if job is None:
        fail(f"There is no {name} among this token's sites. `purgebot status` lists the jobs.", USAGE)
    return job


def show(heard: Heard, as_json: bool, state: str = "", ended: int | None = None) -> NoReturn:
    """Print an answer and end; `state` is that of a job that was asked for, `ended` a code that is known already."""
    if as_json:
        told = {"job": heard.job, "state": heard.state, "verdict": heard.verdict}
        print_json({"text": heard.text, **{name: value for name, value in told.items() if value}, **heard.more})
    else:
        (sys.stdout if heard.status < 400 else sys.stderr).write(for_terminal(heard.text, verbs()) + "\n")
    raise typer.Exit(exit_of_answer(heard.status, state, heard.verdict) if ended is None else ended)


def connect() -> BotClient:
    """To the running bot, with the token of the environment; ends with 2 where there is none."""
    from bot.cli.client import BotClient

    found = environment()
    if not found.purgebot_token:
        fail("PURGEBOT_TOKEN is not set. Set it to a token named under api.tokens in the bot's configuration.", USAGE)
    return BotClient(found.purgebot_url, found.purgebot_token)
