"""Tests that need a real server are skipped where it is missing, one visible line a package; REQUIRE=all fails them."""

from __future__ import annotations

import gc
import os
import shutil
from collections import Counter
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

from tests.real import missing

# No case has a deadline: how long one takes is the machine's matter, and benches look at that.
settings.register_profile("quick", max_examples=8, deadline=None)
settings.register_profile("whole", deadline=None)
settings.load_profile("whole")
LACKS = "lacks"
LOGGING = structlog.get_config()
LONGEST = (
    "slack/test_rights.py",
    "slack/test_conversations.py",
    "slack/test_conversations_by_socket.py",
    "journeys/test_why.py",
    "services/test_interleavings.py",
    "docs/test_reference_commands.py",
    "journeys/test_many_urls.py",
    "journeys/test_killed.py",
    "journeys/test_killed_deploys.py",
    "journeys/test_scenarios.py",
    "providers/test_promises.py",
    "page/test_sites.py",
    "faces/test_local.py",
    "slack/test_notifier.py",
    "services/test_queue_times.py",
    "settings/test_schema.py",
)  # longer than what the other processes have left, if one began last
MEMORY = Path("/dev/shm")
ROOM = {"quick": 48 << 20, "whole": 1 << 30}  # bytes; a container gives it 64 MiB


def pytest_configure(config: pytest.Config) -> None:
    """Files of tests lie in memory, if it has room: each commit of a ledger waits for the disk."""
    size = ROOM["quick" if config.getoption("--hypothesis-profile") == "quick" else "whole"]
    if has_room(MEMORY, size):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_collection(session: pytest.Session) -> None:
    """Nothing that is collected goes before the end, so nothing is looked for."""
    gc.disable()


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is collected now stays, and is not gone through again and again while the tests run."""
    gc.enable()
    gc.set_threshold(20_000, 20, 20)  # what a test leaves behind is little, and mostly gone without a search
    gc.collect()
    gc.freeze()


def has_room(folder: Path, size: int) -> bool:
    """Whether all that the tests write, `size` bytes, goes into `folder`."""
    return os.access(folder, os.W_OK) and shutil.disk_usage(folder).free >= size


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, then those with slow tests, then those that play with whole bots: one that began last
    would leave the other processes idle at the end. Files that open browsers come one by one between the slow ones:
    side by side they leave a bot no time to answer Slack in."""
    slow = {item.path for item in items if any(item.iter_markers("slow")) or any(item.iter_markers("real"))}
    rank = {Path(__file__).parent / name: n for n, name in enumerate(LONGEST)}
    last = len(rank)
    items.sort(
        key=lambda item: (
            rank.get(item.path, last),
            item.path not in slow,
            item.path.parent.name not in ("slack", "services"),
        )
    )
    order = list(dict.fromkeys(item.path for item in items))
    browsers = [path for path in order if path.parent.name == "page" and path not in rank]
    others = [path for path in order if path not in browsers]
    apart = max(1, sum(path in slow and path not in rank for path in others) // max(1, len(browsers)))
    for n, path in enumerate(browsers):
        others.insert(last + n * (apart + 1), path)
    place = {path: n for n, path in enumerate(others)}
    items.sort(key=lambda item: place[item.path])


def pytest_runtest_teardown() -> None:
    """Commands that run within a test set up logging for a process of their own, with a stream that ends with it."""
    structlog.configure(**LOGGING)


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
