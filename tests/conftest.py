"""Tests that need a real server are skipped where it is missing, one visible line a package; REQUIRE=all fails them."""

from __future__ import annotations

import os
from collections import Counter

import pytest
from hypothesis import settings

from tests.real import missing

# No case has a deadline: how long one takes is the machine's matter, and benches look at that.
settings.register_profile("quick", max_examples=8, deadline=None)
settings.register_profile("whole", deadline=None)
settings.load_profile("whole")
LACKS = "lacks"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test marked real(package) without its server, or fail it when everything is required."""
    for marker in item.iter_markers("real"):
        lacks = missing(marker.args[0])
        if not lacks:
            continue
        say = f"needs {lacks}: apt-get install {lacks}, or make servers"
        if os.environ.get("REQUIRE") == "all":
            pytest.fail(f"REQUIRE=all, and this test {say}", pytrace=False)
        item.user_properties.append((LACKS, lacks))  # these reach the summary from other processes too
        pytest.skip(say)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each package that is missing."""
    reports = terminalreporter.stats.get("skipped", [])
    skipped = Counter(package for report in reports for name, package in report.user_properties if name == LACKS)
    for package, n in sorted(skipped.items()):
        terminalreporter.write_line(
            f"{n} test{'s' * (n > 1)} skipped: no {package} here. apt-get install {package}, or make servers"
        )
