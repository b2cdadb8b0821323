"""Arrows point down only. Each row: where, what must not be imported or touched there, and the files that may."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from providers import PROVIDERS

ROOT = Path(__file__).parent.parent
FACES = ("bot.slack", "bot.http", "bot.cli", "bot.doctor", "bot.local", "bot.reloading", "bot.serving", "bot.wiring")
ABOVE_DOMAIN = (
    "bot.ledger",
    "bot.services",
    "bot.engine",
    "bot.settings",
    "bot.edge",
    "bot.senders",
    "bot.metrics",
    "bot.export",
)
OUTSIDE = ("asyncio", "os", "pathlib", "socket", "ssl", "http", "sqlite3", "subprocess", "threading", "urllib.request")
CLOCK = (
    "time",
    "random",
    "secrets",
    "asyncio.sleep",
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
)

NEVER: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "providers know no bot": ("providers", ("bot", "playground"), ()),
    "the bot knows no playground": ("bot", ("playground", "tests"), ()),
    "domain does no I/O": ("bot/domain", (*OUTSIDE, *CLOCK, "httpx", "structlog", *FACES, *ABOVE_DOMAIN), ()),
    "Slack's libraries stay in their room": ("bot", ("slack_bolt", "slack_sdk"), ("bot/slack",)),
    "HTTP's rules stay in their room": ("bot", ("httplint",), ("bot/edge/http_rules.py",)),
    "signed tokens stay in their room": ("bot", ("jwt", "cryptography"), ("bot/senders",)),
    "SQL stays in the ledger": ("bot", ("sqlite_utils", "sqlite3", "psycopg"), ("bot/ledger",)),
    "schedulers stay in the engine": ("bot", ("apscheduler", "procrastinate"), ("bot/engine",)),
    # bot/cli/client.py is the command line's way to the running bot.
    "the network has few doors": (
        "bot",
        ("httpx", "requests", "urllib.request"),
        ("bot/edge", "bot/senders/keys.py", "bot/cli/client.py", "bot/wiring.py"),
    ),
    "a service knows no face": ("bot/services", FACES, ()),
    "what reaches out knows no service": ("bot/edge", ("bot.services", *FACES), ()),
    "the engine knows no service": ("bot/engine", ("bot.services", *FACES), ()),
    "the senders' proofs know no service": ("bot/senders", ("bot.services", *FACES), ()),
    "settings know no service": ("bot/settings", ("bot.services", *FACES), ()),
    "the ledger knows no service": ("bot/ledger", ("bot.services", *FACES), ()),
    # The command line watches a job of another process: nothing that is tested with a slate clock happens there.
    "time and chance come in as arguments": ("bot", CLOCK, ("bot/system.py", "bot/cli")),
    "an adapter has no clock": ("providers", CLOCK, ("providers/signing.py",)),  # a signature holds its time
    "one reader of the environment": ("bot", ("os.environ", "os.getenv"), ("bot/cli",)),
    **{
        f"{name} knows no other adapter": (
            "providers",
            tuple(f"providers.{other}" for other in PROVIDERS if other != name),
            ("providers/__init__.py", *(f"providers/{other}" for other in PROVIDERS if other != name)),
        )
        for name in PROVIDERS
    },
}


def touched(tree: ast.AST) -> Iterator[str]:
    """Every module imported and every `name.attribute` in a file."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield from (f"{module}.{name.name}" for name in names)
            case ast.Attribute(value=ast.Name(id=name), attr=attribute):
                yield f"{name}.{attribute}"


@cache
def names_in(source: str) -> tuple[str, ...]:
    """All that `source` touches, in order; kept, since every row asks about the same files."""
    return tuple(sorted(set(touched(ast.parse(source)))))


def breaches(source: str, forbidden: tuple[str, ...]) -> list[str]:
    """What `source` touches of what is forbidden."""
    return [name for name in names_in(source) if any(f"{name}.".startswith(f"{never}.") for never in forbidden)]


@pytest.mark.parametrize(("where", "forbidden", "allowed"), NEVER.values(), ids=NEVER)
def test_the_floors_hold(where: str, forbidden: tuple[str, ...], allowed: tuple[str, ...]) -> None:
    files = {file.relative_to(ROOT).as_posix(): file for file in (ROOT / where).rglob("*.py")}
    judged = {name: file for name, file in files.items() if not name.startswith(allowed or ("\0",))}
    found = {name: breaches(file.read_text(encoding="utf-8"), forbidden) for name, file in judged.items()}
    assert {name: touches for name, touches in found.items() if touches} == {}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import time", ["time"]),
        ("import timeit", []),
        ("from time import sleep", ["time.sleep"]),
        ("import asyncio\nasync def f() -> None:\n    await asyncio.sleep(1)", ["asyncio.sleep"]),
        ("from asyncio import sleep", ["asyncio.sleep"]),
        ("from datetime import datetime\ndatetime.now()", ["datetime.now"]),
    ],
)
def test_a_clock_is_recognised(source: str, expected: list[str]) -> None:
    assert breaches(source, CLOCK) == expected
