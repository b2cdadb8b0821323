"""The terminal: the bot itself, its doctor and configuration, and the grammar of `/purge` to the running bot."""

from __future__ import annotations

import asyncio
import gc
import getpass
import json
import os
import re
import secrets
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from bot import journal
from bot.beginning.command import register as register_init
from bot.completion import Line, Names, Root, Shell, completer, names_here, script
from bot.copied_lines import for_terminal
from bot.exits import (
    FAILED,
    IN_LINE,
    LATE,
    MEANINGS,
    TAKEN_UP,
    USAGE,
    exit_code,
    exit_of_answer,
    exit_of_lint,
    exit_of_queued,
    exit_of_warming,
    exit_of_why,
    is_settled,
)
from bot.sheet import FILE_MAX, Form, begin, end, part
from bot.terminal import console, draw, draw_warming, fail, part_told, print_json, progress_bar

if TYPE_CHECKING:  # loaded by who needs it, so that help and completion come at once
    from rich.progress import Progress, TaskID

    from bot.client import BotClient, Heard, Record
    from bot.settings import Environment, Settings

if TYPE_CHECKING:
    from bot.local import Machine

WHERE = "PURGEBOT_CONFIG names the configuration file; purgebot.yaml where it is not set."
_ENVIRONMENT = f"""Variables that `serve` and `doctor` read, with what counts where nothing is said:

{WHERE}
PURGEBOT_DATABASE: sqlite:///path (sqlite:///purgebot.db)
SLACK_BOT_TOKEN, and SLACK_APP_TOKEN or SLACK_SIGNING_SECRET
SLACK_CONNECTIONS: 1 to 10, for Socket Mode (2)
HOST, PORT: where it listens (127.0.0.1, 8080)
METRICS_HOST, METRICS_PORT (127.0.0.1, 9464)
LOG_FORMAT: console or json

Those that speak to the running bot read PURGEBOT_URL (http://127.0.0.1:8080) and PURGEBOT_TOKEN.

More: docs/configuration.md"""
_EXITS = "Exit codes:\n\n" + "\n".join(f"{code} {meaning}" for code, meaning in MEANINGS.items())

app = typer.Typer(
    name="purgebot",
    cls=Root,
    help="Purges CDN and origin caches, and proves at the edge that it worked.",
    epilog=f"{_EXITS}\n\n{_ENVIRONMENT}",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
config = typer.Typer(help="The configuration file.", epilog=WHERE, no_args_is_help=True)
app.add_typer(config, name="config")

_FREE_TEXT = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": ["--help"]}
_WARMING = re.compile(r"[Ww]-[0-9]+")
_QUEUED = re.compile(r"[Qq]-[0-9]+")
POLL_SECONDS = 2.0  # of one long poll, so that the bar moves
WAITS_SECONDS = 0.5  # between two looks at a job that waits for people or for its time
AWAY_SECONDS = 1.0  # until a bot that does not answer is asked again
AT_THE_MACHINE = frozenset({"hold", "release", "cancel", "show", "sites"})  # with --local; purge, retry and status too
TAB_SECONDS = 0.3  # that a completion waits for the bot
REASON_FLAGS = ("--reason", "--because")
JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ConfigFile = Annotated[str, typer.Argument(metavar="FILE", help="The file, instead of PURGEBOT_CONFIG.")]
FileOption = Annotated[str, typer.Option("--file", help="Targets, one a line; - reads standard input.")]
AnywayFlag = Annotated[
    bool, typer.Option("--anyway", help="With --local: though the policy refuses it, or the site is held.")
]
ANYWAY_ALONE = "--anyway is for --local alone: where a bot runs, its policy and its people decide."
LocalFlag = Annotated[bool, typer.Option("--local", help="On the ledger itself, while no bot runs on it.")]
Words = Annotated[list[str] | None, typer.Argument(help="As after /purge.", autocompletion=completer(lambda: _names()))]


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


@app.command(epilog=_ENVIRONMENT)
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

    environment = _environment()
    raise typer.Exit(run(_settings(environment), environment, observe, read))


@app.command(epilog=_ENVIRONMENT)
def doctor(as_json: JsonFlag = False) -> None:
    """Look at configuration, Slack, every provider, clock and database; exit 0 only if all is well."""
    from bot.doctor import run

    environment = _environment()
    raise typer.Exit(run(_settings(environment), environment, as_json))


register_init(app, os.environ, lambda: _environment())


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

    environment = _environment()
    environment = replace(environment, config=file or environment.config)
    settings = _settings(environment)
    for warning in (*settings.warnings, *over(settings.policy, time.time()), *unset(settings)):
        console(sys.stderr).print(f"note: {warning}", style="yellow", highlight=False, markup=False)
    sites = ", ".join(settings.sites) or "none"
    sys.stdout.write(f"{environment.config} is good: mode {settings.mode.told}, sites {sites}.\n")


def _command(verb: str, about: str) -> None:
    """Register `purgebot <verb> …`, which says `<verb> …` to the running bot, or does it at the machine."""

    def say(words: Words = None, file: FileOption = "", as_json: JsonFlag = False) -> None:
        _show(_say([verb, *(words or [])], file), as_json)

    def say_or_do(words: Words = None, as_json: JsonFlag = False, local: LocalFlag = False) -> None:
        line = [verb, *(words or [])]
        _show(_done_here(line) if local else _say(line, ""), as_json)

    here = verb in AT_THE_MACHINE
    app.command(verb, help=about, epilog=_EXITS, cls=Line, context_settings=_FREE_TEXT)(say_or_do if here else say)


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


@app.command("lint", epilog=_EXITS, cls=Line, context_settings=_FREE_TEXT)
def lint(
    words: Words = None,
    file: FileOption = "",
    as_json: JsonFlag = False,
    fail_on: Annotated[FailOn | None, typer.Option("--fail-on", help="End with 1 for that, or worse.")] = None,
) -> None:
    """What cache headers will cause, and the fix; ends with 0 unless --fail-on is met, or 6 if a page is unread."""
    heard = _say(["lint", *(words or [])], file)
    record = heard.more.get("lint")
    ended = exit_of_lint(record, fail_on or "") if isinstance(record, Mapping) else None
    _show(heard, as_json, ended=ended)


@app.command("why", epilog=_EXITS, cls=Line, context_settings=_FREE_TEXT)
def why(words: Words = None, as_json: JsonFlag = False) -> None:
    """Why it is still old: one cause, what shows it, one next step; ends with 6 if it cannot be told."""
    heard = _say(["why", *(words or [])], "")
    cause = heard.more.get("diagnosis")
    _show(heard, as_json, ended=exit_of_why(cause) if isinstance(cause, Mapping) else None)


@app.command("warm", epilog=_EXITS, cls=Line, context_settings=_FREE_TEXT)
def warm(words: Words = None, file: FileOption = "", as_json: JsonFlag = False) -> None:
    """Fetch through the edges, and tell where it is kept now; ends with 7 if that takes longer, and `wait` goes on."""
    _show_warming(_say(["warm", *(words or [])], file), as_json)


def _log(words: Sequence[str], as_json: bool, as_csv: bool) -> None:
    """What was purged, newest first; words are searched for."""
    if as_json and as_csv:
        fail("--json and --csv exclude each other.", USAGE)
    line = ["log", *(_quoted(word) if any(map(str.isspace, word)) else word for word in words)]
    if not as_json and not as_csv:
        _show(_say(line, ""), as_json=False)
    _print_all(line, Form.JSON if as_json else Form.CSV)


def _print_all(line: Sequence[str], form: Form) -> None:
    """Print what `line` finds, page after page, as a file of that form."""
    from bot.client import entries_of

    heard = _say(line, "")
    if heard.status >= 400:
        _show(heard, as_json=False)
    sys.stdout.write(begin(form))
    n = 0
    while entries := entries_of(heard):
        sys.stdout.write(part(form, entries[: FILE_MAX - n], first=not n))
        n += len(entries)
        following = heard.more.get("next")
        if not following or n >= FILE_MAX:
            break
        heard = _say([str(following)], "")
    sys.stdout.write(end(form))


journal.register(app, _log, lambda: Path(_environment().database.removeprefix("sqlite:///")), time.time)


@app.command("status", epilog=_EXITS, cls=Line, context_settings=_FREE_TEXT)
def status(words: Words = None, as_json: JsonFlag = False, local: LocalFlag = False) -> None:
    """Running jobs, or one."""
    if local:
        _show(_done_here(["status", *(words or [])]), as_json)
    if as_json and words:
        with _client() as client:
            print_json(_job(client, words[0]))
        return
    _show(_say(["status", *(words or [])], ""), as_json)


@app.command("purge", epilog=_EXITS, cls=Line, context_settings=_FREE_TEXT)
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
        _work_here(["purge", *(words or [])], file, as_json, anyway, wait=not no_wait, timeout=timeout)
    if anyway:
        fail(ANYWAY_ALONE, USAGE)
    heard = _say(["purge", *(words or [])], file)
    if not heard.job or no_wait:
        _show(heard, as_json, heard.state)
    _follow(heard.job, timeout, as_json, through_approval=False)


@app.command("retry", epilog=_EXITS, cls=Line, context_settings=_FREE_TEXT)
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
        _work_here(line, "", as_json, anyway, wait=True, timeout=timeout)
    if anyway:
        fail(ANYWAY_ALONE, USAGE)
    _show(_say(line, ""), as_json)


@app.command(epilog=_EXITS)
def wait(
    job: str,
    timeout: Annotated[float, typer.Option("--timeout", help="Seconds.")] = 600.0,
    as_json: JsonFlag = False,
) -> None:
    """Follow a job, through its approval too, a queued request such as Q-3, or a warming such as W-3; for pipelines."""
    if _QUEUED.fullmatch(job):
        _follow_queued(job, timeout, as_json)
    if _WARMING.fullmatch(job):
        _follow_warming(job, timeout, as_json)
    _follow(job, timeout, as_json, through_approval=True)


@app.command("completion")
def completion(shell: Annotated[Shell, typer.Argument(metavar="bash|zsh|fish", help="Whose script.")]) -> None:
    """Print the script that completes purgebot's words in a shell."""
    sys.stdout.write(script(shell) + "\n")


@app.command("version")
def print_version() -> None:
    """Print which purgebot this is."""
    _print_version(True)


def _follow(name: str, timeout: float, as_json: bool, through_approval: bool) -> NoReturn:
    until = time.monotonic() + timeout
    with _client() as client:
        job = _job(client, name)
        with progress_bar(as_json) as progress:
            task = progress.add_task(name, total=None)
            while not is_settled(job, through_approval) and time.monotonic() < until:
                draw(progress, task, job)
                job = _next(client, job, until)
            draw(progress, task, job)
    if as_json:
        print_json(job)
    else:
        sys.stdout.write(_say(["status", str(job["job"])], "").text + "\n")
    raise typer.Exit(exit_code(job) if is_settled(job, through_approval) else LATE)


def _follow_queued(name: str, timeout: float, as_json: bool) -> NoReturn:
    """Wait for the end of the hold, then follow the job that took the request up."""
    until = time.monotonic() + timeout
    heard = _say(["show", name], "")
    if heard.status >= 400:
        _show(heard, as_json)
    with progress_bar(as_json) as progress:
        progress.add_task(f"{name} waits for the end of a hold", total=None)
        while heard.state == IN_LINE and time.monotonic() < until:
            time.sleep(min(POLL_SECONDS, max(0.1, until - time.monotonic())))
            heard = _told_again(heard, f"show {name}", until)
    if heard.state == TAKEN_UP:
        _follow(heard.job, max(0.0, until - time.monotonic()), as_json, through_approval=True)
    _show(heard, as_json, ended=exit_of_queued(heard.state))


def _follow_warming(name: str, timeout: float, as_json: bool) -> NoReturn:
    until = time.monotonic() + timeout
    heard = _say(["status", name], "")
    with progress_bar(as_json) as progress:
        task = progress.add_task(name, total=None)
        while _is_under_way(heard) and time.monotonic() < until:
            _draw_warming(progress, task, heard)
            time.sleep(min(POLL_SECONDS, max(0.1, until - time.monotonic())))
            heard = _told_again(heard, f"status {name}", until)
    _show_warming(heard, as_json)


def _draw_warming(progress: Progress, task: TaskID, heard: Heard) -> None:
    record = heard.more.get("warming")
    if isinstance(record, Mapping):
        draw_warming(progress, task, record)


def _is_under_way(heard: Heard) -> bool:
    record = heard.more.get("warming")
    return isinstance(record, Mapping) and record.get("warm") is None


def _told_again(heard: Heard, line: str, until: float) -> Heard:
    """What the bot answers to `line` now, or what was heard while it is away."""
    from bot.client import BotUnreachable, TokenUnknown

    try:
        with _client() as client:
            return client.command(line)
    except BotUnreachable as exc:
        if time.monotonic() >= until:
            fail(str(exc), FAILED)
        return heard
    except TokenUnknown as exc:
        fail(str(exc), USAGE)


def _show_warming(heard: Heard, as_json: bool) -> NoReturn:
    record = heard.more.get("warming")
    _show(heard, as_json, ended=exit_of_warming(record) if isinstance(record, Mapping) else None)


def _next(client: BotClient, job: Record, until: float) -> Record:
    """The job once more, or as it was while the bot is away: a pipeline outlives the bot's restart."""
    from bot.client import BotUnreachable, TokenUnknown

    left = max(0.1, until - time.monotonic())
    if job.get("state") in ("waiting", "scheduled"):  # of which the bot answers at once
        time.sleep(min(WAITS_SECONDS, left))
    try:
        return client.job(str(job["job"]), min(POLL_SECONDS, left)) or job
    except BotUnreachable as exc:
        if left <= AWAY_SECONDS:
            fail(str(exc), FAILED)
        time.sleep(AWAY_SECONDS)
        return job
    except TokenUnknown as exc:
        fail(str(exc), USAGE)


def _say(words: Sequence[str], file: str) -> Heard:
    from bot.client import BotUnreachable, TokenUnknown

    _refuse_local(words)
    text, targets, key = _line(words), _lines(file), secrets.token_urlsafe(16)
    try:
        with _client() as client:
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


def _machine() -> Machine:
    from bot.local import Machine

    environment = _environment()
    return Machine(_settings(environment), environment, getpass.getuser())


def _done_here(words: Sequence[str]) -> Heard:
    from bot.local import CannotWork

    try:
        return asyncio.run(_machine().ask(_line(words)))
    except CannotWork as exc:
        fail(str(exc), USAGE)


def _work_here(words: Sequence[str], file: str, as_json: bool, anyway: bool, wait: bool, timeout: float) -> NoReturn:
    from bot.local import CannotWork, Followed

    text, targets = _line(words), _lines(file)
    with progress_bar(as_json) as progress:
        task = progress.add_task("", total=None)
        out = sys.stderr if as_json else sys.stdout
        followed = Followed(lambda line: print(line, file=out), lambda job: draw(progress, task, job))
        try:
            told = asyncio.run(_machine().run(text, targets, anyway, wait, timeout, followed))
        except CannotWork as exc:
            fail(str(exc), USAGE)
    if told.job is None or told.code is None:
        _show(told.heard, as_json, told.heard.state)
    if as_json:
        print_json(told.job)
    else:
        sys.stdout.write(f"{told.job['job']} is {told.job['state']}, {told.job['verdict']}{part_told(told.job)}.\n")
    if told.stands:
        console(sys.stderr).print(f"{told.job['job']} goes on once the mode is live: this purgebot only observes.")
    elif told.code == LATE:
        console(sys.stderr).print(f"{told.job['job']} goes on at the next start of a bot, or with the next --local.")
    raise typer.Exit(told.code)


def _verbs() -> frozenset[str]:
    """The words that `purgebot` takes in the place of `/purge`."""
    return frozenset({"log", *(command.name for command in app.registered_commands if command.name)})


def _line(words: Sequence[str]) -> str:
    """The words as one line of the grammar. The shell took the quotes of a reason away, so it gets them again."""
    before = ("", *words)
    return " ".join(_quoted(word) if was in REASON_FLAGS else word for was, word in zip(before, words, strict=False))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


_UNREAD = {
    FileNotFoundError: "does not exist",
    IsADirectoryError: "is a folder",
    PermissionError: "may not be read by this user",
}


def _lines(file: str) -> list[str]:
    if not file:
        return []
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        fail(f"{file} is not text in UTF-8. Give a text file with one target a line.", USAGE)
    except OSError as exc:
        why = _UNREAD.get(type(exc), "cannot be read")
        fail(f"{file} {why}. Give a text file with one target a line.", USAGE)
    return [line.strip() for line in text.splitlines()]  # empty ones too, so that bad lines keep their numbers


def _job(client: BotClient, name: str) -> Record:
    from bot.client import BotUnreachable, TokenUnknown

    try:
        job = client.job(name)
    except BotUnreachable as exc:
        fail(str(exc), FAILED)
    except TokenUnknown as exc:
        fail(str(exc), USAGE)
    if job is None:
        fail(f"There is no {name} among this token's sites. `purgebot status` lists the jobs.", USAGE)
    return job


def _show(heard: Heard, as_json: bool, state: str = "", ended: int | None = None) -> NoReturn:
    """Print an answer and end; `state` is that of a job that was asked for, `ended` a code that is known already."""
    if as_json:
        told = {"job": heard.job, "state": heard.state, "verdict": heard.verdict}
        print_json({"text": heard.text, **{name: value for name, value in told.items() if value}, **heard.more})
    else:
        (sys.stdout if heard.status < 400 else sys.stderr).write(for_terminal(heard.text, _verbs()) + "\n")
    raise typer.Exit(exit_of_answer(heard.status, state, heard.verdict) if ended is None else ended)


def _client() -> BotClient:
    from bot.client import BotClient

    environment = _environment()
    if not environment.purgebot_token:
        fail("PURGEBOT_TOKEN is not set. Set it to a token named under api.tokens in the bot's configuration.", USAGE)
    return BotClient(environment.purgebot_url, environment.purgebot_token)


def _names() -> Names:
    """What can be named here, for completion."""
    url = os.environ.get("PURGEBOT_URL") or "http://127.0.0.1:8080"
    token = os.environ.get("PURGEBOT_TOKEN", "")
    file = os.environ.get("PURGEBOT_CONFIG") or "purgebot.yaml"

    def ask() -> str:
        from bot.client import told_of_sites

        return told_of_sites(url, token, TAB_SECONDS) if token else ""

    return names_here(Path(file), ask)


def _environment() -> Environment:
    from bot.settings import BadSettings, Environment

    try:
        return Environment.read(os.environ)
    except BadSettings as exc:
        fail(str(exc), USAGE)


def _settings(environment: Environment) -> Settings:
    from bot.settings import BadSettings, load

    try:
        return load(Path(environment.config), os.environ)
    except BadSettings as exc:
        fail(str(exc), USAGE)
