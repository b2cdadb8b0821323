"""What the command line prints: errors, JSON, and a bar on a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import IO, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

WIDE, BAR_WIDTH = 80, 30  # columns
MINUTE = 60.0  # seconds
LEFT_LEAST = 3.0  # seconds


def print_json(doc: Mapping[str, object]) -> None:
    """`doc` on standard output."""
    sys.stdout.write(json.dumps(doc, indent=2, ensure_ascii=False) + "\n")


def fail(text: str, code: int) -> NoReturn:
    """Say `text` on standard error and end with `code`."""
    console(sys.stderr).print(text, style="red", highlight=False, markup=False)
    raise typer.Exit(code)


def console(stream: IO[str]) -> Console:
    """Prints lines as they are; in colour on a terminal, unless NO_COLOR."""
    return Console(file=stream, soft_wrap=True)


def progress_bar(as_json: bool) -> Progress:
    """A bar on standard error while something runs; nothing where that is no terminal. It fits into 40 columns."""
    errors = console(sys.stderr)
    is_narrow = errors.width < WIDE
    columns = [TextColumn("{task.description}"), BarColumn(None if is_narrow else BAR_WIDTH), Percent()]
    columns += [Left()] if is_narrow else [TimeElapsedColumn(), Left()]
    return Progress(*columns, console=errors, disable=as_json or not errors.is_terminal, transient=True)


class Percent(ProgressColumn):
    """How far it is; nothing while that is not known."""

    def render(self, task: Task) -> Text:
        """68 %."""
        return Text("" if task.total is None else f"{int(task.percentage):>3} %")


class Left(ProgressColumn):
    """How long it still takes, by how quickly it went so far; nothing while that cannot be said."""

    def render(self, task: Task) -> Text:
        """By the speed of the last updates."""
        return Text(left(task.time_remaining))


def part_told(job: Mapping[str, object]) -> str:
    """ " where looked at: 60 of 90 targets", where a verdict rests on a part of a job; "" where it does not."""
    deploy = job.get("deploy")
    pages = deploy if isinstance(deploy, Mapping) else {}
    parts = [
        _part(job.get("targets_looked_at"), job.get("targets"), "targets"),
        _part(
            pages.get("pages_under_prefixes_looked_at", 0), pages.get("pages_under_prefixes"), "pages under prefixes"
        ),
    ]
    told = ", ".join(filter(None, parts))
    return f" where looked at: {told}" if told else ""


def _part(seen: object, of: object, what: str) -> str:
    if not isinstance(seen, int) or not isinstance(of, int) or seen >= of:
        return ""
    return f"{seen:,} of {of:,} {what}"


def left(seconds: float | None) -> str:
    """What is left in words; "" where it is not known, or hardly anything."""
    if seconds is None or seconds < LEFT_LEAST:
        return ""
    return f"{seconds:.0f} s left" if seconds < 2 * MINUTE else f"{seconds / MINUTE:.0f} min left"


def draw(progress: Progress, task: TaskID, job: Mapping[str, object]) -> None:
    """Move the bar to the share of the sending that `job` tells, as its card does; while a provider is still at it
    nobody knows how far that is."""
    share, provider = job.get("share_sent"), job.get("finishing")
    if provider:
        is_narrow = progress.console.width < WIDE
        what = "confirming" if is_narrow else f"waiting for {provider} to finish"
        progress.update(task, description=f"{job['job']} {what}")
        progress.tasks[progress.task_ids.index(task)].total = None
        return
    completed = share if isinstance(share, int | float) else _share_of_calls(job)
    progress.update(task, total=1.0, completed=completed, description=f"{job['job']} {job['state']}")


def _share_of_calls(job: Mapping[str, object]) -> float:
    """What is sent of all calls, where that is all that is told."""
    layers = job.get("layers")
    rows = [layer for layer in layers if isinstance(layer, Mapping)] if isinstance(layers, list) else []
    total, sent = (sum(int(str(row.get(name, 0))) for row in rows) for name in ("calls", "sent"))
    return sent / total if total else 0.0


def draw_warming(progress: Progress, task: TaskID, warming: Mapping[str, object]) -> None:
    """Move the bar to what `warming` has found of its copies."""
    copies = warming.get("copies")
    found = len(copies) if isinstance(copies, list) else 0
    total = max(found, int(str(warming.get("total") or 0)))
    progress.update(task, total=total or None, completed=found, description=f"{warming['warming']} warming")
