"""A job, a queued request or a warming, followed to its end with a bar."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, NoReturn

import typer

from bot.cli.talking import connect, job_named, say, show
from bot.cli.terminal import draw, draw_warming, fail, print_json, progress_bar
from bot.exits import FAILED, IN_LINE, LATE, TAKEN_UP, USAGE, exit_code, exit_of_queued, exit_of_warming, is_settled

if TYPE_CHECKING:  # loaded by who needs it, so that help and completion come at once
    from rich.progress import Progress, TaskID

    from bot.cli.client import BotClient, Heard, Record

POLL_SECONDS = 2.0  # of one long poll, so that the bar moves
WAITS_SECONDS = 0.5  # between two looks at a job that waits for people or for its time
AWAY_SECONDS = 1.0  # until a bot that does not answer is asked again


def follow(name: str, timeout: float, as_json: bool, through_approval: bool) -> NoReturn:
    """Wait at most `timeout` seconds for the end of a job, or until it waits for votes, and end as it ended."""
    until = time.monotonic() + timeout
    with connect() as client:
        job = job_named(client, name)
        with progress_bar(as_json) as progress:
            task = progress.add_task(name, total=None)
            while not is_settled(job, through_approval) and time.monotonic() < until:
                draw(progress, task, job)
                job = _next(client, job, until)
            draw(progress, task, job)
    if as_json:
        print_json(job)
    else:
        sys.stdout.write(say(["status", str(job["job"])], "").text + "\n")
    raise typer.Exit(exit_code(job) if is_settled(job, through_approval) else LATE)


def follow_queued(name: str, timeout: float, as_json: bool) -> NoReturn:
    """Wait for the end of the hold, then follow the job that took the request up."""
    until = time.monotonic() + timeout
    heard = say(["show", name], "")
    if heard.status >= 400:
        show(heard, as_json)
    with progress_bar(as_json) as progress:
        progress.add_task(f"{name} waits for the end of a hold", total=None)
        while heard.state == IN_LINE and time.monotonic() < until:
            time.sleep(min(POLL_SECONDS, max(0.1, until - time.monotonic())))
            heard = _told_again(heard, f"show {name}", until)
    if heard.state == TAKEN_UP:
        follow(heard.job, max(0.0, until - time.monotonic()), as_json, through_approval=True)
    show(heard, as_json, ended=exit_of_queued(heard.state))


def follow_warming(name: str, timeout: float, as_json: bool) -> NoReturn:
    """Wait at most `timeout` seconds for the end of a warming, and end as it ended."""
    until = time.monotonic() + timeout
    heard = say(["status", name], "")
    with progress_bar(as_json) as progress:
        task = progress.add_task(name, total=None)
        while _is_under_way(heard) and time.monotonic() < until:
            _draw_warming(progress, task, heard)
            time.sleep(min(POLL_SECONDS, max(0.1, until - time.monotonic())))
            heard = _told_again(heard, f"status {name}", until)
    show_warming(heard, as_json)


def _draw_warming(progress: Progress, task: TaskID, heard: Heard) -> None:
    record = heard.more.get("warming")
    if isinstance(record, Mapping):
        draw_warming(progress, task, record)


def _is_under_way(heard: Heard) -> bool:
    record = heard.more.get("warming")
    return isinstance(record, Mapping) and record.get("warm") is None


def _told_again(heard: Heard, line: str, until: float) -> Heard:
    """What the bot answers to `line` now, or what was heard while it is away."""
    from bot.cli.client import BotUnreachable, TokenUnknown

    try:
        with connect() as client:
            return client.command(line)
    except BotUnreachable as exc:
        if time.monotonic() >= until:
            fail(str(exc), FAILED)
        return heard
    except TokenUnknown as exc:
        fail(str(exc), USAGE)


def show_warming(heard: Heard, as_json: bool) -> NoReturn:
    """Print a warming and end, by how far it is."""
    record = heard.more.get("warming")
    show(heard, as_json, ended=exit_of_warming(record) if isinstance(record, Mapping) else None)


def _next(client: BotClient, job: Record, until: float) -> Record:
    """The job once more, or as it was while the bot is away: a pipeline outlives the bot's restart."""
    from bot.cli.client import BotUnreachable, TokenUnknown

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
