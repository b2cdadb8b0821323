"""The bot as a process: one loop, doors open last, and an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import errno
import logging
import signal
import socket
import sys
from collections.abc import Callable

import structlog
import uvicorn
from rich.console import Console
from starlette.types import ASGIApp

from bot.ledger.ledger import LedgerDown
from bot.ledger.opening import LedgerInUse, LedgerTooNew
from bot.reloading import Reading, reload_at
from bot.settings import Environment, Mode, Settings
from bot.wiring import Bot, nothing

log = structlog.get_logger()
SHUTDOWN_SECONDS = 5  # for open requests
BACKLOG = 256  # connections that wait while the bot starts
FAILED, USAGE = 1, 2


class CannotStart(Exception):
    """A port is taken or the ledger cannot be opened; the text says which, why, and which setting to change."""


def run(settings: Settings, environment: Environment, observe: bool, read: Reading) -> int:
    """Serve until SIGINT or SIGTERM; the exit code. `read` gives what counts after SIGHUP."""
    set_up_logging(environment.log_format)

    def observing(settings: Settings) -> Settings:
        return dataclasses.replace(settings, mode=Mode.OBSERVE) if observe else settings

    def read_again() -> tuple[Settings, Environment]:
        anew, its_environment = read()
        return observing(anew), its_environment

    wrong = unusable(environment)
    if wrong:
        sys.stderr.write(wrong + "\n")
        return USAGE
    try:
        return asyncio.run(serve(observing(settings), environment, read=read_again))
    except CannotStart as exc:
        sys.stderr.write(f"{exc}\n")
        return USAGE


def unusable(environment: Environment) -> str:
    """What is missing in the environment for serving; "" when nothing is."""
    if environment.slack_bot_token and not (environment.slack_signing_secret or environment.slack_app_token):
        return (
            "SLACK_BOT_TOKEN is set, but neither SLACK_SIGNING_SECRET nor SLACK_APP_TOKEN."
            " Set SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING_SECRET for signed HTTP."
        )
    return ""


async def serve(
    settings: Settings,
    environment: Environment,
    failpoint: Callable[[str], None] = nothing,
    read: Reading | None = None,
) -> int:
    """Start, open the doors, wait for a signal, stop; on SIGHUP take what `read` gives then. `failpoint` is for crash
    tests. Raises CannotStart."""
    with (
        listen(environment.host, environment.port, "PORT") as door,
        listen(environment.metrics_host, environment.metrics_port, "METRICS_PORT") as metrics_door,
    ):
        bot = _build(settings, environment, failpoint)
        stop, again = _told_by(signal.SIGINT, signal.SIGTERM), _told_by(signal.SIGHUP)
        await bot.start()
        reloading = asyncio.create_task(reload_at(again, bot, read))
        server, watched = _server(bot.app()), _server(bot.metrics.app())
        watching = asyncio.create_task(watched.serve([metrics_door]))
        log.info(
            "serving", at=shown(door), metrics=shown(metrics_door), slack=slack_by(environment), mode=settings.mode
        )
        ended = await _serve_until(server, door, stop, bot.stopping.set)
        reloading.cancel()
        watched.should_exit = True
        await watching
        await bot.stop()
        return ended


def _build(settings: Settings, environment: Environment, failpoint: Callable[[str], None]) -> Bot:
    try:
        return Bot(settings, environment, failpoint)
    except (LedgerInUse, LedgerTooNew) as exc:
        raise CannotStart(str(exc)) from exc
    except (LedgerDown, OSError) as exc:
        raise CannotStart(f"{exc} Set PURGEBOT_DATABASE to a file on a writable local disk.") from exc


def listen(host: str, port: int, setting: str) -> socket.socket:
    """A socket that listens. Raises CannotStart, which names `setting`, the variable that moves the port.

    It is made with its protocol named: asyncio sends small answers at once (TCP_NODELAY) only on such sockets, and
    without that each may wait 40 ms for the other side's acknowledgement.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return _bound(family, host, port)
    except OSError as exc:
        taken = exc.errno == errno.EADDRINUSE
        why = "is taken by another program" if taken else f"cannot be listened on ({exc.strerror})"
        raise CannotStart(f"{host} port {port} {why}. Set {setting} to a free port.") from exc


def _bound(family: int, host: str, port: int) -> socket.socket:
    door = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind((host, port))
        door.listen(BACKLOG)
    except OSError:
        door.close()
        raise
    return door


def shown(door: socket.socket) -> str:
    """Where a socket listens."""
    host, port = door.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def slack_by(environment: Environment) -> str:
    """How Slack's deliveries come in."""
    if not environment.slack_bot_token:
        return "off: there is no SLACK_BOT_TOKEN, so only the HTTP surface works"
    return "socket" if environment.slack_app_token else "http"


def _told_by(*signals: signal.Signals) -> asyncio.Event:
    """Set once one of them arrives."""
    told = asyncio.Event()
    for number in signals:
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    return told


def _server(app: ASGIApp) -> uvicorn.Server:
    config = uvicorn.Config(
        app, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        server_header=False,
    )  # fmt: skip
    return without_signals(uvicorn.Server(config))


def without_signals(server: uvicorn.Server) -> uvicorn.Server:
    """uvicorn's own signal capture would end the process before our clean-up, so it is replaced."""
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
    return server


async def _serve_until(
    server: uvicorn.Server, door: socket.socket, stop: asyncio.Event, end_polls: Callable[[], None]
) -> int:
    serving = asyncio.create_task(server.serve([door]))
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    end_polls()
    server.should_exit = True
    waiting.cancel()
    await serving
    return 0 if stop.is_set() else FAILED


def _console() -> structlog.dev.ConsoleRenderer:
    """In colour only on a terminal of somebody who wants it (https://no-color.org)."""
    terminal = Console(stderr=True)
    return structlog.dev.ConsoleRenderer(colors=terminal.is_terminal and not terminal.no_color)


def set_up_logging(log_format: str, level: int = logging.INFO) -> None:
    """Structured logs from `level` on, on standard error. Libraries that would print URLs or bodies stay at WARNING."""
    renderer = structlog.processors.JSONRenderer() if log_format == "json" else _console()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    for name in ("httpx", "httpcore", "slack_bolt", "slack_sdk", "apscheduler", "uvicorn"):
        logging.getLogger(name).setLevel(logging.WARNING)
