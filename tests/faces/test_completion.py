"""What a shell offers on a tab, and that it comes at once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from tempfile import TemporaryFile
from threading import Thread

import pytest

from bot.cli.completion import (
    FLAGS,
    ON_THINGS,
    OPTIONS,
    SERVERS,
    Names,
    choices,
    flags,
    names_here,
    names_in,
    names_told,
)
from bot.copied_lines import KINDS
from bot.domain.grammar import speech
from bot.settings import example
from tests.forking import forked
from tests.terminal import purgebot

NAMES = Names(("shop", "blog"), ("cf", "shield"), ("fra", "iad"), ("www.shop.test",), ("nightly", "front"))
PURGING = ["on", "soft", "hard", "because", "in", "at", "only", "dry-run", "no-check"]
ANEW = f"{sys.executable} -c \"from bot.cli import app; app(prog_name='purgebot')\""


def offered(line: str, names: Names = NAMES) -> list[str]:
    """What is offered behind `line`, which begins with the verb."""
    verb, *before = line.split()
    return choices(verb, before, lambda: names)


TABS = {
    "purge": [*KINDS, "https://www.shop.test/", *PURGING],
    "check": ["https://www.shop.test/", "on", "from"],
    "purge /pricing": PURGING,
    "purge /pricing on": ["shop", "blog"],
    "purge /pricing --on": ["shop", "blog"],
    "purge /pricing on shop": [word for word in PURGING if word != "on"],
    "plan /pricing": PURGING,
    "plan /pricing only": ["cf", "shield"],
    "purge /pricing at": [],
    "purge everything on shop --confirm": ["shop", "blog"],
    "check https://www.shop.test/ from": ["fra", "iad"],
    "lint https://www.shop.test/ for": ["nginx", "apache", "express"],
    "hold shop for": [],
    "hold": ["shop", "blog", "all", "because", "for"],
    "release": ["shop", "blog", "all"],
    "stats": ["shop", "blog"],
    "queue": ["shop", "blog", "cf", "shield", "on"],
    "purge /pricing because on": [],
    "whoami": [],
    "run": ["nightly", "front"],
    "run nightly": [],
}


@pytest.mark.parametrize(("line", "expected"), TABS.items(), ids=TABS)
def test_what_may_stand_next_is_offered(line: str, expected: list[str]) -> None:
    assert expected == offered(line)


def test_the_words_are_those_of_the_grammar() -> None:
    rows = [(row, [word for word in row.written if not word.startswith("-")]) for row in speech.OPTIONS]
    spoken = {verb.value: [word for row, bare in rows if verb in row.verbs for word in bare] for verb in speech.Verb}
    served = {verb for verb in spoken if spoken[verb] and verb != "doctor"}  # the terminal's doctor takes no words
    assert {verb: sorted(spoken[verb]) for verb in served} == {verb: sorted(words) for verb, words in OPTIONS.items()}
    assert (tuple(row.word for row in speech.KINDS), speech.SERVERS) == (KINDS, SERVERS)
    assert {verb.value for verb in speech.ON_THINGS} == set(ON_THINGS)


def test_the_flags_are_those_of_the_grammar() -> None:
    rows = [(row, word) for row in speech.OPTIONS for word in row.written if word.startswith("-")]
    spoken = {verb.value: sorted(word for row, word in rows if verb in row.verbs) for verb in speech.Verb}
    served = {verb: words for verb, words in spoken.items() if words and verb != "doctor"}
    assert served == {verb: sorted(words) for verb, words in FLAGS.items()}


FREE = {
    "purge http://x --on shop --soft": {"--on", "--soft"},
    "purge http://x --reason=late": {"--reason"},
    "purge http://x because of --on": set(FLAGS["purge"]),
}


@pytest.mark.parametrize(("line", "gone"), FREE.items(), ids=FREE)
def test_a_flag_is_offered_once_and_never_in_a_reason(line: str, gone: set[str]) -> None:
    verb, *before = line.split()
    assert [flag for flag in FLAGS[verb] if flag not in gone] == flags(verb, before)


def test_schedules_are_read_from_the_file(tmp_path: Path) -> None:
    (tmp_path / "purgebot.yaml").write_text("schedules: [{name: nightly, cron: x}, {cron: y}, z, {name: front}]\n")
    found = names_in(tmp_path / "purgebot.yaml")
    assert ("nightly", "front") == (found.schedules if found else None)


def test_names_are_read_from_the_file(tmp_path: Path) -> None:
    (tmp_path / "purgebot.yaml").write_text(example(), encoding="utf-8")
    expected = Names(("shop",), ("shield", "cf"), ("fra", "iad"), ("www.example.com", "img.example.com"))
    assert expected == names_in(tmp_path / "purgebot.yaml")


@pytest.mark.parametrize("text", ["", "- a\n- b", "sites: [shop]\naccounts: none", "sites: {shop: }", "\tbad: ["])
def test_a_file_in_a_bad_state_offers_nothing_and_says_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "purgebot.yaml").write_text(text)
    found = names_here(tmp_path / "purgebot.yaml", lambda: "")
    assert ((), (), ()) == (found.accounts, found.places, found.hosts)


def test_without_a_file_the_bot_is_asked(tmp_path: Path) -> None:
    said = "2 sites\n*shop* (production): www.shop.test · layers cf\nblog (staging): www.blog.test · layers aws"
    assert Names(("shop", "blog")) == names_here(tmp_path / "none.yaml", lambda: said)
    assert Names() == names_told("There is no site for you.")


# In the shells


def tab(environ: Mapping[str, str], folder: Path) -> tuple[list[str], str]:
    """What the command prints for a shell, a line each, and what it says besides."""
    env = {"PATH": os.environ["PATH"], **environ}
    with TemporaryFile("w+", encoding="utf-8") as out, TemporaryFile("w+", encoding="utf-8") as errors:
        forked("purgebot", (), env, folder, out.fileno(), errors.fileno()).wait(timeout=60)
        out.seek(0)
        errors.seek(0)
        return out.read().splitlines(), errors.read()


def typed(shell: str, line: str) -> dict[str, str]:
    """The variables that a shell's script sets when somebody presses tab behind `line`."""
    words = line.split(" ")
    if shell == "bash":
        return {"_PURGEBOT_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    asked = {"_PURGEBOT_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_ARGS": line}
    return asked | ({"_TYPER_COMPLETE_FISH_ACTION": "get-args"} if shell == "fish" else {})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "purgebot.yaml").write_text(example(), encoding="utf-8")
    return tmp_path


SHELLS = {"bash": "shop", "zsh": "_arguments '*: :((\"shop\"))'", "fish": "shop"}


@pytest.mark.slow
@pytest.mark.parametrize("shell", SHELLS)
def test_sites_and_verbs_come_in_each_shell(folder: Path, shell: str) -> None:
    verbs, _ = tab(typed(shell, "purgebot purg"), folder)
    sites, errors = tab(typed(shell, "purgebot purge /pricing on "), folder)
    assert ("", 1) == (errors, len([line for line in verbs if "purge" in line]))
    assert [SHELLS[shell]] == sites


@pytest.mark.slow
@pytest.mark.parametrize("shell", SHELLS)
def test_the_grammars_flags_come_beside_the_commands_own(folder: Path, shell: str) -> None:
    told, errors = tab(typed(shell, "purgebot purge http://x --reason late --"), folder)
    named = {flag for flag in (*FLAGS["purge"], "--no-wait", "--local") if any(flag in line for line in told)}
    assert ("", {*FLAGS["purge"], "--no-wait", "--local"} - {"--reason"}) == (errors, named)


LOG = {
    "purgebot log ": ["verify", "head", "export", "shop"],
    "purgebot log v": ["verify"],
    "purgebot log s": ["shop"],
    "purgebot log --": ["--json", "--csv", "--help"],
    "purgebot log verify --h": ["--head", "--help"],
}


@pytest.mark.slow
@pytest.mark.parametrize(("line", "expected"), LOG.items(), ids=LOG)
def test_behind_log_its_own_commands_come_beside_the_sites(folder: Path, line: str, expected: list[str]) -> None:
    assert (expected, "") == tab(typed("bash", line), folder)


@pytest.mark.slow
@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_has_its_script(folder: Path, shell: str) -> None:
    lines, errors = tab({"_PURGEBOT_COMPLETE": f"source_{shell}"}, folder)
    assert ("", True) == (errors, any(f"_PURGEBOT_COMPLETE=complete_{shell}" in line for line in lines))


@pytest.mark.parametrize("typed", [["completion"], ["--show-completion"]], ids=" ".join)
@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_of_the_shell_that_was_named_is_printed(shell: str, typed: list[str]) -> None:
    told = purgebot([*typed, shell], prog_name="purgebot")
    named = [name for name in SHELLS if f"_PURGEBOT_COMPLETE=complete_{name}" in told.stdout]
    assert (0, [shell], "") == (told.exit_code, named, told.stderr)


@pytest.mark.parametrize("typed", [["completion"], ["--show-completion"]], ids=" ".join)
def test_a_shell_without_a_script_is_refused_with_those_that_have_one(typed: list[str]) -> None:
    told = purgebot([*typed, "tcsh"], prog_name="purgebot")
    assert (2, "", [*SHELLS]) == (told.exit_code, told.stdout, [name for name in SHELLS if f"'{name}'" in told.stderr])


@pytest.mark.slow
@pytest.mark.real("bash")
def test_bash_fills_the_word_in(folder: Path) -> None:
    script, _ = tab({"_PURGEBOT_COMPLETE": "source_bash"}, folder)
    (folder / "purgebot").write_text(f"#!/bin/sh\nexec {ANEW}\n")
    (folder / "purgebot").chmod(0o755)
    asked = (
        'COMP_WORDS=(purgebot purge /pricing on s); COMP_CWORD=4; _purgebot_completion purgebot; echo "${COMPREPLY[@]}"'
    )
    path = {"PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": str(Path(__file__).parent.parent.parent)}
    text = "\n".join([*script, asked])
    done = subprocess.run(["bash", "-c", text], env=path, cwd=folder, capture_output=True, text=True, timeout=60)
    assert ("shop\n", "") == (done.stdout, done.stderr)


@pytest.mark.slow
def test_the_first_words_come_without_a_bot(folder: Path) -> None:
    words, _ = tab(typed("bash", "purgebot "), folder)
    assert {"init", "purge", "doctor"} <= set(words)


def test_help_and_completion_load_nothing_heavy() -> None:
    asked = "import sys, bot.cli; print(*{'httpx', 'pydantic', 'providers', 'sqlite3', 'slack_sdk'} & set(sys.modules))"
    done = subprocess.run((sys.executable, "-c", asked), capture_output=True, text=True, timeout=60, check=True)
    assert "\n" == done.stdout


class _Bot(BaseHTTPRequestHandler):
    """Answers every command with one site."""

    def do_POST(self) -> None:
        body = b'{"text": "1 site\\nshop (production): www.shop.test"}'
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@pytest.mark.slow
def test_elsewhere_the_running_bot_is_asked_and_one_that_is_away_costs_a_moment(tmp_path: Path) -> None:
    server = HTTPServer(("127.0.0.1", 0), _Bot)
    Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    asked = typed("bash", "purgebot purge /pricing on ")
    there = tab({**asked, "PURGEBOT_URL": url, "PURGEBOT_TOKEN": "t"}, tmp_path)
    server.shutdown()
    server.server_close()
    away = tab({**asked, "PURGEBOT_URL": url, "PURGEBOT_TOKEN": "t"}, tmp_path)
    assert ((["shop"], ""), ([""], "")) == (there, away)
