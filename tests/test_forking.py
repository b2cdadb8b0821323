"""Both programs as an operator starts them, which most tests fork instead; and that a fork is like them."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.faces.served import environ
from tests.forking import ROOT, forked, script
from tests.real import free_port

pytestmark = pytest.mark.slow
ANEW = (sys.executable, "-W", "error", "-m")
PATIENCE = 120.0  # seconds; a machine may be busy, and all the code is read


@pytest.mark.parametrize("program", [("bot", "serve"), ("playground",)], ids=["bot", "playground"])
def test_a_program_starts_from_its_module_and_ends_with_sigterm(tmp_path: Path, program: tuple[str, ...]) -> None:
    port = free_port()
    env = {**environ(tmp_path), "PORT": str(port), "DATA": str(tmp_path / "world"), "SPEED": "fast"}
    with (tmp_path / "log").open("wb") as log, subprocess.Popen([*ANEW, *program], env=env, stderr=log) as process:
        until, ready = time.monotonic() + PATIENCE, False
        while not ready and process.poll() is None and time.monotonic() < until:
            ready = is_ready(port)
        process.terminate()
        code = process.wait()
    assert (True, 0) == (ready, code), (tmp_path / "log").read_text()


def is_ready(port: int) -> bool:
    """Whether it says so."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False, verify=False).status_code == 200
    except httpx.TransportError:
        time.sleep(0.05)
        return False


@pytest.mark.parametrize("words", ["version", "serve --nothing", "show P-1"])
def test_a_fork_says_and_ends_as_the_program_does_in_a_shell_too(tmp_path: Path, words: str) -> None:
    env = {**environ(tmp_path), "COLUMNS": "80", "PURGEBOT_URL": "http://127.0.0.1:1"}
    (tmp_path / "purgebot").write_text(script())
    anew = subprocess.run([*ANEW, "bot", *words.split()], env=env, capture_output=True, text=True, check=False)
    shell = subprocess.run(
        ["sh", tmp_path / "purgebot", *words.split()], env=env, capture_output=True, text=True, check=False
    )
    with (tmp_path / "out").open("wb") as out, (tmp_path / "errors").open("wb") as errors:
        code = forked("purgebot", words.split(), env, ROOT, out.fileno(), errors.fileno()).wait()
    said = (anew.stdout, anew.stderr.replace("python -m bot", "purgebot"))
    assert (anew.returncode, *said) == (code, (tmp_path / "out").read_text(), (tmp_path / "errors").read_text())
    assert (anew.returncode, *said) == (shell.returncode, shell.stdout, shell.stderr)


def test_a_signal_ends_a_fork_as_it_ends_a_program(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        child = forked("purgebot", ["serve"], environ(tmp_path), ROOT, log.fileno(), log.fileno())
        lives = child.poll()
        child.send_signal(signal.SIGKILL)
    assert (None, -signal.SIGKILL, -signal.SIGKILL) == (lives, child.wait(), child.poll())
