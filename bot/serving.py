"""The bot as a process: one loop, doors open last, and an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import signal
import sys
from collections.abc import Callable

import structlog
import uvicorn
from starlette.types import ASGIApp

from bot.ledger.sqlite import LedgerInUse, LedgerTooNew
from bot.settings import Environment, Mode, Settings
from bot.wiring import Bot, nothing

log = structlog.get_logger()
SHUTDOWN_SECONDS = 5  # for open requests
FAILED, USAGE = 1, 2


def run(settings: Settings, environment: Environment, observe: bool) -> int:
    """Serve until SIGINT or SIGTERM; the exit code."""
    set_up_logging(environment.log_format)
    if observe:
        settings = dataclasses.replace(settings, mode=Mode.OBSERVE)
    wrong = unusable(environment)
    if wrong:
        sys.stderr.write(wrong + "\n")
        return USAGE
    try:
        return asyncio.run(serve(settings, environment))
    except (LedgerInUse, LedgerTooNew) as exc:
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


async def serve(settings: Settings, environment: Environment, failpoint: Callable[[str], None] = nothing) -> int:
    """Start, open the doors, wait for a signal, stop. `failpoint` is for crash tests."""
    bot = Bot(settings, environment, failpoint)
    server = _quiet(uvicorn.Server(_plain(bot.app(), environment.host, environment.port)))
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await bot.start()
    watched = _quiet(uvicorn.Server(_plain(bot.metrics.app(), environment.metrics_host, environment.metrics_port)))
    watching = asyncio.create_task(watched.serve())
    ended = await _serve_until(server, stop, bot.stopping.set)
    watched.should_exit = True
    with contextlib.suppress(SystemExit):
        await watching
    await bot.stop()
    return ended


def _plain(app: ASGIApp, host: str, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        app, host=host, port=port, lifespan="off", log_config=None, access_log=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS, server_header=False,
    )  # fmt: skip


def _quiet(server: uvicorn.Server) -> uvicorn.Server:
    """uvicorn's own signal capture would end the process before our clean-up, so it is replaced."""
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
    return server


async def _serve_until(server: uvicorn.Server, stop: asyncio.Event, end_polls: Callable[[], None]) -> int:
    serving = asyncio.create_task(server.serve())
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    end_polls()
    server.should_exit = True
    waiting.cancel()
    with contextlib.suppress(SystemExit):
        await serving
    return 0 if stop.is_set() else FAILED


def set_up_logging(log_format: str) -> None:
    """Structured logs on standard error. Libraries that would print URLs or bodies are held at WARNING."""
    renderer = structlog.processors.JSONRenderer() if log_format == "json" else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    for name in ("httpx", "httpcore", "slack_bolt", "slack_sdk", "apscheduler", "uvicorn"):
        logging.getLogger(name).setLevel(logging.WARNING)
