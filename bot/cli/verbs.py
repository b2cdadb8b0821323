"""The verbs of `/purge` as commands: each says its words to the running bot, or does them at the machine."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot.cli import journal
from bot.cli.completion import Line
from bot.cli.following import follow, follow_queued, follow_warming, show_warming
from bot.cli.here import done_here, work_here
from bot.cli.root import EXITS, FREE_TEXT, FileOption, JsonFlag, Words, app, environment
from bot.cli.talking import AT_THE_MACHINE, connect, job_named, say, show
from bot.cli.terminal import fail, print_json
from bot.domain.shown import quoted
from bot.exits import USAGE, exit_of_lint, exit_of_why
from bot.export.sheet import FILE_MAX, Form, begin, end, part

_WARMING = re.compile(r"[Ww]-[0-9]+")
_QUEUED = re.compile(r"[Qq]-[0-9]+")
AnywayFlag = Annotated[
    bool, typer.Option("--anyway", help="With --local: though the policy refuses it, or the site is held.")
]
ANYWAY_ALONE = "--anyway is for --local alone: where a bot runs, its policy and its people decide."
LocalFlag = Annotated[bool, typer.Option("--local", help="On the ledger itself, while no bot runs on it.")]


@app.command("purge", epilog=EXITS, cls=Line, context_settings=FREE_TEXT)
def purge(
    words: Words = None,
    file: FileOption = "",
    as_json: JsonFlag = False,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Return as soon as there is a job.")] = False,
    timeout: Annotated[float, typer.Option("--timeout", help="Seconds to follow the job.")] = 600.0,
    local: LocalFlag = False,
    anyway: AnywayFlag = False,
) -> None:
    """Purge, and follow the job to its verdict; where approval is needed it stops with 4, and `wait` goes on."""
    if local:
        work_here(["purge", *(words or [])], file, as_json, anyway, wait=not no_wait, timeout=timeout)
    if anyway:
        fail(ANYWAY_ALONE, USAGE)
    heard = say(["purge", *(words or [])], file)
    if not heard.job or no_wait:
        show(heard, as_json, heard.state)
    follow(heard.job, timeout, as_json, through_approval=False)


@app.command("retry", epilog=EXITS, cls=Line, context_settings=FREE_TEXT)
def retry(
    words: Words = None,
    as_json: JsonFlag = False,
    timeout: Annotated[float, typer.Option("--timeout", help="With --local: seconds to follow the job.")] = 600.0,
    local: LocalFlag = False,
    anyway: AnywayFlag = False,
) -> None:
    """Send what did not go once more."""
    line = ["retry", *(words or [])]
    if local:
        work_here(line, "", as_json, anyway, wait=True, timeout=timeout)
    if anyway:
        fail(ANYWAY_ALONE, USAGE)
    show(say(line, ""), as_json)


@app.command(epilog=EXITS)
def wait(
    job: str,
    timeout: Annotated[float, typer.Option("--timeout", help="Seconds.")] = 600.0,
    as_json: JsonFlag = False,
) -> None:
    """Follow a job, through its approval too, a queued request such as Q-3, or a warming such as W-3; for pipelines."""
    if _QUEUED.fullmatch(job):
        follow_queued(job, timeout, as_json)
    if _WARMING.fullmatch(job):
        follow_warming(job, timeout, as_json)
    follow(job, timeout, as_json, through_approval=True)


@app.command("status", epilog=EXITS, cls=Line, context_settings=FREE_TEXT)
def status(words: Words = None, as_json: JsonFlag = False, local: LocalFlag = False) -> None:
    """Running jobs, or one."""
    if local:
        show(done_here(["status", *(words or [])]), as_json)
    if as_json and words:
        with connect() as client:
            print_json(job_named(client, words[0]))
        return
    show(say(["status", *(words or [])], ""), as_json)


def _command(verb: str, about: str) -> None:
    """Register `purgebot <verb> …`, which says `<verb> …` to the running bot, or does it at the machine."""

    def only_say(words: Words = None, file: FileOption = "", as_json: JsonFlag = False) -> None:
        show(say([verb, *(words or [])], file), as_json)

    def say_or_do(words: Words = None, as_json: JsonFlag = False, local: LocalFlag = False) -> None:
        line = [verb, *(words or [])]
        show(done_here(line) if local else say(line, ""), as_json)

    here = verb in AT_THE_MACHINE
    app.command(verb, help=about, epilog=EXITS, cls=Line, context_settings=FREE_TEXT)(say_or_do if here else only_say)


for _verb, _about in {
    "plan": "What a purge would do; sends nothing.",
    "check": "Edge against origin, now.",
    "show": "One job in full.",
    "sites": "The sites of this token.",
    "cancel": "Stop a job.",
    "hold": "Let nothing begin on a site for a while.",
    "release": "End a hold.",
    "approve": "Say yes to a waiting job; people do that in Slack, tokens never.",
    "deny": "Say no to a waiting job; people do that in Slack, tokens never.",
    "schedules": "What begins by itself, when, and by whom.",
    "run": "Begin a scheduled job, or what the file schedules, now.",
    "queue": "What runs, what waits, in which order and how long.",
    "limits": "What is left of each provider's rate limits.",
    "stats": "Who purges what, how often and how quickly.",
    "break-glass": "Run a waiting job without its votes; people do that in Slack, tokens never.",
    "review": "Close the review of a broken glass; people do that in Slack, tokens never.",
    "whoami": "Who this token is.",
    "help": "The grammar, or more on one topic.",
}.items():
    _command(_verb, _about)


class FailOn(StrEnum):
    """How bad a finding must be to end with 1."""

    ERROR = "error"
    WARN = "warn"
    INFO = "info"


@app.command("lint", epilog=EXITS, cls=Line, context_settings=FREE_TEXT)
def lint(
    words: Words = None,
    file: FileOption = "",
    as_json: JsonFlag = False,
    fail_on: Annotated[FailOn | None, typer.Option("--fail-on", help="End with 1 for that, or worse.")] = None,
) -> None:
    """What cache headers will cause, and the fix; ends with 0 unless --fail-on is met, or 6 if a page is unread."""
    heard = say(["lint", *(words or [])], file)
    record = heard.more.get("lint")
    ended = exit_of_lint(record, fail_on or "") if isinstance(record, Mapping) else None
    show(heard, as_json, ended=ended)


@app.command("why", epilog=EXITS, cls=Line, context_settings=FREE_TEXT)
def why(words: Words = None, as_json: JsonFlag = False) -> None:
    """Why it is still old: one cause, what shows it, one next step; ends with 6 if it cannot be told."""
    heard = say(["why", *(words or [])], "")
    cause = heard.more.get("diagnosis")
    show(heard, as_json, ended=exit_of_why(cause) if isinstance(cause, Mapping) else None)


@app.command("warm", epilog=EXITS, cls=Line, context_settings=FREE_TEXT)
def warm(words: Words = None, file: FileOption = "", as_json: JsonFlag = False) -> None:
    """Fetch through the edges, and tell where it is kept now; ends with 7 if that takes longer, and `wait` goes on."""
    show_warming(say(["warm", *(words or [])], file), as_json)


def log(words: Sequence[str], as_json: bool, as_csv: bool) -> None:
    """What was purged, newest first; words are searched for."""
    if as_json and as_csv:
        fail("--json and --csv exclude each other.", USAGE)
    line = ["log", *(quoted(word) if any(map(str.isspace, word)) else word for word in words)]
    if not as_json and not as_csv:
        show(say(line, ""), as_json=False)
    _print_all(line, Form.JSON if as_json else Form.CSV)


def _print_all(line: Sequence[str], form: Form) -> None:
    """Print what `line` finds, page after page, as a file of that form."""
    from bot.cli.client import entries_of

    heard = say(line, "")
    if heard.status >= 400:
        show(heard, as_json=False)
    sys.stdout.write(begin(form))
    n = 0
    while entries := entries_of(heard):
        sys.stdout.write(part(form, entries[: FILE_MAX - n], first=not n))
        n += len(entries)
        following = heard.more.get("next")
        if not following or n >= FILE_MAX:
            break
        heard = say([str(following)], "")
    sys.stdout.write(end(form))


journal.register(app, log, lambda: Path(environment().database.removeprefix("sqlite:///")), time.time)
