"""What `purgebot log verify`, `head` and `export`, `backup` and `restore` do: they work on the file, with or without a
bot."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from bot.cli.terminal import fail, print_json, progress_bar
from bot.ledger.audit import Exported, Verdict, audit
from bot.ledger.backup import CannotCopy, Restored, backup, restore
from bot.ledger.chain import Head, Ranges, microseconds
from bot.ledger.codec import number, whole
from bot.ledger.ledger import LedgerDown, Row
from bot.ledger.opening import LedgerInUse
from bot.ledger.reading import NotALedger, Reading, reading
from bot.ledger.restored import Replaced

BROKEN, USAGE = 1, 2
MARKS = 100  # entries whose hashes an exported head holds besides its own
ADVICE = (
    "Somebody or something changed the file. Keep it as it is, find out who could, and put a backup in its place:"
    " purgebot restore FILE."
)


KNOWN = (
    "If you know of that restore, nothing is wrong: export a new head, purgebot log head --out FILE. If nobody restored"
    " a backup then, somebody wrote the journal anew: keep the file as it is, and find out who could."
)


def verify_journal(path: Path, head: str, as_json: bool) -> int:
    """Walk the journal and print what is found; the exit code."""
    exported = _exported(Path(head)) if head else None
    with _open(path) as ledger, progress_bar(as_json) as progress:
        total = whole(ledger.rows("select max(seq) as n from journal")[0]["n"])
        task = progress.add_task("journal", total=2 * total)
        verdict = audit(ledger, exported, lambda seen: progress.update(task, completed=seen))
    if as_json:
        print_json(_verdict_doc(verdict))
    else:
        sys.stdout.write(_told(verdict, exported))
    return 0 if verdict.is_whole and verdict.replaced is None else BROKEN


def write_head(path: Path, out: str, force: bool) -> None:
    """Where the journal stands, as JSON, to `out`."""
    with _open(path) as ledger:
        _write_all(out, iter([json.dumps(_head_doc(ledger)) + "\n"]), force)


def write_entries(path: Path, out: str, force: bool) -> None:
    """Every entry of the journal, a line of JSON each, to `out`."""
    with _open(path) as ledger:
        _write_all(out, (_line(row) for row in ledger.stream("select * from journal order by seq")), force)


def _told(verdict: Verdict, exported: Exported | None) -> str:
    head = verdict.head
    if verdict.is_whole and verdict.replaced is not None and exported is not None:
        return _replaced_told(verdict, verdict.replaced, exported.head.count)
    if verdict.is_whole:
        more = f" It continues the exported head of {_entries(exported.head.count)}." if exported else ""
        jobs = f"{verdict.jobs} job{'s' if verdict.jobs != 1 else ''}"
        older = _older_told(verdict.older)
        return f"The journal is whole: {_entries(head.count)}, {jobs}.{more} {_head_told(head)}{older}\n"
    lines = [breach.what for breach in verdict.breaches]
    lines += [f"… and {verdict.more} more."] if verdict.more else []
    return "\n".join([*lines, ADVICE]) + "\n"


def _replaced_told(verdict: Verdict, replaced: Replaced, count: int) -> str:
    """A restore explains why the exported head is not continued, if it was one."""
    gone = "The last entry" if replaced.lost == 1 else f"The last {_entries(replaced.lost)}"
    return (
        f"The journal is whole: {_entries(verdict.head.count)}. It does not continue the exported head of"
        f" {_entries(count)}: entry {replaced.entry} says that a backup was restored at {shown_time(replaced.at)}, in"
        f" the place of the journal with that head. {gone} of that went with it."
        f"\n{KNOWN}\n"
    )


def _older_told(jobs: int) -> str:
    if not jobs:
        return ""
    ended = "1 job was" if jobs == 1 else f"{jobs} jobs were"
    return f" {ended} ended by an earlier version, which sealed neither targets nor looks nor threads."


def _entries(n: int) -> str:
    return f"{n} entr{'ies' if n != 1 else 'y'}"


def _head_told(head: Head) -> str:
    return f"Its head is {head.hash} of {shown_time(head.at)}." if head.count else "It is empty."


def _verdict_doc(verdict: Verdict) -> dict[str, object]:
    head = verdict.head
    return {
        "whole": verdict.is_whole, "count": head.count, "hash": head.hash, "at": shown_time(head.at),
        "jobs": verdict.jobs, "unsealed": verdict.older,
        "breaches": [asdict(breach) for breach in verdict.breaches], "more": verdict.more,
        "replaced": _replaced_doc(verdict.replaced),
        "advice": ADVICE if not verdict.is_whole else KNOWN if verdict.replaced else "",
    }  # fmt: skip


def _replaced_doc(replaced: Replaced | None) -> dict[str, object] | None:
    if replaced is None:
        return None
    return {"entry": replaced.entry, "at": shown_time(replaced.at), "lost": replaced.lost}


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


def copy_to(path: Path, file: Path, as_json: bool) -> int:
    """Copy the ledger at `path` into the new `file`; the exit code."""
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


def put_in_place(file: Path, path: Path, now: float, as_json: bool) -> int:
    """Put the backup `file` in the place of the ledger at `path`; the exit code."""
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
