"""The bar on a terminal: that it fits, what it tells, and that a pipe gets none."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys

import pytest

from bot.cli.terminal import left, part_told
from bot.copied_lines import for_terminal

DRAWN = """
from bot.cli.terminal import draw, draw_warming, progress_bar
layers = [{"calls": 30, "sent": 30}, {"calls": 10, "sent": 4}]
job = {"job": "P-1234", "state": "needs_decision", "layers": layers, "share_sent": 0.409}
busy = {"job": "P-1234", "state": "confirming", "layers": layers, "share_sent": 1.0, "finishing": "Google Cloud CDN"}
with progress_bar(%s) as progress:
    task = progress.add_task("P-1234", total=None)
    draw(progress, task, job)
    progress.refresh()
    draw(progress, task, busy)
    progress.refresh()
    draw_warming(progress, task, {"warming": "W-3", "copies": [1, 2, 3], "total": 12})
    progress.refresh()
"""


def on_terminal(columns: int, as_json: bool = False) -> list[str]:
    """The lines that are drawn on a terminal so wide, each once."""
    ours, theirs = pty.openpty()
    env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": str(columns), "LINES": "24", "NO_COLOR": "1"}
    process = subprocess.Popen((sys.executable, "-c", DRAWN % as_json), env=env, stderr=theirs)
    os.close(theirs)
    drawn = b""
    while part := _read(ours):
        drawn += part
    os.close(ours)
    assert 0 == process.wait()
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", drawn.decode())
    return list(dict.fromkeys(line.rstrip() for line in re.split(r"[\r\n]+", plain) if line.strip()))


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says EIO where the other side is closed
        return b""


@pytest.mark.slow
@pytest.mark.parametrize("columns", [40, 80, 200])
def test_it_fits_on_one_line_and_tells_how_far_it_is(columns: int) -> None:
    lines = on_terminal(columns)
    told = [re.sub(r" *[━╸╺]+ *", " | ", line) for line in lines]
    assert [] == [line for line in lines if len(line) > columns]
    waits = "P-1234 confirming" if columns < 80 else "P-1234 waiting for Google Cloud CDN to finish"
    busy = [line for line in told if line.startswith(waits)]
    assert (True, []) == (bool(busy), [line for line in busy if "%" in line])
    assert [True, True] == [
        any(line.startswith("P-1234 needs_decision | 40 %") for line in told),
        any(line.startswith("W-3 warming | 25 %") for line in told),
    ]


@pytest.mark.slow
def test_json_comes_without_one() -> None:
    assert [] == on_terminal(80, as_json=True)


LEFT = {None: "", 0.0: "", 2.9: "", 3.0: "3 s left", 119.4: "119 s left", 120.0: "2 min left", 3600.0: "60 min left"}


@pytest.mark.parametrize(("seconds", "expected"), LEFT.items(), ids=map(str, LEFT))
def test_what_is_left_is_told_in_words(seconds: float | None, expected: str) -> None:
    assert expected == left(seconds)


PART = {
    "some": ({"targets": 9000, "targets_looked_at": 60}, " where looked at: 60 of 9,000 targets"),
    "some pages of a prefix": (
        {
            "targets": 1,
            "targets_looked_at": 1,
            "deploy": {"pages_under_prefixes": 9000, "pages_under_prefixes_looked_at": 60},
        },
        " where looked at: 60 of 9,000 pages under prefixes",
    ),
    "all": ({"targets": 2, "targets_looked_at": 2}, ""),
    "not known": ({"targets": 2}, ""),
}


@pytest.mark.parametrize(("job", "expected"), PART.values(), ids=PART)
def test_a_verdict_on_a_part_of_a_job_says_so(job: dict[str, object], expected: str) -> None:
    assert expected == part_told(job)


def test_a_line_of_a_check_is_told_as_this_shell_takes_it() -> None:
    told = for_terminal("To purge in every variant: /purge prefix www.shop.test/a*", {"purge"})
    assert "To purge in every variant: purgebot purge prefix 'www.shop.test/a*'" == told


def test_what_a_shell_would_expand_is_quoted_so_that_it_does_not() -> None:
    told = for_terminal('Copy: /purge prefix /a/ on shop because "leak of $HOME and `id` and $(id)"', {"purge"})
    assert "Copy: purgebot purge prefix /a/ on shop because 'leak of $HOME and `id` and $(id)'" == told
    assert for_terminal('Copy: /purge /a because "new prices"', {"purge"}).endswith('because "new prices"')
