"""`purgebot log verify`, `head` and `export`, `backup` and `restore`: they work on the file, with or without a bot."""

from __future__ import annotations

import contextlib
import difflib
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperGroup

from bot.ledger.audit import Exported, Verdict, audit
from bot.ledger.backup import CannotCopy, Restored, backup, restore
from bot.ledger.chain import Head, Ranges, microseconds
from bot.ledger.codec import number, whole
from bot.ledger.ledger import LedgerDown, Row
from bot.ledger.opening import LedgerInUse
from bot.ledger.reading import NotALedger, Reading, reading
from bot.terminal import fail, print_json, progress_bar

if TYPE_CHECKING:
    from typer._click.core import Context

BROKEN, USAGE = 1, 2
MARKS = 100  # entries whose hashes an exported head holds besides its own
ADVICE = (
    "Somebody or something changed the file. Keep it as it is, find out who could, and put a backup in its place:"
    " purgebot restore FILE."
)
_GRAMMAR = "say"
Ask = Callable[[list[str], bool, bool], None]  # what follows `log`, and whether JSON or CSV is wanted
JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON.")]
HeadOption = Annotated[str, typer.Option("--head", metavar="FILE", help="A head that was exported earlier.")]
OutOption = Annotated[str, typer.Option("--out", metavar="FILE", help="Write it there; - is standard output.")]
ForceFlag = Annotated[bool, typer.Option("--force", help="Overwrite the file that is there.")]
Words = Annotated[list[str] | None, typer.Argument(help="As after /purge log.")]


_WORDS = "\n\n".join(
    (
        "What else follows `log` is looked for by the running bot; a bracket holds what may be left out:",
        r"purgebot log \[site …] \[kind …] \[by @name] \[since 7d] \[words …] \[page 2] \[--json] \[--csv]",
        "`by` takes @name, me or token:ci; `since` takes 12h, 7d or 2026-11-01. Words are found in what was purged,"
        " why, by whom, and in what came of it; quotes make one phrase. With --json or --csv all of it is printed.",
        'purgebot log shop since 7d\npurgebot log by @mia tag "wrong price" --csv\npurgebot log INC-881 --json',
    )
)


class LogGroup(TyperGroup):
    """Its own commands, and whatever else follows `log` goes to the running bot."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """As always, with what is no command of this group put behind the one that asks the bot."""
        if len(args) == 1 and args[0] not in self.commands:
            near = difflib.get_close_matches(args[0], ("verify", "export"), 1, 0.75)
            if near:
                fail(f"There is no `purgebot log {args[0]}`. Did you mean `purgebot log {near[0]}`?", USAGE)
        known = bool(args) and (args[0] in self.commands or args[0] == "--help")
        return super().parse_args(ctx, args if known else [_GRAMMAR, *args])


def register(app: typer.Typer, ask: Ask, database: Callable[[], Path], now: Callable[[], float]) -> None:
    """Add the commands to `app`. `ask` asks the running bot for what words find, as JSON or CSV if wanted; `database`
    is the ledger's file, `now` the time in seconds since the epoch."""
    about = "What was done: the journal, from the running bot or from its file."
    log = typer.Typer(help=about, cls=LogGroup, epilog=_WORDS)
    app.add_typer(log, name="log", context_settings={"help_option_names": ["--help"]})
    free = {"ignore_unknown_options": True, "allow_extra_args": True}

    @log.command(_GRAMMAR, hidden=True, context_settings=free, epilog=_WORDS)
    def say(
        words: Words = None,
        as_json: Annotated[bool, typer.Option("--json", help="Print every job found as one JSON array.")] = False,
        as_csv: Annotated[bool, typer.Option("--csv", help="Print every job found as CSV.")] = False,
    ) -> None:
        """What was purged, newest first; words are searched for."""
        ask(words or [], as_json, as_csv)

    @log.command("verify")
    def verify(head: HeadOption = "", as_json: JsonFlag = False) -> None:
        """Look for any entry that was changed, removed or put elsewhere; ends with 0 if all is whole, with 1 if not."""
        raise typer.Exit(_verify(database(), head, as_json))

    @log.command("head")
    def head(out: OutOption = "-", force: ForceFlag = False) -> None:
        """Where the journal stands, as JSON to keep elsewhere: `verify --head` compares with it."""
        with _open(database()) as ledger:
            _write_all(out, iter([json.dumps(_head_doc(ledger)) + "\n"]), force)

    @log.command("export")
    def export(out: OutOption = "-", force: ForceFlag = False) -> None:
        """Every entry, a line of JSON each; docs/journal.md says how to verify it without purgebot."""
        with _open(database()) as ledger:
            _write_all(out, (_line(row) for row in ledger.stream("select * from journal order by seq")), force)

    @app.command("backup")
    def back_up(file: Annotated[str, typer.Argument(metavar="FILE")], as_json: JsonFlag = False) -> None:
        """Copy all that is remembered into a new file, while the bot runs."""
        raise typer.Exit(_backup(database(), Path(file), as_json))

    @app.command("restore")
    def put_back(file: Annotated[str, typer.Argument(metavar="FILE")], as_json: JsonFlag = False) -> None:
        """Put a backup in the ledger's place, while no bot runs; the file that was there is kept."""
        raise typer.Exit(_restore(Path(file), database(), now(), as_json))


def _verify(path: Path, head: str, as_json: bool) -> int:
    exported = _exported(Path(head)) if head else None
    with _open(path) as ledger, progress_bar(as_json) as progress:
        total = whole(ledger.rows("select max(seq) as n from journal")[0]["n"])
        task = progress.add_task("journal", total=2 * total)
        verdict = audit(ledger, exported, lambda seen: progress.update(task, completed=seen))
    if as_json:
        print_json(_verdict_doc(verdict))
    else:
        sys.stdout.write(_told(verdict, exported))
    return 0 if verdict.is_whole else BROKEN


def _told(verdict: Verdict, exported: Exported | None) -> str:
    head = verdict.head
    if verdict.is_whole:
        more = f" It continues the exported head of {exported.head.count} entries." if exported else ""
        jobs = f"{verdict.jobs} job{'s' if verdict.jobs != 1 else ''}"
        return f"The journal is whole: {_entries(head.count)}, {jobs}.{more} {_head_told(head)}\n"
    lines = [breach.what for breach in verdict.breaches]
    lines += [f"… and {verdict.more} more."] if verdict.more else []
    return "\n".join([*lines, ADVICE]) + "\n"


def _entries(n: int) -> str:
    return f"{n} entr{'ies' if n != 1 else 'y'}"


def _head_told(head: Head) -> str:
    return f"Its head is {head.hash} of {shown_time(head.at)}." if head.count else "It is empty."


def _verdict_doc(verdict: Verdict) -> dict[str, object]:
    head = verdict.head
    return {
        "whole": verdict.is_whole, "count": head.count, "hash": head.hash, "at": shown_time(head.at),
        "jobs": verdict.jobs, "breaches": [asdict(breach) for breach in verdict.breaches], "more": verdict.more,
        "advice": "" if verdict.is_whole else ADVICE,
    }  # fmt: skip


def shown_time(at: float) -> str:
    """Of seconds since the epoch, in UTC to the microsecond."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _head_doc(ledger: Reading) -> dict[str, object]:
    rows = ledger.rows("select seq, hash, at from journal order by seq desc limit 1")
    head = Head(whole(rows[0]["seq"]), str(rows[0]["hash"]), number(rows[0]["at"])) if rows else Head()
    step = max(1, -(-head.count // MARKS))
    marks = ledger.rows("select seq, hash from journal where seq % :step = 0 order by seq", step=step)
    return {
        "count": head.count, "hash": head.hash, "at": shown_time(head.at),
        "marks": {str(row["seq"]): str(row["hash"]) for row in marks},
    }  # fmt: skip


def _exported(path: Path) -> Exported:
    try:
        doc = json.loads(path.read_text(encoding="utf-8"))
        marks = {int(seq): str(hash) for seq, hash in dict(doc.get("marks", {})).items()}
        return Exported(Head(int(doc["count"]), str(doc["hash"])), marks)
    except OSError as exc:
        fail(f"{path} cannot be read ({exc.strerror}). Name a file that `purgebot log head --out` wrote.", USAGE)
    except (ValueError, KeyError, TypeError, AttributeError):
        fail(f"{path} holds no head of a journal. Name a file that `purgebot log head --out` wrote.", USAGE)


def _line(row: Row) -> str:
    names = ("seq", "event", "job", "actor", "doc", "doc_hash", "previous", "hash")
    return json.dumps({"at": microseconds(number(row["at"]))} | {name: row[name] for name in names}) + "\n"


def _backup(path: Path, file: Path, as_json: bool) -> int:
    try:
        verdict = backup(path, file)
    except (CannotCopy, NotALedger) as exc:
        fail(str(exc), USAGE)
    except (LedgerDown, OSError) as exc:
        fail(f"{file} was not written: {exc}. Make room or name another disk.", BROKEN)
    if as_json:
        print_json({"file": str(file), **_verdict_doc(verdict)})
    elif verdict.is_whole:
        sys.stdout.write(f"{file} is a whole copy. {_told(verdict, None)}")
    else:
        sys.stdout.write(f"{file} is a copy of a ledger that is not whole.\n{_told(verdict, None)}")
    return 0 if verdict.is_whole else BROKEN


def _restore(file: Path, path: Path, now: float, as_json: bool) -> int:
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%d-%H%M%S")
    try:
        done = restore(file, path, now, stamp)
    except (CannotCopy, NotALedger, LedgerInUse) as exc:
        fail(str(exc), USAGE)
    except (LedgerDown, OSError) as exc:
        fail(f"{path} was not replaced: {exc}. Make room, or name another disk.", BROKEN)
    if as_json:
        print_json({**asdict(done), "kept": str(done.kept or ""), "head": asdict(done.head)})
    else:
        sys.stdout.write("\n".join(_restored(file, path, done)) + "\n")
    return 0


def _restored(file: Path, path: Path, done: Restored) -> Iterator[str]:
    yield f"{path} is now what {file} held. {_head_told(done.head)}"
    if done.kept is not None:
        yield f"What was there is kept as {done.kept}."
    if done.lost is None:
        yield "What it held beyond the backup could not be read."
    elif done.lost or done.lost_entries:
        jobs = f"jobs {job_names(done.lost)}" if done.lost else "no job"
        yield f"Lost, since it came after the backup: {jobs}, {_entries(done.lost_entries)} of the journal."
    if done.parked:
        yield f"Ended, since what was sent after the backup is not known: {job_names(done.parked)}. Ask for them again."
    if done.requests:
        yield f"Requests that had come in and were not done, and are not taken up: {done.requests}."


def job_names(numbers: tuple[int, ...]) -> str:
    """P-3, P-8 and P-9; of three and more in a row the first and the last."""
    parts = Ranges.of(numbers).parts
    return ", ".join(_from_to(first, last) for first, last in parts)


def _from_to(first: int, last: int) -> str:
    if first == last:
        return f"P-{first}"
    return f"P-{first} {'and' if last == first + 1 else 'to'} P-{last}"


@contextlib.contextmanager
def _open(path: Path) -> Iterator[Reading]:
    """The ledger for reading; whatever is wrong with the file ends the command in words."""
    try:
        with reading(path) as ledger:
            yield ledger
    except NotALedger as exc:
        fail(str(exc), USAGE)
    except LedgerDown as exc:
        fail(f"{exc} Restore the backup.", BROKEN)


def _write_all(out: str, lines: Iterator[str], force: bool) -> None:
    """Write `lines` to the file `out`, which must be new unless `force`; - is standard output."""
    if out == "-":
        sys.stdout.writelines(lines)
        return
    path = Path(out)
    new = not force and (path.is_file() or not path.exists())  # a pipe or a device is written to
    try:
        with path.open("x" if new else "w", encoding="utf-8") as file, _gone_unless_whole(path if new else None):
            file.writelines(lines)
            file.flush()
            if path.is_file():
                os.fsync(file.fileno())
    except FileExistsError:
        fail(f"{out} exists already, and nothing is overwritten. Name another file, or add --force.", USAGE)
    except OSError as exc:
        fail(f"{out} cannot be written ({exc.strerror}). Name a file in a folder that can.", USAGE)


@contextlib.contextmanager
def _gone_unless_whole(path: Path | None) -> Iterator[None]:
    """The new file `path` goes again where not all of it was written."""
    try:
        yield
    except BaseException:
        if path is not None:
            path.unlink(missing_ok=True)
        raise
