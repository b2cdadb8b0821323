"""`log verify`, `head`, `export`, `backup` and `restore` on the file: words, JSON and codes."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import Result

from bot.cli.audit import ADVICE, KNOWN, job_names, shown_time
from bot.ledger.sqlite import SqliteLedger
from bot.services.running.keeping import forget
from tests.faces.served import environ, finished, served
from tests.ledger.test_journal import GUARDS, ledger_of, tampered, unguarded
from tests.ledger.test_journal_seal import without_seals
from tests.services.shop import LEA, open_shop, url
from tests.terminal import purgebot

ROOT = Path(__file__).parent.parent.parent
CHANGED = "Entry 2 was changed: its number, time, event, job or actor does not give its hash."


def run(path: Path, *words: str) -> Result:
    """`purgebot <words>` on the ledger at `path`, with no token and no bot."""
    env = {"PURGEBOT_DATABASE": f"sqlite:///{path}", "PURGEBOT_TOKEN": "", "PURGEBOT_CONFIG": "none.yaml"}
    return purgebot(words, env=env)


def outcome(result: Result) -> tuple[int, str, str]:
    return result.exit_code, result.stdout, result.stderr


def doc_of(result: Result) -> Mapping[str, object]:
    doc: Mapping[str, object] = json.loads(result.stdout)
    return doc


def change(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        kept = [
            row[0]
            for row in connection.execute(
                "select sql from sqlite_master where type = 'trigger' and name like 'journal_%'"
            )
        ]
        for name in GUARDS:
            connection.execute(f"drop trigger {name}")
        connection.execute("update journal set actor = 'U_EVE' where seq = 2")
        for sql in kept:
            connection.execute(sql)


async def test_a_whole_journal_ends_with_0(tmp_path: Path) -> None:
    result = run(await ledger_of(tmp_path), "log", "verify")
    assert (0, "") == (result.exit_code, result.stderr)
    assert re.fullmatch(
        r"The journal is whole: 21 entries, 4 jobs\. Its head is [0-9a-f]{64} of 2027-01-15T\S+Z\.\n", result.stdout
    )


async def test_a_changed_entry_ends_with_1_and_is_named(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)
    change(path)
    assert (1, f"{CHANGED}\n{ADVICE}\n", "") == outcome(run(path, "log", "verify"))


async def test_a_verdict_as_json(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)
    whole = doc_of(run(path, "log", "verify", "--json"))
    change(path)
    broken = doc_of(run(path, "log", "verify", "--json"))
    assert (True, 21, 4, [], "") == tuple(whole[name] for name in ("whole", "count", "jobs", "breaches", "advice"))
    assert (False, [{"what": CHANGED, "entry": 2, "job": 0}], ADVICE) == (
        broken["whole"], broken["breaches"], broken["advice"],
    )  # fmt: skip


async def test_an_exported_head_is_continued_or_not(tmp_path: Path) -> None:
    path, file = await ledger_of(tmp_path), str(tmp_path / "head.json")
    told = doc_of(run(path, "log", "head"))
    written = run(path, "log", "head", "--out", file)
    shop = open_shop(tmp_path)
    await shop.purge(LEA, url("/more"), key="more", check=False)
    await shop.ledger.close()
    on = run(path, "log", "verify", "--head", file)
    with closing(sqlite3.connect(path)) as connection, connection:
        for name in GUARDS:
            connection.execute(f"drop trigger {name}")
        connection.execute("delete from journal where seq > 16")
    off = run(path, "log", "verify", "--head", file)
    assert {"count", "hash", "at", "marks"} == set(told)
    assert (21, 0, 0, 1) == (told["count"], written.exit_code, on.exit_code, off.exit_code)
    assert " It continues the exported head of 21 entries. " in on.stdout
    assert "The exported head has 21 entries, and the journal ends with 16: its end was removed." in off.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read (No such file or directory)."),
        ("[1]", "holds no head of a journal."),
        ('{"count": "x"}', "holds no head of a journal."),
        ("no json", "holds no head of a journal."),
    ],
)
async def test_a_head_that_is_none_is_wrong_usage(tmp_path: Path, text: str | None, said: str) -> None:
    path, file = await ledger_of(tmp_path), tmp_path / "head.json"
    if text is not None:
        file.write_text(text)
    result = run(path, "log", "verify", "--head", str(file))
    assert (2, "", f"{file} {said} Name a file that `purgebot log head --out` wrote.\n") == outcome(result)


def test_a_ledger_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    path = tmp_path / "none.db"
    said = f"There is no ledger {path}. Name it in PURGEBOT_DATABASE, as sqlite:/// and its path.\n"
    assert [(2, "", said)] * 2 == [outcome(run(path, "log", word)) for word in ("verify", "head")]
    assert not path.exists()


async def test_an_older_ledger_is_wrong_usage(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("update meta set value = '2' where name = 'version'")
    result = run(path, "log", "verify")
    assert (2, True) == (result.exit_code, "is a ledger of version 2" in result.stderr)


def test_every_other_log_goes_to_the_running_bot(tmp_path: Path) -> None:
    said = "PURGEBOT_TOKEN is not set. Set it to a token named under api.tokens in the bot's configuration.\n"
    lines = (("log",), ("log", "shop"), ("log", "shop", "since", "7d", "--json"), ("log", "--json"))
    assert [(2, "", said)] * 4 == [outcome(run(tmp_path / "none.db", *line)) for line in lines]


def test_log_explains_itself(tmp_path: Path) -> None:
    told = run(tmp_path / "none.db", "log", "--help")
    assert (0, []) == (told.exit_code, [word for word in ("verify", "head", "export") if word not in told.stdout])


@pytest.mark.parametrize("command", ["head", "export"])
async def test_a_file_that_is_there_is_overwritten_only_by_force(tmp_path: Path, command: str) -> None:
    path, file = await ledger_of(tmp_path), tmp_path / "kept.json"
    file.write_text("mine")
    refused = run(path, "log", command, "--out", str(file))
    left = file.read_text()
    forced = run(path, "log", command, "--out", str(file), "--force")
    told = f"{file} exists already, and nothing is overwritten. Name another file, or add --force.\n"
    assert ((2, "", told), "mine") == (outcome(refused), left)
    assert (0, run(path, "log", command).stdout) == (forced.exit_code, file.read_text())


async def test_a_folder_that_is_none_is_said(tmp_path: Path) -> None:
    path, file = await ledger_of(tmp_path), tmp_path / "none" / "head.json"
    refused = run(path, "log", "head", "--out", str(file))
    told = f"{file} cannot be written (No such file or directory). Name a file in a folder that can.\n"
    assert ((2, "", told), False) == (outcome(refused), file.exists())


async def test_the_program_of_the_page_verifies_an_export(tmp_path: Path) -> None:
    path, lines = await ledger_of(tmp_path), tmp_path / "journal.jsonl"
    shop = open_shop(tmp_path)
    shop.clock.at += 86_400.0
    await shop.ledger.write(lambda books: books.journal.add(shop.clock.at, "denied", 'U_"\\Ä😀\n\x7f', why="süß"))
    await forget(shop.core, None, 3_600.0)
    head = await shop.ledger.read(lambda books: books.journal.head())
    await shop.ledger.close()
    exported = run(path, "log", "export", "--out", str(lines))
    good = program(tmp_path, lines)
    rows = lines.read_text(encoding="utf-8").splitlines()
    lines.write_text("\n".join(rows[:3] + rows[4:]))
    assert (0, 0, f"{head.count} {head.hash}\n") == (exported.exit_code, good.returncode, good.stdout)
    assert "entry 4 is not as it was written\n" == program(tmp_path, lines).stderr
    lines.write_text("\n".join(rows).replace(json.dumps("süß")[1:-1], "bitter"))
    assert "the document of entry 22 was changed\n" == program(tmp_path, lines).stderr


def program(folder: Path, lines: Path) -> subprocess.CompletedProcess[str]:
    page = (ROOT / "docs/journal.md").read_text(encoding="utf-8")
    [text] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (folder / "program.py").write_text(text, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-I", str(folder / "program.py"), str(lines)], capture_output=True, text=True, check=False
    )


async def test_backup_and_restore_say_what_they_did(tmp_path: Path) -> None:
    path, copy = await ledger_of(tmp_path), tmp_path / "copy.db"
    saved = run(path, "backup", str(copy))
    again = run(path, "backup", str(copy))
    shop = open_shop(tmp_path)
    await shop.purge(LEA, url("/more"), key="more", check=False)
    await shop.ledger.close()
    back = run(path, "restore", str(copy))
    lines = back.stdout.splitlines()
    assert (0, True) == (saved.exit_code, saved.stdout.startswith(f"{copy} is a whole copy. The journal is whole: 21 "))
    assert (2, "", f"{copy} exists already, and nothing is overwritten. Name another file.\n") == outcome(again)
    assert (0, True, True) == (
        back.exit_code,
        lines[0].startswith(f"{path} is now what {copy} held. Its head is "),
        lines[1].startswith(f"What was there is kept as {path}.before-restore-"),
    )
    assert [
        "Lost, since it came after the backup: jobs P-5, 2 entries of the journal.",
        "Ended, since what was sent after the backup is not known: P-3. Ask for them again.",
    ] == lines[2:]
    assert 0 == run(path, "log", "verify").exit_code


async def restored(folder: Path) -> Path:
    """A ledger whose backup was restored; heads were exported before the backup, after it, and at the end."""
    path, copy = await ledger_of(folder), folder / "copy.db"
    run(path, "log", "head", "--out", str(folder / "before.json"))
    run(path, "backup", str(copy))
    for name in ("between", "last"):
        shop = open_shop(folder)
        await shop.purge(LEA, url(f"/{name}"), key=name, check=False)
        await shop.ledger.close()
        run(path, "log", "head", "--out", str(folder / f"{name}.json"))
    run(path, "restore", str(copy))
    return path


@pytest.mark.parametrize(
    ("name", "count", "lost"), [pytest.param("between", 23, 2, id="between"), pytest.param("last", 25, 4, id="last")]
)
async def test_a_head_that_a_restore_replaced_is_told_as_that(tmp_path: Path, name: str, count: int, lost: int) -> None:
    path = await restored(tmp_path)
    found = run(path, "log", "verify", "--head", str(tmp_path / f"{name}.json"))
    doc = doc_of(run(path, "log", "verify", "--json", "--head", str(tmp_path / f"{name}.json")))
    assert (1, "") == (found.exit_code, found.stderr)
    said = (
        rf"The journal is whole: 24 entries\. It does not continue the exported head of {count} entries: entry 24 says"
        r" that a backup was restored at \d{4}-\S+Z, in the place of the journal with that head\."
        rf" The last {lost} entries of that went with it\.\n{re.escape(KNOWN)}\n"
    )
    assert re.fullmatch(said, found.stdout), found.stdout
    replaced = doc["replaced"]
    assert isinstance(replaced, dict)
    assert (True, KNOWN, 24, lost) == (doc["whole"], doc["advice"], replaced["entry"], replaced["lost"])


async def test_a_head_of_before_the_backup_is_continued(tmp_path: Path) -> None:
    path = await restored(tmp_path)
    found = run(path, "log", "verify", "--head", str(tmp_path / "before.json"))
    assert (0, True) == (found.exit_code, "It continues the exported head of 21 entries." in found.stdout)


async def test_a_restore_explains_no_other_head(tmp_path: Path) -> None:
    path, file = await restored(tmp_path), tmp_path / "last.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "hash": "f" * 64}))
    found = run(path, "log", "verify", "--head", str(file))
    assert (1, ADVICE) == (found.exit_code, found.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        pytest.param((5,), "P-5", id="one"),
        pytest.param((8, 9), "P-8 and P-9", id="two"),
        pytest.param((7, 8, 9), "P-7 to P-9", id="three in a row"),
        pytest.param((3, 7, 8), "P-3, P-7 and P-8", id="one, and two in a row"),
    ],
)
def test_jobs_are_named_as_one_would_say_them(numbers: tuple[int, ...], expected: str) -> None:
    assert expected == job_names(numbers)


async def test_no_restore_on_a_running_bot(tmp_path: Path) -> None:
    path, copy = await ledger_of(tmp_path), tmp_path / "copy.db"
    run(path, "backup", str(copy))
    ledger = SqliteLedger(path)
    result = run(path, "restore", str(copy))
    await ledger.close()
    said = (
        "Another purgebot works on this ledger (ledger.db.lock is locked). Stop it first, or name another database.\n"
    )
    assert (2, "", said) == outcome(result)


@pytest.mark.parametrize(("at", "text"), [(0.0, "1970-01-01T00:00:00.000000Z"), (1.5, "1970-01-01T00:00:01.500000Z")])
def test_times_are_told_to_the_microsecond(at: float, text: str) -> None:
    assert text == shown_time(at)


@pytest.mark.slow
async def test_a_running_bot_is_verified_and_copied_and_tells_its_head(tmp_path: Path) -> None:
    env = environ(tmp_path)
    async with served(env) as bot:
        await bot.http.post("/v1/commands", json={"text": "purge https://www.shop.test/a --no-check"})
        verified = await finished(env, "log", "verify")
        copied = await finished(env, "backup", str(tmp_path / "copy.db"))
        refused = await finished(env, "restore", str(tmp_path / "copy.db"))
        ended = await bot.end()
    after = await finished(env, "log", "verify", "--json")
    assert (0, 0, 2, 0, 0) == (verified[0], copied[0], refused[0], ended, after[0])


def damage(path: Path, table: str) -> None:
    """Bytes of the first page of `table` are overwritten, as by a failing disk."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
        (page,) = connection.execute("select rootpage from sqlite_master where name = ?", (table,)).fetchone()
        (size,) = connection.execute("pragma page_size").fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * size + 100)
        file.write(b"\xff" * 200)
        file.seek((page - 1) * size)
        file.write(b"\x05\xff\xff" + b"\xff" * 37)


@pytest.mark.parametrize("table", ["targets", "looks", "jobs", "layers", "journal"])
async def test_a_damaged_file_is_found_and_never_restored(tmp_path: Path, table: str) -> None:
    path = await ledger_of(tmp_path)
    broken = tmp_path / "broken.db"
    broken.write_bytes(path.read_bytes())
    damage(broken, table)
    before = path.read_bytes()
    found, copied = run(broken, "log", "verify"), run(broken, "backup", str(tmp_path / "copy.db"))
    restored = run(path, "restore", str(broken))
    assert [1, 1] == [found.exit_code, min(1, copied.exit_code)]
    assert 2 == restored.exit_code
    assert "amaged" in found.stdout + restored.stderr
    assert before == path.read_bytes()


async def test_jobs_that_an_earlier_version_ended_are_told(tmp_path: Path) -> None:
    path = await ledger_of(tmp_path)
    tampered(path, unguarded(without_seals))
    result = run(path, "log", "verify")
    assert 0 == result.exit_code
    assert result.stdout.endswith(
        " 3 jobs were ended by an earlier version, which sealed neither targets nor looks nor threads.\n"
    )
    assert 3 == doc_of(run(path, "log", "verify", "--json"))["unsealed"]
